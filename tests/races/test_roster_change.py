"""Bookings against leave, cut duties and removed duties of the same day."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial

import pytest
from sqlalchemy import text

from scheduler.access.actor import Actor
from scheduler.database.idempotency import plainly
from scheduler.roster.absences import record_absence
from scheduler.roster.changes import RosterChange
from scheduler.roster.duties import add_duty, change_duty, remove_duty
from scheduler.roster.orders import AbsenceOrder, DutyChange, DutyOrder
from tests.factories import NOW, TUESDAY, World, at, make_world, work_days
from tests.races.acts import TIMES, add_instructions, book_at, cancel_all, enterprises
from tests.races.rush import THREADS, rushing, won

DAYS = [day for day in work_days(10) if day >= TUESDAY]
HOURS = (("08:30", "12:00"), ("13:00", "17:30"), ("08:30", "17:30"), ("09:30", "16:00"))


@pytest.fixture
def world(fresh_database: Callable[[], str]) -> Iterator[World]:
    """Six inspectors, so three crews."""
    world = make_world(fresh_database(), inspectors=6, docks=3, pool_size=THREADS + 2)
    yield world
    world.database.close()


def _leave(world: World, actor: Actor, badge: str, day: date, hour: int) -> RosterChange:
    asked = AbsenceOrder(badge=badge, kind="sick", begins=at(day, hour), ends=at(day, hour, 30), reason="ill")
    return record_absence(world.database, actor=actor, order=asked, displace=True, now=NOW, keep=plainly)


def _cut(world: World, actor: Actor, duty: int, hours: tuple[str, str], *, displace: bool) -> RosterChange:
    asked = DutyChange(begins=hours[0], ends=hours[1])
    return change_duty(
        world.database, actor=actor, duty=duty, order=asked, displace=displace, now=NOW, keep=plainly
    )


def _remove(world: World, actor: Actor, duty: int) -> RosterChange:
    return remove_duty(world.database, actor=actor, duty=duty, displace=True, now=NOW, keep=plainly)


def _restore(world: World, badges: list[str], day: date) -> None:
    """Whole duties again, by taking away what is left of them and adding new ones."""
    actor = world.manager()
    with world.database.snapshot() as session:
        duties = session.execute(text("SELECT id FROM duty WHERE date = :day"), {"day": day}).scalars().all()
    for duty in duties:
        _remove(world, actor, duty)
    with world.database.transaction() as session:
        session.execute(text("DELETE FROM absence"))
    for badge in badges:
        asked = DutyOrder(badge=badge, date=day, begins="08:30", ends="17:30")
        add_duty(world.database, actor=actor, order=asked, now=NOW, keep=plainly)


def test_book_against_roster_change(world: World) -> None:
    """Every booking that was confirmed keeps a crew on duty, or is displaced with its offers."""
    actors, manager = enterprises(world, 24), world.manager()
    wanted = [(actor, add_instructions(world, 1, represented=actor.enterprise)[0]) for actor in actors]
    with world.database.snapshot() as session:
        badges = list(session.execute(text("SELECT badge FROM inspector ORDER BY id")).scalars())
    with rushing(world) as rush:
        for number in rush.rounds(0.13):
            day = DAYS[number % len(DAYS)]
            with world.database.snapshot() as session:
                asked = "SELECT id FROM duty WHERE date = :day ORDER BY inspector"
                duties = list(session.execute(text(asked), {"day": day}).scalars())
            acts = [
                partial(book_at, world, *one, at(day, *TIMES[k % 3 + number % 6]))
                for k, one in enumerate(wanted)
            ]
            acts += [partial(_leave, world, manager, badges[k], day, 9 + number % 8) for k in (0, 1)]
            acts += [
                partial(_cut, world, manager, duties[k], HOURS[(number + k) % 4], displace=k % 2 == 0)
                for k in (1, 2, 3, 3)
            ]
            acts += [partial(_remove, world, manager, duties[k]) for k in (4, 4)]
            assert won(rush.together(acts))
            cancel_all(world)
            _restore(world, badges, day)
