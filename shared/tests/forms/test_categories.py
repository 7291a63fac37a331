"""The category sets, against an oracle written from the notice's own sentences (R22-R28, C11).

The oracle knows numbers and sentences only; which id has which number is asserted from the list
in 同三(二), typed here again.
"""

from collections.abc import Callable
from datetime import date
from itertools import chain, combinations

import pytest

from muster.forms import Profile

# 同三(二): "具体有:(1)军队转业干部(2)退役士兵(3)...", the long names shortened to their head.
LIST_OF_THE_NOTICE = {
    1: "军队转业干部",
    2: "退役士兵",
    3: "军队离退休干部和退休士官",
    4: "军队无军籍离退休退职职工",
    5: "复员军人",
    6: "退伍红军老战士",
    7: "残疾军人",
    8: "伤残民兵民工",
    9: "烈士遗属",
    10: "因公牺牲军人遗属",
    11: "病故军人遗属",
    12: "现役军人家属",
}
ALL_SETS = [
    frozenset(chosen)
    for chosen in chain.from_iterable(combinations(range(1, 13), size) for size in range(1, 13))
]


def one_of_1_to_6(ticked: frozenset[int]) -> bool:
    """ "(1)至(6)不可复选,只能择其一"."""
    return len([number for number in ticked if number <= 6]) < 2


def one_of_7_and_8(ticked: frozenset[int]) -> bool:
    """ "(7)和(8)只能择其一,不能复选"."""
    return not {7, 8} <= ticked


def seven_is_not_alone(ticked: frozenset[int]) -> bool:
    """ "(7)“残疾军人”不可单选,如选择(7),则须与(1)至(6)项复选"."""
    return 7 not in ticked or any(number in ticked for number in (1, 2, 3, 4, 5, 6))


def eight_is_not_with_1_to_6(ticked: frozenset[int]) -> bool:
    """ "(8)不可与(1)至(6)复选"."""
    return 8 not in ticked or min(ticked) > 6


def allowed(ticked: frozenset[int]) -> bool:
    """All four; "(9)至(12)可复选,且在遵守前述复选规则的情况下,可与(1)至(8)复选" adds none."""
    return (
        one_of_1_to_6(ticked)
        and one_of_7_and_8(ticked)
        and seven_is_not_alone(ticked)
        and eight_is_not_with_1_to_6(ticked)
    )


def ids(profile: Profile, ticked: frozenset[int]) -> frozenset[str]:
    by_name = {category.zh: category.id for category in profile.categories.values()}
    return frozenset(by_name[LIST_OF_THE_NOTICE[number]] for number in ticked)


def named(profile: Profile, cell: str) -> frozenset[str]:
    """The categories of a baseline row with this cell."""
    _, categories, _ = profile.check_baseline({}, cell, date(2018, 11, 20))
    return frozenset(categories)


def test_there_are_twelve_in_the_order_of_the_notice(profile: Profile) -> None:
    """R5, R37: twelve categories, shown with the numbers of 同三(二)."""
    shown = {category.number: category.zh for category in profile.categories.values()}
    assert shown == LIST_OF_THE_NOTICE


def test_exactly_the_sets_of_the_notice_are_allowed(profile: Profile) -> None:
    """R23, R24, R25, R26, R27, R28: all 4,095 sets, of which 223 are allowed."""
    assert len(ALL_SETS) == 4095
    accepted = [ticked for ticked in ALL_SETS if not profile.check_categories(ids(profile, ticked))]
    assert accepted == [ticked for ticked in ALL_SETS if allowed(ticked)]
    assert len(accepted) == 223


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("one-service-category", one_of_1_to_6),
        ("one-disability-category", one_of_7_and_8),
        ("disabled-serviceman-needs-service", seven_is_not_alone),
        ("disabled-militia-without-service", eight_is_not_with_1_to_6),
    ],
)
def test_each_sentence_has_its_rule(
    profile: Profile,
    without_rule: Callable[[str, str], Profile],
    rule: str,
    sentence: Callable[[frozenset[int]], bool],
) -> None:
    """R24, R25, R26, R27: a rule speaks where its sentence is broken and nowhere else; switched
    off it is silent."""
    off = without_rule(profile.id, rule)
    for ticked in ALL_SETS:
        chosen = ids(profile, ticked)
        spoken = {reason.rule for reason in profile.check_categories(chosen)}
        assert (rule in spoken) == (not sentence(ticked))
        assert {reason.rule for reason in off.check_categories(chosen)} == spoken - {rule}


def test_nine_to_twelve_combine_freely(profile: Profile) -> None:
    """R23, R28: all four together, with a service category and a disability."""
    assert profile.check_categories(ids(profile, frozenset({2, 7, 9, 10, 11, 12}))) == []


def test_no_category_and_an_unknown_one_are_refused(profile: Profile) -> None:
    """R22, R37: a category is determined before anything else."""
    assert [r.rule for r in profile.check_categories(set())] == ["categories-required"]
    assert [r.rule for r in profile.check_categories({"admiral"})] == ["unknown-category"]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("退役士兵、残疾军人", {2, 7}),
        ("(2)退役士兵；(7)残疾军人", {2, 7}),
        ("2,7", {2, 7}),
        (" 退役士兵\n残疾军人 ", {2, 7}),
        ("（２）退役士兵，（７）残疾军人", {2, 7}),
        ("退伍红军老战士(含西路军红军老战士和红军失散人员)", {6}),
        ("军队离退休干部和退休士官|烈属", {3, 9}),
        ("discharged_soldier, active_duty_family", {2, 12}),
        ("Discharged soldier", {2}),
    ],
)
def test_a_cell_names_categories_in_many_ways(
    tongren: Profile, text: str, numbers: set[int]
) -> None:
    """R23, R37: what a baseline workbook writes is understood."""
    assert named(tongren, text) == ids(tongren, frozenset(numbers))


@pytest.mark.parametrize("text", ["退役士兵、海军上将", "13", "(2)残疾军人"])
def test_a_word_that_names_none_is_refused_and_not_carried_on(tongren: Profile, text: str) -> None:
    """R69: the word itself goes no further."""
    found = named(tongren, text)
    assert [r.rule for r in tongren.check_categories(found)] == ["unknown-category"]
    assert text not in found


def test_an_empty_cell_names_no_category(tongren: Profile) -> None:
    assert named(tongren, "  ") == frozenset()


def test_two_desks_share_the_review(profile: Profile) -> None:
    """R90: human resources has the transferred officers, civil affairs the rest."""
    assert profile.review_desk({"transferred_officer"}) == "human_resources"
    assert profile.review_desk({"martyr_survivor", "transferred_officer"}) == "human_resources"
    assert profile.review_desk({"martyr_survivor"}) == "civil_affairs"
    others = set(profile.categories) - {"transferred_officer"}
    assert {profile.review_desk({name}) for name in others} == {"civil_affairs"}
