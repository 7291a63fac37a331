"""Which role works at which review desk (R71: civil affairs and human resources review)."""

from muster.vocabulary.states import Role

_SUFFIX = "_reviewer"
REVIEWERS: tuple[Role, ...] = tuple(role for role in Role if role.value.endswith(_SUFFIX))
"""Every role that reviews; a desk of a profile is the role's name without ``_reviewer``."""


def role_of(desk: str) -> Role | None:
    """The role that reviews at a desk of the profile; None when no role serves it."""
    return next((role for role in REVIEWERS if role.value == desk + _SUFFIX), None)


def desk_of(role: Role) -> str:
    """The desk at which a reviewing role works."""
    return role.value.removesuffix(_SUFFIX)
