"""Records and evidence at the door: what goes in, what comes back, and when it is said."""

from __future__ import annotations

from typing import Any

import pytest

from muster.messaging import failpoints
from muster.vocabulary import resident_number
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

from .receipts import collected, only, rules

Bench = Any


async def test_a_new_person_is_collected_and_published(bench: Bench) -> None:
    """R1, R54, R56, R57, R58, R97: a new person's record, here typed by hand and signed over what
    was shown, goes in as version 1 and is told to the others as it happens."""
    terminal = await bench.terminal()
    person = await bench.collected(terminal)
    [(row, event)] = await bench.events("capture-record-submitted")
    review, count = event.parts["verification"], event.parts["reporting"]
    assert (row.key, row.version, row.county) == (person.subject_id, 1, "632321")
    assert event.clear.digest == review.signed_digest
    assert review.record.fields == person.fields()
    assert review.provenance == dict.fromkeys(person.fields(), "typed")
    assert [piece.kind for piece in review.evidence] == list(person.papers)
    [entry] = review.standing.entries
    assert (entry.village, entry.origin, entry.state) == (person.village, "new", "collected")
    assert count.standing == review.standing
    [(row, event)] = await bench.events("capture-upload-received")
    assert (row.key, row.version) == (terminal.terminal_id, 1)
    assert (event.parts["reporting"].accepted, event.parts["reporting"].refused) == (1, 0)


async def test_good_records_of_a_packet_go_in_and_bad_ones_come_back(bench: Bench) -> None:
    """R69, R70: what the rules refuse does not get in, is named with field, rule and reason, and
    stays on a list; the others of the same packet get in."""
    terminal = await bench.terminal()
    good, bad = bench.person(), bench.person(extra={"ethnicity": "99"})
    records = [
        bench.record(person, pieces=await bench.bring_evidence(terminal, person))
        for person in (bad, good)
    ]
    answer = (await bench.upload(terminal, records)).json()
    assert (answer["accepted"], answer["refused"]) == (1, 1)
    refused, accepted = answer["receipts"]
    assert (accepted["status"], accepted["version"]) == ("accepted", 1)
    assert (refused["status"], refused["version"]) == ("refused", None)
    [told] = refused["reasons"]
    assert (told["field"], told["rule"]) == ("ethnicity", "not-an-option")
    assert told["zh"]
    assert told["en"]
    assert await collected(bench) == 1
    # The refused person left no trace but the sealed row on the list.
    assert await bench.scalar("SELECT count(*) FROM subject") == 1
    assert await bench.scalar("SELECT count(*) FROM subject_number") == 1
    [row] = await bench.rows("SELECT * FROM refused_row")
    assert str(row["record_id"]) == records[0]["record_id"]
    assert bad.number not in str(dict(row))

    mended = bench.record(
        bench.person(bad.village, subject_id=bad.subject_id),
        pieces=await bench.bring_evidence(terminal, bad),
    )
    assert only(await bench.upload(terminal, [mended]))["status"] == "accepted"
    assert await bench.scalar("SELECT count(*) FROM refused_row WHERE settled_at IS NULL") == 0


@pytest.mark.parametrize("malformed", [None, "text", 7, []])
async def test_what_is_no_record_at_all_is_refused_by_itself(bench: Bench, malformed: Any) -> None:
    """R69: the others of its packet go in, and what came is kept."""
    terminal = await bench.terminal()
    person = bench.person()
    pieces = await bench.bring_evidence(terminal, person)
    answer = await bench.upload(terminal, [malformed, bench.record(person, pieces=pieces)])
    assert [r["status"] for r in answer.json()["receipts"]] == ["refused", "accepted"]
    assert await bench.scalar("SELECT count(*) FROM refused_row") == 1


async def test_a_doubtful_record_goes_in_and_stays_on_the_list(bench: Bench) -> None:
    """R70: what is only flagged is no reason to turn anybody away, and must still be looked at."""
    terminal = await bench.terminal()
    person = bench.person()
    person.number = resident_number.shorten(person.number)
    pieces = await bench.bring_evidence(terminal, person)
    receipt = only(await bench.upload(terminal, [bench.record(person, pieces=pieces)]))
    assert (receipt["status"], rules(receipt)) == ("accepted", ["number-old-form"])
    [row] = await bench.rows("SELECT * FROM refused_row WHERE settled_at IS NULL")
    assert (row["severity"], row["sealed"]) == ("warn", None)


async def test_a_record_whose_evidence_is_absent_is_refused(bench: Bench) -> None:
    """R66: no record without its papers: first the evidence, then the event."""
    terminal = await bench.terminal()
    person = bench.person()
    pieces = await bench.bring_evidence(terminal, person)
    invented = ("sha256:" + "0" * 64, "id_card")
    receipt = only(await bench.upload(terminal, [bench.record(person, pieces=[invented, *pieces])]))
    assert rules(receipt) == ["evidence-absent"]
    receipt = only(await bench.upload(terminal, [bench.record(person, pieces=pieces[1:])]))
    assert rules(receipt) == ["identity_papers"]
    assert await collected(bench) == 0


async def test_evidence_of_another_person_is_absent(bench: Bench) -> None:
    terminal = await bench.terminal()
    pieces = await bench.bring_evidence(terminal, bench.person())
    receipt = only(await bench.upload(terminal, [bench.record(bench.person(), pieces=pieces)]))
    assert rules(receipt) == ["evidence-absent"]


async def test_content_that_was_not_signed_is_refused(bench: Bench) -> None:
    """R58: one character changed after the signature, and the record is not taken."""
    terminal = await bench.terminal()
    person = bench.person()
    record = bench.record(person, pieces=await bench.bring_evidence(terminal, person))
    record["fields"] = {**record["fields"], "household_address": "别处"}
    assert rules(only(await bench.upload(terminal, [record]))) == ["digest-differs"]


def nested(levels: int) -> Any:
    """Lists in lists."""
    found: Any = 1
    for _ in range(levels):
        found = [found]
    return found


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"provenance": {}}, "provenance-fields"),
        ({"collected_at": "2100-01-01T00:00:00Z"}, "collected-in-future"),
        ({"collected_at": "2018-12-01T00:00:00"}, "record-shape"),
        ({"collected_at": "0001-01-01T00:00:00+23:59"}, "record-shape"),
        ({"collected_at": "1800-01-01T00:00:00Z"}, "record-shape"),
        ({"collected_at": 0}, "record-shape"),
        ({"surprise": nested(200)}, "record-shape"),
        ({"salt": nested(17)}, "record-shape"),
        ({"form_version": "tongren/0"}, "form-version"),
        ({"base_version": 3}, "version-changed"),
        ({"origin": None}, "subject-unknown"),
        ({"salt": "short"}, "record-shape"),
        ({"fields": {"name": 1.5}}, "record-shape"),
        ({"fields": {"name": "\u0000"}}, "format-text"),
        ({"categories": ["active_duty_family", "nobody"]}, "unknown-category"),
        ({"surprise": 1}, "record-shape"),
        ({"subject_id": "nobody"}, "record-shape"),
    ],
)
async def test_each_flaw_of_a_record_has_its_reason(
    bench: Bench, changes: dict[str, Any], rule: str
) -> None:
    """R69: the flawed record is refused by name; the good one of the same packet goes in."""
    terminal = await bench.terminal()
    person, other = bench.person(), bench.person()
    pieces = await bench.bring_evidence(terminal, person)
    if "fields" in changes:
        changes = {"fields": {**person.fields(), **changes["fields"]}}
    record = bench.record(person, pieces=pieces, **changes)
    good = bench.record(other, pieces=await bench.bring_evidence(terminal, other))
    answer = await bench.upload(terminal, [record, good])
    assert answer.status_code == 200
    receipt, fine = answer.json()["receipts"]
    assert (receipt["status"], fine["status"]) == ("refused", "accepted")
    assert rule in rules(receipt)
    assert await collected(bench) == 1
    assert await bench.scalar("SELECT count(*) FROM subject") == 1


async def test_a_number_of_another_person_is_refused_and_names_nobody(bench: Bench) -> None:
    terminal = await bench.terminal()
    known = await bench.collected(terminal)
    twin = bench.person()
    twin.number = known.number
    receipt = only(
        await bench.upload(
            terminal,
            [bench.record(twin, pieces=await bench.bring_evidence(terminal, twin))],
        )
    )
    assert rules(receipt) == ["subject-known"]
    assert receipt["existing_subject_id"] == known.subject_id
    assert known.number not in str(receipt)


async def test_the_same_packet_and_the_same_record_get_the_same_receipt(bench: Bench) -> None:
    """R68: a client that lost the answer sends again and hears the same; nothing is doubled."""
    terminal = await bench.terminal()
    person = bench.person()
    record = bench.record(person, pieces=await bench.bring_evidence(terminal, person))
    packet = new_id()
    first = (await bench.upload(terminal, [record], packet_id=packet)).json()
    assert (await bench.upload(terminal, [record], packet_id=packet)).json() == first
    again = only(await bench.upload(terminal, [record]))
    assert (again["status"], again["version"]) == ("duplicate", 1)
    assert await collected(bench) == 1
    assert len(await bench.events("capture-record-submitted")) == 1

    other = bench.record(bench.person(), pieces=())
    reused = await bench.upload(terminal, [other], packet_id=packet)
    assert reused.status_code == 409
    changed = bench.record(person, pieces=(), record_id=record["record_id"])
    assert rules(only(await bench.upload(terminal, [changed]))) == ["record-id-reused"]


async def test_no_receipt_without_commit(bench: Bench) -> None:
    """R68: a receipt is a promise. When the commit does not happen there is none, nothing is
    there, and the same packet is taken later; when it did happen but the answer was lost, the
    same packet hears of it."""
    terminal = await bench.terminal()
    person = bench.person()
    record = bench.record(person, pieces=await bench.bring_evidence(terminal, person))
    packet = new_id()
    failpoints.configure("upload.before-commit=raise@1,upload.after-commit=raise@1")
    lost = await bench.upload(terminal, [record], packet_id=packet)
    assert lost.status_code == 500
    assert "receipts" not in lost.text
    assert await collected(bench) == 0
    unheard = await bench.upload(terminal, [record], packet_id=packet)
    assert unheard.status_code == 500
    assert await collected(bench) == 1
    heard = only(await bench.upload(terminal, [record], packet_id=packet))
    assert (heard["status"], heard["version"]) == ("accepted", 1)
    assert await collected(bench) == 1


async def test_a_correction_is_a_new_version_and_an_old_base_is_refused(bench: Bench) -> None:
    """R53: a known person's record is corrected, as a new version over the one that was seen."""
    terminal = await bench.terminal()
    person = await bench.collected(terminal)
    pieces = await bench.bring_evidence(terminal, person)
    person.extra["household_address"] = "新址"
    receipt = only(await bench.upload(terminal, [bench.record(person, 1, pieces=pieces)]))
    assert (receipt["status"], receipt["version"]) == ("accepted", 2)
    receipt = only(await bench.upload(terminal, [bench.record(person, 1, pieces=pieces)]))
    assert rules(receipt) == ["version-changed"]
    events = await bench.events("capture-record-submitted")
    assert [event.parts["verification"].corrects_version for _, event in events] == [None, 1]


async def test_a_corrected_number_finds_the_person_and_frees_the_old_one(bench: Bench) -> None:
    terminal = await bench.terminal()
    person = await bench.collected(terminal)
    wrong, person.number = person.number, bench.person().number
    pieces = await bench.bring_evidence(terminal, person)
    assert (
        only(await bench.upload(terminal, [bench.record(person, 1, pieces=pieces)]))["status"]
        == "accepted"
    )
    asking = bench.headers(Role.COLLECTOR, terminal.area)
    for number, known in ((person.number, True), (wrong, False)):
        answer = await bench.client.post(
            "/subjects/lookup", json={"resident_number": number}, headers=asking
        )
        assert answer.json()["known"] is known
    real = bench.person()
    real.number = wrong
    await bench.collected(terminal, real)


@pytest.mark.parametrize("where", ["grant", "terminal"])
async def test_a_village_outside_grant_or_terminal_is_refused(bench: Bench, where: str) -> None:
    """R50, R102: a record belongs to the area of household registration, and only who is
    authorised there, at a computer authorised there, may upload it."""
    terminal = await bench.terminal("632321" if where == "grant" else "632321100")
    person = bench.person(bench.far_village)
    pieces = await bench.bring_evidence(terminal, person)
    area = "632321100" if where == "grant" else "632321"
    answer = await bench.upload(
        terminal,
        [bench.record(person, pieces=pieces)],
        headers=bench.headers(Role.COLLECTOR, area, terminal),
    )
    rule = "area-not-granted" if where == "grant" else "terminal-area"
    assert rules(only(answer)) == [rule]


async def test_nothing_personal_stands_in_the_clear(bench: Bench) -> None:
    """R100: no column of any table shows what was collected."""
    terminal = await bench.terminal()
    person = await bench.collected(terminal)
    bad = bench.person(extra={"ethnicity": "99"})
    await bench.upload(terminal, [bench.record(bad)])
    tables = await bench.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for table in tables:
        stored = str(await bench.rows(f"SELECT * FROM {table['tablename']}"))
        for value in (person.number, bad.number, person.name, "某街某号", "active_duty_family"):
            assert value not in stored, table["tablename"]
