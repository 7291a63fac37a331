"""What stands on cards: every layout, and nothing wrong out of damaged ones (R55, R69)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.device_gateway.domain import cards, sdt
from muster.device_gateway.domain.cards import BadCard
from muster.device_gateway.domain.sdt import BadFrame
from muster.synth import reader as virtual
from muster.vocabulary import resident_number

from .conftest import block_of, card_of, number_of, resident

PHOTO = bytes(range(256)) * 4
TAIWAN = resident_number.make("830000", date(1971, 2, 3), 112)
FOREIGN = number_of(9)
READ = virtual.frame(0x90, virtual.read_data(card_of(1), PHOTO))


def test_a_resident_card() -> None:
    card = cards.decode(card_of(1), PHOTO)
    told = resident(1)
    day = told["birth_date"]
    assert card.kind == "resident"
    assert card.photo == PHOTO
    assert card.fields == {
        **told,
        "birth_date": f"{day[:4]}-{day[4:6]}-{day[6:]}",
        "valid_from": "2012-03-04",
        "valid_until": "长期",
    }


def test_offsets_are_those_of_the_sheets() -> None:
    """So that reader and writer are not wrong together."""
    block = bytearray(" ".encode("utf-16-le") * 128)
    number = number_of(2)
    for offset, text in {
        0: "张三",
        30: "1",
        32: "01",
        36: number[6:14],
        52: "某地",
        122: number,
        158: "某局",
        188: "20100101",
        204: "20300101",
    }.items():
        raw = text.encode("utf-16-le")
        block[offset : offset + len(raw)] = raw
    assert cards.decode(bytes(block)).fields == {
        "name": "张三",
        "sex": "1",
        "ethnicity": "01",
        "birth_date": resident_number.parse(number).birth.isoformat(),
        "household_address": "某地",
        "resident_number": number,
        "issued_by": "某局",
        "valid_from": "2010-01-01",
        "valid_until": "2030-01-01",
    }


def test_a_residence_permit() -> None:
    said = {
        "name": "林某",
        "sex": "2",
        "birth_date": "19710203",
        "resident_number": TAIWAN,
        "pass_number": "12345678",
        "issue_count": "01",
    }
    card = cards.decode(block_of("J", said))
    assert card.kind == "residence_permit"
    assert card.fields == {**said, "birth_date": "1971-02-03"}


@pytest.mark.parametrize("sign", ["I", "Y"])
def test_permits_of_foreigners(sign: str) -> None:
    said = {"english_name": "DOE, JANE", "nationality": "USA", "sex": "2", "birth_date": "19700101"}
    said |= {"permit_number": "USA110070010101"} if sign == "I" else {"resident_number": FOREIGN}
    card = cards.decode(block_of(sign, said))
    assert card.kind == "foreigner"
    assert card.fields == {**said, "birth_date": "1970-01-01"}


def changed(**fields: str) -> bytes:
    return block_of("", {**resident(1), **fields})


@pytest.mark.parametrize(
    ("block", "rule"),
    [
        (card_of(1)[:-2], "card-length"),
        (b"", "card-length"),
        (block_of("", resident(1))[:248] + "Q".encode("utf-16-le") + bytes(6), "card-layout"),
        (changed(name=""), "card-empty"),
        (changed(birth_date="19700231"), "card-date"),
        (changed(birth_date="197001 1"), "card-date"),
        (changed(birth_date="长期"), "card-date"),
        (changed(valid_until="2030"), "card-date"),
        (changed(resident_number=number_of(1)[:-1] + "Y"), "card-number"),
        (changed(resident_number=number_of(1)[:15]), "card-number"),
        (b"\x00\xd8" + card_of(1)[2:], "card-text"),
    ],
)
def test_what_is_no_card_is_refused(block: bytes, rule: str) -> None:
    with pytest.raises(BadCard) as caught:
        cards.decode(block)
    assert caught.value.rule == rule


def read(frame: bytes) -> object:
    return cards.decode(*sdt.split_card(sdt.parse_reply(frame).data))


@given(st.integers(0, len(READ) - 1), st.integers(1, 255))
def test_a_changed_byte_never_gives_a_card(place: int, change: int) -> None:
    frame = bytearray(READ)
    frame[place] ^= change
    with pytest.raises((BadFrame, BadCard)):
        read(bytes(frame))


@given(st.integers(0, len(READ) - 1), st.integers(1, len(READ)))
def test_a_cut_never_gives_a_card(start: int, size: int) -> None:
    """Bytes lost anywhere: at the end, at the beginning, in the middle."""
    with pytest.raises((BadFrame, BadCard)):
        read(READ[:start] + READ[start + size :])


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_with_a_reason(block: bytes) -> None:
    with pytest.raises(BadCard):
        cards.decode(block)
