"""The department's data: loads, and the rows of the current one."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from muster.contracts.parts.base import FieldValue
from muster.spool.store import Spool, Work

_REMOVED_AT_ONCE = 2000
_PAGE = 500

Values = dict[str, FieldValue]


class Overtaken(RuntimeError):  # noqa: N818 - reads as what it says
    """Another load took the place of this one while it was under way."""


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A row to be stored. ``area`` is a code, also where the row names none."""

    row_id: str
    identity: str
    name_birth: str | None
    numbered: bool
    area: str
    fields: Values


@dataclass(frozen=True, slots=True)
class Person:
    """A row of the department's data, opened."""

    row_id: str
    numbered: bool
    area: str
    fields: Values


@dataclass(frozen=True, slots=True)
class Loaded:
    """The load that is current."""

    load: int
    loaded_at: float
    rows: int
    refused: int
    warned: int


# -- loading ---------------------------------------------------------------------------------------


def begin(spool: Spool) -> int:
    """Start a load beside the current one; what an earlier one left unfinished is removed."""
    with spool.transaction() as work:
        work.execute("DELETE FROM loading WHERE state = 'staged'")
        started = work.execute(
            "INSERT INTO loading (state, started_at) VALUES ('staged', ?)", (time.time(),)
        )
        load = started.lastrowid
    assert load is not None
    sweep(spool, keep=load)
    return load


def known(work: Work, load: int, identities: Collection[str]) -> dict[str, int]:
    """How many rows of a load each of these identities has; those without one are left out."""
    rows = work.execute(
        "SELECT identity, count(*) AS n FROM person WHERE load = ? "
        "AND identity IN (SELECT value FROM json_each(?)) GROUP BY identity",
        (load, orjson.dumps(list(identities)).decode()),
    )
    return {row["identity"]: row["n"] for row in rows}


def add(work: Work, spool: Spool, load: int, people: Sequence[NewPerson]) -> None:
    """Store rows of a load that is under way."""
    work.executemany(
        "INSERT INTO person (load, row_id, identity, name_birth, numbered, sealed) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                load,
                one.row_id,
                one.identity,
                one.name_birth,
                int(one.numbered),
                spool.seal(
                    orjson.dumps({"area": one.area, "fields": one.fields}),
                    "person",
                    one.row_id,
                    load,
                ),
            )
            for one in people
        ],
    )


def finish(spool: Spool, load: int, *, rows: int, refused: int, warned: int) -> None:
    """Put a load in the place of the former one, whole.

    Raises:
        Overtaken: another load began meanwhile, and took this one's rows away.
    """
    with spool.transaction() as work:
        here = work.execute("SELECT count(*) FROM person WHERE load = ?", (load,)).fetchone()[0]
        staged = work.execute(
            "SELECT 1 FROM loading WHERE load = ? AND state = 'staged'", (load,)
        ).fetchone()
        if staged is None or here != rows:
            raise Overtaken
        work.execute("UPDATE loading SET state = 'former' WHERE state = 'current'")
        work.execute(
            "UPDATE loading SET state = 'current', finished_at = ?, rows = ?, refused = ?, "
            "warned = ? WHERE load = ?",
            (time.time(), rows, refused, warned, load),
        )
    sweep(spool)


def give_up(spool: Spool, load: int) -> None:
    """Remove a load that was not finished."""
    with spool.transaction() as work:
        work.execute("DELETE FROM loading WHERE load = ? AND state = 'staged'", (load,))
    sweep(spool)


def sweep(spool: Spool, *, keep: int = 0) -> None:
    """Remove the rows of loads that are neither current nor `keep`, some at a time, so that
    answers are not held up."""
    while True:
        with spool.transaction() as work:
            gone = work.execute(
                "DELETE FROM person WHERE (load, row_id) IN (SELECT load, row_id FROM person "
                "WHERE load NOT IN (SELECT load FROM loading WHERE state = 'current' OR load = ?) "
                "LIMIT ?)",
                (keep, _REMOVED_AT_ONCE),
            )
            if gone.rowcount < _REMOVED_AT_ONCE:
                return


# -- reading ---------------------------------------------------------------------------------------

_CURRENT = "SELECT * FROM loading WHERE state = 'current'"


def current(source: Spool | Work) -> Loaded | None:
    """The load that is current; None before the first."""
    rows = source.rows(_CURRENT) if isinstance(source, Spool) else source.execute(_CURRENT)
    for row in rows:
        return Loaded(row["load"], row["finished_at"], row["rows"], row["refused"], row["warned"])
    return None


def loads(spool: Spool, limit: int) -> list[sqlite3.Row]:
    """The newest loads that were finished, the newest first."""
    return spool.rows(
        "SELECT * FROM loading WHERE state <> 'staged' ORDER BY load DESC LIMIT ?", (limit,)
    )


def by_identity(work: Work, spool: Spool, load: int, identity: str) -> list[Person]:
    """The rows with that identity."""
    return _all(work, spool, "SELECT * FROM person WHERE load = ? AND identity = ?", load, identity)


def by_name_birth(work: Work, spool: Spool, load: int, name_birth: str) -> list[Person]:
    """The rows with that name and date of birth."""
    return _all(
        work, spool, "SELECT * FROM person WHERE load = ? AND name_birth = ?", load, name_birth
    )


def by_row_id(work: Work, spool: Spool, load: int, row_id: str) -> Person | None:
    """The row of that id; None when the current data have none."""
    found = _all(work, spool, "SELECT * FROM person WHERE load = ? AND row_id = ?", load, row_id)
    return found[0] if found else None


def pages(spool: Spool, load: int) -> Iterator[list[Person]]:
    """All rows of a load in the order of their ids, some at a time."""
    after = ""
    while True:
        rows = spool.rows(
            "SELECT * FROM person WHERE load = ? AND row_id > ? ORDER BY row_id LIMIT ?",
            (load, after, _PAGE),
        )
        if not rows:
            return
        yield [_opened(spool, row) for row in rows]
        after = rows[-1]["row_id"]


def _all(work: Work, spool: Spool, sql: str, load: int, wanted: str) -> list[Person]:
    return [_opened(spool, row) for row in work.execute(sql, (load, wanted))]


def _opened(spool: Spool, row: sqlite3.Row) -> Person:
    plain: dict[str, Any] = orjson.loads(
        spool.open(row["sealed"], "person", row["row_id"], row["load"])
    )
    return Person(row["row_id"], bool(row["numbered"]), plain["area"], plain["fields"])
