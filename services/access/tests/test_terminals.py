"""Terminals: dedicated, authorised computers (R101, R102)."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from muster.contracts.parts.access import KeysOfOwner
from muster.contracts.topics import service_topics
from muster.security import jose, tokens
from muster.vocabulary.ids import new_id


def rule(answer: Any) -> str:
    return answer.json()["reasons"][0]["rule"]  # type: ignore[no-any-return]


async def test_a_terminal_is_enrolled_with_a_code_and_its_own_key(house: Any, places: Any) -> None:
    """R101: only enrolled computers; every service learns the key and its area."""
    terminal, key = await house.enrol(places["township"])
    assert (terminal["area"], terminal["label"]) == (places["township"], "隆务镇采集端1号")
    events = await house.events("access-key-changed")
    (row, event) = events[-1]
    assert (row.key, row.version, row.county) == (terminal["terminal_id"], 1, places["county"])
    assert event.clear.terminal_id == terminal["terminal_id"]
    assert set(event.parts) == set(service_topics()["access-key-changed"].consumers)
    part = KeysOfOwner.model_validate_json(event.parts["capture"].model_dump_json())
    assert (part.owner_kind, part.area) == ("terminal", places["township"])
    assert [(k.kid, k.use, k.revoked_at) for k in part.keys] == [(key["kid"], "sig", None)]
    assert part.keys[0].jwk == jose.public_jwk(key)
    known = await house.context.directory.key(key["kid"], owner_kind="terminal")
    assert known.owner_id == terminal["terminal_id"]
    assert "terminal-enrolled" in await house.audited()


async def test_only_a_keyed_hash_of_the_code_is_kept(house: Any, places: Any) -> None:
    opened = (await house.post("/enrolments", area=places["township"], label="一号机")).json()
    (row,) = await house.rows("SELECT * FROM enrolment")
    assert row.code_hash.startswith("index/access/1:")
    for code in (opened["code"], opened["code"].replace("-", "")):
        assert code not in str(row)


async def test_a_code_serves_one_key_once(house: Any, places: Any) -> None:
    code = (await house.post("/enrolments", area=places["township"], label="一号机")).json()["code"]
    first, second = jose.generate("sig"), jose.generate("sig")
    made = await house.client.post("/terminals", json=house.enrolment(code, first))
    other = await house.client.post("/terminals", json=house.enrolment(code, second))
    assert (other.status_code, rule(other)) == (422, "enrolment-code")
    # The first answer may have been lost: the same key gets the same terminal.
    again = await house.client.post("/terminals", json=house.enrolment(code, first))
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json() == again.json()
    assert len(await house.rows("SELECT * FROM terminal")) == 1
    await house.post(f"/terminals/{made.json()['terminal_id']}/revoke")
    gone = await house.client.post("/terminals", json=house.enrolment(code, first))
    assert rule(gone) == "enrolment-code"


async def test_two_computers_at_once_do_not_share_a_code(house: Any, places: Any) -> None:
    code = (await house.post("/enrolments", area=places["township"], label="一号机")).json()["code"]
    answers = await asyncio.gather(
        *(
            house.client.post("/terminals", json=house.enrolment(code, jose.generate("sig")))
            for _ in range(4)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422]


async def test_a_code_expires(house: Any, places: Any) -> None:
    code = (await house.post("/enrolments", area=places["township"], label="一号机")).json()["code"]
    await house.rows("UPDATE enrolment SET expires_at = now() - interval '1 second'")
    answer = await house.client.post("/terminals", json=house.enrolment(code, jose.generate("sig")))
    assert (answer.status_code, rule(answer)) == (422, "enrolment-code")
    unknown = await house.client.post(
        "/terminals", json=house.enrolment("0000-0000-0000-0000", jose.generate("sig"))
    )
    assert unknown.json()["reasons"] == answer.json()["reasons"]


async def test_a_key_must_be_held_and_not_only_known(house: Any, places: Any) -> None:
    """Whoever saw another's public key cannot enrol it as theirs, nor replay another's proof."""
    code = (await house.post("/enrolments", area=places["township"], label="一号机")).json()["code"]
    other_code = (await house.post("/enrolments", area=places["township"], label="二号机")).json()[
        "code"
    ]
    mine, theirs = jose.generate("sig"), jose.generate("sig")
    asked = house.enrolment(code, mine)
    for proof in (
        house.enrolment(code, theirs)["proof"],
        house.enrolment(other_code, mine)["proof"],
        jose.sign(
            code.encode(),
            {**mine, "d": theirs["d"], "x": theirs["x"], "y": theirs["y"]},
            "muster-enrolment",
        ),
        jose.sign(code.encode(), mine, "muster-terminal"),
        "a.b.c",
        "码",
        "",
    ):
        answer = await house.client.post("/terminals", json={**asked, "proof": proof})
        assert (answer.status_code, rule(answer)) == (422, "proof-of-possession")
    assert await house.rows("SELECT * FROM terminal") == []
    assert (await house.client.post("/terminals", json=asked)).status_code == 201


async def test_what_is_no_key(house: Any, places: Any) -> None:
    code = (await house.post("/enrolments", area=places["township"], label="一号机")).json()["code"]
    private = jose.generate("sig")
    key = jose.public_jwk(private)
    wrong = {
        "key-private": {**key, "d": private["d"]},
        "key-use": {**key, "use": "enc"},
        "key-members": {**key, "x5u": "http://example.com"},
        "key-thumbprint": {**key, "kid": "my-key"},
        "key-malformed": {**key, "x": key["y"]},
    }
    for expected, jwk in wrong.items():
        answer = await house.client.post(
            "/terminals", json={**house.enrolment(code, private), "jwk": jwk}
        )
        assert (answer.status_code, rule(answer)) == (422, expected)
        assert private["d"] not in answer.text


async def test_a_key_serves_one_terminal(house: Any, places: Any) -> None:
    """Nor can access's own token key, or a revoked terminal's, come back as another's."""
    terminal, key = await house.enrol(places["township"])
    await house.post(f"/terminals/{terminal['terminal_id']}/revoke")
    code = (await house.post("/enrolments", area=places["township"], label="二号机")).json()["code"]
    answer = await house.client.post("/terminals", json=house.enrolment(code, key))
    assert (answer.status_code, rule(answer)) == (409, "key-known")
    own = house.context.keyring.current("token/access").jwk()
    answer = await house.client.post("/terminals", json=house.enrolment(code, own))
    assert (answer.status_code, rule(answer)) == (409, "key-known")
    # The refused attempts did not use the code up.
    fresh = await house.client.post("/terminals", json=house.enrolment(code, jose.generate("sig")))
    assert fresh.status_code == 201


async def test_only_the_areas_administrator_enrols_and_revokes(house: Any, places: Any) -> None:
    await house.account("local.admin", ("administrator", places["township"]))
    await house.account("collector", ("collector", places["county"]))
    local, collector = await house.bearer("local.admin"), await house.bearer("collector")
    outside, _ = await house.enrol(places["other"])
    inside, _ = await house.enrol(places["village"])
    for bearer, area in ((local, places["other"]), (collector, places["village"])):
        answer = await house.post("/enrolments", bearer, area=area, label="一号机")
        assert (answer.status_code, rule(answer)) == (403, "delegation-beyond-held")
    listed = (await house.client.get("/terminals", headers=local)).json()["terminals"]
    assert [t["terminal_id"] for t in listed] == [inside["terminal_id"]]
    assert (await house.client.get("/terminals", headers=collector)).status_code == 403
    hidden = await house.post(f"/terminals/{outside['terminal_id']}/revoke", local)
    unknown = await house.post(f"/terminals/{new_id()}/revoke", local)
    assert (hidden.status_code, hidden.json()["reasons"]) == (404, unknown.json()["reasons"])
    assert (
        await house.post(f"/terminals/{inside['terminal_id']}/revoke", local)
    ).status_code == 200


async def test_a_revoked_terminal_signs_nobody_in(house: Any, places: Any) -> None:
    terminal, key = await house.enrol(places["township"])
    await house.account("collector", ("collector", places["township"]))
    answer = await house.sign_in("collector", terminal_assertion=house.assertion(terminal, key))
    assert answer.status_code == 200
    token = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    revoked = await house.post(f"/terminals/{terminal['terminal_id']}/revoke", reason="电脑报废")
    again = await house.post(f"/terminals/{terminal['terminal_id']}/revoke")
    assert revoked.json()["revoked_at"] == again.json()["revoked_at"] is not None
    refused = await house.sign_in("collector", terminal_assertion=house.assertion(terminal, key))
    assert (refused.status_code, rule(refused)) == (401, "terminal-unknown")
    assert (await house.client.post("/token/renew", headers=token)).status_code == 401
    house.forget()
    assert await house.context.directory.key(key["kid"], owner_kind="terminal") is None
    events = [e for row, e in await house.events("access-key-changed") if row.key != "access"]
    assert [event.clear.version for event in events] == [1, 2]
    assert events[-1].parts["capture"].keys[0].revoked_at is not None


async def test_a_token_names_the_terminal_that_vouched_for_it(house: Any, places: Any) -> None:
    terminal, key = await house.enrol(places["township"])
    await house.account("collector")
    used = house.assertion(terminal, key)
    answer = await house.sign_in("collector", terminal_assertion=used)
    own = {k["kid"]: k for k in (await house.client.get("/.well-known/jwks.json")).json()["keys"]}
    assert (
        tokens.verify(answer.json()["access_token"], own.get).terminal_id == terminal["terminal_id"]
    )
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    renewed = await house.client.post("/token/renew", headers=bearer)
    assert renewed.json()["terminal_id"] == terminal["terminal_id"]
    now, stranger = int(time.time()), jose.generate("sig")
    other, _ = await house.enrol(places["township"])
    refused = {
        "terminal-assertion-used": [used],
        "terminal-assertion-stale": [
            house.assertion(terminal, key, iat=now - 130),
            house.assertion(terminal, key, iat=now + 130),
            house.assertion(terminal, key, iat=10**15),
        ],
        "terminal-unknown": [
            house.assertion(terminal, stranger),
            house.assertion(terminal, {**stranger, "kid": key["kid"]}),
        ],
        "terminal-assertion-malformed": [
            house.assertion(other, key),
            house.assertion(terminal, key, jti="\x00"),
            house.assertion(terminal, key, jti=None),
            house.assertion(terminal, key, iat="now"),
            house.assertion(terminal, key, more=1),
            house.assertion(terminal, {**key, "kid": "\x00"}),
            jose.sign(b"[]", key, "muster-terminal"),
            jose.sign(b"\xff", key, "muster-terminal"),
            house.enrolment("0000-0000-0000-0000", key)["proof"],
            "x",
        ],
    }
    for expected, assertions in refused.items():
        for assertion in assertions:
            answer = await house.sign_in("collector", terminal_assertion=assertion)
            assert (answer.status_code, rule(answer)) == (401, expected)
