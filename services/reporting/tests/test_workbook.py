"""The workbook holds the figures that the routes give, and no formula."""

from __future__ import annotations

import dataclasses
import io
from datetime import UTC, datetime
from typing import Any

import openpyxl

from muster.runtime.context import Context
from muster.vocabulary.areas import AreaTree
from muster.vocabulary.states import Role

from .conftest import COUNTY, Door, order, rows, take, upload
from .test_api import a_county

LEADER = (Role.LEADER, COUNTY)


def cells(sheet: Any) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


async def workbook(door: Door, area: str, **asked: Any) -> Any:
    async with door.client(LEADER) as client:
        answer = await client.get("/workbook", params={"area": area, **asked})
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].endswith(f'"figures-{area}.xlsx"')
    return openpyxl.load_workbook(io.BytesIO(answer.content))


async def test_the_workbook_has_the_figures_when_they_are_from_and_the_notice(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R103, R106; design section 5, rule 9."""
    a, _ = await a_county(context, villages)
    now = datetime.now(UTC)
    await take(
        context, upload(a[:9], now), order("6f2d1c1e-0000-4000-8000-000000000001", 1, a, now)
    )
    book = await workbook(door, COUNTY)
    sheets = ["台账", "进度", "逾期", "逐日", "时效质量", "问题"]
    assert [sheet.title.split()[0] for sheet in book] == sheets
    notice = context.profile.as_json()["benefits_notice"]
    for sheet in book:
        lines = cells(sheet)
        assert COUNTY in lines[0][0]
        assert "截至" in lines[0][0]
        assert [lines[-2][0], lines[-1][0]] == [notice["zh"], notice["en"]]
    async with door.client(LEADER) as client:
        progress = (await client.get("/progress")).json()
        ledger = (await client.get("/ledger", params={"level": "county"})).json()["total"]
    found = {row[0]: row[1:] for row in cells(book.worksheets[1])[2:]}
    for area in (progress["area"], progress["areas"][a[:9]]):
        wanted = [area[k] for k in ("expected", "verified", "submitted", "returned", "open")]
        assert list(found[area["name"]][:5]) == wanted
        assert found[area["name"]][6] == area["problems_open"]
    total = next(row for row in cells(book.worksheets[0]) if row[0] == "合计 Total")
    assert total[1:] == [sum(ledger["origins"].values()), sum(ledger["states"].values())]


async def test_it_has_days_with_their_change_and_who_owes_an_upload(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R68, R103."""
    await a_county(context, villages)
    book = await workbook(door, COUNTY)
    async with door.client(LEADER) as client:
        progress = (await client.get("/progress")).json()
        history = (await client.get("/history")).json()
    late = cells(book["逾期 Overdue"])[2:]
    owing = [row[1] for row in late if row[1] is not None]
    assert owing == progress["area"]["overdue"]
    for row in late[: len(owing)]:
        assert row[2] == "从未上传 Never"
    told = cells(book["逐日 Days"])[2:]
    assert [row[0].date().isoformat() for row in told[: len(history["days"])]] == [
        day["day"] for day in history["days"]
    ]
    async with door.client(LEADER) as client:
        answer = await client.get("/workbook", params={"from": "2019-01-02", "to": "2019-01-01"})
    assert answer.status_code == 422


async def test_categories_are_counted_when_they_are_asked_for_and_that_is_audited(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R84, R100."""
    await a_county(context, villages)
    counted = "SELECT 1 FROM audit WHERE action = 'categories-counted'"
    await workbook(door, COUNTY)
    assert await rows(context, counted) == []
    book = await workbook(door, COUNTY, categories=True)
    assert len(await rows(context, counted)) == 1
    async with door.client(LEADER) as client:
        found = (await client.get("/categories", params={"level": "township"})).json()
    sheet = cells(book["类别 Categories"])
    total = next(row for row in sheet if row[0] == "合计 Total")
    ids = list(context.profile.categories)
    assert total[1 : len(ids) + 1] == [found["total"].get(one, 0) for one in ids]


async def test_a_name_that_looks_like_a_formula_stays_a_name(
    context: Context, door: Door, villages: list[str]
) -> None:
    name = '=HYPERLINK("http://example.invalid","x")'
    areas = [
        dataclasses.replace(area, name=name) if area.code == villages[0] else area
        for area in context.areas
    ]
    tree = AreaTree(context.areas.root.code, areas)
    door.app.state.context = dataclasses.replace(context, areas=tree)
    book = await workbook(door, villages[0][:9])
    found = [cell for row in book.worksheets[1].iter_rows() for cell in row if cell.value == name]
    assert [cell.data_type for cell in found] == ["s"]
