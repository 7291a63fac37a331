"""Departments: a connector on the department's own machine, with keys of its own (R74, R92)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from muster.contracts.parts.access import KeysOfOwner
from muster.contracts.topics import service_topics
from muster.messaging import enrolled
from muster.messaging.border import DEPARTMENT
from muster.messaging.enrolled import UnknownReader
from muster.security import jose

REQUESTS = service_topics()["verification-requested-housing"]


def rule(answer: Any) -> str:
    return answer.json()["reasons"][0]["rule"]  # type: ignore[no-any-return]


def fresh() -> tuple[dict[str, str], dict[str, str]]:
    return jose.generate("sig"), jose.generate("enc")


async def reader(house: Any) -> str:
    """The key to which relays seal what the department is asked."""
    async with house.context.database.transaction() as conn:
        found = await enrolled.reader(conn, REQUESTS)
    assert found is not None
    return found["kid"]


async def senders(house: Any) -> set[str]:
    """The keys under which intakes take its answers."""
    async with house.context.database.transaction() as conn:
        found = await enrolled.senders(conn, ["connector/housing"])
    return set(found.get("connector/housing", {}))


async def test_a_connector_is_enrolled_with_a_code_and_its_own_keys(
    house: Any, places: Any
) -> None:
    """R92: every service learns to whom it seals, and whose signature counts."""
    keys = fresh()
    answer = await house.client.post("/departments", json=house.connector(await house.code(), keys))
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["department"], made["area"], made["label"], made["version"]) == (
        "housing",
        places["county"],
        "住建局",
        1,
    )
    row, event = (await house.events("access-key-changed"))[-1]
    assert (row.key, row.version, row.county) == ("housing", 1, places["county"])
    assert event.clear.terminal_id is None
    assert set(event.parts) == set(service_topics()["access-key-changed"].consumers)
    part = KeysOfOwner.model_validate_json(event.parts["verification"].model_dump_json())
    assert (part.owner_id, part.owner_kind) == ("housing", DEPARTMENT)
    assert {(key.kid, key.use, key.revoked_at) for key in part.keys} == {
        (keys[0]["kid"], "sig", None),
        (keys[1]["kid"], "enc", None),
    }
    assert await reader(house) == keys[1]["kid"]
    assert await senders(house) == {keys[0]["kid"]}
    audited = await house.audited()
    assert audited[-2:] == ["enrolment-opened", "department-enrolled"]
    rows = await house.rows("SELECT detail FROM audit WHERE action = 'enrolment-opened'")
    assert rows[-1].detail["department"] == "housing"


async def test_another_code_puts_new_keys_in_the_place_of_the_old(house: Any) -> None:
    """Old ones are revoked and stay known as that; followers get one newer version of all."""
    old, new = fresh(), fresh()
    first = house.connector(await house.code(), old)
    assert (await house.client.post("/departments", json=first)).status_code == 201
    answer = await house.client.post("/departments", json=house.connector(await house.code(), new))
    assert (answer.status_code, answer.json()["version"]) == (201, 2)
    assert await reader(house) == new[1]["kid"]
    assert await senders(house) == {new[0]["kid"]}
    row, event = (await house.events("access-key-changed"))[-1]
    assert row.version == 2
    ended = {key.kid: key.revoked_at is not None for key in event.parts["capture"].keys}
    assert ended == {
        **dict.fromkeys((old[0]["kid"], old[1]["kid"]), True),
        **dict.fromkeys((new[0]["kid"], new[1]["kid"]), False),
    }
    versions = await house.rows("SELECT DISTINCT version FROM known_key WHERE owner_id = 'housing'")
    assert [one.version for one in versions] == [2]
    # The first code, its answer lost, does not bring the old keys back.
    assert rule(await house.client.post("/departments", json=first)) == "enrolment-code"
    back = await house.client.post("/departments", json=house.connector(await house.code(), old))
    assert (back.status_code, rule(back)) == (409, "key-known")
    assert await reader(house) == new[1]["kid"]


async def test_a_lost_answer_is_asked_for_again(house: Any) -> None:
    """The same code and keys change nothing; nor does another code with the same keys."""
    keys, code = fresh(), await house.code()
    asked = house.connector(code, keys)
    made = await house.client.post("/departments", json=asked)
    again = await house.client.post("/departments", json=asked)
    other = await house.client.post("/departments", json=house.connector(await house.code(), keys))
    assert [one.status_code for one in (made, again, other)] == [201, 200, 200]
    assert made.json() == again.json() == other.json()
    rows = [row for row, _ in await house.events("access-key-changed") if row.key == "housing"]
    assert [row.version for row in rows] == [1]
    other_keys = await house.client.post("/departments", json=house.connector(code, fresh()))
    assert (other_keys.status_code, rule(other_keys)) == (422, "enrolment-code")


async def test_two_connectors_at_once_do_not_share_a_code(house: Any) -> None:
    code = await house.code()
    answers = await asyncio.gather(
        *(house.client.post("/departments", json=house.connector(code, fresh())) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422]
    codes = [await house.code(), await house.code()]
    answers = await asyncio.gather(
        *(house.client.post("/departments", json=house.connector(one, fresh())) for one in codes)
    )
    assert sorted(answer.json()["version"] for answer in answers) == [2, 3]
    assert len(await senders(house)) == 1


async def test_a_code_is_for_a_terminal_or_for_a_department(house: Any, places: Any) -> None:
    """And an attempt at the wrong door does not use it up."""
    department, keys = await house.code(), fresh()
    answer = await house.client.post("/terminals", json=house.enrolment(department, keys[0]))
    assert (answer.status_code, rule(answer)) == (422, "enrolment-kind")
    opened = await house.post("/enrolments", area=places["township"], label="一号机")
    assert opened.json()["department"] is None
    terminal = opened.json()["code"]
    answer = await house.client.post("/departments", json=house.connector(terminal, keys))
    assert (answer.status_code, rule(answer)) == (422, "enrolment-kind")
    right = await house.client.post("/departments", json=house.connector(department, keys))
    assert right.status_code == 201
    key = jose.generate("sig")
    right = await house.client.post("/terminals", json=house.enrolment(terminal, key))
    assert right.status_code == 201
    # Nor does a key of the one pass as one of the other.
    taken = await house.client.post(
        "/departments", json=house.connector(await house.code("land"), (key, jose.generate("enc")))
    )
    assert (taken.status_code, rule(taken)) == (409, "key-known")
    refused = await house.sign_in(
        "admin", terminal_assertion=house.assertion({"terminal_id": "housing"}, keys[0])
    )
    assert refused.status_code == 401


async def test_a_code_expires(house: Any) -> None:
    code = await house.code()
    await house.rows("UPDATE enrolment SET expires_at = now() - interval '1 second'")
    answer = await house.client.post("/departments", json=house.connector(code, fresh()))
    assert (answer.status_code, rule(answer)) == (422, "enrolment-code")
    assert await house.rows("SELECT * FROM department") == []


async def test_what_is_no_enrolment(house: Any) -> None:
    """Two public keys, one for each use, of which the first signed this very code."""
    code, keys = await house.code(), fresh()
    asked, other = house.connector(code, keys), fresh()
    sig, enc = asked["keys"]
    wrong = [
        ("keys", "keys-two", {"keys": []}),
        ("keys", "keys-two", {"keys": [sig]}),
        ("keys", "key-use", {"keys": [enc, sig]}),
        ("keys", "key-use", {"keys": [sig, sig]}),
        ("keys", "key-use", {"keys": [sig, {**enc, "alg": "ES256"}]}),
        ("keys", "key-reused", {"keys": [sig, {**sig, "use": "enc"}]}),
        ("keys", "key-private", {"keys": [sig, {**enc, "d": keys[1]["d"]}]}),
        ("keys", "key-members", {"keys": [sig, {**enc, "x5u": "http://example.com"}]}),
        ("keys", "key-thumbprint", {"keys": [sig, {**enc, "kid": "my-key"}]}),
        ("keys", "key-malformed", {"keys": [sig, {**enc, "x": enc["y"]}]}),
        ("proof", "proof-of-possession", {"proof": house.connector(code, other)["proof"]}),
        (
            "proof",
            "proof-of-possession",
            {"proof": house.connector(await house.code("land"), keys)["proof"]},
        ),
        ("proof", "proof-of-possession", {"proof": jose.sign(code.encode(), keys[0], "JWT")}),
        ("proof", "proof-of-possession", {"proof": "码"}),
    ]
    for field, expected, change in wrong:
        answer = await house.client.post("/departments", json={**asked, **change})
        assert answer.status_code == 422, expected
        reason = answer.json()["reasons"][0]
        assert (reason["field"], reason["rule"]) == (field, expected)
        assert keys[1]["d"] not in answer.text
    assert (await house.client.post("/departments", json=asked)).status_code == 201


async def test_only_the_campaigns_administrator_enrols_and_revokes(house: Any, places: Any) -> None:
    """A township's administrator must not put another connector in a department's place."""
    await house.account("local.admin", ("administrator", places["township"]))
    await house.account("collector", ("collector", places["county"]))
    local, collector = await house.bearer("local.admin"), await house.bearer("collector")
    cases = [
        (local, places["township"], "housing", 422, "department-area"),
        (None, places["township"], "housing", 422, "department-area"),
        (local, places["county"], "housing", 403, "delegation-beyond-held"),
        (collector, places["county"], "housing", 403, "delegation-beyond-held"),
        (None, places["county"], "nobody", 422, "department-unknown"),
        (None, places["county"], "housing\u0000", 422, "department-unknown"),
    ]
    for by, area, department, status, expected in cases:
        answer = await house.post(
            "/enrolments", by, area=area, label="住建局", department=department
        )
        assert (answer.status_code, rule(answer)) == (status, expected)
    made = await house.client.post(
        "/departments", json=house.connector(await house.code(), fresh())
    )
    assert made.status_code == 201
    hidden = await house.post("/departments/housing/revoke", local)
    unknown = await house.post("/departments/land/revoke", local)
    assert (hidden.status_code, hidden.json()["reasons"]) == (404, unknown.json()["reasons"])
    listed = await house.client.get("/departments", headers=house.admin)
    assert [one["department"] for one in listed.json()["departments"]] == ["housing"]
    assert (await house.client.get("/departments", headers=local)).json() == {"departments": []}
    assert (await house.client.get("/departments", headers=collector)).status_code == 403
    assert (await house.client.get("/departments")).status_code == 401


async def test_nothing_of_a_revoked_department_counts(house: Any) -> None:
    """Nothing is sealed to it, nothing it signs is taken; new keys begin again."""
    keys, code = fresh(), await house.code()
    asked = house.connector(code, keys)
    await house.client.post("/departments", json=asked)
    revoked = await house.post("/departments/housing/revoke", reason="更换电脑")
    again = await house.post("/departments/housing/revoke")
    assert revoked.json() == again.json()
    assert (revoked.json()["version"], revoked.json()["revoked_at"] is None) == (2, False)
    with pytest.raises(UnknownReader):
        await reader(house)
    assert await senders(house) == set()
    assert rule(await house.client.post("/departments", json=asked)) == "enrolment-code"
    answer = await house.client.post(
        "/departments", json=house.connector(await house.code(), fresh())
    )
    assert answer.json()["version"] == 3
    assert answer.json()["revoked_at"] is None
    assert len(await senders(house)) == 1
    (ended,) = await house.rows(
        "SELECT count(*) AS n FROM known_key WHERE kid = :kid AND revoked_at < now()",
        kid=keys[0]["kid"],
    )
    assert ended.n == 1
    rows = [row for row, _ in await house.events("access-key-changed") if row.key == "housing"]
    assert [row.version for row in rows] == [1, 2, 3]
    assert (await house.audited()).count("department-revoked") == 1


async def test_a_department_that_left_the_profile_enrols_no_more(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = await house.code()
    monkeypatch.setattr(type(house.context.profile), "departments", {})
    answer = await house.client.post("/departments", json=house.connector(code, fresh()))
    assert (answer.status_code, rule(answer)) == (422, "department-unknown")


async def test_a_code_is_kept_for_one_kind_only(house: Any, places: Any) -> None:
    """The database refuses a row that would be both."""
    await house.code()
    terminal, _ = await house.enrol(places["township"])
    with pytest.raises(Exception, match="enrolment_of_one_kind"):
        await house.rows(
            "UPDATE enrolment SET terminal_id = :t WHERE department IS NOT NULL",
            t=terminal["terminal_id"],
        )
    async with house.context.database.transaction() as conn:
        assert await conn.scalar(text("SELECT count(*) FROM terminal")) == 1
