"""Compare without looking."""

import hashlib
import hmac
import uuid
from collections.abc import Callable
from datetime import date

import pytest

from muster.forms import Profile
from muster.security import b64, blinds, matching
from muster.security.keyring import Key
from muster.vocabulary import resident_number
from muster.vocabulary.resident_number import NumberError

Fixed = Callable[..., Key]
NUMBER = resident_number.make("632321", date(1969, 12, 3), 121)
OTHER = resident_number.make("632321", date(1969, 12, 3), 123)
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
SUBJECT = "00000000-0000-4000-8000-000000000003"


@pytest.fixture
def key(fixed_key: Fixed) -> Key:
    return fixed_key("blind/housing/1", "HS256")


def by_hand(message: str) -> str:
    code = hmac.new(bytes(range(32)), message.encode(), hashlib.sha256).digest()
    return b64.encode(code)


def field_blind(key: Key, field: str, number: str, text: str) -> str:
    [blind] = blinds.precise_blinds(key, number, {field: (text,)})[field]
    return blind


def test_golden_blinds(key: Key, fixed_key: Fixed) -> None:
    """Design 4, compare without looking: the final forms; a change of format fails here."""
    assert (
        blinds.number_blind(key, NUMBER)
        == "HS256.blind/housing/1.RIMJOCahcUijn68gIMVys2M0j-lTocVllU03oD-cHW8"
    )
    assert (
        blinds.name_birth_blind(key, "张 三", "1969-12-03")
        == "HS256.blind/housing/1.XulP-pQWvbexNfdvBM4k4jWHB7142qPpQwcQzogEoiQ"
    )
    assert (
        field_blind(key, "housing_kind", NUMBER, "公租房")
        == "HS256.blind/housing/1.o3SPyC5sSI3lBXzbYRSkZ64XrG66Ue3hz6Qc9-D8XZI"
    )
    assert (
        field_blind(fixed_key("blind/housing/1", "HSM3"), "housing_kind", NUMBER, "公租房")
        == "HSM3.blind/housing/1.cfgD6MCuoIboNBcaFyiXZWcdzo41nORxlNzfmnS6pAg"
    )
    assert (
        blinds.number_index(fixed_key("index/capture/1", "HS256"), NUMBER)
        == "HS256.index/capture/1.A8jzc39WfsIhtsDiYRv8dbobKXH42u-inMSVSDY0Myk"
    )
    assert (
        blinds.pairwise_case_id(fixed_key("case/housing/1", "HS256"), SUBJECT)
        == "51696d4b-21ca-826b-9f4a-2e79aa851698"
    )


def test_a_blind_is_an_hmac_over_epoch_field_number_and_value(key: Key) -> None:
    """Design 4: HMAC(key, epoch | field | resident number | normalised value), by hand."""
    message = f'["muster/blind/1",1,"field","housing_kind","{NUMBER}","公租房"]'
    made = field_blind(key, "housing_kind", NUMBER, " 公租房 ")
    assert made == f"HS256.blind/housing/1.{by_hand(message)}"
    person = blinds.number_blind(key, NUMBER)
    assert person.endswith(by_hand(f'["muster/blind/1",1,"number","{NUMBER}"]'))


def test_the_same_value_of_two_persons_does_not_compare(key: Key) -> None:
    """Design 4: other fields compare only within one matched person, so that rare values
    cannot be counted out."""
    assert field_blind(key, "f", NUMBER, "x") != field_blind(key, "f", OTHER, "x")


@pytest.mark.parametrize("other", ["blind/education/1", "blind/housing/2"])
def test_departments_and_epochs_do_not_compare(other: str, fixed_key: Fixed, key: Key) -> None:
    """Design 4: a matching key per department, with epochs; even equal key bytes differ by
    epoch, and another department's key differs in any case."""
    second = fixed_key(other, "HS256", start=0 if other.endswith("2") else 9)
    codes = [blinds.number_blind(k, NUMBER).rsplit(".", 1)[1] for k in (key, second)]
    assert codes[0] != codes[1]


def test_fields_and_kinds_are_kept_apart(key: Key) -> None:
    """Design 4: no field's blind equals another field's, nor a person's, for the same value."""
    made = {
        blinds.number_blind(key, NUMBER),
        field_blind(key, "a", NUMBER, NUMBER),
        field_blind(key, "b", NUMBER, NUMBER),
        blinds.name_birth_blind(key, NUMBER, ""),
        blinds.name_birth_blind(key, "", NUMBER),
    }
    assert len(made) == 5


@pytest.mark.parametrize(
    "same",
    [
        NUMBER.lower(),
        f" {NUMBER} ",
        NUMBER.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    ],
)
def test_numbers_meet_in_their_canonical_form(same: str, key: Key, fixed_key: Fixed) -> None:
    """Design 4: normalised before they are compared; also in a service's own index."""
    assert blinds.number_blind(key, same) == blinds.number_blind(key, NUMBER)
    index = fixed_key("index/capture/1", "HS256")
    assert blinds.number_index(index, same) == blinds.number_index(index, NUMBER)


def test_an_old_number_of_15_digits_meets_its_successor(key: Key) -> None:
    """Design 4: normalised; papers of before 1999 carry 15 digits."""
    short = resident_number.shorten(NUMBER)
    assert len(short) == 15
    assert blinds.number_blind(key, short) == blinds.number_blind(key, NUMBER)


def test_what_is_no_number_has_no_blind(key: Key) -> None:
    """Design 4: a damaged number is not compared exactly; the error does not repeat it."""
    damaged = NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")
    with pytest.raises(NumberError) as caught:
        blinds.number_blind(key, damaged)
    assert damaged not in str(caught.value)


@pytest.mark.parametrize("dot", [*"·•・‧∙⋅･﹒．.ꞏ᛫。｡ 　", "\u200b", "\ufeff", "\u2060·"])
def test_the_dot_in_a_name_does_not_matter(dot: str, key: Key) -> None:
    """Design 4: name + birth date, normalised; departments write the dot in many ways."""
    plain = blinds.name_birth_blind(key, "卓玛央金", "1969-12-03")
    assert blinds.name_birth_blind(key, f"卓玛{dot}央金", "1969-12-03") == plain
    assert blinds.name_birth_blind(key, f"卓玛{dot}央金", "1969-12-04") != plain


@pytest.mark.parametrize(("left", "right"), [("true", "TRUE"), ("１２", "12"), ("a  b", " A b\n")])
def test_values_meet_in_their_normal_form(left: str, right: str, key: Key) -> None:
    """Design 4: normalised value, so that a spreadsheet's text meets a form's."""
    made = field_blind(key, "f", NUMBER, left)
    expected = field_blind(key, "f", NUMBER, right)
    assert made == expected
    assert made != field_blind(key, "f", NUMBER, "something else")


def test_keys_serve_one_purpose(fixed_key: Fixed, key: Key) -> None:
    """Design 4: matching keys stay with connector and capture; another key makes no blind."""
    index = fixed_key("index/capture/1", "HS256")
    for call in (
        lambda: blinds.number_blind(index, NUMBER),
        lambda: blinds.number_index(key, NUMBER),
        lambda: blinds.pairwise_case_id(key, SUBJECT),
    ):
        with pytest.raises(ValueError, match="purpose"):
            call()


def test_case_ids_are_pairwise(fixed_key: Fixed) -> None:
    """Design 4: departments never see `subject_id`; two of them cannot join their cases."""
    housing = blinds.pairwise_case_id(fixed_key("case/housing/1", "HS256"), SUBJECT)
    education = blinds.pairwise_case_id(fixed_key("case/education/1", "HS256", start=9), SUBJECT)
    assert len({housing, education, SUBJECT}) == 3
    assert uuid.UUID(housing).version == 8
    assert str(uuid.UUID(housing)) == housing
    assert housing == blinds.pairwise_case_id(fixed_key("case/housing/1", "HS256"), SUBJECT)


def test_blinds_at_every_precision_are_those_of_each_value(key: Key) -> None:
    """R74: a set of fields at once gives what each value gives alone, for either form of a
    number."""
    fields = {"birth_date": ("1950-01-02", "1950-01", "1950"), "sex": ("1",), "none": ()}
    found = blinds.precise_blinds(key, resident_number.shorten(NUMBER), fields)
    assert found == {
        name: tuple(field_blind(key, name, NUMBER, text) for text in texts)
        for name, texts in fields.items()
    }
    with pytest.raises(resident_number.NumberError):
        blinds.precise_blinds(key, "123", fields)


def test_codes_of_one_value_in_other_signs_meet(key: Key) -> None:
    """R73, R74: capture and a connector code what the profile takes for equal: here a name with
    another dot, and an address with the province before it."""
    profile = Profile.load("tongren")
    ours = {"name": "卓玛·央金", "household_address": "隆务镇隆务村12号"}
    theirs = {
        "name": "卓玛\u2219央\u200b金",
        "household_address": "青海省黄南州同仁县隆务镇隆务村委会12号",
    }
    codes = [
        matching.person(key, profile, {"resident_number": number, **fields}, fields)
        for number, fields in ((NUMBER, ours), (f'="{NUMBER}"', theirs))
    ]
    assert codes[0] == codes[1]
    assert codes[0].number is not None
