"""What edges write and read at the border: signed, sealed, bound to its place (design 4)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from muster.contracts.envelope import (
    Clear,
    read_headers,
    read_value,
    seal_context,
    write_headers,
    write_value,
)
from muster.contracts.parts.base import Part
from muster.contracts.parts.verification import VerificationRequest
from muster.contracts.topics import service_topics
from muster.messaging import border
from muster.security import jose
from muster.security.packets import BadPacket
from muster.spool import wire
from muster.spool.keyfile import Edge
from muster.vocabulary.ids import new_id
from muster.vocabulary.reasons import Refusal

from .conftest import READER_KEY, SPEC, card_read

ASKED = service_topics()["verification-requested-housing"]
SERVICE, STRANGER, OWN, OTHER = (jose.generate(use) for use in ("sig", "sig", "enc", "enc"))
KEY = new_id()


def request() -> VerificationRequest:
    return VerificationRequest(
        case_id=KEY, version=1, fields={}, asked=("household_area",), asked_at=datetime.now(UTC)
    )


def asked(
    *,
    signing: Any = SERVICE,
    reader: Any = OWN,
    key: str = KEY,
    topic: str = ASKED.name,
    part: Any = None,
) -> dict[str, Any]:
    """A request as verification's relay writes it."""
    spec = service_topics()[topic]
    event_id = new_id()
    consumer = "connector-" + str(spec.edge_reader)
    packet = border.seal_part(
        part or request(), signing, reader, seal_context(spec, consumer, event_id, key, 1)
    )
    headers = write_headers(
        spec,
        event_id=event_id,
        place=0,
        time=datetime.now(UTC),
        subject=key,
        sequence=1,
        traceparent=None,
    )
    return {
        "headers": headers,
        "key": key,
        "value": write_value(Clear(version=1), {consumer: packet}),
    }


def opened(message: dict[str, Any], **more: Any) -> wire.Opened:
    how = {"own": [OWN], "signers": {SERVICE["kid"]: jose.public_jwk(SERVICE)}, **more}
    return wire.open_for_edge(ASKED, message["headers"], message["key"], message["value"], **how)


def test_an_edges_event_opens_for_its_reader_only_and_only_there(edge: Edge) -> None:
    """The service's intake opens it by the terminal's key; moved to another event it does not."""
    assert edge.place is not None
    part = card_read(1)
    event = wire.seal_event(
        SPEC,
        Clear(version=1, terminal_id=edge.place),
        part,
        key=edge.place,
        place=edge.place,
        sequence=1,
        signing=edge.signing,
        reader=jose.public_jwk(READER_KEY),
    )
    headers = read_headers(SPEC, event.headers, event.key)
    assert (headers.sender, headers.sequence) == (f"device/{edge.place}", 1)
    assert event.reader == "capture"
    _, sealed = read_value(event.value)
    signers = {edge.signing["kid"]: jose.public_jwk(edge.signing)}
    context = seal_context(SPEC, "capture", event.event_id, event.key, 1)
    again = type(part).model_validate_json(
        border.open_packet(sealed["capture"], [READER_KEY], signers, context)
    )
    assert again == part
    for other in ({**context, "event": new_id()}, {**context, "version": 2}):
        with pytest.raises(BadPacket):
            border.open_packet(sealed["capture"], [READER_KEY], signers, other)


def test_an_edge_writes_its_own_topics_only(edge: Edge) -> None:
    how: dict[str, Any] = {
        "key": KEY,
        "place": "housing",
        "sequence": 1,
        "signing": edge.signing,
        "reader": READER_KEY,
    }
    answers = service_topics()["verification-answered-public-security"]
    for spec, part in ((ASKED, request()), (answers, request()), (SPEC, request())):
        with pytest.raises(ValueError, match=r"is not written by this edge|carries"):
            wire.seal_event(spec, Clear(version=1), part, **how)


def test_a_connector_opens_what_the_service_signed_for_it() -> None:
    found = opened(asked())
    assert isinstance(found.part, VerificationRequest)
    assert (found.part.case_id, found.headers.sender) == (KEY, "verification")


def test_a_request_that_the_service_did_not_sign_is_refused() -> None:
    """Issue: a request that verification did not sign. Also one with a stolen key id."""
    with pytest.raises(wire.UnknownSigner) as caught:
        opened(asked(signing=STRANGER))
    assert caught.value.reasons[0].rule == "packet-key-unknown"
    with pytest.raises(Refusal) as forged:
        opened(asked(signing={**STRANGER, "kid": SERVICE["kid"]}))
    assert forged.value.reasons[0].rule == "packet-signature"
    assert not isinstance(forged.value, wire.UnknownSigner)


@pytest.mark.parametrize(
    ("message", "rule"),
    [
        ({**asked(), "value": b"{"}, "value-not-json"),
        ({**asked(), "value": b"[]"}, "value-shape"),
        ({**asked(), "value": None}, "value-not-json"),
        ({**asked(), "headers": []}, "header-missing"),
        ({**asked(), "key": new_id()}, "key-differs"),
        ({**asked(), "headers": asked()["headers"]}, "packet-context"),
        (asked(reader=OTHER), "packet-recipient"),
        (asked(part=card_read(1)), "part-shape"),
    ],
)
def test_bad_messages_are_refused_with_their_reason(message: dict[str, Any], rule: str) -> None:
    with pytest.raises(Refusal) as caught:
        opened(message)
    [reason] = caught.value.reasons
    assert reason.rule == rule
    assert any("\u4e00" <= letter <= "\u9fff" for letter in reason.zh)
    assert reason.en


class Planted(Part):
    """A request as no service of ours would write it."""

    fields: dict[str, dict[str, str]]


@pytest.mark.parametrize("planted", ["张三丰", "zhang_sanfeng"])
def test_a_refusal_names_no_key_of_a_mapping(planted: str) -> None:
    """R100: it stands in the connector's log; a field of that name may be anybody's."""
    with pytest.raises(Refusal) as caught:
        opened(asked(part=Planted(fields={planted: {planted: "x"}})))
    [reason] = caught.value.reasons
    assert reason.rule == "part-shape"
    assert "fields" in reason.zh
    assert planted not in str(reason)


def test_another_departments_request_holds_nothing_for_this_one() -> None:
    assert opened(asked(topic="verification-requested-land")).part is None


def test_an_older_key_of_the_connector_still_opens() -> None:
    assert opened(asked(reader=OTHER), own=[OWN, OTHER]).part is not None


def test_without_a_part_nothing_is_left_to_know() -> None:
    """The source erased the subject: the event says only that."""
    message = {**asked(), "value": write_value(Clear(version=1), {})}
    assert opened(message).part is None
