"""What may be seen on a topic, as the design says it (section 4), and whatever is seen besides.

The lists stand here in the design's words and are not taken from the code that they judge: "Clear
are only: event id, subject_id, version, terminal id, county code, time, salted digests." The event
id is a header; the others are the members of ``clear``. From the topic files come only the names:
which topic is keyed by what, and who may open a part of it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from muster.contracts.topics import TopicSpec, load_topics

from .dump import Seen

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
_COUNTY = r"[0-9]{6}"
_WORD = r"[a-z]+(-[a-z]+)*"

CLEAR = {
    "subject_id": _UUID,
    "version": r"[0-9]+",
    "terminal_id": _UUID,
    "county": _COUNTY,
    "occurred_at": _TIME,
    "digest": r"(sha256|sm3):[0-9a-f]{64}",
}
HEADERS = {
    "ce_specversion": r"1\.0",
    "ce_id": _UUID,
    "ce_type": rf"muster\.[a-z]+\.{_WORD}\.v[0-9]+",
    "ce_source": rf"/muster/({_WORD}/[0-9]+|device/{_UUID}|connector/{_WORD})",
    "ce_time": _TIME,
    "ce_subject": rf"{_UUID}|{_WORD}",
    "ce_sequence": r"[0-9]{16}",
    "content-type": "application/json",
}
TRACE = ("traceparent", r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]")

IDS = {
    *("subject_id", "case_id", "terminal_id", "account_id", "event_id"),
    *("extract_id", "row_id", "discrepancy_id", "candidate_id"),
}
"""Keys that are random ids, or pseudonyms that look like it."""
KEYS = {
    **dict.fromkeys(IDS, _UUID),
    "county": _COUNTY,
    # Access itself, a terminal, or a department.
    "owner_id": rf"{_UUID}|{_WORD}",
    "source": _WORD,
}

_SIGNS = r"[A-Za-z0-9_-]"
_BOX = re.compile(rf"A256GCM\.(?P<kid>[a-z0-9/_-]+)\.{_SIGNS}{{16}}\.(?P<sealed>{_SIGNS}{{22,}})")
_PACKET = re.compile(
    rf"(?P<head>{_SIGNS}+)\.\.{_SIGNS}{{16}}\.(?P<sealed>{_SIGNS}+)\.{_SIGNS}{{22}}"
)
_PACKET_HEAD = {"alg": "ECDH-ES", "enc": "A256GCM", "typ": "muster-packet", "cty": "JOSE"}
_TELLING = 64
"""Bytes of a ciphertext that, were they random, are UTF-8 once in 10**17 times."""

_WINDOW = rf'\["{_WORD}/[0-9]+/{_COUNTY}",\[[0-9.]+,[0-9.]+\]\]'
_COUNTED = r"\[[0-9]+,[0-9]+\]"


def amiss(messages: Iterable[Seen], departments: Iterable[str]) -> list[str]:
    """What is seen on these topics and may not be; empty when all is as the design says."""
    specs = load_topics(departments=departments)
    found = []
    for message in messages:
        if message.topic.startswith("__"):
            continue  # Kafka's own: names of groups and offsets
        spec = specs.get(message.topic)
        if spec is None:
            found.append(f"{message.topic}: no topic file names it")
        elif spec.framework:
            found += _framework(message)
        else:
            found += [f"{message.place}: {what}" for what in _one(spec, message)]
    return found


def _one(spec: TopicSpec, message: Seen) -> Iterator[str]:
    key = (message.key or b"").decode("utf-8", "replace")
    if re.fullmatch(KEYS[spec.key], key) is None:
        yield f"the key is no {spec.key}"
    yield from _headers(spec, message, key)
    try:
        value = json.loads(message.value or b"")
        clear, sealed = dict(value.pop("clear")), dict(value.pop("sealed"))
    except (ValueError, KeyError, AttributeError, TypeError):
        yield "the value is no JSON object of clear and sealed"
        return
    yield from (f"the value has a member {name!r}" for name in value)
    for name, said in clear.items():
        # Only the version is a number; a list or an object has no text of these forms.
        proper = isinstance(said, int if name == "version" else str)
        if name not in CLEAR or not proper or re.fullmatch(CLEAR[name], str(said)) is None:
            yield f"clear shows {name!r}, or not in its form"
    for consumer, text in sealed.items():
        if consumer not in spec.consumers:
            yield f"sealed to {consumer!r}, who does not read it"
        yield from _sealed(spec, consumer, text)


def _headers(spec: TopicSpec, message: Seen, key: str) -> Iterator[str]:
    names = [name for name, _ in message.headers]
    if sorted(set(names) - {TRACE[0]}) != sorted(HEADERS) or len(set(names)) != len(names):
        yield f"headers are {names}"
    forms = dict([*HEADERS.items(), TRACE])
    for name, raw in message.headers:
        text = (raw or b"").decode("utf-8", "replace")
        if re.fullmatch(forms.get(name, "(?!)"), text) is None:
            yield f"header {name!r} is not in its form"
        if name == "ce_subject" and text != key:
            yield "ce_subject is not the key"
        if name == "ce_type" and text != spec.type:
            yield "ce_type is not the topic's"


def _sealed(spec: TopicSpec, consumer: str, text: Any) -> Iterator[str]:
    packet = spec.from_edge or spec.edge_reader is not None
    match = (_PACKET if packet else _BOX).fullmatch(text) if isinstance(text, str) else None
    try:
        opened = _bytes(match["sealed"]) if match else b""
        head = json.loads(_bytes(match["head"])) if match and packet else {}
    except ValueError:
        match = None
    if match is None:
        yield f"what is for {consumer!r} is no sealed text"
        return
    if packet:
        known = {name: head.pop(name, None) for name in _PACKET_HEAD}
        if known != _PACKET_HEAD or set(head) != {"kid", "epk"}:
            yield f"the packet for {consumer!r} has another header"
    elif not re.fullmatch(f"seal/{spec.name}/{consumer}/[0-9]+", match["kid"]):
        yield f"what is for {consumer!r} is sealed under a key of something else"
    if _is_text(opened):
        yield f"what is for {consumer!r} can be read without a key"


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _is_text(sealed: bytes) -> bool:
    try:
        sealed[: len(sealed) - 16].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return len(sealed) >= _TELLING + 16


def _framework(message: Seen) -> Iterator[str]:
    """The pulse's windows: counts per topic, partition, county and minute, in Faust's own form."""
    if message.headers:
        yield f"{message.place}: headers"
    for what, form, raw in (("key", _WINDOW, message.key), ("value", _COUNTED, message.value)):
        # A window that has passed is removed: its value is null.
        if raw is not None and re.fullmatch(form, raw.decode("utf-8", "replace")) is None:
            yield f"{message.place}: the {what} is none of the pulse"


def mixed_up(messages: Iterable[Seen], departments: Iterable[str]) -> list[str]:
    """Ids that join what must not be joined: a department's case with a subject, or with the case
    of another department. By the key, or by the trace of what one brought about of the other."""
    specs = load_topics(departments=departments)
    subjects: set[str] = set()
    cases: dict[str, set[str]] = {}
    traced: dict[str, set[str]] = {}
    """By trace: the departments, and topics about one person (or terminal), that it touched."""
    for message in messages:
        spec = specs.get(message.topic)
        if spec is None or spec.framework:
            continue
        subjects.add(json.loads(message.value or b"{}")["clear"].get("subject_id", ""))
        if spec.department is not None:
            cases.setdefault(spec.department, set()).add((message.key or b"").decode())
        elif spec.key == "subject_id":
            subjects.add((message.key or b"").decode())
        trace = _trace(message)
        # A dead letter is about a message: it goes on in that one's trace, and names nobody else.
        if trace is not None and spec.key not in ("event_id", "source"):
            traced.setdefault(trace, set()).add(spec.department or spec.name)
    found = [f"{name} knows subjects" for name, known in cases.items() if known & subjects]
    names = sorted(cases)
    found += [
        f"{one} and {other} share cases"
        for index, one in enumerate(names)
        for other in names[index + 1 :]
        if cases[one] & cases[other]
    ]
    joined = {tuple(sorted(where)) for where in traced.values() if len(where) > 1}
    return found + [
        f"one trace on {' and '.join(where)}" for where in sorted(joined) if cases.keys() & where
    ]


def _trace(message: Seen) -> str | None:
    """The trace id of a message; None for one that has no trace."""
    header = dict(message.headers).get(TRACE[0])
    return None if header is None else header.decode("utf-8", "replace").split("-")[1]
