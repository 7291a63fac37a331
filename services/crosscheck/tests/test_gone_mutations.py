"""What is shown to be gone closes its order, on both paths: a mutation of that is noticed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from muster.contracts.parts.crosscheck import DepartmentRow
from muster.crosscheck.matcher import settle_batch
from muster.crosscheck.store import matching
from muster.messaging.message import Message
from muster.runtime.context import Context
from muster.vocabulary import resident_number
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Discrepancy, SubjectState

from .conftest import (
    COUNTY,
    EARLY,
    OUTSIDE,
    PS,
    Extract,
    Fields,
    empty,
    here,
    make_fields,
    make_row,
    open_phase,
    rows,
    run_county,
    subject,
    take,
    without,
)

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
