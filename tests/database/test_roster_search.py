"""Sickness, loans and closures that insertion cannot mend: crews of others change, promises do not."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from sqlalchemy import text

from scheduler.database.idempotency import plainly
from scheduler.errors import HurtsBookings
from scheduler.roster.absences import record_absence
from scheduler.roster.changes import RosterChange
from scheduler.roster.orders import AbsenceOrder
from tests.database.plants_scene import book_it, crew_of, make_plants_world
from tests.factories import NOW, TUESDAY, World, at, work_days
from tests.races.checker import count_violations, violated

TEN = at(TUESDAY, 10)


@pytest.fixture
def world(fresh_database: Callable[[], str]) -> Iterator[World]:
    """Two who know plants and three who do not."""
    world = make_plants_world(fresh_database(), others=3)
    yield world
    world.database.close()


def falls_ill(world: World, inspector: int, *, until: date = TUESDAY, displace: bool = False) -> RosterChange:
    """An inspector is ill from Tuesday on."""
    with world.database.snapshot() as session:
        badge = session.execute(
            text("SELECT badge FROM inspector WHERE id = :id"), {"id": inspector}
        ).scalar_one()
    return record_absence(
        world.database,
        actor=world.manager(),
        order=AbsenceOrder(
            badge=badge, begins=at(TUESDAY, 0), ends=at(until, 23), kind="sick", reason="示例"
        ),
        displace=displace,
        now=NOW,
        keep=plainly,
    )


def test_sickness_takes_names_from_others_but_no_time(world: World) -> None:
    """The lead of plants falls ill; the only other one stands with ordinary goods, and changes places."""
    ordinary, plants = book_it(world, TEN), book_it(world, TEN, type_="plants")
    lead = crew_of(world, plants)[0]
    (other,) = {*world.inspectors[:2]} - {lead}
    assert other in crew_of(world, ordinary)
    changed = falls_ill(world, lead)
    assert changed.displaced == ()
    assert set(changed.recrewed) == {plants.reference, ordinary.reference}
    assert crew_of(world, plants)[0] == other
    assert not {lead, other} & {*crew_of(world, ordinary)}
    assert violated(count_violations(world)) == {}


def test_a_long_sickness_is_absorbed_day_by_day(world: World) -> None:
    """Each of five days needs a search of its own, more than one day may be searched anew."""
    days = [day for day in work_days(6) if day >= TUESDAY][:5]
    booked = [(book_it(world, at(day, 10)), book_it(world, at(day, 10), type_="plants")) for day in days]
    leads = {crew_of(world, plants)[0] for _, plants in booked}
    changed = falls_ill(world, leads.pop(), until=days[-1])
    assert not leads
    assert changed.displaced == ()
    assert {plants.reference for _, plants in booked} <= set(changed.recrewed)
    assert violated(count_violations(world)) == {}


def test_what_nobody_can_take_over_is_refused_and_nothing_written(world: World) -> None:
    """Both who know plants ill: the second absence is refused with the booking, or displaces it."""
    plants = book_it(world, TEN, type_="plants")
    first, second = world.inspectors[:2]
    falls_ill(world, first)
    with pytest.raises(HurtsBookings) as told:
        falls_ill(world, second)
    assert told.value.values["bookings"] == [plants.reference]
    assert second in crew_of(world, plants)
    assert falls_ill(world, second, displace=True).displaced == (plants.reference,)
    assert violated(count_violations(world)) == {}
