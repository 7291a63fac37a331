"""Which column of a workbook holds which field, and which categories a cell names."""

import re
from collections.abc import Mapping, Sequence

from muster.forms.model import Category, Field
from muster.forms.text import plain_key
from muster.vocabulary.signs import unwrapped

CATEGORIES = "categories"
# Stands for a word that names no category, so that the word itself is not carried on.
UNRECOGNISED = "unrecognised"
_SEPARATORS = re.compile(r"[、,，;；/|+\n\r\t]+|\s+")
_NUMBERED = re.compile(r"\(?([0-9]{1,2})\)?[.、]?(.*)")


class Headings:
    """Headings of a workbook, by field id, label in either language, or variant."""

    def __init__(
        self, fields: Mapping[str, Field], categories: Mapping[str, Category], own: Sequence[str]
    ) -> None:
        self.by_key: dict[str, str] = {plain_key(text): CATEGORIES for text in (CATEGORIES, *own)}
        for field in fields.values():
            for text in (field.id, field.zh, field.en):
                self.by_key.setdefault(plain_key(text), field.id)
        for field in fields.values():
            for text in field.headers:
                self.by_key.setdefault(plain_key(text), field.id)
        self._categories: dict[str, str] = {}
        for category in categories.values():
            for text in (category.id, category.zh, category.en, str(category.number)):
                self._categories.setdefault(plain_key(text), category.id)
        for category in categories.values():
            for text in category.aliases:
                self._categories.setdefault(plain_key(text), category.id)

    def columns(self, headers: Sequence[object]) -> dict[int, str]:
        """Field id (or "categories") by column index. Of two columns for one field, the first."""
        found: dict[int, str] = {}
        for index, header in enumerate(headers):
            name = self.by_key.get(plain_key(str(header))) if header is not None else None
            if name is not None and name not in found.values():
                found[index] = name
        return found

    def categories(self, text: str) -> frozenset[str]:
        """Category ids named in a cell; a word that names none becomes UNRECOGNISED."""
        text = unwrapped(text)
        whole = self._category(text)
        if whole is not None:
            return frozenset({whole})
        words = [word for word in _SEPARATORS.split(text) if word]
        return frozenset(self._category(word) or UNRECOGNISED for word in words)

    def _category(self, word: str) -> str | None:
        key = plain_key(word)
        if key in self._categories:
            return self._categories[key]
        match = _NUMBERED.fullmatch(key)
        if match is None:
            return None
        number, name = match.groups()
        by_number = self._categories.get(str(int(number)))
        return by_number if not name or self._categories.get(name) == by_number else None
