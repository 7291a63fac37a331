"""Photos of person and paper: what is kept, and who may look at it."""

from __future__ import annotations

import base64
import os
from typing import Any

import pytest

from muster.messaging import failpoints
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

Bench = Any
NEAR, FAR = "632321100", "632321201"


async def look(
    bench: Bench, subject_id: str, digest: str, role: Role = Role.COLLECTOR, area: str = NEAR
) -> Any:
    return await bench.client.get(
        f"/subjects/{subject_id}/evidence/{digest}", headers=bench.headers(role, area)
    )


async def test_evidence_is_kept_once_and_sealed(bench: Bench) -> None:
    """R66: a photo of a paper is kept once per person, by its digest, and not as it was taken."""
    terminal = await bench.terminal()
    person = bench.person()
    piece = bench.piece(person.subject_id, "id_card")
    answers = [await bench.post_evidence(terminal, [piece, piece]) for _ in range(2)]
    statuses = [[r["status"] for r in a.json()["receipts"]] for a in answers]
    assert statuses == [["stored", "known"], ["known", "known"]]
    [row] = await bench.rows("SELECT sealed FROM evidence")
    assert piece["content"][:60] not in row["sealed"]
    assert piece["content"][:60] not in base64.b64encode(row["sealed"].encode()).decode()


async def test_a_piece_has_no_receipt_without_commit(bench: Bench) -> None:
    """R66, R68: when the commit does not happen there is no receipt and no piece; when it did and
    the answer was lost, the same packet hears that the piece is known."""
    terminal = await bench.terminal()
    piece = bench.piece(bench.person().subject_id, "id_card")
    failpoints.configure("evidence.before-commit=raise@1,evidence.after-commit=raise@1")
    for kept in (0, 1):
        answer = await bench.post_evidence(terminal, [piece])
        assert answer.status_code == 500
        assert "receipts" not in answer.text
        assert await bench.scalar("SELECT count(*) FROM evidence") == kept
        assert await bench.scalar("SELECT count(*) FROM audit") == kept
    [receipt] = (await bench.post_evidence(terminal, [piece])).json()["receipts"]
    assert receipt["status"] == "known"
    assert await bench.scalar("SELECT count(*) FROM evidence") == 1


@pytest.mark.parametrize(
    ("role", "area"),
    [
        (Role.COLLECTOR, NEAR),
        (Role.CIVIL_AFFAIRS_REVIEWER, "632321"),
        (Role.HUMAN_RESOURCES_REVIEWER, "632321"),
    ],
)
async def test_who_works_with_a_record_sees_its_papers(bench: Bench, role: Role, area: str) -> None:
    """R59, R66: the paper as it was taken, beside the record or on a printer; each look is
    recorded (R100)."""
    terminal = await bench.terminal()
    person = bench.person()
    piece = bench.piece(person.subject_id, person.papers[0])
    others = [bench.piece(person.subject_id, kind) for kind in person.papers[1:]]
    await bench.post_evidence(terminal, [piece, *others])
    pieces = [(one["digest"], one["kind"]) for one in (piece, *others)]
    answer = await bench.upload(terminal, [bench.record(person, pieces=pieces)])
    assert [r["status"] for r in answer.json()["receipts"]] == ["accepted"]
    before = await bench.scalar("SELECT count(*) FROM audit")
    shown = await look(bench, person.subject_id, piece["digest"], role, area)
    assert shown.content == base64.b64decode(piece["content"])
    assert shown.headers["content-type"] == "image/jpeg"
    assert shown.headers["cache-control"] == "no-store"
    assert "sandbox" in shown.headers["content-security-policy"]
    assert shown.headers["x-content-type-options"] == "nosniff"
    [row] = await bench.rows(
        "SELECT action, subject_ids::text[] AS whom, detail FROM audit WHERE seq > :seq", seq=before
    )
    assert (row["action"], row["whom"]) == ("evidence.read", [person.subject_id])
    assert row["detail"] == {"digest": piece["digest"]}


async def test_nobody_else_sees_a_paper(bench: Bench) -> None:
    """R59, R100: not another township, leaders or administrators; nor are they told that there is
    such a paper."""
    terminal = await bench.terminal()
    person = bench.person()
    [(digest, _), *_] = pieces = await bench.bring_evidence(terminal, person)
    # Of somebody who is not in the ledger nobody's area is known.
    assert (await look(bench, person.subject_id, digest)).status_code == 404
    await bench.upload(terminal, [bench.record(person, pieces=pieces)])
    assert (await look(bench, person.subject_id, digest)).status_code == 200
    before = await bench.scalar("SELECT count(*) FROM audit")
    refused = [
        await look(bench, person.subject_id, digest, area=FAR),
        await look(bench, person.subject_id, digest, Role.LEADER, "632321"),
        await look(bench, person.subject_id, digest, Role.ADMINISTRATOR, "632321"),
        await look(bench, person.subject_id, "sha256:" + "0" * 64),
        await look(bench, (await bench.collected(terminal)).subject_id, digest),
    ]
    assert [answer.status_code for answer in refused] == [404] * 5
    first, *others = [answer.json()["reasons"] for answer in refused]
    assert all(reasons == first for reasons in others)
    assert (await look(bench, person.subject_id, "md5:1")).status_code == 422
    anonymous = await bench.client.get(f"/subjects/{person.subject_id}/evidence/{digest}")
    assert anonymous.status_code == 401
    told = await bench.scalar(
        "SELECT count(*) FROM audit WHERE seq > :seq AND action = 'evidence.read'", seq=before
    )
    assert told == 0


async def test_a_paper_of_an_erased_person_is_gone(bench: Bench) -> None:
    terminal = await bench.terminal()
    person = bench.person()
    [(digest, _), *_] = pieces = await bench.bring_evidence(terminal, person)
    await bench.upload(terminal, [bench.record(person, pieces=pieces)])
    async with bench.context.database.transaction() as conn:
        await bench.context.vault.destroy(conn, person.subject_id)
    gone = await look(bench, person.subject_id, digest)
    assert gone.status_code == 404
    assert [reason["rule"] for reason in gone.json()["reasons"]] == ["subject-erased"]


def rules(receipt: dict[str, Any]) -> list[str]:
    return [found["rule"] for found in receipt["reasons"]]


async def test_each_flaw_of_a_piece_has_its_reason_and_good_ones_are_kept(bench: Bench) -> None:
    terminal = await bench.terminal()
    subject = new_id()
    good = bench.piece(subject, "id_card")
    other = bench.piece(subject, "portrait", b"\x89PNG\r\n\x1a\n but said to be a JPEG")
    changed = {**bench.piece(subject, "id_card"), "content": good["content"]}
    large = bench.piece(subject, "id_card", b"\xff\xd8\xff" + os.urandom(4 * 1024 * 1024))
    pieces = [
        other,
        changed,
        {**good, "kind": "passport"},
        {**good, "content": "not base64 ..."},
        {"digest": 7},
        None,
        large,
        good,
    ]
    answer = await bench.post_evidence(terminal, pieces)
    receipts = answer.json()["receipts"]
    assert [rules(receipt) for receipt in receipts] == [
        ["piece-type"],
        ["piece-digest"],
        ["evidence-kind"],
        ["piece-shape"],
        ["piece-shape"],
        ["piece-shape"],
        ["piece-too-large"],
        [],
    ]
    assert receipts[-1]["status"] == "stored"
    assert await bench.scalar("SELECT count(*) FROM evidence") == 1
