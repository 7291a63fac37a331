"""A department hears what became of its own extracts, and of nobody else's (R74, R101)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from muster.contracts.parts.crosscheck import Manifest
from muster.crosscheck.domain import extract as extract_rules
from muster.messaging import border
from muster.runtime.context import Context
from muster.security import jose, packets

from .conftest import AF, HR, PS, Door, connector_asks, data, know_key, make_fields, make_row, take

ASKS = border.ASKS_EXTRACTS


@pytest.fixture
async def client(door: Door) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a token, as a connector is."""
    async with door.client() as client:
        del client.headers["authorization"]
        yield client


async def ask(client: httpx.AsyncClient, packet: str) -> tuple[int, Any]:
    """The status, and the items or the rule."""
    answer = await client.post("/extracts/own", json={"packet": packet})
    body = answer.json()
    return answer.status_code, body["items" if answer.is_success else "reasons"]


async def test_a_department_hears_of_its_own_extracts_only(
    context: Context, client: httpx.AsyncClient
) -> None:
    """R74: each asks by its own key, and sees state, rule and words of its own."""
    *parts, manifest = data(HR, make_row(HR, make_fields(1)))
    said = Manifest(rows=9, parts=manifest.part.manifest.parts)
    bad = replace(manifest, part=manifest.part.model_copy(update={"manifest": said}))
    await take(context, *parts, bad)
    await take(context, *data(AF, make_row(AF, make_fields(1))))
    status, [told] = await ask(client, await connector_asks(context, HR))
    assert (status, told["extract_id"], told["department"]) == (200, bad.key, HR)
    assert (told["state"], told["rule"]) == ("refused", "rows-differ")
    assert (told["zh"], told["en"]) == extract_rules.RULES["rows-differ"]
    _, [other] = await ask(client, await connector_asks(context, AF))
    assert (other["department"], other["state"]) == (AF, "current")
    assert await ask(client, await connector_asks(context, PS)) == (200, [])


async def test_who_is_not_an_enrolled_department_hears_nothing(
    context: Context, client: httpx.AsyncClient
) -> None:
    """R101: a stranger, a terminal, a revoked key, a packet for another or of another time."""
    await take(context, *data(AF, make_row(AF, make_fields(1))))
    ours = jose.public_jwk(context.keyring.current("packet/crosscheck").jwk())
    key = await know_key(context, AF)
    terminal = await know_key(context, AF, kind="terminal")
    revoked = await know_key(context, AF, revoked=True)
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    good = packets.sign_and_seal(ASKS, key, ours)
    assert (await ask(client, good))[0] == 200
    bad = {
        packets.sign_and_seal(ASKS, jose.generate("sig"), ours): "packet-key-unknown",
        packets.sign_and_seal(ASKS, terminal, ours): "packet-key-unknown",
        packets.sign_and_seal(ASKS, revoked, ours): "packet-key-unknown",
        packets.sign_and_seal(ASKS, key, jose.generate("enc")): "packet-recipient",
        packets.sign_and_seal(ASKS, {**jose.generate("sig"), "kid": key["kid"]}, ours): (
            "packet-signature"
        ),
        packets.sign_and_seal(ASKS, key, ours, now=long_ago): "packet-expired",
        packets.sign_and_seal({"asks": "everything"}, key, ours): "packet-context",
        "今天": "packet-malformed",
    }
    for packet, rule in bad.items():
        status, reasons = await ask(client, packet)
        assert (status, [one["rule"] for one in reasons]) == (422, [rule])
    assert (await ask(client, "x" * 4097))[0] == 422
