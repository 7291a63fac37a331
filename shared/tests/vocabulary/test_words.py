"""Partial dates, reasons, data folders, ids, and the fixed words."""

import subprocess
import sys
import uuid
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import muster.vocabulary
from muster.vocabulary.data import data_path
from muster.vocabulary.ids import new_id
from muster.vocabulary.partial_date import PartialDate
from muster.vocabulary.reasons import Reason, Refusal, refused
from muster.vocabulary.states import Severity


@given(st.dates(date(1000, 1, 1)))
def test_a_full_date_is_itself(day: date) -> None:
    found = PartialDate.parse(day.isoformat())
    assert found.earliest() == found.latest() == day
    assert str(found) == day.isoformat()


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("1969", date(1969, 1, 1), date(1969, 12, 31)),
        ("1968-02", date(1968, 2, 1), date(1968, 2, 29)),
        ("1969-12", date(1969, 12, 1), date(1969, 12, 31)),
    ],
)
def test_old_papers_say_less_and_mean_a_span(text: str, first: date, last: date) -> None:
    """R34: a year or a month alone is a date of service."""
    found = PartialDate.parse(text)
    assert (found.earliest(), found.latest(), str(found)) == (first, last, text)


@pytest.mark.parametrize(
    "text", ["", "69", "1969-13", "1969-02-29", "1969-1", "19690101", "1969-00", "１９６９", "0000"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        PartialDate.parse(text)


def test_a_day_needs_a_month() -> None:
    with pytest.raises(ValueError):
        PartialDate(1969, None, 3)


def test_a_refusal_shows_rules_and_only_warnings_let_in() -> None:
    """R69, R70: refuse and warn are told apart."""
    refuse = Reason("name", "required", "必填", "needed")
    warn = Reason("sex", "odd", "请核对", "check", Severity.WARN)
    assert refused([warn, refuse])
    assert not refused([warn])
    refusal = Refusal([refuse, warn], status=409, kind="conflict")
    assert (refusal.status, refusal.kind, refusal.reasons) == (409, "conflict", (refuse, warn))
    assert Refusal(warn).reasons == (warn,)
    assert refuse.as_dict() == {
        "field": "name",
        "rule": "required",
        "zh": "必填",
        "en": "needed",
        "severity": "refuse",
    }


def test_data_folders_are_found_and_others_are_not() -> None:
    assert (data_path("profiles") / "tongren.yaml").is_file()
    with pytest.raises(FileNotFoundError):
        data_path("nowhere")  # type: ignore[arg-type]


def test_ids_are_random() -> None:
    assert uuid.UUID(new_id()).version == 4
    assert new_id() != new_id()


def test_the_vocabulary_needs_nothing_but_the_standard_library() -> None:
    """The domain of every service may import it, so it brings nothing along."""
    names = [path.stem for path in Path(muster.vocabulary.__path__[0]).glob("[a-z]*.py")]
    code = "import sys; before=set(sys.modules)\n"
    code += "".join(f"import muster.vocabulary.{name}\n" for name in names)
    code += (
        "new={n.partition('.')[0] for n in set(sys.modules)-before}\n"
        "print(sorted(new-set(sys.stdlib_module_names)-{'muster'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
