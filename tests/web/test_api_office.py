"""The office's side by the API: visits, instructions, roster, and the changes that programs follow."""

from threading import Event as Signal
from threading import Thread
from time import sleep
from typing import Any

import pytest
from sqlalchemy import text

from tests.factories import TUESDAY, World, at
from tests.web.api_site import ApiSite


def _facts(world: World, **values: object) -> dict[str, Any]:
    with world.database.snapshot() as session:
        from scheduler.models import Enterprise  # noqa: PLC0415 - only here

        uscc = session.get_one(Enterprise, world.enterprises[0]).uscc
    return {
        "direction": "1",
        "office": "north",
        "site": "yard",
        "type": "standard",
        "represented": uscc,
        "goods_name": "示例货物",
        "goods_category": "food",
        **values,
    }


def test_a_visit_is_recorded_step_by_step(site: ApiSite) -> None:
    """Each step names the version before it; not passed, a follow-up can be booked at once."""
    number = site.booked()["number"]
    site.moment.now = at(TUESDAY, 11)
    steps: list[tuple[str, dict[str, Any]]] = [
        ("arrival", {"at": at(TUESDAY, 10).isoformat()}),
        ("opening", {"at": at(TUESDAY, 10, 5).isoformat()}),
        ("end", {"at": at(TUESDAY, 10, 30).isoformat()}),
        ("outcome", {"outcome": "not_passed", "signed_by": "示例"}),
    ]
    visit: dict[str, Any] = {}
    for version, (step, body) in enumerate(steps, start=1):
        answer = site.manager().post(
            f"/api/v1/visits/{number}/{step}", json=body, headers={"If-Match": f'"{version}"'}
        )
        assert answer.status_code == 200, answer.text
        visit = answer.json()
    assert (visit["state"], visit["outcome"], visit["opened"]) == (
        "done",
        "not_passed",
        at(TUESDAY, 10, 5).isoformat(),
    )
    (follow_up,) = visit["follow_ups"]
    read = site.enterprise().get(f"/api/v1/instructions/declaration/{follow_up}")
    assert (read.status_code, read.json()["follows"]) == (200, number)


def test_a_wrong_entry_is_corrected_with_a_reason(site: ApiSite) -> None:
    """Without one it is refused; notes are the office's own."""
    number = site.booked()["number"]
    site.moment.now = at(TUESDAY, 11)
    body = {"at": at(TUESDAY, 10).isoformat()}
    site.manager().post(f"/api/v1/visits/{number}/arrival", json=body, headers={"If-Match": '"1"'})
    changes = {"on_site": at(TUESDAY, 10, 10).isoformat(), "note": "示例备注"}
    address, version = f"/api/v1/visits/{number}/corrections", {"If-Match": '"2"'}
    bare = site.manager().post(address, json={"changes": changes}, headers=version)
    assert (bare.json()["code"], bare.json()["field"]) == ("reason_missing", "/reason")
    fixed = site.manager().post(address, json={"changes": changes, "reason": "抄错"}, headers=version)
    assert (fixed.json()["on_site"], fixed.json()["note"]) == (changes["on_site"], "示例备注")
    assert site.enterprise().get(f"/api/v1/visits/{number}").json()["note"] is None


def test_a_no_show_waits_for_the_grace_time(site: ApiSite) -> None:
    """Too early says from when; then it is recorded with its reason, once a key."""
    number, key = site.booked()["number"], site.key()
    address, body = f"/api/v1/visits/{number}/no-show", {"reason": "enterprise"}
    site.moment.now = at(TUESDAY, 10, 10)
    early = site.manager().post(address, json=body, headers={"If-Match": '"1"'})
    assert (early.status_code, early.json()["code"]) == (422, "too_early")
    site.moment.now = at(TUESDAY, 10, 31)
    first, again = (
        site.manager().post(address, json=body, headers={"If-Match": '"1"'} | key) for _ in range(2)
    )
    assert (first.json()["state"], again.content) == ("no_show", first.content)


def test_an_inspector_records_only_own_visits(site: ApiSite) -> None:
    """Those of whose crew they are; a no-show frees the crew and is answered all the same."""
    number = site.booked()["number"]
    crew = {seat["badge"] for seat in site.manager().get(f"/api/v1/bookings/{number}").json()["crew"]}
    site.moment.now = at(TUESDAY, 10, 31)
    from scheduler.models import Inspector  # noqa: PLC0415 - only here
    from scheduler.vocabulary import Role  # noqa: PLC0415 - only here

    statuses = {}
    for inspector in site.world.inspectors:
        with site.world.database.snapshot() as session:
            badge = session.get_one(Inspector, inspector).badge
        client = site.client(site.world.account(Role.INSPECTOR, inspector=inspector))
        statuses[badge] = client.get(f"/api/v1/visits/{number}").status_code
        if badge in crew:
            last = client
    assert {badge for badge, status in statuses.items() if status == 200} == crew
    ended = last.post(
        f"/api/v1/visits/{number}/no-show", json={"reason": "enterprise"}, headers={"If-Match": '"1"'}
    )
    assert (ended.status_code, ended.json()["state"]) == (200, "no_show")


def test_an_instruction_is_put_once(site: ApiSite) -> None:
    """Created, then unchanged; withdrawn, its booking ends and says so."""
    address = "/api/v1/instructions/declaration/010020261555555555"
    facts = _facts(site.world)
    first, again = (site.enterprise().put(address, json=facts) for _ in range(2))
    assert (first.status_code, first.json()["outcome"]) == (201, "created")
    assert (again.status_code, again.json()["outcome"]) == (200, "unchanged")
    order = site.order("010020261555555555")
    number = site.enterprise().post("/api/v1/bookings", json=order, headers=site.key()).json()["number"]
    assert site.enterprise().get(address).json()["booking"]["number"] == number
    withdrawn = site.enterprise().post(f"{address}/withdraw").json()
    assert (withdrawn["outcome"], withdrawn["booking_outcome"]) == ("withdrawn", "cancelled")
    assert site.enterprise().get(f"/api/v1/bookings/{number}").json()["state"] == "cancelled"


def test_facts_of_an_instruction_are_checked(site: ApiSite) -> None:
    """Each wrong field by its own type; nothing is written."""
    site.world.office("south")
    address = "/api/v1/instructions/declaration/010020261555555556"
    before = site.rows()
    for changes, code, field in (
        ({"colour": "red"}, "unknown_field", "/colour"),
        ({"issued_at": "2026-11-30T09:00:00"}, "naive_time", "/issued_at"),
        ({"direction": "0"}, "direction_mismatch", "/reference"),
        ({"office": "nowhere"}, "unknown_office", "/office"),
        ({"office": "south"}, "no_authority", "/office"),
        ({"units": "many"}, "malformed_field", "/units"),
    ):
        answer = site.manager().put(address, json=_facts(site.world) | changes)
        assert (answer.json()["code"], answer.json()["field"]) == (code, field)
    assert site.rows() == before


def test_nobody_sends_facts_of_anothers_goods(site: ApiSite) -> None:
    """Neither new ones nor over what stands; the stranger cannot tell a known reference from none."""
    stranger = site.enterprise(site.world.enterprise())
    standing = site.world.instruction()
    before = site.rows()
    over = stranger.put(f"/api/v1/instructions/declaration/{standing}", json=_facts(site.world))
    new = stranger.put("/api/v1/instructions/declaration/010020261555555557", json=_facts(site.world))
    assert (over.status_code, over.json()["code"]) == (404, "unknown_instruction")
    assert (new.status_code, new.json()["code"]) == (403, "no_authority")
    assert stranger.get(f"/api/v1/instructions/declaration/{standing}").status_code == 404
    assert stranger.post(f"/api/v1/instructions/declaration/{standing}/withdraw").status_code == 404
    assert site.rows() == before


def test_many_instructions_fail_one_by_one(site: ApiSite) -> None:
    """Good ones are kept, bad ones named by their place; more than 200 are refused whole."""
    items = [
        _facts(site.world, kind="declaration", reference="010020261555555558"),
        _facts(site.world, kind="declaration", reference="1"),
        _facts(site.world, kind="declaration", reference="010020261555555559", goods_category="stone"),
    ]
    answer = site.manager().post("/api/v1/instructions/bulk", json={"items": items}).json()
    assert (answer["failed"], answer["items"][0]["written"]["outcome"]) == (2, "created")
    fields = [(item["problem"]["code"], item["problem"]["field"]) for item in answer["items"][1:]]
    assert fields == [
        ("malformed_code", "/items/1/reference"),
        ("malformed_field", "/items/2/goods_category"),
    ]
    many = site.manager().post("/api/v1/instructions/bulk", json={"items": items[:1] * 201})
    assert (many.status_code, many.json()["field"]) == (422, "/items")


def test_a_duty_is_added_changed_and_removed(site: ApiSite) -> None:
    """By the office, on its own inspectors; overlapping ones are refused."""
    badge = site.manager().get("/api/v1/inspectors").json()["items"][0]["badge"]
    body = {"badge": badge, "date": "2026-12-19", "begins": "09:00", "ends": "12:00", "kind": "overtime"}
    (duty,) = site.manager().post("/api/v1/duties", json=body, headers=site.key()).json()["duties"]
    again = site.manager().post("/api/v1/duties", json=body, headers=site.key())
    assert (again.status_code, again.json()["code"]) == (409, "duty_overlaps")
    hours = {"begins": "09:00", "ends": "13:00"}
    assert site.manager().patch(f"/api/v1/duties/{duty}", json=hours).status_code == 200
    assert site.manager().get(f"/api/v1/duties/{duty}").json()["ends"] == "2026-12-19T13:00:00+08:00"
    site.world.office("south")
    assert site.manager("south").get(f"/api/v1/duties/{duty}").status_code == 404
    assert site.manager("south").delete(f"/api/v1/duties/{duty}").status_code == 404
    assert site.manager().delete(f"/api/v1/duties/{duty}").status_code == 200
    assert site.manager().get(f"/api/v1/duties/{duty}").json()["code"] == "unknown_duty"


def test_an_absence_that_hurts_lists_the_bookings_first(site: ApiSite) -> None:
    """Refused with their numbers; repeated with displace, they are offered times."""
    number = site.booked()["number"]
    badges = [one["badge"] for one in site.manager().get("/api/v1/inspectors").json()["items"]]
    absences = [
        {
            "badge": badge,
            "kind": "sick",
            "begins": at(TUESDAY, 0).isoformat(),
            "ends": at(TUESDAY, 23).isoformat(),
            "reason": "示例",
        }
        for badge in badges
    ]
    answers = [site.manager().post("/api/v1/absences", json=body, headers=site.key()) for body in absences]
    refused = next(answer for answer in answers if answer.status_code != 201)
    assert (refused.status_code, refused.json()["code"]) == (409, "hurts_bookings")
    assert refused.json()["values"]["bookings"] == [number]
    body = absences[answers.index(refused)]
    done = site.manager().post("/api/v1/absences?displace=true", json=body, headers=site.key())
    assert done.json()["displaced"] == [number]
    assert site.enterprise().get(f"/api/v1/bookings/{number}").json()["state"] == "displaced"
    window = {"from": TUESDAY.isoformat(), "to": TUESDAY.isoformat()}
    assert len(site.manager().get("/api/v1/absences", params=window).json()["items"]) >= 3


def test_a_loan_is_seen_from_both_sides(site: ApiSite) -> None:
    """The lending and the borrowing office."""
    site.world.office("south")
    badge = site.manager().get("/api/v1/inspectors").json()["items"][0]["badge"]
    body = {
        "badge": badge,
        "office": "south",
        "begins": at(TUESDAY, 0).isoformat(),
        "ends": at(TUESDAY, 23).isoformat(),
        "reason": "示例",
    }
    assert site.manager().post("/api/v1/loans", json=body, headers=site.key()).status_code == 201
    for office in ("north", "south"):
        (loan,) = site.manager(office).get("/api/v1/loans").json()["items"]
        assert (loan["badge"], loan["office"]) == (badge, "south")


def wait_for_older(site: ApiSite) -> None:
    """Wait until no older transaction runs: other tests' on the same server hold the feed back too."""
    settled = "SELECT bool_and(transaction < pg_snapshot_xmin(pg_current_snapshot())) FROM event"
    for _ in range(600):
        with site.world.database.snapshot() as session:
            if session.execute(text(settled)).scalar_one():
                return
        sleep(0.05)
    pytest.fail("a transaction on this server lasted 30 seconds")


def test_changes_are_told_in_order_and_only_in_scope(site: ApiSite) -> None:
    """Every version once; a stranger hears nothing; asking again from the end tells nothing twice."""
    number = site.booked()["number"]
    site.enterprise().post(
        f"/api/v1/bookings/{number}/move",
        json={"start": at(TUESDAY, 14).isoformat()},
        headers={"If-Match": '"1"'},
    )
    site.enterprise().post(
        f"/api/v1/bookings/{number}/cancel", json={"reason": "示例"}, headers={"If-Match": '"2"'}
    )
    wait_for_older(site)
    told: list[tuple[str, int]] = []
    after, more = None, True
    while more:
        params = {"limit": "1"} | ({"after": after} if after else {})
        page = site.enterprise().get("/api/v1/changes", params=params).json()
        told += [(change["booking"], change["version"]) for change in page["items"]]
        after, more = page["next"], page["more"]
    assert told == [(number, 1), (number, 2), (number, 3)]
    assert site.enterprise().get("/api/v1/changes", params={"after": after}).json()["items"] == []
    assert site.enterprise(site.world.enterprise()).get("/api/v1/changes").json()["items"] == []


def test_changes_wait_for_what_is_still_being_written(site: ApiSite) -> None:
    """A transaction that began earlier holds later ones back: nothing can appear before what was told."""
    begun, done = Signal(), Signal()

    def linger() -> None:
        with site.world.database.transaction() as session:
            session.execute(text("SELECT pg_current_xact_id()"))
            begun.set()
            done.wait(timeout=30)

    slow = Thread(target=linger)
    slow.start()
    begun.wait(timeout=30)
    number = site.booked()["number"]
    held_back = site.enterprise().get("/api/v1/changes").json()
    done.set()
    slow.join()
    wait_for_older(site)
    told = site.enterprise().get("/api/v1/changes", params={"after": held_back["next"]}).json()
    assert held_back["items"] == []
    assert [change["booking"] for change in told["items"]] == [number]
