"""Pages and services speak the same packets: each opens what the other made (R92, R101)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest

from muster.contracts.envelope import seal_context
from muster.contracts.parts.verification import VerificationAnswer
from muster.contracts.topics import service_topics
from muster.messaging import border
from muster.security import jose, packets
from muster.vocabulary.states import Verdict

from .packets_golden import CASE, DEPARTMENT, EVENT, GOLDEN


def read(name: str) -> dict[str, Any]:
    """One of the kept files."""
    found: dict[str, Any] = orjson.loads((GOLDEN / name).read_bytes())
    return found


def test_a_services_request_opens_with_the_departments_key() -> None:
    """R92: what the pages are tested with is what a service makes, in a format that is final."""
    kept = read("service.json")
    item, sign = kept["item"], kept["service"]["sign"]
    spec = service_topics()[f"verification-requested-{DEPARTMENT}"]
    place = seal_context(spec, f"connector-{DEPARTMENT}", EVENT, CASE, item["version"])
    signers = {sign["kid"]: jose.public_jwk(sign)}
    part = border.open_packet(item["sealed"], [kept["keys"]["enc"]], signers, place)
    assert orjson.loads(part) == kept["part"]


def test_a_pages_answer_and_question_are_opened_by_the_service() -> None:
    """R92, R101: bound to its own event, case and version, and to no other."""
    kept, page = read("service.json"), read("page.json")
    reader, signer = kept["service"]["packet"], kept["keys"]["sig"]
    signers = {signer["kid"]: jose.public_jwk(signer)}
    item = page["answer"]
    spec = service_topics()[f"verification-answered-{DEPARTMENT}"]
    place = seal_context(spec, "verification", item["event_id"], item["case_id"], item["version"])
    raw = border.open_packet(item["sealed"], [reader], signers, place)
    part = VerificationAnswer.model_validate_json(raw)
    assert (part.request, part.case_id, part.version) == (EVENT, CASE, 3)
    assert part.verdicts == {"name": Verdict.MATCH, "sex": Verdict.UNDECIDED}
    assert part.remark == "户口簿"
    with pytest.raises(packets.BadPacket):
        border.open_packet(item["sealed"], [reader], signers, {**place, "event": EVENT})
    payload, kid = packets.open_and_verify(page["question"], [reader], signers.get)
    assert (payload, kid) == (border.ASKS_REQUESTS, signer["kid"])
    with pytest.raises(packets.BadPacket):
        packets.open_and_verify(
            page["question"], [reader], signers.get, max_age=timedelta(seconds=1)
        )


def test_a_pages_keys_and_proof_are_what_access_takes() -> None:
    """R101: kid by RFC 7638, P-256, and a proof in the form of an edge's."""
    page = read("page.json")
    for key, use in zip(page["public"], ("sig", "enc"), strict=True):
        assert set(key) == {"kty", "crv", "x", "y", "use", "kid"}
        assert key["use"] == use
        assert jose.thumbprint(jose.check_public(key)) == key["kid"]
    proof = page["proof"]
    assert jose.signer(proof, "muster-enrolment") == page["public"][0]["kid"]
    assert jose.verified(proof, page["public"][0], 1024) == b"7K3M-0QXA"
