"""Contracts hold: topic files, snapshots, examples and models say the same (design section 4)."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import jsonschema
import orjson
import pytest
from pydantic import BaseModel

from muster.contracts.envelope import Clear, is_key
from muster.contracts.generate import snapshots, topics_page
from muster.contracts.parts import PARTS
from muster.contracts.schemas import breaking_changes, build_schema, schema_path, specs_by_file
from muster.contracts.topics import (
    CONNECTOR,
    DEVICE,
    SERVICES,
    TopicFileError,
    load_topics,
    parse_topic_file,
)
from muster.vocabulary.data import data_path

CONTRACTS = data_path("contracts")
SPECS = specs_by_file()
EXAMPLES = sorted((CONTRACTS / "examples").glob("*/*/*.json"))


def test_no_snapshot_or_example_is_an_orphan() -> None:
    """What no topic file names would never be checked again."""
    snapshots_there = {path.name for path in (CONTRACTS / "schemas").iterdir()}
    versions = {
        f"{s.stem}.v{n}.schema.json" for s in SPECS.values() for n in range(1, s.version + 1)
    }
    assert snapshots_there == versions
    folders = {f"{path.parts[-3]}/{path.parts[-2]}" for path in EXAMPLES}
    assert folders == {f"{s.stem}/{n}" for s in SPECS.values() for n in range(1, s.version + 1)}


def test_every_part_is_somebodys() -> None:
    """A model that no topic file names is dead, a name without a model is a broken promise."""
    specs = load_topics(departments=["department"]).values()
    named = {part for spec in specs for part in spec.consumers.values()}
    assert named == set(PARTS)


def test_owners_and_readers_are_services_or_edges_and_names_have_no_dots() -> None:
    """An owner writes alone. A topic's name starts with its owner, or, where a connector writes,
    with the service that reads it."""
    connector = f"{CONNECTOR}housing"
    for spec in load_topics(departments=["housing"]).values():
        assert spec.owner in {*SERVICES, DEVICE, connector}
        assert set(spec.consumers) <= {*SERVICES, connector}
        domain = next(iter(spec.consumers)) if spec.owner == connector else spec.owner
        assert spec.name.startswith(f"{domain}-")
        assert spec.from_edge == (spec.owner not in SERVICES)
        assert "." not in spec.name
        assert spec.partitions == 4, "the embedded broker makes four, and keys must stay put"


def test_a_key_is_an_id_or_one_of_the_words_that_readers_know() -> None:
    """A topic keyed by another word would be read as if each of its messages were damaged."""
    keys = {spec.key for spec in load_topics(departments=["housing"]).values()}
    assert {key for key in keys if not key.endswith("_id")} == {"source", "county"}
    for key in keys:
        word = key in {"source", "county", "owner_id"}
        spec = next(s for s in load_topics(departments=["housing"]).values() if s.key == key)
        assert is_key(spec, "public-security") is word
        assert is_key(spec, str(uuid4()))
        for none in ("", "\0", "A", "a\n", "-", "a" * 101, f"{uuid4()}\n", "ａ"):
            assert not is_key(spec, none)


def test_every_topic_keeps_fourteen_days() -> None:
    """Design section 4: keys are destroyed after their topics have expired, so how long a topic
    keeps is the same everywhere. A Faust table's own changelog is no topic of facts; it keeps
    less."""
    for spec in load_topics(departments=["housing"]).values():
        if spec.framework == "faust":
            assert not spec.consumers
            assert 0 < spec.retention_days < 14, spec.name
        else:
            assert spec.retention_days == 14, spec.name


def test_snapshots_and_the_topics_page_are_those_of_the_models() -> None:
    """Drift fails the build; `.venv/bin/python -m muster.contracts.generate` writes them anew."""
    wanted, refused = snapshots()
    assert refused == []
    stale = [path.name for path, content in wanted.items() if path.read_bytes() != content]
    assert stale == []
    page = Path(__file__).parents[2] / "docs" / "topics.md"
    assert page.read_bytes() == topics_page()


def test_the_diagram_draws_what_edges_write_and_has_no_tags() -> None:
    """Between any two parts; a node or a label with `<` in it breaks the diagram as a whole."""
    diagram = topics_page().decode().split("```mermaid\n")[1].split("```")[0]
    assert "<" not in diagram
    drawn = re.findall(r'^    (\w+) -- "([\w-]+)" --> (\w+)$', diagram, re.MULTILINE)
    wanted = [
        (spec.owner, spec.name.replace("-housing", "-DEPARTMENT"), consumer)
        for spec in load_topics(services=(), departments=("housing",)).values()
        for consumer in spec.consumers
        if consumer != spec.owner
    ]
    short = f"{CONNECTOR}housing", CONNECTOR.rstrip("-")
    assert sorted(drawn) == sorted(
        (owner.replace(*short), name, consumer.replace(*short)) for owner, name, consumer in wanted
    )


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_every_example_is_valid_for_its_version_and_read_by_the_models(path: Path) -> None:
    """A message of any version that was ever published stays readable, field by field."""
    stem, version = path.parts[-3], int(path.parts[-2])
    example = orjson.loads(path.read_bytes())
    snapshot = CONTRACTS / "schemas" / f"{stem}.v{version}.schema.json"
    jsonschema.validate(
        example,
        orjson.loads(snapshot.read_bytes()),
        format_checker=jsonschema.FormatChecker(),
    )
    if version == SPECS[stem].version:
        _same_after_a_round_trip(Clear, example["clear"])
        assert set(example["parts"]) == set(SPECS[stem].consumers.values())
        for name, part in example["parts"].items():
            _same_after_a_round_trip(PARTS[name], part)


def _same_after_a_round_trip(model: type[BaseModel], value: dict[str, Any]) -> None:
    read = model.model_validate_json(orjson.dumps(value))
    written = orjson.loads(read.model_dump_json())
    assert {name: written[name] for name in value} == value
    # What an example leaves out is optional: an older message without it means the default.
    absent = set(written) - set(value)
    assert all(getattr(read, name) == model.model_fields[name].default for name in absent)


def test_breaking_changes_are_told_from_harmless_ones() -> None:
    """The guard has fixtures that it must reject, and one that it must let pass."""
    schema = build_schema(SPECS["capture-record-submitted"])

    def changed(change: Any) -> list[str]:
        new = copy.deepcopy(schema)
        change(new["$defs"]["RecordForReview"])
        return breaking_changes(schema, new)

    def drop(part: dict[str, Any]) -> None:
        del part["properties"]["record_id"]

    def retype(part: dict[str, Any]) -> None:
        part["properties"]["signature_kind"] = {"type": "integer"}

    def require(part: dict[str, Any]) -> None:
        part["properties"]["extra"] = {"type": "string"}
        part["required"].append("extra")

    def add_optional(part: dict[str, Any]) -> None:
        part["properties"]["extra"] = {"type": "string"}

    def describe(part: dict[str, Any]) -> None:
        part["description"] = "Other words."

    assert any("record_id" in line for line in changed(drop))
    assert any("signature_kind" in line for line in changed(retype))
    assert any("now required" in line for line in changed(require))
    assert changed(add_optional) == []
    assert changed(describe) == []
    without_origin = copy.deepcopy(schema)
    without_origin["$defs"]["Origin"]["enum"].remove("roster")
    assert any("roster" in line for line in breaking_changes(schema, without_origin))


def test_a_wrong_topic_file_is_refused_with_its_name(tmp_path: Path) -> None:
    """A misspelt key must not be ignored: it would switch a guard off."""
    path = tmp_path / "capture-x.yaml"
    path.write_text("description: x\nowner: capture\nretentiondays: 3\n", encoding="utf-8")
    with pytest.raises(TopicFileError, match=r"capture-x\.yaml: unknown key \['retentiondays'\]"):
        parse_topic_file(path)


def test_clear_fields_are_exactly_those_of_the_design() -> None:
    """Nothing else may be seen on a topic (design section 4, R100)."""
    assert set(Clear.model_fields) == {
        "subject_id",
        "version",
        "terminal_id",
        "county",
        "occurred_at",
        "digest",
    }


def test_schema_paths_name_topic_and_version() -> None:
    """The snapshot of a version never moves."""
    assert schema_path(SPECS["capture-record-submitted"]).name == (
        "capture-record-submitted.v1.schema.json"
    )
