from __future__ import annotations

import json
from pathlib import Path

import pytest

from muster.messaging import login
from muster.messaging.login import Cluster, Login, LoginError

CLEAR = {"user": "capture", "password": "secret", "security": "SASL_PLAINTEXT"}


def written(folder: Path, document: object, mode: int = 0o600) -> Path:
    path = folder / login.NAME
    path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    path.chmod(mode)
    return path


def test_every_kind_of_client_signs_in_the_same_way(tmp_path: Path) -> None:
    one = login.read(written(tmp_path, CLEAR))
    assert one == Login("capture", "secret", "SASL_PLAINTEXT")
    assert Cluster("k:9092", one).aiokafka() == {
        "bootstrap_servers": "k:9092",
        "security_protocol": "SASL_PLAINTEXT",
        "ssl_context": None,
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "capture",
        "sasl_plain_password": "secret",
    }
    assert Cluster("k:9092", one).librdkafka() == {
        "bootstrap.servers": "k:9092",
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "capture",
        "sasl.password": "secret",
    }
    assert Cluster("k:9092").aiokafka() == {"bootstrap_servers": "k:9092"}
    assert Cluster("k:9092").librdkafka() == {"bootstrap.servers": "k:9092"}


def test_tls_checks_the_broker_and_is_what_one_gets_unasked(tmp_path: Path) -> None:
    one = login.read(written(tmp_path, {"user": "a", "password": "b"}))
    context = one.ssl_context()
    assert one.security == "SASL_SSL"
    assert context is not None
    assert context.check_hostname


def test_the_password_is_in_no_text_of_it() -> None:
    assert "secret" not in repr(Cluster("k:9092", Login("capture", "secret", ca="also secret")))


def test_an_edge_without_a_file_signs_in_nowhere(tmp_path: Path) -> None:
    assert login.in_home(tmp_path, "k:9092") == Cluster("k:9092")
    written(tmp_path, CLEAR)
    assert login.in_home(tmp_path, "k:9092").login is not None


@pytest.mark.parametrize(
    ("document", "zh", "en"),
    [
        ("no json", "须为 JSON", "is JSON with user"),
        ({"user": "a"}, "须为 JSON", "is JSON with user"),
        ({**CLEAR, "more": "x"}, "别无其他", "nothing else"),
        ({**CLEAR, "password": ""}, "password 须为非空文本", "password in"),
        ({**CLEAR, "user": 1}, "user 须为非空文本", "user in"),
        ({**CLEAR, "security": "PLAINTEXT"}, "SASL_SSL 或", "SASL_SSL or"),
        ({"user": "a", "password": "b", "ca": "gone.pem"}, "ca 须为 PEM", "certificate in PEM"),
        (
            {"user": "a", "password": "b", "ca": "-----BEGIN CERTIFICATE-----\nx\n"},
            "ca 须为 PEM",
            "certificate in PEM",
        ),
    ],
)
def test_a_file_that_cannot_be_used_says_why(
    document: object, zh: str, en: str, tmp_path: Path
) -> None:
    with pytest.raises(LoginError) as caught:
        login.read(written(tmp_path, document))
    assert zh in caught.value.zh
    assert en in caught.value.en
    assert "secret" not in str(caught.value)


def test_a_file_that_others_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LoginError, match="0600"):
        login.read(written(tmp_path, CLEAR, 0o640))
    with pytest.raises(LoginError, match="cannot be read"):
        login.read(tmp_path / "nothing.json")
