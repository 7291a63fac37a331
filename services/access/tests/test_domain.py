"""Pure rules of access."""

from datetime import UTC, date, datetime, timedelta

import pytest

from muster.access.domain.areas import at_and_below
from muster.access.domain.codes import new_code, normal_code
from muster.access.domain.lockout import Attempts
from muster.access.domain.texts import (
    check_label,
    check_password,
    check_reason,
    check_username,
    normal_username,
)
from muster.vocabulary import resident_number
from muster.vocabulary.areas import AreaTree

NOW = datetime(2018, 11, 5, 9, tzinfo=UTC)


def test_the_fifth_wrong_password_locks_and_each_further_one_doubles_the_lock() -> None:
    attempts = Attempts()
    for _ in range(4):
        attempts = attempts.after_failure(NOW)
        assert not attempts.locked(NOW)
    locks = []
    now = NOW
    for _ in range(8):
        attempts = attempts.after_failure(now)
        assert attempts.locked_until is not None
        locks.append(attempts.locked_until - now)
        now = attempts.locked_until
    assert locks == [timedelta(minutes=m) for m in (1, 2, 4, 8, 16, 32, 60, 60)]


def test_nothing_is_counted_while_locked_so_that_a_stranger_cannot_prolong_a_lock() -> None:
    locked = Attempts(5, NOW + timedelta(minutes=1))
    assert locked.after_failure(NOW) == locked
    assert not locked.locked(NOW + timedelta(minutes=1))


def test_a_code_survives_being_read_out() -> None:
    code = new_code()
    assert len(code) == 19
    assert code != new_code()
    plain = normal_code(code)
    assert plain is not None
    assert normal_code(code.lower().replace("-", " ")) == plain
    assert normal_code("O0IL-1111-1111-1111") == "0011111111111111"


@pytest.mark.parametrize(
    "typed", ["", "7K3M", "UUUU-UUUU-UUUU-UUUU", "\x00" * 16, "1" * 1000, "码" * 16]
)
def test_what_is_no_code(typed: str) -> None:
    assert normal_code(typed) is None


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ab",
        "-ab",
        "ab-",
        "a b c",
        "a" * 65,
        "张三",
        "a\x00b",
        "a\ud800b",
        "tel13900000000",
        "1390-000-0000",
    ],
)
def test_what_is_no_user_name(typed: str) -> None:
    assert check_username(normal_username(typed))


def test_a_resident_number_is_no_user_name_and_no_label() -> None:
    number = resident_number.make("632321", date(1969, 12, 3), 12)
    assert check_username(normal_username(number))[0].rule == "username-personal"
    assert check_label(f"采集端 {number}")[0].rule == "label-personal"


def test_user_names_are_kept_in_one_form() -> None:
    assert normal_username(" ＬｏｎｇＷｕ.01 ") == "longwu.01"
    assert check_username("longwu.01") == []


@pytest.mark.parametrize(
    ("password", "rule"),
    [
        ("short", "password-length"),
        ("a" * 20, "password-weak"),
        ("longwu-12345", "password-weak"),
        ("x1" * 70, "password-length"),
    ],
)
def test_weak_passwords(password: str, rule: str) -> None:
    assert rule in {reason.rule for reason in check_password(password, "longwu")}


@pytest.mark.parametrize("text", ["a\x00b", "a\nb", "a\ud800b", "\x7f"])
def test_control_characters_stand_in_no_label_and_no_reason(text: str) -> None:
    assert check_label(text)[0].rule == "control-character"
    assert check_reason(text)[0].rule == "control-character"


def test_areas_at_and_below() -> None:
    tree = AreaTree.load("632321", date(2018, 10, 1))
    below = at_and_below(tree, ["632321100", "632321100001", "no such"])
    assert below[0] == "632321100"
    assert set(below) == {"632321100"} | {v.code for v in tree.villages("632321100")}
