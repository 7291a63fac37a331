"""Keys by id, and who holds which.

A key id is ``<purpose>/<epoch>``, such as ``seal/capture-record-submitted/reporting/1``. A newer
epoch takes over for what is written; older ones stay until what they sealed has expired. Purposes:

===============================  ==============================================================
``seal/<topic>/<consumer>``      AEAD: the consumer's part of that topic (owner and consumer)
``kek/<service>``                AEAD: wraps that service's data keys
``index/<service>``              code: resident numbers in that service's own look-up index
``blind/<department>``           code: matching key of a department (its connector and capture)
``case/<department>``            code: pairwise case ids (verification)
``blind/campaign``               code: links what departments in sealed mode supply (they, capture)
``packet/<service>``             EC P-256: opens packets that were sealed to that service
``sign/<service>``               EC P-256: signs what that service sends to departments
``token/access``                 EC P-256: signs tokens
``audit/<service>``              EC P-256: will sign heads of that service's audit chain
``spool/<kind of edge>``         AEAD: rows of an edge's own file (that edge only, made there)
===============================  ==============================================================
"""

import os
import re
import secrets
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Protocol, Self

import orjson

from muster.security import b64, suites
from muster.security.jose import Jwk, check_private, generate

_NAME = r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?"
_PURPOSE = re.compile(rf"{_NAME}(?:/{_NAME})+")
_KID = re.compile(rf"({_NAME}(?:/{_NAME})+)/([1-9][0-9]{{0,8}})")
_MEMBERS = {"kid", "suite", "secret", "created"}
_CIPHERS = {"seal", "kek", "spool"}
_CODES = {"index", "blind", "case"}
_SIGNING = {"packet": "enc", "sign": "sig", "token": "sig", "audit": "sig"}


class KeyringError(ValueError):
    """A key file or key is not as it must be. Names kids and members, never a secret."""


class UnknownKey(LookupError):  # noqa: N818 - reads as what it says
    """No key of that id or purpose is held here. Carries the kid or purpose."""


@dataclass(frozen=True)
class Key:
    """One secret with its id, its suite and the epoch that its id ends in.

    `secret` is raw key bytes, or for suite ES256 the private JWK as JSON.
    """

    kid: str
    suite: str
    secret: bytes = field(repr=False)
    created: str = field(default="", compare=False)
    epoch: int = field(init=False)
    purpose: str = field(init=False)

    def __post_init__(self) -> None:
        match = _KID.fullmatch(self.kid)
        if match is None:
            raise KeyringError("a key id is <purpose>/<epoch>")
        object.__setattr__(self, "purpose", match[1])
        object.__setattr__(self, "epoch", int(match[2]))
        if self.suite == suites.SIGNATURE:
            try:
                check_private(orjson.loads(self.secret))
            except ValueError:
                raise KeyringError(f"{self.kid}: not an EC P-256 private key") from None
        elif len(self.secret) != _secret_bytes(self.suite):
            raise KeyringError(f"{self.kid}: a {self.suite} key has another length")

    @cached_property
    def aead(self) -> suites.Aead:
        """The cipher under this key, made once. Raises suites.UnknownSuite for other suites."""
        return suites.cipher(self.suite).make(self.secret)

    def mac(self, message: bytes) -> bytes:
        """32 bytes of keyed code. Raises suites.UnknownSuite for other suites."""
        return suites.mac(self.suite).mac(self.secret, message)

    def jwk(self) -> Jwk:
        """The private JWK of an ES256 key. Raises suites.UnknownSuite for other suites."""
        if self.suite != suites.SIGNATURE:
            raise suites.UnknownSuite("this key is no JWK")
        return check_private(orjson.loads(self.secret))


def _secret_bytes(suite: str) -> int:
    if suite in suites.CIPHERS:
        return suites.CIPHERS[suite].key_bytes
    return suites.mac(suite).key_bytes


class KeySource(Protocol):
    """Where a reader finds the key that a ciphertext names. A dict of keys by kid is one too."""

    def get(self, kid: str, /) -> Key | None:
        """The key, or None, or UnknownKey raised."""
        ...


class KeyProvider(Protocol):
    """What services ask for keys: a file, the environment, later PKCS#11."""

    def get(self, kid: str, /) -> Key:
        """The key with that id. Raises UnknownKey."""
        ...

    def current(self, purpose: str) -> Key:
        """The key of the highest epoch, for writing. Raises UnknownKey."""
        ...

    def epochs(self, purpose: str) -> tuple[Key, ...]:
        """All keys of a purpose, newest first; empty when none is held."""
        ...


class Keyring:
    """The keys of one holder, in memory."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys: dict[str, Key] = {}
        self._epochs: dict[str, list[Key]] = {}
        for key in keys:
            if key.kid in self._keys:
                raise KeyringError(f"{key.kid} stands twice")
            self._keys[key.kid] = key
            self._epochs.setdefault(key.purpose, []).append(key)
        for held in self._epochs.values():
            held.sort(key=lambda key: key.epoch, reverse=True)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys.values())

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, kid: object) -> bool:
        return kid in self._keys

    def get(self, kid: str, /) -> Key:
        """The key with that id. Raises UnknownKey."""
        try:
            return self._keys[kid]
        except KeyError:
            raise UnknownKey(kid) from None

    def current(self, purpose: str) -> Key:
        """The key of the highest epoch. Raises UnknownKey."""
        try:
            return self._epochs[purpose][0]
        except KeyError:
            raise UnknownKey(purpose) from None

    def epochs(self, purpose: str) -> tuple[Key, ...]:
        """All keys of a purpose, newest first; empty when none is held."""
        return tuple(self._epochs.get(purpose, ()))

    def purposes(self) -> frozenset[str]:
        """Every purpose that at least one key here serves."""
        return frozenset(self._epochs)

    @classmethod
    def open(cls, where: Path) -> Self:
        """The ring that a setting names: a key file, or ``env:VARIABLE`` for the JSON of one in
        that variable. Raises KeyringError."""
        kind, _, variable = str(where).partition(":")
        return cls.from_environment(variable) if kind == "env" else cls.from_file(where)

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read a key file. Raises KeyringError, also when others than its owner may read it."""
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise KeyringError(f"{path.name} is open to others than its owner; it must be 0600")
        return cls(parse_keys(path.read_bytes()))

    @classmethod
    def from_environment(cls, variable: str) -> Self:
        """Read the JSON of a key file from an environment variable. Raises KeyringError."""
        text = os.environ.get(variable)
        if not text:
            raise KeyringError(f"{variable} is not set")
        return cls(parse_keys(text.encode()))


def parse_keys(data: bytes) -> list[Key]:
    """Keys of ``{"keys": [{"kid", "suite", "secret" (base64url), "created"}]}``.

    Raises KeyringError on any other shape.
    """
    try:
        loaded = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise KeyringError("a key file is JSON") from None
    if not isinstance(loaded, dict) or set(loaded) != {"keys"} or type(loaded["keys"]) is not list:
        raise KeyringError('a key file is {"keys": [...]}')
    return [_parse_key(entry) for entry in loaded["keys"]]


def _parse_key(entry: object) -> Key:
    if (
        not isinstance(entry, dict)
        or set(entry) != _MEMBERS
        or not all(isinstance(value, str) for value in entry.values())
    ):
        raise KeyringError("a key is kid, suite, secret and created, all text")
    try:
        secret = b64.decode(entry["secret"])
    except ValueError:
        raise KeyringError("a secret is base64url without padding") from None
    try:
        return Key(entry["kid"], entry["suite"], secret, entry["created"])
    except suites.UnknownSuite:
        raise KeyringError("a key names a suite that is not known here") from None


def write_keys(path: Path, keys: Iterable[Key]) -> None:
    """Write a key file, as `write_private` does."""
    write_private(path, dump_keys(keys))


def dump_keys(keys: Iterable[Key]) -> bytes:
    """The JSON that `parse_keys` reads, in order of purpose and epoch."""
    entries = [
        {
            "kid": key.kid,
            "suite": key.suite,
            "secret": b64.encode(key.secret),
            "created": key.created,
        }
        for key in sorted(keys, key=lambda key: (key.purpose, key.epoch))
    ]
    return orjson.dumps({"keys": entries}, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def write_private(path: Path, data: bytes) -> None:
    """Temporary file of mode 0600 beside it, fsync, rename, fsync of the folder."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def check_purpose(purpose: str) -> str:
    """The purpose itself. Raises KeyringError when it cannot stand in a key id."""
    if _PURPOSE.fullmatch(purpose) is None:
        raise KeyringError("a purpose is lower-case names joined by /")
    return purpose


class SealedTopic(Protocol):
    """What the plan must know of a topic; `muster.contracts.topics.TopicSpec` is one."""

    @property
    def name(self) -> str: ...

    @property
    def owner(self) -> str: ...

    @property
    def consumers(self) -> Collection[str]: ...


CAMPAIGN_BLIND = "blind/campaign"

Plan = dict[str, set[str]]
"""Holder to the purposes whose keys it holds."""


def plan(
    topics: Iterable[SealedTopic],
    services: Iterable[str],
    departments: Iterable[str],
    linked: Collection[str] = (),
) -> Plan:
    """Who holds which key (design, section 4). Final: tests pin it.

    Topics from or to a holder that is no service cross the border; they travel as packets and have
    no shared key. Matching keys are with capture and the department's connector and nowhere else,
    the campaign's with capture and the connectors of `linked` departments (those in sealed mode),
    case keys with verification only.
    """
    names = list(services)
    held: Plan = {
        service: {f"{own}/{service}" for own in ("kek", "index", "packet", "sign", "audit")}
        for service in names
    }
    if "access" in held:
        held["access"].add("token/access")
    for topic in topics:
        for consumer in topic.consumers:
            if topic.owner in held and consumer in names:
                purpose = check_purpose(f"seal/{topic.name}/{consumer}")
                held[topic.owner].add(purpose)
                held[consumer].add(purpose)
    for department in departments:
        matching = check_purpose(f"blind/{department}")
        held.setdefault(f"connector-{department}", set()).add(matching)
        if "capture" in names:
            held["capture"] |= {matching, CAMPAIGN_BLIND}
        if department in linked:
            held[f"connector-{department}"].add(CAMPAIGN_BLIND)
        if "verification" in names:
            held["verification"].add(f"case/{department}")
    return held


def provision(
    folder: Path,
    wanted: Plan,
    *,
    cipher: str = suites.DEFAULT_CIPHER,
    mac: str = suites.DEFAULT_MAC,
) -> dict[str, Path]:
    """Make `<folder>/<holder>.json` hold what the plan says; gives the files by holder.

    Idempotent: an existing key is copied to whoever should hold it and lacks it (all its epochs),
    a purpose without any key gets epoch 1, and nothing that is there is changed or taken away.
    Raises KeyringError when two files disagree about one key id.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = {holder: folder / f"{holder}.json" for holder in sorted(wanted)}
    rings = {path.stem: Keyring.from_file(path) for path in sorted(folder.glob("[!.]*.json"))}
    known: dict[str, dict[str, Key]] = {}
    for ring in rings.values():
        for key in ring:
            if known.setdefault(key.purpose, {}).setdefault(key.kid, key) != key:
                raise KeyringError(f"{key.kid} differs between two key files")
    for holder, path in files.items():
        ring = rings.get(holder, Keyring(()))
        missing: list[Key] = []
        for purpose in sorted(wanted[holder]):
            keys = known.setdefault(purpose, {})
            if not keys:
                made = new_key(purpose, 1, cipher=cipher, mac=mac)
                keys[made.kid] = made
            missing += [key for key in keys.values() if key.kid not in ring]
        if missing or not path.exists():
            write_keys(path, [*ring, *missing])
    return files


def new_key(
    purpose: str,
    epoch: int,
    *,
    cipher: str = suites.DEFAULT_CIPHER,
    mac: str = suites.DEFAULT_MAC,
) -> Key:
    """A fresh random key of the kind that the first word of its purpose asks for."""
    kind = check_purpose(purpose).partition("/")[0]
    created = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    kid = f"{purpose}/{epoch}"
    if kind in _SIGNING:
        jwk = generate(_SIGNING[kind])
        return Key(kid, suites.SIGNATURE, orjson.dumps(jwk, option=orjson.OPT_SORT_KEYS), created)
    if kind in _CIPHERS:
        return Key(kid, cipher, secrets.token_bytes(suites.cipher(cipher).key_bytes), created)
    if kind in _CODES:
        return Key(kid, mac, secrets.token_bytes(suites.mac(mac).key_bytes), created)
    raise KeyringError("no such kind of purpose")
