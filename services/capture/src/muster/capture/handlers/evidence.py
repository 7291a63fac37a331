"""Evidence first, then the small event (design, section 5, rule 5; R66)."""

import asyncio
import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.domain.reasons import reason, refusal
from muster.capture.handlers.packets import open_packet
from muster.capture.handlers.people import sees
from muster.capture.handlers.shapes import PIECES_LIMIT, EvidencePacket, Piece, as_object
from muster.capture.store import records, subjects
from muster.contracts.parts.base import Digest, Uuid
from muster.messaging import failpoints
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.security import digests
from muster.security.vault import DataKey
from muster.vocabulary.reasons import Reason

PIECE_LIMIT = 4 * 1024 * 1024
"""Bytes of one piece, after decoding."""
_MAGIC = {
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "application/pdf": b"%PDF-",
}
_UUID: TypeAdapter[str] = TypeAdapter(Uuid)
_DIGEST: TypeAdapter[str] = TypeAdapter(Digest)
MEDIA_TYPES = tuple(_MAGIC)
"""Types of pieces that are taken."""


@dataclass(frozen=True, slots=True)
class PieceReceipt:
    """How one piece went: stored, known or refused."""

    index: int
    subject_id: str | None
    digest: str | None
    status: str
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A piece as it was taken: its bytes, and of which type they are."""

    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class _Good:
    index: int
    piece: Piece
    content: bytes


async def take_evidence(
    context: Context, caller: Caller, text: str
) -> tuple[str, list[PieceReceipt]]:
    """Keep the good pieces of a packet; gives its id and a receipt per piece, after commit."""
    opened = await open_packet(context, caller, text)
    packet = read_packet(opened.payload)
    good, receipts = await asyncio.to_thread(_check_all, context, packet.pieces)
    async with context.database.transaction() as conn:
        keys = await context.vault.keys_for(
            conn, {item.piece.subject_id for item in good}, create=True
        )
        kept = [item for item in good if item.piece.subject_id not in keys.erased]
        rows = await asyncio.to_thread(
            lambda: [_row(context, item, keys[item.piece.subject_id]) for item in kept]
        )
        unique = {(row["subject_id"], row["digest"]): row for row in rows}
        new = await records.add_evidence(conn, [unique[place] for place in sorted(unique)])
        await context.audit.record(
            conn,
            actor=caller.account_id,
            action="evidence.store",
            subject_ids=sorted({subject_id for subject_id, _ in new}),
            detail={"packet": packet.packet_id, "terminal": opened.terminal_id, "new": len(new)},
        )
        await failpoints.reach("evidence.before-commit")
    await failpoints.reach("evidence.after-commit")
    for item in good:
        piece = item.piece
        if piece.subject_id in keys.erased:
            receipts.append(_refused(item.index, piece, "subject-erased"))
            continue
        # Of two equal pieces in one packet one is stored; the other is known from then on.
        status = "stored" if (piece.subject_id, piece.digest) in new else "known"
        new.discard((piece.subject_id, piece.digest))
        receipts.append(PieceReceipt(item.index, piece.subject_id, piece.digest, status))
    return packet.packet_id, sorted(receipts, key=lambda receipt: receipt.index)


async def show(
    context: Context, caller: Caller, conn: AsyncConnection, subject_id: str, digest: str
) -> Shown:
    """One picture or paper, for who may see its person by name, to hold a record beside it or to
    print it (R59, R66). Audited.

    Raises Refusal: 404 not-found, also where the person is another area's or was erased.
    """
    row = await records.piece(conn, subject_id, digest)
    entries = (await subjects.entries(conn, [subject_id])).get(subject_id, ())
    if row is None or not sees(caller, entries):
        raise refusal("not-found", status=404, kind="not-found", field="digest")
    keys = await context.vault.keys_for(conn, [subject_id])
    if subject_id not in keys:
        raise refusal("subject-erased", status=404, kind="not-found")
    plain = await asyncio.to_thread(
        context.vault.decrypt_bytes,
        keys[subject_id],
        row.sealed,
        table="evidence",
        row=f"{subject_id}/{digest}",
        version=1,
    )
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="evidence.read",
        subject_ids=[subject_id],
        detail={"digest": digest},
    )
    return Shown(row.media_type, plain.partition(b"\n")[2])


def read_packet(payload: dict[str, Any]) -> EvidencePacket:
    """The packet's own shape. Raises Refusal."""
    pieces = payload.get("pieces")
    if isinstance(pieces, list) and len(pieces) > PIECES_LIMIT:
        raise refusal("packet-too-many", status=413, kind="too-large")
    try:
        return EvidencePacket.model_validate(
            {name: value for name, value in payload.items() if name != "terminal_id"}
        )
    except ValidationError:
        raise refusal("packet-shape") from None


def _check_all(context: Context, pieces: Sequence[Any]) -> tuple[list[_Good], list[PieceReceipt]]:
    good: list[_Good] = []
    refused: list[PieceReceipt] = []
    papers = frozenset(context.profile.papers)
    for index, raw in enumerate(map(as_object, pieces)):
        try:
            piece = Piece.model_validate(raw)
        except ValidationError:
            named = (_text(raw.get("subject_id"), _UUID), _text(raw.get("digest"), _DIGEST))
            refused.append(PieceReceipt(index, *named, "refused", (reason("piece-shape"),)))
            continue
        content, rule = _check(piece, papers)
        if rule is not None:
            refused.append(_refused(index, piece, rule))
        else:
            good.append(_Good(index, piece, content))
    return good, refused


def _text(value: object, form: TypeAdapter[str]) -> str | None:
    """The text when it has that form: what has not is no name of a piece, and is not repeated."""
    try:
        return form.validate_python(value, strict=True)
    except ValidationError:
        return None


def _check(piece: Piece, papers: frozenset[str]) -> tuple[bytes, str | None]:
    if len(piece.content) > PIECE_LIMIT * 4 // 3 + 4:
        return b"", "piece-too-large"
    try:
        content = base64.b64decode(piece.content, validate=True)
    except (binascii.Error, ValueError):
        return b"", "piece-shape"
    magic = _MAGIC.get(piece.media_type)
    if magic is None or not content.startswith(magic):
        return b"", "piece-type"
    if piece.kind not in papers:
        return b"", "evidence-kind"
    suite, _ = digests.parse(piece.digest)
    if digests.evidence_digest(content, piece.media_type, piece.salt, suite) != piece.digest:
        return b"", "piece-digest"
    return content, None


def _row(context: Context, item: _Good, key: DataKey) -> dict[str, Any]:
    """One sealed row: a line that says what the piece is, then its bytes."""
    piece = item.piece
    about = orjson.dumps({"kind": piece.kind, "salt": piece.salt})
    return {
        "subject_id": piece.subject_id,
        "digest": piece.digest,
        "media_type": piece.media_type,
        "size": len(item.content),
        "sealed": context.vault.encrypt_bytes(
            key,
            about + b"\n" + item.content,
            table="evidence",
            row=f"{piece.subject_id}/{piece.digest}",
            version=1,
        ),
    }


def _refused(index: int, piece: Piece, rule: str) -> PieceReceipt:
    return PieceReceipt(index, piece.subject_id, piece.digest, "refused", (reason(rule),))
