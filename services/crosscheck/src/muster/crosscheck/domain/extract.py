"""Whether an extract adds up: pure rules over what its parts and its manifest say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

AHEAD = timedelta(days=1)
"""By how much a department's clock may be ahead of this one."""

RULES: dict[str, tuple[str, str]] = {
    "mode-differs": (
        "数据方式（密文或盲码）与采集方案中该部门的方式不一致。",
        "The data are in another mode (sealed or blind) than the profile gives this department.",
    ),
    "part-differs": (
        "同一批数据的各部分说法不一致，或同一部分两次内容不同。",
        "Parts of one extract contradict each other, or one part came twice with other content.",
    ),
    "part-unknown": (
        "数据部分的编号不在清单之内。",
        "A part has a number that the manifest does not list.",
    ),
    "part-shape": (
        "数据部分的形式不正确：密文方式须有内容，盲码方式不得有内容，清单只在第0部分。",
        "A part is malformed: only sealed rows have values, only part 0 carries the manifest.",
    ),
    "digest-differs": (
        "数据部分的摘要与清单不一致。",
        "A part does not have the digest that the manifest gives.",
    ),
    "rows-differ": (
        "数据行数与清单不一致。",
        "There are not as many rows as the manifest says.",
    ),
    "made-ahead": (
        "数据的生成时间比接收时间晚一天以上，请校准部门电脑的时钟后重新报送。",
        "The extract was made more than a day after now: set the department's clock, supply anew.",
    ),
    "row-twice": (
        "同一行编号出现两次。",
        "Two rows have the same id.",
    ),
}
"""Why an extract is refused as a whole."""


def complete(numbers: Mapping[int, int], parts: int, rows: int) -> str | bool:
    """Whether all parts of an extract are there, or the rule by which it can never be complete.

    Args:
        numbers: rows of each part that is there, by its number; 0 is the manifest.
        parts, rows: what the manifest says.
    """
    if any(number > parts for number in numbers):
        return "part-unknown"
    if len(numbers) <= parts:
        return False
    if sum(count for number, count in numbers.items() if number) != rows:
        return "rows-differ"
    return True


def made_ahead(made_at: datetime, now: datetime) -> bool:
    """Whether an extract claims to be made so far in the future that its clock is wrong."""
    return made_at - now > AHEAD


def counts_from(made_at: datetime, first_seen_at: datetime) -> datetime:
    """The moment by which an extract is newer or older than another: no extract was made after it
    came, so that one made under a clock ahead never keeps a right one out."""
    return min(made_at, first_seen_at)


def newer(
    one: tuple[datetime, datetime, str], other: tuple[datetime, datetime, str] | None
) -> bool:
    """Whether an extract (`counts_from`, when it says it was made, id) replaces the one that is
    there; never an older one."""
    return other is None or one > other


MOST_PARTS = 100_000
MOST_ROWS = 100_000_000


def well_formed(
    *, number: int, listed: int | None, mode: str, rows: Sequence[tuple[bool, bool]]
) -> bool:
    """Whether a part has the shape of its mode.

    A department in blind mode that sends values by mistake must not have them kept.

    Args:
        listed: rows that its manifest counts; None when it carries no manifest.
        rows: of each row whether it has values, and whether it has campaign blinds.
    """
    if not 0 <= number <= MOST_PARTS or (listed is not None) != (number == 0):
        return False
    if listed is not None and (rows or not 0 <= listed <= MOST_ROWS):
        return False
    return all(
        (values, linked) == ((True, True) if mode == "sealed" else (False, False))
        for values, linked in rows
    )
