from __future__ import annotations

import asyncio

import pytest

from muster.observability import trace

GOOD = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_parse_and_write_agree() -> None:
    parsed = trace.parse_traceparent(GOOD)
    assert parsed is not None
    assert parsed.header() == GOOD
    assert trace.parse_traceparent("  " + GOOD.upper() + " ") == parsed
    # A later version may carry more, which is ignored.
    later = trace.parse_traceparent("cc" + GOOD[2:] + "-what-comes")
    assert later == parsed


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "",
        "hello",
        GOOD[:-1],
        GOOD + "-extra",
        "ff" + GOOD[2:],
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
        "x" * 5000,
    ],
)
def test_damaged_header_starts_a_new_trace(bad: str | None) -> None:
    assert trace.parse_traceparent(bad) is None
    with trace.use(bad) as here:
        assert trace.parse_traceparent(here.header()) == here


def test_child_keeps_the_trace_and_changes_the_span() -> None:
    with trace.use(GOOD) as here:
        sent = trace.parse_traceparent(trace.current_traceparent())
    assert sent is not None
    assert here.trace_id == sent.trace_id == GOOD[3:35]
    assert len({GOOD[36:52], here.span_id, sent.span_id}) == 3
    assert trace.current() is None


async def test_tasks_do_not_share_a_trace() -> None:
    async def one() -> str:
        with trace.use(None) as here:
            await asyncio.sleep(0)
            assert trace.current() == here
            return here.trace_id

    assert len(set(await asyncio.gather(*(one() for _ in range(5))))) == 5
