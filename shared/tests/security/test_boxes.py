"""Sealing between services and in stores."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.security import b64, boxes
from muster.security.boxes import BadSeal, UnknownKey, open_box, seal
from muster.security.keyring import Key, Keyring, new_key
from muster.security.suites import UnknownSuite

Fixed = Callable[..., Key]
KID = "seal/capture-record-submitted/reporting/1"
CONTEXT: dict[str, str | int] = {
    "topic": "capture-record-submitted",
    "consumer": "reporting",
    "event_id": "00000000-0000-4000-8000-000000000001",
    "version": 1,
}
PLAIN = "封存 sealed".encode()
GOLDEN = {
    "A256GCM": f"A256GCM.{KID}.AAECAwQFBgcICQoL.orJX_mh94mjoIPvu1ZEHVVJYCPw9-5CW0DdPyhc",
    "SM4GCM": f"SM4GCM.{KID}.AAECAwQFBgcICQoL.cvZfHmTypXOa_RgotXIc_okOLe9DuwhdZiAUnbU",
}


@pytest.mark.parametrize("suite", GOLDEN)
def test_golden_box(suite: str, fixed_key: Fixed) -> None:
    """Design 4, sealing: the final text form in both suites; a change of format fails here."""
    key = fixed_key(KID, suite)
    assert boxes._seal(key, PLAIN, CONTEXT, bytes(range(12))) == GOLDEN[suite]
    assert open_box(GOLDEN[suite], key, CONTEXT) == PLAIN


def test_a_box_is_aes_256_gcm_over_the_context_by_hand() -> None:
    """Design 4: AES-256-GCM, bound context as RFC 8785 JSON with suite and kid."""
    _, _, nonce, sealed = GOLDEN["A256GCM"].split(".")
    bound = (
        '{"consumer":"reporting","event_id":"00000000-0000-4000-8000-000000000001",'
        f'"kid":"{KID}","suite":"A256GCM","topic":"capture-record-submitted","version":1}}'
    )
    opened = AESGCM(bytes(range(32))).decrypt(b64.decode(nonce), b64.decode(sealed), bound.encode())
    assert opened == PLAIN


@settings(max_examples=60)
@given(st.binary(max_size=300), st.sampled_from(["A256GCM", "SM4GCM"]))
def test_what_is_sealed_opens_again(plain: bytes, suite: str) -> None:
    """Design 4, sealing: exact round trip, ASCII text of four parts without dots inside."""
    key = new_key("seal/capture-record-submitted/reporting", 1, cipher=suite)
    text = seal(key, plain, CONTEXT)
    assert open_box(text, Keyring([key]), CONTEXT) == plain
    assert open_box(text, {key.kid: key}, CONTEXT) == plain
    assert text.isascii()
    assert text.count(".") == 3


@pytest.mark.parametrize(
    "changed",
    [
        {**CONTEXT, "topic": "capture-subject-status-changed"},
        {**CONTEXT, "consumer": "verification"},
        {**CONTEXT, "event_id": "00000000-0000-4000-8000-000000000002"},
        {**CONTEXT, "version": 2},
        {**CONTEXT, "version": "1"},
        {k: v for k, v in CONTEXT.items() if k != "version"},
        {**CONTEXT, "county": "632321"},
    ],
)
def test_a_box_does_not_open_elsewhere(changed: dict[str, str | int], fixed_key: Fixed) -> None:
    """Design 4: bound to topic, consumer, event id, type, subject, version."""
    key = fixed_key(KID)
    with pytest.raises(BadSeal):
        open_box(seal(key, PLAIN, CONTEXT), key, changed)


def test_another_recipients_key_does_not_open(fixed_key: Fixed) -> None:
    """Design 4: one ciphertext per consumer (R100). A key of the same id and other bytes fails,
    and a ring without that id has nothing to try."""
    text = seal(fixed_key(KID), PLAIN, CONTEXT)
    with pytest.raises(BadSeal):
        open_box(text, fixed_key(KID, start=1), CONTEXT)
    with pytest.raises(UnknownKey):
        open_box(text, fixed_key("seal/capture-record-submitted/verification/1"), CONTEXT)
    with pytest.raises(UnknownKey):
        open_box(text, Keyring([]), CONTEXT)
    with pytest.raises(UnknownKey):
        open_box(text, {}, CONTEXT)


def test_the_kid_is_bound(fixed_key: Fixed) -> None:
    """Design 4: every ciphertext names its suite and key; renaming either does not pass."""
    text = seal(fixed_key(KID), PLAIN, CONTEXT)
    other = fixed_key("seal/capture-record-submitted/reporting/2")
    with pytest.raises(BadSeal):
        open_box(text.replace(KID, other.kid), other, CONTEXT)
    with pytest.raises(BadSeal):
        open_box(text.replace("A256GCM", "SM4GCM"), fixed_key(KID), CONTEXT)


@settings(max_examples=150)
@given(st.data())
def test_no_changed_bit_passes(data: st.DataObject) -> None:
    """Design 4: authenticated; whatever character of a box is changed, it does not open."""
    key = Key(KID, "A256GCM", bytes(range(32)))
    text = GOLDEN["A256GCM"]
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.characters(codec="utf-8").filter(lambda c: c != text[at]))
    with pytest.raises((BadSeal, UnknownKey)) as caught:
        open_box(text[:at] + letter + text[at + 1 :], key, CONTEXT)
    assert "封存" not in str(caught.value)


@settings(max_examples=150)
@given(st.text(max_size=60) | st.text(alphabet="A256GCM.kek/_-=1", max_size=60))
def test_any_text_is_answered_with_a_bad_seal(text: str) -> None:
    """Design 4, three outcomes: an unreadable box is an error of ours, never another one, and
    the error repeats nothing of it."""
    key = Key("kek/capture/1", "A256GCM", bytes(32))
    with pytest.raises((BadSeal, UnknownKey)):
        open_box(text, key, {})


def test_nonces_are_random(fixed_key: Fixed) -> None:
    """Design 4: random 96-bit nonces."""
    key = fixed_key(KID)
    nonces = {seal(key, b"", {}).split(".")[2] for _ in range(300)}
    assert len(nonces) == 300
    assert all(len(b64.decode(nonce)) == 12 for nonce in nonces)


def test_a_context_cannot_claim_suite_or_kid(fixed_key: Fixed) -> None:
    """Design 4, bound context: what the box itself binds cannot be set from outside."""
    for name in ("suite", "kid"):
        with pytest.raises(ValueError, match="belong to the box"):
            seal(fixed_key(KID), PLAIN, {name: "x"})


def test_only_cipher_keys_seal(fixed_key: Fixed) -> None:
    """Design 4, keys have one purpose: a matching key seals nothing."""
    with pytest.raises(UnknownSuite):
        seal(fixed_key("blind/housing/1", "HS256"), PLAIN, CONTEXT)
