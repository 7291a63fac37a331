"""From a message as the broker handed it over to one that a handler may take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError

from muster.contracts import declared
from muster.contracts.envelope import Headers, Unreadable, read_value, seal_context
from muster.contracts.parts import PARTS
from muster.contracts.topics import TopicSpec
from muster.messaging import border
from muster.messaging.deadletters import RawMessage
from muster.messaging.message import DONE, Invalid, Message, NotNow, Outcome
from muster.observability import metrics
from muster.security.boxes import BadSeal, UnknownKey, open_box
from muster.security.keyring import Keyring
from muster.security.packets import BadPacket, KeyUnknown

PATIENCE = timedelta(minutes=10)
"""So long a message waits here for the word that its sender was enrolled anew: that travels on a
topic of its own, and may come later."""


@dataclass(frozen=True, slots=True)
class Unenrolled:
    """A message of a known sender, signed under a key that is none of the sender's; ``why`` it is
    refused, unless that key may be on its way."""

    kid: str
    why: Invalid

    def outcome(self, *, held: bool, since: datetime) -> Outcome:
        """It waits for a while from when it was seen `since`, unless the key is known to be
        another's, or revoked; else it is refused. When it was made says nothing: after an outage
        both come late."""
        if not held and datetime.now(UTC) - since < PATIENCE:
            return NotNow("the key of this message's sender is not known yet")
        metrics.seals_refused_total.labels(self.why.rule).inc()
        return self.why


PART_MISSING = Invalid(
    "part-missing",
    "消息中没有密封给本服务的内容：采集端和部门的消息一律带有该内容，此份已不完整。",
    "Nothing in it is sealed for this service: what an edge sends always has such a part, so this "
    "copy is not whole.",
)


def holds_nothing(service: str, spec: TopicSpec, raw: RawMessage) -> bool:
    """Whether a message can be read and holds no part for this service, as a service's may: its
    row is gone from the store, there is nothing left to ask, or it is addressed to another.

    It has no effect, and it proves nothing: nothing in the clear is signed, so a copy of which
    somebody took the part looks the same. An edge's message always has one.
    """
    if spec.from_edge:
        return False
    try:
        _, sealed = read_value(raw.value)
    except Unreadable:
        return False
    return service not in sealed


def open_message(
    service: str,
    keyring: Keyring,
    spec: TopicSpec,
    raw: RawMessage,
    header: Headers,
    senders: border.Senders,
) -> Message | Outcome | Unenrolled:
    """The message with the part that is sealed for this service, or what becomes of it instead.

    ``senders`` are the signing keys of the edges that wrote, where edges write the topic.
    """
    try:
        clear, sealed = read_value(raw.value)
    except Unreadable as error:
        return unreadable(error)
    box = sealed.get(service)
    if box is None:
        return PART_MISSING if spec.from_edge else DONE
    context = seal_context(spec, service, header.event_id, raw.key, clear.version)
    model = PARTS[spec.consumers[service]]
    try:
        opened = (
            border.open_part(box, keyring, service, context, header.sender, senders)
            if spec.from_edge
            else open_box(box, keyring, context)
        )
        part = model.model_validate_json(opened)
    except border.UnknownSender:
        return NotNow("the sender of this message is not known yet")
    except KeyUnknown as error:
        why = Invalid(error.reason.rule, error.reason.zh, error.reason.en)
        return Unenrolled(error.kid, why)
    except BadPacket as error:
        metrics.seals_refused_total.labels(error.reason.rule).inc()
        return Invalid(error.reason.rule, error.reason.zh, error.reason.en)
    except UnknownKey:
        metrics.seals_refused_total.labels("unknown-key").inc()
        return NotNow("the key of this message is not here yet")
    except BadSeal:
        metrics.seals_refused_total.labels("bad-seal").inc()
        return Invalid(
            "bad-seal",
            "密封内容无法打开：密钥、接收方或上下文不符，或内容已损坏。",
            "The sealed part does not open: wrong key, recipient or context, or damage.",
        )
    except ValidationError as error:
        reason = declared.misshapen(model, error)
        return Invalid(reason.rule, reason.zh, reason.en)
    # A department's trace names its case: it ends here, or it would lead from the case to the
    # subject, and from there to the cases of other departments.
    going_on = header.traceparent if spec.department is None else None
    return Message(spec.name, raw.key, header.event_id, clear, part, going_on, header.sequence)


def unreadable(error: Unreadable) -> Invalid:
    """What is said of a message that is none of ours."""
    return Invalid(
        error.rule,
        f"消息无法读取（{error.rule}）。",
        f"The message cannot be read: {error.detail}.",
    )


def failed(error: Exception) -> Invalid:
    """What is said of a message that its handler could not take."""
    name = type(error).__name__
    return Invalid(
        "handler-failed",
        f"处理消息时出错（{name}），内容已密封保存。",
        f"Taking the message failed ({name}); its content is kept, sealed.",
    )
