"""Compare without looking: keyed codes in place of values (design, section 4).

A blind is ``<suite>.<kid>.<base64url of 32 bytes>``; two blinds are equal exactly when key, field
and normalised value are. Blinds of a person compare globally; blinds of any other field are bound
to the resident number and compare only within one matched person, so that rare values cannot be
counted out. Whoever holds the key can try values: keys stay with the department's connector and
capture, and whoever compares holds blinds only.
"""

import unicodedata
import uuid
from collections.abc import Mapping, Sequence

from muster.security import b64
from muster.security.digests import canonical
from muster.security.keyring import Key
from muster.vocabulary import resident_number
from muster.vocabulary.signs import DOTS, unseen


def number_blind(key: Key, number: str) -> str:
    """Blind of a resident number; 15-digit forms meet their 18-character form.

    Raises resident_number.NumberError when it is none, ValueError for a key of another purpose.
    """
    return _blind(key, "number", resident_number.canonical(number))


def name_birth_blind(key: Key, name: str, birth: str) -> str:
    """Blind of a name together with a full ISO date of birth."""
    return _blind(key, "name-birth", normal_name(name), normal_text(birth))


def precise_blinds(
    key: Key, number: str, fields: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    """Blinds of several fields of one person, each at all of its precisions. Raises as
    `number_blind`."""
    whose = resident_number.canonical(number)
    return {
        name: tuple(_blind(key, "field", name, whose, normal_text(text)) for text in texts)
        for name, texts in fields.items()
    }


def number_index(key: Key, number: str) -> str:
    """Code of a resident number for one service's own look-up index; same form as a blind.

    Raises resident_number.NumberError, ValueError for a key of another purpose.
    """
    _require(key, "index")
    return _text(key, canonical(["muster/index/1", "number", resident_number.canonical(number)]))


def pairwise_case_id(key: Key, subject_id: str) -> str:
    """The id under which one department knows a subject: a UUID (version 8) from a keyed code.

    Two departments cannot tell that they were asked about the same person, and none learns the
    subject id. Raises ValueError for a key of another purpose.
    """
    _require(key, "case")
    code = bytearray(key.mac(canonical(["muster/case/1", subject_id]))[:16])
    code[6] = code[6] & 0x0F | 0x80
    code[8] = code[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(code)))


def normal_text(text: str) -> str:
    """NFKC, upper case, outer space removed and inner space made single."""
    return " ".join(unicodedata.normalize("NFKC", text).upper().split())


def normal_name(name: str) -> str:
    """As `normal_text`, without any space, unseen sign or dot between the parts of a name."""
    kept = normal_text(unseen(name)).translate(dict.fromkeys(map(ord, DOTS)))
    return "".join(kept.split())


def _blind(key: Key, *message: str) -> str:
    _require(key, "blind")
    kind, *rest = message
    return _text(key, canonical(["muster/blind/1", key.epoch, kind, *rest]))


def _text(key: Key, message: bytes) -> str:
    return f"{key.suite}.{key.kid}.{b64.encode(key.mac(message))}"


def _require(key: Key, kind: str) -> None:
    if key.purpose.partition("/")[0] != kind:
        raise ValueError(f"needs a key of purpose {kind}/...")
