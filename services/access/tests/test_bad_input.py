"""Bad input at every route: a clear refusal in two languages, never a 500, never an echo."""

from __future__ import annotations

import json
from typing import Any

import pytest

from muster.security import jose
from muster.vocabulary.ids import new_id

MARK = "qq-do-not-echo-qq"
NUMBER = "632321" + "19500304" + "001X"

BODIES: dict[str, dict[str, Any]] = {
    "/token": {"username": "someone", "password": "a long password"},
    "/session": {
        "code": "a" * 43,
        "code_verifier": "b" * 43,
        "redirect_uri": "/console/signed-in",
        "client_id": "console",
    },
    "/me/password": {"current_password": "a long password", "new_password": "another password"},
    "/accounts": {
        "username": "someone",
        "password": "a long password",
        "area": "632321100",
        "grants": [{"role": "collector", "area": "632321100"}],
        "reason": "抽调",
    },
    "/accounts/{id}/grants": {
        "grants": [
            {
                "role": "collector",
                "area": "632321100",
                "valid_from": "2026-01-01T00:00:00Z",
                "valid_until": "2099-01-01T00:00:00+08:00",
            }
        ],
        "reason": "抽调",
    },
    "/accounts/{id}/password": {"password": "a long password", "reason": "忘记密码"},
    "/accounts/{id}/deactivate": {"reason": "离职"},
    "/accounts/{id}/activate": {"reason": "复职"},
    "/grants/{id}/revoke": {"reason": "离职"},
    "/terminals/{id}/revoke": {"reason": "报废"},
    "/enrolments": {"area": "632321", "label": "一号机", "department": "housing"},
    "/departments/{id}/revoke": {"reason": "更换"},
    "/departments": {
        "code": "0000-0000-0000-0000",
        "keys": [jose.public_jwk(jose.generate(use)) for use in ("sig", "enc")],
        "proof": "a.b.c",
    },
    "/terminals": {
        "code": "0000-0000-0000-0000",
        "jwk": jose.public_jwk(jose.generate("sig")),
        "proof": "a.b.c",
    },
}

BAD: list[Any] = [
    None,
    7,
    -1.5,
    10**400,
    True,
    "",
    "\x00",
    f"a\x00b{MARK}",
    "\ud800",
    "\ufffe\U000e0001",
    MARK,
    "码" * 100_000,
    [],
    [MARK],
    {},
    {MARK: MARK},
    {NUMBER: 1},
    {"\ud800": "\ud800"},
    {"\x00": "\x00"},
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "2026-02-30T00:00:00Z",
    "632321100; DROP TABLE account",
    "999999",
]


def variants(body: dict[str, Any]) -> list[Any]:
    """The body with each member bad in turn, at every depth; left out; and one too many."""
    found: list[Any] = []
    for name, value in body.items():
        found += [{**body, name: bad} for bad in BAD]
        found.append({k: v for k, v in body.items() if k != name})
        if isinstance(value, dict):
            found += [{**body, name: inner} for inner in variants(value)]
        if isinstance(value, list):
            found += [{**body, name: [inner]} for inner in variants(value[0])]
            found.append({**body, name: value * 500})
    found.append({**body, MARK: 1})
    found.append({**body, "\ud800": 1})
    return found


def check(answer: Any, sent: str) -> None:
    assert answer.status_code < 500, (answer.status_code, sent[:300])
    if answer.status_code >= 400:
        body = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert body["reasons"], sent[:300]
        for reason in body["reasons"]:
            assert reason["rule"]
            assert any("\u4e00" <= letter <= "\u9fff" for letter in reason["zh"])
            assert reason["en"].isascii()


@pytest.mark.parametrize("path", sorted(BODIES))
async def test_no_member_of_no_body_breaks_a_route(house: Any, path: str) -> None:
    made = await house.account("target")
    path_filled = path.replace("{id}", made["account_id"])
    for body in variants(BODIES[path]):
        sent = json.dumps(body)
        answer = await house.client.post(
            path_filled,
            content=sent,
            headers={**house.admin, "Content-Type": "application/json"},
        )
        check(answer, sent)


@pytest.mark.parametrize("path", sorted(BODIES))
async def test_what_is_no_body_breaks_no_route(house: Any, path: str) -> None:
    filled = path.replace("{id}", new_id())
    for sent in (b"", b"{", b"\xff\xfe", b"null", b"[]", b"7", b'"x"', b"[" * 50_000, b"9" * 5000):
        answer = await house.client.post(
            filled, content=sent, headers={**house.admin, "Content-Type": "application/json"}
        )
        check(answer, repr(sent))
        assert answer.status_code in {400, 422}
    answer = await house.client.post(filled, content=b"a=1", headers=house.admin)
    assert answer.status_code == 422


async def test_what_is_no_id_or_page_breaks_no_route(house: Any) -> None:
    for path in [*BODIES, "/accounts/{id}"]:
        if "{id}" not in path:
            continue
        for bad in ("x", "%00", "%ed%a0%80", "%ff", "1" * 3000, new_id().upper(), "..%2f"):
            send = house.client.get if path == "/accounts/{id}" else house.client.post
            answer = await send(path.replace("{id}", bad), headers=house.admin)
            check(answer, path + bad)
            assert answer.status_code in {307, 404, 405, 422}
    for query in ("after=x", "after=%00", "limit=0", "limit=101", "limit=x", "limit=" + "9" * 400):
        for path in ("/accounts", "/terminals"):
            answer = await house.client.get(f"{path}?{query}", headers=house.admin)
            check(answer, query)
            assert answer.status_code == 422


async def test_what_is_no_token_opens_no_route(house: Any) -> None:
    own = house.context.keyring.current("token/access").jwk()
    tokens = (
        "",
        "Bearer",
        "Bearer x",
        "Basic abc",
        "Bearer a.b.c",
        "Bearer " + "a" * 70_000,
        "Bearer " + jose.sign(b"[]", own, "JWT"),
        "Bearer " + jose.sign(b"{}", own, "JWT"),
        "Bearer " + jose.sign(b"\xff", own, "JWT"),
        "Bearer " + jose.sign(b"{}", own, "muster-packet"),
        "Bearer " + jose.sign(b"{}", {**jose.generate("sig"), "kid": "nobody"}, "JWT"),
    )
    for token in tokens:
        for path in ("/accounts", "/terminals", "/me"):
            answer = await house.client.get(path, headers={"Authorization": token})
            check(answer, token[:60])
            assert answer.status_code == 401
        answer = await house.client.post("/token/renew", headers={"Authorization": token})
        check(answer, token[:60])
        assert answer.status_code == 401


async def test_a_value_is_never_repeated(house: Any) -> None:
    for path, body in BODIES.items():
        for name in body:
            answer = await house.post(path.replace("{id}", new_id()), **{**body, name: [MARK]})
            assert answer.status_code == 422, (path, name)
            assert MARK not in answer.text
        # A member that nobody knows may be anybody's number, and is a value as well.
        answer = await house.post(path.replace("{id}", new_id()), **{**body, MARK: 1, NUMBER: 1})
        assert answer.status_code == 422, path
        assert MARK not in answer.text
        assert NUMBER not in answer.text


async def test_refusals_name_field_rule_and_reason(house: Any, places: Any) -> None:
    made = await house.account("target")
    grants = f"/accounts/{made['account_id']}/grants"
    new = BODIES["/accounts"]
    cases = [
        ("/accounts", {**new, "username": "张三"}, "username", "username-form"),
        ("/accounts", {**new, "username": "t13900000000"}, "username", "username-personal"),
        ("/accounts", {**new, "password": "short"}, "password", "password-length"),
        ("/accounts", {**new, "area": "999999"}, "area", "area-unknown"),
        ("/accounts", {**new, "reason": "a\x00b"}, "reason", "control-character"),
        ("/accounts", {**new, "reason": "电话 139-0000-0000"}, "reason", "reason-personal"),
        ("/enrolments", {"area": "999999", "label": "一号机"}, "area", "area-unknown"),
        ("/enrolments", {"area": places["county"], "label": " "}, "label", "label-length"),
        (
            grants,
            {"grants": [{"role": "collector", "area": "999999"}]},
            "area",
            "area-unknown",
        ),
        (
            grants,
            {
                "grants": [
                    {
                        "role": "collector",
                        "area": places["county"],
                        "valid_until": "2019-01-01T00:00:00Z",
                    }
                ]
            },
            "valid_until",
            "grant-ends-early",
        ),
        (
            grants,
            {
                "grants": [
                    {
                        "role": "collector",
                        "area": places["county"],
                        "valid_until": "9999-12-31T23:59:59-23:59",
                    }
                ]
            },
            "valid_until",
            "grant-time-range",
        ),
    ]
    for path, body, field, rule in cases:
        answer = await house.post(path, **body)
        assert answer.status_code == 422, (path, rule, answer.text)
        assert (field, rule) in {(r["field"], r["rule"]) for r in answer.json()["reasons"]}
    assert [
        a["username"]
        for a in (await house.client.get("/accounts", headers=house.admin)).json()["accounts"]
        if a["username"] not in {"admin", "target"}
    ] == []
