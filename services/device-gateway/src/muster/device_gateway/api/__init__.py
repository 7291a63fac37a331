"""The desk's HTTP API, on loopback only: a card, a signature, a packet, how things are.

`muster.runtime.loopback` stands before it: who is not on this computer, not an allowed page or
without the token gets nowhere.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection
from typing import Annotated

from fastapi import APIRouter, Body, FastAPI, Request, Response

from muster.device_gateway import handlers
from muster.device_gateway.api.models import (
    AskPacket,
    AskReading,
    AskSignature,
    AssertionOut,
    PacketOut,
    ReadingOut,
    SignatureOut,
    StatusOut,
)
from muster.device_gateway.domain.reasons import refusal
from muster.device_gateway.handlers import Gateway
from muster.runtime.loopback import Guard
from muster.runtime.problems import install_problems

router = APIRouter()

_LOOK = 0.1


def create_app(
    gateway: Gateway, *, token: str, origins: Collection[str], patience: float
) -> FastAPI:
    """The application. `patience` is for how long a reading waits for a card unless it says so."""
    app = FastAPI(title="Muster device gateway", openapi_url="/openapi.json", docs_url=None)
    app.state.gateway = gateway
    app.state.patience = patience
    app.state.stopping = False
    install_problems(app)
    app.include_router(router)
    app.add_middleware(
        Guard,
        token=token,
        origins=frozenset(origins),
        refuse=refusal,
        larger={"/packets": handlers.LARGEST_PAYLOAD},
    )
    return app


@router.post("/readings")
async def read_card(
    request: Request,
    response: Response,
    body: Annotated[AskReading | None, Body()] = None,
) -> ReadingOut:
    """Wait for a card, read it, commit to it. Values and salts are given here, once, and kept
    nowhere: `reading` goes into the record as it is, `fields` are what was on the card."""
    state = request.app.state
    if state.stopping:
        raise refusal("stopping")
    wait = state.patience if body is None or body.wait is None else body.wait
    gone = threading.Event()
    watching = asyncio.create_task(_until_gone(request, gone))
    try:
        reading = await asyncio.to_thread(handlers.read_card, state.gateway, wait, gone)
    finally:
        watching.cancel()
    response.headers["Cache-Control"] = "no-store"
    return ReadingOut.of(reading)


async def _until_gone(request: Request, gone: threading.Event) -> None:
    """Look now and then whether the page still waits; it may have been closed."""
    while not await request.is_disconnected():  # noqa: ASYNC110 - nothing tells it
        await asyncio.sleep(_LOOK)
    gone.set()


@router.post("/signatures")
async def take_signature(body: AskSignature, request: Request, response: Response) -> SignatureOut:
    """Take a handwriting under the record with that digest. `signature` goes into the record
    with the handwriting beside it, as `trace`."""
    state = request.app.state
    if state.stopping:
        raise refusal("stopping")
    signed = await asyncio.to_thread(
        handlers.take_signature, state.gateway, body.record_digest, body.kind, body.trace
    )
    response.headers["Cache-Control"] = "no-store"
    return SignatureOut.of(signed, body.record_digest, body.kind)


@router.post("/assertions")
async def make_assertion(request: Request, response: Response) -> AssertionOut:
    """This terminal's word that a sign-in happens at it now, for access. It serves once, within two
    minutes."""
    state = request.app.state
    if state.stopping:
        raise refusal("stopping")
    response.headers["Cache-Control"] = "no-store"
    return AssertionOut(assertion=handlers.assertion(state.gateway))


@router.post("/packets")
async def make_packet(body: AskPacket, request: Request, response: Response) -> PacketOut:
    """Sign records or pieces of evidence with this terminal's key and seal them to capture, for
    `POST /uploads` or `POST /evidence` there. Nothing of them is kept here."""
    state = request.app.state
    if state.stopping:
        raise refusal("stopping")
    packet = await asyncio.to_thread(handlers.pack, state.gateway, body.payload)
    response.headers["Cache-Control"] = "no-store"
    return PacketOut(packet=packet)


@router.get("/status")
async def status(request: Request) -> StatusOut:
    """Who this terminal is, how its readers were at the last look, what waits in its spool."""
    return StatusOut.of(await asyncio.to_thread(handlers.standing, request.app.state.gateway))
