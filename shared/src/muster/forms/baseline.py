"""Cells of a baseline workbook turned into values of a record.

Only harmless noise goes away: outer spaces, full-width digits, variants of the middle dot, names
in the place of codes, other ways to write the same date. What remains wrong stays as it is, so
that the check of the value can refuse it.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime

from muster.forms.model import Field, FieldType
from muster.forms.places import places_of
from muster.forms.tables import by_words
from muster.forms.text import comparable, plain_key, without_noise
from muster.forms.workbook import lost_zero
from muster.vocabulary import resident_number
from muster.vocabulary.areas import AreaTree
from muster.vocabulary.signs import unwrapped

_DATE_SIGNS = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})(?:[-/.月](?:([0-9]{1,2})日?)?)?")
_YEAR = re.compile(r"([0-9]{4})年?")
_DATE_DIGITS = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
# Of six digits only what is a month of these centuries: 691203 is no June of 6912.
_MONTH_DIGITS = re.compile(r"((?:18|19|20)[0-9]{2})(0[1-9]|1[0-2])")
_DATE_FORMS = (_DATE_DIGITS, _MONTH_DIGITS, _DATE_SIGNS, _YEAR)
_MIDNIGHT = re.compile(r"[ T]00:00(:00(\.0+)?)?$")
_SEVERAL = re.compile(r"[、,，;；/|\s]+")
_YES = frozenset(plain_key(word) for word in ("是", "有", "true", "yes", "1", "Y", "√"))
_NO = frozenset(plain_key(word) for word in ("否", "无", "没有", "false", "no", "0", "N", "×"))

_NOTHING = frozenset(
    plain_key(word)
    for words in (
        "无 没有 暂无 (无) 空 空白 (空) 缺 暂缺 缺失 待补 待查 未填 未填写",
        "不详 (不详) 未详 不明 不清 不清楚 不知道 未知",
        "N/A #N/A NA N.A. null (null) none nil nan unknown",
    )
    for word in words.split()
)
"""How people and programs say that a cell is empty."""
_STROKES = re.compile(r"[-/\\|_~.\u00b7\u2010-\u2015\u2212\u2500\u3002\u3001\u30fc]+")
"""Strokes and dots and nothing else; as `plain_key` leaves them."""

Tidy = Callable[[object], object]
Blank = Callable[[object], bool]


def is_blank(cell: object) -> bool:
    """An empty cell, or one of spaces and unseen signs only."""
    return cell is None or (isinstance(cell, str) and not unwrapped(cell))


def says_nothing(cell: object) -> bool:
    """An empty cell, or a mark that it is empty (无, /, ——, N/A)."""
    if not isinstance(cell, str):
        return cell is None
    key = plain_key(cell)
    return not key or key in _NOTHING or _STROKES.fullmatch(key) is not None


def compile_blank(field: Field) -> Blank:
    """Whether a cell of this field's column is empty; a word that names one of the field's options,
    or yes or no, is a value."""
    words = frozenset(by_words(field.options))
    if field.type == "boolean":
        words = _YES | _NO
    return lambda cell: (
        says_nothing(cell) and not (isinstance(cell, str) and plain_key(cell) in words)
    )


def compile_tidy(field: Field, areas: AreaTree) -> Tidy:
    """How cells of this field's column are read."""
    simple: Mapping[FieldType, Tidy] = {
        "text": _text,
        "date": _date,
        "partial_date": _date,
        "integer": _integer,
        "decimal": lambda cell: comparable(_written(cell)),
        "boolean": _boolean,
        "resident_number": lambda cell: resident_number.clean(_written(cell)),
        "phone": lambda cell: comparable(_written(cell)),
    }
    if field.type in simple:
        return simple[field.type]
    if field.type == "area":
        return _area(areas)
    return _several(field) if field.type == "choices" else _option(field)


def _written(cell: object) -> str:
    """How a cell would be typed: a number without a needless `.0`, a day in ISO form, a text
    without what a spreadsheet wraps it in."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date) else unwrapped(str(cell))


def _text(cell: object) -> object:
    return without_noise(_written(cell))


def _date(cell: object) -> object:
    """Year, month and day as far as they are given. Of a number that may have lost the zero of its
    month only the year is sure."""
    if lost_zero(cell):
        return _written(cell)[:4]
    wide = unicodedata.normalize("NFKC", _written(cell)).strip()
    text = "".join(_MIDNIGHT.sub("", wide).split())
    match = next((found for form in _DATE_FORMS if (found := form.fullmatch(text))), None)
    if match is None:
        return text
    year, *rest = match.groups()
    return "-".join([year, *(part.zfill(2) for part in rest if part)])


def _integer(cell: object) -> object:
    text = comparable(_written(cell))
    digits = text.removesuffix("级")
    return int(digits) if re.fullmatch(r"-?[0-9]{1,9}", digits) else text


def _boolean(cell: object) -> object:
    key = plain_key(_written(cell))
    if key in _YES:
        return True
    return False if key in _NO else key


def _option(field: Field) -> Tidy:
    words = by_words(field.options)

    def tidy(cell: object) -> object:
        text = without_noise(_written(cell))
        key = plain_key(text)
        # A workbook drops the leading zero of a code that it takes for a number.
        return words.get(key) or words.get(key.zfill(2), text)

    return tidy


def _several(field: Field) -> Tidy:
    one = _option(field)

    def tidy(cell: object) -> object:
        if isinstance(cell, list):
            return [one(item) for item in cell]
        return [one(part) for part in _SEVERAL.split(_written(cell)) if part]

    return tidy


def _area(areas: AreaTree) -> Tidy:
    """A code, or a name from any level down that means exactly one area."""
    find = places_of(areas).find

    def tidy(cell: object) -> object:
        text = comparable(_written(cell))
        return text if text in areas else find(text) or text

    return tidy
