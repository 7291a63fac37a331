"""Writes the schema snapshots and ``docs/topics.md``; refuses a breaking change in place.

``.venv/bin/python -m muster.contracts.generate``. It says which changes need readers to be upgraded
before writers. With ``--check`` nothing is written and a
difference is an error; ``make contracts`` tests the same and writes nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import orjson

from muster.contracts.envelope import Clear
from muster.contracts.parts import PARTS
from muster.contracts.schemas import (
    breaking_changes,
    build_schema,
    dump,
    readers_first,
    schema_path,
    specs_by_file,
)
from muster.contracts.topics import CONNECTOR, DEVICE, TopicSpec, load_topics
from muster.vocabulary.data import data_path


def snapshots() -> tuple[dict[Path, bytes], list[str]]:
    """What each snapshot should be, and the breaking changes that forbid writing it."""
    wanted: dict[Path, bytes] = {}
    refused: list[str] = []
    for spec in specs_by_file().values():
        path, schema = schema_path(spec), build_schema(spec)
        if path.exists():
            changes = breaking_changes(orjson.loads(path.read_bytes()), schema)
            refused += [f"{path.name}: {change}" for change in changes]
        wanted[path] = dump(schema)
    return wanted, refused


def late_readers() -> list[str]:
    """What is new against the snapshots, and a dead letter at readers that are not upgraded yet."""
    return [
        f"{path.name}: {change}"
        for spec in specs_by_file().values()
        if (path := schema_path(spec)).exists()
        for change in readers_first(orjson.loads(path.read_bytes()), build_schema(spec))
    ]


def topics_page() -> bytes:
    """``docs/topics.md``: every topic, who writes and reads it, what each reader may open."""
    lines = [
        "# Topics",
        "",
        "Generated from `shared/contracts/topics`; do not edit, but run",
        "`.venv/bin/python -m muster.contracts.generate`.",
        "",
        'Every value is `{"clear": {...}, "sealed": {consumer: box}}`. Clear on any topic are',
        f"at most: {', '.join(f'`{name}`' for name in Clear.model_fields)}.",
        "",
    ]
    specs = load_topics(services=("<service>",), departments=("<department>",))
    lines += _diagram(specs.values())
    for spec in specs.values():
        lines += _topic_lines(spec)
    return "\n".join(lines).encode()


def _diagram(specs: Iterable[TopicSpec]) -> list[str]:
    """Who writes to whom. What every service writes alike is left out: it would hide the rest."""
    lines = [
        "Not drawn: dead letters and replay requests, which every service writes.",
        "",
        "```mermaid",
        "flowchart LR",
        f'    {DEVICE}["device gateway"]',
        f'    {_node(CONNECTOR)}["connector of DEPARTMENT"]',
    ]
    for spec in specs:
        # Mermaid takes no `<department>` in an id, and takes one in a label for a tag.
        label = spec.name.replace("<department>", "DEPARTMENT")
        lines += [
            f'    {_node(spec.owner)} -- "{label}" --> {_node(consumer)}'
            for consumer in spec.consumers
            if consumer != spec.owner and spec.owner != "<service>"
        ]
    return [*lines, "```", ""]


def _node(part: str) -> str:
    """The id of a part in the diagram: one for the connectors of all departments."""
    return CONNECTOR.rstrip("-") if part.startswith(CONNECTOR) else part


def _topic_lines(spec: TopicSpec) -> list[str]:
    lines = [
        f"## {_plain(spec.name)}",
        "",
        _plain(spec.description),
        "",
        f"- type `{spec.type}`, written by **{_plain(spec.owner)}**, key `{spec.key}`",
        f"- {spec.partitions} partitions, kept {spec.retention_days} days ({spec.cleanup})",
    ]
    if spec.clear_readers:
        lines.append(f"- read in the clear by {', '.join(spec.clear_readers)}")
    lines.append("")
    if spec.consumers:
        lines += ["| Reader | opens | with |", "|---|---|---|"]
        for consumer, part in spec.consumers.items():
            fields = ", ".join(f"`{name}`" for name in PARTS[part].model_fields)
            lines.append(f"| {_plain(consumer)} | `{part}` | {fields} |")
        lines.append("")
    return lines


def _plain(text: str) -> str:
    """Markdown takes `<department>` for a tag and shows nothing of it."""
    return text.replace("<", r"\<")


def main(arguments: list[str]) -> int:
    """Write or check; the exit code is 1 when something stands in the way."""
    wanted, refused = snapshots()
    page = data_path("contracts").parents[1] / "docs" / "topics.md"
    wanted[page] = topics_page()
    for sentence in refused:
        print(f"breaking change without a new version: {sentence}", file=sys.stderr)  # noqa: T201
    if refused:
        return 1
    for sentence in late_readers():
        print(f"upgrade readers before writers: {sentence}", file=sys.stderr)  # noqa: T201
    stale = [path for path, content in wanted.items() if not _same(path, content)]
    if "--check" in arguments:
        for path in stale:
            print(  # noqa: T201
                f"out of date, run `.venv/bin/python -m muster.contracts.generate`: {path.name}",
                file=sys.stderr,
            )
        return 1 if stale else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wanted[path])
    return 0


def _same(path: Path, content: bytes) -> bool:
    return path.exists() and path.read_bytes() == content


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
