"""Signs that keyboards and spreadsheets put into and around a text, and that mean nothing.

One list for everything that compares, finds or codes a value.
"""

import re
import unicodedata

MIDDLE_DOT = "\u00b7"
CLEAR_DOTS = "\u2022\u30fb\uff65\u2027\u2219\u22c5\ua78f\u16eb\u2e31\u2e33"
"""What stands for the middle dot of a name and is nothing else."""
STOPS = ".\uff0e\ufe52\u3002\uff61"
"""Full stops, which many keyboards give for it; between digits they are decimal points."""
DOTS = MIDDLE_DOT + CLEAR_DOTS + STOPS

_VARIANTS = re.compile("[\u180b-\u180d\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_QUOTES = "'`\u2018\u2019\uff07"
_FORMULA = re.compile(r'=\s*"(.*)"', re.DOTALL)


def unseen(text: str) -> str:
    """Without signs that nobody sees (Unicode category Cf: zero-width spaces, joiners, marks; and
    selectors of a sign's variants)."""
    if text.isascii():
        return text
    return "".join(
        sign
        for sign in text
        if unicodedata.category(sign) != "Cf" and _VARIANTS.fullmatch(sign) is None
    )


def unwrapped(text: str) -> str:
    """A cell without what a spreadsheet wraps a text in that it must not take for a number.

    `'123` and `="123"` are 123. Outer spaces and unseen signs go, too.
    """
    plain = unseen(text).strip()
    if (formula := _FORMULA.fullmatch(plain)) is not None:
        plain = formula[1].replace('""', '"').strip()
    return plain.strip(_QUOTES).strip() if plain.startswith(tuple(_QUOTES)) else plain
