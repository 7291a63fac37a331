"""What loading, supplying and answering share: the connector, its keyed codes, ids of fields."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from muster.contracts.parts.base import FieldValue
from muster.forms.model import Department
from muster.forms.profile import Profile
from muster.messaging import login
from muster.messaging.login import Cluster
from muster.security import blinds
from muster.security.digests import canonical
from muster.security.keyring import Key
from muster.security.matching import BIRTH, NAME, NUMBER, with_birth
from muster.spool.keyfile import Edge
from muster.spool.services import ServiceKeys
from muster.spool.store import Spool
from muster.vocabulary import resident_number

__all__ = ["AREA", "BIRTH", "DIED_ON", "MOVED_TO", "NAME", "NUMBER"]

AREA: Final = "household_area"
"""Where a person is registered; every profile has it."""
DIED_ON: Final = "died_on"
MOVED_TO: Final = "moved_to"
"""What a household register says of a life, beside the fields of the form."""

OWN_KEY: Final = "index/connector"
"""Purpose of the key under which this connector finds its own rows; it never leaves it."""
CAMPAIGN: Final = "blind/campaign"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_FULL_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Connector:
    """One department's connector: who it is, its file, the keys of services, the profile, its
    home folder."""

    edge: Edge
    spool: Spool
    keys: ServiceKeys
    profile: Profile
    home: Path

    @property
    def department(self) -> Department:
        """This department as the profile has it."""
        assert self.edge.place is not None
        return self.profile.departments[self.edge.place]

    def kafka(self) -> Cluster:
        """The broker, with the login that lies in the home folder. Raises LoginError."""
        return login.in_home(self.home, self.edge.kafka)

    @property
    def codes(self) -> Codes:
        """Keyed codes under the connector's own key."""
        return Codes(self.edge.keys.current(OWN_KEY))


class Codes:
    """Codes by which the connector finds its rows, and pseudonyms of them."""

    def __init__(self, key: Key) -> None:
        self._key = key

    def number(self, number: object) -> str | None:
        """Code of a resident number, 15-digit forms included; None when it is none."""
        if not isinstance(number, str):
            return None
        try:
            return blinds.number_index(self._key, number)
        except resident_number.NumberError:
            return None

    def name_birth(self, fields: Mapping[str, FieldValue]) -> str | None:
        """Code of a name with a full date of birth; None when one of them is not there."""
        name, birth = fields.get(NAME), with_birth(fields).get(BIRTH)
        if not isinstance(name, str) or not isinstance(birth, str):
            return None
        plain = blinds.normal_name(name)
        if not plain or not _FULL_DATE.fullmatch(birth):
            return None
        return self._code("name-birth", plain, birth)

    def row_id(self, identity: str, nth: int) -> str:
        """Pseudonym of the nth row of one identity: the same at every load (UUID version 8)."""
        code = bytearray(self._key.mac(canonical(["muster/row/1", identity, nth]))[:16])
        code[6] = code[6] & 0x0F | 0x80
        code[8] = code[8] & 0x3F | 0x80
        return str(uuid.UUID(bytes=bytes(code)))

    def message(self, topic: str, key: str, headers: object, value: bytes) -> str:
        """Code of a message's content: the same however often it is delivered."""
        content = f"{topic}\n{key}\n{headers!r}\n".encode() + value
        return self._code("message", hashlib.sha256(content).hexdigest())

    def _code(self, *message: str) -> str:
        return self._key.mac(canonical(["muster/connector/1", *message])).hex()
