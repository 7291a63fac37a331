"""The tables of a spool's file, its version, and the proof that a key is the file's own."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from muster.security.boxes import BadSeal, UnknownKey, open_box, seal
from muster.security.keyring import Key
from muster.vocabulary.reasons import BilingualError

VERSION = 1

_TABLES = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    # AUTOINCREMENT: a sequence is never given twice, also after its row was removed.
    """
    CREATE TABLE outgoing (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        event_id TEXT NOT NULL UNIQUE,
        topic TEXT NOT NULL,
        key TEXT NOT NULL,
        reader TEXT NOT NULL,
        size INTEGER NOT NULL,
        sealed TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'published', 'received')),
        added_at REAL NOT NULL,
        published_at REAL,
        received_at REAL,
        tries INTEGER NOT NULL DEFAULT 0
    )
    """,
    """
    CREATE INDEX outgoing_open ON outgoing (state, reader, sequence) WHERE state <> 'received'
    """,
    "CREATE INDEX outgoing_received ON outgoing (received_at) WHERE state = 'received'",
)
_CHECK = {"table": "meta", "row": "check"}


class SpoolError(BilingualError, RuntimeError):
    """The file cannot be used: another key, damaged, or made by a later version."""


def prepare(conn: sqlite3.Connection, key: Key, tables: Sequence[str]) -> None:
    """Make what is missing, all or nothing. `tables` are the edge's own statements, of which those
    that this file has seen are not executed again.

    Raises:
        SpoolError: the key is another one, or the file was made by a later version.
    """
    if _is_prepared(conn, tables):
        # Asking how things stand must not wait for whoever writes just now.
        _check_key(conn, key)
        return
    conn.execute("BEGIN IMMEDIATE")
    try:
        _prepare(conn, key, tables)
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise


def _is_prepared(conn: sqlite3.Connection, tables: Sequence[str]) -> bool:
    return _version(conn) == VERSION and _own(conn) == len(tables)


def _version(conn: sqlite3.Connection) -> int:
    return int(conn.execute("PRAGMA user_version").fetchone()[0])


def _own(conn: sqlite3.Connection) -> int:
    """How many of the edge's own statements this file has seen."""
    return int(conn.execute("SELECT value FROM meta WHERE name = 'own'").fetchone()[0])


def _check_key(conn: sqlite3.Connection, key: Key) -> None:
    check = conn.execute("SELECT value FROM meta WHERE name = 'check'").fetchone()[0]
    try:
        open_box(check, key, _CHECK)
    except (BadSeal, UnknownKey):
        raise SpoolError(
            "该文件是用另一把密钥密封的。", "The file was sealed under another key than this one."
        ) from None


def _prepare(conn: sqlite3.Connection, key: Key, tables: Sequence[str]) -> None:
    version = _version(conn)
    if version == 0:
        for statement in _TABLES:
            conn.execute(statement)
        check = seal(key, b"muster", _CHECK)
        conn.execute("INSERT INTO meta VALUES ('check', ?), ('own', '0')", (check,))
        conn.execute(f"PRAGMA user_version = {VERSION}")
    later = SpoolError(
        "该文件由本程序的更新版本生成。", "The file was made by a later version of this program."
    )
    if version > VERSION:
        raise later
    _check_key(conn, key)
    made = _own(conn)
    if made > len(tables):
        raise later
    for statement in tables[made:]:
        conn.execute(statement)
    conn.execute("UPDATE meta SET value = ? WHERE name = 'own'", (str(len(tables)),))
