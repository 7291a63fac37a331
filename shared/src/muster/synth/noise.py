"""Harmless noise in the cells of a baseline workbook: what means the same must not be refused."""

from collections.abc import Callable, Sequence
from datetime import date
from random import Random

from muster.synth.dirt import CATEGORIES, Cell, Row
from muster.vocabulary import resident_number

Noise = Callable[[Row], str | None]

_DOT = "\u00b7"
# Bullet, katakana dots, hyphenation point, operators, a letter: dots of names by keyboard.
_DOTS = "\u2022\u30fb\uff65\u2027\u22c5\u2219\ua78f"
_WIDE = str.maketrans({chr(c): chr(c + 0xFEE0) for c in range(ord("0"), ord("9") + 1)})


def disturb(row: Row) -> list[str]:
    """Disturb the row in up to two places; `kind: field` of what was done."""
    done: list[str] = []
    for noisy in row.rng.sample(NOISE, len(NOISE)):
        found = noisy(row)
        if found is not None:
            done.append(found)
        if len(done) == 2 or (done and row.rng.random() < 0.7):
            break
    return done


def _number(row: Row) -> str | None:
    """The row's number, if no other noise has come to it yet."""
    number = row.text("resident_number")
    return number if number is not None and row.cells["resident_number"] == number else None


def wide_number(row: Row) -> str | None:
    number = _number(row)
    if number is None:
        return None
    row.cells["resident_number"] = number.translate(_WIDE)
    return "full-width digits: resident_number"


def spaced_number(row: Row) -> str | None:
    number = _number(row)
    if number is None:
        return None
    row.cells["resident_number"] = f" {number[:6]} {number[6:14]} {number[14:]}\u3000"
    return "spaces: resident_number"


def small_x(row: Row) -> str | None:
    number = _number(row)
    if number is None or not number.endswith("X"):
        return None
    row.cells["resident_number"] = number.lower()
    return "small x: resident_number"


def short_number(row: Row) -> str | None:
    """The 15 digits of an old card; taken with a warning, and found as the same person."""
    number = _number(row)
    if number is None:
        return None
    try:
        row.cells["resident_number"] = resident_number.shorten(number)
    except resident_number.NumberError:
        return None
    return "15 digits: resident_number"


def other_dot(row: Row) -> str | None:
    names = [n for n in row.of_type("text") if _DOT in (row.text(n) or "")]
    if not names:
        return None
    name = row.rng.choice(names)
    row.cells[name] = str(row.values[name]).replace(_DOT, row.rng.choice(_DOTS))
    return f"another middle dot: {name}"


def spaced_text(row: Row) -> str | None:
    names = row.of_type("text")
    if not names:
        return None
    name = row.rng.choice(names)
    row.cells[name] = row.rng.choice(("  {}", "{} ", "\u3000{}\u3000", "\t{}", "{}\u00a0")).format(
        row.cells[name]
    )
    return f"spaces around: {name}"


def _day(row: Row, name: str) -> date | None:
    text = row.text(name)
    whole = text is not None and len(text) == 10 and row.cells[name] == text
    return date.fromisoformat(text) if text is not None and whole else None


def other_date_form(row: Row) -> str | None:
    names = [n for n in row.of_type("date", "partial_date") if _day(row, n)]
    if not names:
        return None
    name = row.rng.choice(names)
    day = _day(row, name)
    assert day is not None
    row.cells[name] = row.rng.choice(
        (
            f"{day.year}.{day.month}.{day.day}",
            f"{day.year}年{day.month}月{day.day}日",
            f"{day.year}/{day.month:02d}/{day.day:02d}",
            f"{day:%Y%m%d}",
            f"{day.isoformat()} 00:00:00",
            day,
        )
    )
    return f"another way to write a date: {name}"


def wide_date(row: Row) -> str | None:
    names = [n for n in row.of_type("date", "partial_date") if _day(row, n)]
    if not names:
        return None
    name = row.rng.choice(names)
    row.cells[name] = str(row.values[name]).translate(_WIDE)
    return f"full-width digits: {name}"


def year_only(row: Row) -> str | None:
    names = [n for n in row.of_type("partial_date") if row.cells[n] == row.text(n)]
    if not names:
        return None
    name = row.rng.choice(names)
    year = str(row.values[name])[:4]
    row.cells[name] = row.rng.choice((year, f"{year}年", int(year)))
    return f"only the year: {name}"


def area_by_name(row: Row) -> str | None:
    """The names from the county down, where siblings do not share one."""
    code = row.text("household_area")
    if code is None or row.cells["household_area"] != code:
        return None
    chain = (row.tree.get(code), *row.tree.ancestors(code))
    names: list[str] = []
    for area in chain:
        if area.code == row.tree.root.code:
            break
        names.insert(0, area.name)
        siblings = row.tree.children(area.parent) if area.parent else ()
        if sum(other.name == area.name for other in siblings) > 1:
            return None
    row.cells["household_area"] = "".join(names)
    return "name for code: household_area"


def area_as_number(row: Row) -> str | None:
    code = row.text("household_area")
    if code is None or row.cells["household_area"] != code:
        return None
    row.cells["household_area"] = int(code)
    return "a number cell: household_area"


def code_for_word(row: Row) -> str | None:
    """The code of an option where others write its name, perhaps without its leading zero."""
    names = [n for n in row.of_type("code", "choice") if isinstance(row.values.get(n), str)]
    if not names:
        return None
    name = row.rng.choice(names)
    code = str(row.values[name])
    row.cells[name] = int(code) if code.isdigit() and row.rng.random() < 0.5 else code
    return f"code for word: {name}"


def numbered_categories(row: Row) -> str | None:
    numbers = sorted(row.profile.categories[name].number for name in row.categories)
    sign = row.rng.choice(("、", ",", "；", " / ", "\n"))
    row.cells[CATEGORIES] = sign.join(str(number) for number in numbers)
    return "numbers for names: categories"


def spaced_categories(row: Row) -> str | None:
    names = [row.profile.categories[name].zh for name in row.categories]
    row.cells[CATEGORIES] = " " + row.rng.choice((",", "，", ";", "、 ")).join(names) + "\u3000"
    return "spaces and other separators: categories"


NOISE: Sequence[Noise] = (
    wide_number,
    spaced_number,
    small_x,
    short_number,
    other_dot,
    spaced_text,
    other_date_form,
    wide_date,
    year_only,
    area_by_name,
    area_as_number,
    code_for_word,
    numbered_categories,
    spaced_categories,
)


def cell_of(rng: Random, value: object, words: dict[str, str]) -> Cell:
    """How a workbook usually shows a value: the name of an option, yes and no, a number."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int):
        return value
    if isinstance(value, list):
        return "、".join(words.get(str(item), str(item)) for item in value)
    text = str(value)
    return words.get(text, text)
