"""What may not change in the schema of a version that exists; each rule has its fixture."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from muster.contracts.schemas import breaking_changes, build_schema, readers_first, specs_by_file

OLD: dict[str, Any] = {
    "type": "object",
    "properties": {},
    "$defs": {
        "Part": {
            "type": "object",
            "title": "Part",
            "additionalProperties": False,
            "required": ["name", "area"],
            "properties": {
                "name": {"type": "string", "minLength": 1, "maxLength": 40, "pattern": "^a"},
                "area": {"type": "string"},
                "count": {"type": "integer", "minimum": 0, "maximum": 9, "default": 1},
                "list": {"type": "array", "items": {"type": "string", "maxLength": 4}},
                "pair": {"type": "array", "prefixItems": [{"type": "string"}], "minItems": 1},
                "either": {"anyOf": [{"type": "integer", "maximum": 5}, {"type": "null"}]},
                "map": {"type": "object", "additionalProperties": {"type": "integer"}},
            },
        }
    },
}


def changed(place: str, **values: Any) -> list[str]:
    """What is said when keywords of one place of the part change; None takes one away."""
    new = copy.deepcopy(OLD)
    target: Any = new["$defs"]["Part"]
    for step in filter(None, place.split(".")):
        target = target[int(step)] if step.isdigit() else target[step]
    for name, value in values.items():
        if value is None:
            del target[name]
        else:
            target[name] = value
    return breaking_changes(OLD, new)


@pytest.mark.parametrize(
    ("place", "values", "said"),
    [
        ("", {"required": ["name"]}, "Part.area: is no longer required"),
        ("", {"required": ["name", "area", "count"]}, "Part.count: is now required"),
        ("properties.name", {"maxLength": 30}, "maxLength was 40 and is 30"),
        ("properties.name", {"maxLength": 50}, "maxLength was 40 and is 50"),
        ("properties.name", {"maxLength": None}, "maxLength was 40 and is absent"),
        ("properties.area", {"maxLength": 12}, "maxLength was absent and is 12"),
        ("properties.name", {"minLength": 2}, "minLength"),
        ("properties.name", {"pattern": "^b"}, "pattern"),
        ("properties.name", {"format": "uuid"}, "format"),
        ("properties.count", {"minimum": 1}, "minimum was 0 and is 1"),
        ("properties.count", {"maximum": 8}, "maximum was 9 and is 8"),
        ("properties.count", {"exclusiveMinimum": 0}, "exclusiveMinimum"),
        ("properties.count", {"exclusiveMaximum": 9}, "exclusiveMaximum"),
        ("properties.count", {"multipleOf": 2}, "multipleOf"),
        ("properties.count", {"default": 2}, "default was 1 and is 2"),
        ("properties.count", {"const": 1}, "const"),
        ("properties.count", {"enum": [1]}, "an enumeration came"),
        ("properties.list", {"maxItems": 3}, "maxItems"),
        ("properties.list", {"uniqueItems": True}, "uniqueItems"),
        ("properties.list.items", {"maxLength": 3}, "Part.list[]: maxLength"),
        ("properties.pair", {"prefixItems": [{"type": "integer"}]}, "prefixItems"),
        ("properties.pair", {"minItems": 2}, "minItems"),
        ("properties.either.anyOf.0", {"maximum": 4}, "alternatives"),
        ("properties.map.additionalProperties", {"minimum": 0}, "additionalProperties"),
        ("properties.map", {"propertyNames": {"maxLength": 3}}, "propertyNames"),
        ("properties.map", {"maxProperties": 3}, "maxProperties"),
        ("properties.map", {"patternProperties": {"^x": {}}}, "patternProperties"),
        ("", {"additionalProperties": None}, "additionalProperties was False and is absent"),
        ("", {"dependentRequired": {"name": ["count"]}}, "dependentRequired"),
    ],
)
def test_a_constraint_that_came_went_or_changed_is_breaking(
    place: str, values: dict[str, Any], said: str
) -> None:
    """Old messages must pass what is new; old readers must get what they were promised."""
    assert any(said in line for line in changed(place, **values))


@pytest.mark.parametrize(
    ("place", "values"),
    [
        ("", {"title": "Other", "description": "Other words."}),
        ("properties.name", {"description": "Other words.", "examples": ["a"]}),
        ("properties.either.anyOf.0", {"description": "Other words."}),
        ("properties", {"more": {"type": "string", "maxLength": 3}}),
    ],
)
def test_words_and_a_new_optional_field_are_not(place: str, values: dict[str, Any]) -> None:
    assert changed(place, **values) == []


def test_a_new_member_of_an_enumeration_is_not_and_a_lost_one_is() -> None:
    few, more = ({"$defs": {"E": {"enum": members}}} for members in (["a"], ["a", "b"]))
    assert breaking_changes(few, more) == []
    assert breaking_changes(more, few) == ["E: ['b'] is no longer allowed"]
    assert readers_first(few, more) == ["E: ['b'] may be said now"]
    assert readers_first(few, few) == []


def test_a_new_field_that_old_readers_refuse_is_named() -> None:
    """Clear fields; parts ignore what they do not know."""
    new = copy.deepcopy(OLD)
    new["$defs"]["Part"]["properties"]["more"] = {"type": "string"}
    assert readers_first(OLD, new) == ["Part.more: is a new field where old readers take no other"]
    tolerant = copy.deepcopy(OLD)
    del tolerant["$defs"]["Part"]["additionalProperties"]
    del new["$defs"]["Part"]["additionalProperties"]
    assert readers_first(tolerant, new) == []


@pytest.mark.parametrize("place", ["properties.list.items", "properties.name"])
def test_a_new_member_is_named_wherever_it_stands(place: str) -> None:
    few, more = copy.deepcopy(OLD), copy.deepcopy(OLD)
    for schema, members in ((few, ["a"]), (more, ["a", "b"])):
        target: Any = schema["$defs"]["Part"]
        for step in place.split("."):
            target = target[step]
        target["enum"] = members
    [said] = readers_first(few, more)
    assert said.endswith("['b'] may be said now")


@pytest.mark.parametrize("spec", specs_by_file().values(), ids=lambda spec: spec.stem)
def test_no_topic_breaks_against_itself(spec: Any) -> None:
    """Sets compared in any order would make every run complain."""
    assert breaking_changes(build_schema(spec), build_schema(spec)) == []
