"""Canonical JSON and salted digests."""

import hashlib
from enum import StrEnum

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.security import digests, suites

SALT = "ab" * 32
RECORD = {
    "form_version": "tongren/1",
    "categories": ["retired_cadre", "disabled_serviceman"],
    "fields": {
        "name": "张三",
        "gender": "1",
        "has_housing": True,
        "housing_area": "86.50",
        "insurances": ["a", "b"],
    },
}
RECORD_ID = "00000000-0000-4000-8000-000000000002"

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | text


def values(keys: st.SearchStrategy[str]) -> st.SearchStrategy[object]:
    return st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(keys, inner, max_size=4)
            | st.lists(inner, max_size=3).map(tuple)
        ),
        max_leaves=12,
    )


@settings(max_examples=300)
@given(values(st.text(st.characters(max_codepoint=127), max_size=8)))
def test_the_fast_path_is_rfc_8785(value: object) -> None:
    """Design 5 rule 2: digests are over RFC 8785 JSON; orjson equals it where we use it."""
    assert digests.canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@settings(max_examples=200)
@given(values(text))
def test_other_keys_are_rfc_8785_too(value: object) -> None:
    """Design 5 rule 2: keys beyond ASCII sort by UTF-16 units, as RFC 8785 says."""
    assert digests.canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


def test_keys_sort_by_utf_16_and_not_by_code_point() -> None:
    """Design 5 rule 2: the case in which sorting bytes would give another digest (RFC 8785)."""
    assert digests.canonical({"￿": 1, "😀": 2}) == '{"😀":2,"￿":1}'.encode()


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        float("nan"),
        2**53,
        -(2**53),
        {"a": [0.0]},
        {1: "a"},
        {"a": b"bytes"},
        {"a": {1, 2}},
        object(),
        ["张", {"键": 1.0}],
    ],
)
def test_what_has_no_single_form_is_refused(value: object) -> None:
    """Design 5 rule 2: no floats, no big integers, nothing that JSON writes in more ways."""
    with pytest.raises(digests.NotCanonical):
        digests.canonical(value)


@pytest.mark.parametrize("value", [2**53, -(2**53), {"键": [2**53]}])
def test_integers_end_where_a_double_is_exact(value: object) -> None:
    """Design 5 rule 2: a desk in a browser computes the same digest, and says why it cannot."""
    assert digests.canonical(2**53 - 1) == b"9007199254740991"
    with pytest.raises(digests.NotCanonical, match="integer"):
        digests.canonical(value)


@pytest.mark.parametrize("value", ["\ud800", {"a": "x\udfff"}, {"\ud800": 1}, {"键\ud800": "a"}])
def test_lone_surrogates_are_refused_by_name(value: object) -> None:
    """Design 5 rule 2: text that UTF-8 cannot carry has no digest; the message says so."""
    with pytest.raises(digests.NotCanonical, match="surrogate"):
        digests.canonical(value)


def test_depth_has_an_end() -> None:
    """Design 5 rule 4: hostile nesting is refused and not a crash."""
    value: object = "x"
    for _ in range(100_000):
        value = [value]
    with pytest.raises(digests.NotCanonical, match="nested"):
        digests.canonical(value)


def test_an_enum_of_text_is_written_as_its_value() -> None:
    """Design 5 rule 2: one form per value, wherever it came from."""

    class Word(StrEnum):
        OPEN = "open"

    assert digests.canonical({"state": Word.OPEN}) == b'{"state":"open"}'


@pytest.mark.parametrize("salt", [None, "", "ab" * 31, "AB" * 32, "ab" * 33, 5])
def test_no_digest_without_a_salt_of_256_bits(salt: object) -> None:
    """Design 4: every digest is salted."""
    with pytest.raises(digests.Unsalted):
        digests.digest({"salt": salt, "content": "x"})
    with pytest.raises(digests.Unsalted):
        digests.digest({"content": "x"})


def test_salts_are_random_and_256_bits() -> None:
    """Design 4: its own random 256-bit salt."""
    made = {digests.new_salt() for _ in range(200)}
    assert len(made) == 200
    assert all(len(bytes.fromhex(salt)) == 32 for salt in made)


def test_a_record_digest_is_over_what_the_person_saw() -> None:
    """Design 5 rule 2 (R58), golden: version, categories, fields, evidence, id and salt."""
    one, two = "sha256:" + "1" * 64, "sha256:" + "2" * 64
    by_hand = (
        '{"categories":["disabled_serviceman","retired_cadre"],'
        f'"evidence":["{one}","{two}"],'
        '"fields":{"gender":"1","has_housing":true,"housing_area":"86.50",'
        '"insurances":["a","b"],"name":"张三"},'
        f'"form_version":"tongren/1","record_id":"{RECORD_ID}","salt":"{SALT}"}}'
    )
    expected = "sha256:" + hashlib.sha256(by_hand.encode()).hexdigest()
    assert digests.record_digest(RECORD, [two, one], RECORD_ID, SALT) == expected


@pytest.mark.parametrize(
    ("suite", "evidence", "record"),
    [
        (
            "sha256",
            "sha256:e4420a612d870bdff61120534e3bd5248c07139391cc372790dd257c113ced8a",
            "sha256:755a6954371de1677ba7d8b4654eb283445e28f3cd4ad09d9c9f2e78ebccedb1",
        ),
        (
            "sm3",
            "sm3:4a7277cdd8e29c456c8915b03a4e12faeeebbaa17d64786035fc64915b73e9c4",
            "sm3:d100fc4b39917ebba1afd9abc859385aab97d420deed10c259ba111ee4cf99f5",
        ),
    ],
)
def test_golden_digests(suite: str, evidence: str, record: str) -> None:
    """Design 4 and 5 rule 2: the final forms in both suites; a change of format fails here."""
    made = digests.evidence_digest(b"\x89PNG evidence", "image/png", SALT, suite)
    assert made == evidence
    assert digests.record_digest(RECORD, [made], RECORD_ID, SALT, suite) == record


def test_an_evidence_digest_is_over_salt_type_and_bytes() -> None:
    """Design 5 rule 5: evidence is named by a salted digest; each part of it counts."""
    inner = hashlib.sha256(b"photo").hexdigest()
    by_hand = f'{{"content":"sha256:{inner}","media_type":"image/jpeg","salt":"{SALT}"}}'
    made = digests.evidence_digest(b"photo", "image/jpeg", SALT)
    assert made == "sha256:" + hashlib.sha256(by_hand.encode()).hexdigest()
    assert made != digests.evidence_digest(b"photo", "image/png", SALT)
    assert made != digests.evidence_digest(b"photo", "image/jpeg", "cd" * 32)


@pytest.mark.parametrize(
    ("changed", "evidence", "record_id"),
    [
        ({"form_version": "tongren/2"}, (), RECORD_ID),
        ({"categories": ["retired_cadre"]}, (), RECORD_ID),
        ({"fields": {"name": "李四"}}, (), RECORD_ID),
        ({}, ("sha256:" + "1" * 64,), RECORD_ID),
        ({}, (), "00000000-0000-4000-8000-000000000009"),
    ],
)
def test_every_part_of_a_record_counts(
    changed: dict[str, object], evidence: tuple[str, ...], record_id: str
) -> None:
    """Design 5 rules 2 and 3: changing anything that was shown changes the digest (R58)."""
    before = digests.record_digest(RECORD, (), RECORD_ID, SALT)
    assert digests.record_digest({**RECORD, **changed}, evidence, record_id, SALT) != before


@pytest.mark.parametrize(
    "record",
    [
        {},
        {**RECORD, "server_number": 5},
        {**RECORD, "categories": "retired_cadre"},
        {**RECORD, "fields": []},
        {**RECORD, "categories": ["a", "a"]},
        {**RECORD, "fields": {"housing_area": 86.5}},
    ],
)
def test_another_shape_has_no_record_digest(record: dict[str, object]) -> None:
    """Design 5 rule 2: no server number or time slips into what is signed."""
    with pytest.raises(ValueError):
        digests.record_digest(record, (), RECORD_ID, SALT)


def test_evidence_must_be_named_by_digests() -> None:
    """Design 4: every digest names its suite; a bare hash is not taken."""
    with pytest.raises(ValueError, match="names its suite"):
        digests.record_digest(RECORD, ["1" * 64], RECORD_ID, SALT)


def test_a_digest_is_verified_under_the_suite_that_it_names() -> None:
    """Design 4: every digest names its suite."""
    value = {"salt": SALT, "name": "张三"}
    for suite in suites.DIGESTS:
        made = digests.digest(value, suite)
        assert made.startswith(f"{suite}:")
        assert digests.verify(value, made)
        assert not digests.verify({**value, "name": "李四"}, made)
    for bad in ("md5:" + "0" * 64, "sha256:" + "0" * 63, "sha256:" + "A" * 64, ""):
        with pytest.raises(ValueError):
            digests.verify(value, bad)


def test_a_handwriting_and_an_event_are_named_by_salted_digests() -> None:
    """R58: a stroke moved by one point is another handwriting, and an event names the one before
    it by all that it said."""
    trace = [[12, 40, 0], [30, 22, 40]]
    named = digests.trace_digest(trace, SALT)
    assert digests.verify({"trace": trace, "salt": SALT}, named)
    assert digests.trace_digest([[12, 40, 0], [30, 22, 41]], SALT) != named
    assert digests.trace_digest(trace, SALT, "sm3").startswith("sm3:")
    with pytest.raises(digests.NotCanonical):
        digests.trace_digest([[0.5]], SALT)
    event = {"salt": SALT, "previous": None, "root": named}
    assert digests.event_digest(event) != digests.event_digest({**event, "previous": named})
    with pytest.raises(digests.Unsalted):
        digests.event_digest({"previous": None})
