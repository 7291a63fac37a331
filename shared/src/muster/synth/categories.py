"""Which categories people belong to: legal sets only, with plausible frequencies."""

from random import Random

from muster.forms import Profile
from muster.synth.fields import Unfillable
from muster.synth.streams import weighted
from muster.vocabulary.reasons import Reason

# Shares among 1,000 people, as a county might have them. A category that a profile adds gets the
# share of a rare one.
_SHARES: dict[str, float] = {
    "discharged_soldier": 540,
    "active_duty_family": 190,
    "transferred_officer": 62,
    "illness_death_survivor": 45,
    "martyr_survivor": 40,
    "demobilised_soldier": 36,
    "retired_cadre": 24,
    "duty_death_survivor": 20,
    "disabled_militia": 16,
    "civilian_staff": 14,
    "disabled_serviceman": 14,
    "red_army_veteran": 4,
}
_RARE = 12.0
_SECOND = 0.11
_TRIES = 60


class CategorySets:
    """Draws legal sets of one profile."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._shares = {name: _SHARES.get(name, _RARE) for name in profile.categories}

    def draw(self, rng: Random) -> tuple[str, ...]:
        """A sorted legal set, of one category mostly, of two or three now and then."""
        for _ in range(_TRIES):
            chosen = {weighted(rng, self._shares)}
            while rng.random() < _SECOND:
                chosen.add(weighted(rng, self._shares))
            if not self._profile.check_categories(chosen):
                return tuple(sorted(chosen))
            chosen.add(weighted(rng, self._shares))
            if not self._profile.check_categories(chosen):
                return tuple(sorted(chosen))
        return self._any()

    def _any(self) -> tuple[str, ...]:
        reasons: list[Reason] = []
        for name in self._shares:
            found = self._profile.check_categories({name})
            if not found:
                return (name,)
            reasons += found
        raise Unfillable(reasons)
