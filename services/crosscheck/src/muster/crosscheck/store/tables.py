"""Tables of crosscheck.

Clear columns hold ids, area codes, states, kinds, rules, blinds, and of a person's form only which
fields are still lacking. What a person's record or a department's row says is sealed: under the
subject's data key, or, where there is no subject (``extract_part``, ``department_row``,
``candidate``, ``reveal``), under the service's key-encryption key. A department in blind mode has
nothing sealed here at all: its data stay home.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
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

# One row once the comparison phase is open; there is no way back, because only a rule that passes
# again may close a work order.
comparison = Table(
    "comparison",
    metadata,
    Column("open", Boolean, primary_key=True),
    Column("opened_at", _TIME, nullable=False),
    Column("opened_by", _UUID, nullable=False),
)

subject = Table(
    "subject",
    metadata,
    Column("subject_id", _UUID, primary_key=True),
    # Standing and record version as last heard; of two the higher pair counts.
    Column("revision", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    # Where the person stands now, and how; all three empty for who left the campaign's area.
    Column("village", Text),
    Column("state", Text),
    Column("origin", Text),
    # The village and every area above it.
    Column("places", JSONB, nullable=False),
    # Fields that the profile asks of the record's categories and that the record lacks.
    Column("lacking", JSONB, nullable=False),
    Column("sealed", Text),
)

# Keyed codes of a subject by holder: a department, or "campaign".
subject_blind = Table(
    "subject_blind",
    metadata,
    Column("subject_id", _UUID, primary_key=True),
    Column("holder", Text, primary_key=True),
    Column("number", Text),
    Column("name_birth", Text),
    Column("fields", JSONB, nullable=False),
)
Index("subject_blind_number", subject_blind.c.holder, subject_blind.c.number)
Index("subject_blind_name", subject_blind.c.holder, subject_blind.c.name_birth)

# Every extract that was ever begun, refused ones with the rule.
extract = Table(
    "extract",
    metadata,
    Column("extract_id", _UUID, primary_key=True),
    Column("department", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("made_at", _TIME, nullable=False),
    Column("state", Text, nullable=False),
    Column("rule", Text),
    # What its manifest says; empty until that is here.
    Column("rows", Integer),
    Column("parts", Integer),
    Column("first_seen_at", _TIME, nullable=False, server_default=text("now()")),
    Column("settled_at", _TIME),
)
Index(
    "extract_current",
    extract.c.department,
    unique=True,
    postgresql_where=text("state = 'current'"),
)

# Parts of extracts that are not complete yet; 0 is the manifest.
extract_part = Table(
    "extract_part",
    metadata,
    Column("extract_id", _UUID, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("sealed", Text, nullable=False),
)

# The rows of each department's current extract.
department_row = Table(
    "department_row",
    metadata,
    Column("department", Text, primary_key=True),
    Column("row_id", _UUID, primary_key=True),
    Column("area", Text, nullable=False),
    Column("number", Text),
    Column("name_birth", Text),
    Column("campaign_number", Text),
    Column("fields", JSONB, nullable=False),
    # Of sealed rows: died before or after the standard time; where the person moved. Each may be
    # unreadable.
    Column("died", Text),
    Column("moved_to", Text),
    Column("sealed", Text),
)
Index("department_row_number", department_row.c.department, department_row.c.number)
Index("department_row_name", department_row.c.department, department_row.c.name_birth)
Index("department_row_campaign", department_row.c.campaign_number)

# Subjects to be looked at again. Rows are only added and taken away, never changed, so that what a
# transaction adds while another settles stays for the next time.
touched = Table(
    "touched",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("subject_id", _UUID, nullable=False),
    Column("at", _TIME, nullable=False, server_default=text("now()")),
)
Index("touched_subject", touched.c.subject_id)

# Says that something changed by which a row of a department may have become unknown or known.
candidates_due = Table(
    "candidates_due",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", _TIME, nullable=False, server_default=text("now()")),
)

# Work orders. What makes one the same as before: kind, subject, department, field, other; where a
# kind has no department, field or other subject of its own, that column is empty text.
discrepancy = Table(
    "discrepancy",
    metadata,
    Column("discrepancy_id", _UUID, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject_id", _UUID, nullable=False),
    Column("department", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("other", Text, nullable=False),
    Column("village", Text, nullable=False),
    # Which department's row says so.
    Column("said_by", Text),
    Column("row_id", _UUID),
    # False while it is neither found nor shown to be gone.
    Column("comparable", Boolean, nullable=False, server_default=text("true")),
    Column("first_opened_at", _TIME, nullable=False),
    Column("opened_at", _TIME, nullable=False),
    # When the revision was made.
    Column("changed_at", _TIME, nullable=False),
    Column("closed_at", _TIME),
    # On which data it was found last, and which it was held against when it was found no more; as
    # `discrepancies` puts them together, of one that somebody closed also who and, sealed,
    # why. Empty where it was closed before that was kept.
    Column("found_on", JSONB),
    Column("closed_on", JSONB),
    # Where it is handled, if not in the village of the household.
    Column("handled_in", Text),
    UniqueConstraint("kind", "subject_id", "department", "field", "other", name="discrepancy_once"),
)
Index("discrepancy_subject", discrepancy.c.subject_id)
Index("discrepancy_other", discrepancy.c.other)
Index(
    "discrepancy_village",
    discrepancy.c.village,
    discrepancy.c.opened_at,
    discrepancy.c.discrepancy_id,
)

Index(
    "discrepancy_handled",
    discrepancy.c.handled_in,
    discrepancy.c.opened_at,
    discrepancy.c.discrepancy_id,
    postgresql_where=text("handled_in IS NOT NULL"),
)

# What people say about a work order: questions, their answers (one each), and where it was passed
# on to. `addressee` is a department or an area.
order_note = Table(
    "order_note",
    metadata,
    Column("note_id", _UUID, primary_key=True),
    Column("discrepancy_id", _UUID, nullable=False),
    Column("kind", Text, nullable=False),
    Column("answers", _UUID, unique=True),
    Column("addressee", Text),
    Column("account", Text, nullable=False),
    Column("at", _TIME, nullable=False, server_default=text("now()")),
    Column("sealed", Text, nullable=False),
)
Index("order_note_order", order_note.c.discrepancy_id, order_note.c.at, order_note.c.note_id)

# Somebody whom a listing department knows and the campaign does not.
candidate = Table(
    "candidate",
    metadata,
    Column("candidate_id", _UUID, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("department", Text, nullable=False),
    Column("row_id", _UUID, nullable=False),
    Column("area", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("rule", Text),
    Column("sealed", Text),
    Column("found_at", _TIME, nullable=False),
    Column("told_at", _TIME),
    Column("closed_at", _TIME),
    # Who they turned out to be, once they are known; empty while they are not, and where the
    # department names nobody any more.
    Column("subject_id", _UUID),
)
Index("candidate_area", candidate.c.area, candidate.c.candidate_id)
Index("candidate_subject", candidate.c.subject_id)

# Requests to a department in blind mode to open one row, for a candidate or a work order.
reveal = Table(
    "reveal",
    metadata,
    Column("reveal_id", _UUID, primary_key=True),
    Column("department", Text, nullable=False),
    Column("row_id", _UUID, nullable=False),
    Column("number", Integer, nullable=False),
    Column("candidate_id", _UUID),
    Column("discrepancy_id", _UUID),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", _TIME, nullable=False),
    Column("reason_sealed", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("rule", Text),
    Column("answered_at", _TIME),
    Column("sealed", Text),
    # The event that asks.
    Column("event_id", _UUID, nullable=False, unique=True),
    UniqueConstraint("department", "row_id", "number", name="reveal_row"),
)
Index("reveal_asked", reveal.c.asked_at, postgresql_where=text("state = 'asked'"))
Index("reveal_candidate", reveal.c.candidate_id)
Index("reveal_discrepancy", reveal.c.discrepancy_id)
