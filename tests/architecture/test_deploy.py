"""Container files say what the code needs (no engine is needed to check that).

Each rule is a function from the files' content to complaints; it must find nothing in the real
files and something in a copy that is broken on purpose.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from muster.runtime.provisioning import load_service, prefix, service_names

ROOT = Path(__file__).parents[2]
Compose = dict[str, Any]
Rule = Callable[[Compose, str], Iterator[str]]


def every_process_has_a_container(compose: Compose, _: str) -> Iterator[str]:
    """One container per service and per worker, and none of something that does not exist."""
    wanted = {(("serve", name)) for name in service_names()}
    wanted |= {
        ("work", name, one) for name in service_names() for one in load_service(name).workers
    }
    there = {
        tuple(container["command"])
        for container in compose["services"].values()
        if container.get("command", [""])[0] in {"serve", "work"}
    }
    for process in sorted(map(str, wanted ^ there)):
        yield f"{process} is in the code or in the file, not in both"


def a_service_reads_its_own_folder_alone(compose: Compose, _: str) -> Iterator[str]:
    """Its key ring and its passwords are handed to it and to nobody else."""
    for name, container in compose["services"].items():
        command = container.get("command", [""])
        if command[0] not in {"serve", "work"}:
            continue
        own = f"{command[1]}:/run/muster/{command[1]}:ro"
        if container["volumes"] != [own]:
            yield f"{name} sees {container['volumes']}"
        stranger = [v for v in container["environment"] if not _own(v, command[1])]
        if stranger:
            yield f"{name} is told {stranger}"


def _own(variable: str, service: str) -> bool:
    return variable == "MUSTER_SECRETS_DIR" or variable.startswith(prefix(service))


def no_password_stands_in_the_open(compose: Compose, _: str) -> Iterator[str]:
    """Secrets are files: neither in the file nor in any container's environment."""
    for name, container in compose["services"].items():
        for variable, value in container.get("environment", {}).items():
            secret = re.search(r"PASSWORD|_URL$|SECRET(?!S_DIR)", variable)
            if secret and not variable.endswith("_FILE"):
                yield f"{name} is told {variable} in the open"
            if re.search(r"://[^/@\s]+:[^/@\s]+@", str(value)):
                yield f"{name}: {variable} holds a password"


def only_the_proxy_is_reached_from_outside(compose: Compose, _: str) -> Iterator[str]:
    """Everything else is on a network without a way out."""
    for name, container in compose["services"].items():
        if name != "proxy" and (container.get("ports") or container["networks"] != ["inside"]):
            yield f"{name} can be reached"
    if not compose["networks"]["inside"].get("internal"):
        yield "inside is not internal"


def every_image_is_pinned(compose: Compose, dockerfile: str) -> Iterator[str]:
    """To a version that somebody chose, never to whatever is newest."""
    images = [c["image"] for c in compose["services"].values() if "build" not in c]
    images += re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)
    for image in images:
        _, _, tag = image.partition(":")
        if not re.match(r"[0-9]+\.[0-9]+", tag):
            yield f"{image} names no version"


def packages_are_checked_and_nobody_is_root(_: Compose, dockerfile: str) -> Iterator[str]:
    """Every package against its hash; the processes under an account of their own."""
    if "--require-hashes -r requirements.lock" not in dockerfile:
        yield "packages are not checked against their hashes"
    if not re.search(r"^USER [1-9][0-9]*:[1-9][0-9]*$", dockerfile, re.MULTILINE):
        yield "processes run as root"


def _without_reporting(compose: Compose) -> None:
    del compose["services"]["reporting"]


def _with_another_folder(compose: Compose) -> None:
    compose["services"]["capture"]["volumes"].append("access:/run/muster/access:ro")


def _with_a_password(compose: Compose) -> None:
    compose["services"]["capture"]["environment"]["X"] = "postgresql://a:b@postgres/x"


def _with_an_open_port(compose: Compose) -> None:
    compose["services"]["kafka"]["ports"] = ["9092:9092"]


def _with_the_newest(compose: Compose) -> None:
    compose["services"]["redis"]["image"] = "redis:latest"


RULES: list[tuple[Rule, Callable[[Compose], None] | None]] = [
    (every_process_has_a_container, _without_reporting),
    (a_service_reads_its_own_folder_alone, _with_another_folder),
    (no_password_stands_in_the_open, _with_a_password),
    (only_the_proxy_is_reached_from_outside, _with_an_open_port),
    (every_image_is_pinned, _with_the_newest),
    (packages_are_checked_and_nobody_is_root, None),
]


@pytest.mark.parametrize(("rule", "harm"), RULES, ids=lambda rule: getattr(rule, "__name__", ""))
def test_container_files_keep_the_rules(rule: Rule, harm: Callable[[Compose], None] | None) -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
    assert list(rule(compose, dockerfile)) == []
    broken = copy.deepcopy(compose)
    if harm is not None:
        harm(broken)
        assert list(rule(broken, dockerfile)) != []
    else:
        assert list(rule(compose, dockerfile.replace("--require-hashes", ""))) != []
        assert list(rule(compose, re.sub(r"(?m)^USER .*$", "", dockerfile))) != []
