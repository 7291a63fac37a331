"""Records and baseline rows held against a profile. Everything is compiled once per profile."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date

from muster.forms import baseline, values
from muster.forms.findings import finding
from muster.forms.headers import CATEGORIES, Headings
from muster.forms.model import Field, Rule
from muster.forms.reading import Parts
from muster.forms.rules import Check, Facts
from muster.forms.values import Surroundings
from muster.forms.workbook import lost_zero
from muster.vocabulary.reasons import Reason
from muster.vocabulary.states import Severity

RECORD = "record"
EVIDENCE = "evidence"
_RECORD_KEYS = {"form_version", "categories", "fields"}


class Checker:
    """The compiled checks of one profile. Reasons come in the order of the form."""

    def __init__(self, parts: Parts, headings: Headings) -> None:
        self._parts = parts
        self._headings = headings
        self._values = {name: values.compile_check(f) for name, f in parts.fields.items()}
        self._tidy = {
            name: baseline.compile_tidy(f, parts.areas) for name, f in parts.fields.items()
        }
        self._blank = {name: baseline.compile_blank(f) for name, f in parts.fields.items()}
        compiled = list(parts.rules.values())
        self._set_rules = [pair for pair in compiled if pair[0].field == CATEGORIES]
        self._field_rules = [pair for pair in compiled if pair[0].field != CATEGORIES]

    def categories(self, chosen: Collection[str]) -> list[Reason]:
        """R24-R28: is this set of categories allowed?"""
        found = frozenset(chosen)
        if not found:
            return [finding("categories-required", CATEGORIES)]
        if not found <= self._parts.categories.keys():
            return [finding("unknown-category", CATEGORIES)]
        facts = Facts({}, frozenset(), found, date.min)
        return list(_broken(self._set_rules, facts))

    def record(
        self, record: Mapping[str, object], today: date, have_evidence: Collection[str] | None
    ) -> list[Reason]:
        """A record as a desk submits it, complete."""
        fields, chosen = record.get("fields"), record.get("categories")
        if record.keys() != _RECORD_KEYS or not isinstance(fields, Mapping):
            return [finding("record-shape", RECORD)]
        if not isinstance(chosen, list | tuple) or not _sorted_texts(chosen):
            return [finding("record-shape", RECORD)]
        if record["form_version"] != self._parts.form_version:
            return [finding("form-version", RECORD)]
        categories = frozenset(chosen)
        reasons = self.categories(categories)
        known = categories <= self._parts.categories.keys() and bool(categories)
        required = self._required(categories) if known else frozenset[str]()
        reasons += self._fields(fields, categories if known else None, required, today)
        facts = self._facts(fields, categories, reasons, today, partial=False)
        reasons += _broken(self._field_rules, facts)
        if have_evidence is not None:
            reasons += self._evidence(facts, frozenset(have_evidence))
        return reasons

    def baseline_row(
        self, cells: Mapping[str, object], chosen: str | Collection[str], today: date
    ) -> tuple[dict[str, object], list[str], list[Reason]]:
        """A row of a baseline workbook: noise removed, then checked, but not for completeness."""
        fields = {
            name: self._tidy[name](cell) if name in self._tidy else cell
            for name, cell in cells.items()
            if not self._blank.get(name, baseline.is_blank)(cell)
        }
        named = self._headings.categories(chosen) if isinstance(chosen, str) else frozenset(chosen)
        reasons = self.categories(named)
        legal = not reasons
        reasons += self._fields(
            fields, named if legal else None, self._parts.baseline_required, today
        )
        facts = self._facts(fields, named, reasons, today, partial=True)
        reasons += _broken(self._field_rules, facts)
        reasons += self._lost_months(cells)
        kept = {name: value for name, value in fields.items() if name in self._parts.fields}
        return kept, sorted(named), reasons

    def _lost_months(self, cells: Mapping[str, object]) -> Iterator[Reason]:
        for name, cell in cells.items():
            field = self._parts.fields.get(name)
            if field is not None and field.type == "partial_date" and lost_zero(cell):
                zh, en = field.zh, field.en
                yield finding("month-lost-zero", name, zh=zh, en=en, severity=Severity.WARN)

    def _required(self, categories: frozenset[str]) -> frozenset[str]:
        return frozenset(
            name
            for name, field in self._parts.fields.items()
            if not field.required.isdisjoint(categories)
        )

    def _fields(
        self,
        fields: Mapping[str, object],
        categories: frozenset[str] | None,
        required: frozenset[str],
        today: date,
    ) -> list[Reason]:
        """`categories` is None where they are not known well enough to say what is asked."""
        around = Surroundings(self._parts.areas, today)
        # A name that no form has is the sender's, and may be anybody's: it is not told.
        unknown = not fields.keys() <= self._parts.fields.keys()
        reasons = [finding("unknown-field", RECORD)] if unknown else []
        for name, field in self._parts.fields.items():
            rule: str | None = None
            if name not in fields:
                rule = "required" if name in required else None
            elif categories is not None and not field.applies_to(categories):
                rule = "not-for-categories"
            else:
                rule = self._values[name](fields[name], around)
            if rule is not None:
                reasons.append(_about(rule, field))
        return reasons

    def _facts(
        self,
        fields: Mapping[str, object],
        categories: frozenset[str],
        reasons: Iterable[Reason],
        today: date,
        *,
        partial: bool,
    ) -> Facts:
        bad = {reason.field for reason in reasons}
        good = {
            name: value
            for name, value in fields.items()
            if name in self._parts.fields and name not in bad
        }
        return Facts(good, frozenset(fields), categories, today, partial)

    def _evidence(self, facts: Facts, have: frozenset[str]) -> Iterator[Reason]:
        for need in self._parts.evidence.values():
            if need.categories.isdisjoint(facts.categories) or not have.isdisjoint(need.one_of):
                continue
            if need.unless is not None and need.unless.holds(facts.fields, facts.categories):
                continue
            yield finding(
                "evidence",
                EVIDENCE,
                zh=need.zh,
                en=need.en,
                rule_id=need.id,
                severity=need.severity,
            )


def _broken(rules: Iterable[tuple[Rule, Check]], facts: Facts) -> Iterator[Reason]:
    for rule, check in rules:
        if not check(facts):
            yield Reason(rule.field, rule.id, rule.zh, rule.en, rule.severity)


def _about(rule: str, field: Field) -> Reason:
    return finding(rule, field.id, zh=field.zh, en=field.en)


def _sorted_texts(items: list[object] | tuple[object, ...]) -> bool:
    texts = [item for item in items if isinstance(item, str)]
    return len(texts) == len(items) and texts == sorted(set(texts))
