"""A collection point: looks people up, photographs papers, uploads, mends what was refused."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from muster.runtime.demo.client import Account, Refused, Terminal, read
from muster.runtime.demo.report import Tale
from muster.runtime.demo.stage import Bar
from muster.runtime.demo.visit import Visit
from muster.runtime.demo.world import Desk, Paper, Person
from muster.security.jose import Jwk
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
    visits: dict[str, Visit] = field(default_factory=dict)
    accepted: int = 0

    # -- collecting ------------------------------------------------------------------------------

    async def enter_roster(self, people: Iterable[Person]) -> None:
        """Put down those whom the village committee named, and those who have just moved in."""
        for person in people:
            await self.collector.post(
                "capture",
                "/subjects",
                {
                    "subject_id": new_id(),
                    "origin": person.origin,
                    "village": person.village,
                    "name": person.fields["name"],
                    "resident_number": person.number,
                },
            )
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
            receipts = await self._upload([visit.record() for visit in waiting])
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
        after: str | None = None
        while True:
            page = await self.collector.get(
                "capture", "/returned", area=self.desk.area, after=after, limit=500
            )
            for item in page["returned"]:
                visit = self.visits.get(item["subject_id"])
                if visit and visit.person.comes_back and visit.overlooked:
                    visit.overlooked = False
                    visit.version = item["version"]
                    again.append(visit)
            after = page["next"]
            if after is None:
                break
        if again:
            await self._hand_in(again)
            self.tale.counts["returned records corrected"] += len(again)
            bar.add(len(again))
        return len(again)

    async def end(self, person: Person, others: Mapping[str, Person]) -> None:
        """Record what became of somebody of whom no record is made."""
        found = await self.look_up(person.number)
        if not found["known"]:
            raise Undone(f"{person.ref} should be known, for an ending, and is not")
        told: dict[str, object] = {"ending": person.ending}
        if "died_on" in person.detail:
            told["date"] = person.detail["died_on"]
        if "reason" in person.detail:
            told["note"] = person.detail["reason"]
        if "same_as" in person.detail:
            same = await self.look_up(others[person.detail["same_as"]].number)
            told["merged_into"] = same["subject_id"]
        await self.record_ending(str(found["subject_id"]), person.village, told)

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


def _piece(visit: Visit, paper: Paper) -> dict[str, str]:
    return {
        "subject_id": visit.subject_id,
        "digest": paper.digest,
        "salt": paper.salt,
        "media_type": paper.media_type,
        "kind": paper.kind,
        "content": paper.content,
    }
