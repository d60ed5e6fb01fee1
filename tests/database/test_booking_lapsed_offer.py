"""A time held beside a promise lapses while the promise is moved: it ends once, as expired."""

from datetime import timedelta

from sqlalchemy import text

from scheduler.booking.book import book
from scheduler.booking.move import hold_move, move
from scheduler.database.idempotency import plainly
from tests.factories import NOW, TUESDAY, World, at, order


def test_a_lapsed_offer_ends_once(world: World) -> None:
    """The move expires it, because it needs the day; nobody cancels what is over already."""
    doing = {"actor": world.enterprise_actor(), "keep": plainly}
    asked = order(world.instruction(), start=at(TUESDAY, 10))
    booking = book(world.database, order=asked, now=NOW, **doing)
    moving = {"reference": booking.reference, "version": None, **doing}
    offer = hold_move(world.database, start=at(TUESDAY, 15), now=NOW, **moving)
    move(world.database, start=at(TUESDAY, 14), now=NOW + timedelta(minutes=6), **moving)
    with world.database.snapshot() as session:
        ended = session.execute(text(f"SELECT state, version FROM booking WHERE id = {offer.id}")).one()
    assert tuple(ended) == ("expired", 2)
