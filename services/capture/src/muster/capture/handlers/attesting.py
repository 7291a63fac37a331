"""Bringing together what records claim and what terminals' events said.

Whoever adds a claim or an event locks the reading or signature first, so that of two that come at
the same moment the later sees the earlier. Each change of a version's state is told to
verification, in order of versions.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.domain.attestation import Claim, Heard, Judgement, Kind, Proof, decisive, judge
from muster.capture.domain.standing import Entries
from muster.capture.handlers import common
from muster.capture.handlers.proofs import Claimed
from muster.capture.store import attestations, subjects
from muster.capture.store.attestations import ClaimRow
from muster.contracts.parts.capture import AttestationForReview
from muster.messaging import failpoints, outbox
from muster.runtime.context import Context
from muster.vocabulary.states import Attestation

BATCH = 500
GRACE_EVERY = 60.0
"""Seconds between looks for what has waited too long; the grace itself is the profile's."""

Version = tuple[str, int]


async def claim(
    context: Context,
    conn: AsyncConnection,
    terminal_id: str,
    made: Mapping[Version, Sequence[Claimed]],
    now: datetime,
) -> list[Version]:
    """Keep what new versions of locked subjects claim of their terminal, and judge it by what was
    heard so far; gives the versions of which there is something to tell, in order."""
    everything = [(place, one) for place, found in made.items() for one in found]
    await attestations.add_claims(
        conn,
        [
            {
                "subject_id": subject_id,
                "version": version,
                "kind": one.proof.kind.value,
                "proof_id": one.proof.proof_id,
                "terminal_id": terminal_id,
                "digest": one.digest,
                "trace": one.trace,
                "claimed_at": now,
                "state": Attestation.AWAITING.value,
            }
            for (subject_id, version), one in everything
        ],
    )
    readings = {one.proof: s for (s, _), one in everything if one.proof.kind is Kind.READING}
    await attestations.serve(conn, readings)
    named = {one.proof for _, one in everything}
    changed = await settle(context, conn, named, {s for (s, _), _ in everything}, now)
    return sorted({*changed, *(place for place, _ in everything)})


async def carry(
    context: Context, conn: AsyncConnection, claims: Sequence[ClaimRow], version: int, now: datetime
) -> list[Version]:
    """Let a later version of a locked subject keep what an earlier one claims on locked proofs, and
    since when; gives the versions of which there is something to tell, in order."""
    await attestations.add_claims(
        conn,
        [
            {
                "subject_id": row.subject_id,
                "version": version,
                "kind": row.proof.kind.value,
                "proof_id": row.proof.proof_id,
                "terminal_id": row.terminal_id,
                "digest": row.digest,
                "trace": row.trace,
                "claimed_at": row.claimed_at,
                "state": Attestation.AWAITING.value,
            }
            for row in claims
        ],
    )
    subject_ids = {row.subject_id for row in claims}
    changed = await settle(context, conn, {row.proof for row in claims}, subject_ids, now)
    return sorted({*changed, *((subject_id, version) for subject_id in subject_ids)})


async def settle(
    context: Context,
    conn: AsyncConnection,
    proofs: Collection[Proof],
    subject_ids: Collection[str],
    now: datetime,
) -> list[Version]:
    """Judge the claims of these locked subjects on these locked proofs anew; gives the versions
    whose state is another now, in order."""
    claims = await attestations.claims_on(conn, proofs)
    heard = await attestations.heard(conn, proofs)
    due = now - context.profile.attestation_grace
    judged: list[tuple[ClaimRow, Judgement]] = []
    for row in claims:
        if row.subject_id not in subject_ids:
            continue
        claim = _claim(row, claims)
        judgement = judge(claim, heard.get(row.proof, ()), overdue=row.claimed_at <= due)
        if judgement != row.judgement:
            judged.append((row, judgement))
    await attestations.save_judgements(conn, judged)
    return sorted({(row.subject_id, row.version) for row, _ in judged})


def _claim(row: ClaimRow, claims: Collection[ClaimRow]) -> Claim:
    """What a version claims, among all claims on the same proof: a later version keeps an earlier
    one's reading, so the terminal of either may have made it."""
    terminals = frozenset(
        other.terminal_id
        for other in claims
        if (other.proof, other.subject_id) == (row.proof, row.subject_id)
        and other.version <= row.version
    )
    return Claim(row.proof, terminals, row.digest, row.trace)


async def settle_and_tell(
    context: Context, conn: AsyncConnection, proofs: Collection[Proof], now: datetime
) -> None:
    """Lock these proofs and whoever claims them, judge, and tell of what has changed."""
    await attestations.lock_proofs(conn, proofs)
    claimants = {row.subject_id for row in await attestations.claims_on(conn, proofs)}
    locked = await subjects.lock(conn, claimants)
    changed = await settle(context, conn, proofs, locked, now)
    entries = await subjects.entries(conn, {subject_id for subject_id, _ in changed})
    await outbox.add(conn, [event(context, place, entries[place[0]]) for place in changed])


def event(context: Context, place: Version, entries: Entries) -> outbox.OutboxItem:
    """The state of a version is another now."""
    return common.subject_event(context, common.RECORD_ATTESTED, *place, entries)


async def flag_overdue(context: Context) -> None:
    """The job: what has waited longer than the profile's grace is flagged for the reviewer.

    Each batch is a transaction of its own; what was judged waits no more, so the next batch finds
    others.
    """
    while True:
        now = common.now()
        async with context.database.transaction() as conn:
            since = now - context.profile.attestation_grace
            waiting = await attestations.overdue(conn, since, BATCH)
            if waiting:
                await settle_and_tell(context, conn, {row.proof for row in waiting}, now)
            await failpoints.reach("attest.before-commit")
        if len(waiting) < BATCH:
            return


async def parts(
    conn: AsyncConnection, versions: Collection[Version]
) -> dict[Version, AttestationForReview]:
    """How these versions stand with their claims, and by which events, as verification hears it."""
    made = await attestations.claims_of(conn, versions)
    proofs = {row.proof for claims in made.values() for row in claims}
    everybodys = await attestations.claims_on(conn, proofs)
    heard = await attestations.heard(conn, proofs)
    events = {
        place: {
            row.proof.kind: decisive(_claim(row, everybodys), heard.get(row.proof, ()))
            for row in claims
        }
        for place, claims in made.items()
    }
    return {place: _part(claims, events[place]) for place, claims in made.items()}


def _part(
    claims: Collection[ClaimRow], events: Mapping[Kind, Heard | None]
) -> AttestationForReview:
    states = {row.proof.kind: row.judgement.state for row in claims}
    reasons = {row.judgement.reason for row in claims} - {None}
    named = {row.proof.kind: row.proof.proof_id for row in claims if _names_it(row)}
    reading, signature = events.get(Kind.READING), events.get(Kind.SIGNATURE)
    return AttestationForReview(
        reading=states.get(Kind.READING, Attestation.NONE),
        signature=states.get(Kind.SIGNATURE, Attestation.NONE),
        reasons=tuple(sorted(map(str, reasons))),
        reading_id=named.get(Kind.READING),
        reading_event=reading and reading.event_id,
        signature_id=named.get(Kind.SIGNATURE),
        signature_event=signature and signature.event_id,
    )


def _names_it(row: ClaimRow) -> bool:
    """Whether the record itself names the reading or signature; else its own id stands there."""
    return bool(row.digest) if row.proof.kind is Kind.READING else row.trace is not None
