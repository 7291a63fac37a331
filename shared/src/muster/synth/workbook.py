"""The baseline workbook that a higher level handed down: realistic, so not clean."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from random import Random

import xlsxwriter

from muster.forms import Field, Profile
from muster.synth import endings
from muster.synth.county import County, Person
from muster.synth.dirt import CATEGORIES, Cell, Cells, Planted, Row, soil
from muster.synth.noise import cell_of, disturb
from muster.synth.plants import BIRTH, DUPLICATE, FIRST_ENTRY
from muster.synth.streams import stream

_DIRTY = 0.07
_NOISY = 0.22
_TWICE = 0.008
_BEYOND_MENDING = 0.12
_STALE_PHONE = 0.15
# How full the columns of a baseline are.
_IDENTITY, _PHONE, _OTHER = 0.94, 0.5, 0.6
_MADE_AT = datetime(2018, 10, 1, 8, 0, 0)  # noqa: DTZ001 - a workbook's own date has no zone


@dataclass(slots=True)
class BaselineRow:
    """One row: whose it is, what stands in it, what would be right, and what was planted.

    `number` counts from 1 as a spreadsheet shows it; the heading is row 1.
    """

    person: Person
    number: int
    cells: Cells
    clean: Cells
    planted: Planted | None = None
    noise: list[str] = field(default_factory=list)
    twice: int | None = None
    mendable: bool = True


@dataclass(frozen=True, slots=True)
class Baseline:
    """The rows, and the headings by column: a field id, "categories", or None for idle columns."""

    headings: tuple[tuple[str | None, str], ...]
    rows: tuple[BaselineRow, ...]


def compose(county: County) -> Baseline:
    """All rows, in the order of the workbook. Who is lost by a row beyond mending becomes new."""
    known = [person for person in county.people if person.in_baseline]
    known.sort(key=lambda person: (person.baseline_village, person.ref))
    rows: list[BaselineRow] = []
    first: dict[str, int] = {}
    repeated = {p.ref for p in known if stream(county.seed, p.ref, "twice").random() < _TWICE}
    for person in _with_repeats(known, repeated):
        rng = stream(county.seed, person.ref, "row")
        row = BaselineRow(person, len(rows) + 2, {}, _clean(rng, county.profile, person))
        row.cells = dict(row.clean)
        if person.ref in first:
            row.twice = first[person.ref]
        else:
            first[person.ref] = row.number
            _spoil(
                stream(county.seed, person.ref, "dirt"),
                county.profile,
                row,
                may_be_dirty=person.ref not in repeated and not _stands_twice(person),
            )
        rows.append(row)
    return Baseline(_headings(stream(county.seed, "headings"), county.profile), tuple(rows))


def _stands_twice(person: Person) -> bool:
    """Whether the workbook has this person under two numbers: both rows must get in."""
    return person.ending == endings.MERGED or person.planted in (DUPLICATE, FIRST_ENTRY)


def _with_repeats(known: Sequence[Person], repeated: set[str]) -> Iterable[Person]:
    """Now and then somebody stands in the workbook a second time, a little further down."""
    waiting: list[tuple[int, Person]] = []
    for index, person in enumerate(known):
        yield person
        if person.ref in repeated:
            waiting.append((index + 3, person))
        while waiting and waiting[0][0] <= index:
            yield waiting.pop(0)[1]
    yield from (person for _, person in waiting)


def _clean(rng: Random, profile: Profile, person: Person) -> Cells:
    cells: Cells = {}
    values = {**person.fields, "household_area": person.baseline_village}
    for name, value in values.items():
        asked = profile.fields[name]
        kept = rng.random() < _fullness(profile, asked)
        # A second entry is known as one by name and date of birth.
        kept = kept or (name == BIRTH and person.planted in (DUPLICATE, FIRST_ENTRY))
        if not kept and name not in profile.baseline_required:
            continue
        words = {option.id: option.zh for option in asked.options}
        cells[name] = cell_of(rng, value, words)
    if "phone" in cells and rng.random() < _STALE_PHONE:
        cells["phone"] = f"1{rng.choice('358')}{rng.randrange(10**8, 10**9)}"
    cells[CATEGORIES] = "、".join(profile.categories[name].zh for name in person.categories)
    return cells


def _fullness(profile: Profile, asked: Field) -> float:
    if asked.type == "phone":
        return _PHONE
    return _IDENTITY if asked.required == frozenset(profile.categories) else _OTHER


def _spoil(rng: Random, profile: Profile, row: BaselineRow, *, may_be_dirty: bool) -> None:
    person = row.person
    values: dict[str, object] = {**person.fields, "household_area": person.baseline_village}
    look = Row(profile, profile.area_tree(), rng, values, person.categories, row.cells)
    throw = rng.random()
    if throw < _DIRTY and may_be_dirty:
        row.planted = soil(look)
        if person.ending == endings.COLLECTED and rng.random() < _BEYOND_MENDING:
            row.mendable = False
            person.origin = endings.NEW
    elif throw < _DIRTY + _NOISY:
        row.noise = disturb(look)


def _headings(rng: Random, profile: Profile) -> tuple[tuple[str | None, str], ...]:
    found: list[tuple[str | None, str]] = [(None, "序号")]
    for asked in profile.fields.values():
        if not asked.categories:
            continue
        text = asked.zh
        if asked.headers and rng.random() < 0.3:
            text = rng.choice(asked.headers)
        elif asked.id in profile.baseline_required:
            text = f"{text}(必填)"
        found.append((asked.id, text))
    found.append((CATEGORIES, "对象类别"))
    found.append((None, "备注"))
    return tuple(found)


def write_workbook(
    path: Path,
    headings: Sequence[tuple[str | None, str]],
    rows: Iterable[Mapping[str, Cell]],
) -> None:
    """Write rows of cells by field id under the headings; the first column numbers them. The same
    rows give the same bytes."""
    texts = [text for _, text in headings]
    names = [name for name, _ in headings[1:]]
    write_sheet(
        path,
        "初始数据",
        texts,
        (
            [number, *(cells.get(name) if name is not None else None for name in names)]
            for number, cells in enumerate(rows, start=1)
        ),
    )


def write_sheet(
    path: Path, title: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> None:
    """A workbook of one sheet, written row by row. The same rows give the same bytes."""
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    book.set_properties({"title": title, "created": _MADE_AT})
    sheet = book.add_worksheet(title)
    dated = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, headings)
    for index, cells in enumerate(rows, start=1):
        for column, value in enumerate(cells):
            if isinstance(value, date):
                midnight = datetime(value.year, value.month, value.day)  # noqa: DTZ001
                sheet.write_datetime(index, column, midnight, dated)
            elif isinstance(value, int):
                sheet.write_number(index, column, value)
            elif value is not None:
                sheet.write_string(index, column, value)
    book.close()
