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

from collections.abc import Iterator
from typing import Any

import pytest

from muster.crosscheck.handlers import settling
from muster.crosscheck.store import matching, touched
from muster.runtime.context import Context
from muster.vocabulary.states import Discrepancy

from .conftest import (
    AF,
    HR,
    rows,
)
from .histories import SEEDS, History, by_county_job, by_matcher


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
