"""The matrix: every route, everybody, every thing; what the policy table expects and what the app answers."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response

from api.app import create_app, guard_of, guarded_routes
from api.deps import Door
from scheduler.access.policy import Action, Resource, Scope, TokenScope, permitted, token_scopes_for
from scheduler.database.connection import Database
from scheduler.vocabulary import Role
from tests.web.authorisation_requests import PLANS, Plan, things_of
from tests.web.authorisation_scene import CALL, EVENING, Scene, Thing

IDLE_AGENT = "desk_agent without a call"
ASKERS: dict[str, Role] = {
    "enterprise_user": Role.ENTERPRISE_USER,
    "desk_agent": Role.DESK_AGENT,
    IDLE_AGENT: Role.DESK_AGENT,
    "office_manager": Role.OFFICE_MANAGER,
    "inspector": Role.INSPECTOR,
    "administrator": Role.ADMINISTRATOR,
    "integrator": Role.INTEGRATOR,
    "anonymous": Role.ANONYMOUS,
}
"""Everybody who asks: the desk with an open call of the first enterprise, and without one."""

NOTHING = Thing("nothing", "nobody", "")
_TOKEN_SCOPES = frozenset({TokenScope.READ, TokenScope.BOOK, TokenScope.INSTRUCTIONS})
_IN = 200
SIGN_OUT = "POST /sign-ins/end"


@dataclass(frozen=True)
class Case:
    """One cell: somebody asks one route about one thing."""

    route: str
    asker: str
    thing: Thing

    @property
    def role(self) -> Role:
        """The asker's role."""
        return ASKERS[self.asker]

    @property
    def plan(self) -> Plan:
        """How the route is asked."""
        return PLANS[self.route]

    def __str__(self) -> str:
        """The cell in words."""
        return f"{self.route} by {self.asker} on {self.thing.owner} {self.thing.kind}"


def routes() -> dict[str, tuple[Resource, Action]]:
    """Every route of the app that answers, by method and path, with the policy that it declares."""
    found: dict[str, tuple[Resource, Action]] = {}
    for route in guarded_routes():
        guard = guard_of(route)
        assert guard is not None, route.path
        for method in route.methods or ():
            found[f"{method} {route.path}"] = (guard.resource, guard.action)
    return found


def cases_of(scene: Scene, asker: str) -> Iterator[Case]:
    """All cells of an asker; signing out comes last."""
    for route in sorted(routes(), key=lambda route: (route == SIGN_OUT, route)):
        kinds = PLANS[route].kinds
        things = [thing for kind in kinds for thing in things_of(scene, kind)] or [NOTHING]
        for thing in things:
            yield Case(route, asker, thing)


def rounds_of(cases: Iterable[Case]) -> list[list[Case]]:
    """Changes in rounds within which none touches what another one changes."""
    rounds: list[tuple[set[tuple[str, str]], list[Case]]] = []
    for case in cases:
        touched = _touched(case)
        fitting = next((one for one in rounds if touched not in one[0]), None)
        if fitting is None:
            fitting = (set(), [])
            rounds.append(fitting)
        fitting[0].add(touched)
        fitting[1].append(case)
    return [cases for _, cases in rounds]


def _touched(case: Case) -> tuple[str, str]:
    if case.plan.uses is not None:
        return case.plan.uses, "own"
    if case.thing is NOTHING:
        return case.route, ""
    if case.thing.kind in {"inspector", "duty", "site", "replan"}:
        return "roster", ""
    return case.thing.kind, case.thing.owner


def expected(case: Case) -> int:
    """What the policy table says: 200 for let in (whatever the success), 401, 403 or 404."""
    resource, action = routes()[case.route]
    scope = permitted(case.role, resource, action)
    if scope is Scope.NONE:
        return 401 if case.role is Role.ANONYMOUS else 403
    public = permitted(Role.ANONYMOUS, resource, action) is scope
    if case.role is Role.INTEGRATOR and not public and not _TOKEN_SCOPES & token_scopes_for(resource, action):
        return 403
    if scope is Scope.CALL and case.asker == IDLE_AGENT:
        return 403
    if case.thing is NOTHING:
        return _IN
    return _expected_of_thing(case, scope)


def _expected_of_thing(case: Case, scope: Scope) -> int:
    if case.thing.owner == "unknown" and case.plan.unknown_is_made:
        return _IN
    if case.thing.kind == "party":
        # A call speaks for one enterprise: to look for another one a new call is opened.
        return {"own": _IN, "unknown": 404}.get(case.thing.owner, 403)
    if case.route.startswith("GET /availability") and case.thing.kind == "instruction":
        # What is asked by instructions is told to those who may read them.
        scope = permitted(case.role, Resource.INSTRUCTION, Action.READ)
    return _IN if within(case, scope) else 404


def within(case: Case, scope: Scope) -> bool:
    """Whether a scope word gives the thing to the asker, by the thing's own facts."""
    thing = case.thing
    return {
        Scope.NONE: False,
        Scope.OWN: "own" in thing.parties,
        Scope.CALL: "own" in thing.parties and case.asker != IDLE_AGENT,
        Scope.OFFICE: thing.office == "north",
        Scope.MINE: case.role in thing.mine,
        Scope.ALL: thing.owner != "unknown",
        Scope.COARSE: thing.owner != "unknown",
    }[scope]


class House:
    """One app for the whole matrix, on one copy of the district after the other."""

    def __init__(self, scene: Scene, url: str) -> None:
        self.scene = scene
        self.database = Database(url, pool_size=4)
        self.app = create_app(self.database, clock=lambda: EVENING, secure_cookies=False)
        self._keys = 0

    def move_to(self, url: str) -> None:
        """Go on with another copy."""
        self.database.close()
        self.database = Database(url, pool_size=4)
        self.app.state.door = Door(self.database, lambda: EVENING, secure_cookies=False)

    def client(self, asker: str) -> TestClient:
        """The asker at the door."""
        client = TestClient(self.app, raise_server_exceptions=False, headers={"Accept-Language": "en"})
        if asker == "integrator":
            client.headers["Authorization"] = "Bearer token-of-integrator"
        elif asker != "anonymous":
            role = ASKERS.get(asker)
            client.cookies.set("sign_in", f"cookie-of-{role.value if role else asker}")
        if asker == "desk_agent":
            client.headers["X-Call"] = CALL
        return client

    def ask(self, case: Case) -> Response:
        """Send the case's request."""
        ask = case.plan.build(self.scene, case.thing, case.role)
        self._keys += 1
        headers = {"Idempotency-Key": f"matrix-{self._keys}"}
        if ask.if_match is not None:
            headers["If-Match"] = f'"{ask.if_match}"'
        method = case.route.partition(" ")[0]
        return self.client(case.asker).request(
            method, ask.path, json=ask.body, params=ask.query, headers=headers
        )


def status_of(response: Response) -> int:
    """The status; of one sent in bulk, its own."""
    if response.status_code == 200 and str(response.url).endswith("/bulk"):
        problem = response.json()["items"][0]["problem"]
        return 200 if problem is None else int(problem["status"])
    return response.status_code


def said_of(case: Case, response: Response) -> str:
    """What was said, without the request's number and the identifier that the asker sent."""
    told: dict[str, Any] = response.json()
    told.pop("request_id", None)
    return re.sub(rf"(?<![\w-]){re.escape(case.thing.name)}(?![\w-])", "*", str(sorted(told.items())))


def leaks(scene: Scene, case: Case, response: Response) -> list[str]:
    """Texts of things that are nothing to the asker; what they sent themselves is no secret."""
    if case.role is Role.ADMINISTRATOR:
        resource, action = routes()[case.route]
        if permitted(case.role, resource, action) is Scope.ALL:
            return []  # keeper of all of these
    secrets = {
        mark
        for thing in scene.things.values()
        if thing.owner == "foreign"
        for mark in thing.marks
        if mark != case.thing.name
    }
    return sorted(mark for mark in secrets if mark in response.text)
