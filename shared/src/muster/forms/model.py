"""What a profile consists of. All of it is read from YAML; nothing here names a field."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from muster.forms.tables import Option
from muster.vocabulary.states import Severity

FieldType = Literal[
    "text",
    "date",
    "partial_date",
    "code",
    "choice",
    "choices",
    "area",
    "integer",
    "decimal",
    "boolean",
    "resident_number",
    "phone",
]
Sensitivity = Literal["open", "personal", "sensitive"]
Task = Literal["review", "compare"]


@dataclass(frozen=True, slots=True)
class Label:
    """A thing that has an id and two names."""

    id: str
    zh: str
    en: str

    def as_dict(self) -> dict[str, object]:
        return {"id": self.id, "zh": self.zh, "en": self.en}


@dataclass(frozen=True, slots=True)
class Field(Label):
    """One field. `categories` and `required` are the sets of category ids that it is for and
    that must fill it; `departments` are those that may be asked about it. An `address` is a text
    that may begin with the names of areas."""

    section: str
    type: FieldType
    categories: frozenset[str]
    required: frozenset[str]
    sensitivity: Sensitivity
    matter: str | None
    table: str | None
    options: tuple[Option, ...]
    min: int | None
    max: int | None
    max_length: int
    address: bool
    cite: str | None
    practice: bool
    headers: tuple[str, ...]
    departments: tuple[str, ...]

    def applies_to(self, categories: frozenset[str]) -> bool:
        return not self.categories.isdisjoint(categories)

    def as_dict(self) -> dict[str, object]:
        return {
            "id": self.id,
            "zh": self.zh,
            "en": self.en,
            "section": self.section,
            "type": self.type,
            "categories": sorted(self.categories),
            "required": sorted(self.required),
            "sensitivity": self.sensitivity,
            "matter": self.matter,
            "table": self.table,
            "options": [option.as_dict() for option in self.options],
            "min": self.min,
            "max": self.max,
            "max_length": self.max_length,
            "address": self.address,
            "cite": self.cite,
            "practice": self.practice,
            "departments": list(self.departments),
        }


@dataclass(frozen=True, slots=True)
class Category(Label):
    """One of the object categories. `number` is only shown."""

    number: int
    group: str
    review_desk: str
    aliases: tuple[str, ...]
    cite: str | None

    def as_dict(self) -> dict[str, object]:
        return {
            "id": self.id,
            "zh": self.zh,
            "en": self.en,
            "number": self.number,
            "group": self.group,
            "review_desk": self.review_desk,
            "cite": self.cite,
        }


MODES = ("sealed", "blind")
"""How a department supplies its data; the first is what a profile means when it says nothing."""


@dataclass(frozen=True, slots=True)
class Department(Label):
    """A department, the ids of the fields it may be asked about, and by which it finds a person.

    `mode` is "sealed" (its data travel sealed to the cross-check) or "blind" (only keyed codes
    do). It `lists` entitled persons when whoever stands in its data should have been collected.
    """

    level: str
    tasks: frozenset[str]
    mode: str
    lists: bool
    matters: tuple[str, ...]
    fields: tuple[str, ...]
    identified_by: tuple[str, ...]
    cite: str | None

    def as_dict(self) -> dict[str, object]:
        return {
            "id": self.id,
            "zh": self.zh,
            "en": self.en,
            "level": self.level,
            "tasks": sorted(self.tasks),
            "mode": self.mode,
            "lists": self.lists,
            "matters": list(self.matters),
            "fields": list(self.fields),
            "identified_by": list(self.identified_by),
            "cite": self.cite,
        }


@dataclass(frozen=True, slots=True)
class Condition:
    """Every named field has one of its values, and one of the categories is ticked."""

    fields: Mapping[str, frozenset[str]]
    categories: frozenset[str] | None = None

    def holds(self, fields: Mapping[str, object], categories: frozenset[str]) -> bool:
        if self.categories is not None and self.categories.isdisjoint(categories):
            return False
        return all(
            name in fields and wording(fields[name]) in values
            for name, values in self.fields.items()
        )

    def as_dict(self) -> dict[str, object]:
        return {
            "fields": {name: sorted(values) for name, values in self.fields.items()},
            "categories": None if self.categories is None else sorted(self.categories),
        }


@dataclass(frozen=True, slots=True)
class Rule(Label):
    """A rule as data: its kind and parameters, how grave it is, and what it says."""

    kind: str
    severity: Severity
    cite: str | None
    field: str
    parameters: Mapping[str, object]
    when: Condition | None
    unless: Condition | None

    def as_dict(self) -> dict[str, object]:
        return {
            "id": self.id,
            "zh": self.zh,
            "en": self.en,
            "kind": self.kind,
            "severity": self.severity.value,
            "cite": self.cite,
            "field": self.field,
            "parameters": dict(self.parameters),
            "when": self.when.as_dict() if self.when else None,
            "unless": self.unless.as_dict() if self.unless else None,
        }


@dataclass(frozen=True, slots=True)
class EvidenceRequirement(Label):
    """One of the papers `one_of` must be shown by those categories, unless a field frees them."""

    one_of: tuple[str, ...]
    categories: frozenset[str]
    severity: Severity
    unless: Condition | None
    cite: str | None

    def as_dict(self) -> dict[str, object]:
        return {
            "id": self.id,
            "zh": self.zh,
            "en": self.en,
            "one_of": list(self.one_of),
            "categories": sorted(self.categories),
            "severity": self.severity.value,
            "unless": self.unless.as_dict() if self.unless else None,
            "cite": self.cite,
        }


@dataclass(frozen=True, slots=True)
class Phase(Label):
    """A phase of the campaign and its last day."""

    until: date

    def as_dict(self) -> dict[str, object]:
        return {"id": self.id, "zh": self.zh, "en": self.en, "until": self.until.isoformat()}


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a township uploads: at least once in `days`."""

    days: int
    zh: str
    en: str

    def as_dict(self) -> dict[str, object]:
        return {"days": self.days, "zh": self.zh, "en": self.en}


def wording(value: object) -> str:
    """How a profile writes a value of a record: true and false, digits, text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
