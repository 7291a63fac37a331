"""Routes of terminals: evidence and records in signed and sealed packets."""

from typing import Any

from fastapi import APIRouter, Request

from muster.capture.api.models import (
    EvidenceOut,
    PieceReceiptOut,
    ReasonOut,
    ReceiptOut,
    UploadOut,
)
from muster.capture.handlers import evidence, uploads
from muster.capture.handlers import packets as opening
from muster.runtime.at_terminal import Asking
from muster.runtime.auth import Composed
from muster.security import packets

router = APIRouter(tags=["packets"])

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "Compact JWE (ECDH-ES, A256GCM) of a compact JWS (ES256).",
        "content": {"application/jose": {"schema": {"type": "string"}}},
    }
}


async def _text(request: Request) -> str:
    """The body as it arrives, up to the limit; more is not even read."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > packets.LIMIT:
            raise packets.BadPacket("packet-too-large")
        pieces.append(piece)
    try:
        return b"".join(pieces).decode("ascii").strip()
    except UnicodeDecodeError:
        raise packets.BadPacket("packet-malformed") from None


@router.get("/packet-key")
async def packet_key(context: Composed) -> dict[str, str]:
    """The public key (JWK) to which terminals seal their packets."""
    return opening.public_key(context)


@router.post("/evidence", openapi_extra=_BODY)
async def post_evidence(request: Request, caller: Asking, context: Composed) -> EvidenceOut:
    """Keep photos of persons and papers, before the records that name them."""
    packet_id, receipts = await evidence.take_evidence(context, caller, await _text(request))
    return EvidenceOut(
        packet_id=packet_id,
        receipts=[
            PieceReceiptOut(
                index=receipt.index,
                subject_id=receipt.subject_id,
                digest=receipt.digest,
                status=receipt.status,
                reasons=[ReasonOut.model_validate(r.as_dict()) for r in receipt.reasons],
            )
            for receipt in receipts
        ],
    )


@router.post("/uploads", openapi_extra=_BODY)
async def post_upload(request: Request, caller: Asking, context: Composed) -> UploadOut:
    """Take records in; the answer is given after commit, and is the same when sent again."""
    answer = await uploads.take_upload(context, caller, await _text(request))
    return UploadOut(
        packet_id=answer.packet_id,
        accepted=answer.accepted,
        refused=answer.refused,
        receipts=[ReceiptOut.model_validate(receipt) for receipt in answer.receipts],
    )
