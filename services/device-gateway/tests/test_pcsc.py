"""A social security card over PC/SC: pcscd, vsmartcard's reader, a virtual card (R55)."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from muster.device_gateway import handlers
from muster.device_gateway.handlers import Gateway
from muster.device_gateway.readers import pcsc
from muster.device_gateway.readers.bench import Bench
from muster.device_gateway.readers.pcsc import PcscReader
from muster.device_gateway.readers.port import ReaderError
from muster.device_gateway.readers.serial_sdt import SerialReader
from muster.runtime.home import free_port
from muster.synth import reader as virtual
from muster.synth.reader import SocialSecurityCard, holder
from muster.vocabulary.reasons import Refusal

from .conftest import card_of, number_of, spooled

DRIVER = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"


def records(seed: int) -> dict[int, bytes]:
    number = number_of(seed)
    return holder(f"才让{'甲乙丙丁'[seed % 4]}", number, "1", "04", number[6:14])


def two_free_ports() -> int:
    """The first of two neighbours: the driver listens on one for each of its two slots."""
    while True:
        port = free_port()
        if free_port(port + 1) == port + 1:
            return port


class Daemon:
    """pcscd in the foreground, with a configuration of its own."""

    def __init__(self, folder: Path) -> None:
        self.port = two_free_ports()
        self._folder = folder
        (folder / "vpcd").write_text(
            f'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:{self.port:#x}\n'
            f"LIBPATH {DRIVER}\nCHANNELID {self.port:#x}\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        found = shutil.which("pcscd") or "/usr/sbin/pcscd"
        with (self._folder.parent / "pcscd.log").open("ab") as log:
            self._process = subprocess.Popen(
                (found, "-f", "-c", str(self._folder), "--force-reader-polling"),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + 20
        while not self._answers():
            assert self._process.poll() is None, "pcscd ended"
            assert time.monotonic() < deadline, "pcscd does not answer"
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            PcscReader().identify()
        except ReaderError:
            return False
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(20)


@pytest.fixture(scope="module")
def daemon(
    tmp_path_factory: pytest.TempPathFactory, alone: Callable[[str], AbstractContextManager[None]]
) -> Iterator[Daemon]:
    with alone("pcscd"):
        made = Daemon(tmp_path_factory.mktemp("readers"))
        made.start()
        yield made
        made.stop()


@pytest.fixture
def desk(gateway: Gateway) -> Gateway:
    """The gateway with PC/SC readers in place of the serial one."""
    return Gateway(gateway.edge, gateway.spool, gateway.keys, Bench([PcscReader()]))


def refused(desk: Gateway, patience: float) -> str:
    with pytest.raises(Refusal) as caught:
        handlers.read_card(desk, patience)
    return caught.value.reasons[0].rule


@pytest.mark.needs("pcsc")
@pytest.mark.parametrize("quirks", [(), ("application-unnamed",), ("other-length", "more-waits")])
def test_a_card_is_read_once_each_time_it_is_put_in(
    quirks: tuple[str, ...], daemon: Daemon, desk: Gateway
) -> None:
    """The card that stays in is not read for the next person."""
    assert refused(desk, 0) == "no-card"
    for seed in (1, 2):
        with SocialSecurityCard(daemon.port, records(seed), frozenset(quirks)):
            reading = handlers.read_card(desk, 5)
            assert reading.card == "social_security"
            assert reading.fields["resident_number"] == number_of(seed)
            assert reading.reader_id.startswith("Virtual PCD")
            assert refused(desk, 0.5) == "no-card"
        time.sleep(1)
    events = spooled(desk.edge, desk.spool)
    assert [event.part.card for event in events] == ["social_security"] * 2


@pytest.mark.needs("pcsc")
@pytest.mark.parametrize(
    ("quirk", "rule"), [("needs-pin", "card-needs-pin"), ("other-card", "card-application")]
)
def test_a_card_that_does_not_tell_is_refused(
    quirk: str, rule: str, daemon: Daemon, desk: Gateway
) -> None:
    with SocialSecurityCard(daemon.port, records(1), frozenset({quirk})):
        assert refused(desk, 5) == rule
    time.sleep(1)
    assert desk.spool.counts().waiting == 0
    with SocialSecurityCard(daemon.port, records(1)):
        assert handlers.read_card(desk, 5).card == "social_security"
    time.sleep(1)


@pytest.mark.needs("pcsc")
def test_a_daemon_that_comes_back_is_found_again(daemon: Daemon, desk: Gateway) -> None:
    assert desk.bench.states() == {"pcsc": "ready"}
    daemon.stop()
    assert refused(desk, 0) == "pcsc-away"
    assert desk.bench.states() == {"pcsc": "pcsc-away"}
    daemon.start()
    assert desk.bench.states() == {"pcsc": "ready"}
    with SocialSecurityCard(daemon.port, records(1)):
        assert handlers.read_card(desk, 5).fields["resident_number"] == number_of(1)
    time.sleep(1)


def test_the_extra_is_locked_with_hashes_and_no_address() -> None:
    lock = (Path(__file__).parents[3] / "requirements-pcsc.lock").read_text()
    first, *rest = lock.splitlines()
    assert re.fullmatch(r"pyscard==2\.[0-9.]+ \\", first)
    assert rest
    assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in rest)


def test_without_the_extra_it_is_said(monkeypatch: pytest.MonkeyPatch, gateway: Gateway) -> None:
    monkeypatch.setitem(sys.modules, "smartcard", None)
    desk = Gateway(gateway.edge, gateway.spool, gateway.keys, Bench([PcscReader()]))
    assert refused(desk, 0) == "pcsc-not-installed"


class Scard:
    """What pyscard's functions give, where a daemon cannot be made to give it."""

    SCARD_S_SUCCESS = 0
    SCARD_W_REMOVED_CARD, SCARD_E_NO_SMARTCARD = 1, 2
    SCARD_E_NO_SERVICE, SCARD_E_SERVICE_STOPPED = 3, 4
    SCARD_E_READER_UNAVAILABLE, SCARD_E_UNKNOWN_READER = 5, 6
    SCARD_E_SHARING_VIOLATION, SCARD_E_TIMEOUT, SCARD_W_UNRESPONSIVE_CARD = 7, 8, 9
    SCARD_SCOPE_USER = SCARD_STATE_UNAWARE = SCARD_SHARE_SHARED = SCARD_RESET_CARD = 0
    SCARD_PROTOCOL_T0, SCARD_PROTOCOL_T1, SCARD_PCI_T0, SCARD_PCI_T1 = 1, 2, 1, 2
    SCARD_STATE_PRESENT = 0x20

    def __init__(self, **results: int) -> None:
        self.released = 0
        self.SCardEstablishContext = lambda _: (results.get("context", 0), "context")
        self.SCardReleaseContext = self._release
        self.SCardListReaders = lambda *_: (0, [] if "none" in results else ["One"])
        self.SCardGetStatusChange = lambda *_: (results.get("state", 0), [("One", 0x10020, [])])
        self.SCardConnect = lambda *_: (results.get("connect", 0), "handle", 2)
        self.SCardBeginTransaction = lambda _: results.get("begin", 0)
        self.SCardTransmit = lambda *_: (results.get("transmit", 0), [0x6A, 0x86])
        self.SCardDisconnect = lambda *_: 0

    def _release(self, _: str) -> None:
        self.released += 1


@pytest.mark.parametrize(
    ("results", "rule"),
    [
        ({"context": 3}, "pcsc-away"),
        ({"none": 1}, "reader-away"),
        ({"state": 6}, "reader-away"),
        ({"connect": 7}, "card-in-use"),
        ({"connect": 9}, "card-read"),
        ({"connect": 2}, "card-moved"),
        ({"begin": 1}, "card-moved"),
        ({"transmit": 1}, "card-moved"),
        ({"transmit": 4}, "pcsc-away"),
        ({"transmit": 5}, "reader-away"),
        ({}, "card-application"),
    ],
)
def test_what_goes_wrong_has_its_reason(
    results: dict[str, int], rule: str, monkeypatch: pytest.MonkeyPatch, gateway: Gateway
) -> None:
    scard = Scard(**results)
    monkeypatch.setattr(pcsc, "_scard", lambda: scard)
    desk = Gateway(gateway.edge, gateway.spool, gateway.keys, Bench([PcscReader()]))
    assert refused(desk, 0) == rule
    assert scard.released == (0 if "context" in results else 1)


class Desk(Scard):
    """Several PC/SC readers, each with what lies in it."""

    def __init__(self, cards: dict[str, SocialSecurityCard | None], **results: int) -> None:
        super().__init__(**results)
        self.SCardListReaders = lambda *_: (0, list(cards))
        self.SCardGetStatusChange = lambda *_: (0, [(n, self._state(cards[n]), []) for n in cards])
        self.SCardConnect = lambda _, name, *__: (results.get("connect", 0), name, 2)
        self.SCardTransmit = lambda name, _, command: (0, list(self._tell(cards[name], command)))

    @staticmethod
    def _state(card: SocialSecurityCard | None) -> int:
        return 0x10000 if card is None else 0x10020

    @staticmethod
    def _tell(card: SocialSecurityCard | None, command: list[int]) -> bytes:
        assert card is not None
        return card.answer(bytes(command))


def key() -> SocialSecurityCard:
    """A key for signing, as many desks' computers have one plugged in all day."""
    return SocialSecurityCard(0, {}, frozenset({"other-card"}))


def test_a_key_that_stays_in_keeps_no_card_from_being_read(
    monkeypatch: pytest.MonkeyPatch, gateway: Gateway
) -> None:
    """R55: the key is asked first, by its name, and says nothing."""
    scard = Desk({"A key": key(), "Reader": SocialSecurityCard(0, records(1))})
    monkeypatch.setattr(pcsc, "_scard", lambda: scard)
    desk = Gateway(gateway.edge, gateway.spool, gateway.keys, Bench([PcscReader()]))
    assert handlers.read_card(desk, 0).fields["resident_number"] == number_of(1)


@pytest.mark.parametrize(
    ("results", "rule"), [({}, "card-application"), ({"connect": 7}, "card-in-use")]
)
async def test_a_key_that_stays_in_ends_no_wait_for_a_resident_card(
    results: dict[str, int],
    rule: str,
    monkeypatch: pytest.MonkeyPatch,
    gateway: Gateway,
    serial: virtual.SerialReader,
) -> None:
    """R55: also while another program holds it. Only when no card came is it told of."""
    scard = Desk({"A key": key()}, **results)
    monkeypatch.setattr(pcsc, "_scard", lambda: scard)
    bench = Bench([SerialReader(serial.path), PcscReader()])
    desk = Gateway(gateway.edge, gateway.spool, gateway.keys, bench)
    assert refused(desk, 0.3) == rule
    waiting = asyncio.create_task(asyncio.to_thread(handlers.read_card, desk, 10))
    await asyncio.sleep(0.5)
    serial.put(card_of(1))
    assert (await waiting).card == "resident"
    bench.close()
