"""Parts of what access publishes."""

from muster.contracts.parts.base import AreaCode, Instant, Part, Uuid
from muster.vocabulary.states import Role


class GrantPart(Part):
    """One grant: a role in an area and everything below it, for a time (R52, R102)."""

    role: Role
    area: AreaCode
    valid_from: Instant
    valid_until: Instant | None


class GrantsOfAccount(Part):
    """All grants of one account; an inactive account holds none that counts."""

    account_id: Uuid
    active: bool
    grants: tuple[GrantPart, ...]


class PublicKey(Part):
    """One public key: an RFC 7517 JWK without private members."""

    kid: str
    use: str
    jwk: dict[str, str]
    valid_from: Instant
    revoked_at: Instant | None


class KeysOfOwner(Part):
    """All public keys of one holder. ``area`` binds a terminal to the area it was enrolled for."""

    owner_id: str
    owner_kind: str
    area: AreaCode | None
    keys: tuple[PublicKey, ...]
