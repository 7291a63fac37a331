"""Files that were made elsewhere are read as a county clerk reads them."""

from datetime import date
from typing import Any

import pytest

from muster.forms import Profile
from muster.vocabulary import resident_number

from .conftest import Variant

TODAY = date(2018, 11, 20)
NUMBER = resident_number.make("632321", date(1950, 3, 4), 1)
VILLAGE = Profile.load("tongren").area_tree().villages()[0].code
DOTS = {
    "bullet": "\u2022",
    "katakana": "\u30fb",
    "half-width katakana": "\uff65",
    "hyphenation point": "\u2027",
    "bullet operator": "\u2219",
    "dot operator": "\u22c5",
    "letter": "\ua78f",
    "runic": "\u16eb",
    "full stop": ".",
    "full-width stop": "\uff0e",
    "small stop": "\ufe52",
    "Chinese stop": "\u3002",
    "half-width Chinese stop": "\uff61",
    "none": "",
}
"""Written out here: a sign that is taken off the list of the readers must fail."""
UNSEEN = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u200e", "\u202c", "\u00ad"]


@pytest.mark.parametrize("dot", DOTS.values(), ids=DOTS)
def test_every_dot_of_a_name_is_the_same(tongren: Profile, dot: str) -> None:
    """R69, R73: a name is not another one because a keyboard has another dot."""
    other = f"卓玛{dot}央金"
    assert tongren.comparables("name", other) == tongren.comparables("name", "卓玛·央金")
    if dot:
        assert tongren.normalise("name", other) == tongren.normalise("name", "卓玛·央金")


@pytest.mark.parametrize("sign", UNSEEN, ids=ascii)
def test_signs_that_nobody_sees_are_not_there(tongren: Profile, sign: str) -> None:
    """R69: what a web page or a chat leaves in a name when it is copied."""
    assert tongren.comparables("name", f"卓{sign}玛{sign}") == tongren.comparables("name", "卓玛")
    cells = {"name": f"{sign}卓{sign}玛"}
    assert tongren.check_baseline(cells, "烈士遗属", TODAY)[0] == {"name": "卓玛"}
    assert tongren.columns([f"{sign}姓名"]) == {0: "name"}


def test_a_decimal_point_is_no_dot_of_a_name(tongren: Profile) -> None:
    """R73: 1.5 is not 15."""
    one, other = (tongren.comparables("service_unit", f"某部{n}分队") for n in ("1.5", "15"))
    assert one != other


MARKS = [
    "无", "（无）", "空", "暂无", "没有", "不详", "未知", "不明", "/", "//", "\\", "-", "--", "—", "——",
    "－", "―", "_", "、", "…", "N/A", "n/a", "#N/A", "NULL", "null", "None", " 无 ", "\u200b/", '=""',
]  # fmt: skip


@pytest.mark.parametrize("mark", MARKS, ids=ascii)
def test_a_mark_of_an_empty_cell_is_no_value(tongren: Profile, mark: str) -> None:
    """R69: text, numbers, dates, codes and choices alike; nothing is refused or warned of."""
    cells = dict.fromkeys(
        ("former_name", "service_unit", "service_number", "phone", "enlisted_on", "birth_date",
         "ethnicity", "service_status", "disability_grade", "household_address"),
        mark,
    )  # fmt: skip
    needed = {"name": "某某", "resident_number": NUMBER, "household_area": VILLAGE}
    fields, _, reasons = tongren.check_baseline({**cells, **needed}, "退役士兵", TODAY)
    assert (fields, reasons) == (needed, [])


def test_what_every_row_needs_is_not_filled_by_a_mark(tongren: Profile) -> None:
    """R69: a name of 无 is a missing name."""
    cells = {"name": "无", "resident_number": NUMBER, "household_area": VILLAGE}
    reasons = tongren.check_baseline(cells, "烈士遗属", TODAY)[2]
    assert [(r.field, r.rule) for r in reasons] == [("name", "required")]


def test_a_choice_that_is_so_called_keeps_it(tongren: Profile, variant: Variant) -> None:
    """R69: where 无 or 未知 is an answer, it stays one; and so does a word that holds a mark."""

    def optional(content: dict[str, Any]) -> None:
        kinds = {"none": {"zh": "无", "en": "None"}, "some": {"zh": "有", "en": "Some"}}
        content["fields"]["housing_kind"] = {
            **{"zh": "住房", "en": "Housing", "section": "basic", "type": "choice"},
            **{"options": kinds, "categories": "all"},
        }

    changed = variant("tongren", optional)
    cells = {"housing_kind": "无", "sex": "未知", "draws_regular_pension": "无"}
    fields = changed.check_baseline(cells, "烈士遗属", TODAY)[0]
    assert fields == {"housing_kind": "none", "sex": "0", "draws_regular_pension": False}
    kept = {"former_name": "无名", "service_unit": "8341部队", "service_number": "0"}
    assert tongren.check_baseline(kept, "退役士兵", TODAY)[0] == kept
