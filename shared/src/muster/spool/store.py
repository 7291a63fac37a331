"""The spool: one SQLite file with what must go out, and the edge's own tables.

What an edge did and the event that tells of it are one transaction here, so that a kill between
any two lines loses nothing and doubles nothing. A row goes waiting -> published -> received; the
reading service says when (`muster.spool.publisher`). Rows are sealed with AES-256-GCM under a key
of the edge's own key file, bound to their place: the file alone shows ids, topics and times.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from muster.messaging import failpoints
from muster.security import b64
from muster.security.boxes import open_box, seal
from muster.security.keyring import Key
from muster.spool.schema import SpoolError, prepare
from muster.spool.wire import Outgoing

__all__ = ["LARGEST", "Counts", "Spool", "SpoolError", "TooLarge", "Unreceived", "Work"]

LARGEST = 900_000
"""Bytes of a value. Kafka takes a million by default; a larger event could never go out, and
would hold up all that stands behind it."""
BUSY_MS = 10_000

WAITING, PUBLISHED, RECEIVED = "waiting", "published", "received"


class TooLarge(ValueError):  # noqa: N818 - reads as what it says
    """An event that no broker would take."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Events by state, and the age in seconds of the oldest that was not received."""

    waiting: int
    published: int
    received: int
    oldest: float


@dataclass(frozen=True, slots=True)
class Unreceived:
    """An event that is out, when it went out last, and how often."""

    event_id: str
    published_at: float
    tries: int


class Work:
    """One transaction of a `Spool`; made by its `transaction()` only."""

    def __init__(self, conn: sqlite3.Connection, key: Key) -> None:
        self._conn = conn
        self._key = key

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> sqlite3.Cursor:
        """One statement on the edge's own tables."""
        return self._conn.execute(sql, parameters)

    def executemany(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """One statement for many rows."""
        self._conn.executemany(sql, rows)

    def next_sequence(self) -> int:
        """The sequence that the next event of this transaction takes, from 1, without a gap.

        It goes into the event before that is sealed; nobody else takes it meanwhile, because a
        transaction writes alone.
        """
        row = self._conn.execute("SELECT seq FROM sqlite_sequence WHERE name = 'outgoing'")
        found = row.fetchone()
        return 1 + (int(found[0]) if found else 0)

    def add(self, event: Outgoing) -> None:
        """Put an event into the spool; it goes out after the commit.

        Raises:
            TooLarge: it could never go out.
            ValueError: its sequence is not `next_sequence()`.
        """
        if len(event.value) > LARGEST:
            raise TooLarge(f"{event.topic}: an event has at most {LARGEST} bytes")
        if event.sequence != self.next_sequence():
            raise ValueError(f"{event.topic}: the next sequence is {self.next_sequence()}")
        headers = [[name, value.decode()] for name, value in event.headers]
        plain = orjson.dumps({"headers": headers, "value": b64.encode(event.value)})
        self._conn.execute(
            "INSERT INTO outgoing (sequence, event_id, topic, key, reader, size, sealed, added_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                event.sequence,
                event.event_id,
                event.topic,
                event.key,
                event.reader,
                len(event.value),
                seal(self._key, plain, _context(event)),
                time.time(),
            ),
        )

    def again(self, event_id: str) -> bool:
        """Let a kept event go out once more, as it is; False when it is kept no longer."""
        done = self._conn.execute(
            "UPDATE outgoing SET state = 'waiting', received_at = NULL WHERE event_id = ?",
            (event_id,),
        )
        return done.rowcount == 1


class Spool:
    """The file of one edge. Any thread may use it; each transaction runs alone.

    ``tables`` are the statements that make the edge's own tables, each executed once in the
    file's life, in order: a later version of the edge appends to them and changes none.
    Own rows are sealed by `seal` and opened by `open`.

    Raises:
        SpoolError: another key than the file's, a damaged file, or a later version's.
    """

    def __init__(self, path: Path, key: Key, *, tables: Sequence[str] = ()) -> None:
        self._key = key
        self._lock = threading.Lock()
        self._holder: int | None = None
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite gives its -wal and -shm the mode of the file itself.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._conn = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            self._conn.row_factory = sqlite3.Row
            self._conn.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
            self._conn.execute("PRAGMA journal_mode = WAL")
            # FULL: a commit is on the disk before anybody is told of it.
            self._conn.execute("PRAGMA synchronous = FULL")
            self._conn.execute("PRAGMA foreign_keys = ON")
            self._conn.execute("PRAGMA secure_delete = ON")
            prepare(self._conn, key, tables)
        except sqlite3.DatabaseError as error:
            self._conn.close()
            raise SpoolError(
                f"{path.name} 已损坏或无法使用。", f"{path.name} cannot be used: {error}."
            ) from None
        except SpoolError:
            self._conn.close()
            raise

    def close(self) -> None:
        """Close the file. What waits goes out when it is opened again."""
        with self._lock:
            self._conn.close()

    # -- transactions ------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[Work]:
        """One unit of work: on the disk when the block ends, as if it never was when it raises.

        Never await inside: all other users of the spool wait for it. Asynchronous code runs a
        function with a transaction by `asyncio.to_thread`, or does little in it.
        """
        if self._holder == threading.get_ident():
            raise RuntimeError("a transaction of this thread is open; it would wait for itself")
        with self._lock:
            self._holder = threading.get_ident()
            try:
                self._conn.execute("BEGIN IMMEDIATE")
                try:
                    yield Work(self._conn, self._key)
                    failpoints.reach_now("spool.before-commit")
                    self._conn.execute("COMMIT")
                except BaseException:
                    if self._conn.in_transaction:
                        self._conn.execute("ROLLBACK")
                    raise
            finally:
                self._holder = None
        failpoints.reach_now("spool.after-commit")

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[sqlite3.Row]:
        """What a query gives, as of the last commit."""
        if self._holder == threading.get_ident():
            raise RuntimeError("a transaction of this thread is open; ask it")
        with self._lock:
            return self._conn.execute(sql, parameters).fetchall()

    def seal(self, plain: bytes, table: str, row: str | int, version: int = 1) -> str:
        """A value of an own table as text that opens in that row only."""
        return seal(self._key, plain, {"table": table, "row": row, "version": version})

    def open(self, sealed: str, table: str, row: str | int, version: int = 1) -> bytes:
        """What `seal` closed. Raises boxes.BadSeal when it belongs elsewhere or is damaged."""
        return open_box(sealed, self._key, {"table": table, "row": row, "version": version})

    # -- what edges ask ----------------------------------------------------------------------------

    def counts(self) -> Counts:
        """How many events are in which state."""
        states = {
            row["state"]: (row["n"], row["oldest"])
            for row in self.rows(
                "SELECT state, count(*) AS n, min(added_at) AS oldest FROM outgoing GROUP BY state"
            )
        }
        open_since = [states[s][1] for s in (WAITING, PUBLISHED) if s in states]
        return Counts(
            waiting=states.get(WAITING, (0, 0))[0],
            published=states.get(PUBLISHED, (0, 0))[0],
            received=states.get(RECEIVED, (0, 0))[0],
            oldest=max(0.0, time.time() - min(open_since)) if open_since else 0.0,
        )

    def event(self, event_id: str) -> Outgoing | None:
        """A kept event, opened."""
        rows = self.rows("SELECT * FROM outgoing WHERE event_id = ?", (event_id,))
        return self._opened(rows[0]) if rows else None

    def again(self, event_id: str) -> bool:
        """`Work.again` in a transaction of its own."""
        with self.transaction() as work:
            return work.again(event_id)

    # -- what the publisher asks -------------------------------------------------------------------

    def due(self, window: int, window_bytes: int) -> list[Outgoing]:
        """Waiting events that may go out, in their order.

        Of each reader at most `window` events and about `window_bytes` bytes are out and not
        received, so that a reader that is away holds up nobody else's events.
        """
        readers = self.rows("SELECT DISTINCT reader FROM outgoing WHERE state = 'waiting'")
        if not readers:
            return []
        out = {
            row["reader"]: (row["n"], row["bytes"])
            for row in self.rows(
                "SELECT reader, count(*) AS n, sum(size) AS bytes FROM outgoing "
                "WHERE state = 'published' GROUP BY reader"
            )
        }
        found: list[sqlite3.Row] = []
        for (reader,) in readers:
            events, size = out.get(reader, (0, 0))
            waiting = self.rows(
                "SELECT * FROM outgoing WHERE state = 'waiting' AND reader = ? "
                "ORDER BY sequence LIMIT ?",
                (reader, max(0, window - events)),
            )
            for row in waiting:
                # One that is larger than the whole window goes out alone.
                if size and size + row["size"] > window_bytes:
                    break
                size += row["size"]
                found.append(row)
        return [self._opened(row) for row in sorted(found, key=lambda row: int(row["sequence"]))]

    def mark_published(self, sequences: Collection[int]) -> None:
        """These went out."""
        self._mark(
            "UPDATE outgoing SET state = 'published', published_at = ?, tries = tries + 1 "
            "WHERE sequence = ? AND state = 'waiting'",
            [(time.time(), sequence) for sequence in sequences],
        )

    def unreceived(self) -> dict[str, list[Unreceived]]:
        """What is out and not received, by reader."""
        found: dict[str, list[Unreceived]] = {}
        for row in self.rows(
            "SELECT reader, event_id, published_at, tries FROM outgoing "
            "WHERE state = 'published' ORDER BY sequence"
        ):
            event = Unreceived(row["event_id"], row["published_at"], row["tries"])
            found.setdefault(row["reader"], []).append(event)
        return found

    def mark_received(self, event_ids: Collection[str]) -> None:
        """These were taken."""
        self._mark(
            "UPDATE outgoing SET state = 'received', received_at = ? "
            "WHERE event_id = ? AND state = 'published'",
            [(time.time(), event_id) for event_id in event_ids],
        )

    def send_again(self, event_ids: Collection[str]) -> None:
        """These were lost on their way: they wait again."""
        self._mark(
            "UPDATE outgoing SET state = 'waiting' WHERE event_id = ? AND state = 'published'",
            [(event_id,) for event_id in event_ids],
        )

    def note_cluster(self, cluster_id: str) -> int:
        """Remember the broker's identity. Another one has none of what is out, so that waits
        again; gives how many events."""
        known = self.rows("SELECT value FROM meta WHERE name = 'cluster'")
        if known and known[0]["value"] == cluster_id:
            return 0
        with self.transaction() as work:
            work.execute("INSERT OR REPLACE INTO meta VALUES ('cluster', ?)", (cluster_id,))
            again = work.execute("UPDATE outgoing SET state = 'waiting' WHERE state = 'published'")
            return again.rowcount

    def forget(self, before: float) -> int:
        """Remove what was received before that moment; gives how many events."""
        with self.transaction() as work:
            gone = work.execute(
                "DELETE FROM outgoing WHERE state = 'received' AND received_at < ?", (before,)
            )
            return gone.rowcount

    # -- inside ------------------------------------------------------------------------------------

    def _mark(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        if rows:
            with self.transaction() as work:
                work.executemany(sql, rows)

    def _opened(self, row: sqlite3.Row) -> Outgoing:
        sequence = int(row["sequence"])
        blank = Outgoing(
            row["event_id"], row["topic"], row["key"], row["reader"], sequence, (), b""
        )
        loaded: dict[str, Any] = orjson.loads(open_box(row["sealed"], self._key, _context(blank)))
        headers = tuple((name, value.encode()) for name, value in loaded["headers"])
        return Outgoing(
            blank.event_id,
            blank.topic,
            blank.key,
            blank.reader,
            sequence,
            headers,
            b64.decode(loaded["value"]),
        )


def _context(event: Outgoing) -> dict[str, str | int]:
    return {
        "table": "outgoing",
        "row": event.sequence,
        "event": event.event_id,
        "topic": event.topic,
        "key": event.key,
        "reader": event.reader,
        "version": 1,
    }
