"""What every route needs: who asks and may they, the moment, keys and versions, how answers are said.

A route declares its policy with `Guard(resource, action)`; an app with a route without one does
not start. Nothing here holds a connection while an endpoint runs: transactions are opened in the
endpoints' own bodies.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from fastapi import Header, Path, Query, Request, Response
from pydantic import BaseModel
from pydantic_core import to_json

from api import problems
from api.texts import choose_language
from scheduler.access.accounts import actor_of_sign_in, channel_of
from scheduler.access.actor import Actor
from scheduler.access.calls import actor_in_call
from scheduler.access.policy import Action, Resource, Scope, permitted, require
from scheduler.access.tokens import actor_of_token
from scheduler.database.connection import Database
from scheduler.database.idempotency import Answer, Keep, Show, Work, keyed
from scheduler.errors import (
    CallNeeded,
    ForeignOrigin,
    MalformedField,
    Refusal,
    SignInNeeded,
    VersionMissing,
    WindowTooLong,
)
from scheduler.promise.boards import boards_of
from scheduler.promise.reference import Reference
from scheduler.promise.rows import local_date
from scheduler.vocabulary import Channel, Role

Made = TypeVar("Made")

COOKIE = "sign_in"
LARGEST_NUMBER = 2**63 - 1
_YEARS = range(2000, 2101)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_ETAG = re.compile(r'(?:W/)?"?([1-9][0-9]{0,8})"?')
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True, slots=True)
class Door:
    """What the process serves: the database, where the moment comes from, how cookies are set."""

    database: Database
    clock: Callable[[], datetime]
    secure_cookies: bool


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, with the scope that the policy table gives for this route."""

    door: Door
    actor: Actor
    scope: Scope
    now: datetime
    language: str
    address: str
    asked: str
    token: str | None

    @property
    def database(self) -> Database:
        """The database that the door serves."""
        return self.door.database


class Guard:
    """A route's entry in the policy table: finds out who asks and lets them in or refuses.

    Raises:
        SignInNeeded, Forbidden, CallNeeded, UnknownCall, ForeignOrigin: see scheduler.errors.
    """

    def __init__(self, resource: Resource, action: Action) -> None:
        self.resource = resource
        self.action = action

    def __call__(self, request: Request) -> Caller:
        """Identify the caller and put the policy to them."""
        door = door_of(request)
        now = door.clock()
        bearer = _bearer(request)
        token = None if bearer is not None else request.cookies.get(COOKIE)
        if bearer is None:
            _require_own_origin(request)
        actor, scope = self._let_in(request, door, bearer=bearer, token=token, now=now)
        return Caller(
            door=door,
            actor=actor,
            scope=scope,
            now=now,
            language=choose_language(request.headers.get("accept-language")),
            address=request.client.host if request.client is not None else "",
            asked=f"{request.method} {request.url.path}?{request.url.query}",
            token=token,
        )

    def _let_in(
        self, request: Request, door: Door, *, bearer: str | None, token: str | None, now: datetime
    ) -> tuple[Actor, Scope]:
        request_id: str = request.state.request_id
        anonymous = Actor(role=Role.ANONYMOUS, channel=Channel.API, request_id=request_id)
        if bearer is None and token is None:
            return anonymous, require(anonymous, self.resource, self.action)
        with door.database.transaction() as session:
            if bearer is not None:
                actor: Actor = actor_of_token(session, token=bearer, now=now, request_id=request_id)
            else:
                try:
                    found = actor_of_sign_in(
                        session, token=token or "", channel=Channel.PORTAL, now=now, request_id=request_id
                    )
                    actor = replace(found, channel=channel_of(found.role))
                except SignInNeeded:
                    if permitted(Role.ANONYMOUS, self.resource, self.action) is Scope.NONE:
                        raise
                    actor = anonymous  # an old cookie does not close what is open to everybody
            scope = require(actor, self.resource, self.action)
            named = request.headers.get("x-call")
            if actor.role is Role.DESK_AGENT and (named or scope is Scope.CALL):
                if not named:
                    raise CallNeeded(field="X-Call")
                actor = actor_in_call(session, actor=actor, reference=named, now=now)
        return actor, scope


class Anybody(Guard):
    """The policy of a route that is open to everybody and reads nothing of anybody's: no database needed."""

    def __init__(self, resource: Resource, action: Action) -> None:
        super().__init__(resource, action)
        require(_NOBODY, resource, action)

    def __call__(self, request: Request) -> None:  # type: ignore[override]  # nobody is identified
        """Let the request in."""


_NOBODY = Actor(role=Role.ANONYMOUS, channel=Channel.API)


def door_of(request: Request) -> Door:
    """The door of the app that serves the request."""
    door: Door = request.app.state.door
    return door


def facts_of(caller: Caller) -> Reference:
    """The district at its latest rules version."""
    with caller.database.snapshot() as session:
        return boards_of(caller.database).latest(session)


def _bearer(request: Request) -> str | None:
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    if not kind:
        return None
    if kind.lower() != "bearer" or not secret.strip():
        raise SignInNeeded
    return secret.strip()


def _require_own_origin(request: Request) -> None:
    """Refuse a write that a page of another site sends with the cookie of whoever is signed in here."""
    if request.method in _SAFE:
        return
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise ForeignOrigin(field="Origin")
    if origin is None and request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        raise ForeignOrigin(field="Origin")


# --- parameters ------------------------------------------------------------------------------------


def _checked_key(value: str) -> str:
    if not _KEY.fullmatch(value):
        raise MalformedField(field="Idempotency-Key")
    return value


_KEY_MEANS = "Unique for each thing to be made; the same key again gets the same answer, byte for byte."
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key", description=_KEY_MEANS, examples=["7f9c24e5-2f0a-4a6b-9d3b-1c2d3e4f5a6b"]
    ),
]
OptionalKey = Annotated[str | None, Header(alias="Idempotency-Key", description=_KEY_MEANS)]
IfMatch = Annotated[
    str,
    Header(alias="If-Match", description="The ETag of what was read last: its version.", examples=['"3"']),
]
Number = Annotated[int, Path(ge=1, le=LARGEST_NUMBER)]
Limit = Annotated[
    int, Query(ge=1, le=problems.LARGEST_PAGE, description="Rows of a page, at most 100.", examples=[50])
]
Cursor = Annotated[
    str | None,
    Query(max_length=200, description="`next` of the page before; opaque. Left out: from the start."),
]


def version_of(if_match: str) -> int:
    """The version that an If-Match header names.

    Raises:
        MalformedField: it is no version.
        VersionMissing: it is `*`: a change names the version it was decided on.
    """
    if if_match.strip() == "*":
        raise VersionMissing(field="If-Match")
    found = _ETAG.fullmatch(if_match.strip())
    if found is None:
        raise MalformedField(field="If-Match")
    return int(found[1])


def window_of(caller: Caller, first: date | None, last: date | None, *, days: int = 14) -> tuple[date, date]:
    """The dates asked for, both included; from today, and for `days` days, where nothing is said.

    Raises:
        MalformedField: it ends before it begins.
        WindowTooLong: more than 62 days.
    """
    begins = first or local_date(caller.now)
    if begins.year not in _YEARS:
        raise MalformedField(field="/from")
    ends = last or begins + timedelta(days=days - 1)
    if ends < begins:
        raise MalformedField(field="/to")
    if (ends - begins).days >= problems.LONGEST_WINDOW:
        raise WindowTooLong(field="/to", days=problems.LONGEST_WINDOW)
    return begins, ends


# --- answers ---------------------------------------------------------------------------------------


def answer_with(
    view: object, *, status: int = 200, version: int | None = None, location: str | None = None
) -> Answer:
    """What a route says: the view as JSON, with its version as ETag and where it lives."""
    headers = {"Content-Type": "application/json"}
    if version is not None:
        headers["ETag"] = f'"{version}"'
    if location is not None:
        headers["Location"] = location
    return Answer(status, to_json(view), headers)


def say(view: object, *, version: int | None = None) -> Response:
    """A view that was read, as the response."""
    return problems.as_response(answer_with(view, version=version))


def keeping(
    caller: Caller, *, key: str | None, body: BaseModel | None, show: Show[Made], version: int | None = None
) -> Keep[Made, Answer]:
    """How a use case's outcome becomes the answer: under the caller's key where one was sent.

    The view is read in the transaction of the effect, and both are stored with it.

    Raises (when run):
        KeyBusy, KeyReused: see scheduler.errors.
    """
    if key is None:
        return lambda session, work: show(session, work(session))
    sent = "" if body is None else body.model_dump_json()
    asked = f"{caller.asked}\n{version or ''}\n{sent}"

    def refuse(refusal: Refusal) -> Answer:
        return problems.answer(refusal, language=caller.language, request_id=caller.actor.request_id)

    return keyed(
        tenant=caller.actor.tenant,
        key=_checked_key(key),
        request_hash=hashlib.sha256(asked.encode()).hexdigest(),
        now=caller.now,
        render=lambda session, made: refuse(made) if isinstance(made, Refusal) else show(session, made),
    )


def write(caller: Caller, keep: Keep[Made, Answer], work: Work[Made]) -> Response:
    """Run a use case that takes a session, keep its answer in the same transaction, say it."""
    return reply(caller.database.write(lambda session: keep(session, work)))


def reply(said: Answer) -> Response:
    """A kept answer as the response."""
    return problems.as_response(said)


# --- documentation ---------------------------------------------------------------------------------


Responses = dict[int | str, dict[str, Any]]  # FastAPI's own shape


def refused(*kinds: type[Refusal]) -> Responses:
    """The problems of a route for its description, grouped by status."""
    grouped: dict[int, list[str]] = {}
    for kind in kinds:
        grouped.setdefault(problems.status_of(kind), []).append(kind.code)
    told: Responses = {}
    for status, codes in sorted(grouped.items()):
        told[status] = {
            "description": ", ".join(f"`{code}`" for code in codes),
            "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    return told
