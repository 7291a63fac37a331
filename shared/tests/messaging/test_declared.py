"""What is said of a part that does not fit holds nothing that its sender chose (R100)."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from muster.contracts import declared
from muster.contracts.parts.base import Part
from muster.contracts.parts.crosscheck import DepartmentData
from muster.contracts.parts.verification import VerificationAnswer
from muster.security import jose

from .conftest import Side
from .test_border import answered, enrol, intake, reviewing

__all__ = ["reviewing"]

NAME = "张三丰"
PINYIN = "zhang_sanfeng"


def found(kind: type[Part], value: dict[str, Any]) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        kind.model_validate(value)
    return declared.members(kind, caught.value)


@pytest.mark.parametrize("planted", [NAME, PINYIN])
def test_members_are_named_as_far_as_they_are_declared(planted: str) -> None:
    """Positions and members of lists of models; of a mapping no key."""
    answer = {"verdicts": {planted: "bad"}, "remark": 1, planted: 1}
    wrong = found(VerificationAnswer, answer)
    assert {"verdicts", "remark", "request"} <= set(wrong)
    rows = [{"row_id": "x", "blinds": {"fields": {planted: 1}}, "fields": {planted: {planted: 1}}}]
    wrong = found(DepartmentData, {"rows": rows})
    assert {"rows.0.row_id", "rows.0.blinds.fields", "rows.0.fields"} <= set(wrong)
    assert planted not in str(wrong)


def test_what_is_no_object_has_no_member() -> None:
    with pytest.raises(ValidationError) as caught:
        VerificationAnswer.model_validate_json(b"[]")
    reason = declared.misshapen(VerificationAnswer, caught.value)
    assert reason.zh == "内容与约定的格式不符。"
    assert reason.en == "The content does not have the agreed shape."


class Planted(Part):
    """An answer as a wrong connector sends it."""

    verdicts: dict[str, str]


@pytest.mark.parametrize("planted", [NAME, PINYIN])
async def test_a_dead_letter_names_no_key_of_a_mapping(reviewing: Side, planted: str) -> None:
    """A department's verdict about a field that is somebody's name: kept sealed, never in words."""
    key = jose.generate("sig")
    await enrol(reviewing, "housing", key)
    taking, seen = intake(reviewing)
    message = answered(reviewing, key, part=Planted(verdicts={planted: "bad"}))
    await taking.take(message.topic, [message])
    assert not seen
    async with reviewing.database.transaction() as conn:
        [letter] = await conn.execute(
            text("SELECT rule, zh, en, t::text AS all FROM dead_letter t")
        )
    assert letter.rule == "part-shape"
    assert "verdicts" in letter.zh
    assert "verdicts" in letter.en
    assert planted not in letter.all
