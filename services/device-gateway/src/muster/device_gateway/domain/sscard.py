"""What a social security card says over PC/SC: which commands, and how its answers are read.

Select the application ``sx1.sh.社会保障`` (GBK), then file EF05 (the card) and EF06 (its holder);
each record is tag, length, value. Some cards answer 6A82 to the selection and go on all the same;
some guard EF06 with a PIN, which nobody here guesses. Sources: public implementations; LD/T 32
itself is not public.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from muster.device_gateway.domain.cards import BadCard, Card
from muster.vocabulary import resident_number

SELECT_APPLICATION = bytes.fromhex("00A404000F") + "sx1.sh.社会保障".encode("gbk")
SELECT_CARD_FILE = bytes.fromhex("00A4020002EF05")
SELECT_HOLDER_FILE = bytes.fromhex("00A4020002EF06")
GET_RESPONSE = bytes.fromhex("00C00000")
NOT_FOUND, SECURITY, GOOD = 0x6A82, 0x6982, 0x9000
_MORE, _OTHER_LENGTH, _ROUNDS = 0x61, 0x6C, 8
_TAG_NUMBER, _TAG_NAME, _TAG_SEX, _TAG_ETHNICITY, _TAG_BIRTH = 0x08, 0x09, 0x0A, 0x0B, 0x0D
_LENGTHS: Mapping[int, int] = {
    _TAG_NUMBER: 0x12,
    _TAG_NAME: 0x1E,
    _TAG_SEX: 0x01,
    _TAG_ETHNICITY: 0x01,
    _TAG_BIRTH: 0x04,
}

Transmit = Callable[[bytes], tuple[bytes, int]]
"""Sends one command, gives the answer's data and its status word."""


class NeedsPin(Exception):  # noqa: N818 - reads as what it says
    """The card shows its holder only after a PIN."""


def answering(send: Callable[[bytes], bytes]) -> Transmit:
    """Commands over a channel that gives raw answers: data and two status bytes.

    61xx (more waits) is fetched by GET RESPONSE, 6Cxx (another length) is asked again with that
    length; a card that goes on so for ever is cut off. Raises BadCard (card-record).
    """

    def transmit(command: bytes) -> tuple[bytes, int]:
        data, status = _split(send(command))
        if status >> 8 == _OTHER_LENGTH:
            # Le takes the place of the one before; behind data it comes for the first time.
            start = command[:4] if len(command) <= 5 else command
            data, status = _split(send(start + bytes([status & 0xFF])))
        for _ in range(_ROUNDS):
            if status >> 8 != _MORE:
                return data, status
            more, status = _split(send(GET_RESPONSE + bytes([status & 0xFF])))
            data += more
        raise BadCard("card-record")

    return transmit


def _split(answer: bytes) -> tuple[bytes, int]:
    if len(answer) < 2:
        raise BadCard("card-record")
    return answer[:-2], int.from_bytes(answer[-2:], "big")


def read_record(tag: int) -> bytes:
    """READ RECORD by tag, for the length that the tag has."""
    return bytes([0x00, 0xB2, tag, 0x00, _LENGTHS[tag] + 2])


def read(transmit: Transmit) -> Card:
    """The holder of the card.

    Raises:
        NeedsPin: the card guards its holder's file.
        BadCard: it is no social security card, or what it says cannot be.
    """
    _, status = transmit(SELECT_APPLICATION)
    if status not in (GOOD, NOT_FOUND):
        raise BadCard("card-application")
    _, status = transmit(SELECT_HOLDER_FILE)
    if status == NOT_FOUND:
        # The other cards want the file of the card first.
        transmit(SELECT_CARD_FILE)
        _, status = transmit(SELECT_HOLDER_FILE)
    if status == SECURITY:
        raise NeedsPin
    if status != GOOD:
        raise BadCard("card-application")
    values = {tag: _value(transmit, tag) for tag in _LENGTHS}
    fields = {
        "name": _text(values[_TAG_NAME], "gbk", "name"),
        "resident_number": _number(_text(values[_TAG_NUMBER], "ascii", "resident_number")),
        "sex": _sex(_text(values[_TAG_SEX], "ascii", "sex")),
        "ethnicity": _code(values[_TAG_ETHNICITY].hex()),
        "birth_date": _day(values[_TAG_BIRTH].hex()),
    }
    if not fields["name"]:
        raise BadCard("card-empty", "name")
    return Card("social_security", {name: value for name, value in fields.items() if value})


def _value(transmit: Transmit, tag: int) -> bytes:
    data, status = transmit(read_record(tag))
    if status == SECURITY:
        raise NeedsPin
    if status != GOOD:
        raise BadCard("card-record")
    if len(data) < 2 or data[0] != tag or len(data) != 2 + data[1]:
        raise BadCard("card-record")
    return data[2 : 2 + data[1]]


def _text(raw: bytes, encoding: str, field: str) -> str:
    try:
        return raw.rstrip(b"\0 ").decode(encoding).strip()
    except UnicodeDecodeError:
        raise BadCard("card-text", field) from None


def _sex(text: str) -> str:
    if text not in {"", "0", "1", "2", "9"}:
        raise BadCard("card-text", "sex")
    return text


def _code(text: str) -> str:
    """A code of two digits; blank cards have 00 or FF, which says nothing."""
    return text if text.isdigit() and text != "00" else ""


def _number(text: str) -> str:
    try:
        return resident_number.canonical(text)
    except resident_number.NumberError:
        raise BadCard("card-number", "resident_number") from None


def _day(text: str) -> str:
    if text.strip("0f") == "":
        return ""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])).isoformat()
    except ValueError:
        raise BadCard("card-date", "birth_date") from None
