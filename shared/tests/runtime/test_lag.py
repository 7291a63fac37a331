"""``muster lag`` over services that answer, that cannot measure, and that are away."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from muster.runtime import lag, signed_in
from muster.runtime.home import Home, free_port, write_private

from .conftest import served

UP = "muster_database_up 1.0\nmuster_broker_up 1.0\n"
LAG = (
    'muster_consumer_lag{group="reporting",topic="t",partition="0"} 2.0\n'
    'muster_consumer_lag{group="reporting",topic="t",partition="1"} 3.0\n'
    'muster_outbox_pending{topic="u"} 7.0\nmuster_outbox_oldest_seconds{topic="u"} 61.5\n'
    'muster_parked_keys{topic="t"} 1.0\nmuster_parked_messages{topic="t"} 4.0\n'
    'muster_dead_letters_standing{topic="quiet"} 0.0\n'
)


@pytest.fixture
def _running(monkeypatch: pytest.MonkeyPatch) -> None:
    running = SimpleNamespace(state="ready")
    monkeypatch.setattr(signed_in.lifecycle, "status", lambda _: running)
    monkeypatch.setattr(lag, "service_names", lambda: ["one", "two"])


async def exposing(said: str, home: Home, tmp: str = "one") -> dict[str, lag.ServiceLag]:
    async def app(scope: dict[str, object], _receive: object, send: object) -> None:
        if scope["type"] == "lifespan":
            return
        assert scope["path"] == "/metrics"
        assert callable(send)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": said.encode()})

    async with served(app) as port:
        urls = {
            "one": {"url": f"http://127.0.0.1:{port}"},
            "two": {"url": f"http://127.0.0.1:{port}"},
        }
        if tmp != "one":
            urls["two"] = {"url": f"http://127.0.0.1:{free_port()}"}
        write_private(home.stack_file, {"state": "ready", "services": urls})
        return await lag.ask_all(home)


@pytest.mark.usefixtures("_running")
async def test_what_is_on_its_way_is_added_up_by_topic(tmp_path: Path) -> None:
    told = await exposing(UP + LAG, Home(tmp_path).create())
    one = told["one"]
    assert one.known
    assert one.topics["t"].lag == 5
    assert (one.topics["t"].parked_keys, one.topics["t"].parked_messages) == (1, 4)
    assert (one.topics["u"].outbox, one.topics["u"].outbox_oldest) == (7, 61)
    assert one.topics["quiet"].idle()


@pytest.mark.usefixtures("_running")
async def test_who_does_not_answer_is_known_as_such(tmp_path: Path) -> None:
    told = await exposing(UP, Home(tmp_path).create(), tmp="away")
    assert told["one"].known
    assert not told["two"].answered


@pytest.mark.parametrize(
    ("exposed", "code", "said"),
    [
        (UP, 0, "没有积压"),
        (UP + LAG, 0, "parked"),
        ("muster_database_up 1.0\nmuster_broker_up 0.0\n" + LAG[-150:], 1, "the broker"),
        ("muster_database_up 0.0\nmuster_broker_up 1.0\n", 1, "its database"),
        (None, 1, "does not answer"),
    ],
)
@pytest.mark.usefixtures("_running")
def test_the_command_says_it_and_ends_with_1_when_something_is_not_known(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    exposed: str | None,
    code: int,
    said: str,
) -> None:
    seen = lag.ServiceLag(answered=False) if exposed is None else lag.read(exposed)

    async def ask(_: Home) -> dict[str, lag.ServiceLag]:
        return {"one": seen}

    monkeypatch.setenv("MUSTER_HOME", str(tmp_path))
    monkeypatch.setattr(lag, "ask_all", ask)
    for as_json in (False, True):
        if code:
            with pytest.raises(typer.Exit) as end:
                lag.lag(as_json)
            assert end.value.exit_code == code
        else:
            lag.lag(as_json)
        told = capsys.readouterr().out
        if as_json:
            [service] = json.loads(told)["services"].values()
            assert service["known"] == (code == 0)
        else:
            assert said in told


def test_without_a_stack_it_is_refused_in_both_languages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path))
    with pytest.raises(typer.Exit) as end:
        lag.lag()
    assert end.value.exit_code == 2
    told = capsys.readouterr().err
    assert "系统未在运行" in told
    assert "is not running (none)" in told
