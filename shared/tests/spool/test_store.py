"""The file: one transaction with the edge's own tables, sealed, numbered without gaps."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from muster.messaging import failpoints
from muster.messaging.failpoints import FailPointError
from muster.security.boxes import BadSeal
from muster.security.keyring import new_key
from muster.spool import wire
from muster.spool.keyfile import Edge
from muster.spool.store import LARGEST, Spool, SpoolError, TooLarge
from muster.vocabulary.ids import new_id

from .conftest import put, put_many

MARK = "才让多杰-MARK-plain-text"


def plain(sequence: int, value: bytes = b"v") -> wire.Outgoing:
    """An event that nothing protects, so that only the file can."""
    headers = (("ce_mark", MARK.encode()),)
    return wire.Outgoing(new_id(), "t", "k", "capture", sequence, headers, value)


def test_what_happens_and_what_tells_of_it_are_one(home: Path, edge: Edge) -> None:
    """An error, or a kill before the commit, undoes both; the sequence has no gap after it."""
    spool = Spool(home / "s.db", edge.spool_key, tables=("CREATE TABLE done (n INTEGER)",))
    with spool.transaction() as work:
        work.execute("INSERT INTO done VALUES (1)")
        put(work, edge)

    def do(number: int, divisor: int) -> None:
        with spool.transaction() as work:
            work.execute("INSERT INTO done VALUES (?)", (number // divisor,))
            put(work, edge)
            assert number // (divisor - 1)

    with pytest.raises(ZeroDivisionError):
        do(2, 1)
    failpoints.configure("spool.before-commit=raise")
    try:
        with pytest.raises(FailPointError):
            do(6, 2)
    finally:
        failpoints.configure("")
    with spool.transaction() as work:
        work.execute("INSERT INTO done VALUES (4)")
        assert put(work, edge).sequence == 2
    assert [row[0] for row in spool.rows("SELECT n FROM done ORDER BY n")] == [1, 4]
    assert spool.counts().waiting == 2
    spool.close()


def test_a_sequence_is_never_given_twice(spool: Spool, edge: Edge) -> None:
    events = put_many(spool, edge, 3)
    spool.mark_published([1, 2, 3])
    spool.mark_received([event.event_id for event in events])
    assert spool.forget(float("inf")) == 3
    assert [event.sequence for event in put_many(spool, edge, 2)] == [4, 5]
    with pytest.raises(ValueError, match="the next sequence is 6"), spool.transaction() as work:
        work.add(plain(3))


def test_the_file_holds_nothing_in_the_clear(home: Path, edge: Edge) -> None:
    """Neither values nor headers nor sealed own rows, in the file, its log or its index."""
    spool = Spool(home / "s.db", edge.spool_key, tables=("CREATE TABLE own (v TEXT)",))
    with spool.transaction() as work:
        work.add(plain(1, MARK.encode()))
        work.execute("INSERT INTO own VALUES (?)", (spool.seal(MARK.encode(), "own", 1),))
    files = sorted(home.glob("s.db*"))
    assert [path.name for path in files] == ["s.db", "s.db-shm", "s.db-wal"]
    assert (home / "s.db-wal").stat().st_size > 0
    assert spool.event(spool.due(1, 1)[0].event_id).value == MARK.encode()  # type: ignore[union-attr]
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        data = path.read_bytes()
        for form in (MARK.encode(), MARK[5:].encode(), MARK.encode("utf-16-le")):
            assert form not in data
    spool.close()
    assert MARK[5:].encode() not in (home / "s.db").read_bytes()


def test_another_key_opens_nothing(home: Path, edge: Edge) -> None:
    Spool(home / "s.db", edge.spool_key).close()
    with pytest.raises(SpoolError, match=r"另一把密钥.*another key"):
        Spool(home / "s.db", new_key("spool/terminal", 1))
    Spool(home / "s.db", edge.spool_key).close()


def test_a_row_opens_in_its_place_only(spool: Spool, edge: Edge) -> None:
    """Rows that somebody exchanged in the file are noticed, not sent."""
    put_many(spool, edge, 2)
    sealed = [row[0] for row in spool.rows("SELECT sealed FROM outgoing ORDER BY sequence")]
    with spool.transaction() as work:
        work.executemany(
            "UPDATE outgoing SET sealed = ? WHERE sequence = ?", [(sealed[1], 1), (sealed[0], 2)]
        )
    with pytest.raises(BadSeal):
        spool.due(10, 10**6)
    box = spool.seal(b"x", "own", "r")
    assert spool.open(box, "own", "r") == b"x"
    for table, row, version in (("other", "r", 1), ("own", "q", 1), ("own", "r", 2)):
        with pytest.raises(BadSeal):
            spool.open(box, table, row, version)


def test_a_file_that_is_no_spool_is_said_so(home: Path, edge: Edge) -> None:
    (home / "s.db").write_bytes(os.urandom(8192))
    with pytest.raises(SpoolError, match=r"s\.db 已损坏.*s\.db cannot be used"):
        Spool(home / "s.db", edge.spool_key)


def test_own_tables_grow_and_a_later_file_is_refused(home: Path, edge: Edge) -> None:
    one, two = "CREATE TABLE one (n INTEGER)", "CREATE TABLE two (n INTEGER)"
    Spool(home / "s.db", edge.spool_key, tables=(one,)).close()
    spool = Spool(home / "s.db", edge.spool_key, tables=(one, two))
    assert spool.rows("SELECT * FROM two") == []
    spool.close()
    with pytest.raises(SpoolError, match=r"更新版本.*later version"):
        Spool(home / "s.db", edge.spool_key, tables=(one,))
    later = Spool(home / "t.db", edge.spool_key)
    with later.transaction() as work:
        work.execute("PRAGMA user_version = 2")
    later.close()
    with pytest.raises(SpoolError, match=r"更新版本.*later version"):
        Spool(home / "t.db", edge.spool_key)


def test_what_no_broker_takes_is_refused_before_it_blocks_the_way(spool: Spool) -> None:
    with pytest.raises(TooLarge), spool.transaction() as work:
        work.add(plain(1, b"x" * (LARGEST + 1)))
    assert spool.counts().waiting == 0


def test_threads_take_turns(spool: Spool, edge: Edge) -> None:
    threads = [
        threading.Thread(target=lambda: [put_many(spool, edge, 1) for _ in range(10)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sequences = [row[0] for row in spool.rows("SELECT sequence FROM outgoing ORDER BY sequence")]
    assert sequences == list(range(1, 41))


def test_two_processes_may_use_one_file(home: Path, edge: Edge) -> None:
    """A command of the connector writes while the connector publishes."""
    one, two = Spool(home / "s.db", edge.spool_key), Spool(home / "s.db", edge.spool_key)
    put_many(one, edge, 1)
    put_many(two, edge, 1)
    assert [event.sequence for event in one.due(10, 10**6)] == [1, 2]
    one.close()
    two.close()


def test_a_transaction_inside_another_is_an_error_and_no_standstill(spool: Spool) -> None:
    with spool.transaction():
        with pytest.raises(RuntimeError, match="of this thread is open"), spool.transaction():
            pass
        with pytest.raises(RuntimeError, match="of this thread is open"):
            spool.counts()
    assert spool.counts().waiting == 0


def test_another_cluster_has_nothing_of_what_is_out(spool: Spool, edge: Edge) -> None:
    events = put_many(spool, edge, 3)
    assert spool.note_cluster("a") == 0
    spool.mark_published([1, 2, 3])
    spool.mark_received([events[0].event_id])
    assert spool.note_cluster("a") == 0
    assert spool.note_cluster("b") == 2
    counts = spool.counts()
    assert (counts.waiting, counts.published, counts.received) == (2, 0, 1)
    assert counts.oldest >= 0
