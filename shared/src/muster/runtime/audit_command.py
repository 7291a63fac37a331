"""``muster audit``: the audit trail of one service of a running stack, read over its API."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from muster.runtime.client import Account
from muster.runtime.home import Home
from muster.runtime.ledger import AsJson
from muster.runtime.provisioning import service_names
from muster.runtime.signed_in import refuse, signed_in
from muster.security.audit import GENESIS, BrokenChain, Head, verify_chain

_out = Console()
_err = Console(stderr=True)
_PAGE = 1000


def audit(
    service: Annotated[str, typer.Argument(help="Whose trail.")],
    since: Annotated[
        str | None, typer.Option(help="From this moment on, such as 2018-11-01T08:00:00+08:00.")
    ] = None,
    actor: Annotated[str | None, typer.Option(help="Only what this account did.")] = None,
    action: Annotated[str | None, typer.Option(help="Only this, such as discrepancy-read.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only what touched this subject.")] = None,
    verify: Annotated[
        bool,
        typer.Option(help="Check every row of the chain; exit code 1 where it breaks."),
    ] = False,
    kept: Annotated[
        str | None,
        typer.Option("--head", help="With --verify: a head that an earlier check said, SEQ:HASH."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show who touched whose data in a service, when and why. Reading it is audited there, too."""
    if service not in service_names():
        names = ", ".join(service_names())
        refuse(
            f"没有服务 {service}，须为其中之一：{names}。", f"No service {service}; one of {names}."
        )
    wanted = {"since": since, "actor": actor, "action": action, "subject": subject}
    if verify:
        if as_json or any(wanted.values()):
            refuse(
                "--verify 核对整条审计链，不能与查询条件或 --json 同用。",
                "--verify checks the whole chain: neither a search nor --json goes with it.",
            )
        _verify(service, None if kept is None else _head(service, kept))
        return
    if kept is not None:
        refuse("--head 须与 --verify 同用。", "--head goes with --verify.")

    async def work(account: Account) -> list[dict[str, Any]]:
        pages = account.pages(service, "/audit", **wanted, limit=_PAGE)
        return [row async for page in pages for row in page["items"]]

    rows = signed_in(Home.find(), work)
    if as_json:
        document = {"service": service, "items": rows}
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
        return
    shown = Table(title=f"Audit trail of {service}", title_justify="left", box=SIMPLE, padding=0)
    for title in ("seq", "at", "actor", "action", "subjects", "reason", "detail"):
        shown.add_column(title, overflow="fold")
    for row in rows:
        subjects = "\n".join(row["subject_ids"])
        cells = (row["at"][:19], row["actor"], row["action"], subjects, row["reason"] or "")
        shown.add_row(str(row["seq"]), *cells, _detail(row["detail"]))
    _out.print(shown, markup=False)


def _detail(stored: Any) -> str:
    """The details of a row; of a row that was tampered with, whatever stands there."""
    if not isinstance(stored, dict):
        return json.dumps(stored, ensure_ascii=False)
    return " ".join(f"{name}={value}" for name, value in stored.items())


def _head(service: str, text: str) -> Head:
    seq, _, digest = text.partition(":")
    if not seq.isdecimal() or not digest:
        refuse(
            "--head 须为 SEQ:HASH，即 --verify 所给出的链尾。",
            "--head is SEQ:HASH, as --verify says it.",
        )
    return Head(service, int(seq), digest)


def _verify(service: str, kept: Head | None) -> None:
    """Say how far the chain holds, or where it breaks."""

    async def work(account: Account) -> Head:
        head: Head | None = None
        async for page in account.pages(service, "/audit", limit=_PAGE):
            rows = [{**row, "at": datetime.fromisoformat(row["at"])} for row in page["items"]]
            # A head that is kept may stand on a later page.
            due = page["next"] is None or (kept is not None and rows[-1]["seq"] >= kept.seq)
            head = verify_chain(rows, service, after=head, kept=kept if due else None)
        return head or Head(service, 0, GENESIS)

    try:
        head = signed_in(Home.find(), work)
    except BrokenChain as broken:
        said = (
            f"{service} 的审计链在第 {broken.seq} 行断开：{broken.zh}。",
            f"The audit chain of {service} breaks at row {broken.seq}: {broken.en}.",
        )
        _err.print("\n".join(said), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None
    told = (
        f"{service} 的审计链完整，共 {head.seq} 行。请将链尾留存于数据库之外，下次以 --head 核对：",
        f"The audit chain of {service} holds, {head.seq} rows. Keep its head outside the database;",
        "the next check takes it as --head:",
        f"{head.seq}:{head.hash}",
    )
    _out.print("\n".join(told), markup=False, highlight=False, soft_wrap=True)
