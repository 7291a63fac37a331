"""One record of a packet held against everything that needs no store."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from muster.capture.domain.admission import Claim
from muster.capture.domain.reasons import reason
from muster.capture.handlers import common, proofs, provenance
from muster.capture.handlers.common import NUMBER, VILLAGE
from muster.capture.handlers.packets import COLLECTING
from muster.capture.handlers.shapes import RecordIn
from muster.contracts import declared
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.security import digests
from muster.vocabulary.reasons import Reason
from muster.vocabulary.states import Severity

_CLOCK_SKEW = timedelta(minutes=10)
_DEPTH_LIMIT = 16


@dataclass(frozen=True, slots=True)
class Read:
    """A record of a packet: `claim` is None when it could not be read at all."""

    index: int
    raw: Mapping[str, Any]
    record_id: str | None
    subject_id: str | None
    record: RecordIn | None
    claim: Claim | None
    reasons: tuple[Reason, ...]


class RecordChecker:
    """Checks the records of one packet for one caller at one terminal."""

    def __init__(self, context: Context, caller: Caller, terminal_area: str) -> None:
        self._context = context
        self._caller = caller
        self._terminal_area = terminal_area
        self._now = common.now()
        self._today = common.today()
        self._papers = frozenset(context.profile.papers)

    def check(self, index: int, raw: Mapping[str, Any]) -> Read:
        """Read and check one record."""
        if _deeper(raw, _DEPTH_LIMIT):
            # Nothing of it is kept: what is nested like this is no record, and could not be sealed.
            ids = (_uuid(raw.get("record_id")), _uuid(raw.get("subject_id")))
            return Read(index, {}, *ids, None, None, (reason("record-shape"),))
        try:
            record = RecordIn.model_validate(raw)
        except ValidationError as error:
            known = sorted({name.partition(".")[0] for name in declared.members(RecordIn, error)})
            reasons = tuple(reason("record-shape", field=name) for name in known or ["record"])
            ids = (_uuid(raw.get("record_id")), _uuid(raw.get("subject_id")))
            return Read(index, raw, *ids, None, None, reasons)
        claim = self._claim(index, record)
        return Read(index, raw, record.record_id, record.subject_id, record, claim, claim.reasons)

    def _claim(self, index: int, record: RecordIn) -> Claim:
        reasons = [
            *self._context.profile.check_record(
                record.record(),
                today=self._today,
                have_evidence={piece.kind for piece in record.evidence},
            ),
            *self._own(record),
        ]
        wrong = {found.field for found in reasons if found.severity is Severity.REFUSE}
        village = record.fields.get(VILLAGE)
        known = village if isinstance(village, str) and VILLAGE not in wrong else None
        if known is not None:
            reasons += self._area(known)
        number = None if NUMBER in wrong else record.fields.get(NUMBER)
        return Claim(
            index=index,
            record_id=record.record_id,
            subject_id=record.subject_id,
            base_version=record.base_version,
            new=record.origin == "new",
            digest=record.signature.digest,
            village=known,
            number_index=common.index_of(self._context, number),
            evidence=tuple(piece.digest for piece in record.evidence),
            reasons=tuple(reasons),
            reading=record.reading.reading_id if record.reading is not None else None,
            from_baseline=provenance.from_baseline(self._context.profile, record, wrong),
        )

    def _own(self, record: RecordIn) -> list[Reason]:
        found = []
        pieces = [piece.digest for piece in record.evidence]
        if len(set(pieces)) != len(pieces):
            found.append(reason("evidence-twice"))
        elif not _signed(record):
            found.append(reason("digest-differs"))
        if any(piece.kind not in self._papers for piece in record.evidence):
            found.append(reason("evidence-kind"))
        if record.collected_at > self._now + _CLOCK_SKEW:
            found.append(reason("collected-in-future"))
        profile = self._context.profile
        return [*found, *provenance.check(profile, record), *proofs.check(profile, record)]

    def reaches(self, village: str) -> bool:
        """Whether this caller at this terminal takes the people of a village."""
        return not self._area(village)

    def _area(self, village: str) -> list[Reason]:
        # At a terminal nobody's grant reaches beyond it: one reason is enough.
        if not self._context.areas.is_within(village, self._terminal_area):
            return [reason("terminal-area")]
        return [] if self._caller.may(COLLECTING, village) else [reason("area-not-granted")]


def _deeper(value: object, left: int) -> bool:
    """Whether lists and objects nest deeper than so many levels."""
    if isinstance(value, dict):
        return left == 0 or any(_deeper(item, left - 1) for item in value.values())
    if isinstance(value, list):
        return left == 0 or any(_deeper(item, left - 1) for item in value)
    return False


def _signed(record: RecordIn) -> bool:
    """Whether the signed digest is that of this very content (design, section 5, rule 2)."""
    try:
        suite, _ = digests.parse(record.signature.digest)
        made = digests.record_digest(
            record.record(),
            [piece.digest for piece in record.evidence],
            record.record_id,
            record.salt,
            suite,
        )
    except ValueError:
        return False
    return made == record.signature.digest


def _uuid(value: object) -> str | None:
    """The text when it is an id, so that a receipt can name what it answers."""
    return value if isinstance(value, str) and common.UUID.fullmatch(value) else None
