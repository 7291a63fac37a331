"""Verification's own tables."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

metadata = MetaData()

_TIME = DateTime(timezone=True)
_UUID: UUID[str] = UUID(as_uuid=False)

review_subject = Table(
    "review_subject",
    metadata,
    Column("subject_id", _UUID, primary_key=True),
    Column("revision", BigInteger, nullable=False, server_default=text("0")),
    Column("entries", JSONB, nullable=False, server_default=text("'[]'")),
    Column("village", Text),
    Column("version", BigInteger, nullable=False, server_default=text("0")),
)
"""One person: standing by highest ``revision``, where collected now, newest record ``version``."""

review_item = Table(
    "review_item",
    metadata,
    Column("subject_id", _UUID, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("village", Text, nullable=False),
    Column("desk", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'submitted'")),
    Column("collector_id", _UUID, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("received_at", _TIME, nullable=False, server_default=text("now()")),
    Column("reviewed_at", _TIME),
    Column("reviewer_id", _UUID),
    Column("reason_codes", JSONB, nullable=False, server_default=text("'[]'")),
    Column("reasons_sealed", Text),
    Column("answers", Text, nullable=False, server_default=text("'agree'")),
    Column("waits_in", Text),
)
"""One version of one record, and its review. ``village`` is where the person was collected when
the version came, and from the review on where the person stood then. Submitted and reviewed means
passed, awaiting answers. ``answers`` is what the departments' answers come to. ``waits_in`` is the
village in which a reviewer has to look at it now, null while nobody has to
(`muster.verification.store.waiting`)."""

baseline = Table(
    "baseline",
    metadata,
    Column("subject_id", _UUID, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("sealed", Text, nullable=False),
)

department_request = Table(
    "department_request",
    metadata,
    Column("subject_id", _UUID, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("department", Text, primary_key=True),
    Column("event_id", _UUID, nullable=False, unique=True),
    Column("case_id", _UUID, nullable=False),
    Column("mandatory", Boolean, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("asked_at", _TIME, nullable=False, server_default=text("now()")),
    Column("received_at", _TIME),
    Column("contradicts", Boolean),
    Column("cannot_tell", Boolean),
    Column("answer_sealed", Text),
    Column("overruled_at", _TIME),
    Column("overruled_by", _UUID),
    Column("overruled_sealed", Text),
)
"""What one department is asked about one record version, and what it said. ``event_id`` is the
event that asks, ``case_id`` the name under which the department knows the person. ``sealed`` are
the fields it is asked about (they tell the category), ``answer_sealed`` its verdicts,
``overruled_sealed`` why a reviewer verified all the same."""

attestation = Table(
    "attestation",
    metadata,
    Column("subject_id", _UUID, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("reading", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("reasons", JSONB, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("reading_id", _UUID),
    Column("reading_event", _UUID),
    Column("signature_id", _UUID),
    Column("signature_event", _UUID),
)
"""What the terminals say of the chip readings and the signature of one record version; it may come
before the record, and of two words the later counts: the one of the higher ``sequence``. The ids
are those of the reading and signature that the record names, and of the terminals' events by which
they are judged."""

review_claim = Table(
    "review_claim",
    metadata,
    Column("subject_id", _UUID, primary_key=True),
    Column("account_id", _UUID, nullable=False),
    Column("since", _TIME, nullable=False),
    Column("until", _TIME, nullable=False),
)
"""Who looks at a person's record, and until when that holds unless it is said again. It keeps two
reviewers from the same record and decides nothing: what is in it may be lost."""
