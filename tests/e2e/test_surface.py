"""The judge of what may be seen on a topic passes what is right, and refuses each fault."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from muster.contracts.envelope import Clear, seal_purpose, write_headers, write_value
from muster.contracts.topics import load_topics
from muster.observability.trace import Trace
from muster.security.boxes import seal
from muster.security.jose import generate
from muster.security.keyring import new_key
from muster.security.packets import sign_and_seal
from muster.vocabulary.ids import new_id

from .dump import Seen
from .surface import amiss, mixed_up

DEPARTMENTS = ("housing", "land")
SPECS = load_topics(departments=DEPARTMENTS)
SUBMITTED, ASKED = "capture-record-submitted", "verification-requested-housing"
PART = {"fields": {"name": "a person", "remark": "long enough to be told from noise" * 3}}


def message(topic: str, key: str | None = None, trace: Trace | None = None, **clear: Any) -> Seen:
    """As a service or an edge writes it, the part really sealed; in that trace, or in its own."""
    spec = SPECS[topic]
    key = key or new_id()
    place: int | str = "housing" if spec.owner.startswith("connector-") else 2
    headers = write_headers(
        spec,
        event_id=new_id(),
        place=place,
        time=datetime.now(UTC),
        subject=key,
        sequence=7,
        traceparent=(trace or Trace.new()).child().header(),
    )
    crosses = spec.from_edge or spec.edge_reader is not None
    sealed = {
        consumer: sign_and_seal(PART, generate("sig"), generate("enc"))
        if crosses
        else seal(new_key(seal_purpose(topic, consumer), 1), json.dumps(PART).encode(), {"a": 1})
        for consumer in spec.consumers
    }
    shown = Clear(version=1, **clear)
    return Seen(topic, 2, 0, key.encode(), tuple(headers), write_value(shown, sealed))


def submitted() -> Seen:
    subject = new_id()
    return message(
        SUBMITTED,
        subject,
        subject_id=subject,
        terminal_id=new_id(),
        county="632321",
        occurred_at=datetime.now(UTC),
        digest=f"sha256:{'0' * 64}",
    )


def window() -> Seen:
    key = b'["capture-record-submitted/0/632321",[1795553040.0,1795553099.9]]'
    return Seen("reporting-pulse-window-changelog", 0, 0, key, (), b"[1,0]")


def test_what_the_design_allows_passes() -> None:
    """R100."""
    good = [
        submitted(),
        message(ASKED, county="632321"),
        message("verification-answered-housing"),
        message("capture-dead-letter"),
        message("access-replay-requested", "capture"),
        message("access-key-changed", "housing", county="632321"),
        window(),
        replace(window(), value=None),
        Seen("__consumer_offsets", 0, 0, b"\0\1", (), b"\0"),
    ]
    assert amiss(good, DEPARTMENTS) == []
    assert mixed_up(good, DEPARTMENTS) == []


def _value(change: Callable[[dict[str, Any]], object]) -> Callable[[Seen], Seen]:
    def changed(seen: Seen) -> Seen:
        value = json.loads(seen.value or b"")
        change(value)
        return replace(seen, value=json.dumps(value).encode())

    return changed


def _header(name: str, value: bytes | None) -> Callable[[Seen], Seen]:
    """Another value of that header; without one it is gone."""

    def changed(seen: Seen) -> Seen:
        headers = dict(seen.headers)
        headers.pop(name, None)
        return replace(seen, headers=(*headers.items(), *([(name, value)] if value else [])))

    return changed


def _plain(text: str) -> str:
    """A text in the form of a box that was never sealed."""
    nonce = base64.urlsafe_b64encode(bytes(12)).decode()
    inside = base64.urlsafe_b64encode(json.dumps(PART).encode() + bytes(16)).decode().rstrip("=")
    return f"A256GCM.{text}.{nonce}.{inside}"


FAULTS: dict[str, Callable[[Seen], Seen]] = {
    "a topic that no file names": lambda seen: replace(seen, topic="capture-notes"),
    "a key that is no id": lambda seen: replace(_header("ce_subject", b"x")(seen), key=b"x"),
    "no key": lambda seen: replace(seen, key=None),
    "another subject": _header("ce_subject", new_id().encode()),
    "one header more": _header("x-village", b"632321101001"),
    "a header less": _header("ce_time", None),
    "a header twice": lambda seen: replace(seen, headers=(*seen.headers, seen.headers[0])),
    "words in a header": _header("ce_source", b"/muster/capture/a person"),
    "another type": _header("ce_type", b"muster.capture.upload-received.v1"),
    "a trace that tells": _header("traceparent", b"a person"),
    "a clear field more": _value(lambda value: value["clear"].update(village="632321101001")),
    "a village for a county": _value(lambda value: value["clear"].update(county="632321101001")),
    "a digest without its suite": _value(lambda value: value["clear"].update(digest="0" * 64)),
    "words for a time": _value(lambda value: value["clear"].update(occurred_at="in May")),
    "an object for a version": _value(lambda value: value["clear"].update(version={"a": 1})),
    "a number for a subject": _value(lambda value: value["clear"].update(subject_id=1)),
    "a member beside": _value(lambda value: value.update(remark="x")),
    "nothing sealed": _value(lambda value: value.pop("sealed")),
    "sealed to somebody": _value(lambda value: value["sealed"].update(access=_plain("k/1"))),
    "a part in the clear": _value(lambda value: value["sealed"].update(reporting=PART)),
    "a box that is none": _value(lambda value: value["sealed"].update(reporting="A256GCM.k.a.b")),
    "a box of another topic": _value(
        lambda value: value["sealed"].update(reporting=value["sealed"]["crosscheck"])
    ),
    "a box that was not closed": _value(
        lambda value: value["sealed"].update(
            reporting=_plain(f"seal/{SUBMITTED}/reporting/1"),
        )
    ),
    "no JSON": lambda seen: replace(seen, value=b"a person"),
    "no value": lambda seen: replace(seen, value=None),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_seen(fault: str) -> None:
    """R100."""
    assert len(amiss([FAULTS[fault](submitted())], DEPARTMENTS)) >= 1


@pytest.mark.parametrize(
    "change",
    [
        {"alg": "none"},
        {"name": "a person"},
    ],
)
def test_the_header_of_a_packet_says_nothing_more(change: dict[str, str]) -> None:
    """R100."""

    def changed(value: dict[str, Any]) -> None:
        [(reader, packet)] = value["sealed"].items()
        head, *rest = packet.split(".")
        said = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
        new = base64.urlsafe_b64encode(json.dumps(said | change).encode()).decode().rstrip("=")
        value["sealed"][reader] = ".".join((new, *rest))

    assert len(amiss([_value(changed)(message(ASKED))], DEPARTMENTS)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"key": b'["capture-record-submitted/0/632321101001",[1.0,2.0]]'},
        {"value": b'["a person",0]'},
        {"headers": (("x", b"y"),)},
    ],
)
def test_the_pulse_tells_counts_and_nothing_else(change: dict[str, Any]) -> None:
    """R100."""
    assert len(amiss([replace(window(), **change)], DEPARTMENTS)) == 1


def test_a_department_that_could_join_is_seen() -> None:
    """R74. A case under the subject's id, and one case for two departments."""
    subject, case = new_id(), new_id()
    seen = message(SUBMITTED, subject, subject_id=subject)
    assert mixed_up([seen, message(ASKED, subject)], DEPARTMENTS) == ["housing knows subjects"]
    both = [message(ASKED, case), message("verification-requested-land", case)]
    assert mixed_up(both, DEPARTMENTS) == ["housing and land share cases"]


LAND = "verification-requested-land"
ANSWERED = "verification-answered-housing"
DATA = "crosscheck-department-data-housing"


@pytest.mark.parametrize(
    ("topics", "seen"),
    [
        ((ASKED, ANSWERED), []),
        ((ASKED, ANSWERED, "verification-dead-letter"), []),
        ((SUBMITTED, "verification-record-verified"), []),
        ((ANSWERED, "verification-record-verified"), ["housing and verification-record-verified"]),
        ((SUBMITTED, ASKED), ["capture-record-submitted and housing"]),
        ((ASKED, LAND), ["housing and land"]),
        ((DATA, "crosscheck-touched"), ["crosscheck-touched and housing"]),
        (
            ("crosscheck-reveal-requested-land", "crosscheck-subject-missed"),
            ["crosscheck-subject-missed and land"],
        ),
        (
            ("crosscheck-reveal-answered-housing", "crosscheck-discrepancy-opened"),
            ["crosscheck-discrepancy-opened and housing"],
        ),
    ],
)
def test_a_trace_that_joins_is_seen(topics: tuple[str, ...], seen: list[str]) -> None:
    """R74. A case with its subject or candidate, or with another department's case."""
    trace = Trace.new()
    messages = [message(topic, trace=trace) for topic in topics]
    assert mixed_up(messages, DEPARTMENTS) == [f"one trace on {what}" for what in seen]
