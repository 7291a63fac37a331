"""Asking departments about a record version (R73, R92).

One request per department of the profile that has the task ``review`` and answers for a field that
the record holds. A department learns those values and what it needs to find the person, under a
case id that no other department knows, and never the subject id.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.parts.base import FieldValue
from muster.contracts.parts.capture import RecordForReview
from muster.contracts.parts.verification import VerificationRequest
from muster.forms.model import Department
from muster.forms.profile import Profile
from muster.messaging import outbox
from muster.messaging.message import DONE, NotNow, Outcome
from muster.observability import metrics
from muster.observability.logging import get_logger
from muster.runtime.context import Context
from muster.security import blinds, matching
from muster.security.vault import DataKeys
from muster.verification.domain import answers
from muster.verification.domain.answers import Answers
from muster.verification.handlers import sealing
from muster.verification.settings import Settings
from muster.verification.store import items, requests
from muster.verification.store.items import Place

_log = get_logger("muster.verification.asking")

TOPIC = "verification-requested-"
_NO_KEY = NotNow("no key for the case ids of a department of the profile")
AGAIN_LIMIT = 5000
"""Requests that are asked again at a time; the rest follow at the next turn."""


@dataclass(frozen=True, slots=True)
class Request:
    """What one department is to be asked; ``mandatory`` when the record waits for its answer."""

    department: str
    asked: tuple[str, ...]
    mandatory: bool


@dataclass(frozen=True, slots=True)
class Arrival:
    """One record version that has come, and whom to ask about it (nobody, if it is outdated)."""

    place: Place
    village: str
    part: RecordForReview
    requests: tuple[Request, ...]

    @property
    def answers(self) -> Answers:
        """What the answers come to before there is one."""
        return answers.come_to(answers.Asked(r.department, r.mandatory) for r in self.requests)


def reviewing(profile: Profile) -> tuple[Department, ...]:
    """The departments that a profile has check records."""
    return tuple(d for d in profile.departments.values() if "review" in d.tasks)


def can_ask(context: Context) -> Outcome:
    """Done, or not now while verification lacks the key of a department's case ids."""
    keys = context.keyring
    return DONE if all(keys.epochs(f"case/{d.id}") for d in reviewing(context.profile)) else _NO_KEY


async def enrolled(context: Context, conn: AsyncConnection) -> frozenset[str]:
    """The reviewing departments that can open a request and sign an answer now."""
    return await requests.enrolled(conn, [d.id for d in reviewing(context.profile)])


def plan(context: Context, part: RecordForReview, ready: Collection[str]) -> tuple[Request, ...]:
    """Whom to ask about a record, and about what. Who is not enrolled is asked all the same (the
    request waits for its key), and the record does not wait for the answer."""
    found = []
    for department in reviewing(context.profile):
        asked = answers.asked_about(part.record.fields, department.fields)
        if asked:
            found.append(Request(department.id, asked, department.id in ready))
    return tuple(found)


async def ask(
    context: Context, conn: AsyncConnection, keys: DataKeys, arrivals: Sequence[Arrival]
) -> None:
    """Keep the requests about new record versions, and have them published."""
    rows: list[dict[str, object]] = []
    events: list[outbox.OutboxItem] = []
    for one in arrivals:
        subject_id, version = one.place
        for request in one.requests:
            ref = {"subject_id": subject_id, "version": version, "department": request.department}
            case_key = context.keyring.current(f"case/{request.department}")
            event = outbox.OutboxItem(
                topic=TOPIC + request.department,
                key=blinds.pairwise_case_id(case_key, subject_id),
                version=version,
                county=context.areas.county_of(one.village),
                ref=ref,
            )
            sealed = sealing.seal_asked(context, keys, one.place, request.department, request.asked)
            rows.append(
                {
                    **ref,
                    "event_id": event.event_id,
                    "case_id": event.key,
                    "mandatory": request.mandatory,
                    "sealed": sealed,
                }
            )
            events.append(event)
    await requests.put(conn, rows)
    await outbox.add(conn, events)


def shown(
    department: Department, fields: dict[str, FieldValue], asked: Collection[str]
) -> dict[str, FieldValue]:
    """The values that a request carries: those in question, and those that find the person."""
    wanted = {*department.identified_by, matching.BIRTH, *asked}
    return {name: value for name, value in fields.items() if name in wanted}


async def parts(
    context: Context, conn: AsyncConnection, asked: Sequence[requests.RequestRow]
) -> dict[str, VerificationRequest]:
    """What departments are asked, by the event that asks; of what is open no longer, nothing."""
    places = [one.place for one in asked]
    found = {item.place: item for item in await items.at(conn, places)}
    keys = await context.vault.keys_for(conn, {subject_id for subject_id, _ in places})
    return {
        one.event_id: _part(context, keys, found[one.place], one)
        for one in asked
        if one.open and one.subject_id in keys
    }


def _part(
    context: Context, keys: DataKeys, item: items.ItemRow, request: requests.RequestRow
) -> VerificationRequest:
    asked = sealing.open_asked(context, keys, request)
    record = sealing.open_record(context, keys, item).record
    department = context.profile.departments[request.department]
    return VerificationRequest(
        case_id=request.case_id,
        version=request.version,
        fields=shown(department, record.fields, asked),
        asked=asked,
        asked_at=request.asked_at,
    )


async def ask_again(context: Context) -> None:
    """Publish again what went out long ago and is still open, under the same event id: a
    department that has it takes it as done, one that lost it does not."""
    settings = context.settings
    assert isinstance(settings, Settings)
    patience = timedelta(seconds=settings.ask_again_seconds)
    async with context.database.transaction() as conn:
        again = await requests.ask_again(conn, patience, AGAIN_LIMIT)
    for topic, count in again.items():
        metrics.republished_total.labels(topic, "unanswered").inc()
        _log.info("unanswered requests are asked again", topic=topic, events=count)
