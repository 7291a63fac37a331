"""What is counted now: the balance, progress, problems, devices, categories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Literal

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.persistence.database import Transaction
from muster.reporting import handlers, shapes
from muster.reporting.api.guard import fits, readable
from muster.reporting.domain import balance, problems, progress
from muster.reporting.domain.balance import Counts
from muster.reporting.domain.problems import Problems, ProblemTally
from muster.reporting.store import counted, reported
from muster.runtime.asked_area import AreaQuery
from muster.runtime.auth import Authenticated, Composed
from muster.runtime.context import Context
from muster.vocabulary.ages import Age, AgeBounds
from muster.vocabulary.areas import Area
from muster.vocabulary.states import AreaLevel, Discrepancy, Origin, ReviewState, SubjectState

router = APIRouter()

Level = Literal["village", "township", "county"]


@router.get("/ledger")
async def get_ledger(
    caller: Authenticated,
    context: Composed,
    conn: Transaction,
    area: AreaQuery = None,
    level: Level = "village",
) -> shapes.LedgerAnswer:
    """The balance of every area of that level at or below ``area`` (design section 5, rule 8)."""
    root, wanted = readable(caller, context, area), AreaLevel(level)
    fits(root, wanted)
    tallies = await counted.tallies(conn, context.areas.below([root.code]))
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
    root = readable(caller, context, area)
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
    root, now = readable(caller, context, area), datetime.now(UTC)
    found = problems.by_area(
        await reported.problem_tallies(conn, context.areas.below([root.code]), AgeBounds.at(now)),
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
    root = readable(caller, context, area)
    rows = await reported.devices(conn, context.areas.below([root.code]), context.profile.area)
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
    root, wanted = readable(caller, context, area), AreaLevel(level)
    fits(root, wanted)
    found = await handlers.count_categories(context, conn, context.areas.below([root.code]))
    areas: dict[str, dict[str, int]] = {}
    total: dict[str, int] = {}
    for village, counts in found.items():
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


# -- helpers ---------------------------------------------------------------------------------------


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
        self._counts = balance.by_area(tallies, context.areas)
        for village, moment in first_seen.items():
            for code in (village, *(area.code for area in context.areas.ancestors(village))):
                self._first_seen[code] = min(moment, self._first_seen.get(code, moment))

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
    within, now = context.areas.below([root]), datetime.now(UTC)
    return _View(
        context,
        await counted.tallies(conn, within),
        await counted.uploads_by_area(conn, within),
        await counted.first_seen(conn, within),
        await reported.problem_tallies(conn, within, AgeBounds.at(now)),
        now,
    )
