"""What verification keeps sealed under a person's data key, and how it is opened again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from muster.contracts.parts.capture import Record, RecordForReview
from muster.contracts.parts.verification import VerificationAnswer
from muster.runtime.context import Context
from muster.security.vault import DataKeys
from muster.verification.domain.return_reasons import ReturnReason
from muster.verification.store.items import ItemRow, Place
from muster.verification.store.people import BaselineRow
from muster.verification.store.requests import RequestRow
from muster.vocabulary.states import Verdict

_REQUEST = "department_request"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a department said: a verdict per asked field, and a remark of its own."""

    verdicts: dict[str, Verdict]
    remark: str
    answered_at: str


def seal_record(context: Context, keys: DataKeys, place: Place, part: RecordForReview) -> str:
    """A record version as capture sent it."""
    return _seal(context, keys, "review_item", place, part.model_dump_json().encode())


def open_record(context: Context, keys: DataKeys, item: ItemRow) -> RecordForReview:
    """What `seal_record` sealed."""
    return RecordForReview.model_validate_json(
        _open(context, keys, "review_item", item.place, item.sealed)
    )


def seal_baseline(context: Context, keys: DataKeys, place: Place, record: Record) -> str:
    """The baseline of a person as capture sent it."""
    return _seal(context, keys, "baseline", place, record.model_dump_json().encode())


def open_baseline(context: Context, keys: DataKeys, subject_id: str, row: BaselineRow) -> Record:
    """What `seal_baseline` sealed."""
    return Record.model_validate_json(
        _open(context, keys, "baseline", (subject_id, row.version), row.sealed)
    )


def seal_reasons(
    context: Context, keys: DataKeys, place: Place, reasons: Sequence[ReturnReason]
) -> str | None:
    """Why a version goes back; None when there is nothing to say."""
    if not reasons:
        return None
    value = {"reasons": [{"code": r.code, "field": r.field, "text": r.text} for r in reasons]}
    return _seal(context, keys, "review_item.reasons", place, orjson.dumps(value))


def open_reasons(context: Context, keys: DataKeys, item: ItemRow) -> tuple[ReturnReason, ...]:
    """Why a version went back; empty when it did not."""
    if item.reasons_sealed is None:
        return ()
    value = orjson.loads(
        _open(context, keys, "review_item.reasons", item.place, item.reasons_sealed)
    )
    return tuple(ReturnReason(r["code"], r["field"], r["text"]) for r in value["reasons"])


def seal_asked(
    context: Context, keys: DataKeys, place: Place, department: str, asked: Sequence[str]
) -> str:
    """The fields about which a department is asked."""
    return _seal(context, keys, _REQUEST, place, orjson.dumps(list(asked)), department)


def open_asked(context: Context, keys: DataKeys, request: RequestRow) -> tuple[str, ...]:
    """What `seal_asked` sealed."""
    return tuple(
        orjson.loads(
            _open(context, keys, _REQUEST, request.place, request.sealed, request.department)
        )
    )


def seal_answer(
    context: Context, keys: DataKeys, request: RequestRow, part: VerificationAnswer
) -> str:
    """What a department said."""
    plain = part.model_dump_json(include={"verdicts", "remark", "answered_at"}).encode()
    return _seal(context, keys, f"{_REQUEST}.answer", request.place, plain, request.department)


def open_answer(context: Context, keys: DataKeys, request: RequestRow) -> Answer | None:
    """What `seal_answer` sealed; None while there is no answer."""
    if request.answer_sealed is None:
        return None
    value = orjson.loads(
        _open(
            *(context, keys, f"{_REQUEST}.answer", request.place, request.answer_sealed),
            request.department,
        )
    )
    return Answer(
        {field: Verdict(verdict) for field, verdict in value["verdicts"].items()},
        value["remark"],
        value["answered_at"],
    )


def seal_despite(context: Context, keys: DataKeys, request: RequestRow, despite: str) -> str:
    """Why a reviewer verifies in spite of a department's answer, in own words."""
    plain = despite.encode()
    return _seal(context, keys, f"{_REQUEST}.despite", request.place, plain, request.department)


def open_despite(context: Context, keys: DataKeys, request: RequestRow) -> str | None:
    """What `seal_despite` sealed; None when nobody overruled the answer."""
    if request.overruled_sealed is None:
        return None
    return _open(
        *(context, keys, f"{_REQUEST}.despite", request.place, request.overruled_sealed),
        request.department,
    ).decode()


def _seal(
    context: Context,
    keys: DataKeys,
    table: str,
    place: Place,
    plain: bytes,
    department: str | None = None,
) -> str:
    subject_id, version = place
    row = subject_id if department is None else f"{subject_id}/{department}"
    return context.vault.encrypt_bytes(
        keys[subject_id], plain, table=table, row=row, version=version
    )


def _open(
    context: Context,
    keys: DataKeys,
    table: str,
    place: Place,
    sealed: str,
    department: str | None = None,
) -> bytes:
    subject_id, version = place
    row = subject_id if department is None else f"{subject_id}/{department}"
    return context.vault.decrypt_bytes(
        keys[subject_id], sealed, table=table, row=row, version=version
    )
