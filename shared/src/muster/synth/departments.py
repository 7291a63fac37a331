"""Which department would know of whom, as the profile has it."""

from collections.abc import Collection, Mapping

from muster.forms import Profile
from muster.forms.model import Department

_HOUSEHOLD = frozenset({"identity", "household"})
"""Who answers for these has a register of everybody, with moves and deaths in it."""


def comparing(profile: Profile) -> tuple[Department, ...]:
    """The departments that supply data for the cross-check."""
    return tuple(d for d in profile.departments.values() if "compare" in d.tasks)


def is_register(department: Department) -> bool:
    """Whether the department keeps the household register, and shows what stands in it."""
    return department.mode == "sealed" and not _HOUSEHOLD.isdisjoint(department.matters)


def registers(profile: Profile) -> tuple[Department, ...]:
    """The departments that keep the household register."""
    return tuple(department for department in comparing(profile) if is_register(department))


def listing(profile: Profile) -> tuple[Department, ...]:
    """The departments in whose data only entitled persons stand."""
    return tuple(department for department in comparing(profile) if department.lists)


def would_know(department: Department, fields: Mapping[str, object] | Collection[str]) -> bool:
    """Whether the department has reason to know a person who has these fields."""
    return not _HOUSEHOLD.isdisjoint(department.matters) or any(
        name in fields for name in department.fields
    )
