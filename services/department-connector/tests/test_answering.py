"""Who is answered, once each, and what stays closed (R73, R74, R75, R92)."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import Any

import orjson
import pytest

from muster.department_connector.commands import overview
from muster.department_connector.handlers import answering
from muster.department_connector.store import journal
from muster.messaging import failpoints
from muster.security import jose
from muster.spool.services import ServiceAway
from muster.vocabulary.ids import new_id

from .conftest import SIGN, Bench, Make, number_of, person, soldier

ASKED = ("sex",)


async def test_an_answer_goes_to_verification_under_the_case(bench: Bench) -> None:
    bench.load([person(1)])
    case_id, event_id = new_id(), new_id()
    await bench.take(bench.request(person(1), ASKED, case_id=case_id, event_id=event_id, version=3))
    [event] = bench.spooled()
    assert event.topic == "verification-answered-public-security"
    assert event.key == case_id
    assert event.event_id != event_id
    part = event.part
    assert (part.request, part.case_id, part.version) == (event_id, case_id, 3)
    assert part.verdicts == {"sex": "match"}


# -- forged, moved, damaged ------------------------------------------------------------------------


async def forged(bench: Bench) -> dict[str, Any]:
    """By rule, messages that nobody who may ask has written."""
    stranger, enc = jose.generate("sig"), jose.public_jwk(jose.generate("enc"))
    good = bench.request(person(1), ASKED)
    value = orjson.loads(good.value)
    consumer = "connector-public-security"
    packet = value["sealed"][consumer]
    other_key = bench.request(person(2), ASKED)

    def with_(changed: Any, raw: Any = good) -> Any:
        return bench.raw(raw.topic, raw.key, raw.headers, orjson.dumps(changed))

    headers = [
        (name, new_id().encode() if name == "ce_id" else content) for name, content in good.headers
    ]
    swapped = {**value, "clear": {"version": 2}}
    return {
        "packet-key-unknown": bench.request(person(1), ASKED, signing=stranger),
        "packet-signature": bench.request(
            person(1), ASKED, signing={**stranger, "kid": SIGN["verification"]["kid"]}
        ),
        "packet-recipient": bench.request(person(1), ASKED, reader=enc),
        "packet-damaged": with_({**value, "sealed": {consumer: packet[:-9] + "AAAAAAAAA"}}),
        "packet-malformed": with_({**value, "sealed": {consumer: "hello"}}),
        "packet-context": bench.raw(good.topic, good.key, headers, good.value),
        "packet-context ": with_(swapped),
        "key-differs": bench.raw(good.topic, other_key.key, good.headers, good.value),
        "value-not-json": bench.raw(good.topic, good.key, good.headers, b"\xff"),
        "value-shape": with_({"clear": {}}),
        "header-missing": bench.raw(good.topic, good.key, (), good.value),
        "case-differs": bench.message(
            "verification-requested-",
            _part_of(person(1)),
            new_id(),
        ),
    }


def _part_of(fields: Any) -> Any:
    from datetime import UTC, datetime

    from muster.contracts.parts.verification import VerificationRequest

    return VerificationRequest(
        case_id=new_id(), version=1, fields=fields, asked=ASKED, asked_at=datetime.now(UTC)
    )


async def test_what_verification_did_not_sign_is_refused(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Each is kept with its rule and words, none is answered, and the good one beside them is."""
    bench.load([person(1), person(2)])
    asked: list[Any] = []

    async def refresh(services: Any) -> None:
        asked.append(services)

    monkeypatch.setattr(bench.connector.keys, "refresh", refresh)
    cases = await forged(bench)
    with caplog.at_level(logging.DEBUG):
        await bench.take(*cases.values(), bench.request(person(2), ASKED))
    assert len(bench.spooled()) == 1
    rows = journal.letters(bench.connector.spool, 100)
    assert sorted(row["rule"] for row in rows) == sorted(rule.strip() for rule in cases)
    assert all(row["zh"] and row["en"] for row in rows)
    assert asked == [["verification"]], "a new key is asked for, once"
    assert number_of(1) not in caplog.text
    # Delivered again, each is still one dead letter.
    await bench.take(*cases.values())
    assert len(bench.letters()) == len(cases)


async def test_the_crosscheck_cannot_ask_and_verification_cannot_open(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each topic has one owner, and only its key counts there."""
    bench.load([person(1)])

    async def refresh(services: Any) -> None:
        return None

    monkeypatch.setattr(bench.connector.keys, "refresh", refresh)
    await bench.take(
        bench.request(person(1), ASKED, signing=SIGN["crosscheck"]),
        bench.reveal(bench.row_id(person(1)), signing=SIGN["verification"]),
    )
    assert bench.spooled() == []
    assert bench.letters() == ["packet-key-unknown"] * 2


async def test_a_request_to_another_department_is_refused(make: Make) -> None:
    """Moved from one department's topic to another's, it does not open."""
    one, other = make("public-security"), make("human-resources")
    other.load([{**person(1)}])
    theirs = one.request(person(1), ASKED)
    topic = theirs.topic.replace("public-security", "human-resources")
    value = theirs.value.replace(b"connector-public-security", b"connector-human-resources")
    headers = [
        (name, content.replace(b"public-security", b"human-resources"))
        for name, content in theirs.headers
    ]
    await other.take(other.raw(topic, theirs.key, headers, value))
    assert other.spooled() == []
    assert other.letters() == ["packet-recipient"]


async def test_a_new_key_of_verification_is_fetched(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load([person(1)])
    new = jose.generate("sig")
    keys = bench.connector.keys

    async def refresh(services: Any) -> None:
        keys._known["verification"]["keys"]["sign"].insert(0, jose.public_jwk(new))

    monkeypatch.setattr(keys, "refresh", refresh)
    await bench.take(bench.request(person(1), ASKED, signing=new))
    assert bench.verdicts() == [{"sex": "match"}]
    assert bench.letters() == []


async def test_while_verification_is_away_an_unknown_key_waits(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be a new one: nothing is answered, nothing is refused, nothing is lost."""
    bench.load([person(1)])
    new = jose.generate("sig")
    keys = bench.connector.keys

    async def away(services: Any) -> None:
        raise ServiceAway("verification")

    monkeypatch.setattr(keys, "refresh", away)
    raw = bench.request(person(1), ASKED, signing=new)
    await bench.take(raw, raw)
    assert (bench.spooled(), bench.letters()) == ([], [])
    assert journal.counts(bench.connector.spool)["waiting"] == 1
    keys._known["verification"]["keys"]["sign"].insert(0, jose.public_jwk(new))
    await bench.consumer._retry()
    assert bench.verdicts() == [{"sex": "match"}]
    assert journal.counts(bench.connector.spool)["waiting"] == 0


async def test_nothing_is_said_before_data_are_loaded(bench: Bench) -> None:
    """An empty register knows nobody: saying so would make everybody a case."""
    raws = [bench.request(person(seed), ASKED) for seed in (1, 2)]
    await bench.take(*raws)
    await bench.consumer._retry()
    assert bench.spooled() == []
    bench.load([person(1)])
    await bench.consumer._retry()
    assert bench.verdicts() == [{"sex": "match"}, {"sex": "no_such_person"}]


async def test_a_request_that_is_asked_again_waits_once(bench: Bench) -> None:
    """R73: verification repeats what is open every day, sealed anew each time; a connector without
    data keeps one of them, not one a day, and answers once."""
    event_id, case_id = new_id(), new_id()
    for _ in range(3):
        await bench.take(bench.request(person(1), ASKED, event_id=event_id, case_id=case_id))
    assert journal.counts(bench.connector.spool)["waiting"] == 1
    bench.load([person(1)])
    await bench.consumer._retry()
    assert bench.verdicts() == [{"sex": "match"}]
    assert journal.counts(bench.connector.spool)["waiting"] == 0


# -- once each -------------------------------------------------------------------------------------


async def test_a_repeated_request_gets_the_very_same_answer(bench: Bench) -> None:
    """Also after the data changed, and after the answer was received and forgotten."""
    bench.load([person(1)])
    spool = bench.connector.spool
    raw = bench.request(person(1), ASKED)
    await bench.take(raw)
    [first] = bench.spooled()
    stored = spool.event(first.event_id)
    spool.mark_published([first.sequence])
    spool.mark_received([first.event_id])
    bench.load([person(1, sex="1" if person(1)["sex"] == "2" else "2")])
    await bench.take(raw, raw)
    [again] = bench.spooled()
    assert again == first
    assert spool.event(first.event_id) == stored
    spool.mark_published([first.sequence])
    spool.mark_received([first.event_id])
    assert spool.forget(2e12) == 1
    await bench.take(raw)
    [anew] = bench.spooled()
    assert (anew.event_id, anew.part) == (first.event_id, first.part)
    assert journal.counts(spool)["answered"] == 1


async def test_another_event_of_the_same_case_is_another_request(bench: Bench) -> None:
    bench.load([person(1)])
    case_id = new_id()
    await bench.take(*(bench.request(person(1), ASKED, case_id=case_id) for _ in range(2)))
    assert len({event.event_id for event in bench.spooled()}) == 2


async def test_an_erased_subject_is_nobodys_request(bench: Bench) -> None:
    """A request without a part: its subject was erased meanwhile. No answer, no dead letter."""
    bench.load([person(1)])
    raw = bench.request(person(1), ASKED)
    value = {**orjson.loads(raw.value), "sealed": {}}
    await bench.take(bench.raw(raw.topic, raw.key, raw.headers, orjson.dumps(value)))
    assert (bench.spooled(), bench.letters()) == ([], [])


@pytest.mark.parametrize("point", ["spool.before-commit=raise@1", "spool.after-commit=raise@1"])
async def test_cut_off_at_the_commit(bench: Bench, point: str) -> None:
    """Either nothing happened, or all of it: delivered again there is one answer."""
    bench.load([person(1)])
    raw = bench.request(person(1), ASKED)
    failpoints.configure(point)
    try:
        with pytest.raises(failpoints.FailPointError):
            await bench.take(raw)
    finally:
        failpoints.configure("")
    await bench.take(raw)
    assert len(bench.spooled()) == 1
    assert journal.counts(bench.connector.spool)["answered"] == 1
    assert bench.letters() == []


async def test_one_request_that_cannot_be_handled_holds_up_no_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load([person(1), person(2)])
    bad = bench.request(person(2), ASKED)
    handle = answering._say

    def say(connector: Any, work: Any, loaded: Any, request: Any, now: Any) -> Any:
        if request.raw.code == bad.code:
            raise LookupError("broken")
        return handle(connector, work, loaded, request, now)

    monkeypatch.setattr(answering, "_say", say)
    await bench.take(bench.request(person(1), ASKED), bad, bench.request(person(1), ASKED))
    assert len(bench.spooled()) == 2
    assert bench.letters() == ["request-failed"]


async def test_dead_letters_are_bounded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "LETTERS", 3)
    good = bench.request(person(1), ASKED)
    await bench.take(*(bench.raw(good.topic, good.key, (), str(n).encode()) for n in range(7)))
    assert len(bench.letters()) == 3


# -- opened rows -----------------------------------------------------------------------------------


async def test_a_row_is_opened_for_a_reason(blind: Bench) -> None:
    """R74, R75: with who it is, and where; and the department's log says who asked and why."""
    blind.load([soldier(1), soldier(2, birth_date=None)])
    for seed in (1, 2):
        await blind.take(blind.reveal(blind.row_id(soldier(seed))))
    first, second = blind.spooled("crosscheck-reveal-answered-armed-forces")
    assert first.part.refused is None
    assert first.part.fields == {**soldier(1), "household_area": blind.village}
    assert second.part.fields == {**soldier(2), "household_area": blind.village}
    entries = overview.log(blind.connector, 10, {})
    assert entries[0]["what"] == "asked-to-open"
    assert entries[0]["asked_by"] == "crosscheck"
    assert entries[0]["reason"] == "漏采人员核实"
    assert entries[0]["refused"] is None


@pytest.mark.parametrize(
    ("rule", "row", "reason"),
    [
        ("reason-missing", "own", "  "),
        ("row-unknown", "stranger", "核实"),
        ("row-unknown", "former", "核实"),
        ("quota-exceeded", "own", "核实"),
    ],
)
async def test_a_row_stays_closed(blind: Bench, rule: str, row: str, reason: str) -> None:
    """Only rows of the current data, with a reason, under the quota; each refusal is answered."""
    blind.load([soldier(1), soldier(2)])
    rows = {"own": blind.row_id(soldier(1)), "stranger": new_id()}
    rows["former"] = blind.row_id(soldier(2))
    blind.load([soldier(1)])
    if rule == "quota-exceeded":
        journal.set_quota(blind.connector.spool, 0)
    await blind.take(blind.reveal(rows[row], reason))
    [event] = blind.spooled()
    assert (event.part.fields, event.part.refused) == (None, rule)
    assert overview.quota(blind.connector)["opened_today"] == 0
    assert overview.log(blind.connector, 1, {})[0]["refused"] == rule


async def test_a_quota_counts_opened_rows_once_each(blind: Bench) -> None:
    """A repeated request takes nothing from it, a refused one neither; also within one batch."""
    blind.load([soldier(seed) for seed in range(5)])
    spool = blind.connector.spool
    assert journal.quota(spool) == 200
    journal.set_quota(spool, 2)
    first = blind.reveal(blind.row_id(soldier(0)))
    await blind.take(blind.reveal(new_id()), first, first)
    await blind.take(first, *(blind.reveal(blind.row_id(soldier(n))) for n in range(1, 5)))
    opened = [event.part.fields is not None for event in blind.spooled()]
    assert opened == [False, True, True, False, False, False]
    assert overview.quota(blind.connector) == {"quota": 2, "opened_today": 2}
    await blind.take(first)
    assert overview.quota(blind.connector)["opened_today"] == 2


async def test_a_reveal_of_another_key_is_refused(blind: Bench) -> None:
    blind.load([soldier(1), soldier(2)])
    raw = blind.reveal(blind.row_id(soldier(1)))
    moved = replace(raw, key=blind.row_id(soldier(2)))
    await blind.take(moved)
    assert blind.letters() == ["key-differs"]


async def test_batches_from_two_sides_answer_once(bench: Bench) -> None:
    """What waited and what comes again at the same moment."""
    raw = bench.request(person(1), ASKED)
    await bench.take(raw)
    bench.load([person(1)])
    await asyncio.gather(bench.consumer._retry(), bench.take(raw))
    assert len(bench.spooled()) == 1
