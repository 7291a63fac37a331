"""A county on disk.

::

    DIR/baseline.xlsx     the workbook to import
    DIR/rosters/*.xlsx    whom the village committees named, one workbook per desk
    DIR/departments/*.xlsx  what each department supplies for the cross-check, one workbook each
    DIR/people.jsonl      one line per person: what they bring to the desk, how it goes there, what
                          the archive says in the place of their row of the workbook, and what
                          corrects their case once a work order has come
    DIR/county.json       profile, seed, desks, where the files of departments and villages are
    DIR/truth/truth.json  what was planted and what should come of it; for whoever scores, only
"""

import base64
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from muster.synth import endings, pictures
from muster.synth.county import County, Person
from muster.synth.desk import Told, tell
from muster.synth.expectations import Expectations
from muster.synth.extracts import Extract, write_extracts, write_rosters
from muster.synth.plants import HARMLESS
from muster.synth.streams import stream
from muster.synth.workbook import Baseline, BaselineRow, compose, write_workbook

TRUTH = Path("truth") / "truth.json"
_PORTRAIT = "portrait"


@dataclass(frozen=True, slots=True)
class _Written:
    """What the outline and the truth are told from."""

    county: County
    baseline: Baseline
    told: Mapping[str, Told]
    expectations: Expectations
    extracts: Mapping[str, Extract]
    rosters: Mapping[str, str]


def write(county: County, folder: Path, *, truth: bool = True) -> Path:
    """Write everything below `folder`, which is made, and return it.

    Without `truth` what was planted is not written down: it can be made again from the seed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    baseline = compose(county)
    write_workbook(
        folder / "baseline.xlsx", baseline.headings, (row.cells for row in baseline.rows)
    )
    told = {person.ref: tell(county.seed, county.profile, person) for person in county.people}
    archive = {row.person.ref: row for row in baseline.rows if row.twice is None}
    with (folder / "people.jsonl").open("wb") as file:
        for person in county.people:
            line = _person(county, person, told[person.ref], archive.get(person.ref))
            file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
    expectations = Expectations(county, told)
    extracts = write_extracts(county, expectations.registers, folder)
    rosters = write_rosters(county, folder)
    written = _Written(county, baseline, told, expectations, extracts, rosters)
    _dump(folder / "county.json", _outline(written))
    if truth:
        (folder / TRUTH).parent.mkdir(mode=0o700, exist_ok=True)
        _dump(folder / TRUTH, _truth(written))
    return folder


def _dump(path: Path, document: Mapping[str, object]) -> None:
    text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")


def _outline(written: _Written) -> dict[str, object]:
    county = written.county
    return {
        "profile": county.profile.id,
        "form_version": county.profile.form_version,
        "seed": county.seed,
        "people": len(county.people),
        "opens": county.opens.isoformat(),
        "headings": [list(pair) for pair in written.baseline.headings],
        "desks": [
            {
                "area": desk.area.code,
                "name": desk.area.name,
                "county": desk.county,
                "villages": [village.code for village in desk.villages],
            }
            for desk in county.desks
        ],
        "departments": {name: extract.file for name, extract in written.extracts.items()},
        "rosters": dict(written.rosters),
    }


def _person(
    county: County, person: Person, told: Told, row: BaselineRow | None
) -> dict[str, object]:
    """What happens at the desk, in the words of the desk: no rule is named here."""
    line: dict[str, object] = {
        "ref": person.ref,
        "desk": person.desk.area.code,
        "village": person.village,
        "origin": person.origin,
        "ending": person.ending,
        "detail": person.detail,
        "record": {
            "form_version": county.profile.form_version,
            "categories": list(person.categories),
            "fields": person.first_fields(),
        },
    }
    correction = person.plant.correction if person.plant else None
    line["correction"] = correction.as_dict() if correction else None
    if row is not None:
        line["archive"] = {
            "row": row.number,
            "village": person.baseline_village,
            "found": row.mendable,
            "cells": row.clean,
        }
    if person.at_the_desk or (correction is not None and correction.how == "collect"):
        line["card"] = told.card
        line["papers"] = [_paper(county, person, kind) for kind in person.papers]
        line["first_try"] = told.mistake.attempt() if told.mistake else None
        line["overlooked"] = dict([told.finding]) if told.finding else None
        line["comes_back"] = person.review != endings.STAYS_RETURNED
        line["reviewed"] = person.review != endings.STAYS_SUBMITTED
    return line


def _paper(county: County, person: Person, kind: str) -> dict[str, str]:
    rng = stream(county.seed, person.ref, "picture", kind)
    portrait = kind == _PORTRAIT
    content = pictures.portrait(rng) if portrait else pictures.paper(rng)
    return {
        "kind": kind,
        "media_type": "image/jpeg" if portrait else "image/png",
        "content": base64.b64encode(content).decode("ascii"),
    }


def _truth(written: _Written) -> dict[str, object]:
    county, told, expectations = written.county, written.told, written.expectations
    return {
        "profile": county.profile.id,
        "seed": county.seed,
        "people": len(county.people),
        "baseline": _truth_of_baseline(written.baseline),
        "desk": {
            "refused": [
                {"ref": ref, "field": one.mistake.field, "rule": one.mistake.rule}
                for ref, one in told.items()
                if one.mistake is not None
            ]
        },
        "review": {
            "returned": [
                {"ref": ref, "field": one.finding[0]}
                for ref, one in told.items()
                if one.finding is not None
            ],
            "states": dict(
                Counter(person.review for person in county.people if person.at_the_desk)
            ),
        },
        "endings": dict(Counter(person.ending for person in county.people)),
        "planted": [problem.as_dict() for problem in expectations.problems()],
        "harmless": [
            {"ref": person.ref, "kind": person.plant.kind, "cause": person.plant.cause}
            for person in county.people
            if person.plant is not None and person.plant.kind in HARMLESS
        ],
        "departments": {name: one.as_dict() for name, one in written.extracts.items()},
        "ledger": expectations.ledger(corrected=True),
        "ledger_before_correction": expectations.ledger(corrected=False),
    }


def _truth_of_baseline(baseline: Baseline) -> dict[str, object]:
    return {
        "rows": len(baseline.rows),
        "refused": [
            {
                "row": row.number,
                "ref": row.person.ref,
                "kind": row.planted.kind,
                "field": row.planted.field,
                "rule": row.planted.rule,
                "mended": row.mendable,
            }
            for row in baseline.rows
            if row.planted is not None
        ],
        "noise": [
            {"row": row.number, "ref": row.person.ref, "kinds": row.noise}
            for row in baseline.rows
            if row.noise
        ],
        "twice": [
            {
                "row": row.number,
                "first": row.twice,
                "ref": row.person.ref,
                "field": "resident_number",
                "rule": "number-twice-in-file",
            }
            for row in baseline.rows
            if row.twice is not None
        ],
    }
