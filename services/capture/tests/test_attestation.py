"""What a record claims of its terminal, and what the terminal's own events say of it."""

from __future__ import annotations

import asyncio
import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from muster.capture.handlers import attesting
from muster.capture.main import service
from muster.contracts.parts.device import CardRead
from muster.messaging import failpoints
from muster.persistence.database import Database
from muster.persistence.migrations import upgrade_async
from muster.runtime.service import build_running
from muster.security import digests

from .devices import (
    ATTESTED,
    CARD_READ,
    ON_CARD,
    Device,
    accepted,
    claimed,
    event_id,
    grace_passes,
    hear,
    ids_of,
    new_device,
    of,
    states,
    visitor,
)

Bench = Any

# -- it comes together, in whatever order ----------------------------------------------------------


async def test_a_reading_and_a_signature_are_attested_by_the_terminals_events(
    bench: Bench,
) -> None:
    """R55, R56, R58: the desk reveals what the terminal committed to, here of a new person whose
    card was read; both must say the same."""
    device = await new_device(bench)
    person, pieces = await visitor(bench, device)
    record, card, signed = claimed(bench, device, person, pieces=pieces)
    await accepted(bench, device, record)
    assert await of(bench, person) == ("awaiting", "awaiting", ())
    named = (record["reading"]["reading_id"], record["signature"]["signature_id"])
    assert await ids_of(bench) == {1: (*named, None, None)}
    await hear(bench, card)
    assert await of(bench, person) == ("attested", "awaiting", ())
    await hear(bench, signed)
    assert await of(bench, person) == ATTESTED
    rows = await bench.events("capture-record-attested")
    assert [(row.key, row.version) for row, _ in rows] == [(person.subject_id, 1)] * 3
    assert rows[0][0].county == "632321"
    assert await ids_of(bench) == {1: (*named, event_id(card), event_id(signed))}
    await hear(bench, card, signed)
    assert len(await bench.events("capture-record-attested")) == 3


async def test_a_signature_that_no_device_took_is_flagged_too(bench: Bench) -> None:
    """R57, R58, R105; design, section 5, rule 1: typing is allowed and claims no reading, but a
    signed digest without the terminal's event is shown to the reviewer after the grace. A desk that
    names no event is no better off than one whose event never comes."""
    device = await new_device(bench)
    person, pieces = await visitor(bench, device)
    record = bench.record(person, pieces=pieces)
    await accepted(bench, device, record)
    assert await of(bench, person) == ("none", "awaiting", ())
    await grace_passes(bench)
    assert await of(bench, person) == ("none", "flagged", ("signature-late",))
    assert await ids_of(bench) == {1: (None,) * 4}


STEPS = ("upload", "card", "signature", "grace")
TWISTS: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[str, str, tuple[str, ...]]]] = {
    "as it should be": ({}, {}, ATTESTED),
    "other root": (
        {"root": "sha256:" + "0" * 64},
        {},
        ("flagged", "attested", ("reading-root",)),
    ),
    "other content signed": (
        {},
        {"record_digest": "sha256:" + "0" * 64},
        ("attested", "flagged", ("signature-digest",)),
    ),
    "other handwriting": (
        {},
        {"trace": "sha256:" + "0" * 64},
        ("attested", "flagged", ("signature-trace",)),
    ),
    "broken chain": (
        {},
        {"previous": "sha256:" + "0" * 64},
        ("flagged", "flagged", ("reading-chain", "signature-chain")),
    ),
    "forked chain": (
        {},
        {"sequence": 1},
        ("flagged", "flagged", ("reading-chain", "signature-chain")),
    ),
}


@pytest.mark.parametrize("twist", TWISTS)
async def test_every_order_ends_in_the_same_state(bench: Bench, twist: str) -> None:
    """Design, section 5, rule 1: upload, reading, signature and grace come in any order, each
    event twice, and what is said of the record in the end is the same."""
    on_card, on_signature, expected = TWISTS[twist]
    ends: dict[tuple[str, ...], tuple[str, str, tuple[str, ...]]] = {}
    people = {}
    for order in itertools.permutations(STEPS):
        device = await new_device(bench)
        person, pieces = await visitor(bench, device)
        record = bench.record(person, pieces=pieces)
        card, record["reading"] = device.read(person.fields(), **on_card)
        record["provenance"] |= dict.fromkeys(ON_CARD, "chip")
        signed, record["signature"] = device.sign(record, **on_signature)
        for step in order:
            if step == "upload":
                await accepted(bench, device, record)
            elif step == "grace":
                await grace_passes(bench)
            else:
                await hear(bench, *[card if step == "card" else signed] * 2)
        people[order] = person.subject_id
    told = await states(bench)
    ends = {order: told[(subject_id, 1)] for order, subject_id in people.items()}
    assert ends == dict.fromkeys(people, expected)


@pytest.mark.parametrize("missing", ["card", "signature"])
async def test_what_never_comes_is_flagged_and_a_late_event_still_attests(
    bench: Bench, missing: str
) -> None:
    """R55, R58: after the profile's grace the reviewer is warned; whoever was only late is
    cleared."""
    device = await new_device(bench)
    person, pieces = await visitor(bench, device)
    record, card, signed = claimed(bench, device, person, pieces=pieces)
    await accepted(bench, device, record)
    await hear(bench, signed if missing == "card" else card)
    await grace_passes(bench, days=6)
    assert "flagged" not in await of(bench, person)
    told = len(await bench.events("capture-record-attested"))
    await grace_passes(bench, days=2)
    if missing == "card":
        assert await of(bench, person) == ("flagged", "attested", ("reading-late",))
    else:
        assert await of(bench, person) == ("attested", "flagged", ("signature-late",))
    await attesting.flag_overdue(bench.context)
    assert len(await bench.events("capture-record-attested")) == told + 1
    await hear(bench, card, signed)
    assert await of(bench, person) == ATTESTED


async def test_the_grace_flags_more_than_one_batch(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attesting, "BATCH", 3)
    device = await new_device(bench)
    people, records = [], []
    for _ in range(4):
        person, pieces = await visitor(bench, device)
        people.append(person)
        records.append(claimed(bench, device, person, pieces=pieces)[0])
    await accepted(bench, device, *records)
    await grace_passes(bench)
    late = ("flagged", "flagged", ("reading-late", "signature-late"))
    assert await states(bench) == {(person.subject_id, 1): late for person in people}


async def test_an_event_of_another_terminal_attests_nothing(bench: Bench) -> None:
    """R55, R102: the computer that uploads is the one whose reader was used. A stranger's event
    neither helps nor harms."""
    device, stranger = await new_device(bench), await new_device(bench)
    person, pieces = await visitor(bench, device)
    record, card, signed = claimed(bench, device, person, pieces=pieces)
    part = device.parts[0]
    about = part.model_dump(exclude={"salt", "previous"})
    await accepted(bench, device, record)
    strange = stranger.send(CARD_READ, CardRead, **about)
    await hear(bench, strange, signed)
    assert await of(bench, person) == ("flagged", "attested", ("reading-terminal",))
    assert (await ids_of(bench))[1][2:] == (event_id(strange), event_id(signed))
    await hear(bench, card)
    assert await of(bench, person) == ATTESTED
    assert (await ids_of(bench))[1][2:] == (event_id(card), event_id(signed))


async def test_versions_are_told_in_order_each_for_itself(bench: Bench) -> None:
    """R53, R58: a correction claims anew; a late event of the older version changes that one."""
    device = await new_device(bench)
    person, pieces = await visitor(bench, device)
    first, *of_first = claimed(bench, device, person, pieces=pieces)
    second, *of_second = claimed(bench, device, person, 1, pieces=pieces)
    await accepted(bench, device, first, second)
    assert [row.version for row, _ in await bench.events("capture-record-attested")] == [1, 2]
    await hear(bench, *of_second)
    assert (await of(bench, person, 1), await of(bench, person, 2)) == (
        ("awaiting", "awaiting", ()),
        ATTESTED,
    )
    await hear(bench, *of_first)
    assert await of(bench, person, 1) == ATTESTED
    told = await ids_of(bench)
    assert told[1][2:] == tuple(map(event_id, of_first))
    assert told[2][2:] == tuple(map(event_id, of_second))


# -- at the door -----------------------------------------------------------------------------------


async def refusals(bench: Bench, device: Device, *records: Any) -> list[list[tuple[str, str]]]:
    answer = (await bench.upload(device.terminal, records)).json()
    return [[(r["field"], r["rule"]) for r in one["reasons"]] for one in answer["receipts"]]


async def test_a_field_that_is_not_what_was_on_the_card_is_refused_alone(bench: Bench) -> None:
    """R55: whoever changed a field after the reading must say that it is typed; then the others
    stay attested. Other records of the packet go in."""
    device = await new_device(bench)
    (one, paper), (two, papers) = await visitor(bench, device), await visitor(bench, device)
    changed, card, signed = claimed(bench, device, one, pieces=paper)
    card, changed["reading"] = device.read({**one.fields(), "name": "别名某"})
    good, *_ = claimed(bench, device, two, pieces=papers)
    answer = (await bench.upload(device.terminal, [changed, good])).json()
    assert [r["status"] for r in answer["receipts"]] == ["refused", "accepted"]
    [told] = answer["receipts"][0]["reasons"]
    assert (told["field"], told["rule"]) == ("name", "reading-differs")
    assert told["zh"]
    assert told["en"]
    assert one.name not in str(told)

    changed["provenance"]["name"] = "typed"
    await accepted(bench, device, changed)
    await hear(bench, signed, card)
    assert await of(bench, one) == ATTESTED


@pytest.mark.parametrize(
    ("change", "field", "rule"),
    [
        ({"reading": None}, "reading", "reading-missing"),
        ({"salts": {"name"}}, "name", "reading-unrevealed"),
        ({"hashes": {"name"}}, "name", "reading-unrevealed"),
        ({"suite": "sm3"}, "reading", "reading-suites"),
        ({"hashes": set(ON_CARD)}, "reading", "record-shape"),
        ({"reading_id": "x"}, "reading", "record-shape"),
        ({"card": "library"}, "reading", "record-shape"),
        ({"extra": 1}, "reading", "record-shape"),
        ({"trace": None}, "signature", "signature-unrevealed"),
        ({"trace": [0.5]}, "signature", "signature-unrevealed"),
        ({"trace_salt": None}, "signature", "signature-unrevealed"),
        ({"trace_salt": "x"}, "signature", "record-shape"),
    ],
)
async def test_each_flaw_of_a_claim_has_its_reason(
    bench: Bench, change: dict[str, Any], field: str, rule: str
) -> None:
    """R69: what claims a chip and does not show it, or shows it wrongly, does not get in."""
    device = await new_device(bench)
    person, pieces = await visitor(bench, device)
    record, *_ = claimed(bench, device, person, pieces=pieces)
    reading = record["reading"]
    for name, value in change.items():
        if name == "reading":
            del record["reading"]
        elif name == "suite":
            salt = reading["salts"]["name"]
            reading["hashes"]["name"] = digests.field_hash("name", person.name, salt, "sm3")
        elif name.startswith("trace"):
            record["signature"][name] = value
        elif isinstance(value, set):
            reading[name] = {n: v for n, v in reading[name].items() if n not in value}
        else:
            reading[name] = value
    [told] = await refusals(bench, device, record)
    assert told == [(field, rule)]
    assert await bench.scalar("SELECT count(*) FROM record_claim") == 0


async def test_one_reading_serves_one_person(bench: Bench) -> None:
    """R55: a card that was read for one person is not another's; the same person's later
    version may keep it, at another desk too, which did not read it."""
    device = await new_device(bench)
    person, pieces = await visitor(bench, device)
    record, card, signed = claimed(bench, device, person, pieces=pieces, chip=("sex",))
    twin, papers = await visitor(bench, device)
    theirs, *_ = claimed(bench, device, twin, pieces=papers, chip=())
    theirs["reading"] = record["reading"]
    await accepted(bench, device, record)
    assert await refusals(bench, device, theirs) == [[("reading", "reading-of-another")]]
    await hear(bench, card, signed)

    elsewhere = await new_device(bench)
    later, _, again = claimed(bench, elsewhere, person, 1, pieces=pieces, chip=("sex",))
    later["reading"] = record["reading"]
    await accepted(bench, elsewhere, later)
    await hear(bench, again)
    assert await of(bench, person, 2) == ATTESTED


async def test_two_desks_that_claim_one_reading_at_once(bench: Bench) -> None:
    device, other = await new_device(bench), await new_device(bench)
    (one, paper), (two, papers) = await visitor(bench, device), await visitor(bench, other)
    first, *_ = claimed(bench, device, one, pieces=paper, chip=())
    second, *_ = claimed(bench, other, two, pieces=papers, chip=())
    second["reading"] = first["reading"]
    failpoints.configure("upload.before-commit=sleep:200")
    answers = await asyncio.gather(
        bench.upload(device.terminal, [first]), bench.upload(other.terminal, [second])
    )
    told = [answer.json()["receipts"][0]["status"] for answer in answers]
    assert sorted(told) == ["accepted", "refused"]


# -- when something dies in between ----------------------------------------------------------------


@pytest.mark.parametrize("point", ["inbox.before-commit", "inbox.after-commit"])
async def test_an_event_is_taken_once_whenever_the_process_dies(bench: Bench, point: str) -> None:
    """Nothing of it is there before the commit, all of it after; the broker sends it again."""
    device = await new_device(bench)
    person, pieces = await visitor(bench, device)
    record, card, signed = claimed(bench, device, person, pieces=pieces)
    await accepted(bench, device, record)
    for message in (card, signed):
        failpoints.configure(f"{point}=raise@1")
        with pytest.raises(failpoints.FailPointError):
            await hear(bench, message)
        heard = await bench.scalar("SELECT count(*) FROM terminal_event")
        done = int(point == "inbox.after-commit") + int(message is signed)
        assert heard == done
        await hear(bench, message)
    assert await of(bench, person) == ATTESTED
    assert len(await bench.events("capture-record-attested")) == 3


async def test_an_upload_that_dies_claims_nothing_and_claims_it_later(bench: Bench) -> None:
    device = await new_device(bench)
    person, pieces = await visitor(bench, device)
    record, card, signed = claimed(bench, device, person, pieces=pieces)
    await hear(bench, card, signed)
    failpoints.configure("upload.before-commit=raise@1")
    assert (await bench.upload(device.terminal, [record])).status_code == 500
    assert await bench.scalar("SELECT count(*) FROM record_claim") == 0
    await accepted(bench, device, record)
    assert await of(bench, person) == ATTESTED
    assert len(await bench.events("capture-record-attested")) == 1


async def test_a_look_for_the_overdue_that_dies_is_done_again(bench: Bench) -> None:
    device = await new_device(bench)
    person, pieces = await visitor(bench, device)
    record, *_ = claimed(bench, device, person, pieces=pieces)
    await accepted(bench, device, record)
    failpoints.configure("attest.before-commit=raise@1")
    with pytest.raises(failpoints.FailPointError):
        await grace_passes(bench)
    assert await of(bench, person) == ("awaiting", "awaiting", ())
    assert len(await bench.events("capture-record-attested")) == 1
    await attesting.flag_overdue(bench.context)
    assert len(await bench.events("capture-record-attested")) == 2


async def test_claims_of_who_is_not_there_any_more_do_not_hold_up_the_others(bench: Bench) -> None:
    """R70: a whole batch of them, all older, and the look ends and flags who is there."""
    device = await new_device(bench)
    person, pieces = await visitor(bench, device)
    await accepted(bench, device, claimed(bench, device, person, pieces=pieces)[0])
    await bench.rows(
        "INSERT INTO record_claim (subject_id, version, kind, proof_id, terminal_id, digest, "
        "claimed_at, state) SELECT gen_random_uuid(), 1, 'reading', gen_random_uuid(), "
        "gen_random_uuid(), 'd', now() - interval '1 day', 'awaiting' "
        f"FROM generate_series(1, {attesting.BATCH}) RETURNING 1"
    )
    async with asyncio.timeout(10):
        await grace_passes(bench)
    assert await of(bench, person) == ("flagged", "flagged", ("reading-late", "signature-late"))


@pytest.mark.parametrize("slow", ["upload.before-commit", "inbox.before-commit"])
async def test_what_comes_at_the_same_moment_meets(bench: Bench, slow: str) -> None:
    """Record and event are taken side by side: the later of the two sees the earlier."""
    device = await new_device(bench)
    people, records, cards = [], [], []
    for _ in range(3):
        person, pieces = await visitor(bench, device)
        record, card, _ = claimed(bench, device, person, pieces=pieces)
        people.append(person)
        records.append(record)
        cards.append(card)
    failpoints.configure(f"{slow}=sleep:150")
    await asyncio.gather(
        *(accepted(bench, device, record) for record in records),
        *(hear(bench, card) for card in reversed(cards)),
    )
    for person in people:
        assert await of(bench, person) == ("attested", "awaiting", ())


async def test_the_service_looks_for_the_overdue_by_itself(bench: Bench) -> None:
    """R70: nobody has to ask for it."""
    [job] = service.jobs
    assert (job.run, job.every <= 60) == (attesting.flag_overdue, True)
    running = build_running(service, bench.context)
    task = asyncio.create_task(running.jobs.run())
    device = await new_device(bench)
    person, pieces = await visitor(bench, device)
    await accepted(bench, device, claimed(bench, device, person, pieces=pieces)[0])
    running.jobs.stop()
    await asyncio.wait_for(task, 10)
    assert "device-card-read" in running.intake.topics


async def test_records_of_before_are_flagged_when_their_time_is_over(
    new_database: Callable[[str | None], str], tmp_path: Path
) -> None:
    """A database of the first version: what claimed a chip then named no reading, and no event
    will ever name it."""
    url = new_database(None)
    shutil.copy(service.migrations / "0001_initial.py", tmp_path)
    await upgrade_async(url, tmp_path)
    database = Database(url)
    insert = text(
        "INSERT INTO record_version (subject_id, version, record_id, digest, form_version, "
        "evidence, terminal_id, collector_id, packet_id, collected_at, received_at, attestation, "
        "review_state, sealed) SELECT gen_random_uuid(), 1, gen_random_uuid(), 'd', 'f', '[]', "
        "gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now(), now(), claims, "
        "'submitted', 's' FROM unnest(CAST('{awaiting,none}' AS text[])) AS claims"
    )
    async with database.transaction() as conn:
        await conn.execute(insert)
    await upgrade_async(url, service.migrations)
    async with database.transaction() as conn:
        rows = (await conn.execute(text("SELECT kind, state, digest FROM record_claim"))).all()
    await database.close()
    assert [tuple(row) for row in rows] == [("reading", "awaiting", "")]
