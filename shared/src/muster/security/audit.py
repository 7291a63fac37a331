"""The audit port: everything that touches personal data leaves a row in a hash chain.

Design, section 5, rule 11; R100. A row is written in the transaction of what it tells of, so one is
never there without the other. Each row's hash covers the hash before it; a head that somebody kept
outside the database is what makes a cut-off tail visible. Rows name subjects and areas by id and
hold no personal data: values that look like it are refused.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import MetaData, Row, any_, literal, select, text
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.persistence.bulk import insert_rows
from muster.security import digests
from muster.security.tables import audit_table
from muster.vocabulary.reasons import Reason, Refusal

GENESIS = "sha256:" + "0" * 64
"""`previous` of the first row."""

REASON_LIMIT = 500
_NO_TEXT = frozenset({"Cc", "Cs", "Co", "Cn"})

_table = audit_table(MetaData())
_LOCKED_HEAD = text("SELECT seq, hash FROM audit_head(:key)")
_HEAD = select(_table.c.seq, _table.c.hash).order_by(_table.c.seq.desc()).limit(1)
_CHAIN = select(_table).order_by(_table.c.seq)

_ACTION = re.compile(r"[a-z][a-z0-9._-]{0,63}")
_CODE = re.compile(r"[A-Za-z0-9._:/+-]{0,200}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_UUID_ANYWHERE = re.compile(rf"(?<![0-9A-Za-z]){_UUID.pattern}(?![0-9A-Za-z])")
_DIGIT_GAP = re.compile(r"(?<=[0-9])[\s_.-]+(?=[0-9Xx])")
_TOKEN = re.compile(r"[0-9A-Za-z]+")
_PERSONAL = re.compile(r"[0-9]{17}[0-9Xx]|[0-9]{15}|(?:86)?1[3-9][0-9]{9}")


@dataclass(frozen=True, slots=True)
class Entry:
    """What one row tells: who did what to whom, why, with which ids or counts."""

    actor: str
    action: str
    subject_ids: Sequence[str] = ()
    reason: str | None = None
    detail: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: `seq` 0 and GENESIS when it is empty."""

    service: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Search:
    """Which rows of a chain are looked for; what is None does not restrict.

    `since` is a moment with an offset. `after` and `upto` are places in the chain: rows behind the
    one, up to and with the other.
    """

    after: int = 0
    upto: int | None = None
    since: datetime | None = None
    actor: str | None = None
    action: str | None = None
    subject_id: str | None = None


class BrokenChain(ValueError):  # noqa: N818 - reads as what it says
    """The chain does not hold: a row was changed, taken away, put in or moved. `seq` says where,
    `zh` and `en` what is wrong with that row."""

    def __init__(self, seq: int, zh: str, en: str) -> None:
        self.seq, self.zh, self.en = seq, zh, en
        super().__init__(f"audit row {seq}: {en}")


def looks_personal(value: str) -> bool:
    """True when the text holds something like a resident number or a mobile number.

    UUIDs and long hex are no such thing; spaces, dots and dashes between digits do not hide one.
    """
    plain = _UUID_ANYWHERE.sub(" ", unicodedata.normalize("NFKC", value))
    joined = _DIGIT_GAP.sub("", plain)
    return any(
        _PERSONAL.fullmatch(token) for form in (plain, joined) for token in _TOKEN.findall(form)
    )


def check_reason(reason: str | None) -> str | None:
    """A person's reason in plain words. Raises Refusal when it carries a number, is too long, or
    holds what is no text (and what PostgreSQL cannot keep)."""
    if reason is None:
        return None
    if len(reason) > REASON_LIMIT:
        raise Refusal(
            Reason(
                "reason",
                "reason-too-long",
                f"事由不得超过{REASON_LIMIT}字",
                f"A reason has at most {REASON_LIMIT} characters",
            )
        )
    if any(unicodedata.category(sign) in _NO_TEXT for sign in reason):
        raise Refusal(
            Reason(
                "reason",
                "control-character",
                "文字中含有控制字符或无效字符。",
                "The text holds a control character or one that is no character.",
            )
        )
    if looks_personal(reason):
        raise Refusal(
            Reason(
                "reason",
                "reason-personal",
                "事由中不得填写身份证号码或电话号码",
                "A reason must not hold a resident number or a phone number",
            )
        )
    return reason


def require_reason(reason: str) -> str:
    """The reason for which somebody's data are opened. Raises Refusal when there is none, and as
    `check_reason`."""
    if not reason.strip():
        raise Refusal(Reason("reason", "reason-missing", "请填写事由。", "Say for what reason."))
    check_reason(reason)
    return reason


def _checked(entry: Entry) -> dict[str, Any]:
    """The entry as columns. Raises ValueError, which is the caller's mistake, or Refusal."""
    if _ACTION.fullmatch(entry.action) is None:
        raise ValueError("an action is a lower-case name")
    if not entry.actor:
        raise ValueError("somebody acts")
    _check_code("actor", entry.actor)
    for subject_id in entry.subject_ids:
        if _UUID.fullmatch(subject_id) is None:
            raise ValueError("a subject id is a lower-case UUID")
    for name, value in entry.detail.items():
        if _ACTION.fullmatch(name) is None:
            raise ValueError("a detail has a lower-case name")
        if type(value) is not int and not isinstance(value, str):
            raise ValueError(f"detail {name} is text or an integer")
        _check_code(f"detail {name}", str(value))
    return {
        "actor": entry.actor,
        "action": entry.action,
        "subject_ids": list(entry.subject_ids),
        "reason": check_reason(entry.reason),
        "detail": dict(entry.detail),
    }


def _check_code(name: str, value: str) -> None:
    if _CODE.fullmatch(value) is None:
        raise ValueError(f"{name} is an id or a code, not a text")
    if looks_personal(value):
        raise ValueError(f"{name} looks like a personal number")


def row_hash(service: str, row: Mapping[str, Any]) -> str:
    """The hash that a row must have: over all its other columns and the service's name."""
    return digests.digest(
        {
            "salt": row["salt"],
            "service": service,
            "seq": row["seq"],
            "at": row["at"].astimezone(UTC).isoformat(timespec="microseconds"),
            "actor": row["actor"],
            "action": row["action"],
            "subject_ids": [str(subject_id) for subject_id in row["subject_ids"]],
            "reason": row["reason"],
            "detail": row["detail"],
            "previous": row["previous"],
        },
        digests.parse(row["hash"])[0] if "hash" in row else "sha256",
    )


def verify_chain(
    rows: Iterable[Mapping[str, Any]],
    service: str,
    *,
    after: Head | None = None,
    kept: Head | None = None,
) -> Head:
    """Check rows in order of `seq` and give the head.

    `after` is a head that was checked before; rows then begin behind it. `kept` is a head that was
    kept outside the database; the chain must still contain it, which shows that nothing was cut
    off or written anew since. Raises BrokenChain at the first row that does not hold.
    """
    head = after or Head(service, 0, GENESIS)
    for row in rows:
        head = _next(head, row)
        if kept is not None and kept.seq == head.seq and kept != head:
            raise BrokenChain(
                head.seq, "与此前留存的链尾不同", "differs from the head that was kept"
            )
    if kept is not None and kept.seq > head.seq:
        raise BrokenChain(head.seq + 1, "缺失：留存的链尾在其后", "missing: a later head was kept")
    return head


def _next(head: Head, row: Mapping[str, Any]) -> Head:
    if row["seq"] != head.seq + 1:
        raise BrokenChain(head.seq + 1, "缺失或次序不对", "missing or out of order")
    if row["previous"] != head.hash:
        raise BrokenChain(row["seq"], "与前一行不相接", "does not follow the row before it")
    try:
        holds = row_hash(head.service, row) == row["hash"]
    except ValueError:
        holds = False
    if not holds:
        raise BrokenChain(row["seq"], "内容被改动", "was changed")
    return Head(head.service, row["seq"], row["hash"])


def _now() -> datetime:
    return datetime.now(UTC)


class Audit:
    """Writes and checks the chain of one service, in that service's database."""

    def __init__(self, service: str, *, clock: Callable[[], datetime] = _now) -> None:
        self._service = service
        self._clock = clock
        name = hashlib.sha256(f"muster/audit/{service}".encode()).digest()
        self._lock = int.from_bytes(name[:8], "big", signed=True)

    async def record(
        self,
        conn: AsyncConnection,
        *,
        actor: str,
        action: str,
        subject_ids: Sequence[str] = (),
        reason: str | None = None,
        detail: Mapping[str, str | int] | None = None,
    ) -> int:
        """Append one row in the caller's transaction; gives its `seq`.

        Call it last: the lock on the head is held until the transaction ends. Raises ValueError
        for what is no id or code, Refusal for a reason that carries a personal number.
        """
        entry = Entry(actor, action, subject_ids, reason, detail or {})
        return await self.record_many(conn, [entry])

    async def record_many(self, conn: AsyncConnection, entries: Sequence[Entry]) -> int:
        """Append rows in this order under one lock; gives the `seq` of the last.

        Needs READ COMMITTED, PostgreSQL's default: the head is read after the lock is held.
        """
        rows = [_checked(entry) for entry in entries]
        head = self._head((await conn.execute(_LOCKED_HEAD, {"key": self._lock})).one())
        for row in rows:
            row["seq"] = head.seq + 1
            row["at"] = self._clock()
            row["salt"] = digests.new_salt()
            row["previous"] = head.hash
            row["hash"] = row_hash(self._service, row)
            head = Head(self._service, row["seq"], row["hash"])
        await insert_rows(conn, _table, rows)
        return head.seq

    async def head(self, conn: AsyncConnection) -> Head:
        """The end of the chain as this transaction sees it."""
        return self._head((await conn.execute(_HEAD)).first())

    def _head(self, row: Any) -> Head:
        if row is None or row.seq is None:
            return Head(self._service, 0, GENESIS)
        return Head(self._service, row.seq, row.hash)

    async def find(self, conn: AsyncConnection, wanted: Search, limit: int) -> list[Row[Any]]:
        """Rows in the order of the chain, at most so many."""
        query = select(_table).where(_table.c.seq > wanted.after)
        if wanted.upto is not None:
            query = query.where(_table.c.seq <= wanted.upto)
        if wanted.since is not None:
            query = query.where(_table.c.at >= wanted.since)
        if wanted.actor is not None:
            query = query.where(_table.c.actor == wanted.actor)
        if wanted.action is not None:
            query = query.where(_table.c.action == wanted.action)
        if wanted.subject_id is not None:
            subject = literal(wanted.subject_id, UUID(as_uuid=False))
            query = query.where(subject == any_(_table.c.subject_ids))
        return list((await conn.execute(query.order_by(_table.c.seq).limit(limit))).all())

    async def verify(self, conn: AsyncConnection) -> Head:
        """Check the whole chain row by row, in constant memory. Raises BrokenChain."""
        head = Head(self._service, 0, GENESIS)
        async with conn.stream(_CHAIN) as rows:
            async for row in rows:
                head = _next(head, row._asdict())
        return head
