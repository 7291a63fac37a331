"""Golden cases: what the server's form rules say of records, for the pages to agree with.

`python -m tests.contracts.forms_golden` writes them anew from `muster.forms`, `muster.vocabulary`
and `muster.security.digests`; web/ui/tests/golden.test.ts holds the pages' rules against them.
People come from `muster.synth`. Because no file holds a literal resident number, long runs of
digits have a `~` in them, which readers take out.
"""

from __future__ import annotations

import itertools
import json
import random
import re
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from muster.capture.api.form_models import AreaOut, AreasOut, ProfileOut
from muster.forms import Profile
from muster.synth.fields import Draft, fill
from muster.synth.lives import live
from muster.synth.places import Desk, choose_desks, number_areas
from muster.synth.plausible import PLAUSIBLE
from muster.synth.streams import stream
from muster.vocabulary.data import data_path
from muster.vocabulary.reasons import Reason

from .forms_golden_cases import Base, Change, breaking, malformed, split, typed, values_of
from .forms_golden_common import common

FOLDER = Path(__file__).parent / "golden"
TODAY = date(2018, 11, 20)
MORE, SEED, RANDOM = 12, 11, 120
_SURROGATE = re.compile("[\ud800-\udfff]")


def _everything(folder: Path) -> Profile:
    """Tongren's profile with the types and kinds, and the uses of them, that no notice has."""
    content = yaml.safe_load((data_path("profiles") / "tongren.yaml").read_text("utf-8"))
    content["form_version"] = "everything/1"
    more = yaml.safe_load((Path(__file__).parent / "golden" / "everything.yaml").read_text("utf-8"))
    for part, entries in more.items():
        content.setdefault(part, {}).update(entries)
    path = folder / "everything.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
    return Profile.load(path)


def golden() -> dict[str, str]:
    """The text of every file by its name."""
    with tempfile.TemporaryDirectory() as folder:
        profiles = {name: Profile.load(name) for name in ("tongren", "loudi")}
        profiles["everything"] = _everything(Path(folder))
        found = {f"{name}.json": text_of(profile) for name, profile in profiles.items()}
    everything = profiles["everything"]
    found["common.json"] = _lines(common(everything, _bases(everything)))
    return found


# -- one profile -----------------------------------------------------------------------------------


def text_of(profile: Profile) -> str:
    """The text of one profile's file."""
    return _lines(_of_profile(profile))


def _of_profile(profile: Profile) -> dict[str, Any]:
    bases = _bases(profile)
    words: dict[str, list[str]] = {}
    cases = [_case(profile, change, bases, words) for change in _changes(profile, bases)]
    return {
        "today": TODAY.isoformat(),
        "profile": ProfileOut.model_validate(profile.as_json()).model_dump(
            mode="json", by_alias=True
        ),
        "areas": _areas(profile, {str(base.fields["household_area"]) for base in bases}),
        "sets": _sets(profile),
        "bases": [split(vars(base)) for base in bases],
        "cases": cases,
        "words": words,
    }


def _bases(profile: Profile) -> list[Base]:
    """People of every category, alone as far as it may be, and of some sets of several."""
    names = list(profile.categories)
    sets = (combo for size in range(1, 4) for combo in itertools.combinations(names, size))
    legal = [chosen for chosen in sets if profile.check_categories(chosen) == []]
    rng = stream(SEED, "bases")
    wanted = [next(chosen for chosen in legal if name in chosen) for name in names]
    wanted += rng.sample(legal, MORE)
    desks = choose_desks(rng, profile.area_tree(), len(wanted))
    return [_base(profile, chosen, desks[0], index) for index, chosen in enumerate(wanted)]


def _base(profile: Profile, chosen: tuple[str, ...], desk: Desk, index: int) -> Base:
    tree, rng = profile.area_tree(), stream(SEED, index, "fields")
    draft = Draft(
        rng=rng,
        profile=profile,
        tree=tree,
        today=TODAY,
        categories=frozenset(chosen),
        life=live(rng, sorted(chosen)),
        number_areas=number_areas(tree, desk.county, TODAY),
        village=rng.choice(desk.villages).code,
        taken=set(),
        values={},
    )
    fields = fill(draft, PLAUSIBLE)
    papers = dict.fromkeys(rng.choice(need.one_of) for need in profile.evidence_for(chosen))
    return Base(sorted(chosen), fields, list(papers))


def _areas(profile: Profile, villages: set[str]) -> dict[str, Any]:
    """What a desk is answered that is granted the townships of these villages."""
    tree = profile.area_tree()
    granted = sorted({tree.ancestors(code)[0].code for code in villages})
    above = {area.code for code in granted for area in tree.ancestors(code)}
    seen = [
        area
        for area in tree
        if area.code in above or any(tree.is_within(area.code, code) for code in granted)
    ]
    areas = [AreaOut(code=a.code, parent=a.parent, level=a.level, name=a.name) for a in seen]
    return AreasOut(root=tree.root.code, granted=granted, areas=areas).model_dump(mode="json")


def _sets(profile: Profile) -> list[dict[str, Any]]:
    """Every set of categories, by the rules that it breaks; a set is a sum of powers of two, the
    first category of the profile being 1. The sets that break none are the legal ones."""
    names = list(profile.categories)
    found: dict[tuple[str, ...], list[int]] = {}
    for number in range(1, 2 ** len(names)):
        chosen = [name for place, name in enumerate(names) if number >> place & 1]
        rules = tuple(reason.rule for reason in profile.check_categories(chosen))
        found.setdefault(rules, []).append(number)
    return [{"rules": list(rules), "sets": sets} for rules, sets in found.items()]


def _changes(profile: Profile, bases: list[Base]) -> Iterator[Change]:
    for index in range(len(bases)):
        yield {"of": index}
    first = {
        name: next((i for i, b in enumerate(bases) if field.applies_to(b.chosen)), None)
        for name, field in profile.fields.items()
    }
    rng = random.Random(SEED)
    seen: set[str] = set()
    for name, field in profile.fields.items():
        index = first[name]
        assert index is not None, f"nobody is asked {name}"
        values = malformed(field, TODAY)
        for value in values if field.type not in seen else rng.sample(values, 1):
            yield {"of": index, "put": {name: value}}
        seen.add(field.type)
        yield {"of": index, "drop": [name]}
        other = next((i for i, b in enumerate(bases) if not field.applies_to(b.chosen)), None)
        if other is not None:
            yield {"of": other, "put": {name: values_of(profile, field)}}
    for rule in profile.rules.values():
        yield from breaking(profile, rule, bases, TODAY)
    yield from _sets_and_papers(profile, bases)
    yield from _random(profile, bases, rng)


def _sets_and_papers(profile: Profile, bases: list[Base]) -> Iterator[Change]:
    names = sorted(profile.categories)
    for categories in ([], ["no_such"], names, sorted([*names, "no_such"])):
        yield {"of": 0, "categories": categories}
        yield {"of": 0, "categories": categories, "put": {"sex": "9x"}, "drop": ["name"]}
    yield {"of": 0, "put": {"no_such_field": "1"}}
    yield {"of": 0, "put": {"no_such_field": "1", "name": ""}, "drop": ["sex"], "papers": []}
    for index, base in enumerate(bases):
        yield {"of": index, "papers": []}
        for paper in base.papers:
            yield {"of": index, "papers": [one for one in base.papers if one != paper]}
    for rule in profile.evidence.values():
        if rule.unless is not None:
            for index, base in enumerate(bases):
                if rule.categories & base.chosen:
                    put = {
                        n: typed(profile.fields[n], min(v)) for n, v in rule.unless.fields.items()
                    }
                    yield {"of": index, "put": put, "papers": []}


def _random(profile: Profile, bases: list[Base], rng: random.Random) -> Iterator[Change]:
    names = list(profile.categories)
    for _ in range(RANDOM):
        index = rng.randrange(len(bases))
        change: Change = {"of": index, "put": {}, "drop": []}
        for _ in range(rng.randint(1, 5)):
            field = rng.choice(list(profile.fields.values()))
            other = rng.choice(bases).fields
            kind = rng.randrange(4)
            if kind == 0:
                change["put"][field.id] = rng.choice(malformed(field, TODAY))
            elif kind == 1 and field.id in other:
                change["put"][field.id] = other[field.id]
            elif kind == 2:
                change["put"][field.id] = rng.choice(list(other.values()))
            else:
                change["drop"].append(field.id)
        if rng.random() < 0.3:
            change["categories"] = sorted(rng.sample(names, rng.randint(1, 4)))
        if rng.random() < 0.3:
            change["papers"] = sorted(rng.sample(list(profile.papers), 4))
        yield change


def _case(
    profile: Profile, change: Change, bases: list[Base], words: dict[str, list[str]]
) -> Change:
    base = bases[change["of"]]
    fields = {k: v for k, v in base.fields.items() if k not in change.get("drop", [])}
    record = {
        "form_version": profile.form_version,
        "categories": change.get("categories", base.categories),
        "fields": fields | change.get("put", {}),
    }
    papers = change.get("papers", base.papers)
    reasons = profile.check_record(record, today=TODAY, have_evidence=papers)
    for reason in reasons:
        words[f"{reason.field} {reason.rule}"] = [reason.zh, reason.en]
    kept = {key: value for key, value in change.items() if value or key in ("of", "papers")}
    if "categories" in change:
        kept["categories"] = change["categories"]
    return {**split(kept), "reasons": [_short(reason) for reason in reasons]}


def _short(reason: Reason) -> str:
    return f"{reason.field} {reason.rule} {reason.severity.value}"


# -- files -----------------------------------------------------------------------------------------


def _lines(value: Any) -> str:
    """JSON with one case a line, so that a difference can be read."""
    text = _expanded(value, 4 if "profile" in value else 2, "")
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def _expanded(value: Any, levels: int, indent: str) -> str:
    compact = json.dumps(value, ensure_ascii=False)
    inner = f"{indent} "
    if levels == 0 or len(compact) <= 90 or not isinstance(value, dict | list):
        return compact
    if isinstance(value, dict):
        # Areas, cases and words are one a line; of the profile its parts, one thing a line.
        each = [
            f"{json.dumps(key, ensure_ascii=False)}: "
            + _expanded(item, levels - 1 if key == "profile" else min(levels - 1, 2), inner)
            for key, item in value.items()
        ]
        return "{\n" + ",\n".join(inner + one for one in each) + f"\n{indent}}}"
    each = [json.dumps(item, ensure_ascii=False) for item in value]
    return "[\n" + ",\n".join(inner + one for one in each) + f"\n{indent}]"


def main() -> None:
    for name, text in golden().items():
        (FOLDER / name).write_text(text, "utf-8")
        sys.stdout.write(f"{name}: {len(text.encode()) // 1024} kB\n")


if __name__ == "__main__":
    main()
