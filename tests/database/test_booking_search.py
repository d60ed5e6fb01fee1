"""Times that can be kept only if others' names or docks change: offered, booked, nobody harmed."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import Range
from sqlmodel import Session, select

from scheduler.booking.answer import accept_request
from scheduler.booking.book import book, hold
from scheduler.booking.cancel import cancel
from scheduler.booking.move import move
from scheduler.database.idempotency import plainly
from scheduler.errors import NoPlace, Refusal
from scheduler.models import Booking, Closure, SolverRun
from scheduler.promise.boards import Boards, boards_of
from scheduler.promise.search import Demand, answer, read_question
from scheduler.replan.runs import replay
from scheduler.vocabulary import CreditLevel, Mode
from tests.database.plants_scene import PLANTS, book_it, crew_of, make_plants_world
from tests.factories import NOW, TUESDAY, ZONE, World, at, make_world, order
from tests.races.checker import count_violations, violated

TEN = at(TUESDAY, 10)


@pytest.fixture
def world(fresh_database: Callable[[], str]) -> Iterator[World]:
    """Two who know plants and two who do not."""
    world = make_plants_world(fresh_database(), others=2)
    yield world
    world.database.close()


def offered(
    world: World, *, type_: str = "plants", now: datetime = NOW, green: bool = False
) -> set[datetime]:
    """The true starts of Tuesday, by a cache that knows nothing yet."""
    demand = Demand(
        office=world.offices["north"],
        site=world.sites["yard"],
        type=world.types[type_],
        minutes=30,
        credit=CreditLevel.REGULAR,
        green=green,
    )
    boards = Boards()
    with world.database.snapshot() as session:
        asked = read_question(session, boards, demand=demand, first=TUESDAY, last=TUESDAY, now=now)
    return set(answer(boards, asked, thorough=True).starts)


def state_of(world: World, booking: Booking) -> tuple[str, int, datetime]:
    """State, version and start of a booking as they are stored."""
    asked = text("SELECT state, version, planned_start FROM booking WHERE id = :booking")
    with world.database.snapshot() as session:
        return tuple(session.execute(asked, {"booking": booking.id}).one())


def test_a_time_that_needs_others_names_is_offered_and_booked(world: World) -> None:
    """Ordinary goods hold both who know plants: plants at the same time get one of them, no promise moves."""
    first = book_it(world, TEN)
    assert crew_of(world, first) == world.inspectors[:2]
    assert TEN in offered(world)
    second = book_it(world, TEN, type_="plants")
    assert second.planned_start == TEN
    assert crew_of(world, second)[0] in world.inspectors[:2]
    assert not set(crew_of(world, first)) & set(crew_of(world, second))
    assert state_of(world, first) == ("confirmed", 1, TEN)
    assert violated(count_violations(world)) == {}


def test_who_was_given_another_crew_has_it_in_the_record(world: World) -> None:
    """The change of names is an event of the booking, by whoever asked for the other one."""
    first = book_it(world, TEN)
    book_it(world, TEN, type_="plants")
    asked = text("SELECT count(*) FROM event WHERE booking = :booking AND kind = 'booking_recrewed'")
    with world.database.snapshot() as session:
        assert session.execute(asked, {"booking": first.id}).scalar_one() == 1


def test_the_search_behind_a_booking_is_kept_and_repeats(world: World) -> None:
    """What the oracle was asked and said, in the booking's own transaction."""
    book_it(world, TEN)
    book_it(world, TEN, type_="plants")
    with world.database.snapshot() as session:
        kept = session.exec(select(SolverRun)).one()
        assert (kept.kind, kept.date, kept.outcome) == ("proof", TUESDAY, "taken_over")
        assert kept.id is not None
        assert replay(session, kept.id).equal


def test_such_a_time_can_be_held_and_moved_to(world: World) -> None:
    """A hold changes names as a booking does, a move too, also within its own day."""
    book_it(world, TEN)
    actor = world.enterprise_actor()
    asked = order(world.instruction(type=world.types["plants"]), start=TEN)
    held = hold(world.database, actor=actor, order=asked, now=NOW, keep=plainly)
    assert len(crew_of(world, held)) == 2
    book_it(world, at(TUESDAY, 14))
    moved = move(
        world.database,
        actor=actor,
        reference=book_it(world, at(TUESDAY, 9), type_="plants").reference,
        version=None,
        start=at(TUESDAY, 14),
        now=NOW,
        keep=plainly,
    )
    assert moved.planned_start == at(TUESDAY, 14)
    assert violated(count_violations(world)) == {}


def test_what_no_crewing_keeps_is_neither_offered_nor_booked(world: World) -> None:
    """Two visits take all four: a third one at that time is refused with true times beside it."""
    book_it(world, TEN)
    book_it(world, TEN)
    assert TEN not in offered(world)
    with pytest.raises(NoPlace) as told:
        book_it(world, TEN, type_="plants")
    assert len(told.value.alternatives) == 3
    assert set(told.value.alternatives) <= offered(world)


def test_published_names_stay(world: World) -> None:
    """From 18:00 of the working day before, others' names no longer change: not offered, refused."""
    book_it(world, TEN)
    evening = datetime.combine(TUESDAY - timedelta(days=1), time(18), ZONE)
    assert TEN in offered(world, now=evening - timedelta(minutes=1))
    assert TEN not in offered(world, now=evening)
    with pytest.raises(Refusal):
        book_it(world, TEN, type_="plants", now=evening)


def test_fresh_goods_of_the_day_may_still_change_names_until_shortly_before(world: World) -> None:
    """The green channel on the day itself: names of visits that start in more than 90 minutes may change."""
    eleven = at(TUESDAY, 11)
    book_it(world, eleven)
    before = eleven - timedelta(minutes=90)
    assert eleven in offered(world, now=before - timedelta(minutes=1), green=True)
    assert eleven not in offered(world, now=before - timedelta(minutes=1), green=False)
    assert eleven not in offered(world, now=before, green=True)


def test_the_office_accepts_a_request_that_needs_others_names(world: World) -> None:
    """What is shown to the office can be answered with yes."""
    risky = {"risk_level": "high", "type": world.type("risky", mode=Mode.SPECIAL_ARTICLES, seats=PLANTS)}
    asked = order(world.instruction(**risky, approval_number="示例1"), start=TEN)
    requested = book(world.database, actor=world.enterprise_actor(), order=asked, now=NOW, keep=plainly)
    assert requested.state == "requested"
    first = book_it(world, TEN)
    accepted = accept_request(
        world.database,
        actor=world.manager(),
        reference=requested.reference,
        version=None,
        start=None,
        now=NOW,
        keep=plainly,
    )
    assert (accepted.state, accepted.planned_start) == ("confirmed", TEN)
    assert not set(crew_of(world, first)) & set(crew_of(world, accepted))
    assert violated(count_violations(world)) == {}


def test_docks_change_places(fresh_database: Callable[[], str]) -> None:
    """Who stands at the dock that stays open makes room at it by going to the one that closes later."""
    world = make_world(fresh_database(), docks=2)
    long = world.type("long", minutes=90)
    first, second = (book_it(world, TEN) for _ in range(2))
    one, other = first.dock, second.dock
    cancel(
        world.database,
        actor=world.enterprise_actor(),
        reference=first.reference,
        version=None,
        reason="示例",
        now=NOW,
        keep=plainly,
    )
    _close(world, one, TUESDAY, 11)
    booked = book(
        world.database,
        actor=world.enterprise_actor(),
        order=order(world.instruction(type=long), start=TEN),
        now=NOW,
        keep=plainly,
    )
    asked = text("SELECT dock FROM booking WHERE id = :booking")
    with world.database.snapshot() as session:
        assert session.execute(asked, {"booking": second.id}).scalar_one() == one
    assert booked.dock == other
    assert violated(count_violations(world)) == {}
    world.database.close()


def _close(world: World, dock: int | None, day: date, hour: int) -> None:
    period = Range(at(day, hour), at(day, hour + 1), bounds="[)")
    world.add(
        Closure(
            office=world.offices["north"],
            site=world.sites["yard"],
            dock=dock,
            period=period,
            reason="示例",
            created_at=NOW,
        )
    )


def test_a_day_that_changes_meanwhile_is_searched_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the oracle looks, others book: what it proposed is merged or looked for anew, never forced."""
    book_it(world, TEN)
    oracles = boards_of(world.database).oracles
    prove, looks = oracles.prove, []

    def prove_slowly(*asked: object) -> object:
        looks.append(asked)
        if len(looks) == 1:
            book_it(world, TEN)
        return prove(*asked)

    monkeypatch.setattr(oracles, "prove", prove_slowly)
    with pytest.raises(NoPlace):
        book_it(world, TEN, type_="plants")
    assert len(looks) == 2
    assert violated(count_violations(world)) == {}


def test_no_transaction_is_open_while_the_oracle_looks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search is bounded but slow: nobody's lock is held for it."""
    book_it(world, TEN)
    oracles = boards_of(world.database).oracles
    prove, taken = oracles.prove, []

    def prove_alone(*asked: object) -> object:
        with world.database.transaction() as session:
            taken.append(_is_free(session, world))
        return prove(*asked)

    monkeypatch.setattr(oracles, "prove", prove_alone)
    book_it(world, TEN, type_="plants")
    assert taken == [True]


def _is_free(session: Session, world: World) -> bool:
    boards = Boards()
    taken = boards.take(session, office=world.offices["north"], day=TUESDAY, now=NOW, wait=False)
    return taken is not None
