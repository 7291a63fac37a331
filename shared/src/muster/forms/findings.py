"""The words of the findings that need no rule in a profile: forms of values, what is missing.

`{zh}` and `{en}` stand for the field's or paper's label, never for a value.
"""

from muster.vocabulary.reasons import Reason
from muster.vocabulary.states import Severity

_WORDS: dict[str, tuple[str, str]] = {
    "record-shape": (
        "记录应只包含 form_version、categories(已排序、不重复)和 fields 三项",
        "a record consists of form_version, categories (sorted, none twice) and fields, no more",
    ),
    "form-version": (
        "记录所用的表单版本不是当前采集方案的版本，请更新采集端后重试",
        "the record was made with another version of the form; update the desk and try again",
    ),
    "categories-required": (
        "须至少勾选一个对象类别",
        "at least one object category must be ticked",
    ),
    "unknown-category": (
        "对象类别不在采集方案之中",
        "an object category is not one of the campaign profile",
    ),
    "unknown-field": ("表单中没有此项", "the form has no such field"),
    "not-for-categories": (
        "所勾选的对象类别不填写“{zh}”",
        "{en} is not asked of the ticked categories",
    ),
    "required": ("“{zh}”为必填项", "{en} must be filled in"),
    "format-text": (
        "“{zh}”须为文字，不能为空，不能含控制字符",
        "{en} must be text, not empty, without control characters",
    ),
    "too-long": ("“{zh}”超过允许的长度", "{en} is too long"),
    "format-date": ("“{zh}”须写成 1969-12-03 的形式", "{en} must be written like 1969-12-03"),
    "format-partial-date": (
        "“{zh}”须写成 1969、1969-12 或 1969-12-03 的形式",
        "{en} must be written like 1969, 1969-12 or 1969-12-03",
    ),
    "impossible-date": ("“{zh}”不是真实存在的日期", "{en} is a day that does not exist"),
    "month-lost-zero": (
        "“{zh}”的单元格是数值，无法确定是1月还是10月(1969.10 会变成 1969.1)，只采用年份",
        "the cell of {en} is a number (1969.10 became 1969.1): only its year was taken",
    ),
    "not-an-option": ("“{zh}”不在可选项之中", "{en} is not one of the choices"),
    "format-choices": (
        "“{zh}”须为一个或多个不重复的选项",
        "{en} must be one or more choices, none twice",
    ),
    "unknown-area": (
        "“{zh}”不是本采集方案区域内的行政区划代码",
        "{en} is not an area code of this campaign",
    ),
    "area-not-lowest": (
        "“{zh}”须填写到村(社区)",
        "{en} must be a village or community, the lowest level there is",
    ),
    "format-integer": ("“{zh}”须为整数", "{en} must be a whole number"),
    "format-decimal": ("“{zh}”须为数字", "{en} must be a decimal number"),
    "out-of-range": ("“{zh}”超出允许的范围", "{en} is out of range"),
    "format-boolean": ("“{zh}”须为是或否", "{en} must be yes or no"),
    "format-phone": ("“{zh}”不是电话号码", "{en} is not a telephone number"),
    "number-length": (
        "“{zh}”应为18位(旧号码为15位)",
        "{en} has 18 characters (15 in the old form)",
    ),
    "number-format": (
        "“{zh}”只能包含数字，末位可为大写字母X",
        "{en} consists of digits; only the last may be a capital X",
    ),
    "number-area": ("“{zh}”的前六位不可能是行政区划代码", "{en} cannot begin with these digits"),
    "number-date": (
        "“{zh}”中的出生日期不存在或晚于今天",
        "the date of birth in {en} does not exist or lies in the future",
    ),
    "number-check-digit": (
        "“{zh}”校验码不正确，请对照身份证件逐位核对",
        "the check digit of {en} is wrong; compare it with the ID card digit by digit",
    ),
    "evidence": ("缺少证明材料：{zh}", "missing evidence: {en}"),
}


def templates() -> list[dict[str, str]]:
    """The words as they are written here, for who checks a record elsewhere than on the server."""
    return [{"rule": rule, "zh": zh, "en": en} for rule, (zh, en) in _WORDS.items()]


def finding(
    rule: str,
    field: str,
    *,
    zh: str = "",
    en: str = "",
    rule_id: str | None = None,
    severity: Severity = Severity.REFUSE,
) -> Reason:
    """The reason for a finding. `rule_id` replaces the rule's name where data gave it one."""
    words_zh, words_en = _WORDS[rule]
    sentence = words_en.format(en=en)
    return Reason(
        field,
        rule_id or rule,
        words_zh.format(zh=zh),
        sentence[0].upper() + sentence[1:],
        severity,
    )
