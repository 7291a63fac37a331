"""The ``muster-connector`` command: enrol a department, load its data, supply them, answer."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from muster.department_connector.commands import enrolment, home, outcomes, overview
from muster.department_connector.commands.enrolment import SERVICES, NotEnrolled, Wanted
from muster.department_connector.commands.outcomes import LOST, WAITING, Outcome
from muster.department_connector.settings import Settings
from muster.department_connector.store import journal
from muster.forms import ProfileError
from muster.messaging.login import LoginError
from muster.observability import logging
from muster.runtime import loop
from muster.security.keyring import KeyringError
from muster.spool.ending import fail
from muster.spool.keyfile import KeyfileError
from muster.spool.services import ServiceAway
from muster.spool.store import SpoolError
from muster.spool.turn import Turn
from muster.vocabulary.reasons import BilingualError, Refusal

if TYPE_CHECKING:
    from muster.department_connector.handlers.supplying import Supplied

_log = logging.get_logger("muster.connector")

app = typer.Typer(no_args_is_help=True, help="The connector of one department.")

_BUSY = (
    "数据文件无法使用，或正被另一条命令占用；未作任何改动，请稍后重试。",
    "The data file cannot be used, or another command is busy with it; nothing changed.",
)
_FAULTS: dict[type[Exception], tuple[str, str]] = {
    # The first that fits counts; the error's own words, which name what is wrong, follow.
    KeyfileError: ("本机密钥文件无法使用。", "The key file here cannot be used."),
    LoginError: ("Kafka 登录文件无法使用。", "The Kafka login file cannot be used."),
    KeyringError: ("密钥环文件不符。", "The key ring does not fit."),
    ProfileError: ("采集方案无法读取。", "The campaign profile cannot be read."),
    ServiceAway: ("服务没有应答，请稍后重试。", "A service does not answer; try again later."),
    SpoolError: _BUSY,
    sqlite3.Error: _BUSY,
    OSError: ("文件或网络出错。", "A file or the network has a fault."),
}
"""What may be wrong with the home folder or its surroundings."""
_CAUGHT: tuple[type[Exception], ...] = (NotEnrolled, *_FAULTS)

Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]


@app.callback()
def command() -> None:
    """The connector of one department."""
    # To standard error: what a command answers stands alone on standard output.
    logging.configure("department-connector", stream=sys.stderr)


@app.command()
def enrol(
    department: Annotated[str, typer.Option(help="Id of the department in the profile.")],
    access: Annotated[str, typer.Option(help="Address of access.")],
    verification: Annotated[str, typer.Option(help="Address of verification.")],
    crosscheck: Annotated[str, typer.Option(help="Address of crosscheck.")],
    kafka: Annotated[str, typer.Option(help="HOST:PORT of the broker.")],
    keys: Annotated[Path, typer.Option(help="Key ring connector-<department>.json.")],
    profile: Annotated[str, typer.Option(help="Name or path of the campaign profile.")],
    code: Annotated[
        str | None,
        typer.Option(help="One-time code; without one an enrolled connector takes the rest."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Enrol this department by an administrator's code. May be repeated."""
    settings = _settings()
    services = {"access": access, "verification": verification, "crosscheck": crosscheck}
    wanted = Wanted(department, profile, keys, services, kafka, code)
    try:
        edge, missing = asyncio.run(enrolment.enrol(settings.home, wanted))
    except Refusal as error:
        raise _refused(error, as_json=as_json) from None
    except _CAUGHT as error:
        raise _fault(error) from None
    found = {
        "department": edge.place,
        "area": edge.area,
        "label": edge.label,
        "home": str(settings.home),
        "keys_missing": missing,
    }
    if as_json:
        _print_json(found)
        return
    _say(f"已登记：{edge.place}，{edge.area}。 Enrolled as {edge.place} in {edge.area}.")
    if missing:
        names = ", ".join(missing)
        _say(f"尚未取得这些服务的公钥，运行时会再取：{names}。")
        _say(f"Keys of {names} were not there; they are fetched while it runs.")


@app.command()
def load(
    file: Annotated[Path, typer.Argument(help="The department's data, .csv or .xlsx.")],
    without: Annotated[
        list[str] | None,
        typer.Option(help="Field for which the file has no column. May be repeated."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Put the rows of a file in the place of the department's data, whole."""
    from muster.department_connector.handlers import loading

    try:
        with home.opened(_settings()) as connector:
            report = loading.load_file(connector, file, without or [])
    except Refusal as error:
        raise _refused(error, as_json=as_json) from None
    except _CAUGHT as error:
        raise _fault(error) from None
    if as_json:
        _print_json(report.as_dict())
        return
    for why in report.remarks:
        _say(f"{why.field}: {why.rule} ({why.severity}): {why.zh} {why.en}")
    if unused := ", ".join(report.unused_columns):
        _say(f"未使用的列：{unused}。 Columns that were not used: {unused}.")
    for number, why in report.findings:
        _say(f"{number}: {why.field}: {why.rule} ({why.severity}): {why.zh} {why.en}")
    _say(f"已装载 {report.rows} 行，其中 {report.warned} 行有提示；未装载 {report.refused} 行。")
    _say(
        f"{report.rows} rows are in, {report.warned} of them with remarks; "
        f"{report.refused} were left out."
    )


@app.command()
def supply(
    wait: Annotated[
        float,
        typer.Option(min=0, help="Seconds to send, and wait until crosscheck has received all."),
    ] = 0,
    as_json: Json = False,
) -> None:
    """Put the whole of the data into the spool for the cross-check; `run` sends it, or `--wait`.

    Ends with 1 when the cross-check was heard not to use it.
    """
    try:
        done, outcome = asyncio.run(_supply(_settings(), wait))
    except Refusal as error:
        raise _refused(error, as_json=as_json) from None
    except _CAUGHT as error:
        raise _fault(error) from None
    received = outcome["state"] != WAITING
    if as_json:
        _print_json(
            {
                "extract_id": done.extract_id,
                "mode": done.mode,
                "rows": done.rows,
                "parts": done.parts,
                "received": received,
                "outcome": outcome,
            }
        )
    else:
        zh, en = ("已送达", "were received") if received else ("待发送", "stand in the spool")
        _say(f"{done.rows} 行，分 {done.parts} 批（{done.mode}），{zh}。")
        _say(f"{done.rows} rows in {done.parts} parts ({done.mode}) {en}.")
    if outcome["state"] in LOST:
        raise fail(f"{outcome['zh']}\n{outcome['en']}")
    if received and not as_json:
        _say(f"{outcome['zh']}\n{outcome['en']}")


async def _supply(settings: Settings, wait: float) -> tuple[Supplied, Outcome]:
    # Here, because a client of the broker takes as long to load as other commands take to do all.
    from muster.department_connector.commands import running
    from muster.department_connector.handlers import supplying

    async with home.composed(settings) as (connector, http):
        with contextlib.closing(Turn(settings.home)) as turn:
            if wait:
                turn.take()  # before anything stands in the spool, so that a fault changed nothing
            await running.refresh_keys(connector, SERVICES[1:])
            done = await asyncio.to_thread(supplying.supply, connector)
            try:
                if wait:
                    await running.deliver(turn, connector, http, done.extract_id, wait)
                return done, (await outcomes.fetch(connector, http))[done.extract_id]
            except _CAUGHT as error:
                _log.warning("it is not known how far the extract is", reason=type(error).__name__)
                return done, outcomes.waiting()


@app.command()
def run() -> None:
    """Answer and publish until SIGTERM. The first line of output says who runs, as JSON."""
    from muster.department_connector.commands import running

    settings = _settings()

    def ready(who: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(who) + "\n")
        sys.stdout.flush()

    try:
        loop.run(running.run(settings, ready))
    except _CAUGHT as error:
        raise _fault(error) from None


@app.command()
def status(as_json: Json = False) -> None:
    """Which data are loaded and supplied, what became of them, what was answered, what waits."""
    found = _asked(overview.status, told=True)
    if as_json:
        _print_json(found)
        return
    for name, value in found.items():
        _say(f"{name}: {json.dumps(value, ensure_ascii=False)}")


@app.command()
def log(
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Entries, newest first.")] = 100,
    as_json: Json = False,
) -> None:
    """What this connector loaded, supplied, answered, opened and refused, the newest first."""
    entries = _asked(lambda connector, told: overview.log(connector, limit, told), told=True)
    if as_json:
        _print_json({"entries": entries})
        return
    for entry in entries:
        rest = {name: value for name, value in entry.items() if name not in ("at", "what")}
        _say(f"{entry['at']} {entry['what']} {json.dumps(rest, ensure_ascii=False)}")


@app.command()
def quota(
    number: Annotated[
        int | None, typer.Option("--set", min=0, help="Rows a day that may be opened.")
    ] = None,
) -> None:
    """How many rows a day may be opened, and how many were today."""
    if number is not None:
        _asked(lambda connector: journal.set_quota(connector.spool, number))
    used = _asked(overview.quota)
    _say(f"今日已开放 {used['opened_today']} 行，限额 {used['quota']} 行。")
    _say(f"{used['opened_today']} of {used['quota']} rows were opened today.")


def _asked(question: Any, *, told: bool = False) -> Any:
    """What the connector of the home folder answers to a question; with `told` it also hears what
    the cross-check says of the extracts."""

    async def ask(settings: Settings) -> Any:
        async with home.composed(settings) as (connector, http):
            return question(connector, await outcomes.fetch(connector, http))

    try:
        if told:
            return asyncio.run(ask(_settings()))
        with home.opened(_settings()) as connector:
            return question(connector)
    except _CAUGHT as error:
        raise _fault(error) from None


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        wrong = sorted({f"MUSTER_CONNECTOR_{str(e['loc'][0]).upper()}" for e in error.errors()})
        names = ", ".join(wrong)
        text = f"环境变量有误：{names}。\nMalformed in the environment: {names}."
        raise fail(text, 2) from None


def _say(text: object) -> None:
    typer.echo(text)


def _print_json(found: object) -> None:
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")


def _refused(error: Refusal, *, as_json: bool = False) -> typer.Exit:
    if as_json:
        _print_json({"refused": [why.as_dict() for why in error.reasons]})
    return fail("\n".join(f"{r.field}: {r.zh}\n{r.field}: {r.en}" for r in error.reasons))


def _fault(error: Exception) -> typer.Exit:
    if isinstance(error, NotEnrolled):
        return fail(str(error))
    zh, en = next(words for kind, words in _FAULTS.items() if isinstance(error, kind))
    if isinstance(error, BilingualError):
        return fail(f"{zh}{error.zh}\n{en} {error.en}")
    return fail(f"{zh}\n{en} {error}")


if __name__ == "__main__":
    app()
