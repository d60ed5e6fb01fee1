"""Disturbed days over HTTP: proposals, one applied, a longer visit, a party that is late."""

from typing import Any

from tests.factories import TUESDAY, at
from tests.web.api_site import ApiSite


def ill(badge: str) -> dict[str, Any]:
    """An inspector who is ill on Tuesday, as it is sent."""
    cause = {"kind": "inspector_away", "badge": badge, "begins": at(TUESDAY, 0).isoformat(), "reason": "示例"}
    return {"date": TUESDAY.isoformat(), "causes": [cause]}


def badges(site: ApiSite) -> list[str]:
    """The badges of the office's inspectors."""
    return [one["badge"] for one in site.manager().get("/api/v1/inspectors").json()["items"]]


def test_an_office_asks_looks_and_applies(site: ApiSite) -> None:
    """Everybody but two is ill: names change, the promise stands; a second answer is refused."""
    number = site.booked()["number"]
    manager = site.manager()
    before = site.enterprise().get(f"/api/v1/bookings/{number}").json()
    made = manager.post("/api/v1/replans", json=ill(badges(site)[0]), headers=site.key())
    assert made.status_code == 201, made.text
    asked = made.json()
    assert asked["state"] == "proposed"
    assert asked["proposals"][0]["lost"] == asked["proposals"][0]["moved"] == []
    assert manager.get(made.headers["Location"]).json() == asked
    done = manager.post(f"{made.headers['Location']}/apply", json={"proposal": 1}, headers=site.key())
    assert (done.status_code, done.json()["state"]) == (200, "applied")
    after = site.enterprise().get(f"/api/v1/bookings/{number}").json()
    assert after["promise_from"] == before["promise_from"]
    window = {"from": TUESDAY.isoformat(), "to": TUESDAY.isoformat()}
    assert [one["number"] for one in manager.get("/api/v1/replans", params=window).json()["items"]] == [
        asked["number"]
    ]
    again = manager.post(f"{made.headers['Location']}/discard")
    assert (again.status_code, again.json()["code"]) == (409, "replan_settled")


def test_a_cause_names_its_field(site: ApiSite) -> None:
    """The pointer leads to the cause that is wrong, in the reader's language."""
    told = site.manager().post("/api/v1/replans", json=ill("B99999"), headers=site.key())
    assert (told.status_code, told.json()["field"]) == (404, "/causes/0/badge")
    unknown = {"date": TUESDAY.isoformat(), "causes": [{"kind": "rain"}]}
    told = site.manager().post("/api/v1/replans", json=unknown, headers=site.key())
    assert told.status_code == 422


def test_an_enterprise_that_is_late_is_answered_at_once(site: ApiSite) -> None:
    """The crew waits: the promise stays, the expected start is said; the same key says the same."""
    booking = site.booked()
    ready = at(TUESDAY, 23, 30)
    headers = {**site.key(), "If-Match": f'"{booking["version"]}"'}
    path = f"/api/v1/bookings/{booking['number']}/late"
    told = site.enterprise().post(path, json={"ready_at": ready.isoformat()}, headers=headers)
    assert (told.status_code, told.json()["code"]) == (409, "crew_cannot_wait")
    assert told.json()["alternatives"]
    headers = {**site.key(), "If-Match": f'"{booking["version"]}"'}
    later = {"ready_at": booking["promise_from"].replace("T10:00", "T10:20")}
    said = site.enterprise().post(path, json=later, headers=headers)
    assert said.status_code == 200, said.text
    assert said.json()["promise_from"] == booking["promise_from"]
    assert said.json()["expected_start"] > booking["promise_from"]
    assert site.enterprise().post(path, json=later, headers=headers).json() == said.json()
