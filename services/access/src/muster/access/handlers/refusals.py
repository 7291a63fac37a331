"""Refusals that several commands share. None of them says more than its reader may know."""

from collections.abc import Iterable

from muster.vocabulary.reasons import Reason, Refusal


def invalid(reasons: Iterable[Reason]) -> None:
    """Refuse (422) when there is a finding."""
    found = tuple(reasons)
    if found:
        raise Refusal(found)


def not_found(field: str) -> Refusal:
    """Nothing there, or nothing that this caller may know of: both sound the same."""
    return Refusal(
        Reason(
            field,
            "not-found",
            "没有找到，或不在您的授权范围内。",
            "Not found, or outside what you are granted.",
        ),
        status=404,
        kind="not-found",
    )


def beyond_held(field: str = "grants") -> Refusal:
    """Nobody delegates, or takes from others, more than they hold (design section 5, 10)."""
    return Refusal(
        Reason(
            field,
            "delegation-beyond-held",
            "超出您本人的管理授权（行政区划或有效期），不能办理。",
            "This lies beyond your own administrator's grant, in area or in time.",
        ),
        status=403,
        kind="forbidden",
    )


def conflict(field: str, rule: str, zh: str, en: str) -> Refusal:
    """In conflict with what is there (409)."""
    return Refusal(Reason(field, rule, zh, en), status=409, kind="conflict")


def unauthorised(field: str, rule: str, zh: str, en: str) -> Refusal:
    """Nobody is let in (401)."""
    return Refusal(Reason(field, rule, zh, en), status=401, kind="unauthorised")
