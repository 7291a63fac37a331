"""Histories of a small county, told by both paths: the matcher's and the county job's."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

from muster.contracts.parts.crosscheck import DepartmentRow
from muster.crosscheck.handlers import settling
from muster.crosscheck.matcher import settle_batch
from muster.messaging.message import Message
from muster.runtime.context import Context
from muster.vocabulary import resident_number
from muster.vocabulary.states import Origin, SubjectState

from .conftest import (
    AF,
    COUNTY,
    EARLY,
    HERE,
    HR,
    OUTSIDE,
    PS,
    THERE,
    Extract,
    Fields,
    empty,
    make_row,
    open_phase,
    rows,
    standing,
    subject,
    take,
    without,
)

SEEDS = range(20)
PEOPLE = 7
STATES = (
    *(SubjectState.COLLECTED,) * 4,
    *(SubjectState.OPEN,) * 2,
    SubjectState.MERGED,
    SubjectState.DEAD_BEFORE,
)


def uuid_of(chance: random.Random) -> str:
    text = f"{chance.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"


class History:
    """What capture and three departments say, version by version; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.names = ["扎西", "卓玛", "才让"]
        self.births = [date(1950, 1, 2), date(1951, 3, 4)]
        self.numbers = [
            (birth, resident_number.make(COUNTY, birth, serial))
            for birth in self.births
            for serial in (1, 2, 3)
        ]
        self.row_ids = {d: [uuid_of(self.chance) for _ in range(6)] for d in (PS, HR, AF)}
        self.lines: list[list[Message]] = [self._person() for _ in range(PEOPLE)]
        self.lines += self._planted()
        self.lines += [self._department(department) for department in (PS, HR, AF)]

    def _fields(self) -> Fields:
        chance = self.chance
        birth, number = chance.choice(self.numbers)
        fields: Fields = {
            "name": chance.choice(self.names),
            # Whose day of birth is not known is found by number only.
            "birth_date": birth.isoformat() if chance.random() > 0.25 else str(birth.year),
            "resident_number": number if chance.random() > 0.2 else number[:-2],
            "ethnicity": chance.choice(("01", "04")),
            "household_area": chance.choice((HERE, THERE)),
            "service_unit": chance.choice(("一连", "二连")),
            "enlisted_on": chance.choice(("1970", "1970-12", "1970-12-01", "1971-12-01")),
        }
        return without(fields, *chance.sample(("service_unit", "ethnicity", "enlisted_on"), 1))

    def _person(self) -> list[Message]:
        chance, who, told = self.chance, uuid_of(self.chance), []
        fields = self._fields()
        for revision in range(1, chance.randint(2, 5)):
            if chance.random() < 0.6:
                fields = self._fields() if chance.random() < 0.5 else {**fields, "ethnicity": "01"}
            state = chance.choice(STATES)
            village = chance.choice((HERE, HERE, THERE))
            at = standing(revision, (village, Origin.BASELINE, state))
            told.append(subject(who, at, fields, version=int(state is SubjectState.COLLECTED)))
        return told

    def _planted(self) -> list[list[Message]]:
        """Three tangles that chance alone makes too seldom, under names of their own."""
        chance, birth = self.chance, date(1952, 5, 6)
        first, second, third, fourth = (
            resident_number.make(COUNTY, birth, serial) for serial in (1, 2, 3, 4)
        )

        def told(name: str, number: str, **more: str) -> Fields:
            return {"name": name, "birth_date": str(birth), "resident_number": number, **more}

        def people(*told: Fields) -> list[Message]:
            who = uuid_of(chance)
            at = [standing(n, (HERE, Origin.BASELINE, STATES[0])) for n in range(1, 9)]
            return [subject(who, *pair) for pair in zip(at, told, strict=False)]

        def row(fields: Fields) -> DepartmentRow:
            return make_row(PS, fields, row_id=uuid_of(chance))

        self.planted_rows = [
            # Somebody with a damaged number has a row by name, until it is another's by number.
            row(told("洛桑", first, died_on="2018-09-01")),
            # The registrar knows one of two namesakes, by number only.
            row({**told("索南", second), "birth_date": "1952"}),
            # The registrar knows somebody by name only.
            row(told("拉毛", "63232", died_on="2018-09-01")),
        ]
        return [
            people(told("洛桑", "63232")),
            people(told("尼玛", third), told("尼玛", first)),
            people(told("索南", second)),
            people(told("索南", fourth)),
            people(told("拉毛", resident_number.make(COUNTY, birth, 5))),
        ]

    def _department(self, department: str) -> list[Message]:
        chance, told = self.chance, []
        for number in range(chance.randint(1, 3)):
            made = []
            for row_id in chance.sample(self.row_ids[department], chance.randint(1, 6)):
                fields = self._fields()
                if department != AF and chance.random() < 0.4:
                    fields["died_on"] = chance.choice(("2018-09-01", "2018-11-01"))
                if department != AF and chance.random() < 0.4:
                    fields["moved_to"] = chance.choice((OUTSIDE, HERE, THERE))
                made.append(make_row(department, fields, row_id=row_id))
            if department == PS:
                made += [row for row in self.planted_rows if chance.random() < 0.7]
            extract = Extract(
                department,
                made,
                EARLY + timedelta(days=number),
                size=2,
                extract_id=uuid_of(chance),
            )
            told += extract.messages()
        return told

    def in_order(self) -> list[Message]:
        return [message for line in self.lines for message in line]

    def shuffled(self) -> list[Message]:
        messages = self.in_order()
        messages += self.chance.sample(messages, len(messages) // 3)
        self.chance.shuffle(messages)
        return messages


async def found(context: Context) -> set[tuple[Any, ...]]:
    """Everything that is found: work orders, and candidates."""
    open_orders = await rows(
        context,
        "SELECT discrepancy_id::text, kind, subject_id::text, department, field, other, village, "
        "said_by, row_id::text FROM discrepancy WHERE closed_at IS NULL AND comparable",
    )
    missed = await rows(context, "SELECT candidate_id::text FROM candidate WHERE state <> 'closed'")
    return {tuple(row) for row in (*open_orders, *missed)}


async def by_matcher(context: Context, history: History) -> set[tuple[Any, ...]]:
    """Shuffled, doubled and late, with the phase opened somewhere on the way; what the outbox names
    is settled in small batches, out of order and sometimes twice."""
    await empty(context)
    chance = history.chance
    messages = history.shuffled()
    opens_at = chance.randrange(len(messages) // 2)
    read = 0
    for place, message in enumerate(messages):
        if place == opens_at:
            await open_phase(context)
        await take(context, message)
        if chance.random() < 0.3:
            read = await _settle_some(context, chance, read)
    await _settle_some(context, chance, read)
    await settling.settle_left(context)
    return await found(context)


async def _settle_some(context: Context, chance: random.Random, read: int) -> int:
    named = await rows(
        context,
        "SELECT id, key FROM outbox WHERE topic = 'crosscheck-touched' AND id > :read ORDER BY id",
        read=read,
    )
    keys = [row.key for row in named]
    keys += chance.sample(keys, len(keys) // 4)
    chance.shuffle(keys)
    for start in range(0, len(keys), 3):
        await settle_batch(context, keys[start : start + 3])
    return max((row.id for row in named), default=read)


async def by_county_job(context: Context, history: History) -> set[tuple[Any, ...]]:
    """In order, and everything matched once at the end."""
    await empty(context)
    await take(context, *history.in_order())
    await open_phase(context)
    return await found(context)
