"""The files of departments and village committees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from muster.forms.model import Department
from muster.synth import endings
from muster.synth.county import County, Person
from muster.synth.dirt import Cell
from muster.synth.harmless import copied, wide
from muster.synth.registers import DIED_ON, MOVED_TO, Entry, Registers
from muster.synth.streams import stream
from muster.synth.workbook import write_sheet

DEPARTMENTS, ROSTERS = Path("departments"), Path("rosters")
STATUS = {DIED_ON: "死亡日期", MOVED_TO: "迁往地"}
"""The headings of what a register says of a life, beside the fields."""
ROSTER = ("村", "姓名", "公民身份号码")
_VARIANT = 0.3
_WIDE_DAY = 0.1


@dataclass(slots=True)
class Extract:
    """One department's file as it was written, for the truth: harmless differences by row."""

    file: str
    rows: int = 0
    bystanders: int = 0
    harmless: list[dict[str, object]] = field(default_factory=list)

    def as_dict(self) -> dict[str, object]:
        return {"rows": self.rows, "bystanders": self.bystanders, "harmless": self.harmless}


def write_extracts(county: County, registers: Registers, folder: Path) -> dict[str, Extract]:
    """One workbook per department that compares, below `folder`; what was written, by id."""
    (folder / DEPARTMENTS).mkdir(exist_ok=True)
    return {
        department.id: _write_extract(county, registers, department, folder)
        for department in registers.departments
    }


def _write_extract(
    county: County, registers: Registers, department: Department, folder: Path
) -> Extract:
    extract = Extract(str(DEPARTMENTS / f"{department.id}.xlsx"))
    columns = registers.columns(department)
    rng = stream(county.seed, department.id, "headings")
    write_sheet(
        folder / extract.file,
        f"{department.zh}数据"[:31],
        [*(_heading(rng, county, name) for name in columns), *STATUS.values()],
        _rows(county, registers, department, extract),
    )
    return extract


def _heading(rng: Random, county: County, name: str) -> str:
    asked = county.profile.fields[name]
    return rng.choice(asked.headers) if asked.headers and rng.random() < _VARIANT else asked.zh


def _rows(
    county: County, registers: Registers, department: Department, extract: Extract
) -> Iterator[Sequence[Cell]]:
    """Row by row, so that a large county is never whole in memory; notes in `extract` what it did.

    Rows are numbered as a spreadsheet shows them: the heading is row 1.
    """
    columns = registers.columns(department)
    for entry in registers.entries(department):
        extract.rows += 1
        whose = entry.person.ref if entry.person else f"bystander {extract.bystanders}"
        extract.bystanders += entry.person is None
        rng = stream(county.seed, whose, department.id, "copy")
        cells, habits = copied(rng, county.profile, entry)
        for name, habit in habits.items():
            place = {"row": extract.rows + 1, "ref": whose, "field": name, "kind": habit}
            extract.harmless.append(dict(place))
        yield [*(cells.get(name) for name in columns), *_status(rng, entry)]


def _status(rng: Random, entry: Entry) -> Iterator[Cell]:
    for name in STATUS:
        text = entry.status.get(name)
        if text is not None and name == DIED_ON and rng.random() < _WIDE_DAY:
            text = wide(text)
        yield text


def write_rosters(county: County, folder: Path) -> dict[str, str]:
    """Whom the village committees named, one workbook per desk; its file by the desk's area."""
    by_desk: dict[str, list[Person]] = {}
    for person in county.people:
        if person.origin == endings.ROSTER:
            by_desk.setdefault(person.desk.area.code, []).append(person)
    (folder / ROSTERS).mkdir(exist_ok=True)
    files = {}
    for area, people in sorted(by_desk.items()):
        files[area] = str(ROSTERS / f"{area}.xlsx")
        people.sort(key=lambda person: (person.baseline_village, person.ref))
        write_sheet(
            folder / files[area],
            "村级名册",
            ROSTER,
            (
                [p.baseline_village, str(p.fields["name"]), str(p.fields["resident_number"])]
                for p in people
            ),
        )
    return files
