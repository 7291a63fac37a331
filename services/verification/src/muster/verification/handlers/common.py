"""What several handlers share: outcomes and refusals."""

from __future__ import annotations

from muster.messaging.message import Invalid
from muster.vocabulary.reasons import Reason, Refusal

BAD_SUBJECT = Invalid(
    "subject-differs",
    "消息的键与采集对象编号不一致。",
    "The key of the message is not the subject it speaks of.",
)


def not_found() -> Refusal:
    """There is no such record here."""
    return Refusal(
        Reason(
            "record", "record-unknown", "没有这份采集记录。", "There is no such record to review."
        ),
        status=404,
        kind="not-found",
    )


def erased() -> Refusal:
    """There was a record; the person's data have been erased."""
    return Refusal(
        Reason(
            "record",
            "subject-erased",
            "该对象的数据已清除。",
            "The data of this person have been erased.",
        ),
        status=404,
        kind="not-found",
    )
