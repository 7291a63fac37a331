"""Reporting's doors: who may come in, what they get, what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from muster.reporting import pulse_store
from muster.reporting.domain.pulse import Beat, window_start
from muster.runtime.context import Context, build_context
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Origin, ReviewState, Role, SubjectState

from .conftest import (
    COUNTY,
    Door,
    empty,
    here,
    make_door,
    make_settings,
    record,
    review,
    rows,
    standing,
    status,
    take,
    upload,
)

LEADER = (Role.LEADER, COUNTY)
EVERY = (
    *("/ledger", "/progress", "/categories", "/problems", "/devices", "/pulse"),
    *("/waiting", "/history", "/events", "/workbook"),
)
OPEN, COLLECTED = SubjectState.OPEN, SubjectState.COLLECTED


def rule(response: Any) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    reason = response.json()["reasons"][0]
    assert reason["zh"]
    assert reason["en"]
    return response.status_code, reason["rule"]


async def a_county(context: Context, villages: list[str]) -> tuple[str, str]:
    """Two villages of two townships: one verified, one submitted, one moved, one open."""
    a = villages[0]
    b = next(v for v in villages if v[:9] != a[:9])
    done, sent, moved = new_id(), new_id(), new_id()
    await take(
        context,
        record(done, 1, here(2, a, COLLECTED)),
        review(done, 1, a, ReviewState.VERIFIED),
        record(sent, 1, here(2, a, COLLECTED, Origin.NEW), ("disabled_militia",)),
        status(
            moved,
            standing(
                2,
                (a, Origin.BASELINE, SubjectState.MOVED_OUT),
                (b, Origin.MOVED_IN, SubjectState.DECLINED),
            ),
        ),
        status(new_id(), here(1, b, OPEN, Origin.ROSTER)),
    )
    return a, b


# -- the ledger ------------------------------------------------------------------------------------


async def test_the_ledger_balances_at_every_level(
    context: Context, door: Door, villages: list[str]
) -> None:
    """Design section 5, rule 8."""
    a, b = await a_county(context, villages)
    async with door.client(LEADER) as client:
        by = {
            level: (await client.get("/ledger", params={"level": level})).json()
            for level in ("village", "township", "county")
        }
    village = by["village"]["areas"]
    assert village[a]["origins"] == {
        "baseline": 2, "roster": 0, "new": 1, "discovered": 0, "moved_in": 0,
    }  # fmt: skip
    assert village[a]["states"]["collected"] == 2
    assert village[a]["states"]["moved_out"] == 1
    assert village[a]["review"] == {"submitted": 1, "returned": 0, "verified": 1}
    assert village[b]["states"] == {**village[b]["states"], "open": 1, "declined": 1}
    assert set(villages) <= set(village)
    assert by["township"]["areas"][b[:9]]["states"] == village[b]["states"]
    assert by["county"]["areas"][COUNTY] == by["county"]["total"]
    for answer in by.values():
        assert answer["total"] == {**by["county"]["total"]}
        assert all(one["balanced"] for one in answer["areas"].values())


async def test_an_imbalance_shows(context: Context, door: Door, villages: list[str]) -> None:
    await take(context, status(new_id(), here(2, villages[0], COLLECTED)))
    async with door.client(LEADER) as client:
        answer = (await client.get("/ledger")).json()
    assert answer["areas"][villages[0]]["balanced"] is False
    assert answer["areas"][villages[1]]["balanced"] is True
    assert answer["total"]["balanced"] is False


async def test_counts_end_at_the_area_of_the_grant(
    context: Context, door: Door, villages: list[str]
) -> None:
    """Design section 5, rule 10."""
    a, b = await a_county(context, villages)
    async with door.client((Role.TOWNSHIP_LEADER, a[:9])) as client:
        for path in EVERY:
            assert rule(await client.get(path)) == (403, "area-not-granted")
        for path in EVERY:
            if path == "/pulse":
                continue  # of counties, and of no area
            assert rule(await client.get(path, params={"area": b})) == (403, "area-not-granted")
        mine = (await client.get("/ledger", params={"area": a[:9]})).json()
    assert all(code.startswith(a[:9]) for code in mine["areas"])
    assert mine["total"]["states"]["collected"] == 2
    async with door.client((Role.COLLECTOR, COUNTY)) as client:
        for path in EVERY:
            assert rule(await client.get(path)) == (403, "area-not-granted")
        del client.headers["authorization"]
        assert rule(await client.get("/ledger")) == (401, "token-missing")


# -- progress --------------------------------------------------------------------------------------


async def test_progress_tells_how_far_each_township_is(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R68, R99, R106."""
    a, b = await a_county(context, villages)
    now = datetime.now(UTC)
    await take(
        context,
        upload(a[:9], now - timedelta(days=1), accepted=2, refused=1),
        upload(b[:9], now - timedelta(days=8), accepted=1),
    )
    async with door.client(LEADER) as client:
        answer = (await client.get("/progress")).json()
        village = (await client.get("/progress", params={"area": b})).json()
    assert answer["code"] == COUNTY
    assert answer["cadence"]["days"] == 7
    assert set(answer["formulas"]) == {"coverage", "verified_ratio", "overdue"}
    first, second = answer["areas"][a[:9]], answer["areas"][b[:9]]
    assert (first["expected"], first["collected"], first["verified"], first["open"]) == (3, 2, 1, 0)
    assert first["endings"]["moved_out"] == 1
    assert (first["coverage"], first["verified_ratio"]) == (1.0, 0.5)
    assert (first["accepted"], first["refused"], first["overdue"]) == (2, 1, [])
    assert (second["expected"], second["open"], second["coverage"]) == (2, 1, 0.5)
    assert second["overdue"] == [b[:9]]
    assert datetime.fromisoformat(second["last_upload"]) == now - timedelta(days=8)
    assert answer["area"]["overdue"] == [b[:9]]
    assert answer["area"]["expected"] == 5
    assert (village["areas"], village["area"]["overdue"]) == ({}, [])


async def test_who_never_uploaded_is_overdue_a_week_after_the_first_data(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R68."""
    await take(context, status(new_id(), here(1, villages[0], OPEN)))
    async with door.client(LEADER) as client:
        assert (await client.get("/progress")).json()["area"]["overdue"] == []
        await rows(
            context,
            "UPDATE subject_state SET first_seen_at = now() - interval '8 days' RETURNING 1",
        )
        late = (await client.get("/progress")).json()["area"]
    assert late["overdue"] == [villages[0][:9]]
    assert late["last_upload"] is None


# -- categories ------------------------------------------------------------------------------------


async def test_categories_are_counted_by_area_and_the_reading_is_audited(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R100."""
    a, _ = await a_county(context, villages)
    async with door.client(LEADER) as client:
        answer = (await client.get("/categories", params={"level": "township"})).json()
    wanted = {"discharged_soldier": 1, "disabled_militia": 1}
    assert answer["areas"] == {a[:9]: wanted}
    assert answer["total"] == wanted
    (row,) = await rows(context, "SELECT action, detail FROM audit")
    assert (row.action, row.detail["area"]) == ("categories-counted", COUNTY)


# -- the pulse -------------------------------------------------------------------------------------


async def test_the_pulse_shows_the_counties_of_the_grant(
    database_url: str, rings: Path, redis_url: str
) -> None:
    context = build_context(
        "reporting", make_settings(database_url, rings, redis=redis_url, profile="loudi")
    )
    now = datetime.now(UTC)
    counties = [area.code for area in context.areas.children(context.areas.root.code)][:2]
    try:
        async with Redis.from_url(redis_url) as redis:
            await redis.flushdb()
            await empty(context)
            door = await make_door(context, rings)
            async with door.client((Role.LEADER, context.areas.root.code)) as client:
                nothing = (await client.get("/pulse")).json()
            counts = {
                (window_start(now), Beat("capture-record-submitted", p, county, now).key): p + 1
                for county in counties
                for p in range(2)
            }
            await pulse_store.write(redis, counts)
            assert 0 < await redis.ttl(f"muster:pulse:{window_start(now)}") <= 7260
        assert nothing["windows"] == []
        assert nothing["note"]["en"].startswith("Nothing yet")
        async with door.client((Role.LEADER, counties[0])) as client:
            (window,) = (await client.get("/pulse")).json()["windows"]
        assert window["counts"] == {counties[0]: {"capture-record-submitted": 3}}
        assert window["seconds"] == 60
    finally:
        await context.database.close()


async def test_without_redis_the_pulse_says_so(door: Door) -> None:
    """Emptying or losing Redis costs a slower minute, never an answer."""
    async with door.client(LEADER) as client:
        answer = await client.get("/pulse")
    assert answer.status_code == 200
    assert answer.json()["windows"] == []
    assert "away" in answer.json()["note"]["en"]


# -- bad input -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/ledger?area=999999", "area-unknown"),
        ("/ledger?area=%00", "area-unknown"),
        ("/ledger?area=1234567890123", "string-too-long"),
        ("/ledger?level=street", "literal-error"),
        ("/ledger?area=VILLAGE&level=county", "level-above-area"),
        ("/categories?area=VILLAGE&level=township", "level-above-area"),
        ("/categories?area=nowhere", "area-unknown"),
        ("/progress?area=999999", "area-unknown"),
        ("/problems?area=999999", "area-unknown"),
        ("/problems?area=%00", "area-unknown"),
        ("/problems?area=1234567890123", "string-too-long"),
        ("/devices?area=nowhere", "area-unknown"),
        ("/devices?area=1234567890123", "string-too-long"),
        ("/pulse?minutes=0", "greater-than-equal"),
        ("/pulse?minutes=many", "int-parsing"),
    ],
)
async def test_bad_requests_are_refused_in_plain_words(
    door: Door, villages: list[str], path: str, wanted: str
) -> None:
    async with door.client(LEADER) as client:
        response = await client.get(path.replace("VILLAGE", villages[0]))
    assert rule(response) == (422, wanted)
