"""Whether a record may be taken in, given what stands about its subject."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from muster.capture.domain.reasons import reason
from muster.capture.domain.standing import Entries, collect, present
from muster.vocabulary.reasons import Reason, refused

Values = Mapping[str, str]
"""Fields in the form in which their values are compared."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One record of a packet after everything that can be checked without the store.

    `village` and `number_index` are None when the record did not give a valid one; then `reasons`
    say so already. `from_baseline` is what it gives as the baseline's.
    """

    index: int
    record_id: str
    subject_id: str
    base_version: int
    new: bool
    digest: str
    village: str | None
    number_index: str | None
    evidence: tuple[str, ...]
    reasons: tuple[Reason, ...]
    reading: str | None = None
    from_baseline: Values = field(default_factory=dict)


@dataclass(slots=True)
class Subject:
    """What stands about one subject while the records of a packet are taken one by one.

    `baseline` is what was known before collection of the fields that the packet asks about.
    """

    subject_id: str
    exists: bool
    revision: int
    version: int
    entries: Entries
    evidence: frozenset[str]
    erased: bool = False
    changed: bool = False
    baseline: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a resident number; one that a record has replaced is not held any more."""

    subject_id: str
    current: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one record."""

    status: str
    """accepted, refused or duplicate"""
    version: int | None
    reasons: tuple[Reason, ...]
    existing_subject_id: str | None = None


@dataclass(slots=True)
class Admission:
    """Takes the records of one packet in their order; later ones see the effect of earlier ones.

    `taken` maps record ids that were accepted before to (digest, version), `readings` card readings
    to the subject that each serves. `reaches` tells whether a village is theirs who sends it.
    """

    subjects: dict[str, Subject]
    holders: dict[str, Holder]
    taken: dict[str, tuple[str, int]]
    reaches: Callable[[str], bool]
    readings: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    accepted: set[str] = field(default_factory=set)
    """Record ids that this packet brought in."""

    def judge(self, claim: Claim) -> Verdict:
        """Accept and apply, or say why not. Refusing one record leaves no trace of it."""
        before = self.taken.get(claim.record_id)
        if before is not None:
            digest, version = before
            if digest == claim.digest:
                return Verdict("duplicate", version, ())
            return Verdict("refused", None, (reason("record-id-reused"),))
        if claim.record_id in self.seen:
            return Verdict("refused", None, (reason("record-id-twice"),))
        self.seen.add(claim.record_id)
        subject = self.subjects[claim.subject_id]
        reasons = [*claim.reasons, *self._stored(claim, subject)]
        existing = self._other_holder(claim)
        if existing is not None:
            reasons.append(reason("subject-known"))
        if refused(reasons) or claim.village is None:
            return Verdict("refused", None, tuple(reasons), existing)
        entries = collect(subject.entries, claim.village)
        if entries is None:
            return Verdict("refused", None, (*reasons, reason("standing-closed")))
        self._apply(claim, subject, entries)
        return Verdict("accepted", subject.version, tuple(reasons))

    def _stored(self, claim: Claim, subject: Subject) -> list[Reason]:
        if subject.erased:
            return [reason("subject-erased")]
        found = []
        if not subject.exists and not claim.new:
            found.append(reason("subject-unknown"))
        if claim.base_version != subject.version:
            found.append(reason("version-changed"))
        if not subject.evidence.issuperset(claim.evidence):
            found.append(reason("evidence-absent"))
        # One reading serves one person; a later version of the same record may keep it.
        if self.readings.get(claim.reading or "", claim.subject_id) != claim.subject_id:
            found.append(reason("reading-of-another"))
        if not self._theirs(claim, subject):
            found.append(reason("number-changed-elsewhere"))
        found += [
            reason("baseline-differs", field=name)
            for name, value in sorted(claim.from_baseline.items())
            if subject.baseline.get(name) != value
        ]
        return found

    def _theirs(self, claim: Claim, subject: Subject) -> bool:
        """Whether who sends this may say it of the subject. From outside the area where a person
        stands their own number moves them, and nothing else: with another one somebody else's
        record would take over their row and free their number (R52, R106)."""
        here = present(subject.entries)
        if here is None or self.reaches(here.village):
            return True
        return self.holders.get(claim.number_index or "") == Holder(claim.subject_id, current=True)

    def _other_holder(self, claim: Claim) -> str | None:
        holder = self.holders.get(claim.number_index or "")
        if holder is None or not holder.current or holder.subject_id == claim.subject_id:
            return None
        return holder.subject_id

    def _apply(self, claim: Claim, subject: Subject, entries: Entries) -> None:
        subject.version += 1
        # Counts whatever changes about a person: who compares takes the highest as the newest.
        subject.revision += 1
        subject.entries = entries
        subject.exists = subject.changed = True
        self.accepted.add(claim.record_id)
        self.taken[claim.record_id] = (claim.digest, subject.version)
        if claim.reading is not None:
            self.readings[claim.reading] = claim.subject_id
        if claim.number_index is not None:
            self._hold(claim.subject_id, claim.number_index)

    def _hold(self, subject_id: str, number: str) -> None:
        """The subject's number from now on; one that it replaces is free for its real holder."""
        for other, holder in self.holders.items():
            if holder.subject_id == subject_id and other != number:
                self.holders[other] = Holder(subject_id, current=False)
        self.holders[number] = Holder(subject_id, current=True)
