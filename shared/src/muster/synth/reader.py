"""Readers and cards that are not there, for demo and tests: a pseudo-terminal that plays an SDT
reader, and a social security card for the virtual PC/SC reader of vsmartcard (vpcd).

What plays them knows the protocols from the vendors' sheets on its own, so that it can also be
wrong in the ways in which real ones are.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import tty
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import reduce
from operator import xor

_PREAMBLE = b"\xaa\xaa\xaa\x96\x69"
_FIND, _SELECT, _READ, _SAM_ID = b"\x20\x01", b"\x20\x02", b"\x30\x01", b"\x12\xff"
_TEXT, _PHOTO = 256, 1024
_SLICE = 64
SAM_ID = bytes.fromhex("05 03 20 18 11 05 00 01 00 00 00 01 00 00 00 01")

MISBEHAVIOURS = (
    "bad-checksum",
    "short-length",
    "cut-off",
    "noise-before",
    "silence",
    "read-failed",
    "not-authentic",
    "short-card",
)
"""What a virtual reader can do wrong, once each time it is told to."""


def frame(sw3: int, data: bytes = b"") -> bytes:
    """A reply of a reader."""
    content = bytes([0, 0, sw3]) + data
    body = (len(content) + 1).to_bytes(2, "big") + content
    return _PREAMBLE + body + bytes([reduce(xor, body, 0)])


def read_data(text: bytes, photo: bytes) -> bytes:
    """What a good reply to READ holds: the lengths of both blocks, then the blocks."""
    return len(text).to_bytes(2, "big") + len(photo).to_bytes(2, "big") + text + photo


_PLACES = {
    "name": (0, 30),
    "sex": (30, 2),
    "ethnicity": (32, 4),
    "birth_date": (36, 16),
    "household_address": (52, 70),
    "resident_number": (122, 36),
    "issued_by": (158, 30),
    "valid_from": (188, 16),
    "valid_until": (204, 16),
}


def resident_card(fields: Mapping[str, object]) -> bytes:
    """The text block of a person's resident card; what is too long for its place is cut off, as on
    real cards."""
    block = bytearray(" ".encode("utf-16-le") * (_TEXT // 2))
    told = {"issued_by": "公安局", "valid_from": "20100101", "valid_until": "长期", **fields}
    for name, (start, size) in _PLACES.items():
        text = str(told.get(name, ""))
        if name == "birth_date":
            text = text.replace("-", "")
        raw = text.encode("utf-16-le")[:size]
        block[start : start + len(raw)] = raw
    return bytes(block)


@dataclass
class SerialReader:
    """Plays a reader on a pseudo-terminal whose other end is `path`. Use it as a context manager.

    `put` lays a card (its text block of 256 bytes) on the reader, `take` lifts it; `misbehave`
    makes the next read go wrong. As with real readers, a card that was read is found again only
    after it was lifted.
    """

    path: str = ""
    reads: int = 0
    baud: int = 0
    """How fast it sends; 0 is at once."""
    _card: bytes | None = None
    _photo: bytes = bytes(_PHOTO)
    _done: bool = False
    _wrong: deque[str] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None
    _master: int = -1
    _slave: int = -1

    def __enter__(self) -> SerialReader:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self._thread = threading.Thread(target=self._serve, name="virtual-reader", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # The slave is held open here, so that the thread's read ends only when told to.
        os.write(self._slave, b"\0END\0")
        if self._thread is not None:
            self._thread.join(5)
        os.close(self._slave)
        os.close(self._master)

    def put(self, text: bytes, photo: bytes = bytes(_PHOTO)) -> None:
        """Lay a card on the reader."""
        with self._lock:
            self._card, self._photo, self._done = text, photo, False

    def take(self) -> None:
        """Lift the card."""
        with self._lock:
            self._card, self._done = None, False

    def misbehave(self, *how: str) -> None:
        """Each next read goes wrong in one of these ways, in order."""
        with self._lock:
            self._wrong.extend(how)

    def _serve(self) -> None:
        held = b""
        while True:
            held += os.read(self._master, 4096)
            if held.endswith(b"\0END\0"):
                return
            while (start := held.find(_PREAMBLE)) >= 0 and len(held) >= start + 7:
                length = int.from_bytes(held[start + 5 : start + 7], "big")
                if len(held) < start + 7 + length:
                    break
                command = held[start + 7 : start + 6 + length]
                held = held[start + 7 + length :]
                for piece in self._answer(command):
                    self._send(piece)

    def _send(self, data: bytes) -> None:
        if not self.baud:
            os.write(self._master, data)
            return
        for start in range(0, len(data), _SLICE):
            time.sleep(10 * _SLICE / self.baud)
            os.write(self._master, data[start : start + _SLICE])

    def _answer(self, command: bytes) -> list[bytes]:
        with self._lock:
            if command == _SAM_ID:
                return [frame(0x90, SAM_ID)]
            if command == _FIND:
                there = self._card is not None and not self._done
                return [frame(0x9F, bytes(4)) if there else frame(0x80)]
            if command == _SELECT:
                return [frame(0x90, bytes(8)) if self._card is not None else frame(0x81)]
            if command == _READ:
                return self._read()
            return [frame(0x21)]

    def _read(self) -> list[bytes]:
        if self._card is None:
            return [frame(0x41)]
        data = read_data(self._card, self._photo)
        good = frame(0x90, data)
        how = self._wrong.popleft() if self._wrong else None
        if how is None or how == "noise-before":
            self.reads += 1
            self._done = True
            return [good] if how is None else [b"\x00\xaa\xaa\x13" + os.urandom(40), good]
        wrong = {
            "bad-checksum": [good[:-1] + bytes([good[-1] ^ 0x55])],
            "short-length": [good[:5] + b"\x00\x04" + good[7:]],
            "cut-off": [good[: len(good) // 2]],
            "silence": [],
            "read-failed": [frame(0x41)],
            "not-authentic": [frame(0x32)],
            "short-card": [frame(0x90, data[: 4 + _TEXT])],
        }
        return wrong[how]


# -- a social security card ------------------------------------------------------------------------

_ATR = bytes.fromhex("3B680000") + b"MUSTERSS"
_OFF, _ON, _RESET, _GET_ATR = 0, 1, 2, 4
_APPLICATION = "sx1.sh.社会保障".encode("gbk")
_GOOD, _ABSENT, _GUARDED, _UNKNOWN = b"\x90\x00", b"\x6a\x82", b"\x69\x82", b"\x6d\x00"
_INS_SELECT, _INS_READ, _INS_MORE = b"\x00\xa4", b"\x00\xb2", b"\x00\xc0"

QUIRKS = ("application-unnamed", "needs-pin", "other-length", "more-waits", "other-card")
"""In which a card may differ: the application is not found by its name though it is there; a PIN
guards the holder; a length is asked for again (6Cxx); answers are fetched (61xx); it is no social
security card at all."""


def holder(name: str, number: str, sex: str, ethnicity: str, birth: str) -> dict[int, bytes]:
    """Records of file EF06 by tag; `birth` as YYYYMMDD."""
    return {
        0x08: number.encode("ascii"),
        0x09: name.encode("gbk").ljust(30, b"\0"),
        0x0A: sex.encode("ascii"),
        0x0B: bytes.fromhex(ethnicity),
        0x0D: bytes.fromhex(birth),
    }


@dataclass
class SocialSecurityCard:
    """A card in a slot of vpcd that listens on `port`: entering the block puts it in, leaving
    takes it out. `records` as `holder` makes them."""

    port: int
    records: dict[int, bytes]
    quirks: frozenset[str] = frozenset()
    commands: list[bytes] = field(default_factory=list)
    _waiting: bytes = b""
    _socket: socket.socket | None = None
    _thread: threading.Thread | None = None

    def __enter__(self) -> SocialSecurityCard:
        self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        self._socket.settimeout(None)
        self._thread = threading.Thread(target=self._serve, name="virtual-card", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._socket is not None
        assert self._thread is not None
        # The thread's read ends at once; closing alone would leave it waiting.
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    def _serve(self) -> None:
        try:
            while (size := self._exactly(2)) and (body := self._exactly(int.from_bytes(size))):
                answer = self._control(body[0]) if len(body) == 1 else self.answer(body)
                if answer is not None:
                    assert self._socket is not None
                    self._socket.sendall(len(answer).to_bytes(2, "big") + answer)
        except OSError:
            return

    def _exactly(self, count: int) -> bytes:
        assert self._socket is not None
        found = b""
        while len(found) < count:
            piece = self._socket.recv(count - len(found))
            if not piece:
                return b""
            found += piece
        return found

    @staticmethod
    def _control(code: int) -> bytes | None:
        return _ATR if code == _GET_ATR else None

    def answer(self, command: bytes) -> bytes:
        """What the card says to one command."""
        self.commands.append(command)
        if command[:2] == _INS_SELECT:
            return self._select(command[5 : 5 + command[4]])
        if command[:2] == _INS_MORE:
            given, self._waiting = self._waiting[: command[4]], b""
            return given + _GOOD
        if command[:2] == _INS_READ:
            return self._record(command)
        return _UNKNOWN

    def _select(self, name: bytes) -> bytes:
        if "other-card" in self.quirks:
            return b"\x6a\x86" if name == _APPLICATION else _UNKNOWN
        if name == _APPLICATION:
            return _ABSENT if "application-unnamed" in self.quirks else _GOOD
        if name == b"\xef\x06":
            return _GUARDED if "needs-pin" in self.quirks else _GOOD
        return _GOOD if name == b"\xef\x05" else _ABSENT

    def _record(self, command: bytes) -> bytes:
        tag = command[2]
        value = self.records.get(tag)
        if value is None:
            return b"\x6a\x83"
        record = bytes([tag, len(value)]) + value
        if "other-length" in self.quirks and self.commands[-2:-1] != [command]:
            return b"\x6c" + bytes([len(record)])
        if "more-waits" in self.quirks:
            self._waiting = record
            return b"\x61" + bytes([len(record)])
        return record + _GOOD
