"""Packets as this side makes them, for the pages to open: a request sealed to a department's key.

``python -m tests.contracts.packets_golden`` writes them anew, under keys made for it that are used
nowhere else. What the pages make in answer (``page.json``; in ``web``, ``MUSTER_WRITE_GOLDEN=1 npx
vitest run console/tests/departments.test.ts``) is opened by ``test_packets_golden.py``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from muster.contracts.envelope import seal_context
from muster.contracts.parts.verification import VerificationRequest
from muster.contracts.topics import service_topics
from muster.messaging import border
from muster.security import jose

GOLDEN = Path(__file__).parent / "golden" / "packets"
DEPARTMENT = "public-security"
EVENT, CASE = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
PART = VerificationRequest(
    case_id=CASE,
    version=3,
    fields={"name": "=某人", "birth_date": "1961-03", "sex": "1"},
    asked=("name", "sex"),
    asked_at=datetime(2018, 11, 2, tzinfo=UTC),
)


def make() -> dict[str, Any]:
    """The department's keys, the service's, and one request between them."""
    keys = {use: jose.generate(use) for use in ("sig", "enc")}
    service = {"packet": jose.generate("enc"), "sign": jose.generate("sig")}
    spec = service_topics()[f"verification-requested-{DEPARTMENT}"]
    place = seal_context(spec, f"connector-{DEPARTMENT}", EVENT, CASE, PART.version)
    sealed = border.seal_part(PART, service["sign"], jose.public_jwk(keys["enc"]), place)
    item = {"event_id": EVENT, "case_id": CASE, "version": PART.version, "sealed": sealed}
    return {
        "department": DEPARTMENT,
        "keys": keys,
        "service": service,
        "item": item,
        "part": PART.model_dump(mode="json"),
    }


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    (GOLDEN / "service.json").write_bytes(orjson.dumps(make(), option=orjson.OPT_INDENT_2) + b"\n")
