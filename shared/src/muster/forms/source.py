"""YAML read with positions, so that a mistake in a profile has a file, a line and a sentence."""

import difflib
from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path

import yaml

_NULL_TAG = "tag:yaml.org,2002:null"


class ProfileError(Exception):
    """A mistake in a profile. `str()` is "path:line: plain sentence"."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        self.path = path
        self.line = line
        self.message = message
        super().__init__(f"{path}:{line}: {message}")


class Node:
    """One value of a YAML file that knows where it stands.

    Scalars are taken as they are written: `no` is the text "no", not false, unless a boolean is
    asked for. Every reading method raises ProfileError when the value is of another shape.
    """

    __slots__ = ("_entries", "_items", "_scalar", "line", "path")

    def __init__(
        self,
        path: Path,
        line: int,
        *,
        scalar: str | None = None,
        items: list["Node"] | None = None,
        entries: dict[str, "Node"] | None = None,
    ) -> None:
        self.path = path
        self.line = line
        self._scalar = scalar
        self._items = items
        self._entries = entries

    def error(self, message: str) -> ProfileError:
        return ProfileError(self.path, self.line, message)

    def text(self) -> str:
        if self._scalar is None:
            raise self.error("expected a text here")
        return self._scalar

    def integer(self) -> int:
        try:
            return int(self.text())
        except ValueError:
            raise self.error(f"expected a whole number, found {self.text()!r}") from None

    def boolean(self) -> bool:
        text = self.text()
        if text not in ("true", "false"):
            raise self.error(f"expected true or false, found {text!r}")
        return text == "true"

    def day(self) -> date:
        try:
            return date.fromisoformat(self.text())
        except ValueError:
            raise self.error(f"expected a date like 2018-12-10, found {self.text()!r}") from None

    def items(self) -> list["Node"]:
        if self._items is None:
            raise self.error("expected a list here, like [a, b]")
        return self._items

    def texts(self) -> tuple[str, ...]:
        return tuple(item.text() for item in self.items())

    def one_or_more(self) -> list["Node"]:
        """A list, or a single value standing for a list of one."""
        return self._items if self._items is not None else [self]

    def entries(self) -> dict[str, "Node"]:
        if self._entries is None:
            raise self.error("expected `key: value` lines here")
        return self._entries

    def get(self, key: str) -> "Node | None":
        return self.entries().get(key)

    def need(self, key: str) -> "Node":
        found = self.get(key)
        if found is None:
            raise self.error(f"`{key}` is missing here")
        return found

    def text_of(self, key: str) -> str | None:
        found = self.get(key)
        return found.text() if found else None

    def texts_of(self, key: str) -> tuple[str, ...]:
        found = self.get(key)
        return found.texts() if found else ()

    def integer_of(self, key: str) -> int | None:
        found = self.get(key)
        return found.integer() if found else None

    def flag(self, key: str) -> bool:
        """True only where the key says so."""
        found = self.get(key)
        return found.boolean() if found else False

    def allow(self, keys: Collection[str]) -> None:
        """Raise on the first key that is not one of these, with the likeliest correction."""
        for key, value in self.entries().items():
            if key not in keys:
                raise value.error(f"unknown key `{key}`{suggestion(key, keys)}")

    def one_of(self, words: Collection[str], what: str) -> str:
        """The text, which must be one of `words`."""
        text = self.text()
        if text not in words:
            raise self.error(f"unknown {what} `{text}`{suggestion(text, words)}")
        return text

    def merged(self, over: "Node", depth: int) -> "Node":
        """This mapping with the entries of `over` laid on it, `depth` levels deep.

        At the last level an entry is replaced whole. An entry of `over` that says
        `remove: true` goes away.
        """
        entries = dict(self.entries())
        for key, value in over.entries().items():
            if value.removes():
                if entries.pop(key, None) is None:
                    raise value.error(f"`{key}` is not there to be removed")
            elif depth > 0 and key in entries and value.is_mapping and entries[key].is_mapping:
                entries[key] = entries[key].merged(value, depth - 1)
            else:
                entries[key] = value
        return Node(over.path, over.line, entries=entries)

    @property
    def is_mapping(self) -> bool:
        return self._entries is not None

    def removes(self) -> bool:
        if self._entries is None or "remove" not in self._entries:
            return False
        return self._entries["remove"].boolean()

    def plain(self) -> object:
        """Nested dicts, lists and texts, without positions."""
        if self._entries is not None:
            return {key: value.plain() for key, value in self._entries.items()}
        if self._items is not None:
            return [item.plain() for item in self._items]
        return self._scalar


def suggestion(word: str, words: Collection[str]) -> str:
    """ "; did you mean ...?" when something close exists, else the choices if they are few."""
    close = difflib.get_close_matches(word, words, n=1)
    if close:
        return f"; did you mean `{close[0]}`?"
    return f"; expected one of {', '.join(sorted(words))}" if 0 < len(words) <= 16 else ""


def read(path: Path) -> Node:
    """Read one YAML file whose top level is `key: value` lines. Raises ProfileError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as problem:
        raise ProfileError(path, 1, f"cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise ProfileError(path, 1, "is not UTF-8 text") from None
    try:
        root = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        raise ProfileError(
            path, mark.line + 1 if mark else 1, f"is not valid YAML: {problem.problem}"
        ) from None
    except yaml.YAMLError as problem:
        raise ProfileError(path, 1, f"is not valid YAML: {problem}") from None
    if root is None:
        raise ProfileError(path, 1, "is empty")
    try:
        node = _convert(path, root)
    except RecursionError:
        raise ProfileError(path, 1, "an alias refers to itself, or values nest too deep") from None
    node.entries()
    return node


def _convert(path: Path, raw: yaml.Node) -> Node:
    line = raw.start_mark.line + 1
    if isinstance(raw, yaml.MappingNode):
        return Node(path, line, entries=dict(_entries(path, raw)))
    if isinstance(raw, yaml.SequenceNode):
        return Node(path, line, items=[_convert(path, item) for item in raw.value])
    if raw.tag == _NULL_TAG:
        raise ProfileError(path, line, "a value is missing here")
    return Node(path, line, scalar=str(raw.value))


def _entries(path: Path, raw: yaml.MappingNode) -> Iterator[tuple[str, Node]]:
    seen: set[str] = set()
    for key, value in raw.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise ProfileError(path, line, "a key must be a plain word")
        if key.value in seen:
            raise ProfileError(path, line, f"`{key.value}` stands here twice")
        seen.add(key.value)
        node = _convert(path, value)
        # A nested value begins below its key; the key's line is the one to show.
        node.line = line
        yield key.value, node
