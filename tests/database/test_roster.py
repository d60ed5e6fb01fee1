"""Roster changes re-crew whoever they hurt, or are refused with the list, or displace."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from scheduler import errors
from scheduler.booking.book import book
from scheduler.booking.confirm import confirm
from scheduler.booking.orders import Details
from scheduler.database.idempotency import plainly
from scheduler.models import Booking
from scheduler.roster.absences import lend_inspector, record_absence
from scheduler.roster.changes import RosterChange
from scheduler.roster.closures import close
from scheduler.roster.duties import add_duty, change_duty, remove_duty
from scheduler.roster.orders import AbsenceOrder, ClosureOrder, DutyChange, DutyOrder, LoanOrder
from tests.factories import NOW, TUESDAY, World, at, make_world, order


def _book(world: World, hour: int = 10) -> Booking:
    return book(
        world.database,
        actor=world.enterprise_actor(),
        order=order(world.instruction(), start=at(TUESDAY, hour)),
        now=NOW,
        keep=plainly,
    )


def _rows(world: World, sql: str) -> list[tuple[object, ...]]:
    with world.database.snapshot() as session:
        return [tuple(row) for row in session.execute(text(sql))]


def _crew(world: World) -> list[int]:
    return [int(str(row[0])) for row in _rows(world, "SELECT inspector FROM crew ORDER BY seat")]


def _badge(world: World, inspector: int) -> str:
    return str(_rows(world, f"SELECT badge FROM inspector WHERE id = {inspector}")[0][0])


def _absent(world: World, inspector: int, *, displace: bool = False) -> RosterChange:
    return record_absence(
        world.database,
        actor=world.manager(),
        order=AbsenceOrder(
            badge=_badge(world, inspector),
            kind="sick",
            begins=at(TUESDAY, 0),
            ends=at(TUESDAY, 0) + timedelta(days=1),
            reason="ill",
        ),
        displace=displace,
        now=NOW,
        keep=plainly,
    )


def test_sick_leave_is_absorbed_without_touching_the_promise(world: World) -> None:
    """Another inspector takes the seat; time, number and version stay."""
    booking = _book(world)
    ill = _crew(world)[0]
    change = _absent(world, ill)
    assert change.recrewed == (booking.reference,)
    assert ill not in _crew(world)
    assert _rows(world, "SELECT version, state FROM booking") == [(1, "confirmed")]


def test_what_cannot_be_absorbed_is_refused_with_the_list(database_url: str) -> None:
    """Two inspectors, one ill: the change is refused and nothing of it is written."""
    world = make_world(database_url, inspectors=2)
    booking = _book(world)
    with pytest.raises(errors.HurtsBookings) as refused:
        _absent(world, world.inspectors[0])
    assert refused.value.values["bookings"] == [booking.reference]
    assert _rows(world, "SELECT count(*) FROM absence") == [(0,)]
    assert len(_crew(world)) == 2
    world.database.close()


def test_displacing_keeps_three_times_for_the_enterprise(database_url: str) -> None:
    """The booking is displaced, three true times are held; taking one gives back the others."""
    world = make_world(database_url, inspectors=2)
    booking = _book(world)
    change = _absent(world, world.inspectors[0], displace=True)
    assert change.displaced == (booking.reference,)
    offers = _rows(
        world, "SELECT reference, version FROM booking WHERE state = 'hold' ORDER BY planned_start"
    )
    assert len(offers) == 3
    taken = confirm(
        world.database,
        actor=world.enterprise_actor(),
        reference=str(offers[0][0]),
        version=None,
        details=Details(),
        now=NOW + timedelta(hours=1),
        keep=plainly,
    )
    assert (taken.reference, taken.state) == (booking.reference, "confirmed")
    assert _rows(world, "SELECT count(*) FROM booking WHERE state = 'hold'") == [(0,)]
    assert len(_crew(world)) == 2
    world.database.close()


def test_cutting_a_duty_keeps_what_still_fits(world: World) -> None:
    """Hours after the booking are cut: nobody changes."""
    _book(world)
    crew = _crew(world)
    duty = int(str(_rows(world, "SELECT duty FROM crew ORDER BY seat LIMIT 1")[0][0]))
    change = change_duty(
        world.database,
        actor=world.manager(),
        duty=duty,
        order=DutyChange(begins="08:30", ends="12:00"),
        displace=False,
        now=NOW,
        keep=plainly,
    )
    assert change.recrewed == ()
    assert _crew(world) == crew


def test_cutting_away_the_way_home_recrews(world: World) -> None:
    """The booking would end inside the duty, but its inspector could not get home in time."""
    _book(world)
    duty = int(str(_rows(world, "SELECT duty FROM crew ORDER BY seat LIMIT 1")[0][0]))
    change = change_duty(
        world.database,
        actor=world.manager(),
        duty=duty,
        order=DutyChange(begins="08:30", ends="10:40"),
        displace=False,
        now=NOW,
        keep=plainly,
    )
    assert len(change.recrewed) == 1
    assert duty not in [row[0] for row in _rows(world, "SELECT duty FROM crew")]


def test_a_removed_duty_is_gone(world: World) -> None:
    """Its bookings are re-crewed first; its office day has a new version."""
    _book(world)
    duty = int(str(_rows(world, "SELECT duty FROM crew LIMIT 1")[0][0]))
    change = remove_duty(
        world.database, actor=world.manager(), duty=duty, displace=False, now=NOW, keep=plainly
    )
    assert len(change.recrewed) == 1
    assert _rows(world, f"SELECT count(*) FROM duty WHERE id = {duty}") == [(0,)]


def test_a_lent_inspector_works_elsewhere(world: World) -> None:
    """The duty belongs to the other office, starts and ends at home; bookings at home are re-crewed."""
    world.office("south")
    _book(world)
    lent = _crew(world)[0]
    change = lend_inspector(
        world.database,
        actor=world.manager(),
        order=LoanOrder(
            badge=_badge(world, lent),
            office="south",
            begins=at(TUESDAY, 0),
            ends=at(TUESDAY, 23),
            reason="peak",
        ),
        displace=False,
        now=NOW,
        keep=plainly,
    )
    assert len(change.recrewed) == 1
    assert _rows(world, "SELECT kind, office FROM duty WHERE kind = 'loan'") == [
        ("loan", world.offices["south"])
    ]


def test_a_closed_site_displaces_its_bookings(world: World) -> None:
    """No other crew can help: refused first, displaced when asked for."""
    _book(world)
    closing = ClosureOrder(site="yard", begins=at(TUESDAY, 9), ends=at(TUESDAY, 12), reason="power cut")
    arguments = {"actor": world.manager(), "order": closing, "now": NOW, "keep": plainly}
    with pytest.raises(errors.HurtsBookings):
        close(world.database, displace=False, **arguments)
    change = close(world.database, displace=True, **arguments)
    assert len(change.displaced) == 1
    offered = _rows(world, "SELECT planned_start FROM booking WHERE state = 'hold'")
    assert all(not at(TUESDAY, 8, 30) < row[0] < at(TUESDAY, 12) for row in offered)


def test_a_duty_over_another_is_refused(world: World) -> None:
    """The friendly refusal names the field; the constraint behind it is tested elsewhere."""
    with pytest.raises(errors.DutyOverlaps):
        add_duty(
            world.database,
            actor=world.manager(),
            order=DutyOrder(
                badge=_badge(world, world.inspectors[0]), date=TUESDAY, begins="12:00", ends="18:00"
            ),
            now=NOW,
            keep=plainly,
        )


def test_other_offices_inspectors_are_not_the_managers(world: World) -> None:
    """A manager records absences of the own office only."""
    world.office("south")
    with pytest.raises(errors.UnknownInspector):
        record_absence(
            world.database,
            actor=world.manager("south"),
            order=AbsenceOrder(
                badge=_badge(world, world.inspectors[0]),
                kind="leave",
                begins=at(TUESDAY, 0),
                ends=at(TUESDAY, 12),
                reason="leave",
            ),
            displace=False,
            now=NOW,
            keep=plainly,
        )
