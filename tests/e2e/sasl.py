"""An Apache Kafka on which everybody signs in over TLS, from ``deploy/kafka``."""

from __future__ import annotations

import datetime
import ipaddress
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from muster.messaging.login import Cluster, Login
from muster.runtime.home import Home, write_private_text
from muster.runtime.kafka import KafkaServer

ROOT = Path(__file__).parents[2]
LIBS = ROOT / ".tools" / "kafka"
TEMPLATE = ROOT / "deploy" / "kafka" / "server-sasl.properties"


def _certificate() -> tuple[str, str]:
    """A certificate of the loopback address, signed by itself, and its key, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return made.public_bytes(serialization.Encoding.PEM).decode(), private.decode()


@contextmanager
def serving(folder: Path) -> Iterator[Cluster]:
    """The cluster with its administrator's login, for the length of the block."""
    home = Home(folder).create()
    certificate, key = _certificate()
    write_private_text(folder / "keystore.pem", key + certificate)
    write_private_text(folder / "truststore.pem", certificate)
    passwords = {name: secrets.token_urlsafe(24) for name in ("broker", "admin")}
    server = KafkaServer(
        home,
        LIBS,
        TEMPLATE,
        told={
            "host": "127.0.0.1",
            "broker_password": passwords["broker"],
            "keystore": folder / "keystore.pem",
            "truststore": folder / "truststore.pem",
        },
        users=passwords,
        login=Login("admin", passwords["admin"], ca=certificate),
    )
    server.start()
    try:
        yield server.cluster
    finally:
        server.stop()
