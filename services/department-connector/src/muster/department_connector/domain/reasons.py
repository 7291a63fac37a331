"""Why a file, a row or a message was refused, in the words of both languages. None holds a value.

Rules about single values (formats, dates, choices) have their words in `muster.forms`.
"""

from __future__ import annotations

from muster.vocabulary.reasons import Reason, Refusal
from muster.vocabulary.states import Severity

_FILE: dict[str, tuple[str, str, str]] = {
    # rule: (field, zh, en)
    "file-missing": (
        "file",
        "找不到该文件，或无权读取。",
        "The file is not there or not readable.",
    ),
    "file-empty": ("file", "文件中没有数据行，原有数据未变。", "No rows of data; nothing changed."),
    "file-type": (
        "file",
        "须为 .xlsx 工作簿或 .csv 文件，内容完好且未加密（.xls 请另存为 .xlsx）；原有数据未变。",
        "Needed: an undamaged, unlocked .xlsx (save an .xls as .xlsx) or .csv; nothing changed.",
    ),
    "file-encoding": (
        "file",
        "CSV 文件的编码须为 UTF-8 或 GB18030；原有数据未变。",
        "A CSV file is encoded in UTF-8 or GB18030; nothing changed.",
    ),
    "file-too-large": (
        "file",
        "文件过大；原有数据未变。",
        "The file is too large; nothing changed.",
    ),
    "file-line": (
        "file",
        "文件在此行之后无法读取（引号不成对或单元格过长）；原有数据未变。",
        "The file cannot be read on after this row (open quote, cell too long); nothing changed.",
    ),
    "rows-none": (
        "file",
        "没有一行可用；原有数据未变。",
        "Not one row can be used; nothing changed.",
    ),
    "load-overtaken": (
        "file",
        "同时进行了另一次装载，本次未生效，请重试。",
        "Another load ran at the same time; this one had no effect. Try again.",
    ),
    "column-missing": (
        "file",
        "表头缺少“{zh}”一列；原有数据未变。",
        "The heading row has no column for: {en}; nothing changed.",
    ),
    "column-twice": (
        "file",
        "表头中“{zh}”出现不止一列，无法确定以哪一列为准；原有数据未变。",
        "The heading row has more than one column for: {en}; nothing changed.",
    ),
    "lives-missing": (
        "file",
        "文件中既无“死亡日期”也无“迁往地”一列：已去世或已迁出的人将被当作仍在本地。",
        "No column of a death or a move: whoever died or moved counts as alive and here.",
    ),
    "column-not-optional": (
        "file",
        "“{zh}”不是该部门可以缺少的列；原有数据未变。",
        "This department cannot be without the column for: {en}; nothing changed.",
    ),
}

_ROWS: dict[str, tuple[str, str, str]] = {
    "row-nobody": (
        "record",
        "既无有效的公民身份号码，又无姓名和完整的出生日期，无法识别是谁；该行未装载。",
        "Neither a valid number nor a name with a full date of birth: the row was left out.",
    ),
    "number-lost-digits": (
        "resident_number",
        "该单元格为数值格式，号码末几位已丢失；请改为文本格式。号码未采用。",
        "The cell holds a number, which has lost the last digits; make it text. It was left out.",
    ),
    "number-twice": (
        "resident_number",
        "该号码已出现在前面的行中；各行不一致的字段一律答“无法认定”。",
        "An earlier row has this number too; where the rows differ, the answer is undecided.",
    ),
    "died-on": (
        "died_on",
        "“死亡日期”不是真实存在的日期，该单元格未采用。",
        "The date of death is no date that exists; the cell was left out.",
    ),
    "area-unreadable": (
        "household_area",
        "户籍所在地既不是行政区划代码，也不是本地唯一的地名；该单元格未采用。",
        "Neither an area code nor the name of one place here; the cell was left out.",
    ),
}

_MESSAGES: dict[str, tuple[str, str, str]] = {
    "event-id": (
        "message",
        "消息编号不是规定的格式。",
        "The id of the message does not have the agreed form.",
    ),
    "case-differs": (
        "message",
        "消息的键、版本与请求内容不一致。",
        "The key or the version of the message is not that of the request inside.",
    ),
    "request-failed": (
        "message",
        "处理该请求时出错，未作答复；请告知管理员。",
        "The request could not be handled and was not answered; tell the administrator.",
    ),
}

_SUPPLY: dict[str, tuple[str, str, str]] = {
    "data-none": (
        "data",
        "尚未装载本部门数据，请先执行 load。",
        "No data of this department are loaded yet; run load first.",
    ),
    "data-replaced": (
        "data",
        "提供过程中数据已被替换，或另有一次提供同时进行；本次未提供任何内容，请重试。",
        "Meanwhile the data were replaced, or another supply ran; nothing was supplied. Try again.",
    ),
    "extract-too-large": (
        "data",
        "数据行数过多，一批无法提供（上限约六十万行），未提供任何内容。",
        "Too many rows for one extract (about six hundred thousand); nothing was supplied.",
    ),
    "keys-unknown": (
        "service",
        "尚未取得该服务的公钥，请联网后再试。",
        "The public key of the service was never fetched; connect to the network and try again.",
    ),
    "department-compares-not": (
        "department",
        "采集方案未要求该部门提供比对数据。",
        "The profile does not ask this department for data to compare.",
    ),
}

_WORDS = {**_FILE, **_ROWS, **_MESSAGES, **_SUPPLY}


def reason(
    rule: str,
    *,
    field: str | None = None,
    zh: str = "",
    en: str = "",
    severity: Severity = Severity.REFUSE,
) -> Reason:
    """The finding that a rule is; `zh` and `en` are labels where it speaks of a column."""
    own, words_zh, words_en = _WORDS[rule]
    return Reason(field or own, rule, words_zh.format(zh=zh), words_en.format(en=en), severity)


def refusal(rule: str) -> Refusal:
    """The refusal of a whole file or command for one rule."""
    return Refusal(reason(rule))
