"""Whether the reasons of a return are on the list and about something (R59, R70, R71)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from muster.vocabulary.reasons import Reason
from muster.vocabulary.return_reasons import OTHER, RETURN_REASONS

PLACES = ("categories", "evidence", "record")
"""What a reason may concern beside a field of the form."""


@dataclass(frozen=True, slots=True)
class ReturnReason:
    """One reason: a code of `RETURN_REASONS`, the field it concerns if any, own words if any."""

    code: str
    field: str | None
    text: str


def check(reasons: Sequence[ReturnReason], fields: Collection[str]) -> list[Reason]:
    """What is wrong with the reasons of a return; ``fields`` are the field ids of the form."""
    found: list[Reason] = []
    if not reasons:
        found.append(
            Reason(
                "reasons",
                "reason-missing",
                "退回须至少说明一条原因。",
                "A return states at least one reason.",
            )
        )
    for place, reason in enumerate(reasons):
        where = f"reasons.{place}"
        if reason.code not in RETURN_REASONS:
            found.append(
                Reason(
                    f"{where}.code",
                    "reason-unknown",
                    "退回原因不在规定的清单内。",
                    "This reason is not on the list of reasons for a return.",
                )
            )
        if reason.field is not None and reason.field not in fields and reason.field not in PLACES:
            found.append(
                Reason(
                    f"{where}.field",
                    "field-unknown",
                    "采集表中没有该字段。",
                    "The form has no such field.",
                )
            )
        if reason.code == OTHER and not reason.text.strip():
            found.append(
                Reason(
                    f"{where}.text",
                    "text-missing",
                    "选择“其他原因”时须填写具体说明。",
                    "Another reason needs words of your own.",
                )
            )
    return found
