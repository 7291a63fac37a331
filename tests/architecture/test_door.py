"""The two doors, ours in Python and Caddy's file, keep the same rules (as far as reading shows it;
tests/e2e/test_doors.py asks both)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from muster.runtime import door, passing
from muster.runtime.provisioning import service_names

ROOT = Path(__file__).parents[2]
CADDYFILE = ROOT / "deploy" / "proxy" / "Caddyfile"
UNITS = {"MB": 10**6, "MiB": 2**20}


def headers(caddyfile: str) -> dict[str, str]:
    """What Caddy sets where an answer says nothing else."""
    return {
        name: value.strip('"')
        for name, value in re.findall(r"^\theader \?(\S+) (.+)$", caddyfile, re.M)
    }


def desk_headers(caddyfile: str) -> dict[str, str]:
    """What Caddy sets on pages of the desk in the place of some of these."""
    block = re.search(r"handle_path /desk/\* \{\n(.*?)\n\t\t\}", caddyfile, re.S)
    return {
        name: value.strip('"')
        for name, value in re.findall(r"^\t+header (\S+) (.+)$", block[1] if block else "", re.M)
    }


def applications(caddyfile: str) -> set[tuple[str, str]]:
    """Where pages are served, and the folder that they come from."""
    found = re.findall(
        r"handle_path /(\w+)/\* \{[^}]*?root \* \{[^}]+\}/(\w+)\n\t+import pages", caddyfile
    )
    return {(place, folder) for place, folder in found}


def limits(caddyfile: str) -> dict[str, int]:
    """Most bytes of a body by service."""
    blocks = re.findall(r"/api/(\w+)/\* \{.*?max_size (\d+)(\w+)", caddyfile, re.S)
    return {service: int(number) * UNITS[unit] for service, number, unit in blocks}


def differences(caddyfile: str, compose: str) -> Iterator[str]:
    """In what the doors are not the same."""
    if headers(caddyfile) != door.HEADERS:
        yield "headers"
    if headers(caddyfile) | desk_headers(caddyfile) != door.DESK_HEADERS:
        yield "headers of the desk"
    if applications(caddyfile) != {(name, name) for name in door.APPLICATIONS}:
        yield "applications"
    if limits(caddyfile) != passing.LIMITS:
        yield "sizes"
    if f'"{door.FOR_EVER}"' not in caddyfile:
        yield "what is kept"
    build = yaml.safe_load(compose)["services"]["proxy"]["build"]
    stage = (ROOT / build["dockerfile"]).read_text().partition(f" AS {build['target']}\n")[2]
    pages = door.PAGES.relative_to(ROOT)
    folder = re.search(r"\{\$MUSTER_PAGES:(\S+)\}", caddyfile)
    if folder is None or f"COPY --from=pages /build/{pages} {folder[1]}\n" not in stage:
        yield "pages"


def test_both_doors_keep_the_same_rules() -> None:
    assert list(differences(CADDYFILE.read_text(), (ROOT / "docker-compose.yml").read_text())) == []


@pytest.mark.parametrize(
    ("was", "then", "found"),
    [
        ("camera=(), ", "", "headers"),
        ("camera=(self), ", "", "headers of the desk"),
        ("http://localhost:*;", "http://localhost:* https:;", "headers of the desk"),
        ("}/desk\n", "}/console\n", "applications"),
        ("handle_path /desk/*", "handle_path /other/*", "headers of the desk, applications"),
        ("header ?X-Content-Type-Options nosniff", "", "headers, headers of the desk"),
        ("max_size 136MiB", "max_size 136MB", "sizes"),
        (", immutable", "", "what is kept"),
        ("{$MUSTER_PAGES:/srv/muster}", "/srv/other", "applications, pages"),
    ],
)
def test_a_door_of_its_own_kind_is_seen(was: str, then: str, found: str) -> None:
    text = CADDYFILE.read_text()
    assert was in text
    changed = text.replace(was, then)
    compose = (ROOT / "docker-compose.yml").read_text()
    assert ", ".join(differences(changed, compose)) == found


def test_what_the_desk_may_more_than_the_console() -> None:
    """R55, R59: its camera, its gateway, work without the network; and nothing else."""
    more = {name for name, value in door.DESK_HEADERS.items() if door.HEADERS[name] != value}
    assert more == {"Content-Security-Policy", "Permissions-Policy"}
    console, desk = (
        dict(part.split(" ", 1) for part in h["Content-Security-Policy"].split("; "))
        for h in (door.HEADERS, door.DESK_HEADERS)
    )
    assert {name for name in desk if desk[name] != console.get(name)} == {
        *("connect-src", "media-src", "worker-src", "manifest-src")
    }
    assert set(desk["connect-src"].split()) == {
        *("'self'", "http://127.0.0.1:*", "http://localhost:*")
    }


def test_every_service_stands_behind_the_door() -> None:
    assert set(passing.LIMITS) == set(service_names())
