"""The matcher's path and the county job's path find the same, whatever the order of events.

A small county of few names and numbers, so that everything that may touch something else does:
shared names, numbers that change hands, damaged numbers, rows that come and go. Each seed tells the
same history twice: once shuffled, doubled and late, with the matcher settling in between what the
outbox named; once in order, with one county job at the end.

What is found is the same. Which orders are left that can be compared no more is not: whoever
matches in between finds what the other never sees. Of those it is the same who is among them, given
the orders that were open: that is a function of the tables, too.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from muster.contracts.parts.crosscheck import DepartmentRow
from muster.crosscheck.handlers import settling
from muster.crosscheck.matcher import settle_batch
from muster.crosscheck.store import matching, touched
from muster.messaging.message import Message
from muster.runtime.context import Context
from muster.vocabulary import resident_number
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Discrepancy, Origin, SubjectState

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
    here,
    make_fields,
    make_row,
    open_phase,
    rows,
    run_county,
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


@pytest.mark.parametrize("seed", SEEDS)
async def test_both_paths_find_the_same(context: Context, other: Context, seed: int) -> None:
    """R75: shuffled, doubled and late events end in what the county job finds at once."""
    by_one = await by_matcher(context, History(seed))
    by_all = await by_county_job(other, History(seed))
    assert by_one == by_all
    assert by_all
    # And a county job after the matcher has nothing left to do.
    async with context.database.transaction() as conn:
        done = await settling.settle_county(context, conn)
    assert done == settling.Settled()
    await _check_marked(context)


async def _check_marked(context: Context) -> None:
    """Whoever bears a marked order still stands open or collected; and whatever marks the open
    orders bore before, one pass says the same of them."""
    marked = (
        "SELECT discrepancy_id::text, coalesce(s.state, '') AS state FROM discrepancy d "
        "LEFT JOIN subject s USING (subject_id) "
        "WHERE closed_at IS NULL AND NOT comparable ORDER BY 1"
    )
    before = await rows(context, marked)
    assert {row.state for row in before} <= {"open", "collected"}
    await rows(
        context,
        "UPDATE discrepancy SET comparable = NOT comparable WHERE closed_at IS NULL RETURNING 1",
    )
    async with context.database.transaction() as conn:
        done = await settling.settle_county(context, conn)
    assert done == settling.Settled(marked=len(before))
    assert await rows(context, marked) == before


async def test_the_seeds_leave_orders_that_cannot_be_compared(context: Context) -> None:
    """Without it what is said of those could pass idly."""
    for seed in SEEDS:
        await by_matcher(context, History(seed))
        if await rows(
            context, "SELECT 1 FROM discrepancy WHERE closed_at IS NULL AND NOT comparable"
        ):
            return
    pytest.fail("no seed leaves one")


async def test_the_seeds_plant_every_kind(context: Context) -> None:
    """Without it the test above could pass idly."""
    wanted = {*map(str, Discrepancy), f"candidate {HR}", f"candidate {AF}"}
    kinds: set[str] = set()
    for seed in SEEDS:
        await by_county_job(context, History(seed))
        kinds |= {row.kind for row in await rows(context, "SELECT kind FROM discrepancy")}
        kinds |= {
            f"candidate {r[0]}" for r in await rows(context, "SELECT department FROM candidate")
        }
        if kinds == wanted:
            return
    pytest.fail(f"no seed plants {wanted - kinds}, or one {kinds - wanted}")


# -- a mutation of either path is noticed ----------------------------------------------------------


def mutations() -> Iterator[Any]:
    for about, rules in touched.RULES.items():
        for name in rules:
            yield pytest.param(("touch", about, name), id=f"touch {about} {name}")
    for kind in matching.KINDS:
        for path in ("matcher", "county job"):
            yield pytest.param(("kind", kind, path), id=f"{kind} of the {path}")
    yield pytest.param(("candidates", "", ""), id="candidates of the matcher's path")


NOTHING = "SELECT NULL::uuid, '', '', '', '', NULL::uuid WHERE false"


async def not_due(*_: object, **__: object) -> bool:
    return False


def mutate(patch: pytest.MonkeyPatch, mutation: Any) -> None:
    """Take one rule away."""
    what, first, second = mutation
    if what == "kind":
        patch.setitem(matching.KINDS, first, NOTHING)
    elif what == "touch":
        patch.setitem(touched.RULES[first], second, "SELECT NULL::uuid AS subject_id WHERE false")
    else:
        patch.setattr(touched, "take_due", not_due)


@pytest.fixture(scope="module")
def rightly() -> dict[int, set[tuple[Any, ...]]]:
    """What the county job finds for a seed, as far as one asked; the matcher finds the same, as the
    tests above show."""
    return {}


@pytest.mark.parametrize("mutation", list(mutations()))
async def test_a_mutation_of_either_path_is_found(
    context: Context, mutation: Any, rightly: dict[int, set[tuple[Any, ...]]]
) -> None:
    """Each rule taken away from one path makes the two differ for some seed."""
    for seed in SEEDS:
        if seed not in rightly:
            rightly[seed] = await by_county_job(context, History(seed))
        with pytest.MonkeyPatch.context() as patch:
            mutate(patch, mutation)
            path = by_county_job if mutation[2] == "county job" else by_matcher
            if await path(context, History(seed)) != rightly[seed]:
                return
    pytest.fail("no seed tells the mutated path from the other")


# -- and so is one of what is shown to be gone -----------------------------------------------------

PATHS = ("matcher", "county job")
ENDS = {
    (kind, how)
    for kind in matching.GONE
    for how in ("closed", "marked")
    # Whoever stands open is missed, whatever rows say: none is left that is not found.
    if (kind, how) != (Discrepancy.MISSED_SUBJECT, "marked")
}
Ended = set[tuple[str, str, str]]


def in_two_pieces() -> tuple[list[Message], list[Message]]:
    """Of each kind somebody whose order is mended, and somebody of whom the register says no more;
    what is found first, and what becomes of it. Seeds have too few of these."""
    first: list[Message] = []
    then: list[Message] = []
    before: list[DepartmentRow] = []
    after: list[DepartmentRow] = []
    serials = iter(range(1, 100))

    def person(fields: Fields, state: SubjectState = SubjectState.COLLECTED) -> str:
        who = new_id()
        first.append(subject(who, here(1, state), fields))
        return who

    def row(truth: Fields, now: Fields | None = None) -> None:
        row_id = new_id()
        before.append(make_row(PS, truth, row_id=row_id))
        if now is not None:
            after.append(make_row(PS, now, row_id=row_id))

    for mended in (True, False):
        for wrong in (
            lambda one: {**one, "ethnicity": "04"},
            lambda one: without(one, "ethnicity"),
        ):
            truth = make_fields(next(serials))
            who = person(wrong(truth))
            row(truth, truth if mended else None)
            if mended:
                then.append(subject(who, here(2), truth, version=2))
        for said in ({"died_on": "2018-09-01"}, {"moved_to": OUTSIDE}):
            truth = make_fields(next(serials))
            person(truth)
            row({**truth, **said}, truth if mended else None)
        truth = make_fields(next(serials))
        birth = date.fromisoformat(str(truth["birth_date"]))
        twin = {**truth, "resident_number": resident_number.make(COUNTY, birth, 999)}
        person(truth)
        person(twin)
        row(truth, truth if mended else None)
        if mended:
            after.append(make_row(PS, twin))
    truth = make_fields(next(serials))
    who = person(truth, SubjectState.OPEN)
    then.append(subject(who, here(2), truth))
    first += Extract(PS, before).messages()
    then += Extract(PS, after, EARLY + timedelta(days=1)).messages()
    return first, then


async def ended(context: Context, pieces: tuple[list[Message], list[Message]], path: str) -> Ended:
    """Kind, id and how it ended of each work order that is closed in the end, or marked as one
    that can be compared no more."""
    await empty(context)
    await open_phase(context)
    for messages in pieces:
        await take(context, *messages)
        if path == "matcher":
            named = await rows(context, "SELECT DISTINCT subject_id::text FROM touched")
            await settle_batch(context, [row.subject_id for row in named])
        else:
            await run_county(context)
    found = await rows(
        context,
        "SELECT kind, discrepancy_id::text, CASE WHEN closed_at IS NULL THEN 'marked' "
        "ELSE 'closed' END FROM discrepancy WHERE closed_at IS NOT NULL OR NOT comparable",
    )
    return {tuple(row) for row in found}


@pytest.mark.parametrize("path", PATHS)
async def test_a_mutation_of_what_is_gone_is_found(
    context: Context, other: Context, path: str
) -> None:
    """R76: an order closes when it is shown to be gone, and then only. A rule that shows nothing
    leaves it marked; one that shows everything closes what cannot be compared."""
    pieces = in_two_pieces()
    rightly = await ended(context, pieces, path)
    assert {(kind, how) for kind, _, how in rightly} == {(str(k), how) for k, how in ENDS}
    assert await ended(other, pieces, path) == rightly
    for kind, how in sorted(ENDS):
        shown = "false" if how == "closed" else f"d.kind = '{kind}'"
        instead = f"SELECT d.discrepancy_id FROM standing d WHERE {shown}"
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(matching.GONE, kind, instead)
            wrongly = await ended(other, pieces, path)
        turned = {"closed": "marked", "marked": "closed"}[how]
        assert wrongly == {
            (one, order, turned if (one, end) == (kind, how) else end)
            for one, order, end in rightly
        }, (kind, how)
