"""What the terminals say of a record's readings and signature, before the reviewer."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.messaging.message import DONE, Invalid
from muster.persistence.database import Database
from muster.persistence.migrations import upgrade_async
from muster.runtime.context import Context
from muster.verification.domain import attesting
from muster.verification.main import service
from muster.verification.store import attestations
from muster.verification.store.attestations import AttestationRow
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Attestation, Role

from .conftest import COUNTY, Door, attested, collected, handler_of, record, rows, take

CIVIL = (Role.CIVIL_AFFAIRS_REVIEWER, COUNTY)
IDS = ("reading_id", "reading_event", "signature_id", "signature_event")
STATES = "SELECT version, reading, signature FROM attestation ORDER BY version"


async def shown(door: Door, subject_id: str) -> tuple[bool, Any]:
    """Whether the queue marks the record, and what the item says."""
    async with door.client(CIVIL) as client:
        [queued] = (await client.get("/queue")).json()["items"]
        item = (await client.get(f"/items/{subject_id}")).json()
    return queued["flagged"], item["attestation"]


@pytest.mark.parametrize("early", [True, False])
async def test_a_flagged_record_is_marked_in_the_queue(
    context: Context, door: Door, villages: list[str], early: bool
) -> None:
    """R58; design section 5, rule 1: what the terminals do not attest is for the reviewer to see.
    It may be heard before the record."""
    subject_id = new_id()
    told = attested(subject_id, 1, Attestation.ATTESTED, Attestation.FLAGGED, "signature-late")
    sent = record(subject_id, 1, collected(2, villages[0]))
    await take(context, *((told, sent) if early else (sent, told)))
    assert await shown(door, subject_id) == (
        True,
        {
            "reading": "attested",
            "signature": "flagged",
            "reasons": [
                {
                    "code": "signature-late",
                    "zh": "签字：规定时限内没有收到采集端的对应记录",
                    "en": "The signature has no event of its terminal within the grace",
                }
            ],
            **dict.fromkeys(IDS),
        },
    )


async def test_each_version_shows_its_own_word_and_the_events_behind_it(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R58: a case is followed back to the reading at the desk, also of a version that was replaced.
    Of two words about a version the later one's events are shown."""
    subject_id = new_id()
    first, second, heard = ({name: new_id() for name in IDS} for _ in range(3))
    waiting = {name: first[name] for name in ("reading_id", "signature_id")}
    early = (Attestation.AWAITING, Attestation.AWAITING)
    late = (Attestation.ATTESTED, Attestation.FLAGGED, "signature-trace")
    await take(
        context,
        record(subject_id, 1, collected(2, villages[0])),
        attested(subject_id, 1, *early, sequence=1, **waiting),
        attested(subject_id, 1, *late, sequence=2, **first),
        record(subject_id, 2, collected(2, villages[0])),
        record(subject_id, 3, collected(2, villages[0])),
        attested(subject_id, 3, Attestation.ATTESTED, sequence=3, **second),
        attested(subject_id, 3, Attestation.AWAITING, sequence=2, **heard),
    )
    async with door.client(CIVIL) as client:
        item = (await client.get(f"/items/{subject_id}")).json()
    states = {"reading": "attested", "signature": "attested", "reasons": []}
    assert item["attestation"] == {**states, **second}
    before, oldest = item["earlier"]
    assert (before["version"], before["attestation"]) == (2, None)
    assert (oldest["version"], oldest["attestation"]["signature"]) == (1, "flagged")
    assert [flag["code"] for flag in oldest["attestation"]["reasons"]] == ["signature-trace"]
    assert {name: oldest["attestation"][name] for name in IDS} == first


async def test_what_nobody_has_spoken_of_is_not_marked(
    context: Context, door: Door, villages: list[str]
) -> None:
    """A word about another version is none about this one."""
    subject_id = new_id()
    await take(
        context,
        record(subject_id, 1, collected(2, villages[0])),
        attested(subject_id, 2, Attestation.FLAGGED),
    )
    assert await shown(door, subject_id) == (False, None)


@pytest.mark.parametrize("clock", [1, 0, -1])
async def test_the_newest_word_about_a_version_counts_in_any_order(
    context: Context, clock: int
) -> None:
    """R58: also when capture's clock stands still or was put back."""
    words = [Attestation.AWAITING, Attestation.FLAGGED, Attestation.ATTESTED]
    for order in permutations(range(3)):
        subject_id = new_id()
        told = [
            attested(subject_id, 1, word, sequence=n + 1, minute=30 + clock * n)
            for n, word in enumerate(words)
        ]
        await take(context, *(told[n] for n in order), told[0])
    held = await rows(context, STATES)
    assert {(row.version, row.reading) for row in held} == {(1, "attested")}
    at_once = new_id()
    batch = [
        attested(at_once, 1, word, sequence=n + 1, minute=30 + clock * n)
        for n, word in enumerate(words)
    ]
    async with context.database.transaction() as conn:
        await handler_of(batch[0].topic)(context, conn, batch[::-1])
    held = await rows(context, STATES)
    assert {(row.version, row.reading) for row in held} == {(1, "attested")}


async def test_what_was_kept_by_the_clock_stays_until_the_next_word(
    new_database: Callable[[str | None], str], tmp_path: Path
) -> None:
    """A database of the version before: its rows have no place yet, and any word is later."""
    url = new_database(None)
    for name in ("0001_initial.py", "0002_departments.py"):
        shutil.copy(service.migrations / name, tmp_path)
    await upgrade_async(url, tmp_path)
    database, subject_id = Database(url), new_id()
    async with database.transaction() as conn:
        await conn.execute(
            text(
                "INSERT INTO attestation VALUES (:id, 1, 'awaiting', 'attested', '[]', "
                "now() + interval '1 year')"
            ),
            {"id": subject_id},
        )
    await upgrade_async(url, service.migrations)
    async with database.transaction() as conn:
        before = await _said(conn, subject_id)
        word = {"reading": "flagged", "signature": "attested", "reasons": [], "sequence": 1}
        word |= dict.fromkeys(IDS)
        await attestations.put(conn, [{"subject_id": subject_id, "version": 1, **word}])
        after = await _said(conn, subject_id)
    await database.close()
    nobody = (None,) * len(IDS)
    assert before == AttestationRow(Attestation.AWAITING, Attestation.ATTESTED, (), *nobody)
    assert after == AttestationRow(Attestation.FLAGGED, Attestation.ATTESTED, (), *nobody)


async def _said(conn: AsyncConnection, subject_id: str) -> AttestationRow | None:
    """As the store reads it for the reviewer."""
    stored = text(
        f"SELECT {attestations.COLUMNS} FROM attestation a WHERE a.subject_id = CAST(:id AS uuid)"
    ).columns(reasons=JSONB)
    return attestations.attestation_of((await conn.execute(stored, {"id": subject_id})).one())


async def test_a_word_under_anothers_key_is_refused_and_one_about_the_erased_is_not_kept(
    context: Context,
) -> None:
    erased = new_id()
    async with context.database.transaction() as conn:
        await context.vault.destroy(conn, erased)
    wrong = attested(new_id(), 1, Attestation.ATTESTED)
    object.__setattr__(wrong, "key", new_id())
    outcomes = await take(context, wrong, attested(erased, 1, Attestation.FLAGGED))
    assert isinstance(outcomes[0], Invalid)
    assert outcomes[1] == DONE
    assert not await rows(context, STATES)


def test_reasons_are_told_in_two_languages_and_unknown_ones_as_they_are() -> None:
    kinds = {
        "reading": ("late", "terminal", "root", "chain"),
        "signature": ("late", "terminal", "digest", "trace", "chain"),
    }
    for what, why in kinds.items():
        for one in why:
            zh, en = attesting.words(f"{what}-{one}")
            assert zh != en
            assert one not in zh
    assert attesting.words("reading-upside-down") == ("reading-upside-down",) * 2
