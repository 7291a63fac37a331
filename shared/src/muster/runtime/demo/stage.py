"""Progress on the screen: phases with their times, bars while they run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from muster.runtime.demo.report import Tale

__all__ = ["Bar", "Stage"]


class Bar:
    """One line of progress."""

    def __init__(self, progress: Progress, title: str, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task(title, total=total)

    def add(self, count: int = 1) -> None:
        self._progress.advance(self._task, count)


class Stage:
    """Where the demo shows what happens, and notes how long each phase took."""

    def __init__(self, console: Console, tale: Tale) -> None:
        self._console = console
        self._tale = tale
        self._progress = Progress(
            TextColumn("  {task.description}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            console=console,
            refresh_per_second=4,
        )

    def __enter__(self) -> Stage:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def say(self, text: str) -> None:
        """One line that stays."""
        self._console.print(f"  {text}", markup=False, highlight=False)

    def started(self, part: str) -> None:
        """A part of the stack is there."""
        self.say(f"started {part}")

    def bar(self, title: str, total: int) -> Bar:
        """A bar that stays until the end."""
        return Bar(self._progress, title, total)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time a phase; phases of the same name add up."""
        began = time.perf_counter()
        try:
            yield
        finally:
            took = time.perf_counter() - began
            self._tale.seconds[name] = self._tale.seconds.get(name, 0.0) + took
            self._console.print(f"{name}: {took:.1f} s", markup=False, highlight=False)
