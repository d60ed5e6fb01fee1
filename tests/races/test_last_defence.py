"""Each defence alone: two transactions meet at a chosen moment, or somebody brings an untrue plan."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlmodel import Session

from scheduler.booking.book import book
from scheduler.database.connection import StaleDayError
from scheduler.errors import CapReached, NoPlace, Refusal
from scheduler.models import Booking
from scheduler.promise.boards import Boards
from scheduler.promise.reference import read_reference
from scheduler.promise.rows import read_days
from scheduler.promise.witness import BrokenPlanError, release_crew, require_sound, store_crews
from solver.day import Day
from solver.plan import Assignment
from tests.factories import NOW, TUESDAY, World, at, make_world, order, work_days
from tests.races.acts import RECIPIENTS, add_instructions, book_at, cancel_it, move_to, scalar
from tests.races.checker import count_findings, count_violations, violated

TEN, HALF_PAST, TWO = at(TUESDAY, 10), at(TUESDAY, 10, 30), at(TUESDAY, 14)
LEVELS = ("advanced_certified", "certified", "regular", "dishonest", "seriously_dishonest")


@pytest.fixture
def world(fresh_database: Callable[[], str]) -> Iterator[World]:
    """Two inspectors, so one crew; two sites with twenty minutes between them."""
    world = make_world(fresh_database(), inspectors=2)
    world.site("annex")
    yield world
    world.database.close()


def _meet(
    world: World, first: str, second: str, *, starts: tuple[object, object], other: int | None = None
) -> list[object]:
    """Book the first; before it commits let the second book until it is done or waits for a lock."""
    actor = world.enterprise_actor()
    others: list[Future[object]] = []

    def run() -> object:
        try:
            return book_at(world, world.enterprise_actor(other), second, starts[1])
        except Refusal as refusal:
            return refusal

    with ThreadPoolExecutor(1) as pool:

        def keep(session: Session, work: Callable[[Session], Booking]) -> Booking:
            made = work(session)
            if not others:
                others.append(pool.submit(run))
                while not others[0].done() and not _somebody_waits(world):
                    time.sleep(0.01)
            return made

        asked = order(first, start=starts[0])
        booked = book(world.database, actor=actor, order=asked, now=NOW, keep=keep)
        return [booked, others[0].result()]


def _somebody_waits(world: World) -> bool:
    asked = """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'
    """
    return scalar(world, asked) > 0


def test_the_days_lock_keeps_ways_between_sites(world: World) -> None:
    """No constraint knows the way from yard to annex: only the lock and the second reading do."""
    other = world.enterprise()
    (mine,) = add_instructions(world, 1)
    (theirs,) = add_instructions(world, 1, site=world.sites["annex"], represented=other)
    told = _meet(world, mine, theirs, starts=(TEN, HALF_PAST), other=other)
    assert isinstance(told[1], NoPlace)
    assert violated(count_violations(world)) == {}


def test_the_enterprises_lock_keeps_its_cap(world: World) -> None:
    """Two offices, so two days' locks: only the enterprise's lock lets the second count the first."""
    world.policy("booking", {"caps": dict.fromkeys(LEVELS, 1)})
    world.office("south")
    world.site("depot", office="south")
    crew = [world.inspector(office="south") for _ in range(2)]
    world.add(*(world.duty_row(one, day, office="south") for one in crew for day in work_days(3)))
    place = {"office": world.offices["south"], "site": world.sites["depot"]}
    told = _meet(world, *add_instructions(world, 1), *add_instructions(world, 1, **place), starts=(TEN, TEN))
    assert isinstance(told[1], CapReached)
    assert violated(count_violations(world, cap=1)) == {}


def test_a_crew_that_meets_another_is_stale_and_the_transaction_lives(world: World) -> None:
    """The exclusion constraint is asked without an error, so no transaction is lost to it."""
    for _ in range(2):
        world.duty(world.inspector(), TUESDAY)
    actor = world.enterprise_actor()
    first, second = (book_at(world, actor, *add_instructions(world, 1), TEN) for _ in range(2))
    _, plan = _day(world)
    with world.database.transaction() as session:
        release_crew(session, second.id)
        with pytest.raises(StaleDayError):
            store_crews(session, old={}, new={second.id: plan[first.id]})
        assert session.execute(text("SELECT 1")).scalar_one() == 1
        session.rollback()


def _day(world: World) -> tuple[Day, dict[int, Assignment]]:
    with world.database.snapshot() as session:
        facts = read_reference(session)
        days = read_days(session, office=world.offices["north"], days=[TUESDAY], reference=facts)
    return days[TUESDAY].problem, days[TUESDAY].plan


def test_no_plan_is_stored_without_passing_check(world: World) -> None:
    """A plan in which one inspector fills both seats is a fault, and is not stored."""
    book_at(world, world.enterprise_actor(), *add_instructions(world, 1), TEN)
    problem, plan = _day(world)
    twice = {job: replace(row, crew=(row.crew[0], row.crew[0])) for job, row in plan.items()}
    with pytest.raises(BrokenPlanError):
        require_sound(problem, twice, previous={})


def test_what_was_never_committed_is_not_remembered(world: World) -> None:
    """A transaction that is rolled back read a day at a version that another one later commits."""
    office, boards = world.offices["north"], Boards()
    booking = book_at(world, world.enterprise_actor(), *add_instructions(world, 1), TEN)
    with world.database.transaction() as session:
        release_crew(session, booking.id)
        boards.days(session, office=office, days=[TUESDAY])
        session.rollback()
    world.duty(world.inspector(), TUESDAY)
    with world.database.snapshot() as session:
        _, (kept,) = boards.days(session, office=office, days=[TUESDAY])
        _, (true,) = Boards().days(session, office=office, days=[TUESDAY])
    assert (kept.day, kept.plan) == (true.day, true.plan)


def test_texts_stand_in_the_transaction_of_their_change(world: World) -> None:
    """Every text was written by the transaction that wrote the event it tells of."""
    actor = world.enterprise_actor()
    booking = book_at(world, actor, *add_instructions(world, 1), TEN)
    move_to(world, actor, booking.reference, TWO)
    cancel_it(world, actor, booking.reference)
    apart = """
        SELECT count(*) FROM message JOIN event ON event.booking = message.booking
            AND event.new_version = message.booking_version
        WHERE message.xmin <> event.xmin AND message.state = 'due'
    """
    assert scalar(world, "SELECT count(*) FROM message WHERE state = 'due'") == 1
    assert scalar(world, apart) == 0


def test_what_is_rolled_back_tells_nobody(world: World) -> None:
    """A fault after the booking was written leaves no booking, no event and no text."""

    def keep(session: Session, work: Callable[[Session], Booking]) -> Booking:
        work(session)
        raise ZeroDivisionError

    asked = order(*add_instructions(world, 1), start=TEN, recipients=RECIPIENTS)
    with pytest.raises(ZeroDivisionError):
        book(world.database, actor=world.enterprise_actor(), order=asked, now=NOW, keep=keep)
    for table in ("booking", "event", "message"):
        assert scalar(world, f"SELECT count(*) FROM {table}") == 0


def test_every_seat_is_filled_at_every_commit(world: World) -> None:
    """Booked, moved, moved back: history and doctor see a full crew at every moment."""
    actor = world.enterprise_actor()
    booking = book_at(world, actor, *add_instructions(world, 1), TEN)
    for start in (TWO, TEN):
        move_to(world, actor, booking.reference, start)
    assert violated(count_violations(world)) == {}
    assert violated(count_findings(world)) == {}
