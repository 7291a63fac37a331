"""The figures of an area as a workbook, made anew for each who asks."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, TypeVar

import xlsxwriter
from fastapi import APIRouter, Query, Response

from muster.persistence.database import Transaction
from muster.reporting import shapes
from muster.reporting.api import counts, days, waiting
from muster.reporting.domain.days import ZONE
from muster.reporting.domain.waiting import Wait
from muster.runtime.asked_area import AreaQuery
from muster.runtime.auth import Authenticated, Composed
from muster.runtime.context import Context
from muster.vocabulary.ages import Age
from muster.vocabulary.states import AreaLevel, Discrepancy, Origin, ReviewState, SubjectState

router = APIRouter()

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDE, _NARROW = 26, 14
Cell = str | int | date | datetime | None
A = TypeVar("A")

_ORIGINS = {
    Origin.BASELINE: "初始数据 Baseline",
    Origin.ROSTER: "村级名册 Village roster",
    Origin.NEW: "新增 New",
    Origin.DISCOVERED: "部门发现 Found by a department",
    Origin.MOVED_IN: "迁入 Moved in",
}
_REVIEWED = {
    ReviewState.VERIFIED: "已核实 Verified",
    ReviewState.SUBMITTED: "待复核 To review",
    ReviewState.RETURNED: "已退回 Returned",
}
_STATES = {
    SubjectState.DECLINED: "自愿放弃 Declined",
    SubjectState.MOVED_OUT: "迁出 Moved out",
    SubjectState.DEAD_BEFORE: "标准时点前死亡 Dead before the standard time",
    SubjectState.DEAD_AFTER: "标准时点后死亡 Dead after the standard time",
    SubjectState.MERGED: "重复已合并 Merged",
    SubjectState.INELIGIBLE: "不符合条件 Ineligible",
    SubjectState.OPEN: "未采集 Not collected",
}
_KINDS = {
    Discrepancy.FIELD_MISMATCH: "内容不一致 Values differ",
    Discrepancy.MISSING_FIELD: "内容缺失 Value missing",
    Discrepancy.MISSED_SUBJECT: "漏采人员 Person missed",
    Discrepancy.DUPLICATE: "重复录入 Entered twice",
    Discrepancy.MOVED: "已迁走 Moved away",
    Discrepancy.DEAD: "已死亡 Dead",
}
_AGES = {
    Age.UNDER_7_DAYS: "不足7天 Under 7 days",
    Age.FROM_7_TO_30_DAYS: "7至30天 7 to 30 days",
    Age.OVER_30_DAYS: "超过30天 Over 30 days",
}
_WAITS = {
    Wait.UP_TO_7_DAYS: "0至7天 0 to 7 days",
    Wait.FROM_8_TO_14_DAYS: "8至14天 8 to 14 days",
    Wait.OVER_14_DAYS: "超过14天 Over 14 days",
    Wait.UNKNOWN: "不详 Not known",
}
_AREA = "地区 Area"
_ONE_ROW: dict[AreaLevel, counts.Level] = {
    AreaLevel.VILLAGE: "village",
    AreaLevel.TOWNSHIP: "township",
}
"""The level by which an area is one row; above counties that is the county."""
_BELOW: dict[AreaLevel, counts.Level] = {
    AreaLevel.VILLAGE: "village",
    AreaLevel.TOWNSHIP: "village",
    AreaLevel.COUNTY: "township",
}
"""The level of the areas below one; above counties that is the county."""


@router.get(
    "/workbook",
    response_class=Response,
    responses={200: {"content": {_XLSX: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def get_workbook(
    caller: Authenticated,
    context: Composed,
    conn: Transaction,
    area: AreaQuery = None,
    since: Annotated[date | None, Query(alias="from", description="起 / first day")] = None,
    until: Annotated[date | None, Query(alias="to", description="止 / last day")] = None,
    categories: Annotated[bool, Query(description="含类别统计 / with categories")] = False,
) -> Response:
    """The balance, progress, waiting and problems of the area and of each area directly below it,
    its days and who owes an upload, as .xlsx in both languages. Counts only; the profile's notice
    stands on every sheet. Categories are counted when they are asked for: that opens sealed data,
    and is audited (R84, R100)."""
    progress = await counts.get_progress(caller, context, conn, area)
    level = _ONE_ROW.get(progress.area.level, "county")
    ledger = await counts.get_ledger(caller, context, conn, area, level)
    problems = await counts.get_problems(caller, context, conn, area)
    waits = await waiting.get_waiting(caller, context, conn, area)
    history = await days.get_history(caller, context, conn, area, since, until)
    found = None
    if categories:
        below = _BELOW.get(progress.area.level, "county")
        found = await counts.get_categories(caller, context, conn, area, below)
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "remove_timezone": True}) as book:
        sheets = _Sheets(book, context, progress)
        _balance(sheets, ledger)
        _progress(sheets, progress)
        _overdue(sheets, context, progress)
        _days(sheets, history)
        _waiting(sheets, waits)
        _problems(sheets, problems)
        if found is not None:
            _categories(sheets, context, found)
    name = f"figures-{progress.code}.xlsx"
    return Response(
        file.getvalue(),
        media_type=_XLSX,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


class _Sheets:
    """Sheets of one form: what it is of and from when, the figures, what it is no basis for."""

    def __init__(
        self, book: xlsxwriter.Workbook, context: Context, progress: shapes.ProgressAnswer
    ) -> None:
        self._book = book
        self._bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self._time = book.add_format({"num_format": "yyyy-mm-dd hh:mm", "align": "left"})
        self._day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        self._area = f"{progress.area.name} {progress.code}"
        notice = context.profile.benefits_notice
        self._notice = (notice.zh, notice.en)

    def add(
        self,
        name: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Cell]],
        as_of: datetime,
        formulas: Iterable[shapes.Words] = (),
    ) -> None:
        """One sheet, of the moment of its own answer. Texts are written as texts, whatever they
        begin with: none is a formula."""
        sheet = self._book.add_worksheet(name)
        sheet.set_column(0, 0, _WIDE)
        sheet.set_column(1, max(1, len(columns) - 1), _NARROW)
        at_moment = f"截至 As of {as_of.astimezone(ZONE):%Y-%m-%d %H:%M}"
        sheet.write_string(0, 0, f"{self._area} · {at_moment}", self._bold)
        for at, title in enumerate(columns):
            sheet.write_string(1, at, title, self._bold)
        sheet.freeze_panes(2, 1)
        line = 2
        for row in rows:
            for at, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(line, at, cell)
                elif isinstance(cell, datetime):
                    sheet.write_datetime(line, at, cell.astimezone(ZONE), self._time)
                elif isinstance(cell, date):
                    sheet.write_datetime(line, at, cell, self._day)
                elif cell is not None:
                    sheet.write_number(line, at, cell)
            line += 1
        for text in (*(word for one in formulas for word in (one.zh, one.en)), *self._notice):
            line += 1
            sheet.write_string(line, 0, text)


def _balance(sheets: _Sheets, ledger: shapes.LedgerAnswer) -> None:
    total = ledger.total
    right = [
        *((title, total.review[key]) for key, title in _REVIEWED.items()),
        *((title, total.states[key]) for key, title in _STATES.items()),
    ]
    rows: list[Sequence[Cell]] = [
        *((title, total.origins[key], None) for key, title in _ORIGINS.items()),
        *((title, None, count) for title, count in right),
        ("合计 Total", sum(total.origins.values()), sum(count for _, count in right)),
    ]
    sheets.add("台账 Balance", ("项目 What", "来源 From", "去向 To"), rows, ledger.as_of)


def _progress(sheets: _Sheets, answer: shapes.ProgressAnswer) -> None:
    def row(area: shapes.AreaProgress) -> Sequence[Cell]:
        return (
            *(area.name, area.expected, area.verified, area.submitted, area.returned),
            *(area.open, sum(area.endings.values()), area.problems_open, area.last_upload),
        )

    sheets.add(
        "进度 Progress",
        (
            *(_AREA, "应采集 Expected", "已核实 Verified", "待复核 To review"),
            *("已退回 Returned", "未采集 Not collected", "其他去向 Ended otherwise"),
            *("未办结问题 Open problems", "最近上传 Last upload"),
        ),
        _rows(answer.area, answer.areas, row),
        answer.as_of,
        answer.formulas.values(),
    )


def _overdue(sheets: _Sheets, context: Context, answer: shapes.ProgressAnswer) -> None:
    def last(code: str) -> Cell:
        known = answer.area if code == answer.code else answer.areas.get(code)
        if known is None:
            return None
        return "从未上传 Never" if known.last_upload is None else known.last_upload

    sheets.add(
        "逾期 Overdue",
        ("单位 Unit", "区划代码 Code", "最近上传 Last upload"),
        [(context.areas.get(code).name, code, last(code)) for code in answer.area.overdue],
        answer.as_of,
        (
            shapes.Words(zh=answer.cadence.zh, en=answer.cadence.en),
            answer.formulas["overdue"],
        ),
    )


def _days(sheets: _Sheets, answer: shapes.HistoryAnswer) -> None:
    def row(day: shapes.DayAnswer) -> tuple[int, ...]:
        return (
            *(day.expected, day.verified, day.submitted, day.returned),
            *(day.open, day.ended, day.problems),
        )

    rows: list[Sequence[Cell]] = [(one.day, *row(one)) for one in answer.days]
    if len(answer.days) > 1:
        both = zip(row(answer.days[0]), row(answer.days[-1]), strict=True)
        rows.append(("变化 Change", *(now - then for then, now in both)))
    sheets.add(
        "逐日 Days",
        (
            *("日期 Day", "应采集 Expected", "已核实 Verified", "待复核 To review"),
            *("已退回 Returned", "未采集 Not collected", "其他去向 Ended otherwise"),
            "未办结问题 Open problems",
        ),
        rows,
        answer.as_of,
    )


def _categories(sheets: _Sheets, context: Context, answer: shapes.CategoriesAnswer) -> None:
    known = tuple(context.profile.categories.values())

    def row(name: str, found: Mapping[str, int]) -> Sequence[Cell]:
        return (name, *(found.get(one.id, 0) for one in known))

    sheets.add(
        "类别 Categories",
        (_AREA, *(f"{one.zh} {one.en}" for one in known)),
        [
            row("合计 Total", answer.total),
            *(row(context.areas.get(code).name, one) for code, one in answer.areas.items()),
        ],
        answer.as_of,
        (
            shapes.Words(
                zh="已采集人员按对象类别；一人属于几类的，每类各计一次",
                en="collected people by category; who belongs to several counts in each",
            ),
        ),
    )


def _waiting(sheets: _Sheets, answer: shapes.WaitingAnswer) -> None:
    def row(area: shapes.AreaWaiting) -> Sequence[Cell]:
        return (
            area.name,
            *(area.submitted[wait] for wait in _WAITS),
            *(area.returned[wait] for wait in _WAITS),
            *(area.reviewed, area.returned_once),
            *(area.flagged[state] for state in _REVIEWED),
            *(area.accepted, area.refused),
        )

    sheets.add(
        "时效质量 Timeliness, quality",
        (
            _AREA,
            *(f"待复核 To review: {title}" for title in _WAITS.values()),
            *(f"已退回 Returned: {title}" for title in _WAITS.values()),
            *("复核过 Reviewed", "退回过 Returned once"),
            *(f"存疑 Flagged: {title}" for title in _REVIEWED.values()),
            *("上传通过 Taken at upload", "上传未通过 Refused at upload"),
        ),
        _rows(answer.area, answer.areas, row),
        answer.as_of,
        answer.formulas.values(),
    )


def _problems(sheets: _Sheets, answer: shapes.ProblemsAnswer) -> None:
    def row(area: shapes.AreaProblems) -> Sequence[Cell]:
        return (
            area.name,
            *(area.open, area.closed),
            *(area.ages[age] for age in _AGES),
            *(area.kinds[kind].open for kind in _KINDS),
        )

    sheets.add(
        "问题 Problems",
        (_AREA, "未办结 Open", "已销号 Closed", *_AGES.values(), *_KINDS.values()),
        _rows(answer.area, answer.areas, row),
        answer.as_of,
        (answer.ages,),
    )


def _rows(
    own: A, below: Mapping[str, A], row: Callable[[A], Sequence[Cell]]
) -> list[Sequence[Cell]]:
    """The whole first, then each area below it, in order of code."""
    return [row(own), *(row(area) for _, area in sorted(below.items()))]
