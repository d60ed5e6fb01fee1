"""Bad input: each kind has a stable problem type, names its field, says what to do, writes nothing."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from scheduler.models import InspectorQualification
from tests.factories import NOW, TODAY, TUESDAY, at, example_uscc
from tests.web.api_site import ApiSite

BOOKINGS = "/api/v1/bookings"


def _refused(site: ApiSite, client: TestClient, order: dict[str, Any]) -> dict[str, Any]:
    """What is said of a booking that is refused; nothing was written."""
    before = site.rows()
    answer = client.post(BOOKINGS, json=order, headers=site.key())
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert site.rows() == before
    problem: dict[str, Any] = answer.json()
    assert problem["type"] == f"/problems/{problem['code']}"
    assert problem["title"] != problem["code"]
    assert problem["detail"]
    return problem


@pytest.mark.parametrize(
    ("changes", "code", "field", "status"),
    [
        ({"office": "nowhere", "site": "yard"}, "unknown_office", "/office", 404),
        ({"site": "nowhere"}, "unknown_site", "/site", 404),
        ({"start": at(TODAY, 7).isoformat()}, "past_time", "/start", 422),
        ({"start": at(TUESDAY, 10, 5).isoformat()}, "off_grid", "/start", 422),
        ({"start": "2026-12-01T10:00:00"}, "naive_time", "/start", 422),
        ({"start": "tomorrow"}, "malformed_field", "/start", 422),
        ({"start": at(TUESDAY + timedelta(days=30), 10).isoformat()}, "beyond_horizon", "/start", 422),
        ({"start": at(TODAY, 8, 45).isoformat()}, "too_short_notice", "/start", 422),
        ({"must_finish_by": at(TUESDAY, 10, 15).isoformat()}, "too_late_to_finish", "/start", 422),
        ({"instructions": []}, "instruction_missing", "/instructions", 422),
        ({"colour": "red"}, "unknown_field", "/colour", 422),
        ({"attendee": ""}, "attendee_missing", "/attendee", 422),
        (
            {"recipients": [{"name": "示例", "mobile": "01065193114"}]},
            "not_a_mobile",
            "/recipients/0/mobile",
            422,
        ),
        (
            {"recipients": [{"name": "示例", "mobile": f"1380013800{k}"} for k in range(4)]},
            "too_many_recipients",
            "/recipients",
            422,
        ),
        (
            {
                "start": None,
                "wished_from": at(TUESDAY, 9).isoformat(),
                "wished_to": at(TUESDAY + timedelta(days=90), 9).isoformat(),
            },
            "window_too_long",
            "/wished_to",
            422,
        ),
    ],
)
def test_each_wrong_order_is_told_apart(
    site: ApiSite, changes: dict[str, Any], code: str, field: str, status: int
) -> None:
    """Type, field and status are stable."""
    order = site.order(site.world.instruction()) | changes
    problem = _refused(site, site.enterprise(), order)
    assert (problem["code"], problem["field"], problem["status"]) == (code, field, status)


def test_no_instructions_at_all(site: ApiSite) -> None:
    """Only instructed goods can be booked."""
    order = {"start": at(TUESDAY, 10).isoformat(), "attendee": "示例陪同人"}
    problem = _refused(site, site.enterprise(), order)
    assert (problem["code"], problem["field"]) == ("instruction_missing", "/instructions")


def test_instructions_of_another_enterprise_are_unknown(site: ApiSite) -> None:
    """Word for word as one that does not exist."""
    foreign = site.world.instruction(site.world.enterprise())
    missing = "010020261999999999"
    told = [_refused(site, site.enterprise(), site.order(number)) for number in (foreign, missing)]
    for problem, number in zip(told, (foreign, missing), strict=True):
        del problem["request_id"]
        assert problem.pop("values") == {"reference": number}
    assert told[0] == told[1]
    assert (told[0]["code"], told[0]["status"]) == ("unknown_instruction", 404)


def test_malformed_references_are_told_before_they_are_looked_up(site: ApiSite) -> None:
    """Seventeen digits are no declaration number."""
    problem = _refused(site, site.enterprise(), site.order("01002026100000001"))
    assert (problem["code"], problem["field"]) == ("malformed_code", "/instructions/0/reference")


def test_a_wrong_check_digit(site: ApiSite) -> None:
    """Of the represented enterprise, in a request for an instruction that has not arrived."""
    right = example_uscc(4711)
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
    awaited = {
        "office": "north",
        "site": "yard",
        "type": "standard",
        "goods_category": "food",
        "represented": wrong,
    }
    problem = _refused(site, site.enterprise(), site.order("010020261777777777", awaited=awaited))
    assert (problem["code"], problem["field"]) == ("wrong_check_digit", "/awaited/represented")


def test_a_closed_day(site: ApiSite) -> None:
    """A day beyond every opening: the office is closed, not busy."""
    site.world.office("south")
    yard = site.world.site("south-yard", office="south")
    with site.world.database.transaction() as session:
        from sqlalchemy import text  # noqa: PLC0415 - only here

        session.execute(
            text("DELETE FROM opening_hours WHERE office = :office"), {"office": site.world.offices["south"]}
        )
    reference = site.world.instruction(office=site.world.offices["south"], site=yard)
    problem = _refused(site, site.enterprise(), site.order(reference))
    assert (problem["code"], problem["field"]) == ("closed_day", "/start")


def test_a_day_without_anybody_qualified(site: ApiSite) -> None:
    """Nobody who may inspect plants is on duty at all."""
    kind = site.world.type("plants", seats=(("plant_quarantine",), ()))
    reference = site.world.instruction(type=kind, goods_category="fruit")
    problem = _refused(site, site.enterprise(), site.order(reference))
    assert (problem["code"], problem["field"]) == ("unqualified_day", "/start")
    site.world.add(
        InspectorQualification(
            inspector=site.world.inspectors[0], qualification="plant_quarantine", valid_from=TODAY
        )
    )
    made = site.enterprise().post(BOOKINGS, json=site.order(reference), headers=site.key())
    assert made.status_code == 201


def test_all_wrong_fields_are_listed(site: ApiSite) -> None:
    """The problem is of the first; the others stand beside it."""
    order = site.order(site.world.instruction()) | {"colour": "red", "start": "never", "office": 7}
    problem = _refused(site, site.enterprise(), order)
    assert {each["field"] for each in problem["errors"]} == {"/colour", "/start", "/office"}


def test_a_window_of_availability_too_long(site: ApiSite) -> None:
    """62 dates at most."""
    asked = {"office": "north", "site": "yard", "type": "standard", "minutes": "30"}
    window = {"from": TODAY.isoformat(), "to": (TODAY + timedelta(days=62)).isoformat()}
    answer = site.enterprise().get("/api/v1/availability", params=asked | window)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (
        422,
        "window_too_long",
        "/to",
    )


def test_availability_of_an_unknown_office(site: ApiSite) -> None:
    """As in an order."""
    asked = {"office": "nowhere", "site": "yard", "type": "standard", "minutes": "30"}
    answer = site.enterprise().get("/api/v1/availability", params=asked)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (
        404,
        "unknown_office",
        "/office",
    )


def test_a_page_too_large(site: ApiSite) -> None:
    """A hundred rows at most."""
    answer = site.enterprise().get(BOOKINGS, params={"limit": "101"})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (
        422,
        "page_too_large",
        "/limit",
    )


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIiwiYiJd", "WzEsOTk5OTk5OTk5OTk5OTk5OTk5OTk5XQ"])
@pytest.mark.parametrize("address", [BOOKINGS, "/api/v1/changes", "/api/v1/instructions"])
def test_a_cursor_of_ones_own_making(site: ApiSite, address: str, cursor: str) -> None:
    """Opaque means opaque: refused, not guessed at."""
    answer = site.enterprise().get(address, params={"after": cursor})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (
        422,
        "malformed_field",
        "/after",
    )


def test_a_body_too_large_is_not_parsed(site: ApiSite) -> None:
    """413, whether the length is declared or the bytes just keep coming, signed in or not."""
    before = site.rows()
    body = b'{"attendee": "' + b"x" * 300_000
    declared = site.enterprise().post(BOOKINGS, content=body, headers=site.key())
    streamed = site.client().post(BOOKINGS, content=(body[k : k + 9000] for k in range(0, len(body), 9000)))
    for answer in (declared, streamed):
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert site.rows() == before


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"instructions": [{"reference": "\\ud800"}], "start": null}',
        b"null",
        b"7",
    ],
)
def test_bodies_that_are_no_json_object(site: ApiSite, body: bytes) -> None:
    """A problem, never a fault."""
    headers = site.key() | {"Content-Type": "application/json"}
    answer = site.enterprise().post(BOOKINGS, content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed_field")


def test_texts_without_nul(site: ApiSite) -> None:
    """The database keeps none, so the door refuses it in body, address and query."""
    order = site.order(site.world.instruction(), attendee="a\x00b")
    client = site.enterprise()
    answers = [
        client.post(BOOKINGS, json=order, headers=site.key()),
        client.get(f"{BOOKINGS}/%00"),
        client.get(f"{BOOKINGS}?office=%00"),
    ]
    assert [answer.status_code for answer in answers] == [422, 422, 422]


@pytest.mark.parametrize("year", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_times_at_the_edge_of_the_calendar(site: ApiSite, year: str) -> None:
    """Refused as times that cannot be booked, not stumbled over."""
    for changes in ({"start": year}, {"must_finish_by": year}):
        order = site.order(site.world.instruction()) | changes
        _refused(site, site.enterprise(), order)


def test_refusals_in_the_readers_language(site: ApiSite) -> None:
    """Chinese unless English is asked for; the type stays the same."""
    order = site.order(site.world.instruction(), start=(NOW - timedelta(hours=1)).isoformat())
    told = [
        site.enterprise(**{"Accept-Language": language}).post(BOOKINGS, json=order, headers=site.key())
        for language in ("zh-CN", "en")
    ]
    assert [answer.json()["title"] for answer in told] == ["时间已过", "The time has passed"]
    assert [answer.headers["content-language"] for answer in told] == ["zh-CN", "en"]
    assert told[0].json()["type"] == told[1].json()["type"]
