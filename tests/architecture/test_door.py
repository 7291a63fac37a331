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


def limits(caddyfile: str) -> dict[str, int]:
    """Most bytes of a body by service."""
    blocks = re.findall(r"/api/(\w+)/\* \{.*?max_size (\d+)(\w+)", caddyfile, re.S)
    return {service: int(number) * UNITS[unit] for service, number, unit in blocks}


def differences(caddyfile: str, compose: str) -> Iterator[str]:
    """In what the doors are not the same."""
    if headers(caddyfile) != door.HEADERS:
        yield "headers"
    if limits(caddyfile) != passing.LIMITS:
        yield "sizes"
    if f'"{door.FOR_EVER}"' not in caddyfile:
        yield "what is kept"
    mounted = yaml.safe_load(compose)["services"]["proxy"]["volumes"]
    pages = door.PAGES.relative_to(ROOT)
    folder = re.search(r"\{\$MUSTER_PAGES:(\S+)\}", caddyfile)
    if folder is None or f"./{pages}:{folder[1]}:ro" not in mounted:
        yield "pages"


def test_both_doors_keep_the_same_rules() -> None:
    assert list(differences(CADDYFILE.read_text(), (ROOT / "docker-compose.yml").read_text())) == []


@pytest.mark.parametrize(
    ("was", "then", "found"),
    [
        ("script-src 'self'", "script-src 'self' 'unsafe-inline'", "headers"),
        ("header ?X-Content-Type-Options nosniff", "", "headers"),
        ("max_size 136MiB", "max_size 136MB", "sizes"),
        (", immutable", "", "what is kept"),
        ("{$MUSTER_PAGES:/srv/muster}", "/srv/other", "pages"),
    ],
)
def test_a_door_of_its_own_kind_is_seen(was: str, then: str, found: str) -> None:
    text = CADDYFILE.read_text()
    assert was in text
    changed = text.replace(was, then)
    assert list(differences(changed, (ROOT / "docker-compose.yml").read_text())) == [found]


def test_every_service_stands_behind_the_door() -> None:
    assert set(passing.LIMITS) == set(service_names())
