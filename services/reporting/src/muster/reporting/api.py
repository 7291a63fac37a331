"""HTTP routes of reporting: translate, authorise, count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.persistence.database import Transaction
from muster.reporting import handlers, pulse_store, shapes, store
from muster.reporting.domain import balance, problems, progress, pulse
from muster.reporting.domain.balance import Counts
from muster.reporting.domain.problems import Age, AgeBounds, Problems, ProblemTally
from muster.runtime.auth import Authenticated, Caller, Composed
from muster.runtime.context import Context
from muster.vocabulary.areas import Area, AreaTree
from muster.vocabulary.reasons import Reason, Refusal
from muster.vocabulary.states import AreaLevel, Discrepancy, Origin, ReviewState, Role, SubjectState

router = APIRouter(tags=["reporting"])

READERS = (Role.LEADER, Role.TOWNSHIP_LEADER, Role.ADMINISTRATOR)
"""Who sees the counts of the areas that they are granted (R103)."""

AreaQuery = Annotated[str | None, Query(max_length=12, description="行政区划代码 / area code")]
Level = Literal["village", "township", "county"]
_DEPTH = {level: depth for depth, level in enumerate(AreaLevel)}

_NOTHING = shapes.Words(zh="最近没有新的情况。", en="Nothing yet in these minutes.")
_AWAY = shapes.Words(zh="实时数据暂时不可用。", en="The live figures are away for a moment.")


@router.get("/ledger")
async def get_ledger(
    caller: Authenticated,
    context: Composed,
    conn: Transaction,
    area: AreaQuery = None,
    level: Level = "village",
) -> shapes.LedgerAnswer:
    """The balance of every area of that level at or below ``area`` (design section 5, rule 8)."""
    root, wanted = _readable(caller, context, area), AreaLevel(level)
    _fits(root, wanted)
    tallies = await store.tallies(conn, _codes(context.areas, root.code))
    areas, total = balance.roll_up(tallies, context.areas, wanted, root.code)
    return shapes.LedgerAnswer(
        as_of=datetime.now(UTC),
        level=wanted,
        areas={
            code: _area_counts(context.areas.get(code), counts) for code, counts in areas.items()
        },
        total=_area_counts(root, total),
    )


@router.get("/progress")
async def get_progress(
    caller: Authenticated, context: Composed, conn: Transaction, area: AreaQuery = None
) -> shapes.ProgressAnswer:
    """How far the area and each area directly below it are, and who owes an upload (R68)."""
    root = _readable(caller, context, area)
    view = await _view(context, conn, root.code)
    cadence = context.profile.cadence
    return shapes.ProgressAnswer(
        as_of=view.now,
        code=root.code,
        area=view.progress(root),
        areas={child.code: view.progress(child) for child in context.areas.children(root.code)},
        cadence=shapes.CadenceAnswer(days=cadence.days, zh=cadence.zh, en=cadence.en),
        formulas={name: shapes.Words(zh=zh, en=en) for name, (zh, en) in progress.FORMULAS.items()},
    )


@router.get("/problems")
async def get_problems(
    caller: Authenticated, context: Composed, conn: Transaction, area: AreaQuery = None
) -> shapes.ProblemsAnswer:
    """Work orders of the area and of each area directly below it: open ones by kind and age, and
    how many are closed (R2, R75, R76)."""
    root, now = _readable(caller, context, area), datetime.now(UTC)
    found = problems.by_area(
        await store.problem_tallies(conn, _codes(context.areas, root.code), AgeBounds.at(now)),
        context.areas,
    )
    return shapes.ProblemsAnswer(
        as_of=now,
        code=root.code,
        area=_area_problems(root, found),
        areas={
            child.code: _area_problems(child, found) for child in context.areas.children(root.code)
        },
        ages=shapes.Words(zh=problems.AGES_ZH, en=problems.AGES_EN),
    )


@router.get("/devices")
async def get_devices(
    caller: Authenticated, context: Composed, conn: Transaction, area: AreaQuery = None
) -> shapes.DevicesAnswer:
    """Terminals at and below the area: their readers, what waits, when they were heard (R60)."""
    root = _readable(caller, context, area)
    rows = await store.devices(conn, _codes(context.areas, root.code), context.profile.area)
    return shapes.DevicesAnswer(
        as_of=datetime.now(UTC),
        code=root.code,
        devices=tuple(
            shapes.Device(
                terminal_id=row.terminal_id,
                area=row.area,
                name=context.areas.get(row.area).name,
                readers=dict(row.readers),
                waiting=row.waiting,
                software=row.software,
                at=row.at,
                last_heard=row.last_heard,
            )
            for row in rows
        ),
    )


@router.get("/categories")
async def get_categories(
    caller: Authenticated,
    context: Composed,
    conn: Transaction,
    area: AreaQuery = None,
    level: Level = "township",
) -> shapes.CategoriesAnswer:
    """Collected people by category; opens sealed categories, and so is audited (R84, R100)."""
    root, wanted = _readable(caller, context, area), AreaLevel(level)
    _fits(root, wanted)
    counted = await handlers.count_categories(context, conn, _codes(context.areas, root.code))
    areas: dict[str, dict[str, int]] = {}
    total: dict[str, int] = {}
    for village, counts in counted.items():
        held = areas.setdefault(balance.place_at(context.areas, wanted, village), {})
        for category, count in counts.items():
            held[category] = held.get(category, 0) + count
            total[category] = total.get(category, 0) + count
    await context.audit.record(
        conn,
        actor=caller.account_id,
        action="categories-counted",
        detail={"area": root.code, "level": level},
    )
    return shapes.CategoriesAnswer(
        as_of=datetime.now(UTC), level=wanted, areas=dict(sorted(areas.items())), total=total
    )


@router.get("/pulse")
async def get_pulse(
    caller: Authenticated,
    context: Composed,
    minutes: Annotated[int, Query(ge=1, le=120)] = 10,
) -> shapes.PulseAnswer:
    """Facts of the last minutes by county and kind; what Redis lost is simply not there."""
    counties = frozenset(
        context.areas.county_of(area.code)
        for area in context.areas
        if area.level is AreaLevel.COUNTY and caller.may(READERS, area.code)
    )
    if not counties:
        caller.require(READERS, context.profile.area)
    now = datetime.now(UTC)
    windows: list[pulse.Window] = []
    note = None
    try:
        async with Redis.from_url(context.settings.redis_url) as redis:
            windows = await pulse_store.read(redis, now, minutes, counties)
    except (RedisError, OSError):
        note = _AWAY
    return shapes.PulseAnswer(
        as_of=now,
        windows=tuple(
            shapes.PulseWindow(
                start=window.start,
                seconds=int(pulse.WINDOW.total_seconds()),
                counts={county: dict(counts) for county, counts in window.counts.items()},
            )
            for window in windows
        ),
        note=note or (None if windows else _NOTHING),
    )


# -- helpers ---------------------------------------------------------------------------------------


def _readable(caller: Caller, context: Context, code: str | None) -> Area:
    """The area asked for (the campaign's by default), if the caller may see its counts."""
    wanted = context.profile.area if code is None else code
    if wanted not in context.areas:
        raise Refusal(
            Reason(
                "area",
                "area-unknown",
                "行政区划代码不在本次采集范围内。",
                "This is no area of the campaign.",
            )
        )
    caller.require(READERS, wanted)
    return context.areas.get(wanted)


def _fits(root: Area, level: AreaLevel) -> None:
    if _DEPTH[level] < _DEPTH[root.level]:
        raise Refusal(
            Reason(
                "level",
                "level-above-area",
                "所选层级高于该行政区划。",
                "This level lies above the area.",
            )
        )


def _codes(areas: AreaTree, root: str) -> list[str]:
    """The codes at and below an area."""
    found, waiting = [], [root]
    while waiting:
        code = waiting.pop()
        found.append(code)
        waiting += [child.code for child in areas.children(code)]
    return sorted(found)


def _area_counts(area: Area, counts: Counts) -> shapes.AreaCounts:
    return shapes.AreaCounts(
        name=area.name,
        level=area.level,
        origins={origin: counts.origins[origin] for origin in Origin},
        states={state: counts.states[state] for state in SubjectState},
        review={state: counts.review[state] for state in ReviewState},
        balanced=counts.balanced,
    )


def _area_problems(area: Area, found: Mapping[str, Problems]) -> shapes.AreaProblems:
    held = found.get(area.code, Problems())
    kinds = {
        kind: shapes.ProblemCounts(
            open=sum(held.open[kind, age] for age in Age),
            ages={age: held.open[kind, age] for age in Age},
            closed=held.closed[kind],
        )
        for kind in Discrepancy
    }
    return shapes.AreaProblems(
        name=area.name,
        level=area.level,
        open=held.open.total(),
        ages={age: sum(one.ages[age] for one in kinds.values()) for age in Age},
        closed=held.closed.total(),
        kinds=kinds,
    )


class _View:
    """What progress is computed from, read once for an area and all below it."""

    def __init__(
        self,
        context: Context,
        tallies: Iterable[balance.Tally],
        uploads: Mapping[str, progress.Uploads],
        first_seen: Mapping[str, datetime],
        orders: Iterable[ProblemTally],
        now: datetime,
    ) -> None:
        self.now = now
        self._problems = problems.by_area(orders, context.areas)
        self._areas = context.areas
        self._days = context.profile.cadence.days
        self._uploads = uploads
        self._first_seen: dict[str, datetime] = {}
        self._counts: dict[str, Counts] = {}
        for tally in tallies:
            for code in self._chain(tally.village):
                self._counts.setdefault(code, Counts()).add(tally)
        for village, moment in first_seen.items():
            for code in self._chain(village):
                self._first_seen[code] = min(moment, self._first_seen.get(code, moment))

    def _chain(self, code: str) -> list[str]:
        return [code, *(area.code for area in self._areas.ancestors(code))]

    def progress(self, area: Area) -> shapes.AreaProgress:
        """One area's answer."""
        counts = self._counts.get(area.code, Counts())
        uploads = progress.within(self._areas, self._uploads, area.code)
        return shapes.AreaProgress(
            name=area.name,
            level=area.level,
            expected=counts.expected,
            collected=counts.states[SubjectState.COLLECTED],
            submitted=counts.review[ReviewState.SUBMITTED],
            returned=counts.review[ReviewState.RETURNED],
            verified=counts.review[ReviewState.VERIFIED],
            open=counts.states[SubjectState.OPEN],
            endings={state: counts.states[state] for state in balance.ENDINGS},
            coverage=progress.coverage(counts),
            verified_ratio=progress.verified_ratio(counts),
            last_upload=uploads.last if uploads else None,
            accepted=uploads.accepted if uploads else 0,
            refused=uploads.refused if uploads else 0,
            overdue=tuple(
                unit
                for unit in progress.upload_units(self._areas, area.code)
                if self._overdue(unit)
            ),
            problems_open=self._problems.get(area.code, Problems()).open.total(),
        )

    def _overdue(self, unit: str) -> bool:
        uploads = progress.within(self._areas, self._uploads, unit)
        return progress.overdue(
            self._counts.get(unit, Counts()),
            uploads.last if uploads else None,
            self._first_seen.get(unit),
            self.now,
            self._days,
        )


async def _view(context: Context, conn: AsyncConnection, root: str) -> _View:
    codes, now = _codes(context.areas, root), datetime.now(UTC)
    return _View(
        context,
        await store.tallies(conn, codes),
        await store.uploads_by_area(conn, codes),
        await store.first_seen(conn, codes),
        await store.problem_tallies(conn, codes, AgeBounds.at(now)),
        now,
    )
