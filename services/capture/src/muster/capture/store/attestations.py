"""What records claim of their terminals, and what terminals' events said.

Who writes here locks in this order, each step sorted: terminals, proofs, and only then numbers and
subjects.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.domain.attestation import Heard, Judgement, Kind, Proof
from muster.capture.domain.chain import Link, Suspicion
from muster.capture.store.tables import (
    card_reading,
    device_proof,
    record_claim,
    signature_event,
    subject,
    terminal_chain,
    terminal_event,
)
from muster.persistence.bulk import in_ids, insert_rows, sent
from muster.vocabulary.states import Attestation

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One claim as stored."""

    subject_id: str
    version: int
    proof: Proof
    terminal_id: str
    digest: str
    trace: str | None
    claimed_at: datetime
    judgement: Judgement


# -- terminals and their events --------------------------------------------------------------------


_LOCK_CHAINS = (
    select(terminal_chain.c.terminal_id)
    .where(in_ids(terminal_chain.c.terminal_id, "ids"))
    .order_by(terminal_chain.c.terminal_id)
    .with_for_update()
)


async def lock_chains(conn: AsyncConnection, terminal_ids: Iterable[str]) -> None:
    """One transaction at a time adds events of a terminal."""
    wanted = sent(terminal_ids)
    await insert_rows(
        conn,
        terminal_chain,
        [{"terminal_id": terminal_id} for terminal_id in wanted],
        conflict="ON CONFLICT DO NOTHING",
    )
    await conn.execute(_LOCK_CHAINS, {"ids": wanted})


async def add_events(conn: AsyncConnection, rows: Sequence[Values]) -> set[str]:
    """Enter events into their chains; gives the ids of those that are no repetition."""
    written = await insert_rows(
        conn,
        terminal_event,
        rows,
        conflict="ON CONFLICT DO NOTHING",
        returning=("event_id",),
    )
    return {str(row["event_id"]) for row in written}


async def add_readings(conn: AsyncConnection, rows: Sequence[Values]) -> None:
    """What readings of new events commit to."""
    await insert_rows(conn, card_reading, rows)


async def add_signatures(conn: AsyncConnection, rows: Sequence[Values]) -> None:
    """What signatures of new events are about."""
    await insert_rows(conn, signature_event, rows)


_NEIGHBOURS = text(
    """
    SELECT DISTINCT e.event_id::text, e.terminal_id::text, e.sequence, e.digest, e.previous,
        e.suspicion
    FROM unnest(CAST(:terminals AS uuid[]), CAST(:sequences AS bigint[])) AS near(terminal, place)
    JOIN terminal_event e ON e.terminal_id = near.terminal
        AND e.sequence BETWEEN near.place - 2 AND near.place + 2
    """
)


async def neighbours(
    conn: AsyncConnection, places: Collection[tuple[str, int]]
) -> dict[str, list[tuple[Link, str | None]]]:
    """Events at most two places away from these (terminal, sequence), by terminal, and what is
    thought of them now."""
    rows = await conn.execute(
        _NEIGHBOURS,
        {"terminals": [t for t, _ in places], "sequences": [place for _, place in places]},
    )
    found: dict[str, list[tuple[Link, str | None]]] = defaultdict(list)
    for row in rows:
        link = Link(row.event_id, row.sequence, row.digest, row.previous)
        found[row.terminal_id].append((link, row.suspicion))
    return found


async def save_suspicions(conn: AsyncConnection, changed: Mapping[str, Suspicion | None]) -> None:
    """Keep what is now thought of events, by event id."""
    if changed:
        await conn.execute(
            text(
                "UPDATE terminal_event SET suspicion = given.suspicion FROM unnest("
                "CAST(:ids AS uuid[]), CAST(:suspicions AS text[])) AS given(event_id, suspicion) "
                "WHERE terminal_event.event_id = given.event_id"
            ),
            {"ids": list(changed), "suspicions": [s and s.value for s in changed.values()]},
        )


_PROOFS_OF = text(
    """
    SELECT 'reading' AS kind, reading_id::text AS proof_id FROM card_reading
    WHERE event_id = ANY(CAST(:ids AS uuid[]))
    UNION
    SELECT 'signature', signature_id::text FROM signature_event
    WHERE event_id = ANY(CAST(:ids AS uuid[]))
    """
)


async def proofs_of(conn: AsyncConnection, event_ids: Iterable[str]) -> set[Proof]:
    """Of which readings and signatures these events told."""
    rows = await conn.execute(_PROOFS_OF, {"ids": sorted(set(event_ids))})
    return {Proof(Kind(row.kind), row.proof_id) for row in rows}


_HEARD = text(
    """
    SELECT 'reading' AS kind, c.reading_id::text AS proof_id, e.event_id::text, e.terminal_id::text,
        c.root AS digest, NULL AS trace, e.suspicion, e.heard_at
    FROM card_reading c JOIN terminal_event e USING (event_id)
    WHERE c.reading_id = ANY(CAST(:readings AS uuid[]))
    UNION ALL
    SELECT 'signature', s.signature_id::text, e.event_id::text, e.terminal_id::text,
        s.record_digest, s.trace, e.suspicion, e.heard_at
    FROM signature_event s JOIN terminal_event e USING (event_id)
    WHERE s.signature_id = ANY(CAST(:signatures AS uuid[]))
    ORDER BY heard_at, event_id
    """
)


async def heard(conn: AsyncConnection, proofs: Iterable[Proof]) -> dict[Proof, list[Heard]]:
    """What events said of these readings and signatures, each in the order they were heard."""
    ids: dict[Kind, list[str]] = {kind: [] for kind in Kind}
    for proof in proofs:
        ids[proof.kind].append(proof.proof_id)
    rows = await conn.execute(
        _HEARD, {"readings": ids[Kind.READING], "signatures": ids[Kind.SIGNATURE]}
    )
    found: dict[Proof, list[Heard]] = defaultdict(list)
    for row in rows:
        said = Heard(
            row.event_id, row.terminal_id, row.digest, row.trace, row.suspicion is not None
        )
        found[Proof(Kind(row.kind), row.proof_id)].append(said)
    return found


# -- proofs ----------------------------------------------------------------------------------------


_LOCK_PROOFS = text(
    """
    SELECT p.kind, p.proof_id::text, p.subject_id::text FROM device_proof p
    JOIN unnest(CAST(:kinds AS text[]), CAST(:ids AS uuid[])) AS wanted(kind, proof_id)
        ON p.kind = wanted.kind AND p.proof_id = wanted.proof_id
    ORDER BY p.kind, p.proof_id FOR UPDATE OF p
    """
)


async def lock_proofs(conn: AsyncConnection, proofs: Iterable[Proof]) -> dict[Proof, str | None]:
    """Lock readings and signatures until the transaction ends, whether or not anything was heard
    or claimed of them before; gives whom each serves."""
    order = sorted(set(proofs), key=lambda proof: (proof.kind, proof.proof_id))
    await insert_rows(
        conn,
        device_proof,
        [{"kind": proof.kind.value, "proof_id": proof.proof_id} for proof in order],
        conflict="ON CONFLICT DO NOTHING",
    )
    rows = await conn.execute(
        _LOCK_PROOFS,
        {"kinds": [p.kind.value for p in order], "ids": [p.proof_id for p in order]},
    )
    return {Proof(Kind(row.kind), row.proof_id): row.subject_id for row in rows}


async def serve(conn: AsyncConnection, served: Mapping[Proof, str]) -> None:
    """Say whom locked readings serve."""
    if served:
        await conn.execute(
            text(
                "UPDATE device_proof SET subject_id = given.subject_id FROM unnest("
                "CAST(:kinds AS text[]), CAST(:ids AS uuid[]), CAST(:subjects AS uuid[])) "
                "AS given(kind, proof_id, subject_id) WHERE device_proof.kind = given.kind "
                "AND device_proof.proof_id = given.proof_id"
            ),
            {
                "kinds": [proof.kind.value for proof in served],
                "ids": [proof.proof_id for proof in served],
                "subjects": list(served.values()),
            },
        )


# -- claims ----------------------------------------------------------------------------------------


async def add_claims(conn: AsyncConnection, rows: Sequence[Values]) -> None:
    """What new versions of records claim."""
    await insert_rows(conn, record_claim, rows)


_CLAIMS_ON = (
    select(record_claim)
    .where(in_ids(record_claim.c.proof_id, "ids"))
    .order_by(record_claim.c.subject_id, record_claim.c.version, record_claim.c.kind)
)


async def claims_on(conn: AsyncConnection, proofs: Collection[Proof]) -> list[ClaimRow]:
    """All claims on these readings and signatures, in order of subject and version."""
    rows = await conn.execute(_CLAIMS_ON, {"ids": sent(proof.proof_id for proof in proofs)})
    return [claim for claim in map(_claim, rows) if claim.proof in proofs]


_CLAIMS_OF = select(record_claim).where(in_ids(record_claim.c.subject_id, "ids"))


async def claims_of(
    conn: AsyncConnection, versions: Collection[tuple[str, int]]
) -> dict[tuple[str, int], list[ClaimRow]]:
    """What these versions (subject, version) claim."""
    rows = await conn.execute(_CLAIMS_OF, {"ids": sent(subject_id for subject_id, _ in versions)})
    found: dict[tuple[str, int], list[ClaimRow]] = defaultdict(list)
    for claim in map(_claim, rows):
        found[(claim.subject_id, claim.version)].append(claim)
    return {place: found[place] for place in versions if place in found}


async def overdue(conn: AsyncConnection, since: datetime, limit: int) -> list[ClaimRow]:
    """Some claims of before that moment that still wait, the oldest first.

    A claim whose subject is not here any more stays as it is: nobody is left to be told.
    """
    rows = await conn.execute(
        select(record_claim)
        .where(
            record_claim.c.state == Attestation.AWAITING.value,
            record_claim.c.claimed_at <= since,
            record_claim.c.subject_id.in_(select(subject.c.subject_id)),
        )
        .order_by(record_claim.c.claimed_at)
        .limit(limit)
    )
    return [_claim(row) for row in rows]


async def save_judgements(
    conn: AsyncConnection, judged: Sequence[tuple[ClaimRow, Judgement]]
) -> None:
    """Keep how claims stand now."""
    if judged:
        await conn.execute(
            text(
                """
                UPDATE record_claim SET state = given.state, reason = given.reason
                FROM unnest(CAST(:subjects AS uuid[]), CAST(:versions AS int[]),
                    CAST(:kinds AS text[]), CAST(:states AS text[]), CAST(:reasons AS text[]))
                    AS given(subject_id, version, kind, state, reason)
                WHERE record_claim.subject_id = given.subject_id
                  AND record_claim.version = given.version AND record_claim.kind = given.kind
                """
            ),
            {
                "subjects": [claim.subject_id for claim, _ in judged],
                "versions": [claim.version for claim, _ in judged],
                "kinds": [claim.proof.kind.value for claim, _ in judged],
                "states": [judgement.state.value for _, judgement in judged],
                "reasons": [judgement.reason for _, judgement in judged],
            },
        )


def _claim(row: Row[Any]) -> ClaimRow:
    return ClaimRow(
        row.subject_id,
        row.version,
        Proof(Kind(row.kind), row.proof_id),
        row.terminal_id,
        row.digest,
        row.trace,
        row.claimed_at,
        Judgement(Attestation(row.state), row.reason),
    )
