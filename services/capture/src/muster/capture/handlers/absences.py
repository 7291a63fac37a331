"""Putting down why somebody could not be met yet, for the list of those not yet collected (R106).

It changes no balance, and nothing of it leaves the service but by that list."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.domain.absences import Absence
from muster.capture.domain.reasons import refusal
from muster.capture.domain.standing import of_village
from muster.capture.handlers import common
from muster.capture.store import absences, subjects
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.security.vault import DataKey
from muster.vocabulary.states import Role, SubjectState

NOTING = (Role.COLLECTOR, Role.TOWNSHIP_LEADER)


@dataclass(frozen=True, slots=True)
class Asked:
    """A remark as a client asks for it, under an id that it made. Without a reason it takes back
    what stood."""

    absence_id: str
    subject_id: str
    village: str
    reason: Absence | None
    note: str | None
    until: date | None

    def content(self) -> dict[str, Any]:
        """All of it, as it is sealed and compared."""
        return {
            "village": self.village,
            "reason": self.reason and self.reason.value,
            "note": self.note,
            "until": self.until and self.until.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Noted:
    """A remark as it is shown."""

    reason: str
    note: str | None
    until: date | None
    at: datetime


async def note(
    context: Context, caller: Caller, conn: AsyncConnection, asked: Asked
) -> Noted | None:
    """Put the remark down, once per id; gives the one that stands now. Raises Refusal."""
    caller.require(NOTING, asked.village)
    locked = await subjects.lock(conn, [asked.subject_id])
    if asked.subject_id not in locked:
        raise refusal("not-found", status=404, kind="not-found", field="subject_id")
    keys = await context.vault.keys_for(conn, [asked.subject_id], create=True)
    if asked.subject_id in keys.erased:
        raise refusal("subject-erased", status=409, kind="conflict")
    key = keys[asked.subject_id]
    before = await absences.find(conn, asked.absence_id)
    if before is not None:
        if before.subject_id != asked.subject_id or _open(context, key, before) != asked.content():
            raise refusal("absence-id-reused", status=409, kind="conflict")
    else:
        await _require_sense(conn, asked)
        await _put_down(context, caller, conn, key, asked)
    standing = await absences.standing(conn, [asked.subject_id])
    return show(context, key, standing.get(asked.subject_id))


async def _require_sense(conn: AsyncConnection, asked: Asked) -> None:
    entries = (await subjects.entries(conn, [asked.subject_id]))[asked.subject_id]
    here = of_village(entries, asked.village)
    if here is None:
        raise refusal("not-in-village", status=409, kind="conflict")
    if here.state is not SubjectState.OPEN:
        raise refusal("absence-not-open", status=409, kind="conflict")
    if asked.reason is None and (asked.note is not None or asked.until is not None):
        raise refusal("absence-reason")
    if asked.until is not None and asked.until < common.today():
        raise refusal("until-past")


async def _put_down(
    context: Context, caller: Caller, conn: AsyncConnection, key: DataKey, asked: Asked
) -> None:
    now = common.now()
    await absences.end(conn, [asked.subject_id], now)
    await absences.add(
        conn,
        {
            "absence_id": asked.absence_id,
            "subject_id": asked.subject_id,
            "actor": caller.account_id,
            "at": now,
            "ended_at": now if asked.reason is None else None,
            "sealed": context.vault.encrypt(
                key, asked.content(), table="absence", row=asked.absence_id, version=1
            ),
        },
    )
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="subject.absence",
        subject_ids=[asked.subject_id],
        detail={"absence": asked.absence_id, "village": asked.village},
    )


def show(context: Context, key: DataKey, row: Any | None) -> Noted | None:
    """A stored remark as it is shown."""
    if row is None:
        return None
    said = _open(context, key, row)
    until = said["until"] and date.fromisoformat(said["until"])
    return Noted(said["reason"], said["note"], until, row.at)


def _open(context: Context, key: DataKey, row: Any) -> dict[str, Any]:
    return context.vault.decrypt(key, row.sealed, table="absence", row=row.absence_id, version=1)
