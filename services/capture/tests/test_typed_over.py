"""What the chip says of a field that the desk typed over: held against the reading, and told to the
reviewer (design, section 5, rule 1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from muster.capture.domain.completion import typed_over
from muster.vocabulary.states import Role

from .conftest import AREA
from .devices import ATTESTED, ON_CARD, Device, accepted, hear, new_device, of, visitor
from .test_completing import complete

Bench = Any
ON_CHIP = "卡上某"


async def typed_over_name(
    bench: Bench, device: Device, **said: str
) -> tuple[Any, dict[str, Any], Any]:
    """Somebody whose card says another name than the one that was typed; the record says so."""
    person, pieces = await visitor(bench, device)
    record = bench.record(person, pieces=pieces)
    card, reading = device.read({**person.fields(), "name": ON_CHIP})
    chip = [name for name in ON_CARD if name != "name"]
    record["provenance"] |= dict.fromkeys(chip, "chip")
    record["reading"] = {**reading, "typed_over": said or {"name": ON_CHIP}}
    signed, record["signature"] = device.sign(record)
    return person, record, (card, signed)


async def told(bench: Bench) -> Any:
    """What verification hears of the newest version."""
    *_, (_, event) = await bench.events("capture-record-submitted")
    return event.parts["verification"]


async def refused(bench: Bench, device: Device, record: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Field and rule of what stands against a record; said in both languages, without a value."""
    answer = await bench.upload(device.terminal, [record])
    [receipt] = answer.json()["receipts"]
    assert receipt["status"] == "refused"
    assert all(found["zh"] and found["en"] for found in receipt["reasons"])
    assert ON_CHIP not in answer.text
    assert await bench.scalar("SELECT count(*) FROM record_version") == 0
    return {(found["field"], found["rule"]) for found in receipt["reasons"]}


async def test_what_was_typed_over_goes_to_the_reviewer(bench: Bench) -> None:
    """R55, R59: both values reach the review, that of the chip under what the terminal committed
    to; it stays sealed in the store."""
    device = await new_device(bench)
    person, record, events = await typed_over_name(bench, device)
    await accepted(bench, device, record)
    await hear(bench, *events)
    assert await of(bench, person) == ATTESTED
    part = await told(bench)
    assert part.record.fields["name"] == person.name
    assert part.provenance["name"] == "typed"
    assert part.typed_over == {"name": ON_CHIP}
    assert ON_CHIP not in str(await bench.rows("SELECT * FROM record_version"))


async def test_what_stands_as_read_is_not_told_twice(bench: Bench) -> None:
    """R59: a record that says nothing was typed over carries nothing more than before, whether its
    desk knows the member or not."""
    device = await new_device(bench)
    for more in ({}, {"typed_over": {}}):
        person, pieces = await visitor(bench, device)
        record = bench.record(person, pieces=pieces)
        record["reading"] = {**device.read(person.fields())[1], **more}
        record["provenance"] |= dict.fromkeys(ON_CARD, "chip")
        await accepted(bench, device, record)
        assert (await told(bench)).typed_over is None


async def test_a_card_of_which_every_field_was_typed_over_is_still_a_reading(bench: Bench) -> None:
    """R55, R59: who types over all that the card says does not get rid of the card."""
    device = await new_device(bench)
    person, record, events = await typed_over_name(bench, device)
    record["provenance"] |= dict.fromkeys(ON_CARD, "typed")
    await accepted(bench, device, record)
    await hear(bench, *events)
    assert await of(bench, person) == ATTESTED
    assert (await told(bench)).typed_over == {"name": ON_CHIP}


async def test_what_the_chip_did_not_say_is_refused(bench: Bench) -> None:
    """R55, R59: nobody puts words into the card's mouth; mended, the record goes in under the same
    signature."""
    device = await new_device(bench)
    _, record, _ = await typed_over_name(bench, device, name="另一某")
    assert await refused(bench, device, record) == {("name", "typed-over-differs")}
    record["reading"]["typed_over"] = {"name": ON_CHIP}
    await accepted(bench, device, record)


async def test_a_field_is_the_chips_or_typed_over_and_not_both(bench: Bench) -> None:
    """R55, R59."""
    device = await new_device(bench)
    person, record, _ = await typed_over_name(bench, device)
    record["reading"]["typed_over"] |= {"sex": person.fields()["sex"]}
    assert await refused(bench, device, record) == {("sex", "typed-over-source")}


def _drop_salt(reading: dict[str, Any]) -> None:
    reading["salts"].pop("name")


def _drop_hash(reading: dict[str, Any]) -> None:
    reading["hashes"].pop("name")


@pytest.mark.parametrize("spoil", [_drop_salt, _drop_hash])
async def test_what_is_not_revealed_is_refused(
    bench: Bench, spoil: Callable[[dict[str, Any]], None]
) -> None:
    """R55, R59: without salt or hash nobody can tell what was on the card."""
    device = await new_device(bench)
    _, record, _ = await typed_over_name(bench, device)
    spoil(record["reading"])
    assert await refused(bench, device, record) == {("name", "typed-over-unrevealed")}


async def test_a_field_that_the_record_has_not_is_refused_and_a_strange_name_not_repeated(
    bench: Bench,
) -> None:
    """R55, R69: of the card no more is kept than stands beside a field of the record; a name that
    no form has may be anybody's."""
    device = await new_device(bench)
    _, record, _ = await typed_over_name(bench, device)
    record["reading"]["typed_over"] |= {"former_name": "某", "某人的秘密": "某"}
    answer = await bench.upload(device.terminal, [record])
    assert "某人的秘密" not in answer.text
    assert await refused(bench, device, record) == {
        ("former_name", "typed-over-source"),
        ("reading", "typed-over-source"),
    }


async def test_a_value_that_no_hash_can_be_of_is_refused(bench: Bench) -> None:
    """R69: hostile input is answered with a reason."""
    device = await new_device(bench)
    _, record, _ = await typed_over_name(bench, device)
    record["reading"]["typed_over"] = {"name": 5}
    assert await refused(bench, device, record) == {("reading", "record-shape")}


# -- a reviewer completes it -----------------------------------------------------------------------


def test_only_what_was_the_chips_and_is_not_any_more_was_typed_over() -> None:
    """R59, R71: changed or taken away; what another source said before is nothing of the chip's."""
    fields = {"name": "a", "sex": "1", "ethnicity": "01", "phone": "1"}
    before = {"name": "chip", "sex": "chip", "ethnicity": "chip", "phone": "typed"}
    after = {"name": "reviewer", "sex": "chip", "phone": "reviewer"}
    assert typed_over(fields, before, after) == {"name": "a", "ethnicity": "01"}


async def test_what_a_reviewer_types_over_stays_beside_it(bench: Bench) -> None:
    """R59, R71: whoever looks at the completed version sees what the chip says of each field, also
    of those that the desk had typed over."""
    device = await new_device(bench)
    person, record, _ = await typed_over_name(bench, device)
    await accepted(bench, device, record)
    answer = await complete(
        bench, person, {"ethnicity": "04"}, headers=bench.headers(Role.CIVIL_AFFAIRS_REVIEWER, AREA)
    )
    assert answer.status_code == 200, answer.text
    assert (await told(bench)).typed_over == {"name": ON_CHIP, "ethnicity": "01"}
    await complete(bench, person, {"household_address": "某路二号"}, 2)
    assert (await told(bench)).typed_over == {"name": ON_CHIP, "ethnicity": "01"}
