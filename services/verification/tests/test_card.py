"""What the chip of the card says, beside the record (R59)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from muster.contracts.parts.base import FieldValue
from muster.messaging.message import Message
from muster.runtime.context import Context
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role, Source

from .conftest import COUNTY, NAME, Door, collected, record, rows, take

CIVIL = (Role.CIVIL_AFFAIRS_REVIEWER, COUNTY)


def arriving(
    village: str, fields: dict[str, FieldValue], sources: dict[str, Source], **more: Any
) -> Message:
    """A first record whose fields come from there."""
    one = record(new_id(), 1, collected(1, village), fields=fields, **more)
    return replace(one, part=one.part.model_copy(update={"provenance": sources}))


async def test_a_reviewer_reads_what_the_card_says_beside_what_was_typed_over_it(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R55, R59: compared as other values are, so noise is no difference; kept sealed, as all of the
    record, and read in the same audited look (R100)."""
    said = {"name": "旦增", "household_address": "某路 2 号"}
    arrived = arriving(
        villages[0],
        {"name": NAME, "household_address": "某路２号", "sex": "1", "service_unit": "某部"},
        {"name": Source.TYPED, "household_address": Source.BASELINE, "sex": Source.CHIP},
        typed_over=said,
    )
    await take(context, arrived)
    async with door.client(CIVIL) as client:
        item = (await client.get(f"/items/{arrived.key}")).json()
    assert item["card"] == {"fields": {"sex": "1", **said}, "differs": ["name"]}
    kept = str([tuple(row) for row in await rows(context, "SELECT * FROM review_item")])
    assert "旦增" not in kept
    trail = await rows(context, "SELECT action, subject_ids FROM audit")
    assert [(one.action, [str(s) for s in one.subject_ids]) for one in trail] == [
        ("record-read", [arrived.key])
    ]


async def test_the_card_stays_beside_what_a_reviewer_took_away(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R59, R71: a field that the record has no more is shown, as the baseline's would be, and is no
    other value."""
    arrived = arriving(
        villages[0], {"name": NAME}, {"name": Source.CHIP}, typed_over={"ethnicity": "04"}
    )
    await take(context, arrived)
    async with door.client(CIVIL) as client:
        item = (await client.get(f"/items/{arrived.key}")).json()
    assert item["card"] == {"fields": {"name": NAME, "ethnicity": "04"}, "differs": []}


async def test_what_was_typed_is_not_said_to_be_the_cards(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R59: without a card there is none to compare with."""
    arrived = arriving(villages[0], {"name": NAME}, {"name": Source.TYPED})
    await take(context, arrived)
    async with door.client(CIVIL) as client:
        assert (await client.get(f"/items/{arrived.key}")).json()["card"] is None
