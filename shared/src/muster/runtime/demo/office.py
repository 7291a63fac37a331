"""The county's reviewers: hold each record beside its papers, verify it or send it back (R71)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from muster.runtime.client import Account, Refused
from muster.runtime.demo.report import Tale
from muster.runtime.demo.stage import Bar
from muster.runtime.demo.world import Person

__all__ = ["Reviewer"]

_PAGE = 200
_AT_ONCE = 3
_NOT_ANY_MORE = frozenset({404, 409})
_SEEN = "原件已当面核对，与记录一致；该部门无此档案"


@dataclass
class Reviewer:
    """One reviewer. `people` are the papers on the table: who a resident number belongs to, and
    what is really true of them."""

    account: Account
    people: Mapping[str, Person]
    tale: Tale
    bar: Bar
    decisions: int = 0
    left: set[tuple[str, int]] = field(default_factory=set)

    async def work(self) -> int:
        """Go through the queue once; how many decisions were taken."""
        before = self.decisions
        async for page in self.account.pages("verification", "/queue", limit=_PAGE):
            todo = [
                item["subject_id"]
                for item in page["items"]
                if (item["subject_id"], item["version"]) not in self.left
            ]
            gate = asyncio.Semaphore(_AT_ONCE)
            await asyncio.gather(*(self._review(gate, subject_id) for subject_id in todo))
        return self.decisions - before

    async def _review(self, gate: asyncio.Semaphore, subject_id: str) -> None:
        async with gate:
            item = await self.account.get("verification", f"/items/{subject_id}")
            place = (subject_id, int(item["version"]))
            person = self.people[item["record"]["fields"]["resident_number"]]
            if not person.reviewed:
                self.left.add(place)
                return
            if not item["reviewable"]:
                return
            try:
                await self._decide(item, self._findings(item, person))
            except Refused as refused:
                if refused.status not in _NOT_ANY_MORE:
                    raise
                return  # a newer version has come, or the decision was taken at a first attempt
            self.decisions += 1
            if not item["passed"]:
                self.bar.add()

    def _findings(self, item: Mapping[str, Any], person: Person) -> list[dict[str, str]]:
        """Every field in which the record says something else than the papers do, those that a
        work order brings included, and every department that contradicts it."""
        fields = item["record"]["fields"]
        found = [
            {"code": "differs-from-papers", "field": name, "text": "请对照证件更正"}
            for name in person.fields.keys() | fields.keys()
            if fields.get(name) not in (person.fields.get(name), person.corrected.get(name))
        ]
        return found + [
            {
                "code": "differs-from-department",
                "field": "record",
                "text": f"{said['zh']}反馈不一致，请核实",
            }
            for said in item["departments"]
            if said["contradicts"]
        ]

    async def _decide(self, item: Mapping[str, Any], findings: list[dict[str, str]]) -> None:
        path = f"/items/{item['subject_id']}/{item['version']}"
        if findings:
            body = {"digest": item["digest"], "reasons": findings}
            await self.account.post("verification", f"{path}/return", body)
            self.tale.counts["records returned"] += 1
            return
        # Who knows nothing of the person is named: the papers have to do.
        blank = [
            said["department"]
            for said in item["departments"]
            if said["cannot_tell"] and not said["overruled"]
        ]
        word = {"despite": _SEEN, "cannot_tell": blank} if blank else {}
        await self.account.post(
            "verification", f"{path}/verify", {"digest": item["digest"], **word}
        )
        self.tale.counts["records verified"] += not item["passed"]
        self.tale.counts["records verified though a department cannot tell"] += bool(blank)
