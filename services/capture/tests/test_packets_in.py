"""The packet itself: only what an enrolled terminal packed is opened."""

from __future__ import annotations

from typing import Any

import pytest

from muster.security import packets
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

Bench = Any


async def post(bench: Bench, route: str, body: bytes | str, terminal: Any) -> Any:
    return await bench.client.post(
        route, content=body, headers=bench.headers(Role.COLLECTOR, terminal.area, terminal)
    )


def refused_for(answer: Any, rule: str, status: int = 422) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert [found["rule"] for found in answer.json()["reasons"]] == [rule]


@pytest.mark.parametrize("route", ["/uploads", "/evidence"])
async def test_what_is_no_packet_of_an_enrolled_terminal_is_refused(
    bench: Bench, route: str
) -> None:
    """R101, R102: only an authorised computer's own packet, sealed to this service, is opened."""
    terminal = await bench.terminal()
    payload = {"packet_id": new_id(), "pieces": [], "records": []}
    whole = await bench.seal(terminal, payload)
    refused_for(await post(bench, route, b"garbage", terminal), "packet-malformed")
    refused_for(await post(bench, route, b"\xff\x00", terminal), "packet-malformed")
    refused_for(await post(bench, route, b"", terminal), "packet-malformed")
    head, tail = whole[:-40], whole[-39:]
    flipped = head + ("A" if whole[-40] != "A" else "B") + tail
    refused_for(await post(bench, route, flipped, terminal), "packet-damaged")
    stranger = packets.sign_and_seal(payload, packets.generate_key("sig"), bench.recipient)
    refused_for(await post(bench, route, stranger, terminal), "packet-key-unknown")
    no_terminal = packets.generate_key("sig")
    await bench.enrol_key(no_terminal, new_id(), "department", terminal.area)
    signed = packets.sign_and_seal(payload, no_terminal, bench.recipient)
    refused_for(await post(bench, route, signed, terminal), "packet-key-unknown")
    elsewhere = packets.sign_and_seal(payload, terminal.jwk, packets.generate_key("enc"))
    refused_for(await post(bench, route, elsewhere, terminal), "packet-recipient")
    refused_for(await post(bench, route, whole, terminal), "packet-shape")
    other = await bench.terminal()
    refused_for(await post(bench, route, whole, other), "terminal-differs", 403)
    for odd in ([terminal.terminal_id], {}, 1):
        claims = await bench.seal(terminal, {**payload, "terminal_id": odd})
        refused_for(await post(bench, route, claims, terminal), "terminal-differs", 403)
    huge = b"A" * (packets.LIMIT + 1)
    refused_for(await post(bench, route, huge, terminal), "packet-too-large", 413)


async def test_a_revoked_terminal_uploads_no_more(bench: Bench) -> None:
    """R101, R102: authorisation that was taken back counts, whoever packs and whoever sends."""
    terminal = await bench.terminal()
    packet = await bench.seal(terminal, {"packet_id": new_id(), "records": []})
    async with bench.context.database.transaction() as conn:
        await conn.exec_driver_sql(
            "UPDATE known_key SET revoked_at = now() WHERE owner_kind = 'terminal'"
        )
    refused_for(await post(bench, "/uploads", packet, terminal), "terminal-required", 403)
    at_work = await bench.terminal()
    refused_for(await post(bench, "/uploads", packet, at_work), "packet-key-unknown")


async def test_only_a_collector_uploads(bench: Bench) -> None:
    terminal = await bench.terminal()
    packet = await bench.seal(terminal, {"packet_id": new_id(), "records": []})
    for role in (Role.LEADER, Role.ADMINISTRATOR):
        answer = await bench.client.post(
            "/uploads", content=packet, headers=bench.headers(role, "632321", terminal)
        )
        assert answer.status_code == 403
    assert (await bench.client.post("/uploads", content=packet)).status_code == 401


async def test_too_many_records_are_refused_at_once(bench: Bench) -> None:
    terminal = await bench.terminal()
    answer = await bench.upload(terminal, [{}] * 501)
    refused_for(answer, "packet-too-many", 413)
