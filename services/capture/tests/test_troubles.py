"""What a service could not take is counted at `GET /troubles`, the same in every service."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from muster.messaging import parking
from muster.messaging.deadletters import DeadLetters, RawMessage, Refused
from muster.messaging.message import Invalid
from muster.runtime.troubles_route import WAITING_WORDS
from muster.vocabulary.ids import new_id
from muster.vocabulary.states import Role

Bench = Any
AREA, NEAR = "632321", "632321100"
ROOT = Path(__file__).resolve().parents[3]
TOPIC = "device-card-read"
SECRET = "what it holds"


def message(key: str) -> RawMessage:
    return RawMessage(TOPIC, 0, 1, key, (), SECRET.encode())


async def ask(bench: Bench, role: Role = Role.ADMINISTRATOR, area: str = AREA) -> Any:
    return await bench.client.get("/troubles", headers=bench.headers(role, area))


async def test_what_waits_and_what_is_dead_is_counted_and_never_shown(bench: Bench) -> None:
    """R70, R100: by topic and reason, since when; no content, no key, no sender."""
    keys = [new_id(), new_id()]
    begun = datetime.now(UTC)
    reason = "the key of this message is not here yet"
    async with bench.context.database.transaction() as conn:
        await parking.park(
            conn,
            [
                parking.Waiting(message(keys[0]), "terminal:one", reason),
                parking.Waiting(message(keys[0]), "terminal:one", reason),
                parking.Waiting(message(keys[1]), "terminal:one", reason),
                parking.Waiting(message(keys[1]), "terminal:one", "sender quarantined", False),
            ],
        )
        letters = DeadLetters("capture", bench.context.keyring)
        why = Invalid("bad-seal", "封装无效", "the seal is not valid")
        await letters.write(conn, [Refused(message(key), why, new_id()) for key in keys])
    answer = await ask(bench)
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["service"] == "capture"
    parked = {one["en"]: one for one in said["parked"]}
    assert {en: (o["keys"], o["messages"], o["held"]) for en, o in parked.items()} == {
        reason: (2, 3, 0),
        "sender quarantined": (1, 1, 1),
    }
    assert {one["topic"] for one in said["parked"]} == {TOPIC}
    assert parked[reason]["zh"] == WAITING_WORDS[reason]
    [dead] = said["dead_letters"]
    assert (dead["topic"], dead["rule"], dead["messages"]) == (TOPIC, "bad-seal", 2)
    assert (dead["zh"], dead["en"]) == (why.zh, why.en)
    for one in (*said["parked"], dead):
        first, last = (datetime.fromisoformat(one[name]) for name in ("first_at", "last_at"))
        assert begun <= first <= last <= datetime.now(UTC)
    assert not any(secret in answer.text for secret in (SECRET, "terminal:one", *keys))


async def test_nothing_amiss_is_an_empty_answer(bench: Bench) -> None:
    said = (await ask(bench)).json()
    assert (said["parked"], said["dead_letters"]) == ([], [])


async def test_others_are_told_no_troubles(bench: Bench) -> None:
    """R100: they are of the whole campaign, and so is the grant that shows them."""
    assert (await ask(bench, area=NEAR)).status_code == 403
    for role in set(Role) - {Role.ADMINISTRATOR}:
        assert (await ask(bench, role)).status_code == 403
    assert (await bench.client.get("/troubles")).status_code == 401


def test_every_reason_to_wait_has_its_words() -> None:
    """Whatever a message may wait for is said in both languages, and nothing else is."""
    said = {"sender quarantined"}
    for folder in ("services", "shared/src"):
        for path in (ROOT / folder).rglob("src/**/*.py" if folder == "services" else "*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "NotNow":
                    said.add(ast.literal_eval(node.args[0]))
    assert said == set(WAITING_WORDS)
