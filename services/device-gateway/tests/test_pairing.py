"""``muster-gateway pair``: the link by which the desk's page comes to know its gateway (R101)."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from muster.device_gateway import token
from muster.spool import keyfile
from muster.spool.keyfile import Edge

from .test_running import running

DESK = "https://muster.example"
OTHER = "https://other.example:8443"


async def pair(home: Path, *arguments: str, origins: str = "") -> tuple[int, str, str]:
    """Its exit code, and what it says on both streams."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "muster.device_gateway.main", "pair", *arguments),
        env={
            **os.environ,
            "MUSTER_GATEWAY_HOME": str(home),
            "MUSTER_GATEWAY_PORT": "0",
            "MUSTER_GATEWAY_ORIGINS": origins,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode(), complained.decode()


async def test_the_link_lets_the_page_in(home: Path, edge: Edge) -> None:
    """What a page reads from its address is what the gateway asks of it."""
    async with running(home, MUSTER_GATEWAY_ORIGINS=f"{DESK}/, {OTHER}") as gateway:
        code, said, _ = await pair(home, "--json", origins=f"{DESK}/, {OTHER}")
        assert code == 0
        found = json.loads(said)
        assert found["gateway"] == gateway.where["url"]
        assert found["origin"] == DESK
        parts = urlsplit(found["link"])
        assert f"{parts.scheme}://{parts.netloc}{parts.path}{parts.query}" == f"{DESK}/desk/"
        told = {name: values[0] for name, values in parse_qs(parts.fragment).items()}
        assert told == {"gateway": gateway.where["url"], "token": token.ensure(home)}
        assert "://" not in parts.fragment
        async with httpx.AsyncClient(base_url=told["gateway"]) as page:
            headers = {"Origin": DESK, "Authorization": f"Bearer {told['token']}"}
            assert (await page.post("/assertions", headers=headers)).status_code == 200

        code, said, _ = await pair(home, origins=f"{DESK},{OTHER}")
        assert code == 0
        assert said.splitlines()[-1] == found["link"]
        assert "不要发给他人" in said
        assert "secret of this computer" in said
        for address in (OTHER, f"{OTHER}/desk/", OTHER.upper()):
            code, said, _ = await pair(home, "--json", "--desk", address, origins=DESK)
            assert (code, json.loads(said)["origin"]) == (0, OTHER)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, ("MUSTER_GATEWAY_ORIGINS", "网址")),
        (("--desk", "muster.example"), 2, ("http or https", "开头")),
        (("--desk", "file:///desk"), 2, ("http or https", "开头")),
        (("--desk", "https://[::1"), 2, ("http or https", "开头")),
        (("--desk", "https://you@muster.example"), 2, ("http or https", "开头")),
        (("--desk", DESK), 1, ("does not run", "没有运行")),
    ],
)
async def test_what_is_missing_is_said(
    home: Path, edge: Edge, arguments: tuple[str, ...], code: int, words: tuple[str, str]
) -> None:
    token.ensure(home)
    ended, said, complained = await pair(home, *arguments)
    assert (ended, said) == (code, "")
    assert all(word in complained for word in words), complained
    assert token.ensure(home) not in complained


async def test_a_page_that_the_gateway_would_not_let_in_gets_no_link(
    home: Path, edge: Edge
) -> None:
    async with running(home, MUSTER_GATEWAY_ORIGINS=OTHER):
        code, said, complained = await pair(home, "--desk", DESK)
        assert (code, said) == (1, "")
        assert "lets in no page" in complained
        assert "不接受" in complained


async def test_a_computer_that_is_not_enrolled_gets_no_link(home: Path) -> None:
    keyfile.create(home, Edge.new("terminal", {}, "127.0.0.1:1"))
    code, said, complained = await pair(home, origins=DESK)
    assert (code, said) == (1, "")
    assert "not enrolled" in complained
    assert "尚未登记" in complained
