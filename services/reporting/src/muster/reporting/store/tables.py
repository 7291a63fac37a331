"""Reporting's own tables.

All of it but ``day_count`` is heard from topics and can be built again from them. In clear columns
stands nothing that names a person: ids, village codes, origins and states. The categories are
sealed under the person's data key, because a village plus a category names a person (design
section 4); they are opened and counted when an authorised reader asks, so that no stored count has
to be kept in step.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Identity,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

metadata = MetaData()

_TIME = DateTime(timezone=True)
_UUID: UUID[str] = UUID(as_uuid=False)

subject_state = Table(
    "subject_state",
    metadata,
    Column("subject_id", _UUID, primary_key=True),
    Column("revision", BigInteger, nullable=False, server_default=text("0")),
    Column("version", BigInteger, nullable=False, server_default=text("0")),
    Column("reviewed_version", BigInteger, nullable=False, server_default=text("0")),
    Column("outcome", Text),
    Column("collected_at", _TIME),
    Column("reviewed_at", _TIME),
    Column("ever_returned", Boolean, nullable=False, server_default=text("false")),
    Column("first_seen_at", _TIME, nullable=False, server_default=text("now()")),
    Column("attested_version", BigInteger, nullable=False, server_default=text("0")),
    Column("attested_sequence", BigInteger, nullable=False, server_default=text("0")),
    Column("flagged", Boolean, nullable=False, server_default=text("false")),
)
"""One person: newest ``revision`` of the standing, newest record ``version`` and when it was
collected, newest review and when; whether any version ever went back; of the newest word on
how a terminal attests it: which version, its place in capture's own order, and whether it flags."""

counted_entry = Table(
    "counted_entry",
    metadata,
    Column("subject_id", _UUID, primary_key=True),
    Column("place", SmallInteger, primary_key=True),
    Column("village", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("state", Text, nullable=False),
)
"""The lines of the newest standing of each person, in their order."""

subject_category = Table(
    "subject_category",
    metadata,
    Column("subject_id", _UUID, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("sealed", Text, nullable=False),
)

upload = Table(
    "upload",
    metadata,
    Column("event_id", _UUID, primary_key=True),
    Column("terminal_id", _UUID, nullable=False),
    Column("area", Text, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("received_at", _TIME, nullable=False),
)

problem = Table(
    "problem",
    metadata,
    Column("discrepancy_id", _UUID, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("village", Text, nullable=False),
    Column("opened_at", _TIME, nullable=False),
    Column("closed_at", _TIME),
)
"""One work order as it stands. Whose it is, and which field and department, is not counted and so
not kept: no column leads from a problem to a person."""

device_status = Table(
    "device_status",
    metadata,
    Column("terminal_id", _UUID, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("county", Text),
    Column("readers", JSONB, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("software", Text, nullable=False),
    Column("at", _TIME, nullable=False),
    Column("heard_at", _TIME, nullable=False, server_default=text("now()")),
)
"""The newest status of one terminal; ``at`` is by the terminal's clock, ``heard_at`` by ours."""

changed_area = Table(
    "changed_area",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("area", Text, nullable=False),
    Column("at", _TIME, nullable=False, server_default=text("clock_timestamp()")),
)
"""Where figures changed: written with the change itself, so that it is seen when the change is.
Rows are only added, so that no two batches wait for each other."""

day_count = Table(
    "day_count",
    metadata,
    Column("area", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("at", _TIME, nullable=False),
    Column("expected", Integer, nullable=False),
    Column("submitted", Integer, nullable=False),
    Column("returned", Integer, nullable=False),
    Column("verified", Integer, nullable=False),
    Column("ended", Integer, nullable=False),
    Column("open", Integer, nullable=False),
    Column("problems", Integer, nullable=False),
)
"""How an area stood when a day was counted last. A day on which nothing changed has no row: the
newest row before it says how the area stood."""
