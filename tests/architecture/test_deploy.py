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


def the_door_has_its_pages(compose: Compose, dockerfile: str) -> Iterator[str]:
    """Built in a stage of its own from the lock, and in the folder that the Caddyfile serves: who
    starts it builds nothing before."""
    proxy = compose["services"]["proxy"]
    if proxy.get("build", {}).get("target") != "door":
        yield "the door is not built"
    if any("dist" in volume or "Caddyfile" in volume for volume in proxy.get("volumes", ())):
        yield "the door needs files of the machine"
    stages = _stages(dockerfile)
    if "npm ci --ignore-scripts" not in stages.get("pages", ""):
        yield "the pages are not built from the lock, or packages run scripts"
    caddyfile = (ROOT / "deploy" / "proxy" / "Caddyfile").read_text("utf-8")
    served = re.search(r"MUSTER_PAGES:([^}]+)}", caddyfile)
    assert served is not None
    if f"COPY --from=pages /build/web/dist {served[1]}\n" not in stages.get("door", ""):
        yield "the pages are not where the door looks for them"
    if next(reversed(stages)) in {"pages", "door"}:
        yield "without a target the image is not that of the processes"


def _stages(dockerfile: str) -> dict[str, str]:
    """What stands in each stage, by its name; the last one has none."""
    parts = re.split(r"(?m)^FROM \S+(?: AS (\w+))?\n", dockerfile)
    return {name or "": text for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def _with_pages_of_the_machine(compose: Compose) -> None:
    compose["services"]["proxy"]["volumes"] = ["./web/dist:/srv/muster:ro"]


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
    (the_door_has_its_pages, _with_pages_of_the_machine),
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


def test_the_door_is_refused_without_its_stage() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
    for old, new in (("npm ci --ignore-scripts", "npm install"), ("/srv/muster", "/srv/other")):
        assert list(the_door_has_its_pages(compose, dockerfile.replace(old, new))) != []


def test_what_the_image_is_given_is_all_that_the_pages_need() -> None:
    """Each workspace's package file goes in before `npm ci`, which would not find it; and nothing
    that pages import lies outside what the ignore file lets in."""
    stage = _stages((ROOT / "deploy" / "Dockerfile").read_text("utf-8"))["pages"]
    before = stage[: stage.index("RUN npm ci")]
    for package in sorted((ROOT / "web").glob("*/package.json")):
        name = package.parent.name
        assert f"COPY web/{name}/package.json {name}/\n" in before
    ignored = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    assert {"!web", "!deploy/proxy/Caddyfile", "web/dist", "**/node_modules"} <= set(ignored)
    outside = re.compile(r"""from\s+['"]((?:\.\./)+[^'"]*)['"]""")
    for file in sorted((ROOT / "web").rglob("*")):
        parts = file.relative_to(ROOT / "web").parts
        if {"node_modules", "dist", "tests"} & set(parts) or not file.is_file():
            continue
        if file.suffix not in {".ts", ".vue", ".mjs"}:
            continue
        for found in outside.findall(file.read_text("utf-8")):
            target = (file.parent / found).resolve().relative_to(ROOT)
            assert target.parts[0] == "web", f"{file} imports {found}"
            assert "tests" not in target.parts, f"{file} imports {found}"
