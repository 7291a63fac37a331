"""What everybody reads before they work: the form in words, and the areas of their grants."""

from __future__ import annotations

from typing import Any, get_args

from muster.capture.api.form_models import RuleOut
from muster.forms.profile import Profile
from muster.forms.rules import KINDS
from muster.vocabulary.states import AreaLevel, Role

Bench = Any
AREA = "632321"
NEAR, FAR = "632321100", "632321201"


async def get(bench: Bench, path: str, role: Role = Role.LEADER, area: str = AREA) -> Any:
    answer = await bench.client.get(path, headers=bench.headers(role, area, None))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_form_is_given_in_words_of_both_languages(bench: Bench) -> None:
    """R22: what a screen says of a field is the profile's word, so nothing is written twice."""
    profile = Profile.load("tongren")
    told = await get(bench, "/profile")
    assert told["form_version"] == profile.form_version
    assert [one["id"] for one in told["fields"]] == list(profile.fields)
    for name in ("categories", "fields", "departments", "papers", "sections", "review_desks"):
        assert told[name]
        assert all(one["zh"] and one["en"] for one in told[name])
    [sex] = (one for one in told["fields"] if one["id"] == "sex")
    assert {one["zh"] for one in sex["options"]} >= {"男", "女"}
    assert sex["papers"] == ["id_card", "household_booklet"]
    assert {paper for one in told["fields"] for paper in one["papers"]} <= {
        one["id"] for one in told["papers"]
    }
    assert told["benefits_notice"]["zh"] == profile.benefits_notice.zh


async def test_a_desk_can_check_by_what_it_is_given(bench: Bench) -> None:
    """R22-R28, R30: bounds of fields, what must be shown, rules by kind, and the sentences of all
    that no rule speaks of; nothing of it is lost on the way."""
    profile = Profile.load("tongren")
    told = await get(bench, "/profile")
    whole = profile.as_json()
    for name in ("evidence", "rules", "findings", "groups", "cadence"):
        assert told[name] == whole[name], name
    assert told["voluntary_decline"]["zh"] == profile.voluntary_decline.zh
    assert (told["areas_on"], told["collected_where"]) == ("2018-10-01", "户籍所在地")
    bounds = {one["id"]: (one["min"], one["max"], one["max_length"]) for one in told["fields"]}
    assert bounds == {f.id: (f.min, f.max, f.max_length) for f in profile.fields.values()}
    addresses = {one["id"] for one in told["fields"] if one["address"]}
    assert addresses == {f.id for f in profile.fields.values() if f.address}


def test_every_kind_of_rule_has_its_shape() -> None:
    """A kind that a profile may have and the answer may not would be an error of the service."""
    union, _ = get_args(RuleOut)
    kinds = [get_args(shape.model_fields["kind"].annotation) for shape in get_args(union)]
    assert sorted(kinds) == sorted((kind,) for kind in KINDS)


async def test_areas_end_at_the_grant_and_are_named_up_to_the_top(bench: Bench) -> None:
    """Design section 5, rule 10."""
    tree = Profile.load("tongren").area_tree()
    whole = await get(bench, "/areas")
    assert {one["code"] for one in whole["areas"]} == {area.code for area in tree}
    mine = await get(bench, "/areas", Role.TOWNSHIP_LEADER, NEAR)
    codes = [one["code"] for one in mine["areas"]]
    assert mine["granted"] == [NEAR]
    assert set(codes) == {
        *(area.code for area in tree if tree.is_within(area.code, NEAR)),
        *(area.code for area in tree.ancestors(NEAR)),
    }
    assert FAR not in codes
    seen: set[str | None] = {None}
    for one in mine["areas"]:
        assert one["parent"] in seen
        seen.add(one["code"])
    assert {one["level"] for one in mine["areas"]} >= {AreaLevel.COUNTY, AreaLevel.VILLAGE}


async def test_nobody_reads_them_unasked(bench: Bench) -> None:
    """R100: and who holds no grant has no areas."""
    for path in ("/profile", "/areas"):
        assert (await bench.client.get(path)).status_code == 401
    refused = await bench.client.get("/areas", headers=bench.headers((), AREA, None))
    assert refused.status_code == 403


async def test_what_is_asked_stands_with_its_source(bench: Bench) -> None:
    """R22: what the profile cites is told with it: where a notice asks for a category, a field, a
    paper, a department or a phase; a field that none asks for says so."""
    profile = Profile.load("tongren")
    told = await get(bench, "/profile")
    assert told["source"] == "同仁县实施方案 2018-10-26"
    for name in ("phases", "categories", "departments"):
        assert told[name]
        assert all(one["cite"] for one in told[name]), name
    needs = {one["id"]: one["cite"] for one in told["evidence"]}
    assert needs == {name: need.cite for name, need in profile.evidence.items()}
    assert needs["identity_papers"] == "同五(一)1"
    assert {one["until"]: one["cite"] for one in told["phases"]}["2018-12-10"] == "同六(一)"
    assert [bool(one["cite"]) for one in told["fields"]] == [
        not one["practice"] for one in told["fields"]
    ]
    [rule] = (one for one in told["rules"] if one["kind"] == "excludes")
    assert rule["parameters"]["if"] == ["disabled_militia"]
    assert set(rule["parameters"]["of"]) == profile.groups["service"]
