"""How thoroughly true starts are looked for: a day asked for alone, a long list only if it says so."""

from datetime import date, timedelta

import pytest

from scheduler.models import InspectorQualification
from tests.factories import TODAY, TUESDAY, at
from tests.web.api_site import ApiSite

PLANTS = {"office": "north", "site": "yard", "type": "plants", "minutes": "30"}
TEN = at(TUESDAY, 10).isoformat()


@pytest.fixture
def hidden(site: ApiSite) -> ApiSite:
    """Ordinary goods hold the two who know plants at ten, while two others are free."""
    world = site.world
    world.type("plants", seats=(("plant_quarantine",), ()))
    for inspector in world.inspectors[:2]:
        world.add(
            InspectorQualification(
                inspector=inspector, qualification="plant_quarantine", valid_from=date(2026, 1, 1)
            )
        )
    order = site.order(world.instruction(), start=TEN)
    assert site.enterprise().post("/api/v1/bookings", json=order, headers=site.key()).status_code == 201
    return site


def starts(site: ApiSite, *, days: int, **asked: str) -> list[str]:
    """The starts of so many days from Tuesday on."""
    window = {"from": TUESDAY.isoformat(), "to": (TUESDAY + timedelta(days=days - 1)).isoformat()}
    found = site.enterprise().get("/api/v1/availability", params=PLANTS | window | asked)
    assert found.status_code == 200
    return found.json()["starts"]


def test_a_few_days_are_searched(hidden: ApiSite) -> None:
    """Up to three days show the start for which others' names change, unless it is not wanted."""
    assert TEN in starts(hidden, days=1)
    assert TEN in starts(hidden, days=3)
    assert TEN not in starts(hidden, days=1, thorough="false")


def test_a_long_list_is_searched_if_it_says_so(hidden: ApiSite) -> None:
    """A fortnight shows it only when it is asked to."""
    assert TEN not in starts(hidden, days=13)
    assert TEN in starts(hidden, days=13, thorough="true")


def test_what_is_not_listed_can_be_booked(hidden: ApiSite) -> None:
    """An exact time is always searched."""
    order = hidden.order(hidden.world.instruction(type=hidden.world.types["plants"]), start=TEN)
    made = hidden.enterprise().post("/api/v1/bookings", json=order, headers=hidden.key())
    assert (made.status_code, made.json()["promise_from"]) == (201, TEN)


def test_more_than_a_fortnight_is_not_searched(hidden: ApiSite) -> None:
    """The refusal names the field."""
    window = {"from": TODAY.isoformat(), "to": (TODAY + timedelta(days=14)).isoformat(), "thorough": "true"}
    answer = hidden.enterprise().get("/api/v1/availability", params=PLANTS | window)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (
        422,
        "window_too_long",
        "/thorough",
    )


def test_nothing_is_searched_for_strangers(hidden: ApiSite) -> None:
    """They are told days; asking for more changes nothing."""
    window = {"from": TODAY.isoformat(), "to": (TODAY + timedelta(days=30)).isoformat(), "thorough": "true"}
    answer = hidden.client().get("/api/v1/availability", params=PLANTS | window)
    assert (answer.status_code, answer.json()["coarse"]) == (200, True)
