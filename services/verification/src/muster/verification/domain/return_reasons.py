"""Why a record may go back to the desk (R59, R70, R71): a fixed list, so that it can be counted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from muster.vocabulary.reasons import Reason

OTHER = "other"
"""The code that says nothing by itself: own words are asked for."""

CODES: dict[str, tuple[str, str]] = {
    "differs-from-papers": ("与证件不一致", "Differs from the papers"),
    "differs-from-baseline": ("与初始数据不一致", "Differs from the baseline"),
    "differs-from-department": ("与部门校核反馈不一致", "Differs from a department's answer"),
    "field-wrong": ("填写有误", "Filled in wrongly"),
    "field-missing": ("应填未填", "Not filled in"),
    "category-wrong": ("对象类别有误", "The category is not right"),
    "paper-missing": ("缺少证明材料", "A paper is missing"),
    "paper-unreadable": ("证明材料无法辨认", "A paper cannot be read"),
    "portrait-unusable": ("照片不符合要求", "The photo cannot be used"),
    "signature-unusable": ("签字确认无效", "The signed confirmation cannot be used"),
    OTHER: ("其他原因", "Another reason"),
}
"""Code to its words in Chinese and English; ``other`` needs words of one's own."""

PLACES = ("categories", "evidence", "record")
"""What a reason may concern beside a field of the form."""


@dataclass(frozen=True, slots=True)
class ReturnReason:
    """One reason: a code of `CODES`, the field it concerns if any, own words if any."""

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
        if reason.code not in CODES:
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
