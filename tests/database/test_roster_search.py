"""Sickness, loans and closures that insertion cannot mend: crews of others change, promises do not."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from scheduler.booking.book import book
from scheduler.database.idempotency import plainly
from scheduler.errors import HurtsBookings
from scheduler.models import Booking
from scheduler.roster.absences import record_absence
from scheduler.roster.changes import RosterChange
from scheduler.roster.orders import AbsenceOrder
from tests.factories import NOW, TUESDAY, World, at, make_world, order, work_days
from tests.races.checker import count_violations, violated

TEN = at(TUESDAY, 10)
PLANTS = (("plant_quarantine",), ())


@pytest.fixture
def world(fresh_database: Callable[[], str]) -> Iterator[World]:
    """Two who know plants, then three who do not."""
    world = make_world(fresh_database(), inspectors=0)
    world.type("plants", seats=PLANTS)
    for known in (("food", "plant_quarantine"),) * 2 + (("food",),) * 3:
        inspector = world.inspector(qualifications=known)
        world.add(*(world.duty_row(inspector, day) for day in work_days(10)))
    yield world
    world.database.close()


def book_it(world: World, type_: str) -> Booking:
    """Book goods of a type on Tuesday at ten."""
    asked = order(world.instruction(type=world.types[type_]), start=TEN)
    return book(world.database, actor=world.enterprise_actor(), order=asked, now=NOW, keep=plainly)


def crew_of(world: World, booking: Booking) -> list[int]:
    """The inspectors of a booking, by seat."""
    asked = text("SELECT inspector FROM crew WHERE booking = :booking ORDER BY seat")
    with world.database.snapshot() as session:
        return list(session.execute(asked, {"booking": booking.id}).scalars())


def falls_ill(world: World, inspector: int, *, displace: bool = False) -> RosterChange:
    """An inspector is ill on Tuesday."""
    with world.database.snapshot() as session:
        badge = session.execute(
            text("SELECT badge FROM inspector WHERE id = :id"), {"id": inspector}
        ).scalar_one()
    return record_absence(
        world.database,
        actor=world.manager(),
        order=AbsenceOrder(
            badge=badge, begins=at(TUESDAY, 0), ends=at(TUESDAY, 23), kind="sick", reason="示例"
        ),
        displace=displace,
        now=NOW,
        keep=plainly,
    )


def test_sickness_takes_names_from_others_but_no_time(world: World) -> None:
    """The lead of plants falls ill; the only other one stands with ordinary goods, and changes places."""
    ordinary, plants = book_it(world, "standard"), book_it(world, "plants")
    lead = crew_of(world, plants)[0]
    (other,) = {*world.inspectors[:2]} - {lead}
    assert other in crew_of(world, ordinary)
    changed = falls_ill(world, lead)
    assert changed.displaced == ()
    assert set(changed.recrewed) == {plants.reference, ordinary.reference}
    assert crew_of(world, plants)[0] == other
    assert not {lead, other} & {*crew_of(world, ordinary)}
    assert violated(count_violations(world)) == {}


def test_what_nobody_can_take_over_is_refused_and_nothing_written(world: World) -> None:
    """Both who know plants ill: the second absence is refused with the booking, or displaces it."""
    plants = book_it(world, "plants")
    first, second = world.inspectors[:2]
    falls_ill(world, first)
    with pytest.raises(HurtsBookings) as told:
        falls_ill(world, second)
    assert told.value.values["bookings"] == [plants.reference]
    assert second in crew_of(world, plants)
    assert falls_ill(world, second, displace=True).displaced == (plants.reference,)
    assert violated(count_violations(world)) == {}
