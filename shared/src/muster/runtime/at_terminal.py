"""Who asks where persons are shown or changed: a grant as a collector holds only at an enrolled
computer (R101)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends

from muster.runtime.auth import Authenticated, Caller, Composed
from muster.security.grants import Grant, Principal
from muster.vocabulary.areas import AreaTree
from muster.vocabulary.reasons import Reason, Refusal
from muster.vocabulary.states import Role

__all__ = ["Asking", "AtTerminal", "narrowed"]


@dataclass(frozen=True)
class AtTerminal(Caller):
    """A caller whose grants as a collector reach no further than their terminal's area; with the
    grants that they would have at other computers. Other roles work anywhere."""

    elsewhere: Principal

    def require(self, roles: Role | tuple[Role, ...], area: str) -> None:
        """Refuse (403) unless one of the roles is granted here for the area; says so when it is
        for the computer alone."""
        wanted = (roles,) if isinstance(roles, Role) else roles
        if not self.may(wanted, area) and any(
            self.elsewhere.may(role, area, self.areas, self.now) for role in wanted
        ):
            raise _terminal_required()
        Caller.require(self, wanted, area)

    def granted_areas(self, roles: tuple[Role, ...]) -> frozenset[str]:
        """Codes at and below which the caller acts here in one of the roles. Refuses (403) when
        the computer is why there are none."""
        found = Caller.granted_areas(self, roles)
        if not found and any(self.elsewhere.areas(role, self.now) for role in roles):
            raise _terminal_required()
        return found


def narrowed(caller: Caller, terminal_area: str | None) -> Caller:
    """The caller as they may act at a terminal of that area; None stands for no such terminal."""
    grants = tuple(_narrowed(caller.principal.grants, terminal_area, caller.areas))
    principal = replace(caller.principal, grants=grants)
    return AtTerminal(principal, caller.areas, caller.now, elsewhere=caller.principal)


def _narrowed(
    grants: tuple[Grant, ...], terminal_area: str | None, areas: AreaTree
) -> Iterator[Grant]:
    for grant in grants:
        if grant.role is not Role.COLLECTOR:
            yield grant
        elif terminal_area is None:
            continue
        elif areas.is_within(grant.area, terminal_area):
            yield grant
        elif areas.is_within(terminal_area, grant.area):
            yield replace(grant, area=terminal_area)


def _terminal_required() -> Refusal:
    return Refusal(
        Reason(
            "terminal",
            "terminal-required",
            "采集工作须在为该行政区划登记的专用采集端上登录后进行",
            "collecting is done at a computer enrolled for this area; sign in there",
        ),
        status=403,
        kind="forbidden",
    )


async def _at_their_terminal(caller: Authenticated, context: Composed) -> Caller:
    if all(grant.role is not Role.COLLECTOR for grant in caller.principal.grants):
        return caller
    key = None
    if caller.terminal_id is not None:
        key = await context.directory.key_of(caller.terminal_id, owner_kind="terminal")
    return narrowed(caller, key.area if key is not None else None)


Asking = Annotated[Caller, Depends(_at_their_terminal)]
"""A route's caller; no route of capture or crosscheck asks for another."""
