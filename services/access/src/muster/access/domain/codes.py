"""One-time enrolment codes: 80 random bits, easy to read out over a telephone."""

import secrets

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
_LIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_LENGTH = 16


def new_code() -> str:
    """Such as ``7K3M-0QXA-9F2C-HT5B``."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    return "-".join(letters[at : at + 4] for at in range(0, _LENGTH, 4))


def normal_code(typed: str) -> str | None:
    """The 16 letters of a code as somebody typed it, or None when it is no code."""
    if len(typed) > 4 * _LENGTH:
        return None
    code = typed.upper().translate(_LIKE)
    return code if len(code) == _LENGTH and set(code) <= set(_LETTERS) else None
