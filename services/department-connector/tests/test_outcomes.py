"""A department hears what became of the extract that it supplied (R74)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from muster.department_connector import main
from muster.department_connector.handlers import supplying
from muster.security import jose

from .conftest import Bench, Make, Services, person

RULE = ("rows-differ", "数据行数与清单不一致。", "There are not as many rows as the manifest says.")
STATES = ["current", "replaced", "refused", "outdated", "arriving", "absent"]
LOST = ["refused", "outdated", "arriving", "absent"]


def receive(bench: Bench) -> None:
    """What waits goes out, and is received."""
    due = bench.connector.spool.due(1000, 1 << 40)
    bench.connector.spool.mark_published([event.sequence for event in due])
    bench.connector.spool.mark_received([event.event_id for event in due])


def told(extract_id: str, state: str) -> list[dict[str, Any]]:
    """What the cross-check answers: another extract, and this one unless it is absent."""
    rule, zh, en = RULE if state == "refused" else (None, None, None)
    others = {"rule": None, "zh": None, "en": None}
    items: list[dict[str, Any]] = [{"extract_id": "another", "state": "replaced", **others}]
    if state != "absent":
        this = {"extract_id": extract_id, "state": state, "rule": rule, "zh": zh, "en": en}
        items.append(this)
    return items


@pytest.fixture
def supplied(make: Make) -> tuple[Bench, Services, str]:
    """A connector that supplied an extract, and its services."""
    services = Services()
    bench = make("public-security", port=services.port)
    services.signer = jose.public_jwk(bench.connector.edge.signing)
    bench.load([person(1)])
    return bench, services, supplying.supply(bench.connector).extract_id


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Call ``muster-connector`` in this process, beside the loop of the test."""
    monkeypatch.setattr(main.logging, "configure", lambda *_, **__: None)

    async def called(home: Path, *arguments: str) -> tuple[int, str]:
        monkeypatch.setenv("MUSTER_CONNECTOR_HOME", str(home))
        done = await asyncio.to_thread(CliRunner().invoke, main.app, list(arguments))
        return done.exit_code, done.output

    return called


def document(said: str) -> dict[str, Any]:
    """The JSON of a command's output, which the log stands beside here."""
    found: dict[str, Any] = json.loads(next(x for x in said.splitlines() if x.startswith("{")))
    return found


@pytest.mark.parametrize("state", STATES)
async def test_status_and_log_say_what_became_of_it(
    supplied: tuple[Bench, Services, str], call: Any, state: str
) -> None:
    """State, rule and words of both languages; asked with the enrolled signature."""
    bench, services, extract_id = supplied
    receive(bench)
    services.extracts = told(extract_id, state)
    async with services.serving():
        _, said = await call(bench.home, "status", "--json")
        outcome = json.loads(said)["supplied"]["outcome"]
        _, said = await call(bench.home, "log", "--json")
        [entry] = [one for one in json.loads(said)["entries"] if one["what"] == "supplied"]
        _, text = await call(bench.home, "status")
    assert entry["outcome"] == outcome
    assert outcome["state"] == state
    assert all((outcome["zh"], outcome["en"]))
    assert outcome["zh"] in text
    assert outcome["en"] in text
    if state == "refused":
        assert outcome["rule"] == RULE[0]
        assert RULE[1] in outcome["zh"]
        assert RULE[2] in outcome["en"]


@pytest.mark.parametrize("state", ["current", *LOST])
@pytest.mark.parametrize("form", [(), ("--json",)])
async def test_who_waits_for_a_supply_hears_when_it_is_not_used(
    supplied: tuple[Bench, Services, str], call: Any, state: str, form: tuple[str, ...]
) -> None:
    """The command ends with 1 and says why, in both languages."""
    bench, services, former = supplied

    async def cross_check() -> None:
        """Receives the extract that is made, and says what becomes of it."""
        while True:
            rows = bench.connector.spool.rows("SELECT DISTINCT key FROM outgoing")
            for made in {row["key"] for row in rows} - {former}:
                services.extracts = told(made, state)
                receive(bench)
                return
            await asyncio.sleep(0.05)

    async with services.serving():
        taking = asyncio.create_task(cross_check())
        code, said = await call(bench.home, "supply", "--wait", "20", *form)
        await taking
    assert code == (1 if state in LOST else 0)
    assert ("rows-differ" in said) is (state == "refused" and bool(form))
    for words in RULE[1:]:
        assert (words in said) is (state == "refused")
    if form:
        found = document(said)
        assert (found["received"], found["outcome"]["state"]) == (True, state)
    if state == "outdated":
        assert "未采用" in said
        assert "Not taken" in said


async def test_without_network_nothing_else_breaks(
    supplied: tuple[Bench, Services, str], call: Any
) -> None:
    """That it is not known is said; status, log and supply work as before."""
    bench, _, _ = supplied
    receive(bench)
    for words in ("status", "log"):
        code, said = await call(bench.home, words)
        assert code == 0
        assert "交叉比对没有应答" in said
        assert "does not answer" in said
    code, said = await call(bench.home, "supply", "--json")
    assert (code, document(said)["outcome"]["state"]) == (0, "waiting")


async def test_who_is_not_enrolled_any_more_is_told_so(
    supplied: tuple[Bench, Services, str], call: Any
) -> None:
    """R101: the cross-check takes no other signature, and its reason is shown."""
    bench, services, _ = supplied
    receive(bench)
    services.signer = jose.public_jwk(jose.generate("sig"))
    async with services.serving():
        code, said = await call(bench.home, "status", "--json")
    outcome = json.loads(said)["supplied"]["outcome"]
    assert (code, outcome["state"]) == (0, "unknown")
    assert "未登记" in outcome["zh"]
    assert "not enrolled" in outcome["en"]


async def test_what_is_on_its_way_is_not_asked_about(
    supplied: tuple[Bench, Services, str], call: Any
) -> None:
    bench, services, extract_id = supplied
    services.extracts = told(extract_id, "refused")
    async with services.serving():
        _, said = await call(bench.home, "status", "--json")
    assert json.loads(said)["supplied"]["outcome"]["state"] == "waiting"


async def test_an_answer_of_something_else_is_no_outcome(
    supplied: tuple[Bench, Services, str], call: Any
) -> None:
    """Another service at that address: not known, and nothing breaks."""
    bench, services, extract_id = supplied
    receive(bench)
    for items in ([{"extract_id": extract_id}], [{**told(extract_id, "current")[1], "state": "x"}]):
        services.extracts = items
        async with services.serving():
            code, said = await call(bench.home, "status", "--json")
        assert (code, json.loads(said)["supplied"]["outcome"]["state"]) == (0, "unknown")
