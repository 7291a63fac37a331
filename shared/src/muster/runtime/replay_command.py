"""``muster replay``: a service publishes again what it has published."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from muster.runtime.client import Account
from muster.runtime.home import Home
from muster.runtime.ledger import AsJson
from muster.runtime.provisioning import service_names
from muster.runtime.signed_in import refuse, signed_in

_out = Console()


def replay(
    service: Annotated[str, typer.Argument(help="Which service publishes again.")],
    since: Annotated[
        str | None,
        typer.Option(
            help="Only what happened from this moment on, such as 2018-11-01T08:00:00+08:00."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Let a service publish again, from its outbox and its store, what it has published: all of it,
    or what happened since a moment. Each event keeps its id and its place, so that consumers take
    what they have already as done, and only what one of them lost takes effect. Nothing is read
    again and no offset is moved. Use it when a consumer's database was set back to an earlier day;
    gaps and a new broker are noticed without it. Audited; 'muster lag' shows how far it is."""
    if service not in service_names():
        names = ", ".join(service_names())
        refuse(
            f"没有服务 {service}，须为其中之一：{names}。", f"No service {service}; one of {names}."
        )
    moment = _moment(since)

    async def work(account: Account) -> Any:
        return await account.post(service, "/outbox/replay", {"since": moment})

    said = signed_in(Home.find(), work)
    if as_json:
        sys.stdout.write(json.dumps(said, ensure_ascii=False, indent=1) + "\n")
        return
    for topic, events in said["topics"].items():
        _out.print(f"{topic}: {events}", markup=False, highlight=False)
    total = sum(said["topics"].values())
    told = f"{service} 将重新发布 {total} 条。 {service} publishes {total} events again."
    _out.print(told, markup=False, highlight=False, soft_wrap=True)


def _moment(since: str | None) -> str | None:
    if since is None:
        return None
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        refuse(
            "--since 须为带时区的时间，如 2018-11-01T08:00:00+08:00。",
            "--since is a moment with its offset, such as 2018-11-01T08:00:00+08:00.",
        )
    return moment.isoformat()
