"""base64url without padding (RFC 7515, section 2), read strictly: one text per value."""

import binascii

_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_+/", b"+/??")  # `+` and `/` must not pass as what they are not


def encode(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Raises ValueError on anything that `encode` would not have written."""
    try:
        raw = text.encode("ascii").translate(_FROM_URL) + b"=" * (-len(text) % 4)
        data = binascii.a2b_base64(raw, strict_mode=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64url") from None
    # The last character may carry bits that belong to no byte; only zeros are ours.
    tail = len(data) % 3
    if tail and encode(data[-tail:]) != text[-tail - 1 :]:
        raise ValueError("not base64url as this system writes it")
    if len(text) % 4 == 1 or "=" in text[-2:]:
        raise ValueError("not base64url")
    return data
