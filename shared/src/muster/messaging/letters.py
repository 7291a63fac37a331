"""What operators do with messages that a service could not take: look, try again, put away.

Both kinds are named alike: a dead letter by its id, a parked message by ``p`` and its number.
Trying again goes through the intake, like every other message: the inbox and the order of the key
hold, and a second try of what was taken finds nothing. Each act is one transaction with its rows of
the audit chain, so that a kill leaves either all of it or nothing.
"""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.contracts.envelope import Clear, Unreadable, read_value
from muster.messaging import failpoints, parking
from muster.messaging.aside import UNREADABLE
from muster.messaging.deadletters import DeadLetters, Kept, RawMessage
from muster.messaging.intake import Intake
from muster.messaging.message import Done, Invalid, Message, NotNow, Outcome
from muster.persistence.bulk import in_numbers
from muster.persistence.database import Database
from muster.persistence.tables import parked
from muster.security.audit import Audit, Entry, require_reason
from muster.security.keyring import Keyring

MOST = 100
"""Messages that are tried again or put away in one transaction."""

_TRIED = text(
    """
    SELECT detail ->> 'message' AS id, count(*) AS times FROM audit
    WHERE action = 'dead-letter.replay' GROUP BY 1
    """
)
_LIST_PARKED = text(
    """
    SELECT id, topic, partition, "offset", key, headers, reason, attempts, parked_at,
           next_try_at IS NULL AS held
    FROM parked WHERE id > :after ORDER BY id LIMIT :most
    """
).columns(headers=JSONB)
_PARKED = (
    select(parked).where(in_numbers(parked.c.id, "ids")).order_by(parked.c.id).with_for_update()
)
_HEADS_HELD = text(
    """
    SELECT DISTINCT ON (topic, key) topic, key, next_try_at IS NULL AS held FROM parked
    WHERE (topic, key) IN (SELECT topic, key FROM parked WHERE id = ANY(CAST(:ids AS bigint[])))
    ORDER BY topic, key, id
    """
)


@dataclass(frozen=True, slots=True)
class Stuck:
    """One message that could not be taken; nothing of what it holds. `rule` is None of one that
    waits, and `held` says that it waits for an operator's word on its sender."""

    id: str
    topic: str
    partition: int
    offset: int
    event_id: str | None
    rule: str | None
    zh: str
    en: str
    at: datetime
    tried: int
    key_parked: bool
    held: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as it came: its headers and clear fields; `part` is what was sealed for this
    service, where somebody asked for it and it opens, and `why` the reason why it does not. Key and
    headers that could not be read are there only where somebody gave a reason."""

    stuck: Stuck
    key: str
    headers: dict[str, str]
    clear: Clear | None
    part: dict[str, Any] | None
    why: Invalid | NotNow | None
    size: int


@dataclass(frozen=True, slots=True)
class Acted:
    """What became of one message: ``done`` (taken), ``due`` (tried at the next turn), ``invalid``,
    ``waits``, ``held``, ``discarded`` or ``gone`` (no such message, or not any more)."""

    id: str
    became: str
    outcome: Outcome | None = None
    topic: str = ""
    subjects: tuple[str, ...] = ()


class Letters:
    """The messages that one service could not take, for its operators."""

    def __init__(
        self, *, service: str, database: Database, intake: Intake, keyring: Keyring, audit: Audit
    ) -> None:
        self._database = database
        self._intake = intake
        self._audit = audit
        self._letters = DeadLetters(service, keyring)

    async def listed(
        self, conn: AsyncConnection, after: str | None = None, limit: int = 100
    ) -> list[Stuck]:
        """Messages behind `after`: dead letters first, then those that wait, in order."""
        found: list[Stuck] = []
        if after is None or not _is_parked(after):
            kept = await self._letters.listed(conn, after, limit)
            found = await self._stuck(conn, kept)
        if len(found) < limit:
            last = int(after[1:]) if after is not None and _is_parked(after) else 0
            rows = await conn.execute(_LIST_PARKED, {"after": last, "most": limit - len(found)})
            found += [_waiting(row) for row in rows]
        return found

    async def show(
        self, conn: AsyncConnection, one: str, *, actor: str, reason: str | None = None
    ) -> Shown | None:
        """One message, audited as a read; with a reason also what is sealed for this service in it.

        Raises Refusal for a reason that is none.
        """
        if reason is not None:
            require_reason(reason)
        found = await self._find(conn, one)
        if found is None:
            return None
        stuck, raw = found
        opened = None if reason is None else await self._intake.open(conn, raw)
        clear = _clear(raw)
        await self._audit.record(
            conn,
            actor=actor,
            action="dead-letter.read" if reason is None else "dead-letter.open",
            subject_ids=_subjects(raw),
            reason=reason,
            detail={"message": one, "topic": raw.topic},
        )
        message = opened if isinstance(opened, Message) else None
        # Headers that could not be read may hold anything, somebody's number too.
        plain = reason is not None or stuck.event_id is not None
        return Shown(
            stuck,
            raw.key if plain else "",
            {n: value.decode("utf-8", "replace") for n, value in raw.headers if plain},
            clear,
            None if message is None else message.part.model_dump(mode="json"),
            opened if isinstance(opened, Invalid | NotNow) else None,
            len(raw.value),
        )

    async def replay(self, ids: Sequence[str], *, actor: str) -> list[Acted]:
        """Try these again, each key's in the order in which they came; what waits behind a letter
        of its key, or was asked for itself, is due at the consumer's next turn."""
        async with self._intake.alone:
            async with self._database.transaction() as conn:
                acted = await self._replay_letters(conn, _letters_of(ids))
                acted |= await self._hurry(conn, _numbers_of(ids))
                await self._note(conn, acted, actor, "dead-letter.replay")
                await failpoints.reach("letters.before-commit")
            await failpoints.reach("letters.after-commit")
        return [acted.get(one, Acted(one, "gone")) for one in dict.fromkeys(ids)]

    async def discard(self, ids: Sequence[str], *, actor: str, reason: str) -> list[Acted]:
        """Put these away for good, for a reason that stays in the audit trail; what waits behind
        one of them goes on.

        Raises Refusal for a reason that is none.
        """
        require_reason(reason)
        async with self._intake.alone:
            async with self._database.transaction() as conn:
                letters = await self._letters.kept(conn, _letters_of(ids), lock=True)
                await self._letters.remove(conn, [one.id for one in letters])
                rows = (await conn.execute(_PARKED, {"ids": _numbers_of(ids)})).all()
                await parking.release(conn, [row.id for row in rows])
                keys = [(one.raw.topic, one.raw.key) for one in letters]
                await parking.hurry(conn, [*keys, *((row.topic, row.key) for row in rows)])
                gone = [(one.id, one.raw) for one in letters]
                gone += [(f"p{row.id}", _raw_of(row)) for row in rows]
                acted = {one: _acted(one, raw, "discarded") for one, raw in gone}
                await self._note(conn, acted, actor, "dead-letter.discard", reason)
                await failpoints.reach("letters.before-commit")
            await failpoints.reach("letters.after-commit")
        return [acted.get(one, Acted(one, "gone")) for one in dict.fromkeys(ids)]

    async def _replay_letters(self, conn: AsyncConnection, ids: Sequence[str]) -> dict[str, Acted]:
        by_topic: dict[str, list[Kept]] = defaultdict(list)
        for one in await self._letters.kept(conn, ids, lock=True):
            by_topic[one.raw.topic].append(one)
        acted: dict[str, Acted] = {}
        for topic, letters in sorted(by_topic.items()):
            letters.sort(key=lambda one: (one.raw.partition, _sequence(one.raw), one.raw.offset))
            outcomes = await self._intake.retake(conn, topic, letters)
            for one, outcome in zip(letters, outcomes, strict=True):
                acted[one.id] = _acted(one.id, one.raw, _became(outcome), outcome)
        return acted

    async def _hurry(self, conn: AsyncConnection, ids: Sequence[int]) -> dict[str, Acted]:
        rows = (await conn.execute(_PARKED, {"ids": ids})).all()
        heads = await conn.execute(_HEADS_HELD, {"ids": ids})
        held = {(row.topic, row.key): row.held for row in heads}
        free = {key for key, is_held in held.items() if not is_held}
        await parking.hurry(conn, free)
        became = {
            f"p{row.id}": (row, "due" if (row.topic, row.key) in free else "held") for row in rows
        }
        return {one: _acted(one, _raw_of(row), what) for one, (row, what) in became.items()}

    async def _note(
        self,
        conn: AsyncConnection,
        acted: dict[str, Acted],
        actor: str,
        action: str,
        reason: str | None = None,
    ) -> None:
        """One row for each message, last: the chain is locked until the transaction ends."""
        entries = [
            Entry(
                actor,
                action,
                one.subjects,
                reason,
                {"message": one.id, "topic": one.topic, "became": one.became},
            )
            for one in acted.values()
        ]
        if entries:
            await self._audit.record_many(conn, entries)

    async def _find(self, conn: AsyncConnection, one: str) -> tuple[Stuck, RawMessage] | None:
        if not _is_parked(one):
            kept = await self._letters.kept(conn, _letters_of([one]))
            return ((await self._stuck(conn, kept))[0], kept[0].raw) if kept else None
        row = (await conn.execute(_PARKED, {"ids": _numbers_of([one])})).first()
        if row is None:
            return None
        shown = {**row._mapping, "held": row.next_try_at is None}
        return _waiting_of(shown), _raw_of(row)

    async def _stuck(self, conn: AsyncConnection, kept: Sequence[Kept]) -> list[Stuck]:
        if not kept:
            return []
        waiting = await parking.parked_keys(conn, ((one.raw.topic, one.raw.key) for one in kept))
        tried = {row.id: row.times for row in await conn.execute(_TRIED)}
        return [
            Stuck(
                one.id,
                one.raw.topic,
                one.raw.partition,
                one.raw.offset,
                one.event_id,
                one.why.rule,
                one.why.zh,
                one.why.en,
                one.since,
                1 + tried.get(one.id, 0),
                (one.raw.topic, one.raw.key) in waiting,
                held=False,
            )
            for one in kept
        ]


def _waiting(row: Row[Any]) -> Stuck:
    return _waiting_of(dict(row._mapping))


def _waiting_of(row: dict[str, Any]) -> Stuck:
    readable = not row["key"].startswith(f"{UNREADABLE}/")
    named = dict(row["headers"]).get("ce_id") if readable else None
    return Stuck(
        f"p{row['id']}",
        row["topic"],
        row["partition"],
        row["offset"],
        base64.b64decode(named).decode("ascii", "replace") if named else None,
        None,
        "",
        row["reason"],
        row["parked_at"],
        row["attempts"],
        key_parked=True,
        held=row["held"],
    )


def _raw_of(row: Row[Any]) -> RawMessage:
    headers = tuple((name, base64.b64decode(value)) for name, value in row.headers)
    return RawMessage(row.topic, row.partition, row.offset, row.key, headers, row.value)


def _acted(one: str, raw: RawMessage, became: str, outcome: Outcome | None = None) -> Acted:
    return Acted(one, became, outcome, raw.topic, _subjects(raw))


def _subjects(raw: RawMessage) -> tuple[str, ...]:
    clear = _clear(raw)
    return () if clear is None or clear.subject_id is None else (clear.subject_id,)


def _is_parked(one: str) -> bool:
    return one.startswith("p")


def _letters_of(ids: Sequence[str]) -> list[str]:
    return [one for one in ids if not _is_parked(one)]


def _numbers_of(ids: Sequence[str]) -> list[int]:
    return [int(one[1:]) for one in ids if _is_parked(one)]


def _became(outcome: Outcome) -> str:
    if isinstance(outcome, Done):
        return "done"
    return "waits" if isinstance(outcome, NotNow) else "invalid"


def _sequence(raw: RawMessage) -> str:
    # Written with leading zeros, so that texts are in the order of numbers.
    return dict(raw.headers).get("ce_sequence", b"").decode("ascii", "replace")


def _clear(raw: RawMessage) -> Clear | None:
    try:
        return read_value(raw.value)[0]
    except Unreadable:
        return None
