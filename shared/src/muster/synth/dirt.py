"""Mistakes in the rows of a baseline workbook, each of which one rule refuses.

A mistake is made to a row of clean cells (by field id, and "categories"); what should catch it is
written down beside it and nowhere asked of the checker, so that planting and checking stay two
opinions.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from random import Random

from muster.forms import Profile
from muster.synth.desk import other_check
from muster.vocabulary import resident_number
from muster.vocabulary.areas import AreaTree

CATEGORIES = "categories"
Cell = str | int | date | None
Cells = dict[str, Cell]


@dataclass(frozen=True, slots=True)
class Planted:
    """What was done to a row: the kind of mistake, and the field and rule that should refuse it."""

    kind: str
    field: str
    rule: str


@dataclass(frozen=True, slots=True)
class Row:
    """What a mistake may look at: clean values, categories, and the cells that it changes."""

    profile: Profile
    tree: AreaTree
    rng: Random
    values: dict[str, object]
    categories: Collection[str]
    cells: Cells

    def text(self, name: str) -> str | None:
        """A filled field of that id, as the record has it; None when the row has none."""
        value = self.values.get(name)
        return value if isinstance(value, str) and self.cells.get(name) is not None else None

    def of_type(self, *types: str) -> list[str]:
        """Ids of filled fields of those types."""
        fields = self.profile.fields
        return [n for n in self.cells if n in fields and fields[n].type in types]


Dirt = Callable[[Row], Planted | None]


def soil(row: Row) -> Planted | None:
    """Make one mistake in the row, of any kind that it offers a place for."""
    for dirty in row.rng.sample(DIRT, len(DIRT)):
        planted = dirty(row)
        if planted is not None:
            return planted
    return None


def _number(row: Row) -> str | None:
    number = row.text("resident_number")
    return number if number is not None and len(number) == 18 else None


def check_digit(row: Row) -> Planted | None:
    number = _number(row)
    if number is None:
        return None
    row.cells["resident_number"] = number[:-1] + other_check(number)
    return Planted("bad check digit", "resident_number", "number-check-digit")


def swapped_digits(row: Row) -> Planted | None:
    """Two neighbouring digits of the sequence change places; the check digit sees that."""
    number = _number(row)
    if number is None or number[15] == number[16]:
        return None
    row.cells["resident_number"] = number[:15] + number[16] + number[15] + number[17]
    return Planted("swapped digits", "resident_number", "number-check-digit")


def digit_lost(row: Row) -> Planted | None:
    number = _number(row)
    if number is None:
        return None
    place = row.rng.randrange(6, 17)
    row.cells["resident_number"] = number[:place] + number[place + 1 :]
    return Planted("a digit lost", "resident_number", "number-length")


def letter_for_digit(row: Row) -> Planted | None:
    number = _number(row)
    if number is None or "0" not in number[:17]:
        return None
    row.cells["resident_number"] = number[:17].replace("0", "O", 1) + number[17]
    return Planted("letter O for zero", "resident_number", "number-format")


def no_such_birthday(row: Row) -> Planted | None:
    """A number with the thirteenth month in it, and a check digit that is right."""
    number = _number(row)
    if number is None:
        return None
    first = f"{number[:10]}13{number[12:17]}"
    row.cells["resident_number"] = first + resident_number.check_digit(first)
    return Planted("month 13 in the number", "resident_number", "number-date")


def birth_differs(row: Row) -> Planted | None:
    birth = row.text("birth_date")
    if birth is None or "number-matches-birth" not in row.profile.rules or _number(row) is None:
        return None
    row.cells["birth_date"] = birth[:8] + ("01" if birth[8:] != "01" else "02")
    return Planted("birth date differs from the number", "birth_date", "number-matches-birth")


def impossible_birth(row: Row) -> Planted | None:
    birth = row.text("birth_date")
    if birth is None or row.profile.fields["birth_date"].type != "date":
        return None
    row.cells["birth_date"] = f"{birth[:4]}-02-30"
    return Planted("30 February", "birth_date", "impossible-date")


def words_for_date(row: Row) -> Planted | None:
    names = row.of_type("date")
    if not names:
        return None
    name = row.rng.choice(names)
    row.cells[name] = "某年冬天"
    return Planted("words for a date", name, "format-date")


def left_before_joining(row: Row) -> Planted | None:
    enlisted = row.text("enlisted_on")
    if enlisted is None or row.text("discharged_on") is None:
        return None
    if "enlisted-before-discharged" not in row.profile.rules:
        return None
    row.cells["discharged_on"] = f"{int(enlisted[:4]) - 4}-05"
    return Planted("discharged before enlisted", "discharged_on", "enlisted-before-discharged")


def joined_before_birth(row: Row) -> Planted | None:
    birth = row.text("birth_date")
    if birth is None or row.text("enlisted_on") is None:
        return None
    if "born-before-enlisted" not in row.profile.rules:
        return None
    row.cells["enlisted_on"] = f"{int(birth[:4]) - 2}-09"
    return Planted("enlisted before birth", "enlisted_on", "born-before-enlisted")


def not_yet(row: Row) -> Planted | None:
    if row.text("discharged_on") is None or "discharged-not-in-future" not in row.profile.rules:
        return None
    row.cells["discharged_on"] = "2108-12"
    return Planted("discharged in the next century", "discharged_on", "discharged-not-in-future")


def nothing_there(row: Row) -> Planted | None:
    name = row.rng.choice(sorted(row.profile.baseline_required))
    row.cells[name] = row.rng.choice((None, "  "))
    return Planted("a required cell empty", name, "required")


def no_such_area(row: Row) -> Planted | None:
    code = row.text("household_area")
    if code is None:
        return None
    wrong = next(c for n in range(999, 0, -1) if (c := f"{code[:6]}999{n:03d}") not in row.tree)
    row.cells["household_area"] = wrong
    return Planted("no such area", "household_area", "unknown-area")


def only_a_township(row: Row) -> Planted | None:
    code = row.text("household_area")
    parent = row.tree.get(code).parent if code is not None else None
    if parent is None:
        return None
    row.cells["household_area"] = parent
    return Planted("only the township given", "household_area", "area-not-lowest")


def no_such_option(row: Row) -> Planted | None:
    names = row.of_type("choice", "code")
    if not names:
        return None
    name = row.rng.choice(names)
    row.cells[name] = "见档案"
    return Planted("no such option", name, "not-an-option")


def another_categorys_field(row: Row) -> Planted | None:
    chosen = frozenset(row.categories)
    fields = row.profile.fields.values()
    names = [f.id for f in fields if f.type == "text" and not f.applies_to(chosen)]
    if not names:
        return None
    name = row.rng.choice(names)
    row.cells[name] = "第12号"
    return Planted("a field of another category", name, "not-for-categories")


def much_too_long(row: Row) -> Planted | None:
    names = row.of_type("text")
    if not names:
        return None
    name = row.rng.choice(names)
    row.cells[name] = "详见附件" * (row.profile.fields[name].max_length // 4 + 1)
    return Planted("much too long", name, "too-long")


def no_category(row: Row) -> Planted | None:
    row.cells[CATEGORIES] = None
    return Planted("no category", CATEGORIES, "categories-required")


def unknown_category(row: Row) -> Planted | None:
    row.cells[CATEGORIES] = "参战民工"
    return Planted("unknown category", CATEGORIES, "unknown-category")


_ILLEGAL_SETS = (
    ("one-service-category", ("transferred_officer", "discharged_soldier")),
    ("one-service-category", ("demobilised_soldier", "retired_cadre", "martyr_survivor")),
    ("one-disability-category", ("disabled_serviceman", "disabled_militia", "discharged_soldier")),
    ("disabled-serviceman-needs-service", ("disabled_serviceman",)),
    ("disabled-serviceman-needs-service", ("disabled_serviceman", "active_duty_family")),
    ("disabled-militia-without-service", ("disabled_militia", "discharged_soldier")),
)


def illegal_set(row: Row) -> Planted | None:
    known = row.profile.categories
    possible = [
        (rule, ids)
        for rule, ids in _ILLEGAL_SETS
        if rule in row.profile.rules and known.keys() >= set(ids)
    ]
    if not possible:
        return None
    rule, ids = row.rng.choice(possible)
    row.cells[CATEGORIES] = "、".join(known[name].zh for name in ids)
    return Planted("illegal set of categories", CATEGORIES, rule)


DIRT: tuple[Dirt, ...] = (
    check_digit,
    swapped_digits,
    digit_lost,
    letter_for_digit,
    no_such_birthday,
    birth_differs,
    impossible_birth,
    words_for_date,
    left_before_joining,
    joined_before_birth,
    not_yet,
    nothing_there,
    no_such_area,
    only_a_township,
    no_such_option,
    another_categorys_field,
    much_too_long,
    no_category,
    unknown_category,
    illegal_set,
)
