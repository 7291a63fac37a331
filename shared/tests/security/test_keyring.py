"""Key files, and who holds which key."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic_settings import SettingsConfigDict

from muster.contracts.topics import SERVICES, load_topics
from muster.runtime.context import build_context
from muster.runtime.settings import ServiceSettings
from muster.security import keyring
from muster.security.boxes import BadSeal, UnknownKey, open_box, seal
from muster.security.keyring import Key, Keyring, KeyringError, new_key, plan, provision

Fixed = Callable[..., Key]


@dataclass(frozen=True)
class Topic:
    name: str
    owner: str
    consumers: tuple[str, ...]


TOPICS = [
    Topic("capture-record-submitted", "capture", ("verification", "reporting")),
    Topic("verification-record-verified", "verification", ("capture", "reporting")),
    Topic("verification-requested-housing", "verification", ("connector-housing",)),
    Topic("verification-answered-housing", "connector-housing", ("verification",)),
    Topic("device-card-read", "device-gateway", ("capture",)),
]
ALL = ["access", "capture", "verification", "reporting"]


def own(service: str) -> set[str]:
    return {f"{kind}/{service}" for kind in ("kek", "index", "packet", "sign", "audit")}


def test_who_holds_which_key() -> None:
    """Design 4, sealing and blinds, pinned in full (R100): a topic's key is with its owner and
    the one consumer; matching keys with capture and the department's connector only, the
    campaign's with capture and
    the connectors of departments in sealed mode; case keys
    with verification only; nothing crosses the border by a shared key."""
    submitted = "seal/capture-record-submitted"
    verified = "seal/verification-record-verified"
    assert plan(TOPICS, ALL, ["housing", "civil-affairs"], ["civil-affairs"]) == {
        "access": own("access") | {"token/access"},
        "capture": own("capture")
        | {
            f"{submitted}/verification",
            f"{submitted}/reporting",
            f"{verified}/capture",
            "blind/housing",
            "blind/civil-affairs",
            "blind/campaign",
        },
        "verification": own("verification")
        | {
            f"{submitted}/verification",
            f"{verified}/capture",
            f"{verified}/reporting",
            "case/housing",
            "case/civil-affairs",
        },
        "reporting": own("reporting") | {f"{submitted}/reporting", f"{verified}/reporting"},
        "connector-housing": {"blind/housing"},
        "connector-civil-affairs": {"blind/civil-affairs", "blind/campaign"},
    }


def test_the_plan_of_the_real_topics_keeps_the_same_rules() -> None:
    """Design 4, over the topic files themselves: no third holder of any sealing key, no matching
    key outside capture and its connector, no case key outside verification, no index or
    key-encryption key outside its service (R100)."""
    held = plan(load_topics().values(), SERVICES, ["housing"])
    holders: dict[str, set[str]] = {}
    for holder, purposes in held.items():
        for purpose in purposes:
            holders.setdefault(purpose, set()).add(holder)
    topics = load_topics()
    sealing = [purpose for purpose in holders if purpose.startswith("seal/")]
    assert sealing
    for purpose in sealing:
        _, name, consumer = purpose.split("/")
        assert holders[purpose] == {topics[name].owner, consumer}
    assert holders["blind/housing"] == {"capture", "connector-housing"}
    assert holders["case/housing"] == {"verification"}
    assert holders["token/access"] == {"access"}
    for service in SERVICES:
        for purpose in own(service):
            assert holders[purpose] == {service}


def test_reporting_cannot_open_what_is_sealed_for_verification(tmp_path: Path) -> None:
    """Design 4: one ciphertext per consumer with only that consumer's fields (R100)."""
    files = provision(tmp_path, plan(TOPICS, ALL, []))
    rings = {holder: Keyring.from_file(path) for holder, path in files.items()}
    key = rings["capture"].current("seal/capture-record-submitted/verification")
    box = seal(key, b"for the reviewer", {"version": 1})
    assert open_box(box, rings["verification"], {"version": 1}) == b"for the reviewer"
    with pytest.raises(UnknownKey):
        open_box(box, rings["reporting"], {"version": 1})
    with pytest.raises(UnknownKey):
        open_box(box, rings["access"], {"version": 1})
    own_key = rings["reporting"].current("seal/capture-record-submitted/reporting")
    forged = box.replace(key.kid, own_key.kid)
    with pytest.raises(BadSeal):
        open_box(forged, rings["reporting"], {"version": 1})


def test_provisioned_holders_share_the_key_and_nobody_else_has_it(tmp_path: Path) -> None:
    """Design 4: `blind` keys are with capture and that connector, nowhere else, also in files."""
    files = provision(tmp_path, plan(TOPICS, ALL, ["housing"]))
    rings = {holder: Keyring.from_file(path) for holder, path in files.items()}
    blind = rings["capture"].current("blind/housing")
    assert rings["connector-housing"].current("blind/housing") == blind
    raw = keyring.b64.encode(blind.secret)
    carrying = {path.stem for path in tmp_path.iterdir() if raw in path.read_text()}
    assert carrying == {"capture", "connector-housing"}
    assert len({key.secret for ring in rings.values() for key in ring}) == len(
        {key.kid for ring in rings.values() for key in ring}
    )


def test_provisioning_adds_and_never_changes(tmp_path: Path) -> None:
    """Design 4, keys have epochs: a second run changes no byte; a new department adds only."""
    first = plan(TOPICS, ALL, ["housing"])
    before = {h: p.read_bytes() for h, p in provision(tmp_path, first).items()}
    again = {h: p.read_bytes() for h, p in provision(tmp_path, first).items()}
    assert again == before
    more = provision(tmp_path, plan(TOPICS, ALL, ["housing", "education"]))
    for holder, data in before.items():
        kept = {key.kid: key for key in keyring.parse_keys(data)}
        now = {key.kid: key for key in Keyring.from_file(more[holder])}
        assert kept.items() <= now.items()
    assert "blind/education" in Keyring.from_file(more["capture"]).purposes()


def test_a_lost_file_is_filled_from_the_other_holder_with_all_epochs(tmp_path: Path) -> None:
    """Design 4, keys have epochs: what the other holder still has comes back, old epochs too."""
    files = provision(tmp_path, plan(TOPICS, ALL, []))
    purpose = "seal/capture-record-submitted/reporting"
    ring = Keyring.from_file(files["capture"])
    keyring.write_keys(files["capture"], [*ring, new_key(purpose, 2)])
    files["reporting"].unlink()
    provision(tmp_path, plan(TOPICS, ALL, []))
    there = Keyring.from_file(files["reporting"]).epochs(purpose)
    assert there == Keyring.from_file(files["capture"]).epochs(purpose)
    assert [key.epoch for key in there] == [2, 1]


def test_two_files_that_disagree_stop_provisioning(tmp_path: Path) -> None:
    """Design 4: one kid, one key; a mix-up is an error and not a silent choice."""
    purpose = "seal/capture-record-submitted/reporting"
    keyring.write_keys(tmp_path / "capture.json", [new_key(purpose, 1)])
    keyring.write_keys(tmp_path / "reporting.json", [new_key(purpose, 1)])
    with pytest.raises(KeyringError, match="differs"):
        provision(tmp_path, plan(TOPICS, ALL, []))


def test_the_national_suite_is_a_choice_at_provisioning(tmp_path: Path) -> None:
    """Design 4 and 5 rule 2: the suite can be switched; keys say which they are for."""
    files = provision(tmp_path, plan(TOPICS, ALL, ["housing"]), cipher="SM4GCM", mac="HSM3")
    ring = Keyring.from_file(files["capture"])
    assert ring.current("kek/capture").suite == "SM4GCM"
    assert ring.current("blind/housing").suite == "HSM3"


def test_the_highest_epoch_writes_and_every_epoch_reads(fixed_key: Fixed) -> None:
    """Design 4: keys have epochs; sealed to the current key, old boxes still open."""
    old, new = fixed_key("kek/capture/9"), fixed_key("kek/capture/10", start=1)
    ring = Keyring([old, new])
    assert ring.current("kek/capture") is new
    assert ring.epochs("kek/capture") == (new, old)
    assert open_box(seal(old, b"x", {}), ring, {}) == b"x"
    assert ring.epochs("kek/access") == ()
    with pytest.raises(UnknownKey):
        ring.current("kek/access")


def test_a_key_file_is_private_and_exact(tmp_path: Path, fixed_key: Fixed) -> None:
    """Design 4, key provider, golden: the final form of the file, mode 0600, nothing left over."""
    path = tmp_path / "capture.json"
    key = Key("kek/capture/1", "A256GCM", bytes(range(32)), "2018-12-10T00:00:00Z")
    keyring.write_keys(path, [key])
    assert orjson.loads(path.read_bytes()) == {
        "keys": [
            {
                "kid": "kek/capture/1",
                "suite": "A256GCM",
                "secret": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
                "created": "2018-12-10T00:00:00Z",
            }
        ]
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["capture.json"]
    read = Keyring.from_file(path).get("kek/capture/1")
    assert (read, read.created) == (key, key.created)


@pytest.mark.skipif(os.name != "posix", reason="modes are a matter of POSIX")
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """Design 4, key provider (R102): an open key file does not start a service."""
    path = tmp_path / "capture.json"
    keyring.write_keys(path, [new_key("kek/capture", 1)])
    path.chmod(0o640)
    with pytest.raises(KeyringError, match="0600"):
        Keyring.from_file(path)


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Design 4, key provider: whole or not at all; lost keys are lost data."""
    path = tmp_path / "capture.json"
    keyring.write_keys(path, [new_key("kek/capture", 1)])
    before = path.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(keyring.os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        keyring.write_keys(path, [new_key("kek/capture", 2)])
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["capture.json"]


def test_keys_can_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Design 4, key provider: file, environment; as a service is put together from its settings."""
    [path] = provision(tmp_path, {"capture": {"kek/capture", "index/capture"}}).values()
    monkeypatch.setenv("MUSTER_TEST_KEYS", path.read_text("utf-8"))

    def opened(where: str) -> Keyring:
        monkeypatch.setenv("MUSTER_X_KEYRING", where)
        return build_context("capture", Settings(**OTHERS)).keyring

    given = list(opened("env:MUSTER_TEST_KEYS"))
    assert given == list(opened(str(path)))
    assert {key.purpose for key in given} == {"kek/capture", "index/capture"}
    monkeypatch.delenv("MUSTER_TEST_KEYS")
    with pytest.raises(KeyringError, match="MUSTER_TEST_KEYS is not set"):
        opened("env:MUSTER_TEST_KEYS")


class Settings(ServiceSettings):
    """Of a service that is not started."""

    model_config = SettingsConfigDict(env_prefix="MUSTER_X_")


OTHERS: dict[str, Any] = {
    "database_url": "postgresql+asyncpg://x:y@127.0.0.1:1/z",
    "kafka": "127.0.0.1:1",
    "redis_url": "redis://127.0.0.1:1",
    "profile": "tongren",
    "port": 1,
}


GOOD = {"kid": "kek/capture/1", "suite": "A256GCM", "secret": "A" * 43, "created": ""}


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"keys": {}},
        {"keys": [], "more": 1},
        {"keys": [[]]},
        {"keys": [{**GOOD, "more": "x"}]},
        {"keys": [{k: v for k, v in GOOD.items() if k != "created"}]},
        {"keys": [{**GOOD, "kid": "kek/capture"}]},
        {"keys": [{**GOOD, "kid": "kek/capture/0"}]},
        {"keys": [{**GOOD, "kid": "Kek/capture/1"}]},
        {"keys": [{**GOOD, "kid": "kek/cap.ture/1"}]},
        {"keys": [{**GOOD, "suite": "ROT13"}]},
        {"keys": [{**GOOD, "secret": "A" * 42}]},
        {"keys": [{**GOOD, "secret": "A" * 42 + "="}]},
        {"keys": [{**GOOD, "secret": 5}]},
        {"keys": [{**GOOD, "suite": "SM4GCM"}]},
        {"keys": [{**GOOD, "suite": "ES256"}]},
        {"keys": [GOOD, GOOD]},
    ],
)
def test_a_key_file_is_read_strictly(document: object, tmp_path: Path) -> None:
    """Design 4, key provider: a mistake stops the start and does not become a weak key."""
    path = tmp_path / "capture.json"
    path.touch(mode=0o600)
    path.write_bytes(orjson.dumps(document))
    with pytest.raises(KeyringError) as caught:
        Keyring.from_file(path)
    assert "AAAA" not in str(caught.value)


def test_secrets_do_not_show(fixed_key: Fixed) -> None:
    """Design 4, never in logs (R100): a key's text form has no secret in it."""
    key = Key("kek/capture/1", "A256GCM", b"0123456789abcdef0123456789abcdef")
    assert "0123456789" not in f"{key!r} {key}"


def test_signing_keys_are_p_256_with_their_use() -> None:
    """Design 4, JWS inside JWE with ES256: each purpose gets the kind of key it needs."""
    for purpose, use in (("packet/capture", "enc"), ("token/access", "sig"), ("audit/x", "sig")):
        jwk = new_key(purpose, 1).jwk()
        assert (jwk["kty"], jwk["crv"], jwk["use"]) == ("EC", "P-256", use)
    with pytest.raises(KeyringError):
        new_key("other/capture", 1)
    with pytest.raises(KeyringError):
        new_key("kek/../capture", 1)
