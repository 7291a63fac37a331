"""The golden cases that the pages' rules are held against are what the server says today."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest

from muster.forms import Profile
from muster.forms.model import FieldType
from muster.forms.rules import KINDS

from .forms_golden import FOLDER, golden, text_of


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    return golden()


def test_the_files_are_what_python_says(said: dict[str, str]) -> None:
    """R22-R28, R69, R70: `python -m tests.contracts.forms_golden` writes them anew."""
    assert {path.name for path in FOLDER.glob("*.json")} == set(said)
    stale = [name for name, text in said.items() if (FOLDER / name).read_text("utf-8") != text]
    assert stale == [], "the pages would judge otherwise than the server"


def test_they_try_every_type_and_every_kind(said: dict[str, str]) -> None:
    """Also those that no locality uses; and no rule of a locality goes unbroken."""
    form = json.loads(said["everything.json"])["profile"]
    assert {field["type"] for field in form["fields"]} == set(get_args(FieldType))
    assert {rule["kind"] for rule in form["rules"]} == set(KINDS)
    for name in ("tongren", "loudi"):
        held: dict[str, Any] = json.loads(said[f"{name}.json"])
        broken = {reason.split()[1] for case in held["cases"] for reason in case["reasons"]}
        broken |= {rule for one in held["sets"] for rule in one["rules"]}
        wanted = {one["id"] for part in ("rules", "evidence") for one in held["profile"][part]}
        assert wanted <= broken
        assert len(next(one["sets"] for one in held["sets"] if not one["rules"])) == 223


def test_a_rule_that_changes_is_noticed(
    said: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard's fixture that it must reject: a phone number may be longer from now on."""
    assert text_of(Profile.load("loudi")) == said["loudi.json"]
    monkeypatch.setattr("muster.forms.values._PHONE_LENGTH", 21)
    assert text_of(Profile.load("loudi")) != said["loudi.json"]
