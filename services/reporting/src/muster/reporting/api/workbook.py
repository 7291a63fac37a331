"""The figures of an area as a workbook, made anew for each who asks."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

import xlsxwriter
from fastapi import APIRouter, Response

from muster.persistence.database import Transaction
from muster.reporting import shapes
from muster.reporting.api import counts, waiting
from muster.reporting.domain.days import ZONE
from muster.reporting.domain.problems import Age
from muster.reporting.domain.waiting import Wait
from muster.runtime.asked_area import AreaQuery
from muster.runtime.auth import Authenticated, Composed
from muster.runtime.context import Context
from muster.vocabulary.states import AreaLevel, Discrepancy, Origin, ReviewState, SubjectState

router = APIRouter()

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDE, _NARROW = 26, 14
Cell = str | int | datetime | None
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


@router.get(
    "/workbook",
    response_class=Response,
    responses={200: {"content": {_XLSX: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def get_workbook(
    caller: Authenticated, context: Composed, conn: Transaction, area: AreaQuery = None
) -> Response:
    """The balance, progress, waiting and problems of the area and of each area directly below it,
    as .xlsx in both languages. Counts only; the profile's notice stands on every sheet."""
    progress = await counts.get_progress(caller, context, conn, area)
    level = _ONE_ROW.get(progress.area.level, "county")
    ledger = await counts.get_ledger(caller, context, conn, area, level)
    problems = await counts.get_problems(caller, context, conn, area)
    waits = await waiting.get_waiting(caller, context, conn, area)
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "remove_timezone": True}) as book:
        sheets = _Sheets(book, context, progress)
        _balance(sheets, ledger)
        _progress(sheets, progress)
        _waiting(sheets, waits)
        _problems(sheets, problems)
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
        at = progress.as_of.astimezone(ZONE)
        self._head = f"{progress.area.name} {progress.code} · 截至 As of {at:%Y-%m-%d %H:%M}"
        notice = context.profile.benefits_notice
        self._notice = (notice.zh, notice.en)

    def add(
        self,
        name: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Cell]],
        formulas: Iterable[shapes.Words] = (),
    ) -> None:
        """One sheet. Texts are written as texts, whatever they begin with: none is a formula."""
        sheet = self._book.add_worksheet(name)
        sheet.set_column(0, 0, _WIDE)
        sheet.set_column(1, max(1, len(columns) - 1), _NARROW)
        sheet.write_string(0, 0, self._head, self._bold)
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
    sheets.add("台账 Balance", ("项目 What", "来源 From", "去向 To"), rows)


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
        answer.formulas.values(),
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
        (answer.ages,),
    )


def _rows(
    own: A, below: Mapping[str, A], row: Callable[[A], Sequence[Cell]]
) -> list[Sequence[Cell]]:
    """The whole first, then each area below it, in order of code."""
    return [row(own), *(row(area) for _, area in sorted(below.items()))]
