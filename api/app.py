"""The web application: routes, problems, limits and headers; `app_from_environment` for a server."""

import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.datastructures import Headers, MutableHeaders
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.deps import Door, Guard
from api.pages import public
from api.routes import (
    absences,
    accounts,
    authorities,
    availability,
    batches,
    bookings,
    calls,
    changes,
    closures,
    duties,
    health,
    holds,
    inspectors,
    instructions,
    loans,
    offices,
    replans,
    requests,
    sign_ins,
    tokens,
    visits,
    waitlist,
    why_not,
)
from api.texts import choose_language
from scheduler.clock.logs import set_up_logging
from scheduler.database.connection import Database
from scheduler.errors import BodyTooLarge, MalformedField, Refusal
from scheduler.memory import settle
from scheduler.settings import Settings

VERSION = "/api/v1"
_STATIC = Path(__file__).parent / "static"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

NOUNS: Sequence[APIRouter] = (
    offices.router,
    availability.router,
    why_not.router,
    holds.router,
    bookings.router,
    batches.router,
    requests.router,
    waitlist.router,
    visits.router,
    replans.router,
    instructions.router,
    changes.router,
    inspectors.router,
    duties.router,
    absences.router,
    loans.router,
    closures.router,
    calls.router,
    sign_ins.router,
    accounts.router,
    authorities.router,
    tokens.router,
    health.router,
)
"""The JSON API, in the order of its description."""

PAGES: Sequence[APIRouter] = (public.router,)

_ABOUT = """Appointments for territorial inspection (属地查检预约).

- **Sign in** with `POST /sign-ins` (cookie), or send an API token as `Authorization: Bearer`.
  The desk names its open call in `X-Call`.
- **Creating** requests carry `Idempotency-Key`; the same key again gets the same answer.
- **Changes** carry `If-Match` with the ETag that was read last; a stale one is refused with 412.
- **Refusals** are RFC 9457 problems with a stable `type`, the wrong `field` and true `alternatives`.
- **Limits**: 100 rows a page, 62 days a window, 256 KiB a body.
- Times carry their offset from UTC; the offices' zone is Asia/Shanghai.
"""

_TAGS = [
    {"name": "offices", "description": "Who inspects where: phones, hours, sites, kinds of days."},
    {"name": "availability", "description": "Which starts can be kept now."},
    {"name": "holds", "description": "A time kept for minutes while a form is filled."},
    {"name": "bookings", "description": "Appointments: book, read, move, cancel, answer."},
    {"name": "batches", "description": "Many instructions at once, held together, accepted in part."},
    {"name": "waitlist", "description": "Something earlier: who waits, and what is offered to them."},
    {"name": "visits", "description": "What happened on site."},
    {"name": "replans", "description": "Disturbed days: proposals, and the one that is applied."},
    {"name": "instructions", "description": "The orders to inspect; only instructed goods can be booked."},
    {"name": "changes", "description": "Every change in your scope, in order, without gaps."},
    {"name": "roster", "description": "Inspectors, duties, absences, loans."},
    {"name": "calls", "description": "The desk's calls: every act of an agent stands in one."},
    {"name": "accounts", "description": "Signing in, codes, passwords, people, tokens, authorities."},
    {"name": "service", "description": "Is it there?"},
]


def create_app(
    database: Database, *, clock: Callable[[], datetime] | None = None, secure_cookies: bool = True
) -> FastAPI:
    """The application on a database; `clock` tells the moment of each request (the database's own else).

    Raises:
        RuntimeError: a route has no entry in the policy table.
    """
    app = FastAPI(
        title="5+2 inspection appointments",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.door = Door(database, clock or database.now, secure_cookies)
    app.state.openapi = describe()
    for router in NOUNS:
        app.include_router(router, prefix=VERSION)
    for router in PAGES:
        app.include_router(router)
    require_policies(guarded_routes())
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    problems.install(app)
    app.add_middleware(Threshold)
    return app


def app_from_environment() -> FastAPI:
    """The application of a server's process: `uvicorn --factory api.app:app_from_environment`."""
    settings = Settings()
    set_up_logging(settings.log_level)
    database = Database(settings.database_url.get_secret_value())
    database.require_durable()
    app = create_app(database, secure_cookies=settings.secure_cookies)
    settle()
    return app


def guarded_routes() -> list[APIRoute]:
    """Every route that answers, pages included."""
    return [route for router in (*NOUNS, *PAGES) for route in router.routes if isinstance(route, APIRoute)]


def guard_of(route: APIRoute) -> Guard | None:
    """The policy that a route declares."""
    return next((each.call for each in route.dependant.dependencies if isinstance(each.call, Guard)), None)


def require_policies(routes: Iterable[APIRoute]) -> None:
    """Refuse to start with a route that nobody has decided on.

    Raises:
        RuntimeError: naming the routes.
    """
    bare = [route.path for route in routes if guard_of(route) is None]
    if bare:
        raise RuntimeError(f"routes without a policy: {', '.join(bare)}")


@cache
def describe() -> dict[str, Any]:  # OpenAPI's own shape
    """The OpenAPI document of the JSON API, with the policy of each route."""
    app = FastAPI()
    for router in NOUNS:
        app.include_router(router, prefix=VERSION)
    document = get_openapi(
        title="5+2 inspection appointments", version="1", description=_ABOUT, tags=_TAGS, routes=app.routes
    )
    schemas = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = _problem_schema()
    document["components"]["securitySchemes"] = {
        "cookie": {"type": "apiKey", "in": "cookie", "name": "sign_in"},
        "token": {"type": "http", "scheme": "bearer"},
    }
    for router in NOUNS:
        for route in router.routes:
            if isinstance(route, APIRoute):
                _describe_route(document, route)
    return document


def _describe_route(document: dict[str, Any], route: APIRoute) -> None:  # OpenAPI's own shape
    guard = guard_of(route)
    for method in route.methods or ():
        told = document["paths"].get(VERSION + route.path_format, {}).get(method.lower())
        if told is None or guard is None:
            continue
        told["x-policy"] = {"resource": guard.resource.value, "action": guard.action.value}
        told["security"] = [{"cookie": []}, {"token": []}]
        told["responses"].pop("422", None) if not _is_problem(told["responses"].get("422")) else None
        told["responses"]["default"] = {
            "description": "A problem; its `type` says which.",
            "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }


def _is_problem(response: dict[str, Any] | None) -> bool:  # OpenAPI's own shape
    return response is not None and problems.MEDIA_TYPE in response.get("content", {})


def _problem_schema() -> dict[str, Any]:  # OpenAPI's own shape
    text = {"type": "string"}
    maybe = {"type": ["string", "null"]}  # left out of an answer's own problem, null in a list of many
    wrong = {"type": "object", "properties": {"field": maybe, "code": text, "detail": text}}
    return {
        "type": "object",
        "description": problems.Problem.__doc__,
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": {"type": "string", "examples": ["/problems/no_place"]},
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "code": text,
            "field": maybe | {"description": "JSON pointer, or a header's name"},
            "values": {"type": ["object", "null"]},
            "alternatives": {"type": "array", "items": {"type": "string", "format": "date-time"}},
            "errors": {"type": "array", "items": wrong},
            "request_id": maybe,
        },
    }


class Threshold:
    """What every request passes: its number, the limit of its body, the headers of its answer.

    ASGI is asynchronous by definition; nothing of ours waits in here.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or say what is wrong with it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        asked = headers.get("x-request-id", "")
        request_id = asked if _REQUEST_ID.fullmatch(asked) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id

        async def harden(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = MutableHeaders(scope=message)
                said["X-Request-Id"] = request_id
                for name, value in problems.HARDENED.items():
                    said[name] = value
                said.setdefault("Cache-Control", "no-store")
            await send(message)

        body, refusal = await _read(headers, receive)
        refusal = refusal or _unprintable(scope, body)
        if refusal is not None:
            language = choose_language(headers.get("accept-language"))
            said = problems.answer(refusal, language=language, request_id=request_id)
            await problems.as_response(said)(scope, receive, harden)
            return
        await self.app(scope, _replay(body, receive), harden)


async def _read(headers: Headers, receive: Receive) -> tuple[bytes, Refusal | None]:
    """The whole body, or a refusal as soon as it is larger than the limit."""
    refusal = BodyTooLarge(limit=problems.LARGEST_BODY)
    declared = headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > problems.LARGEST_BODY:
        return b"", refusal
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = message.get("more_body", False)
        if size > problems.LARGEST_BODY:
            return b"", refusal
    return b"".join(parts), None


def _unprintable(scope: Scope, body: bytes) -> Refusal | None:
    """The database keeps no NUL in texts, and nobody means one."""
    if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
        return MalformedField(field="")
    if b"\x00" in body or b"\\u0000" in body:
        return MalformedField(field="")
    return None


def _replay(body: bytes, receive: Receive) -> Receive:
    """Hand the body that was read to the application once, then what the server says."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def hand_over() -> Message:
        return messages.pop() if messages else await receive()

    return hand_over
