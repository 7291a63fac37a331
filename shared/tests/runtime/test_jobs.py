"""Jobs by the clock: they outlive a database that is away, and stop when they are told to."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from muster.contracts.topics import SERVICES, service_topics
from muster.runtime import jobs as running
from muster.runtime.jobs import Job, Jobs
from muster.runtime.service import Service
from muster.runtime.settings import ServiceSettings
from muster.security import keyring

SOON = 2.0


async def ends(task: asyncio.Task[None]) -> bool:
    done, _ = await asyncio.wait([task], timeout=SOON)
    return bool(done)


async def test_each_job_runs_in_its_own_time_with_the_context() -> None:
    context, seen = object(), asyncio.Queue[tuple[str, Any]]()

    def job(name: str, every: float) -> Job:
        async def run(given: Any) -> None:
            seen.put_nowait((name, given))

        return Job(name, every, run)

    jobs = Jobs([job("often", 0.01), job("seldom", 3600)], context)
    task = asyncio.create_task(jobs.run())
    first = [await seen.get() for _ in range(6)]
    assert first.count(("seldom", context)) == 1
    assert first.count(("often", context)) == 5
    jobs.stop()
    assert await ends(task)
    assert task.exception() is None


async def test_a_job_outlives_a_database_that_is_away() -> None:
    """What passes by itself costs a turn, and neither the job nor the others."""
    turns: list[int] = []
    fine = asyncio.Event()

    async def run(_: Any) -> None:
        turns.append(len(turns))
        if len(turns) == 1:
            raise OperationalError("SELECT 1", {}, Exception("the server is restarting"))
        if len(turns) == 2:
            raise ConnectionRefusedError
        fine.set()

    jobs = Jobs([Job("patient", 0.01, run)], None)
    task = asyncio.create_task(jobs.run())
    async with asyncio.timeout(SOON):
        await fine.wait()
    jobs.stop()
    assert await ends(task)
    assert task.exception() is None


async def test_a_mistake_in_a_job_is_not_passed_over() -> None:
    """It ends the jobs, so that the process can say that it is not whole."""
    done = asyncio.Event()

    async def wrong(_: Any) -> None:
        raise KeyError("a mistake")

    async def right(_: Any) -> None:
        done.set()

    jobs = Jobs([Job("wrong", 0.01, wrong), Job("right", 0.01, right)], None)
    with pytest.raises(KeyError, match="a mistake"):
        await asyncio.wait_for(jobs.run(), SOON)
    assert done.is_set()


async def test_a_job_at_work_may_end_and_one_that_hangs_is_cut_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "STOP_PATIENCE", 0.3)
    begun, ended, cut = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def short(_: Any) -> None:
        begun.set()
        await asyncio.sleep(0.1)
        ended.set()

    async def endless(_: Any) -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            cut.set()
            raise

    jobs = Jobs([Job("short", 3600, short), Job("endless", 3600, endless)], None)
    task = asyncio.create_task(jobs.run())
    await begun.wait()
    jobs.stop()
    assert await ends(task)
    assert task.exception() is None
    assert ended.is_set()
    assert cut.is_set()


async def test_a_service_without_jobs_stops_at_once() -> None:
    jobs = Jobs([], None)
    task = asyncio.create_task(jobs.run())
    await asyncio.sleep(0)
    assert not task.done()
    jobs.stop()
    assert await ends(task)


async def test_a_process_runs_the_jobs_of_its_service(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A line in a service's table is all that it takes."""
    keyring.provision(tmp_path, keyring.plan(service_topics().values(), SERVICES, ()))
    settings = ServiceSettings(
        database_url="postgresql+asyncpg://nobody@127.0.0.1:1/none",
        kafka="127.0.0.1:1",
        redis_url="redis://127.0.0.1:1",
        keyring=tmp_path / "reporting.json",
        profile="tongren",
        port=1,
    )
    ran = asyncio.Event()

    async def run(context: Any) -> None:
        assert context.service == "reporting"
        ran.set()

    service = Service(
        name="reporting",
        settings=ServiceSettings,
        migrations=tmp_path,
        routers=(),
        jobs=(Job("tick", 3600, run),),
    )
    app = service.create_app(settings)
    async with app.router.lifespan_context(app):
        await asyncio.wait_for(ran.wait(), SOON)
        assert app.state.running.failed is None
