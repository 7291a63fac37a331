"""Sets of areas, for questions that a database answers about many rows at once."""

from collections.abc import Iterable

from muster.vocabulary.areas import AreaTree


def at_and_below(tree: AreaTree, codes: Iterable[str]) -> list[str]:
    """Every code of the tree that is one of these or lies below one, sorted; unknown ones fall
    away."""
    found: set[str] = set()
    open_codes = [code for code in codes if code in tree]
    while open_codes:
        code = open_codes.pop()
        if code not in found:
            found.add(code)
            open_codes.extend(area.code for area in tree.children(code))
    return sorted(found)
