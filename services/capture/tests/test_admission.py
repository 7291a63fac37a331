"""Whether a record may be taken in: pure rules."""

from __future__ import annotations

from dataclasses import replace

from muster.capture.domain.admission import Admission, Claim, Holder, Subject
from muster.capture.domain.reasons import reason
from muster.capture.domain.standing import Entries, present
from muster.vocabulary.standing import Entry
from muster.vocabulary.states import Origin, Severity, SubjectState

VILLAGE = "632321100001"
CLAIM = Claim(0, "r1", "s1", 0, True, "d1", VILLAGE, "n1", ("e1",), ())


def admission(
    *,
    exists: bool = False,
    version: int = 0,
    entries: Entries = (),
    holders: dict[str, Holder] | None = None,
    taken: dict[str, tuple[str, int]] | None = None,
    erased: bool = False,
    reached: str = "6323",
) -> Admission:
    subjects = {
        name: Subject(name, exists, 0, version, entries, frozenset({"e1"}), erased)
        for name in ("s1", "s2")
    }
    return Admission(
        subjects,
        dict(holders or {}),
        dict(taken or {}),
        reaches=lambda village: village.startswith(reached),
    )


def rules(taking: Admission, claim: Claim) -> list[str]:
    verdict = taking.judge(claim)
    assert verdict.status == "refused"
    assert verdict.version is None
    assert not taking.subjects[claim.subject_id].changed
    return [found.rule for found in verdict.reasons]


def test_a_new_person_is_taken() -> None:
    taking = admission()
    verdict = taking.judge(CLAIM)
    assert (verdict.status, verdict.version, verdict.reasons) == ("accepted", 1, ())
    assert taking.subjects["s1"].entries == (Entry(VILLAGE, Origin.NEW, SubjectState.COLLECTED),)
    assert taking.holders["n1"] == Holder("s1", current=True)


def test_each_condition_refuses_alone() -> None:
    open_entry = (Entry(VILLAGE, Origin.BASELINE, SubjectState.OPEN),)
    declined = (Entry(VILLAGE, Origin.BASELINE, SubjectState.DECLINED),)
    assert rules(admission(), replace(CLAIM, new=False)) == ["subject-unknown"]
    assert rules(admission(exists=True, version=2, entries=open_entry), CLAIM) == [
        "version-changed"
    ]
    assert rules(admission(), replace(CLAIM, evidence=("e1", "e2"))) == ["evidence-absent"]
    assert rules(admission(exists=True, entries=declined), CLAIM) == ["standing-closed"]
    assert rules(admission(erased=True), CLAIM) == ["subject-erased"]
    assert rules(admission(), replace(CLAIM, reasons=(reason("digest-differs"),))) == [
        "digest-differs"
    ]


def test_a_number_of_another_person_is_refused_with_whose_it_is() -> None:
    taking = admission(holders={"n1": Holder("s9", current=True)})
    verdict = taking.judge(CLAIM)
    assert verdict.status == "refused"
    assert verdict.existing_subject_id == "s9"
    assert [found.rule for found in verdict.reasons] == ["subject-known"]


def test_a_number_that_was_corrected_away_is_free() -> None:
    taking = admission(holders={"n1": Holder("s9", current=False)})
    assert taking.judge(CLAIM).status == "accepted"


def test_from_elsewhere_a_person_comes_under_their_own_number_alone() -> None:
    """R52, R106: with another number somebody else's record would take a person over."""
    there = (Entry("632322100001", Origin.BASELINE, SubjectState.COLLECTED),)
    claim = replace(CLAIM, new=False, base_version=1)

    def taking(**holders: Holder) -> Admission:
        return admission(exists=True, version=1, entries=there, holders=holders, reached="632321")

    moved = taking(n1=Holder("s1", current=True))
    assert moved.judge(claim).status == "accepted"
    assert present(moved.subjects["s1"].entries) == Entry(
        VILLAGE, Origin.MOVED_IN, SubjectState.COLLECTED
    )
    for holders in (
        {"n0": Holder("s1", current=True)},
        {"n0": Holder("s1", current=True), "n1": Holder("s1", current=False)},
        {},
    ):
        assert rules(taking(**holders), claim) == ["number-changed-elsewhere"]
    without = taking(n0=Holder("s1", current=True))
    assert rules(without, replace(claim, number_index=None)) == ["number-changed-elsewhere"]


def test_a_corrected_number_frees_the_old_one_within_the_packet() -> None:
    taking = admission(holders={"n0": Holder("s1", current=True)})
    assert taking.judge(CLAIM).status == "accepted"
    other = replace(CLAIM, record_id="r2", subject_id="s2", number_index="n0")
    assert taking.judge(other).status == "accepted"


def test_the_same_record_again_is_a_duplicate_and_other_content_is_not() -> None:
    taking = admission(taken={"r1": ("d1", 4)})
    assert (taking.judge(CLAIM).status, taking.judge(CLAIM).version) == ("duplicate", 4)
    assert rules(taking, replace(CLAIM, digest="d2")) == ["record-id-reused"]


def test_a_refused_record_twice_in_a_packet_is_said_so() -> None:
    taking = admission()
    bad = replace(CLAIM, reasons=(reason("digest-differs"),))
    assert rules(taking, bad) == ["digest-differs"]
    assert rules(taking, CLAIM) == ["record-id-twice"]


def test_a_correction_in_the_same_packet_builds_on_the_first() -> None:
    taking = admission()
    assert taking.judge(CLAIM).version == 1
    second = replace(CLAIM, record_id="r2", base_version=1, new=False, digest="d2")
    assert taking.judge(second).version == 2
    # Whoever compares takes the highest revision as the newest: a correction counts.
    assert taking.subjects["s1"].revision == 2


def test_one_reading_serves_one_person() -> None:
    """R55: in one packet or over several; a later version of the same record may keep it."""
    taking = admission(version=1, exists=True)
    first = replace(CLAIM, base_version=1, new=False, reading="r")
    assert taking.judge(first).status == "accepted"
    other = replace(CLAIM, record_id="r2", subject_id="s2", base_version=1, reading="r")
    assert rules(taking, replace(other, new=False, number_index="n2")) == ["reading-of-another"]
    again = replace(first, record_id="r3", base_version=2, digest="d3")
    assert taking.judge(again).version == 3
    held = admission(exists=True, version=1)
    held.readings["r"] = "s2"
    assert rules(held, first) == ["reading-of-another"]


def test_a_warning_lets_in_and_is_told() -> None:
    doubtful = replace(CLAIM, reasons=(reason("digest-differs", severity=Severity.WARN),))
    verdict = admission().judge(doubtful)
    assert verdict.status == "accepted"
    assert [found.severity for found in verdict.reasons] == [Severity.WARN]
