"""The kinds of rules. A profile combines them as data; nothing here names a field or category.

Each kind reads its parameters (with positions, so that a mistake has a line) and returns a check
that is true when the rule is kept. Dates known only to the year or month are given the benefit
of the doubt: a rule speaks only when no reading of the date would keep it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from muster.forms.model import FieldType, Rule, wording
from muster.forms.names import Names
from muster.forms.national_areas import ever_known
from muster.forms.source import Node
from muster.vocabulary import resident_number
from muster.vocabulary.partial_date import PartialDate
from muster.vocabulary.resident_number import ResidentNumber
from muster.vocabulary.states import Severity

CATEGORIES = "categories"
_DATES: tuple[FieldType, ...] = ("date", "partial_date")
_NUMBERS: tuple[FieldType, ...] = ("resident_number",)
_DAYS: tuple[FieldType, ...] = ("date",)
_CODES: tuple[FieldType, ...] = ("code",)
_FORMS = ("18", "15", "permit", "foreigner")
_COMMON = {"kind", "severity", "cite", "zh", "en", "when", "unless"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule may look at. `fields` holds the well-formed values only, `given` the ids of all
    values; `partial` is true for a baseline row, which need not be complete."""

    fields: Mapping[str, object]
    given: frozenset[str]
    categories: frozenset[str]
    today: date
    partial: bool = False

    def day(self, name: str) -> PartialDate | None:
        value = self.fields.get(name)
        return PartialDate.parse(value) if isinstance(value, str) else None

    def number(self, name: str) -> ResidentNumber | None:
        value = self.fields.get(name)
        return resident_number.parse(value) if isinstance(value, str) else None


Check = Callable[[Facts], bool]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a kind makes of its parameters: where it reports, what it shows, how it checks."""

    field: str
    parameters: Mapping[str, object]
    check: Check


Kind = Callable[[Node, Names], Parts]


def read_rule(rule_id: str, node: Node, names: Names) -> tuple[Rule, Check]:
    """One entry of `rules`, compiled. Raises ProfileError."""
    kind = node.need("kind").one_of(KINDS, "kind of rule")
    build, own = KINDS[kind]
    node.allow(_COMMON | own)
    parts = build(node, names)
    severity = node.get("severity")
    rule = Rule(
        id=rule_id,
        zh=node.need("zh").text(),
        en=node.need("en").text(),
        kind=kind,
        severity=Severity(severity.one_of(list(Severity), "severity"))
        if severity
        else Severity.REFUSE,
        cite=node.text_of("cite"),
        field=parts.field,
        parameters=parts.parameters,
        when=names.condition(node.get("when")),
        unless=names.condition(node.get("unless")),
    )
    return rule, _conditional(rule, parts.check)


def _conditional(rule: Rule, check: Check) -> Check:
    when, unless = rule.when, rule.unless
    if when is None and unless is None:
        return check

    def conditional(facts: Facts) -> bool:
        if when is not None and not when.holds(facts.fields, facts.categories):
            return True
        if unless is not None and unless.holds(facts.fields, facts.categories):
            return True
        return check(facts)

    return conditional


def _at_most_one(node: Node, names: Names) -> Parts:
    of = names.category_set(node.need("of"))
    return Parts(CATEGORIES, {"of": sorted(of)}, lambda facts: len(of & facts.categories) <= 1)


def _needs_one_of(node: Node, names: Names) -> Parts:
    first, of = names.category_set(node.need("if")), names.category_set(node.need("of"))
    return Parts(
        CATEGORIES,
        {"if": sorted(first), "of": sorted(of)},
        lambda facts: first.isdisjoint(facts.categories) or bool(of & facts.categories),
    )


def _excludes(node: Node, names: Names) -> Parts:
    first, of = names.category_set(node.need("if")), names.category_set(node.need("of"))
    return Parts(
        CATEGORIES,
        {"if": sorted(first), "of": sorted(of)},
        lambda facts: first.isdisjoint(facts.categories) or of.isdisjoint(facts.categories),
    )


def _not_after(node: Node, names: Names) -> Parts:
    first = names.field(node.need("field"), _DATES)
    other = names.field(node.need("other"), _DATES)

    def check(facts: Facts) -> bool:
        earlier, later = facts.day(first), facts.day(other)
        return earlier is None or later is None or earlier.earliest() <= later.latest()

    return Parts(other, {"first": first}, check)


def _not_in_future(node: Node, names: Names) -> Parts:
    name = names.field(node.need("field"), _DATES)

    def check(facts: Facts) -> bool:
        day = facts.day(name)
        return day is None or day.earliest() <= facts.today

    return Parts(name, {}, check)


def _date_bound(node: Node, names: Names) -> Parts:
    name = names.field(node.need("field"), _DATES)
    first, last = node.get("from"), node.get("until")
    if first is None and last is None:
        raise node.error("a date bound needs `from` or `until`")
    since = first.day() if first else date.min
    until = last.day() if last else date.max

    def check(facts: Facts) -> bool:
        day = facts.day(name)
        return day is None or (day.latest() >= since and day.earliest() <= until)

    shown = {
        "from": since.isoformat() if first else None,
        "until": until.isoformat() if last else None,
    }
    return Parts(name, shown, check)


def _min_age(node: Node, names: Names) -> Parts:
    name = names.field(node.need("field"), _DATES)
    birth = names.field(node.need("birth"), _DATES)
    years = node.need("years").integer()

    def check(facts: Facts) -> bool:
        day, born = facts.day(name), facts.day(birth)
        return day is None or born is None or day.latest() >= _later(born.earliest(), years)

    return Parts(name, {"birth": birth, "years": years}, check)


def _max_span(node: Node, names: Names) -> Parts:
    name = names.field(node.need("field"), _DATES)
    since = names.field(node.need("since"), _DATES)
    years = node.need("years").integer()

    def check(facts: Facts) -> bool:
        end, start = facts.day(name), facts.day(since)
        return end is None or start is None or end.earliest() < _later(start.latest(), years)

    return Parts(name, {"since": since, "years": years}, check)


def _matches_number(node: Node, names: Names) -> Parts:
    number = names.field(node.need("number"), _NUMBERS)
    part = node.need("part").one_of(("birth", "sex"), "part")
    # A number gives the whole day: one of which only the year is known cannot be held against it.
    name = names.field(node.need("field"), _DAYS if part == "birth" else _CODES)
    same = _same_birth if part == "birth" else _same_sex

    def check(facts: Facts) -> bool:
        holder, value = facts.number(number), facts.fields.get(name)
        return holder is None or value is None or same(holder, str(value))

    return Parts(name, {"number": number, "part": part}, check)


def _same_birth(number: ResidentNumber, value: str) -> bool:
    birth = date.fromisoformat(value)
    if number.form == "15":  # carries no century
        return (birth.year % 100, birth.month, birth.day) == (
            number.birth.year % 100,
            number.birth.month,
            number.birth.day,
        )
    return birth == number.birth


def _same_sex(number: ResidentNumber, value: str) -> bool:
    return number.sex is None or value not in ("1", "2") or value == number.sex


def _known_area_code(node: Node, names: Names) -> Parts:
    name = names.field(node.need("field"), _NUMBERS)

    def check(facts: Facts) -> bool:
        number = facts.number(name)
        return number is None or ever_known(number.area)

    return Parts(name, {}, check)


def _number_form(node: Node, names: Names) -> Parts:
    name = names.field(node.need("field"), _NUMBERS)
    forms = {item.one_of(_FORMS, "form of number") for item in node.need("forms").items()}

    def check(facts: Facts) -> bool:
        number = facts.number(name)
        return number is None or number.form not in forms

    return Parts(name, {"forms": sorted(forms)}, check)


def _required_when(node: Node, names: Names) -> Parts:
    name = names.field(node.need("field"))
    node.need("when")
    field = names.fields[name]
    return Parts(
        name,
        {},
        lambda facts: (
            facts.partial or name in facts.given or not field.applies_to(facts.categories)
        ),
    )


def _must_be(node: Node, names: Names) -> Parts:
    name = names.field(node.need("field"))
    values = frozenset(names.values(name, node.need("values")))
    absent = node.get("absent")
    fails = absent is not None and absent.one_of(("passes", "fails"), "word") == "fails"

    def check(facts: Facts) -> bool:
        if name not in facts.given:
            return facts.partial or not fails
        return name not in facts.fields or wording(facts.fields[name]) in values

    return Parts(name, {"values": sorted(values), "absent_fails": fails}, check)


def _later(day: date, years: int) -> date:
    if day.year + years > date.max.year:
        return date.max
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February, in a year without one
        return day.replace(year=day.year + years, month=3, day=1)


KINDS: Mapping[str, tuple[Kind, frozenset[str]]] = {
    "at-most-one": (_at_most_one, frozenset({"of"})),
    "needs-one-of": (_needs_one_of, frozenset({"if", "of"})),
    "excludes": (_excludes, frozenset({"if", "of"})),
    "not-after": (_not_after, frozenset({"field", "other"})),
    "not-in-future": (_not_in_future, frozenset({"field"})),
    "date-bound": (_date_bound, frozenset({"field", "from", "until"})),
    "min-age": (_min_age, frozenset({"field", "birth", "years"})),
    "max-span": (_max_span, frozenset({"field", "since", "years"})),
    "matches-number": (_matches_number, frozenset({"field", "part", "number"})),
    "known-area-code": (_known_area_code, frozenset({"field"})),
    "number-form": (_number_form, frozenset({"field", "forms"})),
    "required-when": (_required_when, frozenset({"field"})),
    "must-be": (_must_be, frozenset({"field", "values", "absent"})),
}
