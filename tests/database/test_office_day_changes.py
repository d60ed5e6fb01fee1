"""A day that is brought up to date is the day that is read whole."""

from datetime import date, datetime, timedelta

from sqlalchemy import text

from scheduler.booking.book import book, hold
from scheduler.booking.cancel import cancel
from scheduler.booking.move import move
from scheduler.clock.ticks import tick_leftovers
from scheduler.database.idempotency import plainly
from scheduler.database.locks import office_day_key
from scheduler.models import Booking
from scheduler.promise.boards import Boards
from scheduler.promise.office_day import OfficeDayPlan
from tests.factories import NOW, TUESDAY, World, at, order

WEDNESDAY = TUESDAY + timedelta(days=1)


def taken(world: World, boards: Boards, day: date) -> OfficeDayPlan:
    """Return the day under its lock, by a cache that may know an older version."""
    with world.database.transaction() as session:
        standing = boards.take(session, office=world.offices["north"], day=day, now=NOW, wait=True)
    assert standing is not None
    return standing.plan


def same(one: OfficeDayPlan, other: OfficeDayPlan) -> bool:
    """Whether two copies say the same of jobs, crews, docks and free time."""
    jobs = [sorted(copy.day.jobs, key=lambda job: job.id) for copy in (one, other)]
    free = [(copy.board.gaps, copy.board.docks, copy.board.teams) for copy in (one, other)]
    return one.stamp == other.stamp and jobs[0] == jobs[1] and one.plan == other.plan and free[0] == free[1]


def booked(world: World, hour: int) -> Booking:
    """Book at an hour of Tuesday."""
    asked = order(world.instruction(), start=at(TUESDAY, hour))
    return book(world.database, actor=world.enterprise_actor(), order=asked, now=NOW, keep=plainly)


def held(world: World, hour: int) -> Booking:
    """Hold an hour of Tuesday."""
    asked = order(world.instruction(), start=at(TUESDAY, hour))
    return hold(world.database, actor=world.enterprise_actor(), order=asked, now=NOW, keep=plainly)


def moved(world: World, booking: Booking, start: datetime) -> Booking:
    """Move a booking."""
    known = {"actor": world.enterprise_actor(), "reference": booking.reference, "version": None}
    return move(world.database, **known, start=start, now=NOW, keep=plainly)


def cancelled(world: World, booking: Booking) -> Booking:
    """Cancel a booking."""
    known = {"actor": world.enterprise_actor(), "reference": booking.reference, "version": None}
    return cancel(world.database, **known, reason="示例", now=NOW, keep=plainly)


def test_what_changed_makes_the_day_that_is_read_whole(world: World) -> None:
    """Held, moved within the day, away and back, cancelled: after each the kept day equals a fresh one."""
    kept = Boards()
    taken(world, kept, TUESDAY)
    first, second = booked(world, 9), booked(world, 10)
    steps = (
        lambda: held(world, 14),
        lambda: moved(world, first, at(TUESDAY, 15)),
        lambda: moved(world, second, at(WEDNESDAY, 9)),
        lambda: moved(world, second, at(TUESDAY, 9)),
        lambda: cancelled(world, first),
    )
    for step in steps:
        step()
        for day in (TUESDAY, WEDNESDAY):
            assert same(taken(world, kept, day), taken(world, Boards(), day))


def test_a_day_that_is_taken_by_somebody_is_not_free(world: World) -> None:
    """Without waiting the second one is told at once that the day is not free."""
    boards, office = Boards(), world.offices["north"]
    with world.database.transaction() as first, world.database.transaction() as second:
        assert boards.take(first, office=office, day=TUESDAY, now=NOW, wait=False) is not None
        assert boards.take(second, office=office, day=TUESDAY, now=NOW, wait=False) is None


def test_the_database_and_the_heart_agree_on_the_lock(world: World) -> None:
    """One key, computed here and there."""
    with world.database.transaction() as session:
        asked = text("SELECT office_day_key(:office, :day)")
        there = session.execute(asked, {"office": 77, "day": TUESDAY}).scalar_one()
    assert there == office_day_key(77, TUESDAY)


def test_changes_of_days_long_past_are_dropped(world: World) -> None:
    """The clock deletes them; a later reader reads the day whole."""
    asked = order(world.instruction(), start=at(TUESDAY, 9))
    book(world.database, actor=world.enterprise_actor(), order=asked, now=NOW, keep=plainly)
    assert tick_leftovers(world.database, now=NOW) == 0
    assert tick_leftovers(world.database, now=NOW + timedelta(days=30)) >= 1
    assert len(taken(world, Boards(), TUESDAY).plan) == 1
