"""How long an account stays locked after wrong passwords."""

from dataclasses import dataclass
from datetime import datetime, timedelta

FREE_FAILURES = 5
"""Wrong passwords in a row before the first lock."""
LONGEST_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Attempts:
    """Wrong passwords in a row, and until when no password is taken."""

    failures: int = 0
    locked_until: datetime | None = None

    def locked(self, now: datetime) -> bool:
        """True while not even the right password lets anybody in."""
        return self.locked_until is not None and now < self.locked_until

    def after_failure(self, now: datetime) -> "Attempts":
        """One more wrong password: the fifth locks for a minute, each further one doubles it.

        While locked nothing is counted, so that a stranger cannot prolong a lock.
        """
        if self.locked(now):
            return self
        failures = self.failures + 1
        if failures < FREE_FAILURES:
            return Attempts(failures)
        doublings = min(failures - FREE_FAILURES, 10)
        minutes = min(2**doublings, LONGEST_MINUTES)
        return Attempts(failures, now + timedelta(minutes=minutes))
