"""Taking in an upload packet: good records in, bad ones back, one transaction, receipts after it.

A client deletes only what a receipt names as accepted (design, section 5, rule 6). The same
packet, or the same record in another packet, gets the same answer (R68, R69).
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from muster.capture.domain.admission import Admission, Holder, Subject, Verdict
from muster.capture.domain.reasons import refusal
from muster.capture.handlers import attesting, common, proofs, provenance
from muster.capture.handlers.checking import Read, RecordChecker
from muster.capture.handlers.packets import Opened, open_packet
from muster.capture.handlers.shapes import RECORDS_LIMIT, UploadPacket, as_object
from muster.capture.store import absences, attestations, records, refusals, subjects
from muster.messaging import failpoints, outbox
from muster.runtime.auth import Caller
from muster.runtime.context import Context
from muster.security.vault import DataKeys
from muster.vocabulary.ids import new_id
from muster.vocabulary.reasons import refused
from muster.vocabulary.states import ReviewState, Severity

Receipt = dict[str, Any]
"""index, record_id, subject_id, status, version, existing_subject_id, reasons."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a packet."""

    packet_id: str
    accepted: int
    refused: int
    receipts: list[Receipt]


async def take_upload(context: Context, caller: Caller, text: str) -> Answer:
    """Take a packet in; returns after commit. Raises Refusal when it is no packet of ours."""
    opened = await open_packet(context, caller, text)
    packet = read_packet(opened.payload)
    checker = RecordChecker(context, caller, opened.area)
    read = await asyncio.to_thread(
        lambda: [checker.check(index, as_object(raw)) for index, raw in enumerate(packet.records)]
    )
    try:
        async with context.database.transaction() as conn:
            intake = _Intake(context, caller, conn, opened, packet, read, checker.reaches)
            answer = await intake.take()
            await failpoints.reach("upload.before-commit")
    except IntegrityError:
        # Two packets claimed the same id for different persons at the same moment.
        raise refusal("state-changed", status=409, kind="conflict") from None
    await failpoints.reach("upload.after-commit")
    return answer


def read_packet(payload: dict[str, Any]) -> UploadPacket:
    """The packet's own shape. Raises Refusal."""
    found = payload.get("records")
    if isinstance(found, list) and len(found) > RECORDS_LIMIT:
        raise refusal("packet-too-many", status=413, kind="too-large")
    try:
        return UploadPacket.model_validate(payload)
    except ValidationError:
        raise refusal("packet-shape") from None


class _Intake:
    """One packet in one transaction."""

    def __init__(
        self,
        context: Context,
        caller: Caller,
        conn: AsyncConnection,
        opened: Opened,
        packet: UploadPacket,
        read: Sequence[Read],
        reaches: Callable[[str], bool],
    ) -> None:
        self._context = context
        self._caller = caller
        self._conn = conn
        self._opened = opened
        self._packet = packet
        self._read = read
        self._reaches = reaches
        self._now = common.now()
        self._claims = [item.claim for item in read if item.claim is not None]
        self._media: dict[str, dict[str, str]] = {}
        self._proofs = {
            item.index: proofs.claimed(item.record)
            for item in read
            if item.record is not None and item.claim is not None and not refused(item.reasons)
        }

    async def take(self) -> Answer:
        """Judge every record in order, write in sets, keep the receipts."""
        conn = self._conn
        number = await records.next_upload(conn, self._opened.terminal_id)
        before = await records.find_upload(conn, self._packet.packet_id)
        if before is not None:
            return self._again(before)
        signs = {claimed.proof for found in self._proofs.values() for claimed in found}
        serving = await attestations.lock_proofs(conn, signs)
        likely = [claim for claim in self._claims if not refused(claim.reasons)]
        free = await subjects.claim_numbers(
            conn, {c.number_index: c.subject_id for c in reversed(likely) if c.number_index}
        )
        named = {claim.subject_id for claim in self._claims}
        holders = await subjects.lock_numbers(
            conn, _known(claim.number_index for claim in self._claims), named
        )
        added = await subjects.add(conn, [claim.subject_id for claim in likely])
        locked = await subjects.lock(conn, named)
        # What was free until now is held only once a record with it is accepted.
        held = {number: holder for number, holder in holders.items() if number not in free}
        admission = await self._admission(locked, added, held)
        admission.readings = {
            proof.proof_id: subject_id
            for proof, subject_id in serving.items()
            if subject_id is not None
        }
        verdicts = [
            Verdict("refused", None, item.reasons)
            if item.claim is None
            else admission.judge(item.claim)
            for item in self._read
        ]
        await self._undo(admission, added, free)
        await self._save(admission, locked)
        await self._add_versions(verdicts)
        attested = await self._claim(verdicts)
        await self._list_refused(verdicts)
        return await self._close(verdicts, admission, number, attested)

    def _again(self, before: Any) -> Answer:
        sent = [item.record_id for item in self._read]
        known = [receipt["record_id"] for receipt in before.receipts]
        if before.terminal_id != self._opened.terminal_id or sent != known:
            raise refusal("packet-id-reused", status=409, kind="conflict")
        return Answer(before.packet_id, before.accepted, before.refused, before.receipts)

    async def _admission(
        self, locked: dict[str, subjects.Row], added: set[str], holders: dict[str, Holder]
    ) -> Admission:
        conn = self._conn
        named = {claim.subject_id for claim in self._claims}
        entries = await subjects.entries(conn, named)
        self._media = await records.evidence_of(conn, named)
        keys = await self._context.vault.keys_for(conn, named)
        known = await provenance.known(self._context, conn, keys, self._claims)
        taken = await records.taken(conn, [claim.record_id for claim in self._claims])
        nobody = subjects.Row("", 0, 0, None)
        return Admission(
            subjects={
                subject_id: Subject(
                    subject_id=subject_id,
                    exists=subject_id in locked and subject_id not in added,
                    revision=locked.get(subject_id, nobody).revision,
                    version=locked.get(subject_id, nobody).version,
                    entries=entries[subject_id],
                    evidence=frozenset(self._media.get(subject_id, ())),
                    baseline=known.get(subject_id, {}),
                    erased=subject_id in keys.erased,
                )
                for subject_id in named
            },
            holders=holders,
            taken=taken,
            reaches=self._reaches,
        )

    async def _undo(self, admission: Admission, added: set[str], free: set[str]) -> None:
        """Subjects and numbers of refused new persons: as if they had never been sent."""
        await subjects.remove(self._conn, [s for s in added if not admission.subjects[s].exists])
        await subjects.release_numbers(
            self._conn, [number for number in free if number not in admission.holders]
        )

    async def _save(self, admission: Admission, locked: dict[str, subjects.Row]) -> None:
        changed = [subject for subject in admission.subjects.values() if subject.changed]
        numbers = {
            claim.subject_id: claim.number_index
            for claim in self._claims
            if claim.number_index is not None and claim.record_id in admission.accepted
        }
        await subjects.hold_numbers(self._conn, {n: s for s, n in numbers.items()})
        await subjects.save(
            self._conn,
            [
                subjects.Row(
                    subject.subject_id,
                    subject.revision,
                    subject.version,
                    locked[subject.subject_id].merged_into,
                )
                for subject in changed
            ],
        )
        await subjects.save_entries(
            self._conn, {subject.subject_id: subject.entries for subject in changed}
        )
        # Whoever came is not away any more.
        await absences.end(self._conn, [subject.subject_id for subject in changed], self._now)

    async def _add_versions(self, verdicts: Sequence[Verdict]) -> None:
        accepted = [
            (item, verdict.version)
            for item, verdict in zip(self._read, verdicts, strict=True)
            if verdict.status == "accepted" and verdict.version is not None
        ]
        keys = await self._context.vault.keys_for(
            self._conn, _known(item.subject_id for item, _ in accepted), create=True
        )
        rows = [self._version_row(item, version, keys) for item, version in accepted]
        await records.add_versions(self._conn, rows)

    def _version_row(self, item: Read, version: int, keys: DataKeys) -> dict[str, Any]:
        record = item.record
        assert record is not None
        media = self._media.get(record.subject_id, {})
        content = {
            "record": record.record(),
            "provenance": {name: source.value for name, source in record.provenance.items()},
            "evidence": [
                {"digest": p.digest, "kind": p.kind, "media_type": media[p.digest]}
                for p in record.evidence
            ],
            "salt": record.salt,
            "signature": record.signature.model_dump(mode="json"),
            "interpreter": record.interpreter,
            "reading": record.reading and record.reading.model_dump(mode="json"),
        }
        return {
            "subject_id": record.subject_id,
            "version": version,
            "record_id": record.record_id,
            "corrects_version": record.base_version or None,
            "digest": record.signature.digest,
            "form_version": record.form_version,
            "evidence": [piece.digest for piece in record.evidence],
            "terminal_id": self._opened.terminal_id,
            "collector_id": self._caller.account_id,
            "packet_id": self._packet.packet_id,
            "collected_at": record.collected_at,
            "received_at": self._now,
            "review_state": ReviewState.SUBMITTED.value,
            "sealed": self._context.vault.encrypt_bytes(
                keys[record.subject_id],
                common.dump(content),
                table="record_version",
                row=record.subject_id,
                version=version,
            ),
        }

    async def _claim(self, verdicts: Sequence[Verdict]) -> list[attesting.Version]:
        """What new versions claim of their terminal; gives those that claim anything."""
        made = {
            (item.claim.subject_id, verdict.version): self._proofs[item.index]
            for item, verdict in zip(self._read, verdicts, strict=True)
            if verdict.status == "accepted" and verdict.version is not None and item.claim
        }
        return await attesting.claim(
            self._context, self._conn, self._opened.terminal_id, made, self._now
        )

    async def _list_refused(self, verdicts: Sequence[Verdict]) -> None:
        """What is accepted comes off the list; what is refused or doubtful goes on it."""
        accepted = [
            item
            for item, verdict in zip(self._read, verdicts, strict=True)
            if verdict.status == "accepted"
        ]
        again = [
            item.record_id
            for item, verdict in zip(self._read, verdicts, strict=True)
            if verdict.status == "refused" and item.record_id is not None
        ]
        await refusals.settle(
            self._conn,
            by=f"packet:{self._packet.packet_id}",
            at=self._now,
            records=_known(item.record_id for item in accepted),
            subjects=_known(item.subject_id for item in accepted),
            numbers=_known(item.claim.number_index for item in accepted if item.claim),
        )
        await refusals.settle(self._conn, by="replaced", at=self._now, records=again)
        await refusals.add(
            self._conn,
            [
                self._refused_row(item, verdict)
                for item, verdict in zip(self._read, verdicts, strict=True)
                if verdict.status != "duplicate" and verdict.reasons
            ],
        )

    def _refused_row(self, item: Read, verdict: Verdict) -> dict[str, Any]:
        row_id = new_id()
        taken = verdict.status == "accepted"
        village = item.claim.village if item.claim is not None else None
        return {
            "row_id": row_id,
            "area": village or self._opened.area,
            "severity": (Severity.WARN if taken else Severity.REFUSE).value,
            "import_id": None,
            "row_number": None,
            "packet_id": self._packet.packet_id,
            "record_id": item.record_id,
            "subject_id": item.subject_id,
            "number_index": item.claim.number_index if item.claim is not None else None,
            "reasons": [found.as_dict() for found in verdict.reasons],
            "sealed": None
            if taken
            else common.seal_own(self._context, "refused_row", row_id, item.raw),
        }

    async def _close(
        self,
        verdicts: Sequence[Verdict],
        admission: Admission,
        number: int,
        attested: Sequence[attesting.Version],
    ) -> Answer:
        receipts = [
            _receipt(item, verdict) for item, verdict in zip(self._read, verdicts, strict=True)
        ]
        accepted = sum(verdict.status == "accepted" for verdict in verdicts)
        turned_back = sum(verdict.status == "refused" for verdict in verdicts)
        await records.add_upload(
            self._conn,
            {
                "packet_id": self._packet.packet_id,
                "terminal_id": self._opened.terminal_id,
                "collector_id": self._caller.account_id,
                "area": self._opened.area,
                "number": number,
                "accepted": accepted,
                "refused": turned_back,
                "receipts": receipts,
                "received_at": self._now,
            },
        )
        told = [
            attesting.event(self._context, place, admission.subjects[place[0]].entries)
            for place in attested
        ]
        await outbox.add(
            self._conn, [*self._events(verdicts, admission), *told, self._upload(number)]
        )
        await self._context.audit.record(
            self._conn,
            actor=self._caller.account_id,
            action="upload.take",
            subject_ids=sorted({s.subject_id for s in admission.subjects.values() if s.changed}),
            detail={
                "packet": self._packet.packet_id,
                "terminal": self._opened.terminal_id,
                "accepted": accepted,
                "refused": turned_back,
            },
        )
        return Answer(self._packet.packet_id, accepted, turned_back, receipts)

    def _events(self, verdicts: Sequence[Verdict], admission: Admission) -> list[outbox.OutboxItem]:
        return [
            common.subject_event(
                self._context,
                common.RECORD_SUBMITTED,
                item.claim.subject_id,
                verdict.version,
                admission.subjects[item.claim.subject_id].entries,
            )
            for item, verdict in zip(self._read, verdicts, strict=True)
            if verdict.status == "accepted" and verdict.version is not None and item.claim
        ]

    def _upload(self, number: int) -> outbox.OutboxItem:
        area = self._opened.area
        return outbox.OutboxItem(
            topic=common.UPLOAD_RECEIVED,
            key=self._opened.terminal_id,
            version=number,
            ref={"packet_id": self._packet.packet_id},
            county=self._context.areas.county_or_none(area),
        )


def _receipt(item: Read, verdict: Verdict) -> Receipt:
    return {
        "index": item.index,
        "record_id": item.record_id,
        "subject_id": item.subject_id,
        "status": verdict.status,
        "version": verdict.version,
        "existing_subject_id": verdict.existing_subject_id,
        "reasons": [found.as_dict() for found in verdict.reasons],
    }


def _known(values: Iterable[str | None]) -> list[str]:
    return [value for value in values if value is not None]
