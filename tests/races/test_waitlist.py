"""The waitlist under load: two clocks never offer one thing twice, and no offer costs anybody a promise."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text

from scheduler.access.actor import Actor
from scheduler.booking.waitlist.entries import Wish, decline_offer, join_waitlist
from scheduler.booking.waitlist.offers import offer_earlier
from scheduler.database.idempotency import plainly
from scheduler.models import Booking
from scheduler.promise.boards import boards_of
from tests.factories import NOW, TUESDAY, World, at, make_world
from tests.races.acts import add_instructions, book_at, cancel_all, confirm_it, enterprises, move_to
from tests.races.rush import THREADS, rushing, won

WISH = Wish(wished_from=at(TUESDAY, 9), wished_to=at(TUESDAY, 9))
LATER = at(TUESDAY + timedelta(days=1), 10)


@pytest.fixture
def world(fresh_database: Callable[[], str]) -> Iterator[World]:
    """Four inspectors: two visits at once."""
    world = make_world(fresh_database(), pool_size=THREADS + 2)
    yield world
    world.database.close()


def _wait(world: World, actor: Actor) -> Booking:
    """A promise of the day after whose party wants Tuesday at nine."""
    booking = book_at(world, actor, add_instructions(world, 1, represented=actor.enterprise)[0], LATER)
    with world.database.transaction() as session:
        facts = boards_of(world.database).latest(session)
        join_waitlist(session, actor=actor, reference=booking.reference, wish=WISH, now=NOW, facts=facts)
    return booking


def _open_holds(world: World) -> list[tuple[str, int]]:
    with world.database.snapshot() as session:
        asked = "SELECT b.reference, o.entry FROM waitlist_offer AS o JOIN booking AS b ON b.id = o.hold"
        return [(row[0], row[1]) for row in session.execute(text(f"{asked} WHERE o.outcome = 'open'"))]


def test_many_clocks_make_one_offer(world: World) -> None:
    """Whoever ticks, however often at once: one party is asked, and the others' ticks find nothing to do."""
    actors = enterprises(world, 2)
    with rushing(world) as rush:
        for _ in rush.rounds(0.01):
            for actor in actors:
                _wait(world, actor)
            answers = rush.together([lambda: offer_earlier(world.database, now=NOW)] * 8)
            assert sum(count for count in won(answers) if isinstance(count, int)) == 1
            assert len(_open_holds(world)) == 1
            cancel_all(world)


def test_taking_declining_moving_and_ticking_at_once(world: World) -> None:
    """The held time goes to one of them; every promise, text and offer is in order afterwards."""
    actors = enterprises(world, 2)
    with rushing(world) as rush:
        for _ in rush.rounds(0.01):
            bookings = [_wait(world, actor) for actor in actors]
            offer_earlier(world.database, now=NOW)
            ((hold, _),) = _open_holds(world)
            acts: list[Callable[[], object]] = [partial(offer_earlier, world.database, now=NOW)] * 2
            for actor, booking in zip(actors, bookings, strict=True):
                acts += [
                    partial(confirm_it, world, actor, hold, NOW + timedelta(minutes=1)),
                    partial(
                        decline_offer,
                        world.database,
                        actor=actor,
                        reference=booking.reference,
                        withdraw=False,
                        now=NOW,
                        keep=plainly,
                    ),
                    partial(move_to, world, actor, booking.reference, at(TUESDAY, 14)),
                ]
            assert won(rush.together(acts))
            assert len(_open_holds(world)) <= 1
            cancel_all(world)
