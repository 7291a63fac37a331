"""``muster audit``: the audit trail of one service of a running stack, read over its API."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from muster.runtime.demo.client import Account
from muster.runtime.home import Home
from muster.runtime.ledger import AsJson
from muster.runtime.provisioning import service_names
from muster.runtime.signed_in import signed_in

_out = Console()
_PAGE = 1000


def audit(
    service: Annotated[str, typer.Argument(help="Whose trail.")],
    since: Annotated[
        str | None, typer.Option(help="From this moment on, such as 2018-11-01T08:00:00+08:00.")
    ] = None,
    actor: Annotated[str | None, typer.Option(help="Only what this account did.")] = None,
    action: Annotated[str | None, typer.Option(help="Only this, such as discrepancy-read.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only what touched this subject.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show who touched whose data in a service, when and why. Reading it is audited there, too."""
    if service not in service_names():
        raise typer.BadParameter(f"one of {', '.join(service_names())}", param_hint="SERVICE")
    wanted = {"since": since, "actor": actor, "action": action, "subject": subject}

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
        detail = " ".join(f"{name}={value}" for name, value in row["detail"].items())
        subjects = "\n".join(row["subject_ids"])
        cells = (row["at"][:19], row["actor"], row["action"], subjects, row["reason"] or "", detail)
        shown.add_row(str(row["seq"]), *cells)
    _out.print(shown, markup=False)
