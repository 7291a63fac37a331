"""The next record after a decision, in a queue of 100,000."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from ..runner import Bench, Sides
from .served import county
from .tab import Tab, browser, tab

__all__ = ["BENCHES"]

WAITING = 100_000
FIRST = 40
"""The invented county's departments agree about all from the 38th on: nothing stands in the way."""

# From the key to the paint in which the next record stands with the focus on its first row.
DECIDE = """async () => {
  const here = location.pathname
  const pressed = new Promise((done) => {
    addEventListener('keydown', (event) => done(event.timeStamp), { capture: true, once: true })
  })
  const shown = pressed.then(() => bench.when(() => location.pathname !== here
    && document.activeElement?.matches('.middle tbody input[type=checkbox]:not(:checked)')))
  bench.ended = Promise.all([pressed, shown]).then(([from, at]) => at - from)
}"""
SETTLE = """async () => {
  const box = '.middle tbody input[type=checkbox]:not(:checked)'
  const boxes = () => [...document.querySelectorAll(box)]
  await bench.when(() => boxes().length)
  while (boxes().length) { boxes()[0].click(); await bench.painted() }
}"""
# The decision, then the next record, read as JSON. The page fetched that one ahead.
BARE = """async ([decided, next]) => {
  const at = (id) => `/api/verification/items/${id}`
  const seen = await (await fetch(at(decided))).json()
  const from = performance.now()
  const sent = await fetch(`${at(decided)}/${seen.version}/verify`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ digest: seen.digest }),
  })
  await sent.json()
  const came = await (await fetch(at(next))).json()
  if (!sent.ok || came.subject_id !== next) throw new Error('the bare fetch was refused')
  return performance.now() - from
}"""


def _queue(at: Tab, url: str) -> list[str]:
    """Subjects as the queue's first page gives them, from the first that is simple on."""
    found: dict[str, Any] = at.page.request.get(f"{url}/api/verification/queue?limit=100").json()
    return [one["subject_id"] for one in found["items"]][FIRST:]


def _decide(at: Tab) -> float:
    """Milliseconds from F9 until the next record stands there; all rows are settled before."""
    at.ask(SETTLE)
    at.ask(DECIDE)
    at.page.keyboard.press("F9")
    return float(at.ask("() => bench.ended"))


def _prepare(stack: ExitStack) -> Sides:
    of = browser(stack)
    url = county(stack, who="reviewer", waiting=WAITING)
    page = stack.enter_context(tab(of))
    queue = _queue(page, url)
    # What a record holds is invented when it is first asked for, and not while it is measured.
    for subject in queue:
        page.page.request.get(f"{url}/api/verification/items/{subject}")
    page.page.goto(f"{url}/console/review/{queue[0]}")
    # From the other end, so that neither side takes records away from the other.
    bare = stack.enter_context(tab(of))
    bare.page.goto(f"{url}/health")
    left = list(reversed(queue))

    def peer() -> float:
        return float(bare.ask(BARE, [left.pop(0), left[0]]))

    return Sides(lambda: _decide(page), peer)


BENCHES = (
    Bench(
        "review-next",
        f"from F9, which verifies a record of a queue of {WAITING:,}, until the next one stands"
        " there with the focus on its first row",
        "a bare fetch, nothing ahead: the decision sent, then the next record's JSON read",
        "ms",
        1.5,
        _prepare,
    ),
)
