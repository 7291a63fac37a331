"""The pure rules of review."""

from __future__ import annotations

from dataclasses import replace

import pytest

from muster.forms.profile import Profile
from muster.verification.domain import answers, comparing, desks, return_reasons
from muster.verification.domain.answers import Answers, Asked
from muster.verification.domain.return_reasons import ReturnReason
from muster.verification.domain.review import Decision, Item, judge
from muster.vocabulary.reasons import Refusal
from muster.vocabulary.return_reasons import RETURN_REASONS
from muster.vocabulary.states import ReviewState, Role, Verdict

DIGEST = "sha256:" + "1" * 64
ITEM = Item(
    version=2,
    digest=DIGEST,
    state=ReviewState.SUBMITTED,
    collector_id="collector",
    current=True,
    collected=True,
)
VERIFY = Decision(ReviewState.VERIFIED, DIGEST, "reviewer")
REASON = (ReturnReason("field-wrong", "name", ""),)
RETURN = Decision(ReviewState.RETURNED, DIGEST, "reviewer", REASON)


def refusal(item: Item, decision: Decision) -> tuple[int, str]:
    with pytest.raises(Refusal) as caught:
        judge(item, decision)
    return caught.value.status, caught.value.reasons[0].rule


@pytest.mark.parametrize("decision", [VERIFY, RETURN])
def test_a_frozen_current_version_may_be_decided(decision: Decision) -> None:
    assert judge(ITEM, decision)


def test_another_digest_is_not_what_was_frozen() -> None:
    """Design section 5, rule 3."""
    assert refusal(ITEM, replace(VERIFY, digest="sha256:" + "2" * 64)) == (409, "digest-differs")


def test_nobody_reviews_their_own_record() -> None:
    assert refusal(ITEM, replace(VERIFY, reviewer_id="collector")) == (403, "own-record")


def test_only_the_current_version_is_reviewed() -> None:
    assert refusal(replace(ITEM, current=False), VERIFY) == (409, "version-superseded")


def test_who_is_no_longer_collected_is_not_reviewed() -> None:
    assert refusal(replace(ITEM, collected=False), VERIFY) == (409, "not-collected")


def test_a_decision_stands_but_may_be_repeated() -> None:
    done = replace(ITEM, state=ReviewState.RETURNED, reviewer_id="reviewer", reasons=REASON)
    assert not judge(done, RETURN)
    assert not judge(replace(done, current=False), RETURN)
    for other in (
        VERIFY,
        replace(RETURN, reviewer_id="another"),
        replace(RETURN, reasons=(ReturnReason("other", None, "x"),)),
    ):
        assert refusal(done, other) == (409, "already-reviewed")


@pytest.mark.parametrize(
    ("reasons", "rule"),
    [
        ([], "reason-missing"),
        ([ReturnReason("no-such", None, "")], "reason-unknown"),
        ([ReturnReason("field-wrong", "no_such", "")], "field-unknown"),
        ([ReturnReason("other", None, "  ")], "text-missing"),
    ],
)
def test_reasons_that_are_none(reasons: list[ReturnReason], rule: str) -> None:
    assert [found.rule for found in return_reasons.check(reasons, {"name"})] == [rule]


def test_every_code_says_why_in_both_languages_and_is_accepted() -> None:
    for code, (zh, en) in RETURN_REASONS.items():
        assert zh
        assert en
        assert not return_reasons.check([ReturnReason(code, "categories", "x")], {"name"})


@pytest.mark.parametrize("name", ["tongren", "loudi"])
def test_every_desk_of_a_profile_has_its_reviewers(name: str) -> None:
    """R71: civil affairs and human resources review."""
    found = {desks.role_of(c.review_desk) for c in Profile.load(name).categories.values()}
    assert found == {Role.CIVIL_AFFAIRS_REVIEWER, Role.HUMAN_RESOURCES_REVIEWER}
    assert desks.role_of("leader") is None
    assert {desks.desk_of(role) for role in desks.REVIEWERS} == {
        "civil_affairs",
        "human_resources",
    }


def test_harmless_noise_is_no_difference() -> None:
    profile = Profile.load("tongren")
    ours = {"name": "张 三", "service_unit": "甲", "gone": 1}
    theirs = {"name": "张三", "service_unit": "乙", "gone": 1, "more": 2}
    assert comparing.differing(ours, theirs, profile.normalise) == ["service_unit"]
    assert comparing.changed({"a": 1, "b": 2}, {"a": 1, "c": 3}) == ["b", "c"]


# -- departments -----------------------------------------------------------------------------------

AGAINST = frozenset({"police"})
PASSED = replace(ITEM, reviewer_id="reviewer")
DESPITE = replace(VERIFY, despite="papers were seen", contradicting=AGAINST)


@pytest.mark.parametrize(
    ("requests", "comes_to"),
    [
        ([], Answers.AGREE),
        ([Asked("a", mandatory=False)], Answers.AGREE),
        ([Asked("a", mandatory=True)], Answers.WAITING),
        ([Asked("a", True, answered=True), Asked("b", True)], Answers.WAITING),
        ([Asked("a", True, answered=True), Asked("b", False)], Answers.AGREE),
        ([Asked("a", True, True, contradicts=True), Asked("b", True)], Answers.CONTRADICT),
        ([Asked("a", False, True, contradicts=True)], Answers.CONTRADICT),
        ([Asked("a", True, True, contradicts=True, overruled=True)], Answers.AGREE),
        ([Asked("a", True, True, True, overruled=True), Asked("b", True)], Answers.WAITING),
        ([Asked("a", True, True, cannot_tell=True), Asked("b", True)], Answers.CANNOT_TELL),
        ([Asked("a", False, True, cannot_tell=True)], Answers.AGREE),
        ([Asked("a", True, True, cannot_tell=True, overruled=True)], Answers.AGREE),
        (
            [Asked("a", True, True, cannot_tell=True), Asked("b", True, True, contradicts=True)],
            Answers.CONTRADICT,
        ),
    ],
)
def test_what_the_answers_come_to(requests: list[Asked], comes_to: Answers) -> None:
    """R73: the record waits for those that are mandatory; one that contradicts goes first, then
    one that the record waits for and that cannot tell."""
    assert answers.come_to(requests) is comes_to
    assert answers.come_to(reversed(requests)) is comes_to


def test_only_mismatch_and_no_such_person_contradict() -> None:
    for verdict in Verdict:
        found = answers.contradict([Verdict.MATCH, verdict])
        assert found == (verdict in (Verdict.MISMATCH, Verdict.NO_SUCH_PERSON))


def test_without_a_match_and_without_a_contradiction_a_department_cannot_tell() -> None:
    """R73, R92."""
    unsaid = [Verdict.NO_FILE, Verdict.UNDECIDED]
    assert answers.cannot_tell(unsaid)
    for verdict in set(Verdict) - set(unsaid):
        assert not answers.cannot_tell([*unsaid, verdict])


def test_a_passed_record_stands_until_an_answer_contradicts() -> None:
    back = replace(PASSED, contradicting=AGAINST)
    assert not judge(PASSED, VERIFY)
    assert refusal(PASSED, RETURN) == (409, "already-reviewed")
    assert refusal(PASSED, replace(VERIFY, reviewer_id="another")) == (409, "already-reviewed")
    assert judge(back, RETURN)
    assert judge(back, DESPITE)
    assert judge(back, replace(DESPITE, reviewer_id="another"))
    assert refusal(back, VERIFY) == (409, "answers-contradict")


def test_a_passed_record_stands_until_a_department_cannot_tell() -> None:
    """R73: its word is asked for by name, beside that of a contradiction."""
    back = replace(PASSED, cannot_tell=frozenset({"army"}))
    seen = replace(VERIFY, despite="papers were seen", cannot_tell=frozenset({"army"}))
    assert judge(back, RETURN)
    assert judge(back, seen)
    assert refusal(back, VERIFY) == (409, "answers-cannot-tell")
    assert refusal(back, DESPITE) == (409, "answers-changed")
    assert refusal(replace(back, contradicting=AGAINST), VERIFY) == (409, "answers-contradict")
    both = replace(back, contradicting=AGAINST)
    for half in (seen, DESPITE):
        assert refusal(both, half) == (409, "answers-changed")
    assert judge(both, replace(seen, contradicting=AGAINST))


def test_only_answers_that_were_seen_are_overruled() -> None:
    """Design section 5, rule 3."""
    against = replace(ITEM, contradicting=AGAINST)
    assert judge(against, DESPITE)
    for seen in (frozenset[str](), AGAINST | {"army"}, frozenset({"army"})):
        assert refusal(against, replace(DESPITE, contradicting=seen)) == (409, "answers-changed")
    assert refusal(ITEM, DESPITE) == (409, "nothing-contradicts")
    assert not judge(replace(PASSED, despite="papers were seen"), DESPITE)
    assert refusal(PASSED, DESPITE) == (409, "already-reviewed")
