"""Values for the fields that a profile asks of a person.

What to fill comes from the profile: every field of the person's categories, each according to its
type, options and bounds, so that a field that a profile adds is filled too. Well-known ids get
plausible values on top (`muster.synth.plausible`); the profile's rules, read as data, mend what
does not fit together.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from muster.forms import Field, Profile, Rule
from muster.forms.model import FieldType
from muster.synth.lives import Life
from muster.synth.places import NumberAreas
from muster.vocabulary import resident_number
from muster.vocabulary.areas import AreaTree
from muster.vocabulary.partial_date import PartialDate
from muster.vocabulary.reasons import Reason, refused
from muster.vocabulary.states import Severity

Value = str | int | bool | list[str]

_TRIES = 12
_OPTIONAL = 0.62
_WORDS = [
    "同心",
    "光明",
    "建设",
    "和平",
    "东风",
    "长征",
    "向阳",
    "胜利",
    "新华",
    "解放",
    "友谊",
    "前进",
]


class Unfillable(Exception):  # noqa: N818 - reads as what it says
    """A profile asks for something that no value was found for; names fields and rules only."""

    def __init__(self, reasons: Iterable[Reason]) -> None:
        self.reasons = tuple(dict.fromkeys(r for r in reasons if r.severity is Severity.REFUSE))
        super().__init__("\n".join(_sentence(reason) for reason in self.reasons))


def _sentence(reason: Reason) -> str:
    return (
        f"按此采集方案造不出一个人：字段 {reason.field}，规则 {reason.rule}：{reason.zh}。\n"
        "Nobody can be made who suits this profile: "
        f"field {reason.field}, rule {reason.rule}: {reason.en}."
    )


@dataclass(slots=True)
class Draft:
    """A person while the form is filled in."""

    rng: Random
    profile: Profile
    tree: AreaTree
    today: date
    categories: frozenset[str]
    life: Life
    number_areas: NumberAreas
    village: str
    taken: set[str]
    values: dict[str, Value]
    people: str = ""


Maker = Callable[[Draft, Field], Value | None]


def fill(draft: Draft, plausible: Mapping[str, Maker]) -> dict[str, Value]:
    """Values by field id that the profile takes without a refusal. Raises Unfillable."""
    reasons: list[Reason] = []
    for _ in range(_TRIES):
        draft.values, draft.people = {}, ""
        for field in draft.profile.fields_for(draft.categories):
            _fill_one(draft, field, plausible)
        for _ in range(_TRIES):
            reasons = check(draft)
            if not refused(reasons):
                return {n: draft.values[n] for n in draft.profile.fields if n in draft.values}
            for reason in reasons:
                _mend(draft, reason, plausible)
    raise Unfillable(reasons)


def check(draft: Draft) -> list[Reason]:
    """What the profile says about the draft, evidence aside."""
    return draft.profile.check_record(
        {
            "form_version": draft.profile.form_version,
            "categories": sorted(draft.categories),
            "fields": draft.values,
        },
        today=draft.today,
    )


def _fill_one(draft: Draft, field: Field, plausible: Mapping[str, Maker]) -> None:
    required = not field.required.isdisjoint(draft.categories)
    if not required and draft.rng.random() > _OPTIONAL:
        return
    value = make(draft, field, plausible)
    if value is None and required:
        value = make(draft, field, {})
    if value is not None:
        draft.values[field.id] = value


def make(draft: Draft, field: Field, plausible: Mapping[str, Maker]) -> Value | None:
    """A plausible value of a well-known field; else any value of the field's type."""
    maker = plausible.get(field.id)
    if maker is not None:
        value = maker(draft, field)
        if value is None or _suits(field, value):
            return value
    return BY_TYPE[field.type](draft, field)


def _suits(field: Field, value: Value) -> bool:
    """A locality may have given a well-known id another type or other options."""
    ids = {option.id for option in field.options}
    if field.type in ("code", "choice"):
        return value in ids
    if field.type == "choices":
        return isinstance(value, list) and set(value) <= ids
    if field.type in ("boolean", "integer"):
        return isinstance(value, bool) is (field.type == "boolean") and isinstance(value, int)
    return isinstance(value, str) and len(value) <= field.max_length


# -- by type ---------------------------------------------------------------------------------------


def _text(draft: Draft, field: Field) -> Value:
    return f"{field.zh}{draft.rng.choice(_WORDS)}{draft.rng.randint(1, 99)}"[: field.max_length]


def _digits(draft: Draft, count: int) -> str:
    return "".join(draft.rng.choice("0123456789") for _ in range(count))


def _date(draft: Draft, _: Field) -> Value:
    first = draft.life.discharged or draft.life.birth
    days = max(1, (draft.today - first).days - 30)
    return (first + timedelta(days=draft.rng.randrange(days))).isoformat()


def partial(rng: Random, day: date) -> str:
    """How an old paper gives a day: in full, to the month, or to the year."""
    return day.isoformat()[: rng.choices((10, 7, 4), weights=(46, 40, 14))[0]]


def _partial_date(draft: Draft, field: Field) -> Value:
    return partial(draft.rng, date.fromisoformat(str(_date(draft, field))))


def _option(draft: Draft, field: Field) -> Value:
    return draft.rng.choice(field.options).id


def _options(draft: Draft, field: Field) -> Value:
    count = draft.rng.randint(1, min(3, len(field.options)))
    return sorted(option.id for option in draft.rng.sample(field.options, count))


def _area(draft: Draft, _: Field) -> Value:
    return draft.rng.choice(draft.tree.leaves()).code


def _bounds(field: Field) -> tuple[int, int]:
    low = field.min if field.min is not None else 0
    return low, field.max if field.max is not None else low + 100


def _integer(draft: Draft, field: Field) -> Value:
    return draft.rng.randint(*_bounds(field))


def _decimal(draft: Draft, field: Field) -> Value:
    low, high = _bounds(field)
    tenths = draft.rng.randint(low * 10, high * 10)
    return f"{tenths // 10}.{tenths % 10}" if low >= 0 else str(tenths // 10)


def _boolean(draft: Draft, _: Field) -> Value:
    return draft.rng.random() < 0.3


def _phone(draft: Draft, _: Field) -> Value:
    return f"1{draft.rng.choice('3578')}{_digits(draft, 9)}"


def number(draft: Draft, birth: date, sex: str) -> str:
    """A resident number that nobody in this county has yet."""
    while True:
        sequence = draft.rng.randrange(0, 499) * 2 + (1 if sex == "1" else 0)
        found = resident_number.make(draft.number_areas.pick(draft.rng), birth, sequence)
        if found not in draft.taken:
            draft.taken.add(found)
            return found


def _number(draft: Draft, _: Field) -> Value:
    return number(draft, draft.life.birth, draft.life.sex)


BY_TYPE: Mapping[FieldType, Maker] = {
    "text": _text,
    "date": _date,
    "partial_date": _partial_date,
    "code": _option,
    "choice": _option,
    "choices": _options,
    "area": _area,
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "resident_number": _number,
    "phone": _phone,
}


# -- by rule ---------------------------------------------------------------------------------------


def _mend(draft: Draft, reason: Reason, plausible: Mapping[str, Maker]) -> None:
    """Bring one field in line with the rule that it broke, or draw it again."""
    field = draft.profile.fields.get(reason.field)
    if field is None:
        return
    rule = draft.profile.rules.get(reason.rule)
    mender = _BY_KIND.get(rule.kind) if rule else None
    value = mender(draft, field, rule) if mender and rule else None
    if value is None:
        required = not field.required.isdisjoint(draft.categories)
        if not required and field.id in draft.values and draft.rng.random() < 0.5:
            del draft.values[field.id]
            return
        value = make(draft, field, plausible)
    if value is not None:
        draft.values[field.id] = value


def _must_be(draft: Draft, field: Field, rule: Rule) -> Value | None:
    allowed = rule.parameters["values"]
    assert isinstance(allowed, list)
    word = str(draft.rng.choice(allowed))
    if field.type == "boolean":
        return word == "true"
    return int(word) if field.type == "integer" else word


def _date_bound(draft: Draft, field: Field, rule: Rule) -> Value | None:
    since, until = rule.parameters["from"], rule.parameters["until"]
    first = date.fromisoformat(since) if isinstance(since, str) else None
    last = date.fromisoformat(until) if isinstance(until, str) else None
    low = first or (last or draft.today) - timedelta(days=3650)
    high = last or draft.today
    day = low + timedelta(days=draft.rng.randrange((high - low).days + 1))
    return partial(draft.rng, day) if field.type == "partial_date" else day.isoformat()


def _not_after(draft: Draft, field: Field, rule: Rule) -> Value | None:
    other = draft.values.get(str(rule.parameters["first"]))
    if not isinstance(other, str):
        return None
    day = PartialDate.parse(other).latest() + timedelta(days=draft.rng.randint(30, 900))
    day = min(day, draft.today)
    return partial(draft.rng, day) if field.type == "partial_date" else day.isoformat()


def _matches_number(draft: Draft, _: Field, rule: Rule) -> Value | None:
    holder = resident_number.parse(str(draft.values[str(rule.parameters["number"])]))
    return holder.birth.isoformat() if rule.parameters["part"] == "birth" else holder.sex


_BY_KIND: Mapping[str, Callable[[Draft, Field, Rule], Value | None]] = {
    "must-be": _must_be,
    "date-bound": _date_bound,
    "not-after": _not_after,
    "matches-number": _matches_number,
}
