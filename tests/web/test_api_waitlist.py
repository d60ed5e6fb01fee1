"""Something earlier by the API: join, be offered a held time, take it or decline, by portal and by phone."""

from datetime import timedelta

from scheduler.booking.waitlist.offers import offer_earlier
from tests.factories import NOW, TUESDAY, at
from tests.web.api_site import ApiSite

AFTERNOON = {"start": at(TUESDAY, 15).isoformat()}
WISH = {"wished_from": at(TUESDAY, 10).isoformat(), "wished_to": at(TUESDAY, 11).isoformat()}


def test_an_offer_is_shown_and_taken_by_confirming_its_hold(site: ApiSite) -> None:
    """Waiting, offered, taken: the number stays and the promise is the earlier one."""
    number = site.booked(**AFTERNOON)["number"]
    path = f"/api/v1/bookings/{number}/waitlist"
    client = site.enterprise()
    joined = client.post(path, json=WISH, headers=site.key())
    assert (joined.status_code, joined.json()["state"], joined.json()["offer"]) == (201, "waiting", None)
    offer_earlier(site.world.database, now=NOW)
    offered = client.get(path).json()
    assert (offered["state"], offered["offer"]["start"]) == ("offered", at(TUESDAY, 10).isoformat())
    assert client.get(f"/api/v1/bookings/{number}").json()["offers"] == [offered["offer"]]
    taken = client.post(
        f"/api/v1/holds/{offered['offer']['number']}/confirm",
        headers={"If-Match": f'"{offered["offer"]["version"]}"'},
    )
    assert (taken.json()["number"], taken.json()["promise_from"]) == (number, at(TUESDAY, 10).isoformat())
    assert client.get(path).json()["state"] == "taken"
    assert client.get("/api/v1/waitlist").json()["items"] == []


def test_declining_waits_on_and_leaving_does_not(site: ApiSite) -> None:
    """A declined time is given back; who leaves is in no list any more."""
    path = f"/api/v1/bookings/{site.booked(**AFTERNOON)['number']}/waitlist"
    client = site.enterprise()
    client.post(path, json=WISH, headers=site.key())
    offer_earlier(site.world.database, now=NOW)
    declined = client.post(f"{path}/decline", headers=site.key())
    assert (declined.status_code, declined.json()["state"], declined.json()["offer"]) == (
        200,
        "waiting",
        None,
    )
    again = client.post(f"{path}/decline")
    assert (again.status_code, again.json()["code"]) == (409, "no_offer")
    left = client.delete(path)
    assert (left.status_code, left.json()["state"]) == (200, "withdrawn")
    assert client.delete(path).json()["code"] == "not_waiting"


def test_refusals_say_until_when_and_what_to_do(site: ApiSite) -> None:
    """A wish that is not earlier, a second wait, a stranger's booking."""
    path = f"/api/v1/bookings/{site.booked(**AFTERNOON)['number']}/waitlist"
    client = site.enterprise()
    late = client.post(path, json={"wished_from": at(TUESDAY, 14, 45).isoformat()})
    assert (late.status_code, late.json()["code"]) == (422, "nothing_earlier")
    assert late.json()["values"] == {"minutes": 30, "latest": at(TUESDAY, 14, 30).isoformat()}
    assert client.post(path, json=WISH).status_code == 201
    assert client.post(path, json=WISH).json()["code"] == "already_waiting"
    stranger = site.enterprise(site.world.enterprise())
    assert stranger.get(path).json()["code"] == "unknown_booking"
    assert stranger.get("/api/v1/waitlist").json()["items"] == []


def test_the_desk_joins_in_a_call_and_the_office_reads_the_list(site: ApiSite) -> None:
    """The call that asked is on record; the office pages through who waits."""
    numbers = [site.booked(start=at(TUESDAY, 15, 30 * k).isoformat())["number"] for k in range(2)]
    desk = site.world.desk(site.world.enterprises[0])
    assert desk.call is not None
    site.moment.now = NOW + timedelta(minutes=1)
    caller = site.client(desk.account, **{"X-Call": desk.call.reference})
    for number in numbers:
        assert caller.post(f"/api/v1/bookings/{number}/waitlist", json=WISH).status_code == 201
    first = site.manager().get("/api/v1/waitlist", params={"limit": 1}).json()
    rest = site.manager().get("/api/v1/waitlist", params={"after": first["next"], "office": "north"}).json()
    assert [one["number"] for page in (first, rest) for one in page["items"]] == numbers
    assert rest["next"] is None
    assert site.count("waitlist_entry WHERE channel = 'phone' AND call IS NOT NULL") == 2
