"""Names of cryptographic suites and what stands behind each.

Every ciphertext, digest and code names its suite, so that the national suite (SM3, SM4:
GB/T 32905, GB/T 32907) can stand beside or in place of the international one without a change of
format: a reader takes the suite from the text and the key, never from a setting.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC

NONCE_BYTES = 12
"""96 bits, random, as GCM wants them; safe for 2**32 messages per key (NIST SP 800-38D)."""

TAG_BYTES = 16

DEFAULT_CIPHER = "A256GCM"
DEFAULT_MAC = "HS256"
DEFAULT_DIGEST = "sha256"
SIGNATURE = "ES256"
"""Suite of keyring entries whose secret is an EC P-256 private JWK."""


class UnknownSuite(ValueError):  # noqa: N818 - reads as what it says
    """The text or key names a suite that this version does not have, or one of another kind."""


class Aead(Protocol):
    """Authenticated encryption with one key; `decrypt` raises InvalidTag."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


class _Sm4Gcm:
    """SM4 in GCM mode with the interface of AESGCM: the tag stands after the ciphertext."""

    __slots__ = ("_algorithm",)

    def __init__(self, secret: bytes) -> None:
        self._algorithm = algorithms.SM4(secret)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        encryptor = Cipher(self._algorithm, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated_data or b"")
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        if len(data) < TAG_BYTES:
            raise InvalidTag
        tag = data[-TAG_BYTES:]
        decryptor = Cipher(self._algorithm, modes.GCM(nonce, tag)).decryptor()
        decryptor.authenticate_additional_data(associated_data or b"")
        return decryptor.update(data[:-TAG_BYTES]) + decryptor.finalize()


@dataclass(frozen=True, slots=True)
class CipherSuite:
    """An AEAD: 96-bit nonce, 128-bit tag, a key of `key_bytes`."""

    name: str
    key_bytes: int
    make: Callable[[bytes], Aead]


@dataclass(frozen=True, slots=True)
class MacSuite:
    """A keyed code: `mac(key, message)` gives 32 bytes."""

    name: str
    key_bytes: int
    mac: Callable[[bytes, bytes], bytes]


@dataclass(frozen=True, slots=True)
class DigestSuite:
    """A plain hash: `hash(message)` gives 32 bytes."""

    name: str
    hash: Callable[[bytes], bytes]


def _hmac_sha256(secret: bytes, message: bytes) -> bytes:
    return hmac.digest(secret, message, "sha256")


def _hmac_sm3(secret: bytes, message: bytes) -> bytes:
    code = HMAC(secret, hashes.SM3())
    code.update(message)
    return code.finalize()


def _sha256(message: bytes) -> bytes:
    return hashlib.sha256(message).digest()


def _sm3(message: bytes) -> bytes:
    state = hashes.Hash(hashes.SM3())
    state.update(message)
    return state.finalize()


CIPHERS: Mapping[str, CipherSuite] = {
    "A256GCM": CipherSuite("A256GCM", 32, AESGCM),
    "SM4GCM": CipherSuite("SM4GCM", 16, _Sm4Gcm),
}
MACS: Mapping[str, MacSuite] = {
    "HS256": MacSuite("HS256", 32, _hmac_sha256),
    "HSM3": MacSuite("HSM3", 32, _hmac_sm3),
}
DIGESTS: Mapping[str, DigestSuite] = {
    "sha256": DigestSuite("sha256", _sha256),
    "sm3": DigestSuite("sm3", _sm3),
}


def cipher(name: str) -> CipherSuite:
    """Raises UnknownSuite."""
    try:
        return CIPHERS[name]
    except KeyError:
        raise UnknownSuite("no such cipher suite") from None


def mac(name: str) -> MacSuite:
    """Raises UnknownSuite."""
    try:
        return MACS[name]
    except KeyError:
        raise UnknownSuite("no such code suite") from None


def digest(name: str) -> DigestSuite:
    """Raises UnknownSuite."""
    try:
        return DIGESTS[name]
    except KeyError:
        raise UnknownSuite("no such digest suite") from None
