"""Text made comparable. What is stored stays as it was given, unless a baseline is read in."""

import re
import unicodedata

# Middle dots of names (U+2022 bullet, U+30FB and U+FF65 katakana dots, U+2027, U+22C5): one sign.
MIDDLE_DOT = "\u00b7"
_DOTS = str.maketrans(dict.fromkeys("\u2022\u30fb\uff65\u2027\u22c5", MIDDLE_DOT))
# Full-width digits and Latin letters; full-width punctuation belongs to Chinese text and stays.
_WIDE = str.maketrans(
    {chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F) if chr(code).isalnum()}
    | {"\u3000": " ", "\u00a0": " "}
)
_SPACES = re.compile(r"\s+")


def comparable(text: str) -> str:
    """NFKC, no spaces, one kind of middle dot, upper case. For comparing, never for storing."""
    plain = unicodedata.normalize("NFKC", text.translate(_DOTS)).translate(_DOTS)
    return _SPACES.sub("", plain).upper()


def without_noise(text: str) -> str:
    """A baseline value without what is harmless: outer and doubled spaces, full-width digits and
    letters, variants of the middle dot."""
    return _SPACES.sub(" ", text.translate(_WIDE).translate(_DOTS)).strip()


def plain_key(text: str) -> str:
    """How headings and names of options are looked up: `comparable`, without a mark of
    obligation such as * or (必填)."""
    return comparable(text).replace("(必填)", "").strip("*:")
