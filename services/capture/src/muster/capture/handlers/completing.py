"""A reviewer fills in or corrects single fields of a record (R71, C17).

The record becomes a new version under the profile's rules, as one from a desk would; papers,
reading and signature go with it. What the person signed stays what it was: the new version says
which version that is, and which fields are not as they were signed (design, section 5, rule 2).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.domain.admission import Admission, Claim, Holder, Subject, Verdict
from muster.capture.domain.completion import Fields, completed, typed_over, unsigned
from muster.capture.domain.reasons import reason, refusal
from muster.capture.domain.standing import Entries, present
from muster.capture.handlers import attesting, common
from muster.capture.handlers.common import NUMBER, VILLAGE
from muster.capture.store import attestations, records, refusals, subjects
from muster.messaging import outbox
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.security import digests
from muster.security.vault import DataKey
from muster.vocabulary.ids import new_id
from muster.vocabulary.reasons import Reason, Refusal, refused
from muster.vocabulary.states import ReviewState, Role, Severity

_CONFLICTS = frozenset({"version-changed", "standing-closed", "subject-known"})


@dataclass(frozen=True, slots=True)
class Asked:
    """Fields as the reviewer wants them, over the version that they saw; None takes one away."""

    completion_id: str
    subject_id: str
    base_version: int
    fields: Mapping[str, Any]
    reason: str

    def content(self) -> dict[str, Any]:
        """All of it, as it is sealed and compared."""
        return {
            "base_version": self.base_version,
            "fields": dict(self.fields),
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Made:
    """The version that a completion became, and its fields that nobody signed."""

    subject_id: str
    version: int
    digest: str
    unsigned: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Draft:
    """The next version before anything is locked: versions never change, so the one that it goes
    back to may be read early. `signed` is the version that the person signed, `salt` the new
    version's own."""

    base: Any
    content: Mapping[str, Any]
    key: DataKey
    fields: Fields
    provenance: Mapping[str, str]
    form_version: str
    signed: int
    unsigned: tuple[str, ...]
    salt: str

    @property
    def record(self) -> dict[str, Any]:
        categories = self.content["record"]["categories"]
        return {
            "form_version": self.form_version,
            "categories": categories,
            "fields": self.fields,
        }

    @property
    def reading(self) -> dict[str, Any] | None:
        """The reading of the version before, with what it says of fields that are changed now."""
        reading = self.content.get("reading")
        if reading is None:
            return None
        fields, sources = self.content["record"]["fields"], self.content["provenance"]
        over = typed_over(fields, sources, self.provenance)
        return {**reading, "typed_over": {**reading.get("typed_over", {}), **over}}

    @property
    def evidence(self) -> list[str]:
        return [piece["digest"] for piece in self.content["evidence"]]


@dataclass(frozen=True, slots=True)
class _Stands:
    """What is locked until the transaction ends."""

    subject: subjects.Row
    entries: Entries
    holders: dict[str, Holder]
    claims: Sequence[attestations.ClaimRow]


async def complete(context: Context, caller: Caller, conn: AsyncConnection, asked: Asked) -> Made:
    """Make the next version, once per completion id.

    Raises Refusal: not found, not granted, own record, another version, what the form forbids.
    """
    draft = await _draft(context, conn, asked)
    number = common.index_of(context, draft.fields.get(NUMBER))
    stands = await _lock(conn, asked, number)
    here = present(stands.entries) or stands.entries[0]
    roles = _reviewers(context, draft)
    caller.require(roles, here.village)
    if draft.base.collector_id == caller.account_id:
        raise refusal("own-record", status=403, kind="forbidden")
    before = await _made_before(context, conn, draft, asked)
    if before is not None:
        return before
    if draft.fields == draft.content["record"]["fields"]:
        raise refusal("nothing-changed")
    claim = _claim(context, caller, roles, draft, asked, number)
    subject = _subject(stands, claim)
    taking = Admission(
        {asked.subject_id: subject}, stands.holders, {}, lambda village: caller.may(roles, village)
    )
    verdict = taking.judge(claim)
    _accepted(verdict)
    await _write(context, caller, conn, draft, claim, asked, subject)
    await _list_doubts(conn, draft, asked, claim, verdict)
    await _tell(context, caller, conn, asked, draft, subject, stands)
    return Made(asked.subject_id, subject.version, claim.digest, draft.unsigned)


async def _draft(context: Context, conn: AsyncConnection, asked: Asked) -> _Draft:
    place = (asked.subject_id, asked.base_version)
    base = (await records.versions(conn, [place])).get(place)
    if base is None:
        raise refusal("not-found", status=404, kind="not-found", field="base_version")
    key = (await context.vault.keys_for(conn, [asked.subject_id])).get(asked.subject_id)
    if key is None:
        raise refusal("subject-erased", status=409, kind="conflict")
    content = common.open_record(context, key, base)
    signed, was = asked.base_version, content["record"]["fields"]
    if content.get("completion") is not None:
        signed = content["completion"]["signed_version"]
        row = (await records.versions(conn, [(asked.subject_id, signed)]))[asked.subject_id, signed]
        was = common.open_record(context, key, row)["record"]["fields"]
    fields, sources = completed(content["record"]["fields"], content["provenance"], asked.fields)
    return _Draft(
        base=base,
        content=content,
        key=key,
        fields=fields,
        provenance=sources,
        # It is checked by today's form, and so it is one of today's form.
        form_version=context.profile.form_version,
        signed=signed,
        unsigned=unsigned(was, fields),
        salt=digests.new_salt(),
    )


async def _lock(conn: AsyncConnection, asked: Asked, number: str | None) -> _Stands:
    """In the order in which everybody locks: proofs, numbers, the subject."""
    place = (asked.subject_id, asked.base_version)
    claims = (await attestations.claims_of(conn, [place])).get(place, [])
    await attestations.lock_proofs(conn, {row.proof for row in claims})
    named = [number] if number is not None else []
    free = await subjects.claim_numbers(conn, dict.fromkeys(named, asked.subject_id))
    holders = await subjects.lock_numbers(conn, named, [asked.subject_id])
    locked = await subjects.lock(conn, [asked.subject_id])
    entries = await subjects.entries(conn, [asked.subject_id])
    return _Stands(
        subject=locked[asked.subject_id],
        entries=entries[asked.subject_id],
        holders={index: holder for index, holder in holders.items() if index not in free},
        claims=claims,
    )


def _reviewers(context: Context, draft: _Draft) -> tuple[Role, ...]:
    """Who reviews a record of these categories: a desk of the profile is its role's name. Nobody,
    where the profile knows them no more or names a desk that no role serves."""
    categories = draft.content["record"]["categories"]
    if not context.profile.categories.keys() >= set(categories):
        return ()
    desk = context.profile.review_desk(categories)
    return tuple(role for role in Role if role.value == f"{desk}_reviewer")


async def _made_before(
    context: Context, conn: AsyncConnection, draft: _Draft, asked: Asked
) -> Made | None:
    """What this very request became when it came first."""
    taken = (await records.taken(conn, [asked.completion_id])).get(asked.completion_id)
    if taken is None:
        return None
    digest, version = taken
    place = (asked.subject_id, version)
    row = (await records.versions(conn, [place])).get(place)
    if row is not None and row.record_id == asked.completion_id:
        made = common.open_record(context, draft.key, row).get("completion")
        if made is not None and made["asked"] == asked.content():
            return Made(asked.subject_id, version, digest, tuple(made["unsigned"]))
    raise refusal("completion-id-reused", status=409, kind="conflict")


def _claim(
    context: Context,
    caller: Caller,
    roles: tuple[Role, ...],
    draft: _Draft,
    asked: Asked,
    number: str | None,
) -> Claim:
    kinds = {piece["kind"] for piece in draft.content["evidence"]}
    reasons = context.profile.check_record(draft.record, today=common.today(), have_evidence=kinds)
    wrong = {found.field for found in reasons if found.severity is Severity.REFUSE}
    village = draft.fields.get(VILLAGE)
    known = village if isinstance(village, str) and VILLAGE not in wrong else None
    if known is not None and not caller.may(roles, known):
        reasons.append(reason("area-not-granted"))
    return Claim(
        index=0,
        record_id=asked.completion_id,
        subject_id=asked.subject_id,
        base_version=asked.base_version,
        new=False,
        digest="" if refused(reasons) else _digest(draft, asked),
        village=known,
        number_index=None if NUMBER in wrong else number,
        evidence=tuple(draft.evidence),
        reasons=tuple(reasons),
    )


def _digest(draft: _Draft, asked: Asked) -> str:
    """Of this content, in the suite of the one before it."""
    suite, _ = digests.parse(draft.base.digest)
    return digests.record_digest(
        draft.record, draft.evidence, asked.completion_id, draft.salt, suite
    )


def _subject(stands: _Stands, claim: Claim) -> Subject:
    return Subject(
        subject_id=claim.subject_id,
        exists=True,
        revision=stands.subject.revision,
        version=stands.subject.version,
        entries=stands.entries,
        # They came with the version before, and papers are kept.
        evidence=frozenset(claim.evidence),
    )


def _accepted(verdict: Verdict) -> None:
    """Raises Refusal with everything that stands against it."""
    if verdict.status == "accepted":
        return
    wrong: list[Reason] = [one for one in verdict.reasons if one.severity is Severity.REFUSE]
    if any(one.rule in _CONFLICTS for one in wrong):
        raise Refusal(wrong, status=409, kind="conflict")
    raise Refusal(wrong)


async def _write(
    context: Context,
    caller: Caller,
    conn: AsyncConnection,
    draft: _Draft,
    claim: Claim,
    asked: Asked,
    subject: Subject,
) -> None:
    if claim.number_index is not None:
        await subjects.hold_numbers(conn, {claim.number_index: asked.subject_id})
    row = subjects.Row(asked.subject_id, subject.revision, subject.version, None)
    await subjects.save(conn, [row])
    await subjects.save_entries(conn, {asked.subject_id: subject.entries})
    at = common.now()
    content = {
        **draft.content,
        "record": draft.record,
        "provenance": draft.provenance,
        "reading": draft.reading,
        "salt": draft.salt,
        "completion": {
            "asked": asked.content(),
            "by": caller.account_id,
            "at": at.isoformat(),
            "signed_version": draft.signed,
            "unsigned": draft.unsigned,
        },
    }
    base = draft.base
    made = {
        "subject_id": asked.subject_id,
        "version": subject.version,
        "record_id": asked.completion_id,
        "corrects_version": asked.base_version,
        "digest": claim.digest,
        "form_version": draft.form_version,
        "evidence": draft.evidence,
        "terminal_id": base.terminal_id,
        "collector_id": base.collector_id,
        "completed_by": caller.account_id,
        "collected_at": base.collected_at,
        "received_at": at,
        "review_state": ReviewState.SUBMITTED.value,
        "sealed": context.vault.encrypt_bytes(
            draft.key,
            common.dump(content),
            table="record_version",
            row=asked.subject_id,
            version=subject.version,
        ),
    }
    try:
        await records.add_versions(conn, [made])
    except IntegrityError:
        # The same id was used for somebody else at the same moment.
        raise refusal("completion-id-reused", status=409, kind="conflict") from None


async def _list_doubts(
    conn: AsyncConnection, draft: _Draft, asked: Asked, claim: Claim, verdict: Verdict
) -> None:
    """What was doubted of the version before is judged anew with this one (C17)."""
    by = f"completion:{asked.completion_id}"
    await refusals.settle(conn, by=by, at=common.now(), records=[draft.base.record_id])
    if not verdict.reasons:
        return
    await refusals.add(
        conn,
        [
            {
                "row_id": new_id(),
                "area": claim.village,
                "severity": Severity.WARN.value,
                "record_id": asked.completion_id,
                "subject_id": asked.subject_id,
                "number_index": claim.number_index,
                "reasons": [found.as_dict() for found in verdict.reasons],
            }
        ],
    )


async def _tell(
    context: Context,
    caller: Caller,
    conn: AsyncConnection,
    asked: Asked,
    draft: _Draft,
    subject: Subject,
    stands: _Stands,
) -> None:
    changed = await attesting.carry(context, conn, stands.claims, subject.version, common.now())
    made = common.subject_event(
        context, common.RECORD_SUBMITTED, asked.subject_id, subject.version, subject.entries
    )
    told = [attesting.event(context, place, subject.entries) for place in changed]
    await outbox.add(conn, [made, *told])
    was = draft.content["record"]["fields"]
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="record.complete",
        subject_ids=[asked.subject_id],
        detail={
            "completion": asked.completion_id,
            "version": subject.version,
            "fields": len(unsigned(was, draft.fields)),
        },
    )
