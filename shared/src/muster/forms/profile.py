"""A campaign profile: the one definition of a form, and everything that is asked of it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Self

from muster.forms.checking import Checker
from muster.forms.findings import templates
from muster.forms.headers import Headings
from muster.forms.model import (
    Cadence,
    Category,
    Department,
    EvidenceRequirement,
    Field,
    Label,
    Phase,
    Rule,
)
from muster.forms.places import places_of
from muster.forms.reading import Parts, load
from muster.forms.text import comparable, comparable_text, without_dots
from muster.vocabulary import resident_number
from muster.vocabulary.areas import AreaTree
from muster.vocabulary.data import data_path
from muster.vocabulary.partial_date import PartialDate
from muster.vocabulary.reasons import Reason


class Profile:
    """The settings and the form of one locality. Immutable; share one per process."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._headings = Headings(parts.fields, parts.categories, parts.category_headers)
        self._checker = Checker(parts, self._headings)
        self._rules = {name: rule for name, (rule, _) in parts.rules.items()}
        self._desks = {name: desk_order for desk_order, name in enumerate(parts.review_desks)}

    @classmethod
    def load(cls, name_or_path: str | Path) -> Self:
        """Load `tongren`, `loudi`, or any profile file by its path. Raises ProfileError."""
        text = str(name_or_path)
        if isinstance(name_or_path, Path) or "/" in text or text.endswith((".yaml", ".yml")):
            return cls(load(Path(name_or_path)))
        return cls(load(data_path("profiles") / f"{text}.yaml"))

    @property
    def id(self) -> str:
        return self._parts.id

    @property
    def form_version(self) -> str:
        """What a record names, such as "tongren/1"."""
        return self._parts.form_version

    @property
    def title(self) -> Label:
        return self._parts.title

    @property
    def area(self) -> str:
        """The code of the campaign's area."""
        return self._parts.area

    @property
    def areas_on(self) -> date:
        """The day whose area codes the campaign uses."""
        return self._parts.areas_on

    @property
    def standard_time(self) -> date:
        """Who was dead by then is not collected (C6, C13)."""
        return self._parts.standard_time

    @property
    def basis_for_benefits(self) -> bool:
        """False in both notices: collected data are no basis for benefits (R77)."""
        return self._parts.basis_for_benefits

    @property
    def benefits_notice(self) -> Label:
        """What stands on every export (R77)."""
        return self._parts.benefits_notice

    @property
    def voluntary_decline(self) -> Label:
        return self._parts.voluntary_decline

    @property
    def cadence(self) -> Cadence:
        return self._parts.cadence

    @property
    def phases(self) -> dict[str, Phase]:
        return dict(self._parts.phases)

    @property
    def report_chain(self) -> dict[str, Label]:
        """What happens at each level of areas, from below."""
        return dict(self._parts.report_chain)

    @property
    def fields(self) -> dict[str, Field]:
        """Every field in the order of the form."""
        return dict(self._parts.fields)

    @property
    def sections(self) -> dict[str, Label]:
        return dict(self._parts.sections)

    @property
    def matters(self) -> dict[str, Label]:
        return dict(self._parts.matters)

    @property
    def categories(self) -> dict[str, Category]:
        return dict(self._parts.categories)

    @property
    def groups(self) -> dict[str, frozenset[str]]:
        """Category ids by group."""
        return dict(self._parts.groups)

    @property
    def departments(self) -> dict[str, Department]:
        return dict(self._parts.departments)

    @property
    def rules(self) -> dict[str, Rule]:
        return dict(self._rules)

    @property
    def papers(self) -> dict[str, Label]:
        """The kinds of evidence that a record may have."""
        return dict(self._parts.papers)

    @property
    def evidence(self) -> dict[str, EvidenceRequirement]:
        return dict(self._parts.evidence)

    @property
    def baseline_required(self) -> frozenset[str]:
        """The fields that every baseline row must hold."""
        return self._parts.baseline_required

    @property
    def attestation_grace(self) -> timedelta:
        """How long a record may wait for its terminal's events before it is flagged."""
        return self._parts.attestation_grace

    @property
    def inherits_because(self) -> dict[str, str]:
        """What the locality takes from the base because its notice is silent, and why (C12)."""
        return dict(self._parts.inherits_because)

    def area_tree(self, on: date | None = None) -> AreaTree:
        """The campaign's areas; by default of the day `areas_on`, whose codes records carry."""
        return self._parts.areas if on is None else AreaTree.load(self._parts.area, on)

    def fields_for(self, categories: Collection[str]) -> tuple[Field, ...]:
        """The fields that a person of these categories is asked, in the order of the form."""
        chosen = frozenset(categories)
        return tuple(f for f in self._parts.fields.values() if f.applies_to(chosen))

    def evidence_for(self, categories: Collection[str]) -> tuple[EvidenceRequirement, ...]:
        """What a person of these categories must show."""
        chosen = frozenset(categories)
        return tuple(need for need in self._parts.evidence.values() if need.categories & chosen)

    def check_categories(self, categories: Collection[str]) -> list[Reason]:
        """Empty when the set is one of those that the notice allows (R24-R28)."""
        return self._checker.categories(categories)

    def check_record(
        self,
        record: Mapping[str, object],
        *,
        today: date,
        have_evidence: Collection[str] | None = None,
    ) -> list[Reason]:
        """Everything wrong or doubtful about a record, by field and rule, without its values.

        `have_evidence` are ids of papers; None leaves evidence out of the question.
        """
        return self._checker.record(record, today, have_evidence)

    def check_baseline(
        self, fields: Mapping[str, object], categories: str | Collection[str], today: date
    ) -> tuple[dict[str, object], list[str], list[Reason]]:
        """A baseline row: its values without harmless noise, its categories, and what is wrong.

        `fields` are cells by field id, as a workbook gives them; `categories` a cell or ids. A
        row need not be complete beyond `baseline_required`.
        """
        return self._checker.baseline_row(fields, categories, today)

    def normalise(self, field_id: str, value: object) -> str:
        """The form in which two values of a field are compared; never what is stored.

        NFKC, no spaces or unseen signs, one kind of middle dot, upper case; the 18-digit form of a
        resident number; an address with the code of the area that it begins with. Raises KeyError
        for an unknown field.
        """
        if isinstance(value, list | tuple):
            return ",".join(sorted(self.normalise(field_id, item) for item in value))
        if isinstance(value, bool):
            return "true" if value else "false"
        field = self._parts.fields[field_id]
        if field.address:
            return self._address(str(value))[0]
        if field.type == "resident_number":
            try:
                return resident_number.canonical(str(value))
            except resident_number.NumberError:
                return comparable(str(value))
        return comparable_text(str(value)) if field.type == "text" else comparable(str(value))

    def comparables(self, field_id: str, value: object) -> tuple[str, ...]:
        """Normal forms of a value from the finest precision to the coarsest; most have one.

        Two values agree when they are equal at the finest precision that both have, counted from
        the coarse end: "1969" and "1969-12-03" do, and so do a village and its county. An area is
        its place, whatever its code was when it was written. An address is what follows the names
        of areas, at each of these and at none: with or without a province and county before it, it
        is the same. Raises KeyError for an unknown field.
        """
        field = self._parts.fields[field_id]
        if field.type in ("date", "partial_date") and isinstance(value, str):
            try:
                parts = str(PartialDate.parse(comparable(value))).split("-")
            except ValueError:
                return (comparable(value),)
            return tuple("-".join(parts[:n]) for n in range(len(parts), 0, -1))
        if field.type == "area" and isinstance(value, str):
            return self._parts.areas.levels_of(comparable(value))
        if field.address and isinstance(value, str):
            return self._address(value)
        if field.type == "text" and isinstance(value, str):
            return (without_dots(comparable_text(value)),)
        return (self.normalise(field_id, value),)

    def _address(self, value: str) -> tuple[str, ...]:
        areas = self._parts.areas
        code, rest = places_of(areas).split(comparable_text(value))
        levels = areas.levels_of(code) if code is not None else ()
        plain = without_dots(rest)
        return (*(f"{level} {plain}" for level in levels), plain)

    def columns(self, headers: Sequence[object]) -> dict[int, str]:
        """Field id, or "categories", by column index of a workbook's heading row."""
        return self._headings.columns(headers)

    def review_desk(self, categories: Collection[str]) -> str:
        """The desk that reviews a record of these categories; the first named in the profile when
        they belong to several. Raises KeyError for an unknown category."""
        return min(
            (self._parts.categories[name].review_desk for name in categories),
            key=self._desks.__getitem__,
        )

    def as_json(self) -> dict[str, object]:
        """All that a desk needs to show and check the form, as plain JSON values. Areas, which
        are many, are asked for by themselves."""
        parts = self._parts
        return {
            "id": parts.id,
            "form_version": parts.form_version,
            "zh": parts.title.zh,
            "en": parts.title.en,
            "source": parts.source,
            "area": parts.area,
            "areas_on": parts.areas_on.isoformat(),
            "standard_time": parts.standard_time.isoformat(),
            "collected_where": parts.collected_where,
            "basis_for_benefits": parts.basis_for_benefits,
            "benefits_notice": parts.benefits_notice.as_dict(),
            "voluntary_decline": parts.voluntary_decline.as_dict(),
            "cadence": parts.cadence.as_dict(),
            "phases": _dicts(parts.phases),
            "report_chain": _dicts(parts.report_chain),
            "sections": _dicts(parts.sections),
            "matters": _dicts(parts.matters),
            "groups": {name: sorted(ids) for name, ids in parts.groups.items()},
            "review_desks": _dicts(parts.review_desks),
            "categories": _dicts(parts.categories),
            "fields": _dicts(parts.fields),
            "departments": _dicts(parts.departments),
            "papers": _dicts(parts.papers),
            "evidence": _dicts(parts.evidence),
            "rules": _dicts(self._rules),
            "findings": templates(),
            "baseline_required": sorted(parts.baseline_required),
            "inherits_because": parts.inherits_because,
        }


def _dicts(labels: Mapping[str, Label]) -> list[dict[str, object]]:
    return [label.as_dict() for label in labels.values()]
