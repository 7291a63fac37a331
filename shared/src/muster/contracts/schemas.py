"""JSON Schema snapshots of what travels on topics, and what may change in them.

The models are the source. ``shared/contracts/schemas`` holds a reviewed snapshot per topic file
and version; a test fails on drift. A snapshot of a version that exists may only be replaced by a
compatible one: whoever reads old messages must not notice, nor who reads new ones with old code.
There are two exceptions, which `readers_first` names: what an old reader refuses until it is
upgraded, so that readers are upgraded before writers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from muster.contracts.envelope import Clear
from muster.contracts.parts import PARTS
from muster.contracts.topics import TopicSpec, load_topics
from muster.vocabulary.data import data_path

Schema = dict[str, Any]


def schema_path(spec: TopicSpec) -> Path:
    """Where the snapshot of a topic's current version stands."""
    return data_path("contracts") / "schemas" / f"{spec.stem}.v{spec.version}.schema.json"


def build_schema(spec: TopicSpec) -> Schema:
    """The schema of one topic: its clear fields and the parts of its consumers.

    Templates give the same schema for every value, so that one snapshot serves them all.
    """
    names = sorted(set(spec.consumers.values()))
    models: list[type[BaseModel]] = [Clear, *(PARTS[name] for name in names)]
    keys, definitions = models_json_schema(
        [(model, "serialization") for model in models],
        ref_template="#/$defs/{model}",
    )
    parts = {name: keys[(PARTS[name], "serialization")] for name in names}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": spec.stem,
        "description": spec.description,
        "type": "object",
        "properties": {
            "clear": keys[(Clear, "serialization")],
            "parts": {"type": "object", "properties": parts, "additionalProperties": False},
        },
        "required": ["clear", "parts"],
        "additionalProperties": False,
        "$defs": definitions.get("$defs", {}),
    }


def specs_by_file() -> dict[str, TopicSpec]:
    """One spec per topic file that carries events of ours (Faust's own topics have no schema)."""
    found: dict[str, TopicSpec] = {}
    for spec in load_topics(departments=("department",)).values():
        if spec.framework is None:
            found.setdefault(spec.stem, spec)
    return found


def dump(schema: Mapping[str, Any]) -> bytes:
    """The snapshot as it is committed: sorted and indented, so that a change reads well."""
    return orjson.dumps(
        schema, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    )


def breaking_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What of ``new`` would break a reader of ``old`` messages or an old reader of new ones.

    Allowed without a new version: a new definition, a new optional field, a new member of an
    enumeration that only adds, a changed description; of these `readers_first` names some.
    Everything else is listed, one sentence each: old messages must pass a constraint that is new,
    old readers must get what was promised.
    """
    return sorted(
        set(_compare(old, new, "parts"))
        | {
            f"{name}: the definition is gone"
            for name in set(old.get("$defs", {})) - set(new.get("$defs", {}))
        }
        | {
            sentence
            for name, definition in old.get("$defs", {}).items()
            if name in new.get("$defs", {})
            for sentence in _compare(definition, new["$defs"][name], name)
        }
    )


def readers_first(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What of ``new`` makes a dead letter at a reader of ``old``, though no version is needed.

    A new member of an enumeration, and a new field where no other is taken (clear fields; parts
    ignore what they do not know). One sentence each: its readers are upgraded before its writers.
    """
    return sorted(
        sentence
        for name, definition in old.get("$defs", {}).items()
        if name in new.get("$defs", {})
        for sentence in _newly_allowed(definition, new["$defs"][name], name)
    )


def _newly_allowed(old: Mapping[str, Any], new: Mapping[str, Any], where: str) -> Iterator[str]:
    if more := set(new.get("enum", ())) - set(old.get("enum", ())):
        yield f"{where}: {sorted(more, key=str)} may be said now"
    before, after = old.get("properties", {}), new.get("properties", {})
    if old.get("additionalProperties") is False:
        for name in sorted(set(after) - set(before)):
            yield f"{where}.{name}: is a new field where old readers take no other"
    for name in sorted(set(before) & set(after)):
        yield from _newly_allowed(before[name], after[name], f"{where}.{name}")
    if isinstance(old.get("items"), dict) and isinstance(new.get("items"), dict):
        yield from _newly_allowed(old["items"], new["items"], f"{where}[]")


_WORDS = frozenset({"title", "description", "examples", "$comment"})
"""What a schema says to people only."""
_APART = frozenset({"properties", "required", "items", "enum", "anyOf", "$defs"})
"""What is compared member by member; every other keyword must stay as it is."""


def _compare(old: Mapping[str, Any], new: Mapping[str, Any], where: str) -> Iterator[str]:
    for key in sorted((set(old) | set(new)) - _WORDS - _APART):
        if _bare(old, key) != _bare(new, key):
            was, now = (repr(side[key]) if key in side else "absent" for side in (old, new))
            yield f"{where}: {key} was {was} and is {now}"
    if gone := set(old.get("enum", ())) - set(new.get("enum", ())):
        yield f"{where}: {sorted(gone)} is no longer allowed"
    if bool(old.get("enum")) != bool(new.get("enum")):
        yield f"{where}: an enumeration came or went"
    yield from _compare_properties(old, new, where)
    if isinstance(old.get("items"), dict) and isinstance(new.get("items"), dict):
        yield from _compare(old["items"], new["items"], f"{where}[]")
    elif old.get("items") != new.get("items"):
        yield f"{where}: items changed"
    if _bare(old, "anyOf") != _bare(new, "anyOf"):
        yield f"{where}: the alternatives changed"


def _compare_properties(
    old: Mapping[str, Any], new: Mapping[str, Any], where: str
) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in sorted(set(before) - set(after)):
        yield f"{where}.{name}: the field is gone"
    for name in sorted(set(before) & set(after)):
        yield from _compare(before[name], after[name], f"{where}.{name}")
    for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
        yield f"{where}.{name}: is now required"
    for name in sorted((set(old.get("required", ())) - set(new.get("required", ()))) & set(after)):
        yield f"{where}.{name}: is no longer required"


def _bare(schema: Mapping[str, Any], key: str) -> bytes:
    """One keyword without the words in it; absent is not the same as null."""
    return orjson.dumps(
        _without_words(schema[key]) if key in schema else [], option=orjson.OPT_SORT_KEYS
    ) + (b"" if key in schema else b" absent")


def _without_words(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_words(v) for k, v in value.items() if k not in _WORDS}
    return [_without_words(item) for item in value] if isinstance(value, list) else value
