"""The demo's result held beside what was planted, after all input is closed.

What was planted is made again from the seed (`muster.synth.scoring`); nothing of the run is read
but crosscheck's findings and the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from muster.forms import Profile
from muster.runtime.ledger import Tallies, Tally
from muster.synth import build, expectations, scoring
from muster.synth.desk import tell
from muster.synth.workbook import compose

__all__ = ["Scorecard", "judge"]


@dataclass(frozen=True)
class Scorecard:
    """Found against planted by kind, before and after correction, and where the ledger is not as
    the county was planned."""

    before: Mapping[str, scoring.Found]
    after: Mapping[str, scoring.Mended]
    amiss: Sequence[str]

    @property
    def good(self) -> bool:
        return (
            all(found.good() for found in self.before.values())
            and all(mended.good() for mended in self.after.values())
            and not self.amiss
        )

    def as_dict(self) -> dict[str, object]:
        """For demo.json."""
        return {
            "good": self.good,
            "before": {kind: found.as_dict() for kind, found in self.before.items()},
            "after": {kind: mended.as_dict() for kind, mended in self.after.items()},
            "ledger_amiss": list(self.amiss),
        }


def judge(
    profile: Profile,
    people: int,
    seed: int,
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
    ledger: Tallies,
) -> Scorecard:
    """Score the findings and compare the ledger with the plan of that county."""
    county = build(profile, people, seed)
    # Whose row of the workbook cannot be mended comes to the desk as a new person.
    compose(county)
    told = {person.ref: tell(seed, profile, person) for person in county.people}
    wanted = expectations.Expectations(county, told)
    truth = scoring.planted(wanted.problems())
    return Scorecard(
        scoring.score(before, truth),
        scoring.score_after(after, truth),
        list(_amiss(wanted.ledger(corrected=True), ledger)),
    )


def _amiss(wanted: Mapping[str, Mapping[str, int]], found: Tallies) -> Sequence[str]:
    lines = []
    for village in sorted({*wanted, *found}):
        plan = _plan(wanted.get(village, {}))
        tally = found.get(village, Tally())
        for side, counts in (
            ("origin", tally.origins),
            ("state", tally.states),
            ("review", tally.review),
        ):
            for name in sorted({*plan[side], *counts}):
                one, other = counts.get(name, 0), plan[side].get(name, 0)
                if one != other:
                    lines.append(f"{village} {side} {name}: {one} in the ledger, {other} planned")
    return lines


def _plan(lines: Mapping[str, int]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {"origin": {}, "state": {}, "review": {}}
    for line, count in lines.items():
        first, _, second = line.partition("/")
        pairs = (
            [("review", second)] if first == "review" else [("origin", first), ("state", second)]
        )
        for side, name in pairs:
            found[side][name] = found[side].get(name, 0) + count
    return found
