"""Keys and versions: one effect a key, and no change on top of what nobody has read."""

from threading import Barrier, Thread

from tests.factories import TUESDAY, at
from tests.web.api_site import ApiSite

BOOKINGS = "/api/v1/bookings"


def test_the_same_key_gets_the_same_bytes(site: ApiSite) -> None:
    """Also after the booking has changed, and in another language."""
    order, key = site.order(site.world.instruction()), site.key()
    first = site.enterprise().post(BOOKINGS, json=order, headers=key)
    site.enterprise().post(
        f"{BOOKINGS}/{first.json()['number']}/cancel", json={"reason": "示例"}, headers={"If-Match": '"1"'}
    )
    again = site.enterprise(**{"Accept-Language": "zh-CN"}).post(BOOKINGS, json=order, headers=key)
    assert again.content == first.content
    assert [again.headers[name] for name in ("etag", "location", "content-type")] == [
        first.headers[name] for name in ("etag", "location", "content-type")
    ]
    assert site.count("booking") == 1


def test_a_refusal_is_kept_under_its_key(site: ApiSite) -> None:
    """What was refused stays refused for this key, byte for byte, though it would now succeed."""
    order, key = site.order(site.world.instruction()), site.key()
    numbers = [site.booked()["number"] for _ in range(2)]
    first = site.enterprise().post(BOOKINGS, json=order, headers=key)
    assert first.json()["code"] == "no_place"
    site.enterprise().post(
        f"{BOOKINGS}/{numbers[0]}/cancel", json={"reason": "示例"}, headers={"If-Match": '"1"'}
    )
    again = site.enterprise().post(BOOKINGS, json=order, headers=key)
    assert (again.status_code, again.content) == (409, first.content)
    assert site.enterprise().post(BOOKINGS, json=order, headers=site.key()).status_code == 201


def test_a_key_of_another_request_is_refused(site: ApiSite) -> None:
    """422: the key names one request only."""
    key = site.key()
    site.enterprise().post(BOOKINGS, json=site.order(site.world.instruction()), headers=key)
    before = site.rows()
    other = site.enterprise().post(BOOKINGS, json=site.order(site.world.instruction()), headers=key)
    assert (other.status_code, other.json()["code"], other.json()["field"]) == (
        422,
        "key_reused",
        "Idempotency-Key",
    )
    assert site.rows()[:4] == before[:4]


def test_keys_of_two_tenants_never_meet(site: ApiSite) -> None:
    """The same key of another enterprise is another key."""
    other, key = site.world.enterprise(), site.key()
    first = site.enterprise().post(BOOKINGS, json=site.order(site.world.instruction()), headers=key)
    second = site.enterprise(other).post(
        BOOKINGS, json=site.order(site.world.instruction(other)), headers=key
    )
    assert (first.status_code, second.status_code) == (201, 201)


def test_creating_needs_a_key(site: ApiSite) -> None:
    """400, and nothing is written."""
    order = site.order(site.world.instruction())
    before = site.rows()
    for headers in ({}, {"Idempotency-Key": ""}, {"Idempotency-Key": "x" * 201}):
        answer = site.enterprise().post(BOOKINGS, json=order, headers=headers)
        assert answer.json()["code"] == ("malformed_field" if headers else "key_missing")
        assert answer.json()["field"] == "Idempotency-Key"
    assert site.rows() == before


def test_eight_at_once_with_one_key_make_one_booking(site: ApiSite) -> None:
    """Each gets the same bytes, or is told to try again in a moment."""
    order, key = site.order(site.world.instruction()), site.key()
    clients = [site.enterprise() for _ in range(8)]
    barrier, answers = Barrier(8), []

    def ask(number: int) -> None:
        barrier.wait()
        answers.append(clients[number].post(BOOKINGS, json=order, headers=key))

    threads = [Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    busy = [answer for answer in answers if answer.status_code == 409]
    assert all(answer.json()["code"] == "key_busy" and answer.headers["retry-after"] for answer in busy)
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert len(busy) < 8
    assert site.count("booking") == 1


def test_a_change_names_its_version(site: ApiSite) -> None:
    """428 without If-Match, and with `*`, which names none."""
    number = site.booked()["number"]
    body = {"start": at(TUESDAY, 14).isoformat()}
    for headers in ({}, {"If-Match": "*"}):
        answer = site.enterprise().post(f"{BOOKINGS}/{number}/move", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (
            428,
            "version_missing",
            "If-Match",
        )


def test_a_stale_version_changes_nothing(site: ApiSite) -> None:
    """412 with the latest version; an ETag that is none is told apart."""
    number = site.booked()["number"]
    address, body = f"{BOOKINGS}/{number}/move", {"start": at(TUESDAY, 14).isoformat()}
    assert site.enterprise().post(address, json=body, headers={"If-Match": '"1"'}).status_code == 200
    before = site.rows()
    stale = site.enterprise().post(address, json=body, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["values"]) == (412, {"version": 2})
    malformed = site.enterprise().post(address, json=body, headers={"If-Match": "two"})
    assert (malformed.status_code, malformed.json()["field"]) == (422, "If-Match")
    assert site.rows() == before


def test_a_change_under_a_key_is_repeated_though_its_version_is_stale_by_then(site: ApiSite) -> None:
    """A lost answer can be asked for again."""
    number, key = site.booked()["number"], site.key()
    address, body = f"{BOOKINGS}/{number}/cancel", {"reason": "示例"}
    first = site.enterprise().post(address, json=body, headers={"If-Match": '"1"'} | key)
    again = site.enterprise().post(address, json=body, headers={"If-Match": '"1"'} | key)
    assert (first.status_code, again.status_code, again.content) == (200, 200, first.content)
