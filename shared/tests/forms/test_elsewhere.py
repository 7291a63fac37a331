"""Files that were made elsewhere are read as a county clerk reads them."""

from collections import Counter
from datetime import date
from typing import Any

import pytest

from muster.forms import Profile, ProfileError
from muster.forms.places import places_of
from muster.vocabulary import resident_number
from muster.vocabulary.states import Severity

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
    *("无", "（无）", "空", "暂无", "没有", "不详", "未知", "不明", "、", "…"),
    *("/", "//", "\\", "-", "--", "—", "——", "－", "―", "_"),
    *("N/A", "n/a", "#N/A", "NULL", "null", "None", " 无 ", '=""', "\u200b/"),
]


@pytest.mark.parametrize("mark", MARKS, ids=ascii)
def test_a_mark_of_an_empty_cell_is_no_value(tongren: Profile, mark: str) -> None:
    """R69: text, numbers, dates, codes and choices alike; nothing is refused or warned of."""
    texts = ("former_name", "service_unit", "service_number", "household_address", "phone")
    others = ("enlisted_on", "birth_date", "ethnicity", "service_status", "disability_grade")
    cells = dict.fromkeys((*texts, *others), mark)
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
            "zh": "住房",
            "en": "Housing",
            "section": "basic",
            "type": "choice",
            "options": kinds,
            "categories": "all",
        }

    changed = variant("tongren", optional)
    cells = {"housing_kind": "无", "sex": "未知", "draws_regular_pension": "无"}
    fields = changed.check_baseline(cells, "烈士遗属", TODAY)[0]
    assert fields == {"housing_kind": "none", "sex": "0", "draws_regular_pension": False}
    kept = {"former_name": "无名", "service_unit": "8341部队", "service_number": "0"}
    assert tongren.check_baseline(kept, "退役士兵", TODAY)[0] == kept


@pytest.mark.parametrize(
    "name",
    [
        "隆务村",
        "隆务村委会",
        "隆务村村委会",
        "隆务村民委员会",
        "隆务镇隆务村",
        "隆务镇 隆务村民委员会",
        "隆务镇-隆务村",
        "同仁县隆务镇隆务村",
        "同仁县隆务村",
        "同仁市隆务镇隆务村",
        "黄南州同仁县隆务镇隆务村",
        "青海省黄南藏族自治州同仁县隆务镇隆务村",
    ],
)
def test_a_village_by_what_people_call_it(tongren: Profile, name: str) -> None:
    """R36, R69: the table has 隆务村委会; nobody writes that."""
    fields, _, reasons = tongren.check_baseline({"household_area": name}, "烈士遗属", TODAY)
    assert fields["household_area"] == "632321100200"
    assert [r.field for r in reasons] == ["name", "resident_number"]


@pytest.mark.parametrize("kind", ["社区", "居委会", "社区居委会", "居民委员会", "社区居民委员会"])
def test_a_neighbourhood_by_what_people_call_it(tongren: Profile, kind: str) -> None:
    """R36, R69."""
    cells = {"household_area": f"隆务镇隆务街{kind}"}
    assert tongren.check_baseline(cells, "烈士遗属", TODAY)[0]["household_area"] == "632321100001"


def test_every_village_is_found_in_its_township(profile: Profile) -> None:
    """R36, R69: as the table has it, with whatever path before it, and by its other names."""
    areas, find = profile.area_tree(), places_of(profile.area_tree()).find
    for village in areas.villages():
        township = areas.get(str(village.parent)).name
        assert find(areas.path_name(village.code)) == village.code
        assert find(township + village.name) == village.code
        stem = village.name.removesuffix("村委会").removesuffix("村")
        if stem != village.name:
            assert find(f"{township}{stem}村") == village.code
            assert find(f"{township}{stem}村民委员会") == village.code


def test_a_name_of_several_places_stays_an_error(loudi: Profile) -> None:
    """R69: without its township nobody can say which; a village is no neighbourhood."""
    areas = loudi.area_tree()
    many = Counter(v.name.removesuffix("村委会").removesuffix("村") for v in areas.villages())
    name = many.most_common(1)[0][0]
    for text in (f"{name}村", f"娄底市{name}村", f"{name}居委会"):
        fields, _, reasons = loudi.check_baseline({"household_area": text}, "烈士遗属", TODAY)
        assert fields["household_area"] == text
        assert ("household_area", "unknown-area") in [(r.field, r.rule) for r in reasons]


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("632321101", "保安镇 同仁县保安镇 同仁市保安镇 黄南州同仁县保安镇 青海同仁保安镇"),
        ("632321", "同仁县 同仁市 同仁 青海省黄南州同仁县 青海省黄南藏族自治州同仁市"),
        ("632300", "黄南藏族自治州 黄南州 青海省黄南州"),
        ("630000", "青海省 青海"),
    ],
)
def test_areas_above_the_village_have_names_too(tongren: Profile, code: str, names: str) -> None:
    """R69: in full, in short, and by the name of another year; a baseline says that it is not the
    village."""
    for name in names.split():
        fields, _, reasons = tongren.check_baseline({"household_area": name}, "烈士遗属", TODAY)
        assert fields["household_area"] == code, name
        assert reasons[-1].rule == "area-not-lowest"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (1969.1, "1969"),
        (1969.12, "1969-12"),
        (1969.2, "1969-02"),
        (1969.0, "1969"),
        ("1969.1", "1969-01"),
        ("1969.10", "1969-10"),
        ("196912", "1969-12"),
        (196912, "1969-12"),
        (196912.0, "1969-12"),
        ("１９６９１２", "1969-12"),
        ("19691203", "1969-12-03"),
    ],
)
def test_a_year_and_month_in_every_way(tongren: Profile, cell: object, value: str) -> None:
    """R34, R35, R69: of a number that was 1969.10 nobody knows any more that it was October, and
    the row says so."""
    fields, _, reasons = tongren.check_baseline({"enlisted_on": cell}, "退役士兵", TODAY)
    assert fields["enlisted_on"] == value
    told = [(r.rule, r.severity) for r in reasons if r.field == "enlisted_on"]
    assert told == ([("month-lost-zero", Severity.WARN)] if cell == 1969.1 else [])


@pytest.mark.parametrize("text", ["196913", "691203", "196900"])
def test_six_digits_that_are_no_month(tongren: Profile, text: str) -> None:
    """R69."""
    fields, _, reasons = tongren.check_baseline({"enlisted_on": text}, "退役士兵", TODAY)
    assert fields["enlisted_on"] == text
    assert ("enlisted_on", "format-partial-date") in [(r.field, r.rule) for r in reasons]


def agree(profile: Profile, one: str, other: str, field: str = "household_address") -> bool:
    """Equal at the finest precision that both have, counted from the coarse end."""
    ours, theirs = profile.comparables(field, one), profile.comparables(field, other)
    common = min(len(ours), len(theirs))
    return ours[-common] == theirs[-common]


@pytest.mark.parametrize("field", ["household_address", "residence_address"])
@pytest.mark.parametrize(
    "path",
    [
        "青海省黄南藏族自治州同仁县隆务镇隆务村",
        "青海省黄南州同仁市隆务镇隆务村委会",
        "青海同仁县 隆务镇 隆务村民委员会",
        "同仁县/隆务镇/隆务村",
        "隆务镇隆务村",
        "隆务村",
        "同仁县隆务镇",
        "青海省同仁县",
        "",
    ],
)
def test_an_address_is_the_same_without_what_it_lies_in(
    tongren: Profile, field: str, path: str
) -> None:
    """R73: compared at the areas that both name, and at the rest."""
    address = "同仁县隆务镇隆务村12-3号"
    assert agree(tongren, address, f"{path}12-3号", field)
    assert not agree(tongren, address, f"{path}123号", field)
    assert not agree(tongren, address, f"{path}12-4号", field)
    if path.endswith(("村", "会")):
        assert tongren.comparables(field, address) == tongren.comparables(field, f"{path}12-3号")
        assert tongren.normalise(field, address) == tongren.normalise(field, f"{path}12-3号")


@pytest.mark.parametrize(
    "other",
    [
        "保安镇隆务村12号",
        "隆务镇吾屯下庄村12号",
        "同仁县保安镇12号",
        "隆务镇隆务街社区12号",
        "同仁路12号",
    ],
)
def test_the_same_house_of_another_village_is_another(tongren: Profile, other: str) -> None:
    """R73: what the address begins with is compared, too, and not put aside."""
    assert not agree(tongren, "同仁县隆务镇隆务村12号", other)


def test_a_street_that_is_called_like_a_county_is_a_street(tongren: Profile) -> None:
    """R73: 同仁 without its 县 is taken for the county only before the name of another area."""
    assert agree(tongren, "同仁路12号", "青海省同仁县同仁路12号")
    assert not agree(tongren, "同仁路12号", "路12号")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("湖南新化人民路5号", "新化县人民路5号"),
        ("湖南省娄底12号", "湖南省娄底市12号"),
        ("冷水江12号", "冷水江市12号"),
        ("湖南省新化", "湖南省新化县"),
    ],
)
def test_a_short_name_before_what_is_no_street_is_an_area(
    loudi: Profile, one: str, other: str
) -> None:
    """R73: 新化 stands for 新化县 behind its province, before a number, and alone."""
    assert agree(loudi, one, other)


def test_a_street_behind_a_city_keeps_its_name(loudi: Profile) -> None:
    assert not agree(loudi, "娄底市新化路5号", "娄底市新化县5号")
    assert not agree(loudi, "娄底市新化东路5号", "娄底市新化县5号")


def test_a_dot_between_digits_tells_numbers_apart(tongren: Profile) -> None:
    assert not agree(tongren, "同仁县1·5号", "同仁县15号")
    assert not agree(tongren, "某部1·5连", "某部15连", "service_unit")


def test_variants_of_a_sign_are_that_sign(tongren: Profile) -> None:
    for odd in ("葛\U000e0100明", "葛\ufe0f明"):
        assert agree(tongren, odd, "葛明", "name")


def test_an_ambiguous_village_is_compared_at_what_is_sure(loudi: Profile) -> None:
    """R73: of a name that several townships of a county have, the county counts."""
    areas = loudi.area_tree()
    several: dict[tuple[str, str], list[str]] = {}
    for village in areas.villages("431322"):
        several.setdefault(("新化县", village.name), []).append(village.code)
    (_, name), codes = max(several.items(), key=lambda item: len(item[1]))
    assert len(codes) > 1
    for code in codes:
        assert agree(loudi, f"新化县{name}3组", f"{areas.path_name(code)}3组")
        assert not agree(loudi, f"新化县{name}3组", f"{areas.path_name(code)}4组")


def test_only_a_text_is_an_address(variant: Variant) -> None:
    def number(content: dict[str, Any]) -> None:
        content["fields"]["resident_number"] = {"address": True}

    with pytest.raises(ProfileError, match="`address` is for fields of type text"):
        variant("tongren", number)


@pytest.mark.parametrize(
    "form",
    [
        "'{}",
        "’{}",
        "'{}'",
        '="{}"',
        '= "{}"',
        '="\'{}"',
        "\t{}\t",
        "\ufeff{}",
        "\u200b{}\u200b",
        "＇{}",
    ],
    ids=ascii,
)
def test_a_cell_as_spreadsheets_wrap_it(tongren: Profile, form: str) -> None:
    """R69: whatever kept the digits from being taken for a number."""
    plain = {
        "name": "某某",
        "resident_number": NUMBER,
        "household_area": VILLAGE,
        "phone": "13900000000",
        "martyr_relation": "child",
        "birth_date": "1950-03-04",
    }
    wrapped = {name: form.format(value) for name, value in plain.items()}
    fields, _, reasons = tongren.check_baseline(wrapped, form.format("烈士遗属"), TODAY)
    assert (fields, reasons) == (plain, [])
    assert tongren.normalise("resident_number", form.format(NUMBER)) == NUMBER
    assert tongren.columns([form.format("姓名")]) == {0: "name"}


@pytest.mark.parametrize(
    ("field", "headings"),
    [
        ("resident_number", "身份证 身份证号 公民身份证号码 居民身份证号 身份证件号码"),
        ("household_area", "户口所在地 户籍地 户口所在村"),
        ("household_address", "户籍地址 户籍住址 户口所在地址"),
        ("enlisted_on", "入伍年月 入伍日期 参军时间"),
        ("discharged_on", "退伍年月 退役日期 退役年月 退出现役时间"),
        ("service_unit", "部队番号 所在部队 服役单位"),
        ("phone", "手机号 电话号码"),
        ("birth_date", "生日 出生时间"),
    ],
)
def test_columns_by_what_people_call_them(profile: Profile, field: str, headings: str) -> None:
    """R52."""
    for heading in headings.split():
        assert profile.columns([heading]) == {0: field}
