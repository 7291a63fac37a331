"""People whom a department knows and the campaign does not (R75, R76, R91)."""

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

from .conftest import (
    ADMIN,
    AF,
    COUNTY,
    EARLY,
    HERE,
    HR,
    OPEN,
    OUTSIDE,
    PROFILE,
    PS,
    THERE,
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

MISSED = "crosscheck-subject-missed"
ASKED = f"crosscheck-reveal-requested-{AF}"
LATER = EARLY + timedelta(days=7)
TRUTH = make_fields(1)
PATH = PROFILE.area_tree().path_name(THERE)


async def states(context: Context) -> list[tuple[str, str, str | None]]:
    found = await rows(context, "SELECT department, state, rule FROM candidate ORDER BY 1, 2, 3")
    return [tuple(row) for row in found]


async def requests(context: Context) -> list[Any]:
    return [event.parts[f"connector-{AF}"] for _, event in await published(context, ASKED) if event]


async def test_a_sealed_row_that_nobody_matches_is_told_at_once(context: Context) -> None:
    row = make_row(HR, {**TRUTH, "discharged_soldier_kind": "other"}, area=HERE)
    await take(context, *data(HR, row))
    await settling.settle_left(context)
    assert await states(context) == []
    await open_phase(context)
    [(sent, event)] = await published(context, MISSED)
    part = event.parts["capture"]
    assert sent.key == part.candidate_id
    assert (part.department, part.area) == (HR, HERE)
    assert event.clear.county == COUNTY
    assert event.clear.subject_id is None
    # Who it is and where to look, and no more of the department's data.
    assert part.fields == {
        name: TRUTH[name] for name in ("name", "resident_number", "birth_date", "household_area")
    }
    assert await states(context) == [(HR, "told", None)]
    await run_county(context)
    assert len(await published(context, MISSED)) == 1


async def test_who_is_registered_is_a_candidate_no_more(context: Context) -> None:
    await open_phase(context)
    await take(context, *data(HR, make_row(HR, TRUTH)))
    await match_touched(context)
    assert await states(context) == [(HR, "told", None)]
    await take(context, subject(new_id(), here(1, OPEN), TRUTH))
    await match_touched(context)
    assert await states(context) == [(HR, "closed", None)]
    # Nothing of the row stays with the candidate, and a replay tells nobody anything.
    assert await rows(context, "SELECT 1 FROM candidate WHERE sealed IS NOT NULL") == []
    assert [event for _, event in await published(context, MISSED)] == [None]


async def test_two_sealed_rows_of_one_number_are_one_candidate(context: Context) -> None:
    """Linked by the campaign's blind; the registrar does not list, so its row alone is none."""
    changed = context.profile.departments[PS]
    assert not changed.lists
    await take(context, *data(PS, make_row(PS, TRUTH)))
    await open_phase(context)
    assert await states(context) == []
    await take(context, *data(HR, make_row(HR, TRUTH), make_row(HR, TRUTH)))
    await settling.settle_left(context)
    assert await states(context) == [(HR, "told", None)]
    assert len(await published(context, MISSED)) == 1


async def test_a_new_extract_with_the_same_person_tells_nothing_anew(context: Context) -> None:
    await open_phase(context)
    await take(context, *data(HR, make_row(HR, TRUTH)))
    await settling.settle_left(context)
    await take(context, *data(HR, make_row(HR, TRUTH), made_at=LATER))
    await settling.settle_left(context)
    assert await states(context) == [(HR, "told", None)]
    assert len(await published(context, MISSED)) == 1
    await take(context, *data(HR, made_at=LATER + timedelta(days=1)))
    await settling.settle_left(context)
    assert await states(context) == [(HR, "closed", None)]


async def test_a_person_who_is_unknown_again_is_told_again(context: Context) -> None:
    """A record's number was corrected away from the one that the department knows."""
    who = new_id()
    await open_phase(context)
    await take(context, *data(HR, make_row(HR, TRUTH)), subject(who, here(1, OPEN), TRUTH))
    await match_touched(context)
    assert await states(context) == []
    await take(context, subject(who, here(2), make_fields(9)))
    await match_touched(context)
    assert await states(context) == [(HR, "told", None)]
    await take(context, subject(who, here(3), TRUTH))
    await match_touched(context)
    await take(context, subject(who, here(4), make_fields(9)))
    await match_touched(context)
    sent = await published(context, MISSED)
    assert len({row.key for row, _ in sent}) == 1
    assert [row.version for row, _ in sent] == sorted({row.version for row, _ in sent})
    assert len(sent) == 2


@pytest.mark.parametrize(
    ("fields", "area", "expected"),
    [
        ({"died_on": "2018-09-01"}, HERE, []),
        ({"died_on": "2018-11-01"}, HERE, [(HR, "told", None)]),
        ({"moved_to": OUTSIDE}, HERE, []),
        ({"moved_to": THERE}, HERE, [(HR, "told", None)]),
        ({"moved_to": f"{PATH}7号"}, HERE, [(HR, "told", None)]),
        ({"moved_to": "无"}, HERE, [(HR, "told", None)]),
        ({"moved_to": "四川成都"}, HERE, []),
        # Where nobody can read that somebody went elsewhere, they are looked for: not lost.
        ({"moved_to": "不详"}, HERE, [(HR, "told", None)]),
        ({"moved_to": "同仁市隆务镇"}, HERE, [(HR, "told", None)]),
        # A village that this tree does not have lies in a township that it has.
        ({"moved_to": f"{THERE[:9]}999"}, f"{HERE[:9]}999", [(HR, "told", None)]),
        ({}, "110101", [(HR, "held", "area-unknown")]),
    ],
)
async def test_who_is_not_to_be_collected_here_is_not_sent_for(
    context: Context, fields: Fields, area: str, expected: list[Any]
) -> None:
    """C6, C13: nobody is sent to look for who died before, or lives elsewhere."""
    told = without({**TRUTH, **fields}, "household_area")
    await take(context, *data(HR, make_row(HR, told, area=area)))
    await open_phase(context)
    assert await states(context) == expected
    assert len(await published(context, MISSED)) == (expected == [(HR, "told", None)])


async def test_what_one_sealed_department_knows_keeps_another_from_asking(
    context: Context,
) -> None:
    await take(
        context,
        *data(HR, make_row(HR, TRUTH)),
        *data(PS, make_row(PS, {**TRUTH, "died_on": "2017"})),
    )
    await open_phase(context)
    assert await states(context) == []


@pytest.mark.parametrize("other", [PS, HR])
async def test_of_whom_two_dates_of_death_are_told_somebody_finds_out(
    context: Context, door: Door, other: str
) -> None:
    """C6, C13, R76: held, with the reason in words, until the departments agree; not lost."""
    after, before = {**TRUTH, "died_on": "2018-11-20"}, {**TRUTH, "died_on": "2018-09-20"}
    rows_of_hr = [make_row(HR, after, area=HERE)]
    if other == HR:
        rows_of_hr.append(make_row(HR, before, area=HERE))
    else:
        await take(context, *data(PS, make_row(PS, before)))
    await take(context, *data(HR, *rows_of_hr))
    await open_phase(context)
    assert await states(context) == [(HR, "held", "death-disputed")]
    assert await published(context, MISSED) == []
    async with door.client((Role.COLLECTOR, HERE)) as client:
        [item] = (await client.get("/candidates")).json()["items"]
    assert (item["zh"], item["en"]) == RULES["death-disputed"]
    # They agree on one date, or on the other.
    if other == PS:
        await take(context, *data(PS, make_row(PS, after), made_at=LATER))
    await take(context, *data(HR, make_row(HR, after, area=HERE), made_at=LATER))
    await settling.settle_left(context)
    assert await states(context) == [(HR, "told", None)]


async def test_who_all_say_died_before_the_standard_time_is_not_held(context: Context) -> None:
    before = {**TRUTH, "died_on": "2018-09-20"}
    await take(
        context,
        *data(PS, make_row(PS, before)),
        *data(HR, make_row(HR, TRUTH), make_row(HR, before)),
    )
    await open_phase(context)
    assert await states(context) == []


async def test_rows_by_which_nobody_can_be_found(context: Context) -> None:
    """A damaged number and no full date of birth; but a known name may be its owner."""
    damaged = {**TRUTH, "resident_number": "63232"}
    nothing = without(damaged, "birth_date")
    await take(context, *data(HR, make_row(HR, nothing, area=HERE)))
    await open_phase(context)
    assert await states(context) == [(HR, "held", "nothing-to-find-by")]
    await take(context, *data(HR, make_row(HR, damaged, area=HERE), made_at=LATER))
    await settling.settle_left(context)
    assert (HR, "told", None) in await states(context)
    await take(context, subject(new_id(), here(1), TRUTH), subject(new_id(), here(1), TRUTH))
    await match_touched(context)
    assert {state for _, state, _ in await states(context)} == {"closed"}


# -- blind departments -----------------------------------------------------------------------------


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


async def test_of_whom_two_moves_are_told_somebody_finds_out(context: Context) -> None:
    """R76: one says away, the other within the area; held until they agree, and not lost."""
    away, within = {**TRUTH, "moved_to": OUTSIDE}, {**TRUTH, "moved_to": THERE}
    await take(context, *data(PS, make_row(PS, away)))
    await take(context, *data(HR, make_row(HR, within, area=HERE)))
    await open_phase(context)
    assert await states(context) == [(HR, "held", "move-disputed")]
    assert await published(context, MISSED) == []
    await take(context, *data(PS, make_row(PS, within), made_at=LATER))
    await settling.settle_left(context)
    assert await states(context) == [(HR, "told", None)]


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


async def test_who_may_see_candidates(context: Context, door: Door) -> None:
    """Area decides (design section 5, rule 10); rows of no area are the administrator's."""
    told = without(make_fields(2), "household_area")
    await take(
        context,
        *data(HR, make_row(HR, TRUTH, area=HERE), make_row(HR, told, area="110101")),
    )
    await open_phase(context)
    async with door.client((Role.COLLECTOR, HERE)) as client:
        assert len((await client.get("/candidates")).json()["items"]) == 1
        assert (await client.get("/candidates", params={"area": THERE})).status_code == 403
    async with door.client((Role.COLLECTOR, THERE)) as client:
        assert (await client.get("/candidates")).json()["items"] == []
    async with door.client(ADMIN) as client:
        page = (await client.get("/candidates", params={"limit": 1})).json()
        rest = await client.get("/candidates", params={"limit": 1, "after": page["next"]})
        both = [*page["items"], *rest.json()["items"]]
    assert {one["area"] for one in both} == {HERE, "110101"}
    assert str(TRUTH["name"]) not in str(both)
