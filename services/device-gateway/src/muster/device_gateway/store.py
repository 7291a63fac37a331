"""The gateway's own tables beside the spool: head of the chain of events, and what was told.

An event, its place in the chain and the new head are one transaction, so that the chain has no gap
and no fork wherever the process is killed. Nothing that was on a card stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import orjson

from muster.contracts.envelope import Clear
from muster.contracts.parts.device import TerminalEvent
from muster.contracts.topics import service_topics
from muster.security import digests
from muster.security.jose import Jwk
from muster.spool import keyfile, wire
from muster.spool.keyfile import Edge
from muster.spool.store import Spool, SpoolError, Work

NAME: Final = "spool.db"
CARD_READ: Final = "device-card-read"
SIGNATURE: Final = "device-signature-captured"
STATUS: Final = "device-status-changed"
READERS: Final = ("capture", "reporting")
"""The services that take this gateway's events."""

TABLES = (
    """
    CREATE TABLE chain_head (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        sequence INTEGER NOT NULL,
        digest TEXT NOT NULL
    )
    """,
    "CREATE TABLE readers_told (one INTEGER PRIMARY KEY CHECK (one = 1), states TEXT NOT NULL)",
)
"""Statements of this file's life, in order: a later version appends and changes none."""

Making = Callable[[str, str | None], TerminalEvent]
"""Makes an event from its own salt and the digest of the event before it."""


class NotEnrolled(RuntimeError):  # noqa: N818 - reads as what it says
    """This computer has no terminal id yet."""


def enrolled(home: Path) -> Edge:
    """The edge of a home folder. Raises KeyfileError, NotEnrolled."""
    edge = keyfile.read(home)
    if edge.kind != "terminal" or edge.place is None:
        raise NotEnrolled(
            "This computer is not enrolled as a terminal; run 'muster-gateway enrol'."
        )
    return edge


def open_spool(home: Path, edge: Edge) -> Spool:
    """The spool in a home folder; made only while the terminal is not enrolled.

    Raises:
        SpoolError: it cannot be used, or it is lost. A second chain under the same terminal would
            contradict the first one, and records that rest on either would be flagged.
    """
    path = home / NAME
    if edge.place is not None and not path.exists():
        raise SpoolError(
            f"{NAME} 已丢失，本采集端不能继续使用：须用新的授权码重新登记。",
            f"{NAME} is lost, so this terminal cannot go on. Move the whole folder away, ask the "
            "administrator for a new code and enrol anew.",
        )
    return Spool(path, edge.spool_key, tables=TABLES)


def chain(work: Work, edge: Edge, topic: str, reader: Jwk, make: Making) -> int:
    """Put an event at the end of this terminal's chain and into the spool; gives its sequence.

    `reader` is the public packet key of the service that takes the topic.
    """
    assert edge.place is not None
    head = work.execute("SELECT digest FROM chain_head").fetchone()
    event = make(digests.new_salt(), head["digest"] if head else None)
    sequence = work.next_sequence()
    work.add(
        wire.seal_event(
            service_topics()[topic],
            Clear(version=sequence, terminal_id=edge.place),
            event,
            key=edge.place,
            place=edge.place,
            sequence=sequence,
            signing=edge.signing,
            reader=reader,
        )
    )
    digest = digests.event_digest(event.model_dump(mode="json"))
    work.execute("INSERT OR REPLACE INTO chain_head VALUES (1, ?, ?)", (sequence, digest))
    return sequence


def told(spool: Spool) -> dict[str, str] | None:
    """States of readers as they were published last; None when never."""
    rows = spool.rows("SELECT states FROM readers_told")
    return dict(orjson.loads(rows[0]["states"])) if rows else None


def note_told(work: Work, states: Mapping[str, str]) -> None:
    """These states are published with this transaction."""
    work.execute("INSERT OR REPLACE INTO readers_told VALUES (1, ?)", (orjson.dumps(states),))
