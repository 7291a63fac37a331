"""The scorer: its arithmetic, on right and wrong findings, and what it refuses to read."""

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from muster.forms import Profile
from muster.synth import TRUTH, scoring
from muster.synth.cli import app
from muster.synth.scoring import BadFile, Found, Mended, Planted
from muster.vocabulary import resident_number

NUMBERS = [resident_number.make("632321", date(1970, 5, 1 + n), 11 + 2 * n) for n in range(9)]


def _finding(kind: str, number: str, state: str = "open", **rest: Any) -> dict[str, Any]:
    return {"kind": kind, "resident_number": number, "state": state, **rest}


def _mismatch(number: str, state: str = "open", **rest: Any) -> dict[str, Any]:
    place = {"field": "enlisted_on", "department": "armed-forces", **rest}
    return _finding("field_mismatch", number, state, **place)


def _planted(*numbers: str, corrected: bool = True, kind: str = "moved") -> list[Planted]:
    return [Planted(scoring.identity(kind, n, None, None), corrected) for n in numbers]


def test_counts_precision_and_recall() -> None:
    truth = _planted(*NUMBERS[:4])
    found = [_finding("moved", n) for n in NUMBERS[1:6]]
    one = scoring.score(found, truth)["moved"]
    assert (one.planted, one.found, one.true_positives) == (4, 5, 3)
    assert one.precision == pytest.approx(0.6)
    assert one.recall == pytest.approx(0.75)
    assert not one.good()
    assert one.as_dict()["recall"] == pytest.approx(0.75)


def test_a_finding_of_another_kind_or_person_is_wrong() -> None:
    scores = scoring.score([_finding("dead", NUMBERS[0])], _planted(NUMBERS[0]))
    assert scores["dead"] == Found(0, 1, 0)
    assert scores["dead"].precision == 0.0
    assert scores["moved"] == Found(1, 0, 0)
    assert scores["moved"].recall == 0.0
    assert scores["duplicate"] == Found(0, 0, 0)
    assert scores["duplicate"].good()


@pytest.mark.parametrize("other", [{"field": "discharged_on"}, {"department": "housing"}])
def test_a_field_problem_is_known_by_field_and_department(other: dict[str, str]) -> None:
    truth = [
        Planted(scoring.identity("field_mismatch", NUMBERS[0], "enlisted_on", "armed-forces"), True)
    ]
    assert scoring.score([_mismatch(NUMBERS[0])], truth)["field_mismatch"] == Found(1, 1, 1)
    wrong = scoring.score([_mismatch(NUMBERS[0], **other)], truth)["field_mismatch"]
    assert wrong == Found(1, 1, 0)


def test_a_problem_of_a_person_is_known_whoever_noticed() -> None:
    found = [_finding("dead", NUMBERS[0], department=name) for name in ("health", None)]
    assert scoring.score(found, _planted(NUMBERS[0], kind="dead"))["dead"] == Found(1, 1, 1)


def test_numbers_of_15_and_18_digits_are_one_person() -> None:
    found = [_finding("moved", resident_number.shorten(NUMBERS[0]))]
    assert scoring.score(found, _planted(NUMBERS[0]))["moved"] == Found(1, 1, 1)


def test_a_number_that_is_none_is_a_wrong_finding_and_no_error() -> None:
    found = [_finding("moved", NUMBERS[0][:-1])]
    assert scoring.score(found, _planted(NUMBERS[0]))["moved"] == Found(1, 1, 0)


def test_a_closed_finding_is_not_found_before_the_correction() -> None:
    found = [_finding("moved", NUMBERS[0], "closed")]
    assert scoring.score(found, _planted(NUMBERS[0]))["moved"] == Found(1, 0, 0)


def test_after_the_correction_everything_is_where_it_belongs() -> None:
    truth = _planted(*NUMBERS[:3]) + _planted(*NUMBERS[3:5], corrected=False)
    found = [_finding("moved", n, "closed") for n in NUMBERS[:3]]
    found += [_finding("moved", n) for n in NUMBERS[3:5]]
    one = scoring.score_after(found, truth)["moved"]
    assert one == Mended(3, 3, 2, 2, 0, 0)
    assert one.good()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        # A corrected one stays open; is not reported any more; one that nobody corrected is closed;
        # is not reported any more; a new one opens.
        ({0: "open"}, Mended(2, 1, 2, 2, 0, 0)),
        ({0: None}, Mended(2, 1, 2, 2, 0, 0)),
        ({2: "closed"}, Mended(2, 2, 2, 1, 1, 0)),
        ({2: None}, Mended(2, 2, 2, 1, 0, 0)),
        ({4: "open"}, Mended(2, 2, 2, 2, 0, 1)),
    ],
)
def test_each_way_to_go_wrong_after_the_correction(
    change: dict[int, str | None], expected: Mended
) -> None:
    truth = _planted(*NUMBERS[:2]) + _planted(*NUMBERS[2:4], corrected=False)
    states: dict[int, str | None] = {0: "closed", 1: "closed", 2: "open", 3: "open", **change}
    found = [_finding("moved", NUMBERS[n], state) for n, state in states.items() if state]
    one = scoring.score_after(found, truth)["moved"]
    assert one == expected
    assert not one.good()


def test_a_wrong_finding_that_was_closed_again_is_not_new() -> None:
    found = [_finding("moved", NUMBERS[7], "closed")]
    assert scoring.score_after(found, [])["moved"] == Mended(0, 0, 0, 0, 0, 0)


def test_what_is_both_open_and_closed_is_open() -> None:
    found = [_finding("moved", NUMBERS[0], state) for state in ("open", "closed")]
    assert scoring.score_after(found, _planted(NUMBERS[0]))["moved"] == Mended(1, 0, 0, 0, 0, 0)


def test_the_truth_is_made_again_from_the_seed_alone(made: Any) -> None:
    """It is that of the truth file, which the scorer never needs to open."""
    again = scoring.expected(Profile.load(made.county.profile.id), 1500, 7)
    assert [one.as_dict() for one in again] == made.truth["planted"]
    assert scoring.planted(again) == scoring.read_truth(made.folder / TRUTH)
    other = scoring.expected(Profile.load(made.county.profile.id), 1500, 8)
    assert scoring.planted(other) != scoring.planted(again)


# -- files and command -----------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path) -> Callable[[Any, Any], tuple[Path, Path]]:
    def written(truth: Any, findings: Any) -> tuple[Path, Path]:
        paths = (tmp_path / "truth.json", tmp_path / "findings.json")
        for path, content in zip(paths, (truth, findings), strict=True):
            text = content if isinstance(content, str) else json.dumps(content)
            path.write_text(text, encoding="utf-8")
        return paths

    return written


def _as_found(truth: dict[str, Any], *, corrected: bool) -> list[dict[str, Any]]:
    """What a run without a mistake would find."""
    return [
        {
            "kind": one["kind"],
            "resident_number": one["resident_number"],
            "field": one["field"],
            "department": one["department"],
            "state": "closed" if corrected and one["corrected"] else "open",
        }
        for one in truth["planted"]
    ]


def test_the_command_scores_a_run(made: Any, files: Any) -> None:
    right = _as_found(made.truth, corrected=False)
    mended = _as_found(made.truth, corrected=True)
    truth, found = files(made.truth, {"before": right, "after": mended})
    said = CliRunner().invoke(app, ["score", str(truth), str(found)])
    assert said.exit_code == 0, said.output
    assert "field_mismatch" in said.output
    truth, found = files(made.truth, {"before": right[5:]})
    said = CliRunner().invoke(app, ["score", str(truth), str(found), "--json"])
    assert said.exit_code == 1
    told = json.loads(said.output)
    assert told["passed"] is False
    assert "after" not in told
    assert any(one["recall"] < 1 for one in told["before"].values())
    said = CliRunner().invoke(app, ["score", str(truth), str(found), "--least", "0.5"])
    assert said.exit_code == 0
    truth, found = files(made.truth, {"before": right, "after": right})
    assert CliRunner().invoke(app, ["score", str(truth), str(found)]).exit_code == 1


def test_a_truth_from_elsewhere_needs_five_members_only(files: Any) -> None:
    one = {"kind": "moved", "resident_number": NUMBERS[0], "corrected": True}
    truth, found = files({"planted": [one]}, {"before": [_finding("moved", NUMBERS[0])]})
    assert CliRunner().invoke(app, ["score", str(truth), str(found)]).exit_code == 0


CHINESE = re.compile("[\u4e00-\u9fff]")
_GOOD = {"kind": "moved", "resident_number": NUMBERS[0], "corrected": True, "state": "open"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ([], "one JSON object"),
        ({}, "has no list"),
        ({"planted": {}, "before": {}}, "must be a list"),
        ({"planted": ["x"], "before": ["x"]}, "entry 1"),
        ({"planted": [_GOOD, {**_GOOD, "kind": "lost"}]}, "entry 2 of `planted`: `kind`"),
        ({"planted": [{**_GOOD, "kind": ["moved"]}]}, "`kind`"),
        ({"planted": [{**_GOOD, "resident_number": 7}]}, "`resident_number`"),
        ({"planted": [{**_GOOD, "resident_number": " "}]}, "`resident_number`"),
        ({"planted": [{**_GOOD, "field": 3}]}, "`field`"),
        ({"planted": [{**_GOOD, "kind": "missing_field", "field": "name"}]}, "`department`"),
        ({"planted": [{**_GOOD, "corrected": "yes"}]}, "`corrected`"),
        ({"planted": [_GOOD, _GOOD]}, "twice"),
        ({"before": [{**_GOOD, "state": "done"}]}, "`state`"),
        ({"before": [], "after": [{**_GOOD, "state": None}]}, "entry 1 of `after`"),
    ],
)
def test_a_bad_file_is_refused_with_a_sentence_and_without_its_values(
    files: Any, content: Any, says: str
) -> None:
    truth, found = files(content, content)
    read = scoring.read_findings if "before" in content else scoring.read_truth
    with pytest.raises(BadFile, match=says) as refusal:
        read(found if "before" in content else truth)
    assert NUMBERS[0] not in str(refusal.value)
    assert CHINESE.search(refusal.value.zh)
    assert not CHINESE.search(refusal.value.en)
    said = CliRunner().invoke(app, ["score", str(truth), str(found)])
    assert said.exit_code == 2
    assert CHINESE.search(said.output)
    assert "Traceback" not in said.output


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="cannot be read"):
        scoring.read_truth(tmp_path / "nowhere.json")
    (tmp_path / "latin.json").write_bytes(b'{"planted": "\xe9"}')
    with pytest.raises(BadFile, match="UTF-8"):
        scoring.read_truth(tmp_path / "latin.json")


def test_the_command_still_needs_a_folder_to_make_a_county() -> None:
    said = CliRunner().invoke(app, [])
    assert said.exit_code == 2
    assert "--out" in said.output
