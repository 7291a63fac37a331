"""Collecting is done at dedicated computers: a collector's grant holds at an enrolled terminal, as
far as that terminal's area reaches (R101)."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.routing import APIRoute

from muster.capture.api import candidates, form, imports, lists, packets, people, router
from muster.runtime import at_terminal
from muster.runtime.auth import Authenticated
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

Bench = Any
AREA, NEAR, FAR = "632321", "632321100", "632321201"


def requests(bench: Bench, person: Any, digest: str) -> list[dict[str, Any]]:
    """One of each route that shows or changes somebody and that a collector may use."""
    subject = f"/subjects/{person.subject_id}"
    lists = [
        {"method": "GET", "url": url, "params": {"area": NEAR}}
        for url in ("/subjects", "/returned", "/refusals")
    ]
    entered = {
        "subject_id": new_id(),
        "origin": "roster",
        "village": person.village,
        "name": "测试某",
        "resident_number": bench.person().number,
    }
    ending = {"change_id": new_id(), "ending": "moved_out", "village": person.village}
    return [
        *lists,
        {"method": "POST", "url": "/subjects/lookup", "json": {"subject_id": person.subject_id}},
        {"method": "GET", "url": f"{subject}/evidence/{digest}"},
        {"method": "POST", "url": "/subjects", "json": entered},
        {"method": "POST", "url": f"{subject}/ending", "json": ending},
    ]


async def collected(bench: Bench) -> tuple[Any, str]:
    person = bench.person()
    terminal = await bench.terminal()
    pieces = await bench.bring_evidence(terminal, person)
    await bench.upload(terminal, [bench.record(person, pieces=pieces)])
    return person, pieces[0][0]


async def answers(bench: Bench, headers: dict[str, str], asked: list[dict[str, Any]]) -> list[Any]:
    return [await bench.client.request(**one, headers=headers) for one in asked]


def refused_for(answer: Any, rule: str) -> None:
    assert answer.status_code == 403, (str(answer.request.url), answer.text)
    [found] = answer.json()["reasons"]
    assert (found["rule"], bool(found["zh"]), bool(found["en"])) == (rule, True, True)


async def test_a_collector_at_another_computer_sees_and_changes_nobody(bench: Bench) -> None:
    """R101: with a password alone, from a computer that is not enrolled, that is not known, or that
    is of a place where the grant does not reach; nothing is read and nothing written."""
    person, digest = await collected(bench)
    asked = requests(bench, person, digest)
    before = await bench.scalar("SELECT count(*) FROM audit")
    unknown = type(bench.terminals[NEAR])(new_id(), {}, NEAR)
    for terminal in (None, unknown, bench.terminals[FAR]):
        for answer in await answers(bench, bench.headers(Role.COLLECTOR, NEAR, terminal), asked):
            refused_for(answer, "terminal-required")
    assert await bench.scalar("SELECT count(*) FROM audit") == before
    for answer in await answers(bench, bench.headers(Role.COLLECTOR, NEAR), asked):
        assert answer.status_code == 200, (str(answer.request.url), answer.text)


async def test_a_terminal_serves_its_own_area(bench: Bench) -> None:
    """R101: of a grant for the county a township's computer serves that township; who lives
    elsewhere is known there, and no more."""
    person, digest = await collected(bench)
    near = bench.headers(Role.COLLECTOR, AREA, bench.terminals[NEAR])
    far = bench.headers(Role.COLLECTOR, AREA, bench.terminals[FAR])
    for answer in await answers(bench, near, requests(bench, person, digest)):
        assert answer.status_code == 200, answer.text
    refused_for(
        await bench.client.get("/subjects", params={"area": AREA}, headers=near),
        "terminal-required",
    )
    found = await bench.client.post(
        "/subjects/lookup", json={"subject_id": person.subject_id}, headers=far
    )
    assert (found.json()["elsewhere"], found.json()["record"]) == (True, None)
    hidden = await bench.client.get(f"/subjects/{person.subject_id}/evidence/{digest}", headers=far)
    assert hidden.status_code == 404


async def test_a_revoked_terminal_serves_nobody(bench: Bench) -> None:
    """R101, R102: what was enrolled once is looked up at each request."""
    person, digest = await collected(bench)
    await bench.rows(
        "UPDATE known_key SET revoked_at = now() WHERE owner_id = :id RETURNING 1",
        id=bench.terminals[NEAR].terminal_id,
    )
    headers = bench.headers(Role.COLLECTOR, NEAR)
    for answer in await answers(bench, headers, requests(bench, person, digest)):
        refused_for(answer, "terminal-required")


@pytest.mark.parametrize("route", ["/uploads", "/evidence"])
async def test_a_packet_is_sent_by_who_signed_in_at_its_terminal(bench: Bench, route: str) -> None:
    """R101: a packet that was carried to another computer is not taken there."""
    terminal = await bench.terminal()
    packet = await bench.seal(terminal, {"packet_id": new_id(), "records": [], "pieces": []})
    for at, rule in ((None, "terminal-required"), (bench.terminals[NEAR], "terminal-differs")):
        headers = bench.headers(Role.COLLECTOR, NEAR, at)
        refused_for(await bench.client.post(route, content=packet, headers=headers), rule)


async def test_others_work_where_they_are(bench: Bench) -> None:
    """R101: who leads, reviews or administers needs no such computer, also when they collect, too;
    then they do there what their other grants allow."""
    person, digest = await collected(bench)
    lists, lookup = requests(bench, person, digest)[:3], requests(bench, person, digest)[3]
    for roles in (Role.TOWNSHIP_LEADER, (Role.TOWNSHIP_LEADER, Role.COLLECTOR)):
        headers = bench.headers(roles, NEAR, None)
        for answer in await answers(bench, headers, [*lists, lookup]):
            assert answer.status_code == 200, answer.text
    both = bench.headers((Role.CIVIL_AFFAIRS_REVIEWER, Role.COLLECTOR), NEAR, None)
    assert (await bench.client.request(**lookup, headers=both)).status_code == 200
    for answer in await answers(bench, both, lists):
        refused_for(answer, "terminal-required")
    admin = bench.headers(Role.ADMINISTRATOR, NEAR, None)
    [entered, ended] = await answers(bench, admin, requests(bench, person, digest)[5:])
    assert (entered.status_code, ended.status_code) == (200, 200)


async def test_who_has_no_grant_hears_that_and_no_more(bench: Bench) -> None:
    """R52: another computer would not help them."""
    person, digest = await collected(bench)
    first, *_ = requests(bench, person, digest)
    for headers in (bench.headers(Role.COLLECTOR, FAR), bench.headers(Role.LEADER, NEAR, None)):
        refused_for(await bench.client.request(**first, headers=headers), "area-not-granted")


def test_no_route_asks_past_the_guard() -> None:
    """R101: one that took the caller as the token has them would let a collector in from
    anywhere."""
    [there] = (one.dependency for one in at_terminal.Asking.__metadata__)
    [past] = (one.dependency for one in Authenticated.__metadata__)
    modules = (candidates, form, imports, lists, packets, people)
    callers = {
        (route.name, route.path): {one.call for one in route.dependant.dependencies} & {there, past}
        for module in modules
        for route in module.router.routes
        if isinstance(route, APIRoute)
    }
    assert callers.pop(("packet_key", "/packet-key")) == set()
    assert callers
    assert all(found == {there} for found in callers.values())
    assert len(router.routes) == len(modules)
