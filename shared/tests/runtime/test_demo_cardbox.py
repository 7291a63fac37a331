"""A desk for a browser: the gateway that stays, the card box beside it, the link to both."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from muster.forms import Profile
from muster.runtime.client import Account, Services
from muster.runtime.demo import cardbox, cards
from muster.runtime.demo.cardbox import OpenDesk
from muster.runtime.demo.cards import Card
from muster.runtime.demo.world import Person, World
from muster.runtime.home import write_private
from muster.synth import build, write
from muster.synth.reader import SerialReader
from muster.vocabulary import resident_number

from .test_demo_edges import Reader, ToyGateway, _prepare, services  # noqa: F401 - a fixture

WEB = "http://127.0.0.1:8123"


class SwitchedReader(Reader):
    """One that is switched on and off with its gateway."""

    def __enter__(self) -> None:
        self.path = "/dev/null"

    def __exit__(self, *_: object) -> None:
        self.path = ""


CARDS = tuple(
    Card(f"632321100-{kind}", name, number, zh, en, text)
    for kind, name, number, zh, en, text in (
        ("open", "才让", "1", "尚未采集", "Not collected yet", b"first card"),
        ("new", "卓玛", "2", "没有此人", "Nobody knows them", b"second card"),
    )
)


@pytest.fixture
async def desk(services: Services) -> AsyncIterator[tuple[OpenDesk, ToyGateway]]:  # noqa: F811
    stack = services.home.stack()
    write_private(services.home.stack_file, {**stack, "web": WEB})
    gateway = ToyGateway.beside(services, "632321100")
    gateway.reader = cast("SerialReader", SwitchedReader(path=""))
    _prepare(gateway)
    async with cardbox.opened(gateway, "632321100", CARDS) as made:
        yield made, gateway


@pytest.fixture
async def page(desk: tuple[OpenDesk, ToyGateway]) -> AsyncIterator[httpx.AsyncClient]:
    """A page of the stack that was opened by the link."""
    made, _ = desk
    headers = {"Origin": WEB, "Authorization": f"Bearer {made.cards_token}"}
    async with httpx.AsyncClient(base_url=made.cards, headers=headers) as client:
        yield client


def rule(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    [reason] = answer.json()["reasons"]
    assert any("\u4e00" <= sign <= "\u9fff" for sign in reason["zh"])
    assert reason["en"].isascii()
    return answer.status_code, reason["rule"]


async def test_the_link_says_where_everything_is(desk: tuple[OpenDesk, ToyGateway]) -> None:
    made, gateway = desk
    parts = urlsplit(made.link)
    assert made.link.startswith(f"{WEB}/desk/#gateway=http%3A%2F%2F127.0.0.1%3A")
    told = {name: values[0] for name, values in parse_qs(parts.fragment).items()}
    assert told == {
        "gateway": made.gateway,
        "token": "t",
        "cards": made.cards,
        "cards_token": made.cards_token,
        "desk": "632321100",
    }
    assert gateway._settings()["MUSTER_GATEWAY_ORIGINS"] == WEB
    assert made.cards_token not in repr(made)


async def test_cards_are_laid_and_lifted(
    desk: tuple[OpenDesk, ToyGateway], page: httpx.AsyncClient
) -> None:
    reader = cast("Any", desk[1].reader)
    answer = await page.get("/cards", params={"desk": "632321100"})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == WEB
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "cards": [
            {"id": c.card_id, "name": c.name, "number": c.number}
            | {"hint_zh": c.hint_zh, "hint_en": c.hint_en}
            for c in CARDS
        ]
    }
    laid = await page.post(f"/cards/{CARDS[1].card_id}/place")
    assert (laid.status_code, laid.content, reader.cards) == (204, b"", [b"second card"])
    lifted = await page.post("/cards/lift")
    assert (lifted.status_code, lifted.content, reader.lifted) == (204, b"", 1)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Authorization": ""}, (401, "token-required")),
        ({"Authorization": "Bearer t"}, (401, "token-required")),
        ({"Origin": "https://evil.example"}, (403, "origin-not-allowed")),
        ({"Origin": "null"}, (403, "origin-not-allowed")),
        ({"Host": "evil.example"}, (403, "host-not-local")),
    ],
)
async def test_nobody_else_has_the_box(
    desk: tuple[OpenDesk, ToyGateway],
    page: httpx.AsyncClient,
    headers: dict[str, str],
    expected: tuple[int, str],
) -> None:
    for method, path in (
        ("GET", "/cards?desk=632321100"),
        ("POST", f"/cards/{CARDS[0].card_id}/place"),
        ("POST", "/cards/lift"),
    ):
        assert rule(await page.request(method, path, headers=headers)) == expected
    reader = cast("Any", desk[1].reader)
    assert (reader.cards, reader.lifted) == ([], 0)


async def test_what_is_not_there_is_said(page: httpx.AsyncClient) -> None:
    large = await page.post("/cards/lift", content=b"a" * ((1 << 20) + 1))
    assert rule(large) == (413, "body-too-large")
    assert rule(await page.get("/cards", params={"desk": "1"})) == (404, "desk-unknown")
    assert (await page.get("/cards")).json()["reasons"][0]["field"] == "desk"
    assert rule(await page.post("/cards/nobody/place")) == (404, "card-unknown")
    assert rule(await page.post("/other")) == (404, "http-404")
    assert (await page.get("/cards/lift")).status_code == 405
    asked = await page.options("/cards/lift", headers={"Authorization": ""})
    assert asked.status_code == 204


async def test_a_gateway_that_dies_comes_back_at_its_address(
    desk: tuple[OpenDesk, ToyGateway], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, gateway = desk
    assert gateway.child is not None
    first = gateway.child.pid
    os.kill(first, signal.SIGKILL)
    async with asyncio.timeout(90), httpx.AsyncClient() as client:
        while True:
            try:
                answer = await client.get(f"{made.gateway}/status")
                break
            except httpx.TransportError:
                await asyncio.sleep(0.1)
    assert answer.status_code == 200
    assert gateway.child is not None
    assert gateway.child.pid != first


async def test_afterwards_nothing_runs(services: Services) -> None:  # noqa: F811
    write_private(services.home.stack_file, {**services.home.stack(), "web": WEB})
    gateway = ToyGateway.beside(services, "632321100")
    gateway.reader = cast("SerialReader", SwitchedReader(path=""))
    _prepare(gateway)

    async def fail() -> None:
        async with cardbox.opened(gateway, "632321100", CARDS) as made:
            assert gateway.child is not None
            seen.extend((gateway.child, made))
            raise KeyError

    seen: list[Any] = []
    with pytest.raises(KeyError):
        await fail()
    child, made = seen
    assert not child.running()
    async with httpx.AsyncClient() as client:
        for url in (made.gateway, made.cards):
            with pytest.raises(httpx.ConnectError):
                await client.get(url)


# -- which cards -----------------------------------------------------------------------------------


class Capture(Account):
    """A collector to whom capture answers as it stands at the end of a campaign."""

    people: Sequence[Person] = ()
    area = ""
    asked = 0

    async def post(self, service: str, path: str, body: Any, **_: Any) -> Any:
        assert (service, path) == ("capture", "/subjects/lookup")
        self.asked += 1
        [person] = [p for p in self.people if p.number == body["resident_number"]] or [None]
        if person is None:
            return {"known": False, "elsewhere": False, "entries": [], "baseline": None}
        if person.desk != self.area:
            return {"known": True, "elsewhere": True, "entries": [], "baseline": None}
        back = bool(person.overlooked) and not person.comes_back
        review = {"state": "returned" if back else "verified" if person.reviewed else "submitted"}
        baseline = {"fields": {"name": person.fields["name"]}} if person.archive else None
        return {
            "known": True,
            "elsewhere": False,
            "entries": [{"state": "collected" if person.comes else person.ending}],
            "baseline": baseline,
            "review": review if person.comes else None,
        }


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    county = build(Profile.load("tongren"), 400, 5)
    return World.load(write(county, tmp_path_factory.mktemp("county"), truth=False))


async def chosen(world: World, desk: int, services: Services) -> list[Card]:  # noqa: F811
    collector = Capture(services, "collector", "")
    collector.people, collector.area = world.people, world.desks[desk].area
    tree = Profile.load("tongren").area_tree()
    found = await cards.choose(collector, world, world.desks[desk], tree, 5)
    assert collector.asked < 60
    return found


async def test_each_card_is_as_its_hint_says(world: World, services: Services) -> None:  # noqa: F811
    seen: dict[str, set[str]] = {}
    everybody = {person.number: person for person in world.people}
    for place, desk in enumerate(world.desks[:3]):
        found = await chosen(world, place, services)
        assert [c.card_id for c in found] == [
            c.card_id for c in await chosen(world, place, services)
        ]
        assert len({card.number for card in found}) == len(found)
        for card in found:
            area, kind, *_ = card.card_id.split("-")
            assert area == desk.area
            assert len(card.text) == 256
            assert card.hint_zh
            assert card.hint_en.isascii()
            resident_number.parse(card.number)
            seen.setdefault(kind, set()).add(card.number)
            person = everybody.get(card.number)
            assert (person is None) == (kind == "new")
            if person is None:
                continue
            assert (person.desk == desk.area) == (kind != "elsewhere")
            assert (card.name == person.fields["name"]) == (kind != "renamed")
            if kind in ("open", "declined"):
                assert person.ending == kind
            text = card.text.decode("utf-16-le")
            assert card.name[:15] in text
            assert ("20250301" in text) == (kind == "expired")
    assert set(seen) >= {"open", "collected", "expired", "renamed", "elsewhere", "new", "declined"}


async def test_a_county_without_anybody_left_still_has_a_new_person(
    world: World,
    services: Services,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who is not as the hint says by now gets no card."""

    async def unknown(self: Capture, *_: Any, **__: Any) -> Any:
        return {"known": False, "elsewhere": False, "entries": [], "baseline": None}

    monkeypatch.setattr(Capture, "post", unknown)
    collector = Capture(services, "collector", "")
    tree = Profile.load("tongren").area_tree()
    found = await cards.choose(collector, world, world.desks[0], tree, 5)
    assert [card.card_id.split("-")[1] for card in found] == ["new"] * 5
