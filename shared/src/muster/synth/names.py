"""Names. Han names come from Faker; Tibetan and Tu ones from lists of common name parts."""

from functools import cache
from random import Random
from typing import Any

MIDDLE_DOT = "\u00b7"
OTHER_DOTS = "\u2022\u30fb\uff65\u2027\u22c5\u2219\ua78f\uff0e\ufe52.\u3002"
"""Signs that stand between the parts of a name just as well. Written out here, so that what is
planted does not follow the list that the readers use."""
SPACES = (" ", "  ", "\u3000", "\u00a0")

TIBETAN, TU, HAN, HUI = "04", "30", "01", "03"
TUJIA, MIAO, YAO = "15", "06", "13"

# Shares of peoples by province; the codes are those of GB/T 3304.
_PEOPLES: dict[str, dict[str, float]] = {
    "63": {TIBETAN: 0.66, TU: 0.16, HAN: 0.13, HUI: 0.05},
    "43": {HAN: 0.965, TUJIA: 0.015, MIAO: 0.012, YAO: 0.008},
}
_ELSEWHERE: dict[str, float] = {HAN: 0.92, HUI: 0.05, MIAO: 0.03}

_TIBETAN_FIRST = (
    "才让",
    "扎西",
    "多杰",
    "尼玛",
    "达瓦",
    "索南",
    "丹增",
    "次仁",
    "旦正",
    "贡保",
    "项欠",
    "加羊",
    "完么",
    "久美",
    "拉毛",
    "仁青",
    "桑杰",
    "公保",
    "卓玛",
    "更藏",
    "华旦",
    "南杰",
    "切太",
    "先巴",
    "夏吾",
    "娘吉",
    "德吉",
    "央金",
)
_TIBETAN_MEN = (
    "多杰",
    "扎西",
    "才旦",
    "加措",
    "东智",
    "当周",
    "本",
    "杰布",
    "太",
    "顿珠",
    "平措",
    "才让",
    "尖措",
    "旺杰",
)
_TIBETAN_WOMEN = (
    "卓玛",
    "措",
    "吉",
    "拉毛",
    "草",
    "央金",
    "卓尕",
    "德吉",
    "才吉",
    "措毛",
    "曲吉",
    "梅朵",
)
_TU_FIRST = (
    "祁",
    "李",
    "吕",
    "鲁",
    "东",
    "汪",
    "莫",
    "席",
    "阿",
    "麻",
    "喇",
    "鄂",
)
_TU_MEN = (
    "索南",
    "才让",
    "加什姐",
    "多杰",
    "生德",
    "占才",
    "万德",
    "旦见",
    "什加",
    "正花",
)
_TU_WOMEN = (
    "花姐",
    "卓玛姐",
    "拉毛吉",
    "兰索",
    "什姐",
    "尕姐",
    "玉花",
    "银花",
    "索姐",
)


@cache
def _faker() -> Any:
    """One generator for all, whose source of random numbers is replaced at each use."""
    from faker.factory import Factory

    return Factory.create("zh_CN")


def people_of(root_code: str) -> dict[str, float]:
    """Shares of peoples (GB/T 3304) in the area, by its province."""
    return _PEOPLES.get(root_code[:2], _ELSEWHERE)


def make_name(rng: Random, ethnicity: str, sex: str) -> str:
    """A name of at least two characters for a person of that people; `sex` is "1" or "2"."""
    if ethnicity == TIBETAN:
        last = rng.choice(_TIBETAN_MEN if sex == "1" else _TIBETAN_WOMEN)
        # Some families write the dot, some do not.
        dot = MIDDLE_DOT if rng.random() < 0.6 else ""
        return f"{rng.choice(_TIBETAN_FIRST)}{dot}{last}"
    if ethnicity == TU:
        last = rng.choice(_TU_MEN if sex == "1" else _TU_WOMEN)
        dot = MIDDLE_DOT if rng.random() < 0.35 else ""
        return f"{rng.choice(_TU_FIRST)}{dot}{last}"
    faker = _faker()
    faker.random = rng
    return str(faker.name_male() if sex == "1" else faker.name_female())


def respelt(rng: Random, name: str) -> str:
    """The same name in other signs: another dot or none, and where it has no dot, a space."""
    if MIDDLE_DOT in name:
        return name.replace(MIDDLE_DOT, rng.choice([*OTHER_DOTS, ""]))
    place = rng.randrange(1, len(name))
    return name[:place] + rng.choice(SPACES) + name[place:]


def make_employer(rng: Random) -> str:
    """The name of an employer."""
    faker = _faker()
    faker.random = rng
    return str(faker.company())


def make_street(rng: Random) -> str:
    """The name of a street."""
    faker = _faker()
    faker.random = rng
    return str(faker.street_name())
