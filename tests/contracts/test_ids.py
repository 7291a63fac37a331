"""What a profile may name, services take: the loader and the door of each have one bound."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from muster.access.api.models import DepartmentCode
from muster.forms import Profile, ProfileError
from muster.vocabulary.data import data_path


@pytest.mark.parametrize(("length", "good"), [(64, True), (65, False)])
def test_a_department_whose_profile_loads_can_be_enrolled(
    length: int, good: bool, tmp_path: Path
) -> None:
    """R74: access refuses a longer id at its door, and the loader with file and line."""
    department = "l" * length
    text = (data_path("profiles") / "tongren.yaml").read_text("utf-8")
    path = tmp_path / "ours.yaml"
    path.write_text(text.replace("\n  land:\n", f"\n  {department}:\n"), "utf-8")
    enrolled = TypeAdapter[str](DepartmentCode)
    if good:
        assert department in Profile.load(path).departments
        assert enrolled.validate_python(department) == department
        return
    with pytest.raises(ProfileError, match="is no id") as caught:
        Profile.load(path)
    assert text.splitlines()[caught.value.line - 1] == "  land:"
    with pytest.raises(ValidationError):
        enrolled.validate_python(department)
