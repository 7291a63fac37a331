"""Files that were made elsewhere are read as a county clerk reads them (R69, R73, R96)."""

from __future__ import annotations


import pytest

from .conftest import Bench, person
from .test_loading import rows_of


@pytest.mark.parametrize("mark", ["无", "/", "——", "不详", "N/A", "null", '=""'])
def test_a_mark_of_an_empty_cell_is_no_value(bench: Bench, mark: str) -> None:
    """R73: nobody's former name is 无, nobody died on 无 or moved to —."""
    marked = dict.fromkeys(("former_name", "died_on", "moved_to", "household_area"), mark)
    report = bench.load([person(1, **marked)])
    assert (report.rows, report.by_rule) == (1, {})
    assert rows_of(bench) == [person(1)]
