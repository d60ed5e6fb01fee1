"""An office where some know plants: insertion gives them away first, so that plants need others' names."""

from datetime import datetime

from sqlalchemy import text

from scheduler.booking.book import book
from scheduler.database.idempotency import plainly
from scheduler.models import Booking
from tests.factories import NOW, World, make_world, order, work_days

PLANTS = (("plant_quarantine",), ())


def make_plants_world(url: str, *, others: int) -> World:
    """Inspectors 1 and 2 know plants, the others do not; ordinary goods go to the first two."""
    world = make_world(url, inspectors=0)
    world.type("plants", seats=PLANTS)
    for known in (("food", "plant_quarantine"),) * 2 + (("food",),) * others:
        inspector = world.inspector(qualifications=known)
        world.add(*(world.duty_row(inspector, day) for day in work_days(10)))
    return world


def book_it(
    world: World, start: datetime, *, type_: str = "standard", now: datetime = NOW, **values: object
) -> Booking:
    """Book goods of a type at a time."""
    asked = order(world.instruction(type=world.types[type_]), start=start, **values)
    return book(world.database, actor=world.enterprise_actor(), order=asked, now=now, keep=plainly)


def crew_of(world: World, booking: Booking) -> list[int]:
    """The inspectors of a booking, by seat."""
    asked = text("SELECT inspector FROM crew WHERE booking = :booking ORDER BY seat")
    with world.database.snapshot() as session:
        return list(session.execute(asked, {"booking": booking.id}).scalars())
