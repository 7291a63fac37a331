"""How long records wait, how many went back, and how many are flagged."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from muster.contracts.parts.capture import AttestationForCount, RecordForCount
from muster.contracts.parts.verification import ReviewForCount
from muster.messaging.message import Invalid, Message
from muster.reporting.domain.waiting import Wait, WaitBounds
from muster.runtime.context import Context
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Attestation, ReviewState, Role, SubjectState

from .conftest import COUNTY, Door, here, message, record, rows, status, take, upload

LEADER = (Role.LEADER, COUNTY)
NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("days", "wait"),
    [
        (-1, Wait.UP_TO_7_DAYS),
        (7.99, Wait.UP_TO_7_DAYS),
        (8, Wait.FROM_8_TO_14_DAYS),
        (14.99, Wait.FROM_8_TO_14_DAYS),
        (15, Wait.OVER_14_DAYS),
    ],
)
def test_ages_are_whole_days(days: float, wait: Wait) -> None:
    assert WaitBounds.at(NOW).wait(NOW - timedelta(days=days)) is wait


def collected(subject_id: str, version: int, village: str, days: int) -> Message:
    part = RecordForCount(
        standing=here(version + 1, village, SubjectState.COLLECTED),
        categories=("discharged_soldier",),
        collected_at=NOW - timedelta(days=days),
    )
    return message("capture-record-submitted", subject_id, version, part)


def reviewed(
    subject_id: str, version: int, village: str, outcome: ReviewState, days: int
) -> Message:
    part = ReviewForCount(
        village=village,
        outcome=outcome,
        reason_codes=(),
        reviewed_at=NOW - timedelta(days=days),
    )
    return message(f"verification-record-{outcome.value}", subject_id, version, part)


async def test_what_waits_is_counted_by_how_long(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R68, R70. What is verified waits for nothing; what came anew waits from then on."""
    a = villages[0]
    sent, old, back, done, anew = (new_id() for _ in range(5))
    await take(
        context,
        collected(sent, 1, a, 2),
        collected(old, 1, a, 20),
        collected(back, 1, a, 30),
        reviewed(back, 1, a, ReviewState.RETURNED, 10),
        collected(done, 1, a, 30),
        reviewed(done, 1, a, ReviewState.VERIFIED, 20),
        collected(anew, 1, a, 40),
        reviewed(anew, 1, a, ReviewState.RETURNED, 35),
        collected(anew, 2, a, 9),
        upload(a[:9], NOW - timedelta(days=9), accepted=5, refused=2),
    )
    async with door.client(LEADER) as client:
        answer = (await client.get("/waiting")).json()
    for found in (answer["area"], answer["areas"][a[:9]]):
        assert found["submitted"] == {
            "up_to_7_days": 1, "from_8_to_14_days": 1, "over_14_days": 1, "unknown": 0,
        }  # fmt: skip
        assert found["returned"] == {
            "up_to_7_days": 0, "from_8_to_14_days": 1, "over_14_days": 0, "unknown": 0,
        }  # fmt: skip
        assert (found["reviewed"], found["returned_once"]) == (3, 2)
        assert (found["accepted"], found["refused"]) == (5, 2)
    own = answer["areas"][a[:9]]["units"]
    assert own == {"up_to_7_days": 0, "from_8_to_14_days": 1, "over_14_days": 0, "unknown": 0}
    assert answer["area"]["units"]["unknown"] > 0
    assert set(answer["formulas"]) == {"waiting", "returned", "flagged", "refused"}


@pytest.mark.parametrize("late", [False, True])
async def test_that_a_record_went_back_once_stays_known(
    context: Context, door: Door, villages: list[str], late: bool
) -> None:
    """In whatever order it is heard, and however often."""
    a, person = villages[0], new_id()
    back = reviewed(person, 1, a, ReviewState.RETURNED, 5)
    done = reviewed(person, 2, a, ReviewState.VERIFIED, 1)
    heard = (done, back, back) if late else (back, done)
    await take(context, collected(person, 1, a, 9), collected(person, 2, a, 3), *heard)
    async with door.client(LEADER) as client:
        found = (await client.get("/waiting", params={"area": a})).json()["area"]
    assert (found["reviewed"], found["returned_once"]) == (1, 1)
    assert sum(found["returned"].values()) == 0


async def test_what_was_heard_before_this_was_kept_is_unknown_and_no_guess(
    context: Context, door: Door, villages: list[str]
) -> None:
    person = new_id()
    await take(context, record(person, 1, here(2, villages[0], SubjectState.COLLECTED)))
    await rows(context, "UPDATE subject_state SET collected_at = NULL RETURNING 1")
    async with door.client(LEADER) as client:
        found = (await client.get("/waiting")).json()["area"]
    assert found["submitted"]["unknown"] == 1


def said(
    subject_id: str,
    version: int,
    reading: Attestation,
    signature: Attestation = Attestation.ATTESTED,
    *,
    sequence: int = 1,
) -> Message:
    part = AttestationForCount(reading=reading, signature=signature)
    told = message("capture-record-attested", subject_id, version, part)
    return replace(told, sequence=sequence)


async def flagged(door: Door, area: str = COUNTY) -> dict[str, int]:
    async with door.client(LEADER) as client:
        answer = (await client.get("/waiting", params={"area": area})).json()
    found: dict[str, int] = answer["area"]["flagged"]
    return found


async def test_who_is_flagged_is_counted_by_how_the_review_stands(
    context: Context, door: Door, villages: list[str]
) -> None:
    """R58. Who awaits the terminal's events is not flagged, nor who is collected no more."""
    a, b = villages[0], next(one for one in villages if one[:9] != villages[0][:9])
    reading, signature, done, awaiting, gone = (new_id() for _ in range(5))
    await take(
        context,
        *(collected(one, 1, a, 2) for one in (reading, done, awaiting, gone)),
        collected(signature, 1, b, 2),
        said(reading, 1, Attestation.FLAGGED),
        said(signature, 1, Attestation.NONE, Attestation.FLAGGED),
        said(done, 1, Attestation.FLAGGED, Attestation.FLAGGED),
        said(awaiting, 1, Attestation.AWAITING),
        said(gone, 1, Attestation.FLAGGED),
        reviewed(done, 1, a, ReviewState.VERIFIED, 1),
        status(gone, here(9, a, SubjectState.DECLINED)),
    )
    assert await flagged(door) == {"submitted": 2, "returned": 0, "verified": 1}
    assert await flagged(door, a) == {"submitted": 1, "returned": 0, "verified": 1}
    assert await flagged(door, b[:9]) == {"submitted": 1, "returned": 0, "verified": 0}


@pytest.mark.parametrize("early", [False, True])
async def test_the_newest_word_about_the_newest_version_counts(
    context: Context, door: Door, villages: list[str], early: bool
) -> None:
    """In whatever order it is heard: an event that came late mends it, a new version hides it, and
    what overtook its record counts."""
    a, person = villages[0], new_id()
    flag = said(person, 1, Attestation.FLAGGED, sequence=5)
    late = said(person, 1, Attestation.ATTESTED, sequence=7)
    words = (late, flag, late) if early else (flag, late)
    await take(context, *words, collected(person, 1, a, 2))
    assert (await flagged(door))["submitted"] == 0
    again = said(person, 1, Attestation.FLAGGED, sequence=9)
    await take(context, again)
    assert (await flagged(door))["submitted"] == 1
    await take(context, collected(person, 2, a, 1))
    assert (await flagged(door))["submitted"] == 0
    await take(context, said(person, 3, Attestation.FLAGGED, sequence=11), again)
    assert (await flagged(door))["submitted"] == 1
    wrong = replace(said(person, 3, Attestation.FLAGGED), key=new_id())
    assert isinstance((await take(context, wrong))[0], Invalid)


async def test_a_flag_is_news_where_its_person_stands(
    context: Context, door: Door, villages: list[str]
) -> None:
    person = new_id()
    await take(context, collected(person, 1, villages[0], 2))
    await rows(context, "DELETE FROM changed_area RETURNING 1")
    await take(context, said(person, 1, Attestation.FLAGGED))
    told = await rows(context, "SELECT area FROM changed_area")
    assert [row.area for row in told] == [villages[0][:9]]
