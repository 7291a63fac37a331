"""What became of the extracts that this department supplied, as the cross-check says (R74)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from muster.department_connector.handlers.common import Connector
from muster.department_connector.store import extracts
from muster.messaging import border
from muster.security import packets
from muster.spool.services import KeysUnknown, ServiceAway, ask
from muster.vocabulary.reasons import Refusal

if TYPE_CHECKING:
    import httpx

Outcome = dict[str, str | None]
"""``state`` as the cross-check has it, or WAITING or UNKNOWN; ``rule`` of a refused extract; ``zh``
and ``en`` say it in words."""

WAITING = "waiting"
UNKNOWN = "unknown"
LOST = frozenset({"arriving", "outdated", "refused", "absent"})
"""States of an extract that was received and is not used."""
LIMIT = 50
"""So many extracts are told of, the newest; of a department the cross-check shows more."""

_WORDS = {
    "current": ("已生效，用于比对。", "In effect: it is compared."),
    "replaced": ("曾生效，已被后一批替换。", "It was in effect until a later one replaced it."),
    "arriving": (
        "交叉比对未收齐这一批，或其中有内容未被接受；请重新提供，仍不成则告知管理员。",
        "A part of it is missing or was not taken: supply anew; else tell the administrator.",
    ),
    "outdated": (
        "未采用：交叉比对已有本部门更新的一批。",
        "Not taken: the cross-check has a later one of this department.",
    ),
    "refused": (
        "未通过，整批未采用；请更正后重新提供。",
        "Refused as a whole; mend it, supply anew.",
    ),
    "absent": (
        "交叉比对没有这一批；请重新提供，仍不成则告知管理员。",
        "The cross-check does not have it: supply anew; else tell the administrator.",
    ),
    WAITING: ("待发送，或尚未全部送达。", "Waits to be sent, or has not arrived whole yet."),
    UNKNOWN: (
        "交叉比对没有应答，结果尚不知道。",
        "The cross-check does not answer; what became of it is not known yet.",
    ),
}


def waiting() -> Outcome:
    """Of an extract that stands in the spool, while more cannot be said."""
    return _outcome(WAITING)


async def fetch(connector: Connector, http: httpx.AsyncClient) -> dict[str, Outcome]:
    """The outcome of each of the newest extracts by its id, asked with this department's signature.

    Nobody is asked about one that is still on its way; who does not answer leaves it unknown.
    """
    ids = [str(row["extract_id"]) for row in extracts.newest(connector.spool, LIMIT)]
    on_their_way = extracts.unreceived(connector.spool, ids)
    found = dict.fromkeys(on_their_way, _outcome(WAITING))
    received = [one for one in ids if one not in on_their_way]
    if not received:
        return found
    try:
        known = await _ask(connector, http)
    except Refusal as refused:
        why = refused.reasons[0]
        return found | dict.fromkeys(received, _outcome(UNKNOWN, None, (why.zh, why.en)))
    except (ServiceAway, KeysUnknown):
        return found | dict.fromkeys(received, _outcome(UNKNOWN))
    return found | {one: known.get(one, _outcome("absent")) for one in received}


async def _ask(connector: Connector, http: httpx.AsyncClient) -> dict[str, Outcome]:
    """What the cross-check says of this department's extracts.

    Raises:
        ServiceAway, Refusal: it does not answer, or not as it should.
        KeysUnknown: its key was never fetched.
    """
    reader = connector.keys.packet_key("crosscheck")
    packet = packets.sign_and_seal(border.ASKS_EXTRACTS, connector.edge.signing, reader)
    address = connector.edge.services["crosscheck"]
    answer = await ask(http, "POST", address, "/extracts/own", {"packet": packet})
    try:
        return {
            item["extract_id"]: _outcome(
                item["state"], item["rule"], (item["zh"], item["en"]) if item["rule"] else None
            )
            for item in answer["items"]
        }
    except (KeyError, TypeError):
        raise ServiceAway("crosscheck tells no outcomes of ours") from None


def _outcome(state: str, rule: str | None = None, why: tuple[str, str] | None = None) -> Outcome:
    zh, en = _WORDS[state]
    if why is not None:
        zh, en = f"{zh}{why[0]}", f"{en} {why[1]}"
    return {"state": state, "rule": rule, "zh": zh, "en": en}
