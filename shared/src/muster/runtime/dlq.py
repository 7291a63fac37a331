"""``muster dlq``: what services could not take, seen, tried again or put away by an operator.

It asks each service's ``/dead-letters`` as the administrator of the running stack, so that whoever
acts stands in the audit trail of that service.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console

from muster.runtime.client import Account
from muster.runtime.home import Home
from muster.runtime.ledger import AsJson
from muster.runtime.provisioning import service_names
from muster.runtime.signed_in import refuse, signed_in

_out = Console()
_PAGE = 1000
_MOST = 100
_GOOD = frozenset({"done", "due", "discarded"})

app = typer.Typer(
    no_args_is_help=True,
    help="Dead letters and parked messages: what services could not take.",
)

Ids = Annotated[
    list[str] | None, typer.Argument(help="Ids of messages, as 'muster dlq list' says them.")
]
Service = Annotated[str, typer.Argument(help="Whose messages.")]
TopicOption = Annotated[str | None, typer.Option("--topic", help="All of this topic.")]
AllOption = Annotated[bool, typer.Option("--all", help="All of this service.")]


@app.command("list")
def list_messages(
    service: Annotated[
        str | None, typer.Argument(help="Only this service; else all of them.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List dead letters and parked messages: topic, partition and offset, why, when, how often
    tried, and whether their key waits; with --json also the event. What they hold is not shown."""
    names = [_known(service)] if service else service_names()

    async def work(account: Account) -> dict[str, list[dict[str, Any]]]:
        return {name: await _listed(account, name) for name in names}

    found = signed_in(Home.find(), work)
    if as_json:
        _json({"services": found})
        return
    if not any(found.values()):
        _out.print(
            "没有死信，也没有等待的消息。 No dead letters, and nothing waits.", highlight=False
        )
        return
    for name, rows in found.items():
        for row in rows:
            # Lines that are never broken: ids and rules are copied and searched for.
            _out.print(_lines(name, row), markup=False, highlight=False, soft_wrap=True)


@app.command()
def show(
    service: Service,
    message: Annotated[str, typer.Argument(help="Id of the message.")],
    opened: Annotated[
        bool, typer.Option("--open", help="Also what is sealed in it for the service.")
    ] = False,
    reason: Annotated[str | None, typer.Option(help="With --open: why.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show one message with its headers; with --open what is sealed in it, for a reason. Both are
    reads in the audit trail of the service."""
    _known(service)
    why = _asked_for(reason) if opened else None

    async def work(account: Account) -> Any:
        path = f"/dead-letters/{_as_path(message)}"
        if why is not None:
            return await account.post(service, f"{path}/open", {"reason": why})
        return await account.get(service, path)

    row = signed_in(Home.find(), work)
    if as_json:
        _json(row)
        return
    for name, value in row.items():
        if value not in (None, {}):
            told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            _out.print(f"{name}: {told}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def replay(
    service: Service,
    ids: Ids = None,
    topic: TopicOption = None,
    everything: AllOption = False,
    as_json: AsJson = False,
) -> None:
    """Try messages again, each key's in its order; what waits behind them goes on. Trying again is
    harmless: what was taken is not taken twice. Exit code 1 when one of them could not be taken."""
    _known(service)
    _act(service, "replay", {}, _chosen(ids, topic, everything), topic, as_json)


@app.command()
def discard(
    service: Service,
    ids: Ids = None,
    reason: Annotated[str | None, typer.Option(help="Why; asked for when it is not given.")] = None,
    topic: TopicOption = None,
    everything: AllOption = False,
    as_json: AsJson = False,
) -> None:
    """Put messages away for good. Why stays in the audit trail, and what waits behind goes on."""
    _known(service)
    chosen = _chosen(ids, topic, everything)
    _act(service, "discard", {"reason": _asked_for(reason)}, chosen, topic, as_json)


def _act(
    service: str,
    act: str,
    body: dict[str, object],
    ids: Sequence[str] | None,
    topic: str | None,
    as_json: bool,
) -> None:
    async def work(account: Account) -> list[dict[str, Any]]:
        named = ids
        if named is None:
            rows = await _listed(account, service)
            named = [row["id"] for row in rows if topic in (None, row["topic"])]
        acted: list[dict[str, Any]] = []
        for some in _few(named):
            said = await account.post(service, f"/dead-letters/{act}", {**body, "ids": some})
            acted += said["items"]
        return acted

    acted = signed_in(Home.find(), work)
    if as_json:
        _json({"service": service, "items": acted})
    elif not acted:
        _out.print("没有符合条件的消息。 There is no such message.", highlight=False)
    else:
        for row in acted:
            told = f"{row['id']}  {row['became']}: {row['zh']} {row['en']}"
            _out.print(told, markup=False, highlight=False, soft_wrap=True)
    if not all(row["became"] in _GOOD for row in acted):
        raise typer.Exit(1)


async def _listed(account: Account, service: str) -> list[dict[str, Any]]:
    pages = account.pages(service, "/dead-letters", limit=_PAGE)
    return [row async for page in pages for row in page["items"]]


def _few(ids: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), _MOST):
        yield list(ids[start : start + _MOST])


def _known(service: str) -> str:
    if service not in service_names():
        names = ", ".join(service_names())
        refuse(
            f"没有服务 {service}，须为其中之一：{names}。", f"No service {service}; one of {names}."
        )
    return service


def _chosen(ids: list[str] | None, topic: str | None, everything: bool) -> list[str] | None:
    """The messages that are named; None for all, or all of a topic."""
    if sum((bool(ids), topic is not None, everything)) != 1:
        refuse(
            "请给出消息编号，或 --topic，或 --all，三者取一。",
            "Name messages by their ids, or --topic, or --all: one of the three.",
        )
    return ids or None


def _asked_for(reason: str | None) -> str:
    """Why, as it was given or is typed now."""
    if reason is None and sys.stdin.isatty():
        reason = typer.prompt("事由 / Why", err=True)
    if reason is None or not reason.strip():
        refuse("请填写事由：--reason", "Say for what reason: --reason")
    return reason


def _as_path(message: str) -> str:
    """An id that may stand in an address; what is none is refused before anybody is asked."""
    if not message.replace("-", "").isalnum():
        refuse("没有这条消息，或已处理完毕。", "There is no such message, or not any more.")
    return message


def _lines(service: str, row: dict[str, Any]) -> str:
    """One message: what names it, then why it stands there and what became of its key."""
    key = "key held" if row["held"] else "key waits" if row["key_parked"] else "key free"
    why = f"{row['zh']} {row['en']}".strip() if row["rule"] is None else row["rule"]
    place = f"{row['topic']} {row['partition']}/{row['offset']}"
    return (
        f"{service} {row['id']} {place}\n"
        f"  {why}; {str(row['at'])[:19]}; tried {row['tried']}; {key}"
    )


def _json(document: object) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
