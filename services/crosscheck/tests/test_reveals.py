"""A reveal request that a department lost is asked again, under the id that it had (R74, R75)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from muster.crosscheck.handlers import reveals, settling
from muster.crosscheck.main import service
from muster.observability import trace
from muster.persistence.database import Database
from muster.persistence.migrations import upgrade_async
from muster.runtime.context import Context, build_context
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

from .conftest import (
    AF,
    HERE,
    HR,
    OPEN,
    Door,
    data,
    here,
    make_fields,
    make_row,
    make_settings,
    match_touched,
    one_order,
    open_phase,
    revealed,
    rows,
    subject,
    take,
)

TOPIC = f"crosscheck-reveal-requested-{AF}"
TRUTH = make_fields(1)
WHO = new_id()
WHY = {"reason": "村里核对后更正"}


async def sent(context: Context, hours: int) -> list[str]:
    """The relay sent everything so many hours ago; gives the events that asked, in order."""
    past = f"now() - interval '{hours} hours'"
    await rows(context, f"UPDATE reveal SET asked_at = {past} RETURNING 1")
    await rows(context, f"UPDATE outbox SET published_at = {past} RETURNING 1")
    found = await rows(context, f"SELECT event_id FROM outbox WHERE topic = '{TOPIC}' ORDER BY id")
    return [str(row.event_id) for row in found]


async def again(context: Context) -> list[str]:
    """The job looks; gives what is to be published again."""
    await reveals.ask_again(context)
    found = await rows(context, "SELECT event_id FROM outbox WHERE published_at IS NULL ORDER BY 1")
    return [str(row.event_id) for row in found]


async def asked_for(context: Context, door: Door) -> tuple[str, str]:
    """A work order whose row a blind department was asked to open: request, row."""
    order = await one_order(context, WHO, {**TRUTH, "service_unit": "二连"}, AF, TRUTH)
    async with door.client((Role.COLLECTOR, HERE)) as client:
        answer = await client.post(f"/discrepancies/{order}/reveal", json=WHY)
    assert answer.is_success
    [row] = await rows(context, "SELECT reveal_id::text, row_id::text FROM reveal")
    return row.reveal_id, row.row_id


async def test_what_nobody_answers_is_asked_again_under_the_same_id(
    context: Context, door: Door
) -> None:
    """A connector that was enrolled anew, or a broker that kept it too short, lost the request."""
    request, row_id = await asked_for(context, door)
    await sent(context, 23)
    assert await again(context) == []
    events = await sent(context, 25)
    assert len(events) == 1
    assert await again(context) == events
    await sent(context, 25)
    await take(context, revealed(AF, request, row_id, TRUTH))
    assert await again(context) == []
    assert [one.number for one in await rows(context, "SELECT number FROM reveal")] == [1]


async def test_rows_that_are_asked_for_together_are_joined_by_no_trace(context: Context) -> None:
    """R74: nor with what the run that asks tells others."""
    await take(context, *data(AF, make_row(AF, TRUTH), make_row(AF, make_fields(2))))
    with trace.use(None) as run:
        await open_phase(context)
        await take(context, *data(HR, make_row(HR, make_fields(3), area=HERE)))
        await settling.settle_left(context)
    found = await rows(context, "SELECT topic, traceparent, occurred_at FROM outbox")
    of = {row.traceparent.split("-")[1]: row.topic for row in found if row.topic == TOPIC}
    assert len(of) == 2
    assert {row.occurred_at.microsecond for row in found if row.topic == TOPIC} == {0}
    others = {row.traceparent.split("-")[1] for row in found if row.topic != TOPIC}
    assert run.trace_id in others
    assert not of.keys() & others


async def test_nobody_asks_again_for_an_order_that_is_closed(context: Context, door: Door) -> None:
    """R100: without an order there is no reason to open the row; when it comes back there is."""
    await asked_for(context, door)
    await take(context, subject(WHO, here(1), TRUTH, version=2))
    await match_touched(context)
    await sent(context, 48)
    assert await again(context) == []
    await take(context, subject(WHO, here(1), {**TRUTH, "service_unit": "二连"}, version=3))
    await match_touched(context)
    events = await sent(context, 48)
    assert await again(context) == events


async def test_a_candidates_row_is_asked_for_again_until_the_person_is_found(
    context: Context,
) -> None:
    """R75: whom only a blind department knows is not forgotten with a lost request."""
    await open_phase(context)
    await take(context, *data(AF, make_row(AF, TRUTH)))
    await settling.settle_left(context)
    events = await sent(context, 25)
    assert len(events) == 1
    assert await again(context) == events
    await take(context, subject(WHO, here(1, OPEN), TRUTH))
    await match_touched(context)
    await sent(context, 48)
    assert await again(context) == []


async def test_how_long_a_department_may_take_is_a_setting(
    database_urls: tuple[str, str], rings: Path, context: Context, door: Door
) -> None:
    settings = make_settings(database_urls[0], rings, ask_again_seconds=3600)
    impatient = build_context("crosscheck", settings)
    await asked_for(context, door)
    events = await sent(context, 2)
    assert await again(context) == []
    assert await again(impatient) == events
    await impatient.database.close()


def test_the_service_looks_by_itself() -> None:
    assert reveals.ask_again in {job.run for job in service.jobs}


async def test_requests_of_before_name_their_event_after_the_migration(
    new_database: Callable[[str | None], str], tmp_path: Path
) -> None:
    url = new_database(None)
    shutil.copy(service.migrations / "0001_initial.py", tmp_path)
    await upgrade_async(url, tmp_path)
    database = Database(url)
    async with database.transaction() as conn:
        await conn.execute(
            text(
                "INSERT INTO reveal (reveal_id, department, row_id, number, candidate_id, "
                "asked_by, asked_at, reason_sealed, state) SELECT gen_random_uuid(), :department, "
                "gen_random_uuid(), 1, gen_random_uuid(), 'a', now(), 's', 'asked' "
                "FROM generate_series(1, 2)"
            ),
            {"department": AF},
        )
        await conn.execute(
            text(
                "INSERT INTO outbox (event_id, topic, partition, key, version, ref, occurred_at) "
                "SELECT gen_random_uuid(), :topic, 0, row_id, number, "
                "jsonb_build_object('reveal_id', reveal_id), now() FROM reveal"
            ),
            {"topic": TOPIC},
        )
    await upgrade_async(url, service.migrations)
    async with database.transaction() as conn:
        same = await conn.scalars(
            text(
                "SELECT o.ref ->> 'reveal_id' = r.reveal_id::text "
                "FROM reveal r JOIN outbox o USING (event_id)"
            )
        )
        assert list(same) == [True, True]
    await database.close()


@pytest.mark.parametrize("seconds", [0, -1, 366 * 86_400])
def test_a_patience_that_makes_no_sense_is_refused(rings: Path, seconds: float) -> None:
    with pytest.raises(ValueError, match="ask_again_seconds"):
        make_settings("postgresql+asyncpg://x/x", rings, ask_again_seconds=seconds)
