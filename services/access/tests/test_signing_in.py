"""Passwords, locks, tokens, renewal."""

from __future__ import annotations

import time
from typing import Any

import pytest

from muster.access import passwords
from muster.observability import metrics
from muster.security import jose, tokens

PASSWORD = "correct horse battery"


@pytest.mark.usefixtures("real_hashes")
async def test_passwords_are_kept_as_argon2id_and_nowhere_else(house: Any, places: Any) -> None:
    await house.account("collector", ("collector", places["township"]))
    (row,) = await house.rows("SELECT * FROM account WHERE username = 'collector'")
    kind, version, cost = row.password_hash.split("$")[1:4]
    assert (kind, version) == ("argon2id", "v=19")
    assert cost == "m=65536,t=3,p=4"
    assert PASSWORD not in str(row)
    assert not await passwords.check(row.password_hash, PASSWORD + "x")
    assert await passwords.check(row.password_hash, PASSWORD)


async def test_a_token_is_verified_with_the_jwks_alone(house: Any, places: Any) -> None:
    """R102: other services verify without asking access."""
    made = await house.account("reviewer", ("civil_affairs_reviewer", places["county"]))
    answer = await house.sign_in(" Reviewer ")
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    jwks = (await house.client.get("/.well-known/jwks.json")).json()["keys"]
    assert all("d" not in key and key["alg"] == "ES256" for key in jwks)
    claims = tokens.verify(body["access_token"], {key["kid"]: key for key in jwks}.get)
    assert claims.account_id == made["account_id"] == body["account_id"]
    assert [(g.role, g.area) for g in claims.grants] == [
        ("civil_affairs_reviewer", places["county"])
    ]
    assert claims.grants_version == made["version"] == 1
    assert claims.terminal_id is None
    assert 590 < claims.exp - time.time() <= 600 == body["expires_in"]
    with pytest.raises(tokens.BadToken):
        tokens.verify(body["access_token"], lambda _: jose.generate("sig"))


async def test_no_answer_tells_whether_a_name_exists(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown, wrong, locked and inactive: one answer, and the work of one hash."""
    off = await house.account("inactive")
    await house.account("locked")
    await house.account("known")
    await house.post(f"/accounts/{off['account_id']}/deactivate")
    await house.rows(
        "UPDATE account SET failures = 5, locked_until = now() + interval '1 minute' "
        "WHERE username = 'locked'"
    )
    hashed: list[str | None] = []
    check = passwords.check

    async def counted(stored: str | None, password: str) -> bool:
        hashed.append(stored)
        return await check(stored, password)

    monkeypatch.setattr(passwords, "check", counted)
    before = {why: refusals(why) for why in ("unknown", "password", "locked", "inactive")}
    answers = [
        await house.sign_in("nobody"),
        await house.sign_in("known", "another password"),
        await house.sign_in("locked"),
        await house.sign_in("inactive"),
        await house.sign_in("no\x00body"),
        await house.sign_in("无此人" * 50),
    ]
    assert {a.status_code for a in answers} == {401}
    assert len({str(a.json()["reasons"]) for a in answers}) == 1
    assert answers[0].json()["reasons"][0]["rule"] == "sign-in-refused"
    assert len(hashed) == len(answers)
    assert sum(stored is None for stored in hashed) == 3
    counted_after = {why: refusals(why) - before[why] for why in before}
    assert counted_after == {"unknown": 3, "password": 1, "locked": 1, "inactive": 1}


def refusals(why: str) -> float:
    """How many sign-ins were refused for that reason, as an operator sees it."""
    return float(metrics.sign_ins_failed_total.labels(why)._value.get())


@pytest.mark.usefixtures("real_hashes")
async def test_the_decoy_costs_what_a_real_hash_costs() -> None:
    stored = await passwords.hash_password(PASSWORD)
    await passwords.prepare()

    async def seconds(against: str | None) -> float:
        runs = []
        for _ in range(3):
            start = time.perf_counter()
            await passwords.check(against, "wrong")
            runs.append(time.perf_counter() - start)
        return min(runs)

    known, unknown = await seconds(stored), await seconds(None)
    assert known / 4 < unknown < known * 4


async def test_five_failures_lock_even_for_the_right_password(house: Any) -> None:
    made = await house.account("guessed")
    for _ in range(5):
        assert (await house.sign_in("guessed", "wrong password")).status_code == 401
    assert (await house.sign_in("guessed")).status_code == 401
    shown = (await house.client.get(f"/accounts/{made['account_id']}", headers=house.admin)).json()
    assert shown["locked_until"] is not None
    await house.rows("UPDATE account SET locked_until = now() - interval '1 second'")
    assert (await house.sign_in("guessed")).status_code == 200
    (row,) = await house.rows("SELECT * FROM account WHERE username = 'guessed'")
    assert (row.failures, row.locked_until) == (0, None)
    assert "account-locked" in await house.audited()


async def test_a_lock_outlives_the_process_and_a_reset_lifts_it(house: Any) -> None:
    made = await house.account("guessed")
    for _ in range(5):
        await house.sign_in("guessed", "wrong password")
    (row,) = await house.rows("SELECT failures FROM account WHERE username = 'guessed'")
    assert row.failures == 5
    answer = await house.post(
        f"/accounts/{made['account_id']}/password", password="another long one"
    )
    assert answer.status_code == 200
    assert (await house.sign_in("guessed", "another long one")).status_code == 200
    assert (await house.sign_in("guessed")).status_code == 401


async def test_renewal_brings_new_grants_without_a_password(house: Any, places: Any) -> None:
    made = await house.account("collector", ("collector", places["village"]))
    bearer = await house.bearer("collector")
    await house.post(
        f"/accounts/{made['account_id']}/grants",
        grants=[{"role": "collector", "area": places["township"]}],
    )
    house.forget()
    old = await house.client.get("/me", headers=bearer)
    assert (old.status_code, old.json()["reasons"][0]["rule"]) == (401, "grants-changed")
    answer = await house.client.post("/token/renew", headers=bearer)
    assert answer.status_code == 200
    assert [g["area"] for g in answer.json()["grants"]] == [places["village"], places["township"]]
    assert answer.json()["grants_version"] == 2
    fresh = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert (await house.client.get("/me", headers=fresh)).status_code == 200
    again = await house.client.post("/token/renew", headers=fresh)
    assert again.status_code == 200


@pytest.mark.parametrize(
    "change",
    ["deactivated", "password", "too-long-ago", "forgotten", "expired"],
)
async def test_renewal_ends(house: Any, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    made = await house.account("collector")
    bearer = await house.bearer("collector")
    account = f"/accounts/{made['account_id']}"
    if change == "deactivated":
        await house.post(f"{account}/deactivate")
    elif change == "password":
        await house.post(f"{account}/password", password="another long one")
    elif change == "too-long-ago":
        await house.rows("UPDATE issued_token SET signed_in_at = now() - interval '12 hours'")
    elif change == "forgotten":
        await house.rows("DELETE FROM issued_token")
    else:
        monkeypatch.setattr(tokens, "LEEWAY", tokens.LEEWAY - tokens.timedelta(hours=1))
    answer = await house.client.post("/token/renew", headers=bearer)
    rule = "token-expired" if change == "expired" else "session-ended"
    assert (answer.status_code, answer.json()["reasons"][0]["rule"]) == (401, rule)
    if change == "deactivated":
        await house.post(f"{account}/activate")
        assert (await house.client.post("/token/renew", headers=bearer)).status_code == 401
        assert (await house.sign_in("collector")).status_code == 200


async def test_a_changed_password_ends_every_sign_in(house: Any) -> None:
    await house.account("collector")
    bearer, other = await house.bearer("collector"), await house.bearer("collector")
    wrong = await house.post(
        "/me/password", bearer, current_password="wrong password", new_password="another long one"
    )
    assert wrong.status_code == 403
    done = await house.post(
        "/me/password", bearer, current_password=PASSWORD, new_password="another long one"
    )
    assert (done.status_code, done.content) == (204, b"")
    house.forget()
    for token in (bearer, other):
        assert (await house.client.get("/me", headers=token)).status_code == 401
        assert (await house.client.post("/token/renew", headers=token)).status_code == 401
    assert (await house.sign_in("collector")).status_code == 401
    assert (await house.sign_in("collector", "another long one")).status_code == 200


async def test_guesses_in_parallel_are_counted_one_by_one(house: Any) -> None:
    """The right password among many guesses at once does not slip past the lock."""
    import asyncio

    await house.account("guessed")
    guesses = [house.sign_in("guessed", f"wrong password {n}") for n in range(7)]
    await asyncio.gather(*guesses)
    (row,) = await house.rows("SELECT failures, locked_until FROM account WHERE username='guessed'")
    assert row.failures == 5
    assert row.locked_until is not None
