"""Pages for everybody: the offices and their phones, the API's reference, what a problem means."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.deps import Anybody, Caller, Guard
from api.problems import FAULT, refusals, status_of
from api.texts import TAGS, choose_language, tell
from scheduler.access.policy import Action, Resource, Scope, as_rows
from scheduler.errors import UnknownPath
from scheduler.promise.rows import local_date
from scheduler.queries.offices import list_offices
from scheduler.vocabulary import Role

router = APIRouter(include_in_schema=False)

Asked = Annotated[None, Depends(Anybody(Resource.DOCUMENT, Action.READ))]

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of the reference."""

    method: str
    path: str
    summary: str
    description: str
    roles: tuple[str, ...]
    statuses: tuple[tuple[str, str], ...]


def render(template: str, *, language: str, status: int = 200, **values: object) -> Response:
    """A page in a language; `t` looks its texts up."""
    page = _TEMPLATES.get_template(template).render(
        tag=TAGS[language],
        language=language,
        t=lambda code, context="page": tell(context, code, language),
        **values,
    )
    return HTMLResponse(page, status, {"Content-Language": TAGS[language], "Vary": "Accept-Language"})


@router.get("/")
def landing(caller: Annotated[Caller, Depends(Guard(Resource.OFFICE, Action.READ))]) -> Response:
    """The offices and their published phones."""
    with caller.database.snapshot() as session:
        offices = list_offices(session, on=local_date(caller.now))
    return render("landing.html", language=caller.language, offices=offices)


@router.get("/api")
def reference(request: Request, _asked: Asked) -> Response:
    """The API's reference, from the same description that programs read."""
    document: Mapping[str, Any] = request.app.state.openapi  # OpenAPI's own shape
    sections = [
        (tag["name"], tag["description"], _operations(document, tag["name"])) for tag in document["tags"]
    ]
    codes = [kind.code for kind in refusals()]
    return render("reference.html", language=_language(request), sections=sections, codes=codes)


@router.get("/api/v1/openapi.json")
def openapi(request: Request, _asked: Asked) -> Response:
    """The OpenAPI document."""
    return JSONResponse(request.app.state.openapi)


@router.get("/problems/{code}")
def problem(request: Request, code: str, _asked: Asked) -> Response:
    """What a problem type means."""
    statuses = {kind.code: status_of(kind) for kind in refusals()} | {FAULT: 500}
    if code not in statuses:
        raise UnknownPath
    return render("problem.html", language=_language(request), code=code, http_status=statuses[code])


def _language(request: Request) -> str:
    return choose_language(request.headers.get("accept-language"))


def _operations(document: Mapping[str, Any], tag: str) -> list[Operation]:  # OpenAPI's own shape
    return [
        _operation(method, path, told)
        for path, methods in document["paths"].items()
        for method, told in methods.items()
        if tag in told.get("tags", [])
    ]


def _operation(method: str, path: str, told: Mapping[str, Any]) -> Operation:  # OpenAPI's own shape
    policy = told["x-policy"]
    roles = tuple(
        row.role.value
        for row in as_rows()
        if (row.resource.value, row.action.value) == (policy["resource"], policy["action"])
        and row.scope is not Scope.NONE
        and row.role is not Role.SYSTEM
    )
    statuses = tuple(
        (status, response["description"])
        for status, response in told["responses"].items()
        if status != "default"
    )
    return Operation(method.upper(), path, told["summary"], told.get("description", ""), roles, statuses)
