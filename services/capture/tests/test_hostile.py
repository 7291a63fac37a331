"""What stands inside a packet that an enrolled terminal signed is anybody's: no door falls over it,
and no answer repeats it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from muster.capture.domain import reasons as said
from muster.capture.handlers import evidence, proofs
from muster.capture.handlers.checking import Read, RecordChecker
from muster.capture.handlers.shapes import RecordIn, as_object
from muster.forms.checking import EVIDENCE, RECORD
from muster.forms.headers import CATEGORIES
from muster.runtime.auth import Caller
from muster.security import digests
from muster.security.grants import Grant, Principal
from muster.vocabulary.ids import new_id
from muster.vocabulary.reasons import Reason, refused
from muster.vocabulary.states import Role

from .conftest import AREA
from .devices import Device

Bench = Any
FIXED = {
    *(field for field, _, _ in said._WORDS.values()),
    *RecordIn.model_fields,
    CATEGORIES,
    EVIDENCE,
    RECORD,
}
_NAMES = ("手机", "a\0", "\ud800", "zhang_san", "name\u200b", "ｎａｍｅ", "", "x" * 101)
_TEXTS = st.sampled_from(
    (*_NAMES, "１９５０-０１-０１", "٣", "\u202e", "0", "9" * 400, "1950-02-30", "00000000-0000")
)
_SCALARS = (
    _TEXTS
    | st.text(max_size=20)
    | st.integers()
    | st.sampled_from((2**53, 2**63, 2**64, -(2**63) - 1, 10**400))
    | st.floats()
    | st.booleans()
    | st.none()
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(_TEXTS | st.text(max_size=9), inner)
    ),
    max_leaves=6,
)
_MANY = settings(
    max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)


def places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands inside of a value, itself included."""
    yield path
    items: Sequence[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, inner in items:
        yield from places(inner, (*path, key))


def harm(data: st.DataObject, good: dict[str, Any]) -> Any:
    """The same with some things in it replaced, dropped, added or named otherwise."""
    made: Any = copy.deepcopy(good)
    for _ in range(data.draw(st.integers(1, 4))):
        *path, last = data.draw(st.sampled_from([p for p in places(made) if p] or [("x",)]))
        parent = made
        for step in path:
            parent = parent[step]
        how = data.draw(st.sampled_from(("replace", "drop", "add", "rename", "source")))
        if how == "replace" or not isinstance(parent, dict):
            parent[last] = data.draw(_VALUES)
        elif how == "drop":
            del parent[last]
        elif how == "add":
            parent[data.draw(_TEXTS)] = data.draw(_VALUES)
        elif how == "rename":
            parent[data.draw(_TEXTS)] = parent.pop(last)
        else:
            _source(data, made)
    return made


def _source(data: st.DataObject, made: Any) -> None:
    """A field or its source under one more name; consistently, so that it gets far."""
    name = data.draw(_TEXTS | st.sampled_from(("name", "phone", "household_address")))
    sources = st.sampled_from(("chip", "baseline", "typed", "department", "reviewer"))
    for part, value in (("fields", data.draw(_VALUES)), ("provenance", data.draw(sources))):
        if isinstance(made.get(part), dict) and data.draw(st.booleans() | st.just(True)):
            made[part][name] = value


def sign_again(made: Any) -> None:
    """As a terminal would that is made to sign it."""
    try:
        content = {name: made[name] for name in ("form_version", "categories", "fields")}
        pieces = [piece["digest"] for piece in made["evidence"]]
        made["signature"]["digest"] = digests.record_digest(
            content, pieces, made["record_id"], made["salt"]
        )
    except (LookupError, TypeError, ValueError, AttributeError):
        return


def storable(found: Sequence[Reason], allowed: set[str]) -> None:
    """Every reason speaks of what the form or the shape of a packet knows."""
    for reason in found:
        assert reason.field in allowed
        assert "\0" not in json.dumps(reason.as_dict(), ensure_ascii=False)


@pytest.fixture
def checker(bench: Bench) -> RecordChecker:
    since = datetime(2018, 10, 1, tzinfo=UTC)
    who = Principal(new_id(), (Grant(Role.COLLECTOR, AREA, since),))
    caller = Caller(who, bench.context.areas, datetime.now(UTC))
    return RecordChecker(bench.context, caller, AREA)


@pytest.fixture
async def record(bench: Bench) -> dict[str, Any]:
    """A record for which there is nothing to say, with all that one may have."""
    terminal = await bench.terminal()
    person = bench.person()
    made: dict[str, Any] = bench.record(
        person, pieces=[(digests.evidence_digest(b"x", "image/png", digests.new_salt()), k)
                        for k in person.papers]
    )  # fmt: skip
    device = Device(bench, terminal)
    _, made["reading"] = device.read(person.fields())
    _, made["signature"] = device.sign(made)
    made["provenance"] |= {"name": "chip", "resident_number": "chip", "sex": "baseline"}
    return made


def test_the_record_that_is_harmed_is_good(checker: RecordChecker, record: dict[str, Any]) -> None:
    assert checker.check(0, record).reasons == ()


def test_nothing_inside_a_record_makes_its_check_fail(
    bench: Bench, checker: RecordChecker, record: dict[str, Any]
) -> None:
    """R69, R100: whatever a terminal signs, each record is taken or refused, by fields of the form
    and fixed words; no name that the sender made is told."""
    allowed = FIXED | bench.context.profile.fields.keys()

    @_MANY
    @given(st.data())
    def whatever(data: st.DataObject) -> None:
        made = harm(data, record)
        if data.draw(st.booleans()):
            sign_again(made)
        read: Read = checker.check(0, as_object(made))
        storable(read.reasons, allowed)
        if read.record is not None and not refused(read.reasons):
            proofs.claimed(read.record)
        if read.claim is not None:
            assert read.claim.from_baseline.keys() <= bench.context.profile.fields.keys()

    whatever()


def test_nothing_inside_a_packet_of_evidence_makes_its_check_fail(bench: Bench) -> None:
    """R69, R100: a receipt names a subject and a digest, or nothing."""
    good = bench.piece(new_id(), "portrait")

    @_MANY
    @given(st.data())
    def whatever(data: st.DataObject) -> None:
        _, receipts = evidence._check_all(bench.context, [harm(data, good)])
        for receipt in receipts:
            storable(receipt.reasons, FIXED)
            assert receipt.subject_id in (None, good["subject_id"])
            assert receipt.digest in (None, good["digest"])

    whatever()


@pytest.mark.parametrize("source", ["baseline", "chip", "department"])
@pytest.mark.parametrize("name", ["手机", "a\0", "zhang_san"])
async def test_a_field_that_no_form_has_costs_its_record_and_no_other(
    bench: Bench, source: str, name: str
) -> None:
    """R68, R69, R100: whatever it says of its source; and neither receipt nor list shows it."""
    terminal = await bench.terminal()
    person = bench.person(extra={name: "x"})
    bad = bench.record(person, pieces=await bench.bring_evidence(terminal, person))
    bad["provenance"][name] = source
    _, bad["reading"] = Device(bench, terminal).read(person.fields())
    good = bench.person()
    sent = [bad, bench.record(good, pieces=await bench.bring_evidence(terminal, good))]
    answer = await bench.upload(terminal, sent)
    assert answer.status_code == 200, answer.text
    receipts = answer.json()["receipts"]
    assert [receipt["status"] for receipt in receipts] == ["refused", "accepted"]
    assert {one["field"] for one in receipts[0]["reasons"]} <= FIXED
    kept = json.dumps(await bench.rows("SELECT receipts::text FROM upload"), default=dict)
    listed = json.dumps(await bench.rows("SELECT reasons::text FROM refused_row"), default=dict)
    assert json.dumps(name)[1:-1] not in answer.text + kept + listed
