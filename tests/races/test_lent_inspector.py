"""Two offices want one inspector while he is lent from one to the other, cut off duty, given back."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import partial

import pytest
from sqlalchemy import text
from sqlmodel import Session

from scheduler.access.actor import Actor
from scheduler.booking.book import book
from scheduler.database.idempotency import plainly
from scheduler.errors import Refusal
from scheduler.promise.boards import Boards, Standing, boards_of
from scheduler.promise.office_day import OfficeDayPlan
from scheduler.roster.absences import lend_inspector
from scheduler.roster.changes import RosterChange
from scheduler.roster.duties import remove_duty
from scheduler.roster.orders import LoanOrder
from tests.factories import NOW, TUESDAY, World, at, make_world, order, work_days
from tests.races.acts import TIMES, add_instructions, book_at, cancel_all, enterprises
from tests.races.checker import count_violations, violated
from tests.races.rush import THREADS, rushing, won

DAYS = [day for day in work_days(10) if day >= TUESDAY]


@pytest.fixture
def world(fresh_database: Callable[[], str]) -> Iterator[World]:
    """Two offices: one inspector stays in each, two of the north are lent to and fro."""
    world = make_world(fresh_database(), inspectors=3, pool_size=THREADS + 2)
    world.office("south")
    world.site("depot", office="south")
    steady = world.inspector(office="south")
    world.add(*(world.duty_row(steady, day, office="south") for day in work_days(10)))
    yield world
    world.database.close()


def _lend(world: World, actor: Actor, badge: str, day: date, hours: tuple[int, int]) -> RosterChange:
    asked = LoanOrder(
        badge=badge, office="south", begins=at(day, hours[0]), ends=at(day, hours[1]), reason="peak"
    )
    return lend_inspector(world.database, actor=actor, order=asked, displace=True, now=NOW, keep=plainly)


def _give_back(world: World, day: date) -> None:
    """End the day's loans and put the lent ones back on whole duties at home."""
    with world.database.snapshot() as session:
        loans = (
            session.execute(text("SELECT id FROM duty WHERE date = :day AND kind = 'loan'"), {"day": day})
            .scalars()
            .all()
        )
    for loan in loans:
        remove_duty(
            world.database,
            actor=world.manager("south"),
            duty=loan,
            displace=False,
            now=NOW,
            keep=plainly,
        )
    lent = world.inspectors[:2]
    with world.database.transaction() as session:
        session.execute(
            text("DELETE FROM duty WHERE date = :day AND inspector = ANY (:lent)"), {"day": day, "lent": lent}
        )
    world.add(*(world.duty_row(inspector, day) for inspector in lent))


def test_lent_inspector(world: World) -> None:
    """Whoever wins, nobody stands at two places at once at any moment of history."""
    actors = enterprises(world, 12)
    manager = world.manager()
    north = [(one, add_instructions(world, 1, represented=one.enterprise)[0]) for one in actors]
    place = {"office": world.offices["south"], "site": world.sites["depot"]}
    south = [(one, add_instructions(world, 1, represented=one.enterprise, **place)[0]) for one in actors]
    badges = _badges(world)[:2]
    with rushing(world) as rush:
        for number in rush.rounds(0.13):
            day, hour = DAYS[number % len(DAYS)], TIMES[number % len(TIMES)]
            hours = [(8, 18), (8, 12), (12, 18), (10, 15)][number % 4]
            acts = [partial(book_at, world, *one, at(day, *hour)) for one in north + south]
            acts += [
                partial(_lend, world, manager, badge, day, hours)
                for badge, _ in itertools.product(badges, range(4))
            ]
            answers = rush.together(acts)
            assert won(answers)
            cancel_all(world)
            _give_back(world, day)


def _badges(world: World) -> list[str]:
    with world.database.snapshot() as session:
        return list(session.execute(text("SELECT badge FROM inspector ORDER BY id")).scalars())


class _Stale(Boards):
    """A cache that lies: it shows a day as it stood first, and says that it is the latest version."""

    first: Standing | None = None

    def take(self, session: Session, *, office: int, day: date, now: datetime, wait: bool) -> Standing | None:
        latest = super().take(session, office=office, day=day, now=now, wait=wait)
        assert latest is not None
        self.first = self.first or latest
        old = self.first.plan
        return replace(latest, plan=OfficeDayPlan(latest.plan.stamp, old.day, old.plan))


def test_the_database_is_the_last_defence(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An inspector is lent, the lock held: a plan on stale rows still puts nobody at two places."""
    _lend(world, world.manager(), _badges(world)[0], TUESDAY, (8, 18))
    boards = boards_of(world.database)
    stale = _Stale()
    place = {"office": world.offices["south"], "site": world.sites["depot"]}
    monkeypatch.setattr(boards, "take", stale.take)
    ten = at(TUESDAY, 10)
    told: list[object] = []
    for _ in range(2):
        try:
            told.append(_book(world, add_instructions(world, 1, **place)[0], ten))
        except Refusal as refusal:
            told.append(refusal)
    assert len(won(told)) == 1
    assert violated(count_violations(world)) == {}


def _book(world: World, reference: str, start: datetime) -> object:
    asked = order(reference, start=start)
    return book(world.database, actor=world.enterprise_actor(), order=asked, now=NOW, keep=plainly)
