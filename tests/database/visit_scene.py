"""A booking of Tuesday at ten and the steps of its visit, for the tests of visits."""

from datetime import datetime

from sqlalchemy import text

from scheduler.access.actor import Actor
from scheduler.booking.book import book
from scheduler.database.idempotency import plainly
from scheduler.models import Booking
from scheduler.promise.reference import Reference, read_reference
from scheduler.visit.entry import Recorded
from scheduler.visit.record import record_arrival, record_end, record_opening, record_outcome
from scheduler.vocabulary import Outcome
from tests.factories import NOW, TUESDAY, World, at, order

TEN = at(TUESDAY, 10)
TWO_PAST = at(TUESDAY, 10, 2)
NOON = at(TUESDAY, 12)


def make_booking(world: World, *references: str, start: datetime = TEN, **values: object) -> Booking:
    """A confirmed booking of instructions, a new one where none is named."""
    named = references or (world.instruction(),)
    actor = world.enterprise_actor()
    asked = order(*named, start=start, **values)
    return book(world.database, actor=actor, order=asked, now=NOW, keep=plainly)


def facts_of(world: World) -> Reference:
    """The district's facts as they are."""
    with world.database.snapshot() as session:
        return read_reference(session)


def arrive(world: World, booking: Booking, *, when: datetime = TWO_PAST) -> Recorded:
    """The officers come, and say so at once."""
    with world.database.transaction() as session:
        return record_arrival(session, actor=world.manager(), reference=booking.reference, now=when)


def inspect(world: World, booking: Booking) -> Recorded:
    """The officers come, open at 10:05 and end at 10:25."""
    arrive(world, booking)
    actor, number = world.manager(), booking.reference
    with world.database.transaction() as session:
        record_opening(session, actor=actor, reference=number, now=at(TUESDAY, 10, 5))
        return record_end(session, actor=actor, reference=number, now=at(TUESDAY, 10, 25))


def close(
    world: World, booking: Booking, outcome: Outcome, *, actor: Actor | None = None, **values: object
) -> Recorded:
    """The outcome at half past ten, signed by the attendee unless the test says otherwise."""
    facts = facts_of(world)
    values.setdefault("signed_by", "示例陪同人")
    with world.database.transaction() as session:
        return record_outcome(
            session,
            actor=actor or world.manager(),
            reference=booking.reference,
            outcome=outcome,
            now=at(TUESDAY, 10, 30),
            facts=facts,
            **values,
        )


def visited(world: World, outcome: Outcome, *references: str, **values: object) -> Recorded:
    """A whole visit with an outcome."""
    booking = make_booking(world, *references)
    inspect(world, booking)
    return close(world, booking, outcome, **values)


def count(world: World, sql: str, **values: object) -> int:
    """The number that a question has for an answer."""
    with world.database.snapshot() as session:
        return int(session.execute(text(sql), values).scalar_one())
