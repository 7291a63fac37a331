"""Every rule of the profiles: what breaks it is found, and with the rule switched off it is not."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import pytest

from muster.forms import Profile
from muster.vocabulary import resident_number
from muster.vocabulary.states import Severity

TODAY = date(2018, 11, 20)
BORN = date(1950, 3, 4)
FUTURE = "2018-11-21"


@dataclass(frozen=True)
class Case:
    """A complete record of `categories`: with `kept` it keeps the rule, with `broken` not."""

    rule: str
    categories: tuple[str, ...]
    broken: dict[str, object]
    kept: dict[str, object] = field(default_factory=dict)
    profiles: tuple[str, ...] = ("tongren", "loudi")
    severity: Severity = Severity.REFUSE


SOLDIER = ("discharged_soldier",)
OFFICER = ("transferred_officer",)
EARLY = {"demobilised_kind": "early_enlisted", "birth_date": None, "resident_number": None}
NUMBER_OF_A_WOMAN = resident_number.make("632321", BORN, 2)
NEVER_AN_AREA = resident_number.make("119999", BORN, 1)
OLD_FORM = resident_number.shorten(resident_number.make("632321", BORN, 1))

CASES = [
    # R33
    Case("number-matches-birth", SOLDIER, {"birth_date": "1950-03-05"}),
    Case(
        "number-matches-sex",
        SOLDIER,
        {"resident_number": NUMBER_OF_A_WOMAN},
        {"sex": "2", "resident_number": NUMBER_OF_A_WOMAN},
        severity=Severity.WARN,
    ),
    Case(
        "number-area-known",
        SOLDIER,
        {"resident_number": NEVER_AN_AREA},
        {"resident_number": resident_number.make("110103", BORN, 1)},  # abandoned in 2010
        severity=Severity.WARN,
    ),
    Case("number-old-form", SOLDIER, {"resident_number": OLD_FORM}, severity=Severity.WARN),
    Case("birth-not-in-future", SOLDIER, {"birth_date": FUTURE}),
    # R34
    Case(
        "enlisted-not-in-future",
        SOLDIER,
        {"enlisted_on": "2019"},
        {"enlisted_on": "2018", "discharged_on": "2018"},
    ),
    Case(
        "discharged-not-in-future", SOLDIER, {"discharged_on": FUTURE}, {"discharged_on": "2018-11"}
    ),
    Case("born-before-enlisted", SOLDIER, {"enlisted_on": "1949"}, {"enlisted_on": "1966"}),
    Case(
        "enlisted-before-discharged",
        SOLDIER,
        {"enlisted_on": "1970-02", "discharged_on": "1970-01"},
        {"enlisted_on": "1970-02", "discharged_on": "1970"},
    ),
    Case(
        "young-at-enlistment",
        SOLDIER,
        {"enlisted_on": "1964-03-03"},
        {"enlisted_on": "1964-03-04"},
        severity=Severity.WARN,
    ),
    # R7
    Case(
        "self-chosen-career-since",
        OFFICER,
        {"transferred_officer_kind": "self_chosen", "discharged_on": "2001-01-18"},
        {"transferred_officer_kind": "self_chosen", "discharged_on": "2001-01-19"},
    ),
    Case(
        "enterprise-placed-until",
        OFFICER,
        {"enterprise_placed": True, "discharged_on": "2001"},
        {"enterprise_placed": True, "discharged_on": "2000-12-31"},
    ),
    # R9, R10, R11
    Case(
        "self-employed-under-twelve-years",
        SOLDIER,
        {
            "discharged_soldier_kind": "self_employed",
            "service_status": "nco",
            "enlisted_on": "1970-12-01",
            "discharged_on": "1982-12-01",
        },
        {
            "discharged_soldier_kind": "self_employed",
            "service_status": "nco",
            "enlisted_on": "1970-12-01",
            "discharged_on": "1982-11-30",
        },
        severity=Severity.WARN,
    ),
    Case(
        "own-occupation-until",
        SOLDIER,
        {
            "discharged_soldier_kind": "own_occupation",
            "own_occupation_certificate": "某证",
            "discharged_on": "2011-11-01",
        },
        {
            "discharged_soldier_kind": "own_occupation",
            "own_occupation_certificate": "某证",
            "discharged_on": "2011-10-31",
        },
    ),
    Case(
        "own-occupation-certificate",
        SOLDIER,
        {"discharged_soldier_kind": "own_occupation"},
        {"discharged_soldier_kind": "own_occupation", "own_occupation_certificate": "某证"},
    ),
    Case(
        "state-supported-grade-given",
        SOLDIER,
        {"discharged_soldier_kind": "state_supported"},
        {"discharged_soldier_kind": "state_supported", "disability_grade": 4},
    ),
    Case(
        "state-supported-grade",
        SOLDIER,
        {"discharged_soldier_kind": "state_supported", "disability_grade": 5},
        {"discharged_soldier_kind": "state_supported", "disability_grade": 1},
    ),
    # R15
    Case(
        "early-enlisted-until",
        ("demobilised_soldier",),
        {"demobilised_kind": "early_enlisted", "enlisted_on": "1968-12"},
        {
            "demobilised_kind": "early_enlisted",
            "birth_date": "1930-01-01",
            "resident_number": resident_number.make("632321", date(1930, 1, 1), 1),
            "enlisted_on": "1954-10",
        },
    ),
    Case("demobilised-officer-status", ("demobilised_soldier",), {"service_status": "conscript"}),
    # R17, only where the notice says so
    Case(
        "militia-draws-pension",
        ("disabled_militia",),
        {"draws_state_pension": False},
        profiles=("loudi",),
    ),
    # R19, in the category that each notice names
    Case(
        "rehabilitated-child-allowance",
        ("duty_death_survivor",),
        {"rehabilitated_child": True, "duty_death_relation": "child"},
        {
            "rehabilitated_child": True,
            "duty_death_relation": "child",
            "draws_living_allowance": True,
        },
        profiles=("tongren",),
    ),
    Case(
        "rehabilitated-child-relation",
        ("duty_death_survivor",),
        {
            "rehabilitated_child": True,
            "duty_death_relation": "spouse",
            "draws_living_allowance": True,
        },
        {
            "rehabilitated_child": True,
            "duty_death_relation": "child",
            "draws_living_allowance": True,
        },
        profiles=("tongren",),
    ),
    Case(
        "rehabilitated-child-relation",
        ("martyr_survivor",),
        {"rehabilitated_child": True, "martyr_relation": "spouse"},
        {"rehabilitated_child": True, "martyr_relation": "child"},
        profiles=("loudi",),
    ),
]
RUNS = [(name, case) for case in CASES for name in case.profiles]


@pytest.mark.parametrize(("name", "case"), RUNS, ids=[f"{n}-{c.rule}" for n, c in RUNS])
def test_a_rule_finds_what_breaks_it_and_is_silent_when_switched_off(
    name: str,
    case: Case,
    complete: Callable[..., dict[str, object]],
    without_rule: Callable[[str, str], Profile],
) -> None:
    """R7, R9, R10, R11, R15, R17, R19, R33, R34, R69, R70."""
    profile = Profile.load(name)
    kept = complete(profile, case.categories, **case.kept)
    assert profile.check_record(kept, today=TODAY) == []
    broken = complete(profile, case.categories, **case.broken)
    found = {reason.rule: reason for reason in profile.check_record(broken, today=TODAY)}
    assert case.rule in found
    assert found[case.rule].severity is case.severity
    off = without_rule(name, case.rule)
    still = {reason.rule for reason in off.check_record(broken, today=TODAY)}
    assert still == set(found) - {case.rule}


def test_every_rule_of_both_profiles_has_a_case(profile: Profile) -> None:
    """A rule that nothing shows to work is no rule; those on category sets have their own test."""
    shown = {case.rule for name, case in RUNS if name == profile.id}
    on_fields = {rule.id for rule in profile.rules.values() if rule.field != "categories"}
    assert on_fields == shown


def test_an_nco_of_twelve_years_who_chose_is_no_warning(
    tongren: Profile, complete: Callable[..., dict[str, object]]
) -> None:
    """R9: "符合政府安排工作条件但本人自愿选择自主就业"."""
    record = complete(
        tongren,
        SOLDIER,
        discharged_soldier_kind="self_employed",
        self_employed_by_choice=True,
        service_status="nco",
        enlisted_on="1970",
        discharged_on="1990",
    )
    assert tongren.check_record(record, today=TODAY) == []


def test_the_old_form_has_no_century(
    tongren: Profile, complete: Callable[..., dict[str, object]]
) -> None:
    """R33: a 15-digit number of somebody born in the 1800s is no contradiction."""
    record = complete(
        tongren, ("martyr_survivor",), resident_number=OLD_FORM, birth_date="1850-03-04"
    )
    assert [r.rule for r in tongren.check_record(record, today=TODAY)] == ["number-old-form"]


def test_category_8_needs_a_pension_only_in_loudi(
    tongren: Profile, loudi: Profile, complete: Callable[..., dict[str, object]]
) -> None:
    """R17: 娄二(三) restricts, 同二(八) does not (C3)."""
    for profile, expected in ((tongren, []), (loudi, ["militia-draws-pension"])):
        record = complete(profile, ("disabled_militia",), draws_state_pension=False)
        assert [r.rule for r in profile.check_record(record, today=TODAY)] == expected
    missing = complete(loudi, ("disabled_militia",), draws_state_pension=None)
    assert [r.rule for r in loudi.check_record(missing, today=TODAY)] == ["required"]


def test_children_of_the_wrongly_killed_belong_where_each_notice_puts_them(
    tongren: Profile, loudi: Profile
) -> None:
    """R19: category 10 in 同仁, category 9 in 娄底 (C2)."""
    assert tongren.fields["rehabilitated_child"].categories == {"duty_death_survivor"}
    assert loudi.fields["rehabilitated_child"].categories == {"martyr_survivor"}
