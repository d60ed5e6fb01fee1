"""Whatever is sent, within the description or beside it, is answered or refused: never a fault."""

import itertools
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from tests.web.api_site import ApiSite

EXAMPLES = 4
"""Of each operation, asker and mode; the kinds of requests are the same in each run."""

ASKERS: dict[str, Callable[[ApiSite], TestClient]] = {
    "enterprise": ApiSite.enterprise,
    "manager": ApiSite.manager,
    "inspector": ApiSite.inspector,
}


def _send(client: TestClient, case: schemathesis.Case, *, number: str, place: int) -> None:
    """Send one generated request, half of them about a booking that exists."""
    named = {"number": number} if place % 2 else {}
    parts = {name: quote(str(value), safe="") for name, value in ({**case.path_parameters, **named}).items()}
    headers = {"Idempotency-Key": f"fuzz-{place}", "If-Match": '"1"'} if place % 3 else {}
    sent: dict[str, Any] = (
        {} if isinstance(case.body, type(schemathesis.core.NOT_SET)) else {"json": case.body}
    )
    if isinstance(sent.get("json"), bytes):
        sent = {"content": sent["json"]}
    answer = client.request(
        case.operation.method, case.operation.path.format(**parts), params=case.query, headers=headers, **sent
    )
    assert answer.status_code < 500, (case.operation.label, parts, case.query, case.body, answer.text)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("asker", ASKERS)
def test_no_request_is_answered_with_a_fault(site: ApiSite, asker: str, mode: GenerationMode) -> None:
    """Every operation of the description, by each kind of asker: no 5xx, every refusal a problem."""
    client = ASKERS[asker](site)
    number = site.booked()["number"]
    places = itertools.count()
    schema = schemathesis.openapi.from_dict(site.app.state.openapi)
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path.endswith("/sign-ins/end"):
            continue  # the others are asked by somebody who is signed in

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
            _send(client, case, number=number, place=next(places))

        send()
    assert next(places) > 200
