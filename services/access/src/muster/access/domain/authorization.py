"""Signing in by a browser: the authorisation code grant with PKCE (RFC 6749, RFC 7636).

The clients are our own pages on the one origin, so their redirect addresses are paths.
"""

import hashlib
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

CLIENTS = {"console": "/console/signed-in", "desk": "/desk/signed-in"}
"""Each client's only redirect address."""
CODE_HOLDS = timedelta(seconds=60)

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_STATE = re.compile(r"[A-Za-z0-9._~-]{1,200}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asks of the sign-in page, checked."""

    client_id: str
    redirect_uri: str
    code_challenge: str
    state: str

    @classmethod
    def read(cls, said: Mapping[str, str]) -> "Asked | None":
        """From the parameters of a request; None when any is missing or not as it must be."""
        asked = cls(*(said.get(name, "") for name in cls.__slots__))
        fits = (
            said.get("response_type") == "code"
            and said.get("code_challenge_method") == "S256"
            and asked.redirect_uri == CLIENTS.get(asked.client_id)
            and _CHALLENGE.fullmatch(asked.code_challenge)
            and _STATE.fullmatch(asked.state)
        )
        return asked if fits else None

    def parameters(self) -> dict[str, str]:
        """What `read` reads."""
        said = {name: str(getattr(self, name)) for name in self.__slots__}
        return {"response_type": "code", "code_challenge_method": "S256", **said}


def new_code() -> str:
    """A code of 256 random bits."""
    return secrets.token_urlsafe(32)


def code_hash(code: str) -> str:
    """The form in which a code is kept. It is random enough to need no key."""
    return hashlib.sha256(code.encode()).hexdigest()


def meets(verifier: str, challenge: str) -> bool:
    """Whether a verifier is the one of a challenge (S256)."""
    if _VERIFIER.fullmatch(verifier) is None:
        return False
    digest = hashlib.sha256(verifier.encode()).digest()
    made = urlsafe_b64encode(digest).rstrip(b"=").decode()
    return secrets.compare_digest(made, challenge)
