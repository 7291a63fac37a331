"""HTTP routes of verification: translate, authorise, call a handler.

Review is record by record, item by item (R71, C17): there is no route that takes several.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from muster.contracts.parts.base import Uuid
from muster.contracts.parts.capture import Entry
from muster.persistence.database import Transaction
from muster.runtime.auth import Authenticated, Caller, Composed
from muster.runtime.context import Context
from muster.security.vault import DataKeys
from muster.verification import handlers, shapes, store
from muster.verification.domain import comparing
from muster.verification.domain.desks import REVIEWERS, desk_of, role_of
from muster.verification.domain.return_reasons import CODES, ReturnReason
from muster.vocabulary.areas import AreaTree
from muster.vocabulary.reasons import Reason, Refusal
from muster.vocabulary.states import ReviewState, Role

router = APIRouter(tags=["verification"])

LEDGER_ROLES = (*REVIEWERS, Role.TOWNSHIP_LEADER, Role.LEADER, Role.ADMINISTRATOR)

AreaQuery = Annotated[str | None, Query(max_length=12, description="行政区划代码 / area code")]
SubjectPath = Annotated[Uuid, Path()]
VersionPath = Annotated[int, Path(ge=1, le=2**31)]


@router.get("/queue")
async def get_queue(
    caller: Authenticated,
    context: Composed,
    conn: Transaction,
    area: AreaQuery = None,
    desk: Annotated[str | None, Query(max_length=64)] = None,
    after: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> shapes.QueueAnswer:
    """Records that wait for the caller's review, the longest waiting first (R71)."""
    desks = [desk] if desk is not None else [desk_of(role) for role in REVIEWERS]
    open_at = _open_at(caller, desks, area, asked=desk is not None)
    rows = await store.queue(conn, open_at, after=_cursor(after), limit=limit)
    now = datetime.now(UTC)
    items = tuple(
        shapes.QueueItem(
            subject_id=row.subject_id,
            version=row.version,
            village=row.village,
            desk=row.desk,
            received_at=row.received_at,
            age_seconds=max(0, int((now - row.received_at).total_seconds())),
            returned=row.returned,
            own=row.collector_id == caller.account_id,
        )
        for row in rows
    )
    last = rows[-1] if len(rows) == limit else None
    following = None if last is None else f"{last.received_at.isoformat()}~{last.subject_id}"
    return shapes.QueueAnswer(items=items, next=following)


@router.get("/items/{subject_id}")
async def get_item(
    subject_id: SubjectPath, caller: Authenticated, context: Composed, conn: Transaction
) -> shapes.ItemAnswer:
    """The newest version of one record beside baseline, papers and earlier versions; audited."""
    subject = await store.subject(conn, subject_id)
    items = await store.items_of(conn, subject_id)
    if subject is None or not items:
        raise handlers.not_found()
    newest = items[0]
    village = subject.village or newest.village
    handlers.require_desk(caller, newest.desk, village)
    keys = await context.vault.keys_for(conn, [subject_id])
    if subject_id not in keys:
        raise handlers.erased()
    part = handlers.open_record(context, keys, newest)
    answer = shapes.ItemAnswer(
        subject_id=subject_id,
        version=newest.version,
        digest=newest.digest,
        state=newest.state,
        desk=newest.desk,
        village=village,
        received_at=newest.received_at,
        reviewed_at=newest.reviewed_at,
        reviewer_id=newest.reviewer_id,
        reviewable=subject.village is not None and newest.state is ReviewState.SUBMITTED,
        own=newest.collector_id == caller.account_id,
        record_id=part.record_id,
        record=part.record,
        provenance=part.provenance,
        evidence=part.evidence,
        signature_kind=part.signature_kind,
        collector_id=part.collector_id,
        collected_at=part.collected_at,
        corrects_version=part.corrects_version,
        standing=tuple(
            Entry(village=e.village, origin=e.origin, state=e.state)
            for e in subject.standing.entries
        ),
        baseline=_baseline(
            context, keys, subject_id, await store.baseline_of(conn, subject_id), part.record.fields
        ),
        reasons=_reasons(context, keys, newest),
        earlier=tuple(_earlier(context, keys, item, part.record.fields) for item in items[1:]),
    )
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="record-read",
        subject_ids=[subject_id],
        detail={"version": newest.version},
    )
    return answer


@router.post("/items/{subject_id}/{version}/verify")
async def verify(
    subject_id: SubjectPath,
    version: VersionPath,
    body: shapes.VerifyBody,
    caller: Authenticated,
    context: Composed,
    conn: Transaction,
) -> shapes.DecisionAnswer:
    """Confirm one version: the digest is that of the very content the reviewer saw."""
    item = await handlers.review_item(
        context,
        conn,
        caller,
        subject_id=subject_id,
        version=version,
        outcome=ReviewState.VERIFIED,
        digest=body.digest,
    )
    return _decision(item)


@router.post("/items/{subject_id}/{version}/return")
async def send_back(
    subject_id: SubjectPath,
    version: VersionPath,
    body: shapes.ReturnBody,
    caller: Authenticated,
    context: Composed,
    conn: Transaction,
) -> shapes.DecisionAnswer:
    """Send one version back to the desk with reasons; it comes back as a new version (R70)."""
    reasons = tuple(ReturnReason(r.code, r.field, r.text) for r in body.reasons)
    handlers.check_reasons(context, reasons)
    item = await handlers.review_item(
        context,
        conn,
        caller,
        subject_id=subject_id,
        version=version,
        outcome=ReviewState.RETURNED,
        digest=body.digest,
        reasons=reasons,
    )
    return _decision(item)


@router.get("/return-reasons")
async def get_return_reasons(_: Authenticated) -> list[shapes.ReturnCode]:
    """The list of reasons for which a record may go back."""
    return [shapes.ReturnCode(code=code, zh=zh, en=en) for code, (zh, en) in CODES.items()]


@router.get("/ledger")
async def get_ledger(
    caller: Authenticated, context: Composed, conn: Transaction, area: AreaQuery = None
) -> shapes.LedgerAnswer:
    """How many people collected in each village are submitted, returned, verified."""
    code = _known(context.areas, context.profile.area if area is None else area)
    caller.require(LEDGER_ROLES, code)
    counts = {leaf.code: shapes.ReviewCounts() for leaf in context.areas.leaves(code)}
    for village, state, count in await store.ledger(conn, _codes(context.areas, [code])):
        setattr(counts.setdefault(village, shapes.ReviewCounts()), state.value, count)
    return shapes.LedgerAnswer(as_of=datetime.now(UTC), villages=counts)


# -- helpers ---------------------------------------------------------------------------------------


def _open_at(
    caller: Caller, desks: Iterable[str], area: str | None, *, asked: bool
) -> set[tuple[str, str]]:
    """(desk, village) pairs at which the caller may review and asked to look."""
    if area is not None:
        _known(caller.areas, area)
    found: set[tuple[str, str]] = set()
    allowed = False
    for desk in desks:
        role = role_of(desk)
        if role is None:
            raise Refusal(Reason("desk", "desk-unknown", "没有该复核岗位。", "No such desk."))
        roots = caller.granted_areas((role,))
        if area is not None:
            roots = frozenset({area}) if caller.may(role, area) else frozenset()
        allowed = allowed or bool(roots)
        found.update((desk, code) for code in _codes(caller.areas, roots))
    if not allowed:
        # Refuses: not granted. An empty queue would look like work that is done.
        caller.require(
            REVIEWERS if not asked else tuple(filter(None, map(role_of, desks))),
            area or caller.areas.root.code,
        )
    return found


def _known(areas: AreaTree, code: str) -> str:
    if code not in areas:
        raise Refusal(
            Reason(
                "area",
                "area-unknown",
                "行政区划代码不在本次采集范围内。",
                "This is no area of the campaign.",
            )
        )
    return code


def _codes(areas: AreaTree, roots: Iterable[str]) -> list[str]:
    """The codes at and below these areas."""
    found: set[str] = set()
    waiting = [code for code in roots if code in areas]
    while waiting:
        code = waiting.pop()
        if code not in found:
            found.add(code)
            waiting += [child.code for child in areas.children(code)]
    return sorted(found)


def _cursor(text: str | None) -> tuple[datetime, str]:
    if text is None:
        return datetime.fromtimestamp(0, UTC), str(UUID(int=0))
    moment, _, subject_id = text.partition("~")
    malformed = Refusal(
        Reason(
            "after",
            "cursor-malformed",
            "翻页标记不正确，请从头查询。",
            "This is no place in the queue; begin anew.",
        )
    )
    try:
        at, place = datetime.fromisoformat(moment), UUID(subject_id)
        if at.tzinfo is None:
            raise malformed
        # In UTC here, where a year out of bounds is still an answer and no error.
        return at.astimezone(UTC), str(place)
    except (ValueError, OverflowError):
        raise malformed from None


def _decision(item: store.ItemRow) -> shapes.DecisionAnswer:
    assert item.reviewer_id is not None
    assert item.reviewed_at is not None
    return shapes.DecisionAnswer(
        subject_id=item.subject_id,
        version=item.version,
        digest=item.digest,
        state=item.state,
        reviewer_id=item.reviewer_id,
        reviewed_at=item.reviewed_at,
    )


def _baseline(
    context: Context,
    keys: DataKeys,
    subject_id: str,
    row: store.BaselineRow | None,
    fields: dict[str, str | int | bool | list[str]],
) -> shapes.BaselineAnswer | None:
    if row is None:
        return None
    record = handlers.open_baseline(context, keys, subject_id, row)
    differs = comparing.differing(fields, record.fields, context.profile.normalise)
    return shapes.BaselineAnswer(version=row.version, record=record, differs=tuple(differs))


def _reasons(
    context: Context, keys: DataKeys, item: store.ItemRow
) -> tuple[shapes.ReasonAnswer, ...]:
    return tuple(
        shapes.ReasonAnswer(
            code=reason.code,
            zh=CODES[reason.code][0],
            en=CODES[reason.code][1],
            field=reason.field,
            text=reason.text,
        )
        for reason in handlers.open_reasons(context, keys, item)
    )


def _earlier(
    context: Context,
    keys: DataKeys,
    item: store.ItemRow,
    fields: dict[str, str | int | bool | list[str]],
) -> shapes.VersionAnswer:
    before = handlers.open_record(context, keys, item).record.fields
    return shapes.VersionAnswer(
        version=item.version,
        digest=item.digest,
        state=item.state,
        received_at=item.received_at,
        reviewed_at=item.reviewed_at,
        reviewer_id=item.reviewer_id,
        reasons=_reasons(context, keys, item),
        changed=tuple(comparing.changed(fields, before)),
    )
