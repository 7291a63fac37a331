"""What an edge asks services over HTTP: their public keys, and to be enrolled.

Keys are taken from the configured address of the service and from nowhere else: no redirect is
followed, and a kept set counts only for the address that it came from. Whoever stands between must
be kept out by TLS.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from muster.observability.logging import get_logger
from muster.security import jose
from muster.security.jose import Jwk
from muster.security.keyring import write_private
from muster.vocabulary.reasons import Reason, Refusal
from muster.vocabulary.states import Severity

if TYPE_CHECKING:
    import httpx

_log = get_logger("muster.spool")

NAME = "service-keys.json"
PROOF_TYPE = "muster-enrolment"
"""`typ` of the JWS by which an edge shows access that it holds the key that it enrols."""


class ServiceAway(OSError):  # noqa: N818 - reads as what it says
    """A service does not answer, or not as one of ours does. Carries its name or address."""


class KeysUnknown(LookupError):  # noqa: N818 - reads as what it says
    """No key of that service was fetched yet."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What access made of a code: the terminal's id, or the department."""

    place: str
    area: str | None
    label: str | None


def new_client() -> httpx.AsyncClient:
    """An HTTP client for edges."""
    from muster.spool.web import httpx

    return httpx.AsyncClient(timeout=httpx.Timeout(15.0, connect=5.0), follow_redirects=False)


async def ask(
    http: httpx.AsyncClient, method: str, address: str, path: str, body: object = None
) -> dict[str, Any]:
    """The JSON object that a service answers.

    Raises:
        ServiceAway: it does not answer, fails, or answers something else.
        Refusal: it refused, with its reasons.
    """
    from muster.spool.web import httpx

    try:
        answer = await http.request(method, address.rstrip("/") + path, json=body)
    except httpx.HTTPError as error:
        raise ServiceAway(f"{address}: {type(error).__name__}") from None
    try:
        loaded = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        loaded = None
    if isinstance(loaded, dict) and answer.is_success:
        return loaded
    reasons = _reasons(loaded) if answer.is_client_error else []
    if reasons:
        raise Refusal(reasons, status=answer.status_code)
    raise ServiceAway(f"{address}: {answer.status_code}")


def _reasons(problem: Any) -> list[Reason]:
    try:
        return [
            Reason(r["field"], r["rule"], r["zh"], r["en"], Severity(r["severity"]))
            for r in problem["reasons"]
        ]
    except (KeyError, TypeError, ValueError):
        return []


class ServiceKeys:
    """The public keys of services, fetched and kept beside the key file; without a client, as they
    were kept."""

    def __init__(
        self, folder: Path, addresses: Mapping[str, str], http: httpx.AsyncClient | None
    ) -> None:
        self._path = folder / NAME
        self._addresses = {name: url.rstrip("/") for name, url in addresses.items()}
        self._http = http
        self._known = self._read()

    def packet_key(self, service: str) -> Jwk:
        """The newest key to which a packet for that service is sealed. Raises KeysUnknown."""
        return self._of(service)["packet"][0]

    def sign_keys(self, service: str) -> dict[str, Jwk]:
        """By key id, the keys with which that service signs. Raises KeysUnknown."""
        return {key["kid"]: key for key in self._of(service)["sign"]}

    async def refresh(self, services: Collection[str] | None = None) -> None:
        """Fetch the keys of these services (of all), and keep them.

        Raises:
            ServiceAway: one did not answer; those before it are fetched, and kept ones stay.
            ValueError: these keys were made without a client.
        """
        if self._http is None:
            raise ValueError("nobody can be asked without a client")
        for name in services if services is not None else self._addresses:
            address = self._addresses[name]
            try:
                answer = await ask(self._http, "GET", address, "/public-keys")
            except Refusal:
                raise ServiceAway(f"{name}: shows no keys") from None
            keys = _checked(name, answer)
            before = self._known.get(name)
            if before is None or before["keys"] != keys:
                self._known[name] = {"address": address, "keys": keys}
                await asyncio.to_thread(self._write)
                _log.info("keys of a service were taken", taken_from=name)

    def _of(self, service: str) -> dict[str, list[Jwk]]:
        found = self._known.get(service)
        if found is None:
            raise KeysUnknown(service)
        keys: dict[str, list[Jwk]] = found["keys"]
        return keys

    def _read(self) -> dict[str, dict[str, Any]]:
        """What was kept; a damaged file is as good as none, since services show their keys."""
        try:
            loaded = orjson.loads(self._path.read_bytes())
            kept = {
                name: {
                    "address": item["address"],
                    "keys": _checked(name, {"service": name, **item["keys"]}),
                }
                for name, item in loaded.items()
            }
        except FileNotFoundError:
            return {}
        except (ValueError, KeyError, TypeError, AttributeError, ServiceAway):
            _log.warning("kept keys of services cannot be read; they are fetched anew")
            return {}
        return {
            name: item
            for name, item in kept.items()
            if self._addresses.get(name) == item["address"]
        }

    def _write(self) -> None:
        options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        write_private(self._path, orjson.dumps(self._known, option=options))


def _checked(service: str, answer: Mapping[str, Any]) -> dict[str, list[Jwk]]:
    """The keys of an answer of ``GET /public-keys``. Raises ServiceAway."""
    try:
        keys = {
            use: [jose.public_jwk(jose.check_public(key)) for key in answer[use]]
            for use in ("packet", "sign")
        }
        named = answer["service"]
    except (KeyError, TypeError, ValueError):
        raise ServiceAway(f"{service}: shows no keys of ours") from None
    if named != service or not all(keys.values()):
        raise ServiceAway(f"{service}: another service, or no keys")
    return keys


async def enrol_terminal(
    http: httpx.AsyncClient, access: str, *, code: str, signing: Jwk
) -> Enrolled:
    """Enrol this computer by an administrator's code; safe to repeat with the same key.

    Raises ServiceAway, or Refusal with access's reasons.
    """
    body = {
        "code": code,
        "jwk": jose.public_jwk(signing),
        "proof": jose.sign(code.encode(), signing, PROOF_TYPE),
    }
    answer = await ask(http, "POST", access, "/terminals", body)
    return _enrolled(answer, "terminal_id")


async def enrol_department(
    http: httpx.AsyncClient, access: str, *, code: str, signing: Jwk, encryption: Jwk
) -> Enrolled:
    """Enrol a department's connector by an administrator's code; safe to repeat with these keys.

    Raises ServiceAway, or Refusal with access's reasons.
    """
    body = {
        "code": code,
        "keys": [jose.public_jwk(signing), jose.public_jwk(encryption)],
        "proof": jose.sign(code.encode(), signing, PROOF_TYPE),
    }
    answer = await ask(http, "POST", access, "/departments", body)
    return _enrolled(answer, "department")


def _enrolled(answer: Mapping[str, Any], name: str) -> Enrolled:
    place = answer.get(name)
    if not isinstance(place, str):
        raise ServiceAway("access does not say who was enrolled")
    return Enrolled(place, answer.get("area"), answer.get("label"))
