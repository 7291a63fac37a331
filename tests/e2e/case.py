"""Two cases, each followed from end to end by what the system shows to the people in it.

Nothing here looks into a database, a topic or what was planted: all comes from HTTP answers to
accounts that an administrator appoints, and from the log that a department keeps itself.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from muster.runtime.client import Account, Refused, Services, administrator
from muster.runtime.demo.edges import Connector
from muster.runtime.home import Home
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

WHY = {"reason": "跟踪一件问题数据的办理"}
REVIEWERS = (Role.CIVIL_AFFAIRS_REVIEWER, Role.HUMAN_RESOURCES_REVIEWER)


@dataclass
class House:
    """The stack after its campaign, and somebody of each role."""

    services: Services
    area: str
    admin: Account
    leader: Account
    reviewers: tuple[Account, ...]

    async def orders(self, **query: str) -> list[Mapping[str, Any]]:
        found: dict[str, Any] = await self.admin.get("crosscheck", "/discrepancies", **query)
        return list(found["items"])

    async def item(self, subject_id: str) -> dict[str, Any] | None:
        """The record before the reviewer of its desk."""
        for reviewer in self.reviewers:
            try:
                found: dict[str, Any] = await reviewer.get("verification", f"/items/{subject_id}")
            except Refused:
                continue
            return found
        return None

    async def log(self, department: str) -> dict[str, dict[str, Any]]:
        """What a department's own log says of requests, by their id."""
        profile = str(self.services.home.stack()["profile"])
        connector = Connector.at(self.services, department, profile)
        entries = (await connector.call("log", "--limit", "10000"))["entries"]
        return {entry["request"]: entry for entry in entries if "request" in entry}


@asynccontextmanager
async def house(home: Home, area: str) -> AsyncIterator[House]:
    async with Services(home) as services:
        admin = administrator(services)

        async def appoint(role: Role) -> Account:
            name, password = f"case-{role.value}-{new_id()[:8]}", secrets.token_urlsafe(12)
            grants = [{"role": role.value, "area": area}]
            body = {"username": name, "password": password, "area": area, "grants": grants}
            await admin.post("access", "/accounts", body)
            return Account(services, name, password)

        leader, *reviewers = [await appoint(role) for role in (Role.TOWNSHIP_LEADER, *REVIEWERS)]
        made = House(services, area, admin, leader, tuple(reviewers))
        await _known(made)
        yield made


async def _known(found: House) -> None:
    """Services hear of a new account by a topic."""
    asked = [(found.leader, "crosscheck", "/counts")]
    asked += [(reviewer, "verification", "/queue") for reviewer in found.reviewers]
    for account, service, path in asked:
        for _ in range(300):
            try:
                await account.get(service, path)
                break
            except Refused:
                await asyncio.sleep(0.2)
        else:
            raise TimeoutError(f"{service} does not know the new account")


async def follow_field(home: Home, area: str) -> None:
    """A field that was wrong: card, record, attestation, review, department, finding, work order,
    corrected version, match, closing."""
    async with house(home, area) as found:
        order, item = await _corrected(found)
        closed = order["closed_by"]
        # The order lay where the person is registered, and that version is what closed it.
        assert order["village"] == item["village"]
        assert closed["record_version"] == item["version"]
        before = next(one for one in item["earlier"] if order["field"] in one["changed"])
        assert _at(before["received_at"]) < _at(order["opened_at"]) < _at(item["received_at"])
        assert _at(item["received_at"]) < _at(closed["matched_at"])
        assert closed["matched_at"] == order["closed_at"]
        # Of both versions it is shown which events of the terminal stand behind them.
        wrong, right = before["attestation"], item["attestation"]
        for attestation in (wrong, right):
            assert attestation["reading"] == attestation["signature"] == "attested"
            assert attestation["reading_event"]
            assert attestation["signature_event"]
        assert wrong["signature_id"] != right["signature_id"]
        # What the desk got of the card is what the record names.
        known = await found.leader.post(
            "capture", "/subjects/lookup", {"subject_id": order["subject_id"]}
        )
        assert known["record"]["reading"]["reading_id"] == right["reading_id"]
        # Each request stands in the log of the department that answered it.
        for version in (before, item):
            assert version["departments"]
            for said in version["departments"]:
                entry = (await found.log(said["department"]))[said["request"]]
                assert (entry["what"], entry["verdicts"]) == ("answered", said["verdicts"])
        assert item["state"] == "verified"
        # And from the person all of their orders are found again.
        theirs = await found.orders(subject_id=order["subject_id"], state="all")
        assert order["discrepancy_id"] in {one["discrepancy_id"] for one in theirs}


async def _corrected(found: House) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """A closed order about one field (what differs first, else what was missing) of somebody whose
    card was read and whom a department was asked about, with the record as its reviewer sees it."""
    for kind in ("field_mismatch", "missing_field"):
        for order in await found.orders(state="closed", kind=kind):
            if order["closed_by"]["record_version"] is None:
                continue
            item = await found.item(order["subject_id"])
            if item and item["departments"] and item["attestation"]["reading"] == "attested":
                return order, item
    raise AssertionError("no order was closed by a new version of such a record")


async def follow_missed(home: Home, area: str) -> None:
    """Somebody whom only a department knows that keeps its data at home: row, candidate, opened
    row, registration, work order, ending, closing."""
    async with house(home, area) as found:
        order, named = await _known_to_a_blind_department(found)
        subject_id = order["subject_id"]
        assert order["named_by"]["origin"] == "discovered"
        # From the person to the candidate that they were, and to the row at the department.
        [candidate] = (await found.admin.get("crosscheck", "/candidates", subject_id=subject_id))[
            "items"
        ]
        assert candidate["candidate_id"] == named["candidate_id"]
        assert (candidate["state"], candidate["subject_id"]) == ("closed", subject_id)
        assert (candidate["reveal_id"], candidate["request"]) == (
            named["reveal_id"],
            named["request"],
        )
        entry = (await found.log(named["department"]))[named["request"]]
        assert entry["what"] == "asked-to-open"
        # Who leads there finds them as the order says, and records what became of them.
        path = f"/discrepancies/{order['discrepancy_id']}/open"
        opened = await found.leader.post("crosscheck", path, WHY)
        known = await found.leader.post(
            "capture", "/subjects/lookup", {"resident_number": opened["person"]["number"]}
        )
        assert known["subject_id"] == subject_id
        [stands] = known["entries"]
        assert stands == {"village": order["village"], "origin": "discovered", "state": "open"}
        ending = {
            "change_id": new_id(),
            "village": order["village"],
            "ending": "ineligible",
            "note": "经核实不属于采集对象",
        }
        ended = await found.leader.post("capture", f"/subjects/{subject_id}/ending", ending)
        closed = (await _closed(found, order))["closed_by"]
        assert (closed["standing"], closed["revision"]) == ("ineligible", ended["revision"])
        assert closed["record_version"] is None


async def _known_to_a_blind_department(
    found: House,
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """An open order about somebody whose row had to be opened, and who named them."""
    for order in await found.orders(kind="missed_subject"):
        for named in order["named_by"]["candidates"]:
            if named["request"] is not None:
                return order, named
    raise AssertionError("nobody stands open whom only a blind department knew")


async def _closed(found: House, order: Mapping[str, Any]) -> Mapping[str, Any]:
    for _ in range(300):
        for one in await found.orders(subject_id=order["subject_id"], state="closed"):
            if one["discrepancy_id"] == order["discrepancy_id"]:
                return one
        await asyncio.sleep(0.2)
    raise TimeoutError("the order was not closed")


def _at(moment: str) -> datetime:
    return datetime.fromisoformat(moment)
