"""Area decides access (design, section 5, rule 10; R52, R87, R102)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, Self

from muster.vocabulary.states import Role

_MEMBERS = {"role", "area", "valid_from", "valid_until"}


class Within(Protocol):
    """What is asked of `muster.vocabulary.areas.AreaTree`."""

    def is_within(self, code: str, ancestor: str) -> bool:
        """True when `code` is `ancestor` or below it; False for codes that are not known."""
        ...


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in an area and everything below it, from one moment until before another.

    `valid_until` None means without end. Raises ValueError for a role that is none, moments
    without an offset, or an end that does not follow the beginning.
    """

    role: Role
    area: str
    valid_from: datetime
    valid_until: datetime | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "role", Role(self.role))  # JSON brings plain text
        if not self.area:
            raise ValueError("a grant names an area")
        for moment in (self.valid_from, self.valid_until):
            if moment is not None and moment.tzinfo is None:
                raise ValueError("a moment carries its offset")
        if self.valid_until is not None and self.valid_until <= self.valid_from:
            raise ValueError("a grant ends before it begins")

    def valid(self, on: datetime) -> bool:
        """True at that moment."""
        return self.valid_from <= on and (self.valid_until is None or on < self.valid_until)

    def covers(self, other: "Grant", tree: Within) -> bool:
        """True when the other grant's area and time both lie within this one's."""
        if not tree.is_within(other.area, self.area) or other.valid_from < self.valid_from:
            return False
        if self.valid_until is None:
            return True
        return other.valid_until is not None and other.valid_until <= self.valid_until

    def as_dict(self) -> dict[str, str | None]:
        """The form in tokens: moments as RFC 3339 text in UTC."""
        return {
            "role": self.role.value,
            "area": self.area,
            "valid_from": _text(self.valid_from),
            "valid_until": None if self.valid_until is None else _text(self.valid_until),
        }

    @classmethod
    def from_dict(cls, value: object) -> Self:
        """Read what `as_dict` wrote. Raises ValueError on any other shape."""
        if not isinstance(value, Mapping) or set(value) != _MEMBERS:
            raise ValueError("a grant is role, area, valid_from and valid_until")
        role, area, start, end = (value[m] for m in ("role", "area", "valid_from", "valid_until"))
        texts = [role, area, start, *(() if end is None else (end,))]
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("role, area and moments are text")
        return cls(
            Role(role),
            area,
            datetime.fromisoformat(start),
            None if end is None else datetime.fromisoformat(end),
        )


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: an account, what it was granted, and the terminal it sits at, if enrolled."""

    account_id: str
    grants: tuple[Grant, ...]
    terminal_id: str | None = None

    def may(self, role: Role, area: str, tree: Within, on: datetime) -> bool:
        """True when a grant of that role, valid at that moment, covers that area."""
        return any(
            grant.role is role and grant.valid(on) and tree.is_within(area, grant.area)
            for grant in self.grants
        )

    def areas(self, role: Role, on: datetime) -> frozenset[str]:
        """The codes at and below which the account acts in that role at that moment."""
        return frozenset(g.area for g in self.grants if g.role is role and g.valid(on))


def delegable(granter: Principal, grant: Grant, tree: Within, on: datetime) -> bool:
    """Whether `granter` may give `grant` away: nobody delegates more than they hold.

    Only an administrator delegates, while their own grant is valid, and only within one
    single grant of theirs: its area, and its time from beginning to end.
    """
    return any(
        held.role is Role.ADMINISTRATOR and held.valid(on) and held.covers(grant, tree)
        for held in granter.grants
    )
