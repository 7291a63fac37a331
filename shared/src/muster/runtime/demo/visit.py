"""One person at the desk: the record as it is typed, corrected, and typed again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from muster.contracts.parts.base import instant
from muster.runtime.demo.world import FieldValue, Paper, Person
from muster.security.digests import new_salt, record_digest
from muster.vocabulary.ids import new_id

__all__ = ["TRACE", "Visit"]


@dataclass
class Visit:
    """What the desk holds of one person between look-up and receipt.

    `slip` is true until the desk has noticed its own mistake, `overlooked` until the reviewer has,
    `corrected` once a work order has told what is right. `reading` is what the gateway gave of
    the person's card.
    """

    person: Person
    subject_id: str
    version: int
    known: bool
    baseline: Mapping[str, FieldValue]
    papers: tuple[Paper, ...]
    slip: bool
    overlooked: bool
    corrected: bool = False
    reading: Mapping[str, Any] | None = None
    record_id: str = field(default_factory=new_id)
    sent: set[str] = field(default_factory=set)
    tries: int = 0

    @classmethod
    def begin(cls, person: Person, found: Mapping[str, Any]) -> Visit:
        """From the answer to a look-up; who is not known gets an id here."""
        baseline = found.get("baseline") or {}
        return cls(
            person=person,
            subject_id=found.get("subject_id") or new_id(),
            version=int(found.get("version", 0)),
            known=bool(found["known"]),
            baseline=baseline.get("fields", {}),
            papers=tuple(Paper.photographed(said) for said in person.papers),
            slip=person.first_try is not None,
            overlooked=person.overlooked is not None,
        )

    def shown(self) -> list[Paper]:
        """The papers that belong to the record as it is made now."""
        missing = self._mistake().get("without_papers", ())
        return [paper for paper in self.papers if paper.kind not in missing]

    def unsent(self) -> list[Paper]:
        """Those of them that have not been uploaded yet."""
        return [paper for paper in self.shown() if paper.digest not in self.sent]

    def record(self) -> dict[str, Any]:
        """One record of an upload packet; the person has yet to sign the digest of what it says."""
        self.tries += 1
        fields = self._fields()
        evidence = [paper.digest for paper in self.shown()]
        content = {
            "form_version": self.person.form_version,
            "categories": self._mistake().get("categories", list(self.person.categories)),
            "fields": fields,
        }
        salt = new_salt()
        digest = record_digest(content, evidence, self.record_id, salt)
        record: dict[str, Any] = {
            **content,
            "record_id": self.record_id,
            "subject_id": self.subject_id,
            "base_version": self.version,
            "provenance": {name: self._source(name, value) for name, value in fields.items()},
            "evidence": [{"digest": p.digest, "kind": p.kind} for p in self.shown()],
            "salt": salt,
            "signature": {"kind": "handwriting", "digest": digest, "trace": TRACE},
            "collected_at": instant(datetime.now(UTC)),
        }
        if self.reading is not None:
            over = self._typed_over(record["provenance"])
            record["reading"] = {**self.reading["reading"], "typed_over": over}
        return record if self.known else {**record, "origin": "new"}

    def accepted(self, version: int) -> None:
        """The receipt has come; another record of this person would be a correction."""
        self.version = version
        self.known = True
        self.record_id = new_id()

    def _mistake(self) -> Mapping[str, Any]:
        return (self.person.first_try or {}) if self.slip else {}

    def _fields(self) -> dict[str, FieldValue]:
        mistake = self._mistake()
        fields = dict(self.person.fields)
        if self.corrected:
            fields |= self.person.corrected
        if self.overlooked:
            fields |= self.person.overlooked or {}
        fields |= mistake.get("put", {})
        for name in mistake.get("leave_out", ()):
            fields.pop(name, None)
        return fields

    def _typed_over(self, sources: Mapping[str, str]) -> dict[str, str]:
        """What the card says of the fields that have another source."""
        said = self.reading["fields"] if self.reading is not None else {}
        return {n: said[n] for n, source in sources.items() if source != "chip" and n in said}

    def _source(self, name: str, value: FieldValue) -> str:
        if self.reading is not None and self.reading["fields"].get(name) == value:
            return "chip"
        return "baseline" if self.baseline.get(name) == value else "typed"


# A pen's way over the pad: x, y, milliseconds.
TRACE = [[12, 40, 0], [30, 22, 40], [48, 44, 90], [66, 20, 140], [90, 38, 200]]
