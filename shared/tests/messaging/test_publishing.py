"""What the relay marks, and how much it lets stand unread."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError
from sqlalchemy import text

from muster.contracts.topics import service_topics
from muster.messaging import relay, unread
from muster.messaging.message import OutboxRow
from muster.messaging.relay import _Packed
from muster.messaging.unread import Shard, UnreadWindow

from .conftest import (
    TOPIC,
    Side,
    listening,
    make_relay,
    new_subject,
    running,
    scalar,
    until,
    write_fact,
)

UNPUBLISHED = f"SELECT count(*) FROM outbox WHERE topic = '{TOPIC}' AND published_at IS NULL"


class _Producer:
    """Fails for some values: at once, or when the broker answers."""

    def __init__(self, at_once: set[bytes], later: set[bytes]) -> None:
        self._at_once, self._later = at_once, later

    async def send(self, _topic: str, *, value: bytes, **_: object) -> asyncio.Future[None]:
        if value in self._at_once:
            raise MessageSizeTooLargeError
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if value in self._later:
            future.set_exception(KafkaConnectionError())
        else:
            future.set_result(None)
        return future


class _NoStack:
    kafka = "127.0.0.1:1"
    embedded_broker = False


async def test_the_relay_waits_to_gather_only_when_nothing_that_could_go_out_was_left(
    source: Side, stack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Decision 12. Of one shard a step takes two rows here: seven go out in three steps that are
    full, with no wait between them, and in one that is not."""
    parts = make_relay(source, stack)
    monkeypatch.setattr(relay, "BATCH", 2 * len(parts._shards))
    steps: list[tuple[int, int]] = []

    async def note(count: int, _stopping: asyncio.Event, *, few: int, took: float) -> None:
        assert took > 0
        steps.append((count, few))

    monkeypatch.setattr(relay, "let_gather", note)
    subject = new_subject()
    for revision in range(1, 8):
        await write_fact(source, subject, revision)

    async def all_out() -> bool:
        return bool(await scalar(source, UNPUBLISHED) == 0 and len(steps) == 4)

    async with running(parts):
        await until(all_out)
    assert steps == [(2, 2), (2, 2), (2, 2), (1, 2)]


@pytest.mark.parametrize("at_once", [True, False])
async def test_after_a_shards_first_failure_nothing_of_it_is_marked(
    source: Side, at_once: bool
) -> None:
    """Marked, the later ones would never come again after the one that failed: order is lost."""

    def packed(name: str, shard: int) -> _Packed:
        row = OutboxRow(name, TOPIC, shard, "k", 1, None, {}, None, datetime.now(UTC), 1)
        return _Packed(row, name.encode(), [])

    batch = [packed(f"{shard}-{place}", shard) for shard in (0, 1) for place in (1, 2, 3)]
    bad = {b"0-2"}
    producer: Any = _Producer(bad if at_once else set(), set() if at_once else bad)
    sent = await make_relay(source, _NoStack())._publish(producer, batch, None)
    assert sent == ["0-1", "1-1", "1-2", "1-3"]


async def test_a_second_relay_counts_what_the_first_left_unread(
    source: Side, stack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Started again and again without readers it still stays below what the broker keeps; Apache
    Kafka keeps days, and nothing is bounded there.
    """
    monkeypatch.setattr(unread, "LIMIT_MESSAGES", 10)
    subject = new_subject()
    for revision in range(1, 41):
        await write_fact(source, subject, revision)

    left = 30 if stack.embedded_broker else 0

    async def window_is_full() -> bool:
        return bool(await scalar(source, UNPUBLISHED) == left)

    async with running(make_relay(source, stack)):
        await until(window_is_full)
    for _ in range(2):
        async with running(make_relay(source, stack)):
            await asyncio.sleep(1.5)
        assert await window_is_full()


class _OtherCluster:
    """A broker that is not the one of before."""

    async def cluster_id(self) -> str:
        return "another"


async def test_all_of_an_outbox_is_unmarked_without_fetching_a_row_of_it(
    source: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Design section 4, a lost broker: an outbox holds millions of rows; each topic's come back as
    one number, which is the right one."""
    made = make_relay(source, _NoStack())
    view: Any = _OtherCluster()
    said: list[tuple[str, int]] = []

    def warning(_what: str, *, topic: str, events: int) -> None:
        said.append((topic, events))

    monkeypatch.setattr(relay._log, "warning", warning, raising=False)
    async with source.database.engine.connect() as conn:
        await made._prepare_shards(conn)
        await conn.execute(
            text(
                "INSERT INTO outbox (event_id, topic, partition, key, version, ref, occurred_at, "
                "sequence, published_at) SELECT gen_random_uuid(), :topic, n % 2, 'k', 1, '{}', "
                "now(), n, CASE WHEN n > 10 THEN now() END FROM generate_series(1, 500) AS n"
            ),
            {"topic": TOPIC},
        )
        await conn.commit()
        with listening(source) as asked:
            await made._hold_and_compare(conn, view, None)
        assert said == [(TOPIC, 490)]
        assert await scalar(source, UNPUBLISHED) == 500
        assert asked.rows <= len(made._shards) + 1
        await made._hold_and_compare(conn, view, None)
        assert len(said) == 1, "it is the same cluster as a moment ago"


class _View:
    """A broker whose logs and groups are what a test says."""

    def __init__(self, log: tuple[int, int], groups: Mapping[str, int]) -> None:
        self.log = log
        self.groups = dict(groups)

    async def ends(self, shards: Sequence[Shard]) -> dict[Shard, tuple[int, int]]:
        return dict.fromkeys(shards, self.log)

    async def committed(self, group: str, shards: Sequence[Shard]) -> dict[Shard, int]:
        # Whoever else reads the topic has read everything.
        return dict.fromkeys(shards, self.groups.get(group, 10**9))


def _window(view: Any) -> UnreadWindow:
    return UnreadWindow(view, {TOPIC: service_topics()[TOPIC]})


async def _learn(window: UnreadWindow) -> None:
    window._next_refresh = 0.0
    await window.refresh()


SHARD = (TOPIC, 0)


async def test_history_is_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """Offset 1000 was committed long ago: what goes out now is unread all the same."""
    monkeypatch.setattr(unread, "LIMIT_MESSAGES", 3)
    view = _View((0, 1000), {"verification": 1000, "reporting": 1000})
    window = _window(view)
    await window.begin([SHARD])
    for _ in range(3):
        assert window.has_room(SHARD)
        window.add(SHARD, 10)
    await _learn(window)
    assert not window.has_room(SHARD)
    view.groups["reporting"] = 1002
    await _learn(window)
    assert not window.has_room(SHARD), "the slowest reader counts"
    view.groups["verification"] = 1001
    await _learn(window)
    assert window.has_room(SHARD)


async def test_what_stands_unread_at_the_start_fills_the_window(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its sizes are not known: assumed rather too large, and freed as it is read."""
    view = _View((0, 500), {"verification": 500, "reporting": 300})
    window = _window(view)
    await window.begin([SHARD])
    assert not window.has_room(SHARD), "200 messages of 16 KiB are more than 2 MiB"
    view.groups["reporting"] = 499
    await _learn(window)
    assert window.has_room(SHARD)

    monkeypatch.setattr(unread, "LIMIT_MESSAGES", 2)
    gone = _View((498, 500), {"verification": 0, "reporting": 0})
    window = _window(gone)
    await window.begin([SHARD])
    assert not window.has_room(SHARD)
    gone.groups = {"verification": 499, "reporting": 499}
    await _learn(window)
    assert window.has_room(SHARD), "what the broker dropped long ago is not waited for"
    window.add(SHARD, 10)
    gone.groups = {"verification": 400, "reporting": 400}
    await _learn(window)
    gone.groups = {"verification": 499, "reporting": 499}
    await _learn(window)
    assert not window.has_room(SHARD), "reading again what was read frees nothing"
