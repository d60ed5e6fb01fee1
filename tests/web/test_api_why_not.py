"""Why not at this time: the reason in words, ways out, nothing about other enterprises."""

from datetime import time, timedelta
from typing import Any

import pytest

from tests.factories import SATURDAY, TUESDAY, at
from tests.web.api_site import ApiSite

YARD = {"office": "north", "site": "yard", "type": "standard", "minutes": "30"}
TEN = at(TUESDAY, 10)


def why(site: ApiSite, *, client: Any = None, start: object = TEN, **asked: str) -> dict[str, Any]:
    """What is told of Tuesday at ten, to the first enterprise unless said otherwise."""
    asker = client or site.enterprise()
    answer = asker.get("/api/v1/availability/why-not", params=YARD | {"start": start.isoformat()} | asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def full(site: ApiSite) -> ApiSite:
    """Tuesday at ten holds all it can: one booking of the first enterprise, one of a stranger."""
    own, stranger = site.world.instruction(), site.world.enterprise()
    foreign = site.world.instruction(stranger)
    for enterprise, reference in ((None, own), (stranger, foreign)):
        made = site.enterprise(enterprise).post(
            "/api/v1/bookings", json=site.order(reference), headers=site.key()
        )
        assert made.status_code == 201
    return site


def test_a_time_that_is_free_is_possible(site: ApiSite) -> None:
    """No reason, no ways."""
    told = why(site)
    assert (told["possible"], told["reason"], told["ways"]) == (True, None, [])


def test_taken_crews_are_counted_and_own_bookings_named(full: ApiSite) -> None:
    """Promises hold the crews; of the stranger's booking not even the number is told."""
    told = why(full)
    assert told["possible"] is False
    assert told["reason"] in {"crew_busy", "no_crewing"}
    assert told["bookings"] >= 1
    mine = {each["number"] for each in full.enterprise().get("/api/v1/bookings").json()["items"]}
    assert set(told["own"]) <= mine
    assert all(way["booking"] is None or way["booking"] in mine for way in told["ways"])


def test_own_bookings_that_hold_the_crews_are_named(site: ApiSite) -> None:
    """Whoever holds the time alone is told the numbers, and to where one of them could move."""
    mine = {site.booked()["number"] for _ in range(2)}
    told = why(site)
    assert told["own"]
    assert set(told["own"]) <= mine
    assert len(told["own"]) == told["bookings"]
    moving = [way for way in told["ways"] if way["way"] == "moving"]
    assert moving
    assert all(way["booking"] in mine and way["start"] is not None for way in moving)


def test_the_nearest_other_start_is_true(full: ApiSite) -> None:
    """The other start that is named can be booked."""
    starts = [way["start"] for way in why(full)["ways"] if way["way"] == "other_start"]
    assert starts
    order = full.order(full.world.instruction(), start=starts[0])
    made = full.enterprise().post("/api/v1/bookings", json=order, headers=full.key())
    assert made.status_code == 201


def test_a_foreign_booking_that_could_move_stays_nameless(full: ApiSite) -> None:
    """That somebody's consent would do is told, not whose and not which time."""
    third = full.enterprise(full.world.enterprise())
    told = why(full, client=third)
    assert told["own"] == []
    moving = [way for way in told["ways"] if way["way"] in {"moving", "leaving"}]
    assert moving
    assert all(way["booking"] is None and way["start"] is None for way in moving)


def test_rules_speak_before_crews(site: ApiSite) -> None:
    """Off the grid, a rest day, too short notice: the rule is told in words."""
    assert why(site, start=at(TUESDAY, 10, 7))["reason"] == "off_grid"
    site.moment.now = at(TUESDAY, 9, 45)
    told = why(site)
    assert (told["possible"], told["reason"]) == (False, "too_short_notice")
    assert told["text"] != told["reason"]


def test_who_is_missing_is_named_by_qualification(site: ApiSite) -> None:
    """Nobody on duty may inspect plants: the qualification is named."""
    site.world.type("plants", seats=(("plant_quarantine",), ()))
    told = why(site, type="plants")
    assert (told["reason"], told["qualifications"]) == ("no_qualified_inspector", ["plant_quarantine"])


def test_the_words_are_in_both_languages(full: ApiSite) -> None:
    """Chinese by its header."""
    told = why(full, client=full.enterprise(**{"Accept-Language": "zh"}))
    assert any("一" <= letter <= "鿿" for letter in told["text"])
    assert all(any("一" <= letter <= "鿿" for letter in way["text"]) for way in told["ways"])


def test_strangers_are_told_nothing(site: ApiSite) -> None:
    """Sign in first."""
    answer = site.client().get("/api/v1/availability/why-not", params=YARD | {"start": TEN.isoformat()})
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_needed")


def test_other_offices_and_rest_days_are_named(full: ApiSite) -> None:
    """A site of the same kind twenty minutes away is free at ten; Saturday can be asked for until Friday."""
    world = full.world
    world.office("south")
    world.site("pier", office="south")
    guests = [world.inspector(office="south") for _ in range(2)]
    world.add(*(world.duty_row(one, TUESDAY, office="south") for one in guests))
    told = {one["way"]: one for one in why(full)["elsewhere"]}
    assert (told["other_office"]["office"], told["other_office"]["site"]) == ("south", "pier")
    assert told["other_office"]["start"] == TEN.isoformat()
    assert told["other_office"]["travel"] == 20
    asked = told["rest_day_request"]
    assert asked["start"] == at(SATURDAY, 10).isoformat()
    assert asked["answered_by"] == at(SATURDAY - timedelta(days=1), 16, 30).isoformat()


def test_a_rest_day_with_a_crew_comes_before_asking_for_one(full: ApiSite) -> None:
    """Its first true start."""
    world = full.world
    world.add(
        *(
            world.duty_row(one, SATURDAY, begins=time(9), ends=time(12), kind="overtime")
            for one in world.inspectors
        )
    )
    told = {one["way"]: one for one in why(full)["elsewhere"]}
    assert "rest_day_request" not in told
    assert told["weekend_crew"]["start"] == at(SATURDAY, 9, 30).isoformat()


def test_what_every_office_refuses_is_not_looked_for_elsewhere(site: ApiSite) -> None:
    """A time that has passed has passed everywhere."""
    told = why(site, start=at(TUESDAY, 10) - timedelta(days=3))
    assert told["possible"] is False
    assert told["elsewhere"] == []
