"""The command of a department's officer: enrol, load, supply, status, log, quota (R74, R92)."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from muster.department_connector import main
from muster.department_connector.commands import running
from muster.department_connector.main import app
from muster.security.keyring import new_key, write_keys
from muster.spool import keyfile, turn
from muster.spool import store as spool_store

from .conftest import CAMPAIGN_KEY, Bench, Make, Services, csv_of, number_of, person, soldier

CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Call ``muster-connector`` in this process, with a home of its own."""
    monkeypatch.setenv("MUSTER_CONNECTOR_HOME", str(tmp_path / "fresh"))
    # It would log to a stream that ends with the call.
    monkeypatch.setattr(main.logging, "configure", lambda *_, **__: None)

    def call(*arguments: str, home: Path | None = None) -> tuple[int, str]:
        if home is not None:
            monkeypatch.setenv("MUSTER_CONNECTOR_HOME", str(home))
        done = CliRunner().invoke(app, list(arguments))
        return done.exit_code, done.output

    return call


def ring(tmp_path: Path, *purposes: str) -> Path:
    path = tmp_path / "keys.json"
    keys = [CAMPAIGN_KEY if p == "blind/campaign" else new_key(p, 1) for p in purposes]
    path.unlink(missing_ok=True)
    write_keys(path, keys)
    return path


def asked(port: int, keys: Path, department: str, *more: str) -> list[str]:
    url = f"http://127.0.0.1:{port}"
    return [
        *("enrol", "--department", department, "--access", f"{url}/access"),
        *("--verification", f"{url}/verification", "--crosscheck", f"{url}/crosscheck"),
        *("--kafka", "127.0.0.1:9092", "--keys", str(keys), "--profile", "tongren", *more),
    ]


async def test_enrolment(tmp_path: Path, command: Any) -> None:
    """One code, two keys; repeated with the same; keys of services fetched; new addresses later."""
    home, services = tmp_path / "fresh", Services()
    keys = ring(tmp_path, "blind/public-security", "blind/campaign")
    async with services.serving() as port:
        for _ in range(2):
            words = asked(port, keys, "public-security", "--code", "AAAA-BBBB", "--json")
            code, said = await asyncio.to_thread(command, *words)
            assert code == 0, said
    found = json.loads(said.strip().splitlines()[-1])
    assert found["department"] == "public-security"
    assert found["keys_missing"] == []
    first, second = services.enrolments
    assert first["keys"] == second["keys"]
    assert all("d" not in key for key in first["keys"])
    for path in home.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
    purposes = keyfile.read(home).keys.purposes()
    assert purposes == {
        "spool/department",
        "index/connector",
        "blind/public-security",
        "blind/campaign",
    }
    code, said = await asyncio.to_thread(command, *asked(1, keys, "public-security"))
    assert code == 0
    assert keyfile.read(home).services["access"] == "http://127.0.0.1:1/access"
    code, said = await asyncio.to_thread(command, "status", "--json")
    state = json.loads(said)
    assert (code, state["data"], state["supplied"]) == (0, None, None)


@pytest.mark.parametrize(
    ("department", "purposes", "words"),
    [
        ("nobody", ("blind/nobody",), "no such department"),
        ("public-security", ("blind/public-security",), "lacks blind/campaign"),
        ("public-security", ("blind/campaign",), "lacks blind/public-security"),
        ("armed-forces", ("blind/armed-forces", "blind/campaign"), "not this connector's"),
        ("armed-forces", ("blind/armed-forces", "blind/land"), "not this connector's"),
        ("armed-forces", ("blind/armed-forces",), "a code of access is needed"),
    ],
)
def test_an_enrolment_that_does_not_fit(
    tmp_path: Path, command: Any, department: str, purposes: tuple[str, ...], words: str
) -> None:
    """R74: a connector holds its own keys and nobody else's; a blind one not the campaign's."""
    code, said = command(*asked(1, ring(tmp_path, *purposes), department))
    assert code == 1
    assert words in said
    assert CHINESE.search(said)


async def test_access_away_keeps_the_keys(tmp_path: Path, command: Any) -> None:
    home, services = tmp_path / "fresh", Services()
    keys = ring(tmp_path, "blind/public-security", "blind/campaign")
    words = asked(1, keys, "public-security", "--code", "A")
    assert (await asyncio.to_thread(command, *words))[0] == 1
    kid = keyfile.read(home).signing["kid"]
    assert (await asyncio.to_thread(command, "status"))[0] == 1
    async with services.serving() as port:
        words = asked(port, keys, "public-security", "--code", "A")
        assert (await asyncio.to_thread(command, *words))[0] == 0
    assert services.enrolments[0]["keys"][0]["kid"] == kid


async def test_a_code_for_another_department(tmp_path: Path, command: Any) -> None:
    services = Services(department="land")
    keys = ring(tmp_path, "blind/public-security", "blind/campaign")
    async with services.serving() as port:
        words = asked(port, keys, "public-security", "--code", "A")
        code, said = await asyncio.to_thread(command, *words)
    assert code == 1
    assert "for the department land" in said
    assert (await asyncio.to_thread(command, "run"))[0] == 1


def test_load_supply_status_log_quota(bench: Bench, command: Any) -> None:
    """What an officer does, from the file to the log; and no value of anybody is shown."""
    bench.connector.spool.close()
    file = bench.file(
        [person(1), person(2, sex="雌雄不分"), person(3, name=None, resident_number=None)]
    )
    code, said = command("load", str(file), home=bench.home)
    assert code == 0
    assert "3: sex: not-an-option (warn): “性别”不在可选项之中" in said
    assert "4: record: row-nobody (refuse): " in said
    assert "2 rows are in, 1 of them with remarks; 1 were left out." in said
    assert "lives-missing" not in said
    code, said = command("load", str(file), "--json")
    report = json.loads(said.strip().splitlines()[-1])
    assert (report["rows"], report["refused"], report["warned"]) == (2, 1, 1)
    # The cross-check is away; its key was fetched before.
    code, said = command("supply", "--json")
    assert code == 0, said
    done = json.loads(said.strip().splitlines()[-1])
    assert (done["rows"], done["received"]) == (2, False)
    said = command("quota", "--set", "7")[1]
    assert "0 of 7 rows" in said
    assert "限额 7 行" in said
    code, said = command("status", "--json")
    state = json.loads(said)
    assert state["data"]["rows"] == 2
    assert state["supplied"]["is_of_the_current_data"] is True
    assert state["spool"]["waiting"] == 2
    assert state["reveals"] == {"quota": 7, "opened_today": 0}
    code, said = command("log", "--json")
    assert [entry["what"] for entry in json.loads(said)["entries"]] == [
        "supplied",
        "loaded",
        "loaded",
    ]
    for words in ("status", "log"):
        code, said = command(words)
        assert code == 0
        assert number_of(1) not in said


def test_what_a_file_lacks_and_what_is_not_used_is_said(bench: Bench, command: Any) -> None:
    """R69: columns by the letters of a spreadsheet, because a heading may be somebody's data; a
    register without deaths and moves."""
    bench.connector.spool.close()
    table = bench.table([person(1)], leave_out=("died_on", "moved_to"))
    table = [["序号", *table[0], "某人"], ["1", *table[1], "某"]]
    path = bench.home.parent / "data.csv"
    path.write_bytes(csv_of(table))
    code, said = command("load", str(path), home=bench.home)
    last = chr(ord("A") + len(table[0]) - 1)
    assert code == 0
    assert f"未使用的列：A, {last}。" in said
    assert f"not used: A, {last}." in said
    assert "lives-missing (warn): 文件中既无“死亡日期”也无“迁往地”一列" in said
    assert "No column of a death or a move" in said
    assert "某人" not in said


async def test_the_log_has_each_answer_and_each_refusal(blind: Bench, command: Any) -> None:
    blind.load([soldier(1)])
    good = blind.request(soldier(1), ["enlisted_on"])
    await blind.take(good, blind.reveal(blind.row_id(soldier(1))))
    await blind.take(blind.raw(good.topic, good.key, (), b"{}"))
    blind.connector.spool.close()
    code, said = await asyncio.to_thread(lambda: command("log", "--json", home=blind.home))
    entries = {entry["what"]: entry for entry in json.loads(said)["entries"]}
    assert code == 0
    assert entries["answered"]["verdicts"] == {"enlisted_on": "match"}
    assert entries["answered"]["case_id"] == good.key
    assert entries["asked-to-open"]["asked_by"] == "crosscheck"
    assert entries["refused"]["rule"] == "header-missing"
    assert soldier(1)["name"] not in said
    assert soldier(1)["resident_number"] not in said


def test_a_refused_file_says_why(bench: Bench, command: Any) -> None:
    bench.connector.spool.close()
    path = bench.home.parent / "wrong.csv"
    path.write_bytes(csv_of(bench.table([person(1)], leave_out=("name",))))
    code, said = command("load", str(path), "--json", home=bench.home)
    assert code == 1
    found = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
    assert [(why["field"], why["rule"]) for why in found["refused"]] == [("name", "column-missing")]
    assert "表头缺少“姓名”一列" in said
    assert "no column for: Name" in said


@pytest.mark.parametrize("words", ["run", "status", "log", "quota", "supply"])
def test_a_home_of_nobody_is_said(command: Any, words: str) -> None:
    code, said = command(words)
    assert code == 1
    assert "本机密钥文件无法使用。文件夹中的 edge.json 无法读取。" in said
    assert "cannot be read" in said


def test_a_data_file_that_is_busy_is_said(
    bench: Bench, command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another terminal supplies or loads: wait and try again, in both languages, no trace."""
    monkeypatch.setattr(spool_store, "BUSY_MS", 50)
    file = bench.file([person(1)])
    with bench.connector.spool.transaction():
        code, said = command("load", str(file), home=bench.home)
    assert code == 1
    assert "正被另一条命令占用" in said
    assert "another command is busy" in said


def test_a_supply_that_could_not_send_changes_nothing(bench: Bench, command: Any) -> None:
    """It says at once, not after the wait, which file is wrong."""
    bench.load([person(1)])
    (bench.home / turn.NAME).mkdir()
    began = time.monotonic()
    code, said = command("supply", "--wait", "600", home=bench.home)
    assert (code, time.monotonic() - began < 60) == (1, True)
    assert "nothing changed" in said
    assert f"{bench.home / turn.NAME} 无法使用" in said
    assert bench.connector.spool.counts().waiting == 0


def test_a_supply_that_fails_while_it_waits_says_that_its_extract_stands(
    bench: Bench, command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R74: not that nothing changed, after which an officer would supply once more."""

    async def busy(*_: Any) -> bool:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(running, "deliver", busy)
    bench.load([person(1)])
    code, said = command("supply", "--wait", "600", "--json", home=bench.home)
    done = json.loads(said.strip().splitlines()[-1])
    [stands] = bench.connector.spool.rows("SELECT extract_id FROM extract")
    assert (code, done["extract_id"], done["received"]) == (0, stands["extract_id"], False)
    assert done["outcome"]["state"] == "waiting"


def test_a_file_of_another_key_is_said(make: Make, command: Any) -> None:
    one = make("public-security")
    one.connector.spool.close()
    edge = keyfile.Edge.new("department", {}, "127.0.0.1:1", place="public-security")
    keyfile.write(one.home, edge)
    code, said = command("status", home=one.home)
    assert code == 1
    assert "该文件是用另一把密钥密封的" in said
    assert "another key" in said


def test_malformed_settings_are_named(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSTER_CONNECTOR_DRAIN_SECONDS", "soon")
    code, said = command("status")
    assert code == 2
    assert "MUSTER_CONNECTOR_DRAIN_SECONDS" in said
    assert CHINESE.search(said)


def test_what_a_short_command_loads() -> None:
    """Nothing that paints or serves: else it takes twice as long."""
    code = (
        "import sys, muster.department_connector.main, muster.spool.services as s; s.new_client(); "
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "httpx" in loaded
    assert not loaded & {"rich", "pygments", "aiokafka"}
