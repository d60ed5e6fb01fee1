"""Refusals as RFC 9457 problems: the only place that knows HTTP statuses.

The type is `/problems/<code>`, a page that people can read; title and detail follow
Accept-Language; `field` is a JSON pointer into the body, or the name of a header.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException

import scheduler.refusals  # noqa: F401 - its classes are among those that `refusals` lists
from api.texts import TAGS, choose_language, tell
from scheduler import errors
from scheduler.database.idempotency import Answer
from scheduler.errors import Plain, Refusal
from scheduler.promise.reference import ZONE

LARGEST_BODY = 256 * 1024
LARGEST_PAGE = 100
LONGEST_WINDOW = 62
"""Days of a window."""

MEDIA_TYPE = "application/problem+json"
FAULT = "fault"
"""The code of a bug: the one problem that is no refusal."""

HARDENED: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""Security headers of every answer."""

_log = structlog.stdlib.get_logger(__name__)

# The first class that a refusal is an instance of decides.
_STATUSES: tuple[tuple[type[Refusal], HTTPStatus], ...] = (
    (errors.BodyTooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (errors.WrongMethod, HTTPStatus.METHOD_NOT_ALLOWED),
    (errors.KeyMissing, HTTPStatus.BAD_REQUEST),
    (errors.VersionMissing, HTTPStatus.PRECONDITION_REQUIRED),
    (errors.StaleVersion, HTTPStatus.PRECONDITION_FAILED),
    (errors.KeyBusy, HTTPStatus.CONFLICT),
    (errors.TooManyTries, HTTPStatus.TOO_MANY_REQUESTS),
    (errors.SignInNeeded, HTTPStatus.UNAUTHORIZED),
    (errors.WrongCredentials, HTTPStatus.UNAUTHORIZED),
    (errors.Forbidden, HTTPStatus.FORBIDDEN),
    (errors.ForeignOrigin, HTTPStatus.FORBIDDEN),
    (errors.CallNeeded, HTTPStatus.FORBIDDEN),
    (errors.CallBound, HTTPStatus.FORBIDDEN),
    (errors.NoAuthority, HTTPStatus.FORBIDDEN),
    (errors.CreditExcluded, HTTPStatus.FORBIDDEN),
    (errors.NotFound, HTTPStatus.NOT_FOUND),
    (errors.Conflict, HTTPStatus.CONFLICT),
    (errors.Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.Invalid, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.NotAllowed, HTTPStatus.UNPROCESSABLE_ENTITY),
)
_RETRY_AFTER: Mapping[type[Refusal], int] = {errors.KeyBusy: 1, errors.Busy: 1, errors.DatabaseDown: 5}


@dataclass(frozen=True, slots=True)
class WrongField:
    """One of several fields that are wrong."""

    field: str | None
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is said of a refusal (RFC 9457): `alternatives` are true start times, `errors` all fields."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None
    values: Mapping[str, Any] | None = None  # plain values of many kinds
    alternatives: Sequence[datetime] = ()
    errors: Sequence[WrongField] = ()
    request_id: str | None = None


def status_of(kind: type[Refusal]) -> int:
    """The HTTP status of a refusal."""
    return next(int(status) for each, status in _STATUSES if issubclass(kind, each))


def refusals() -> list[type[Refusal]]:
    """Every refusal that can be told, by code; the five groups themselves are never raised."""
    kinds = [errors.Invalid, errors.NotAllowed, errors.NotFound, errors.Conflict, errors.Unavailable]
    return sorted((each for kind in kinds for each in kind.__subclasses__()), key=lambda each: each.code)


def describe(
    refusal: Refusal, *, language: str, request_id: str | None = None, wrong: Sequence[Refusal] = ()
) -> Problem:
    """Say a refusal in a language."""
    return Problem(
        type=f"/problems/{refusal.code}",
        title=tell("title", refusal.code, language),
        status=status_of(type(refusal)),
        detail=tell("detail", refusal.code, language, refusal.values),
        code=refusal.code,
        field=refusal.field,
        values={name: _plain(value) for name, value in refusal.values.items()} or None,
        alternatives=[start.astimezone(ZONE) for start in refusal.alternatives],
        errors=[
            WrongField(each.field, each.code, tell("detail", each.code, language, each.values))
            for each in wrong
        ],
        request_id=request_id,
    )


def answer(
    refusal: Refusal, *, language: str, request_id: str | None = None, wrong: Sequence[Refusal] = ()
) -> Answer:
    """A refusal as status, headers and bytes."""
    problem = describe(refusal, language=language, request_id=request_id, wrong=wrong)
    return _answer(problem, language, _headers(refusal))


def fault(*, language: str, request_id: str | None) -> Answer:
    """What is said of a bug: nothing of its cause."""
    return _answer(
        Problem(
            type=f"/problems/{FAULT}",
            title=tell("title", FAULT, language),
            status=int(HTTPStatus.INTERNAL_SERVER_ERROR),
            detail=tell("detail", FAULT, language),
            code=FAULT,
            request_id=request_id,
        ),
        language,
        {},
    )


def as_response(said: Answer) -> Response:
    """An answer as FastAPI sends it."""
    return Response(said.body, said.status, dict(said.headers))


def install(app: FastAPI) -> None:
    """Let the app say every refusal, wrong request and bug as a problem."""
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_wrong_request)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_fault)


def _answer(problem: Problem, language: str, headers: Mapping[str, str]) -> Answer:
    said = {name: value for name, value in _fields(problem).items() if value not in (None, (), [])}
    standard = {"Content-Type": MEDIA_TYPE, "Content-Language": TAGS[language]}
    return Answer(problem.status, to_json(said), {**standard, **headers})


def _fields(problem: Problem) -> dict[str, object]:
    return {name: getattr(problem, name) for name in Problem.__dataclass_fields__}


def _headers(refusal: Refusal) -> dict[str, str]:
    headers: dict[str, str] = {}
    seconds = refusal.values.get("retry_after", _RETRY_AFTER.get(type(refusal)))
    if isinstance(seconds, int):
        headers["Retry-After"] = str(seconds)
    if status_of(type(refusal)) == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(refusal, errors.WrongMethod) and isinstance(refusal.values.get("allow"), str):
        headers["Allow"] = str(refusal.values["allow"])
    return headers


def _plain(value: Plain) -> object:
    return value.astimezone(ZONE) if isinstance(value, datetime) else value


def _say(request: Request, refusal: Refusal, *, wrong: Sequence[Refusal] = ()) -> Response:
    language = choose_language(request.headers.get("accept-language"))
    return as_response(answer(refusal, language=language, request_id=_request_id(request), wrong=wrong))


def _request_id(request: Request) -> str | None:
    found: str | None = getattr(request.state, "request_id", None)
    return found


def _on_refusal(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)  # noqa: S101 - registered for refusals
    return _say(request, refusal)


def _on_wrong_request(request: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, RequestValidationError)  # noqa: S101 - registered for them
    refused = [refusal_of(error) for error in wrong.errors()]
    return _say(request, refused[0], wrong=refused if len(refused) > 1 else ())


def _on_http(request: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, HTTPException)  # noqa: S101 - registered for them
    if wrong.status_code == HTTPStatus.NOT_FOUND:
        return _say(request, errors.UnknownPath())
    if wrong.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return _say(request, errors.WrongMethod(allow=(wrong.headers or {}).get("Allow", "GET")))
    return _say(request, errors.MalformedField(field=""))


def _on_fault(request: Request, error: Exception) -> Response:
    """Log the bug, say nothing of it; this answer passes by the middleware, so it is hardened here."""
    request_id = _request_id(request)
    _log.error("fault", request_id=request_id, path=request.url.path, exc_info=error)
    language = choose_language(request.headers.get("accept-language"))
    response = as_response(fault(language=language, request_id=request_id))
    response.headers.update(HARDENED)
    if request_id is not None:
        response.headers["X-Request-Id"] = request_id
    return response


_MISSING_HEADERS: Mapping[str, type[Refusal]] = {
    "idempotency-key": errors.KeyMissing,
    "if-match": errors.VersionMissing,
}
_OF_TYPE: Mapping[str, type[Refusal]] = {
    "extra_forbidden": errors.UnknownField,
    "timezone_aware": errors.NaiveTime,
}


def refusal_of(error: Mapping[str, Any]) -> Refusal:  # pydantic's errors hold values of many kinds
    """One error of a request's form as the refusal that is told."""
    place, *path = error["loc"]
    kind = error["type"]
    if place == "header":
        missing = _MISSING_HEADERS.get(str(path[0]).lower())
        refused = missing if kind == "missing" and missing is not None else errors.MalformedField
        return refused(field=_header_name(str(path[0])))
    field = _pointer(path) if kind != "json_invalid" else ""
    if place == "query" and path == ["limit"] and kind == "less_than_equal":
        return errors.PageTooLarge(field=field, limit=LARGEST_PAGE)
    if field == "/instructions" and kind in {"missing", "too_short"}:
        return errors.InstructionMissing(field=field)
    if field == "/reason" and kind in {"missing", "string_too_short"}:
        return errors.ReasonMissing(field=field)
    if kind == "missing":
        return errors.MalformedField(field=field, why="missing")
    return _OF_TYPE.get(kind, errors.MalformedField)(field=field)


def _header_name(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))


def _pointer(path: Sequence[str | int]) -> str:
    """RFC 6901; marks that pydantic puts in for its own functions are left out."""
    parts = [str(part) for part in path if not (isinstance(part, str) and "[" in part)]
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)
