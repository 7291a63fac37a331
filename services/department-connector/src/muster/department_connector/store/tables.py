"""The connector's tables, and the file that holds them with the spool.

Everything about a person is sealed; what can be searched are keyed codes under a key of this
connector alone. The file by itself shows ids, topics, times and counts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from muster.spool.keyfile import Edge
from muster.spool.store import Spool

NAME: Final = "spool.db"

TABLES = (
    # A load is `staged` until all of its rows are there; one is `current`; others are `former`.
    """
    CREATE TABLE loading (
        load INTEGER PRIMARY KEY AUTOINCREMENT,
        state TEXT NOT NULL CHECK (state IN ('staged', 'current', 'former')),
        started_at REAL NOT NULL,
        finished_at REAL,
        rows INTEGER NOT NULL DEFAULT 0,
        refused INTEGER NOT NULL DEFAULT 0,
        warned INTEGER NOT NULL DEFAULT 0
    )
    """,
    "CREATE UNIQUE INDEX loading_current ON loading (state) WHERE state = 'current'",
    # identity: the code of the number, or where that is none, of name and birth.
    """
    CREATE TABLE person (
        load INTEGER NOT NULL,
        row_id TEXT NOT NULL,
        identity TEXT NOT NULL,
        name_birth TEXT,
        numbered INTEGER NOT NULL,
        sealed TEXT NOT NULL,
        PRIMARY KEY (load, row_id)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX person_identity ON person (load, identity)",
    "CREATE INDEX person_name ON person (load, name_birth) WHERE name_birth IS NOT NULL",
    # By the event that asked: a request is answered once, and its answer kept.
    """
    CREATE TABLE answer (
        event_id TEXT PRIMARY KEY,
        answer_id TEXT NOT NULL UNIQUE,
        topic TEXT NOT NULL,
        key TEXT NOT NULL,
        version INTEGER NOT NULL,
        answered_at REAL NOT NULL,
        opened_on TEXT,
        sealed TEXT NOT NULL
    )
    """,
    "CREATE INDEX answer_opened ON answer (opened_on) WHERE opened_on IS NOT NULL",
    "CREATE INDEX answer_at ON answer (answered_at)",
    # Messages that cannot be answered yet: no data loaded, or a service's keys not known.
    """
    CREATE TABLE waiting (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        code TEXT NOT NULL UNIQUE,
        why TEXT NOT NULL,
        taken_at REAL NOT NULL,
        sealed TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE dead_letter (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        code TEXT NOT NULL UNIQUE,
        topic TEXT NOT NULL,
        partition INTEGER NOT NULL,
        position INTEGER NOT NULL,
        taken_at REAL NOT NULL,
        rule TEXT NOT NULL,
        zh TEXT NOT NULL,
        en TEXT NOT NULL,
        sealed TEXT NOT NULL
    )
    """,
    # An extract is `made` until its parts go into the spool, all at once: `supplied`.
    """
    CREATE TABLE extract (
        extract_id TEXT PRIMARY KEY,
        load INTEGER NOT NULL,
        made_at TEXT NOT NULL,
        rows INTEGER NOT NULL DEFAULT 0,
        parts INTEGER NOT NULL DEFAULT 0,
        supplied_at REAL
    )
    """,
    """
    CREATE TABLE extract_part (
        extract_id TEXT NOT NULL,
        number INTEGER NOT NULL,
        digest TEXT NOT NULL,
        rows INTEGER NOT NULL,
        sealed TEXT NOT NULL,
        PRIMARY KEY (extract_id, number)
    )
    """,
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)
"""Statements of this file's life, in order: a later version appends and changes none."""


def open_spool(home: Path, edge: Edge) -> Spool:
    """The file in a home folder. Raises SpoolError."""
    return Spool(home / NAME, edge.spool_key, tables=TABLES)
