"""People whom a department knows and the campaign does not (R75, R76, R91)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from muster.crosscheck.domain.candidate import RULES
from muster.crosscheck.handlers import settling
from muster.runtime.context import Context
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

from .candidates import MISSED, states
from .conftest import (
    ADMIN,
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
    rows,
    run_county,
    subject,
    take,
    without,
)

LATER = EARLY + timedelta(days=7)
TRUTH = make_fields(1)
PATH = PROFILE.area_tree().path_name(THERE)


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
