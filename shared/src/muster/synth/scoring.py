"""The separate scorer: holds findings beside what was planted, and reads nothing of the run.

Two files, both JSON, from here or from elsewhere; members that are not named here are ignored.

::

    TRUTH.json      {"planted": [{"kind": "field_mismatch", "resident_number": "...",
                                  "field": "enlisted_on", "department": "armed-forces",
                                  "corrected": true}, ...]}
    FINDINGS.json   {"before": [{"kind": "field_mismatch", "resident_number": "...",
                                 "field": "enlisted_on", "department": "armed-forces",
                                 "state": "open"}, ...],
                     "after": [...]}

`before` is what stood open when every first record was in; `after`, which may be absent, is what
stood open or closed when every correction was in. `field` and `department` may be null or absent. A
finding about a field is known by all of kind, number, field and department; one about a person as a
whole by kind and number, whichever department it came from. Numbers may have 15 or 18 digits.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from muster.forms import Profile
from muster.synth.county import build
from muster.synth.desk import tell
from muster.synth.expectations import Expectations, Expected
from muster.synth.plants import FIELD_MISMATCH, MISSING_FIELD
from muster.vocabulary import resident_number
from muster.vocabulary.reasons import BilingualError
from muster.vocabulary.states import Discrepancy

LEAST = 0.99
"""Precision and recall that every kind must reach."""
OPEN, CLOSED = "open", "closed"
KINDS = tuple(kind.value for kind in Discrepancy)
_ABOUT_A_FIELD = frozenset({FIELD_MISMATCH, MISSING_FIELD})

Identity = tuple[str, str, str | None, str | None]
Finding = Mapping[str, Any]


class BadFile(BilingualError):  # noqa: N818 - reads as what it says
    """A file that cannot be scored; says which entry and why, without any value of it."""


@dataclass(frozen=True, slots=True)
class Planted:
    """One planted problem, as far as scoring goes."""

    identity: Identity
    corrected: bool


@dataclass(frozen=True, slots=True)
class Found:
    """Planted against found, of one kind. Of no finding none is wrong: precision 1; of no planted
    problem none was missed: recall 1."""

    planted: int
    found: int
    true_positives: int

    @property
    def precision(self) -> float:
        return self.true_positives / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.true_positives / self.planted if self.planted else 1.0

    def good(self, least: float = LEAST) -> bool:
        return self.precision >= least and self.recall >= least

    def as_dict(self) -> dict[str, float]:
        return {**asdict(self), "precision": self.precision, "recall": self.recall}


@dataclass(frozen=True, slots=True)
class Mended:
    """What became of the planted problems of one kind.

    Attributes:
        corrected, closed: how many were corrected, and how many of those are closed.
        uncorrected, still_open: how many were not, and how many of those are open.
        wrongly_closed: closed although nobody corrected them.
        newly_open: open, and never planted.
    """

    corrected: int
    closed: int
    uncorrected: int
    still_open: int
    wrongly_closed: int
    newly_open: int

    def good(self) -> bool:
        """Every corrected one is closed, every other one open, and nothing new has come."""
        mended = self.closed == self.corrected and self.still_open == self.uncorrected
        return mended and not self.newly_open

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


def expected(profile: Profile, people: int, seed: int) -> list[Expected]:
    """What should be found in that county, made again from its seed alone."""
    county = build(profile, people, seed)
    told = {person.ref: tell(seed, profile, person) for person in county.people}
    return list(Expectations(county, told).problems())


def planted(problems: Iterable[Expected]) -> list[Planted]:
    """The same as `truth_of` gives of a truth file."""
    return [
        Planted(identity(p.kind, p.resident_number, p.field, p.department), p.corrected)
        for p in problems
    ]


def identity(kind: str, number: str, field: str | None, department: str | None) -> Identity:
    """What makes two reports the same problem."""
    try:
        number = resident_number.canonical(number)
    except resident_number.NumberError:
        number = resident_number.clean(number)
    return (
        (kind, number, field, department) if kind in _ABOUT_A_FIELD else (kind, number, None, None)
    )


def score(findings: Iterable[Finding], truth: Iterable[Planted]) -> dict[str, Found]:
    """By kind, what is open against what was planted. A problem reported twice counts once."""
    wanted = {one.identity for one in truth}
    there = {_identity(finding) for finding in findings if finding["state"] == OPEN}
    return {
        kind: Found(
            planted=len(_of(kind, wanted)),
            found=len(_of(kind, there)),
            true_positives=len(_of(kind, wanted & there)),
        )
        for kind in KINDS
    }


def score_after(findings: Iterable[Finding], truth: Iterable[Planted]) -> dict[str, Mended]:
    """By kind, what the corrections did. A problem that is both open and closed is open; one of
    which nothing is reported is neither."""
    known = {one.identity: one.corrected for one in truth}
    is_open: set[Identity] = set()
    is_closed: set[Identity] = set()
    for finding in findings:
        (is_open if finding["state"] == OPEN else is_closed).add(_identity(finding))
    is_closed -= is_open
    corrected = {one for one, mended in known.items() if mended}
    uncorrected = known.keys() - corrected
    return {
        kind: Mended(
            corrected=len(_of(kind, corrected)),
            closed=len(_of(kind, corrected & is_closed)),
            uncorrected=len(_of(kind, uncorrected)),
            still_open=len(_of(kind, uncorrected & is_open)),
            wrongly_closed=len(_of(kind, uncorrected & is_closed)),
            newly_open=len(_of(kind, is_open - known.keys())),
        )
        for kind in KINDS
    }


def _of(kind: str, identities: Iterable[Identity]) -> set[Identity]:
    return {one for one in identities if one[0] == kind}


def _identity(finding: Finding) -> Identity:
    return identity(
        finding["kind"],
        finding["resident_number"],
        finding.get("field"),
        finding.get("department"),
    )


# -- files -----------------------------------------------------------------------------------------


def read_truth(path: Path) -> list[Planted]:
    """The planted problems of a truth file. Raises BadFile."""
    document = _read(path)
    if "planted" not in document:
        raise BadFile(
            f"{path.name} 中没有 `planted` 列表，不是真值文件。",
            f"{path.name} has no list `planted`: it is no truth file.",
        )
    found: dict[Identity, Planted] = {}
    for place, entry in _entries(path, document, "planted"):
        if not isinstance(entry.get("corrected"), bool):
            raise place.bad("`corrected` 须为 true 或 false", "`corrected` must be true or false")
        one = Planted(_identity(entry), entry["corrected"])
        if one.identity in found:
            raise place.bad("同一问题出现两次", "the same problem stands there twice")
        found[one.identity] = one
    return list(found.values())


def read_findings(path: Path) -> tuple[list[Finding], list[Finding] | None]:
    """What was found before and after correction; None without `after`. Raises BadFile."""
    document = _read(path)
    if "before" not in document:
        raise BadFile(
            f"{path.name} 中没有 `before` 列表，不是比对结果文件。",
            f"{path.name} has no list `before`: it is no file of findings.",
        )
    return _findings(path, document, "before"), (
        _findings(path, document, "after") if "after" in document else None
    )


def _findings(path: Path, document: Mapping[str, Any], name: str) -> list[Finding]:
    found: list[Finding] = []
    for place, entry in _entries(path, document, name):
        if entry.get("state") not in (OPEN, CLOSED):
            states = f"`{OPEN}`", f"`{CLOSED}`"
            raise place.bad(
                f"`state` 须为 {' 或 '.join(states)}", f"`state` must be {' or '.join(states)}"
            )
        found.append(entry)
    return found


def _read(path: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise BadFile(
            f"{path.name} 无法读取。", f"{path.name} cannot be read: {error.strerror}."
        ) from None
    except UnicodeDecodeError:
        raise BadFile(f"{path.name} 不是 UTF-8 编码。", f"{path.name} is not UTF-8.") from None
    except (ValueError, RecursionError):
        raise BadFile(f"{path.name} 不是 JSON。", f"{path.name} is not JSON.") from None
    if not isinstance(document, dict):
        raise BadFile(
            f"{path.name} 须为一个 JSON 对象。", f"{path.name} must hold one JSON object."
        )
    return document


@dataclass(frozen=True, slots=True)
class _Place:
    """One entry of a list in a file."""

    file: str
    number: int
    name: str

    def bad(self, zh: str, en: str) -> BadFile:
        """What is wrong with it."""
        return BadFile(
            f"{self.file}，`{self.name}` 第{self.number}条：{zh}。",
            f"{self.file}, entry {self.number} of `{self.name}`: {en}.",
        )


def _entries(path: Path, document: Mapping[str, Any], name: str) -> list[tuple[_Place, Finding]]:
    """Each entry of a list and where it stands, after the members that all entries share."""
    entries = document[name]
    if not isinstance(entries, list):
        raise BadFile(f"{path.name}：`{name}` 须为列表。", f"{path.name}: `{name}` must be a list.")
    found: list[tuple[_Place, Finding]] = []
    for number, entry in enumerate(entries, start=1):
        place = _Place(path.name, number, name)
        if not isinstance(entry, dict):
            raise place.bad("不是 JSON 对象", "it is no JSON object")
        if entry.get("kind") not in KINDS:
            kinds = ", ".join(KINDS)
            raise place.bad(f"`kind` 须为其中之一：{kinds}", f"`kind` must be one of {kinds}")
        number_given = entry.get("resident_number")
        if not isinstance(number_given, str) or not number_given.strip():
            raise place.bad("`resident_number` 须为文本", "`resident_number` must be a text")
        _check_place(place, entry)
        found.append((place, entry))
    return found


def _check_place(place: _Place, entry: Finding) -> None:
    for member in ("field", "department"):
        value = entry.get(member)
        if value is not None and not isinstance(value, str):
            raise place.bad(f"`{member}` 须为文本或 null", f"`{member}` must be a text or null")
        if value is None and entry["kind"] in _ABOUT_A_FIELD:
            raise place.bad(
                f"{entry['kind']} 须有 `{member}`", f"a {entry['kind']} needs a `{member}`"
            )


def passed(
    before: Mapping[str, Found], after: Mapping[str, Mended] | None, least: float = LEAST
) -> bool:
    """Whether every kind was found well enough and, if anything was corrected, mended in full."""
    return all(one.good(least) for one in before.values()) and all(
        one.good() for one in (after or {}).values()
    )


def as_dict(
    before: Mapping[str, Found], after: Mapping[str, Mended] | None
) -> dict[str, dict[str, Any]]:
    """Both scores by kind, as JSON."""
    found: dict[str, dict[str, Any]] = {
        "before": {kind: one.as_dict() for kind, one in before.items()}
    }
    if after is not None:
        found["after"] = {kind: one.as_dict() for kind, one in after.items()}
    return found
