"""Everything is done in sets: how many statements it takes does not depend on how many people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import event, text

from muster.crosscheck.main import service
from muster.crosscheck.matcher import settle_batch
from muster.runtime.context import Context
from muster.vocabulary.ids import new_id

from .conftest import (
    AF,
    EARLY,
    HERE,
    HR,
    OPEN,
    PS,
    Extract,
    empty,
    here,
    make_fields,
    make_row,
    open_phase,
    rows,
    subject,
)

# A county in plain SQL, with codes that stand for blinds: every tenth person differs in a field,
# every seventh is open, every ninth has moved, and some rows are nobody's.
COUNTY_OF = """
    INSERT INTO subject (subject_id, revision, version, village, state, origin, places, lacking)
    SELECT CAST(lpad(to_hex(n), 32, '0') AS uuid), 1, 1, CAST(:village AS text),
           CASE WHEN n % 7 = 0 THEN 'open' ELSE 'collected' END, 'baseline',
           jsonb_build_array(CAST(:village AS text), '632321'), '["service_unit"]'
    FROM generate_series(1, CAST(:people AS int)) AS n;
    INSERT INTO subject_blind (subject_id, holder, number, name_birth, fields)
    SELECT CAST(lpad(to_hex(n), 32, '0') AS uuid), holder, holder || '/' || n,
           holder || '/name/' || n / 2,
           CASE holder WHEN 'public-security' THEN jsonb_build_object('ethnicity', '["a"]'::jsonb)
                       ELSE '{}' END
    FROM generate_series(1, CAST(:people AS int)) AS n,
         unnest(ARRAY['public-security', 'human-resources', 'armed-forces', 'campaign']) AS holder;
    INSERT INTO department_row (department, row_id, area, number, name_birth, fields, moved_to)
    SELECT department, CAST(lpad(to_hex(n), 32, '0') AS uuid), CAST(:village AS text),
           department || '/' || n,
           department || '/name/' || n / 2,
           CASE department
               WHEN 'public-security' THEN jsonb_build_object(
                   'ethnicity', CASE WHEN n % 10 = 0 THEN '["b"]' ELSE '["a"]' END::jsonb)
               WHEN 'armed-forces' THEN '{"service_unit": ["c"]}' ELSE '{}' END,
           CASE WHEN department = 'human-resources' AND n % 9 = 0 THEN '110101' END
    FROM generate_series(1, CAST(:people AS int)) AS n,
         unnest(ARRAY['public-security', 'human-resources', 'armed-forces']) AS department;
    INSERT INTO department_row (department, row_id, area, number, fields)
    SELECT 'armed-forces', CAST(lpad(to_hex(n), 32, 'f') AS uuid), CAST(:village AS text),
           'nobody/' || n, '{}'
    FROM generate_series(1, CAST(:people AS int) / 100) AS n
"""


async def plant(context: Context, people: int) -> None:
    await empty(context)
    async with context.database.transaction() as conn:
        for statement in COUNTY_OF.split(";"):
            values = {"people": people, "village": HERE}
            asked = {name: value for name, value in values.items() if f":{name}" in statement}
            await conn.execute(text(statement), asked)


@contextmanager
def counted(context: Context) -> Iterator[list[str]]:
    """Statements that reach the database."""
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    engine = context.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def county_job(context: Context, people: int) -> int:
    await plant(context, people)
    with counted(context) as seen:
        done = await open_phase(context)
    expected = sum(
        (n % 7 == 0)  # missed
        + (n % 10 == 0 and n % 7 != 0)  # differs
        + (n % 9 == 0)  # moved
        + (n % 7 != 0)  # lacks what the armed forces have
        for n in range(1, people + 1)
    )
    assert done.opened == expected
    assert done.candidates == people // 100
    told = await rows(context, "SELECT topic, count(*) AS n FROM outbox GROUP BY topic ORDER BY 1")
    assert {row.topic: row.n for row in told} == {
        "crosscheck-discrepancy-opened": expected,
        f"crosscheck-reveal-requested-{AF}": people // 100,
    }
    return len(seen)


async def test_a_county_job_over_twenty_thousand_people_and_three_departments(
    context: Context,
) -> None:
    """R75: as many statements as over two hundred."""
    few = await county_job(context, 200)
    many = await county_job(context, 20_000)
    assert few == many
    assert many < 30


async def test_a_batch_of_the_matcher_takes_as_many_statements_whatever_its_size(
    context: Context,
) -> None:
    await plant(context, 2000)
    await open_phase(context)
    ids = [f"{n:032x}" for n in range(1, 501)]
    people = [f"{i[:8]}-{i[8:12]}-{i[12:16]}-{i[16:20]}-{i[20:]}" for i in ids]
    taken = []
    for some in (people[:2], people[2:]):
        async with context.database.transaction() as conn:
            await conn.execute(text("UPDATE subject SET state = 'open'"))
            await conn.execute(
                text("INSERT INTO touched (subject_id) SELECT unnest(CAST(:ids AS uuid[]))"),
                {"ids": some},
            )
        with counted(context) as seen:
            assert (await settle_batch(context, some)).opened > 0
        taken.append(len(seen))
    assert taken[0] == taken[1]


async def test_intake_takes_as_many_statements_whatever_the_size_of_the_batch(
    context: Context,
) -> None:
    takes = {line.topic: line.take for line in service.subscriptions}
    await open_phase(context)
    taken = []
    for size in (3, 120):
        people = [subject(new_id(), here(1, OPEN), make_fields(i)) for i in range(size)]
        made_at = EARLY + timedelta(days=size)
        extract = Extract(HR, [make_row(HR, make_fields(i)) for i in range(size)], made_at)
        with counted(context) as seen:
            async with context.database.transaction() as conn:
                await takes["capture-record-submitted"](context, conn, people)
                data = takes["crosscheck-department-data-<department>"]
                await data(context, conn, extract.messages())
        taken.append(len(seen))
    assert taken[0] == taken[1]
    assert len(await rows(context, "SELECT 1 FROM subject")) == 123
    assert PS not in {r[0] for r in await rows(context, "SELECT department FROM department_row")}
