"""``muster ledger`` and ``muster progress``: ask every service of a running stack what it counts.

Design, section 5, rule 8: each service counts its own states; the ledger holds when they agree in
every village and both sides of each village are equal.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from muster.forms import Profile
from muster.runtime.client import Account
from muster.runtime.home import Home
from muster.runtime.signed_in import signed_in
from muster.vocabulary.areas import AreaTree, UnknownArea
from muster.vocabulary.states import AreaLevel, Origin, ReviewState, SubjectState

Counts = Mapping[str, int]
_ORIGINS = tuple(origin.value for origin in Origin)
_STATES = tuple(state.value for state in SubjectState)
_REVIEWS = tuple(state.value for state in ReviewState)


@dataclass(frozen=True, slots=True)
class Tally:
    """What one service counts in one village; a side that it does not keep is empty."""

    origins: Counts = field(default_factory=dict)
    states: Counts = field(default_factory=dict)
    review: Counts = field(default_factory=dict)

    def all_zero(self) -> bool:
        return not any((*self.origins.values(), *self.states.values(), *self.review.values()))


Tallies = Mapping[str, Tally]


@dataclass(frozen=True, slots=True)
class Sides:
    """The ledgers of the three services, by village."""

    capture: Tallies
    verification: Tallies
    reporting: Tallies

    def villages(self) -> list[str]:
        """Where anybody counts anything."""
        return sorted(
            {
                code
                for tallies in (self.capture, self.verification, self.reporting)
                for code, tally in tallies.items()
                if not tally.all_zero()
            }
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """One number that two sides of the ledger do not agree about."""

    area: str
    what: str
    counts: Mapping[str, int]

    def as_dict(self) -> dict[str, object]:
        return {"area": self.area, "what": self.what, "counts": dict(self.counts)}


def compare(sides: Sides) -> list[Difference]:
    """Everything that does not agree, by village; empty when the ledger holds."""
    nothing = Tally()
    found: list[Difference] = []
    for village in sides.villages():
        ours = sides.capture.get(village, nothing)
        reviewed = sides.verification.get(village, nothing)
        told = sides.reporting.get(village, nothing)
        found += _differences(village, ours, reviewed, told)
    return found


def _differences(village: str, ours: Tally, reviewed: Tally, told: Tally) -> Iterable[Difference]:
    pairs = [
        *((f"origin {n}", ours.origins, told.origins, n, "capture") for n in _ORIGINS),
        *((f"state {n}", ours.states, told.states, n, "capture") for n in _STATES),
        *((f"review {n}", reviewed.review, told.review, n, "verification") for n in _REVIEWS),
    ]
    for what, one, other, name, service in pairs:
        if one.get(name, 0) != other.get(name, 0):
            counts = {service: one.get(name, 0), "reporting": other.get(name, 0)}
            yield Difference(village, what, counts)
    collected = ours.states.get(SubjectState.COLLECTED.value, 0)
    in_review = sum(reviewed.review.values())
    if collected != in_review:
        counts = {"capture": collected, "verification": in_review}
        yield Difference(village, "collected and in review", counts)
    for service, tally in (("capture", ours), ("reporting", told)):
        left, right = sum(tally.origins.values()), sum(tally.states.values())
        if left != right:
            yield Difference(village, f"balance in {service}", {"known": left, "accounted": right})


async def fetch(account: Account, area: str) -> Sides:
    """Ask all three at once; a moment's difference between them is normal while facts travel."""
    answers: tuple[Any, ...] = await asyncio.gather(
        account.get("capture", "/ledger", area=area),
        account.get("verification", "/ledger", area=area),
        account.get("reporting", "/ledger", area=area, level="village"),
        return_exceptions=True,
    )
    # All have ended, so that none is left behind when one was refused.
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    capture, verification, reporting = (dict(answer) for answer in answers)
    return Sides(
        _tallies(capture["villages"]),
        {
            code: Tally(review={n: int(counts.get(n, 0)) for n in _REVIEWS})
            for code, counts in verification["villages"].items()
        },
        _tallies(reporting["areas"]),
    )


def _tallies(answer: Mapping[str, Any]) -> Tallies:
    return {
        code: Tally(
            {n: int(counts.get("origins", {}).get(n, 0)) for n in _ORIGINS},
            {n: int(counts.get("states", {}).get(n, 0)) for n in _STATES},
            {n: int(counts.get("review", {}).get(n, 0)) for n in _REVIEWS},
        )
        for code, counts in answer.items()
    }


def by_township(tallies: Tallies, tree: AreaTree) -> dict[str, Tally]:
    """Tallies added up by township, or by zone where there is no township; by code."""
    found: dict[str, Tally] = {}
    for village, tally in tallies.items():
        if not tally.all_zero():
            code = _township(tree, village)
            found[code] = _add(found.get(code, Tally()), tally)
    return dict(sorted(found.items()))


def _township(tree: AreaTree, village: str) -> str:
    try:
        chain = (tree.get(village), *tree.ancestors(village))
    except UnknownArea:
        return village
    return next((a.code for a in chain if a.level is AreaLevel.TOWNSHIP), village)


def _add(one: Tally, other: Tally) -> Tally:
    return Tally(
        {n: one.origins.get(n, 0) + other.origins.get(n, 0) for n in _ORIGINS},
        {n: one.states.get(n, 0) + other.states.get(n, 0) for n in _STATES},
        {n: one.review.get(n, 0) + other.review.get(n, 0) for n in _REVIEWS},
    )


def total(tallies: Tallies) -> Tally:
    """All of them added up."""
    found = Tally()
    for tally in tallies.values():
        found = _add(found, tally)
    return found


# -- what is shown ---------------------------------------------------------------------------------

_COLUMNS = (
    ("veri-\nfied", "verified"),
    ("re-\nturn.", "returned"),
    ("sub-\nmit.", "submitted"),
    ("decl.", "declined"),
    ("moved\nout", "moved_out"),
    ("died\nbef.", "dead_before"),
    ("died\naft.", "dead_after"),
    ("mer-\nged", "merged"),
    ("inel.", "ineligible"),
    ("open", "open"),
)
"""Titles narrow enough for a screen of 80 columns."""


def table(reporting: Tallies, tree: AreaTree, differing: Iterable[str] = ()) -> Table:
    """The ledger by township as reporting has it; areas that do not agree are marked."""
    shown = Table(title="Ledger by township", title_justify="left", box=SIMPLE, padding=0)
    shown.add_column("township", no_wrap=True)
    shown.add_column("known", justify="right", no_wrap=True)
    for title, _ in _COLUMNS:
        shown.add_column(title, justify="right", no_wrap=True)
    wrong = {_township(tree, village) for village in differing}
    townships = by_township(reporting, tree)
    for code, tally in townships.items():
        name = tree.get(code).name if code in tree else code
        marked = f"{name} (differs)" if code in wrong else name
        shown.add_row(marked, *_cells(tally), style="red" if code in wrong else None)
    shown.add_section()
    shown.add_row("total", *_cells(total(townships)))
    return shown


def _cells(tally: Tally) -> list[str]:
    cells = [str(sum(tally.origins.values()))]
    for _, name in _COLUMNS:
        cells.append(str((tally.review if name in _REVIEWS else tally.states).get(name, 0)))
    return cells


def as_dict(tally: Tally) -> dict[str, dict[str, int]]:
    """For JSON."""
    return {
        "origins": dict(tally.origins),
        "states": dict(tally.states),
        "review": dict(tally.review),
    }


# -- commands --------------------------------------------------------------------------------------

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
AreaOption = Annotated[
    str | None, typer.Option("--area", help="Only this area and what lies below it.")
]
_out = Console()
_err = Console(stderr=True)


def profile_of(home: Home) -> Profile:
    """The profile that a stack runs."""
    return Profile.load(str(home.stack().get("profile") or "tongren"))


def tree_of(home: Home) -> AreaTree:
    """The areas of the profile that a stack runs."""
    return profile_of(home).area_tree()


def _asked(home: Home, path: str, area: str | None) -> Any:
    """Answer of one service to the administrator of the running stack; ends the command on no."""

    async def ask(account: Account) -> Any:
        if path == "ledger":
            return await fetch(account, area or tree_of(home).root.code)
        return await account.get("reporting", f"/{path}", area=area)

    return signed_in(home, ask)


def ledger(as_json: AsJson = False, area: AreaOption = None) -> None:
    """Compare what every service counts. Exit code 1 and the areas' names when they differ."""
    home = Home.find()
    sides: Sides = _asked(home, "ledger", area)
    differences = compare(sides)
    tree = tree_of(home)
    if as_json:
        document = {
            "agrees": not differences,
            "differences": [one.as_dict() for one in differences],
            "townships": {c: as_dict(t) for c, t in by_township(sides.reporting, tree).items()},
            "villages": {c: as_dict(sides.reporting.get(c, Tally())) for c in sides.villages()},
            "total": as_dict(total(sides.reporting)),
        }
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    else:
        _out.print(table(sides.reporting, tree, {one.area for one in differences}))
        explain(_err, differences, tree)
    if differences:
        raise typer.Exit(1)


def explain(console: Console, differences: Iterable[Difference], tree: AreaTree) -> None:
    """One line per number that does not agree, with the area's name."""
    for one in differences:
        name = tree.path_name(one.area) if one.area in tree else ""
        counts = ", ".join(f"{service} {count}" for service, count in one.counts.items())
        console.print(
            f"{one.area} {name}: {one.what}: {counts}", style="red", markup=False, highlight=False
        )


_PROGRESS = {
    "known": "expected",
    "col-\nlected": "collected",
    "veri-\nfied": "verified",
    "open": "open",
    "prob-\nlems": "problems_open",
}
"""Counts of an area by the titles of their columns."""


def progress(as_json: AsJson = False, area: AreaOption = None) -> None:
    """How far each area is: coverage, verified, open, open problems, last upload, who owes one."""
    said = _asked(Home.find(), "progress", area)
    if as_json:
        sys.stdout.write(json.dumps(said, ensure_ascii=False, indent=1) + "\n")
        return
    shown = Table(title="Progress", title_justify="left", box=SIMPLE, padding=0)
    for title in ("code", "area", *_PROGRESS, "cover-\nage", "upload"):
        left = title in ("code", "area", "upload")
        shown.add_column(title, justify="left" if left else "right", no_wrap=True)
    for code, one in said["areas"].items():
        shown.add_row(code, *_progress_cells(one))
    shown.add_section()
    shown.add_row(said["code"], *_progress_cells(said["area"]))
    _out.print(shown)
    late = said["area"].get("overdue") or ()
    if late:
        days = said["cadence"]["days"]
        _out.print(f"No upload within {days} days: {', '.join(late)}", highlight=False)


def _progress_cells(one: Mapping[str, Any]) -> list[str]:
    coverage = one.get("coverage")
    return [
        str(one["name"]),
        *(str(one[name]) for name in _PROGRESS.values()),
        "-" if coverage is None else f"{coverage:.1%}",
        str(one.get("last_upload") or "-")[:16],
    ]
