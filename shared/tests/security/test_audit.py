"""The audit chain, in a real PostgreSQL."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from muster.security import audit as module
from muster.security.audit import (
    GENESIS,
    Audit,
    BrokenChain,
    Entry,
    Head,
    looks_personal,
    row_hash,
    verify_chain,
)
from muster.vocabulary import resident_number
from muster.vocabulary.reasons import Refusal

SUBJECT = "00000000-0000-4000-8000-000000000003"
NOW = datetime(2018, 12, 10, tzinfo=UTC)
NUMBER = resident_number.make("632321", NOW.date(), 121)
PHONE = "138" + "0013" + "8000"


@pytest.fixture
def audit() -> Audit:
    return Audit("capture")


async def rows_of(conn: AsyncConnection) -> list[dict[str, Any]]:
    return [row._asdict() for row in await conn.execute(module._CHAIN)]


async def write(engine: AsyncEngine, audit: Audit, count: int = 5) -> list[dict[str, Any]]:
    async with engine.begin() as conn:
        for number in range(count):
            await audit.record(
                conn,
                actor="account:1",
                action="record.read",
                subject_ids=[SUBJECT],
                reason="核对",
                detail={"number": number, "area": "632321100001"},
            )
    async with engine.begin() as conn:
        return await rows_of(conn)


def test_golden_hash() -> None:
    """Design 5 rule 11, format: the hash of a row of the first day holds for ever."""
    row = {
        "salt": "ab" * 32,
        "seq": 1,
        "at": datetime(2018, 12, 10, 8, tzinfo=timezone(timedelta(hours=8))),
        "actor": "acc",
        "action": "record.read",
        "subject_ids": [SUBJECT],
        "reason": "核对",
        "detail": {"area": "632321100"},
        "previous": GENESIS,
    }
    assert row_hash("capture", row) == "sha256:" + GOLDEN_ROW
    assert row_hash("reporting", row) != "sha256:" + GOLDEN_ROW


GOLDEN_ROW = "d5f87c10a6916372798fe1c2549b3d5250219726365eb5288bf3eb9f350e813c"


async def test_a_chain_counts_without_a_gap_and_holds(audit: Audit, engine: AsyncEngine) -> None:
    """Design 5 rule 11 (R100): rows in a hash chain; what was told is there as it was told."""
    rows = await write(engine, audit)
    assert [row["seq"] for row in rows] == [1, 2, 3, 4, 5]
    assert rows[0]["previous"] == GENESIS
    assert verify_chain(rows, "capture") == Head("capture", 5, rows[-1]["hash"])
    first = {name: rows[0][name] for name in ("actor", "action", "subject_ids", "reason", "detail")}
    assert first == {
        "actor": "account:1",
        "action": "record.read",
        "subject_ids": [SUBJECT],
        "reason": "核对",
        "detail": {"number": 0, "area": "632321100001"},
    }
    async with engine.connect() as conn:
        assert await audit.verify(conn) == Head("capture", 5, rows[-1]["hash"])
        assert await audit.head(conn) == Head("capture", 5, rows[-1]["hash"])


async def test_an_empty_chain_has_a_head(audit: Audit, engine: AsyncEngine) -> None:
    """Design 5 rule 11: before anything happened there is something to keep."""
    async with engine.connect() as conn:
        assert await audit.verify(conn) == Head("capture", 0, GENESIS)


CHANGES: dict[str, str] = {
    "seq": "UPDATE audit SET seq = 9 WHERE seq = 3",
    "at": "UPDATE audit SET at = at + interval '1 microsecond' WHERE seq = 3",
    "actor": "UPDATE audit SET actor = 'account:2' WHERE seq = 3",
    "action": "UPDATE audit SET action = 'record.print' WHERE seq = 3",
    "subjects": "UPDATE audit SET subject_ids = '{}' WHERE seq = 3",
    "reason": "UPDATE audit SET reason = NULL WHERE seq = 3",
    "detail": """UPDATE audit SET detail = '{"number": 4}' WHERE seq = 3""",
    "salt": "UPDATE audit SET salt = repeat('0', 64) WHERE seq = 3",
    "previous": "UPDATE audit SET previous = hash WHERE seq = 3",
    "hash": "UPDATE audit SET hash = 'none' WHERE seq = 3",
    "deleted": "DELETE FROM audit WHERE seq = 3",
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_changed_or_deleted_row_is_found(
    change: str, audit: Audit, engine: AsyncEngine
) -> None:
    """Design 5 rule 11 (R100): whatever column was changed, and a row taken away."""
    await write(engine, audit)
    async with engine.begin() as conn:
        await conn.execute(text(CHANGES[change]))
    async with engine.connect() as conn:
        with pytest.raises(BrokenChain) as caught:
            await audit.verify(conn)
    assert caught.value.seq == 3


async def test_a_reordered_row_is_found(audit: Audit, engine: AsyncEngine) -> None:
    """Design 5 rule 11 (R100): two rows that changed places, with their numbers changed too."""
    await write(engine, audit)
    async with engine.begin() as conn:
        for statement in (
            "UPDATE audit SET seq = 99 WHERE seq = 2",
            "UPDATE audit SET seq = 2 WHERE seq = 3",
            "UPDATE audit SET seq = 3 WHERE seq = 99",
        ):
            await conn.execute(text(statement))
        rows = await rows_of(conn)
    with pytest.raises(BrokenChain) as caught:
        verify_chain(rows, "capture")
    assert caught.value.seq == 2


async def test_a_row_put_in_is_found(audit: Audit, engine: AsyncEngine) -> None:
    """Design 5 rule 11 (R100): a well-hashed row in the middle does not fit the next one."""
    rows = await write(engine, audit)
    false = {**rows[2], "actor": "account:2"}
    del false["hash"]
    false["hash"] = row_hash("capture", false)
    with pytest.raises(BrokenChain) as caught:
        verify_chain([*rows[:2], false, *rows[3:]], "capture")
    assert caught.value.seq == 4


async def test_a_cut_tail_is_found_by_a_head_that_was_kept(
    audit: Audit, engine: AsyncEngine
) -> None:
    """Design 5 rule 11: a head that is kept outside shows what the chain alone cannot: a tail that
    was cut off, or written anew from some row on."""
    await write(engine, audit)
    async with engine.begin() as conn:
        kept = await audit.head(conn)
    more = await write(engine, audit, 2)
    assert verify_chain(more, "capture", kept=kept).seq == 7
    assert verify_chain(more[5:], "capture", after=kept).seq == 7
    async with engine.begin() as conn:
        await conn.execute(text("DELETE FROM audit WHERE seq >= 5"))
        assert (await audit.verify(conn)).seq == 4
        with pytest.raises(BrokenChain) as caught:
            verify_chain(await rows_of(conn), "capture", kept=kept)
        assert caught.value.seq == 5
    await write(engine, audit, 3)
    async with engine.begin() as conn:
        assert (await audit.verify(conn)).seq == 7
        with pytest.raises(BrokenChain) as caught:
            verify_chain(await rows_of(conn), "capture", kept=kept)
        assert caught.value.seq == 5


async def test_the_chain_survives_concurrency(audit: Audit, engine: AsyncEngine) -> None:
    """Design 5 rule 11: transactions at the same time append one after the other, without a gap."""

    async def one(number: int) -> None:
        async with engine.begin() as conn:
            await audit.record(conn, actor=f"account:{number}", action="record.read")
            await asyncio.sleep(0.01)
            await audit.record(conn, actor=f"account:{number}", action="record.print")

    await asyncio.gather(*(one(number) for number in range(8)))
    async with engine.connect() as conn:
        rows = await rows_of(conn)
        assert (await audit.verify(conn)).seq == 16
    assert [row["seq"] for row in rows] == list(range(1, 17))
    assert all(a["actor"] == b["actor"] for a, b in zip(rows[::2], rows[1::2], strict=True))


async def test_the_second_transaction_waits_for_the_first(
    audit: Audit, engine: AsyncEngine
) -> None:
    """Design 5 rule 11: the head is locked until commit; without the lock both would take the
    same place."""
    async with engine.connect() as first, engine.connect() as second:
        assert await audit.record(first, actor="account:1", action="record.read") == 1
        waiting = asyncio.create_task(audit.record(second, actor="account:2", action="record.read"))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        await first.commit()
        assert await waiting == 2
        await second.commit()
        assert (await audit.verify(first)).seq == 2


async def test_a_rollback_leaves_no_row_and_no_gap(audit: Audit, engine: AsyncEngine) -> None:
    """Design 5 rule 11: the row belongs to the transaction of what it tells of."""
    await write(engine, audit, 1)
    async with engine.connect() as conn:
        assert await audit.record(conn, actor="account:1", action="record.read") == 2
        await conn.rollback()
        assert await audit.record(conn, actor="account:1", action="record.print") == 2
        await conn.commit()
        assert (await audit.verify(conn)).seq == 2
        assert [row["action"] for row in await rows_of(conn)] == ["record.read", "record.print"]


async def test_many_rows_at_once_are_one_chain(audit: Audit, engine: AsyncEngine) -> None:
    """Design 5 rule 11, handlers take a batch: one statement, whatever their number."""
    entries = [
        Entry(f"account:{number}", "record.read", [SUBJECT] * (number % 3), detail={"n": number})
        for number in range(4000)
    ]
    inserts: list[bool] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        executemany = _rest[-1]
        if statement.startswith("INSERT"):
            inserts.append(executemany)

    async with engine.begin() as conn:
        assert await audit.record_many(conn, []) == 0
        event.listen(engine.sync_engine, "before_cursor_execute", note)
        assert await audit.record_many(conn, entries) == 4000
        event.remove(engine.sync_engine, "before_cursor_execute", note)
        assert (await audit.verify(conn)).seq == 4000
        rows = await rows_of(conn)
    assert inserts == [False]  # one statement, and not one per row
    assert [row["subject_ids"] for row in rows[:3]] == [[], [SUBJECT], [SUBJECT] * 2]
    assert [row["detail"] for row in rows[:2]] == [{"n": 0}, {"n": 1}]


async def test_the_same_row_twice_has_two_hashes(engine: AsyncEngine) -> None:
    """Design 4: every digest is salted, a head too."""
    hashes = []
    for _ in range(2):
        async with engine.connect() as conn:
            fixed = Audit("capture", clock=lambda: NOW)
            await fixed.record(conn, actor="account:1", action="record.read")
            hashes.append((await fixed.head(conn)).hash)
            await conn.rollback()
    assert hashes[0] != hashes[1]


FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
HIDDEN = [
    NUMBER,
    NUMBER[:-1] + "x",
    resident_number.shorten(resident_number.make("632321", NOW.replace(year=1969).date(), 7)),
    NUMBER.translate(FULL_WIDTH),
    f"{NUMBER[:6]} {NUMBER[6:14]} {NUMBER[14:]}",
    f"身份证{NUMBER}号",
    PHONE,
    f"+86{PHONE}",
    f"{PHONE[:3]}-{PHONE[3:7]}-{PHONE[7:]}",
    f"电话{PHONE}",
    f"id:{PHONE}",
]
HARMLESS = [
    SUBJECT,
    "f47ac10b-58cc-4372-a567-138001380001",
    "632321100001",
    "632321",
    "sha256:" + "1" * 64,
    "2018-12-10",
    "2018-12-10T08:00:00Z",
    "核对2018年12月10日的记录",
    "record_version",
    "",
]


@pytest.mark.parametrize("value", HIDDEN)
def test_personal_numbers_are_recognised(value: str) -> None:
    """Design 4 and 5 rule 11 (R100): no resident or phone number in a trail, however written."""
    assert looks_personal(value)


@pytest.mark.parametrize("value", HARMLESS)
def test_ids_areas_and_dates_are_not(value: str) -> None:
    """Design 5 rule 11: what a row does name passes."""
    assert not looks_personal(value)


@pytest.mark.parametrize("value", HIDDEN)
async def test_a_reason_with_a_number_is_refused_in_plain_words(
    value: str, audit: Audit, engine: AsyncEngine
) -> None:
    """Design 5 rule 11: unmasking needs a reason, and the reason must not leak what it unmasks;
    the refusal is for a person to read and does not repeat the value (R100)."""
    async with engine.connect() as conn:
        with pytest.raises(Refusal) as caught:
            await audit.record(conn, actor="account:1", action="field.unmask", reason=value)
        assert (await audit.head(conn)).seq == 0
    assert caught.value.reasons[0].rule == "reason-personal"
    assert value not in f"{caught.value} {caught.value.reasons}"


@pytest.mark.parametrize(
    "changed",
    [
        {"detail": {"name": "张三"}},
        {"detail": {"note": "free text"}},
        {"detail": {"number": NUMBER}},
        {"detail": {"number": int(PHONE)}},
        {"detail": {"list": ["a"]}},
        {"detail": {"flag": True}},
        {"detail": {"none": None}},
        {"detail": {"m2": 1.5}},
        {"detail": {NUMBER: 1}},
        {"actor": ""},
        {"actor": "张三"},
        {"actor": PHONE},
        {"action": "Read Record"},
        {"subject_ids": ["someone"]},
        {"subject_ids": [NUMBER]},
    ],
)
async def test_a_row_holds_ids_and_codes_only(
    changed: dict[str, Any], audit: Audit, engine: AsyncEngine
) -> None:
    """Design 4, nothing personal in logs (R100): names and free text cannot get into detail; a
    code that tries is wrong and stops, without repeating the value."""
    call: dict[str, Any] = {"actor": "account:1", "action": "record.read", **changed}
    async with engine.connect() as conn:
        with pytest.raises(ValueError) as caught:
            await audit.record(conn, **call)
    assert NUMBER not in str(caught.value)
    assert "张三" not in str(caught.value)


@pytest.mark.parametrize("value", ["核\x00对", "\x1b[2J", "\ud800"])
async def test_a_reason_is_text(audit: Audit, engine: AsyncEngine, value: str) -> None:
    """Bad input: what PostgreSQL cannot keep is refused in plain words, and no failure."""
    async with engine.connect() as conn:
        with pytest.raises(Refusal) as caught:
            await audit.record(conn, actor="account:1", action="field.unmask", reason=value)
    assert caught.value.reasons[0].rule == "control-character"


async def test_a_reason_has_an_end(audit: Audit, engine: AsyncEngine) -> None:
    """Design 5 rule 11, bad input: a reason is a sentence."""
    async with engine.connect() as conn:
        await audit.record(conn, actor="account:1", action="field.unmask", reason="核" * 500)
        with pytest.raises(Refusal):
            await audit.record(conn, actor="account:1", action="field.unmask", reason="核" * 501)
