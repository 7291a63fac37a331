"""A county on disk.

::

    DIR/baseline.xlsx     the workbook to import
    DIR/people.jsonl      one line per person: what they bring to the desk, how it goes there, and
                          what the archive says in the place of their row of the workbook
    DIR/county.json       profile, seed, desks
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
from muster.synth.desk import Mistake, found_in_review, refused_first
from muster.synth.fields import Value
from muster.synth.streams import stream
from muster.synth.workbook import Baseline, BaselineRow, compose, write_workbook

TRUTH = Path("truth") / "truth.json"
_PORTRAIT = "portrait"


@dataclass(frozen=True, slots=True)
class Told:
    """What happens to one person at the desk and in review."""

    mistake: Mistake | None
    finding: tuple[str, Value] | None


def write(county: County, folder: Path, *, truth: bool = True) -> Path:
    """Write everything below `folder`, which is made, and return it.

    Without `truth` what was planted is not written down: it can be made again from the seed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    baseline = compose(county)
    write_workbook(
        folder / "baseline.xlsx", baseline.headings, (row.cells for row in baseline.rows)
    )
    told = {person.ref: _tell(county, person) for person in county.people}
    archive = {row.person.ref: row for row in baseline.rows if row.twice is None}
    with (folder / "people.jsonl").open("wb") as file:
        for person in county.people:
            line = _person(county, person, told[person.ref], archive.get(person.ref))
            file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
    _dump(folder / "county.json", _outline(county, baseline))
    if truth:
        (folder / TRUTH).parent.mkdir(mode=0o700, exist_ok=True)
        _dump(folder / TRUTH, _truth(county, baseline, told))
    return folder


def _dump(path: Path, document: Mapping[str, object]) -> None:
    text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")


def _tell(county: County, person: Person) -> Told:
    if person.ending not in endings.AT_THE_DESK:
        return Told(None, None)
    mistake = refused_first(stream(county.seed, person.ref, "slip"), county.profile, person)
    finding = None
    if person.review in (endings.RETURNED_ONCE, endings.STAYS_RETURNED):
        rng = stream(county.seed, person.ref, "finding")
        finding = found_in_review(rng, county.profile, person)
    return Told(mistake, finding)


def _outline(county: County, baseline: Baseline) -> dict[str, object]:
    return {
        "profile": county.profile.id,
        "form_version": county.profile.form_version,
        "seed": county.seed,
        "people": len(county.people),
        "opens": county.opens.isoformat(),
        "headings": [list(pair) for pair in baseline.headings],
        "desks": [
            {
                "area": desk.area.code,
                "name": desk.area.name,
                "county": desk.county,
                "villages": [village.code for village in desk.villages],
            }
            for desk in county.desks
        ],
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
            "fields": person.fields,
        },
    }
    if row is not None:
        line["archive"] = {
            "row": row.number,
            "village": person.baseline_village,
            "found": row.mendable,
            "cells": row.clean,
        }
    if person.ending in endings.AT_THE_DESK:
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


def _truth(county: County, baseline: Baseline, told: Mapping[str, Told]) -> dict[str, object]:
    refused = [row for row in baseline.rows if row.planted is not None]
    return {
        "profile": county.profile.id,
        "seed": county.seed,
        "people": len(county.people),
        "baseline": {
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
                for row in refused
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
        },
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
                Counter(
                    person.review
                    for person in county.people
                    if person.ending in endings.AT_THE_DESK
                )
            ),
        },
        "endings": dict(Counter(person.ending for person in county.people)),
        "ledger": expected_ledger(county),
    }


def expected_ledger(county: County) -> dict[str, dict[str, int]]:
    """How every village should stand in the end: counts by "origin/state" and by review state."""
    villages: dict[str, Counter[str]] = {}

    def count(village: str, origin: str, state: str) -> None:
        villages.setdefault(village, Counter())[f"{origin}/{state}"] += 1

    for person in county.people:
        origin = person.origin
        if person.ending == endings.MOVED_WITHIN:
            count(person.baseline_village, origin, "moved_out")
            count(person.village, "moved_in", endings.COLLECTED)
        else:
            count(person.village, origin, person.ending)
        if person.ending in endings.AT_THE_DESK:
            villages[person.village][f"review/{_review(person)}"] += 1
    return {village: dict(sorted(found.items())) for village, found in sorted(villages.items())}


def _review(person: Person) -> str:
    if person.review == endings.STAYS_SUBMITTED:
        return "submitted"
    return "returned" if person.review == endings.STAYS_RETURNED else "verified"
