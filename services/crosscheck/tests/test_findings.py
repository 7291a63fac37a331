"""Each rule of the matching function, with a few people, on a real PostgreSQL (R73-R76)."""

from __future__ import annotations

import uuid

import pytest

from muster.crosscheck.handlers import common
from muster.runtime.context import Context
from muster.vocabulary import resident_number
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Origin, SubjectState

from .conftest import (
    AF,
    EARLY,
    HERE,
    HR,
    OPEN,
    OUTSIDE,
    PROFILE,
    PS,
    THERE,
    data,
    here,
    make_fields,
    make_row,
    match_touched,
    open_phase,
    orders,
    rows,
    run_county,
    standing,
    subject,
    take,
    without,
)

TRUTH = make_fields(1)
WHO = new_id()


async def test_nothing_is_found_before_the_comparison_phase(context: Context) -> None:
    await take(context, subject(WHO, here(1, OPEN), TRUTH))
    await match_touched(context)
    assert await orders(context) == set()
    assert await rows(context, "SELECT 1 FROM touched") == []
    await open_phase(context)
    assert await orders(context) == {("missed_subject", WHO, "", "")}


@pytest.mark.parametrize(
    ("field", "record", "department", "differs"),
    [
        ("ethnicity", "04", "01", True),
        ("ethnicity", "01", "01", False),
        ("enlisted_on", "1970-12-01", "1969", True),
        ("enlisted_on", "1969-12-03", "1969", False),
        ("enlisted_on", "1969", "1969-12", False),
        ("enlisted_on", "1969-12-03", "1969-11", True),
        ("household_area", HERE, HERE.replace("632321", "632301"), False),
        ("household_area", HERE, THERE, True),
        ("name", "才让·多杰", "才让•多杰", False),
        ("name", "才让·多杰", "才让多杰", False),
        ("name", "才让\u3000多杰", "才让多杰", False),
        ("name", "才让Ａ", "才让a", False),
        ("name", "才让·多杰", "才让多吉", True),
        ("former_name", "才让·多杰", "才让多杰", False),
        ("former_name", "Ａ１２", "a12", False),
        ("service_unit", "某部一连", "某部二连", True),
    ],
)
async def test_a_field_differs_at_the_finest_precision_that_both_have(
    context: Context, field: str, record: str, department: str, differs: bool
) -> None:
    """R73: what only looks different is no problem."""
    of = AF if field in PROFILE.departments[AF].fields else PS
    await take(
        context,
        subject(WHO, here(1), {**TRUTH, field: record}),
        *data(of, make_row(of, {**TRUTH, field: department})),
    )
    await open_phase(context)
    assert (("field_mismatch", WHO, of, field) in await orders(context)) is differs


@pytest.mark.parametrize("number", ["whole", "old"])
async def test_a_wrong_name_is_one_finding_and_no_other(context: Context, number: str) -> None:
    """R73, R76: who is known by the number is there, whatever the name: nobody is missed, nobody is
    entered twice, and only the household register is asked for a name."""
    told = {**TRUTH, "name": "才让多杰"}
    if number == "old":
        told["resident_number"] = resident_number.shorten(str(TRUTH["resident_number"]))
    await take(
        context,
        subject(WHO, here(1), told),
        *(message for of in (PS, HR, AF) for message in data(of, make_row(of, TRUTH))),
    )
    await open_phase(context)
    assert await orders(context) == {("field_mismatch", WHO, PS, "name")}
    assert await rows(context, "SELECT 1 FROM candidate") == []
    await take(context, subject(WHO, here(2), TRUTH, version=2))
    await match_touched(context)
    assert await orders(context) == set()


async def test_a_field_is_compared_only_where_both_have_it_and_it_is_collected(
    context: Context,
) -> None:
    known, silent = new_id(), new_id()
    fields = make_fields(2)
    await take(
        context,
        subject(known, here(1, OPEN), TRUTH),
        subject(silent, here(1), fields),
        *data(
            PS,
            make_row(PS, {**TRUTH, "ethnicity": "04"}),
            make_row(PS, without(fields, "ethnicity")),
        ),
    )
    await open_phase(context)
    assert await orders(context) == {("missed_subject", known, "", "")}


async def test_only_what_a_department_answers_for_is_compared(context: Context) -> None:
    """A helping column of a department (a date of birth, an area) is no second registry."""
    assert "sex" not in PROFILE.departments[HR].fields
    row = make_row(HR, {**TRUTH, "discharged_soldier_kind": "other"})
    strange = row.blinds.model_copy(update={"fields": {"sex": ("hmac-sha256.blind/x/1.AAAA",)}})
    await take(
        context,
        subject(WHO, here(1), TRUTH),
        *data(HR, row.model_copy(update={"blinds": strange})),
    )
    await open_phase(context)
    assert await orders(context) == set()


async def test_what_a_record_lacks_and_a_department_has_is_missing(context: Context) -> None:
    """R75, R76: only of the fields that the categories ask."""
    plain, widow = new_id(), new_id()
    hers = make_fields(2)
    await take(
        context,
        subject(plain, here(1), without(TRUTH, "service_unit")),
        subject(widow, here(1), without(hers, "service_unit"), categories=("martyr_survivor",)),
        *data(AF, make_row(AF, TRUTH), make_row(AF, hers)),
    )
    await open_phase(context)
    assert await orders(context) == {("missing_field", plain, AF, "service_unit")}


async def test_what_nobody_has_is_not_missing(context: Context) -> None:
    gap = without(TRUTH, "service_unit")
    await take(context, subject(WHO, here(1), gap), *data(AF, make_row(AF, gap)))
    await open_phase(context)
    assert await orders(context) == set()


@pytest.mark.parametrize("origin", [Origin.BASELINE, Origin.ROSTER, Origin.DISCOVERED])
async def test_who_stands_open_is_missed_until_collected(context: Context, origin: Origin) -> None:
    """R75, R76: nobody left out."""
    await open_phase(context)
    await take(context, subject(WHO, standing(1, (HERE, origin, OPEN)), TRUTH))
    await match_touched(context)
    assert await orders(context) == {("missed_subject", WHO, "", "")}
    await take(context, subject(WHO, here(2), TRUTH))
    await match_touched(context)
    assert await orders(context) == set()
    assert await orders(context, "closed") == {("missed_subject", WHO, "", "")}


@pytest.mark.parametrize(
    "state",
    [
        SubjectState.DECLINED,
        SubjectState.MERGED,
        SubjectState.DEAD_BEFORE,
        SubjectState.DEAD_AFTER,
        SubjectState.INELIGIBLE,
        SubjectState.MOVED_OUT,
    ],
)
async def test_whose_case_is_closed_has_no_problems(context: Context, state: SubjectState) -> None:
    """R99: whoever gives up registration is left alone."""
    row = {**TRUTH, "ethnicity": "04", "died_on": "2018-09-01", "moved_to": OUTSIDE}
    await take(context, subject(WHO, here(1), TRUTH), *data(PS, make_row(PS, row)))
    await open_phase(context)
    assert {kind for kind, *_ in await orders(context)} == {"field_mismatch", "dead", "moved"}
    await take(context, subject(WHO, here(2, state), TRUTH, version=1))
    await match_touched(context)
    assert await orders(context) == set()


@pytest.mark.parametrize(
    ("died_on", "state", "found"),
    [
        ("2018-09-30", SubjectState.COLLECTED, True),
        ("2018-09-30", OPEN, True),
        ("2018-10-01", SubjectState.COLLECTED, False),
        ("2018-11-20", OPEN, True),
        ("2018", SubjectState.COLLECTED, False),
        ("2018", OPEN, True),
        ("2017", SubjectState.COLLECTED, True),
        ("unknown", OPEN, False),
    ],
)
async def test_the_dead_are_found_by_the_standard_time(
    context: Context, died_on: str, state: SubjectState, found: bool
) -> None:
    """C6, C13: dead before it is not collected; dead after it is, but not visited."""
    await take(
        context,
        subject(WHO, here(1, state), TRUTH),
        *data(PS, make_row(PS, {**TRUTH, "died_on": died_on})),
    )
    await open_phase(context)
    assert (("dead", WHO, PS, "") in await orders(context)) is found


TOWNSHIP = PROFILE.area_tree().get(HERE).parent
OTHER_TOWNSHIP = PROFILE.area_tree().townships()[-1]
PATH = PROFILE.area_tree().path_name(HERE)


@pytest.mark.parametrize(
    ("moved_to", "found"),
    [
        (OUTSIDE, True),
        ("四川省成都市", True),
        (THERE, True),
        (OTHER_TOWNSHIP.code, True),
        (OTHER_TOWNSHIP.name, True),
        (HERE, False),
        (HERE.replace("632321", "632301"), False),
        (TOWNSHIP, False),
        ("632321", False),
        ("同仁县", False),
        ("", False),
        # What a register writes that was not made here: marks of an empty cell, addresses, and
        # villages that this tree does not have.
        ("无", False),
        (" Ｎ／Ａ ", False),
        ("——", False),
        (f"{PATH}12号", False),
        (f"同仁县{PROFILE.area_tree().get(HERE).name}", False),
        ("同仁县某路3号", False),
        (f"青海省同仁县{OTHER_TOWNSHIP.name}某村3组", True),
        ("青海省西宁市城东区", True),
        ("青海省黄南州同仁县", False),
        ("不详", False),
        (f"{TOWNSHIP}999", False),
        (f"{OTHER_TOWNSHIP.code}999", True),
        (f"{OUTSIDE}001001", True),
    ],
)
async def test_who_moved_is_found(context: Context, moved_to: str, found: bool) -> None:
    """R75: an area that holds the village says nothing against it, however it is written."""
    await take(
        context,
        subject(WHO, here(1), TRUTH),
        *data(PS, make_row(PS, {**TRUTH, "moved_to": moved_to})),
    )
    await open_phase(context)
    assert (("moved", WHO, PS, "") in await orders(context)) is found


async def test_a_death_that_two_departments_report_is_one_order(context: Context) -> None:
    row = {**TRUTH, "died_on": "2018-09-01", "moved_to": OUTSIDE}
    await take(
        context,
        subject(WHO, here(1), TRUTH),
        *data(PS, make_row(PS, row)),
        *data(HR, make_row(HR, row)),
    )
    await open_phase(context)
    assert await orders(context) == {("dead", WHO, HR, ""), ("moved", WHO, HR, "")}
    identities = await rows(context, "SELECT discrepancy_id, revision FROM discrepancy")
    await take(context, *data(HR, made_at=EARLY.replace(month=12)))
    await match_touched(context)
    assert await orders(context) == {("dead", WHO, PS, ""), ("moved", WHO, PS, "")}
    now = await rows(context, "SELECT discrepancy_id, revision FROM discrepancy")
    assert {row[0] for row in now} == {row[0] for row in identities}
    assert {row.revision for row in now} == {2}


# -- life of a work order --------------------------------------------------------------------------


async def test_an_order_closes_only_when_its_rule_passes_and_comes_back_as_itself(
    context: Context,
) -> None:
    """Design section 5, rule 7; R76."""
    wrong = {**TRUTH, "ethnicity": "04"}
    await take(context, subject(WHO, here(1), wrong), *data(PS, make_row(PS, TRUTH)))
    await open_phase(context)
    expected = ("field_mismatch", WHO, PS, "ethnicity")
    assert await orders(context) == {expected}
    [first] = await rows(context, "SELECT * FROM discrepancy")
    # A new version that mends something else does not close it.
    await take(context, subject(WHO, here(1), {**wrong, "phone": "0973-1"}, version=2))
    await match_touched(context)
    assert await orders(context) == {expected}
    [same] = await rows(context, "SELECT * FROM discrepancy")
    assert same.revision == first.revision == 1
    await take(context, subject(WHO, here(1), TRUTH, version=3))
    await match_touched(context)
    assert await orders(context) == set()
    await take(context, subject(WHO, here(1), wrong, version=4))
    await match_touched(context)
    [again] = await rows(context, "SELECT * FROM discrepancy")
    assert (again.discrepancy_id, again.revision) == (first.discrepancy_id, 3)
    assert again.closed_at is None
    assert again.first_opened_at == first.opened_at < again.opened_at
    told = await rows(context, "SELECT topic, key, version FROM outbox WHERE topic LIKE '%discr%'")
    assert [(r.topic.rpartition("-")[2], r.key, r.version) for r in told] == [
        ("opened", str(first.discrepancy_id), 1),
        ("closed", str(first.discrepancy_id), 2),
        ("opened", str(first.discrepancy_id), 3),
    ]


async def test_an_order_follows_the_person_to_another_village(context: Context) -> None:
    """R75: work orders go to where the household registration stands."""
    await take(context, subject(WHO, here(1, OPEN), TRUTH))
    await open_phase(context)
    moved = standing(
        2,
        (HERE, Origin.BASELINE, SubjectState.MOVED_OUT),
        (THERE, Origin.MOVED_IN, OPEN),
    )
    await take(context, subject(WHO, moved, TRUTH))
    await match_touched(context)
    [order] = await rows(context, "SELECT village, revision, closed_at FROM discrepancy")
    assert tuple(order) == (THERE, 2, None)


async def test_the_county_job_changes_nothing_that_is_settled(context: Context) -> None:
    await take(
        context,
        subject(WHO, here(1), {**TRUTH, "ethnicity": "04"}),
        subject(new_id(), here(1, OPEN), make_fields(3)),
        *data(PS, make_row(PS, TRUTH)),
    )
    first = await open_phase(context)
    assert first.opened == 2
    assert await run_county(context) == type(first)()
    assert len(await rows(context, "SELECT 1 FROM outbox")) == 2


async def test_the_id_of_an_order_cannot_be_guessed_from_what_is_clear(context: Context) -> None:
    """The subject's id stands on topics in the clear; what is wrong with whom must not follow."""
    await take(context, subject(WHO, here(1, OPEN), TRUTH))
    await open_phase(context)
    [order] = await rows(context, "SELECT discrepancy_id::text FROM discrepancy")
    identity = ("missed_subject", WHO, "", "", "")
    assert order[0] == common.keyed_id(context, "discrepancy", *identity)
    for space in (uuid.NAMESPACE_DNS, uuid.NAMESPACE_URL, uuid.NAMESPACE_OID):
        assert order[0] != str(uuid.uuid5(space, "|".join(identity)))
