"""What a record reveals of its terminal's card reading and signature (design, section 4).

A reading committed to a root over the hashes of its fields, each with a salt of its own. Whoever
edits one field says that it is typed, keeps its hash, and leaves the others attested. What the chip
says of that field may be given beside it, and is held against the same hash.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from muster.capture.domain.attestation import Kind, Proof
from muster.capture.domain.reasons import reason
from muster.capture.handlers import provenance
from muster.capture.handlers.shapes import Reading, RecordIn
from muster.contracts.parts.base import FieldValue
from muster.forms.profile import Profile
from muster.security import digests
from muster.vocabulary.reasons import Reason
from muster.vocabulary.states import Source


@dataclass(frozen=True, slots=True)
class Claimed:
    """One thing that a record says of its terminal; `digest` and `trace` as its event must have
    them."""

    proof: Proof
    digest: str
    trace: str | None = None


def check(profile: Profile, record: RecordIn) -> list[Reason]:
    """What does not hold of the reading and the signature that a record gives."""
    chip = sorted(name for name, source in record.provenance.items() if source is Source.CHIP)
    found = [*_trace(record), *_signer(record)]
    if record.reading is None:
        return [*found, reason("reading-missing")] if chip else found
    if len(_suites(record.reading)) > 1:
        return [*found, reason("reading-suites")]
    wrong: dict[str, list[str]] = {}
    for name in chip:
        what = _against(record.reading, name, record.fields)
        if what is not None:
            wrong.setdefault(f"reading-{what}", []).append(name)
    for name in record.reading.typed_over:
        what = _against_typed_over(record, record.reading, name)
        if what is not None:
            wrong.setdefault(f"typed-over-{what}", []).append(name)
    for rule, names in wrong.items():
        found += [reason(rule, field=name) for name in provenance.told(profile, names)]
    return found


def _suites(reading: Reading) -> set[str]:
    return {digests.parse(value)[0] for value in reading.hashes.values()}


def _against_typed_over(record: RecordIn, reading: Reading, name: str) -> str | None:
    # Only a field that the record has, and not from the chip, has anything typed over it.
    if record.provenance.get(name, Source.CHIP) is Source.CHIP:
        return "source"
    return _against(reading, name, reading.typed_over)


def _against(reading: Reading, name: str, said: Mapping[str, FieldValue]) -> str | None:
    """What the reading has against a value that is said to be the chip's."""
    value, expected, salt = said.get(name), reading.hashes.get(name), reading.salts.get(name)
    if value is None or expected is None or salt is None:
        return "unrevealed"
    suite, _ = digests.parse(expected)
    try:
        # What is on a card is text; a value of another kind cannot have been read from one.
        same = isinstance(value, str) and digests.field_hash(name, value, salt, suite) == expected
    except digests.NotCanonical:
        same = False
    return None if same else "differs"


def _trace(record: RecordIn) -> list[Reason]:
    signature = record.signature
    if signature.signature_id is None:
        return []
    if signature.trace is None or signature.trace_salt is None:
        return [reason("signature-unrevealed")]
    try:
        digests.trace_digest(signature.trace, signature.trace_salt)
    except digests.NotCanonical:
        return [reason("signature-unrevealed")]
    return []


def _signer(record: RecordIn) -> list[Reason]:
    another = record.signature.kind in ("by_proxy", "guardian")
    if another == (record.signature.signer is not None):
        return []
    return [reason("signer-missing" if another else "signer-unasked")]


def claimed(record: RecordIn) -> tuple[Claimed, ...]:
    """What a record for which `check` finds nothing claims.

    Every record is signed, so every record claims a signature (design, section 5, rule 1). Of one
    that names no event of its terminal nothing can be heard, and the grace flags it; the record's
    own id stands for the one that it does not name.
    """
    found = []
    reading, signature = record.reading, record.signature
    if reading is not None:
        [suite] = _suites(reading)
        root = digests.reading_root(
            reading.reading_id, reading.card, reading.hashes, reading.salt, suite
        )
        found.append(Claimed(Proof(Kind.READING, reading.reading_id), root))
    if signature.signature_id is not None and signature.trace_salt is not None:
        suite, _ = digests.parse(signature.digest)
        trace = digests.trace_digest(signature.trace, signature.trace_salt, suite)
        proof = Proof(Kind.SIGNATURE, signature.signature_id)
        found.append(Claimed(proof, signature.digest, trace))
    else:
        found.append(Claimed(Proof(Kind.SIGNATURE, record.record_id), signature.digest))
    return tuple(found)
