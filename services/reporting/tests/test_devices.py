"""How the devices of terminals are, as reporting hears and shows it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from muster.contracts.envelope import Clear
from muster.contracts.topics import service_topics
from muster.messaging.deadletters import RawMessage
from muster.messaging.intake import Intake
from muster.messaging.message import DONE
from muster.reporting import handlers
from muster.reporting.main import service
from muster.runtime.context import Context
from muster.security import packets
from muster.spool import wire
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

from .conftest import COUNTY, Door, device, device_status, enrol, rows, take, upload
from .test_handlers import rules

TOPIC = "device-status-changed"
READY, GONE = {"desk": "ready"}, {"desk": "reader-away"}


@pytest.mark.parametrize("sequence", list(itertools.permutations((1, 2, 3))))
@pytest.mark.parametrize("together", [True, False])
async def test_the_newest_status_counts_in_any_order(
    context: Context, sequence: tuple[int, ...], together: bool
) -> None:
    """R60; design section 4: a late, doubled or replayed fact is harmless."""
    terminal = new_id()
    facts = {
        1: device(terminal, 1, device_status(READY, 0)),
        2: device(terminal, 2, device_status(GONE, 5)),
        3: device(terminal, 3, device_status({**READY, "card": "ready"}, 2)),
    }
    heard = [facts[n] for n in (*sequence, *sequence[:2])]
    if together:
        async with context.database.transaction() as conn:
            await handlers.take_devices(context, conn, heard)
    else:
        await take(context, *heard)
    (held,) = await rows(context, "SELECT version, readers, waiting, software FROM device_status")
    assert held == (3, {"desk": "ready", "card": "ready"}, 2, "0.1.0")


async def test_bad_statuses_are_invalid_and_good_ones_of_the_batch_go_in(
    context: Context,
) -> None:
    good = device(new_id(), 1, device_status({}))
    batch = [
        device(new_id(), 1, device_status(READY), county="999999"),
        device(new_id(), 1, device_status(READY, -1)),
        device(new_id(), 1, device_status({"desk\x00": "ready"})),
        device(new_id(), 1, device_status({"desk": ""})),
        device(new_id(), 1, device_status({"d" * 201: "ready"})),
        replace(device(new_id(), 1, device_status(READY)), key=new_id()),
        good,
    ]
    async with context.database.transaction() as conn:
        outcomes = await handlers.take_devices(context, conn, batch)
    assert rules(outcomes) == [
        "area-unknown",
        "count-negative",
        *["text-unreadable"] * 3,
        "terminal-differs",
        DONE,
    ]
    assert all(one.zh and one.en for one in outcomes[:-1])
    (held,) = await rows(context, "SELECT terminal_id::text FROM device_status")
    assert held[0] == good.key


async def test_a_status_is_taken_from_the_terminal_that_signed_it(context: Context) -> None:
    """R101: one that another key signed is refused; one of a terminal not heard of yet waits."""
    spec = service_topics()[TOPIC]
    mine, other, stranger = new_id(), new_id(), new_id()
    keys = {one: packets.generate_key("sig") for one in (mine, other, stranger)}
    for one in (mine, other):
        await enrol(context, one, COUNTY, keys[one])
    reader = packets.public_jwk(context.keyring.current("packet/reporting").jwk())

    def sent(terminal: str, signer: str) -> RawMessage:
        out = wire.seal_event(
            spec,
            Clear(version=1, terminal_id=terminal),
            device_status(READY),
            key=terminal,
            place=terminal,
            sequence=1,
            signing=keys[signer],
            reader=reader,
        )
        return RawMessage(TOPIC, 0, 1, out.key, out.headers, out.value)

    intake = Intake(
        service="reporting",
        context=context,
        database=context.database,
        subscriptions=service.subscriptions,
        keyring=context.keyring,
    )
    await intake.take(TOPIC, [sent(mine, mine), sent(other, mine), sent(stranger, stranger)])
    assert await rows(context, "SELECT terminal_id::text FROM device_status") == [(mine,)]
    assert len(await rows(context, "SELECT 1 FROM dead_letter")) == 1
    assert len(await rows(context, "SELECT 1 FROM parked")) == 1


async def test_terminals_are_shown_where_they_were_enrolled(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R60: the area is the one that access bound to the key; else the county in clear; else the
    whole campaign's."""
    township = villages[0][:9]
    enrolled, named, bare = new_id(), new_id(), new_id()
    await enrol(context, enrolled, township, packets.generate_key("sig"))
    at = datetime.now(UTC) - timedelta(hours=2)
    await take(
        context,
        device(enrolled, 4, device_status(GONE, 7, at), county=COUNTY),
        device(named, 1, device_status(READY), county=COUNTY),
        device(bare, 1, device_status({})),
    )
    async with door.client((Role.ADMINISTRATOR, COUNTY)) as client:
        county = (await client.get("/devices")).json()
        below = (await client.get("/devices", params={"area": township})).json()
    places = {one["terminal_id"]: one["area"] for one in county["devices"]}
    assert places == {enrolled: township, named: COUNTY, bare: context.profile.area}
    (one,) = below["devices"]
    assert (below["code"], one["terminal_id"], one["readers"]) == (township, enrolled, GONE)
    assert (one["waiting"], one["software"]) == (7, "0.1.0")
    assert one["name"] == context.areas.get(township).name
    assert datetime.fromisoformat(one["at"]) == at
    assert datetime.fromisoformat(one["last_heard"]) > at + timedelta(hours=1)


async def test_an_upload_is_heard_too(context: Context, door: Door, villages: list[str]) -> None:
    """R68: a terminal whose readers stay as they are is not silent when it uploads."""
    sent = upload(villages[0][:9], datetime.now(UTC) + timedelta(minutes=1))
    terminal = sent.key
    await take(context, device(terminal, 1, device_status(READY), county=COUNTY), sent)
    async with door.client((Role.LEADER, COUNTY)) as client:
        (one,) = (await client.get("/devices")).json()["devices"]
    assert datetime.fromisoformat(one["last_heard"]) == sent.part.received_at


async def test_terminals_end_at_the_area_of_the_grant(
    context: Context, door: Door, villages: list[str]
) -> None:
    """Design section 5, rule 10."""
    mine = villages[0][:9]
    other = next(v for v in villages if v[:9] != mine)[:9]
    terminal = new_id()
    await enrol(context, terminal, other, packets.generate_key("sig"))
    await take(context, device(terminal, 1, device_status(READY)))
    async with door.client((Role.TOWNSHIP_LEADER, mine)) as client:
        assert (await client.get("/devices", params={"area": mine})).json()["devices"] == []
        assert (await client.get("/devices", params={"area": other})).status_code == 403
    async with door.client((Role.COLLECTOR, COUNTY), (Role.AUDITOR, COUNTY)) as client:
        assert (await client.get("/devices")).status_code == 403
