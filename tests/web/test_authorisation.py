"""Who may do what: every route asked by everybody about own, represented, foreign and unknown things."""

from collections.abc import Callable, Iterator

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import URL, text

from api.app import create_app, require_policies
from scheduler.access.policy import Scope, permitted
from scheduler.database.connection import Database
from tests.web.authorisation_district import EVENING, Scene, Thing, make_scene
from tests.web.authorisation_matrix import (
    ASKERS,
    NOTHING,
    Case,
    House,
    cases_of,
    expected,
    leaks,
    routes,
    said_of,
    status_of,
)
from tests.web.authorisation_requests import PLANS

ROUTES = sorted(routes())
SEARCHES = {"POST /calls/enterprise"}
"""Every search is on record, the refused one too."""

KEPT_REFUSALS = {"idempotent_answer"}
"""A refusal is kept under its key: the same key again gets it again."""


@pytest.fixture(scope="module")
def original(fresh_database: Callable[[], str]) -> tuple[str, Scene]:
    """The district as it was written, with nobody connected to it."""
    url = fresh_database()
    return url, make_scene(url)


@pytest.fixture(scope="module")
def app(original: tuple[str, Scene], fresh_database: Callable[..., str]) -> Iterator[House]:
    """The app, made once; tests move it to copies of their own."""
    url, scene = original
    house = House(scene, fresh_database(url))
    yield house
    house.database.close()


@pytest.fixture
def copy(original: tuple[str, Scene], copy_database: Callable[[str], str]) -> Callable[[], str]:
    """Maker of copies of the district for one test alone."""
    return lambda: copy_database(original[0])


@pytest.fixture
def house(app: House, copy: Callable[[], str]) -> House:
    """The app on a fresh copy."""
    app.move_to(copy())
    return app


def fingerprint(database: Database) -> dict[str, str]:
    """A digest of each table; when a token was last used is the one thing that reading writes."""
    with database.snapshot() as session:
        tables = session.execute(
            text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        ).scalars()
        question = "SELECT md5(coalesce(string_agg(row, ',' ORDER BY row), '')) FROM ({}) AS rows"
        rows = "SELECT (to_jsonb(t) - 'last_used_at')::text AS row FROM \"{}\" AS t"
        return {
            table: session.execute(text(question.format(rows.format(table)))).scalar_one()
            for table in sorted(tables)
            if table not in KEPT_REFUSALS
        }


def test_every_route_has_its_rows_and_its_request(original: tuple[str, Scene]) -> None:
    """No route is without a row for a role, and the matrix asks each one; it holds some thousand cells."""
    _, scene = original
    assert sorted(PLANS) == ROUTES
    for resource, action in routes().values():
        scopes = {permitted(role, resource, action) for role in set(ASKERS.values())}
        assert scopes != {Scope.NONE}, (resource, action)
    cases = [case for route in ROUTES for case in cases_of(scene, route)]
    assert len(cases) >= 1200, len(cases)


@pytest.mark.parametrize("route", ROUTES)
def test_route_lets_in_whom_the_table_names(house: House, copy: Callable[[], str], route: str) -> None:
    """Nobody else is let in, everybody named is; what is foreign looks as what is unknown and leaks nothing."""
    cases = list(cases_of(house.scene, route))
    let_in = [case for case in cases if expected(case) == 200]
    kept_out = [case for case in cases if expected(case) != 200]
    before = fingerprint(house.database)
    found = _ask_all(house, kept_out)
    if route not in SEARCHES:
        assert fingerprint(house.database) == before
    for case in let_in:
        if not route.startswith("GET"):
            house.move_to(copy())
        found += _ask_all(house, [case])
    assert found == []


def _ask_all(house: House, cases: list[Case]) -> list[str]:
    """What went otherwise than the table says."""
    surprises: list[str] = []
    unknown: dict[tuple[str, str], str] = {}
    said: list[tuple[Case, str]] = []
    for case in cases:
        response = house.ask(case)
        status, wanted = status_of(response), expected(case)
        if status != wanted and not (wanted == 200 and 200 <= status < 300):
            surprises.append(f"{case}: {status} instead of {wanted}: {response.text[:300]}")
        surprises += [f"{case} told {mark}" for mark in leaks(house.scene, case, response)]
        if wanted == 404 == response.status_code:
            said.append((case, said_of(case, response)))
            if case.thing.owner == "unknown":
                unknown[case.asker, case.thing.kind] = said[-1][1]
    for case, told in said:
        standard = unknown.get((case.asker, case.thing.kind), told)
        if told != standard:
            surprises.append(f"{case}: {told} instead of {standard}")
    return surprises
