"""Any PC/SC reader with a social security card, through the system's PC/SC service.

pyscard is an extra, imported here only and at the first use. Contexts live for one call, so that a
service that was started again, or a reader that was plugged in, is simply found.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from muster.device_gateway.domain import sscard
from muster.device_gateway.domain.cards import BadCard, Card
from muster.device_gateway.domain.sscard import NeedsPin
from muster.device_gateway.readers.port import CardRead, ReaderError, telling

NAME_LONGEST = 200


def _scard() -> ModuleType:
    try:
        from smartcard import scard
    except ImportError:
        raise ReaderError("pcsc-not-installed") from None
    module: ModuleType = scard
    return module


class PcscReader:
    """All PC/SC readers of this computer; the card that came is read, on whichever it lies."""

    def __init__(self, name: str = "pcsc") -> None:
        self.name = name
        # How often a card had come or gone on a reader when one was read there: while that has
        # not changed it is the same card.
        self._read: dict[str, int] = {}

    def identify(self) -> str:
        """Names of the readers that are there."""
        scard = _scard()
        with _context(scard) as context:
            return ", ".join(_readers(scard, context))[:NAME_LONGEST]

    def read(self) -> CardRead:
        """The first social security card that was not read yet. Raises ReaderError."""
        scard = _scard()
        rules = []
        with _context(scard) as context:
            for reader, changes in self._fresh(scard, context):
                try:
                    card = _read_on(scard, context, reader)
                except ReaderError as error:
                    rules.append(error.rule)
                else:
                    self._read[reader] = changes
                    return CardRead(card, reader[:NAME_LONGEST])
        raise ReaderError(telling(rules) if rules else "no-card")

    def close(self) -> None:
        """Nothing is held between calls."""

    def _fresh(self, scard: ModuleType, context: Any) -> list[tuple[str, int]]:
        """Readers with a card that was not read yet, and their counts of changes."""
        asked = [(name, scard.SCARD_STATE_UNAWARE) for name in _readers(scard, context)]
        result, states = scard.SCardGetStatusChange(context, 0, asked)
        if result not in (scard.SCARD_S_SUCCESS, scard.SCARD_E_TIMEOUT):
            raise ReaderError("reader-away")
        fresh = []
        for name, state, _ in states:
            changes = state >> 16
            if not state & scard.SCARD_STATE_PRESENT:
                self._read.pop(name, None)
            elif self._read.get(name) != changes:
                fresh.append((name, changes))
        return fresh


@contextmanager
def _context(scard: ModuleType) -> Iterator[Any]:
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if result != scard.SCARD_S_SUCCESS:
        raise ReaderError("pcsc-away")
    try:
        yield context
    finally:
        scard.SCardReleaseContext(context)


def _readers(scard: ModuleType, context: Any) -> list[str]:
    """Names of the readers. Raises ReaderError when there is none."""
    result, names = scard.SCardListReaders(context, [])
    if result != scard.SCARD_S_SUCCESS or not names:
        raise ReaderError("reader-away")
    return sorted(names)


def _read_on(scard: ModuleType, context: Any, reader: str) -> Card:
    """The card on one reader, alone with it. Raises ReaderError."""
    result, handle, protocol = scard.SCardConnect(
        context,
        reader,
        scard.SCARD_SHARE_SHARED,
        scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1,
    )
    if result != scard.SCARD_S_SUCCESS:
        raise ReaderError(_rule(scard, result))
    try:
        if (result := scard.SCardBeginTransaction(handle)) != scard.SCARD_S_SUCCESS:
            raise ReaderError(_rule(scard, result))
        t0 = protocol == scard.SCARD_PROTOCOL_T0
        pci = scard.SCARD_PCI_T0 if t0 else scard.SCARD_PCI_T1

        def send(command: bytes) -> bytes:
            result, answer = scard.SCardTransmit(handle, pci, list(command))
            if result != scard.SCARD_S_SUCCESS:
                raise ReaderError(_rule(scard, result))
            return bytes(answer)

        return sscard.read(sscard.answering(send))
    except NeedsPin:
        raise ReaderError("card-needs-pin") from None
    except BadCard as error:
        raise ReaderError(error.rule) from None
    finally:
        # Leaving also ends the transaction; without power a card forgets what was selected.
        scard.SCardDisconnect(handle, scard.SCARD_RESET_CARD)


def _rule(scard: ModuleType, result: int) -> str:
    if result in (scard.SCARD_W_REMOVED_CARD, scard.SCARD_E_NO_SMARTCARD):
        return "card-moved"
    if result in (scard.SCARD_E_NO_SERVICE, scard.SCARD_E_SERVICE_STOPPED):
        return "pcsc-away"
    if result in (scard.SCARD_E_READER_UNAVAILABLE, scard.SCARD_E_UNKNOWN_READER):
        return "reader-away"
    if result == scard.SCARD_E_SHARING_VIOLATION:
        return "card-in-use"
    return "card-read"
