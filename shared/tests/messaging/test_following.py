"""Grants and keys as followed: the highest version wins, and a late older one revives nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import text

from muster.contracts.envelope import Clear
from muster.contracts.parts.access import GrantPart, GrantsOfAccount, KeysOfOwner, PublicKey
from muster.messaging.message import DONE, Message, Outcome
from muster.security.following import NO_KEYS, Directory, take_grants, take_keys
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

from .conftest import Side

SINCE = datetime(2018, 1, 1, tzinfo=UTC)
ACCOUNT, OWNER = new_id(), "terminal-1"
ORDERS = list(permutations((1, 2, 3)))


def grants(version: int) -> Message:
    """Version 1 and 2 give a role, 3 takes everything away."""
    part = GrantsOfAccount(
        account_id=ACCOUNT,
        active=version < 3,
        grants=tuple(
            GrantPart(role=role, area="632321", valid_from=SINCE, valid_until=None)
            for role in (Role.COLLECTOR, Role.LEADER)[: 3 - version]
        ),
    )
    clear = Clear(version=version)
    return Message("access-grant-changed", ACCOUNT, new_id(), clear, part, None)


def keys(version: int) -> Message:
    """Version 1 has one key, 2 a second one, 3 revokes both."""
    revoked = datetime.now(UTC) - timedelta(seconds=1) if version == 3 else None
    part = KeysOfOwner(
        owner_id=OWNER,
        owner_kind="terminal",
        area="632321",
        keys=tuple(
            PublicKey(
                kid=f"kid-{n}", use="sig", jwk={"kty": "EC"}, valid_from=SINCE, revoked_at=revoked
            )
            for n in range(1, min(version, 2) + 1)
        ),
    )
    return Message("access-key-changed", OWNER, new_id(), Clear(version=version), part, None)


@pytest.mark.parametrize("together", [True, False])
async def test_an_event_without_keys_is_refused_and_forgets_no_version(
    reader: Side, together: bool
) -> None:
    """R102: with the version a late older event would bring back what was revoked."""
    none = keys(4)
    none = replace(none, part=none.part.model_copy(update={"keys": ()}))
    said: list[Outcome] = []
    batches = [[keys(3), none, keys(2)]] if together else [[keys(3)], [none], [keys(2)]]
    for batch in batches:
        async with reader.database.transaction() as conn:
            said += await take_keys(None, conn, batch)
    assert said == [DONE, NO_KEYS, DONE]
    for kid in ("kid-1", "kid-2"):
        assert await Directory(reader.database).key(kid, owner_kind="terminal") is None
    async with reader.database.transaction() as conn:
        rows = await conn.execute(text("SELECT kid, version FROM known_key ORDER BY kid"))
        assert [tuple(row) for row in rows] == [("kid-1", 3), ("kid-2", 3)]


async def _take(side: Side, taker: object, batches: Sequence[Sequence[Message]]) -> None:
    for batch in batches:
        async with side.database.transaction() as conn:
            await taker(None, conn, batch)  # type: ignore[operator]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("order", ORDERS)
async def test_a_late_older_grant_revives_nothing(
    reader: Side, order: tuple[int, ...], together: bool
) -> None:
    """R102: whatever the order in which they come, in one batch or three."""
    sent = [grants(version) for version in order]
    await _take(reader, take_grants, [sent] if together else [[one] for one in sent])
    known = await Directory(reader.database).grants(ACCOUNT)
    assert known is not None
    assert (known.version, known.active, known.grants) == (3, False, ())


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("order", ORDERS)
async def test_a_late_older_key_revives_nothing(
    reader: Side, order: tuple[int, ...], together: bool
) -> None:
    """A revoked key stays revoked, and its owner's newest set of keys is the whole set."""
    sent = [keys(version) for version in order]
    await _take(reader, take_keys, [sent] if together else [[one] for one in sent])
    directory = Directory(reader.database)
    for kid in ("kid-1", "kid-2"):
        assert await directory.key(kid, owner_kind="terminal") is None
    async with reader.database.transaction() as conn:
        rows = await conn.execute(text("SELECT kid, version FROM known_key ORDER BY kid"))
        assert [tuple(row) for row in rows] == [("kid-1", 3), ("kid-2", 3)]
