"""The dated area tables of both localities (R36)."""

from datetime import date
from pathlib import Path

import pytest

from muster.vocabulary.areas import AreaTree, UnknownArea, read_areas
from muster.vocabulary.data import data_path
from muster.vocabulary.states import AreaLevel

CAMPAIGN = date(2018, 10, 1)
TABLES = sorted(data_path("reference").glob("areas-*.csv"))


@pytest.fixture(scope="module")
def tongren() -> AreaTree:
    return AreaTree.load("632321", CAMPAIGN)


@pytest.fixture(scope="module")
def loudi() -> AreaTree:
    return AreaTree.load("431300", CAMPAIGN)


def test_both_localities_reach_down_to_the_village(tongren: AreaTree, loudi: AreaTree) -> None:
    """R36: as many townships and villages as the source lists."""
    assert (len(tongren.townships()), len(tongren.villages())) == (11, 82)
    assert (len(loudi.townships()), len(loudi.villages())) == (89, 2107)


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_every_table_names_its_source_and_hangs_together(path: Path) -> None:
    """Codes have the length of their level and carry their parent's code, except zones."""
    assert path.read_text(encoding="utf-8").startswith("# Source: ")
    lengths = {AreaLevel.TOWNSHIP: 9, AreaLevel.VILLAGE: 12}
    areas = list(read_areas(path))
    codes = {area.code for area in areas}
    assert len(codes) == len(areas)
    for area in areas:
        assert len(area.code) == lengths.get(area.level, 6)
        assert area.parent is None or area.parent in codes
        if area.level in lengths:
            assert area.parent is not None
            assert area.code.startswith(area.parent)


def test_the_code_of_tongren_depends_on_the_day(tongren: AreaTree) -> None:
    """R36: 632321 in 2018, 632301 since 2020; in the year of the change both."""
    assert tongren.root.name == "同仁县"
    assert AreaTree.load("632301", date(2021, 1, 1)).root.name == "同仁市"
    assert len(AreaTree.load("632321", date(2020, 6, 1))) == len(
        AreaTree.load("632301", date(2020, 6, 1))
    )
    with pytest.raises(UnknownArea):
        AreaTree.load("632301", CAMPAIGN)
    with pytest.raises(UnknownArea):
        AreaTree.load("632321", date(2021, 1, 1))


def test_an_area_knows_what_is_above_and_below(tongren: AreaTree) -> None:
    village = tongren.villages()[0]
    township, county, city, province = tongren.ancestors(village.code)
    assert (county.code, city.code, province.code) == ("632321", "632300", "630000")
    assert village in tongren.children(township.code)
    assert village in tongren.villages(township.code)
    assert tongren.townships(township.code) == (township,)
    assert tongren.path_name(village.code).startswith("青海省黄南藏族自治州同仁县")
    assert tongren.county_of(village.code) == tongren.county_of(county.code) == "632321"
    with pytest.raises(UnknownArea):
        tongren.county_of("632300")
    with pytest.raises(UnknownArea):
        tongren.get("999999")
    assert tongren.county_or_none(village.code) == "632321"
    assert tongren.county_or_none("632300") is None
    assert tongren.county_or_none("999999") is None


def test_within_means_at_or_below(tongren: AreaTree) -> None:
    first, second = tongren.townships()[:2]
    village = tongren.villages(first.code)[0].code
    assert tongren.is_within(village, first.code)
    assert tongren.is_within(village, village)
    assert tongren.is_within(village, "630000")
    assert not tongren.is_within(village, second.code)
    assert not tongren.is_within(first.code, village)
    assert not tongren.is_within("999999", "632321")
    assert not tongren.is_within(village, "6323")


def test_what_lies_below_is_named_once(tongren: AreaTree) -> None:
    """R103: what a reader of several areas reads, whichever of them lie in each other."""
    township = tongren.townships()[0]
    below = tongren.below([township.code, township.code, "999999"])
    assert below == sorted({township.code, *(one.code for one in tongren.villages(township.code))})
    whole = [one.code for one in tongren if tongren.is_within(one.code, tongren.root.code)]
    assert tongren.below([township.code, tongren.root.code]) == sorted(whole)
    assert tongren.below([]) == []


def test_a_zone_without_a_national_code_appears_under_its_county(loudi: AreaTree) -> None:
    """R36: 娄底经开区 and 万宝新区 map to a county on topics, and have no invented villages."""
    zones = [area for area in loudi if area.maps_to is not None]
    assert [zone.name for zone in zones] == ["娄底经开区", "万宝新区"]
    for zone in zones:
        assert loudi.county_of(zone.code) == zone.maps_to == "431302"
        assert loudi.villages(zone.code) == ()
        assert zone in loudi.leaves()


def test_a_tree_can_be_rooted_anywhere(loudi: AreaTree) -> None:
    county = AreaTree.load("431381", CAMPAIGN)
    assert "431382" not in county
    assert "431300" in county
    assert {a.code for a in county.villages()} == {a.code for a in loudi.villages("431381")}


@pytest.mark.parametrize(
    ("code", "levels"),
    [
        ("632321101203", ("632321101203", "632321101", "632321", "6323", "63")),
        ("632321101", ("632321101", "632321", "6323", "63")),
        ("632321101000", ("632321101", "632321", "6323", "63")),
        ("632321", ("632321", "6323", "63")),
        ("632321000", ("632321", "6323", "63")),
        ("632321000000", ("632321", "6323", "63")),
        ("632300", ("6323", "63")),
        ("630000", ("63",)),
        ("630000000000", ("63",)),
        ("430102001001", ("430102001001", "430102001", "430102", "4301", "43")),
        ("\u9686\u52a1\u9547", ("\u9686\u52a1\u9547",)),
        ("63232", ("63232",)),
    ],
)
def test_a_code_says_a_place_and_what_it_lies_in(
    tongren: AreaTree, code: str, levels: tuple[str, ...]
) -> None:
    """R36, R75: so that a village and its township or county can be told to agree."""
    assert tongren.levels_of(code) == levels


def test_levels_are_of_the_place_whatever_its_code_was(tongren: AreaTree) -> None:
    """The county's later codes, filled up with zeros or not."""
    assert tongren.levels_of("632301101000") == tongren.levels_of("632321101")
    assert tongren.levels_of("632301") == tongren.levels_of("632321000000")
