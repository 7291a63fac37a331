"""Starts a stack of its own, runs the campaign on it, shows what came of it, ends it."""

from __future__ import annotations

import asyncio
import os
import resource
import shlex
import shutil
import signal
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import (
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from rich.console import Console

from muster.forms import Profile, ProfileError
from muster.runtime import findings, ledger, lifecycle, loop
from muster.runtime.client import NotRunning, Refused, Services, Unreachable
from muster.runtime.demo import report
from muster.runtime.demo.campaign import ACCOUNTS, Campaign, Stuck
from muster.runtime.demo.crosscheck import NotSettled
from muster.runtime.demo.desk import Undone
from muster.runtime.demo.edges import EdgeFailed, end_left, folder
from muster.runtime.demo.pages import Building, building
from muster.runtime.demo.report import Outcome, Tale
from muster.runtime.demo.scorecard import judge
from muster.runtime.demo.stage import Stage
from muster.runtime.demo.world import World
from muster.runtime.home import Home, write_private
from muster.runtime.processes import resident
from muster.synth import Unfillable, build, write

if TYPE_CHECKING:
    from muster.runtime.demo.cardbox import OpenDesk

__all__ = ["Driven", "drive", "run"]

FOLDER = "demo"
RESULT = "demo.json"
FINDINGS = "findings.json"
"""In the demo's own folder, as `muster synth score` reads it: it names people by their numbers."""
_MARK = "made-by-muster-demo"
_LOOK = 2.0


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, or the process was asked to end. No task may take it for a failure of its own."""


def run(profile: str, people: int, seed: int, *, stay: bool, pages: bool = False) -> int:
    """The whole demo; with `pages` they are built meanwhile.

    Exit code: 0 when the ledger agrees everywhere and what was planted was found and closed as it
    should, 1 when not, 2 when it could not run."""
    tale = Tale()
    console = Console(stderr=True)
    base = Home.find()
    home = Home(base.path / FOLDER)
    # What an earlier demo found must not be taken for what this one did.
    (base.path / RESULT).unlink(missing_ok=True)
    try:
        loaded = Profile.load(profile)
    except (ProfileError, FileNotFoundError) as error:
        console.print(str(error), style="red", markup=False, highlight=False)
        return 2
    try:
        with _signals(), _own_stack(home, console), _building(home, wanted=pages) as built:
            world, outcome = _campaign(home, profile, loaded, people, seed, console, tale)
            write_private(base.path / RESULT, outcome.as_dict(loaded.area_tree()))
            report.show(console, outcome, loaded.area_tree(), home.stack())
            if stay:
                _say_pages(console, built)
                loop.run(_stay(console, home, world, loaded, seed))
            return 0 if outcome.good else 1
    except Interrupted:
        return 130
    except (lifecycle.StackError, ExceptionGroup, *_FAILURES) as error:
        said = [_sentence(cause) for cause in _causes(error)]
        for sentence in said:
            console.print(sentence, style="red", markup=False, highlight=False)
        if not (base.path / RESULT).exists():
            failed = report.failed(profile, people, seed, tale, said)
            write_private(base.path / RESULT, failed)
        console.print(f"The logs are in {home.logs}", markup=False, highlight=False)
        return 2


_FAILURES = (
    *(NotRunning, Unreachable, Refused, Stuck, Undone, EdgeFailed, NotSettled, Unfillable),
    httpx.HTTPError,
)


def _sentence(cause: Exception) -> str:
    if isinstance(cause, httpx.HTTPError):
        # Its own text may be empty.
        return f"A request failed ({type(cause).__name__}): {cause}"
    return str(cause)


def _causes(error: Exception) -> list[Exception]:
    """What went wrong, once each; anything unforeseen is raised again with its traceback."""
    if not isinstance(error, ExceptionGroup):
        return [error]
    _, unforeseen = error.split(_FAILURES)
    if unforeseen is not None:
        raise error
    found: dict[str, Exception] = {}
    for one in error.exceptions:
        for cause in _causes(one):
            found.setdefault(_sentence(cause), cause)
    return list(found.values())


@contextmanager
def _signals() -> Iterator[None]:
    """Ctrl-C and a request to end both unwind through the code that stops the stack."""

    def interrupt(_signal: int, _frame: object) -> None:
        # Once is enough: what follows ends everything and must not be cut short itself.
        for number in kept:
            signal.signal(number, signal.SIG_IGN)
        raise Interrupted

    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in kept:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


@contextmanager
def _own_stack(home: Home, console: Console) -> Iterator[None]:
    """A fresh folder for a stack beside the lasting one; what ran in it is ended, before and
    after, with the gateways and connectors of a demo that was killed."""
    end_left(home)
    lifecycle.down(home)
    _clear(home.path)
    home.create()
    (home.path / _MARK).touch()
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        console.print("Stopping everything ...", highlight=False)
        end_left(home)
        lifecycle.down(home)
        console.print("Stopped.", highlight=False)


def _clear(folder: Path) -> None:
    """Remove what an earlier demo left, and nothing that a demo did not make."""
    if not folder.exists():
        return
    if any(folder.iterdir()) and not (folder / _MARK).exists():
        raise lifecycle.StackError(f"{folder} was not made by a demo; move it away first.")
    shutil.rmtree(folder)


def _campaign(
    home: Home,
    name: str,
    profile: Profile,
    people: int,
    seed: int,
    console: Console,
    tale: Tale,
) -> tuple[World, Outcome]:
    with Stage(console, tale) as stage:
        with stage.phase("start"):
            world = _start(home, name, profile, people, seed, stage)
        driven = loop.run(drive(home, world, profile, tale, stage))
        write_private(home.path / FINDINGS, findings.document(profile, driven.before, driven.after))
        with stage.phase("scoring"):
            scorecard = judge(
                profile, people, seed, driven.before, driven.after, driven.sides.reporting
            )
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    differences = ledger.compare(driven.sides)
    peak, left = driven.peak_memory, driven.unfinished
    return world, Outcome(
        name, people, seed, tale, driven.sides, differences, left, scorecard, peak, own
    )


def _start(home: Home, name: str, profile: Profile, people: int, seed: int, stage: Stage) -> World:
    """The county is made while the servers start: they mostly wait."""
    problems: list[lifecycle.StackError] = []

    def up() -> None:
        try:
            lifecycle.up(home, name, stage.started)
        except lifecycle.StackError as error:
            problems.append(error)

    starting = threading.Thread(target=up, name="stack", daemon=True)
    starting.start()
    try:
        folder = write(build(profile, people, seed), home.path / "county", truth=False)
        stage.say(f"a county of {people} people for {name}, seed {seed}")
        world = World.load(folder)
        starting.join()
    except BaseException:
        # The supervisor may be about to write its name down; it is ended as soon as it has.
        while starting.is_alive():
            lifecycle.down(home)
            starting.join(0.3)
        raise
    if problems:
        raise problems[0]
    stage.say(f"请用浏览器打开 / Open in a browser: {home.stack()['web']}/")
    return world


@dataclass(frozen=True)
class Driven:
    """What a campaign came to: the ledgers at its end, what stayed undone, crosscheck's findings
    before and after correction, and the most bytes that all processes held meanwhile."""

    sides: ledger.Sides
    unfinished: list[str]
    before: list[dict[str, Any]]
    after: list[dict[str, Any]]
    peak_memory: int


async def drive(home: Home, world: World, profile: Profile, tale: Tale, stage: Stage) -> Driven:
    """The campaign on a stack that runs."""
    async with Services(home) as services, _measured(home) as peak:
        campaign = Campaign(services, world, profile, tale, stage)
        await campaign.run()
        sides, unfinished = await campaign.settle()
        return Driven(sides, unfinished, campaign.before, campaign.after, max(peak, default=0))


@asynccontextmanager
async def _measured(home: Home) -> AsyncIterator[list[int]]:
    """Looks now and then what the stack, gateways, connectors and this process hold together."""
    seen: list[int] = []

    async def look() -> None:
        while True:
            supervisor = lifecycle.supervisor_of(home.stack())
            roots = [os.getpid(), *([supervisor.pid] if supervisor else [])]
            seen[:] = [max([*seen, await asyncio.to_thread(resident, roots)])]
            await asyncio.sleep(_LOOK)

    looking = asyncio.create_task(look())
    try:
        yield seen
    finally:
        looking.cancel()
        await asyncio.wait([looking])


def _program(name: str = "muster") -> str:
    """A program of this environment, which need not be on the path."""
    return str(Path(sys.executable).with_name(name))


def _connector(home: Home) -> str:
    """How one of the departments answers again, for their connectors ended with the campaign; empty
    when there is none."""
    homes = sorted(folder(home).glob("connector-*"))
    if not homes:
        return ""
    program = shlex.quote(_program("muster-connector"))
    return (
        f"  MUSTER_CONNECTOR_HOME={shlex.quote(str(homes[0]))} {program} run\n"
        "    lets that department answer again; the folders of the others are beside it\n"
    )


def _desks(areas: Sequence[str]) -> str:
    """How to work as collector; empty when no desk is open."""
    if not areas:
        return ""
    names = ", ".join(f"collector-{area}" for area in areas)
    return (
        f"  采集工作：打开该文件中 {names} 的 desk 链接，用该账号登录，再从卡盒放一张模拟身份证\n"
        f"  To collect: open the link `desk` of {names} in that file,\n"
        "    sign in as that account, and lay a simulated card from the card box on the reader\n"
    )


def _building(home: Home, *, wanted: bool) -> AbstractContextManager[Building | None]:
    return building(home) if wanted else nullcontext()


def _say_pages(console: Console, built: Building | None) -> None:
    """Wait for the pages, if they are being built; whether they can be looked at."""
    if built is None:
        return
    console.print("正在等待页面生成 / Waiting for the pages ...", highlight=False)
    failed = built.wait()
    if failed is not None:
        console.print(
            "页面没有生成，系统照常运行；排除原因后执行 make web 再刷新。\n"
            "The pages were not built; all else runs. Mend the cause, run make web and reload:\n"
            f"{failed}",
            style="red",
            markup=False,
            highlight=False,
        )


async def _stay(console: Console, home: Home, world: World, profile: Profile, seed: int) -> None:
    """Until somebody ends it."""
    from muster.runtime.demo.open_desks import open_desks

    async with Services(home) as services, AsyncExitStack() as stack:
        desks: list[OpenDesk] = []
        try:
            desks = await stack.enter_async_context(open_desks(services, world, profile, seed))
        except (*_FAILURES, OSError) as error:
            console.print(
                f"采集页面不能使用 / No desk can be opened in a browser: {_sentence(error)}",
                style="red",
                markup=False,
                highlight=False,
            )
        _say_next(console, home, [desk.desk for desk in desks])
        while lifecycle.supervisor_of(home.stack()) is not None:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(1.0)
    console.print("The stack was ended from outside.", highlight=False)


def _say_next(console: Console, home: Home, desks: Sequence[str]) -> None:
    command = f"MUSTER_HOME={shlex.quote(str(home.path))} {shlex.quote(_program())}"
    console.print()
    console.print(
        f"请用浏览器打开 / Open in a browser: {home.stack()['web']}/\n"
        f"  账号和密码 / Names and passwords of each kind of user: {home.path / ACCOUNTS}\n"
        f"{_desks(desks)}"
        "Try next, in another terminal:\n"
        f"  {command} status\n"
        f"  {command} ledger\n"
        f"  {command} progress\n"
        "  kill -9 one of the services by its number in the status, then look at the ledger\n"
        f"{_connector(home)}"
        "Ctrl-C stops everything.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
