"""The fields of a profile, from YAML."""

from collections.abc import Mapping
from typing import cast, get_args

from muster.forms.model import Field, FieldType, Sensitivity
from muster.forms.names import ID, Names
from muster.forms.source import Node
from muster.forms.tables import Option, table
from muster.forms.text import plain_key

_DEFAULT_LENGTH = 200
_KEYS = {
    "zh", "en", "section", "type", "table", "only", "options", "categories", "required",
    "matter", "sensitivity", "min", "max", "max_length", "address", "cite", "practice",
    "headers", "papers",
}  # fmt: skip


def read_fields(whole: Node, names: Names) -> dict[str, Field]:
    """The section `fields`, in its order. Raises ProfileError."""
    found: dict[str, Field] = {}
    for name, node in whole.need("fields").entries().items():
        if not ID.fullmatch(name):
            raise node.error(f"`{name}` is no id: it must match {ID.pattern}")
        found[name] = _field(name, node, whole, names)
    _one_field_per_heading(
        whole.need("fields").entries(), found, whole.texts_of("category_headers")
    )
    return found


def _one_field_per_heading(
    nodes: Mapping[str, Node], fields: Mapping[str, Field], taken: tuple[str, ...]
) -> None:
    """A workbook's heading must mean one thing."""
    owners = {plain_key(text): "the categories" for text in taken}
    for name, field in fields.items():
        for text in (name, field.zh, field.en, *field.headers):
            owner = owners.setdefault(plain_key(text), f"`{name}`")
            if owner != f"`{name}`":
                raise nodes[name].error(f"the heading `{text}` of `{name}` belongs to {owner}")


def _field(name: str, node: Node, whole: Node, names: Names) -> Field:
    node.allow(_KEYS)
    kind = cast("FieldType", node.need("type").one_of(get_args(FieldType), "type"))
    required, matter = node.get("required"), node.get("matter")
    sensitivity = node.get("sensitivity")
    categories = names.category_set(node.need("categories"))
    must = names.category_set(required) if required else frozenset()
    if required and not must <= categories:
        raise required.error(f"`{name}` is required of categories that it is not for")
    length = node.integer_of("max_length")
    if length is not None and length < 1:
        raise node.need("max_length").error("`max_length` is at least 1")
    low, high = node.integer_of("min"), node.integer_of("max")
    if low is not None and high is not None and low > high:
        raise node.need("min").error("`min` is greater than `max`")
    return Field(
        id=name,
        zh=node.need("zh").text(),
        en=node.need("en").text(),
        section=node.need("section").one_of(whole.need("sections").entries(), "section"),
        type=kind,
        categories=categories,
        required=must,
        sensitivity=cast("Sensitivity", sensitivity.one_of(get_args(Sensitivity), "sensitivity"))
        if sensitivity
        else "personal",
        matter=matter.one_of(whole.need("matters").entries(), "matter") if matter else None,
        table=node.text_of("table"),
        options=_field_options(node, kind),
        min=low,
        max=high,
        max_length=_DEFAULT_LENGTH if length is None else length,
        address=_address(node, kind),
        cite=node.text_of("cite"),
        practice=node.flag("practice"),
        headers=node.texts_of("headers"),
        papers=_papers(node, whole),
        departments=(),
    )


def _address(node: Node, kind: str) -> bool:
    if (said := node.get("address")) is not None and kind != "text":
        raise said.error("`address` is for fields of type text")
    return node.flag("address")


def _papers(node: Node, whole: Node) -> tuple[str, ...]:
    named = node.get("papers")
    if named is None:
        return ()
    return tuple(item.one_of(whole.need("papers").entries(), "paper") for item in named.items())


def _field_options(node: Node, kind: str) -> tuple[Option, ...]:
    if kind == "code":
        return _from_table(node)
    for key in ("table", "only"):
        if (misplaced := node.get(key)) is not None:
            raise misplaced.error(f"`{key}` is for fields of type code")
    options = node.get("options")
    if kind not in ("choice", "choices"):
        if options is not None:
            raise options.error("`options` is for fields of type choice or choices")
        return ()
    return tuple(_option(key, value) for key, value in node.need("options").entries().items())


def _option(option_id: str, node: Node) -> Option:
    node.allow({"zh", "en", "aliases"})
    return Option(
        option_id,
        node.need("zh").text(),
        node.need("en").text(),
        node.texts_of("aliases"),
    )


def _from_table(node: Node) -> tuple[Option, ...]:
    named = node.need("table")
    try:
        options = table(named.text())
    except FileNotFoundError:
        raise named.error(f"there is no code table `{named.text()}` in reference/") from None
    only = node.get("only")
    if only is None:
        return options
    known = {option.id: option for option in options}
    return tuple(known[item.one_of(known, "code")] for item in only.items())
