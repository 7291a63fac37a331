"""Dead letters: messages that cannot be taken, kept sealed to the service's operators.

Of one event there is one letter at most, whatever number of damaged copies came. A later copy of
the event that can be taken (published again, or handled by a mended service) takes the letter's
place: `claim` says which events still have one, `withdraw` ends it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Row, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.envelope import Clear
from muster.contracts.parts.operations import DeadLetter
from muster.messaging import outbox
from muster.messaging.causes import going_on, trace_id
from muster.messaging.message import Event, Invalid, OutboxRow, Publication
from muster.observability import metrics
from muster.observability.logging import get_logger
from muster.persistence.bulk import in_ids, insert_rows, sent
from muster.persistence.tables import dead_letter
from muster.security.boxes import open_box, seal
from muster.security.keyring import Keyring

_log = get_logger("muster.deadletters")

LARGEST = 512 * 1024
"""Bytes of a letter that is published; sealing makes a third more of them."""
_SHORT = 200
_FEW = 20


_CLAIM = (
    select(dead_letter.c.id)
    .where(in_ids(dead_letter.c.id, "ids"))
    .order_by(dead_letter.c.id)
    .with_for_update()
)
_LISTED = select(dead_letter).order_by(dead_letter.c.id)
_LOCKED = select(dead_letter).where(in_ids(dead_letter.c.id, "ids")).order_by(dead_letter.c.id)
_WITHDRAW = delete(dead_letter).where(in_ids(dead_letter.c.id, "ids"))
_SEALED = select(dead_letter.c.id, dead_letter.c.sealed).where(in_ids(dead_letter.c.id, "ids"))


@dataclass(frozen=True, slots=True)
class RawMessage:
    """A message as the broker handed it over. ``offset`` is -1 where it is no longer known."""

    topic: str
    partition: int
    offset: int
    key: str
    headers: tuple[tuple[str, bytes], ...]
    value: bytes

    @property
    def traceparent(self) -> str | None:
        """The trace that this message belongs to, as far as it can be read."""
        return dict(self.headers).get("traceparent", b"").decode("ascii", "replace") or None


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that becomes a dead letter; ``event_id`` where its headers could be read."""

    raw: RawMessage
    why: Invalid
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A dead letter as it stands in the store, opened. ``event_id`` is None of a message whose
    headers could not be read when it came; ``since`` is when it failed."""

    id: str
    raw: RawMessage
    why: Invalid
    since: datetime
    event_id: str | None


class DeadLetters:
    """Writes dead letters of one service, and gives them to the relay again."""

    def __init__(self, service: str, keyring: Keyring) -> None:
        self.service = service
        self.topic = f"{service}-dead-letter"
        self._keyring = keyring

    async def write(self, conn: AsyncConnection, items: Sequence[Refused]) -> None:
        """Keep messages with their reasons and announce them, in the caller's transaction."""
        if not items:
            return
        rows = []
        traces = {}
        for item in items:
            raw, why = item.raw, item.why
            letter = self._letter(item)
            traces[letter.event_id] = raw.traceparent
            rows.append(
                {
                    "id": letter.event_id,
                    "topic": raw.topic,
                    "partition": raw.partition,
                    "offset": raw.offset,
                    "rule": why.rule,
                    "zh": why.zh,
                    "en": why.en,
                    "failed_at": letter.failed_at,
                    "sealed": seal(
                        self._keyring.current(f"kek/{self.service}"),
                        letter.model_dump_json().encode(),
                        {"table": "dead_letter", "row": letter.event_id},
                    ),
                }
            )
            metrics.dead_letters_total.labels(raw.topic, why.rule).inc()
            _log.warning(
                "a message became a dead letter",
                topic=raw.topic,
                rule=why.rule,
                trace_id=trace_id(raw.traceparent),
            )
        written = await insert_rows(
            conn, dead_letter, rows, conflict="ON CONFLICT DO NOTHING", returning=("id",)
        )
        await outbox.add(
            conn,
            [
                outbox.OutboxItem(
                    topic=self.topic,
                    key=row["id"],
                    version=1,
                    ref={"id": row["id"]},
                    traceparent=going_on(traces[row["id"]]),
                )
                for row in written
            ],
        )

    async def claim(self, conn: AsyncConnection, topic: str, event_ids: Sequence[str]) -> set[str]:
        """Which of these events have a letter; it is locked, so that one process tries again."""
        by_letter = {_letter_of(topic, event_id): event_id for event_id in event_ids}
        if not by_letter:
            return set()
        found = await conn.scalars(_CLAIM, {"ids": sent(by_letter)})
        return {by_letter[letter] for letter in found}

    async def withdraw(self, conn: AsyncConnection, topic: str, event_ids: Sequence[str]) -> None:
        """These events were taken after all (or wait to be): their letters have no point."""
        if event_ids:
            letters = [_letter_of(topic, event_id) for event_id in event_ids]
            await conn.execute(_WITHDRAW, {"ids": sent(letters)})
            _log.info("dead letters were superseded", topic=topic, count=len(letters))

    async def listed(self, conn: AsyncConnection, after: str | None, limit: int) -> list[Kept]:
        """Letters in the order of their ids, from behind this one on."""
        wanted = _LISTED if after is None else _LISTED.where(dead_letter.c.id > after)
        return [self._kept(row) for row in await conn.execute(wanted.limit(limit))]

    async def kept(
        self, conn: AsyncConnection, ids: Sequence[str], *, lock: bool = False
    ) -> list[Kept]:
        """Those of these letters that stand; locked, they stand until the transaction ends."""
        wanted = _LOCKED.with_for_update() if lock else _LOCKED
        return [self._kept(row) for row in await conn.execute(wanted, {"ids": sent(ids)})]

    async def remove(self, conn: AsyncConnection, ids: Sequence[str]) -> None:
        """These letters have no point any more."""
        if ids:
            await conn.execute(_WITHDRAW, {"ids": list(ids)})

    def _kept(self, row: Row[Any]) -> Kept:
        letter = self._open(row.id, row.sealed)
        headers = tuple((name, base64.b64decode(value)) for name, value in letter.headers)
        value = base64.b64decode(letter.value)
        raw = RawMessage(row.topic, row.partition, row.offset, letter.key, headers, value)
        named = dict(headers).get("ce_id", b"").decode("ascii", "replace")
        event_id = named if row.id == _letter_of(row.topic, named) else None
        return Kept(row.id, raw, Invalid(row.rule, row.zh, row.en), row.failed_at, event_id)

    def _open(self, letter_id: str, sealed: str) -> DeadLetter:
        context = {"table": "dead_letter", "row": letter_id}
        return DeadLetter.model_validate_json(open_box(sealed, self._keyring, context))

    def _letter(self, item: Refused) -> DeadLetter:
        raw, why = item.raw, item.why
        return DeadLetter(
            event_id=_letter_of(raw.topic, item.event_id) if item.event_id else _place_of(raw),
            topic=raw.topic,
            partition=raw.partition,
            offset=raw.offset,
            rule=why.rule,
            zh=why.zh,
            en=why.en,
            key=raw.key,
            headers=tuple((name, base64.b64encode(v).decode()) for name, v in raw.headers),
            value=base64.b64encode(raw.value).decode(),
            failed_at=datetime.now(UTC),
        )

    async def load(
        self, _context: object, conn: AsyncConnection, rows: Sequence[OutboxRow]
    ) -> dict[str, Event]:
        """Loader of the dead-letter topic."""
        found = await conn.execute(_SEALED, {"ids": sent(row.ref["id"] for row in rows)})
        sealed: Mapping[str, str] = {row.id: row.sealed for row in found}
        events = {}
        for row in rows:
            box = sealed.get(row.ref["id"])
            if box is None:
                continue  # superseded before it was published: there is nothing left to say
            part = _fitting(self._open(row.ref["id"], box))
            events[row.event_id] = Event(Clear(version=row.version), {self.service: part})
        return events

    def publication(self) -> Publication:
        """This topic, for the relay's table."""
        return Publication(self.topic, self.load)


def _fitting(letter: DeadLetter) -> DeadLetter:
    """The letter as far as it fits into a message: without its value, and where key or headers
    alone are too large, with the beginning of these."""
    if _size(letter) <= LARGEST:
        return letter
    letter = letter.model_copy(update={"value": "", "complete": False})
    if _size(letter) <= LARGEST:
        return letter
    headers = tuple((name[:_SHORT], value[:_SHORT]) for name, value in letter.headers[:_FEW])
    return letter.model_copy(update={"key": letter.key[:_SHORT], "headers": headers})


def _size(letter: DeadLetter) -> int:
    return len(letter.model_dump_json().encode())


def _letter_of(topic: str, event_id: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"{topic}/{event_id}"))


def _place_of(raw: RawMessage) -> str:
    # A message without a readable id still needs one that a second delivery gives again.
    content = hashlib.sha256(raw.value).hexdigest()
    place = f"{raw.topic}/{raw.partition}/{raw.offset}/{raw.key}/{content}"
    return str(uuid5(NAMESPACE_URL, place))
