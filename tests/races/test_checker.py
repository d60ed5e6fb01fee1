"""The checker itself: it finds what was wrong for a moment, and accuses nobody of what was right."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text
from sqlmodel import Session

from scheduler.booking.book import book
from scheduler.models import Booking
from tests.factories import NOW, TUESDAY, World, at, make_world, order
from tests.races.acts import book_at, cancel_it, move_to
from tests.races.checker import count_violations, count_violations_at_the_end, violated

TEN, NOON, FOUR = at(TUESDAY, 10), at(TUESDAY, 12), at(TUESDAY, 16)


@pytest.fixture
def world(fresh_database: Callable[[], str]) -> Iterator[World]:
    """Two inspectors, so one crew, and one dock."""
    world = make_world(fresh_database(), inspectors=2, docks=1)
    yield world
    world.database.close()


def _run(world: World, *statements: str) -> None:
    with world.database.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def _unguard(world: World) -> None:
    """Take away what the database defends by itself, so that the checker stands alone."""
    _run(
        world,
        "ALTER TABLE crew DROP CONSTRAINT crew_inspector_never_twice",
        "ALTER TABLE booking DROP CONSTRAINT booking_dock_never_twice",
        "ALTER TABLE crew DISABLE TRIGGER crew_booking_complete",
        "ALTER TABLE booking DISABLE TRIGGER booking_version_step",
    )


def _book_two(world: World) -> tuple[Booking, Booking]:
    actor = world.enterprise_actor()
    return tuple(book_at(world, actor, world.instruction(), start) for start in (TEN, FOUR))


_SHIFT = """
UPDATE booking SET planned_start = other.planned_start, promise_from = other.planned_start,
    promise_to = other.planned_start, occupied = other.occupied
FROM (SELECT * FROM booking WHERE id = {source}) AS other WHERE booking.id = {booking}
"""


def test_a_right_history_has_no_violation(world: World) -> None:
    """Booked, moved, cancelled and booked again by somebody else: every count is 0."""
    actor = world.enterprise_actor()
    first, second = _book_two(world)
    move_to(world, actor, first.reference, at(TUESDAY, 14))
    cancel_it(world, actor, second.reference)
    book_at(world, actor, world.instruction(), TEN)
    book_at(world, actor, world.instruction(), FOUR)
    assert violated(count_violations(world)) == {}


def test_a_double_booking_that_was_repaired_is_still_found(world: World) -> None:
    """For a moment one inspector and one dock stood twice; the end state shows nothing of it."""
    first, second = _book_two(world)
    _unguard(world)
    crews = "UPDATE crew SET occupied = booking.occupied FROM booking WHERE booking.id = crew.booking"
    _run(world, _SHIFT.format(booking=second.id, source=first.id), crews)
    cancel_it(world, world.enterprise_actor(), second.reference)
    found = violated(count_violations(world))
    assert (found["inspector_twice"], found["dock_twice"]) == (2, 1)
    assert violated(count_violations_at_the_end(world)) == {}


def test_an_empty_seat_is_found_after_it_was_filled(world: World) -> None:
    """One seat was empty between two commits while the promise stood."""
    booking, _ = _book_two(world)
    _unguard(world)
    _run(
        world,
        f"CREATE TABLE kept AS SELECT * FROM crew WHERE booking = {booking.id} AND seat = 2",
        f"DELETE FROM crew WHERE booking = {booking.id} AND seat = 2",
    )
    _run(world, "INSERT INTO crew SELECT * FROM kept")
    assert violated(count_violations(world)) == {"crew_incomplete": 1}


def test_a_crew_without_its_duty_is_found(world: World) -> None:
    """The duty was cut under a standing crew, and given back later."""
    _book_two(world)
    _run(world, "ALTER TABLE duty DISABLE TRIGGER duty_keeps_crews")
    cut = """
        UPDATE duty SET period = tstzrange(lower(period), upper(period) - interval '{}')
        WHERE id IN (SELECT duty FROM crew)
    """
    _run(world, cut.format("6 hours"))
    _run(world, cut.format("-6 hours"))
    assert violated(count_violations(world)) == {"crew_off_duty": 2}


def test_an_unqualified_inspector_is_found(world: World) -> None:
    """Nobody checks papers in the database; the checker does."""
    _book_two(world)
    _run(world, "DELETE FROM inspector_qualification")
    assert count_violations(world)["crew_unqualified"] == 2


def test_a_skipped_version_is_found(world: World) -> None:
    """A version without event, and one that nobody saw."""
    booking, _ = _book_two(world)
    _unguard(world)
    _run(world, "ALTER TABLE booking DISABLE TRIGGER booking_crew_complete")
    _run(world, f"UPDATE booking SET version = 3 WHERE id = {booking.id}")
    assert violated(count_violations(world)) == {"version_gap": 1, "version_without_one_event": 1}


def test_a_cap_that_was_exceeded_for_a_moment_is_found(world: World) -> None:
    """Two were open at once; now none is."""
    first, second = _book_two(world)
    for one in (first, second):
        cancel_it(world, world.enterprise_actor(), one.reference)
    assert violated(count_violations(world, cap=1)) == {"cap_exceeded": 1}
    assert violated(count_violations(world, cap=2)) == {}


def test_who_began_first_and_waited_is_not_accused(world: World) -> None:
    """A transaction that began before another's booking and cancelling, and books after them, is right.

    A stamp of the transaction's beginning would show two crews of one inspector at once.
    """
    actor = world.enterprise_actor()
    mine, others = world.instruction(), world.instruction()

    def keep(session: Session, work: Callable[[Session], Booking]) -> Booking:
        session.execute(text("SELECT 1"))
        booked = book_at(world, actor, others, TEN)
        cancel_it(world, actor, booked.reference)
        return work(session)

    book(world.database, actor=actor, order=order(mine, start=TEN), now=NOW, keep=keep)
    assert violated(count_violations(world)) == {}


def test_a_transaction_has_one_stamp(world: World) -> None:
    """What one transaction writes of a booking and its crew begins and ends at one moment."""
    booking, _ = _book_two(world)
    move_to(world, world.enterprise_actor(), booking.reference, NOON)
    stamps = f"""
        SELECT count(DISTINCT recorded_from) FROM (
            SELECT recorded_from FROM crew_history WHERE booking = {booking.id}
            UNION ALL SELECT recorded_from FROM booking_history WHERE booking = {booking.id}) AS all_stamps
    """
    with world.database.snapshot() as session:
        assert session.execute(text(stamps)).scalar_one() == 2
