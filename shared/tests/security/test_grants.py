"""Area decides access."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from muster.security.grants import Grant, Principal, delegable
from muster.vocabulary.areas import AreaTree
from muster.vocabulary.states import Role

START, END = datetime(2018, 12, 10, tzinfo=UTC), datetime(2019, 4, 10, tzinfo=UTC)
NOW = datetime(2019, 1, 15, 9, tzinfo=UTC)
COUNTY, TOWNSHIP, VILLAGE, NEXT = "632321", "632321100", "632321100001", "632321101"


@pytest.fixture(scope="module")
def tree() -> AreaTree:
    return AreaTree.load(COUNTY, START.date())


def principal(*grants: Grant) -> Principal:
    return Principal("00000000-0000-4000-8000-00000000000a", grants)


@pytest.mark.parametrize(
    ("area", "allowed"),
    [
        (TOWNSHIP, True),
        (VILLAGE, True),
        (NEXT, False),
        (COUNTY, False),
        ("632300", False),
        ("999999999999", False),
        ("", False),
    ],
)
def test_a_grant_reaches_its_area_and_what_is_below(
    area: str, allowed: bool, tree: AreaTree
) -> None:
    """Design 5 rule 10 (R52): everyone does only what their grant allows, below its area."""
    who = principal(Grant(Role.COLLECTOR, TOWNSHIP, START, END))
    assert who.may(Role.COLLECTOR, area, tree, NOW) is allowed


@pytest.mark.parametrize(
    ("on", "allowed"),
    [
        (START - timedelta(seconds=1), False),
        (START, True),
        (END - timedelta(seconds=1), True),
        (END, False),
        (datetime(2018, 12, 10, 7, 59, tzinfo=timezone(timedelta(hours=8))), False),
        (datetime(2018, 12, 10, 8, 0, tzinfo=timezone(timedelta(hours=8))), True),
    ],
)
def test_a_grant_holds_for_its_time(on: datetime, allowed: bool, tree: AreaTree) -> None:
    """Design 5 rule 10 (R102): authority has a beginning and an end."""
    who = principal(Grant(Role.COLLECTOR, TOWNSHIP, START, END))
    assert who.may(Role.COLLECTOR, VILLAGE, tree, on) is allowed
    assert (who.areas(Role.COLLECTOR, on) == {TOWNSHIP}) is allowed


def test_roles_do_not_imply_each_other(tree: AreaTree) -> None:
    """Design 5 rule 10: an administrator does not review, a reviewer does not administrate."""
    who = principal(Grant(Role.ADMINISTRATOR, COUNTY, START))
    allowed = [role for role in Role if who.may(role, COUNTY, tree, NOW)]
    assert allowed == [Role.ADMINISTRATOR]
    assert who.areas(Role.COLLECTOR, NOW) == frozenset()


def test_without_a_grant_nothing_is_allowed(tree: AreaTree) -> None:
    """Design 5 rule 10 (R102): nothing without authorisation."""
    assert not any(principal().may(role, VILLAGE, tree, NOW) for role in Role)


@pytest.mark.parametrize(
    ("grant", "allowed"),
    [
        (Grant(Role.COLLECTOR, TOWNSHIP, START, END), True),
        (Grant(Role.COLLECTOR, VILLAGE, NOW, END), True),
        (Grant(Role.ADMINISTRATOR, TOWNSHIP, START, END), True),
        (Grant(Role.COLLECTOR, COUNTY, START, END), False),
        (Grant(Role.COLLECTOR, NEXT, START, END), False),
        (Grant(Role.COLLECTOR, TOWNSHIP, START - timedelta(days=1), END), False),
        (Grant(Role.COLLECTOR, TOWNSHIP, START, END + timedelta(seconds=1)), False),
        (Grant(Role.COLLECTOR, TOWNSHIP, START, None), False),
    ],
)
def test_nobody_delegates_more_than_they_hold(grant: Grant, allowed: bool, tree: AreaTree) -> None:
    """Design 5 rule 10 (R52, R87): area and time of what is given lie within what is held."""
    who = principal(Grant(Role.ADMINISTRATOR, TOWNSHIP, START, END))
    assert delegable(who, grant, tree, NOW) is allowed


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_administrators_delegate(role: Role, tree: AreaTree) -> None:
    """Design 5 rule 10: the role rule; a leader passes on not even their own role."""
    who = principal(Grant(role, COUNTY, START, END))
    assert not delegable(who, Grant(role, VILLAGE, START, END), tree, NOW)


def test_an_expired_administrator_delegates_nothing(tree: AreaTree) -> None:
    """Design 5 rule 10: only while their own grant is valid."""
    who = principal(Grant(Role.ADMINISTRATOR, COUNTY, START, END))
    wanted = Grant(Role.COLLECTOR, VILLAGE, START, END)
    assert delegable(who, wanted, tree, NOW)
    assert not delegable(who, wanted, tree, END)


def test_two_grants_do_not_add_up(tree: AreaTree) -> None:
    """Design 5 rule 10: what is given fits into one grant; area of one, time of another is more
    than either."""
    who = principal(
        Grant(Role.ADMINISTRATOR, COUNTY, START, NOW + timedelta(days=1)),
        Grant(Role.ADMINISTRATOR, TOWNSHIP, START, END),
    )
    assert not delegable(who, Grant(Role.COLLECTOR, NEXT, START, END), tree, NOW)
    assert delegable(who, Grant(Role.COLLECTOR, VILLAGE, START, END), tree, NOW)


def test_a_grant_round_trips() -> None:
    """Design 4, formats, golden: the form in tokens; moments in UTC."""
    east = timezone(timedelta(hours=8))
    grant = Grant(Role.LEADER, COUNTY, datetime(2018, 12, 10, tzinfo=east), None)
    form = {
        "role": "leader",
        "area": "632321",
        "valid_from": "2018-12-09T16:00:00Z",
        "valid_until": None,
    }
    assert grant.as_dict() == form
    assert Grant.from_dict(form) == grant
    ending = Grant(Role.LEADER, COUNTY, START, END)
    assert Grant.from_dict(ending.as_dict()) == ending


GOOD = {
    "role": "leader",
    "area": "632321",
    "valid_from": "2018-12-10T00:00:00Z",
    "valid_until": None,
}


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {**GOOD, "more": 1},
        {**GOOD, "role": "emperor"},
        {**GOOD, "area": ""},
        {**GOOD, "area": 632321},
        {**GOOD, "valid_from": "2018-12-10T00:00:00"},
        {**GOOD, "valid_from": None},
        {**GOOD, "valid_until": "2018-12-10T00:00:00Z"},
        {**GOOD, "valid_until": 5},
    ],
)
def test_a_grant_is_read_strictly(value: object) -> None:
    """Design 5 rule 10: what is not exactly a grant grants nothing."""
    with pytest.raises(ValueError):
        Grant.from_dict(value)
