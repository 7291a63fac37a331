"""What several handlers need: what the profile says of departments, sealing, ids."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Row

from muster.contracts.parts.crosscheck import Blinds
from muster.crosscheck.store.matching import Rules
from muster.forms.profile import Profile
from muster.runtime.context import Context
from muster.security import boxes
from muster.security.digests import canonical
from muster.vocabulary.ages import Age
from muster.vocabulary.reasons import Reason, Refusal
from muster.vocabulary.states import Discrepancy

DISCREPANCY_OPENED = "crosscheck-discrepancy-opened"
DISCREPANCY_CLOSED = "crosscheck-discrepancy-closed"
SUBJECT_MISSED = "crosscheck-subject-missed"
TOUCHED = "crosscheck-touched"
REVEAL_REQUESTED = "crosscheck-reveal-requested-"
REVEAL_ANSWERED = "crosscheck-reveal-answered-"
DEPARTMENT_DATA = "crosscheck-department-data-"

CAMPAIGN = "campaign"
"""Holder of the blinds that link what departments in sealed mode supply."""
NAME, NUMBER, BIRTH, VILLAGE = "name", "resident_number", "birth_date", "household_area"
"""Fields that every profile has, and by which somebody is found."""
DIED_ON, MOVED_TO = "died_on", "moved_to"
"""What a department's row may say beside fields of the form."""

_TELLS = {Discrepancy.DEAD: DIED_ON, Discrepancy.MOVED: MOVED_TO}
_REGISTRY = frozenset({"identity", "household"})


def now() -> datetime:
    """The moment, with its offset."""
    return datetime.now(UTC)


def field_of(order: Row[Any]) -> str:
    """Of a department's row the field that a work order is about; empty where it is about none."""
    return order.field or _TELLS.get(Discrepancy(order.kind), "")


@lru_cache(maxsize=8)
def rules_of(profile: Profile) -> Rules:
    """What the matching function must know of the profile's departments."""
    departments = profile.departments.values()
    return Rules(
        answers=tuple((one.id, field) for one in departments for field in one.fields),
        registrars=tuple(
            one.id
            for one in departments
            if one.mode == "sealed" and not _REGISTRY.isdisjoint(one.matters)
        ),
        lists=tuple((one.id, one.mode) for one in departments if one.lists),
    )


def plain_blinds(blinds: Blinds) -> dict[str, Any]:
    """Blinds as columns."""
    return {
        "number": blinds.number,
        "name_birth": blinds.name_birth,
        "fields": {name: list(codes) for name, codes in blinds.fields.items()},
    }


def keyed_id(context: Context, *what: str) -> str:
    """A UUID (version 8) that is the same whenever it is made of the same, here only.

    A key is needed because ids stand on topics in the clear, and whoever knows a subject's id could
    otherwise try out kinds and fields until the id says what is wrong with whom.
    """
    key = context.keyring.current("index/crosscheck")
    code = bytearray(key.mac(canonical(["muster/crosscheck/1", *what]))[:16])
    code[6] = code[6] & 0x0F | 0x80
    code[8] = code[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(code)))


def seal_own(context: Context, table: str, row: str, content: Mapping[str, Any] | bytes) -> str:
    """Seal what belongs to no subject, under the service's own key."""
    plain = content if isinstance(content, bytes) else orjson.dumps(content)
    return boxes.seal(context.keyring.current("kek/crosscheck"), plain, _own_place(table, row))


def open_own(context: Context, table: str, row: str, sealed: str) -> bytes:
    """Open what `seal_own` sealed for the same row."""
    return boxes.open_box(sealed, context.keyring, _own_place(table, row))


def _own_place(table: str, row: str) -> dict[str, str | int]:
    return {"service": "crosscheck", "use": "own", "table": table, "row": row}


def open_fields(context: Context, table: str, row: str, sealed: str) -> dict[str, Any]:
    """The values that `seal_own` sealed for the same row."""
    opened: dict[str, Any] = orjson.loads(open_own(context, table, row, sealed))
    return opened


def refusal(field: str, rule: str, zh: str, en: str, status: int = 422) -> Refusal:
    """A request that cannot be granted, with its one reason."""
    kinds = {404: "not-found", 409: "conflict", 403: "forbidden"}
    return Refusal(Reason(field, rule, zh, en), status=status, kind=kinds.get(status, "invalid"))


def only_open_ones_have(age: Age | None, state: str) -> None:
    """Raises Refusal: 422 age-of-open where closed work orders are asked for by age, too."""
    if age is not None and state != "open":
        raise refusal(
            "age",
            "age-of-open",
            "只有未办结的核查单才按时长筛选。",
            "Only open work orders have an age to be chosen by.",
        )
