"""``muster import``, ``muster compare`` and ``muster findings``: a county whose files were made
elsewhere. Each does what the administrator may do over the API, and nothing beside it."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from muster.runtime.client import LONG, Account, Refused, read
from muster.runtime.findings import closed_since, document, open_findings
from muster.runtime.home import Home, write_private
from muster.runtime.ledger import AreaOption, profile_of
from muster.runtime.signed_in import refuse, said_in, signed_in
from muster.synth.scoring import BadFile, read_findings
from muster.vocabulary.ids import new_id

_out = Console()
_err = Console(stderr=True)
_COUNTS = ("added", "updated", "unchanged", "refused", "warned")
_PAGE = 1000


class Kind(StrEnum):
    """What a file of people is."""

    BASELINE = "baseline"
    ROSTER = "roster"


def bring_in(
    files: Annotated[
        list[Path], typer.Argument(help="Files, .xlsx or .csv.", exists=True, dir_okay=False)
    ],
    kind: Annotated[Kind, typer.Option(help="What the files are.")] = Kind.BASELINE,
    area: Annotated[
        str | None, typer.Option(help="Where rows without a readable village are put down.")
    ] = None,
    refused: Annotated[
        Path | None,
        typer.Option(help="Folder for workbooks of refused rows, to mend and import again."),
    ] = None,
) -> None:
    """Take in baselines or village rosters; the same file again goes on, or changes nothing. Exit
    code 1 when rows were refused: each is said with its field, rule and reason. Exit code 2 when a
    whole file was refused; those behind it go in all the same."""
    if refused is not None:
        _check_folder(refused)

    async def work(account: Account) -> int:
        return max([await _bring_one(account, path, kind, area, refused) for path in files])

    code = signed_in(Home.find(), work)
    if code:
        raise typer.Exit(code)


async def import_file(account: Account, path: Path, kind: Kind, area: str | None) -> dict[str, Any]:
    """Import one file; gives the finished or stopped job. Raises Refused."""
    form = {"import_id": new_id(), "kind": kind.value, **({"area": area} if area else {})}
    content = await asyncio.to_thread(path.read_bytes)
    answer = await account.ask(
        "POST",
        "capture",
        "/imports",
        files={"file": (path.name, content)},
        data=form,
        timeout=LONG,
    )
    job: dict[str, Any] = read(answer)
    return job


async def refused_rows(account: Account, import_id: str) -> list[Mapping[str, Any]]:
    """What was refused or doubted of an import, in the order of its file. Raises Refused."""
    rows: list[Mapping[str, Any]] = []
    after: str | None = None
    while True:
        path = f"/imports/{import_id}/refusals"
        page = await account.get("capture", path, after=after, limit=_PAGE)
        rows += page["refusals"]
        after = page["next"]
        if after is None:
            return rows


async def _bring_one(
    account: Account, path: Path, kind: Kind, area: str | None, refused: Path | None
) -> int:
    """Import one file, say what became of it and keep what was refused; gives the exit code."""
    workbook = b""
    try:
        job = await import_file(account, path, kind, area)
        rows = await refused_rows(account, job["import_id"])
        if refused is not None and job["refused"]:
            asked = f"/imports/{job['import_id']}/refusals.xlsx"
            answer = await account.ask("GET", "capture", asked)
            workbook = answer.content if answer.is_success else read(answer)
    except Refused as error:
        for line in said_in(error):
            _say(_err, f"{path.name}: {line}")
        return 2
    lines = [(f"{path.name} row {row['row_number']}", row["reasons"]) for row in rows]
    for place, reasons in (*lines, (path.name, job["reasons"])):
        for found in reasons:
            _say(_err, f"{place}: {found['field']}: {found['rule']}: {found['zh']} {found['en']}")
    counted = ", ".join(f"{name} {job[name]}" for name in _COUNTS)
    _say(_out, f"{path.name}: {job['state']}: {counted}")
    if refused is not None and workbook:
        _say(_out, f"{path.name}: {_keep(refused, path.stem, workbook)}")
    return 1 if job["refused"] or job["state"] != "finished" else 0


def _say(where: Console, line: str) -> None:
    where.print(line, markup=False, highlight=False, soft_wrap=True)


def _check_folder(folder: Path) -> None:
    """End the command when nothing can be written there, before anything was done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        refuse(f"文件夹 {folder} 无法写入。", f"{folder} cannot be written to: {error.strerror}.")


def _keep(folder: Path, stem: str, content: bytes) -> Path:
    """Write a workbook of refused rows, mode 0600, under a name that nothing has yet; gives it."""
    target, number = folder / f"{stem}-refused.xlsx", 1
    while True:
        try:
            handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            number += 1
            target = folder / f"{stem}-refused-{number}.xlsx"
            continue
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        return target


def compare() -> None:
    """Open the comparison phase, if it is not open yet, and say how much is still to be matched.

    There is no closing it: only a rule that passes again closes a work order."""

    async def work(account: Account) -> Any:
        return await account.post("crosscheck", "/comparison", {"open": True}, timeout=LONG)

    said = signed_in(Home.find(), work)
    _out.print(
        f"Open since {said['opened_at'][:16]}; work orders that this opened: "
        f"{said['run']['opened']}; people still to be matched: {said['waiting']}.",
        highlight=False,
    )


def findings(
    file: Annotated[
        Path | None,
        typer.Option("--json", help="Write them there, as `muster synth score` reads them."),
    ] = None,
    reason: Annotated[
        str | None, typer.Option(help="Why they are opened; kept in the audit trail.")
    ] = None,
    before: Annotated[
        Path | None,
        typer.Option(help="What was written before correction; says what is closed by now."),
    ] = None,
    area: AreaOption = None,
) -> None:
    """Count the open findings of the cross-check by kind; with --json write them person by person.

    That file names people by their numbers: every finding is opened for the reason given, and each
    opening is audited. With --before the file holds both: what was found then, and what became of
    it."""
    if before is not None and area is not None:
        refuse(
            "--before 与 --area 不能同用：此前的文件不分区域。",
            "--before and --area do not go together: the earlier file does not tell areas apart.",
        )
    home = Home.find()
    query = {"area": area} if area else {}
    if file is None:
        _show_counts(signed_in(home, lambda account: account.get("crosscheck", "/counts", **query)))
        return
    if reason is None:
        refuse(
            "请以 --reason 说明为何查看人员的身份证号码。",
            "Say with --reason why people's numbers are opened.",
        )
    if file.is_dir():
        refuse(f"{file} 是文件夹。", f"{file} is a folder.")
    _check_folder(file.parent)
    try:
        earlier = None if before is None else read_findings(before)[0]
    except BadFile as error:
        refuse(error.zh, error.en)
    if any("discrepancy_id" not in one for one in earlier or ()):
        refuse(
            f"{before} 不是由本命令写出的：其中的问题没有编号。",
            f"{before} was not written here: its findings have no id.",
        )

    async def work(account: Account) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        now = await open_findings(account, reason, **query)
        return now, await closed_since(account, earlier or (), **query)

    now, closed = signed_in(home, work)
    numbered = [one for one in now if one["resident_number"]]
    both = (numbered, None) if earlier is None else (earlier, [*numbered, *closed])
    write_private(file, document(profile_of(home), *both))
    _err.print(f"{len(numbered)} open findings are in {file}", highlight=False, soft_wrap=True)
    if len(numbered) < len(now):
        _err.print(f"Left out, because no number is known: {len(now) - len(numbered)}")


def _show_counts(said: Mapping[str, Any]) -> None:
    shown = Table(title="Open findings", title_justify="left", box=SIMPLE, padding=0)
    shown.add_column("kind")
    shown.add_column("open", justify="right")
    for kind, count in said["total"].items():
        shown.add_row(kind, str(count))
    shown.add_section()
    shown.add_row("total", str(sum(said["total"].values())))
    _out.print(shown)
