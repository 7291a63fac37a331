"""What the parts of a profile may refer to: fields, categories and groups by id."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from muster.forms.model import Condition, Field, FieldType
from muster.forms.source import Node

ID = re.compile(r"[a-z][a-z0-9_]{0,63}")
DASHED_ID = re.compile(r"[a-z][a-z0-9-]{0,63}")
"""Ids in a profile. Services take none that is longer, from whoever asks."""
_BOOLEANS = ("true", "false")


@dataclass(frozen=True, slots=True)
class Names:
    """Resolves references; each method raises ProfileError on what does not exist."""

    categories: frozenset[str]
    groups: Mapping[str, frozenset[str]]
    fields: Mapping[str, Field]

    def category_set(self, node: Node) -> frozenset[str]:
        """`all`, `none`, one id, or a list of category and group ids."""
        if not node.is_mapping and len(node.one_or_more()) == 1:
            word = node.one_or_more()[0].text()
            if word == "all":
                return self.categories
            if word == "none":
                return frozenset()
        found: set[str] = set()
        for item in node.one_or_more():
            known = {*self.categories, *self.groups}
            word = item.one_of(known, "category or group")
            found |= self.groups.get(word, {word})
        return frozenset(found)

    def field(self, node: Node, types: Collection[FieldType] | None = None) -> str:
        """The id of an existing field, of one of those types."""
        name = node.one_of(self.fields, "field")
        if types is not None and self.fields[name].type not in types:
            raise node.error(f"field `{name}` must be of type {' or '.join(sorted(types))} here")
        return name

    def condition(self, node: Node | None) -> Condition | None:
        """`{field: value, other: [values], categories: [ids]}`."""
        if node is None:
            return None
        fields: dict[str, frozenset[str]] = {}
        categories: frozenset[str] | None = None
        for name, value in node.entries().items():
            if name == "categories":
                categories = self.category_set(value)
            elif name in self.fields:
                fields[name] = frozenset(self.values(name, value))
            else:
                raise value.error(f"unknown field `{name}` in a condition")
        return Condition(fields, categories)

    def values(self, name: str, node: Node) -> list[str]:
        """One value or a list of values that this field can have, as a profile writes them."""
        field = self.fields[name]
        allowed: Collection[str] = [option.id for option in field.options]
        if field.type == "boolean":
            allowed = _BOOLEANS
        if field.type == "integer":
            return [str(item.integer()) for item in node.one_or_more()]
        return [
            item.one_of(allowed, f"value of `{name}`") if allowed else item.text()
            for item in node.one_or_more()
        ]
