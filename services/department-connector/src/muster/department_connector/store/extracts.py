"""Extracts: made part by part beside the spool, supplied all at once."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from muster.spool.store import Spool, Work


@dataclass(frozen=True, slots=True)
class Made:
    """One part of an extract that was made, as JSON."""

    number: int
    digest: str
    rows: int
    part: bytes


def begin(spool: Spool, extract_id: str, load: int, made_at: str) -> None:
    """Start an extract; what an earlier one left unfinished is removed."""
    with spool.transaction() as work:
        work.execute("DELETE FROM extract_part")
        work.execute("DELETE FROM extract WHERE supplied_at IS NULL")
        work.execute(
            "INSERT INTO extract (extract_id, load, made_at) VALUES (?, ?, ?)",
            (extract_id, load, made_at),
        )


def newest_moment(spool: Spool) -> str | None:
    """When the newest extract was made, as its parts say."""
    found: str | None = spool.rows("SELECT max(made_at) AS newest FROM extract")[0]["newest"]
    return found


def add_part(spool: Spool, extract_id: str, made: Made) -> None:
    """Keep one part until the extract is supplied."""
    place = f"{extract_id}/{made.number}"
    with spool.transaction() as work:
        work.execute(
            "INSERT INTO extract_part (extract_id, number, digest, rows, sealed) "
            "VALUES (?, ?, ?, ?, ?)",
            (
                extract_id,
                made.number,
                made.digest,
                made.rows,
                spool.seal(made.part, "extract_part", place),
            ),
        )


def parts(work: Work, spool: Spool, extract_id: str) -> Iterator[Made]:
    """The parts of an extract in their order, opened one by one."""
    rows = work.execute(
        "SELECT * FROM extract_part WHERE extract_id = ? ORDER BY number", (extract_id,)
    )
    for row in rows:
        place = f"{extract_id}/{row['number']}"
        plain = spool.open(row["sealed"], "extract_part", place)
        yield Made(row["number"], row["digest"], row["rows"], plain)


def supplied(work: Work, extract_id: str, *, rows: int, parts: int) -> bool:
    """The parts stand in the spool now; False when another supply took this one's place."""
    work.execute("DELETE FROM extract_part WHERE extract_id = ?", (extract_id,))
    noted = work.execute(
        "UPDATE extract SET rows = ?, parts = ?, supplied_at = ? WHERE extract_id = ?",
        (rows, parts, time.time(), extract_id),
    )
    return noted.rowcount == 1


def unreceived(spool: Spool, extract_ids: Collection[str]) -> set[str]:
    """Those of the extracts of which the cross-check has not received every event yet."""
    rows = spool.rows(
        "SELECT DISTINCT key FROM outgoing WHERE state <> 'received' "
        "AND key IN (SELECT value FROM json_each(?))",
        (json.dumps(list(extract_ids)),),
    )
    return {str(row["key"]) for row in rows}


def newest(spool: Spool, limit: int = 1) -> list[sqlite3.Row]:
    """The newest extracts that were supplied, the newest first."""
    return spool.rows(
        "SELECT * FROM extract WHERE supplied_at IS NOT NULL ORDER BY made_at DESC LIMIT ?",
        (limit,),
    )
