"""What looks for leaks finds each that is planted, in every form and place, and none in noise."""

from __future__ import annotations

import base64
import json
import random
import sqlite3
import threading
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import redis

from muster.forms import Profile
from muster.runtime.home import Home, write_private
from muster.synth import build, write

from . import dump
from .needles import (
    ENOUGH,
    Kind,
    Needle,
    Noise,
    file_values,
    needles,
    spellings,
    true_values,
    worth,
)
from .scanner import Piece, Scanner

FORMS: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "hex": lambda text: text.encode().hex().encode(),
    "HEX": lambda text: text.encode().hex().upper().encode(),
    "utf-16 le": lambda text: text.encode("utf-16-le"),
    "utf-16 be": lambda text: text.encode("utf-16-be"),
    "gbk": lambda text: text.encode("gb18030"),
    "json": lambda text: json.dumps(text)[1:-1].encode(),
    "json in json": lambda text: json.dumps(json.dumps(text))[1:-1].encode(),
    "json, every sign": lambda text: "".join(f"\\u{ord(sign):04x}" for sign in text).encode(),
    "JSON, every sign": lambda text: "".join(f"\\u{ord(sign):04X}" for sign in text).encode(),
    "url": lambda text: urllib.parse.quote(text).encode(),
    "url, small": lambda text: urllib.parse.quote(text).lower().encode(),
    "url, every byte": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()).encode(),
    **{
        f"{name} at {before}": lambda text, encode=encode, before=before: encode(
            b"<:>"[:before] + text.encode() + b"?"
        )
        for name, encode in (("base64", base64.b64encode), ("url64", base64.urlsafe_b64encode))
        for before in range(3)
    },
    "base64 twice": lambda text: base64.b64encode(base64.b64encode(text.encode())),
    "a body in base64": lambda text: base64.b64encode(f'{{"a": "b", "c": "{text}"}}'.encode()),
}
"""As a fault would write it; made here by the standard library, not by the code on trial."""


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[Kind, str]]:
    profile = Profile.load("tongren")
    county = build(profile, 90, 5)
    folder = write(county, tmp_path_factory.mktemp("county"))
    return true_values(county) | file_values(profile, folder)


@pytest.fixture(scope="module")
def scanner(values: set[tuple[Kind, str]]) -> Scanner:
    return Scanner(needles(values))


@pytest.fixture(scope="module")
def leaks(values: set[tuple[Kind, str]]) -> dict[Kind, list[str]]:
    """Of each kind some, the shortest and the oddest among them."""
    found: dict[Kind, list[str]] = {}
    for kind in Kind:
        spelt = {
            text for k, v in values if k is kind for text in spellings(kind, v) if worth(k, text)
        }
        ordered = sorted(spelt, key=lambda text: (len(text), text))
        odd = [text for text in ordered if "\u00b7" in text or text.endswith("X")]
        found[kind] = [*ordered[:2], *odd[:1], *ordered[-2:]]
    assert min(map(len, found[Kind.NAME])) == 2
    assert min(map(len, found[Kind.NUMBER])) == 15
    return found


# -- places: how each reads what was planted in it -------------------------------------------------

Place = Callable[[bytes, Path], Iterable[Piece]]


def _message(
    key: bytes = b"k", header: bytes = b"1.0", value: bytes = b"{}", topic: str = "capture-any"
) -> Iterable[Piece]:
    return dump.Seen(topic, 0, 7, key, (("ce_specversion", header),), value).pieces()


def _dead_letter(leak: bytes, _folder: Path) -> Iterable[Piece]:
    """As if it had not been sealed: the message that was refused stands in it as base64."""
    inside = base64.b64encode(b'{"clear": {}, "name": "' + leak + b'"}')
    value = b'{"clear":{"version":1},"sealed":{"capture":"' + inside + b'"}}'
    return _message(value=value, topic="capture-dead-letter")


def _log(leak: bytes, folder: Path) -> Iterable[Piece]:
    (folder / "capture.log").write_bytes(b'{"event":"fine"}\n{"event":"it was ' + leak + b'"}\n')
    return dump.logs([folder])


class _Metrics(BaseHTTPRequestHandler):
    text = b""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/metrics" else 404)
        self.end_headers()
        self.wfile.write(self.text)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing."""


@contextmanager
def _served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _metric(leak: bytes, folder: Path) -> Iterable[Piece]:
    text = b'# TYPE muster_any counter\nmuster_any{topic="' + leak + b'"} 1.0\n'
    with _served(type("_Answer", (_Metrics,), {"text": text})) as url:
        home = Home(folder).create()
        write_private(home.stack_file, {"parts": {"capture": {"url": url}, "broker": {}}})
        return list(dump.metrics(home))


def _into_spool(spool: sqlite3.Connection, leak: bytes) -> None:
    spool.execute("PRAGMA journal_mode = WAL")
    spool.execute("PRAGMA synchronous = OFF")
    spool.execute("CREATE TABLE outgoing (sealed TEXT, size INT)")
    # SQLite stores as text what somebody says is text.
    spool.execute("INSERT INTO outgoing VALUES (CAST(? AS TEXT), 3)", (leak,))
    spool.commit()


def _spool(leak: bytes, folder: Path) -> Iterable[Piece]:
    with closing(sqlite3.connect(folder / "spool.db")) as spool:
        _into_spool(spool, leak)
    assert [path.name for path in folder.iterdir()] == ["spool.db"]
    return dump.edge_files(folder)


def _journal(leak: bytes, folder: Path) -> Iterable[Piece]:
    with closing(sqlite3.connect(folder / "spool.db")) as spool:
        _into_spool(spool, leak)
        return list(dump.journals(folder))


def _edge_file(leak: bytes, folder: Path) -> Iterable[Piece]:
    (folder / "profile.json").write_bytes(b'{"label": "' + leak + b'"}')
    return dump.edge_files(folder)


PLACES: dict[str, Place] = {
    "key": lambda leak, _: _message(key=leak),
    "header": lambda leak, _: _message(header=leak),
    "value": lambda leak, _: _message(value=b'{"clear":{"subject_id":"' + leak + b'"}}'),
    "sealed": lambda leak, _: _message(value=b'{"sealed":{"a":"A256GCM.k/1.AA.' + leak + b'"}}'),
    "dead letter": _dead_letter,
    "log line": _log,
    "metric label": _metric,
    "spool": _spool,
    "journal of a spool": _journal,
    "file of an edge": _edge_file,
}


AMONG_BYTES = ("dead letter", "journal of a spool")


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("place", PLACES)
def test_a_leak_is_found_in_every_form(
    place: str, kind: Kind, scanner: Scanner, leaks: dict[Kind, list[str]], tmp_path: Path
) -> None:
    """R100. Each form that issue 4 names, and what faults make of them."""
    assert scanner.scan(PLACES[place](b"nothing at all", tmp_path)) == []
    for form, encode in FORMS.items():
        planted = [
            leak
            for leak in leaks[kind]
            if not (place in AMONG_BYTES and _too_short_among_bytes(form, leak))
        ]
        together = b" | ".join(encode(leak) for leak in planted)
        found = scanner.scan(PLACES[place](together, _fresh(tmp_path)))
        # Who writes all of a line small writes the X of a number small.
        names = {hit.needle.value.lower() for hit in found}
        assert names >= {leak.lower() for leak in planted}, form


def _fresh(folder: Path) -> Path:
    for path in folder.iterdir():
        if path.is_file():
            path.unlink()
    return folder


def _too_short_among_bytes(form: str, leak: str) -> bool:
    """Two characters in four bytes are not told from noise among raw bytes; see `needles`."""
    return form in ("gbk", "utf-16 le", "utf-16 be") and len(leak) == 2


def test_a_leak_is_found_in_redis(
    scanner: Scanner, leaks: dict[Kind, list[str]], redis_url: str
) -> None:
    """R100. In a key, and in whatever stands under one."""
    leak = leaks[Kind.NAME][0]
    with closing(redis.Redis.from_url(redis_url)) as client:
        writes: list[Callable[[str], object]] = [
            lambda key: client.set(f"{key}:{leak}", 1),
            lambda key: client.set(key, leak),
            lambda key: client.hset(key, leak, "1"),
            lambda key: client.hset(key, "1", leak),
            lambda key: client.rpush(key, "1", leak),
            lambda key: client.sadd(key, leak),
            lambda key: client.zadd(key, {leak: 1.0}),
        ]
        for nth, put in enumerate(writes):
            put(f"test-leaks-{nth}")
            hits = scanner.scan(dump.redis_pieces(redis_url))
            for key in client.scan_iter("test-leaks-*"):
                client.delete(key)
            assert {hit.needle.value for hit in hits} == {leak}, nth
    assert scanner.scan(dump.redis_pieces(redis_url)) == []


def test_every_person_is_looked_for(values: set[tuple[Kind, str]], scanner: Scanner) -> None:
    """Nobody's true value is left out as rubbish, and every kind of file gives some of its own."""
    looked_for = {(needle.kind, needle.value) for needle in scanner.needles}
    county = build(Profile.load("tongren"), 90, 5)
    true = true_values(county)
    assert {kind for kind, _ in true} == set(Kind)
    assert true <= looked_for
    numbers = {value for kind, value in looked_for if kind is Kind.NUMBER}
    for person in county.people:
        number = str(person.fields["resident_number"])
        assert {number, number.lower()} <= numbers
        if number[6:8] == "19":
            assert number[:6] + number[8:17] in numbers
    # Bystanders of the registers, and spellings that only a workbook has.
    assert len(values - true) > 20


def test_what_is_not_looked_for(scanner: Scanner) -> None:
    """Exactly what `needles` gives a reason for."""
    left_out = {
        noise: [needle for needle in scanner.needles if needle.bits(noise) < ENOUGH]
        for noise in Noise
    }
    for needle in left_out[Noise.TEXT]:
        assert needle.kind is Kind.NAME
        assert needle.form.startswith("utf-16")
        assert needle.text.isalnum()
        assert len(needle.value) < 4
    for needle in left_out[Noise.BYTES]:
        assert needle.kind is Kind.NAME
        assert needle.form.startswith(("utf-16", "gbk"))
        assert len(needle.value) == 2
    # A name that is letters in UTF-16 is rare; most are looked for in text in every form.
    assert len(left_out[Noise.TEXT]) < len(left_out[Noise.BYTES])


@pytest.mark.parametrize("noise", ["base64", "hex", "digits", "bytes", "chinese"])
def test_noise_raises_no_alarm(noise: str, scanner: Scanner) -> None:
    made = random.Random(1)
    data = {
        "base64": lambda: base64.b64encode(made.randbytes(3_000_000)),
        "hex": lambda: made.randbytes(2_000_000).hex().encode(),
        "digits": lambda: b"".join(b"%020d" % made.getrandbits(64) for _ in range(50_000)),
        "bytes": lambda: made.randbytes(3_000_000),
        "chinese": lambda: "".join(
            chr(made.randrange(0x4E00, 0x9FA5)) for _ in range(300_000)
        ).encode(),
    }[noise]()
    assert (
        scanner.scan([Piece("noise", data, Noise.BYTES if noise == "bytes" else Noise.TEXT)]) == []
    )


def test_the_chance_of_a_false_alarm_is_reckoned(scanner: Scanner) -> None:
    """For 100 MB of topics, taken as if all of it were noise of the worst sort."""
    alone = Scanner(scanner.needles)
    assert alone.chance() == 0
    alone.size = {Noise.TEXT: 100_000_000, Noise.BYTES: 75_000_000}
    assert 0 < alone.chance() < 0.01


def test_signs_beside_a_short_name_count(scanner: Scanner, leaks: dict[Kind, list[str]]) -> None:
    """Seven signs of base64 alone come by chance once in 2**42 places; with what the signs on
    either side must hold, once in 2**48."""
    name = leaks[Kind.NAME][0]
    right = base64.b64encode(b"<" + name.encode() + b"!")
    assert scanner.scan([Piece("x", right[:11])])
    wrong = bytes([right[0]]) + bytes([right[1] ^ 1]) + right[2:11]
    signs = set(base64.b64encode(bytes(range(256))))
    assert wrong[1] in signs
    assert wrong[2:9] == right[2:9]
    assert scanner.scan([Piece("x", wrong)]) == []


def test_pieces_of_chinese_text_are_no_name_in_gbk() -> None:
    """Bytes of two characters in UTF-8, cut askew, can be two others in GBK."""
    text, name = next(
        (text, name)
        for first in "基聚境"
        for second in (chr(code) for code in range(0x4E00, 0x9FA5))
        if (name := _askew(text := first + second + second)) is not None
    )
    scanner = Scanner([Needle(Kind.NAME, name, "gbk", name.encode("gbk"))])
    assert name.encode("gbk") in text.encode()
    assert scanner.scan([Piece("x", text.encode())]) == []
    assert scanner.scan([Piece("x", b'{"name": "' + name.encode("gbk") + b'"}')])


def _askew(text: str) -> str | None:
    try:
        name = text.encode()[2:6].decode("gbk")
    except UnicodeDecodeError:
        return None
    return name if len(name) == 2 and name.encode("gbk") == text.encode()[2:6] else None
