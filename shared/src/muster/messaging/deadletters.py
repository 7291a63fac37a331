"""Dead letters: messages that can never be taken, kept sealed to the service's operators."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.envelope import Clear
from muster.contracts.parts.operations import DeadLetter
from muster.messaging import outbox
from muster.messaging.message import Event, Invalid, OutboxRow, Publication
from muster.observability import metrics
from muster.persistence.bulk import insert_rows
from muster.persistence.tables import dead_letter
from muster.security.boxes import open_box, seal
from muster.security.keyring import Keyring

LARGEST = 512 * 1024
"""Characters of a value that a published letter carries; sealing makes a third more of them."""


@dataclass(frozen=True, slots=True)
class RawMessage:
    """A message as the broker handed it over. ``offset`` is -1 where it is no longer known."""

    topic: str
    partition: int
    offset: int
    key: str
    headers: tuple[tuple[str, bytes], ...]
    value: bytes


class DeadLetters:
    """Writes dead letters of one service, and gives them to the relay again."""

    def __init__(self, service: str, keyring: Keyring) -> None:
        self.service = service
        self.topic = f"{service}-dead-letter"
        self._keyring = keyring

    async def write(
        self, conn: AsyncConnection, items: Sequence[tuple[RawMessage, Invalid]]
    ) -> None:
        """Keep messages with their reasons and announce them, in the caller's transaction."""
        if not items:
            return
        rows = []
        for raw, why in items:
            letter = self._letter(raw, why)
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
        written = await insert_rows(
            conn, dead_letter, rows, conflict="ON CONFLICT DO NOTHING", returning=("id",)
        )
        await outbox.add(
            conn,
            [
                outbox.OutboxItem(topic=self.topic, key=row["id"], version=1, ref={"id": row["id"]})
                for row in written
            ],
        )

    def _letter(self, raw: RawMessage, why: Invalid) -> DeadLetter:
        # A message without a readable id still needs one that a second delivery gives again.
        content = hashlib.sha256(raw.value).hexdigest()
        place = f"{raw.topic}/{raw.partition}/{raw.offset}/{raw.key}/{content}"
        return DeadLetter(
            event_id=str(uuid5(NAMESPACE_URL, place)),
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
        found = await conn.execute(
            select(dead_letter.c.id, dead_letter.c.sealed).where(
                dead_letter.c.id.in_([row.ref["id"] for row in rows])
            )
        )
        sealed: Mapping[str, str] = {row.id: row.sealed for row in found}
        events = {}
        for row in rows:
            letter = DeadLetter.model_validate_json(
                open_box(
                    sealed[row.ref["id"]],
                    self._keyring,
                    {"table": "dead_letter", "row": row.ref["id"]},
                )
            )
            if len(letter.value) > LARGEST:
                letter = letter.model_copy(update={"value": "", "complete": False})
            events[row.event_id] = Event(Clear(version=row.version), {self.service: letter})
        return events

    def publication(self) -> Publication:
        """This topic, for the relay's table."""
        return Publication(self.topic, self.load)
