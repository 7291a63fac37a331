"""Each service is asked whatever its own OpenAPI document allows, by somebody who may do all there
is: answers are as described, refusals say why, and nothing breaks."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import hypothesis
import pytest
import schemathesis
from schemathesis.specs.openapi.checks import response_schema_conformance

from muster.forms import Profile
from muster.runtime import lifecycle
from muster.runtime.client import Account, Services, administrator
from muster.runtime.home import Home
from muster.runtime.provisioning import service_names
from muster.vocabulary.states import Role

from .conftest import County


@schemathesis.serializer("application/jose")
def as_text(_context: Any, value: Any) -> bytes:
    """What a terminal signs and seals is text to HTTP."""
    return str(value).encode()


AREA = "632321"
BOUNDED = hypothesis.settings(
    max_examples=6,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
"""So few requests per operation, and the same ones in each run."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A stack without people. What answers here stands before any broker: one kind is enough."""
    home = Home(tmp_path_factory.mktemp("apis")).create()
    try:
        County(home, home.path, Profile.load("tongren")).muster("up", "--profile", "tongren")
        yield home
    finally:
        lifecycle.down(home)


@pytest.fixture(scope="module")
def token(home: Home) -> str:
    """Of an account that holds every role in the whole area."""

    async def appoint() -> str:
        async with Services(home) as services:
            password = secrets.token_urlsafe(12)
            grants = [{"role": role.value, "area": AREA} for role in Role]
            who = {"username": "everything", "password": password, "area": AREA, "grants": grants}
            await administrator(services).post("access", "/accounts", who)
            return await Account(services, "everything", password).sign_in()

    return asyncio.run(appoint())


def ask_all(document: dict[str, Any], url: str, token: str) -> tuple[list[str], set[bool]]:
    """Ask for each operation of an OpenAPI document some times; gives what is amiss, and whether
    there were good answers and refusals."""
    amiss: list[str] = []
    answered: set[bool] = set()

    def check(case: Any) -> None:
        answer = case.call(base_url=url, headers={"authorization": f"Bearer {token}"})
        assert answer.status_code < 500, answer.text
        answered.add(answer.status_code < 400)
        if answer.status_code >= 400:
            assert answer.headers["content-type"][0] == "application/problem+json"
            for reason in answer.json()["reasons"]:
                assert all((reason["zh"], reason["en"])), reason
        else:
            case.validate_response(answer, checks=[response_schema_conformance])

    for result in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = result.ok()
        # A stream of events is no answer that ends: services/reporting/tests/test_live.py.
        endless = "text/event-stream" in str(operation.definition.raw["responses"])
        if "operations" not in (operation.tags or ()) and not endless:
            try:
                BOUNDED(hypothesis.given(case=operation.as_strategy())(check))()
            except (AssertionError, BaseExceptionGroup) as error:
                amiss.append(f"{operation.label}: {error!r}"[:1500])
    return amiss, answered


def described(home: Home, service: str) -> tuple[dict[str, Any], str]:
    """A service's own OpenAPI document, and where it answers."""
    url = str(home.stack()["services"][service]["url"])
    return httpx.get(f"{url}/openapi.json").raise_for_status().json(), url


@pytest.mark.parametrize("service", service_names())
def test_answers_are_as_described_and_refusals_say_why(
    home: Home, token: str, service: str
) -> None:
    """R69, R70. A refusal is a problem document in both languages, whatever was asked."""
    amiss, answered = ask_all(*described(home, service), token)
    assert amiss == [], "\n\n".join(amiss)
    assert answered == {True, False}


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_browser_signs_in_and_out_by_the_door(home: Home, scheme: str) -> None:
    """R100, R102. Page, code and cookie through the whole stack. A proxy on this machine may say
    that the browser came over TLS: then the cookie is for TLS only."""
    admin = json.loads(home.admin_file.read_text("utf-8"))
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": "console",
        "redirect_uri": "/console/signed-in",
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "state": state,
    }
    name = {"username": admin["account"], "password": admin["password"]}
    with httpx.Client(
        base_url=str(home.stack()["web"]), headers={"X-Forwarded-Proto": scheme}
    ) as browser:
        shown = browser.get("/api/access/authorize", params=asked)
        assert (shown.status_code, "password" in shown.text) == (200, True)
        back = httpx.URL(
            browser.post("/api/access/authorize", data={**asked, **name}).headers["location"]
        )
        assert (back.path, back.params["state"]) == ("/console/signed-in", state)
        body = {
            "code": back.params["code"],
            "code_verifier": verifier,
            "redirect_uri": "/console/signed-in",
            "client_id": "console",
        }
        opened = browser.post("/api/access/session", json=body)
        assert opened.json()["username"] == admin["account"]
        cookie = opened.headers["set-cookie"]
        assert ("; Secure" in cookie) is (scheme == "https")
        sent = {"Cookie": cookie.partition(";")[0]}
        for service in service_names():
            asking = f"/api/{service}/audit"
            assert browser.get(asking, headers=sent).status_code == 200, service
        assert browser.delete("/api/access/session", headers=sent).status_code == 403
        ours = {**sent, "X-Muster-Client": "console"}
        assert browser.delete("/api/access/session", headers=ours).status_code == 204
        again = browser.post("/api/access/session/renew", headers=ours)
        assert again.json()["reasons"][0]["rule"] == "session-ended"


def test_an_answer_that_is_not_as_described_is_found_out(home: Home, token: str) -> None:
    document, url = described(home, "reporting")
    ledger = document["paths"]["/ledger"]
    ledger["get"]["responses"]["200"]["content"]["application/json"]["schema"] = {"type": "integer"}
    document["paths"] = {"/ledger": ledger}
    amiss, _ = ask_all(document, url, token)
    assert len(amiss) == 1
    assert amiss[0].startswith("GET /ledger")
