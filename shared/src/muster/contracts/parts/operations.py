"""Parts of what every service publishes about its own consuming."""

from muster.contracts.parts.base import Instant, Part, Uuid


class DeadLetter(Part):
    """A message that could not be taken, as it arrived.

    ``value`` and ``headers`` are base64: a damaged message need not be text. A value that would
    not fit into another message is empty here (``complete`` is false) and whole in the store of
    the service that wrote the letter.
    """

    event_id: Uuid
    topic: str
    partition: int
    offset: int
    rule: str
    zh: str
    en: str
    key: str
    headers: tuple[tuple[str, str], ...]
    value: str
    failed_at: Instant
    complete: bool = True


class ReplayRequest(Part):
    """Asks one source to publish part of a shard again; both sequences are included."""

    topic: str
    partition: int
    first_sequence: int
    last_sequence: int | None
