"""Where a record says that its fields come from (design, section 5, rule 1).

A packet may say `chip` (`muster.capture.handlers.proofs`), `baseline` and `typed`. What it says of
the baseline is held against what is stored, at the door, as a chip's field is against its reading:
the source is not part of what the person signed, so a desk mends it without a new signature.
"""

from collections.abc import Collection, Iterable

from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.domain.admission import Claim, Values
from muster.capture.domain.reasons import reason
from muster.capture.handlers import common
from muster.capture.handlers.shapes import RecordIn
from muster.capture.store import records
from muster.contracts.parts.base import FieldValue
from muster.forms.profile import Profile
from muster.runtime.context import Context
from muster.security.vault import DataKeys
from muster.vocabulary.reasons import Reason
from muster.vocabulary.states import Source

_NOT_A_DESKS = frozenset({Source.DEPARTMENT, Source.REVIEWER})


def check(profile: Profile, record: RecordIn) -> list[Reason]:
    """What is wrong with the sources of a record, whatever is stored."""
    theirs = [name for name, source in record.provenance.items() if source in _NOT_A_DESKS]
    found = [reason("provenance-not-a-desks", field=name) for name in told(profile, theirs)]
    if record.provenance.keys() != record.fields.keys():
        found.append(reason("provenance-fields"))
    return found


def told(profile: Profile, names: Iterable[str]) -> list[str | None]:
    """The fields of which a reason may speak, each once and in order. A name that no form has is
    the sender's, and may be anybody's: None stands for all of these."""
    known = {name if name in profile.fields else None for name in names}
    return sorted(known, key=lambda name: (name is None, name or ""))


def from_baseline(profile: Profile, record: RecordIn, wrong: Collection[str]) -> Values:
    """What the record gives as the baseline's, as values are compared; but for the fields that are
    refused anyway."""
    return {
        name: _comparable(profile, name, record.fields[name])
        for name, source in record.provenance.items()
        if source is Source.BASELINE
        and name in profile.fields
        and name in record.fields
        and name not in wrong
    }


async def known(
    context: Context, conn: AsyncConnection, keys: DataKeys, claims: Iterable[Claim]
) -> dict[str, Values]:
    """What is stored of these fields, by subject, as values are compared. One query."""
    wanted: dict[str, set[str]] = {}
    for claim in claims:
        if claim.from_baseline:
            wanted.setdefault(claim.subject_id, set()).update(claim.from_baseline)
    stored = await records.baselines(conn, [subject for subject in wanted if subject in keys])
    found: dict[str, Values] = {}
    for subject_id, row in stored.items():
        fields = common.open_baseline(context, keys[subject_id], row)["fields"]
        found[subject_id] = {
            name: _comparable(context.profile, name, fields[name])
            for name in wanted[subject_id]
            if name in fields
        }
    return found


def _comparable(profile: Profile, name: str, value: FieldValue) -> str:
    """The value at its finest: a day is not what the baseline says that knows the year."""
    return profile.comparables(name, value)[0]
