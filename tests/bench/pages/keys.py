"""From a key press to the paint that shows it, in the largest form that may be asked for."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from statistics import median

from muster.forms import Profile
from muster.vocabulary import resident_number

from ..runner import Bench, Sides
from .served import county, peers
from .tab import Tab, browser, tab

__all__ = ["BENCHES"]

FIELD = "household_address"
PRESSES = 24
SLOWER = 4.0
"""A desk's computer is no fast one."""
STEADY_S = 0.12
"""Between keys of somebody who types without a break: about eight a second."""
BREAK_S = 0.27
"""A break after which the rest of the page follows what was typed (editing.ts: 250 ms): the next
key meets that work."""


def largest() -> tuple[str, ...]:
    """Of all sets of categories that may go together the one that asks for the most fields."""
    profile = Profile.load("tongren")
    legal = (
        chosen
        for size in range(1, len(profile.categories) + 1)
        for chosen in itertools.combinations(profile.categories, size)
        if not profile.check_categories(chosen)
    )
    return max(legal, key=lambda chosen: (len(profile.fields_for(chosen)), chosen))


def _open_form(at: Tab, url: str) -> None:
    """Somebody whom nobody knows yet, with all those categories ticked."""
    page = at.page
    page.goto(f"{url}/desk/person")
    page.locator("#person-number").fill(resident_number.make("632321", date(1951, 6, 7), 1))
    page.keyboard.press("Enter")
    page.locator(".categories").wait_for()
    places = list(Profile.load("tongren").categories)
    for category in largest():
        page.locator(".categories [role=checkbox]").nth(places.index(category)).click()
    page.locator(f'[data-field="{FIELD}"] .control').focus()


def _open_alone(at: Tab, url: str) -> None:
    at.page.goto(f"{url}/desk/")
    at.page.locator("#alone").focus()


def _typing(at: Tab, pause_s: float) -> Callable[[], float]:
    """Types into what has the focus, which is emptied first: the median of all presses, in ms."""

    def measure() -> float:
        at.page.keyboard.press("Control+A")
        at.page.keyboard.press("Delete")
        at.ask("() => bench.rest(500)")
        at.ask("() => void (bench.ended = bench.presses())")
        for _ in range(PRESSES):
            at.page.keyboard.press("a")
            at.ask("(ms) => bench.rest(ms)", pause_s * 1_000)
        taken = at.ask("() => bench.ended()")
        if len(taken) != PRESSES:
            raise RuntimeError(f"{PRESSES} keys were pressed, {len(taken)} came to the page")
        return float(median(taken))

    return measure


def _keys(pause_s: float) -> Callable[[ExitStack], Sides]:
    def prepare(stack: ExitStack) -> Sides:
        of = browser(stack)
        form = stack.enter_context(tab(of))
        _open_form(form, county(stack, who="collector"))
        alone = stack.enter_context(tab(of))
        _open_alone(alone, peers(stack))
        for one in (form, alone):
            one.slow_down(SLOWER)
        return Sides(_typing(form, pause_s), _typing(alone, pause_s))

    return prepare


def _bench(name: str, pause_s: float, when: str) -> Bench:
    fields = len(Profile.load("tongren").fields_for(largest()))
    return Bench(
        f"key-{name}",
        f"from a key press to the paint that follows, in the form of {fields} fields that the"
        f" {len(largest())} categories ask for which may go together and ask for most; {when};"
        f" the processor {SLOWER:.0f} times slower; median of {PRESSES} presses",
        "the same control alone on a page",
        "ms",
        1.5,
        _keys(pause_s),
    )


BENCHES = (
    _bench("steady", STEADY_S, f"a key every {STEADY_S * 1_000:.0f} ms"),
    _bench(
        "after-break",
        BREAK_S,
        f"each {BREAK_S * 1_000:.0f} ms after the one before, as the rest of the page follows",
    ),
)
