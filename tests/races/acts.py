"""The use cases as the races call them: plainly, at `NOW` unless said otherwise."""

import contextlib
import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import text

from scheduler.access.actor import Actor
from scheduler.booking.book import book, hold
from scheduler.booking.cancel import cancel
from scheduler.booking.confirm import confirm
from scheduler.booking.move import move
from scheduler.booking.orders import Details
from scheduler.database.idempotency import plainly
from scheduler.errors import WrongState
from scheduler.models import Booking, Instruction
from tests.factories import NOW, TUESDAY, World, at, order, work_days

TIMES = [(9, 0), (9, 30), (10, 0), (10, 30), (14, 0), (14, 30), (15, 0), (15, 30), (16, 0)]
"""Starts of half-hour visits that never touch a meal break: each has as many places as there are crews."""

SLOTS = [at(day, *time) for time in TIMES for day in work_days(10) if day >= TUESDAY]


RECIPIENTS = [{"name": "示例收信人", "mobile": "13800138000"}]

_serial = itertools.count(1)


def add_instructions(world: World, count: int, **columns: object) -> list[str]:
    """Many open import instructions in one transaction; returns their references."""
    values: dict[str, object] = {
        "kind": "declaration",
        "state": "open",
        "direction": "1",
        "office": world.offices["north"],
        "site": world.sites["yard"],
        "type": world.types["standard"],
        "represented": world.enterprises[0],
        "goods_category": "food",
        "hs_code": "1905310000",
        "issued_at": NOW - timedelta(days=1),
        **columns,
    }
    references = [f"010020261{next(_serial) + 500_000_000:09d}" for _ in range(count)]
    world.add(*(Instruction(**{**values, "reference": reference}) for reference in references))
    return references


def enterprises(world: World, count: int) -> list[Actor]:
    """So many enterprises' people, each of another enterprise."""
    while len(world.enterprises) < count:
        world.enterprise()
    return [world.enterprise_actor(enterprise) for enterprise in world.enterprises[:count]]


def book_at(world: World, actor: Actor, reference: str, start: datetime, **values: object) -> Booking:
    """Book an instruction at a start."""
    asked = order(reference, start=start, recipients=RECIPIENTS, **values)
    return book(world.database, actor=actor, order=asked, now=NOW, keep=plainly)


def hold_at(world: World, actor: Actor, reference: str, start: datetime) -> Booking:
    """Hold a start for an instruction."""
    asked = order(reference, start=start, recipients=RECIPIENTS)
    return hold(world.database, actor=actor, order=asked, now=NOW, keep=plainly)


def confirm_it(world: World, actor: Actor, number: str, now: datetime) -> Booking:
    """Confirm a hold, whatever its version."""
    asked = Details(attendee="示例陪同人")
    return confirm(
        world.database, actor=actor, reference=number, version=None, details=asked, now=now, keep=plainly
    )


def move_to(
    world: World, actor: Actor, number: str, start: datetime, *, version: int | None = None
) -> Booking:
    """Move a booking to a start."""
    return move(
        world.database, actor=actor, reference=number, version=version, start=start, now=NOW, keep=plainly
    )


def cancel_all(world: World) -> None:
    """Cancel everything that is open, each by its own enterprise's people."""
    for number, enterprise in list(open_bookings(world)):
        actor = world.enterprise_actor(enterprise)
        with contextlib.suppress(WrongState):  # an offered time goes with the booking that it would replace
            cancel_it(world, actor, number)


def cancel_it(world: World, actor: Actor, number: str, *, version: int | None = None) -> Booking:
    """Cancel a booking."""
    return cancel(
        world.database,
        actor=actor,
        reference=number,
        version=version,
        reason="race over",
        now=NOW,
        keep=plainly,
    )


def swap_crews(world: World, one: Booking, other: Booking) -> None:
    """Let two bookings of one time have each other's crew."""
    rows = text("SELECT booking, seat, inspector, duty, occupied FROM crew WHERE booking IN (:one, :other)")
    write = text("INSERT INTO crew (booking, seat, inspector, duty, occupied) VALUES (:b, :s, :i, :d, :o)")
    pair = {"one": one.id, "other": other.id}
    with world.database.transaction() as session:
        crews = session.execute(rows, pair).all()
        session.execute(text("DELETE FROM crew WHERE booking IN (:one, :other)"), pair)
        for booking, seat, inspector, duty, occupied in crews:
            to = other.id if booking == one.id else one.id
            session.execute(write, {"b": to, "s": seat, "i": inspector, "d": duty, "o": occupied})


def open_bookings(world: World) -> Iterator[tuple[str, int]]:
    """Number and enterprise of every booking that is open."""
    asked = """
        SELECT reference, enterprise FROM booking
        WHERE state IN ('hold', 'confirmed', 'requested', 'displaced') ORDER BY replaces NULLS FIRST, id
    """
    with world.database.snapshot() as session:
        yield from [(number, enterprise) for number, enterprise in session.execute(text(asked))]


def scalar(world: World, sql: str, **values: object) -> int:
    """The number that a question has for an answer."""
    with world.database.snapshot() as session:
        return int(session.execute(text(sql), values).scalar_one())
