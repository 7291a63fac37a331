"""docs/requirements.md claims nothing that no test shows."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "requirements.md"
STATES = {"works", "in part", "not yet", "outside software"}
_TEST = re.compile(r"`([^`]+\.py)::(\w+)`")


class Row(NamedTuple):
    number: str
    state: str
    where: str
    shown_by: str


def read_rows(text: str) -> list[Row]:
    """The rows of the table: number, state, where (or why), and the tests that show it."""
    rows = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and re.fullmatch(r"R\d+", cells[0]):
            rows.append(Row(cells[0], cells[2], cells[3], cells[4]))
    return rows


@cache
def _docstrings(path: Path) -> dict[str, str]:
    """The own docstring of each test of a file; what its module says binds no single test."""
    return {
        node.name: ast.get_docstring(node) or ""
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    }


def faults(rows: list[Row], root: Path) -> list[str]:
    """What is wrong with the table, one sentence each."""
    numbers = [row.number for row in rows]
    found = [
        f"R{n} stands {numbers.count(f'R{n}')} times"
        for n in range(1, 107)
        if numbers.count(f"R{n}") != 1
    ]
    for row in rows:
        if row.state not in STATES:
            found.append(f"{row.number}: no such state: {row.state}")
        if row.state in {"outside software", "not yet"} and not row.where:
            found.append(f"{row.number}: says not why")
        if row.state in {"works", "in part"}:
            found += _unshown(row, root)
    return found


def _unshown(row: Row, root: Path) -> list[str]:
    cited = _TEST.findall(row.shown_by)
    if not cited:
        return [f"{row.number}: claims to work and names no test"]
    sentences = []
    for path, name in cited:
        file = root / path
        if not file.exists() or name not in _docstrings(file):
            sentences.append(f"{row.number}: there is no test {path}::{name}")
        elif not re.search(rf"\b{row.number}\b", _docstrings(file)[name]):
            sentences.append(f"{row.number}: {path}::{name} does not cite it")
    return sentences


def test_every_requirement_has_a_state_and_every_claim_a_test_that_cites_it() -> None:
    """A row that claims to work is cited by the test that it names."""
    assert faults(read_rows(PAGE.read_text(encoding="utf-8")), ROOT) == []


def test_the_check_rejects_what_it_must(tmp_path: Path) -> None:
    """A missing row, a claim without a test, a test that does not cite the row (what its module
    says does not count), and what is no test."""
    source = '"""R3."""\n\ndef test_a():\n    """Shows R2."""\n\ndef helper():\n    """R6."""\n'
    (tmp_path / "test_x.py").write_text(source, encoding="utf-8")
    rows = [Row(f"R{n}", "not yet", "later", "") for n in range(1, 106)]
    rows[0] = Row("R1", "works", "here", "")
    rows[1] = Row("R2", "works", "here", "`test_x.py::test_a`")
    rows[2] = Row("R3", "in part", "here", "`test_x.py::test_a`")
    rows[3] = Row("R4", "works", "here", "`test_x.py::test_gone`")
    rows[4] = Row("R5", "outside software", "", "")
    rows[5] = Row("R6", "works", "here", "`test_x.py::helper`")
    assert faults(rows, tmp_path) == [
        "R106 stands 0 times",
        "R1: claims to work and names no test",
        "R3: test_x.py::test_a does not cite it",
        "R4: there is no test test_x.py::test_gone",
        "R5: says not why",
        "R6: there is no test test_x.py::helper",
    ]
