"""Desks that stay open after the campaign, for whoever wants to work as collector in a browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from muster.forms import Profile
from muster.runtime.client import Account, Services, Terminal
from muster.runtime.demo.campaign import ACCOUNTS
from muster.runtime.demo.cardbox import OpenDesk, opened
from muster.runtime.demo.cards import choose
from muster.runtime.demo.edges import Gateway
from muster.runtime.demo.world import Desk, Person, World
from muster.runtime.home import write_private
from muster.spool import keyfile

__all__ = ["open_desks"]

_MOST = 3
"""A gateway takes about 90 MB."""


@asynccontextmanager
async def open_desks(
    services: Services, world: World, profile: Profile, seed: int
) -> AsyncIterator[list[OpenDesk]]:
    """For the length of the block a few desks have a running gateway and a card box, and in the
    file of accounts their collectors have the link that opens the desk in a browser.

    Raises EdgeFailed, Refused, Unreachable: a desk cannot be opened.
    """
    kept = services.home.path / ACCOUNTS
    accounts: list[dict[str, str]] = services.home.read(kept)["accounts"]
    collectors = {one["area"]: one for one in accounts if one["role"] == "collector"}
    async with AsyncExitStack() as stack:
        found = []
        for desk in _richest(world):
            told = collectors[desk.area]
            gateway = Gateway.beside(services, desk.area)
            collector = _collector(services, gateway, told)
            cards = await choose(collector, world, desk, profile.area_tree(), seed)
            made = await stack.enter_async_context(opened(gateway, desk.area, cards))
            told["desk"] = made.link
            found.append(made)
        await asyncio.to_thread(write_private, kept, {"accounts": accounts})
        yield found


def _collector(services: Services, gateway: Gateway, told: Mapping[str, Any]) -> Account:
    """The desk's collector, who signs in at its terminal."""
    edge = keyfile.read(gateway.home)
    assert edge.place is not None
    assert edge.area is not None
    terminal = Terminal(edge.place, edge.area, edge.signing)
    return Account(services, told["username"], told["password"], terminal)


def _richest(world: World) -> list[Desk]:
    """The desks at which the most different things are left to see, the first in the county among
    equals."""

    def kinds(desk: Desk) -> int:
        return len({_kind(person) for person in world.at(desk)})

    return sorted(world.desks, key=kinds, reverse=True)[:_MOST]


def _kind(person: Person) -> tuple[str, bool]:
    return person.ending, person.comes and bool(person.overlooked) and not person.comes_back
