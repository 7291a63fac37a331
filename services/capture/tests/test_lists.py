"""Lists that a desk works off: people, refusals, and what reviewers sent back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from muster.capture.handlers import reviews
from muster.contracts.envelope import Clear
from muster.contracts.parts.verification import ReturnedForDesk, ReturnReason, VerifiedForDesk
from muster.messaging.message import DONE, Invalid, Message
from muster.vocabulary.ids import new_id
from muster.vocabulary.return_reasons import OTHER, RETURN_REASONS
from muster.vocabulary.states import Role

from .conftest import AREA, FAR, NEAR
from .people import ask, enter, get

Bench = Any


async def test_lists_come_in_pages(bench: Bench) -> None:
    people = [bench.person(bench.villages[n % 2]) for n in range(5)]
    for person in people:
        await enter(bench, person)
    seen: list[str] = []
    after = None
    while True:
        query = {"limit": 2} | ({"after": after} if after else {})
        page = (await get(bench, "/subjects", Role.COLLECTOR, NEAR, **query)).json()
        seen += [row["subject_id"] for row in page["people"]]
        after = page["next"]
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 5
    broken = await get(bench, "/subjects", Role.COLLECTOR, NEAR, after="x'; DROP")
    assert broken.status_code == 422


async def test_a_list_is_of_exactly_those_whom_a_figure_counts(bench: Bench) -> None:
    """R2: by how people came, and by how the review of the newest record stands; in pages."""
    roster = [bench.person() for _ in range(3)]
    moved = bench.person(bench.villages[1])
    for person in roster:
        await enter(bench, person)
    await enter(bench, moved, "moved_in")
    terminal = await bench.terminal()
    verified, back, submitted = [await bench.collected(terminal) for _ in range(3)]
    digest = await digest_of(bench, verified)
    assert await take(bench, reviews.take_verified, review(verified, 1, digest)) == [DONE]
    returned = review(back, 1, await digest_of(bench, back), reasons=())
    assert await take(bench, reviews.take_returned, returned) == [DONE]

    async def listed(**query: Any) -> set[str]:
        found: list[str] = []
        after: dict[str, str] = {}
        while True:
            asked = {**query, **after, "limit": 2}
            page = (await get(bench, "/subjects", Role.TOWNSHIP_LEADER, NEAR, **asked)).json()
            found += [row["subject_id"] for row in page["people"]]
            if page["next"] is None:
                assert len(found) == len(set(found))
                return set(found)
            after = {"after": page["next"]}

    assert await listed(origin="roster") == {person.subject_id for person in roster}
    assert await listed(origin="moved_in") == {moved.subject_id}
    assert await listed(origin="roster", state="collected") == set()
    for stands, person in (("verified", verified), ("returned", back), ("submitted", submitted)):
        assert await listed(state="collected", review=stands) == {person.subject_id}
    assert await listed(state="open", review="submitted") == set()
    # A newer version waits for its own review: what was verified before is verified no longer.
    pieces = await bench.bring_evidence(terminal, verified)
    await bench.upload(terminal, [bench.record(verified, 1, pieces=pieces)])
    assert await listed(state="collected", review="verified") == set()
    for wrong in ({"origin": "elsewhere"}, {"review": "done"}):
        answer = await get(bench, "/subjects", Role.TOWNSHIP_LEADER, NEAR, **wrong)
        assert answer.status_code == 422


async def test_lists_show_only_what_the_grant_covers(bench: Bench) -> None:
    """R52: a list of an area is for who acts there; the balance is for who answers for it."""
    near, far = bench.person(), bench.person(bench.far_village)
    await enter(bench, near)
    await enter(bench, far)
    page = (await get(bench, "/subjects", Role.COLLECTOR, FAR)).json()["people"]
    assert [row["subject_id"] for row in page] == [far.subject_id]
    for route, role in (
        ("/subjects", Role.LEADER),
        ("/returned", Role.ADMINISTRATOR),
        ("/refusals", Role.AUDITOR),
        ("/ledger", Role.COLLECTOR),
    ):
        assert (await get(bench, route, role, AREA)).status_code == 403
        answer = await bench.client.get(
            route, params={"area": AREA}, headers=bench.headers(list(Role), FAR)
        )
        assert answer.status_code == 403
        assert (await get(bench, route, role, "999999")).status_code == 404


async def test_refusals_of_an_area_are_listed_without_content(
    bench: Bench, make_workbook: Callable[..., bytes], make_row: Callable[..., list[Any]]
) -> None:
    """R70: what was turned back stays on a list with its reasons until it is settled."""
    bad = bench.person()
    await bench.import_file(make_workbook([make_row(bad, 对象类别="烈属、不明")]))
    terminal = await bench.terminal()
    await bench.upload(terminal, [bench.record(bad, salt="x"), {}])
    found = (await get(bench, "/refusals", Role.COLLECTOR, NEAR)).json()["refusals"]
    assert sorted(row["reasons"][0]["rule"] for row in found) == [
        "record-shape",
        "record-shape",
        "unknown-category",
    ]
    assert bad.number not in str(found)


# -- reviews ---------------------------------------------------------------------------------------


def review(person: Any, version: int, digest: str, **part: Any) -> Message:
    about: dict[str, Any] = {
        "digest": digest,
        "reviewer_id": new_id(),
        "reviewed_at": datetime.now(UTC),
        **part,
    }
    model = ReturnedForDesk if "reasons" in part else VerifiedForDesk
    return Message(
        "verification-record-returned",
        person.subject_id,
        new_id(),
        Clear(version=version, subject_id=person.subject_id),
        model.model_validate(about),
        None,
    )


async def take(bench: Bench, how: Any, *messages: Message) -> list[Any]:
    async with bench.context.database.transaction() as conn:
        return list(await how(bench.context, conn, messages))


async def digest_of(bench: Bench, person: Any, version: int = 1) -> str:
    digest: str = await bench.scalar(
        "SELECT digest FROM record_version WHERE subject_id = CAST(:s AS uuid) AND version = :v",
        s=person.subject_id,
        v=version,
    )
    return digest


async def test_a_returned_record_comes_back_with_its_reasons(bench: Bench) -> None:
    """R70, R71: the desk sees what the reviewer sent back and why, in the list's words and the
    reviewer's own, until a new version is in."""
    terminal = await bench.terminal()
    person = await bench.collected(terminal)
    chosen = ReturnReason(code="paper-unreadable", field="evidence", text="")
    other = ReturnReason(code="of-a-newer-list", field=None, text="照片不清")
    message = review(person, 1, await digest_of(bench, person), reasons=(chosen, other))
    assert await take(bench, reviews.take_returned, message, message) == [DONE, DONE]
    [row] = (await get(bench, "/returned", Role.COLLECTOR, NEAR)).json()["returned"]
    assert (row["subject_id"], row["version"], row["name"]) == (person.subject_id, 1, person.name)
    zh, en = RETURN_REASONS["paper-unreadable"]
    any_zh, any_en = RETURN_REASONS[OTHER]
    assert row["reasons"] == [
        {**chosen.model_dump(), "zh": zh, "en": en},
        {**other.model_dump(), "zh": any_zh, "en": any_en},
    ]
    looked_up = (await ask(bench, {"resident_number": person.number})).json()
    assert looked_up["review"] == {"state": "returned", "reasons": row["reasons"]}
    assert "照片不清" not in str(await bench.rows("SELECT * FROM record_version"))
    pieces = await bench.bring_evidence(terminal, person)
    await bench.upload(terminal, [bench.record(person, 1, pieces=pieces)])
    assert (await get(bench, "/returned", Role.COLLECTOR, NEAR)).json()["returned"] == []
    # The outcome of the old version, come late and once more, says nothing about the new one.
    assert await take(bench, reviews.take_returned, message) == [DONE]
    found = (await ask(bench, {"resident_number": person.number})).json()
    assert (found["version"], found["review"]["state"]) == (2, "submitted")


async def test_of_an_erased_person_a_returned_record_tells_nothing(bench: Bench) -> None:
    """R70: the record stays on the list, without name and reasons, beside those of others."""
    terminal = await bench.terminal()
    people = [await bench.collected(terminal) for _ in range(2)]
    for person in people:
        reasons = (ReturnReason(code="paper-unreadable", field="name", text="照片不清"),)
        message = review(person, 1, await digest_of(bench, person), reasons=reasons)
        assert await take(bench, reviews.take_returned, message) == [DONE]
    erased, other = people
    async with bench.context.database.transaction() as conn:
        await bench.context.vault.destroy(conn, erased.subject_id)
    found = (await get(bench, "/returned", Role.COLLECTOR, NEAR)).json()["returned"]
    told = {row["subject_id"]: (row["name"], len(row["reasons"])) for row in found}
    assert told == {erased.subject_id: (None, 0), other.subject_id: (other.name, 1)}


async def test_an_outcome_belongs_to_the_very_content(bench: Bench) -> None:
    """R71: what was verified is the content that the reviewer saw, and no other."""
    person = await bench.collected(await bench.terminal())
    digest = await digest_of(bench, person)
    wrong = review(person, 1, "sha256:" + "0" * 64)
    unknown = review(person, 9, digest)
    right = review(person, 1, digest)
    outcomes = await take(bench, reviews.take_verified, wrong, unknown, right)
    assert [type(outcome) for outcome in outcomes] == [Invalid, Invalid, type(DONE)]
    assert await bench.scalar("SELECT review_state FROM record_version") == "verified"
    late = review(person, 1, digest, reasons=(), reviewed_at=datetime.now(UTC) - timedelta(days=1))
    assert await take(bench, reviews.take_returned, late) == [DONE]
    assert await bench.scalar("SELECT review_state FROM record_version") == "verified"


async def test_an_erased_person_is_neither_published_nor_shown(bench: Bench) -> None:
    terminal = await bench.terminal()
    person = await bench.collected(terminal)
    digest = await digest_of(bench, person)
    async with bench.context.database.transaction() as conn:
        await bench.context.vault.destroy(conn, person.subject_id)
    assert await bench.events("capture-record-submitted") == []
    found = (await ask(bench, {"subject_id": person.subject_id})).json()
    assert (found["known"], found["record"]) == (True, None)
    assert await take(bench, reviews.take_verified, review(person, 1, digest)) == [DONE]
    receipt = (await bench.upload(terminal, [bench.record(person, 1)])).json()["receipts"][0]
    assert "subject-erased" in [found["rule"] for found in receipt["reasons"]]
    answer = await bench.post_evidence(terminal, [bench.piece(person.subject_id, "id_card")])
    assert [r["status"] for r in answer.json()["receipts"]] == ["refused"]
