"""The HTTP side: who may see and open what, and what of it is audited."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from muster.runtime import signed_in as runtime
from muster.runtime.cli import app
from muster.runtime.client import Account, Services
from muster.runtime.context import Context
from muster.runtime.home import Home, write_private
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role, SubjectState

from .conftest import (
    ADMIN,
    COUNTY,
    HERE,
    OPEN,
    PS,
    THERE,
    Door,
    data,
    here,
    make_fields,
    make_row,
    match_touched,
    one_order,
    open_phase,
    published,
    rows,
    rule,
    subject,
    take,
)

WHO = new_id()
TRUTH = make_fields(1)
WHY = {"reason": "村里核对后更正"}


# -- the phase -------------------------------------------------------------------------------------


async def test_an_administrator_of_the_campaign_opens_the_phase_once(
    context: Context, door: Door
) -> None:
    await take(context, subject(WHO, here(1, OPEN), TRUTH))
    account = new_id()
    async with door.client((Role.ADMINISTRATOR, HERE)) as client:
        assert rule(await client.post("/comparison", json={"open": True}))[0] == 403
        assert (await client.get("/comparison")).json()["open"] is False
        assert rule(await client.post("/runs"))[0] == 403
    async with door.client((Role.LEADER, COUNTY)) as client:
        assert rule(await client.post("/comparison", json={"open": True}))[0] == 403
    async with door.client(ADMIN, account=account) as client:
        assert rule(await client.post("/runs")) == (409, "comparison-not-open")
        first = (await client.post("/comparison", json={"open": True})).json()
        again = (await client.post("/comparison", json={"open": True})).json()
        for body in ({"open": False}, {}, {"open": True, "area": COUNTY}):
            assert (await client.post("/comparison", json=body)).status_code == 422
        run = (await client.post("/runs")).json()
    assert (first["open"], first["opened_by"], first["run"]["opened"]) == (True, account, 1)
    assert again == {**first, "run": dict.fromkeys(first["run"], 0)}
    assert run == dict.fromkeys(first["run"], 0)
    trail = await rows(context, "SELECT action FROM audit ORDER BY seq")
    assert [row.action for row in trail] == ["comparison-opened", "county-run"]


async def test_what_still_waits_is_told(context: Context, door: Door) -> None:
    """Whoever waits for the matcher sees when it is done."""
    await open_phase(context)
    await take(context, subject(WHO, here(1, OPEN), TRUTH))
    async with door.client(ADMIN) as client:
        assert (await client.get("/comparison")).json()["waiting"] > 0
        await match_touched(context)
        assert (await client.get("/comparison")).json()["waiting"] == 0
    async with door.client((Role.AUDITOR, COUNTY)) as client:
        assert rule(await client.get("/comparison")) == (403, "area-not-granted")


# -- the list --------------------------------------------------------------------------------------


async def test_the_list_shows_the_callers_area_and_no_values(context: Context, door: Door) -> None:
    """R75; design section 5, rule 10."""
    there = new_id()
    await take(
        context,
        subject(WHO, here(1), {**TRUTH, "ethnicity": "04"}),
        subject(there, here(1, OPEN, THERE), make_fields(2)),
        *data(PS, make_row(PS, TRUTH)),
    )
    await open_phase(context)
    async with door.client((Role.COLLECTOR, HERE)) as client:
        [item] = (await client.get("/discrepancies")).json()["items"]
        assert rule(await client.get("/discrepancies", params={"area": THERE}))[0] == 403
        counts = (await client.get("/counts")).json()
    assert item["discrepancy_id"]
    assert {**item, "discrepancy_id": "", "opened_at": "", "first_opened_at": ""} == {
        "discrepancy_id": "",
        "kind": "field_mismatch",
        "subject_id": WHO,
        "field": "ethnicity",
        "department": PS,
        "other": None,
        "village": HERE,
        "state": "open",
        "comparable": True,
        "revision": 1,
        "first_opened_at": "",
        "opened_at": "",
        "closed_at": None,
        "closed_by": None,
        "named_by": None,
        "age_seconds": item["age_seconds"],
        "handled_in": None,
        "questions": 0,
    }
    assert counts["villages"] == {HERE: {"field_mismatch": 1}}
    async with door.client((Role.LEADER, COUNTY)) as client:
        everything = await client.get("/discrepancies")
        counts = (await client.get("/counts")).json()
    assert {one["subject_id"] for one in everything.json()["items"]} == {WHO, there}
    assert counts["total"] == {"field_mismatch": 1, "missed_subject": 1}
    assert str(TRUTH["name"]) not in everything.text
    assert await rows(context, "SELECT 1 FROM audit WHERE action = 'discrepancy-read'") == []


async def test_the_list_is_read_in_pages_by_state_and_kind(context: Context, door: Door) -> None:
    people = [new_id() for _ in range(5)]
    await take(context, *(subject(p, here(1, OPEN), make_fields(i)) for i, p in enumerate(people)))
    await open_phase(context)
    await take(context, subject(people[0], here(2), make_fields(0)))
    await match_touched(context)
    async with door.client((Role.TOWNSHIP_LEADER, COUNTY)) as client:

        async def pages(**asked: Any) -> list[str]:
            seen, after = [], None
            while True:
                where = {**asked, "limit": 2, **({"after": after} if after else {})}
                page = (await client.get("/discrepancies", params=where)).json()
                seen += [item["subject_id"] for item in page["items"]]
                after = page["next"]
                if after is None:
                    return seen

        assert sorted(await pages()) == sorted(people[1:])
        assert await pages(state="closed") == people[:1]
        assert sorted(await pages(state="all")) == sorted(people)
        assert await pages(kind="dead") == []
        assert len(await pages(kind="missed_subject", area=HERE)) == 4
        [closed] = (await client.get("/discrepancies", params={"state": "closed"})).json()["items"]
    assert closed["state"] == "closed"
    assert closed["closed_at"] >= closed["opened_at"]


async def test_open_orders_are_listed_by_age_to_the_moment(context: Context, door: Door) -> None:
    """R76: the same bounds as reporting counts by."""
    people = [new_id() for _ in range(4)]
    await take(context, *(subject(p, here(1, OPEN), make_fields(i)) for i, p in enumerate(people)))
    await open_phase(context)
    for person, age in zip(people, ("6 days", "8 days", "29 days", "31 days"), strict=True):
        await rows(
            context,
            "UPDATE discrepancy SET opened_at = now() - CAST(CAST(:age AS text) AS interval) "
            "WHERE subject_id = CAST(:who AS uuid) RETURNING 1",
            age=age,
            who=person,
        )
    async with door.client((Role.TOWNSHIP_LEADER, COUNTY)) as client:

        async def listed(age: str, **more: Any) -> list[str]:
            answer = await client.get("/discrepancies", params={"age": age, **more})
            return [item["subject_id"] for item in answer.json()["items"]]

        assert await listed("under_7_days") == [people[0]]
        assert await listed("from_7_to_30_days") == [people[2], people[1]]
        assert await listed("over_30_days") == [people[3]]
        assert await listed("over_30_days", kind="dead") == []
        asked = {"age": "from_7_to_30_days", "limit": 1}
        first = (await client.get("/discrepancies", params=asked)).json()
        assert await listed("from_7_to_30_days", after=first["next"]) == [people[1]]
        refused = await client.get("/discrepancies", params={"age": "over_30_days", "state": "all"})
        assert rule(refused) == (422, "age-of-open")
        assert (await client.get("/discrepancies", params={"age": "old"})).status_code == 422


# -- bad requests ----------------------------------------------------------------------------------

NOBODY = "00000000-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/discrepancies?area=999999", None, 422),
        ("GET", "/discrepancies?area=%00", None, 422),
        ("GET", "/discrepancies?state=ajar", None, 422),
        ("GET", "/discrepancies?kind=weather", None, 422),
        ("GET", "/discrepancies?limit=0", None, 422),
        ("GET", "/discrepancies?after=tomorrow", None, 422),
        ("GET", f"/discrepancies?after=2018-01-01~{NOBODY}", None, 422),
        ("GET", "/counts?area='%3Bdrop", None, 422),
        ("GET", "/candidates?after=x", None, 422),
        ("GET", "/candidates?area=999999", None, 422),
        ("POST", "/discrepancies/1/open", WHY, 422),
        ("POST", f"/discrepancies/{NOBODY}/open", WHY, 404),
        ("POST", f"/discrepancies/{NOBODY}/open", {}, 422),
        ("POST", f"/discrepancies/{NOBODY}/open", {"reason": "x" * 501}, 422),
        ("POST", f"/discrepancies/{NOBODY}/open", {**WHY, "all": True}, 422),
        ("POST", f"/discrepancies/{NOBODY}/reveal", WHY, 404),
        ("POST", f"/candidates/{NOBODY}/reveal", WHY, 404),
        ("POST", "/candidates/%00/reveal", WHY, 422),
        ("POST", "/comparison", [True], 422),
        ("DELETE", "/discrepancies", None, 405),
    ],
)
async def test_bad_requests_are_refused_in_plain_words(
    door: Door, method: str, path: str, body: Any, status: int
) -> None:
    async with door.client(ADMIN) as client:
        response = await client.request(method, path, json=body)
    assert rule(response)[0] == status


async def test_nothing_is_answered_to_nobody(door: Door) -> None:
    async with door.client() as client:
        del client.headers["authorization"]
        for path in ("/comparison", "/discrepancies", "/counts", "/extracts", "/candidates"):
            assert rule(await client.get(path)) == (401, "token-missing")
    async with door.client() as client:
        for path in ("/comparison", "/discrepancies", "/counts", "/extracts", "/candidates"):
            assert rule(await client.get(path)) == (403, "area-not-granted")


# -- what is published -----------------------------------------------------------------------------


async def test_an_order_is_told_as_it_stands(context: Context) -> None:
    order = await one_order(context, WHO, {**TRUTH, "ethnicity": "04"}, PS, TRUTH)
    [(sent, event)] = await published(context, "crosscheck-discrepancy-opened")
    assert (sent.key, sent.version, sent.county) == (order, 1, COUNTY)
    part = event.parts["reporting"]
    assert (part.kind, part.field, part.department, part.village) == (
        "field_mismatch",
        "ethnicity",
        PS,
        HERE,
    )
    assert (event.clear.subject_id, part.closed_at) == (WHO, None)
    await take(context, subject(WHO, here(2, SubjectState.DECLINED), TRUTH, version=1))
    await match_touched(context)
    [(sent, event)] = await published(context, "crosscheck-discrepancy-closed")
    assert (sent.key, sent.version) == (order, 2)
    assert event.parts["reporting"].closed_at is not None


async def test_what_is_touched_names_a_subject_and_nothing_else(context: Context) -> None:
    await open_phase(context)
    await take(context, subject(WHO, here(1, OPEN), TRUTH))
    [(sent, event)] = await published(context, "crosscheck-touched")
    assert sent.key == WHO
    assert event.parts == {}
    assert event.clear.model_dump(exclude_none=True) == {
        "version": sent.version,
        "subject_id": WHO,
    }


async def test_the_county_job_is_run_by_a_command_as_by_its_route(
    context: Context, door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R75, R100: as the administrator who is signed in, and not with the service's own keys."""
    account_id, loop = new_id(), asyncio.get_running_loop()
    home = Home(tmp_path)
    write_private(home.stack_file, {"services": {"crosscheck": {"url": "http://crosscheck"}}})
    await open_phase(context)
    async with door.client((Role.ADMINISTRATOR, COUNTY), account=account_id) as client:
        token = client.headers["authorization"].removeprefix("Bearer ")
        account = Account(Services(home, client), "", "", token=token)

        def signed_in(_: object, work: Any) -> Any:
            return asyncio.run_coroutine_threadsafe(work(account), loop).result()

        monkeypatch.setattr(runtime, "signed_in", signed_in)
        said = await asyncio.to_thread(CliRunner().invoke, app, ["crosscheck", "run"])
    assert said.exit_code == 0, said.output
    assert set(json.loads(said.stdout)) >= {"opened", "closed", "marked"}
    found = await rows(context, "SELECT actor FROM audit WHERE action = 'county-run'")
    assert [row.actor for row in found] == [account_id]


def test_where_nothing_runs_the_county_job_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R69: in both languages."""
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path))
    said = CliRunner().invoke(app, ["crosscheck", "run"])
    assert said.exit_code == 2
    assert "系统未在运行" in said.stderr
    assert "is not running" in said.stderr
