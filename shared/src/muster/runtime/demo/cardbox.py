"""A desk for a browser: its gateway, and a box of simulated cards that the page lays on its reader.

The box listens on loopback beside the gateway, behind the same guard with a token of its own. It is
in this process because the virtual readers are; nothing of it is part of Muster itself.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import uvicorn
from fastapi import FastAPI, Query, Response
from starlette.types import ASGIApp

from muster.runtime.demo.cards import Card
from muster.runtime.demo.edges import EdgeFailed, Gateway
from muster.runtime.home import LOOPBACK, free_port
from muster.runtime.loopback import Guard
from muster.runtime.problems import install_problems
from muster.spool.desk_link import desk_link
from muster.vocabulary.reasons import Reason, Refusal

__all__ = ["OpenDesk", "create_app", "opened"]

_LOOK = 1.0
_AGAIN = 5.0
_RULES: Mapping[str, tuple[int, str, str, str, str]] = {
    "host-not-local": (
        403,
        "forbidden",
        "request",
        "只能以本机地址访问卡盒。",
        "The card box answers only under this computer's own loopback address.",
    ),
    "origin-not-allowed": (
        403,
        "forbidden",
        "request",
        "该网页不在允许之列，不能使用卡盒。",
        "This web page is not among those that may use the card box.",
    ),
    "token-required": (
        401,
        "unauthorised",
        "request",
        "未授权的请求，请用演示给出的链接打开采集页面。",
        "Not authorised: open the desk by the link that the demo gave.",
    ),
    "body-too-large": (413, "too-large", "request", "请求内容过大。", "The request is too large."),
    "desk-unknown": (
        404,
        "not-found",
        "desk",
        "这个卡盒不是该采集点的。",
        "This card box belongs to another desk.",
    ),
    "card-unknown": (
        404,
        "not-found",
        "card",
        "卡盒里没有这张卡。",
        "There is no such card in the box.",
    ),
}
"""Status, kind and field of a refusal, and its sentence in both languages."""


def _refusal(rule: str) -> Refusal:
    status, kind, about, zh, en = _RULES[rule]
    return Refusal(Reason(about, rule, zh, en), status=status, kind=kind)


@dataclass(frozen=True, slots=True)
class OpenDesk:
    """Where a desk's gateway and card box answer, and the link that tells a browser so."""

    desk: str
    gateway: str
    token: str = field(repr=False)
    cards: str
    cards_token: str = field(repr=False)
    link: str = field(repr=False)


def create_app(
    desk: str, cards: Sequence[Card], gateway: Gateway, *, token: str, origin: str
) -> ASGIApp:
    """The card box of one desk, for pages of that origin."""
    by_id = {card.card_id: card for card in cards}
    app = FastAPI(title="Muster card box", docs_url=None)
    install_problems(app)

    @app.get("/cards")
    async def show(
        asked: Annotated[str, Query(alias="desk")], response: Response
    ) -> dict[str, list[dict[str, str]]]:
        if asked != desk:
            raise _refusal("desk-unknown")
        response.headers["Cache-Control"] = "no-store"
        return {"cards": [_shown(card) for card in cards]}

    @app.post("/cards/lift", status_code=204)
    async def lift() -> None:
        gateway.reader.take()

    @app.post("/cards/{card_id}/place", status_code=204)
    async def place(card_id: str) -> None:
        card = by_id.get(card_id)
        if card is None:
            raise _refusal("card-unknown")
        gateway.reader.put(card.text)

    app.add_middleware(Guard, token=token, origins={origin}, refuse=_refusal)
    return app


def _shown(card: Card) -> dict[str, str]:
    return {
        "id": card.card_id,
        "name": card.name,
        "number": card.number,
        "hint_zh": card.hint_zh,
        "hint_en": card.hint_en,
    }


@asynccontextmanager
async def opened(gateway: Gateway, desk: str, cards: Sequence[Card]) -> AsyncIterator[OpenDesk]:
    """For the length of the block the desk's enrolled gateway runs, for pages of the stack's own
    origin, with its card box beside it. One that dies is started again, at the same address.

    Raises EdgeFailed: the gateway does not start.
    """
    await gateway.stop()
    gateway.origin, gateway.port = str(gateway.services.home.stack()["web"]), free_port()
    cards_token = secrets.token_urlsafe(32)
    app = create_app(desk, cards, gateway, token=cards_token, origin=gateway.origin)
    try:
        await gateway.follow()
        token = await asyncio.to_thread(Path(gateway.told["token_file"]).read_text, "ascii")
        async with _served(app) as box, _looked_after(gateway):
            told = {"gateway": str(gateway.told["url"]), "token": token.strip()}
            told |= {"cards": box, "cards_token": cards_token, "desk": desk}
            yield OpenDesk(**told, link=desk_link(gateway.origin, **told))
    finally:
        await gateway.switch_off()


@asynccontextmanager
async def _looked_after(gateway: Gateway) -> AsyncIterator[None]:
    async def look() -> None:
        while True:
            await asyncio.sleep(_LOOK)
            try:
                await gateway.follow()
            except EdgeFailed:
                # Its own log says why; the broker, say, may be on its way back.
                await asyncio.sleep(_AGAIN)

    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        looking.cancel()
        await asyncio.wait([looking])


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs the demo."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def _served(app: ASGIApp) -> AsyncIterator[str]:
    """Answer for the length of the block; gives the URL."""
    listener = socket.create_server((LOOPBACK, 0))
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    # Who asks before it has started waits: the socket listens already.
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://{LOOPBACK}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await asyncio.wait([serving])
        listener.close()
