"""The runner and its report. Figures are for ``make bench``: no test times anything."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from muster.forms import Profile

from . import __main__ as command
from . import report
from .benches import BENCHES
from .pages.keys import largest
from .runner import ROUNDS, Bench, Figure, Sides, run


def a_bench(prepare: Callable[[ExitStack], Sides], **more: Any) -> Bench:
    return Bench("a", "something", "something less", "ms", 1.5, prepare, **more)


def figure(ours: tuple[float, ...], peers: tuple[float, ...], **more: Any) -> Figure:
    return Figure(a_bench(lambda _: Sides(float, float), **more), ours, peers)


def test_sides_are_measured_in_turn_after_a_round_that_does_not_count() -> None:
    asked: list[str] = []

    def side(name: str) -> Callable[[], float]:
        def measure() -> float:
            asked.append(name)
            return float(len(asked))

        return measure

    found = run(a_bench(lambda _: Sides(side("ours"), side("peer"))), 3)
    assert asked == ["ours", "peer", "ours", "peer", "peer", "ours", "ours", "peer"]
    assert found.ours == (3.0, 6.0, 7.0)
    assert found.peers == (4.0, 5.0, 8.0)


def test_what_a_bench_started_is_ended_also_when_it_fails() -> None:
    ended: list[str] = []

    def prepare(stack: ExitStack) -> Sides:
        stack.callback(ended.append, "ended")

        def fails() -> float:
            raise OSError("no such page")

        return Sides(fails, float)

    with pytest.raises(OSError, match="no such page"):
        run(a_bench(prepare), 1)
    assert ended == ["ended"]


def test_the_ratio_is_of_medians_and_the_spread_of_rounds() -> None:
    found = figure((3.0, 9.0, 4.0), (2.0, 3.0, 2.0))
    assert found.ratio == 2.0
    assert found.spread == (1.5, 3.0)
    assert not found.reached


def test_an_aim_may_be_a_least() -> None:
    assert figure((10.0,), (2.0,), aim="at least").reached
    assert not figure((2.0,), (2.0,), aim="at least").reached


def test_what_has_no_aim_is_neither_reached_nor_missed() -> None:
    bench = Bench("a", "something", "300 kB", "kB", None, lambda _: Sides(float, float))
    record = report.recorded(Figure(bench, (330.0,), (300.0,)), "a machine", 0.5)
    assert (record["goal"], record["reached"]) == (None, None)
    assert "| 1.10 | none |  |" in report.render([record])
    assert "aim none: measured" in report.line(record)


def test_a_round_at_least() -> None:
    with pytest.raises(ValueError, match="rounds: 0"):
        run(a_bench(lambda _: Sides(float, float)), 0)


def test_what_was_not_measured_now_stays_written(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text(f"Before\n{report.BEGIN}\nold\n{report.END}\nAfter\n", "utf-8")
    old = report.recorded(figure((9.0,), (2.0,)), "a machine", 0.5) | {"id": "b"}
    gone = old | {"id": "gone"}
    new = report.recorded(figure((3.0,), (3.0,)), "a machine", 0.5)
    report.write(report.merged([gone, old], [new], ["a", "b"]), tmp_path)
    text = page.read_text("utf-8")
    assert text.startswith("Before\n")
    assert text.endswith("\nAfter\n")
    assert "| `a` | 1.00 | at most 1.5 | reached |" in text
    assert "| `b` | 4.50 | at most 1.5 | **missed** |" in text
    assert "old" not in text
    kept = json.loads((tmp_path / "benchmarks.json").read_text("utf-8"))
    assert [one["id"] for one in kept] == ["a", "b"]
    assert {"id", "work", "peer", "ratio", "goal", "rounds", "spread"} <= kept[0].keys()


def test_a_page_without_marks_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text(f"{report.BEGIN} and no end", "utf-8")
    with pytest.raises(ValueError, match="both marks"):
        report.write([], tmp_path)
    assert page.read_text("utf-8") == f"{report.BEGIN} and no end"
    assert not (tmp_path / "benchmarks.json").exists()


def test_benches_are_chosen_by_the_beginning_of_their_id() -> None:
    assert command.chosen("") == list(BENCHES)
    assert [one.id for one in command.chosen("review-next")] == ["review-next"]
    assert {one.id.split("-")[0] for one in command.chosen("key,load")} == {"key", "load"}
    with pytest.raises(ValueError, match="no bench begins with 'nothing'"):
        command.chosen("nothing")


def test_the_machine_is_described_without_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.node", lambda: "a-name")
    assert "cores" in report.machine()
    assert "a-name" not in report.machine()


def test_the_page_of_figures_is_what_the_figures_say() -> None:
    kept = json.loads((command.DOCS / "benchmarks.json").read_text("utf-8"))
    text = (command.DOCS / "benchmarks.md").read_text("utf-8")
    assert f"{report.BEGIN}\n{report.render(kept)}\n{report.END}" in text
    known = [one.id for one in BENCHES]
    assert [one["id"] for one in kept] == [one for one in known if one in {k["id"] for k in kept}]
    assert all(one["rounds"] >= ROUNDS for one in kept)


def test_nothing_may_be_added_to_the_largest_form() -> None:
    """R22: what goes together."""
    profile = Profile.load("tongren")
    chosen = largest()
    assert profile.check_categories(chosen) == []
    for more in set(profile.categories) - set(chosen):
        assert profile.check_categories((*chosen, more))
