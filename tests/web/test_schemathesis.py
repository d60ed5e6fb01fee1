"""What the API answers to requests of its own description is what the description says of answers."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
import schemathesis
from httpx2 import Response
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.web.authorisation_district import make_scene
from tests.web.authorisation_matrix import House
from tests.web.authorisation_scene import Scene

EXAMPLES = 5
"""Of each operation and asker; derandomised, so they are the same in each run."""

ASKERS = ("enterprise_user", "integrator", "office_manager", "anonymous")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SIGN_OUT = "/sign-ins/end"
"""Asked last: nothing is answered after it."""

KNOWN = {
    "number": "booking:confirmed",
    "badge": "inspector",
    "duty": "duty",
    "login": "member",
    "authority": "authority",
    "token": "token",
    "office": "office",
}
"""Parameters of addresses and the kinds of things that they name."""


@pytest.fixture(scope="module")
def original(fresh_database: Callable[[], str]) -> tuple[str, Scene]:
    """The district of the authorisation matrix, with nobody connected to it."""
    url = fresh_database()
    return url, make_scene(url)


@pytest.fixture
def house(original: tuple[str, Scene], copy_database: Callable[[str], str]) -> Iterator[House]:
    """The app on a fresh copy."""
    house = House(original[1], copy_database(original[0]))
    yield house
    house.database.close()


def _name_known(scene: Scene, case: schemathesis.Case, place: int) -> None:
    """Let two of three requests name things that exist, at the version that they have."""
    if place % 3 == 0:
        return
    for name in case.path_parameters:
        if name == "reference":
            kind = "call" if "calls" in case.operation.path else "instruction"
        else:
            kind = KNOWN.get(name, "")
        if (kind, "own") in scene.things:
            case.path_parameters[name] = scene.things[kind, "own"].name
        if name == "kind":
            case.path_parameters[name] = "declaration"
    if "If-Match" in case.headers:
        case.headers["If-Match"] = f'"{scene.things["booking:confirmed", "own"].version}"'


def _ask_everything(
    house: House, asker: str, mode: GenerationMode, judge: Callable[[schemathesis.Case, Response], None]
) -> None:
    """Put generated requests of every operation to the API; each answer is judged."""
    client = house.client(asker)
    schema = schemathesis.openapi.from_dict(house.app.state.openapi)
    places = itertools.count()
    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in sorted(operations, key=lambda one: one.path.endswith(SIGN_OUT)):

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def send(case: schemathesis.Case) -> None:
            if mode is GenerationMode.POSITIVE:
                _name_known(house.scene, case, next(places))
            sent = case.as_transport_kwargs(base_url="http://testserver")
            sent.pop("cookies", None)
            sent["headers"].pop("Authorization", None)
            if isinstance(sent.get("data"), bytes | str):  # raw bodies have another name in this client
                sent["content"] = sent.pop("data")
            judge(case, client.request(**sent))

        try:
            send()
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE  # an operation that takes nothing cannot be asked wrongly


@pytest.mark.parametrize("asker", ASKERS)
def test_answers_are_as_described(house: House, asker: str) -> None:
    """Status, media type, headers and body of every answer stand in the description; none is a fault."""
    statuses = Counter[int]()

    def judge(case: schemathesis.Case, answer: Response) -> None:
        case.validate_response(answer, checks=CHECKS)
        statuses[answer.status_code] += 1
        if answer.status_code < 300:
            assert str(answer.status_code) in case.operation.definition.raw["responses"]

    _ask_everything(house, asker, GenerationMode.POSITIVE, judge)
    assert statuses.total() > 200
    assert statuses[200] > 10


@pytest.mark.parametrize("asker", ["enterprise_user", "office_manager"])
def test_wrong_requests_meet_no_fault(house: House, asker: str) -> None:
    """Requests that break the description, field by field, are refused; none is answered 5xx."""
    statuses = Counter[int]()

    def judge(_case: schemathesis.Case, answer: Response) -> None:
        statuses[answer.status_code] += 1

    _ask_everything(house, asker, GenerationMode.NEGATIVE, judge)
    assert statuses.total() > 100
    assert [status for status in statuses if status >= 500] == []


def test_a_time_of_day_carries_no_offset(house: House) -> None:
    """A duty's hours are the office's own; an offset is refused instead of being dropped unheard."""
    badge = house.scene.things["inspector", "own"].name
    body = {"badge": badge, "date": "2026-12-06", "begins": "09:00:00Z", "ends": "12:00"}
    answer = house.client("office_manager").post(
        "/api/v1/duties", json=body, headers={"Idempotency-Key": "offset"}
    )
    assert (answer.status_code, answer.json()["field"]) == (422, "/begins")
