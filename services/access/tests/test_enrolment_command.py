"""A code for a department or a desk, with all that goes with it: `muster enrolment` (R74, R92)."""

from __future__ import annotations

import asyncio
import json
import shlex
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import Result
from typer.testing import CliRunner

from muster.runtime import enrolment
from muster.runtime.cli import app
from muster.runtime.client import Account, Refused, Services
from muster.runtime.home import Home, write_private
from muster.runtime.signed_in import refuse
from muster.security import jose

from .conftest import COUNTY, TOWNSHIP

ADDRESSES = {
    name: f"http://{name}.example:80"
    for name in ("access", "capture", "verification", "crosscheck", "reporting")
}
BROKER = "broker.example:9092"


@pytest.fixture
async def home(house: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A stack whose access is this one, and whose administrator gives the commands."""
    home = Home(tmp_path / "home").create()
    write_private(
        home.stack_file,
        {
            "profile": "tongren",
            "kafka": BROKER,
            "services": {name: {"url": url} for name, url in ADDRESSES.items()},
        },
    )
    loop = asyncio.get_running_loop()
    token = house.admin["Authorization"].removeprefix("Bearer ")
    account = Account(Services(home, house.client), "", "", token=token)

    def signed_in(_: object, work: Callable[[Account], Awaitable[Any]]) -> Any:
        try:
            return asyncio.run_coroutine_threadsafe(cast("Any", work(account)), loop).result()
        except Refused as error:
            refuse(error.reasons[0]["rule"], "")

    monkeypatch.setenv("MUSTER_HOME", str(home.path))
    monkeypatch.setattr(enrolment, "signed_in", signed_in)
    return home


async def muster(*arguments: object) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, [str(one) for one in arguments])


def _options(words: list[str]) -> dict[str, str]:
    """Values by the names of their options."""
    assert all(name.startswith("--") for name in words[::2])
    return dict(zip((name[2:] for name in words[::2]), words[1::2], strict=True))


async def test_a_department_gets_all_that_its_connector_asks_for(house: Any, home: Home) -> None:
    """The code enrols; the key file, the addresses and the validity are said, in both languages."""
    said = await muster("enrolment", "--department", "housing")
    assert said.exit_code == 0, said.output
    [line] = said.stdout.splitlines()
    program, verb, *words = shlex.split(line)
    assert (program, verb) == ("muster-connector", "enrol")
    told = _options(words)
    code = told.pop("code")
    keys = str(home.keys / "connector-housing.json")
    assert told == {
        **{name: ADDRESSES[name] for name in ("access", "verification", "crosscheck")},
        "kafka": BROKER,
        "department": "housing",
        "keys": keys,
        "profile": "tongren",
    }
    for expected in (code, keys, "前有效", "until", "MUSTER_CONNECTOR_HOME"):
        assert expected in said.stderr
    assert "on this computer only" not in said.stderr
    pair = jose.generate("sig"), jose.generate("enc")
    answer = await house.client.post("/departments", json=house.connector(code, pair))
    assert answer.status_code == 201, answer.text
    assert answer.json()["department"] == "housing"


async def test_a_desk_gets_what_its_gateway_asks_for(house: Any, home: Home) -> None:
    said = await muster("enrolment", "--area", TOWNSHIP, "--label", "隆务镇采集端2号", "--json")
    assert said.exit_code == 0, said.output
    given = json.loads(said.stdout)
    assert (given["area"], given["label"], given["department"]) == (
        TOWNSHIP,
        "隆务镇采集端2号",
        None,
    )
    program, verb, *words = given["command"]
    assert (program, verb) == ("muster-gateway", "enrol")
    assert _options(words) == {
        **{name: ADDRESSES[name] for name in ("access", "capture", "reporting")},
        "kafka": BROKER,
        "code": given["code"],
    }
    key = jose.generate("sig")
    answer = await house.client.post("/terminals", json=house.enrolment(given["code"], key))
    assert (answer.status_code, answer.json()["area"]) == (201, TOWNSHIP)


async def test_addresses_of_this_computer_are_said_to_be_so(house: Any, home: Home) -> None:
    stack = home.stack()
    write_private(home.stack_file, {**stack, "kafka": "127.0.0.1:9092"})
    said = await muster("enrolment", "--department", "housing")
    assert "只在本机有效" in said.stderr
    assert "on this computer only" in said.stderr


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ((), "--department"),
        (("--department", "housing", "--area", TOWNSHIP), "--department"),
        (("--area", TOWNSHIP), "--label"),
        (("--department", "weather"), "department"),
        (("--area", "110101", "--label", "x"), "area"),
        (("--area", COUNTY, "--label", "13800138000"), "label"),
    ],
)
async def test_what_cannot_be_opened_ends_with_2_and_the_reason(
    house: Any, home: Home, options: tuple[str, ...], why: str
) -> None:
    said = await muster("enrolment", *options)
    assert said.exit_code == 2
    assert said.stdout == ""
    assert why in said.stderr
    assert await house.rows("SELECT 1 FROM enrolment") == []
