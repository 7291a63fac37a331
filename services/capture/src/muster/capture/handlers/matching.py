"""What the cross-check is told of a person: all that is known now, and keyed codes of it.

Codes are made here and at the departments' connectors, never where they are compared (design,
section 4). One holder's codes say nothing under another's key; those under the campaign's link what
departments in sealed mode supply, and are of number, name and birth only.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.handlers import common
from muster.capture.store import records, subjects
from muster.contracts.parts.base import FieldValue
from muster.contracts.parts.capture import Record, Standing
from muster.contracts.parts.crosscheck import Blinds, SubjectForMatch
from muster.forms.model import Department
from muster.runtime.context import Context
from muster.security import matching
from muster.security.keyring import Key
from muster.security.matching import BIRTH, NUMBER
from muster.security.vault import DataKeys

CAMPAIGN = "campaign"


def compared(department: Department) -> tuple[str, ...]:
    """The fields of a person of which a department gets codes: what it answers for, and by what it
    finds a person. A number has a code of its own."""
    wanted = dict.fromkeys((*department.fields, *department.identified_by, BIRTH))
    return tuple(name for name in wanted if name != NUMBER)


class Blinder:
    """Makes the codes of a set of persons, under the keys that are current now."""

    def __init__(self, context: Context) -> None:
        self._profile = context.profile
        self._campaign = context.keyring.current(f"blind/{CAMPAIGN}")
        self._departments: list[tuple[str, Key, tuple[str, ...]]] = [
            (name, context.keyring.current(f"blind/{name}"), compared(department))
            for name, department in context.profile.departments.items()
        ]

    def blinds(self, fields: Mapping[str, FieldValue]) -> dict[str, Blinds]:
        """Codes of one person by holder."""
        known = matching.with_birth(fields)
        found = {CAMPAIGN: matching.person(self._campaign, self._profile, known)}
        for name, key, wanted in self._departments:
            theirs = [field for field in wanted if field in fields]
            found[name] = matching.person(key, self._profile, known, theirs)
        return found


async def subjects_for_match(
    context: Context,
    conn: AsyncConnection,
    held: Mapping[str, subjects.Row],
    standings: Mapping[str, Standing],
    keys: DataKeys,
) -> dict[str, SubjectForMatch]:
    """The whole present state of each of these persons whose data have not been erased."""
    newest = await records.newest(conn, standings)
    baselines = await records.baselines(conn, [s for s in standings if s not in newest])
    known = {
        subject_id: _record(context, keys, newest.get(subject_id), baselines.get(subject_id))
        for subject_id in standings
    }
    blinder = Blinder(context)
    # A batch of the relay takes a second or so: requests must not wait for it.
    blinds = await asyncio.to_thread(_blinds, blinder, known.items())
    return {
        subject_id: SubjectForMatch(
            standing=standing,
            version=held[subject_id].version,
            record=known[subject_id],
            blinds=blinds[subject_id],
        )
        for subject_id, standing in standings.items()
    }


def _record(context: Context, keys: DataKeys, newest: Any, baseline: Any) -> Record | None:
    """The newest version, else what was known before, else nothing."""
    if newest is not None:
        opened = common.open_record(context, keys[newest.subject_id], newest)
        return Record.model_validate(opened["record"])
    if baseline is None:
        return None
    opened = common.open_baseline(context, keys[baseline.subject_id], baseline)
    return Record(
        form_version=context.profile.form_version,
        categories=tuple(opened["categories"]),
        fields=opened["fields"],
    )


def _blinds(
    blinder: Blinder, known: Iterable[tuple[str, Record | None]]
) -> dict[str, dict[str, Blinds]]:
    return {
        subject_id: blinder.blinds(record.fields) if record is not None else {}
        for subject_id, record in known
    }
