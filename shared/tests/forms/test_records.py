"""A record held against the form: what is asked, in which form, and with which papers."""

import json
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.forms import Profile
from muster.forms.reading import FINDS
from muster.forms.source import ProfileError
from muster.vocabulary import resident_number
from muster.vocabulary.reasons import Reason
from muster.vocabulary.states import Severity

TODAY = date(2018, 11, 20)
TONGREN = Profile.load("tongren")
Record = dict[str, Any]
Complete = Callable[..., Record]
Variant = Callable[[str, Callable[[dict[str, Any]], object]], Profile]
IDENTITY = ["name", "sex", "ethnicity", "birth_date", "resident_number", "political_status"]
SERVICE = ["enlisted_on", "discharged_on", "service_status", "service_unit"]
OF_ITS_CATEGORY = {
    "transferred_officer": ["transferred_officer_kind"],
    "discharged_soldier": ["discharged_soldier_kind"],
    "retired_cadre": ["retired_cadre_management"],
    "civilian_staff": ["civilian_staff_kind"],
    "demobilised_soldier": ["demobilised_kind"],
    "red_army_veteran": ["red_army_kind", "red_army_management"],
    "disabled_serviceman": ["disability_cause", "disability_grade", "disability_certificate"],
    "disabled_militia": ["militia_identity", "militia_cause", "militia_certificate"],
    "martyr_survivor": ["martyr_relation", "martyr_name", "draws_regular_pension"],
    "duty_death_survivor": ["duty_death_relation", "duty_death_name", "draws_regular_pension"],
    "illness_death_survivor": ["illness_death_relation", "illness_death_name"],
    "active_duty_family": ["active_duty_relation", "serving_name"],
}
REQUIRED = [
    *[("martyr_survivor", field) for field in (*IDENTITY, "household_area", "household_address")],
    *[("discharged_soldier", field) for field in SERVICE],
    *[(category, field) for category, fields in OF_ITS_CATEGORY.items() for field in fields],
]


def rules(reasons: list[Reason]) -> list[tuple[str, str]]:
    return [(reason.field, reason.rule) for reason in reasons]


def legal(category: str) -> set[str]:
    return {category, "discharged_soldier"} if category == "disabled_serviceman" else {category}


def test_a_complete_record_of_any_category_is_clean(profile: Profile, complete: Complete) -> None:
    for category in profile.categories:
        assert profile.check_record(complete(profile, legal(category)), today=TODAY) == []


@pytest.mark.parametrize(("category", "field"), REQUIRED)
def test_what_the_notice_asks_must_be_filled(
    tongren: Profile, complete: Complete, variant: Variant, category: str, field: str
) -> None:
    """R6, R8, R12, R13, R14, R16, R17, R18, R20, R21, R33, R34, R35, R36: a missing value is
    refused; with `required: none` it is not."""
    record = complete(tongren, legal(category), **{field: None})
    assert (field, "required") in rules(tongren.check_record(record, today=TODAY))

    def switch_off(content: dict[str, Any]) -> None:
        content["fields"].update({field: {"required": "none"}})

    if field in FINDS:  # nobody could be found or counted: a profile cannot switch it off
        with pytest.raises(ProfileError, match="required of all"):
            variant("tongren", switch_off)
        return
    off = variant("tongren", switch_off)
    assert (field, "required") not in rules(off.check_record(record, today=TODAY))


def test_each_category_has_its_own_form(profile: Profile, complete: Complete) -> None:
    """R30, R37: a field of another category is refused, and not asked."""
    for category, fields in OF_ITS_CATEGORY.items():
        asked = {field.id for field in profile.fields_for(legal(category))}
        assert set(fields) <= asked
        for other, theirs in OF_ITS_CATEGORY.items():
            values = complete(profile, legal(other))["fields"]
            strange = {field: values[field] for field in theirs if field not in asked}
            record = complete(profile, legal(category), **strange)
            assert rules(profile.check_record(record, today=TODAY)) == [
                (field, "not-for-categories") for field in profile.fields if field in strange
            ]


def test_category_4_gives_its_dates_only_and_12_nothing_of_service(profile: Profile) -> None:
    """R34, R35: who had no military status has no status in service, no unit, no number."""
    service = {field.id for field in profile.fields.values() if field.section == "service"}
    assert {f.id for f in profile.fields_for({"civilian_staff"})} & service == {
        "enlisted_on",
        "discharged_on",
    }
    assert not {f.id for f in profile.fields_for({"active_duty_family"})} & service


@pytest.mark.parametrize(
    ("categories", "field", "value", "rule"),
    [
        ({"martyr_survivor"}, "name", "  ", "format-text"),
        ({"martyr_survivor"}, "name", 3, "format-text"),
        ({"martyr_survivor"}, "name", "某\x00", "format-text"),
        ({"martyr_survivor"}, "name", "某\u202e人", "format-text"),
        ({"martyr_survivor"}, "name", "\u2067某\u2069", "format-text"),
        ({"martyr_survivor"}, "name", "某" * 61, "too-long"),
        ({"martyr_survivor"}, "sex", "男", "not-an-option"),
        ({"martyr_survivor"}, "ethnicity", "57", "not-an-option"),
        ({"martyr_survivor"}, "political_status", 1, "not-an-option"),
        ({"martyr_survivor"}, "birth_date", "1950", "format-date"),
        ({"martyr_survivor"}, "birth_date", "1950-3-4", "format-date"),
        ({"martyr_survivor"}, "birth_date", "1950-02-30", "impossible-date"),
        ({"martyr_survivor"}, "birth_date", None.__class__, "format-date"),
        ({"martyr_survivor"}, "resident_number", "1", "number-length"),
        ({"martyr_survivor"}, "resident_number", 1, "number-format"),
        ({"martyr_survivor"}, "household_area", "632321999999", "unknown-area"),
        ({"martyr_survivor"}, "household_area", "632321", "area-not-lowest"),
        ({"martyr_survivor"}, "household_area", "630000", "area-not-lowest"),
        ({"martyr_survivor"}, "phone", "call me", "format-phone"),
        ({"martyr_survivor"}, "draws_regular_pension", "true", "format-boolean"),
        ({"martyr_survivor"}, "draws_regular_pension", 1, "format-boolean"),
        ({"martyr_survivor"}, "martyr_relation", "cousin", "not-an-option"),
        ({"active_duty_family"}, "active_duty_relation", "sibling", "not-an-option"),
        ({"discharged_soldier"}, "enlisted_on", "1968-13", "impossible-date"),
        ({"discharged_soldier"}, "enlisted_on", "68", "format-partial-date"),
        ({"discharged_soldier"}, "service_status", "general", "not-an-option"),
        ({"discharged_soldier"}, "discharged_soldier_kind", "planned", "not-an-option"),
        ({"discharged_soldier", "disabled_serviceman"}, "disability_grade", 11, "out-of-range"),
        ({"discharged_soldier", "disabled_serviceman"}, "disability_grade", 0, "out-of-range"),
        ({"discharged_soldier", "disabled_serviceman"}, "disability_grade", "6", "format-integer"),
        ({"discharged_soldier", "disabled_serviceman"}, "disability_grade", True, "format-integer"),
    ],
)
def test_a_value_of_another_form_is_refused(
    tongren: Profile,
    complete: Complete,
    categories: set[str],
    field: str,
    value: object,
    rule: str,
) -> None:
    """R8, R18, R21, R32, R33, R34, R35, R36, R69: 现役军人's family has no siblings (C7)."""
    record = complete(tongren, categories, **{field: value})
    assert (field, rule) in rules(tongren.check_record(record, today=TODAY))


def test_survivors_count_whether_or_not_they_draw_the_pension(
    profile: Profile, complete: Complete
) -> None:
    """R18, R19, R20: "无论是否享受定期抚恤金,均纳入统计范围", and every relation of the list."""
    for category in ("martyr_survivor", "duty_death_survivor", "illness_death_survivor"):
        relation = category.replace("survivor", "relation")
        for kin in ("parent", "fosterer", "spouse", "child", "sibling"):
            for draws in (True, False):
                record = complete(
                    profile, {category}, draws_regular_pension=draws, **{relation: kin}
                )
                assert profile.check_record(record, today=TODAY) == []


def test_a_record_has_three_parts_and_the_current_form(
    tongren: Profile, complete: Complete
) -> None:
    """R69: anything else is one plain refusal."""
    good = complete(tongren, {"martyr_survivor", "active_duty_family"})
    shapes: list[Record] = [
        {},
        good | {"remark": "x"},
        {name: value for name, value in good.items() if name != "fields"},
        good | {"fields": []},
        good | {"categories": "martyr_survivor"},
        good | {"categories": list(reversed(good["categories"]))},
        good | {"categories": ["martyr_survivor", "martyr_survivor"]},
        good | {"categories": [1]},
    ]
    for shape in shapes:
        assert rules(tongren.check_record(shape, today=TODAY)) == [("record", "record-shape")]
    old = good | {"form_version": "tongren/0"}
    assert rules(tongren.check_record(old, today=TODAY)) == [("record", "form-version")]


def test_an_unknown_field_or_category_is_refused(tongren: Profile, complete: Complete) -> None:
    """R69, R100: its name is not told, since it may be somebody's number or name."""
    number = resident_number.make("632321", date(1950, 3, 4), 1)
    record = complete(tongren, {"martyr_survivor"})
    record["fields"] |= {number: "x", "zhang_san": "x", "\0": "x"}
    assert rules(tongren.check_record(record, today=TODAY)) == [("record", "unknown-field")]
    record = complete(tongren, {"martyr_survivor"}) | {"categories": ["admiral"]}
    assert ("categories", "unknown-category") in rules(tongren.check_record(record, today=TODAY))


def test_an_illegal_set_is_refused_with_the_record(tongren: Profile, complete: Complete) -> None:
    """R24, R69: the record's categories are held against the same rules."""
    record = complete(tongren, {"transferred_officer", "discharged_soldier"})
    assert rules(tongren.check_record(record, today=TODAY)) == [
        ("categories", "one-service-category")
    ]


@given(st.text(min_size=4, max_size=30), st.integers(10**6, 10**9))
def test_a_reason_never_holds_a_value(text: str, number: int) -> None:
    """R100: whatever is sent as a value, no reason repeats it."""
    profile = Profile.load("tongren")
    quiet = dict.fromkeys(profile.fields, text + "\x00")
    for fields in (quiet, dict.fromkeys(profile.fields, number)):
        record = {
            "form_version": "tongren/1",
            "categories": sorted(profile.categories),
            "fields": fields,
        }
        reasons = profile.check_record(record, today=TODAY)
        assert len(reasons) > len(fields) / 2
        words = json.dumps([reason.as_dict() for reason in reasons], ensure_ascii=False)
        assert text + "\x00" not in words
        assert str(number) not in words


def test_every_reason_speaks_chinese_and_english(tongren: Profile) -> None:
    """R70: plain words in both languages."""
    record = {
        "form_version": "tongren/1",
        "categories": sorted(tongren.categories),
        "fields": dict.fromkeys(tongren.fields, ""),
    }
    reasons = tongren.check_record(record, today=TODAY, have_evidence=())
    assert {r.field for r in reasons} >= {"categories", "evidence", *tongren.fields}
    for reason in reasons:
        assert any("\u4e00" <= sign <= "\u9fff" for sign in reason.zh)
        assert any("a" <= sign <= "z" for sign in reason.en)
        assert "{" not in reason.zh + reason.en


PAPERS = [
    ({"martyr_survivor"}, "identity_papers", ["id_card"]),
    ({"martyr_survivor"}, "household_papers", ["household_booklet"]),
    ({"martyr_survivor"}, "portrait", ["portrait"]),
    ({"transferred_officer"}, "service_papers", ["transfer_certificate"]),
    ({"discharged_soldier"}, "service_papers", ["discharge_certificate", "loss_proof"]),
    ({"civilian_staff"}, "service_papers", ["retirement_certificate"]),
    (
        {"discharged_soldier", "disabled_serviceman"},
        "disabled_serviceman_papers",
        ["disabled_serviceman_certificate"],
    ),
    (
        {"disabled_militia"},
        "disabled_militia_papers",
        ["disabled_militia_certificate", "war_duty_disability_certificate"],
    ),
    ({"martyr_survivor"}, "martyr_papers", ["martyr_certificate"]),
    ({"duty_death_survivor"}, "duty_death_papers", ["duty_death_certificate"]),
    ({"illness_death_survivor"}, "illness_death_papers", ["illness_death_certificate"]),
]


@pytest.mark.parametrize(("categories", "need", "papers"), PAPERS)
def test_the_papers_of_each_category(
    profile: Profile,
    complete: Complete,
    variant: Variant,
    categories: set[str],
    need: str,
    papers: list[str],
) -> None:
    """R16, R17, R45, R61, R62, R63, R64, R67: a record without its paper is refused, any one of
    several will do, and with the requirement switched off nothing is said."""
    record = complete(profile, categories)
    others = set(profile.papers) - set(profile.evidence[need].one_of)
    found = profile.check_record(record, today=TODAY, have_evidence=others)
    assert [(r.field, r.rule, r.severity) for r in found] == [("evidence", need, Severity.REFUSE)]
    for paper in papers:
        assert profile.check_record(record, today=TODAY, have_evidence={*others, paper}) == []

    def switch_off(content: dict[str, Any]) -> None:
        content.setdefault("evidence", {})[need] = {"remove": True}
        content["inherits_because"].pop(need, None)

    off = variant(profile.id, switch_off)
    assert off.check_record(record, today=TODAY, have_evidence=others) == []


def test_category_12_is_asked_for_a_paper_but_not_held_up(
    profile: Profile, complete: Complete
) -> None:
    """R70: the notices list nothing for category 12 (C8), so it is a warning."""
    record = complete(profile, {"active_duty_family"})
    everyone = {"id_card", "household_booklet", "portrait"}
    found = profile.check_record(record, today=TODAY, have_evidence=everyone)
    assert [(r.rule, r.severity) for r in found] == [("military_family_papers", Severity.WARN)]
    assert profile.check_record(record, today=TODAY) == []


def test_a_child_of_the_wrongly_killed_has_no_martyr_certificate(
    loudi: Profile, complete: Complete
) -> None:
    """R19, R64: 娄二(二) counts them among the survivors of martyrs."""
    child = {"rehabilitated_child": True, "martyr_relation": "child"}
    everyone = {"id_card", "household_booklet", "portrait"}
    record = complete(loudi, {"martyr_survivor"}, **child)
    assert loudi.check_record(record, today=TODAY, have_evidence=everyone) == []


def test_merit_papers_and_others_may_be_kept_and_are_never_asked(profile: Profile) -> None:
    """R65: they are papers of the profile, and no requirement names them."""
    asked = {paper for need in profile.evidence.values() for paper in need.one_of}
    assert {"merit_certificate", "other"} <= set(profile.papers) - asked


def test_checking_is_fast_enough_for_a_packet(tongren: Profile, complete: Complete) -> None:
    """A packet of 500 records is checked in well under a second."""
    record = complete(tongren, {"discharged_soldier", "disabled_serviceman", "martyr_survivor"})
    tongren.check_record(record, today=TODAY)
    start = time.process_time()
    for _ in range(500):
        assert tongren.check_record(record, today=TODAY, have_evidence=tongren.papers) == []
    assert time.process_time() - start < 1
