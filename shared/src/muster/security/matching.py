"""The blinds of one person for one holder: what capture and connectors make, alike.

Both normalise a value by the campaign profile first, so that harmless differences (full-width
digits, another middle dot, another code of the same place) are none, and blind it at every
precision that it has (a day, its month, its year).
"""

from collections.abc import Collection, Mapping
from typing import Protocol

from muster.contracts.parts.base import FieldValue
from muster.contracts.parts.crosscheck import Blinds, DepartmentData
from muster.security import blinds, digests, suites
from muster.security.keyring import Key
from muster.vocabulary import resident_number

NAME, NUMBER, BIRTH = "name", "resident_number", "birth_date"
"""The fields by which a person is found. The loader of profiles insists on them
(`muster.forms.reading.NAMED`); a person may still have no `birth_date`."""


class Comparing(Protocol):
    """What is needed of a profile."""

    def comparables(self, field_id: str, value: object) -> tuple[str, ...]:
        """Normal forms of a value from the finest precision to the coarsest."""
        ...


def person(
    key: Key, profile: Comparing, fields: Mapping[str, FieldValue], wanted: Collection[str] = ()
) -> Blinds:
    """Blinds of a person and of the `wanted` fields that they have.

    A number that is none gives no `number` and no fields: those are bound to the number.
    """
    number, name, birth = fields.get(NUMBER), fields.get(NAME), fields.get(BIRTH)
    whole = isinstance(name, str) and isinstance(birth, str) and len(birth) == 10
    name_birth = blinds.name_birth_blind(key, str(name), str(birth)) if whole else None
    try:
        own = blinds.number_blind(key, number) if isinstance(number, str) else None
    except resident_number.NumberError:
        own = None
    if own is None or not isinstance(number, str):
        return Blinds(number=None, name_birth=name_birth, fields={})
    compared = {name: profile.comparables(name, fields[name]) for name in wanted if name in fields}
    return Blinds(
        number=own,
        name_birth=name_birth,
        fields=blinds.precise_blinds(key, number, compared),
    )


def with_birth(fields: Mapping[str, FieldValue]) -> Mapping[str, FieldValue]:
    """A person whose birth nobody wrote down is found by the birth that the number names."""
    if BIRTH in fields:
        return fields
    try:
        number = resident_number.parse(resident_number.canonical(str(fields.get(NUMBER, ""))))
    except resident_number.NumberError:
        return fields
    return {**fields, BIRTH: number.birth.isoformat()}


def part_digest(part: DepartmentData, suite: str = suites.DEFAULT_DIGEST) -> str:
    """Digest of one part of an extract, as its manifest lists it (R74).

    Over all of the part's JSON (`model_dump(mode="json")`), its salt included. The connector calls
    it for what it sends, crosscheck for what came; nobody else makes or checks one. Raises
    digests.Unsalted or digests.NotCanonical.
    """
    return digests.digest(part.model_dump(mode="json"), suite)
