"""Whatever shows or takes personal data leaves its row in the audit chain, route by route."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

from muster.capture.handlers import missed, reviews
from muster.capture.main import service
from muster.contracts.envelope import Clear
from muster.contracts.parts.crosscheck import MissedForDesk
from muster.contracts.parts.verification import ReturnedForDesk
from muster.messaging.message import Message
from muster.vocabulary import resident_number
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

Bench = Any
AREA, NEAR = "632321", "632321100"
WHY = "核对户籍"


def account_of(headers: dict[str, str]) -> str:
    """Whose token this is."""
    payload = headers["Authorization"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return str(claims["sub"])


async def send_back(bench: Bench, person: Any) -> None:
    """A reviewer returns the person's newest record, the second."""
    digest = await bench.scalar("SELECT digest FROM record_version WHERE version = 2")
    part = ReturnedForDesk.model_validate(
        {
            "digest": digest,
            "reviewer_id": new_id(),
            "reviewed_at": datetime.now(UTC),
            "reasons": [{"code": "paper-unreadable", "field": "name", "text": "照片不清"}],
        }
    )
    clear = Clear(version=2, subject_id=person.subject_id)
    one = Message("verification-record-returned", person.subject_id, new_id(), clear, part, None)
    async with bench.context.database.transaction() as conn:
        await reviews.take_returned(bench.context, conn, [one])


async def candidate(bench: Bench, person: Any) -> str:
    """A department knows somebody, and not where they live; gives the candidate's id."""
    part = MissedForDesk(
        candidate_id=new_id(),
        department="armed-forces",
        area=NEAR,
        fields={"name": person.name, "resident_number": person.number},
        found_at=datetime.now(UTC),
    )
    key, clear = part.candidate_id, Clear(version=1)
    one = Message("crosscheck-subject-missed", key, new_id(), clear, part, None)
    async with bench.context.database.transaction() as conn:
        await missed.take_missed(bench.context, conn, [one])
    return key


async def test_every_route_leaves_its_row_or_shows_nobody(
    bench: Bench, audit_walk: Any, told: Any, make_workbook: Any, make_row: Any
) -> None:
    """R100: who, what, whom or where, and why; a new route without a row fails here."""
    walk = audit_walk(service.routers, bench.context.database)
    terminal = await bench.terminal()
    person, other, lost, known, doubted = (bench.person() for _ in range(5))
    walk.personal = {
        value for one in (person, other, lost, known) for value in (one.number, one.name)
    }

    async def ask(route: str, role: Role, *rows: Any, area: str = NEAR, **how: Any) -> Any:
        headers = bench.headers(role, area, terminal)
        account = account_of(headers)
        return await walk.ask(bench.client, route, account, *rows, headers=headers, **how)

    # -- what shows nobody
    await ask("GET /profile", Role.COLLECTOR)
    await ask("GET /areas", Role.COLLECTOR)

    # -- packets
    await ask("GET /packet-key", Role.COLLECTOR)
    pieces = [bench.piece(person.subject_id, kind) for kind in person.papers]
    packet = await bench.seal(terminal, {"packet_id": new_id(), "pieces": pieces})
    stored = told("evidence.store", [person.subject_id], detail={"new": len(pieces)})
    await ask("POST /evidence", Role.COLLECTOR, stored, content=packet)
    record = bench.record(person, pieces=[(one["digest"], one["kind"]) for one in pieces])
    payload = {
        "packet_id": new_id(),
        "terminal_id": terminal.terminal_id,
        "made_at": datetime.now(UTC).isoformat(),
        "records": [record],
    }
    taken = told(
        "upload.take",
        [person.subject_id],
        detail={"terminal": terminal.terminal_id, "accepted": 1, "refused": 0},
    )
    packet = await bench.seal(terminal, payload)
    await ask("POST /uploads", Role.COLLECTOR, taken, content=packet)

    # -- one person
    await ask(
        "POST /subjects/lookup",
        Role.COLLECTOR,
        told("subject.lookup", [person.subject_id], detail={"result": "shown"}),
        json={"resident_number": person.number},
    )
    await ask(
        "GET /subjects/{subject_id}/evidence/{digest}",
        Role.COLLECTOR,
        told("evidence.read", [person.subject_id], detail={"digest": pieces[0]["digest"]}),
        at={"subject_id": person.subject_id, "digest": pieces[0]["digest"]},
    )
    entered = {
        "subject_id": other.subject_id,
        "origin": "roster",
        "village": other.village,
        "name": other.name,
        "resident_number": other.number,
    }
    where = {"origin": "roster", "village": other.village}
    await ask(
        "POST /subjects",
        Role.COLLECTOR,
        told("subject.enter", [other.subject_id], detail=where),
        json=entered,
    )
    again = told("subject.enter-known", [other.subject_id])
    await ask("POST /subjects", Role.COLLECTOR, again, json=entered)
    absence = new_id()
    await ask(
        "POST /subjects/{subject_id}/absence",
        Role.COLLECTOR,
        told("subject.absence", [other.subject_id], detail={"absence": absence}),
        at={"subject_id": other.subject_id},
        json={"absence_id": absence, "village": other.village, "reason": "away"},
    )
    change = new_id()
    await ask(
        "POST /subjects/{subject_id}/ending",
        Role.COLLECTOR,
        told("subject.declined", [other.subject_id], detail={"change": change}),
        at={"subject_id": other.subject_id},
        json={"change_id": change, "ending": "declined", "village": other.village},
    )

    completion = new_id()
    await ask(
        "POST /subjects/{subject_id}/completion",
        Role.CIVIL_AFFAIRS_REVIEWER,
        told(
            "record.complete",
            [person.subject_id],
            detail={"completion": completion, "version": 2, "fields": 1},
        ),
        at={"subject_id": person.subject_id},
        json={
            "completion_id": completion,
            "base_version": 1,
            "fields": {"former_name": "曾用某"},
            "reason": WHY,
        },
    )

    # -- lists
    await send_back(bench, person)
    await ask(
        "GET /subjects",
        Role.COLLECTOR,
        told("subject.list", [other.subject_id], detail={"area": NEAR, "state": "declined"}),
        params={"area": NEAR, "state": "declined"},
    )
    chosen = {"area": NEAR, "state": "collected", "review": "returned"}
    await ask(
        "GET /subjects",
        Role.TOWNSHIP_LEADER,
        told("subject.list", [person.subject_id], detail=chosen),
        params=chosen,
    )
    await ask(
        "GET /returned",
        Role.COLLECTOR,
        told("returned.list", [person.subject_id], detail={"area": NEAR}),
        params={"area": NEAR},
    )
    await ask("GET /ledger", Role.LEADER, params={"area": NEAR})

    # -- files
    import_id = new_id()
    doubted.number = resident_number.shorten(doubted.number)
    rows = [make_row(known), make_row(doubted), make_row(lost, 公民身份号码="123")]
    await ask(
        "POST /imports",
        Role.ADMINISTRATOR,
        told("import.batch", None, detail={"import": import_id, "last_row": 5}),
        area=AREA,
        files={"file": ("baseline.xlsx", make_workbook(rows))},
        data={"import_id": import_id},
    )
    assert await bench.scalar(
        "SELECT array_agg(subject_id ORDER BY subject_id) FROM baseline_record "
        "WHERE import_id = CAST(:job AS uuid)",
        job=import_id,
    ) == await bench.scalar("SELECT subject_ids FROM audit ORDER BY seq DESC LIMIT 1")
    warned = str(await bench.scalar("SELECT subject_id FROM refused_row WHERE severity = 'warn'"))
    whole = {"area": AREA, "at": {"import_id": import_id}}
    job = {"import": import_id}
    await ask("GET /imports/{import_id}", Role.ADMINISTRATOR, **whole)
    await ask(
        "GET /imports/{import_id}/refusals",
        Role.ADMINISTRATOR,
        told("import.refusals", [warned], detail={**job, "rows": 2}),
        **whole,
    )
    await ask("GET /imports", Role.ADMINISTRATOR, area=AREA)
    await ask(
        "GET /imports/{import_id}/rows",
        Role.ADMINISTRATOR,
        told("import.rows", detail={**job, "severity": "refuse", "rows": 1}),
        **whole,
    )
    await ask(
        "GET /imports/{import_id}/refusals.xlsx",
        Role.ADMINISTRATOR,
        told("import.refused-workbook", detail={**job, "rows": 1}),
        **whole,
    )
    await ask(
        "GET /refusals",
        Role.TOWNSHIP_LEADER,
        told("refusal.list", [warned], detail={"area": NEAR}),
        params={"area": NEAR},
    )

    # -- whom a department knows
    waiting = await candidate(bench, lost)
    await ask(
        "GET /candidates",
        Role.ADMINISTRATOR,
        told("candidate.list", detail={"area": NEAR, "rows": 1}),
        params={"area": NEAR},
    )
    one = {"candidate": waiting}
    await ask(
        "POST /candidates/{candidate_id}/open",
        Role.ADMINISTRATOR,
        told("candidate.open", reason=WHY, detail={**one, "area": NEAR}),
        at={"candidate_id": waiting},
        json={"reason": WHY},
    )
    await ask(
        "POST /candidates/{candidate_id}/settlement",
        Role.ADMINISTRATOR,
        told("candidate.settle", reason=WHY, detail=one),
        at={"candidate_id": waiting},
        json={"dismissed": WHY},
    )
    walk.end()
    async with bench.context.database.transaction() as conn:
        await bench.context.audit.verify(conn)
