"""As whom a process signs in to Kafka: one file for each, and the only place that knows how.

A login file is JSON, mode 0600::

    {"user": "capture", "password": "…", "security": "SASL_SSL", "ca": "-----BEGIN CERTIFICATE…"}

``security`` is ``SASL_SSL`` (default) or ``SASL_PLAINTEXT``, for a broker on the same machine.
``ca`` is the certificate of the authority that signed the broker's, as PEM or as the path of such a
file beside this one; without it those count that the system trusts. The mechanism is always
SCRAM-SHA-512: the broker never sees the password. Without a login a client speaks to Kafka in the
clear and is nobody; the embedded broker knows nothing else.
"""

from __future__ import annotations

import json
import os
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from muster.vocabulary.reasons import BilingualError

__all__ = [
    "MECHANISM",
    "NAME",
    "Bootstrap",
    "Cluster",
    "Login",
    "LoginError",
    "cluster_of",
    "in_home",
    "read",
]

NAME = "kafka.json"
"""What the file is called where it is handed over, and in the home folder of an edge."""
MECHANISM = "SCRAM-SHA-512"
SECURITY = ("SASL_SSL", "SASL_PLAINTEXT")
_MEMBERS = {"user", "password", "security", "ca"}
_PEM = "-----BEGIN "


class LoginError(BilingualError, ValueError):
    """A login file cannot be used. Names the file and the member, never a password."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who signs in, and whom it believes to be the broker."""

    user: str
    password: str = field(repr=False)
    security: str = "SASL_SSL"
    ca: str | None = field(default=None, repr=False)
    """Certificates in PEM."""

    def ssl_context(self) -> ssl.SSLContext | None:
        """What checks the broker's certificate and name; None without TLS."""
        if self.security != "SASL_SSL":
            return None
        return ssl.create_default_context(cadata=self.ca)

    def document(self) -> dict[str, object]:
        """The content of a login file."""
        told: dict[str, object] = {
            "user": self.user,
            "password": self.password,
            "security": self.security,
        }
        return told if self.ca is None else {**told, "ca": self.ca}


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where the brokers are (``HOST:PORT``, several with commas), and as whom one signs in."""

    address: str
    login: Login | None = None

    def aiokafka(self) -> dict[str, Any]:
        """Arguments of every aiokafka client."""
        told: dict[str, Any] = {"bootstrap_servers": self.address}
        if self.login is None:
            return told
        return told | {
            "security_protocol": self.login.security,
            "ssl_context": self.login.ssl_context(),
            "sasl_mechanism": MECHANISM,
            "sasl_plain_username": self.login.user,
            "sasl_plain_password": self.login.password,
        }

    def librdkafka(self) -> dict[str, str]:
        """Settings of every client of confluent-kafka, which administers the cluster."""
        told = {"bootstrap.servers": self.address}
        if self.login is None:
            return told
        told |= {
            "security.protocol": self.login.security,
            "sasl.mechanism": MECHANISM,
            "sasl.username": self.login.user,
            "sasl.password": self.login.password,
        }
        return told if self.login.ca is None else told | {"ssl.ca.pem": self.login.ca}


Bootstrap = str | Cluster
"""A broker to connect to; an address alone means: without signing in."""


def cluster_of(bootstrap: Bootstrap) -> Cluster:
    """The cluster that an address alone, or with a login, names."""
    return bootstrap if isinstance(bootstrap, Cluster) else Cluster(bootstrap)


def in_home(home: Path, address: str) -> Cluster:
    """The cluster as an edge meets it: with the login that lies in its home folder, if any does.

    Raises:
        LoginError: the file cannot be used.
    """
    path = home / NAME
    return Cluster(address, read(path) if path.exists() else None)


def read(path: Path) -> Login:
    """The login of a file.

    Raises:
        LoginError: it cannot be read, others may read it, or it is not as the top of this module
            says.
    """
    try:
        mode, text = path.stat().st_mode, path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise LoginError(
            f"Kafka 登录文件 {path} 无法读取。", f"The Kafka login file {path} cannot be read."
        ) from None
    if os.name == "posix" and mode & 0o077:
        raise LoginError(
            f"Kafka 登录文件 {path} 可被他人读取，权限须为 0600。",
            f"The Kafka login file {path} is open to others than its owner; it must be 0600.",
        )
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    if not isinstance(told, dict) or not {"user", "password"} <= set(told) <= _MEMBERS:
        raise LoginError(
            f"Kafka 登录文件 {path} 须为 JSON，含 user、password，可含 security、ca，别无其他。",
            f"The Kafka login file {path} is JSON with user and password, perhaps with security "
            "and ca, and with nothing else.",
        )
    for name, value in told.items():
        if not isinstance(value, str) or not value:
            raise LoginError(
                f"Kafka 登录文件 {path} 的 {name} 须为非空文本。",
                f"{name} in the Kafka login file {path} is text that is not empty.",
            )
    security = told.get("security", "SASL_SSL")
    if security not in SECURITY:
        raise LoginError(
            f"Kafka 登录文件 {path} 的 security 须为 {' 或 '.join(SECURITY)}。",
            f"security in the Kafka login file {path} is {' or '.join(SECURITY)}.",
        )
    login = Login(told["user"], told["password"], security, _certificates(path, told.get("ca")))
    try:
        login.ssl_context()
    except ssl.SSLError:
        raise _bad_ca(path) from None
    return login


def _certificates(path: Path, told: str | None) -> str | None:
    if told is None or told.startswith(_PEM):
        return told
    try:
        return (path.parent / told).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise _bad_ca(path) from None


def _bad_ca(path: Path) -> LoginError:
    return LoginError(
        f"Kafka 登录文件 {path} 的 ca 须为 PEM 证书，或同一文件夹中 PEM 证书文件的路径。",
        f"ca in the Kafka login file {path} is a certificate in PEM, or the path of such a file "
        "beside it.",
    )
