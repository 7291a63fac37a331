"""The people of a synthetic county as those at the desks meet them.

Reads what `muster synth` wrote, except the truth: nobody in a campaign knows what was planted.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from muster.security.digests import evidence_digest, new_salt

__all__ = ["Desk", "Paper", "Person", "World"]

FieldValue = str | int | bool | list[str]


@dataclass(frozen=True, slots=True)
class Paper:
    """One picture of a person or paper, with the salt and digest that its desk made for it."""

    kind: str
    media_type: str
    content: str
    salt: str
    digest: str

    @classmethod
    def photographed(cls, said: Mapping[str, str]) -> Paper:
        """`content` is base64, as it travels."""
        salt = new_salt()
        digest = evidence_digest(base64.b64decode(said["content"]), said["media_type"], salt)
        return cls(said["kind"], said["media_type"], said["content"], salt, digest)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who comes to the desk, or of whom the desk hears.

    `ending` is a state of the balance, or "moved_within" for who moved here from another village
    of the area. `archive` is what a paper archive says in the place of their baseline row. `card`
    is whether they have their resident card with them. `correction` is what comes of a work order
    about them: other values in their record, an ending, or that they come after all.
    """

    ref: str
    desk: str
    village: str
    origin: str
    ending: str
    detail: Mapping[str, str]
    categories: tuple[str, ...]
    fields: Mapping[str, FieldValue]
    form_version: str
    archive: Mapping[str, Any] | None
    papers: tuple[Mapping[str, str], ...]
    first_try: Mapping[str, Any] | None
    overlooked: Mapping[str, FieldValue] | None
    comes_back: bool
    reviewed: bool
    card: bool
    correction: Mapping[str, Any] | None

    @property
    def number(self) -> str:
        return str(self.fields["resident_number"])

    @property
    def corrected(self) -> Mapping[str, FieldValue]:
        """Values that a work order will put into the record."""
        put: Mapping[str, FieldValue] = (self.correction or {}).get("put", {})
        return put

    @property
    def at(self) -> str:
        """The village that counts the person before the record says otherwise."""
        return str(self.archive["village"]) if self.archive else self.village

    @property
    def comes(self) -> bool:
        """Whether a record of them is made in the end."""
        return self.ending in ("collected", "moved_within")

    @classmethod
    def parse(cls, line: bytes) -> Person:
        """One line of people.jsonl."""
        said = orjson.loads(line)
        record = said["record"]
        return cls(
            ref=said["ref"],
            desk=said["desk"],
            village=said["village"],
            origin=said["origin"],
            ending=said["ending"],
            detail=said["detail"],
            categories=tuple(record["categories"]),
            fields=record["fields"],
            form_version=record["form_version"],
            archive=said.get("archive"),
            papers=tuple(said.get("papers", ())),
            first_try=said.get("first_try"),
            overlooked=said.get("overlooked"),
            comes_back=said.get("comes_back", True),
            reviewed=said.get("reviewed", True),
            card=said.get("card", False),
            correction=said.get("correction"),
        )


@dataclass(frozen=True, slots=True)
class Desk:
    """A collection point: the code and name of its township or zone."""

    area: str
    name: str
    county: str


@dataclass(frozen=True, slots=True)
class World:
    """Everybody, and the workbook that the campaign starts with."""

    folder: Path
    profile: str
    headings: tuple[tuple[str | None, str], ...]
    desks: tuple[Desk, ...]
    people: tuple[Person, ...]
    departments: Mapping[str, Path]
    rosters: Mapping[str, Path]

    @classmethod
    def load(cls, folder: Path) -> World:
        """Read a folder of `muster synth`."""
        outline = orjson.loads((folder / "county.json").read_bytes())
        lines = (folder / "people.jsonl").read_bytes().splitlines()
        return cls(
            folder,
            outline["profile"],
            tuple((name, text) for name, text in outline["headings"]),
            tuple(Desk(d["area"], d["name"], d["county"]) for d in outline["desks"]),
            tuple(Person.parse(line) for line in lines),
            {name: folder / file for name, file in outline["departments"].items()},
            {area: folder / file for area, file in outline["rosters"].items()},
        )

    @property
    def workbook(self) -> Path:
        return self.folder / "baseline.xlsx"

    def at(self, desk: Desk) -> list[Person]:
        """The people of one desk."""
        return [person for person in self.people if person.desk == desk.area]
