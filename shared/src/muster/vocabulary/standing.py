"""Where a person stands in the balance, and which of two things heard about a person counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from muster.vocabulary.states import Origin, SubjectState


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the balance: a village counted the person, and how it stands there."""

    village: str
    origin: Origin
    state: SubjectState


@dataclass(frozen=True, slots=True)
class Standing:
    """All lines of one person; of two the higher revision counts."""

    revision: int
    entries: tuple[Entry, ...]

    def collected_in(self) -> str | None:
        """The village in which the person is collected now, if any.

        Who moves leaves ``moved_out`` behind, so that one line at most says collected; should two
        say so, the later line is where the person went.
        """
        villages = [e.village for e in self.entries if e.state is SubjectState.COLLECTED]
        return villages[-1] if villages else None


def newest(standings: Iterable[tuple[str, Standing]]) -> dict[str, Standing]:
    """Of each person the standing with the highest revision, whatever the order of arrival."""
    kept: dict[str, Standing] = {}
    for subject_id, standing in standings:
        held = kept.get(subject_id)
        if held is None or standing.revision > held.revision:
            kept[subject_id] = standing
    return kept
