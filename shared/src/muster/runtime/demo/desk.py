"""A collection point: looks people up, photographs papers, uploads, mends what was refused."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl

from muster.runtime.client import Account, Refused, Terminal, read
from muster.runtime.demo.edges import Gateway
from muster.runtime.demo.report import Tale
from muster.runtime.demo.stage import Bar
from muster.runtime.demo.visit import TRACE, Visit
from muster.runtime.demo.world import Desk, Paper, Person
from muster.security.jose import Jwk
from muster.synth.reader import resident_card
from muster.vocabulary.ids import new_id

__all__ = ["CollectingDesk", "Undone"]

# Records per packet, and pieces per packet of evidence (capture takes 100 at most).
_RECORDS, _PIECES = 50, 100
_AT_ONCE = 6
_TRIES = 4
_CHANGED = "version-changed"


class Undone(Exception):  # noqa: N818 - reads as what it says
    """Something could not be done although it should; says what and why, without personal data."""


@dataclass
class CollectingDesk:
    """One desk with its collector and its terminal."""

    desk: Desk
    collector: Account
    terminal: Terminal
    recipient: Jwk
    tale: Tale
    gateway: Gateway
    visits: dict[str, Visit] = field(default_factory=dict)
    accepted: int = 0

    # -- collecting ------------------------------------------------------------------------------

    async def enter_roster(self, path: Path) -> None:
        """Put down those whom the village committees named (R49)."""
        for village, name, number in await asyncio.to_thread(_roster, path):
            await self._enter("roster", village, name, number)

    async def enter_moved(self, people: Iterable[Person]) -> None:
        """Put down those who have just moved in."""
        for person in people:
            await self._enter(person.origin, person.at, str(person.fields["name"]), person.number)

    async def _enter(self, origin: str, village: str, name: str, number: str) -> None:
        body = {
            "subject_id": new_id(),
            "origin": origin,
            "village": village,
            "name": name,
            "resident_number": number,
        }
        await self.collector.post("capture", "/subjects", body)
        self.tale.counts["persons entered by roster or move"] += 1

    async def collect(self, people: Sequence[Person], bar: Bar) -> None:
        """Take these people's records, packet by packet."""
        for start in range(0, len(people), _RECORDS):
            visits = await self._look_up(people[start : start + _RECORDS])
            await self._hand_in(visits)
            bar.add(len(visits))

    async def _look_up(self, people: Sequence[Person]) -> list[Visit]:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(person: Person) -> Visit:
            async with gate:
                visit = Visit.begin(person, await self.look_up(person.number))
            self.visits[visit.subject_id] = visit
            return visit

        return list(await asyncio.gather(*(one(person) for person in people)))

    async def look_up(self, number: str) -> Mapping[str, Any]:
        """What capture knows of a resident number."""
        self.tale.counts["look-ups"] += 1
        found: Mapping[str, Any] = await self.collector.post(
            "capture", "/subjects/lookup", {"resident_number": number}
        )
        return found

    async def _hand_in(self, visits: Sequence[Visit]) -> None:
        """Evidence first, then records; what is refused is mended and handed in again."""
        waiting = list(visits)
        while waiting:
            await self._send_evidence(waiting)
            receipts = await self._upload([await self._sign(visit) for visit in waiting])
            again = []
            for visit, receipt in zip(waiting, receipts, strict=True):
                if receipt["status"] in ("accepted", "duplicate"):
                    self.accepted += receipt["status"] == "accepted"
                    self.tale.refused("upload", receipt["reasons"])
                    visit.accepted(receipt["version"])
                else:
                    again.append(visit)
                    await self._mend(visit, receipt)
            waiting = again

    async def _sign(self, visit: Visit) -> dict[str, Any]:
        """Read the card of who has it with them, and let the person sign what the record says."""
        if visit.person.card and visit.reading is None:
            visit.reading = await self.gateway.read(resident_card(visit.person.fields))
            self.tale.counts["cards read"] += 1
        record = visit.record()
        signed = await self.gateway.sign(record["signature"]["digest"], TRACE)
        record["signature"] = {**signed["signature"], "trace": TRACE}
        return record

    async def _mend(self, visit: Visit, receipt: Mapping[str, Any]) -> None:
        """Correct what the receipt says; gives up when there is nothing left to correct."""
        self.tale.refused("upload", receipt["reasons"])
        rules = [f"{reason['field']}: {reason['rule']}" for reason in receipt["reasons"]]
        if any(reason["rule"] == _CHANGED for reason in receipt["reasons"]):
            found = await self.collector.post(
                "capture", "/subjects/lookup", {"subject_id": visit.subject_id}
            )
            visit.version = int(found["version"])
        elif visit.slip:
            visit.slip = False
            self.tale.counts["refused records mended"] += 1
        else:
            raise Undone(f"{visit.person.ref} is refused without a mistake: {'; '.join(rules)}")
        if visit.tries >= _TRIES:
            raise Undone(f"{visit.person.ref} was refused {_TRIES} times: {'; '.join(rules)}")

    # -- packets ---------------------------------------------------------------------------------

    async def _send_evidence(self, visits: Sequence[Visit]) -> None:
        pieces = [(visit, paper) for visit in visits for paper in visit.unsent()]
        for start in range(0, len(pieces), _PIECES):
            batch = pieces[start : start + _PIECES]
            answer = await self._send(
                "/evidence", {"pieces": [_piece(visit, paper) for visit, paper in batch]}
            )
            for (visit, paper), receipt in zip(batch, answer["receipts"], strict=True):
                if receipt["status"] == "refused":
                    self.tale.refused("evidence", receipt["reasons"])
                    rules = ", ".join(reason["rule"] for reason in receipt["reasons"])
                    raise Undone(f"a picture of {visit.person.ref} is refused: {rules}")
                visit.sent.add(paper.digest)
            self.tale.counts["pictures"] += len(batch)

    async def _upload(self, records: list[dict[str, object]]) -> list[dict[str, Any]]:
        made_at = records[-1]["collected_at"]
        answer = await self._send("/uploads", {"made_at": made_at, "records": records})
        self.tale.counts["packets of records"] += 1
        receipts: list[dict[str, Any]] = answer["receipts"]
        return receipts

    async def _send(self, path: str, payload: Mapping[str, object]) -> Any:
        """One packet. Sent again unchanged while nobody answers, so that its id holds."""
        told = {"packet_id": new_id(), "terminal_id": self.terminal.terminal_id, **payload}
        text = await asyncio.to_thread(self.terminal.pack, told, self.recipient)
        return read(
            await self.collector.ask(
                "POST",
                "capture",
                path,
                content=text.encode("ascii"),
                headers={"content-type": "application/jose"},
            )
        )

    # -- corrections and endings -----------------------------------------------------------------

    async def correct(self, bar: Bar) -> int:
        """Take up what reviewers sent back; those who come back get a new version."""
        again = []
        area = self.desk.area
        async for page in self.collector.pages("capture", "/returned", area=area, limit=500):
            for item in page["returned"]:
                visit = self.visits.get(item["subject_id"])
                if visit and visit.person.comes_back and visit.overlooked:
                    visit.overlooked = False
                    visit.version = item["version"]
                    again.append(visit)
        if again:
            await self._hand_in(again)
            self.tale.counts["returned records corrected"] += len(again)
            bar.add(len(again))
        return len(again)

    async def end(
        self,
        person: Person,
        others: Mapping[str, Person],
        ending: str | None = None,
        detail: Mapping[str, str] | None = None,
    ) -> None:
        """Record what became of somebody; as the person's line says unless it is said here."""
        found = await self.look_up(person.number)
        if not found["known"]:
            raise Undone(f"{person.ref} should be known, for an ending, and is not")
        detail = person.detail if detail is None else detail
        told: dict[str, object] = {"ending": ending or person.ending}
        if "died_on" in detail:
            told["date"] = detail["died_on"]
        if "reason" in detail:
            told["note"] = detail["reason"]
        if "same_as" in detail:
            same = await self.look_up(others[detail["same_as"]].number)
            told["merged_into"] = same["subject_id"]
        await self.record_ending(str(found["subject_id"]), person.at, told)

    # -- work orders -----------------------------------------------------------------------------

    async def mend(self, people: Sequence[Person], others: Mapping[str, Person], bar: Bar) -> None:
        """Do what work orders about these people ask for (R76): endings, and records in packets."""
        comers: list[Person] = []
        visits: list[Visit] = []
        for person in people:
            told = person.correction
            assert told is not None
            if told["how"] == "ending":
                await self.end(person, others, told["ending"], told["detail"])
                bar.add()
            elif told["how"] == "collect":
                comers.append(person)
            else:
                visits.append(await self._take_up(person))
        visits += await self._look_up(comers)
        for start in range(0, len(visits), _RECORDS):
            packet = visits[start : start + _RECORDS]
            await self._hand_in(packet)
            bar.add(len(packet))
        self.tale.counts["work orders mended"] += len(people)

    async def _take_up(self, person: Person) -> Visit:
        """The visit of somebody who was here, with what is right now, for a new version."""
        [visit] = [one for one in self.visits.values() if one.person is person]
        visit.corrected, visit.overlooked = True, False
        found = await self.collector.post(
            "capture", "/subjects/lookup", {"subject_id": visit.subject_id}
        )
        visit.version = int(found["version"])
        return visit

    async def announce_move(self, person: Person, from_village: str) -> None:
        """The old village's desk puts down where the person went."""
        found = await self.look_up(person.number)
        told = {"ending": "moved_out", "to_village": person.village}
        await self.record_ending(str(found["subject_id"]), from_village, told)

    async def record_ending(
        self, subject_id: str, village: str, told: Mapping[str, object]
    ) -> None:
        """Under an id of ours, so that a repeated request changes nothing."""
        body = {"change_id": new_id(), "village": village, **told}
        try:
            await self.collector.post("capture", f"/subjects/{subject_id}/ending", body)
        except Refused as refused:
            raise Undone(f"the ending {told['ending']} was refused: {refused}") from None
        self.tale.counts["endings"] += 1


def _roster(path: Path) -> list[tuple[str, str, str]]:
    """Village, name and number of everybody in a village committee's workbook."""
    book = openpyxl.load_workbook(path, read_only=True)
    rows = book.worksheets[0].iter_rows(min_row=2, values_only=True)
    found = [(str(village), str(name), str(number)) for village, name, number in rows]
    book.close()
    return found


def _piece(visit: Visit, paper: Paper) -> dict[str, str]:
    return {
        "subject_id": visit.subject_id,
        "digest": paper.digest,
        "salt": paper.salt,
        "media_type": paper.media_type,
        "kind": paper.kind,
        "content": paper.content,
    }
