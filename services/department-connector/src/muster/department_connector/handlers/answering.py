"""Answering: a verdict per asked field, or a row that is opened; once per request (R73, R74, R92).

The answer, its place in the log and the event that carries it are one transaction. A request that
comes again gets the very same answer, whatever the data say by now.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from muster.contracts.envelope import Clear
from muster.contracts.parts import PARTS
from muster.contracts.parts.base import FieldValue, Part
from muster.contracts.parts.crosscheck import RevealAnswer, RevealRequest
from muster.contracts.parts.verification import VerificationAnswer, VerificationRequest
from muster.contracts.topics import service_topics
from muster.department_connector.domain import revealing, verdicts
from muster.department_connector.domain.reasons import reason
from muster.department_connector.domain.verdicts import Standing
from muster.department_connector.handlers.common import AREA, NAME, NUMBER, Connector
from muster.department_connector.handlers.opening import Outcome, Refused, Request, Waits, owner_of
from muster.department_connector.handlers.reading import compared
from muster.department_connector.store import journal, people
from muster.department_connector.store.journal import Answer
from muster.department_connector.store.people import Loaded, Person
from muster.messaging.failpoints import FailPointError
from muster.observability import trace
from muster.observability.logging import get_logger
from muster.security.matching import with_birth
from muster.spool import wire
from muster.spool.services import KeysUnknown
from muster.spool.store import Work
from muster.vocabulary.ids import new_id

_log = get_logger("muster.connector")

ANSWERED = {
    "verification-requested-": "verification-answered-",
    "crosscheck-reveal-requested-": "crosscheck-reveal-answered-",
}
"""On which topic what came on a topic is answered."""

_REMARKS = {
    Standing.AMBIGUOUS: "本部门数据中与此人相符的不止一人，或仅姓名和出生日期相符而号码不同。"
    " More than one person may be meant, or only name and birth agree and the numbers differ.",
    Standing.NAMESAKE: "查无此号码；有姓名和出生日期相同而号码不同的人，请核对号码。"
    " Nobody has this number; somebody of that name and birth has another. Check the number.",
}
_OTHER_NAME = (
    "此号码在本部门数据中是另一个姓名，请核对姓名和号码。"
    " Under this number the department has another name. Check name and number."
)


_ROWS_DIFFER = (
    "本部门数据中此人不止一行，且各行内容不一致，不一致的字段无法认定。"
    " The department has several rows of this person, and they contradict each other: undecided."
)


def settle(connector: Connector, outcomes: Sequence[Outcome]) -> None:
    """Answer requests, keep what must wait and what is refused: all of it, in one transaction.

    If one request cannot be handled, each is tried by itself, and that one becomes a dead letter.
    """
    if not outcomes:
        return
    try:
        _settle(connector, outcomes)
    except (sqlite3.Error, FailPointError):
        raise  # the file, not a request
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not hold up the others
        if len(outcomes) > 1:
            for outcome in outcomes:
                settle(connector, [outcome])
            return
        _log.error("a request cannot be handled", reason=type(error).__name__)
        _settle(connector, [Refused(outcomes[0].raw, reason("request-failed"))])


def _settle(connector: Connector, outcomes: Sequence[Outcome]) -> None:
    waits: list[Waits] = []
    refused: list[Refused] = []
    answered = 0
    with connector.spool.transaction() as work:
        for outcome in outcomes:
            if isinstance(outcome, Request):
                waiting = _answer(connector, work, outcome)
                if waiting is not None:
                    waits.append(waiting)
                    continue
                answered += 1
            elif isinstance(outcome, Refused):
                refused.append(outcome)
            else:
                waits.append(outcome)
        still = {one.raw.code for one in waits}
        journal.stop_waiting(work, {one.raw.code for one in outcomes} - still)
        journal.wait(work, connector.spool, [(one.raw, one.why) for one in waits])
        journal.refuse(work, connector.spool, [(one.raw, one.why) for one in refused])
    for one in refused:
        _log.warning("a message is refused", topic=one.raw.topic, rule=one.why.rule)
    if waits or answered:
        _log.info("requests were taken", answered=answered, waiting=len(waits))


def _answer(connector: Connector, work: Work, request: Request) -> Waits | None:
    """Answer a request, or give why it waits."""
    if request.part is None:
        return None
    before = journal.answer(work, connector.spool, request.event_id)
    if before is not None:
        if not work.again(before.answer_id):
            _put(connector, work, before, request.traceparent)
        return None
    loaded = people.current(work)
    if loaded is None:
        return _waits(request, "data")
    try:
        connector.keys.packet_key(owner_of(request.raw.topic))
    except KeysUnknown:
        return _waits(request, "keys")
    now = datetime.now(UTC)
    part, told, opened_on = _say(connector, work, loaded, request, now)
    answer = Answer(
        event_id=request.event_id,
        answer_id=new_id(),
        topic=_answer_topic(request.raw.topic, connector.department.id),
        key=request.raw.key,
        version=request.version,
        answered_at=now.timestamp(),
        part=part.model_dump(mode="json"),
        told=told,
    )
    journal.add_answer(work, connector.spool, answer, opened_on)
    _put(connector, work, answer, request.traceparent)
    return None


def _waits(request: Request, why: str) -> Waits:
    """It waits under its event id: asked again it is sealed anew, and would wait beside itself."""
    return Waits(replace(request.raw, code=f"{request.raw.topic}/{request.event_id}"), why)


def _say(
    connector: Connector, work: Work, loaded: Loaded, request: Request, now: datetime
) -> tuple[Part, dict[str, Any], str | None]:
    """What is answered, what the log shows of it, and the day for whose quota it counts."""
    if isinstance(request.part, VerificationRequest):
        given, told = _verdicts(connector, work, loaded, request.event_id, request.part, now)
        return given, told, None
    assert isinstance(request.part, RevealRequest)
    opened, told = _revealed(connector, work, loaded, request.part, now)
    return opened, told, None if opened.fields is None else revealing.day_of(now).isoformat()


def _answer_topic(topic: str, department: str) -> str:
    return ANSWERED[topic.removesuffix(department)] + department


def _put(connector: Connector, work: Work, answer: Answer, traceparent: str | None) -> None:
    """Put an answer into the spool, under the event id that it has for ever."""
    spec = service_topics()[answer.topic]
    [(service, name)] = spec.consumers.items()
    part: Part = PARTS[name].model_validate(answer.part)
    with trace.use(traceparent):
        work.add(
            wire.seal_event(
                spec,
                Clear(version=answer.version),
                part,
                key=answer.key,
                place=connector.department.id,
                sequence=work.next_sequence(),
                signing=connector.edge.signing,
                reader=connector.keys.packet_key(service),
                event_id=answer.answer_id,
            )
        )


# -- verdicts --------------------------------------------------------------------------------------


def _verdicts(
    connector: Connector,
    work: Work,
    loaded: Loaded,
    event_id: str,
    asked: VerificationRequest,
    now: datetime,
) -> tuple[VerificationAnswer, dict[str, Any]]:
    department = connector.department
    found, rows = find(connector, work, loaded.load, asked.fields)
    held = verdicts.together(
        compared(connector.profile, _only(row.fields, department.fields)) for row in rows
    )
    given = verdicts.verdicts(
        asked.asked,
        found,
        compared(connector.profile, _only(asked.fields, asked.asked)),
        held,
        everybody=verdicts.knows_everybody(department.matters),
    )
    answer = VerificationAnswer(
        request=event_id,
        case_id=asked.case_id,
        version=asked.version,
        verdicts=given,
        remark=_ROWS_DIFFER
        if any(name in held and held[name] is None for name in asked.asked)
        else _remark(connector, found, asked.fields, rows),
        answered_at=now,
    )
    told = {"found": found, "verdicts": {name: str(verdict) for name, verdict in given.items()}}
    return answer, told


def _remark(
    connector: Connector,
    found: Standing,
    asked: Mapping[str, FieldValue],
    rows: Sequence[Person],
) -> str:
    """What verdicts do not say: how the person was found, and in data that name everybody also
    that the number is there under another name, so that the number may be the wrong one."""
    ours, theirs = asked.get(NAME), [row.fields[NAME] for row in rows if row.fields.get(NAME)]
    if ours and theirs and verdicts.knows_everybody(connector.department.matters):
        same = connector.profile.comparables
        if same(NAME, ours) not in [same(NAME, name) for name in theirs]:
            return _OTHER_NAME
    return _REMARKS.get(found, "")


def find(
    connector: Connector, work: Work, load: int, fields: dict[str, FieldValue]
) -> tuple[Standing, Sequence[Person]]:
    """Who is meant, by number, else by name and date of birth; the rows of whom was found."""
    codes, spool = connector.codes, connector.spool
    number = codes.number(fields.get(NUMBER))
    by_number = people.by_identity(work, spool, load, number) if number else []
    name_birth = None if by_number else codes.name_birth(fields)
    by_name = people.by_name_birth(work, spool, load, name_birth) if name_birth else []
    numbered = {codes.number(row.fields[NUMBER]) for row in by_name if row.numbered}
    found = verdicts.standing(
        bool(by_number),
        len(numbered) + sum(not row.numbered for row in by_name),
        numbers_differ=number is not None and all(row.numbered for row in by_name),
        everybody=verdicts.knows_everybody(connector.department.matters),
    )
    return found, [*by_number, *by_name] if found is Standing.FOUND else []


def _only(fields: dict[str, FieldValue], names: Collection[str]) -> dict[str, FieldValue]:
    return {name: value for name, value in fields.items() if name in names}


# -- opened rows -----------------------------------------------------------------------------------


def _revealed(
    connector: Connector, work: Work, loaded: Loaded, asked: RevealRequest, now: datetime
) -> tuple[RevealAnswer, dict[str, Any]]:
    spool = connector.spool
    person = people.by_row_id(work, spool, loaded.load, asked.row_id)
    rule = revealing.refused(
        reason=asked.reason,
        known=person is not None,
        opened_today=journal.opened_on(work, revealing.day_of(now).isoformat()),
        quota=journal.quota(work),
    )
    answer = RevealAnswer(
        reveal_id=asked.reveal_id,
        row_id=asked.row_id,
        fields=None if rule is not None or person is None else _whole(person),
        refused=rule,
        answered_at=now,
    )
    told = {
        "reveal_id": asked.reveal_id,
        "reason": asked.reason,
        "asked_by": asked.asked_by,
        "refused": rule,
    }
    return answer, told


def _whole(person: Person) -> dict[str, FieldValue]:
    """All that the row says, and what follows from it: the birth by the number, the area."""
    fields = dict(with_birth(person.fields))
    fields.setdefault(AREA, person.area)
    return fields
