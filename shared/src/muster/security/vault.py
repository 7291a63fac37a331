"""One data key per subject, wrapped by the service's key-encryption key.

What a store keeps about a subject is sealed under that subject's key, bound to table, row and
version. Destroying the key erases all of it at once, wherever copies of the ciphertext lie
(design, section 4).
"""

import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy import ARRAY, MetaData, Text, bindparam, select, text
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.security import suites
from muster.security.boxes import BadSeal, Context, open_box, seal
from muster.security.digests import canonical
from muster.security.keyring import Key, KeyProvider, UnknownKey
from muster.security.tables import subject_key_table

DataKey = Key
"""Kid ``subject/<uuid>/1``: random per subject, and held only wrapped."""

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_table = subject_key_table(MetaData())
_uuids = bindparam("ids", type_=ARRAY(UUID(as_uuid=False)))
_SELECT = select(_table.c.subject_id, _table.c.wrapped).where(
    _table.c.subject_id == text("ANY(:ids)").bindparams(_uuids)
)
# Another transaction that has inserted the same subject is waited for and then left alone.
_INSERT = text(
    "INSERT INTO subject_key (subject_id, wrapped)"
    " SELECT new.subject_id, new.wrapped FROM unnest(:ids, :wrapped) AS new (subject_id, wrapped)"
    " ON CONFLICT (subject_id) DO NOTHING RETURNING subject_id"
).bindparams(_uuids, bindparam("wrapped", type_=ARRAY(Text)))
_DESTROY = text(
    "INSERT INTO subject_key AS held (subject_id, wrapped, destroyed_at)"
    " SELECT gone.subject_id, '', now() FROM unnest(:ids) AS gone (subject_id)"
    " ON CONFLICT (subject_id) DO UPDATE"
    " SET wrapped = '', destroyed_at = coalesce(held.destroyed_at, now())"
).bindparams(_uuids)


class Erased(LookupError):  # noqa: N818 - reads as what it says
    """The subject's data key was destroyed: its data cannot be read or written any more."""

    def __init__(self, subject_id: str) -> None:
        self.subject_id = subject_id
        super().__init__(f"subject {subject_id} was erased")


class DataKeys(dict[str, DataKey]):
    """Data keys by subject id.

    ``keys[subject_id]`` raises Erased for an erased subject and UnknownKey for one without a key;
    `erased` lists the former among those asked for, so that a batch can answer for each.
    """

    def __init__(self, keys: Mapping[str, DataKey], erased: Iterable[str] = ()) -> None:
        super().__init__(keys)
        self.erased = frozenset(erased)

    def __missing__(self, subject_id: str) -> DataKey:
        if subject_id in self.erased:
            raise Erased(subject_id)
        raise UnknownKey(f"subject/{subject_id}")


class SubjectVault:
    """Makes, wraps, unwraps and destroys the data keys of one service."""

    def __init__(
        self, keys: KeyProvider, service: str, *, suite: str = suites.DEFAULT_CIPHER
    ) -> None:
        self._keys = keys
        self._service = service
        self._purpose = f"kek/{service}"
        self._suite = suites.cipher(suite)

    async def keys_for(
        self, conn: AsyncConnection, subject_ids: Iterable[str], *, create: bool = False
    ) -> DataKeys:
        """The data keys of these subjects: one SELECT, and one INSERT when some are to be made.

        Two transactions that make the same subject's key agree on one: the later waits for the
        earlier and takes its key. Needs READ COMMITTED, PostgreSQL's default. Raises ValueError
        for an id that is no lower-case UUID text.
        """
        wanted = sorted(set(subject_ids))  # sorted, so that two batches cannot wait on each other
        for subject_id in wanted:
            if _UUID.fullmatch(subject_id) is None:
                raise ValueError("a subject id is a lower-case UUID")
        if not wanted:
            return DataKeys({})
        found = await self._held(conn, wanted)
        if not create:
            return found
        missing = [s for s in wanted if s not in found and s not in found.erased]
        if not missing:
            return found
        made = {subject_id: self._new(subject_id) for subject_id in missing}
        wrapped = [self._wrap(subject_id, made[subject_id]) for subject_id in missing]
        rows = await conn.execute(_INSERT, {"ids": missing, "wrapped": wrapped})
        inserted = set(rows.scalars())
        others = [s for s in missing if s not in inserted]
        late = await self._held(conn, others) if others else DataKeys({})
        return DataKeys(
            {**found, **{s: made[s] for s in missing if s in inserted}, **late},
            found.erased | late.erased,
        )

    async def destroy(self, conn: AsyncConnection, *subject_ids: str) -> None:
        """Erase these subjects. Idempotent, and a subject without a key yet never gets one.

        The old row version leaves the disk with PostgreSQL's next vacuum, and backups with their
        retention, after which erasure is applied again on a restore.
        """
        await conn.execute(_DESTROY, {"ids": sorted(set(subject_ids))})

    def encrypt(
        self, key: DataKey, value: Mapping[str, object], *, table: str, row: str, version: int
    ) -> str:
        """Seal a JSON object. Raises NotCanonical for values that JSON has no one form for."""
        return self.encrypt_bytes(key, canonical(value), table=table, row=row, version=version)

    def decrypt(
        self, key: DataKey, sealed: str, *, table: str, row: str, version: int
    ) -> dict[str, Any]:
        """Open what `encrypt` sealed for the same place. Raises BadSeal or UnknownKey."""
        plain = self.decrypt_bytes(key, sealed, table=table, row=row, version=version)
        try:
            value = orjson.loads(plain)
        except orjson.JSONDecodeError:
            raise BadSeal("not a sealed JSON object") from None
        if not isinstance(value, dict):
            raise BadSeal("not a sealed JSON object")
        return value

    def encrypt_bytes(
        self, key: DataKey, plain: bytes, *, table: str, row: str, version: int
    ) -> str:
        """Seal bytes, such as a photo, as text."""
        return seal(key, plain, _place(table, row, version))

    def decrypt_bytes(
        self, key: DataKey, sealed: str, *, table: str, row: str, version: int
    ) -> bytes:
        """Open what `encrypt_bytes` sealed for the same place. Raises BadSeal or UnknownKey."""
        return open_box(sealed, key, _place(table, row, version))

    async def _held(self, conn: AsyncConnection, subject_ids: list[str]) -> DataKeys:
        rows = await conn.execute(_SELECT, {"ids": subject_ids})
        return self.unwrap({row.subject_id: row.wrapped for row in rows})

    def unwrap(self, stored: Mapping[str, str | None]) -> DataKeys:
        """Data keys from column ``wrapped``, by subject id, for a statement that joins it to what
        it reads; None where there is no row."""
        return DataKeys(
            {
                subject_id: self._unwrap(subject_id, wrapped)
                for subject_id, wrapped in stored.items()
                if wrapped
            },
            (subject_id for subject_id, wrapped in stored.items() if wrapped == ""),
        )

    def _new(self, subject_id: str) -> DataKey:
        return _data_key(subject_id, self._suite.name, secrets.token_bytes(self._suite.key_bytes))

    def _context(self, subject_id: str) -> Context:
        return {"service": self._service, "subject_id": subject_id, "use": "data-key"}

    def _wrap(self, subject_id: str, key: DataKey) -> str:
        plain = key.suite.encode() + b"." + key.secret
        return seal(self._keys.current(self._purpose), plain, self._context(subject_id))

    def _unwrap(self, subject_id: str, wrapped: str) -> DataKey:
        plain = open_box(wrapped, self._keys, self._context(subject_id))
        suite, _, secret = plain.partition(b".")
        return _data_key(subject_id, suite.decode(), secret)


def _data_key(subject_id: str, suite: str, secret: bytes) -> DataKey:
    return Key(f"subject/{subject_id}/1", suite, secret)


def _place(table: str, row: str, version: int) -> Context:
    return {"table": table, "row": row, "version": version}
