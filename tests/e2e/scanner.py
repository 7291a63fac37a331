"""Finds needles in what a stack left: one pass over each piece, whatever the number of needles."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import ahocorasick_rs

from .needles import ENOUGH, Needle, Noise

_RUN = re.compile(rb"[A-Za-z0-9+/_-]{11,}")
"""Text that may be base64 of something; a name of two characters has 11 signs in base64 twice."""
_SIGNS = re.compile(rb"[A-Za-z0-9+/_-]+")
_STANDARD = bytes.maketrans(b"-_", b"+/")
_UNSURE = ("utf-16", "gbk")
"""Forms whose bytes could be pieces of Chinese text in UTF-8."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of one place, such as the value of one message."""

    place: str
    data: bytes
    noise: Noise = Noise.TEXT


@dataclass(frozen=True, slots=True)
class Hit:
    """A needle that was found."""

    place: str
    needle: Needle
    decoded: bool

    def __str__(self) -> str:
        inside = " inside base64" if self.decoded else ""
        return f"{self.place}: {self.needle.kind.value} as {self.needle.form}{inside}"


class _Automaton:
    """The needles that are enough for one kind of noise."""

    def __init__(self, needles: Iterable[Needle], noise: Noise) -> None:
        self.bits = [(needle, bits) for needle in needles if (bits := needle.bits(noise)) >= ENOUGH]
        self._found = ahocorasick_rs.BytesAhoCorasick([needle.text for needle, _ in self.bits])

    def find(self, data: bytes) -> Iterator[Needle]:
        for index, start, end in self._found.find_matches_as_indexes(data, overlapping=True):
            needle = self.bits[index][0]
            if _is_there(needle, data, start, end):
                yield needle

    def chance(self, size: int) -> float:
        """How many needles that many bytes hold by chance, on average, at most."""
        return size * sum(2.0**-bits for _, bits in self.bits)


@dataclass
class Scanner:
    """`scan` pieces, as often as you like; `size` counts the bytes that were searched."""

    needles: Sequence[Needle]
    size: dict[Noise, int] = field(default_factory=lambda: dict.fromkeys(Noise, 0))

    def __post_init__(self) -> None:
        self._of = {noise: _Automaton(self.needles, noise) for noise in Noise}

    def scan(self, pieces: Iterable[Piece]) -> list[Hit]:
        """Every needle in every piece, also in what its base64 decodes to, however often; once per
        place."""
        found: dict[Hit, None] = {}
        for piece in pieces:
            for needle in self._search(piece.data, piece.noise):
                found[Hit(piece.place, needle, decoded=False)] = None
            inside = [run[0] for run in _RUN.finditer(piece.data)]
            while inside:
                decoded = _decode(inside.pop())
                for needle in self._search(decoded, Noise.BYTES):
                    found[Hit(piece.place, needle, decoded=True)] = None
                inside += [run[0] for run in _RUN.finditer(decoded)]
        return list(found)

    def _search(self, data: bytes, noise: Noise) -> Iterator[Needle]:
        self.size[noise] += len(data)
        return self._of[noise].find(data)

    def chance(self) -> float:
        """False alarms to be expected in all that was searched: an upper bound, as if everything
        were noise of the worst sort."""
        return sum(self._of[noise].chance(size) for noise, size in self.size.items())


def _decode(run: bytes) -> bytes:
    """A run of base64 without its padding; a sign too many at its end is dropped."""
    whole = run[: len(run) - (len(run) % 4 == 1)]
    return base64.b64decode(whole.translate(_STANDARD) + b"=" * (-len(whole) % 4))


def _is_there(needle: Needle, data: bytes, start: int, end: int) -> bool:
    """Whether what looks like the needle is it."""
    if needle.form.startswith("base64"):
        return _in_base64(needle, data, start)
    if needle.form.startswith(_UNSURE):
        return not _amid_utf8(data, start, end)
    return True


def _in_base64(needle: Needle, data: bytes, start: int) -> bool:
    """The signs on either side hold bits of the value, too."""
    value = needle.value.encode()
    first = start - (needle.before and needle.before + 1)
    last = first + -(-(needle.before + len(value)) * 8 // 6)
    if first < 0 or _SIGNS.fullmatch(data[first:last]) is None or last > len(data):
        return False
    return _decode(data[first:last])[needle.before :][: len(value)] == value


def _amid_utf8(data: bytes, start: int, end: int) -> bool:
    """Whether these bytes are the middle of characters of UTF-8, cut askew."""
    first, last = start, end
    while first > 0 and start - first < 3 and data[first] & 0xC0 == 0x80:
        first -= 1
    while last < len(data) and last - end < 3 and data[last] & 0xC0 == 0x80:
        last += 1
    try:
        data[first:last].decode()
    except UnicodeDecodeError:
        return False
    return (first, last) != (start, end)
