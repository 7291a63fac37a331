"""Files that were made elsewhere are read as a county clerk reads them."""

from datetime import date

import pytest

from muster.forms import Profile

TODAY = date(2018, 11, 20)
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
