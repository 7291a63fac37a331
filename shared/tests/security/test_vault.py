"""One data key per subject, in a real PostgreSQL."""

import asyncio
import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from muster.security.boxes import BadSeal, UnknownKey
from muster.security.digests import NotCanonical
from muster.security.keyring import Key, Keyring
from muster.security.vault import Erased, SubjectVault

Fixed = Callable[..., Key]
SUBJECT = "00000000-0000-4000-8000-000000000003"
RECORD = "00000000-0000-4000-8000-000000000002"
WRAPPED = (
    "A256GCM.kek/capture/1.AAECAwQFBgcICQoL."
    "BjDjLYKmjzWtYLWolcxeSqv_rR_cVnFTCFbXtilcNoU5KZTHk_wsp65PiMBFgxkvLpISbBcqEro"
)
STORED = (
    "A256GCM.subject/00000000-0000-4000-8000-000000000003/1.AAECAwQFBgcICQoL."
    "J3AzxidQydaeHHVmwsvXHm4ygNhjts0WQdZg-UCbDqlg"
)


@pytest.fixture
def vault(fixed_key: Fixed) -> SubjectVault:
    return SubjectVault(Keyring([fixed_key("kek/capture/1")]), "capture")


def ids(count: int) -> list[str]:
    return [str(uuid.uuid4()) for _ in range(count)]


async def test_golden_store(vault: SubjectVault, engine: AsyncEngine) -> None:
    """Design 4, stored data: a wrapped key and a ciphertext of the first day open for ever."""
    async with engine.begin() as conn:
        await conn.execute(
            text("INSERT INTO subject_key (subject_id, wrapped) VALUES (:id, :wrapped)"),
            {"id": SUBJECT, "wrapped": WRAPPED},
        )
        key = (await vault.keys_for(conn, [SUBJECT]))[SUBJECT]
    assert key.kid == f"subject/{SUBJECT}/1"
    opened = vault.decrypt(key, STORED, table="record_version", row=RECORD, version=1)
    assert opened == {"name": "张三"}


async def test_each_subject_has_its_own_random_key(
    vault: SubjectVault, engine: AsyncEngine
) -> None:
    """Design 4, stored data: one data key per subject, the same at every later asking."""
    wanted = ids(50)
    async with engine.begin() as conn:
        made = await vault.keys_for(conn, [*wanted, wanted[0]], create=True)
        again = await vault.keys_for(conn, wanted, create=True)
    async with engine.begin() as conn:
        later = await vault.keys_for(conn, wanted)
    assert set(made) == set(wanted)
    assert len({key.secret for key in made.values()}) == 50
    assert made == again == later


async def test_keys_lie_in_the_store_wrapped_only(
    vault: SubjectVault, engine: AsyncEngine, fixed_key: Fixed
) -> None:
    """Design 4, stored data (R100): wrapped by the service's key-encryption key; a database
    without it opens nothing, and a wrapped key moved to another subject does not open."""
    one, two = ids(2)
    async with engine.begin() as conn:
        made = await vault.keys_for(conn, [one, two], create=True)
        rows = await conn.execute(text("SELECT wrapped FROM subject_key"))
        wrapped = list(rows.scalars())
        assert all(text_.startswith("A256GCM.kek/capture/1.") for text_ in wrapped)
        assert not any(made[one].secret.hex() in text_ for text_ in wrapped)
        stranger = SubjectVault(Keyring([fixed_key("kek/capture/1", start=5)]), "capture")
        with pytest.raises(BadSeal):
            await stranger.keys_for(conn, [one])
        without = SubjectVault(Keyring([]), "capture")
        with pytest.raises(UnknownKey):
            await without.keys_for(conn, [one])
        await conn.execute(
            text(
                "UPDATE subject_key SET wrapped ="
                " (SELECT wrapped FROM subject_key WHERE subject_id = :two)"
                " WHERE subject_id = :one"
            ),
            {"one": one, "two": two},
        )
        with pytest.raises(BadSeal):
            await vault.keys_for(conn, [one])


async def test_a_key_stays_readable_after_a_new_epoch(
    vault: SubjectVault, engine: AsyncEngine, fixed_key: Fixed
) -> None:
    """Design 4: keys have epochs; the newest wraps, the older still unwraps."""
    old, new = ids(2)
    ring = Keyring([fixed_key("kek/capture/1"), fixed_key("kek/capture/2", "SM4GCM", start=3)])
    rotated = SubjectVault(ring, "capture", suite="SM4GCM")
    async with engine.begin() as conn:
        first = await vault.keys_for(conn, [old], create=True)
        both = await rotated.keys_for(conn, [old, new], create=True)
        assert both[old] == first[old]
        assert (both[new].suite, len(both[new].secret)) == ("SM4GCM", 16)
        assert await rotated.keys_for(conn, [old, new]) == both
        sealed = rotated.encrypt(both[new], {"name": "张三"}, table="t", row="r", version=1)
        assert sealed.startswith(f"SM4GCM.subject/{new}/1.")


async def test_two_transactions_agree_on_one_key(vault: SubjectVault, engine: AsyncEngine) -> None:
    """Design 4, stored data: of two that meet a new subject at once, both write under one key."""
    wanted = ids(40)
    first = await engine.connect()
    second = await engine.connect()
    try:
        mine = await vault.keys_for(first, wanted[:30], create=True)
        waiting = asyncio.create_task(vault.keys_for(second, wanted[10:], create=True))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        await first.commit()
        theirs = await waiting
        await second.commit()
    finally:
        await first.close()
        await second.close()
    assert set(theirs) == set(wanted[10:])
    assert all(theirs[s] == mine[s] for s in wanted[10:30])
    async with engine.begin() as conn:
        assert await vault.keys_for(conn, wanted) == {**mine, **theirs}


async def test_a_rolled_back_key_is_no_key(vault: SubjectVault, engine: AsyncEngine) -> None:
    """Design 4, stored data: when the first transaction fails, the one that waited makes it."""
    wanted = ids(3)
    first = await engine.connect()
    second = await engine.connect()
    try:
        lost = await vault.keys_for(first, wanted, create=True)
        waiting = asyncio.create_task(vault.keys_for(second, wanted, create=True))
        await asyncio.sleep(0.2)
        await first.rollback()
        made = await waiting
        await second.commit()
    finally:
        await first.close()
        await second.close()
    assert set(made) == set(wanted)
    assert not {k.secret for k in made.values()} & {k.secret for k in lost.values()}


async def test_an_erased_subject_cannot_be_read_or_written(
    vault: SubjectVault, engine: AsyncEngine
) -> None:
    """Design 4, erasure destroys the key (R100): for good, for this subject only, and again
    without harm."""
    gone, stays = ids(2)
    async with engine.begin() as conn:
        keys = await vault.keys_for(conn, [gone, stays], create=True)
        await vault.destroy(conn, gone)
        await vault.destroy(conn, gone)
    async with engine.begin() as conn:
        row = (
            await conn.execute(
                text("SELECT wrapped, destroyed_at FROM subject_key WHERE subject_id = :id"),
                {"id": gone},
            )
        ).one()
        assert row.wrapped == ""
        assert row.destroyed_at is not None
        after = await vault.keys_for(conn, [gone, stays], create=True)
    assert after.erased == {gone}
    assert after[stays] == keys[stays]
    assert gone not in after
    with pytest.raises(Erased) as caught:
        after[gone]
    assert caught.value.subject_id == gone


async def test_erasure_before_the_first_key_holds_too(
    vault: SubjectVault, engine: AsyncEngine
) -> None:
    """Design 4: erasure is applied again after a restore, and a late event makes no new key."""
    gone = ids(1)[0]
    async with engine.begin() as conn:
        await vault.destroy(conn, gone)
        assert (await vault.keys_for(conn, [gone], create=True)).erased == {gone}


async def test_erasure_while_a_key_is_being_made(vault: SubjectVault, engine: AsyncEngine) -> None:
    """Design 4, erasure: whoever waited for the eraser finds the subject erased."""
    gone = ids(1)[0]
    first = await engine.connect()
    second = await engine.connect()
    try:
        await vault.destroy(first, gone)
        waiting = asyncio.create_task(vault.keys_for(second, [gone], create=True))
        await asyncio.sleep(0.2)
        await first.commit()
        assert (await waiting).erased == {gone}
    finally:
        await first.close()
        await second.close()


async def test_a_subject_without_a_key_is_told_apart(
    vault: SubjectVault, engine: AsyncEngine
) -> None:
    """Design 4: not yet there is another answer than erased."""
    missing = ids(1)[0]
    async with engine.begin() as conn:
        keys = await vault.keys_for(conn, [missing])
        assert await vault.keys_for(conn, []) == {}
    assert keys == {}
    with pytest.raises(UnknownKey):
        keys[missing]


@pytest.mark.parametrize("bad", ["", "x", SUBJECT.upper().replace("0", "A"), SUBJECT + " "])
async def test_subject_ids_have_one_spelling(
    bad: str, vault: SubjectVault, engine: AsyncEngine
) -> None:
    """Design 2: `subject_id` is a UUID; one text per subject, so that contexts are equal."""
    async with engine.begin() as conn:
        with pytest.raises(ValueError, match="lower-case UUID"):
            await vault.keys_for(conn, [bad], create=True)


async def test_the_table_itself_keeps_erased_keys_empty(engine: AsyncEngine) -> None:
    """Design 4, erasure: no row is destroyed and still holds a key."""
    with pytest.raises(IntegrityError):
        async with engine.begin() as conn:
            await conn.execute(
                text(
                    "INSERT INTO subject_key (subject_id, wrapped, destroyed_at)"
                    " VALUES (:id, 'still here', now())"
                ),
                {"id": SUBJECT},
            )


@pytest.mark.parametrize(
    "place",
    [
        {"table": "other", "row": RECORD, "version": 1},
        {"table": "record_version", "row": SUBJECT, "version": 1},
        {"table": "record_version", "row": RECORD, "version": 2},
    ],
)
def test_a_ciphertext_is_bound_to_its_place(
    place: dict[str, str | int], vault: SubjectVault, fixed_key: Fixed
) -> None:
    """Design 4, stored data: bound context is table, row, version."""
    key = fixed_key(f"subject/{SUBJECT}/1")
    value = {"fields": {"name": "张三", "has_housing": True}, "categories": ["retired_cadre"]}
    sealed = vault.encrypt(key, value, table="record_version", row=RECORD, version=1)
    assert vault.decrypt(key, sealed, table="record_version", row=RECORD, version=1) == value
    with pytest.raises(BadSeal):
        vault.decrypt(key, sealed, **place)  # type: ignore[arg-type]


def test_a_ciphertext_of_another_subject_does_not_open(
    vault: SubjectVault, fixed_key: Fixed
) -> None:
    """Design 4, stored data: swapping two subjects' rows in the store is noticed."""
    place = {"table": "record_version", "row": RECORD, "version": 1}
    sealed = vault.encrypt(fixed_key(f"subject/{SUBJECT}/1"), {}, **place)  # type: ignore[arg-type]
    with pytest.raises(UnknownKey):
        vault.decrypt(fixed_key(f"subject/{RECORD}/1"), sealed, **place)  # type: ignore[arg-type]


def test_photographs_are_kept_as_bytes(vault: SubjectVault, fixed_key: Fixed) -> None:
    """Design 4, stored data: evidence is sealed like any other; it is no JSON object."""
    key, photo = fixed_key(f"subject/{SUBJECT}/1"), bytes(range(256)) * 40
    sealed = vault.encrypt_bytes(key, photo, table="evidence", row=RECORD, version=1)
    assert vault.decrypt_bytes(key, sealed, table="evidence", row=RECORD, version=1) == photo
    with pytest.raises(BadSeal):
        vault.decrypt(key, sealed, table="evidence", row=RECORD, version=1)


def test_what_json_writes_in_two_ways_is_not_stored(vault: SubjectVault, fixed_key: Fixed) -> None:
    """Design 4, formats: exact round trips; a float would not be one."""
    with pytest.raises(NotCanonical):
        vault.encrypt(fixed_key(f"subject/{SUBJECT}/1"), {"m2": 1.5}, table="t", row="r", version=1)
