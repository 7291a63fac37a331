"""The sign-in page's routes. People meet them, not programs: answers are pages, and stand in no
OpenAPI document."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from muster.access import passwords
from muster.access.api import page
from muster.access.domain.authorization import Asked
from muster.access.handlers import sessions, signin
from muster.runtime import session_cookie
from muster.runtime.auth import Composed
from muster.vocabulary.reasons import Refusal

router = APIRouter(include_in_schema=False)

_FORM = "application/x-www-form-urlencoded"
_LONGEST_FORM = 16 * 1024
_LONGEST = {"username": 200, "password": 1000}


def _page(content: str, status: int = 200) -> Response:
    response = HTMLResponse(content, status_code=status, headers=page.HEADERS)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _parameters(text: str) -> dict[str, str]:
    """Parameters of a query or a form; none at all when one of them comes twice, or too many."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=20)
    except ValueError:
        return {}
    said = dict(pairs)
    return said if len(said) == len(pairs) else {}


async def _form(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        return {}
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _LONGEST_FORM:
            return {}
    return _parameters(body.decode("ascii", "replace"))


def _language(request: Request, said: dict[str, str]) -> page.Language:
    return page.language_of(said, request.headers.get("accept-language", ""))


@router.get("/sign-in.css")
async def style() -> Response:
    """The page's style sheet."""
    headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    return Response(page.CSS, media_type="text/css", headers=headers)


@router.get("/authorize")
async def ask(request: Request) -> Response:
    """The page on which somebody types their name and password. Whatever is wrong with the request
    is said here: nobody is sent anywhere that was not known before."""
    said = _parameters(request.url.query)
    language = _language(request, said)
    asked = Asked.read(said)
    if asked is None:
        return _page(page.unusable(language), 400)
    return _page(page.sign_in(asked, language))


@router.post("/authorize")
async def give(request: Request, context: Composed) -> Response:
    """Take name and password, and send the browser back with a code; or show the page again.

    The password is compared between two units of work, as at `POST /token`.
    """
    said = await _form(request)
    language = _language(request, said)
    asked = Asked.read(said)
    if asked is None:
        return _page(page.unusable(language), 400)
    username, password = (said.get(name, "")[:most] for name, most in _LONGEST.items())
    try:
        session_cookie.require_own_page(request)
        async with context.database.transaction() as conn:
            stored = await signin.stored_hash(conn, username)
        correct = await passwords.check(stored, password)
        async with context.database.transaction() as conn:
            outcome = await sessions.authorize(
                context, conn, asked, username=username, seen_hash=stored, correct=correct
            )
    except Refusal as refusal:
        outcome = refusal
    if isinstance(outcome, Refusal):
        again = page.sign_in(asked, language, username=username, refused=outcome.reasons[0])
        return _page(again, outcome.status)
    back = f"{asked.redirect_uri}?{urlencode({'code': outcome, 'state': asked.state})}"
    headers = {name: page.HEADERS[name] for name in ("Cache-Control", "Referrer-Policy")}
    return RedirectResponse(back, status_code=303, headers=headers)
