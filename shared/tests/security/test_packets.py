"""Packets across the border."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwe

from muster.security import b64, jose, packets
from muster.security.packets import BadPacket, Jwk, generate_key, open_and_verify, sign_and_seal

# Keys of this test only, so that the committed packet can be opened.
SIGNER: Jwk = {
    "kty": "EC",
    "crv": "P-256",
    "x": "42VJg9o7C_vOS3IkglJy1jnbIIjTe2QEsZ_Lu4E0oSI",
    "y": "fWASnso6ZIqtByizYxITk5VOM8dKzcSh8NAA_fQFd0U",
    "d": "sNOwQDelHsY1QXZC65yxkYmqG1UN3UvF1X_csTIJQ2U",
    "use": "sig",
    "kid": "2r7aiFsVrAJTevH3xHlRSZjcIZrDZPXgLm1LvK9a6MM",
}
RECIPIENT: Jwk = {
    "kty": "EC",
    "crv": "P-256",
    "x": "VWpjf6FV05plNBaVhlHS96GtS2lGl8FGfuaAwcPiz00",
    "y": "n2L4FlvHtnX6FrYrRoZEp4ciE80IBbbC8rBqweGKyJQ",
    "d": "9t9OlKtVjhVoiQpJYhd7CpXVltNffuZJlApZnlMugHM",
    "use": "enc",
    "kid": "e6M4wFlqfvzdVGm8JrPcCLkqfnOV4djp2_jwx3y1Ru4",
}
GOLDEN = (
    "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImtpZCI6ImU2TTR3RmxxZnZ6ZFZHbThKclBjQ0xrcW"
    "ZuT1Y0ZGpwMl9qd3gzeTFSdTQiLCJ0eXAiOiJtdXN0ZXItcGFja2V0IiwiY3R5IjoiSk9TRSIsImVwayI6eyJj"
    "cnYiOiJQLTI1NiIsIngiOiJaU0ZQRURCMWJXMTc4OGxnMEtRLVItRi0xZWZUc1lxYkxhQ09mdXRCRGRvIiwieS"
    "I6IkZ5emJuaFh5SEJNQldRcWVKR2NNZTh2Z3Y4SjNCRzZsMDFaZ3BFVEc2TUkiLCJrdHkiOiJFQyJ9fQ..bLfO"
    "BJC2yQ5V2BIj.1mhuqIuRy7HPe4KSp0SGh_Gcc4ribQ62tGzW5y5CnyiQZb18yETqWlN5ckRJUYBiUSAVUYQkM"
    "qz8a311CiqI0sbTkZH0lPFBOxhlLp9GxSy5-9SZw0_ZwJrcc1_PrUFfwxpfxvksqeB1team7jjNskeWJ3S16bL"
    "Hg3fUkRPRwbj_9alzIANvB6Cmh11oykT9UUe1-GsDwUAKDaFR3w8CYohn7m5vd8fYZzLABQZZwpdjKpZPf2pLs"
    "IVW3srXcLUb7IedzZIXnxhqVv6MMA_Zxc70OtNgRWki_NLfEoGVzMpUag3UqKiczH2qSfyDzN1h1k8NlESmpoe"
    "zJ03IgSQi6L_CaT8ua5SwkAE2KVTj-pC9WaF6ieH4wXlyJFMvT2VbKjLAzYK8UrJUaN2c_p8YhTVqKq94tKIFD"
    "hp4IxIrwzU97NJvN5LSTfvj4M2deZsAlAR-Gkrm2hBdTw4Xu1FADeUpNw.IQyyqqXl2_aPY8UUCh4Pnw"
)
PAYLOAD = {"records": [{"name": "张三"}]}
THEN = datetime(2018, 12, 10, tzinfo=UTC)


def enrolled(kid: str) -> Jwk | None:
    return packets.public_jwk(SIGNER) if kid == SIGNER["kid"] else None


def nobody(_kid: str) -> None:
    return None


def rule_of(
    text: str,
    find: Callable[[str], Jwk | None] = enrolled,
    recipient: Jwk = RECIPIENT,
    limit: int = packets.LIMIT,
    max_age: timedelta | None = None,
    now: datetime | None = None,
) -> str:
    with pytest.raises(BadPacket) as caught:
        open_and_verify(text, recipient, find, limit=limit, max_age=max_age, now=now)
    refusal = caught.value
    assert refusal.reasons == (refusal.reason,)
    assert "张三" not in f"{refusal} {refusal.reason}"
    assert text[:20] not in f"{refusal} {refusal.reason}"
    assert refusal.__cause__ is None
    return refusal.reason.rule


def test_golden_packet() -> None:
    """Design 4, across the border: a packet of the first day opens for ever; a change of format
    fails here."""
    assert open_and_verify(GOLDEN, RECIPIENT, enrolled) == (PAYLOAD, SIGNER["kid"])


def test_a_packet_round_trips() -> None:
    """Design 4: JWS inside JWE (ECDH-ES + A256GCM), with the recipient's and the signer's kid."""
    text = sign_and_seal(PAYLOAD, SIGNER, packets.public_jwk(RECIPIENT))
    assert open_and_verify(text, RECIPIENT, enrolled) == (PAYLOAD, SIGNER["kid"])
    header = jose.header(text, 5)
    assert {name: header[name] for name in ("alg", "enc", "kid", "typ", "cty")} == {
        "alg": "ECDH-ES",
        "enc": "A256GCM",
        "kid": RECIPIENT["kid"],
        "typ": "muster-packet",
        "cty": "JOSE",
    }
    assert header["epk"] != jose.header(GOLDEN, 5)["epk"]


def test_the_inside_is_a_signature_over_recipient_time_and_payload() -> None:
    """Design 4, JWS inside JWE: checked without our own opening code."""
    registry = jwe.JWERegistry(algorithms=["ECDH-ES", "A256GCM"])
    opened = jwe.decrypt_compact(GOLDEN, jose.private_key(RECIPIENT), registry=registry).plaintext
    assert opened is not None
    header, payload, _ = opened.decode().split(".")
    assert orjson.loads(b64.decode(header)) == {
        "alg": "ES256",
        "kid": SIGNER["kid"],
        "typ": "muster-packet",
    }
    assert orjson.loads(b64.decode(payload)) == {
        "to": RECIPIENT["kid"],
        "iat": int(THEN.timestamp()),
        "payload": PAYLOAD,
    }


def test_only_an_enrolled_terminal_is_heard() -> None:
    """R101, R102: data come from authorised, dedicated computers only. A stranger's well-made
    packet, and one that claims a terminal's kid, are both refused."""
    stranger = generate_key("sig")
    text = sign_and_seal(PAYLOAD, stranger, RECIPIENT)
    assert rule_of(text) == "packet-key-unknown"
    assert rule_of(GOLDEN, find=nobody) == "packet-key-unknown"
    posing = {**stranger, "kid": SIGNER["kid"]}
    assert rule_of(sign_and_seal(PAYLOAD, posing, RECIPIENT)) == "packet-signature"


def test_a_packet_for_somebody_else_is_refused() -> None:
    """Design 4: one JWE per recipient."""
    other = generate_key("enc")
    assert rule_of(GOLDEN, recipient=other) == "packet-recipient"
    posing = {**other, "kid": RECIPIENT["kid"]}
    assert rule_of(GOLDEN, recipient=posing) == "packet-damaged"


def test_what_was_opened_cannot_be_passed_on() -> None:
    """Design 4: the signed part names the recipient; sealing it anew to another does not help."""
    other = generate_key("enc")
    registry = jwe.JWERegistry(algorithms=["ECDH-ES", "A256GCM"])
    inside = jwe.decrypt_compact(GOLDEN, jose.private_key(RECIPIENT), registry=registry).plaintext
    assert inside is not None
    header = {
        "alg": "ECDH-ES",
        "enc": "A256GCM",
        "kid": other["kid"],
        "typ": "muster-packet",
        "cty": "JOSE",
    }
    passed_on = jwe.encrypt_compact(header, inside, jose.public_key(other), registry=registry)
    assert rule_of(passed_on, recipient=other) == "packet-recipient"


def test_keys_of_earlier_epochs_still_open() -> None:
    """Design 4: keys have epochs; a terminal that was offline used the one before."""
    newer = generate_key("enc")
    assert open_and_verify(GOLDEN, [newer, RECIPIENT], enrolled)[0] == PAYLOAD


def test_size_has_an_end() -> None:
    """Design 4 and 5 rule 4: too large is refused before any work, with a kind of its own."""
    assert rule_of(GOLDEN, limit=len(GOLDEN) - 1) == "packet-too-large"
    assert open_and_verify(GOLDEN, RECIPIENT, enrolled, limit=len(GOLDEN))[0] == PAYLOAD
    with pytest.raises(BadPacket) as caught:
        open_and_verify("x" * 100, RECIPIENT, enrolled, limit=99)
    assert (caught.value.status, caught.value.kind) == (413, "too-large")


def test_a_large_packet_goes_through() -> None:
    """Design 4: photographs and whole batches travel too; the library's own limits (64 kB) are
    not ours."""
    payload = {"photo": "A" * 3_000_000}
    text = sign_and_seal(payload, SIGNER, RECIPIENT)
    assert open_and_verify(text, RECIPIENT, enrolled)[0] == payload


@pytest.mark.parametrize(
    ("now", "refused"),
    [
        (THEN, False),
        (THEN + timedelta(days=7), False),
        (THEN + timedelta(days=7, seconds=1), True),
        (THEN - timedelta(minutes=9), False),
        (THEN - timedelta(minutes=11), True),
    ],
)
def test_age_is_checked_when_asked_for(now: datetime, refused: bool) -> None:
    """Design 4: an old packet, or one from a clock that runs ahead, is refused with its reason;
    without an age the caller decides."""
    week = timedelta(days=7)
    if refused:
        assert rule_of(GOLDEN, max_age=week, now=now) == "packet-expired"
    else:
        assert open_and_verify(GOLDEN, RECIPIENT, enrolled, max_age=week, now=now)[0] == PAYLOAD
    assert open_and_verify(GOLDEN, RECIPIENT, enrolled, now=now)[0] == PAYLOAD


@settings(max_examples=120)
@given(st.data())
def test_no_changed_character_passes(data: st.DataObject) -> None:
    """Design 4, bad input at the upload door: a changed packet is a clear refusal, whichever
    character it was."""
    at = data.draw(st.integers(0, len(GOLDEN) - 1))
    letter = data.draw(st.sampled_from("AZaz09-_.=+é").filter(lambda c: c != GOLDEN[at]))
    changed = GOLDEN[:at] + letter + GOLDEN[at + 1 :]
    try:
        opened = open_and_verify(changed, RECIPIENT, enrolled)
    except BadPacket:
        return
    # Only the spare bits of a part's last character may differ without a difference in content.
    assert opened == (PAYLOAD, SIGNER["kid"])
    assert at + 1 == len(GOLDEN) or GOLDEN[at + 1] == "."


@settings(max_examples=200)
@given(st.text(max_size=80) | st.text(alphabet="eyJhbGciOiJ.-_", max_size=120))
def test_any_text_is_answered_with_a_refusal(text: str) -> None:
    """Bad input at the upload door (issue: nothing is a 500)."""
    with pytest.raises(BadPacket) as caught:
        open_and_verify(text, RECIPIENT, enrolled)
    assert caught.value.reason.rule in {"packet-malformed", "packet-recipient"}


@pytest.mark.parametrize(
    "change",
    [
        {"alg": "dir"},
        {"alg": "ECDH-ES+A256KW"},
        {"enc": "A128CBC-HS256"},
        {"zip": "DEF"},
        {"typ": "JWT"},
        {"crit": ["exp"]},
        {"kid": None},
        {"kid": ["x"]},
        {"epk": None},
        {"epk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}},
        {"epk": {"kty": "oct", "k": "AA"}},
        {"epk": []},
    ],
)
def test_algorithms_are_ours_and_not_the_senders(change: dict[str, object]) -> None:
    """Design 4: ECDH-ES and A256GCM; no other algorithm, no compression, no odd header."""
    header = {**jose.header(GOLDEN, 5), **change}
    changed = ".".join([b64.encode(orjson.dumps(header)), *GOLDEN.split(".")[1:]])
    expected = {"packet-malformed", "packet-recipient", "packet-damaged"}
    assert rule_of(changed) in expected


@pytest.mark.parametrize(
    "inner",
    [
        b"",
        b"[]",
        b"not json",
        b'{"to":"x","iat":1}',
        b'{"to":"x","iat":1.5,"payload":{}}',
        b'{"to":"x","iat":1,"payload":[]}',
        b'{"to":"x","iat":1,"payload":{},"more":1}',
        b'{"to":"x","iat":NaN,"payload":{}}',
    ],
)
def test_a_signed_nonsense_is_refused(inner: bytes) -> None:
    """Bad input at the upload door: also an enrolled terminal's packet is read strictly."""
    signed = jose.sign(inner, SIGNER, "muster-packet")
    header = {k: v for k, v in jose.header(GOLDEN, 5).items() if k != "epk"}
    registry = jwe.JWERegistry(algorithms=["ECDH-ES", "A256GCM"])
    text = jwe.encrypt_compact(header, signed, jose.public_key(RECIPIENT), registry=registry)
    assert rule_of(text) == "packet-malformed"


def test_keys_are_named_by_their_thumbprint() -> None:
    """Design 4: public keys come through access by id; RFC 7638 makes the id a fact of the key."""
    made = generate_key("sig")
    assert made["kid"] == jose.thumbprint(made)
    assert made["kid"] == jose.thumbprint(packets.public_jwk(made))
    assert SIGNER["kid"] == jose.thumbprint(SIGNER)
    assert set(packets.public_jwk(made)) == {"kty", "crv", "x", "y", "kid", "use"}
    with pytest.raises(ValueError, match="sig or for enc"):
        generate_key("other")
