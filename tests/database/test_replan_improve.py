"""Days to come get better crews by themselves, times untouched; every search can be run again."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select

from scheduler.booking.book import book
from scheduler.clock.ticks import tick_leftovers, tick_plans
from scheduler.database.idempotency import plainly
from scheduler.errors import UnknownRun
from scheduler.models import Booking, SolverRun
from scheduler.promise.searches import answer_allocation
from scheduler.replan.elsewhere import answer_elsewhere
from scheduler.replan.improve import Improved, Outcome, improve_next
from scheduler.replan.runs import replay
from tests.factories import NOW, TUESDAY, ZONE, World, at, make_world, order
from tests.races.acts import swap_crews
from tests.races.checker import count_violations, violated


@pytest.fixture
def world(fresh_database: Callable[[], str]) -> Iterator[World]:
    """Two sites that are 20 minutes apart: first come, first served sends everybody to and fro."""
    world = make_world(fresh_database())
    world.site("depot")
    yield world
    world.database.close()


def book_it(world: World, site: str, hour: int) -> Booking:
    """Book at a site on Tuesday."""
    asked = order(world.instruction(site=world.sites[site]), start=at(TUESDAY, hour))
    return book(world.database, actor=world.enterprise_actor(), order=asked, now=NOW, keep=plainly)


def cross_over(world: World) -> list[Booking]:
    """Book four visits and let the crews of the later two cross between the sites."""
    booked = [book_it(world, site, hour) for hour in (9, 10) for site in ("yard", "depot")]
    swap_crews(world, *booked[2:])
    return booked


def improved(world: World, *, answer: Callable[[str], str] = answer_allocation) -> Improved:
    """Improve the next day, which there must be."""
    found = improve_next(world.database, now=NOW, answer=answer)
    assert found is not None
    return found


def promises(session: Session) -> list[tuple[object, ...]]:
    """All bookings with version, state and start."""
    rows = session.exec(select(Booking).order_by(col(Booking.id))).all()
    return [(row.id, row.version, row.state, row.planned_start) for row in rows]


def test_crews_that_cross_are_put_right(world: World) -> None:
    """Less travel, the same promises, an event for each booking that got another crew."""
    cross_over(world)
    with world.database.snapshot() as session:
        before = promises(session)
    found = improved(world)
    assert found.outcome is Outcome.TAKEN_OVER
    assert found.travel_after < found.travel_before
    with world.database.snapshot() as session:
        assert promises(session) == before
        told = text("SELECT count(*) FROM event WHERE kind = 'booking_recrewed'")
        assert session.execute(told).scalar_one() > 0
    assert violated(count_violations(world)) == {}


def test_a_day_is_looked_at_once_a_version(world: World) -> None:
    """Nothing changed, nothing to do; a new booking makes it worth another look."""
    cross_over(world)
    improved(world)
    assert improve_next(world.database, now=NOW, answer=answer_allocation) is None
    book_it(world, "yard", 14)
    assert improved(world).date == TUESDAY


def test_published_names_are_left_alone(world: World) -> None:
    """From 18:00 of the working day before there is nothing to improve."""
    cross_over(world)
    evening = datetime.combine(TUESDAY - timedelta(days=1), time(18), ZONE)
    assert improve_next(world.database, now=evening, answer=answer_allocation) is None


def test_a_day_that_changed_meanwhile_keeps_its_plan(world: World) -> None:
    """What a search would move gets another crew meanwhile: not taken over, and looked at again."""
    booked = cross_over(world)

    def answer(question: str) -> str:
        swap_crews(world, *booked[2:])
        return answer_allocation(question)

    assert improved(world, answer=answer).outcome is Outcome.STALE
    improved(world)  # the day as it is now was not looked at yet
    assert violated(count_violations(world)) == {}


def test_a_search_in_its_own_process_says_the_same(world: World) -> None:
    """The clock's tick sends the question to a process of its own."""
    cross_over(world)
    found = tick_plans(world.database, answer_elsewhere, now=NOW)
    assert found is not None
    with world.database.snapshot() as session:
        assert replay(session, found.run).equal


def test_a_kept_search_that_was_touched_is_not_equal(world: World) -> None:
    """What is stored is what was said: another answer is noticed."""
    cross_over(world)
    found = improved(world)
    with world.database.transaction() as session:
        run = session.get_one(SolverRun, found.run)
        said = json.loads(run.answer)
        run.answer = json.dumps({**said, "value": [9, *said["value"][1:]]}, sort_keys=True)
    with world.database.snapshot() as session:
        assert not replay(session, found.run).equal
        with pytest.raises(UnknownRun):
            replay(session, found.run + 1)


def test_searches_are_kept_for_a_week(world: World) -> None:
    """The clock drops old ones."""
    cross_over(world)
    improved(world)
    tick_leftovers(world.database, now=NOW + timedelta(days=8))
    with world.database.snapshot() as session:
        assert session.exec(select(SolverRun)).all() == []
