"""Batches by the API: forty at once, the same key again, and an answer in part."""

from typing import Any

from scheduler.queries.doctor import diagnose
from tests.factories import TUESDAY, at
from tests.web.api_site import ApiSite


def _order(site: ApiSite, count: int) -> dict[str, Any]:
    return {
        "instructions": [{"reference": site.world.instruction()} for _ in range(count)],
        "wished_from": at(TUESDAY, 8, 30).isoformat(),
        "wished_to": at(TUESDAY, 17, 30).isoformat(),
    }


def test_a_brokers_day_is_held_and_accepted_in_part(site: ApiSite) -> None:
    """Held together for a quarter of an hour; what is accepted is confirmed, the rest is given back."""
    client = site.enterprise()
    answer = client.post("/api/v1/batches", json=_order(site, 20), headers=site.key())
    assert answer.status_code == 201, answer.text
    batch = answer.json()
    assert (batch["state"], len(batch["items"])) == ("held", 20)
    assert {item["reason"] for item in batch["items"]} == {None}
    assert client.get(answer.headers["location"]).json() == batch
    wanted = [item["booking"] for item in batch["items"][:5]]
    path = f"{answer.headers['location']}/accept"
    refused = client.post(path, json={"accepted": wanted})
    assert (refused.status_code, refused.json()["code"]) == (422, "attendee_missing")
    accepted = client.post(path, json={"accepted": wanted, "attendee": "王五"}, headers=site.key()).json()
    states = [item["state"] for item in accepted["items"]]
    assert (accepted["state"], states) == ("answered", ["confirmed"] * 5 + ["cancelled"] * 15)
    assert client.post(path, json={"accepted": []}).json()["code"] == "batch_answered"


def test_the_same_key_holds_once(site: ApiSite) -> None:
    """The same bytes again, no second batch."""
    order, key = _order(site, 2), site.key()
    first, second = (site.enterprise().post("/api/v1/batches", json=order, headers=key) for _ in range(2))
    assert (first.status_code, first.content) == (201, second.content)
    assert (site.count("batch"), site.count("booking")) == (1, 2)
    with site.world.database.snapshot() as session:
        assert [one for one in diagnose(session) if one.count] == []


def test_an_item_without_a_place_says_why_with_its_numbers(site: ApiSite) -> None:
    """Codes for programs, words for people at the problem's page; the batch itself is no refusal."""
    order = _order(site, 1)
    order["instructions"].append({"reference": "010020261999999998"})
    (held, unknown) = (
        site.enterprise().post("/api/v1/batches", json=order, headers=site.key()).json()["items"]
    )
    assert (held["start"], held["reason"]) == (at(TUESDAY, 9).isoformat(), None)
    assert (unknown["booking"], unknown["reason"]) == (None, "unknown_instruction")
    assert unknown["values"] == {"reference": "010020261999999998"}


def test_lost_times_are_named(site: ApiSite) -> None:
    """Nothing is confirmed, and the values say which and why."""
    client = site.enterprise()
    batch = client.post("/api/v1/batches", json=_order(site, 2), headers=site.key()).json()
    numbers = [item["booking"] for item in batch["items"]]
    gone = {"reason": "not needed"}
    client.post(f"/api/v1/bookings/{numbers[0]}/cancel", json=gone, headers={"If-Match": '"1"'})
    path = f"/api/v1/batches/{batch['number']}/accept"
    refused = client.post(path, json={"accepted": numbers, "attendee": "王五"})
    assert (refused.status_code, refused.json()["code"]) == (409, "batch_items_lost")
    assert [item["number"] for item in refused.json()["values"]["items"]] == numbers[:1]
    unknown = client.post(path, json={"accepted": ["K0000-0000"], "attendee": "王五"})
    assert (unknown.status_code, unknown.json()["field"]) == (404, "/accepted/0")


def test_more_than_a_hundred_are_refused(site: ApiSite) -> None:
    """The limit is a field's, told before anything is read."""
    order = _order(site, 1)
    order["instructions"] *= 101
    refused = site.enterprise().post("/api/v1/batches", json=order, headers=site.key())
    assert (refused.status_code, refused.json()["field"]) == (422, "/instructions")
