"""Planted leaks: nothing personal may reach a log line, by whatever way it comes."""

from __future__ import annotations

import io
import json
import logging
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import quote

import pytest
import structlog

from muster.observability import logging as muster_logging
from muster.observability import trace
from muster.observability.redaction import mask_text, redact

# Put together at run time, so that no literal number stands in the repository.
NUMBER_18 = "431126" + "19681203" + "001" + "X"
NUMBER_15 = "431126" + "681203" + "001"
MOBILE = "139" + "1234" + "5678"
NAME = "欧阳建国"
PLANTED = (NUMBER_18, NUMBER_18.lower(), NUMBER_15, MOBILE, NAME)


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """The log of this process, into a buffer; pytest's own handlers come back afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    hooks = sys.excepthook, __import__("threading").excepthook
    buffer = io.StringIO()
    muster_logging.configure("capture", stream=buffer)
    yield buffer
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook, __import__("threading").excepthook = hooks
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def read(buffer: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in buffer.getvalue().splitlines()]


def test_line_has_the_agreed_shape(lines: io.StringIO) -> None:
    with trace.use(None) as here:
        muster_logging.get_logger("muster.capture").info("upload taken", rows=500, accepted=499)
    (line,) = read(lines)
    assert line["service"] == "capture"
    assert line["level"] == "info"
    assert line["logger"] == "muster.capture"
    assert line["event"] == "upload taken"
    assert line["trace_id"] == here.trace_id
    assert line["rows"] == 500  # a count under a carrier's key stays
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("leak", PLANTED)
def test_leak_in_any_place_is_masked(lines: io.StringIO, leak: str) -> None:
    """R100: a number or a name in the event, in a value, a key, a context or a library's line."""
    log = muster_logging.get_logger("muster.test")
    log.info(f"record of {leak}", at=f"x{leak}y", nested=[{"deep": ({"er": [leak]},)}])
    log.info("as a key", table={f"k-{leak}": 1})
    log.info("bound by the context", who=leak)
    structlog.contextvars.bind_contextvars(who=leak)
    logging.getLogger("some.library").warning("refused %s, %r", leak, {"value": leak})
    structlog.contextvars.clear_contextvars()
    assert len(read(lines)) == 4
    assert leak not in lines.getvalue()


@pytest.mark.parametrize("leak", PLANTED)
def test_leak_in_an_exception_is_masked(lines: io.StringIO, leak: str) -> None:
    def fail() -> None:
        try:
            {}[leak]
        except KeyError as error:
            text = f"DETAIL: Key (name)=(Anna Smith {leak})\n[parameters: ('Anna Smith', 1)]"
            raise ValueError(text) from error

    try:
        fail()
    except ValueError as error:
        muster_logging.get_logger("muster.test").exception("refused", error=error)
        logging.getLogger("uvicorn.error").warning("boom", exc_info=error)
        error.add_note(leak)
        logging.getLogger("faust").critical("boom", exc_info=True)
    text = lines.getvalue()
    assert len(read(lines)) == 3
    assert leak not in text
    assert "Anna Smith" not in text
    # What one needs to find the fault is still there.
    for line in read(lines):
        assert "ValueError" in line["exception"]
        assert "in fail" in line["exception"]


def test_pydantic_error_does_not_quote_the_input(lines: io.StringIO) -> None:
    from pydantic import BaseModel, ValidationError

    class Model(BaseModel):
        age: int

    typed = "Anna Smith"
    try:
        Model.model_validate({"age": typed})
    except ValidationError:
        logging.getLogger("x").exception("bad")
    assert typed not in lines.getvalue()
    assert "ValidationError" in lines.getvalue()


def test_an_exception_is_told_by_type_and_place_never_by_its_text(lines: io.StringIO) -> None:
    """R100: a handler's error may repeat what somebody sent, in any language."""
    said = "Zhaxi Dorje, 5 Main Street, 仁青卓玛"

    nothing: dict[str, int] = {}

    def fail() -> None:
        try:
            nothing[said]
        except KeyError as error:
            raise RuntimeError(said) from error

    try:
        fail()
    except RuntimeError:
        muster_logging.get_logger("muster.test").exception("a message cannot be taken")
    text = lines.getvalue()
    assert "KeyError" in text
    assert "RuntimeError" in text
    assert "in fail" in text
    for word in ("Zhaxi", "Main Street", "仁青卓玛"):
        assert word not in text


@pytest.mark.parametrize(
    "key",
    [
        *("name", "Full-Name", "phone", "contact_phone", "address", "resident_number", "password"),
        *("spouse_name", "home_address", "martyr-name"),
    ],
)
def test_value_under_a_personal_key_is_removed(key: str) -> None:
    assert redact({"outer": [{key: "Anna Smith"}]}) == {"outer": [{key: "[removed]"}]}
    assert redact({key: 7}) == {key: "[removed]"}


def test_carrier_keeps_counts_only() -> None:
    assert redact({"rows": 3, "fields": {"a": 1}, "value": "Anna"}) == {
        "rows": 3,
        "fields": "[removed]",
        "value": "[removed]",
    }


@pytest.mark.parametrize(
    "written",
    [
        f"{NUMBER_18[:6]} {NUMBER_18[6:14]} {NUMBER_18[14:]}",
        f"{MOBILE[:3]}-{MOBILE[3:7]}-{MOBILE[7:]}",
        f"+86{MOBILE}",
        f"tel{MOBILE}.",
        "".join(chr(ord("０") + int(digit)) for digit in MOBILE),
        NUMBER_18 + NUMBER_18,
        f"{NUMBER_18[:6]}.{NUMBER_18[6:14]}.{NUMBER_18[14:]}",
        "_".join(NUMBER_18),
        f"{MOBILE[:3]}.{MOBILE[3:7]}.{MOBILE[7:]}",
        f"{MOBILE[:3]}_{MOBILE[3:7]}_{MOBILE[7:]}",
    ],
)
def test_other_ways_to_write_a_number_are_masked(written: str) -> None:
    masked = mask_text(f"before {written} after")
    assert "[number]" in masked
    assert not any(sign.isdigit() and sign not in "86" for sign in masked)


def _all_of_it(text: str, sign: str) -> str:
    return "".join(sign.format(ord(one)) for one in text)


@pytest.mark.parametrize(
    "written",
    [
        json.dumps(NAME),
        json.dumps(json.dumps(NAME)),
        json.dumps(NAME).upper().replace("\\U", "\\u"),
        ascii("𠮷" + NAME),
        json.dumps("𠮷"),  # two halves
        ascii("𠮷"),
        repr(NAME.encode()),
        repr(NAME.encode("gb18030")),
        quote(NAME),
        quote(quote(NAME)),
        quote(NAME).lower(),
        quote(NAME.encode("gb18030")),
        _all_of_it(NUMBER_18, "\\u{:04x}"),
        _all_of_it(MOBILE, "%{:02X}"),
    ],
)
def test_what_stands_behind_escapes_is_masked(written: str) -> None:
    """R100: as JSON, Python or an address writes it, once or twice."""
    masked = mask_text(f"before {written} after")
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    assert "[zh]" in masked or "[number]" in masked
    left = masked.removeprefix("before ").removesuffix(" after")
    assert re.sub(r"\[zh\]|\[number\]", "", left).strip("b\"'\\") == ""
    assert mask_text(masked) == masked


@pytest.mark.parametrize("before", range(18))
def test_a_long_text_is_not_cut_within_a_number(before: int) -> None:
    """R100: the beginning of one is no number any more, but it names somebody all the same."""
    for written in (NUMBER_18, MOBILE, _all_of_it(NAME, "\\u{:04x}")):
        masked = mask_text("y" * (20_000 - before) + written + "y" * 30_000)
        assert len(masked) < 20_100
        assert not set(masked) & set("0123456789\\")


def test_what_a_driver_quotes_is_removed_though_it_does_not_end() -> None:
    masked = mask_text(f"refused [parameters: ({'Anna Smith, ' * 3000})]")
    assert masked == "refused [removed]"


@pytest.mark.parametrize(
    "number", [int(MOBILE), int(NUMBER_15), int(NUMBER_18[:17] + "1"), float(MOBILE)]
)
def test_numbers_as_numbers_are_masked(number: float) -> None:
    assert redact({"x": number}) == {"x": "[number]"}


@pytest.mark.parametrize(
    "harmless",
    [
        "0b9f3a52-1111-4222-8333-139123456789",
        "sha256:" + "ab12" * 16,
        "2026-11-24T04:12:33.123456+00:00",
        "127.0.0.1:54321",
        "no answer from 192.168.100.100:9092",
        "C:\\users\\x.log, 100%, 50%25, a%20b%2Fc, \\u00e9, \\x1b[0m",
        "431126105200",
        "capture-record-submitted[3]@104857",
    ],
)
def test_identifiers_stay_readable(harmless: str) -> None:
    assert mask_text(harmless) == harmless


def test_unknown_objects_give_only_their_type() -> None:
    class Person:
        def __repr__(self) -> str:
            return "Anna Smith"

    assert redact({"x": Person(), "y": b"Anna", "z": date(2026, 1, 2)}) == {
        "x": "<Person>",
        "y": "[4 bytes]",
        "z": "2026-01-02",
    }


def test_access_lines_and_warnings(lines: io.StringIO) -> None:
    logging.getLogger("uvicorn.access").info('"GET /people?name=Anna HTTP/1.1" 200')
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"odd value {MOBILE}", stacklevel=1)
    (line,) = read(lines)
    assert line["logger"] == "py.warnings"
    assert MOBILE not in lines.getvalue()


def test_unhandled_error_of_a_process_is_a_redacted_line() -> None:
    code = (
        "from muster.observability import logging\n"
        "logging.configure('capture')\n"
        f"raise RuntimeError('lost ' + '{MOBILE[:5]}' + '{MOBILE[5:]}')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert MOBILE not in done.stdout + done.stderr
    assert json.loads(done.stdout)["event"] == "process ended by an error"
