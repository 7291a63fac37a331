"""The guides by task: what they quote from the screen stands in the catalogues of the pages, in the
guide's own language and the same in both; what they link to is there; they stay short."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "docs" / "guides"
NAMES = ("administrator", "collector", "department", "leader", "reviewer")
LINES = 100
"""No guide is longer: it is read beside the work."""
PICTURE_KB = 150

_WORDS = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#\s]+)\)")


def _flat(tree: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, held in tree.items():
        if isinstance(held, str):
            yield f"{above}{name}", held
        else:
            yield from _flat(held, f"{above}{name}.")


def catalogue(language: str) -> dict[str, set[str]]:
    """Keys by what stands on the screen; where a value is put in, a guide writes ``…``."""
    found: dict[str, set[str]] = {}
    for part in ("ui", "console", "desk"):
        text = (ROOT / "web" / part / "src" / "words" / f"{language}.json").read_text("utf-8")
        for key, words in _flat(json.loads(text)):
            shown = re.sub(r"\{\w+\}", "…", words).strip()
            found.setdefault(shown, set()).add(f"{part}:{key}")
    return found


WORDS = {language: catalogue(language) for language in ("zh", "en")}


def path_of(name: str, language: str) -> Path:
    return GUIDES / (f"{name}.md" if language == "en" else f"{name}.zh-CN.md")


def text_of(name: str, language: str) -> str:
    return path_of(name, language).read_text("utf-8")


def quoted(text: str) -> list[str]:
    """What a guide says stands on the screen: its bold words, on one line each."""
    return [" ".join(found.split()) for found in _WORDS.findall(text)]


def strange(text: str, language: str) -> list[str]:
    """Quoted words that stand in no catalogue of this language."""
    return [words for words in quoted(text) if words not in WORDS[language]]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_every_quoted_word_stands_on_a_page(name: str, language: str) -> None:
    text = text_of(name, language)
    assert quoted(text)
    assert strange(text, language) == []


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_quote_the_same_words(name: str) -> None:
    keys = {
        language: [WORDS[language][words] for words in quoted(text_of(name, language))]
        for language in WORDS
    }
    for one, other in (("zh", "en"), ("en", "zh")):
        said = set().union(*keys[other])
        alone = [sorted(found) for found in keys[one] if not found & said]
        assert alone == [], f"{one} alone"


def test_the_guard_sees_a_word_that_no_page_says() -> None:
    assert strange("Press **Verify all at once**.", "en") == ["Verify all at once"]
    assert strange("按**核实**。", "zh") == []
    assert strange("按**核实**。", "en") == ["核实"]


def test_there_is_a_guide_for_everybody_and_no_other_file() -> None:
    expected = {path_of(name, language).name for name in NAMES for language in WORDS}
    assert {path.name for path in GUIDES.iterdir()} == expected


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_a_guide_is_short_and_its_links_lead_somewhere(name: str, language: str) -> None:
    path = path_of(name, language)
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= LINES
    for _, _, target in _LINK.findall(text):
        assert (path.parent / target).is_file(), target
    readme = ROOT / ("README.md" if language == "en" else "README.zh-CN.md")
    assert f"(docs/guides/{path.name})" in readme.read_text("utf-8")


def _pictures() -> Iterator[tuple[Path, str, str]]:
    for page in [ROOT / "README.md", ROOT / "README.zh-CN.md", *GUIDES.glob("*.md")]:
        for sign, words, target in _LINK.findall(page.read_text("utf-8")):
            if sign:
                yield page, words, target


def test_pictures_are_small_described_and_shown() -> None:
    shown = set()
    for page, words, target in _pictures():
        picture = (page.parent / target).resolve()
        assert words.strip(), f"{page.name}: {target} has no words for who cannot see it"
        assert picture.is_file(), f"{page.name}: {target}"
        assert picture.stat().st_size <= PICTURE_KB * 1024, picture.name
        shown.add(picture)
    assert shown == set((ROOT / "docs" / "pictures").iterdir())
