"""Topics as reviewed files: who writes, who reads, by which key, for how long.

One file per topic in ``shared/contracts/topics``. A file whose name has ``_service_`` or
``_department_`` in it is a template: one topic per service or department, so that a new department
is data and no new file.

Most topics are between services. Those that an *edge* writes or reads (a terminal's device gateway,
a department's connector) cross the organisation's border; their parts travel as packets, signed by
the writer and sealed to the reader (`muster.messaging.border`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from muster.vocabulary.data import data_path

SERVICES = ("access", "capture", "verification", "crosscheck", "reporting")
"""The services that templates over ``<service>`` expand to, in the order in which they start."""

DEVICE = "device"
"""Owner of the topics that device gateways write."""
CONNECTOR = "connector-"
"""Prefix of a department's connector, as owner and as consumer."""

_KEYS = {
    "description",
    "owner",
    "key",
    "version",
    "partitions",
    "retention_days",
    "consumers",
    "clear_readers",
    "template",
    "cleanup",
    "framework",
    "ephemeral",
}


class TopicFileError(ValueError):
    """A topic file says something that it may not; the message names the file and the key."""


@dataclass(frozen=True)
class TopicSpec:
    """One topic as its file gives it.

    ``consumers`` maps the consuming service to the name of the part (a model in
    ``muster.contracts.parts``) that is sealed for it and for nobody else. ``clear_readers`` are
    consumer groups that read the clear fields only and hold no key. What is ``ephemeral`` is asked
    again while it matters, so it is never published twice, and nobody looks for gaps in it.
    """

    name: str
    description: str
    owner: str
    key: str
    version: int
    partitions: int
    retention_days: int
    consumers: Mapping[str, str]
    clear_readers: tuple[str, ...] = ()
    cleanup: str = "delete"
    framework: str | None = None
    ephemeral: bool = False
    department: str | None = None
    file: Path = field(default=Path(), compare=False)

    @property
    def type(self) -> str:
        """CloudEvents type, such as ``muster.capture.record-submitted.v1``.

        It names the domain, which is the first word of the topic's name, and no department.
        """
        domain, _, fact = self.name.removesuffix(f"-{self.department}").partition("-")
        return f"muster.{domain}.{fact}.v{self.version}"

    @property
    def from_edge(self) -> bool:
        """Whether an edge writes it, so that each writer counts its own sequence."""
        return self.owner == DEVICE or self.owner.startswith(CONNECTOR)

    @property
    def replayed(self) -> bool:
        """Whether its writer is asked for what was missed. Not what is ephemeral; nor of edges,
        which keep what they sent until `/received` names it, and send it again until then."""
        return not self.ephemeral and not self.from_edge

    @property
    def edge_reader(self) -> str | None:
        """The department whose connector reads it; None when none does."""
        readers = [name for name in self.consumers if name.startswith(CONNECTOR)]
        return readers[0].removeprefix(CONNECTOR) if readers else None

    @property
    def stem(self) -> str:
        """Name of the file, and so of the snapshot and the folder of examples."""
        return self.file.stem


def topic_files() -> list[Path]:
    """All topic files, sorted by name."""
    return sorted((data_path("contracts") / "topics").glob("*.yaml"))


def parse_topic_file(path: Path) -> Mapping[str, Any]:
    """The content of one topic file, checked for unknown and missing keys.

    Raises:
        TopicFileError: the file is no mapping, lacks a key or has one that nothing reads.
    """
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(loaded, dict):
        raise TopicFileError(f"{path.name}: a topic file is a mapping")
    if unknown := set(loaded) - _KEYS:
        raise TopicFileError(f"{path.name}: unknown key {sorted(unknown)}")
    optional = {"clear_readers", "template", "cleanup", "framework", "ephemeral"}
    if missing := _KEYS - optional - set(loaded):
        raise TopicFileError(f"{path.name}: missing key {sorted(missing)}")
    if "." in path.stem:
        raise TopicFileError(f"{path.name}: a topic name has no dot")
    return loaded


def _expand(path: Path, services: Iterable[str], departments: Iterable[str]) -> list[TopicSpec]:
    raw = parse_topic_file(path)
    template = raw.get("template")
    values: Iterable[str | None]
    if template is None:
        values = (None,)
    elif template == "service":
        values = services
    elif template == "department":
        values = departments
    else:
        raise TopicFileError(f"{path.name}: template over {template!r}")

    specs = []
    for value in values:

        def put(text: str, value: str | None = value) -> str:
            return text if value is None else text.replace(f"<{template}>", value)

        name = path.stem if value is None else path.stem.replace(f"_{template}_", value)
        specs.append(
            TopicSpec(
                name=name,
                description=" ".join(str(raw["description"]).split()),
                owner=put(str(raw["owner"])),
                key=str(raw["key"]),
                version=int(raw["version"]),
                partitions=int(raw["partitions"]),
                retention_days=int(raw["retention_days"]),
                consumers={put(k): str(v) for k, v in raw["consumers"].items()},
                clear_readers=tuple(raw.get("clear_readers", ())),
                cleanup=str(raw.get("cleanup", "delete")),
                framework=raw.get("framework"),
                ephemeral=bool(raw.get("ephemeral", False)),
                department=value if template == "department" else None,
                file=path,
            )
        )
    return specs


def load_topics(
    services: Iterable[str] = SERVICES, departments: Iterable[str] = ()
) -> dict[str, TopicSpec]:
    """Every topic by name, templates expanded over the services and departments given."""
    services, departments = tuple(services), tuple(departments)
    found: dict[str, TopicSpec] = {}
    for path in topic_files():
        for spec in _expand(path, services, departments):
            if spec.name in found:
                raise TopicFileError(f"{path.name}: {spec.name} is already {found[spec.name].file}")
            found[spec.name] = spec
    return found


class _Topics(dict[str, TopicSpec]):
    """Topics by name; one of a department is expanded when it is first asked for."""

    def __init__(self) -> None:
        super().__init__(load_topics())
        self._templates = {
            path.stem.removesuffix("_department_"): path
            for path in topic_files()
            if path.stem.endswith("_department_")
        }
        self._expanded: dict[str, TopicSpec] = {}

    def __missing__(self, name: str) -> TopicSpec:
        found = self._expanded.get(name)
        if found is None:
            prefixes = [prefix for prefix in self._templates if name.startswith(prefix)]
            if not prefixes:
                raise KeyError(name)
            prefix = max(prefixes, key=len)
            [found] = _expand(self._templates[prefix], (), [name.removeprefix(prefix)])
            self._expanded[name] = found
        return found


@cache
def service_topics() -> Mapping[str, TopicSpec]:
    """The topics of the standing services, read once per process.

    Iterating gives no department's topic (which departments there are, the profile says); asking
    for one by its name does.
    """
    return _Topics()
