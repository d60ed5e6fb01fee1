"""Who may do what: every route asked by everybody about own, represented, foreign and unknown things."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from fastapi import APIRouter
from sqlalchemy import text

from api.app import create_app
from scheduler.access.policy import Scope, permitted
from scheduler.database.connection import Database
from tests.web.authorisation_district import make_scene
from tests.web.authorisation_matrix import (
    ASKERS,
    NOTHING,
    Case,
    House,
    cases_of,
    expected,
    leaks,
    rounds_of,
    routes,
    said_of,
    status_of,
)
from tests.web.authorisation_requests import PLANS
from tests.web.authorisation_scene import EVENING, Scene

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


@pytest.fixture
def copy(original: tuple[str, Scene], copy_database: Callable[[str], str]) -> Callable[[], str]:
    """Maker of copies of the district for one test alone."""
    return lambda: copy_database(original[0])


@pytest.fixture
def house(original: tuple[str, Scene], copy: Callable[[], str]) -> Iterator[House]:
    """The app on a fresh copy."""
    house = House(original[1], copy())
    yield house
    house.database.close()


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
    """No route is without a row for a role, and the matrix asks each one; it holds over a thousand cells."""
    _, scene = original
    assert sorted(PLANS) == ROUTES
    for resource, action in routes().values():
        scopes = {permitted(role, resource, action) for role in set(ASKERS.values())}
        assert scopes != {Scope.NONE}, (resource, action)
    cases = [case for asker in ASKERS for case in cases_of(scene, asker)]
    answers = Counter(expected(case) for case in cases)
    print(f"authorisation matrix: {len(ROUTES)} routes, {len(cases)} cells, expected {dict(answers)}")  # noqa: T201 - the count for who reads -s
    assert len(cases) >= 1000
    assert set(answers) == {200, 401, 403, 404}


@pytest.mark.parametrize("asker", ASKERS)
def test_routes_let_in_whom_the_table_names(house: House, copy: Callable[[], str], asker: str) -> None:
    """Nobody else is let in, everybody named is; what is foreign looks as what is unknown and leaks nothing.

    Reading and being refused change nothing.
    """
    cases = list(cases_of(house.scene, asker))
    changes = [case for case in cases if expected(case) == 200 and not case.route.startswith("GET")]
    before = fingerprint(house.database)
    found = _ask_all(house, [case for case in cases if case not in changes and case.route not in SEARCHES])
    assert fingerprint(house.database) == before
    found += _ask_all(house, [case for case in cases if case not in changes and case.route in SEARCHES])
    for some in rounds_of(changes):
        house.move_to(copy())
        found += _ask_all(house, some)
    assert found == [], "\n".join(found)


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
                unknown[case.route, case.thing.kind] = said[-1][1]
    for case, told in said:
        standard = unknown.get((case.route, case.thing.kind), told)
        if told != standard:
            surprises.append(f"{case}: {told} instead of {standard}")
    return surprises


def test_reading_changes_nothing(house: House) -> None:
    """Every GET route asked by everybody leaves every table as it was (when a token was used aside)."""
    gets = [case for asker in ASKERS for case in cases_of(house.scene, asker) if case.route.startswith("GET")]
    before = fingerprint(house.database)
    faults = [str(case) for case in gets if house.ask(case).status_code >= 500]
    assert faults == []
    assert len({case.route for case in gets}) == sum(route.startswith("GET") for route in ROUTES)
    assert fingerprint(house.database) == before


def test_a_disabled_account_is_out_at_the_next_request(house: House) -> None:
    """Whoever is signed in while their account is closed is not heard again."""
    own = Case("GET /accounts/me", "enterprise_user", NOTHING)
    assert house.ask(own).status_code == 200
    answer = house.client("administrator").post(
        f"/api/v1/accounts/{house.scene.logins['enterprise_user']}/disable", headers={"Idempotency-Key": "k"}
    )
    assert answer.status_code == 200, answer.text
    told = house.ask(own)
    assert (told.status_code, told.json()["code"]) == (401, "sign_in_needed")


def test_a_token_of_a_disabled_account_is_out(house: House) -> None:
    """A program's token counts no more once the enterprise's administrator closed its account."""
    own = Case("GET /bookings", "integrator", NOTHING)
    assert house.ask(own).status_code == 200
    path = f"/api/v1/accounts/{house.scene.logins['program-own']}/disable"
    assert house.client("enterprise_user").post(path).status_code == 200
    assert house.ask(own).status_code == 401


def test_a_revoked_token_is_out_at_the_next_request(house: House) -> None:
    """The enterprise revokes a token in use; its bearer is not heard again."""
    own = Case("GET /bookings", "integrator", NOTHING)
    assert house.ask(own).status_code == 200
    client = house.client("enterprise_user")
    (token,) = [one for one in client.get("/api/v1/tokens").json()["items"] if one["label"] == "the matrix"]
    assert client.post(f"/api/v1/tokens/{token['id']}/revoke").status_code == 204
    assert house.ask(own).status_code == 401


def test_an_expired_sign_in_is_out(house: House) -> None:
    """A cookie that was good is none after its sign-in has run out."""
    own = Case("GET /accounts/me", "inspector", NOTHING)
    with house.database.transaction() as session:
        session.execute(text("UPDATE sign_in SET expires_at = :now"), {"now": EVENING})
    assert house.ask(own).status_code == 401


def test_only_an_enterprises_administrator_looks_after_its_people(house: House) -> None:
    """The table gives `own` to the enterprise; within it, accounts are its administrator's business."""
    with house.database.transaction() as session:
        session.execute(text("UPDATE account SET is_enterprise_admin = false"))
    for route in ("GET /accounts", "POST /accounts", "POST /accounts/programs"):
        assert house.ask(Case(route, "enterprise_user", NOTHING)).status_code == 403, route


def test_an_app_with_a_route_without_a_policy_does_not_start(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A route that somebody adds and forgets to decide on stops the whole app."""
    router = APIRouter()

    @router.get("/forgotten")
    def forgotten() -> str:
        return "everybody may read this"

    monkeypatch.setattr("api.app.PAGES", (router,))
    with pytest.raises(RuntimeError, match="/forgotten"):
        create_app(house.database)
