"""R33: the resident number (GB 11643), by property."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from muster.vocabulary import resident_number as numbers
from muster.vocabulary.resident_number import NumberError

AREAS = st.from_regex(r"[1-6][0-9]{5}", fullmatch=True)
BIRTHS = st.dates(date(1850, 1, 1), date(2018, 10, 1))
SEQUENCES = st.integers(0, 999)
NUMBERS = st.builds(numbers.make, AREAS, BIRTHS, SEQUENCES)
RECENT = st.builds(numbers.make, AREAS, st.dates(date(1900, 1, 1), date(1999, 12, 31)), SEQUENCES)


def rule_of(text: str) -> str | None:
    try:
        numbers.parse(text)
    except NumberError as problem:
        return problem.rule
    return None


@given(AREAS, BIRTHS, SEQUENCES)
def test_what_is_made_is_read_back(area: str, birth: date, sequence: int) -> None:
    """R33: area, birth date and sex stand in the number."""
    number = numbers.parse(numbers.make(area, birth, sequence))
    assert (number.area, number.birth, number.form) == (area, birth, "18")
    assert number.sex == ("1" if sequence % 2 else "2")


@given(NUMBERS)
def test_the_check_digit_agrees_with_an_independent_library(number: str) -> None:
    """R33: python-stdnum computes it with another formula."""
    assert numbers.check_digit(number[:17]) == ric.calc_check_digit(number)


@given(NUMBERS, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_no_single_wrong_sign_goes_through(number: str, place: int, sign: str) -> None:
    """R33, R69: ISO 7064 MOD 11-2 finds every single wrong digit."""
    wrong = number[:place] + sign + number[place + 1 :]
    assert (rule_of(wrong) is None) == (wrong == number)


@given(NUMBERS, st.integers(0, 16))
def test_no_swap_of_neighbours_goes_through(number: str, place: int) -> None:
    """R33, R69: the commonest slip of the pen."""
    wrong = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert (rule_of(wrong) is None) == (wrong == number)


@given(RECENT)
def test_the_old_form_is_read_and_upgraded_for_look_up_only(number: str) -> None:
    """R33, R53: a person known by 15 digits is found by 18."""
    short = numbers.shorten(number)
    parsed = numbers.parse(short)
    assert (parsed.text, parsed.form) == (short, "15")
    assert parsed.birth == numbers.parse(number).birth
    assert numbers.canonical(short) == number


@given(NUMBERS)
def test_noise_is_no_difference_for_look_up_but_is_none_of_the_number(number: str) -> None:
    """R53: full-width digits, spaces and a small x find the same person."""
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in number)
    noisy = f" {wide[:6]} {wide[6:]}\u3000"
    assert numbers.canonical(noisy) == number == numbers.canonical(number.lower())
    assert rule_of(noisy) is not None


@given(st.text(max_size=24))
def test_any_text_is_answered_by_a_rule(text: str) -> None:
    """R69: what is no number raises NumberError, whose message is the rule and not the text."""
    problems: list[NumberError] = []
    try:
        numbers.parse(text)
    except NumberError as problem:
        problems.append(problem)
    assert len(problems) == 1
    assert str(problems[0]) == problems[0].rule
    assert problems[0].rule.startswith("number-")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "number-length"),
        ("1" * 17, "number-length"),
        ("1" * 16 + "X1", "number-format"),
        ("\uff11" * 18, "number-format"),
        ("0" * 18, "number-area"),
        ("110105" + "20190229" + "0011", "number-date"),
        ("110105" + "19491301" + "0011", "number-date"),
        ("110105" + "491301" + "001", "number-date"),
        ("910105" + "491201" + "001", "number-area"),
    ],
)
def test_each_refusal_says_why(text: str, rule: str) -> None:
    """R69: the rule that is named is the one that was broken."""
    assert rule_of(text) == rule


def test_the_check_digit_of_the_standard_and_an_x() -> None:
    """R33: the examples of GB 11643 end in X."""
    first = numbers.make("110105", date(1949, 12, 31), 2)
    second = numbers.make("340524", date(1980, 1, 1), 1)
    assert first[-1] == second[-1] == "X"


def test_permits_carry_their_own_form() -> None:
    """R33: permits of people from Hong Kong, Macao and Taiwan, and of foreigners."""
    day = date(1990, 5, 6)
    assert numbers.parse(numbers.make("810000", day, 1)).form == "permit"
    foreigner = numbers.parse(numbers.make("911156", day, 1))
    assert (foreigner.form, foreigner.sex) == ("foreigner", None)


def test_make_refuses_what_has_no_place_in_a_number() -> None:
    with pytest.raises(NumberError):
        numbers.make("11010", date(1990, 5, 6), 1)
    with pytest.raises(NumberError):
        numbers.make("110105", date(1990, 5, 6), 1000)
    with pytest.raises(NumberError):
        numbers.shorten(numbers.make("110105", date(2001, 5, 6), 1))
