"""One record before its reviewer: what stands beside it, and the decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Path, Query

from muster.contracts.parts.base import Uuid
from muster.contracts.parts.capture import Entry, RecordForReview
from muster.persistence.database import Transaction
from muster.runtime.auth import Authenticated, Composed
from muster.runtime.context import Context
from muster.security.vault import DataKeys
from muster.verification.api import models
from muster.verification.domain import attesting, comparing, review
from muster.verification.domain.answers import LOOK, Answers, come_to
from muster.verification.domain.return_reasons import ReturnReason
from muster.verification.handlers import common, reviewing, sealing
from muster.verification.store import attestations, cases, items, people, requests
from muster.vocabulary.return_reasons import words_of
from muster.vocabulary.states import ReviewState

router = APIRouter()

SubjectPath = Annotated[Uuid, Path()]
VersionPath = Annotated[int, Path(ge=1, le=2**31)]
Fields = dict[str, str | int | bool | list[str]]


@router.get("/items/{subject_id}")
async def get_item(
    subject_id: SubjectPath,
    caller: Authenticated,
    context: Composed,
    conn: Transaction,
    ahead: Annotated[bool, Query(description="先取 / fetched before it is looked at")] = False,
) -> models.ItemAnswer:
    """The newest version of one record beside baseline, card, kinds and digests of its papers, what
    departments and terminals say, and earlier versions; audited, with `ahead` as what a page
    fetched before its reader came to it."""
    case = await cases.whole(conn, subject_id)
    if case is None:
        raise common.not_found()
    newest = case.versions[0]
    reviewing.require_desk(caller, newest.desk, _village(case.subject, newest))
    keys = context.vault.unwrap({subject_id: case.wrapped})
    if subject_id not in keys:
        raise common.erased()
    asked = await requests.at(conn, [item.place for item in case.versions])
    answer = _item(context, keys, caller.account_id, case, asked)
    answered = sum(one.received_at is not None for found in asked.values() for one in found)
    detail: dict[str, str | int] = {"version": newest.version, "answers": answered}
    if ahead:
        detail["how"] = "ahead"
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="record-read",
        subject_ids=[subject_id],
        detail=detail,
    )
    return answer


@router.post("/items/{subject_id}/{version}/verify")
async def verify(
    subject_id: SubjectPath,
    version: VersionPath,
    body: models.VerifyBody,
    caller: Authenticated,
    context: Composed,
    conn: Transaction,
) -> models.DecisionAnswer:
    """Confirm one version: the digest is that of the very content the reviewer saw.

    Before the mandatory answers are there the version is *passed* and becomes verified with the
    last of them. In spite of an answer that contradicts, or of a mandatory one that confirms
    nothing, it is verified only with `despite`.
    """
    item = await reviewing.review_item(
        context,
        conn,
        caller,
        subject_id=subject_id,
        version=version,
        decision=review.Decision(
            ReviewState.VERIFIED,
            body.digest,
            caller.account_id,
            despite=body.despite,
            contradicting=frozenset(body.contradicting),
            cannot_tell=frozenset(body.cannot_tell),
        ),
    )
    return _decision(item)


@router.post("/items/{subject_id}/{version}/return")
async def send_back(
    subject_id: SubjectPath,
    version: VersionPath,
    body: models.ReturnBody,
    caller: Authenticated,
    context: Composed,
    conn: Transaction,
) -> models.DecisionAnswer:
    """Send one version back to the desk with reasons; it comes back as a new version (R70)."""
    reasons = tuple(ReturnReason(r.code, r.field, r.text) for r in body.reasons)
    reviewing.check_reasons(context, reasons)
    item = await reviewing.review_item(
        context,
        conn,
        caller,
        subject_id=subject_id,
        version=version,
        decision=review.Decision(ReviewState.RETURNED, body.digest, caller.account_id, reasons),
    )
    return _decision(item)


# -- helpers ---------------------------------------------------------------------------------------


def _item(
    context: Context,
    keys: DataKeys,
    reader_id: str,
    case: cases.Case,
    asked: Mapping[items.Place, list[requests.RequestRow]],
) -> models.ItemAnswer:
    """The newest version of a case with all that stands beside it, as this reader sees it."""
    subject, attested = case.subject, case.attested
    newest, *earlier = case.versions
    part = sealing.open_record(context, keys, newest)
    stand = come_to(one.as_asked() for one in asked[newest.place])
    return models.ItemAnswer(
        subject_id=subject.subject_id,
        version=newest.version,
        digest=newest.digest,
        state=newest.state,
        desk=newest.desk,
        village=_village(subject, newest),
        received_at=newest.received_at,
        reviewed_at=newest.reviewed_at,
        reviewer_id=newest.reviewer_id,
        passed=newest.passed,
        reviewable=subject.village is not None and _undecided(newest, stand),
        own=newest.collector_id == reader_id,
        record_id=part.record_id,
        record=part.record,
        provenance=part.provenance,
        evidence=part.evidence,
        signature_kind=part.signature_kind,
        signer=part.signer,
        interpreter=part.interpreter,
        attestation=_attestation(attested.get(newest.version)),
        collector_id=part.collector_id,
        collected_at=part.collected_at,
        corrects_version=part.corrects_version,
        completion=_completion(part),
        standing=tuple(
            Entry(village=e.village, origin=e.origin, state=e.state)
            for e in subject.standing.entries
        ),
        baseline=_baseline(context, keys, subject.subject_id, case.baseline, part.record.fields),
        card=_card(context, part),
        answers=stand,
        departments=tuple(_department(context, keys, one) for one in asked[newest.place]),
        reasons=_reasons(context, keys, newest),
        earlier=tuple(
            _earlier(
                context,
                keys,
                item,
                asked[item.place],
                part.record.fields,
                attested.get(item.version),
            )
            for item in earlier
        ),
    )


def _village(subject: people.SubjectRow, item: items.ItemRow) -> str:
    """Where the person is collected; else where they were when the record came."""
    return subject.village or item.village


def _undecided(item: items.ItemRow, stand: Answers) -> bool:
    return item.state is ReviewState.SUBMITTED and (item.reviewed_at is None or stand in LOOK)


def _decision(item: items.ItemRow) -> models.DecisionAnswer:
    assert item.reviewer_id is not None
    assert item.reviewed_at is not None
    return models.DecisionAnswer(
        subject_id=item.subject_id,
        version=item.version,
        digest=item.digest,
        state=item.state,
        passed=item.passed,
        answers=item.answers,
        reviewer_id=item.reviewer_id,
        reviewed_at=item.reviewed_at,
    )


def _department(
    context: Context, keys: DataKeys, request: requests.RequestRow
) -> models.DepartmentAnswer:
    department = context.profile.departments.get(request.department)
    answer = sealing.open_answer(context, keys, request)
    despite = sealing.open_despite(context, keys, request)
    overruled = None
    if despite is not None:
        assert request.overruled_by is not None
        assert request.overruled_at is not None
        overruled = models.Overruled(
            reviewer_id=request.overruled_by, at=request.overruled_at, despite=despite
        )
    return models.DepartmentAnswer(
        request=request.event_id,
        department=request.department,
        zh=department.zh if department else request.department,
        en=department.en if department else request.department,
        mandatory=request.mandatory,
        asked=sealing.open_asked(context, keys, request),
        asked_at=request.asked_at,
        waiting_since=request.asked_at if request.open else None,
        received_at=request.received_at,
        verdicts=answer.verdicts if answer else None,
        remark=answer.remark if answer else "",
        contradicts=bool(request.contradicts),
        cannot_tell=request.mandatory and bool(request.cannot_tell),
        overruled=overruled,
    )


def _attestation(row: attestations.AttestationRow | None) -> models.AttestationAnswer | None:
    if row is None:
        return None
    reasons = []
    for code in row.reasons:
        zh, en = attesting.words(code)
        reasons.append(models.FlagAnswer(code=code, zh=zh, en=en))
    return models.AttestationAnswer(
        reading=row.reading,
        signature=row.signature,
        reasons=tuple(reasons),
        reading_id=row.reading_id,
        reading_event=row.reading_event,
        signature_id=row.signature_id,
        signature_event=row.signature_event,
    )


def _baseline(
    context: Context,
    keys: DataKeys,
    subject_id: str,
    row: people.BaselineRow | None,
    fields: Fields,
) -> models.BaselineAnswer | None:
    if row is None:
        return None
    record = sealing.open_baseline(context, keys, subject_id, row)
    differs = comparing.differing(fields, record.fields, context.profile.normalise)
    return models.BaselineAnswer(version=row.version, record=record, differs=tuple(differs))


def _card(context: Context, part: RecordForReview) -> models.CardAnswer | None:
    fields = part.record.fields
    said = comparing.on_card(fields, part.provenance, part.typed_over)
    if not said:
        return None
    differs = comparing.differing(fields, said, context.profile.normalise)
    return models.CardAnswer(fields=said, differs=tuple(differs))


def _reasons(
    context: Context, keys: DataKeys, item: items.ItemRow
) -> tuple[models.ReasonAnswer, ...]:
    found = []
    for reason in sealing.open_reasons(context, keys, item):
        zh, en = words_of(reason.code)
        found.append(
            models.ReasonAnswer(
                code=reason.code, zh=zh, en=en, field=reason.field, text=reason.text
            )
        )
    return tuple(found)


def _earlier(
    context: Context,
    keys: DataKeys,
    item: items.ItemRow,
    asked: list[requests.RequestRow],
    fields: Fields,
    attestation: attestations.AttestationRow | None,
) -> models.VersionAnswer:
    part = sealing.open_record(context, keys, item)
    return models.VersionAnswer(
        version=item.version,
        digest=item.digest,
        state=item.state,
        received_at=item.received_at,
        reviewed_at=item.reviewed_at,
        reviewer_id=item.reviewer_id,
        attestation=_attestation(attestation),
        reasons=_reasons(context, keys, item),
        departments=tuple(_department(context, keys, one) for one in asked),
        changed=tuple(comparing.changed(fields, part.record.fields)),
        completion=_completion(part),
    )


def _completion(part: RecordForReview) -> models.CompletionAnswer | None:
    made = part.completion
    if made is None:
        return None
    return models.CompletionAnswer(
        by=made.by,
        at=made.at,
        reason=made.reason,
        signed_version=made.signed_version,
        unsigned=made.unsigned,
    )
