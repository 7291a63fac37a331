"""How long the demo waits: as long as anything goes on, and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from muster.runtime import client, findings
from muster.runtime.client import Account, Services, Unreachable
from muster.runtime.demo import campaign, crosscheck
from muster.runtime.demo.campaign import Campaign, Stuck
from muster.runtime.demo.crosscheck import CrossCheck, NotSettled
from muster.runtime.demo.patience import Patience
from muster.runtime.home import Home, write_private


def test_patience_is_out_only_when_nothing_changes() -> None:
    patience = Patience(0.0)
    assert not Patience(60.0).out("a")
    assert [patience.out(seen) for seen in ("a", "a", "b", "b")][1::2] == [True, True]
    patience = Patience(60.0)
    patience._since -= 61
    assert not patience.out("new")
    patience._since -= 61
    assert patience.out("new")


@pytest.mark.parametrize("reviewing", [True, False])
async def test_a_desk_waits_for_returned_records_while_reviewers_decide_elsewhere(
    reviewing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own records may stand far behind in their queue; when nobody decides, none will come."""
    monkeypatch.setattr(campaign, "_PATIENCE", 0.2)
    monkeypatch.setattr(campaign, "_POLL", 0.05)
    reviewer = SimpleNamespace(decisions=0)
    looks = 0

    async def step() -> int:
        nonlocal looks
        looks += 1
        reviewer.decisions += reviewing
        return int(looks == 8)

    waited = Campaign._progressing(
        cast("Any", SimpleNamespace(reviewers=[reviewer])), step, 1, "returned records"
    )
    if reviewing:
        await waited
        assert looks == 8
    else:
        with pytest.raises(Stuck):
            await waited
        assert looks < 8


AREA = "522200"


class Told:
    """An administrator who is told of these candidates, look by look; the last look stays. Those of
    `listed`, by their place in a look, are on capture's list of whom it could not enter."""

    pages = Account.pages

    def __init__(
        self, *looks: Sequence[str], waiting: int = 0, listed: Collection[int] = ()
    ) -> None:
        self.looks = looks
        self.listed = listed
        self.waiting = waiting
        self.seen = 0

    async def get(self, service: str, path: str, **query: Any) -> Any:
        if service == "capture":
            assert (path, query["area"]) == ("/candidates", AREA)
            return {"candidates": [{"candidate_id": one} for one in self.listed], "next": None}
        if path == "/comparison":
            return {"waiting": self.waiting}
        if path == "/counts":
            return {"total": {}}
        now = self.looks[min(self.seen, len(self.looks) - 1)]
        start = int(query["after"] or 0)
        after = start + query["limit"]
        page = [{"candidate_id": n, "state": now[n]} for n in range(start, min(after, len(now)))]
        if after < len(now):
            return {"items": page, "next": str(after)}
        self.seen += 1
        return {"items": page, "next": None}


def _checking(admin: Told) -> CrossCheck:
    return CrossCheck(cast("Any", admin), cast("Any", SimpleNamespace(departments={})), AREA)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crosscheck, "_POLL", 0.0)


async def test_candidates_that_a_department_was_asked_for_are_waited_for() -> None:
    """R76. Their rows are yet to be opened: nothing may be read as found before."""
    for state in ("asked", "waiting"):
        admin = Told(*[[state, "held"]] * 10, ["closed", "held"])
        await _checking(admin).settle()
        assert admin.seen == 10 + 1 + crosscheck._QUIET


async def test_who_was_told_of_is_given_time_to_come_back() -> None:
    """R76. Of somebody whom capture was told of the subject comes over two topics."""
    admin = Told(*[["told"]] * 10, ["closed"])
    await _checking(admin).settle()
    assert admin.seen == 10 + 1 + crosscheck._QUIET
    stays = Told(["told"])  # they never come, and nobody says why
    await _checking(stays).settle()
    assert stays.seen == 1 + crosscheck._QUIET_TOLD


async def test_who_could_not_be_entered_is_not_waited_for() -> None:
    """R76. Nobody knows the village, say: an administrator must settle it, and nobody is here."""
    listed = Told(["told", "held", "told"], listed=(0, 2))
    await _checking(listed).settle()
    assert listed.seen == 1 + crosscheck._QUIET
    one_comes = Told(["told", "told"], listed=(1,))
    await _checking(one_comes).settle()
    assert one_comes.seen == 1 + crosscheck._QUIET_TOLD


class Orders:
    """An administrator who is told that these are open, look by look; the last look stays."""

    pages = Account.pages

    def __init__(self, *looks: str) -> None:
        self.looks = looks
        self.seen = 0

    async def get(self, _service: str, _path: str, **_query: Any) -> Any:
        now = self.looks[min(self.seen, len(self.looks) - 1)]
        self.seen += 1
        return {"items": [{"discrepancy_id": one} for one in now], "next": None}


async def test_what_desks_mended_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """R75. Crosscheck may have been killed, and reads of it later; others stay open."""
    before = [{"discrepancy_id": one, "resident_number": f"n{one}"} for one in "abc"]
    closing = Orders("abc", "abc", "ac", "ac", "c")
    await _checking(cast("Any", closing)).await_closing(before, {"na", "nb"})
    assert closing.seen == 5
    monkeypatch.setattr(crosscheck, "_CLOSING", 0.02)
    monkeypatch.setattr(crosscheck, "_POLL", 0.01)
    await _checking(cast("Any", Orders("abc"))).await_closing(before, {"na"})


async def test_all_pages_of_candidates_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "_PAGE", 2)
    looked = await _checking(Told(["held", "held", "told", "ended", "asked"]))._look()
    assert looked["candidates"] == {"held": 2, "told": 1, "ended": 1, "asked": 1}
    assert (looked["waiting"], looked["coming"]) == (1, 1)


async def test_settling_is_given_up_when_nothing_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crosscheck, "_PATIENCE", 0.05)
    moving = Told(*[["asked"] * number for number in range(1, 30)], [])
    monkeypatch.setattr(crosscheck, "_POLL", 0.01)
    await _checking(moving).settle()  # longer than the patience in all
    with pytest.raises(NotSettled, match="did not come to rest"):
        await _checking(Told([], waiting=1)).settle()


# -- requests ------------------------------------------------------------------------------------


def _services(tmp_path: Path, answer: Any) -> Services:
    home = Home(tmp_path).create()
    write_private(home.stack_file, {"services": {"capture": {"url": "http://capture"}}})
    transport = httpx.MockTransport(answer)
    return Services(home, httpx.AsyncClient(transport=transport, timeout=client._TIMEOUT))


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_PATIENCE", 0.3)
    monkeypatch.setattr(client, "_ONE", 0.1)
    monkeypatch.setattr(client, "_FIRST_PAUSE", 0.01)
    monkeypatch.setattr(client, "_LONGEST_PAUSE", 0.01)


@pytest.mark.usefixtures("hurried")
async def test_one_request_that_takes_long_and_fails_is_not_the_end(tmp_path: Path) -> None:
    """A service that is killed in the middle of an import is back in a moment."""
    tries = 0

    async def answer(_request: httpx.Request) -> httpx.Response:
        nonlocal tries
        tries += 1
        if tries == 1:
            await asyncio.sleep(0.5)  # longer than anybody waits for one that is away
            raise httpx.ReadError("killed")
        return httpx.Response(200)

    async with _services(tmp_path, answer) as services:
        assert (await services.send("POST", "capture", "/imports")).status_code == 200
    assert tries == 2


@pytest.mark.usefixtures("hurried")
async def test_a_service_that_stays_away_is_given_up(tmp_path: Path) -> None:
    async with _services(tmp_path, lambda _: httpx.Response(503)) as services:
        with pytest.raises(Unreachable, match="capture answered 503"):
            await services.send("GET", "capture", "/ledger")


async def test_what_is_done_for_everybody_in_one_request_has_longer(tmp_path: Path) -> None:
    """Twenty thousand people are imported, and compared, in one request each."""
    timeouts = []

    async def answer(request: httpx.Request) -> httpx.Response:
        timeouts.append(request.extensions["timeout"]["read"])
        return httpx.Response(200, json={})

    async with _services(tmp_path, answer) as services:
        account = client.Account(services, "admin", "x", token="t")
        await account.post("capture", "/comparison", {}, timeout=client.LONG)
        await account.post("capture", "/subjects", {})
    assert timeouts == [900.0, 60.0]
