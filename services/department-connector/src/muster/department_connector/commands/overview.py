"""What the connector tells of itself: how it stands, and its log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from muster.department_connector.commands.outcomes import Outcome
from muster.department_connector.domain.revealing import day_of
from muster.department_connector.handlers.common import Connector
from muster.department_connector.store import extracts, journal, people
from muster.department_connector.store.journal import Answer


def status(connector: Connector, outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
    """Department, data, what was supplied and what became of it, messages, quota, spool."""
    spool = connector.spool
    loaded = people.current(spool)
    newest = extracts.newest(spool)
    return {
        "department": connector.department.id,
        "mode": connector.department.mode,
        "profile": connector.profile.id,
        "data": None
        if loaded is None
        else {
            "rows": loaded.rows,
            "refused": loaded.refused,
            "warned": loaded.warned,
            "loaded_at": _moment(loaded.loaded_at),
        },
        "supplied": None
        if not newest
        else {
            "extract_id": newest[0]["extract_id"],
            "rows": newest[0]["rows"],
            "parts": newest[0]["parts"],
            "supplied_at": _moment(newest[0]["supplied_at"]),
            "is_of_the_current_data": loaded is not None and newest[0]["load"] == loaded.load,
            "outcome": outcomes.get(newest[0]["extract_id"]),
        },
        "messages": journal.counts(spool),
        "reveals": quota(connector),
        "spool": asdict(spool.counts()),
    }


def quota(connector: Connector) -> dict[str, int]:
    """Rows that may be opened a day, and those that were today."""
    today = day_of(datetime.now(UTC)).isoformat()
    return {
        "quota": journal.quota(connector.spool),
        "opened_today": journal.opened_on(connector.spool, today),
    }


def log(connector: Connector, limit: int, outcomes: Mapping[str, Outcome]) -> list[dict[str, Any]]:
    """Loads, extracts with what became of the newest, answers and refused messages, the newest
    first."""
    spool = connector.spool
    entries: list[tuple[float, dict[str, Any]]] = []
    entries += [
        (row["finished_at"], {"what": "loaded", "rows": row["rows"], "refused": row["refused"]})
        for row in people.loads(spool, limit)
    ]
    entries += [
        (
            row["supplied_at"],
            {
                "what": "supplied",
                "extract_id": row["extract_id"],
                "rows": row["rows"],
                "parts": row["parts"],
                "outcome": outcomes.get(row["extract_id"]),
            },
        )
        for row in extracts.newest(spool, limit)
    ]
    entries += [(one.answered_at, _answered(one)) for one in journal.answers(spool, limit)]
    entries += [
        (
            row["taken_at"],
            {
                "what": "refused",
                "topic": row["topic"],
                "place": f"{row['partition']}/{row['position']}",
                "rule": row["rule"],
                "zh": row["zh"],
                "en": row["en"],
            },
        )
        for row in journal.letters(spool, limit)
    ]
    entries.sort(key=lambda entry: entry[0], reverse=True)
    return [{"at": _moment(at), **entry} for at, entry in entries[:limit]]


def _answered(one: Answer) -> dict[str, Any]:
    what = "answered" if one.topic.startswith("verification-") else "asked-to-open"
    name = "case_id" if what == "answered" else "row_id"
    return {
        "what": what,
        "request": one.event_id,
        "answer": one.answer_id,
        name: one.key,
        "version": one.version,
        **one.told,
    }


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
