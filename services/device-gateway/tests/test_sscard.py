"""A social security card by its commands, without any reader (R55)."""

from __future__ import annotations

import pytest

from muster.device_gateway.domain import sscard
from muster.device_gateway.domain.cards import BadCard
from muster.device_gateway.domain.sscard import NeedsPin
from muster.synth.reader import QUIRKS, SocialSecurityCard, holder

from .conftest import number_of

NUMBER = number_of(3)
RECORDS = holder("才让", NUMBER, "1", "04", NUMBER[6:14])


def card(*quirks: str, **changes: bytes) -> SocialSecurityCard:
    assert set(quirks) <= set(QUIRKS)
    changed = {int(tag[1:], 16): value for tag, value in changes.items()}
    return SocialSecurityCard(0, {**RECORDS, **changed}, frozenset(quirks))


def test_the_commands_are_those_of_the_sheets() -> None:
    played = card()
    sscard.read(sscard.answering(played.answer))
    assert [command.hex(" ").upper() for command in played.commands] == [
        "00 A4 04 00 0F 73 78 31 2E 73 68 2E C9 E7 BB E1 B1 A3 D5 CF",
        "00 A4 02 00 02 EF 06",
        "00 B2 08 00 14",
        "00 B2 09 00 20",
        "00 B2 0A 00 03",
        "00 B2 0B 00 03",
        "00 B2 0D 00 06",
    ]


@pytest.mark.parametrize("quirk", [None, "application-unnamed", "other-length", "more-waits"])
def test_a_holder_is_read(quirk: str | None) -> None:
    played = card(*([quirk] if quirk else []))
    found = sscard.read(sscard.answering(played.answer))
    assert found.kind == "social_security"
    assert found.fields == {
        "name": "才让",
        "resident_number": NUMBER,
        "sex": "1",
        "ethnicity": "04",
        "birth_date": f"{NUMBER[6:10]}-{NUMBER[10:12]}-{NUMBER[12:14]}",
    }


def test_a_guarded_card_is_left_alone() -> None:
    """No PIN is ever sent."""
    played = card("needs-pin")
    with pytest.raises(NeedsPin):
        sscard.read(sscard.answering(played.answer))
    assert all(command[1] in (0xA4, 0xB2) for command in played.commands)


@pytest.mark.parametrize(
    ("played", "rule"),
    [
        (card("other-card"), "card-application"),
        (card(x09=b"\0" * 30), "card-empty"),
        (card(x09=b"\xff" * 30), "card-text"),
        (card(x0a=b"7"), "card-text"),
        (card(x08=NUMBER[:-1].encode() + b"Y"), "card-number"),
        (card(x08=b"1234"), "card-number"),
        (card(x0d=bytes.fromhex("19701301")), "card-date"),
    ],
)
def test_what_cannot_be_is_refused(played: SocialSecurityCard, rule: str) -> None:
    with pytest.raises(BadCard) as caught:
        sscard.read(sscard.answering(played.answer))
    assert caught.value.rule == rule


@pytest.mark.parametrize("answer", [b"", b"\x90", b"\x61\x05", b"\x08\x12\x90\x00"])
def test_answers_that_make_no_sense_end(answer: bytes) -> None:
    """Nothing, half a status word, more and more for ever, a record without a value."""
    with pytest.raises(BadCard):
        sscard.read(sscard.answering(lambda _: answer))
