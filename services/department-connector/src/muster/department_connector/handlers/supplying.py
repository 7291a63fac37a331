"""Supplying the department's data for the cross-check: parts, and a manifest that closes them.

In sealed mode rows travel with their values, sealed to the cross-check, and with codes under the
campaign's key; in blind mode only codes under the department's own key and the area do (R74, R91).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from muster.contracts.envelope import Clear
from muster.contracts.parts.crosscheck import DepartmentData, DepartmentRow, Manifest
from muster.contracts.topics import service_topics
from muster.department_connector.domain.reasons import refusal
from muster.department_connector.handlers.common import BIRTH, CAMPAIGN, NUMBER, Connector
from muster.department_connector.store import extracts, people
from muster.department_connector.store.extracts import Made
from muster.department_connector.store.people import Person
from muster.observability.logging import get_logger
from muster.security import digests, matching
from muster.security.jose import Jwk
from muster.spool import wire
from muster.spool.services import KeysUnknown
from muster.spool.store import TooLarge, Work
from muster.vocabulary.ids import new_id

_log = get_logger("muster.connector")

TOPIC = "crosscheck-department-data-"
SEALED = "sealed"
PART_ROWS = 100
PART_BYTES = 350_000
"""A packet is nearly twice as large as what it seals, and no broker takes more than a million."""


@dataclass(frozen=True, slots=True)
class Supplied:
    """An extract that stands in the spool."""

    extract_id: str
    mode: str
    rows: int
    parts: int


def supply(connector: Connector) -> Supplied:
    """Put the whole of the current data into the spool as one extract.

    Raises:
        Refusal: no data, the cross-check's key was never fetched, the data were replaced or another
            supply began meanwhile, or the profile does not ask this department for data.
    """
    if "compare" not in connector.department.tasks:
        raise refusal("department-compares-not")
    loaded = people.current(connector.spool)
    if loaded is None:
        raise refusal("data-none")
    reader = crosscheck_key(connector)
    extract_id, made_at = new_id(), _moment(connector)
    extracts.begin(connector.spool, extract_id, loaded.load, made_at.isoformat())
    count = 0
    for number, rows in enumerate(_parts(connector, loaded.load), start=1):
        part = _part(connector, extract_id, number, made_at, rows)
        made = Made(number, matching.part_digest(part), len(rows), part.model_dump_json().encode())
        extracts.add_part(connector.spool, extract_id, made)
        count = number
    try:
        with connector.spool.transaction() as work:
            now = people.current(work)
            if now is None or now.load != loaded.load:
                raise refusal("data-replaced")
            rows_sent = _send(connector, work, extract_id, made_at, reader, count)
            if rows_sent != loaded.rows:
                raise refusal("data-replaced")
            if not extracts.supplied(work, extract_id, rows=rows_sent, parts=count):
                raise refusal("data-replaced")
    except TooLarge:
        raise refusal("extract-too-large") from None
    _log.info("an extract stands in the spool", rows=rows_sent, parts=count)
    return Supplied(extract_id, connector.department.mode, rows_sent, count)


def crosscheck_key(connector: Connector) -> Jwk:
    """The key to which extracts are sealed. Raises Refusal while it is not known."""
    try:
        return connector.keys.packet_key("crosscheck")
    except KeysUnknown:
        raise refusal("keys-unknown") from None


def _moment(connector: Connector) -> datetime:
    """Now, but after the extract before this one: of two, the cross-check keeps the later."""
    now = datetime.now(UTC)
    before = extracts.newest_moment(connector.spool)
    if before is None:
        return now
    return max(now, datetime.fromisoformat(before) + timedelta(microseconds=1))


def _parts(connector: Connector, load: int) -> Iterator[list[DepartmentRow]]:
    """Rows in parts that fit into an event."""
    held: list[DepartmentRow] = []
    size = 0
    for page in people.pages(connector.spool, load):
        for person in page:
            row = row_of(connector, person)
            length = len(row.model_dump_json())
            if held and (len(held) == PART_ROWS or size + length > PART_BYTES):
                yield held
                held, size = [], 0
            held.append(row)
            size += length
    if held:
        yield held


def row_of(connector: Connector, person: Person) -> DepartmentRow:
    """One person as the cross-check may know them in this department's mode."""
    department, keys = connector.department, connector.edge.keys
    fields = person.fields
    known = matching.with_birth(fields)
    # The same fields as capture makes codes of; a number has a code of its own.
    wanted = dict.fromkeys((*department.fields, *department.identified_by, BIRTH))
    own = matching.person(
        keys.current(f"blind/{department.id}"),
        connector.profile,
        known,
        [name for name in wanted if name in fields and name != NUMBER],
    )
    linked = None
    if department.mode == SEALED:
        linked = matching.person(keys.current(CAMPAIGN), connector.profile, known)
    return DepartmentRow(
        row_id=person.row_id,
        area=person.area,
        blinds=own,
        campaign=linked,
        fields=dict(fields) if department.mode == SEALED else None,
    )


def _part(
    connector: Connector,
    extract_id: str,
    number: int,
    made_at: datetime,
    rows: list[DepartmentRow],
    manifest: Manifest | None = None,
) -> DepartmentData:
    return DepartmentData(
        extract_id=extract_id,
        number=number,
        mode=connector.department.mode,
        made_at=made_at,
        salt=digests.new_salt(),
        rows=tuple(rows),
        manifest=manifest,
    )


def _send(
    connector: Connector,
    work: Work,
    extract_id: str,
    made_at: datetime,
    reader: Jwk,
    expected: int,
) -> int:
    """Put parts and manifest into the spool; gives the number of rows in them.

    Raises Refusal when another supply took parts away.
    """
    sums: list[str] = []
    rows = 0
    for made in extracts.parts(work, connector.spool, extract_id):
        part = DepartmentData.model_validate_json(made.part)
        _put(connector, work, part, reader)
        sums.append(made.digest)
        rows += made.rows
    if len(sums) != expected:
        raise refusal("data-replaced")
    manifest = Manifest(rows=rows, parts=tuple(sums))
    _put(connector, work, _part(connector, extract_id, 0, made_at, [], manifest), reader)
    return rows


def _put(connector: Connector, work: Work, part: DepartmentData, reader: Jwk) -> None:
    department = connector.department.id
    work.add(
        wire.seal_event(
            service_topics()[TOPIC + department],
            Clear(version=part.number),
            part,
            key=part.extract_id,
            place=department,
            sequence=work.next_sequence(),
            signing=connector.edge.signing,
            reader=reader,
        )
    )
