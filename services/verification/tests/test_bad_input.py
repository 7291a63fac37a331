"""What verification refuses at its doors, in plain words."""

from __future__ import annotations

from typing import Any

import pytest

from muster.vocabulary.states import Role

from .conftest import (
    COUNTY,
    Door,
    digest,
    rule,
)

CIVIL = (Role.CIVIL_AFFAIRS_REVIEWER, COUNTY)

SOMEBODY = "00000000-0000-4000-8000-000000000001"
BAD_REQUESTS = [
    ("GET", "/queue?limit=0", None, 422),
    ("GET", "/queue?limit=many", None, 422),
    ("GET", "/queue?area=%00", None, 422),
    ("GET", "/queue?area=1234567890123", None, 422),
    ("GET", "/queue?desk=stables", None, 422),
    ("GET", "/queue?after=tomorrow", None, 422),
    ("GET", "/queue?after=2018-01-01~00000000-0000-0000-0000-000000000000", None, 422),
    ("GET", "/queue?days=-1", None, 422),
    ("GET", "/queue?days=99999999999", None, 422),
    ("GET", "/queue?since=yesterday", None, 422),
    ("GET", "/queue?flagged=perhaps", None, 422),
    ("GET", "/queue/ages?area=999999", None, 422),
    ("GET", "/queue/ages?desk=stables", None, 422),
    ("POST", "/items/1/claim", {}, 422),
    ("POST", f"/items/{SOMEBODY}/claim", {"take_over": "perhaps"}, 422),
    ("POST", f"/items/{SOMEBODY}/claim", {"for": SOMEBODY}, 422),
    ("POST", f"/items/{SOMEBODY}/claim", {}, 404),
    ("DELETE", "/items/%00/claim", None, 422),
    ("GET", "/ledger?area=999999", None, 422),
    ("GET", "/ledger?area='%3Bdrop", None, 422),
    ("GET", "/items/1", None, 422),
    ("GET", "/items/%00", None, 422),
    ("POST", f"/items/{SOMEBODY}/0/verify", {"digest": digest(1)}, 422),
    ("POST", f"/items/{SOMEBODY}/99999999999999999999/verify", {"digest": digest(1)}, 422),
    ("POST", f"/items/{SOMEBODY}/one/verify", {"digest": digest(1)}, 422),
    ("POST", f"/items/{SOMEBODY}/1/verify", {}, 422),
    ("POST", f"/items/{SOMEBODY}/1/verify", {"digest": "md5:0"}, 422),
    ("POST", f"/items/{SOMEBODY}/1/verify", {"digest": digest(1), "all": True}, 422),
    ("POST", f"/items/{SOMEBODY}/1/verify", [digest(1)], 422),
    ("POST", f"/items/{SOMEBODY}/1/verify", {"digest": digest(1), "despite": "  "}, 422),
    ("POST", f"/items/{SOMEBODY}/1/verify", {"digest": digest(1), "despite": "x" * 501}, 422),
    ("POST", f"/items/{SOMEBODY}/1/verify", {"digest": digest(1), "contradicting": "all"}, 422),
    ("GET", "/requests?area=999999", None, 422),
    ("GET", "/requests?department=stables", None, 422),
    ("GET", "/requests?department=housing", None, 422),
    ("GET", "/requests?state=lost", None, 422),
    ("POST", f"/items/{SOMEBODY}/1/return", {"digest": digest(1)}, 422),
    ("POST", f"/items/{SOMEBODY}/1/return", {"digest": digest(1), "reasons": []}, 422),
    (
        "POST",
        f"/items/{SOMEBODY}/1/return",
        {"digest": digest(1), "reasons": [{"code": "no-such"}]},
        422,
    ),
    (
        "POST",
        f"/items/{SOMEBODY}/1/return",
        {"digest": digest(1), "reasons": [{"code": "other", "text": "x" * 501}]},
        422,
    ),
    (
        "POST",
        f"/items/{SOMEBODY}/1/return",
        {"digest": digest(1), "reasons": [{"code": "field-wrong", "field": "\x00"}]},
        422,
    ),
    ("DELETE", f"/items/{SOMEBODY}", None, 405),
    ("GET", f"/queue?after=0001-01-01T00:00:00%2B23:59~{SOMEBODY}", None, 422),
    ("GET", f"/queue?after=9999-12-31T23:59:59-23:59~{SOMEBODY}", None, 422),
]


@pytest.mark.parametrize(("method", "path", "body", "status_code"), BAD_REQUESTS)
async def test_bad_requests_are_refused_in_plain_words(
    door: Door, method: str, path: str, body: Any, status_code: int
) -> None:
    async with door.client(CIVIL, (Role.LEADER, COUNTY)) as client:
        response = await client.request(method, path, json=body)
    assert rule(response)[0] == status_code


async def test_a_body_that_is_no_json_is_refused(door: Door) -> None:
    async with door.client(CIVIL) as client:
        response = await client.post(
            f"/items/{SOMEBODY}/1/verify",
            content=b"\xff{",
            headers={"content-type": "application/json"},
        )
    assert response.status_code in (400, 422)
    assert rule(response)
