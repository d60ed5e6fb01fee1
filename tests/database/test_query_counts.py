"""How many statements a question and a booking take, whatever the size of the day: no N + 1."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import event, text

from scheduler.booking.book import book, hold
from scheduler.database.connection import Database
from scheduler.database.idempotency import plainly
from scheduler.promise.boards import Boards
from scheduler.promise.search import Demand, true_starts
from scheduler.vocabulary import CreditLevel
from tests.factories import NOW, TODAY, TUESDAY, World, at, order

BOOKING = 4
"""Statements of one booking: its instructions, its enterprise's room, its day, and the write."""

RECIPIENTS = [
    {"name": "示例甲", "mobile": "13800138000"},
    {"name": "示例乙", "mobile": "13800138001"},
    {"name": "示例丙", "mobile": "13800138002"},
]


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def ask(world: World, boards: Boards, *, days: int = 14) -> tuple[int, int]:
    """Ask for all true starts; return how many statements it took and how many starts there are."""
    demand = Demand(
        office=world.offices["north"],
        site=world.sites["yard"],
        type=world.types["standard"],
        minutes=30,
        credit=CreditLevel.REGULAR,
    )
    last = TODAY + timedelta(days=days - 1)
    with counted(world.database) as statements, world.database.transaction() as session:
        found = true_starts(session, boards, demand=demand, first=TODAY, last=last, now=NOW)
    return len(statements), len(found.starts)


def book_one(world: World, *references: str, hour: int = 10) -> list[str]:
    """Book at an hour of Tuesday; return the statements."""
    actor = world.enterprise_actor()
    asked = order(*references, start=at(TUESDAY, hour), recipients=RECIPIENTS)
    with counted(world.database) as statements:
        book(world.database, actor=actor, order=asked, now=NOW, keep=plainly)
    return statements


def test_a_question_about_14_days_takes_three_statements(world: World) -> None:
    """With nothing at hand: versions, the district's reference, the rows of all days."""
    statements, starts = ask(world, Boards())
    assert starts > 0
    assert statements == 3


def test_a_question_asked_again_takes_one_statement(world: World) -> None:
    """What is at hand needs only the versions that tell that it is still true."""
    boards = Boards()
    ask(world, boards)
    assert ask(world, boards)[0] == 1


def test_a_booked_day_alone_is_read_again(world: World) -> None:
    """After bookings the reference is still at hand: versions, and the rows of their day."""
    boards = Boards()
    _, before = ask(world, boards)
    for _ in range(2):  # the crews of four inspectors
        book_one(world, world.instruction())
    statements, after = ask(world, boards)
    assert statements == 2
    assert after < before


def test_a_question_takes_no_statement_a_day(world: World) -> None:
    """One day costs as many statements as fourteen."""
    assert ask(world, Boards(), days=1)[0] == ask(world, Boards())[0]


def know_the_day(world: World) -> None:
    """Book twice: the first one draws numbers for those that follow, the second one keeps what it read."""
    for _ in range(2):
        book_one(world, world.instruction(), hour=9)


def test_a_booking_takes_few_statements(world: World) -> None:
    """With a known reference and day, three recipients and their texts."""
    know_the_day(world)
    assert len(book_one(world, world.instruction(), hour=10)) <= BOOKING


def test_a_day_with_more_bookings_takes_no_more_statements(world: World) -> None:
    """A day is read as what changed, however much stands on it; after a change of duties it is read whole."""
    know_the_day(world)
    for hour in (10, 11):
        book_one(world, world.instruction(), hour=hour)
    assert len(book_one(world, world.instruction(), hour=14)) <= BOOKING
    touch = "UPDATE duty SET kind = kind WHERE date = :day"
    with world.database.transaction() as session:
        session.execute(text(touch), {"day": TUESDAY})
    assert len(book_one(world, world.instruction(), hour=15)) == BOOKING + 1


def test_a_booking_takes_no_statement_an_instruction(world: World) -> None:
    """One visit for twelve instructions costs as much as for one."""
    know_the_day(world)
    several = [world.instruction() for _ in range(12)]
    assert len(book_one(world, *several, hour=10)) <= BOOKING


def test_a_hold_takes_no_more_statements_than_a_booking(world: World) -> None:
    """It is written in the same step."""
    know_the_day(world)
    actor, asked = world.enterprise_actor(), order(world.instruction(), start=at(TUESDAY, 10))
    with counted(world.database) as statements:
        hold(world.database, actor=actor, order=asked, now=NOW, keep=plainly)
    assert len(statements) <= BOOKING
