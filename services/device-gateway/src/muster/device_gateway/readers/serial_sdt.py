"""An SDT reader on a serial port (8N1, 115200 baud unless it is set otherwise)."""

from __future__ import annotations

import errno
import time
from collections import deque
from contextlib import suppress

import serial

from muster.device_gateway.domain import cards, sdt
from muster.device_gateway.domain.cards import BadCard, Card
from muster.device_gateway.domain.sdt import BadFrame, Command, Reply, Status
from muster.device_gateway.readers.port import CardRead, ReaderError

try:
    from termios import error as _TerminalError  # noqa: N812 - it is an exception class
except ImportError:  # no POSIX
    _TerminalError = OSError  # type: ignore[misc, assignment]

ANSWER = 1.5
"""Seconds that a reader has to begin its answer; the line's own time comes on top."""
LONGEST_ANSWER = 1295 * 10
"""Bits on the line of the longest answer, a card: 0.12 s at 115200 baud, 1.4 s at 9600."""
TRIES = 3

_GONE = (serial.SerialException, OSError, _TerminalError)
_NOT_OPENED: dict[int | None, str] = {
    errno.EACCES: "reader-not-allowed",
    errno.EPERM: "reader-not-allowed",
    errno.EBUSY: "reader-in-use",
    errno.EAGAIN: "reader-in-use",
}
_RULES: dict[int, str] = {
    Status.SAM_NOT_ACCEPTED: "card-not-authentic",
    Status.CARD_NOT_ACCEPTED: "card-not-authentic",
    Status.INFORMATION_CHECK: "card-not-authentic",
    Status.WRONG_CARD: "card-wrong-kind",
    Status.UNLICENSED: "reader-unlicensed",
    Status.SELF_TEST: "reader-failed",
}


class SerialReader:
    """One reader on one device path, opened at first use and again after an error."""

    def __init__(self, path: str, baud: int = 115200, name: str = "serial") -> None:
        self.name = name
        self._path = path
        self._baud = baud
        self._port: serial.Serial | None = None
        self._sam: str | None = None
        self._frames = sdt.Deframer()
        self._waiting: deque[bytes] = deque()

    def identify(self) -> str:
        """SAM id as upper-case hex."""
        reply = self._ask(Command.SAM_ID)
        if reply.sw3 != Status.OK or not reply.data:
            raise ReaderError(_RULES.get(reply.sw3, "reader-failed"))
        self._sam = reply.data.hex().upper()
        return self._sam

    def read(self) -> CardRead:
        """Find, select, read. A damaged answer is asked for again, a few times."""
        self._find()
        sam = self._sam or self.identify()
        for left in reversed(range(TRIES)):
            try:
                return CardRead(self._read_selected(), sam)
            except (BadFrame, BadCard) as error:
                if not left:
                    raise ReaderError(error.rule) from None
        raise AssertionError("unreachable")

    def close(self) -> None:
        # Whatever is plugged in next may be another reader.
        port, self._port, self._sam = self._port, None, None
        self._frames = sdt.Deframer()
        self._waiting.clear()
        if port is not None:
            with suppress(*_GONE):
                port.close()

    def _find(self) -> None:
        """Find a card and select it."""
        found = self._ask(Command.FIND).sw3
        if found != Status.FOUND:
            raise ReaderError(_RULES.get(found, "no-card"))
        if self._ask(Command.SELECT).sw3 != Status.OK:
            raise ReaderError("card-moved")

    def _read_selected(self) -> Card:
        reply = self._exchange(Command.READ)
        if reply.sw3 != Status.OK:
            raise ReaderError(_RULES.get(reply.sw3, "card-read"))
        return cards.decode(*sdt.split_card(reply.data))

    def _ask(self, command: Command) -> Reply:
        """An exchange that is tried again when its answer is damaged."""
        for left in reversed(range(TRIES)):
            try:
                return self._exchange(command)
            except BadFrame as error:
                if not left:
                    raise ReaderError(error.rule) from None
        raise AssertionError("unreachable")

    def _exchange(self, command: Command) -> Reply:
        """One command and its answer. Raises BadFrame, ReaderError (as `_opened`, reader-away,
        reader-silent)."""
        port = self._opened()
        try:
            # What is left of an earlier answer is not the answer to this command.
            port.reset_input_buffer()
            self._frames = sdt.Deframer()
            self._waiting.clear()
            port.write(sdt.request(command))
            port.flush()
            return sdt.parse_reply(self._frame(port))
        except _GONE:
            self.close()
            raise ReaderError("reader-away") from None

    def _opened(self) -> serial.Serial:
        """The port, alone. Raises ReaderError: reader-away, reader-not-allowed, reader-in-use."""
        if self._port is None:
            try:
                self._port = serial.Serial(self._path, self._baud, timeout=0.05, exclusive=True)
            except _GONE as error:
                number = getattr(error, "errno", None)
                raise ReaderError(_NOT_OPENED.get(number, "reader-away")) from None
        return self._port

    def _frame(self, port: serial.Serial) -> bytes:
        silent = time.monotonic() + ANSWER
        whole = silent + LONGEST_ANSWER / self._baud
        came = 0
        while not self._waiting:
            if came and time.monotonic() > whole:
                raise BadFrame("frame-cut-off")
            if not came and time.monotonic() > silent:
                raise ReaderError("reader-silent")
            data = port.read(max(1, port.in_waiting))
            came += len(data)
            self._waiting.extend(self._frames.feed(data))
        return self._waiting.popleft()
