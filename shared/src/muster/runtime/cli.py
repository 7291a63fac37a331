"""The ``muster`` command.

Sub-commands of other parts (synth, demo, ledger, findings ...) and those that services announce are
imported only when they are asked for, so that ``muster status`` answers at once.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from typer.core import TyperGroup

from muster.runtime.home import Home
from muster.runtime.provisioning import load_service, prefix, service_names

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from muster.runtime.lifecycle import Status
    from muster.runtime.service import Service
    from muster.runtime.settings import ServiceSettings

__all__ = ["app", "main"]

_ELSEWHERE = {  # name of the command: module, attribute (a typer.Typer or a function)
    "acls": ("muster.runtime.acls", "acls"),
    "audit": ("muster.runtime.audit_command", "audit"),
    "compare": ("muster.runtime.county", "compare"),
    "demo": ("muster.runtime.demo", "demo"),
    "dlq": ("muster.runtime.dlq", "app"),
    "enrolment": ("muster.runtime.enrolment", "enrolment"),
    "findings": ("muster.runtime.county", "findings"),
    "import": ("muster.runtime.county", "bring_in"),
    "keys": ("muster.runtime.keys_command", "app"),
    "lag": ("muster.runtime.lag", "lag"),
    "ledger": ("muster.runtime.ledger", "ledger"),
    "progress": ("muster.runtime.ledger", "progress"),
    "replay": ("muster.runtime.replay_command", "replay"),
    "synth": ("muster.synth.cli", "app"),
}


class _Commands(TyperGroup):
    """Our own commands, those of other modules, and one group per service that announces some."""

    def list_commands(self, ctx: Any) -> list[str]:
        theirs = [name for name, (module, _) in _ELSEWHERE.items() if find_spec(module)]
        return [*super().list_commands(ctx), *theirs, *service_names()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        if cmd_name in _ELSEWHERE:
            module, attribute = _ELSEWHERE[cmd_name]
            return _as_command(cmd_name, getattr(import_module(module), attribute))
        if cmd_name in service_names():
            commands = load_service(cmd_name).commands
            return None if commands is None else _as_command(cmd_name, commands)
        return None


def _as_command(name: str, target: object) -> Any:
    """A typer app or a plain function as a command of this name."""
    if not isinstance(target, typer.Typer):
        single = typer.Typer(add_completion=False)
        single.command(name)(target)  # type: ignore[type-var]
        target = single
    command = typer.main.get_command(target)
    command.name = name
    return command


app = typer.Typer(
    cls=_Commands,
    name="muster",
    help="Muster: registers, verifies and cross-checks veterans and other entitled persons.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
quarantine_app = typer.Typer(
    no_args_is_help=True, help="Senders whose messages wait because too many were invalid."
)
app.add_typer(quarantine_app, name="quarantine")

_T = TypeVar("_T")

_out = Console()
_err = Console(stderr=True)

ProfileOption = Annotated[
    str | None, typer.Option("--profile", help="Name of a profile, or path of its file.")
]


def _fail(text: str, code: int = 1) -> typer.Exit:
    _err.print(text, style="red", markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(code)


# -- the stack -------------------------------------------------------------------------------------


@app.command()
def up(profile: ProfileOption = None) -> None:
    """Start the stack and leave it running; returns when everything is ready."""
    from muster.runtime import lifecycle

    def said(part: str) -> None:
        _out.print(f"  started {part}", highlight=False)

    try:
        lifecycle.up(Home.find(), profile, said)
    except lifecycle.StackError as error:
        raise _fail(str(error)) from None
    _show(lifecycle.status(Home.find()))
    _out.print("Stop it with: muster down", highlight=False)


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what runs. Exit code 0 when everything is ready, 3 otherwise."""
    from muster.runtime import lifecycle

    seen = lifecycle.status(Home.find())
    if as_json:
        sys.stdout.write(json.dumps(seen.as_dict(), indent=1, ensure_ascii=False) + "\n")
    else:
        _show(seen)
    if seen.state != "ready":
        raise typer.Exit(3)


@app.command()
def down() -> None:
    """End the stack cleanly; what is stored stays."""
    from muster.runtime import lifecycle

    try:
        found = lifecycle.down(Home.find())
    except lifecycle.StackError as error:
        raise _fail(str(error)) from None
    _out.print("Stopped." if found else "Nothing was running.", highlight=False)


_STATES = {
    "none": "No stack has been started here yet. Start one with: muster up",
    "stopped": "The stack is stopped. Start it with: muster up",
    "failed": "The stack could not be started the last time.",
    "left": "The supervisor was killed and parts of the stack still run. "
    "'muster up' ends them and starts afresh; 'muster down' only ends them.",
    "starting": "The stack is starting.",
    "stopping": "The stack is stopping.",
    "degraded": "The stack runs, but not every part of it works just now.",
    "ready": "Everything is ready.",
}


def _show(seen: Status) -> None:
    _out.print(_STATES.get(seen.state, seen.state), highlight=False)
    stack = seen.stack
    if seen.state == "failed" and stack.get("error"):
        _out.print(str(stack["error"]), markup=False, highlight=False)
    if seen.state not in {"ready", "degraded", "starting"}:
        return
    if stack.get("web"):
        _out.print(f"请用浏览器打开 / Open in a browser: {stack['web']}/", highlight=False)
    table = Table("part", "state", "address", "pid", "restarts", show_edge=False)
    postgres = stack.get("postgres", {})
    places = {
        "postgres": f"{postgres.get('host')}:{postgres.get('port')}",
        "redis": str(stack.get("redis", "")).rpartition("@")[2].partition("/")[0],
        "broker": str(stack.get("kafka", "")),
    }
    for name, part in stack.get("parts", {}).items():
        ready = seen.asked.get(name)
        state = "running" if part["pid"] else "down"
        if ready is not None:
            told = (
                f"waits for {', '.join(ready.waiting_for)}" if ready.answered else "no answer yet"
            )
            state = "ready" if ready.ready else told
        where = part.get("url") or places.get(name, "")
        table.add_row(name, state, where, str(part["pid"] or "-"), str(part["restarts"]))
    _out.print(table)
    for name, why in ((name, why) for name, one in seen.asked.items() for why in one.halted):
        _out.print(f"{name}: {why}", style="red", markup=False, highlight=False, soft_wrap=True)


# -- processes of one service ----------------------------------------------------------------------


def _service(name: str) -> Service:
    try:
        return load_service(name)
    except LookupError as error:
        raise _fail(str(error.args[0]), 2) from None


def _settings(service: Service) -> ServiceSettings:
    from pydantic import ValidationError

    from muster.messaging.login import LoginError

    # Settings that are secret may be files in this folder, named like their variables.
    secrets = os.environ.get("MUSTER_SECRETS_DIR") or None
    try:
        settings = service.settings(_secrets_dir=secrets)
        settings.cluster()  # a login that cannot be used is said here, before anything starts
    except LoginError as error:
        raise _fail(f"{error.zh}\n{error.en}", 2) from None
    except ValidationError as error:
        wrong = {prefix(service.name) + str(one["loc"][0]).upper() for one in error.errors()}
        raise _fail(
            f"{service.name} cannot start: missing or malformed in the environment: "
            f"{', '.join(sorted(wrong))}. 'muster up' sets all of them.",
            2,
        ) from None
    return settings


@app.command()
def serve(service: str) -> None:
    """Run one service in this process (settings come from the environment)."""
    from muster.observability import logging
    from muster.runtime import loop

    logging.configure(service)
    found = _service(service)
    settings = _settings(found)
    loop.serve(found.create_app(settings), settings.host, settings.port, settings.trusted_proxies)


@app.command()
def work(service: str, worker: str) -> None:
    """Run one worker of a service in this process (settings come from the environment)."""
    from muster.observability import logging

    logging.configure(service)
    found = _service(service)
    job = found.workers.get(worker)
    if job is None:
        known = ", ".join(found.workers) or "none"
        raise _fail(f"{service} has no worker {worker!r}; it has: {known}.", 2)
    job(_settings(found))


@app.command()
def migrate(service: Annotated[str | None, typer.Argument()] = None) -> None:
    """Bring databases to their newest version: one service's, or all of the running stack's."""
    from muster.runtime import provisioning
    from muster.runtime.databases import DatabaseError
    from muster.runtime.stacks import StackError, choose

    names = [service] if service else service_names()
    for name in names:
        _service(name)
    told = {name: os.environ.get(f"{prefix(name)}DATABASE_URL") for name in names}
    urls = {name: url for name, url in told.items() if url}
    if len(urls) < len(names):
        home = Home.find()
        try:
            stack = choose(home)
            urls = provisioning.database_urls(
                home,
                stack.addresses().postgres_admin_url,
                exclusive=stack.kind == "embedded",
            )
        except (StackError, DatabaseError) as error:
            raise _fail(f"{error} Is the stack running? (muster up)") from None
    provisioning.migrate(urls, names)
    _out.print(f"Up to date: {', '.join(names)}.", highlight=False)


@app.command()
def prepare(
    profile: ProfileOption = None,
    hand_out: Annotated[
        Path | None, typer.Option(help="Fill a folder of its own for each service below this one.")
    ] = None,
    service_url: Annotated[
        str | None, typer.Option(help="Where services will answer, such as http://{service}:8000")
    ] = None,
) -> None:
    """Make keys, databases, topics and migrations on servers of your own, and start nothing."""
    from muster.forms.source import ProfileError
    from muster.runtime import prepare as preparing
    from muster.runtime.databases import DatabaseError
    from muster.runtime.stacks import StackError
    from muster.runtime.topics import TopicError

    try:
        names = preparing.prepare(Home.find(), profile, hand_out, service_url)
    except (StackError, DatabaseError, TopicError, ProfileError, FileNotFoundError) as error:
        raise _fail(str(error)) from None
    _out.print(f"Ready to start: {', '.join(names)}.", highlight=False)


# -- quarantines -----------------------------------------------------------------------------------


def _with_database(service: str, job: Callable[[AsyncConnection], Awaitable[_T]]) -> _T:
    """Do something in one transaction of a service's database.

    Its settings name it where the service runs; else it is that of the stack that runs here.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from muster.persistence.database import Database
    from muster.runtime import provisioning
    from muster.runtime.databases import DatabaseError
    from muster.runtime.stacks import StackError, choose

    found = _service(service)
    if os.environ.get("MUSTER_SECRETS_DIR") or os.environ.get(f"{prefix(service)}DATABASE_URL"):
        url = _settings(found).database_url
    else:
        home = Home.find()
        try:
            stack = choose(home)
            admin = stack.addresses().postgres_admin_url
            exclusive = stack.kind == "embedded"
            url = provisioning.database_urls(home, admin, exclusive=exclusive)[service]
        except (StackError, DatabaseError) as error:
            raise _fail(f"{error} Is the stack running? (muster up)") from None

    async def work() -> _T:
        database = Database(url, pool_size=2, application_name="muster-operator")
        try:
            async with database.transaction() as conn:
                return await job(conn)
        finally:
            await database.close()

    try:
        return asyncio.run(work())
    except (SQLAlchemyError, OSError) as error:
        raise _fail(f"The database of {service} did not answer ({type(error).__name__}).") from None


@quarantine_app.command("list")
def quarantine_list(service: str) -> None:
    """List the senders that this service holds, and how many of their messages wait."""
    from muster.messaging.limits import quarantines

    held = _with_database(service, quarantines)
    if not held:
        _out.print(f"{service} holds nobody.", highlight=False)
        return
    table = Table("topic", "sender", "waiting", "since", "reason", show_edge=False)
    for one in held:
        table.add_row(one.topic, one.sender, str(one.waiting), one.since, one.reason)
    _out.print(table)


@quarantine_app.command("lift")
def quarantine_lift(service: str, topic: str, sender: str) -> None:
    """Let a sender in again once the cause was mended; what waited is tried from now on."""
    from muster.messaging.limits import lift

    freed = _with_database(service, lambda conn: lift(conn, topic, sender))
    if freed is None:
        raise _fail(f"{service} does not hold {sender} on {topic}.")
    _out.print(
        f"{sender} is let in again on {topic}; messages that waited: {freed}.", highlight=False
    )


# -- keys ------------------------------------------------------------------------------------------


def main() -> None:
    """Entry of the console script."""
    app()


if __name__ == "__main__":
    main()
