"""Complete records, and profiles that differ in one thing from the shipped ones."""

import shutil
from collections.abc import Callable, Collection
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from muster.forms import Profile
from muster.forms.model import Field
from muster.vocabulary import resident_number
from muster.vocabulary.data import data_path

TODAY = date(2018, 11, 20)
BIRTH = date(1950, 3, 4)
_SPECIAL: dict[str, object] = {
    "birth_date": BIRTH.isoformat(),
    "sex": "1",
    "enlisted_on": "1968-12",
    "discharged_on": "1973",
    "service_status": "conscript",
    "disability_grade": 6,
}

Record = dict[str, Any]
Complete = Callable[..., Record]
Variant = Callable[[str, Callable[[dict[str, Any]], object]], Profile]


def value_for(profile: Profile, field: Field) -> object:
    """A value that this field takes, whatever field it is."""
    if field.id in _SPECIAL:
        return _SPECIAL[field.id]
    return {
        "text": lambda: f"某{field.zh}"[: field.max_length],
        "date": lambda: "1970-01-02",
        "partial_date": lambda: "1970",
        "code": lambda: field.options[0].id,
        "choice": lambda: field.options[0].id,
        "choices": lambda: [field.options[0].id],
        "area": lambda: profile.area_tree().villages()[0].code,
        "integer": lambda: field.min or 0,
        "decimal": lambda: "1.5",
        "boolean": lambda: False,
        "resident_number": lambda: resident_number.make("632321", BIRTH, 1),
        "phone": lambda: "0973-1234567",
    }[field.type]()


@pytest.fixture(scope="session")
def tongren() -> Profile:
    return Profile.load("tongren")


@pytest.fixture(scope="session")
def loudi() -> Profile:
    return Profile.load("loudi")


@pytest.fixture(scope="session", params=["tongren", "loudi"])
def profile(request: pytest.FixtureRequest) -> Profile:
    return Profile.load(request.param)


@pytest.fixture
def complete() -> Complete:
    """A record with every required field of its categories; None as a change leaves one out."""

    def build(profile: Profile, categories: Collection[str], **changes: object) -> Record:
        chosen = frozenset(categories)
        fields = {
            field.id: value_for(profile, field)
            for field in profile.fields_for(chosen)
            if not field.required.isdisjoint(chosen)
        }
        if "draws_state_pension" in fields:
            fields["draws_state_pension"] = True
        if "demobilised_soldier" in chosen:
            fields["service_status"] = "officer"
        fields |= changes
        return {
            "form_version": profile.form_version,
            "categories": sorted(chosen),
            "fields": {name: value for name, value in fields.items() if value is not None},
        }

    return build


@pytest.fixture
def variant(tmp_path: Path) -> Variant:
    """A copy of all profiles with one locality changed, loaded from the copy."""
    count = 0

    def build(name: str, change: Callable[[dict[str, Any]], object]) -> Profile:
        nonlocal count
        count += 1
        folder = tmp_path / f"profiles{count}"
        shutil.copytree(data_path("profiles"), folder)
        path = folder / f"{name}.yaml"
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        content.setdefault("inherits_because", {})
        change(content)
        path.write_text(
            yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8"
        )
        return Profile.load(path)

    return build


@pytest.fixture
def without_rule(variant: Variant) -> Callable[[str, str], Profile]:
    """The profile with that one rule switched off."""

    def build(name: str, rule: str) -> Profile:
        def switch_off(content: dict[str, Any]) -> None:
            content["inherits_because"].pop(rule, None)
            if content["rules"].pop(rule, None) is None:
                content["rules"][rule] = {"remove": True}

        return variant(name, switch_off)

    return build
