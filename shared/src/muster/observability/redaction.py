"""What may be written to a log: never a name, a number, an address or a value that a person gave.

Three nets, because each has holes. Values under a *personal key* are removed. *Numbers* that could
be a resident number (15 or 18 characters), a bank card or a mobile are masked inside any text.
And no *Chinese text* is written at all: log messages are English, so a Chinese character in one is
nearly always a name or an address that came in with an exception. Both are looked for behind the
escapes of JSON, Python and addresses too. What is in base64 or in hex is not seen.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from uuid import UUID

__all__ = ["CARRIERS", "PERSONAL_KEYS", "is_personal_key", "mask_text", "redact"]

REMOVED = "[removed]"
NUMBER = "[number]"
CHINESE = "[zh]"

# Keys whose values are personal or secret, whatever they are.
PERSONAL_KEYS = frozenset(
    {
        *("name", "full_name", "person_name", "former_name", "given_name", "family_name"),
        *("spouse", "contact", "contact_name", "contact_phone"),
        *("phone", "mobile", "telephone", "tel", "email", "wechat"),
        *("address", "household", "residence", "domicile"),
        *("resident_number", "id_number", "idcard", "id_card", "certificate_number"),
        *("card_number", "bank_account", "account_number"),
        *("birth", "birthday", "birth_date", "date_of_birth"),
        *("photo", "portrait", "fingerprint", "signature", "trace_points"),
        *("password", "passwd", "secret", "token", "authorization", "cookie", "set_cookie"),
        *("private_key", "key_material", "salt"),
    }
)
# Keys that carry what a person typed, or only count it: a count stays, everything else goes.
CARRIERS = frozenset(
    {
        *("fields", "record", "records", "row", "rows", "number", "value", "values"),
        *("input", "input_value", "data", "payload", "body", "content", "plaintext"),
        *("parameters", "params", "args", "kwargs", "message_value", "headers"),
    }
)
_PERSONAL_ENDINGS = (
    "_phone",
    "_mobile",
    "_resident_number",
    "_id_number",
    "_birth_date",
    "_password",
    "_secret",
    "_token",
    # No line of ours has a key that ends so; fields of a form do (household_address, martyr_name).
    "_name",
    "_address",
)

_DEPTH = 12
_LONGEST = 20_000
_MARGIN = 500
"""How far behind the longest text is looked, so that no number is cut in two and its half kept."""

_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
# Random identifiers and addresses of computers are left alone; they are tried first, so that a run
# of digits inside one is not taken for a telephone number.
_NUMBERS = re.compile(
    r"(?P<keep>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|(?=[0-9]{0,31}[a-f])[0-9a-f]{32,}"
    rf"|(?<!\d)(?<!\d[ ._-])(?:{_OCTET}\.){{3}}{_OCTET}(?![ ._-]?\d))"
    r"|(?<!\d)(?:(?:86[ ._-]?)?[1１][ ._-]?[3-9３-９](?:[ ._-]?\d){9}(?!\d)"
    r"|\d(?:[ ._-]?\d){14,}(?:[ ._-]?[XxＸｘ])?)"
)
# One sign as JSON, Python or an address writes it, also where that was written so once more.
_ESCAPE = (
    r"(?:\\+(?:u(?P<u>[0-9A-Fa-f]{4})|U(?P<U>[0-9A-Fa-f]{8})|x(?P<x>[0-9A-Fa-f]{2}))"
    r"|%(?:25)*(?P<percent>[0-9A-Fa-f]{2}))"
)
_ESCAPED = re.compile(f"(?:{re.sub('[?]P<[^>]+>', '?:', _ESCAPE)})+")
_ONE_ESCAPE = re.compile(_ESCAPE)
_IDEOGRAPH = r"\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# A run of them with what stands inside names: the middle dot and spaces.
_CHINESE = re.compile(rf"[{_IDEOGRAPH}](?:[\s·•]*[{_IDEOGRAPH}])*")
# What drivers and validators quote of the value that they refused.
_QUOTED = (
    re.compile(r"\[parameters: .*?(?:\](?=\n|$)|\Z)", re.DOTALL),
    re.compile(r"DETAIL:[^\n]*"),
    re.compile(r"input_value=.*?(?=, input_type=|\]|\n|$)"),
)


def is_personal_key(key: str, value: object = None) -> bool:
    """Whether this value is removed because of its key; a count under a carrier's key is not."""
    plain = re.sub(r"[^0-9a-z]+", "_", key.lower()).strip("_")
    if plain in CARRIERS:
        return not isinstance(value, bool | int)
    return plain in PERSONAL_KEYS or plain.endswith(_PERSONAL_ENDINGS)


def _number(match: re.Match[str]) -> str:
    return match["keep"] or NUMBER


def _escaped(match: re.Match[str]) -> str:
    """A run of escapes: masked when what stands behind it is."""
    units, octets = "", b""
    for sign in _ONE_ESCAPE.finditer(match[0]):
        if code := sign["u"] or sign["U"]:
            units += chr(min(int(code, 16), sys.maxunicode))
        else:
            octets += bytes.fromhex(sign["x"] or sign["percent"])
    # JSON writes a rare sign as two halves.
    texts = [units.encode("utf-16", "surrogatepass").decode("utf-16", "replace")]
    try:
        texts.append(octets.decode())
    except UnicodeDecodeError:
        texts.append(octets.decode("gb18030", "ignore"))
    if any(_CHINESE.search(text) for text in texts):
        return CHINESE
    return NUMBER if any(_NUMBERS.sub(_number, text) != text for text in texts) else match[0]


def _cut(text: str) -> str:
    """The beginning of a long text, without one that a number or a run of escapes has there."""
    if len(text) <= _LONGEST:
        return text
    end = _LONGEST
    for pattern in (_ESCAPED, _NUMBERS):
        for match in pattern.finditer(text[: _LONGEST + _MARGIN]):
            if match.start() < end < match.end():
                end = match.start()
    return text[:end] + " [cut]"


def mask_text(text: str) -> str:
    """The text with everything masked that looks personal; idempotent."""
    text = _cut(text)
    for pattern in _QUOTED:
        text = pattern.sub(REMOVED, text)
    text = _ESCAPED.sub(_escaped, text)
    text = _NUMBERS.sub(_number, text)
    return _CHINESE.sub(CHINESE, text)


def redact(value: object, depth: int = 0) -> object:
    """A copy that is safe to log, made of what JSON knows.

    Objects of unknown types give only the name of their type: their ``repr`` is not ours to trust.
    """
    if depth > _DEPTH:
        return "[deep]"
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return {
            mask_text(str(key)): REMOVED
            if is_personal_key(str(key), item)
            else redact(item, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(item, depth + 1) for item in value]
    return _scalar(value)


def _item(key: str, value: object, depth: int) -> object:
    return REMOVED if is_personal_key(key, value) else redact(value, depth + 1)


def _scalar(value: object) -> object:
    if isinstance(value, Enum):
        return redact(value.value)
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, int):
        return value if mask_text(str(value)) == str(value) else NUMBER
    if isinstance(value, float):
        return value if abs(value) < 1e10 else NUMBER
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, UUID | PurePath | Decimal | timedelta | BaseException):
        return mask_text(str(value))
    return f"<{type(value).__name__}>"
