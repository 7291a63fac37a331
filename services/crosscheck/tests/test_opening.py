"""Opening the values of a work order: by whom, for what reason, and what stays sealed (R100)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fastapi.routing import APIRoute

from muster.crosscheck.api import router
from muster.crosscheck.handlers import common
from muster.runtime.at_terminal import Asking
from muster.runtime.auth import Authenticated
from muster.runtime.context import Context
from muster.vocabulary import resident_number
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

from .conftest import (
    AF,
    COUNTY,
    EARLY,
    HERE,
    HR,
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
    one_order,
    open_phase,
    orders,
    published,
    revealed,
    rows,
    rule,
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


# -- opening values --------------------------------------------------------------------------------


@pytest.mark.parametrize("role", OPENERS)
async def test_who_mends_it_opens_both_sides_with_a_reason(
    context: Context, door: Door, role: Role
) -> None:
    """R76, R100: each reading stands in the audit chain with its reason."""
    order = await one_order(context, WHO, {**TRUTH, "ethnicity": "04"}, PS, TRUTH)
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
        ((Role.COLLECTOR, HERE), "核\x00对", (422, "control-character")),
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
    order = await one_order(context, WHO, {**TRUTH, "ethnicity": "04"}, PS, TRUTH)
    async with door.client(grant) as client:
        for act in ("open", "reveal"):
            answer = await client.post(f"/discrepancies/{order}/{act}", json={"reason": reason})
            assert rule(answer) == refused
            assert str(TRUTH["name"]) not in answer.text
    assert await rows(context, "SELECT 1 FROM audit WHERE action <> 'comparison-opened'") == []
    assert await rows(context, "SELECT 1 FROM reveal") == []


async def test_a_collector_at_another_computer_is_shown_nothing(
    context: Context, door: Door
) -> None:
    """R101."""
    order = await one_order(context, WHO, {**TRUTH, "ethnicity": "04"}, PS, TRUTH)
    asked = [("GET", path, None) for path in ("/discrepancies", "/candidates", "/counts")]
    asked += [("POST", f"/discrepancies/{order}/{act}", WHY) for act in ("open", "reveal")]
    async with door.client((Role.COLLECTOR, HERE), terminal=False) as client:
        for method, path, body in asked:
            answer = await client.request(method, path, json=body)
            assert rule(answer) == (403, "terminal-required"), path
            assert str(TRUTH["name"]) not in answer.text


def test_no_route_asks_past_the_terminal() -> None:
    """R101: one that took the caller as the token has them would let a collector in from
    anywhere."""
    [there] = (one.dependency for one in Asking.__metadata__)
    [past] = (one.dependency for one in Authenticated.__metadata__)
    callers = {
        route.path: {one.call for one in route.dependant.dependencies} & {there, past}
        for route in router.routes
        if isinstance(route, APIRoute)
    }
    assert callers.pop("/extracts/own") == set()  # a connector signs its question
    assert callers
    assert all(found == {there} for found in callers.values())


@pytest.mark.parametrize(
    ("row", "kind", "value"),
    [({"died_on": "2018-09-01"}, "dead", "2018-09-01"), ({"moved_to": OUTSIDE}, "moved", OUTSIDE)],
)
async def test_what_a_department_says_of_a_life_is_shown(
    context: Context, door: Door, row: Fields, kind: str, value: str
) -> None:
    order = await one_order(context, WHO, TRUTH, PS, {**TRUTH, **row})
    async with door.client((Role.COLLECTOR, HERE)) as client:
        opened = (await client.post(f"/discrepancies/{order}/open", json=WHY)).json()
    assert (opened["kind"], opened["department_value"]) == (kind, value)
    assert opened["record_value"] is None


async def test_what_is_missing_is_shown_to_be_filled_in(context: Context, door: Door) -> None:
    """R76: missing data are filled in."""
    kind = {**TRUTH, "discharged_soldier_kind": "self_employed"}
    order = await one_order(context, WHO, TRUTH, HR, kind)
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
    order = await one_order(context, WHO, {**TRUTH, "ethnicity": "04"}, PS, TRUTH)
    await take(context, subject(WHO, here(1), TRUTH, version=2))
    await match_touched(context)
    async with door.client((Role.COLLECTOR, HERE)) as client:
        for act in ("open", "reveal"):
            answer = await client.post(f"/discrepancies/{order}/{act}", json=WHY)
            assert rule(answer) == (409, "discrepancy-closed")


async def test_the_erased_show_nothing(context: Context, door: Door) -> None:
    order = await one_order(context, WHO, {**TRUTH, "ethnicity": "04"}, PS, TRUTH)
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
    order = await one_order(context, WHO, {**TRUTH, "service_unit": "二连"}, AF, TRUTH)
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
        silent = {"rule": None, "zh": None, "en": None}
        [(sent, event)] = await published(context, f"crosscheck-reveal-requested-{AF}")
        request = event.parts[f"connector-{AF}"]
        # What the department's own log calls it stands beside what crosscheck does.
        ids = {"reveal_id": request.reveal_id, "request": sent.event_id}
        assert request.reveal_id == asked["reveal_id"]
        assert (await opened())["reveal"] == {**ids, "state": "asked", **silent}
        assert (request.reason, request.asked_by) == (WHY["reason"], asker)
        await take(
            context, revealed(AF, asked["reveal_id"], request.row_id, refused="quota-exceeded")
        )
        refused = (await opened())["reveal"]
        assert (refused["state"], refused["rule"]) == ("refused", "quota-exceeded")
        assert "次日" in refused["zh"]
        assert "tomorrow" in refused["en"]
        again = (await client.post(f"/discrepancies/{order}/reveal", json=WHY)).json()
        assert again != asked
        await take(context, revealed(AF, again["reveal_id"], request.row_id, TRUTH))
        after = await opened()
    # The department gave all of its row; what the order is not about is not kept.
    [kept] = await rows(context, "SELECT sealed FROM reveal WHERE sealed IS NOT NULL")
    plain = common.open_fields(context, "reveal", again["reveal_id"], kept.sealed)
    assert plain == {"fields": {"service_unit": TRUTH["service_unit"]}}
    assert after["department_value"] == TRUTH["service_unit"]
    assert after["reveal"]["reveal_id"] == again["reveal_id"]
    assert after["reveal"]["request"] not in (None, sent.event_id)
    assert after["reveal"]["state"] == "answered"
    trail = await rows(
        context,
        "SELECT action, actor, reason, subject_ids::text[], detail FROM audit "
        "WHERE action LIKE 'reveal%' ORDER BY seq",
    )
    by_request = {"discrepancy": order, "reveal": again["reveal_id"]}
    assert [tuple(row) for row in trail] == [
        ("reveal-asked", asker, WHY["reason"], [WHO], {**by_request, "reveal": asked["reveal_id"]}),
        ("reveal-asked", asker, WHY["reason"], [WHO], by_request),
        # The refusal brought nothing in.
        ("reveal-answered", "crosscheck", None, [WHO], by_request),
    ]
    await take(context, subject(WHO, here(1), TRUTH, version=2))
    await match_touched(context)
    assert await orders(context) == set()
    assert await rows(context, "SELECT 1 FROM reveal WHERE sealed IS NOT NULL") == []


async def test_what_was_revealed_is_shown_while_the_department_still_says_so(
    context: Context, door: Door
) -> None:
    """R76: nobody mends a record by what the department has corrected since."""
    order = await one_order(context, WHO, {**TRUTH, "service_unit": "二连"}, AF, TRUTH)
    [kept] = await rows(context, "SELECT row_id::text FROM department_row")
    async with door.client((Role.COLLECTOR, HERE)) as client:

        async def side() -> tuple[Any, Any]:
            opened = (await client.post(f"/discrepancies/{order}/open", json=WHY)).json()
            return opened["department_value"], (opened["reveal"] or {}).get("state")

        async def supplied(days: int, unit: str) -> None:
            row = make_row(AF, {**TRUTH, "service_unit": unit}, row_id=kept[0])
            await take(context, *data(AF, row, made_at=EARLY + timedelta(days=days)))
            await match_touched(context)

        asked = (await client.post(f"/discrepancies/{order}/reveal", json=WHY)).json()
        await take(context, revealed(AF, asked["reveal_id"], kept[0], TRUTH))
        await supplied(1, str(TRUTH["service_unit"]))
        assert await side() == (TRUTH["service_unit"], "answered")
        await supplied(2, "三连")
        assert await side() == (None, None)
        again = (await client.post(f"/discrepancies/{order}/reveal", json=WHY)).json()
        assert again != asked
    assert await rows(context, "SELECT 1 FROM reveal WHERE sealed IS NOT NULL") == []


async def test_what_is_revealed_for_a_closed_order_is_not_kept(
    context: Context, door: Door
) -> None:
    order = await one_order(context, WHO, {**TRUTH, "service_unit": "二连"}, AF, TRUTH)
    async with door.client((Role.COLLECTOR, HERE)) as client:
        asked = (await client.post(f"/discrepancies/{order}/reveal", json=WHY)).json()
    await take(context, subject(WHO, here(1), TRUTH, version=2))
    await match_touched(context)
    [row] = await rows(context, "SELECT row_id::text FROM reveal")
    await take(context, revealed(AF, asked["reveal_id"], row[0], TRUTH))
    [kept] = await rows(context, "SELECT state, sealed FROM reveal")
    assert tuple(kept) == ("answered", None)


async def test_a_sealed_departments_row_needs_no_reveal(context: Context, door: Door) -> None:
    order = await one_order(context, WHO, {**TRUTH, "ethnicity": "04"}, PS, TRUTH)
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
    await rows(context, "UPDATE candidate SET told_at = now() - interval '21 s' RETURNING 1")
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
