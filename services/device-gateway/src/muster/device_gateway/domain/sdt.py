"""Frames of second-generation ID card readers (SDT, SAM_V), byte for byte.

Request: ``AA AA AA 96 69 | length | command | parameter | data | check``. Reply: the same preamble,
``length | SW1 SW2 SW3 | data | check``. Length (two bytes, big endian) counts everything after it;
check is the exclusive or of everything between preamble and check. Sources: vendors' protocol
sheets; GA 450 and GA 467 themselves are not public.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import reduce
from operator import xor

PREAMBLE = bytes.fromhex("AAAAAA9669")
SHORTEST = 4
"""Three status bytes and the check."""
LONGEST = 4096
"""No reply of the protocol is longer; a longer length is noise."""


class Command(IntEnum):
    """Command and parameter in one number."""

    RESET = 0x10FF
    STATUS = 0x11FF
    SAM_ID = 0x12FF
    FIND = 0x2001
    SELECT = 0x2002
    READ = 0x3001
    """Text and photograph. Fingerprints (0x3010) are never asked for."""


class Status(IntEnum):
    """SW3 of a reply."""

    OK = 0x90
    ITEM_EMPTY = 0x91
    FOUND = 0x9F
    CHECKSUM = 0x10
    LENGTH = 0x11
    BAD_COMMAND = 0x21
    NOT_ALLOWED = 0x23
    UNKNOWN = 0x24
    SAM_NOT_ACCEPTED = 0x31
    CARD_NOT_ACCEPTED = 0x32
    INFORMATION_CHECK = 0x33
    WRONG_CARD = 0x40
    READ_FAILED = 0x41
    RANDOM_FAILED = 0x47
    SELF_TEST = 0x60
    UNLICENSED = 0x66
    FIND_FAILED = 0x80
    SELECT_FAILED = 0x81


class BadFrame(ValueError):  # noqa: N818 - reads as what it says
    """What came from the reader is no frame; `rule` says why, never what came."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply: its last status byte and its data."""

    sw3: int
    data: bytes

    @property
    def good(self) -> bool:
        return self.sw3 in (Status.OK, Status.FOUND)


def request(command: Command) -> bytes:
    """The frame of a command."""
    body = len(_word(command) + b"\0").to_bytes(2, "big") + _word(command)
    return PREAMBLE + body + bytes([check(body)])


def check(body: bytes) -> int:
    """Exclusive or of all bytes."""
    return reduce(xor, body, 0)


def parse_reply(frame: bytes) -> Reply:
    """A whole reply. Raises BadFrame: frame-preamble, frame-length, frame-checksum."""
    body = _body(frame)
    if len(body) < SHORTEST - 1:
        raise BadFrame("frame-length")
    return Reply(body[2], body[3:])


def _body(frame: bytes) -> bytes:
    """What stands between length and check."""
    if not frame.startswith(PREAMBLE):
        raise BadFrame("frame-preamble")
    rest = frame[len(PREAMBLE) :]
    if len(rest) < 3 or int.from_bytes(rest[:2], "big") != len(rest) - 2:
        raise BadFrame("frame-length")
    if check(rest[:-1]) != rest[-1]:
        raise BadFrame("frame-checksum")
    return rest[2:-1]


class Deframer:
    """Cuts frames out of a stream of bytes; what stands before a preamble is skipped as noise."""

    def __init__(self) -> None:
        self._held = bytearray()
        self.noise = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Whole frames (not yet checked), in order; what is cut off waits for the next bytes.

        Raises BadFrame (frame-length) on a length that no frame has; the stream goes on behind it.
        """
        self._held += data
        frames = []
        while (frame := self._next()) is not None:
            frames.append(frame)
        return frames

    def _next(self) -> bytes | None:
        start = self._held.find(PREAMBLE)
        if start < 0:
            # The end may be the beginning of a preamble.
            self._drop(len(self._held) - len(PREAMBLE) + 1)
            return None
        self._drop(start)
        head = len(PREAMBLE) + 2
        if len(self._held) < head:
            return None
        length = int.from_bytes(self._held[len(PREAMBLE) : head], "big")
        if not SHORTEST - 1 <= length <= LONGEST:
            self._drop(len(PREAMBLE))
            raise BadFrame("frame-length")
        whole = head + length
        if len(self._held) < whole:
            return None
        frame = bytes(self._held[:whole])
        del self._held[:whole]
        return frame

    def _drop(self, count: int) -> None:
        if count > 0:
            self.noise += count
            del self._held[:count]


def _word(command: Command) -> bytes:
    return int(command).to_bytes(2, "big")


_LENGTHS = (256, 1024)


def split_card(data: bytes) -> tuple[bytes, bytes]:
    """Text block (256 bytes) and photograph (1,024 bytes, WLT) of a good READ reply.

    Raises BadFrame (card-length) when the two lengths, or the data behind them, are others.
    """
    if len(data) < 4:
        raise BadFrame("card-length")
    lengths = (int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big"))
    if lengths != _LENGTHS or len(data) != 4 + sum(lengths):
        raise BadFrame("card-length")
    return data[4 : 4 + lengths[0]], data[4 + lengths[0] :]
