"""Which column of a department's file holds what."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from muster.department_connector.domain.reasons import reason, refusal
from muster.department_connector.handlers.common import AREA, BIRTH, DIED_ON, MOVED_TO
from muster.forms import workbook
from muster.forms.model import Department
from muster.forms.profile import Profile
from muster.forms.text import plain_key
from muster.forms.workbook import COLUMNS_LIMIT, Cells, Row, as_text
from muster.vocabulary.reasons import Reason, Refusal

_DEATH = "死亡日期 死亡时间 死亡年月 死亡年月日 去世日期 去世时间 死亡注销日期 死亡注销时间"
_MOVE = "迁往地 迁往 迁往地址 迁往何地 迁出去向 迁往地区"
STATUS: Mapping[str, tuple[str, ...]] = {
    DIED_ON: (*_DEATH.split(), DIED_ON, "date of death"),
    MOVED_TO: (*_MOVE.split(), MOVED_TO, "moved to"),
}
"""Headings of what a register says of a life, its names in Chinese and English first and last; no
file must have them. 注销日期 alone is none: a registration is also struck off for a move, for
enlistment or because it stood there twice, and whoever is called dead is not collected. Nor is
迁出地, which in a household register is where somebody came from who lives here now."""
_STATUS = {plain_key(word): name for name, words in STATUS.items() for word in words}
_HEADING_ROWS = 10
"""A title and a note may stand above the heading row."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Place of each column by field id, and the places of those that are of no use here."""

    by_name: Mapping[str, int]
    twice: tuple[str, ...]
    unused: tuple[int, ...]

    def cells(self, row: Row) -> dict[str, object]:
        """Cells by field id; those of a row that is shorter are absent."""
        return {
            name: row.cells[place] for name, place in self.by_name.items() if place < len(row.cells)
        }


def needed(profile: Profile, department: Department, without: Collection[str]) -> tuple[str, ...]:
    """The fields that a file must have a column for: by what a person is found, where they are
    registered, and what the department answers for, except those that it says it lacks.

    Raises Refusal that names each that the department cannot be without, or never had.
    """
    wanted = dict.fromkeys((*department.identified_by, AREA, *department.fields))
    odd = [n for n in without if n in department.identified_by or n not in wanted]
    if odd:
        raise Refusal([_about("column-not-optional", name, profile) for name in odd])
    return tuple(name for name in wanted if name not in without)


def read_heading(cells: Cells, profile: Profile, department: Department) -> Columns:
    """Columns of a heading row. What the department does not answer for is of no use here (R74)."""
    useful = {*department.identified_by, BIRTH, AREA, *department.fields}
    by_name: dict[str, int] = {}
    twice: list[str] = []
    unused: list[int] = []
    for place, cell in enumerate(cells[:COLUMNS_LIMIT]):
        text = as_text(cell)
        if not text.strip():
            continue
        name = profile.columns([text]).get(0) or _STATUS.get(plain_key(text))
        if name is None or (name not in useful and name not in STATUS):
            unused.append(place)
        elif name in by_name:
            twice.append(name)
        else:
            by_name[name] = place
    return Columns(by_name, tuple(dict.fromkeys(twice)), tuple(unused))


def find_heading(
    rows: Iterator[Row], profile: Profile, department: Department, without: Collection[str]
) -> Columns:
    """The columns of a file, read to its heading row.

    Raises Refusal that names each column that is missing, stands there twice, or cannot be done
    without. What stands in a heading row is not repeated: it might be somebody's data.
    """
    wanted = needed(profile, department, without)
    best: Columns | None = None
    try:
        for seen, row in enumerate(rows, start=1):
            columns = read_heading(row.cells, profile, department)
            if best is None or len(columns.by_name) > len(best.by_name):
                best = columns
            if set(wanted) <= columns.by_name.keys() or seen >= _HEADING_ROWS:
                break
    except workbook.BrokenOff:
        raise refusal("file-line") from None
    if best is None:
        raise refusal("file-empty")
    wrong = [_about("column-missing", name, profile) for name in wanted if name not in best.by_name]
    wrong += [_about("column-twice", name, profile) for name in best.twice]
    if wrong:
        raise Refusal(wrong)
    return best


def _about(rule: str, name: str, profile: Profile) -> Reason:
    field = profile.fields.get(name)
    if field is not None:
        return reason(rule, field=name, zh=field.zh, en=field.en)
    words = STATUS.get(name, (name,))
    return reason(rule, field=name, zh=words[0], en=words[-1])


def letters(place: int) -> str:
    """What a spreadsheet calls the column at a place, counted from 0: A, ... Z, AA, ..."""
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(ord("A") + rest) + text
    return text
