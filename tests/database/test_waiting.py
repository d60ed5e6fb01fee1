"""Waiting measured from rows: one statement, within scope, grouped, suppressed in public."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event

from scheduler.access.actor import SYSTEM, Actor
from scheduler.booking.book import book, hold
from scheduler.database.idempotency import plainly
from scheduler.models import Booking
from scheduler.queries.waiting import Dimension, Waiting, measure_waiting, office_elapsed, read_cases
from scheduler.visit.absence import record_no_show
from scheduler.vocabulary import DelayReason, Mode, Outcome
from tests.database.visit_scene import NOON, close, facts_of, inspect, make_booking, visited
from tests.factories import NOW, SATURDAY, TODAY, TUESDAY, World, at, make_world, order


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A small district of one test."""
    world = make_world(database_url, inspectors=6)
    yield world
    world.database.close()


def _measure(
    world: World, actor: Actor = SYSTEM, *, public: bool = False, office: int | None = None
) -> Waiting:
    facts = facts_of(world)
    with world.database.snapshot() as session:
        return measure_waiting(
            session,
            actor=actor,
            first=TODAY,
            last=SATURDAY,
            now=NOON,
            facts=facts,
            office=office,
            public=public,
        )


def test_the_measures_of_one_visit(world: World) -> None:
    """Booked Monday at eight for Tuesday at ten; opened five minutes late, ended five early."""
    visited(world, Outcome.PASSED)
    total = _measure(world).total
    clock = {name: summary.mean for name, summary in total.clock.items()}
    assert (total.bookings, dict(total.states)) == (1, {"done": 1})
    assert clock["answer_time"] == 0
    assert clock["slot_wait"] == 0
    assert clock["on_site_wait"] == 5
    assert clock["customs_lateness"] == 2
    assert (clock["duration"], clock["forecast_error"]) == (20, -10)
    assert clock["request_to_end"] == 26 * 60 + 25
    assert clock["instruction_to_result"] == 50 * 60 + 25
    assert clock["release_time"] is None
    assert (total.shares["on_time_start"].n, total.shares["on_time_start"].of_them) == (1, 1)


def test_office_time_counts_opening_hours_only(world: World) -> None:
    """Nine hours of Monday and not quite two of Tuesday; the weekend counts nothing."""
    visited(world, Outcome.PASSED)
    assert _measure(world).total.office_time["request_to_end"].mean == 9 * 60 + 115
    elapsed = office_elapsed(facts_of(world), world.offices["north"])
    friday, monday = at(SATURDAY, 17) - timedelta(days=1), at(SATURDAY, 9) + timedelta(days=2)
    assert elapsed(friday, monday) == timedelta(hours=1)
    assert elapsed(monday, friday) == timedelta(hours=-1)


def test_groups_tell_who_waited(world: World) -> None:
    """Each booking stands in one group of each dimension; unrecorded levels count as regular."""
    world.type("chilled", mode=Mode.GREEN_CHANNEL)
    certified = world.enterprise(credit="certified")
    visited(world, Outcome.PASSED)
    green = world.instruction(type=world.types["chilled"], goods_category="fruit")
    make_booking(world, green, start=at(TUESDAY, 14))
    _book_for(world, certified, at(TUESDAY, 15))
    groups = _measure(world).groups

    def sizes(dimension: Dimension) -> dict[str | None, int | None]:
        return {group.key: group.bookings for group in groups[dimension]}

    assert sizes(Dimension.OFFICE) == {"north": 3}
    assert sizes(Dimension.GOODS_CATEGORY) == {"food": 2, "fruit": 1}
    assert sizes(Dimension.MODE) == {"green_channel": 1, "standard": 2}
    assert sizes(Dimension.CREDIT_LEVEL) == {"certified": 1, "regular": 2}
    assert sizes(Dimension.DAY_KIND) == {"workday": 3}
    assert sizes(Dimension.CHANNEL) == {"portal": 3}


def test_no_shows_and_requests_are_counted(world: World) -> None:
    """States are counted beside the times; what was only held asks for nothing."""
    absent = make_booking(world)
    make_booking(world, start=at(SATURDAY, 10))
    hold(
        world.database,
        actor=world.enterprise_actor(),
        order=order(world.instruction(), start=at(TUESDAY, 14)),
        now=NOW,
        keep=plainly,
    )
    record_no_show(
        world.database,
        actor=world.manager(),
        reference=absent.reference,
        reason=DelayReason.ENTERPRISE,
        now=NOON,
        keep=plainly,
    )
    assert dict(_measure(world).total.states) == {"no_show": 1, "requested": 1}


def test_a_visit_of_several_goods_counts_once(world: World) -> None:
    """As its first instruction's goods, issued when the first was."""
    early = world.instruction(goods_category="fruit", issued_at=NOW - timedelta(days=2))
    make_booking(world, early, world.instruction())
    with world.database.snapshot() as session:
        (case,) = read_cases(session, actor=SYSTEM, first=TUESDAY, last=TUESDAY, now=NOON)
    assert case.goods_category == "fruit"
    assert case.timeline.instruction_issued == NOW - timedelta(days=2)


def test_scope_and_office_limit_what_is_measured(world: World) -> None:
    """An enterprise measures its own, a manager the own office's; a filter narrows further."""
    other = world.enterprise()
    world.office("south")
    make_booking(world)
    _book_for(world, other, at(TUESDAY, 14))
    assert _measure(world, world.enterprise_actor(other)).total.bookings == 1
    assert _measure(world, world.manager()).total.bookings == 2
    assert _measure(world, world.manager("south")).total.bookings == 0
    assert _measure(world, office=world.offices["south"]).total.bookings == 0


def test_dates_limit_what_is_measured(world: World) -> None:
    """Both ends of the period are included, days outside are not."""
    make_booking(world)
    with world.database.snapshot() as session:
        before = read_cases(session, actor=SYSTEM, first=TODAY, last=TODAY, now=NOON)
        on = read_cases(session, actor=SYSTEM, first=TUESDAY, last=TUESDAY, now=NOON)
    assert (len(before), len(on)) == (0, 1)


def test_public_tables_hide_counts_under_five(world: World) -> None:
    """Five requests may be shown in total; the one visit among them may not, nor a share of it."""
    visited(world, Outcome.PASSED)
    for hour in (11, 13, 14, 15):
        make_booking(world, start=at(TUESDAY, hour))
    total = _measure(world, public=True).total
    assert (total.bookings, total.clock["slot_wait"].n) == (5, 5)
    assert total.clock["duration"].n is None
    assert total.clock["duration"].mean is None
    assert set(total.states.values()) == {None}
    assert total.shares["on_time_start"].n is None


def test_cases_are_read_in_one_statement(world: World) -> None:
    """However many bookings there are."""
    visited(world, Outcome.NOT_PASSED)
    make_booking(world, start=at(TUESDAY, 14))
    statements: list[str] = []

    def note(_c: object, _cur: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    with world.database.snapshot() as session:
        event.listen(world.database.engine, "before_cursor_execute", note)
        assert len(read_cases(session, actor=SYSTEM, first=TODAY, last=SATURDAY, now=NOON)) == 2
    assert len(statements) == 1


def test_late_results_end_the_territorial_inspection(world: World) -> None:
    """Sampled goods have no result until the laboratory answers."""
    booking = make_booking(world)
    inspect(world, booking)
    close(world, booking, Outcome.SAMPLED_PENDING_LAB)
    assert _measure(world).total.clock["instruction_to_result"].n == 0
    assert _measure(world).total.clock["on_site_wait"].n == 1


def _book_for(world: World, enterprise: int, start: datetime) -> Booking:
    return book(
        world.database,
        actor=world.enterprise_actor(enterprise),
        order=order(world.instruction(enterprise), start=start),
        now=NOW,
        keep=plainly,
    )
