"""What was asked and answered, what waits, and what was refused."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from muster.department_connector.domain.revealing import QUOTA
from muster.security import b64
from muster.spool.store import Spool, Work
from muster.vocabulary.reasons import Reason

LETTERS = 10_000
"""Dead letters that are kept: the oldest go, so that whoever sends rubbish fills no disk."""
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Raw:
    """A message as it came from the broker. ``code`` is keyed over its content; of a request that
    waits and could be opened, it is the topic and the event id."""

    topic: str
    partition: int
    offset: int
    key: str
    headers: tuple[tuple[str, bytes], ...]
    value: bytes
    code: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One answered request. ``part`` is what was answered, ``told`` what the log shows of it."""

    event_id: str
    answer_id: str
    topic: str
    key: str
    version: int
    answered_at: float
    part: Mapping[str, Any]
    told: Mapping[str, Any]


# -- answers ---------------------------------------------------------------------------------------


def answer(work: Work, spool: Spool, event_id: str) -> Answer | None:
    """How a request was answered; None when it was not."""
    row = work.execute("SELECT * FROM answer WHERE event_id = ?", (event_id,)).fetchone()
    return None if row is None else _answer(spool, row)


def add_answer(work: Work, spool: Spool, one: Answer, opened_on: str | None) -> None:
    """Keep an answer. ``opened_on`` is the day for whose quota it counts."""
    work.execute(
        "INSERT INTO answer (event_id, answer_id, topic, key, version, answered_at, opened_on, "
        "sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            one.event_id,
            one.answer_id,
            one.topic,
            one.key,
            one.version,
            one.answered_at,
            opened_on,
            spool.seal(orjson.dumps({"part": one.part, "told": one.told}), "answer", one.event_id),
        ),
    )


def answers(spool: Spool, limit: int) -> list[Answer]:
    """The newest answers, the newest first."""
    rows = spool.rows("SELECT * FROM answer ORDER BY answered_at DESC LIMIT ?", (limit,))
    return [_answer(spool, row) for row in rows]


def opened_on(source: Spool | Work, day: str) -> int:
    """How many rows were opened that day."""
    sql = "SELECT count(*) FROM answer WHERE opened_on = ?"
    if isinstance(source, Spool):
        return int(source.rows(sql, (day,))[0][0])
    return int(source.execute(sql, (day,)).fetchone()[0])


def _answer(spool: Spool, row: sqlite3.Row) -> Answer:
    plain = orjson.loads(spool.open(row["sealed"], "answer", row["event_id"]))
    return Answer(
        row["event_id"],
        row["answer_id"],
        row["topic"],
        row["key"],
        row["version"],
        row["answered_at"],
        plain["part"],
        plain["told"],
    )


# -- what waits, and what was refused --------------------------------------------------------------


def wait(work: Work, spool: Spool, raws: Sequence[tuple[Raw, str]]) -> None:
    """Keep messages that cannot be answered yet, with the reason; one that waits stays."""
    work.executemany(
        "INSERT OR IGNORE INTO waiting (code, why, taken_at, sealed) VALUES (?, ?, ?, ?)",
        [
            (raw.code, why, time.time(), spool.seal(_dumped(raw), "waiting", raw.code))
            for raw, why in raws
        ],
    )


def waiting(spool: Spool, limit: int, after: int = 0) -> list[tuple[int, Raw]]:
    """Messages that wait, by their number, in the order in which they came."""
    rows = spool.rows(
        "SELECT * FROM waiting WHERE number > ? ORDER BY number LIMIT ?", (after, limit)
    )
    return [
        (row["number"], _loaded(row["code"], spool.open(row["sealed"], "waiting", row["code"])))
        for row in rows
    ]


def stop_waiting(work: Work, codes: Collection[str]) -> None:
    """These are settled."""
    work.executemany("DELETE FROM waiting WHERE code = ?", [(code,) for code in codes])


def refuse(work: Work, spool: Spool, raws: Sequence[tuple[Raw, Reason]]) -> None:
    """Keep messages that are not answered, sealed, with the rule; each once."""
    work.executemany(
        "INSERT OR IGNORE INTO dead_letter (code, topic, partition, position, taken_at, rule, zh, "
        "en, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                raw.code,
                raw.topic,
                raw.partition,
                raw.offset,
                time.time(),
                why.rule,
                why.zh,
                why.en,
                spool.seal(_dumped(raw), "dead_letter", raw.code),
            )
            for raw, why in raws
        ],
    )
    work.execute(
        "DELETE FROM dead_letter WHERE number <= (SELECT max(number) FROM dead_letter) - ?",
        (LETTERS,),
    )


def letters(spool: Spool, limit: int) -> list[sqlite3.Row]:
    """The newest refused messages without their content, the newest first."""
    return spool.rows(
        "SELECT topic, partition, position, taken_at, rule, zh, en FROM dead_letter "
        "ORDER BY number DESC LIMIT ?",
        (limit,),
    )


def _dumped(raw: Raw) -> bytes:
    return orjson.dumps(
        {
            "topic": raw.topic,
            "partition": raw.partition,
            "offset": raw.offset,
            "key": raw.key,
            "headers": [[name, b64.encode(value)] for name, value in raw.headers],
            "value": b64.encode(raw.value[:_LARGEST]),
        }
    )


def _loaded(code: str, plain: bytes) -> Raw:
    found = orjson.loads(plain)
    return Raw(
        found["topic"],
        found["partition"],
        found["offset"],
        found["key"],
        tuple((name, b64.decode(value)) for name, value in found["headers"]),
        b64.decode(found["value"]),
        code,
    )


# -- quota and counts ------------------------------------------------------------------------------


def quota(source: Spool | Work) -> int:
    """Rows a day that may be opened."""
    sql = "SELECT value FROM setting WHERE name = 'quota'"
    rows = source.rows(sql) if isinstance(source, Spool) else source.execute(sql).fetchall()
    return int(rows[0]["value"]) if rows else QUOTA


def set_quota(spool: Spool, number: int) -> None:
    """From now on so many rows a day."""
    with spool.transaction() as work:
        work.execute("INSERT OR REPLACE INTO setting VALUES ('quota', ?)", (str(number),))


def counts(spool: Spool) -> dict[str, int]:
    """How many messages were answered, wait, and were refused."""
    return {
        name: int(spool.rows(f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608 - fixed names
        for name, table in (
            ("answered", "answer"),
            ("waiting", "waiting"),
            ("refused", "dead_letter"),
        )
    }
