"""Code tables: shared/reference/<name>.csv with columns code, zh, en, aliases, checked."""

import csv
from dataclasses import dataclass
from functools import cache

from muster.forms.text import plain_key
from muster.vocabulary.data import data_path


@dataclass(frozen=True, slots=True)
class Option:
    """One value that a code or choice may have."""

    id: str
    zh: str
    en: str
    aliases: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, str]:
        return {"id": self.id, "zh": self.zh, "en": self.en}

    def words(self) -> tuple[str, ...]:
        """Everything that a workbook may call it."""
        return (self.id, self.zh, self.en, *self.aliases)


def by_words(options: tuple[Option, ...]) -> dict[str, str]:
    """Option id by each of its words, in the form of `plain_key`; an earlier option wins."""
    found: dict[str, str] = {}
    for option in options:
        for word in option.words():
            found.setdefault(plain_key(word), option.id)
    return found


@cache
def table(name: str) -> tuple[Option, ...]:
    """The rows of that table, in its order. Raises FileNotFoundError."""
    path = data_path("reference") / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            Option(row["code"], row["zh"], row["en"], tuple(row["aliases"].split()))
            for row in csv.DictReader(line for line in file if not line.startswith("#"))
        )
