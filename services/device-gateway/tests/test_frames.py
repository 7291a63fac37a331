"""SDT frames byte by byte, against what vendors' sheets print (R55)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.device_gateway.domain import sdt
from muster.device_gateway.domain.sdt import BadFrame, Command, Deframer
from muster.synth import reader as virtual

PREAMBLE = "AA AA AA 96 69"
REQUESTS = {
    Command.RESET: "00 03 10 FF EC",
    Command.STATUS: "00 03 11 FF ED",
    Command.SAM_ID: "00 03 12 FF EE",
    Command.FIND: "00 03 20 01 22",
    Command.SELECT: "00 03 20 02 21",
    Command.READ: "00 03 30 01 32",
}
FOUND = bytes.fromhex(f"{PREAMBLE} 00 08 00 00 9F 00 00 00 00 97")
SELECTED = bytes.fromhex(f"{PREAMBLE} 00 0C 00 00 90 00 00 00 00 00 00 00 00 9C")
CARD = virtual.frame(0x90, virtual.read_data(bytes(256), bytes(1024)))


@pytest.mark.parametrize("command", list(Command))
def test_requests_are_those_of_the_sheets(command: Command) -> None:
    assert sdt.request(command) == bytes.fromhex(f"{PREAMBLE} {REQUESTS[command]}")


def test_replies_are_those_of_the_sheets() -> None:
    assert sdt.parse_reply(FOUND) == sdt.Reply(0x9F, bytes(4))
    assert sdt.parse_reply(SELECTED) == sdt.Reply(0x90, bytes(8))
    assert virtual.frame(0x9F, bytes(4)) == FOUND
    assert len(FOUND) == 15
    assert len(SELECTED) == 19


def test_a_card_is_the_frame_of_the_sheets() -> None:
    assert len(CARD) == 1295
    assert CARD[:14] == bytes.fromhex(f"{PREAMBLE} 05 08 00 00 90 01 00 04 00")
    assert sdt.split_card(sdt.parse_reply(CARD).data) == (bytes(256), bytes(1024))


@pytest.mark.parametrize(
    ("frame", "rule"),
    [
        (FOUND[:-1] + b"\x96", "frame-checksum"),
        (FOUND[:-1], "frame-length"),
        (FOUND + b"\x00", "frame-length"),
        (b"\xaa" + FOUND, "frame-preamble"),
        (FOUND[1:], "frame-preamble"),
        (bytes.fromhex(f"{PREAMBLE} 00 03 00 00 03"), "frame-length"),
        (bytes.fromhex(PREAMBLE), "frame-length"),
        (b"", "frame-preamble"),
    ],
)
def test_what_is_no_frame_is_refused(frame: bytes, rule: str) -> None:
    with pytest.raises(BadFrame) as caught:
        sdt.parse_reply(frame)
    assert caught.value.rule == rule


@pytest.mark.parametrize(
    "data",
    [
        b"",
        virtual.read_data(bytes(256), bytes(1024))[:-1],
        virtual.read_data(bytes(256), bytes(1024)) + b"\0",
        virtual.read_data(bytes(1024), bytes(256)),
        virtual.read_data(bytes(256), b""),
    ],
)
def test_another_length_is_no_card(data: bytes) -> None:
    with pytest.raises(BadFrame) as caught:
        sdt.split_card(data)
    assert caught.value.rule == "card-length"


@given(st.binary(max_size=40), st.data())
def test_a_stream_in_any_pieces_gives_the_same_frames(noise: bytes, data: st.DataObject) -> None:
    """Noise before a frame is skipped, wherever the pieces are cut."""
    stream = noise.replace(b"\xaa", b"\xab") + FOUND + SELECTED + CARD[:100]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    deframer, found = Deframer(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += deframer.feed(stream[start:end])
    assert found == [FOUND, SELECTED]
    assert deframer.feed(CARD[100:]) == [CARD]
    assert deframer.noise == len(noise)


def test_an_impossible_length_is_said_and_the_stream_goes_on() -> None:
    deframer = Deframer()
    with pytest.raises(BadFrame):
        deframer.feed(bytes.fromhex(f"{PREAMBLE} FF FF 00"))
    assert deframer.feed(FOUND) == [FOUND]
