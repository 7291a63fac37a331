"""What a computer at a desk does over HTTP: sign in, seal packets, try again when a server is away.

Only the interfaces that users have; nothing here knows a database or a topic.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
from httpx_aiohttp import AiohttpTransport

from muster.runtime.home import Home
from muster.security import jose, packets
from muster.security.jose import Jwk

__all__ = [
    "LONG",
    "Account",
    "NotRunning",
    "Refused",
    "Services",
    "Terminal",
    "Unreachable",
    "new_client",
]

_TIMEOUT = httpx.Timeout(60.0, connect=5.0)
LONG = httpx.Timeout(900.0, connect=5.0)
"""For one request that does something for everybody in a county."""
# A service that was killed is back within seconds; one that is updated takes longer.
_PATIENCE = 90.0
# What one request counts at most, however long it took: it may have been answered almost.
_ONE = _PATIENCE / 3
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 3.0
_AWAY = frozenset({502, 503, 504})


class NotRunning(Exception):  # noqa: N818 - reads as what it says
    """There is no stack to talk to; the text says what to do."""


class Unreachable(Exception):  # noqa: N818 - reads as what it says
    """A service did not answer for longer than anybody waits."""


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """A service said no. `reasons` are those of the problem document."""

    def __init__(self, status: int, kind: str, reasons: list[dict[str, str]]) -> None:
        self.status = status
        self.kind = kind
        self.reasons = reasons
        said = "; ".join(f"{r.get('field')}: {r.get('rule')}" for r in reasons)
        super().__init__(f"{status} {kind}: {said}")

    def has(self, rule: str) -> bool:
        """Whether this rule is among the reasons."""
        return any(reason.get("rule") == rule for reason in self.reasons)


def new_client(url: str = "", token: str = "") -> httpx.AsyncClient:
    """A client for many requests at once: over aiohttp, which takes a seventh of the time that
    httpx's own transport does."""
    return httpx.AsyncClient(
        transport=AiohttpTransport(limits=httpx.Limits(max_connections=24)),
        base_url=url,
        headers={"authorization": f"Bearer {token}"} if token else {},
        timeout=_TIMEOUT,
    )


@dataclass
class Services:
    """The addresses of one running stack and the connections to it, for all accounts together."""

    home: Home
    http: httpx.AsyncClient = field(default_factory=new_client)
    _stack: dict[str, Any] = field(default_factory=dict)
    _written: tuple[int, int] = (0, 0)

    async def __aenter__(self) -> Services:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    def url(self, service: str) -> str:
        """Where a service answers now; a restarted stack may have moved."""
        entry = self._now().get("services", {}).get(service)
        if not entry:
            raise NotRunning(f"There is no running {service} in {self.home.path}. Start: muster up")
        return str(entry["url"])

    def _now(self) -> dict[str, Any]:
        """What ``stack.json`` says; each request asks, so it is read only when it was replaced."""
        try:
            found = self.home.stack_file.stat()
        except FileNotFoundError:
            return {}
        if self._written != (found.st_mtime_ns, found.st_ino):
            self._stack = self.home.stack()
            self._written = found.st_mtime_ns, found.st_ino
        return self._stack

    async def send(
        self, method: str, service: str, path: str, token: str | None = None, **how: Any
    ) -> httpx.Response:
        """One request, repeated while the service is away. Every write carries an id of ours, so a
        repeated one is harmless."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        headers |= how.pop("headers", {})
        waited, pause = 0.0, _FIRST_PAUSE
        while True:
            began = time.monotonic()
            try:
                answer = await self.http.request(
                    method, self.url(service) + path, headers=headers, **how
                )
                if answer.status_code not in _AWAY:
                    return answer
                problem = f"answered {answer.status_code}"
            except httpx.TransportError as error:
                problem = f"did not answer ({type(error).__name__})"
            waited += min(time.monotonic() - began, _ONE)
            if waited > _PATIENCE:
                raise Unreachable(f"{service} {problem} for {_PATIENCE:.0f} s ({method} {path})")
            await asyncio.sleep(pause)
            waited += pause
            pause = min(pause * 2, _LONGEST_PAUSE)


def read(answer: httpx.Response) -> Any:
    """The JSON of a good answer. Raises Refused for any other."""
    if answer.is_success:
        return orjson.loads(answer.content) if answer.content else None
    try:
        said = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        said = {}
    kind = str(said.get("type", "unknown")).rpartition(":")[2]
    raise Refused(answer.status_code, kind, said.get("reasons", []))


@dataclass
class Account:
    """Somebody who signs in. The token is renewed when it is refused."""

    services: Services
    name: str
    password: str
    terminal: Terminal | None = None
    token: str | None = None
    _renewing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def sign_in(self, refused: str | None = None) -> str:
        """A token; a new one unless another task has replaced the refused one already."""
        async with self._renewing:
            if self.token is None or self.token == refused:
                body: dict[str, object] = {"username": self.name, "password": self.password}
                if self.terminal is not None:
                    body["terminal_assertion"] = self.terminal.assertion()
                said = read(await self.services.send("POST", "access", "/token", json=body))
                self.token = str(said["access_token"])
            return self.token

    async def ask(self, method: str, service: str, path: str, **how: Any) -> httpx.Response:
        """A request of this account, whatever the answer is."""
        token = self.token or await self.sign_in()
        answer = await self.services.send(method, service, path, token, **how)
        if answer.status_code == 401:
            token = await self.sign_in(refused=token)
            answer = await self.services.send(method, service, path, token, **how)
        return answer

    async def get(self, service: str, path: str, **query: object) -> Any:
        """The JSON at a path. Raises Refused."""
        told = {name: str(value) for name, value in query.items() if value is not None}
        return read(await self.ask("GET", service, path, params=told))

    async def pages(self, service: str, path: str, **query: object) -> AsyncIterator[Any]:
        """The pages of a list, the first first, as they are given. Raises Refused."""
        after: str | None = None
        while True:
            page = await self.get(service, path, **query, after=after)
            yield page
            after = page["next"]
            if after is None:
                return

    async def post(self, service: str, path: str, body: Mapping[str, object], **how: Any) -> Any:
        """The JSON answer to a body. Raises Refused."""
        how |= {"content": orjson.dumps(body), "headers": {"content-type": "application/json"}}
        return read(await self.ask("POST", service, path, **how))


@dataclass
class Terminal:
    """An enrolled computer: its area, and the private key that never leaves it."""

    terminal_id: str
    area: str
    key: Jwk

    @classmethod
    async def enrol(cls, services: Services, code: str) -> Terminal:
        """Make a key on this computer and enrol it with the code that an administrator opened."""
        key = jose.generate("sig")
        body = {
            "code": code,
            "jwk": jose.public_jwk(key),
            "proof": jose.sign(code.encode(), key, "muster-enrolment"),
        }
        said = read(await services.send("POST", "access", "/terminals", json=body))
        return cls(str(said["terminal_id"]), str(said["area"]), key)

    def assertion(self) -> str:
        """The terminal's word that a sign-in happens at it; serves once."""
        return packets.assertion(self.terminal_id, self.key)

    def pack(self, payload: Mapping[str, object], recipient: Jwk) -> str:
        """A packet, signed by this terminal and sealed to `recipient`."""
        return packets.sign_and_seal(payload, self.key, recipient)


def administrator(services: Services) -> Account:
    """The first administrator, as `muster access bootstrap` left it for whoever installs."""
    path: Path = services.home.admin_file
    try:
        document = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise NotRunning(f"{path} is missing: the stack has not been set up here.") from None
    return Account(services, str(document["account"]), str(document["password"]))
