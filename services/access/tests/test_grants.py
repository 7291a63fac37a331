"""Accounts and delegation: nobody gives away more than they hold (R52, R87, R102)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from muster.contracts.parts.access import GrantsOfAccount
from muster.contracts.topics import service_topics
from muster.vocabulary.ids import new_id


def in_days(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


async def local_administrator(house: Any, area: str, **time: str) -> dict[str, str]:
    made = await house.account("local.admin", area=area)
    answer = await house.post(
        f"/accounts/{made['account_id']}/grants",
        grants=[{"role": "administrator", "area": area, **time}],
    )
    assert answer.status_code == 201, answer.text
    return await house.bearer("local.admin")  # type: ignore[no-any-return]


def rule(answer: Any) -> str:
    return answer.json()["reasons"][0]["rule"]  # type: ignore[no-any-return]


async def test_nobody_delegates_beyond_their_area(house: Any, places: Any) -> None:
    """R52, R87: graded authorisation, area by area: a township's administrator gives its villages
    away, and neither its county nor its neighbours; nothing of a mixed request is taken."""
    local = await local_administrator(house, places["township"])
    made = await house.account("collector", area=places["township"], by=local)
    path = f"/accounts/{made['account_id']}/grants"
    inside = await house.post(
        path, local, grants=[{"role": "collector", "area": places["village"]}]
    )
    assert inside.status_code == 201
    for area in (places["county"], places["other"], "632300", "630000"):
        answer = await house.post(path, local, grants=[{"role": "collector", "area": area}])
        assert (answer.status_code, rule(answer)) == (403, "delegation-beyond-held")
    mixed = await house.post(
        path,
        local,
        grants=[
            {"role": "collector", "area": places["township"]},
            {"role": "collector", "area": places["county"]},
        ],
    )
    assert mixed.status_code == 403
    (row,) = await house.rows("SELECT count(*) FROM account_grant WHERE role = 'collector'")
    assert row[0] == 1


async def test_nobody_delegates_beyond_their_time(house: Any, places: Any) -> None:
    """R87: what is given ends no later, and begins no earlier, than what is held."""
    local = await local_administrator(house, places["township"], valid_until=in_days(10))
    made = await house.account("collector", area=places["township"], by=local)
    path = f"/accounts/{made['account_id']}/grants"
    asked = {"role": "collector", "area": places["village"]}
    for time in (
        {},
        {"valid_until": in_days(11)},
        {"valid_from": in_days(-1), "valid_until": in_days(1)},
    ):
        answer = await house.post(path, local, grants=[{**asked, **time}])
        assert (answer.status_code, rule(answer)) == (403, "delegation-beyond-held"), time
    answer = await house.post(path, local, grants=[{**asked, "valid_until": in_days(9)}])
    assert answer.status_code == 201


@pytest.mark.parametrize("role", ["collector", "leader", "township_leader", "auditor"])
async def test_only_administrators_delegate(house: Any, places: Any, role: str) -> None:
    """R87: not even what they hold themselves."""
    await house.account("someone", (role, places["county"]))
    made = await house.account("other", ("collector", places["village"]))
    bearer = await house.bearer("someone")
    answer = await house.post(
        f"/accounts/{made['account_id']}/grants",
        bearer,
        grants=[{"role": role, "area": places["village"]}],
    )
    assert answer.status_code == 404
    create = await house.post(
        "/accounts", bearer, username="new.one", password="a long password", area=places["village"]
    )
    assert create.status_code == 403
    assert (await house.client.get("/accounts", headers=bearer)).status_code == 403
    (grant,) = made["grants"]
    revoke = await house.post(f"/grants/{grant['grant_id']}/revoke", bearer)
    assert revoke.status_code == 404


async def test_a_grant_taken_away_a_moment_ago_delegates_nothing(house: Any, places: Any) -> None:
    """The store decides, not the token and not what is kept in memory for a second."""
    local = await local_administrator(house, places["township"])
    made = await house.account("collector", area=places["township"], by=local)
    assert (await house.client.get("/me", headers=local)).status_code == 200
    await house.rows(
        "UPDATE account_grant SET revoked_at = now() WHERE area = :area AND role = 'administrator'",
        area=places["township"],
    )
    answer = await house.post(
        f"/accounts/{made['account_id']}/grants",
        local,
        grants=[{"role": "collector", "area": places["village"]}],
    )
    assert answer.status_code == 404
    create = await house.post(
        "/accounts", local, username="new.one", password="a long password", area=places["village"]
    )
    assert create.status_code == 403


async def test_administrators_see_accounts_of_their_areas_only(house: Any, places: Any) -> None:
    local = await local_administrator(house, places["township"])
    await house.account("elsewhere", ("collector", places["other"]), area=places["other"])
    await house.account("created.here", area=places["village"])
    both = await house.account(
        "in.both", ("collector", places["other"]), ("collector", places["village"])
    )
    listed = (await house.client.get("/accounts", headers=local)).json()
    assert {a["username"] for a in listed["accounts"]} == {"local.admin", "created.here", "in.both"}
    shown = {a["username"]: a for a in listed["accounts"]}["in.both"]
    assert [g["area"] for g in shown["grants"]] == [places["village"]]
    elsewhere = await house.rows("SELECT account_id FROM account WHERE username = 'elsewhere'")
    hidden = await house.client.get(f"/accounts/{elsewhere[0][0]}", headers=local)
    unknown = await house.client.get(f"/accounts/{new_id()}", headers=local)
    assert hidden.status_code == unknown.status_code == 404
    assert hidden.json()["reasons"] == unknown.json()["reasons"]
    other_grant = next(g for g in both["grants"] if g["area"] == places["other"])
    answer = await house.post(f"/grants/{other_grant['grant_id']}/revoke", local)
    assert answer.status_code == 404
    everyone = (await house.client.get("/accounts", headers=house.admin)).json()["accounts"]
    assert len(everyone) == 5


async def test_accounts_are_listed_in_pages(house: Any) -> None:
    for n in range(3):
        await house.account(f"someone.{n}")
    seen, after = [], "00000000-0000-0000-0000-000000000000"
    while after is not None:
        page = await house.client.get(f"/accounts?limit=3&after={after}", headers=house.admin)
        seen += [a["username"] for a in page.json()["accounts"]]
        after = page.json()["next"]
    assert sorted(seen) == ["admin", "someone.0", "someone.1", "someone.2"]


async def test_nobody_takes_over_an_account_that_holds_more(house: Any, places: Any) -> None:
    """An administrator of a township must not become one of the county by a reset password."""
    local = await local_administrator(house, places["township"])
    higher = await house.account(
        "county.admin", ("administrator", places["county"]), ("collector", places["village"])
    )
    account = f"/accounts/{higher['account_id']}"
    assert (await house.client.get(account, headers=local)).status_code == 200
    for answer in (
        await house.post(f"{account}/password", local, password="a long password"),
        await house.post(f"{account}/deactivate", local),
    ):
        assert (answer.status_code, rule(answer)) == (403, "delegation-beyond-held")
    assert (await house.sign_in("county.admin")).status_code == 200


async def test_who_came_later_administers_who_was_there_before(house: Any, places: Any) -> None:
    """Only the part of a grant that is still to come counts."""
    before = await house.account("collector", ("collector", places["village"]))
    local = await local_administrator(house, places["township"])
    account = f"/accounts/{before['account_id']}"
    assert (await house.post(f"{account}/deactivate", local)).status_code == 200
    assert (await house.post(f"{account}/activate", local)).status_code == 200
    revoked = await house.post(f"/grants/{before['grants'][0]['grant_id']}/revoke", local)
    assert revoked.status_code == 200


async def test_nobody_disables_or_strips_their_own_account(house: Any) -> None:
    me = (await house.client.get("/me", headers=house.admin)).json()["account_id"]
    shown = (await house.client.get(f"/accounts/{me}", headers=house.admin)).json()
    for path in (f"/accounts/{me}/deactivate", f"/grants/{shown['grants'][0]['grant_id']}/revoke"):
        answer = await house.post(path)
        assert (answer.status_code, rule(answer)) == (409, "own-account")


async def test_each_change_is_a_new_version_told_to_every_service(house: Any, places: Any) -> None:
    """The event carries the whole set, so that a late or replayed one is harmless."""
    made = await house.account("collector", ("collector", places["village"]))
    account, path = made["account_id"], f"/accounts/{made['account_id']}"
    await house.post(f"{path}/grants", grants=[{"role": "leader", "area": places["county"]}])
    await house.post(f"/grants/{made['grants'][0]['grant_id']}/revoke", reason="调离岗位")
    await house.post(f"{path}/deactivate")
    rows = await house.rows(
        "SELECT key, version, ref FROM outbox WHERE key = :key ORDER BY id", key=account
    )
    assert [row.version for row in rows] == [1, 2, 3, 4]
    assert {str(row.ref) for row in rows} == {str({"account_id": account})}
    events = [e for row, e in await house.events("access-grant-changed") if row.key == account]
    assert [event.clear.version for event in events] == [1, 2, 3, 4]
    last = events[-1].parts
    assert set(last) == set(service_topics()["access-grant-changed"].consumers)
    part = GrantsOfAccount.model_validate_json(last["capture"].model_dump_json())
    assert (part.account_id, part.active) == (account, False)
    assert [(g.role, g.area) for g in part.grants] == [("leader", places["county"])]
    (known,) = await house.rows("SELECT * FROM known_grants WHERE account_id = :id", id=account)
    assert (known.version, known.active) == (4, False)
    assert [action for action in await house.audited() if action != "signed-in"] == [
        *("keys-published", "first-administrator", "account-created", "grant-given"),
        *("grant-given", "grant-revoked", "account-deactivated"),
    ]


async def test_a_revoked_grant_ends_tokens_here_and_by_its_version_everywhere(
    house: Any, places: Any
) -> None:
    made = await house.account("leader", ("leader", places["county"]))
    bearer = await house.bearer("leader")
    assert (await house.client.get("/me", headers=bearer)).status_code == 200
    answer = await house.post(f"/grants/{made['grants'][0]['grant_id']}/revoke")
    assert (answer.json()["version"], answer.json()["grants"]) == (2, [])
    house.forget()
    refused = await house.client.get("/me", headers=bearer)
    assert (refused.status_code, rule(refused)) == (401, "grants-changed")
    renewed = await house.client.post("/token/renew", headers=bearer)
    assert renewed.json()["grants"] == []


async def test_repeating_a_change_changes_nothing(house: Any, places: Any) -> None:
    made = await house.account("collector")
    path = f"/accounts/{made['account_id']}"
    grant = {
        "role": "collector",
        "area": places["village"],
        "valid_from": in_days(0),
        "valid_until": in_days(30),
    }
    first = await house.post(f"{path}/grants", grants=[grant, grant])
    second = await house.post(f"{path}/grants", grants=[grant])
    assert first.json()["grants"] == second.json()["grants"]
    assert len(first.json()["grants"]) == 1
    grant_id = first.json()["grants"][0]["grant_id"]
    versions = {
        (await house.post(f"/grants/{grant_id}/revoke")).json()["version"] for _ in range(2)
    }
    assert versions == {3}
    assert {(await house.post(f"{path}/deactivate")).json()["version"] for _ in range(2)} == {4}


async def test_grants_that_ended_no_longer_travel(house: Any, places: Any) -> None:
    made = await house.account("collector", ("collector", places["village"]))
    await house.rows(
        "UPDATE account_grant SET valid_until = now() - interval '1 day', "
        "valid_from = now() - interval '2 days' WHERE account_id = :id",
        id=made["account_id"],
    )
    answer = await house.sign_in("collector")
    assert answer.json()["grants"] == []


async def test_a_taken_name_and_too_many_grants(house: Any, places: Any) -> None:
    await house.account("someone")
    taken = await house.post(
        "/accounts", username="SomeOne", password="a long password", area=places["county"]
    )
    assert (taken.status_code, rule(taken)) == (409, "username-taken")
    made = await house.account("other")
    path = f"/accounts/{made['account_id']}/grants"
    forty = [
        {"role": "collector", "area": places["village"], "valid_until": in_days(1 + n)}
        for n in range(40)
    ]
    full = await house.post(path, grants=forty)
    assert full.status_code == 201
    more = await house.post(path, grants=[{"role": "leader", "area": places["county"]}])
    assert (more.status_code, rule(more)) == (422, "grants-too-many")
    token = (await house.sign_in("other")).json()["access_token"]
    assert len(token) < 16_000
