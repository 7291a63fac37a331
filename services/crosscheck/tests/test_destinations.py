"""Where a department says that somebody moved, read as people write it (R75)."""

from __future__ import annotations

import pytest

from muster.crosscheck.handlers.destinations import ELSEWHERE, read
from muster.crosscheck.store.matching import UNREADABLE
from muster.forms.profile import Profile
from muster.synth.places import outside
from muster.vocabulary.areas import AreaTree

from .conftest import COUNTY, OUTSIDE, PROFILE

TONGREN, LOUDI = PROFILE.area_tree(), Profile.load("loudi").area_tree()
BAOAN = next(area.code for area in TONGREN.townships() if area.name == "保安镇")
INSIDE = {
    "青海省黄南州同仁县": COUNTY,
    "青海省黄南藏族自治州同仁县隆务镇": "632321100",
    "青海黄南同仁": COUNTY,
    "同仁市": COUNTY,
    "同仁市保安镇": BAOAN,
    "同仁市某路3号": COUNTY,
    "同仁": COUNTY,
    "保安镇城内村1号": BAOAN,
    "黄南州": "632300",
    "青海省": "630000",
    "青海": "630000",
    "632301": COUNTY,
}
IN_LOUDI = {
    "湖南娄底市娄星区": "431302",
    "冷水江": "431381",
    "冷水江县": "431381",
    "湖南省娄底地区涟源市": "431382",
    "湖南省双峰县某村": "431321",
    "娄底经开区": "431391",
    "湖南": "430000",
}
AWAY = (
    "四川省成都市", "四川省某处", "四川成都武侯区", "四川", "北京市朝阳区", "北京", "广西桂林",
    "内蒙古自治区呼和浩特市", "西宁市城东区", "西宁", "青海西宁", "青海省城东区",
    "青海省黄南州尖扎县", "尖扎县", "化隆县", "化隆回族自治县", "果洛州", "青海省海西州德令哈市",
    "湖南娄底市娄星区", "娄底", "外省",
)  # fmt: skip
AWAY_FROM_LOUDI = ("湖南长沙", "湖南浏阳", "长沙市岳麓区", "湖南省邵阳市新邵县", "青海省同仁县")
NOT_MOVED = ("未迁移", "在籍", "本村", "本地", " 无 ", "Ｎ／Ａ", "——", "")
WHO_KNOWS = (
    "不详", "未知", "已迁出", "青海省某处", "青海油田", "海南村", "四川路12号", "城区", "城东区",
    "随子女居住", "999999", "999999001001", "市区", "市内", "市民政局", "市场路12号", "县城",
)  # fmt: skip


@pytest.mark.parametrize("text", INSIDE)
def test_a_way_into_the_area_is_inside_however_it_is_written(text: str) -> None:
    """Short for province and prefecture, the county's name of another day, from the township on."""
    assert read(TONGREN, text) == INSIDE[text]


@pytest.mark.parametrize("text", IN_LOUDI)
def test_a_way_into_a_city_is_inside(text: str) -> None:
    assert read(LOUDI, text) == IN_LOUDI[text]


@pytest.mark.parametrize("text", AWAY)
def test_another_province_city_or_county_is_elsewhere(text: str) -> None:
    assert read(TONGREN, text) == ELSEWHERE


@pytest.mark.parametrize("text", AWAY_FROM_LOUDI)
def test_another_city_of_the_province_is_elsewhere(text: str) -> None:
    assert read(LOUDI, text) == ELSEWHERE


def test_a_code_is_itself_if_there_is_one() -> None:
    assert read(TONGREN, OUTSIDE) == OUTSIDE
    assert read(TONGREN, f"{OUTSIDE}001001") == f"{OUTSIDE}001001"


@pytest.mark.parametrize("text", NOT_MOVED)
def test_who_has_not_moved_has_not_moved(text: str) -> None:
    assert read(TONGREN, text) is None


@pytest.mark.parametrize("text", WHO_KNOWS)
def test_what_names_no_known_place_is_not_known(text: str) -> None:
    assert read(TONGREN, text) == UNREADABLE


@pytest.mark.parametrize("text", ["天津", "太原", "桂林"])
def test_a_city_that_a_village_is_called_like_is_not_known(text: str) -> None:
    """天津 may be 天津村 of this county; with what lies in it, it is the city."""
    assert read(LOUDI, text) == UNREADABLE
    assert read(TONGREN, text) == ELSEWHERE
    assert read(LOUDI, "天津河西区") == read(LOUDI, "太原市") == ELSEWHERE


@pytest.mark.parametrize("tree", [TONGREN, LOUDI])
def test_every_area_is_found_by_its_path(tree: AreaTree) -> None:
    """And every county of the province outside is elsewhere, by code and by name."""
    for area in tree:
        assert read(tree, tree.path_name(area.code)) == area.code
    places = outside(tree, PROFILE.standard_time)
    assert places
    for code, name in places:
        assert (read(tree, code), read(tree, name)) == (code, ELSEWHERE)
