"""What the demo's desk says of a card that it read."""

from __future__ import annotations

from typing import Any, cast

import pytest

from muster.runtime.demo.visit import Visit

FIELDS = {"name": "某人", "sex": "1", "household_address": "某路1号", "phone": "1"}
READING = {
    "reading": {"reading_id": "the reading", "salts": {}},
    "fields": {name: FIELDS[name] for name in ("name", "sex", "household_address")},
}


class Somebody:
    """A person with a card, and what the desk and the reviewer get wrong about them."""

    form_version, categories, papers, first_try = "form/1", ("soldier",), (), None

    def __init__(self, **overlooked: str) -> None:
        self.fields, self.corrected = FIELDS, {"sex": "2"}
        self.overlooked = overlooked or None


def visit(person: Somebody, **more: Any) -> Visit:
    found = {"known": True, "subject_id": "somebody", "version": 0, "baseline": {"fields": {}}}
    made = Visit.begin(cast("Any", person), found | more)
    made.reading = READING
    return made


def test_what_the_desk_leaves_as_it_was_read_is_typed_over_nowhere() -> None:
    """R55."""
    record = visit(Somebody()).record()
    assert record["provenance"]["name"] == "chip"
    assert record["reading"] == {**READING["reading"], "typed_over": {}}


def test_a_slip_over_the_card_is_told_with_what_the_card_says() -> None:
    """R59: as the desk in the browser does; a later version under the same reading, too."""
    one = visit(Somebody(name="另一人"))
    record = one.record()
    assert record["provenance"]["name"] == "typed"
    assert record["reading"]["typed_over"] == {"name": "某人"}
    one.overlooked, one.corrected = False, True
    assert one.record()["reading"]["typed_over"] == {"sex": "1"}


def test_what_the_baseline_says_otherwise_stands_over_the_card() -> None:
    """R59."""
    one = visit(Somebody(name="另一人"), baseline={"fields": {"name": "另一人"}})
    record = one.record()
    assert record["provenance"]["name"] == "baseline"
    assert record["reading"]["typed_over"] == {"name": "某人"}


@pytest.mark.parametrize("name", ["phone", "name"])
def test_without_a_card_nothing_is_typed_over(name: str) -> None:
    """R57."""
    one = visit(Somebody(**{name: "2"}))
    one.reading = None
    assert "reading" not in one.record()
