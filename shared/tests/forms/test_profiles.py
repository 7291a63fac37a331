"""Profiles as data: what the notices fix, what grows without code, what a mistake looks like."""

import json
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from muster.forms import Profile, ProfileError
from muster.vocabulary.data import data_path

TODAY = date(2018, 11, 20)
Complete = Callable[..., dict[str, Any]]
Variant = Callable[[str, Callable[[dict[str, Any]], object]], Profile]


def test_what_the_notices_fix(tongren: Profile, loudi: Profile) -> None:
    """R79, R80: the deadlines of both phases."""
    days = [[phase.until for phase in p.phases.values()] for p in (tongren, loudi)]
    assert days == [
        [date(2018, 12, 10), date(2019, 4, 10)],
        [date(2018, 12, 20), date(2019, 4, 20)],
    ]
    assert tongren.standard_time == loudi.standard_time == date(2018, 10, 1)
    assert timedelta(days=tongren.cadence.days) == timedelta(weeks=1)
    assert tongren.attestation_grace == loudi.attestation_grace == timedelta(weeks=1)
    assert (tongren.form_version, loudi.form_version) == ("tongren/1", "loudi/1")
    assert (tongren.area, loudi.area) == ("632321", "431300")


def test_collected_data_are_no_basis_for_benefits(profile: Profile) -> None:
    """R77: 同四, 娄四, in the profile and in what the desk is given."""
    assert profile.basis_for_benefits is False
    assert profile.as_json()["basis_for_benefits"] is False
    assert profile.benefits_notice.zh == "此次采集数据不作为对象享受待遇的依据"
    assert profile.as_json()["benefits_notice"] == profile.benefits_notice.as_dict()


def test_the_departments_of_each_notice(tongren: Profile, loudi: Profile) -> None:
    """同四(二) names six, 娄四(三) twelve of the city and, of the county, 公安 and
    人武 besides; 公安 is asked about the household, 人武 about service."""
    assert set(tongren.departments) == {
        "public-security", "human-resources", "land", "housing", "petitions", "armed-forces",
    }  # fmt: skip
    levels = [department.level for department in loudi.departments.values()]
    assert (levels.count("city"), levels.count("county")) == (12, 2)
    review = {d.id for d in tongren.departments.values() if "review" in d.tasks}
    assert review == {"public-security", "human-resources", "armed-forces"}
    for profile in (tongren, loudi):
        police = profile.departments["public-security"]
        assert {"name", "household_area"} <= set(police.fields)
        assert profile.fields["name"].departments == ("public-security",)
        assert not {"service_unit", "disability_grade"} & set(police.fields)
        assert "service_unit" in profile.departments["armed-forces"].fields
        assert police.identified_by == ("name", "resident_number")
        assert "public-security" in profile.fields["birth_date"].departments
        assert profile.fields["former_name"].practice


def test_who_may_name_missed_people(tongren: Profile, loudi: Profile) -> None:
    """R76: whose file holds entitled persons only (娄附件二 says so of the garrison's); a register
    that holds everybody would make everybody else missed."""
    lists = {
        profile.id: {one.id for one in profile.departments.values() if one.lists}
        for profile in (tongren, loudi)
    }
    both = {"human-resources", "armed-forces"}
    garrison = {"garrison-political", "garrison-mobilisation"}
    assert lists == {"tongren": both, "loudi": {*both, *garrison, "civil-affairs"}}
    for profile in (tongren, loudi):
        for one in profile.departments.values():
            assert not one.lists or {"service", "placement", "pension"} & set(one.matters)
            assert not one.lists or "household" not in one.matters


def test_loudi_says_line_by_line_what_it_inherits(loudi: Profile, tongren: Profile) -> None:
    """C12: every category rule and every paper of the base is accounted for."""
    accounted = set(loudi.inherits_because)
    on_sets = {rule.id for rule in loudi.rules.values() if rule.field == "categories"}
    assert on_sets <= accounted
    assert set(loudi.evidence) - {"portrait"} <= accounted
    assert "voluntary_decline" in accounted
    assert tongren.inherits_because == {}


def test_every_value_is_traced(profile: Profile) -> None:
    """A field cites its notice or says that it is from practice; rules on the notice cite it."""
    for field in profile.fields.values():
        assert field.cite or field.practice, field.id
    for rule in profile.rules.values():
        assert rule.cite or rule.kind in ("not-in-future", "not-after", "min-age"), rule.id


def test_the_desk_gets_everything_as_json(profile: Profile) -> None:
    """R30: the form, with its choices, as plain JSON."""
    form = profile.as_json()
    assert json.loads(json.dumps(form)) == form
    sexes = next(f for f in form["fields"] if f["id"] == "sex")["options"]  # type: ignore[attr-defined]
    assert {"id": "1", "zh": "男", "en": "Male"} in sexes
    assert len(form["rules"]) == len(profile.rules)  # type: ignore[arg-type]


def test_code_tables_are_whole_and_say_what_was_not_checked(tongren: Profile) -> None:
    """R33: 56 peoples and the two that readers add; values from memory are marked."""
    assert [o.id for o in tongren.fields["ethnicity"].options] == [
        *(f"{number:02d}" for number in range(1, 57)), "97", "98",
    ]  # fmt: skip
    assert len(tongren.fields["political_status"].options) == 13
    for path in data_path("reference").glob("*.csv"):
        assert path.read_text(encoding="utf-8").startswith("# Source: "), path.name


def test_a_field_a_category_and_a_department_are_data(
    variant: Variant, complete: Complete, tongren: Profile
) -> None:
    """R5, R30, R37: added to a copy of a profile, they are asked, checked, matched to a
    heading, sent to the desk and to the department, without a line of code."""

    def grow(content: dict[str, Any]) -> None:
        content["form_version"] = "tongren/2"
        content["categories"] = {
            "peacekeeper": {
                "number": 13, "zh": "维和人员", "en": "Peacekeeper", "group": "military_family",
                "review_desk": "human_resources",
            },
        }  # fmt: skip
        content["fields"]["missions"] = {
            "zh": "维和任务", "en": "Missions", "section": "category", "type": "choices",
            "options": {"north": {"zh": "北", "en": "North"}, "south": {"zh": "南", "en": "South"}},
            "categories": ["peacekeeper"], "required": ["peacekeeper"], "matter": "appeals",
            "headers": ["任务"],
        }  # fmt: skip
        content["fields"]["shoe_size"] = {
            "zh": "鞋码", "en": "Shoe size", "section": "basic", "type": "decimal", "min": 30,
            "max": 50, "categories": "all", "matter": "appeals",
        }  # fmt: skip
        content["departments"]["museum"] = {
            "zh": "博物馆", "en": "Museum", "level": "county", "tasks": ["compare"],
            "matters": ["appeals"],
        }  # fmt: skip
        content["rules"]["never-alone"] = {
            "kind": "needs-one-of", "if": ["peacekeeper"], "of": ["service"],
            "zh": "不可单选", "en": "Not alone",
        }  # fmt: skip

    grown = variant("tongren", grow)
    chosen = {"peacekeeper", "discharged_soldier"}
    record = complete(grown, chosen, shoe_size="42.5")
    assert record["form_version"] == "tongren/2"
    assert record["fields"]["missions"] == ["north"]
    assert grown.check_record(record, today=TODAY) == []
    wrong = complete(grown, {"peacekeeper"}, missions=["east"], shoe_size="60")
    assert {(r.field, r.rule) for r in grown.check_record(wrong, today=TODAY)} == {
        ("categories", "never-alone"),
        ("missions", "not-an-option"),
        ("shoe_size", "out-of-range"),
    }
    twice = complete(grown, chosen, missions=["north", "north"], shoe_size="tall")
    assert {(r.field, r.rule) for r in grown.check_record(twice, today=TODAY)} == {
        ("missions", "format-choices"),
        ("shoe_size", "format-decimal"),
    }
    assert grown.columns(["任务", "鞋码"]) == {0: "missions", 1: "shoe_size"}
    village = grown.area_tree().villages()[0].code
    cells = {
        "name": "某", "resident_number": record["fields"]["resident_number"],
        "household_area": village, "missions": "北、南",
    }  # fmt: skip
    fields, categories, reasons = grown.check_baseline(cells, "(13)维和人员、退役士兵", TODAY)
    assert (fields["missions"], set(categories), reasons) == (["north", "south"], chosen, [])
    assert grown.review_desk({"peacekeeper"}) == "human_resources"
    assert grown.departments["museum"].fields == ("missions", "shoe_size")
    assert grown.fields["missions"].departments == ("petitions", "museum")
    text = json.dumps(grown.as_json(), ensure_ascii=False)
    assert all(word in text for word in ("维和人员", "维和任务", "博物馆", "never-alone"))
    assert ("record", "unknown-field") in [
        (r.field, r.rule)
        for r in tongren.check_record(record | {"form_version": "tongren/1"}, today=TODAY)
    ]


def test_a_single_file_elsewhere_finds_its_base_in_the_data(tmp_path: Path) -> None:
    """A copy of a locality alone works, by path or by the text of a path."""
    path = tmp_path / "copy.yaml"
    shutil.copy(data_path("profiles") / "loudi.yaml", path)
    assert Profile.load(str(path)).form_version == Profile.load(path).form_version == "loudi/1"


BROKEN = [
    ("tongren.yaml", "    matters: [household]", "    matters: [houshold]", "`household`"),
    ("tongren.yaml", "    level: county", "    levle: county", "unknown key `levle`; did you mean"),
    ("tongren.yaml", "    until: 2018-12-10", "    until: 10.12.2018", "expected a date"),
    ("tongren.yaml", "  every: P7D", "  every: weekly", "like P7D"),
    ("tongren.yaml", 'area: "632321"', 'area: "632399"', "no table in reference/"),
    ("tongren.yaml", "base: base", "base: bass", "no folder `bass`"),
    ("tongren.yaml", "    tasks: [compare]", "    tasks: compare", "expected a list"),
    ("tongren.yaml", "    kind: must-be", "    kind: must-bee", "did you mean `must-be`"),
    ("tongren.yaml", "    field: draws_living_allowance", "    field: draws", "unknown field"),
    ("tongren.yaml", "    when: {rehabilitated_child: true}", "    when: {x: y}", "unknown field"),
    ("tongren.yaml", "  land:", "  Land:", "is no id"),
    ("tongren.yaml", "  land:", f"  {'l' * 65}:", "is no id"),
    ("base/fields.yaml", "  former_name:", f"  {'f' * 65}:", "is no id"),
    ("loudi.yaml", "    remove: true", "    remove: maybe", "expected true or false"),
    ("loudi.yaml", "  martyr_papers: 娄", "  martyr_pappers: 娄", "did you mean `martyr_papers`"),
    ("base/fields.yaml", "    type: area", "    type: place", "unknown type `place`"),
    ("base/fields.yaml", "    table: sex", "    table: gender", "no code table `gender`"),
    ("base/fields.yaml", "    max: 10", "    max: ten", "expected a whole number"),
    ("base/fields.yaml", "    zh: 姓名", "    zh:", "a value is missing"),
    ("base/fields.yaml", "  former_name:", "  name:", "stands here twice"),
    ("base/fields.yaml", "    categories: [civilian_staff]", "    categories: []", "is not for"),
    ("base/fields.yaml", "    headers: [别名]", "    headers: [姓名]", "belongs to `name`"),
    ("base/rules.yaml", "    of: [disability]", "    of: [disabled]", "unknown category or group"),
    ("base/rules.yaml", "    years: 14", "", "`years` is missing"),
    ("base/rules.yaml", "    values: [1, 2, 3, 4]", "    values: [1, two]", "a whole number"),
    ("base/rules.yaml", "    severity: warn", "    severity: loud", "unknown severity"),
    ("base/rules.yaml", "rules:", "rules: [", "is not valid YAML"),
    ("base/evidence.yaml", "    one_of: [id_card]", "    one_of: [passport]", "unknown paper"),
    ("base/campaign.yaml", "attestation_grace: P7D", "attestation_grace: P", "like P7D or PT12H"),
    ("base/categories.yaml", "    number: 1", "    number: one", "expected a whole number"),
    ("base/categories.yaml", "    number: 2", "    number: 1", "already means"),
    ("base/fields.yaml", "    max_length: 60", "    max_length: 0", "is at least 1"),
    ("base/fields.yaml", "    max: 10", "    max: -10", "greater than `max`"),
    ("base/fields.yaml", "    type: area", "    type: text", "is of type area"),
    (
        "base/campaign.yaml",
        "baseline_required: [name,",
        "baseline_required: [name]#",
        "belongs here",
    ),
    ("base/fields.yaml", "    type: date", "    type: partial_date", "is of type date"),
    (
        "tongren.yaml",
        "fields:",
        "fields:\n  birth_date: {remove: true}",
        "has a field `birth_date`",
    ),
    ("base/rules.yaml", "    field: birth_date", "    field: enlisted_on", "of type date here"),
    ("tongren.yaml", "  every: P7D", "  every: P0D", "like P7D"),
    ("tongren.yaml", "form_version: tongren/1", "form_version: ''", "is 1 to 100 letters"),
    ("tongren.yaml", "phases:", "phases: &again\n  loop: *again", "refers to itself"),
]


# Where the marked line is not the edited one: what is missing is told at the head of its entry,
# a contradiction at the other half of it, broken YAML where the reader gave up.
ELSEWHERE = {
    "belongs to `name`": "  former_name:",
    "`years` is missing": "  young-at-enlistment:",
    "is not for": "    required: [civilian_staff]",
    "is not valid YAML": "    kind: at-most-one",
    "already means": "  discharged_soldier:",
    "greater than `max`": "    min: 1",
    "is of type area": "  household_area:",
    "is of type date": "  birth_date:",
    "refers to itself": "# 同仁县",
}


@pytest.mark.parametrize(("file", "good", "bad", "sentence"), BROKEN)
def test_a_mistake_has_a_file_a_line_and_a_sentence(
    tmp_path: Path, file: str, good: str, bad: str, sentence: str
) -> None:
    """A profile edited by hand: the message leads to the line."""
    folder = tmp_path / "profiles"
    shutil.copytree(data_path("profiles"), folder)
    path = folder / file
    lines = path.read_text(encoding="utf-8").splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(good))
    lines[at] = bad + lines[at][len(good) :]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(ProfileError) as caught:
        Profile.load(folder / (file if "/" not in file else "tongren.yaml"))
    message = str(caught.value)
    assert sentence in message
    marked = lines[caught.value.line - 1]
    assert marked.startswith(ELSEWHERE.get(sentence, lines[at]))
    assert message.startswith(f"{path}:{caught.value.line}: ")


def test_what_cannot_be_read_says_so(tmp_path: Path) -> None:
    empty = tmp_path / "empty.yaml"
    empty.write_text("# nothing\n", encoding="utf-8")
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    listed = tmp_path / "list.yaml"
    listed.write_text("- a\n", encoding="utf-8")
    for path, sentence in (
        (tmp_path / "absent.yaml", "cannot be read"),
        (empty, "is empty"),
        (binary, "is not UTF-8"),
        (listed, "expected `key: value` lines"),
    ):
        with pytest.raises(ProfileError, match=sentence):
            Profile.load(path)
    with pytest.raises(ProfileError, match="cannot be read"):
        Profile.load("atlantis")
