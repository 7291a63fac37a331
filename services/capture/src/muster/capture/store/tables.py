"""Tables of capture.

Clear columns hold ids, area codes, states, counts, rules and salted digests. What is about a
person stands in ``sealed`` columns: under the subject's data key, or, where there is no subject
yet (`refused_row`, `import_job`), under the service's key-encryption key.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

metadata = MetaData()

_TIME = DateTime(timezone=True)
_UUID: UUID[str] = UUID(as_uuid=False)

subject = Table(
    "subject",
    metadata,
    Column("subject_id", _UUID, primary_key=True),
    # Counts changes of standing or baseline; version of the events that carry them.
    Column("revision", BigInteger, nullable=False),
    # The newest record version; 0 while nothing was collected.
    Column("current_version", Integer, nullable=False),
    Column("merged_into", _UUID),
    Column("created_at", _TIME, nullable=False, server_default=text("now()")),
)

# Which resident number is whose. A number that a record has replaced stays, no longer current, so
# that the same baseline row still finds its person; the number's real holder may take it over.
subject_number = Table(
    "subject_number",
    metadata,
    Column("number_index", Text, primary_key=True),
    Column("subject_id", _UUID, nullable=False),
    Column("current", Boolean, nullable=False),
)
Index("subject_number_subject", subject_number.c.subject_id)

ledger_entry = Table(
    "ledger_entry",
    metadata,
    Column("subject_id", _UUID, primary_key=True),
    Column("village", Text, primary_key=True),
    Column("origin", Text, nullable=False),
    Column("state", Text, nullable=False),
)
Index(
    "ledger_entry_village", ledger_entry.c.village, ledger_entry.c.state, ledger_entry.c.subject_id
)

# What was known of a person before anything was collected; `source` is the origin it came with.
baseline_record = Table(
    "baseline_record",
    metadata,
    Column("subject_id", _UUID, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("import_id", _UUID),
    Column("row_number", Integer),
    Column("sealed", Text, nullable=False),
)

record_version = Table(
    "record_version",
    metadata,
    Column("subject_id", _UUID, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("record_id", _UUID, nullable=False, unique=True),
    Column("corrects_version", Integer),
    Column("digest", Text, nullable=False),
    Column("form_version", Text, nullable=False),
    Column("evidence", JSONB, nullable=False),
    Column("terminal_id", _UUID, nullable=False),
    Column("collector_id", _UUID, nullable=False),
    # Of a reviewer's completion there is no packet; terminal and collector are those of the record.
    Column("packet_id", _UUID),
    Column("completed_by", _UUID),
    Column("collected_at", _TIME, nullable=False),
    Column("received_at", _TIME, nullable=False),
    Column("review_state", Text, nullable=False),
    Column("reviewed_at", _TIME),
    Column("review_sealed", Text),
    Column("sealed", Text, nullable=False),
)
Index(
    "record_version_returned",
    record_version.c.subject_id,
    record_version.c.version,
    postgresql_where=text("review_state = 'returned'"),
)

evidence = Table(
    "evidence",
    metadata,
    Column("subject_id", _UUID, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("received_at", _TIME, nullable=False, server_default=text("now()")),
    Column("sealed", Text, nullable=False),
)

terminal_uploads = Table(
    "terminal_uploads",
    metadata,
    Column("terminal_id", _UUID, primary_key=True),
    Column("uploads", BigInteger, nullable=False),
)

upload = Table(
    "upload",
    metadata,
    Column("packet_id", _UUID, primary_key=True),
    Column("terminal_id", _UUID, nullable=False),
    Column("collector_id", _UUID, nullable=False),
    Column("area", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("receipts", JSONB, nullable=False),
    Column("received_at", _TIME, nullable=False),
)

status_change = Table(
    "status_change",
    metadata,
    Column("change_id", _UUID, primary_key=True),
    Column("subject_id", _UUID, nullable=False),
    Column("ending", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("actor", _UUID, nullable=False),
    Column("at", _TIME, nullable=False),
    Column("sealed", Text, nullable=False),
)
Index("status_change_subject", status_change.c.subject_id)

# Why somebody could not be met yet. The newest that has not ended stands; a record or an ending of
# the balance ends all of them.
absence = Table(
    "absence",
    metadata,
    Column("absence_id", _UUID, primary_key=True),
    Column("subject_id", _UUID, nullable=False),
    Column("actor", _UUID, nullable=False),
    Column("at", _TIME, nullable=False),
    Column("ended_at", _TIME),
    Column("sealed", Text, nullable=False),
)
Index(
    "absence_standing",
    absence.c.subject_id,
    postgresql_where=text("ended_at IS NULL"),
)

import_job = Table(
    "import_job",
    metadata,
    Column("import_id", _UUID, primary_key=True),
    # Keyed code of the file: the same file is the same job.
    Column("file_code", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("actor", _UUID, nullable=False),
    Column("area", Text, nullable=False),
    Column("rows_done", Integer, nullable=False),
    Column("added", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("warned", Integer, nullable=False),
    Column("reasons", JSONB, nullable=False),
    Column("started_at", _TIME, nullable=False),
    Column("finished_at", _TIME),
    Column("sealed_headers", Text, nullable=False),
)

# Rows of a workbook or records of a packet that were refused, or taken with a warning, and that
# somebody must still look at (R70, C17).
refused_row = Table(
    "refused_row",
    metadata,
    Column("row_id", _UUID, primary_key=True),
    Column("area", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("import_id", _UUID),
    Column("row_number", Integer),
    Column("packet_id", _UUID),
    Column("record_id", _UUID),
    Column("subject_id", _UUID),
    Column("number_index", Text),
    Column("reasons", JSONB, nullable=False),
    Column("created_at", _TIME, nullable=False, server_default=text("now()")),
    Column("settled_at", _TIME),
    Column("settled_by", Text),
    Column("sealed", Text),
    UniqueConstraint("import_id", "row_number", name="refused_row_place"),
)
Index(
    "refused_row_open",
    refused_row.c.area,
    refused_row.c.row_id,
    postgresql_where=text("settled_at IS NULL"),
)
Index(
    "refused_row_subject",
    refused_row.c.subject_id,
    postgresql_where=text("settled_at IS NULL"),
)
Index(
    "refused_row_record",
    refused_row.c.record_id,
    postgresql_where=text("settled_at IS NULL"),
)
Index(
    "refused_row_number",
    refused_row.c.number_index,
    postgresql_where=text("settled_at IS NULL"),
)

# One row per reading or signature (by the id that the terminal gave it) that a record claimed or an
# event told of, whichever came first. Who adds a claim or an event locks it, so that the two meet.
# `subject_id` is whom a reading serves.
device_proof = Table(
    "device_proof",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("proof_id", _UUID, primary_key=True),
    Column("subject_id", _UUID),
)

# What a version of a record claims of its terminal, and how that stands.
record_claim = Table(
    "record_claim",
    metadata,
    Column("subject_id", _UUID, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("proof_id", _UUID, nullable=False),
    Column("terminal_id", _UUID, nullable=False),
    # Root of the reading, or digest that was signed; and digest of the handwriting.
    Column("digest", Text, nullable=False),
    Column("trace", Text),
    Column("claimed_at", _TIME, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
)
Index("record_claim_proof", record_claim.c.proof_id)
Index(
    "record_claim_awaiting",
    record_claim.c.claimed_at,
    postgresql_where=text("state = 'awaiting'"),
)

# Whose events were heard. Who adds events of a terminal locks its row, then looks at its chain.
terminal_chain = Table(
    "terminal_chain",
    metadata,
    Column("terminal_id", _UUID, primary_key=True),
)

# The chain of a terminal's events, as far as they were for capture.
terminal_event = Table(
    "terminal_event",
    metadata,
    Column("event_id", _UUID, primary_key=True),
    Column("terminal_id", _UUID, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Column("previous", Text),
    # "fork" or "break" where it contradicts another event of the same terminal.
    Column("suspicion", Text),
    Column("heard_at", _TIME, nullable=False, server_default=text("now()")),
    # The same event under another id is a repetition, and no second event.
    UniqueConstraint("terminal_id", "sequence", "digest", name="terminal_event_place"),
)

card_reading = Table(
    "card_reading",
    metadata,
    Column("event_id", _UUID, primary_key=True),
    Column("reading_id", _UUID, nullable=False),
    Column("card", Text, nullable=False),
    Column("reader_id", Text, nullable=False),
    Column("root", Text, nullable=False),
    Column("read_at", _TIME, nullable=False),
)
Index("card_reading_id", card_reading.c.reading_id)

signature_event = Table(
    "signature_event",
    metadata,
    Column("event_id", _UUID, primary_key=True),
    Column("signature_id", _UUID, nullable=False),
    Column("kind", Text, nullable=False),
    Column("record_digest", Text, nullable=False),
    Column("trace", Text, nullable=False),
    Column("captured_at", _TIME, nullable=False),
)
Index("signature_event_id", signature_event.c.signature_id)

# Persons whom a department knows and the campaign did not. What waits to be settled stands on the
# list of refused rows, under the same id.
candidate = Table(
    "candidate",
    metadata,
    Column("candidate_id", _UUID, primary_key=True),
    # Of the newest that was heard; a candidate may come back.
    Column("version", BigInteger, nullable=False),
    Column("department", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("subject_id", _UUID),
    Column("heard_at", _TIME, nullable=False, server_default=text("now()")),
)
