"""``GET /audit`` of every service: its audit trail, to whoever has the right to read it (R100).

Rows name accounts, subjects and areas by id; their only free text is the reason that somebody gave,
which holds no number. A trail is of the whole campaign, and so is the grant that opens it. Each
page that is read leaves a row of its own.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from muster.contracts.parts.base import Uuid
from muster.persistence.database import Transaction
from muster.runtime.auth import Authenticated, Composed
from muster.security.audit import Search, looks_personal
from muster.vocabulary.reasons import Reason, Refusal
from muster.vocabulary.states import Role

READERS = (Role.AUDITOR, Role.ADMINISTRATOR)
# No trail has more rows; and what is longer could look like somebody's number in the audit.
_CURSOR = re.compile(r"([0-9]{1,10})-([0-9]{1,10})")

router = APIRouter(tags=["audit"])


class AuditRow(BaseModel):
    """Who did what to whom, when and why, with which ids and counts; and what the row's place in
    the chain is checked by (`muster.security.audit.verify_chain`)."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject_ids: list[str]
    reason: str | None
    # As it is stored, whatever that is: what is read otherwise hides what was done to it.
    detail: Any
    salt: str
    previous: str
    hash: str


class AuditPage(BaseModel):
    """Rows in the order of the chain; `next` is what to send as `after`, null at the end, which is
    the chain's when the first page was read."""

    service: str
    items: list[AuditRow]
    next: str | None


@router.get("/audit")
async def audit_trail(
    caller: Authenticated,
    context: Composed,
    conn: Transaction,
    since: AwareDatetime | None = None,
    actor: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9._:/+-]{1,200}$")] = None,
    action: Annotated[str | None, Query(pattern=r"^[a-z][a-z0-9._-]{0,63}$")] = None,
    subject: Uuid | None = None,
    after: Annotated[str | None, Query(max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> AuditPage:
    """The audit trail of this service, the oldest row first; audited itself (R100)."""
    caller.require(READERS, context.profile.area)
    start, head = _place(after) if after else (0, (await context.audit.head(conn)).seq)
    since = None if since is None else _in_utc(since)
    _check_search(actor=actor, action=action)
    wanted = Search(start, head, since, actor, action, subject)
    rows = await context.audit.find(conn, wanted, limit)
    asked = {"after": start, "actor": actor, "action": action}
    asked["since"] = None if since is None else since.isoformat(timespec="seconds")
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="audit-read",
        subject_ids=[subject] if subject else [],
        detail={"rows": len(rows), **{n: v for n, v in asked.items() if v is not None}},
    )
    return AuditPage(
        service=context.service,
        items=[AuditRow.model_validate(row._asdict()) for row in rows],
        next=f"{rows[-1].seq}-{head}" if len(rows) == limit else None,
    )


def _place(after: str) -> tuple[int, int]:
    found = _CURSOR.fullmatch(after)
    if found is None:
        raise Refusal(
            Reason(
                "after",
                "cursor-malformed",
                "翻页标记不正确，请从头查询。",
                "This is no place in the trail; begin anew.",
            )
        )
    return int(found[1]), int(found[2])


def _in_utc(since: datetime) -> datetime:
    """The moment as it is compared. Raises Refusal when its year is out of bounds there."""
    try:
        return since.astimezone(UTC)
    except OverflowError:
        raise Refusal(
            Reason(
                "since",
                "moment-out-of-range",
                "时间超出可查询的范围。",
                "This moment is beyond those that can be searched.",
            )
        ) from None


def _check_search(**asked: str | None) -> None:
    """Raises Refusal for what the audit of this very read must not hold."""
    personal = [name for name, value in asked.items() if value and looks_personal(value)]
    if personal:
        zh = "查询条件中不得填写身份证号码或电话号码。"
        en = "A search must not hold a resident number or a phone number."
        raise Refusal(Reason(name, "search-personal", zh, en) for name in personal)
