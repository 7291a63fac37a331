"""Bearer tokens."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import OctKey

from muster.security import b64, jose
from muster.security.grants import Grant
from muster.security.jose import Jwk
from muster.security.tokens import BadToken, Claims, issue, verify
from muster.vocabulary.states import Role

# A key of this test only, so that the committed token can be verified.
ACCESS: Jwk = {
    "kty": "EC",
    "crv": "P-256",
    "x": "42VJg9o7C_vOS3IkglJy1jnbIIjTe2QEsZ_Lu4E0oSI",
    "y": "fWASnso6ZIqtByizYxITk5VOM8dKzcSh8NAA_fQFd0U",
    "d": "sNOwQDelHsY1QXZC65yxkYmqG1UN3UvF1X_csTIJQ2U",
    "use": "sig",
    "kid": "2r7aiFsVrAJTevH3xHlRSZjcIZrDZPXgLm1LvK9a6MM",
}
GOLDEN = (
    "eyJhbGciOiJFUzI1NiIsImtpZCI6IjJyN2FpRnNWckFKVGV2SDN4SGxSU1pqY0lackRaUFhnTG0xTHZLOWE2TU"
    "0iLCJ0eXAiOiJKV1QifQ.eyJpc3MiOiJtdXN0ZXItYWNjZXNzIiwiYXVkIjoibXVzdGVyIiwic3ViIjoiYWNjI"
    "iwiaWF0IjoxNTQ0NDAwMDAwLCJleHAiOjE1NDQ0MDA2MDAsImp0aSI6IjU4ZGNmMWQwLWU4N2MtNDg4Zi04ZWI"
    "3LWM1MDIyM2ZjNTVhYSIsImdyYW50cyI6W3sicm9sZSI6ImNvbGxlY3RvciIsImFyZWEiOiI2MzIzMjExMDAiL"
    "CJ2YWxpZF9mcm9tIjoiMjAxOC0xMi0xMFQwMDowMDowMFoiLCJ2YWxpZF91bnRpbCI6bnVsbH1dLCJncmFudHN"
    "fdmVyc2lvbiI6NywidGVybWluYWxfaWQiOiJ0ZXJtIn0.pSwQgadORQoUYfUoUHA0rhjXnVjqnGwO5w8zCGuOa"
    "cvDuGLbDlg_L31X82T415T5K-zIzm0gZF4CfHzKyNKXtA"
)
THEN = datetime(2018, 12, 10, tzinfo=UTC)
TTL = timedelta(minutes=10)
GRANT = Grant(Role.COLLECTOR, "632321100", THEN, None)
CLAIMS = Claims("acc", (GRANT,), 7, "term")


def known(kid: str) -> Jwk | None:
    return jose.public_jwk(ACCESS) if kid == ACCESS["kid"] else None


def rule_of(token: str, now: datetime = THEN, audience: str = "muster") -> str:
    with pytest.raises(BadToken) as caught:
        verify(token, known, audience, now=now)
    assert (caught.value.status, caught.value.kind) == (401, "unauthorised")
    assert "collector" not in f"{caught.value} {caught.value.reason}"
    return caught.value.reason.rule


def body_of(token: str) -> dict[str, object]:
    loaded: dict[str, object] = orjson.loads(b64.decode(token.split(".")[1]))
    return loaded


def test_golden_token() -> None:
    """Design 4, formats: a token of the first day is read for ever; a change fails here."""
    claims = verify(GOLDEN, known, now=THEN)
    assert claims.exp == int((THEN + TTL).timestamp())
    assert (claims.account_id, claims.grants, claims.grants_version, claims.terminal_id) == (
        "acc",
        (GRANT,),
        7,
        "term",
    )
    assert claims.principal().grants == (GRANT,)
    assert claims.principal().terminal_id == "term"


def test_a_token_carries_what_was_issued() -> None:
    """Design 5 rule 10 (R102): account, grants, their version, the terminal; a new jti each."""
    tokens_made = [issue(CLAIMS, ACCESS, TTL, now=THEN) for _ in range(2)]
    first, second = (verify(token, known, now=THEN) for token in tokens_made)
    assert first.grants == CLAIMS.grants
    assert first.jti != second.jti
    assert jose.header(tokens_made[0], 3) == {"alg": "ES256", "kid": ACCESS["kid"], "typ": "JWT"}


@pytest.mark.parametrize(
    ("now", "rule"),
    [
        (THEN + TTL + timedelta(seconds=11), "token-expired"),
        (THEN + timedelta(days=400), "token-expired"),
        (THEN - timedelta(seconds=11), "token-early"),
    ],
)
def test_a_token_is_short_lived(now: datetime, rule: str) -> None:
    """R102: an authorisation ends by itself; the leeway for clocks is ten seconds."""
    assert rule_of(GOLDEN, now) == rule
    assert verify(GOLDEN, known, now=THEN + TTL + timedelta(seconds=9)).account_id == "acc"


def test_a_token_of_another_key_does_not_let_in() -> None:
    """R102: unknown key, or a known kid with another key behind it."""
    stranger = jose.generate("sig")
    assert rule_of(issue(CLAIMS, stranger, TTL, now=THEN)) == "token-key-unknown"
    posing = {**stranger, "kid": ACCESS["kid"]}
    assert rule_of(issue(CLAIMS, posing, TTL, now=THEN)) == "token-signature"


def test_audience_and_issuer_are_ours() -> None:
    """R102: a token that access made for something else does not open Muster."""
    assert rule_of(GOLDEN, audience="other") == "token-audience"
    other = jose.sign(orjson.dumps({**body_of(GOLDEN), "iss": "other"}), ACCESS, "JWT")
    assert rule_of(other) == "token-audience"


def test_the_algorithm_is_pinned() -> None:
    """R102: ES256 and nothing else; not none, not a MAC under the public key."""
    claims = orjson.dumps(body_of(GOLDEN))
    unsigned = b64.encode(orjson.dumps({"alg": "none", "kid": ACCESS["kid"], "typ": "JWT"}))
    assert rule_of(f"{unsigned}.{b64.encode(claims)}.") == "token-malformed"
    confused = jws.serialize_compact(
        {"alg": "HS256", "kid": ACCESS["kid"], "typ": "JWT"},
        claims,
        OctKey.import_key(orjson.dumps(jose.public_jwk(ACCESS))),
    )
    assert rule_of(confused) == "token-malformed"


def test_a_key_inside_the_token_is_not_believed() -> None:
    """R102: keys come from `access-key-changed`, never from the token's header."""
    stranger = jose.generate("sig")
    header = {"alg": "ES256", "kid": ACCESS["kid"], "typ": "JWT", "jwk": jose.public_jwk(stranger)}
    token = jws.serialize_compact(
        header, orjson.dumps(body_of(GOLDEN)), jose.private_key(stranger), algorithms=["ES256"]
    )
    assert rule_of(token) == "token-malformed"


@pytest.mark.parametrize("kid", ["a\0", "a\nb", "\u00e9", ""])
def test_a_key_id_that_no_store_can_take_is_no_token(kid: str) -> None:
    """The issue: nothing is a 500; the key is looked up before its signature is checked."""
    token = issue(CLAIMS, {**jose.generate("sig"), "kid": kid}, TTL, now=THEN)
    with pytest.raises(jose.Malformed):
        jose.signer(token, "JWT")
    assert rule_of(token) == "token-malformed"


def test_an_audit_head_is_no_token() -> None:
    """Design 4, keys have one purpose: another kind of signed text does not log anybody in."""
    signed = jose.sign(orjson.dumps(body_of(GOLDEN)), ACCESS, "muster-audit-head")
    assert rule_of(signed) == "token-malformed"


@pytest.mark.parametrize(
    "change",
    [
        {"sub": None},
        {"exp": "1"},
        {"exp": 1e12},
        {"exp": True},
        {"iat": None},
        {"grants_version": "7"},
        {"grants": {}},
        {"grants": [{"role": "emperor"}]},
        {"terminal_id": 5},
        {"admin": True},
    ],
)
def test_claims_are_read_strictly(change: dict[str, object]) -> None:
    """Design 5 rule 10: a signed token of another shape lets nobody in."""
    token = jose.sign(orjson.dumps({**body_of(GOLDEN), **change}), ACCESS, "JWT")
    assert rule_of(token) == "token-malformed"


@settings(max_examples=200)
@given(st.text(max_size=80) | st.text(alphabet="eyJhbGciOiJ.-_", max_size=120))
def test_any_text_is_answered_with_a_refusal(text: str) -> None:
    """R102, and the issue: nothing is a 500."""
    assert rule_of(text) == "token-malformed"


@settings(max_examples=120)
@given(st.integers(0, len(GOLDEN) - 2), st.sampled_from("AZaz09-_."))
def test_no_changed_character_passes(at: int, letter: str) -> None:
    """R102: a changed token lets nobody in."""
    if letter == GOLDEN[at]:
        return
    with pytest.raises(BadToken):
        verify(GOLDEN[:at] + letter + GOLDEN[at + 1 :], known, now=THEN)


def test_length_has_an_end() -> None:
    """R102, bad input: a huge text is refused before any work."""
    assert rule_of("a." * 40_000) == "token-malformed"
