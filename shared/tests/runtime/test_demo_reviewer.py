"""What the demo's reviewer says to a department's answer, with the papers on the table."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from muster.runtime.demo.office import Reviewer
from muster.runtime.demo.report import Tale

FIELDS = {"resident_number": "the number", "name": "the name"}


class Desk:
    """Verification with one record in its queue, as far as a reviewer sees it."""

    def __init__(self, *, passed: bool, **said: object) -> None:
        answer = {"department": "armed-forces", "zh": "人武", "contradicts": False}
        self.item = {
            "subject_id": "somebody",
            "version": 2,
            "digest": "the digest",
            "reviewable": True,
            "passed": passed,
            "record": {"fields": FIELDS},
            "departments": [{**answer, "cannot_tell": False, "overruled": None, **said}],
        }
        self.sent: list[tuple[str, dict[str, Any]]] = []

    async def pages(self, service: str, path: str, **query: Any) -> AsyncIterator[dict[str, Any]]:
        yield {"items": [self.item]}

    async def get(self, service: str, path: str) -> dict[str, Any]:
        return self.item

    async def post(self, service: str, path: str, body: dict[str, Any]) -> None:
        self.sent.append((path, body))


async def reviewed(desk: Desk) -> tuple[Tale, int]:
    """What one look at the queue adds to the tale, and to the bar of decisions."""
    bar = SimpleNamespace(count=0)
    bar.add = lambda: setattr(bar, "count", bar.count + 1)
    person = SimpleNamespace(reviewed=True, fields=FIELDS, corrected={})
    people = {"the number": person}
    reviewer = Reviewer(cast("Any", desk), cast("Any", people), Tale(), cast("Any", bar))
    assert await reviewer.work() == 1
    return reviewer.tale, bar.count


@pytest.mark.parametrize("passed", [False, True])
async def test_a_department_that_cannot_tell_is_named_and_the_papers_speak(passed: bool) -> None:
    """R73: the word names it; a record that was passed before counts once."""
    desk = Desk(passed=passed, cannot_tell=True)
    tale, decisions = await reviewed(desk)
    [(path, body)] = desk.sent
    assert path == "/items/somebody/2/verify"
    assert body["despite"]
    assert body["cannot_tell"] == ["armed-forces"]
    assert tale.counts["records verified though a department cannot tell"] == 1
    assert (tale.counts["records verified"], decisions) == ((0, 0) if passed else (1, 1))


@pytest.mark.parametrize("said", [{}, {"cannot_tell": True, "overruled": {"despite": "seen"}}])
async def test_no_word_is_said_where_none_is_asked_for(said: dict[str, object]) -> None:
    """R73: such a word would be refused."""
    desk = Desk(passed=False, **said)
    await reviewed(desk)
    assert desk.sent == [("/items/somebody/2/verify", {"digest": "the digest"})]


async def test_who_is_contradicted_goes_back_also_where_another_cannot_tell() -> None:
    """R70, R73."""
    desk = Desk(passed=False, contradicts=True, cannot_tell=True)
    tale, _ = await reviewed(desk)
    [(path, body)] = desk.sent
    assert path == "/items/somebody/2/return"
    assert [one["code"] for one in body["reasons"]] == ["differs-from-department"]
    assert tale.counts["records returned"] == 1
