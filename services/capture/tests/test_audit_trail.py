"""The audit trail is read over `GET /audit`, the same in every service, and by `muster audit`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from muster.capture.main import service
from muster.runtime import audit_command
from muster.runtime.cli import app
from muster.runtime.client import Account, Services
from muster.runtime.home import Home, write_private
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

Bench = Any
Command = Callable[..., Awaitable[Any]]
AREA, NEAR = "632321", "632321100"


async def ask(bench: Bench, role: Role = Role.AUDITOR, area: str = AREA, **query: Any) -> Any:
    return await bench.client.get("/audit", params=query, headers=bench.headers(role, area))


async def looked_up(bench: Bench, times: int = 1) -> Any:
    """A collected person, who was then looked up so often."""
    person = await bench.collected(await bench.terminal())
    for _ in range(times):
        await bench.client.post(
            "/subjects/lookup",
            json={"subject_id": person.subject_id},
            headers=bench.headers(Role.COLLECTOR, NEAR),
        )
    return person


async def test_the_trail_is_read_by_who_has_the_right_and_that_is_audited(bench: Bench) -> None:
    """R100: by the campaign's auditor or administrator; every page is a row of its own; nothing
    personal is in the answer."""
    person = await looked_up(bench)
    answer = await ask(bench, subject=person.subject_id)
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert (said["service"], said["next"]) == ("capture", None)
    assert [row["action"] for row in said["items"]] == [
        "evidence.store",
        "upload.take",
        "subject.lookup",
    ]
    assert {tuple(row["subject_ids"]) for row in said["items"]} == {(person.subject_id,)}
    assert said["items"][2]["detail"] == {"by": "id", "result": "shown"}
    assert not any(value in answer.text for value in (person.name, person.number))

    [row] = await bench.rows("SELECT * FROM audit WHERE action = 'audit-read'")
    assert [str(one) for one in row["subject_ids"]] == [person.subject_id]
    assert row["detail"] == {"rows": 3, "after": 0}
    again = (await ask(bench, Role.ADMINISTRATOR, action="audit-read")).json()
    assert [item["actor"] for item in again["items"]] == [row["actor"]]
    async with bench.context.database.transaction() as conn:
        await bench.context.audit.verify(conn)


async def test_others_read_no_trail(bench: Bench) -> None:
    """R100: it is of the whole campaign, and so is the grant that opens it."""
    assert (await ask(bench, Role.AUDITOR, NEAR)).status_code == 403
    for role in set(Role) - {Role.AUDITOR, Role.ADMINISTRATOR}:
        assert (await ask(bench, role)).status_code == 403
    assert (await bench.client.get("/audit")).status_code == 401
    assert await bench.scalar("SELECT count(*) FROM audit") == 0


async def test_pages_end_where_the_chain_ended_when_the_first_was_read(bench: Bench) -> None:
    """R100: reading writes rows, and would else never come to an end."""
    await looked_up(bench, 3)
    seen, after = [], None
    for _ in range(20):
        page = (await ask(bench, limit=2, **({"after": after} if after else {}))).json()
        seen += [row["seq"] for row in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == [1, 2, 3, 4, 5]
    for wrong in ("5", "x-y", "1-2-3", "-1-5", "9" * 39):
        answer = await ask(bench, after=wrong)
        assert (answer.status_code, answer.json()["reasons"][0]["rule"]) == (
            422,
            "cursor-malformed",
        )


async def test_the_trail_is_searched(bench: Bench) -> None:
    """R100: by moment, actor and action; what is no moment or no id is refused."""
    await looked_up(bench, 2)
    rows = (await ask(bench)).json()["items"]
    last = rows[-1]
    found = (await ask(bench, actor=last["actor"])).json()["items"]
    assert [row["seq"] for row in found] == [last["seq"]]
    found = (await ask(bench, action="subject.lookup", since=last["at"])).json()["items"]
    assert [row["seq"] for row in found] == [last["seq"]]
    assert (await ask(bench, subject=new_id())).json()["items"] == []
    for query in ({"since": "2018-11-01T08:00:00"}, {"subject": "x"}, {"actor": "某人"}):
        assert (await ask(bench, **query)).status_code == 422


async def test_a_search_that_cannot_be_is_refused(bench: Bench) -> None:
    """R69, R100: a moment beyond the calendar, and what looks like somebody's number, which the
    audit of the read must not hold; both with a reason in two languages."""
    number = bench.person().number
    for field, value, rule in (
        ("since", "0001-01-01T00:00:00+08:00", "moment-out-of-range"),
        ("since", "9999-12-31T23:59:59-08:00", "moment-out-of-range"),
        ("actor", f"account:{number}", "search-personal"),
        ("action", f"a.{number.lower()}", "search-personal"),
        ("after", f"{number[:17]}0-{'9' * 18}", "cursor-malformed"),
    ):
        answer = await ask(bench, **{field: value})
        assert answer.status_code == 422, (field, answer.text)
        [reason] = answer.json()["reasons"]
        assert (reason["field"], reason["rule"]) == (field, rule)
        assert reason["zh"]
        assert reason["en"]
        assert number not in answer.text
    for since in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        assert (await ask(bench, since=since)).status_code == 200


def test_every_service_offers_its_trail(keys_folder: Path) -> None:
    """R100: where a service is put together, so that none can leave it out."""
    settings = service.settings(
        database_url="postgresql+asyncpg://x:y@127.0.0.1:1/z",
        kafka="127.0.0.1:1",
        redis_url="redis://127.0.0.1:1",
        keyring=keys_folder / "capture.json",
        profile="tongren",
        port=1,
    )
    assert "/audit" in service.create_app(settings).openapi()["paths"]


@pytest.fixture
async def command(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`muster audit ...` of an administrator, over pages of two rows."""
    loop = asyncio.get_running_loop()
    home = Home(tmp_path / "home")
    write_private(home.stack_file, {"services": {"capture": {"url": "http://capture"}}})
    token = bench.headers(Role.ADMINISTRATOR, AREA)["Authorization"].removeprefix("Bearer ")
    account = Account(Services(home, bench.client), "", "", token=token)
    monkeypatch.setattr(audit_command, "_PAGE", 2)
    monkeypatch.setattr(
        audit_command,
        "signed_in",
        lambda _, work: asyncio.run_coroutine_threadsafe(work(account), loop).result(),
    )

    async def run(*arguments: str) -> Any:
        return await asyncio.to_thread(CliRunner().invoke, app, ["audit", *arguments])

    return run


async def test_the_trail_is_read_by_command(bench: Bench, command: Command) -> None:
    """R100: `muster audit capture` signs in like `muster ledger`, and reads all pages."""
    person = await looked_up(bench, 3)
    said = await command("capture", "--action", "subject.lookup")
    assert said.exit_code == 0, said.output
    assert sum(person.subject_id[:8] in line for line in said.output.splitlines()) == 3
    refused = await command("nobody")
    assert refused.exit_code == 2
    assert "没有服务 nobody" in refused.output
    assert "No service nobody" in refused.output


async def test_the_chain_is_checked_by_command(bench: Bench, command: Command) -> None:
    """R100; design section 5, rule 11: row by row over all pages; where it breaks is said in both
    languages, and a head that was kept shows what was cut off or written anew since."""
    await looked_up(bench, 3)
    said = await command("capture", "--verify")
    assert said.exit_code == 0, said.output
    assert "共 5 行" in said.output
    assert "holds, 5 rows" in said.output
    kept = said.output.splitlines()[-1]
    assert kept == f"5:{await bench.scalar('SELECT hash FROM audit WHERE seq = 5')}"
    # What was read meanwhile stands behind it.
    assert (await command("capture", "--verify", "--head", kept)).exit_code == 0
    for wrong, zh, en in (
        (("--head", kept), "须与 --verify 同用", "goes with --verify"),
        (("--verify", "--head", "5"), "--head 须为 SEQ:HASH", "--head is SEQ:HASH"),
        (("--verify", "--actor", "x"), "核对整条审计链", "checks the whole chain"),
    ):
        refused = await command("capture", *wrong)
        assert refused.exit_code == 2
        assert zh in refused.output
        assert en in refused.output

    async def broken(*statements: str, head: str = "") -> str:
        async with bench.context.database.transaction() as conn:
            for statement in statements:
                await conn.execute(text(statement))
        asked = ("--head", head) if head else ()
        said = await command("capture", "--verify", *asked)
        assert said.exit_code == 1, said.output
        return str(said.output)

    high = f"999:{kept.partition(':')[2]}"
    assert "missing: a later head was kept" in await broken(head=high)
    other = f"3:{kept.partition(':')[2]}"
    assert "第 3 行断开：与此前留存的链尾不同" in await broken(head=other)
    told = await broken("UPDATE audit SET actor = 'account:2' WHERE seq = 4")
    assert "capture 的审计链在第 4 行断开：内容被改动。" in told
    assert "breaks at row 4: was changed." in told
    assert "row 2: missing or out of order" in await broken("DELETE FROM audit WHERE seq = 2")


@pytest.mark.parametrize(
    "detail",
    [
        "null",
        "1.5",
        '{"rows": null}',
        '{"rows": 1.5}',
        '{"rows": {"a": [1]}}',
        # Alike in Python, and to whom coerces: but not what was written.
        '{"rows": true, "after": 0}',
        '{"rows": 1.0, "after": 0}',
        '{"rows": "1", "after": 0}',
    ],
)
async def test_a_changed_detail_breaks_the_chain(
    bench: Bench, command: Command, detail: str
) -> None:
    """R100; design section 5, rule 11: of whatever type it is now, it is hashed as it is stored,
    and it is shown."""
    await looked_up(bench)
    await ask(bench, limit=1)
    async with bench.context.database.transaction() as conn:
        row = (await conn.execute(text("SELECT seq, detail FROM audit ORDER BY seq DESC"))).first()
        assert row is not None
        assert row.detail == {"rows": 1, "after": 0}
        await conn.execute(
            text("UPDATE audit SET detail = CAST(:detail AS jsonb) WHERE seq = :seq"),
            {"detail": detail, "seq": row.seq},
        )
    said = await command("capture", "--verify")
    assert said.exit_code == 1, said.output
    assert f"breaks at row {row.seq}: was changed." in said.output
    assert (await command("capture")).exit_code == 0
