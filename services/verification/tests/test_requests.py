"""Asking departments: whom, about what, under which name, and again while nobody answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from muster.messaging.message import Event, NotNow, OutboxRow
from muster.runtime.context import Context, build_context
from muster.security.keyring import Keyring
from muster.verification.handlers import asking
from muster.verification.topics import load_requests
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Origin, SubjectState, Verdict

from .conftest import (
    COUNTY,
    DEPARTMENTS,
    FIELDS,
    NAME,
    answer,
    asked,
    collected,
    enrol,
    handler_of,
    make_settings,
    record,
    rows,
    standing,
    status,
    take,
    verdicts,
    waiting,
    waiting_for,
)

ASKING = "SELECT * FROM outbox WHERE topic LIKE 'verification-requested-%' ORDER BY topic"
FINDS = {name: FIELDS[name] for name in ("name", "resident_number", "birth_date")}


async def load(context: Context) -> dict[str, Event]:
    """What would be published now, by topic; absent is what has nothing left to ask."""
    pending = [
        OutboxRow(
            str(row.event_id), row.topic, row.partition, row.key, row.version, row.county,
            row.ref, row.traceparent, row.occurred_at, 1,
        )
        for row in await rows(context, ASKING)
    ]  # fmt: skip
    async with context.database.transaction() as conn:
        events = await load_requests(context, conn, pending)
    return {row.topic: events[row.event_id] for row in pending if row.event_id in events}


async def test_each_department_is_asked_what_it_answers_for_and_nothing_else(
    context: Context, villages: list[str]
) -> None:
    """R73, R92: public security about name and household, the armed forces about service."""
    await enrol(context, *DEPARTMENTS)
    await waiting_for(context, villages[0])
    events = await load(context)
    shown = {topic: event.parts for topic, event in events.items()}
    assert {topic: set(parts) for topic, parts in shown.items()} == {
        f"verification-requested-{name}": {f"connector-{name}"} for name in DEPARTMENTS
    }
    told = {
        name: shown[f"verification-requested-{name}"][f"connector-{name}"] for name in DEPARTMENTS
    }
    assert told["public-security"].asked == ("name", "sex", "birth_date", "household_area")
    assert told["armed-forces"].asked == ("enlisted_on", "service_unit")
    assert told["human-resources"].asked == ("discharged_soldier_kind",)
    for name in DEPARTMENTS:
        part = told[name]
        assert part.fields == {**FINDS, **{field: FIELDS[field] for field in part.asked}}
        assert "phone" not in part.fields


async def test_a_department_without_a_question_is_not_asked(
    context: Context, villages: list[str]
) -> None:
    """Empty values are no question; departments that only compare are never asked."""
    fields = {"name": NAME, "service_unit": "", "sex": "1"}
    subject_id = await waiting(context, villages[0], fields=fields)
    assert set(await asked(context, subject_id)) == {"public-security"}
    assert (await rows(context, "SELECT answers FROM review_item"))[0].answers == "agree"


async def test_no_department_learns_the_subject_id_nor_anothers_case(
    context: Context, villages: list[str]
) -> None:
    """Design section 4: pairwise case ids, also as the key; and no trace leads from one to the
    other, or from the record to a case."""
    subject_id = await waiting_for(context, villages[0])
    held = await rows(context, ASKING)
    assert len({row.key for row in held}) == len(DEPARTMENTS)
    assert len({row.traceparent.split("-")[1] for row in held}) == len(DEPARTMENTS)
    # To the microsecond, one moment would say that they are about one record.
    assert {row.occurred_at.microsecond for row in held} == {0}
    for topic, event in (await load(context)).items():
        [part] = event.parts.values()
        row = next(row for row in held if row.topic == topic)
        assert part.case_id == row.key
        assert (row.version, row.county) == (1, COUNTY)
        assert event.clear.model_dump(exclude_none=True).keys() == {
            "version",
            "county",
            "occurred_at",
        }
        everything = f"{event.clear!r} {part!r} {row.key} {row.traceparent}"
        assert subject_id not in everything
    # The next version of the same person is the same case.
    await take(context, record(subject_id, 2, collected(3, villages[0]), fields=FIELDS))
    first, second = await asked(context, subject_id), await asked(context, subject_id, 2)
    for name in DEPARTMENTS:
        assert first[name].case_id == second[name].case_id
        assert first[name].event_id != second[name].event_id


async def test_nothing_that_was_asked_or_answered_is_readable_in_the_store(
    context: Context, villages: list[str]
) -> None:
    """R100: fields that were asked tell the category, verdicts name what is wrong."""
    await enrol(context, *DEPARTMENTS)
    subject_id = await waiting_for(context, villages[0])
    request = (await asked(context, subject_id))["public-security"]
    await take(context, answer(request, verdicts("public-security", Verdict.NO_SUCH_PERSON)))
    shown = ""
    for table in ("department_request", "review_item", "outbox", "audit"):
        shown += str(await rows(context, f"SELECT t::text FROM {table} t"))
    for word in ("discharged_soldier_kind", "household_area", "no_such_person", "户口簿", NAME):
        assert word not in shown


async def test_only_who_was_enrolled_when_the_version_came_is_waited_for(
    context: Context, villages: list[str]
) -> None:
    """A department that has no connector yet must not block for ever; it is asked all the same."""
    await enrol(context, "public-security")
    await enrol(context, "armed-forces", revoked=True)
    early = await waiting_for(context, villages[0])
    await enrol(context, "human-resources")
    late = await waiting_for(context, villages[0])
    waited = {
        subject_id: {name for name, row in (await asked(context, subject_id)).items()
                     if row.mandatory}
        for subject_id in (early, late)
    }  # fmt: skip
    assert waited == {early: {"public-security"}, late: {"public-security", "human-resources"}}
    assert set(await asked(context, early)) == set(DEPARTMENTS)


async def test_a_record_waits_until_case_ids_can_be_made(
    context: Context, villages: list[str], rings: Path
) -> None:
    whole = Keyring.from_file(rings / "verification.json")
    lacking = Keyring(key for key in whole if key.purpose != "case/armed-forces")
    other = build_context("verification", context.settings)
    object.__setattr__(other, "keyring", lacking)
    outcomes = await take(other, record(new_id(), 1, collected(2, villages[0])))
    assert isinstance(outcomes[0], NotNow)
    assert not await rows(context, "SELECT 1 FROM review_item")
    await other.database.close()


async def test_a_replayed_record_asks_nobody_again(context: Context, villages: list[str]) -> None:
    subject_id = new_id()
    sent = record(subject_id, 1, collected(2, villages[0]), fields=FIELDS)
    async with context.database.transaction() as conn:
        await handler_of(sent.topic)(context, conn, [sent, sent])
    await take(context, sent, replace(sent, event_id=new_id()))
    assert len(await rows(context, ASKING)) == len(DEPARTMENTS)
    assert len(await asked(context, subject_id)) == len(DEPARTMENTS)


async def test_a_newer_version_leaves_nothing_to_ask_about_an_older(
    context: Context, villages: list[str]
) -> None:
    """Whichever comes first: what went out for the older version is moot, what did not is not
    asked."""
    subject_id = await waiting_for(context, villages[0])
    await take(context, record(subject_id, 2, collected(3, villages[0]), fields=FIELDS))
    late = new_id()
    await take(
        context,
        record(late, 2, collected(3, villages[0]), fields=FIELDS),
        record(late, 1, collected(2, villages[0]), fields=FIELDS),
    )
    assert {event.parts[consumer].version for event in (await load(context)).values()
            for consumer in event.parts} == {2}  # fmt: skip
    assert set(await asked(context, late)) == set()
    assert set(await asked(context, late, 2)) == set(DEPARTMENTS)


@pytest.mark.parametrize("ended", ["answered", "returned", "erased"])
async def test_what_is_settled_is_not_asked_any_more(
    context: Context, villages: list[str], ended: str
) -> None:
    """Loaders read the store: a replay years later tells nothing about who was erased."""
    subject_id = await waiting_for(context, villages[0])
    assert len(await load(context)) == len(DEPARTMENTS)
    if ended == "answered":
        for name, row in (await asked(context, subject_id)).items():
            await take(context, answer(row, verdicts(name)))
    async with context.database.transaction() as conn:
        if ended == "erased":
            await context.vault.destroy(conn, subject_id)
        if ended == "returned":
            await conn.execute(
                text(
                    "UPDATE review_item SET state = 'returned', reviewed_at = now(), "
                    f"reviewer_id = '{new_id()}'"
                )
            )
    assert await load(context) == {}


async def test_nobody_is_asked_about_somebody_who_declined(
    context: Context, villages: list[str]
) -> None:
    """R99: nor again, however long a department is silent; unless they are collected after all."""
    subject_id = await waiting_for(context, villages[0])
    declined = standing(5, (villages[0], Origin.BASELINE, SubjectState.DECLINED))
    await take(context, status(subject_id, declined))
    assert await load(context) == {}
    await published(context, hours=48)
    await asking.ask_again(context)
    assert await unpublished(context) == []
    await take(context, status(subject_id, collected(6, villages[0])))
    await asking.ask_again(context)
    assert len(await unpublished(context)) == len(await load(context)) == len(DEPARTMENTS)


# -- asked again -----------------------------------------------------------------------------------


async def published(context: Context, hours: int) -> None:
    """The relay sent everything so many hours ago."""
    async with context.database.transaction() as conn:
        past = f"now() - interval '{hours} hours'"
        await conn.execute(text(f"UPDATE outbox SET published_at = {past}"))
        await conn.execute(text(f"UPDATE department_request SET asked_at = {past}"))


async def unpublished(context: Context) -> list[str]:
    held = await rows(context, f"SELECT topic, event_id FROM ({ASKING}) o "
                               "WHERE published_at IS NULL")  # fmt: skip
    return [str(row.event_id) for row in held]


async def test_what_nobody_answers_is_asked_again_under_the_same_id(
    context: Context, villages: list[str]
) -> None:
    subject_id = await waiting_for(context, villages[0])
    held = await asked(context, subject_id)
    await published(context, hours=23)
    await asking.ask_again(context)
    assert await unpublished(context) == []
    await published(context, hours=25)
    await take(context, answer(held["armed-forces"], verdicts("armed-forces")))
    await asking.ask_again(context)
    again = [held["human-resources"], held["public-security"]]
    assert await unpublished(context) == [str(row.event_id) for row in again]
    assert {row.event_id for row in (await asked(context, subject_id)).values()} == {
        row.event_id for row in held.values()
    }


async def test_how_long_a_department_may_take_is_a_setting(
    database_url: str, rings: Path, context: Context, villages: list[str]
) -> None:
    settings = make_settings(database_url, rings).model_copy(update={"ask_again_seconds": 3600})
    impatient = build_context("verification", settings)
    await waiting_for(impatient, villages[0])
    await published(impatient, hours=2)
    await asking.ask_again(context)
    assert await unpublished(context) == []
    await asking.ask_again(impatient)
    assert len(await unpublished(context)) == len(DEPARTMENTS)
    await impatient.database.close()


@pytest.mark.parametrize("ended", ["superseded", "erased", "verified"])
async def test_what_is_moot_is_not_asked_again(
    context: Context, villages: list[str], ended: str
) -> None:
    subject_id = await waiting_for(context, villages[0])
    await published(context, hours=48)
    before: Sequence[Any] = await asked(context, subject_id)
    assert len(before) == len(DEPARTMENTS)
    async with context.database.transaction() as conn:
        if ended == "erased":
            await context.vault.destroy(conn, subject_id)
        if ended == "verified":
            await conn.execute(
                text(
                    "UPDATE review_item SET state = 'verified', reviewed_at = now(), "
                    f"reviewer_id = '{new_id()}'"
                )
            )
    if ended == "superseded":
        await take(context, record(subject_id, 2, collected(3, villages[0]), fields={"phone": "1"}))
    await asking.ask_again(context)
    assert await unpublished(context) == []
