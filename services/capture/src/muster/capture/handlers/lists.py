"""Lists for those who collect, and capture's own side of the balance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.domain.reasons import refusal
from muster.capture.handlers import absences, common
from muster.capture.handlers.absences import Noted
from muster.capture.handlers.common import NAME
from muster.capture.store import absences as stored_absences
from muster.capture.store import records, refusals, subjects
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.security.vault import DataKey, DataKeys, Erased
from muster.vocabulary.states import Origin, ReviewState, Role, SubjectState

NAMED = (Role.COLLECTOR, Role.TOWNSHIP_LEADER)
LISTED = (Role.COLLECTOR, Role.TOWNSHIP_LEADER, Role.ADMINISTRATOR)
COUNTED = (
    Role.LEADER,
    Role.TOWNSHIP_LEADER,
    Role.ADMINISTRATOR,
    Role.CIVIL_AFFAIRS_REVIEWER,
    Role.HUMAN_RESOURCES_REVIEWER,
    Role.AUDITOR,
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Of whom a list is: a state, how they came if that is asked, and how their newest record
    stands."""

    state: SubjectState
    origin: Origin | None = None
    review: ReviewState | None = None

    def words(self) -> dict[str, str]:
        """What was chosen, as the audit keeps it."""
        asked = {"state": self.state, "origin": self.origin, "review": self.review}
        return {name: value.value for name, value in asked.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Listed:
    """A person on a list, by village."""

    village: str
    subject_id: str
    origin: str
    name: str | None
    absence: Noted | None


@dataclass(frozen=True, slots=True)
class Returned:
    """A record that a reviewer sent back, with the reviewer's reasons."""

    village: str
    subject_id: str
    name: str | None
    version: int
    record_id: str
    returned_at: Any
    reasons: Sequence[Mapping[str, Any]]


def cursor(text: str | None) -> tuple[str, str] | None:
    """Where a page ended: ``<village>/<subject id>``. Raises Refusal on anything else."""
    if text is None:
        return None
    village, _, subject_id = text.partition("/")
    if not (village.isascii() and village.isdigit()) or not common.UUID.fullmatch(subject_id):
        raise refusal("not-found", field="after")
    return village, subject_id


def require_area(context: Context, caller: Caller, roles: tuple[Role, ...], area: str) -> None:
    """Refuse unless the area exists and one of the roles is granted for all of it."""
    if area not in context.areas:
        raise refusal("not-found", status=404, kind="not-found", field="area")
    caller.require(roles, area)


async def people(
    context: Context,
    caller: Caller,
    conn: AsyncConnection,
    *,
    area: str,
    chosen: Chosen,
    after: str | None,
    limit: int,
) -> list[Listed]:
    """Persons in a state, by village, with their names (the list of those not yet collected), and
    why they could not be met."""
    require_area(context, caller, NAMED, area)
    rows = await subjects.page(
        conn,
        common.villages_of(context, area),
        chosen.state,
        cursor(after),
        limit,
        origin=chosen.origin,
        review=chosen.review,
    )
    ids = [subject_id for _, subject_id, _ in rows]
    keys = await context.vault.keys_for(conn, ids)
    names = await _names(context, conn, keys, ids)
    standing = await stored_absences.standing(conn, ids)
    noted = {
        subject_id: absences.show(context, keys[subject_id], row)
        for subject_id, row in standing.items()
        if subject_id in keys
    }
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="subject.list",
        subject_ids=ids,
        detail={"area": area, **chosen.words()},
    )
    return [Listed(v, s, origin, names.get(s), noted.get(s)) for v, s, origin in rows]


async def returned(
    context: Context,
    caller: Caller,
    conn: AsyncConnection,
    *,
    area: str,
    after: str | None,
    limit: int,
) -> list[Returned]:
    """Records that came back, with the reasons (R70)."""
    require_area(context, caller, NAMED, area)
    rows = await records.returned(conn, common.villages_of(context, area), cursor(after), limit)
    ids = [row.subject_id for row in rows]
    keys = await context.vault.keys_for(conn, ids)
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="returned.list",
        subject_ids=ids,
        detail={"area": area},
    )
    return [
        _returned(context, None if row.subject_id in keys.erased else keys[row.subject_id], row)
        for row in rows
    ]


def _returned(context: Context, key: DataKey | None, row: Row[Any]) -> Returned:
    """One record that came back; of an erased person neither name nor reasons are left."""
    return Returned(
        row.village,
        row.subject_id,
        common.open_record(context, key, row)["record"]["fields"].get(NAME) if key else None,
        row.version,
        row.record_id,
        row.reviewed_at,
        common.open_review(context, key, row) if key else (),
    )


async def open_refusals(
    context: Context,
    caller: Caller,
    conn: AsyncConnection,
    *,
    area: str,
    after: str | None,
    limit: int,
) -> list[Row[Any]]:
    """What was refused or doubted in an area and is not settled: reasons, no content. Audited,
    because they say what is wrong with whom."""
    require_area(context, caller, LISTED, area)
    if after is not None and not common.UUID.fullmatch(after):
        raise refusal("not-found", field="after")
    below = [found.code for found in context.areas if context.areas.is_within(found.code, area)]
    rows = await refusals.open_in(conn, below, after, limit)
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="refusal.list",
        subject_ids=sorted({row.subject_id for row in rows if row.subject_id is not None}),
        detail={"area": area, "rows": len(rows)},
    )
    return rows


async def ledger(
    context: Context, caller: Caller, conn: AsyncConnection, area: str
) -> dict[str, dict[str, dict[str, int]]]:
    """Both sides of the balance of every village, each counted (design, section 5, rule 8)."""
    require_area(context, caller, COUNTED, area)
    villages = common.villages_of(context, area)
    found: dict[str, dict[str, dict[str, int]]] = {
        village: {"origins": {}, "states": {}} for village in villages
    }
    for village, origin, state, number in await subjects.count(conn, villages):
        for side, name in (("origins", origin), ("states", state)):
            counts = found[village][side]
            counts[name] = counts.get(name, 0) + number
    return {village: sides for village, sides in found.items() if sides["states"]}


async def _names(
    context: Context, conn: AsyncConnection, keys: DataKeys, wanted: Sequence[str]
) -> dict[str, str]:
    """Names from the newest record, else from what was known before."""
    newest = await records.newest(conn, wanted)
    baselines = await records.baselines(conn, [s for s in wanted if s not in newest])
    names: dict[str, str] = {}
    for subject_id in wanted:
        try:
            if subject_id in newest:
                opened = common.open_record(context, keys[subject_id], newest[subject_id])
                fields = opened["record"]["fields"]
            elif subject_id in baselines:
                opened = common.open_baseline(context, keys[subject_id], baselines[subject_id])
                fields = opened["fields"]
            else:
                continue
        except Erased:
            continue
        if NAME in fields:
            names[subject_id] = fields[NAME]
    return names
