"""The same seed makes the same bytes; a profile edited by hand is followed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from muster.forms import Profile
from muster.runtime.demo import command
from muster.synth import build, write
from muster.synth.cli import app
from muster.vocabulary.data import data_path
from muster.vocabulary.reasons import refused

Rules = dict[str, dict[str, Any]]
Contrary = Callable[[Rules], Path]
_WORDS = {"zh": "须改", "en": "To be changed"}
_NEEDS = "needs-one-of"
IMPOSSIBLE: list[tuple[Rules, str, str]] = [
    (
        {
            f"only-{sex}": {"kind": "must-be", "field": "sex", "values": [sex], **_WORDS}
            for sex in ("1", "2")
        },
        "sex",
        "only-",
    ),
    (
        {
            "never-more": {"kind": "at-most-one", "of": "all", **_WORDS},
            "never-alone-1": {
                "kind": _NEEDS,
                "if": ["service", "disability", "survivor"],
                "of": ["military_family"],
                **_WORDS,
            },
            "never-alone-2": {
                "kind": _NEEDS,
                "if": ["military_family"],
                "of": ["service"],
                **_WORDS,
            },
        },
        "categories",
        "never-alone-1",
    ),
]


@pytest.fixture
def contrary(tmp_path: Path) -> Contrary:
    """A locality's file with rules that somebody added to it."""

    def written(rules: Rules) -> Path:
        path = tmp_path / "ours.yaml"
        content = yaml.safe_load((data_path("profiles") / "tongren.yaml").read_text("utf-8"))
        content["rules"] |= rules
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        return path

    return written


def _bytes(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("profile", ["tongren", "loudi"])
def test_the_same_seed_makes_the_same_bytes(profile: str, tmp_path: Path) -> None:
    loaded = Profile.load(profile)
    one = _bytes(write(build(loaded, 150, 3), tmp_path / "one"))
    two = _bytes(write(build(loaded, 150, 3), tmp_path / "two"))
    other = _bytes(write(build(loaded, 150, 4), tmp_path / "other"))
    assert one == two
    assert {"baseline.xlsx", "people.jsonl", "county.json", "truth/truth.json"} <= one.keys()
    assert {
        f"departments/{name}.xlsx" for name in ("armed-forces", "public-security")
    } <= one.keys()
    assert any(name.startswith("rosters/") for name in one)
    assert one["people.jsonl"] != other["people.jsonl"]


def test_the_truth_is_kept_apart(tmp_path: Path) -> None:
    """What takes part in a campaign reads no rule and no expected count of what was planted."""
    folder = write(build(Profile.load("tongren"), 200, 1), tmp_path)
    assert (folder / "truth").stat().st_mode & 0o077 == 0
    for name in ("people.jsonl", "county.json"):
        text = (folder / name).read_text("utf-8")
        assert "number-check-digit" not in text
        assert '"rule"' not in text


def test_a_field_and_a_category_added_to_a_profile_are_filled(tmp_path: Path) -> None:
    base = data_path("profiles") / "base"
    (tmp_path / "base").symlink_to(base)
    content = yaml.safe_load((data_path("profiles") / "tongren.yaml").read_text("utf-8"))
    content["categories"] = {
        "border_guard": {
            "number": 13,
            "zh": "边防人员",
            "en": "Border guard",
            "group": "survivor",
            "review_desk": "civil_affairs",
        }
    }
    text = {"zh": "新项", "en": "New item", "section": "basic", "categories": "all"}
    content["fields"].update(
        {
            "shoe_size": {**text, "type": "integer", "min": 30, "max": 50, "required": "all"},
            "hobbies": {
                **text,
                "zh": "爱好",
                "en": "Hobbies",
                "type": "choices",
                "required": "all",
                "options": {
                    "chess": {"zh": "象棋", "en": "Chess"},
                    "go": {"zh": "围棋", "en": "Go"},
                },
            },
            "land": {**text, "zh": "面积", "en": "Area", "type": "decimal", "required": "all"},
        }
    )
    path = tmp_path / "tongren.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    profile = Profile.load(path)
    county = build(profile, 400, 1)
    assert any("border_guard" in person.categories for person in county.people)
    for person in county.people:
        assert {"shoe_size", "hobbies", "land"} <= person.fields.keys()
        record = {
            "form_version": profile.form_version,
            "categories": list(person.categories),
            "fields": person.fields,
        }
        assert not refused(profile.check_record(record, today=county.opens))


def test_the_command_writes_a_county(tmp_path: Path) -> None:
    said = CliRunner().invoke(
        app, ["--profile", "loudi", "--people", "30", "--seed", "2", "--out", str(tmp_path)]
    )
    assert said.exit_code == 0, said.output
    assert (tmp_path / "baseline.xlsx").is_file()


def test_the_command_refuses_an_unknown_profile(tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["--profile", "nowhere", "--out", str(tmp_path)])
    assert said.exit_code == 2


@pytest.mark.parametrize(("rules", "field", "rule"), IMPOSSIBLE)
def test_rules_that_nobody_can_meet_are_named_by_the_command(
    contrary: Contrary, rules: Rules, field: str, rule: str, tmp_path: Path
) -> None:
    """R70: a rule added by hand; field, rule and its own sentence, in Chinese and in English."""
    said = CliRunner().invoke(
        app,
        ["--profile", str(contrary(rules)), "--people", "30", "--out", str(tmp_path / "county")],
    )
    assert said.exit_code == 2
    zh, en = said.output.splitlines()[:2]
    assert f"字段 {field}，规则 {rule}" in zh
    assert zh.endswith("：须改。")
    assert f"field {field}, rule {rule}" in en
    assert en.endswith(": To be changed.")
    assert not (tmp_path / "county").exists()


def test_rules_that_nobody_can_meet_end_a_demo_with_words(
    contrary: Contrary,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """R70: and its stack is ended."""
    ended: list[object] = []
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(command.lifecycle, "up", lambda *_: None)
    monkeypatch.setattr(command.lifecycle, "down", ended.append)
    rules, field, rule = IMPOSSIBLE[0]
    assert command.run(str(contrary(rules)), 30, 1, stay=False) == 2
    assert f"字段 {field}，规则 {rule}" in capsys.readouterr().err
    assert len(ended) >= 2
    told = json.loads((tmp_path / "home" / command.RESULT).read_text("utf-8"))
    assert f"field {field}, rule {rule}" in told["failed"][0]
