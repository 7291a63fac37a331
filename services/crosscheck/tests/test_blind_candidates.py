"""Those whom a department knows under codes alone: asked for with a reason, then told (R74-R76)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from muster.crosscheck.domain.candidate import RULES
from muster.crosscheck.handlers import candidates, common, reveals, settling
from muster.messaging.message import DONE
from muster.runtime.context import Context
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

from .candidates import MISSED, states
from .conftest import (
    AF,
    HERE,
    HR,
    OPEN,
    Door,
    Fields,
    data,
    here,
    make_fields,
    make_row,
    match_touched,
    open_phase,
    published,
    revealed,
    rows,
    run_county,
    subject,
    take,
    without,
)

ASKED = f"crosscheck-reveal-requested-{AF}"
TRUTH = make_fields(1)


async def requests(context: Context) -> list[Any]:
    return [event.parts[f"connector-{AF}"] for _, event in await published(context, ASKED) if event]


async def test_a_blind_row_is_opened_for_a_reason_and_then_told(context: Context) -> None:
    """R74, R75: the department opens it, or nobody hears who it is."""
    row = make_row(AF, TRUTH)
    await take(context, *data(AF, row))
    await open_phase(context)
    assert await states(context) == [(AF, "asked", None)]
    assert await published(context, MISSED) == []
    [asked] = await requests(context)
    assert (asked.row_id, asked.reason, asked.asked_by) == (
        row.row_id,
        candidates.MISSED_REASON,
        "crosscheck",
    )
    answer = revealed(AF, asked.reveal_id, row.row_id, {**TRUTH, "service_unit": "某部"})
    assert await take(context, answer) == [DONE]
    [(_, event)] = await published(context, MISSED)
    part = event.parts["capture"]
    assert part.area == HERE
    assert part.fields["name"] == TRUTH["name"]
    assert "service_unit" not in part.fields
    assert await states(context) == [(AF, "told", None)]
    # What was revealed is kept with the candidate only, and until they are known.
    assert await rows(context, "SELECT 1 FROM reveal WHERE sealed IS NOT NULL") == []
    await take(context, answer, revealed(AF, asked.reveal_id, row.row_id, refused="quota-exceeded"))
    assert await states(context) == [(AF, "told", None)]
    assert len(await published(context, MISSED)) == 1


async def test_a_refusal_is_listed_and_may_be_asked_again(context: Context, door: Door) -> None:
    row = make_row(AF, TRUTH, area=HERE)
    await take(context, *data(AF, row))
    await open_phase(context)
    [first] = await requests(context)
    await take(context, revealed(AF, first.reveal_id, row.row_id, refused="quota-exceeded"))
    await run_county(context)
    assert len(await requests(context)) == 1
    account = new_id()
    async with door.client((Role.TOWNSHIP_LEADER, HERE), account=account) as client:
        [listed] = (await client.get("/candidates")).json()["items"]
        assert (listed["state"], listed["rule"]) == ("refused", "quota-exceeded")
        path = f"/candidates/{listed['candidate_id']}/reveal"
        assert (await client.post(path, json={"reason": " "})).status_code == 422
        again = await client.post(path, json={"reason": "村里确认有此人"})
        assert again.status_code == 200
        assert (await client.post(path, json={"reason": "再问"})).status_code == 409
    _, second = await requests(context)
    assert (second.reveal_id, second.reason) == (again.json()["reveal_id"], "村里确认有此人")
    assert second.asked_by == account
    assert [row.version for row, _ in await published(context, ASKED)] == [1, 2]
    await take(context, revealed(AF, second.reveal_id, row.row_id, TRUTH))
    assert await states(context) == [(AF, "told", None)]
    noted = await rows(
        context,
        "SELECT action, actor, reason, subject_ids, detail FROM audit "
        "WHERE action LIKE 'reveal%' ORDER BY seq",
    )
    at = {"candidate": listed["candidate_id"]}
    one, two = {**at, "reveal": first.reveal_id}, {**at, "reveal": second.reveal_id}
    assert [tuple(entry) for entry in noted] == [
        ("reveal-asked", "crosscheck", candidates.MISSED_REASON, [], one),
        ("reveal-asked", account, "村里确认有此人", [], two),
        # The refusal brought nothing in.
        ("reveal-answered", "crosscheck", None, [], two),
    ]


async def test_whoever_reads_the_list_is_told_in_words(context: Context, door: Door) -> None:
    """Every rule that a candidate can bear, and one that only the department knows."""
    own = {"area-unknown", "nothing-to-find-by", "died-before-standard-time", "moved-out"}
    own |= {"death-disputed", "move-disputed"}
    assert set(RULES) == own | {"reason-missing", "row-unknown", "quota-exceeded", "refused"}
    row = make_row(AF, TRUTH, area=HERE)
    nothing = without({**TRUTH, "resident_number": "63232"}, "birth_date")
    await take(context, *data(AF, row), *data(HR, make_row(HR, nothing, area=HERE)))
    await open_phase(context)
    [asked] = await requests(context)
    await take(context, revealed(AF, asked.reveal_id, row.row_id, refused="not-today"))
    async with door.client((Role.COLLECTOR, HERE)) as client:
        items = (await client.get("/candidates")).json()["items"]
    said = {item["rule"]: (item["zh"], item["en"]) for item in items}
    assert said == {
        "not-today": RULES["refused"],
        "nothing-to-find-by": RULES["nothing-to-find-by"],
    }


async def test_the_dead_whom_a_reveal_names_are_not_sent_for(context: Context) -> None:
    row = make_row(AF, TRUTH)
    await take(context, *data(AF, row))
    await open_phase(context)
    [asked] = await requests(context)
    await take(context, revealed(AF, asked.reveal_id, row.row_id, {**TRUTH, "died_on": "2018-01"}))
    assert await states(context) == [(AF, "ended", "died-before-standard-time")]
    await run_county(context)
    assert await states(context) == [(AF, "ended", "died-before-standard-time")]
    assert len(await requests(context)) == 1


@pytest.mark.parametrize(
    ("moved_to", "state"), [("四川省成都市", "ended"), ("不详", "told"), ("同仁市", "told")]
)
async def test_who_moved_away_by_a_revealed_row_is_not_sent_for(
    context: Context, moved_to: str, state: str
) -> None:
    """C6: only where the row names a place elsewhere."""
    row = make_row(AF, TRUTH)
    await take(context, *data(AF, row))
    await open_phase(context)
    [asked] = await requests(context)
    opened = {**TRUTH, "moved_to": moved_to}
    await take(context, revealed(AF, asked.reveal_id, row.row_id, opened))
    [(_, found, _)] = await states(context)
    assert found == state


async def test_blind_rows_wait_until_sealed_ones_are_registered(context: Context) -> None:
    """The department's quota is not spent on somebody whom a sealed department names too."""
    first, second, alone = make_fields(1), make_fields(2), make_fields(3)
    await take(
        context,
        *data(HR, make_row(HR, first), make_row(HR, second)),
        *data(AF, make_row(AF, first), make_row(AF, second), make_row(AF, alone)),
    )
    await open_phase(context)
    assert await states(context) == [(AF, "waiting", None)] * 3 + [(HR, "told", None)] * 2
    assert len(await rows(context, "SELECT 1 FROM candidates_due WHERE at > now()")) == 1
    await match_touched(context)
    assert (AF, "waiting", None) in await states(context)
    await take(context, subject(new_id(), here(1, OPEN), first))
    await match_touched(context)
    # The other one is still on the way to capture and back.
    assert "asked" not in {state for _, state, _ in await states(context)}
    await take(context, subject(new_id(), here(1, OPEN), second))
    await match_touched(context)
    assert await states(context) == [
        (AF, "asked", None),
        *[(AF, "closed", None)] * 2,
        *[(HR, "closed", None)] * 2,
    ]
    assert len(await requests(context)) == 1
    assert not await rows(context, "SELECT 1 FROM candidates_due")


async def test_blind_rows_do_not_wait_for_ever(context: Context) -> None:
    """R76: nor long, because somebody who was told of may never be entered."""
    await take(context, *data(HR, make_row(HR, TRUTH)), *data(AF, make_row(AF, make_fields(2))))
    await open_phase(context)
    await settling.settle_left(context)
    assert (AF, "waiting", None) in await states(context)
    await rows(context, "UPDATE candidate SET told_at = now() - interval '9 s' RETURNING 1")
    await rows(context, "UPDATE candidates_due SET at = now() RETURNING 1")
    await settling.settle_left(context)
    assert (AF, "asked", None) in await states(context)


CHINA = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("answered", "looked", "again"),
    [
        ("2018-11-02T09:00", "2018-11-02T23:59", False),
        ("2018-11-02T09:00", "2018-11-03T00:01", True),
        ("2018-11-02T23:59", "2018-11-03T00:01", True),
        # Midnight where the campaign is, and not in Greenwich.
        ("2018-11-02T07:00", "2018-11-02T09:00", False),
        # A department's clock that is a day slow is asked once a day all the same.
        ("2018-11-01T09:00", "2018-11-02T12:00", False),
        # One that is a year ahead keeps nobody waiting for a year.
        ("2019-11-02T09:00", "2018-11-04T00:01", True),
    ],
)
async def test_who_met_a_used_up_quota_is_asked_for_the_next_day(
    context: Context, monkeypatch: pytest.MonkeyPatch, answered: str, looked: str, again: bool
) -> None:
    """R75, R76: by itself, on the department's next quota day; in the job that asks again."""

    def at(moment: str) -> datetime:
        return datetime.fromisoformat(moment).replace(tzinfo=CHINA)

    monkeypatch.setattr(common, "now", lambda: at("2018-11-02T06:00"))
    row = make_row(AF, TRUTH)
    await take(context, *data(AF, row))
    await open_phase(context)
    [asked] = await requests(context)
    refusal = revealed(AF, asked.reveal_id, row.row_id, refused="quota-exceeded")
    part = refusal.part.model_copy(update={"answered_at": at(answered)})
    await take(context, replace(refusal, part=part))
    monkeypatch.setattr(common, "now", lambda: at(looked))
    await reveals.ask_again(context)
    await settling.settle_left(context)
    assert await states(context) == [
        (AF, "asked", None) if again else (AF, "refused", "quota-exceeded")
    ]
    assert len(await requests(context)) == 1 + again
    # The quota may be used up on that day, too.
    await reveals.ask_again(context)
    assert len(await rows(context, "SELECT 1 FROM candidate WHERE state = 'waiting'")) == 0


async def test_what_was_refused_for_another_reason_waits_for_somebody(context: Context) -> None:
    row = make_row(AF, TRUTH)
    await take(context, *data(AF, row))
    await open_phase(context)
    [asked] = await requests(context)
    await take(context, revealed(AF, asked.reveal_id, row.row_id, refused="row-unknown"))
    await rows(context, "UPDATE reveal SET asked_at = now() - interval '9 days' RETURNING 1")
    await reveals.ask_again(context)
    assert await states(context) == [(AF, "refused", "row-unknown")]


@pytest.mark.parametrize("harm", ["request", "row", "department", "key", "both", "neither"])
async def test_an_answer_to_another_question_is_a_dead_letter(context: Context, harm: str) -> None:
    row = make_row(AF, TRUTH)
    await take(context, *data(AF, row))
    await open_phase(context)
    [asked] = await requests(context)
    reveal_id, row_id, department = asked.reveal_id, row.row_id, AF
    fields: Fields | None = TRUTH
    refused = None
    if harm == "request":
        reveal_id = new_id()
    elif harm == "row":
        row_id = new_id()
    elif harm == "department":
        department = HR
    elif harm == "both":
        refused = "quota-exceeded"
    elif harm == "neither":
        fields = None
    answer = revealed(department, reveal_id, row_id, fields, refused)
    if harm == "key":
        answer = replace(answer, key=new_id())
    [outcome] = await take(context, answer)
    assert outcome.rule == ("reveal-shape" if harm in ("both", "neither") else "reveal-unknown")
    assert await states(context) == [(AF, "asked", None)]


async def test_a_rule_that_is_no_rule_is_not_kept_in_the_clear(context: Context) -> None:
    row = make_row(AF, TRUTH)
    await take(context, *data(AF, row))
    await open_phase(context)
    [asked] = await requests(context)
    await take(context, revealed(AF, asked.reveal_id, row.row_id, refused=f"no {TRUTH['name']}"))
    assert await states(context) == [(AF, "refused", "refused")]
