"""Text made comparable. What is stored stays as it was given, unless a baseline is read in."""

import re
import unicodedata

from muster.vocabulary.signs import CLEAR_DOTS, MIDDLE_DOT, unseen, unwrapped

_DOTS = str.maketrans(dict.fromkeys(CLEAR_DOTS, MIDDLE_DOT))
_NAME_DOT = re.compile(f"(?<![0-9]){MIDDLE_DOT}|{MIDDLE_DOT}(?![0-9])")
_STOP = re.compile(r"(?<![0-9])[.\u3002]|[.\u3002](?![0-9])")
# Full-width digits and Latin letters; full-width punctuation belongs to Chinese text and stays.
_WIDE = str.maketrans(
    {chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F) if chr(code).isalnum()}
    | {"\u3000": " ", "\u00a0": " "}
)
_SPACES = re.compile(r"\s+")


def comparable(text: str) -> str:
    """NFKC, no spaces or unseen signs, one kind of middle dot, upper case. For comparing, never for
    storing."""
    plain = unicodedata.normalize("NFKC", unseen(text).translate(_DOTS)).translate(_DOTS)
    return _SPACES.sub("", plain).upper()


def comparable_text(text: str) -> str:
    """`comparable` words: a full stop stands for the middle dot as well, unless it is one of a
    number (1.5)."""
    return _STOP.sub(MIDDLE_DOT, comparable(text))


def without_dots(text: str) -> str:
    """A comparable text without the dots of names; one between digits (1·5号) tells two numbers
    apart."""
    return _NAME_DOT.sub("", text)


def without_noise(text: str) -> str:
    """A baseline value without what is harmless: outer and doubled spaces, unseen signs, full-width
    digits and letters, variants of the middle dot."""
    return _SPACES.sub(" ", unseen(text).translate(_WIDE).translate(_DOTS)).strip()


def plain_key(text: str) -> str:
    """How headings and names of options are looked up: `comparable`, without a mark of
    obligation such as * or (必填)."""
    return comparable(unwrapped(text)).replace("(必填)", "").strip("*:")
