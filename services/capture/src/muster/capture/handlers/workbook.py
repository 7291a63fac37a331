"""Imported files: which column holds what, and their rows of data (`muster.forms.workbook`)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from muster.capture.domain.reasons import reason, refusal
from muster.capture.handlers.common import NAME, NUMBER, VILLAGE
from muster.forms import workbook
from muster.forms.baseline import is_blank, says_nothing
from muster.forms.profile import Profile
from muster.forms.text import plain_key
from muster.forms.workbook import COLUMNS_LIMIT, Cells, Row, as_text
from muster.vocabulary.reasons import Reason, Refusal
from muster.vocabulary.states import Origin

__all__ = [
    "CATEGORIES",
    "ROSTER_COLUMNS",
    "ROW_ID",
    "Broken",
    "Columns",
    "Row",
    "Sheet",
    "as_text",
    "lost_digits",
    "open_sheet",
]

CATEGORIES = "categories"
TOWNSHIP = "township"
COMMUNITY = "community"
ROSTER_COLUMNS = frozenset({NAME, NUMBER, VILLAGE})
"""What a village's roster must say of everybody; the rest is asked at the desk."""
ROW_ID = "muster_row_id"
"""Heading of the hidden column in a workbook of refused rows: a mended row names its old one."""

_PLACES = {
    TOWNSHIP: ("乡镇", "乡镇名称", "乡镇(街道)", "乡(镇)", "街道", "township"),
    COMMUNITY: ("村", "村名", "村(社区)", "村(居)", "社区", "行政村", "村民委员会", "village"),
    ROW_ID: (ROW_ID,),
}
_PLACE_KEYS = {plain_key(word): name for name, words in _PLACES.items() for word in words}
_HEADING_ROWS = 10
"""A title and a note may stand above the heading row."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what: fields of the profile, categories, places and the row id."""

    headers: tuple[str, ...]
    by_name: Mapping[str, int]

    def cell(self, row: Row, name: str) -> object:
        """The cell of that name; None when there is no such column or the row is shorter."""
        place = self.by_name.get(name)
        return row.cells[place] if place is not None and place < len(row.cells) else None

    def fields(self, row: Row) -> dict[str, object]:
        """Cells by field id. A village may also be given as township and village by name."""
        special = {CATEGORIES, *_PLACES}
        found = {name: self.cell(row, name) for name in self.by_name if name not in special}
        if says_nothing(found.get(VILLAGE)):
            names = (self.cell(row, TOWNSHIP), self.cell(row, COMMUNITY))
            found[VILLAGE] = "".join(str(name) for name in names if not says_nothing(name))
        return found


class Broken(Exception):  # noqa: N818 - reads as what it says
    """The rest of the file cannot be read."""

    def __init__(self, cause: Reason) -> None:
        super().__init__(cause.rule)
        self.reason = cause


class Sheet:
    """An opened file: its columns, and its rows of data in order."""

    def __init__(self, rows: Iterator[Row], profile: Profile, wanted: Sequence[str]) -> None:
        """`wanted` are names of columns without which it is no file of its kind."""
        self._rows = rows
        self._broken: Broken | None = None
        self.columns = self._find_heading(profile, wanted)

    def _find_heading(self, profile: Profile, wanted: Sequence[str]) -> Columns:
        best: Columns | None = None
        seen: list[Row] = []
        try:
            for row in self._rows:
                seen.append(row)
                columns = read_heading(row.cells, profile)
                if missing_columns(columns, wanted) == ():
                    return columns
                if best is None or len(columns.by_name) > len(best.by_name):
                    best = columns
                if len(seen) >= _HEADING_ROWS:
                    break
        except Broken as broken:
            raise Refusal(broken.reason) from None
        if best is None:
            raise refusal("file-empty")
        raise Refusal(
            [reason("columns-missing", field=name) for name in missing_columns(best, wanted)]
        )

    def batch(self, size: int) -> list[Row]:
        """The next rows that hold anything; fewer than `size` only at the end.

        Raises Broken where the file cannot be read on, after the rows before it were given.
        """
        if self._broken is not None:
            raise self._broken
        found: list[Row] = []
        try:
            for row in self._rows:
                if not all(is_blank(cell) for cell in row.cells):
                    found.append(row)
                if len(found) == size:
                    break
        except Broken as broken:
            if not found:
                raise
            self._broken = broken
        return found


def read_heading(cells: Cells, profile: Profile) -> Columns:
    """Columns of a heading row. Of two columns for one thing the first counts."""
    headers = tuple("" if cell is None else as_text(cell) for cell in cells[:COLUMNS_LIMIT])
    by_name = {name: place for place, name in profile.columns(list(headers)).items()}
    taken = set(by_name.values())
    for place, header in enumerate(headers):
        name = _PLACE_KEYS.get(plain_key(header))
        if name is not None and name not in by_name and place not in taken:
            by_name[name] = place
    return Columns(headers, by_name)


def field_of(columns: Columns) -> Mapping[int, str]:
    """Field id by column. A village that is told by names of places is the field's, too."""
    by_place = {place: name for name, place in columns.by_name.items()}
    told = VILLAGE in columns.by_name
    return {
        place: VILLAGE if name in (TOWNSHIP, COMMUNITY) and not told else name
        for place, name in by_place.items()
    }


def wanted_columns(profile: Profile, origin: Origin) -> tuple[str, ...]:
    """What a file of this kind must have a column for, in the order of the profile."""
    if origin is Origin.ROSTER:
        return tuple(name for name in profile.fields if name in ROSTER_COLUMNS)
    fields = (name for name in profile.fields if name in profile.baseline_required)
    return (*fields, CATEGORIES)


def missing_columns(columns: Columns, wanted: Sequence[str]) -> tuple[str, ...]:
    """What is wanted and has no column. A village may also be told by its name."""
    named = set(columns.by_name)
    if COMMUNITY in named:
        named.add(VILLAGE)
    return tuple(name for name in wanted if name not in named)


def open_sheet(file: BinaryIO, profile: Profile, origin: Origin) -> Sheet:
    """Open a baseline's or a roster's file by what it holds, whatever it is called. Raises
    Refusal."""
    try:
        rows = workbook.open_rows(file)
    except workbook.Unusable as error:
        large = error.rule == "file-too-large"
        raise refusal(
            error.rule, status=413 if large else 422, kind="too-large" if large else "invalid"
        ) from None
    return Sheet(_unbroken(rows), profile, wanted_columns(profile, origin))


def _unbroken(rows: Iterator[Row]) -> Iterator[Row]:
    try:
        yield from rows
    except workbook.BrokenOff:
        raise Broken(reason("file-line")) from None


def lost_digits(name: str, cell: object) -> bool:
    """A resident number in a cell of numbers: a workbook keeps 15 digits of it and no more."""
    return name == NUMBER and workbook.lost_digits(cell)
