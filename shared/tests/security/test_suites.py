"""Each suite is the one that its name says: published test vectors, not our own output."""

import pytest
from cryptography.exceptions import InvalidTag

from muster.security import b64, suites


def test_sm3_is_the_hash_of_the_standard() -> None:
    """Design 4, suites are named and switchable: SM3("abc"), GB/T 32905-2016 annex A.1."""
    expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert suites.digest("sm3").hash(b"abc").hex() == expected


def test_sha256_is_the_hash_of_the_standard() -> None:
    """Design 4, suites are named: SHA-256("abc"), FIPS 180-4."""
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert suites.digest("sha256").hash(b"abc").hex() == expected


def test_sm4_gcm_is_the_cipher_of_the_standard() -> None:
    """Design 4, suites are named and switchable: SM4-GCM, RFC 8998 appendix A.1."""
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    nonce = bytes.fromhex("00001234567800000000abcd")
    plain = bytes.fromhex("".join(c * 16 for c in "abcdefea"))
    bound = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    sealed = bytes.fromhex(
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        "83de3541e4c2b58177e065a9bf7b62ec"
    )
    cipher = suites.cipher("SM4GCM").make(key)
    assert cipher.encrypt(nonce, plain, bound) == sealed
    assert cipher.decrypt(nonce, sealed, bound) == plain
    with pytest.raises(InvalidTag):
        cipher.decrypt(nonce, sealed, bound + b"x")
    with pytest.raises(InvalidTag):
        cipher.decrypt(nonce, sealed[:8], bound)


def test_aes_gcm_is_the_cipher_of_the_standard() -> None:
    """Design 4, AES-256-GCM: McGrew and Viega, test case 14."""
    cipher = suites.cipher("A256GCM").make(bytes(32))
    sealed = cipher.encrypt(bytes(12), bytes(16), b"")
    assert sealed.hex() == "cea7403d4d606b6e074ec5d3baf39d18" + "d0d1c8a799996bf0265b98b5d48ab919"


def test_hmac_sha256_is_the_code_of_the_standard() -> None:
    """Design 4, blinds are HMACs: RFC 4231 test case 2."""
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert suites.mac("HS256").mac(b"Jefe", b"what do ya want for nothing?").hex() == expected


def test_hmac_sm3_is_built_from_sm3_as_rfc_2104_says() -> None:
    """Design 4, blinds are HMACs in either suite: against the definition."""
    secret, message = bytes(range(32)), b"muster"
    block = secret.ljust(64, b"\0")
    sm3 = suites.digest("sm3").hash
    inner = sm3(bytes(b ^ 0x36 for b in block) + message)
    assert suites.mac("HSM3").mac(secret, message) == sm3(bytes(b ^ 0x5C for b in block) + inner)


@pytest.mark.parametrize("find", [suites.cipher, suites.mac, suites.digest])
def test_a_suite_that_is_not_known_is_refused(find: object) -> None:
    """Design 4: a reader takes the suite from the text; an unknown one stops it."""
    assert callable(find)
    with pytest.raises(suites.UnknownSuite):
        find("none")


@pytest.mark.parametrize("length", range(40))
def test_base64url_has_one_text_per_value(length: int) -> None:
    """Design 4, formats: RFC 4648 section 5 without padding, and no second spelling is read."""
    data = bytes((7 * i + 201) % 256 for i in range(length))
    text = b64.encode(data)
    assert b64.decode(text) == data
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize(
    "text", ["A", "AB", "AAB", "AA==", "AA=", "A+/A", "AA A", "AAA\n", "é", "AAAAA", "====", "AA.A"]
)
def test_base64url_refuses_other_spellings(text: str) -> None:
    """Design 4, formats: spare bits, padding, spaces and the other alphabet do not pass."""
    with pytest.raises(ValueError, match="base64url"):
        b64.decode(text)
