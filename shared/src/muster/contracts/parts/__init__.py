"""What travels on topics: one model per consumer and fact.

A part is what one consumer may open, with only the fields it needs. ``PARTS`` is the stable map
from the name in a topic file to the model; class paths never appear in stored data.
"""

from collections.abc import Mapping

from muster.contracts.parts.access import GrantsOfAccount, KeysOfOwner
from muster.contracts.parts.base import Part
from muster.contracts.parts.capture import (
    AttestationForCount,
    AttestationForReview,
    BaselineForReview,
    RecordForCount,
    RecordForReview,
    StandingForCount,
    StandingForReview,
    UploadForCount,
)
from muster.contracts.parts.crosscheck import (
    DepartmentData,
    DiscrepancyForCount,
    MissedForDesk,
    RevealAnswer,
    RevealRequest,
    SubjectForMatch,
)
from muster.contracts.parts.device import CardRead, DeviceStatus, SignatureCaptured
from muster.contracts.parts.operations import DeadLetter, ReplayRequest
from muster.contracts.parts.verification import (
    ReturnedForDesk,
    ReviewForCount,
    VerificationAnswer,
    VerificationRequest,
    VerifiedForDesk,
)

PARTS: Mapping[str, type[Part]] = {
    part.__name__: part
    for part in (
        AttestationForCount,
        AttestationForReview,
        BaselineForReview,
        CardRead,
        DeadLetter,
        DepartmentData,
        DeviceStatus,
        DiscrepancyForCount,
        GrantsOfAccount,
        KeysOfOwner,
        MissedForDesk,
        RecordForCount,
        RecordForReview,
        ReplayRequest,
        ReturnedForDesk,
        RevealAnswer,
        RevealRequest,
        ReviewForCount,
        SignatureCaptured,
        StandingForCount,
        StandingForReview,
        SubjectForMatch,
        UploadForCount,
        VerificationAnswer,
        VerificationRequest,
        VerifiedForDesk,
    )
}
