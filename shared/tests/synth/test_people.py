"""People: what they bring passes the profile, and what goes wrong first does not."""

import base64
from collections import Counter
from datetime import date
from typing import Any

from muster.forms import Profile
from muster.vocabulary import resident_number
from muster.vocabulary.reasons import refused

TODAY = date(2019, 1, 15)


def _check(profile: Profile, record: dict[str, Any], papers: list[str]) -> list[Any]:
    return [
        reason
        for reason in profile.check_record(record, today=TODAY, have_evidence=papers)
        if refused([reason])
    ]


def test_every_record_passes_with_its_papers(made: Any) -> None:
    profile: Profile = made.county.profile
    for person in made.people:
        if "papers" in person:
            kinds = [paper["kind"] for paper in person["papers"]]
            assert _check(profile, person["record"], kinds) == []


def test_first_tries_are_refused_by_the_rule_in_the_truth(made: Any) -> None:
    profile: Profile = made.county.profile
    expected = {one["ref"]: (one["field"], one["rule"]) for one in made.truth["desk"]["refused"]}
    tried = {person["ref"]: person for person in made.people if person.get("first_try")}
    assert tried.keys() == expected.keys()
    assert tried
    for ref, person in tried.items():
        slip = person["first_try"]
        fields = {**person["record"]["fields"], **slip.get("put", {})}
        for name in slip.get("leave_out", ()):
            del fields[name]
        record = {
            **person["record"],
            "fields": fields,
            "categories": slip.get("categories", person["record"]["categories"]),
        }
        papers = [
            paper["kind"]
            for paper in person["papers"]
            if paper["kind"] not in slip.get("without_papers", ())
        ]
        found = {(reason.field, reason.rule) for reason in _check(profile, record, papers)}
        assert expected[ref] in found, (slip, found)


def test_what_a_reviewer_finds_is_invisible_to_the_rules(made: Any) -> None:
    profile: Profile = made.county.profile
    overlooked = [person for person in made.people if person.get("overlooked")]
    assert overlooked
    for person in overlooked:
        fields = {**person["record"]["fields"], **person["overlooked"]}
        assert fields != person["record"]["fields"]
        assert _check(profile, {**person["record"], "fields": fields}, _kinds(person)) == []


def _kinds(person: dict[str, Any]) -> list[str]:
    return [paper["kind"] for paper in person["papers"]]


def test_numbers_are_right_and_unique(made: Any) -> None:
    numbers = [person["record"]["fields"]["resident_number"] for person in made.people]
    assert len(set(numbers)) == len(numbers)
    for person, number in zip(made.people, numbers, strict=True):
        parsed = resident_number.parse(number)
        assert parsed.birth.isoformat() == person["record"]["fields"]["birth_date"]
        assert parsed.sex == person["record"]["fields"]["sex"]
    areas = Counter(number[:6] for number in numbers)
    assert len(areas) > 20, "some carry codes of other counties, or abandoned ones"


def test_villages_are_real_and_belong_to_the_desk(made: Any) -> None:
    tree = made.county.profile.area_tree()
    for person in made.people:
        assert tree.is_within(person["village"], person["desk"])
        assert tree.children(person["village"]) == ()
        assert person["record"]["fields"]["household_area"] == person["village"]


def test_ages_and_categories_are_plausible(made: Any) -> None:
    years = [int(p["record"]["fields"]["birth_date"][:4]) for p in made.people]
    assert min(years) < 1930
    assert max(years) >= 2000
    counts = Counter(name for p in made.people for name in p["record"]["categories"])
    assert counts.keys() == made.county.profile.categories.keys()
    assert counts.most_common(1)[0][0] == "discharged_soldier"


def test_tongren_has_names_with_a_middle_dot(made: Any) -> None:
    dotted = sum("\u00b7" in p["record"]["fields"]["name"] for p in made.people)
    if made.county.profile.id == "tongren":
        assert dotted > len(made.people) / 4
    else:
        assert dotted == 0


def test_pictures_are_what_their_media_type_says(made: Any) -> None:
    starts = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}
    contents = [
        (paper["media_type"], base64.b64decode(paper["content"]))
        for person in made.people
        for paper in person.get("papers", ())
    ]
    assert all(content.startswith(starts[kind]) for kind, content in contents)
    assert len({content for _, content in contents}) == len(contents)
    assert max(len(content) for _, content in contents) < 2000


def test_every_ending_occurs_and_the_ledger_balances(made: Any) -> None:
    endings = made.truth["endings"]
    assert set(endings) == {
        "collected",
        "open",
        "declined",
        "moved_within",
        "moved_out",
        "dead_before",
        "dead_after",
        "ineligible",
        "merged",
    }
    lines = Counter[str]()
    for village in made.truth["ledger_before_correction"].values():
        lines.update(village)
    states = {key: n for key, n in lines.items() if not key.startswith("review/")}
    assert sum(states.values()) == len(made.people) + endings["moved_within"]
    reviews = sum(n for key, n in lines.items() if key.startswith("review/"))
    assert reviews == endings["collected"] + endings["moved_within"]


def test_the_dead_died_on_the_right_side_of_the_standard_time(made: Any) -> None:
    standard = made.county.profile.standard_time
    for person in made.people:
        if person["ending"] in ("dead_before", "dead_after"):
            died = date.fromisoformat(person["detail"]["died_on"])
            assert (died < standard) is (person["ending"] == "dead_before")
