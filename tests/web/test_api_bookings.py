"""Bookings by the API: the ways of an enterprise and of its office."""

from datetime import timedelta

from scheduler.models import Authority, Closure
from scheduler.vocabulary import DutyKind
from tests.factories import NOW, SATURDAY, TODAY, TUESDAY, at
from tests.web.api_site import ApiSite


def _etag(version: int) -> dict[str, str]:
    return {"If-Match": f'"{version}"'}


def test_a_booking_is_confirmed_and_can_be_read(site: ApiSite) -> None:
    """201 with its address and version; what is read is what was answered."""
    order = site.order(site.world.instruction())
    answer = site.enterprise().post("/api/v1/bookings", json=order, headers=site.key())
    assert (answer.status_code, answer.json()["state"], answer.headers["etag"]) == (201, "confirmed", '"1"')
    read = site.enterprise().get(answer.headers["location"])
    assert read.json() == answer.json()
    assert read.headers["etag"] == '"1"'


def test_a_rest_day_is_requested_and_answered_by_the_office(site: ApiSite) -> None:
    """Saturday waits for the office's word, which says by when; with a duty on it, accepting confirms."""
    booking = site.booked(start=at(SATURDAY, 10).isoformat())
    assert (booking["state"], booking["next"]["who"]) == ("requested", "office")
    for inspector in site.world.inspectors[:2]:
        site.world.duty(inspector, SATURDAY, kind=DutyKind.OVERTIME.value)
    accepted = site.manager().post(f"/api/v1/bookings/{booking['number']}/accept", headers=_etag(1))
    assert (accepted.status_code, accepted.json()["state"]) == (200, "confirmed")


def test_a_request_is_refused_with_its_reason(site: ApiSite) -> None:
    """The enterprise reads why."""
    booking = site.booked(start=at(SATURDAY, 10).isoformat())
    site.manager().post(
        f"/api/v1/bookings/{booking['number']}/refuse", json={"reason": "无人值班"}, headers=_etag(1)
    )
    read = site.enterprise().get(f"/api/v1/bookings/{booking['number']}").json()
    assert (read["state"], read["end_reason"]) == ("cancelled", "无人值班")


def test_a_booking_moves_and_keeps_its_number(site: ApiSite) -> None:
    """The version steps, the number stays."""
    booking = site.booked()
    moved = site.enterprise().post(
        f"/api/v1/bookings/{booking['number']}/move",
        json={"start": at(TUESDAY, 14).isoformat()},
        headers=_etag(1),
    )
    assert moved.json()["promise_from"] == at(TUESDAY, 14).isoformat()
    assert (moved.json()["number"], moved.json()["version"]) == (booking["number"], 2)


def test_a_held_move_is_confirmed_into_the_booking(site: ApiSite) -> None:
    """Two times are kept until one is chosen; the hold hands its time over."""
    booking = site.booked()
    held = site.enterprise().post(
        f"/api/v1/bookings/{booking['number']}/hold-move",
        json={"start": at(TUESDAY, 14).isoformat()},
        headers=_etag(1) | site.key(),
    )
    assert (held.status_code, held.json()["replaces"]) == (201, booking["number"])
    offers = site.enterprise().get(f"/api/v1/bookings/{booking['number']}").json()["offers"]
    assert [offer["number"] for offer in offers] == [held.json()["number"]]
    taken = site.enterprise().post(f"/api/v1/holds/{held.json()['number']}/confirm", headers=_etag(1))
    assert (taken.json()["number"], taken.json()["promise_from"]) == (
        booking["number"],
        at(TUESDAY, 14).isoformat(),
    )


def test_a_hold_is_confirmed_before_it_lapses(site: ApiSite) -> None:
    """Details given late count; after its end it is refused."""
    orders = [site.order(site.world.instruction(), attendee="") for _ in range(2)]
    first, second = (
        site.enterprise().post("/api/v1/holds", json=order, headers=site.key()).json() for order in orders
    )
    details = {"attendee": "示例陪同人", "recipients": [{"name": "示例", "mobile": "13800138000"}]}
    done = site.enterprise().post(f"/api/v1/holds/{first['number']}/confirm", json=details, headers=_etag(1))
    assert (done.json()["state"], done.json()["recipients"][0]["mobile"]) == ("confirmed", "138****8000")
    site.moment.now = NOW + timedelta(minutes=6)
    late = site.enterprise().post(f"/api/v1/holds/{second['number']}/confirm", json=details, headers=_etag(1))
    assert (late.status_code, late.json()["code"]) == (409, "hold_expired")


def test_a_cancelled_booking_frees_its_instruction(site: ApiSite) -> None:
    """It can be booked again at once."""
    reference = site.world.instruction()
    body = site.order(reference)
    booking = site.enterprise().post("/api/v1/bookings", json=body, headers=site.key()).json()
    cancelled = site.enterprise().post(
        f"/api/v1/bookings/{booking['number']}/cancel", json={"reason": "货未到"}, headers=_etag(1)
    )
    assert cancelled.json()["state"] == "cancelled"
    assert site.enterprise().post("/api/v1/bookings", json=body, headers=site.key()).status_code == 201


def test_no_place_names_true_alternatives(site: ApiSite) -> None:
    """Four inspectors make two crews an hour; the third booking is told three times that work."""
    site.booked()
    site.booked()
    order = site.order(site.world.instruction())
    refused = site.enterprise().post("/api/v1/bookings", json=order, headers=site.key())
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/no_place")
    assert len(refused.json()["alternatives"]) == 3
    again = order | {"start": refused.json()["alternatives"][0]}
    assert site.enterprise().post("/api/v1/bookings", json=again, headers=site.key()).status_code == 201


def test_pages_follow_each_other_without_loss(site: ApiSite) -> None:
    """Two to a page, every booking once, in order of their dates."""
    made = {site.booked(start=at(TUESDAY, hour).isoformat())["number"] for hour in (9, 10, 11, 13, 14)}
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = site.enterprise().get(
            "/api/v1/bookings", params={"limit": 2} | ({"after": after} if after else {})
        )
        seen += [item["number"] for item in page.json()["items"]]
        after = page.json()["next"]
    assert len(seen) == 5
    assert set(seen) == made


def test_lists_are_narrowed(site: ApiSite) -> None:
    """By state, dates and instruction."""
    booking = site.booked()
    reference = booking["instructions"][0]["reference"]

    def count(**params: str) -> int:
        return len(site.manager().get("/api/v1/bookings", params=params).json()["items"])

    assert count(state="confirmed", office="north", site="yard") == 1
    assert count(instruction=reference) == 1
    assert count(state="hold") == 0
    assert count(**{"from": TODAY.isoformat(), "to": TODAY.isoformat()}) == 0
    assert count(to=TUESDAY.isoformat()) == 1


def test_crews_are_badges_after_publication_and_names_for_the_office(site: ApiSite) -> None:
    """Enterprises see nothing before the evening of the day before, then badge numbers only."""
    number = site.booked()["number"]
    address = f"/api/v1/bookings/{number}"
    assert site.enterprise().get(address).json()["crew"] is None
    office = site.manager().get(address).json()["crew"]
    assert [seat["name"] for seat in office] == ["示例人员", "示例人员"]
    site.moment.now = at(TODAY, 18)
    published = site.enterprise().get(address).json()["crew"]
    assert [seat["name"] for seat in published] == [None, None]
    assert [seat["badge"] for seat in published] == [seat["badge"] for seat in office]


def test_a_priority_application_is_decided_by_the_office(site: ApiSite) -> None:
    """What the table leaves to the office waits for its word, which is kept with its reason."""
    reference = site.world.instruction(goods_category="food", hs_code="1905310000")
    order = site.order(reference, apply_for_priority=True)
    booking = site.enterprise().post("/api/v1/bookings", json=order, headers=site.key()).json()
    assert booking["priority"]["answer"] in {"awaiting_office", "refused"}
    decided = site.manager().post(
        f"/api/v1/bookings/{booking['number']}/priority",
        json={"grant": True, "why": "易腐"},
        headers=_etag(1),
    )
    if booking["priority"]["answer"] == "refused":
        assert decided.json()["code"] == "wrong_state"
    else:
        assert decided.json()["priority"]["why"] == "易腐"


def test_goods_ready_is_recorded(site: ApiSite) -> None:
    """Also ahead of time, which says how late they will be."""
    number = site.booked()["number"]
    ready = at(TUESDAY, 10, 20)
    told = site.enterprise().post(
        f"/api/v1/bookings/{number}/ready", json={"ready_at": ready.isoformat()}, headers=_etag(1)
    )
    assert told.json()["goods_ready_at"] == ready.isoformat()


def test_a_broker_books_under_an_authority_and_both_see_it(site: ApiSite) -> None:
    """Made by the broker, for the enterprise."""
    world = site.world
    broker = world.enterprise(kind="broker")
    order = site.order(world.instruction())
    unknown = site.enterprise(broker).post("/api/v1/bookings", json=order, headers=site.key())
    assert unknown.json()["code"] == "unknown_instruction"
    world.add(
        Authority(
            broker=broker,
            represented=world.enterprises[0],
            source="granted",
            valid_from=TODAY,
            granted_by=None,
        )
    )
    made = site.enterprise(broker).post("/api/v1/bookings", json=order, headers=site.key())
    assert made.status_code == 201
    assert site.enterprise().get(made.headers["location"]).json()["made_by"] == made.json()["made_by"]


def test_availability_by_instruction_and_by_place_agree(site: ApiSite) -> None:
    """The same starts, whichever way they are asked for; every one of them could be booked."""
    reference = site.world.instruction()
    window = {"from": TUESDAY.isoformat(), "to": TUESDAY.isoformat()}
    by_instruction = site.enterprise().get("/api/v1/availability", params={"instruction": reference} | window)
    by_place = site.enterprise().get(
        "/api/v1/availability",
        params={"office": "north", "site": "yard", "type": "standard", "minutes": "30"} | window,
    )
    starts = by_instruction.json()["starts"]
    assert starts == by_place.json()["starts"]
    order = site.order(reference, start=starts[0])
    assert site.enterprise().post("/api/v1/bookings", json=order, headers=site.key()).status_code == 201


def test_availability_says_what_it_left_out(site: ApiSite) -> None:
    """Starts that are too near are counted with the reason in words."""
    site.moment.now = at(TODAY, 12)
    asked = {"office": "north", "site": "yard", "type": "standard", "minutes": "30", "to": TODAY.isoformat()}
    found = site.enterprise().get("/api/v1/availability", params=asked).json()
    assert found["left_out"][0]["reason"] == "too_short_notice"
    assert found["left_out"][0]["text"] == "too short notice"
    assert min(found["starts"]) >= at(TODAY, 14).isoformat()


def test_strangers_are_told_days_not_times(site: ApiSite) -> None:
    """Without a sign-in availability is coarse."""
    asked = {"office": "north", "site": "yard", "type": "standard", "minutes": "30"}
    found = site.client().get("/api/v1/availability", params=asked).json()
    assert (found["coarse"], found["starts"], found["left_out"]) == (True, [], [])
    assert {day["free"] for day in found["days"]} == {"many", "none"}


def test_offices_show_phones_only_when_published(site: ApiSite) -> None:
    """Null says that nothing is published; hours, sites and days are there."""
    office = site.client().get("/api/v1/offices/north").json()
    assert office["phone"] is None
    assert [each["code"] for each in office["sites"]] == ["yard"]
    days = (
        site.client().get("/api/v1/offices/north/days", params={"to": SATURDAY.isoformat()}).json()["items"]
    )
    assert [day["kind"] for day in days] == ["workday"] * 5 + ["weekend"]
    assert days[-1]["opens"] is None


def test_a_closed_office_offers_nothing(site: ApiSite) -> None:
    """A closure takes its hours out of what is true."""
    from sqlalchemy.dialects.postgresql import Range  # noqa: PLC0415 - only here

    site.world.add(
        Closure(
            office=site.world.offices["north"],
            period=Range(at(TUESDAY, 0), at(TUESDAY, 23), bounds="[)"),
            reason="示例",
        )
    )
    asked = {"office": "north", "site": "yard", "type": "standard", "minutes": "30"}
    window = {"from": TUESDAY.isoformat(), "to": TUESDAY.isoformat()}
    assert site.enterprise().get("/api/v1/availability", params=asked | window).json()["starts"] == []
