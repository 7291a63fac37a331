"""The campaign, phase by phase, as the people in it would go about it."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from muster.forms import Profile
from muster.runtime import ledger
from muster.runtime.client import LONG, Account, Refused, Services, administrator, read
from muster.runtime.demo.crosscheck import CrossCheck
from muster.runtime.demo.departments import Departments
from muster.runtime.demo.desk import CollectingDesk
from muster.runtime.demo.edges import Gateway
from muster.runtime.demo.office import Reviewer
from muster.runtime.demo.patience import Patience
from muster.runtime.demo.report import Tale
from muster.runtime.demo.stage import Stage
from muster.runtime.demo.world import Desk, Person, World
from muster.runtime.home import write_private
from muster.security.jose import Jwk
from muster.synth.workbook import write_workbook
from muster.vocabulary.ids import new_id
from muster.vocabulary.resident_number import shorten

__all__ = ["ACCOUNTS", "Campaign", "Stuck"]

ACCOUNTS = "accounts.json"
"""In the stack's folder: who can sign in, by role and area, with their passwords."""
_DESKS_AT_ONCE = 5
_GATEWAYS_ON = 16
"""Desks whose gateways stay on from their first use to the end; where there are more, each is on
while its desk works, so that memory does not grow with the county."""
_ACCOUNTS_AT_ONCE = 4
_POLL = 0.4
_PATIENCE = 120.0
_REVIEWERS = ("civil_affairs_reviewer", "human_resources_reviewer")
_ROW_ID = "muster_row_id"
_KNOWN_SOON = frozenset({"token-key-unknown", "packet-key-unknown", "terminal-required"})


class Stuck(Exception):  # noqa: N818 - reads as what it says
    """Something that should have come did not come in time; says what."""


@dataclass
class Campaign:
    """One campaign on a running stack. `run` drives it, `settle` waits until all agree."""

    services: Services
    world: World
    profile: Profile
    tale: Tale
    stage: Stage
    unfinished: list[str] = field(default_factory=list)
    before: list[dict[str, Any]] = field(default_factory=list)
    after: list[dict[str, Any]] = field(default_factory=list)
    desks: list[CollectingDesk] = field(default_factory=list)
    reviewers: list[Reviewer] = field(default_factory=list)
    accounts: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        people = self.world.people
        back = sum(p.comes and bool(p.overlooked) and p.comes_back for p in people)
        reviewed = sum(p.comes and p.reviewed for p in people)
        self._collecting = self.stage.bar("people at the desks", sum(p.comes for p in people))
        # A record that comes back is decided twice.
        self._reviewing = self.stage.bar("decisions of reviewers", reviewed + back)
        self._correcting = self.stage.bar("records corrected", back)
        self.admin = administrator(self.services)
        self.checking = CrossCheck(self.admin, self.world, self.profile.area)
        self._others = {person.ref: person for person in people}
        self._returning = asyncio.Semaphore(_GATEWAYS_ON)

    async def run(self) -> None:
        """From the first administrator's sign-in to the last corrected record."""
        offices = Departments(
            self.services, self.admin, self.world, self.profile, self.tale, self.stage
        )
        try:
            async with offices:
                with self.stage.phase("accounts, terminals, departments"):
                    await self._wait_for_keys()
                    async with asyncio.TaskGroup() as tasks:
                        tasks.create_task(self._appoint())
                        tasks.create_task(offices.open())
                with self.stage.phase("baseline"):
                    await self._import()
                done = asyncio.Event()
                async with asyncio.TaskGroup() as tasks:
                    for one in self.reviewers:
                        tasks.create_task(self._review(one, done))
                    await self._all_phases(offices)
                    done.set()
        finally:
            # Each, whatever becomes of the others; what is left is ended with the stack.
            await asyncio.gather(
                *(desk.gateway.switch_off() for desk in self.desks), return_exceptions=True
            )

    async def _all_phases(self, offices: Departments) -> None:
        with self.stage.phase("desks and review"):
            await self._campaign()
        with self.stage.phase("cross-check"):
            await offices.supply()
            await self.checking.await_extracts()
            await self.checking.open()
            await self.checking.settle()
            self.before = await self.checking.findings()
        with self.stage.phase("work orders"):
            mended = await self._mend()
            await self.checking.await_closing(self.before, mended)
            await self.checking.settle()
            closed = await self.checking.closed(self.before)
            self.after = [*await self.checking.findings(), *closed]

    # -- accounts --------------------------------------------------------------------------------

    async def _wait_for_keys(self) -> None:
        """Services learn of access's signing key by a topic; moments after the first start."""
        area = self.profile.area
        asked = [(service, "/ledger") for service in ("capture", "verification", "reporting")]
        for service, path in (*asked, ("crosscheck", "/counts")):
            await self._patiently(
                partial(self.admin.get, service, path, area=area),
                f"{service} to know the key that signs tokens",
            )

    async def _patiently(self, ask: Callable[[], Awaitable[Any]], what: str) -> Any:
        """Ask until a key is known that is on its way."""
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        while True:
            try:
                return await ask()
            except Refused as refused:
                if not any(refused.has(rule) for rule in _KNOWN_SOON):
                    raise
                if asyncio.get_running_loop().time() > deadline:
                    raise Stuck(f"Waited {_PATIENCE:.0f} s for {what}: {refused}") from None
            await asyncio.sleep(_POLL)

    async def _appoint(self) -> None:
        gate = asyncio.Semaphore(_ACCOUNTS_AT_ONCE)
        bar = self.stage.bar("accounts and terminals", len(self.world.desks))
        recipient: Jwk = await self.admin.get("capture", "/packet-key")

        async def appoint(desk: Desk) -> CollectingDesk:
            async with gate:
                made = await self._desk(desk, recipient)
            bar.add()
            return made

        self.desks = list(await asyncio.gather(*(appoint(desk) for desk in self.world.desks)))
        by_number = self._by_number()
        for county in sorted({desk.county for desk in self.world.desks}):
            for role in _REVIEWERS:
                account = await self._account(role, county)
                self.reviewers.append(Reviewer(account, by_number, self.tale, self._reviewing))
        # These work at nothing here: a browser can be signed in with them.
        await self._account("leader", self.profile.area)
        await self._account("auditor", self.profile.area)
        await self._account("department_officer", self.profile.area)
        await self._account("township_leader", self.world.desks[0].area)
        self._write_accounts()

    async def _desk(self, desk: Desk, recipient: Jwk) -> CollectingDesk:
        opened = await self.admin.post(
            "access", "/enrolments", {"area": desk.area, "label": f"{desk.name}采集端1号"}
        )
        gateway = Gateway.beside(self.services, desk.area)
        terminal = await gateway.enrol(str(opened["code"]))
        self.tale.counts["terminals"] += 1
        collector = await self._account("collector", desk.area)
        collector.terminal = terminal
        await self._patiently(
            partial(collector.get, "capture", "/returned", area=desk.area, limit=1),
            f"capture to know the terminal of {desk.area}",
        )
        return CollectingDesk(desk, collector, terminal, recipient, self.tale, gateway)

    async def _account(self, role: str, area: str) -> Account:
        name = f"{role.replace('_', '-')}-{area}"
        password = secrets.token_urlsafe(12)
        grants = [{"role": role, "area": area}]
        await self.admin.post(
            "access",
            "/accounts",
            {"username": name, "password": password, "area": area, "grants": grants},
        )
        self.tale.counts["accounts"] += 1
        self.accounts.append({"role": role, "area": area, "username": name, "password": password})
        return Account(self.services, name, password)

    def _write_accounts(self) -> None:
        """For whoever wants to look at the county through a browser; no log has any of it."""
        admin = {"role": "administrator", "area": self.profile.area}
        admin |= {"username": self.admin.name, "password": self.admin.password}
        path = self.services.home.path / ACCOUNTS
        write_private(path, {"accounts": [admin, *self.accounts]})
        self.stage.say(f"账号和密码 / names and passwords: {path}")

    # -- baseline --------------------------------------------------------------------------------

    async def _import(self) -> None:
        """Import the workbook, mend from the archive what was refused, import that."""
        job = await self._import_file(self.world.workbook)
        refused = await self._refused_rows(job["import_id"])
        rows = {person.archive["row"]: person for person in self.world.people if person.archive}
        mended = []
        for row in refused:
            if row["severity"] != "refuse":
                continue
            person = rows.get(row["row_number"])
            if person is not None and person.archive is not None and person.archive["found"]:
                mended.append({**person.archive["cells"], _ROW_ID: row["row_id"]})
        self.tale.counts["refused rows left on the list"] = int(job["refused"]) - len(mended)
        if not mended:
            return
        path = self.world.folder / "mended.xlsx"
        headings = [*self.world.headings, (_ROW_ID, _ROW_ID)]
        await asyncio.to_thread(write_workbook, path, headings, mended)
        again = await self._import_file(path)
        await self._refused_rows(again["import_id"])
        self.tale.counts["refused rows mended"] = len(mended) - int(again["refused"])
        if again["refused"]:
            self.unfinished.append(f"{again['refused']} mended rows were refused again")

    async def _import_file(self, path: Path) -> dict[str, Any]:
        content = await asyncio.to_thread(path.read_bytes)
        answer = await self.admin.ask(
            "POST",
            "capture",
            "/imports",
            files={"file": (path.name, content)},
            data={"import_id": new_id(), "area": self.profile.area},
            timeout=LONG,
        )
        job: dict[str, Any] = read(answer)
        if job["state"] != "finished":
            raise Stuck(f"The import of {path.name} stopped: {job['reasons']}")
        self.tale.counts["baseline rows taken"] += job["added"] + job["updated"]
        self.stage.say(
            f"{path.name}: {job['added']} taken, {job['refused']} refused, {job['warned']} doubted"
        )
        return job

    async def _refused_rows(self, import_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        path = f"/imports/{import_id}/refusals"
        async for page in self.admin.pages("capture", path, limit=1000):
            found += page["refusals"]
        for row in found:
            self.tale.refused("import", row["reasons"])
        return found

    # -- desks and review ------------------------------------------------------------------------

    async def _campaign(self) -> None:
        gate = asyncio.Semaphore(_DESKS_AT_ONCE)
        # The largest first, so that none is left to itself at the end.
        largest_first = sorted(self.desks, key=lambda desk: -len(self.world.at(desk.desk)))
        async with asyncio.TaskGroup() as tasks:
            for desk in largest_first:
                tasks.create_task(self._work(desk, gate))
        await self._until_reviewed()

    @asynccontextmanager
    async def _on(self, desk: CollectingDesk) -> AsyncIterator[None]:
        """While the desk works its gateway runs; at the end everything that it told has arrived."""
        await desk.gateway.follow()
        yield
        await desk.gateway.drain()
        if len(self.desks) > _GATEWAYS_ON:
            await desk.gateway.switch_off()

    async def _work(self, desk: CollectingDesk, gate: asyncio.Semaphore) -> None:
        """One desk's campaign: those who come, then endings, then what reviewers sent back."""
        people = self.world.at(desk.desk)
        async with gate, self._on(desk):
            if desk.desk.area in self.world.rosters:
                await desk.enter_roster(self.world.rosters[desk.desk.area])
            await desk.enter_moved(p for p in people if p.origin == "moved_in")
            for person in people:
                if person.ending == "moved_within" and _announced(person):
                    await self._announce(person)
            await desk.collect([person for person in people if person.comes], self._collecting)
            for person in people:
                if not person.comes and person.ending != "open":
                    await desk.end(person, self._others)
        waiting = sum(p.comes and bool(p.overlooked) and p.comes_back for p in people)
        if waiting:
            async with self._returning, self._on(desk):
                await self._progressing(
                    lambda: desk.correct(self._correcting),
                    waiting,
                    f"returned records at {desk.desk.area}",
                )
        self.tale.counts["records accepted"] += desk.accepted

    async def _announce(self, person: Person) -> None:
        assert person.archive is not None
        village = str(person.archive["village"])
        tree = self.profile.area_tree()
        for desk in self.desks:
            if tree.is_within(village, desk.desk.area):
                await desk.announce_move(person, village)

    async def _progressing(
        self, step: Callable[[], Awaitable[int]], wanted: int, what: str
    ) -> None:
        """Repeat a step until it has done so much; Stuck when neither it nor any reviewer does
        anything for too long."""
        patience = Patience(_PATIENCE)
        done = 0
        while done < wanted:
            found = await step()
            done += found
            if patience.out((done, sum(reviewer.decisions for reviewer in self.reviewers))):
                raise Stuck(f"Waited {_PATIENCE:.0f} s for {what}: {done} of {wanted} came")
            await asyncio.sleep(_POLL if found else 2 * _POLL)

    async def _review(self, reviewer: Reviewer, done: asyncio.Event) -> None:
        while not done.is_set():
            if not await reviewer.work():
                await asyncio.sleep(2 * _POLL)

    async def _until_reviewed(self) -> None:
        """Every record has its decision and the departments' answers, except those whose review
        is not finished. Raises Stuck."""
        wanted = sum(p.comes and not p.reviewed for p in self.world.people)
        patience = Patience(_PATIENCE)
        while True:
            sides = await ledger.fetch(self.admin, self.profile.area)
            collected = ledger.total(sides.capture).states.get("collected", 0)
            reviews = Counter(ledger.total(sides.verification).review)
            left = collected - reviews["verified"] - reviews["returned"]
            if left == wanted and sum(reviews.values()) == collected:
                return
            if patience.out(reviews):
                raise Stuck(f"Waited {_PATIENCE:.0f} s for reviews: {left} left, not {wanted}")
            await asyncio.sleep(2 * _POLL)

    # -- work orders -----------------------------------------------------------------------------

    async def _mend(self) -> set[str]:
        """Every desk takes up the work orders of its area, person by person. Gives the resident
        numbers under which the orders that it took up were found."""
        by_number = self._by_number()
        told: dict[str, dict[str, Person]] = {}
        taken: set[str] = set()
        for number in {str(one["resident_number"]) for one in self.before}:
            person = by_number.get(number)
            if person is not None and person.correction is not None:
                told.setdefault(person.desk, {})[person.ref] = person
                taken.add(number)
        bar = self.stage.bar("work orders mended", sum(map(len, told.values())))
        gate = asyncio.Semaphore(_DESKS_AT_ONCE)

        async def work(desk: CollectingDesk) -> None:
            async with gate, self._on(desk):
                people = [person for _, person in sorted(told[desk.desk.area].items())]
                await desk.mend(people, self._others, bar)

        async with asyncio.TaskGroup() as tasks:
            for desk in self.desks:
                if desk.desk.area in told:
                    tasks.create_task(work(desk))
        await self._until_reviewed()
        return taken

    def _by_number(self) -> dict[str, Person]:
        """Who a number belongs to, also after a correction of it, and as 15 digits, which a row of
        the baseline may still have."""
        found: dict[str, Person] = {}
        for person in self.world.people:
            for number in (person.number, str(person.corrected.get("resident_number", ""))):
                if not number:
                    continue
                found[number] = person
                if number[6:8] == "19":
                    found[shorten(number)] = person
        return found

    # -- the end ---------------------------------------------------------------------------------

    async def settle(self) -> tuple[ledger.Sides, list[str]]:
        """Wait until the three ledgers agree, or say that they do not when nothing moves."""
        patience = Patience(_PATIENCE)
        with self.stage.phase("agreement"):
            while True:
                sides = await ledger.fetch(self.admin, self.profile.area)
                left = ledger.compare(sides)
                if not left or patience.out(sides):
                    break
                await asyncio.sleep(_POLL)
        return sides, self.unfinished


def _announced(person: Person) -> bool:
    """Half of those who moved told their old village; of the others their record tells."""
    return int(person.ref[1:]) % 2 == 0
