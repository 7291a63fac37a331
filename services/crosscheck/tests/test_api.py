"""The HTTP side: who may see and open what, and what of it is audited."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from muster.crosscheck.main import service
from muster.runtime.context import Context
from muster.vocabulary import resident_number
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role, SubjectState

from .conftest import (
    ADMIN,
    AF,
    COUNTY,
    EARLY,
    HERE,
    HR,
    OPEN,
    OUTSIDE,
    PS,
    THERE,
    Door,
    Fields,
    data,
    here,
    make_fields,
    make_row,
    match_touched,
    open_phase,
    orders,
    published,
    revealed,
    rows,
    subject,
    take,
    without,
)

WHO = new_id()
TRUTH = make_fields(1)
WHY = {"reason": "村里核对后更正"}
OPENERS = (
    Role.COLLECTOR,
    Role.TOWNSHIP_LEADER,
    Role.CIVIL_AFFAIRS_REVIEWER,
    Role.HUMAN_RESOURCES_REVIEWER,
    Role.ADMINISTRATOR,
)


def rule(response: httpx.Response) -> tuple[int, str]:
    """Status and first rule of a problem document; both languages are there."""
    body = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert all(reason["zh"] and reason["en"] for reason in body["reasons"])
    return response.status_code, body["reasons"][0]["rule"]


async def one_order(context: Context, fields: Fields, department: str, row: Fields) -> str:
    """The one work order that this record and this row make."""
    await take(context, subject(WHO, here(1), fields), *data(department, make_row(department, row)))
    await open_phase(context)
    [found] = await rows(context, "SELECT discrepancy_id::text FROM discrepancy")
    return str(found[0])


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
        "revision": 1,
        "first_opened_at": "",
        "opened_at": "",
        "closed_at": None,
        "age_seconds": item["age_seconds"],
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


# -- opening values --------------------------------------------------------------------------------


@pytest.mark.parametrize("role", OPENERS)
async def test_who_mends_it_opens_both_sides_with_a_reason(
    context: Context, door: Door, role: Role
) -> None:
    """R76, R100: each reading stands in the audit chain with its reason."""
    order = await one_order(context, {**TRUTH, "ethnicity": "04"}, PS, TRUTH)
    account = new_id()
    async with door.client((role, HERE), account=account) as client:
        answer = await client.post(f"/discrepancies/{order}/open", json=WHY)
    assert answer.status_code == 200
    opened = answer.json()
    assert (opened["record_value"], opened["department_value"]) == ("04", "01")
    assert opened["person"] == {
        "subject_id": WHO,
        "name": TRUTH["name"],
        "number": TRUTH["resident_number"],
    }
    trail = await rows(context, "SELECT * FROM audit WHERE action = 'discrepancy-read'")
    assert [(r.actor, r.reason, [str(s) for s in r.subject_ids]) for r in trail] == [
        (account, WHY["reason"], [WHO])
    ]
    async with context.database.transaction() as conn:
        await context.audit.verify(conn)


@pytest.mark.parametrize(
    ("grant", "reason", "refused"),
    [
        ((Role.LEADER, COUNTY), "看一下", (403, "area-not-granted")),
        ((Role.AUDITOR, COUNTY), "看一下", (403, "area-not-granted")),
        ((Role.DEPARTMENT_OFFICER, COUNTY), "看一下", (403, "area-not-granted")),
        ((Role.COLLECTOR, THERE), "看一下", (403, "area-not-granted")),
        ((Role.COLLECTOR, HERE), "", (422, "reason-missing")),
        ((Role.COLLECTOR, HERE), " \u3000", (422, "reason-missing")),
        (
            (Role.COLLECTOR, HERE),
            resident_number.make("632321", EARLY.date(), 1),
            (422, "reason-personal"),
        ),
    ],
)
async def test_others_open_nothing_and_nobody_without_a_reason(
    context: Context, door: Door, grant: tuple[Role, str], reason: str, refused: tuple[int, str]
) -> None:
    order = await one_order(context, {**TRUTH, "ethnicity": "04"}, PS, TRUTH)
    async with door.client(grant) as client:
        for act in ("open", "reveal"):
            answer = await client.post(f"/discrepancies/{order}/{act}", json={"reason": reason})
            assert rule(answer) == refused
            assert str(TRUTH["name"]) not in answer.text
    assert await rows(context, "SELECT 1 FROM audit WHERE action <> 'comparison-opened'") == []
    assert await rows(context, "SELECT 1 FROM reveal") == []


@pytest.mark.parametrize(
    ("row", "kind", "value"),
    [({"died_on": "2018-09-01"}, "dead", "2018-09-01"), ({"moved_to": OUTSIDE}, "moved", OUTSIDE)],
)
async def test_what_a_department_says_of_a_life_is_shown(
    context: Context, door: Door, row: Fields, kind: str, value: str
) -> None:
    order = await one_order(context, TRUTH, PS, {**TRUTH, **row})
    async with door.client((Role.COLLECTOR, HERE)) as client:
        opened = (await client.post(f"/discrepancies/{order}/open", json=WHY)).json()
    assert (opened["kind"], opened["department_value"]) == (kind, value)
    assert opened["record_value"] is None


async def test_what_is_missing_is_shown_to_be_filled_in(context: Context, door: Door) -> None:
    """R76: missing data are filled in."""
    kind = {**TRUTH, "discharged_soldier_kind": "self_employed"}
    order = await one_order(context, TRUTH, HR, kind)
    async with door.client((Role.COLLECTOR, HERE)) as client:
        opened = (await client.post(f"/discrepancies/{order}/open", json=WHY)).json()
    assert (opened["kind"], opened["record_value"]) == ("missing_field", None)
    assert opened["department_value"] == "self_employed"


@pytest.mark.parametrize("granted", [True, False])
async def test_both_entries_of_a_duplicate_are_shown_where_both_are_granted(
    context: Context, door: Door, granted: bool
) -> None:
    twin = new_id()
    double = {**TRUTH, "resident_number": resident_number.make(COUNTY, EARLY.date(), 9)}
    village = HERE if granted else THERE
    await take(
        context,
        subject(WHO, here(1, village=village), TRUTH),
        subject(twin, here(1), double),
        *data(PS, make_row(PS, TRUTH)),
    )
    await open_phase(context)
    async with door.client((Role.COLLECTOR, HERE)) as client:
        [item] = (await client.get("/discrepancies", params={"kind": "duplicate"})).json()["items"]
        answer = await client.post(f"/discrepancies/{item['discrepancy_id']}/open", json=WHY)
    assert item["other"] == WHO
    opened = answer.json()
    assert opened["person"]["number"] == double["resident_number"]
    number = TRUTH["resident_number"] if granted else None
    assert (opened["twin"] or {}).get("number") == number
    [trail] = await rows(context, "SELECT subject_ids FROM audit WHERE action = 'discrepancy-read'")
    assert {str(s) for s in trail.subject_ids} == ({WHO, twin} if granted else {twin})


async def test_a_mended_order_shows_no_values_any_more(context: Context, door: Door) -> None:
    order = await one_order(context, {**TRUTH, "ethnicity": "04"}, PS, TRUTH)
    await take(context, subject(WHO, here(1), TRUTH, version=2))
    await match_touched(context)
    async with door.client((Role.COLLECTOR, HERE)) as client:
        for act in ("open", "reveal"):
            answer = await client.post(f"/discrepancies/{order}/{act}", json=WHY)
            assert rule(answer) == (409, "discrepancy-closed")


async def test_the_erased_show_nothing(context: Context, door: Door) -> None:
    order = await one_order(context, {**TRUTH, "ethnicity": "04"}, PS, TRUTH)
    async with context.database.transaction() as conn:
        await context.vault.destroy(conn, WHO)
    async with door.client((Role.COLLECTOR, HERE)) as client:
        answer = await client.post(f"/discrepancies/{order}/open", json=WHY)
    assert rule(answer) == (404, "subject-erased")


# -- a blind department's side ---------------------------------------------------------------------


async def test_a_blind_departments_value_is_seen_only_when_it_opens_the_row(
    context: Context, door: Door
) -> None:
    """R74, R75: asked with a reason, audited, shown until the order is closed."""
    order = await one_order(context, {**TRUTH, "service_unit": "二连"}, AF, TRUTH)
    asker = new_id()
    async with door.client((Role.TOWNSHIP_LEADER, HERE), account=asker) as client:

        async def opened() -> dict[str, Any]:
            answer = await client.post(f"/discrepancies/{order}/open", json=WHY)
            assert answer.status_code == 200
            found: dict[str, Any] = answer.json()
            return found

        before = await opened()
        assert (before["record_value"], before["department_value"]) == ("二连", None)
        assert before["reveal"] is None
        asked = (await client.post(f"/discrepancies/{order}/reveal", json=WHY)).json()
        assert (await client.post(f"/discrepancies/{order}/reveal", json=WHY)).json() == asked
        assert (await opened())["reveal"] == {"state": "asked", "rule": None}
        [(_, event)] = await published(context, f"crosscheck-reveal-requested-{AF}")
        request = event.parts[f"connector-{AF}"]
        assert (request.reason, request.asked_by) == (WHY["reason"], asker)
        await take(
            context, revealed(AF, asked["reveal_id"], request.row_id, refused="quota-exceeded")
        )
        assert (await opened())["reveal"] == {"state": "refused", "rule": "quota-exceeded"}
        again = (await client.post(f"/discrepancies/{order}/reveal", json=WHY)).json()
        assert again != asked
        await take(context, revealed(AF, again["reveal_id"], request.row_id, TRUTH))
        after = await opened()
    assert after["department_value"] == TRUTH["service_unit"]
    assert after["reveal"] == {"state": "answered", "rule": None}
    trail = await rows(
        context, "SELECT action, actor, reason FROM audit WHERE action LIKE 'reveal%'"
    )
    assert [tuple(row) for row in trail] == [("reveal-asked", asker, WHY["reason"])] * 2
    await take(context, subject(WHO, here(1), TRUTH, version=2))
    await match_touched(context)
    assert await orders(context) == set()
    assert await rows(context, "SELECT 1 FROM reveal WHERE sealed IS NOT NULL") == []


async def test_what_is_revealed_for_a_closed_order_is_not_kept(
    context: Context, door: Door
) -> None:
    order = await one_order(context, {**TRUTH, "service_unit": "二连"}, AF, TRUTH)
    async with door.client((Role.COLLECTOR, HERE)) as client:
        asked = (await client.post(f"/discrepancies/{order}/reveal", json=WHY)).json()
    await take(context, subject(WHO, here(1), TRUTH, version=2))
    await match_touched(context)
    [row] = await rows(context, "SELECT row_id::text FROM reveal")
    await take(context, revealed(AF, asked["reveal_id"], row[0], TRUTH))
    [kept] = await rows(context, "SELECT state, sealed FROM reveal")
    assert tuple(kept) == ("answered", None)


async def test_a_sealed_departments_row_needs_no_reveal(context: Context, door: Door) -> None:
    order = await one_order(context, {**TRUTH, "ethnicity": "04"}, PS, TRUTH)
    async with door.client((Role.COLLECTOR, HERE)) as client:
        answer = await client.post(f"/discrepancies/{order}/reveal", json=WHY)
    assert rule(answer) == (409, "not-blind")


# -- nothing personal in the clear -----------------------------------------------------------------


async def test_no_table_holds_anything_personal_in_the_clear(context: Context, door: Door) -> None:
    """Design section 4: after all that this service does with a person, sealed or blind."""
    marked = {**TRUTH, "name": "旦正加", "service_unit": "守备某团", "phone": "13909730000"}
    missed = {**make_fields(5), "name": "华青多杰"}
    lost = {**make_fields(6), "name": "完么才让"}
    await take(
        context,
        subject(WHO, here(1), {**without(marked, "sex"), "ethnicity": "04"}),
        *data(PS, make_row(PS, {**marked, "died_on": "2018-09-01", "moved_to": "四川省成都市"})),
        *data(HR, make_row(HR, missed, area=HERE)),
        *data(AF, make_row(AF, {**marked, "service_unit": "炮兵某连"}), make_row(AF, lost)),
    )
    await open_phase(context)
    await rows(context, "UPDATE candidates_due SET at = now() RETURNING 1")
    await match_touched(context)
    [order] = await rows(
        context, "SELECT discrepancy_id::text FROM discrepancy WHERE field = 'service_unit'"
    )
    async with door.client((Role.COLLECTOR, HERE)) as client:
        await client.post(f"/discrepancies/{order[0]}/reveal", json={"reason": "找旦正加核对"})
    for asked in await rows(context, "SELECT reveal_id::text, row_id::text FROM reveal"):
        await take(context, revealed(AF, asked[0], asked[1], lost))
    # An extract that is still arriving is sealed as well.
    await take(context, *data(HR, make_row(HR, lost), made_at=EARLY + timedelta(days=9))[:-1])
    tables = await rows(
        context,
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'audit'",
    )
    everything = ""
    for table in tables:
        found = await rows(context, f"SELECT t::text FROM {table.tablename} t")
        everything += "\n".join(row[0] for row in found)
    assert len(await rows(context, "SELECT 1 FROM reveal WHERE state = 'answered'")) == 2
    for person in (marked, missed, lost):
        for name in ("name", "resident_number", "birth_date", "service_unit", "phone"):
            if name in person:
                assert str(person[name]) not in everything
    for told in ("炮兵某连", "2018-09-01", "成都", "核对"):
        assert told not in everything


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
    order = await one_order(context, {**TRUTH, "ethnicity": "04"}, PS, TRUTH)
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


def test_the_command_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    for name in ("DATABASE_URL", "KEYRING"):
        monkeypatch.delenv(f"MUSTER_CROSSCHECK_{name}", raising=False)
    assert service.commands is not None
    result = CliRunner().invoke(service.commands, ["run"])
    assert result.exit_code == 2
    assert "MUSTER_CROSSCHECK_KEYRING" in result.output
