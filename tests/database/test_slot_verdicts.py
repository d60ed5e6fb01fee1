"""What the clock proves of starts to come is shown in long lists without a search, as long as it is true."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from scheduler.booking.cancel import cancel
from scheduler.clock.ticks import tick_leftovers, tick_verdicts
from scheduler.database.idempotency import plainly
from scheduler.promise.boards import boards_of
from scheduler.promise.search import Demand, answer, read_question
from scheduler.promise.searches import answer_verdicts
from scheduler.replan.elsewhere import verdicts_elsewhere
from scheduler.roster.closures import close
from scheduler.roster.orders import ClosureOrder
from scheduler.vocabulary import CreditLevel
from tests.database.plants_scene import book_it, make_plants_world
from tests.factories import NOW, TODAY, TUESDAY, World, at
from tests.races.checker import count_violations, violated

TEN = at(TUESDAY, 10)


@pytest.fixture
def plants(fresh_database: Callable[[], str]) -> Iterator[World]:
    """Two who know plants stand with ordinary goods at ten; three who do not are free."""
    world = make_plants_world(fresh_database(), others=3)
    book_it(world, at(TUESDAY, 14), type_="plants")
    book_it(world, TEN)
    yield world
    world.database.close()


def long_list(world: World, *, now: datetime = NOW) -> tuple[datetime, ...]:
    """The starts that a list of fourteen days shows for plants, without a search."""
    demand = Demand(
        office=world.offices["north"],
        site=world.sites["yard"],
        type=world.types["plants"],
        minutes=30,
        credit=CreditLevel.REGULAR,
    )
    boards = boards_of(world.database)
    with world.database.snapshot() as session:
        question = read_question(
            session, boards, demand=demand, first=TODAY, last=TODAY + timedelta(days=13), now=now
        )
    return answer(boards, question).starts


def settle(world: World, *, now: datetime = NOW) -> int:
    """Let the clock look at every day that changed; say how many there were."""
    days = 0
    while tick_verdicts(world.database, answer_verdicts, now=now) is not None:
        days += 1
    return days


def test_a_start_that_takes_others_names_is_shown(plants: World) -> None:
    """Ordinary goods stand in the way with both who know plants: the list shows ten once it is proved."""
    assert TEN not in long_list(plants)
    settle(plants)
    assert TEN in long_list(plants)
    assert book_it(plants, TEN, type_="plants").planned_start == TEN
    assert violated(count_violations(plants)) == {}


def test_a_verdict_ends_with_its_version(plants: World) -> None:
    """Whatever changes the day ends what was proved of it; the clock looks again."""
    settle(plants)
    assert settle(plants) == 0
    other = book_it(plants, at(TUESDAY, 15))
    assert TEN not in long_list(plants)
    assert settle(plants) == 1
    assert TEN in long_list(plants)
    cancel(
        plants.database,
        actor=plants.enterprise_actor(),
        reference=other.reference,
        version=None,
        reason="示例",
        now=NOW,
        keep=plainly,
    )
    assert TEN not in long_list(plants)


def test_a_verdict_ends_when_names_are_published(plants: World) -> None:
    """At eighteen the names of Tuesday stay: what needed others' names is not shown any more."""
    settle(plants)
    assert TEN in long_list(plants, now=at(TODAY, 17, 59))
    assert TEN not in long_list(plants, now=at(TODAY, 18))


def test_a_verdict_ends_with_the_rules(plants: World) -> None:
    """A new policy is a new version of the rules."""
    settle(plants)
    plants.policy("booking", {"hold_minutes": 6})
    assert TEN not in long_list(plants)


def test_the_search_runs_in_another_process(plants: World) -> None:
    """As the clock runs it."""
    found = tick_verdicts(plants.database, verdicts_elsewhere, now=NOW)
    assert found is not None
    assert found.kinds == 2
    assert found.undecided == 0


def test_old_verdicts_are_deleted(plants: World) -> None:
    """A week after their day."""
    settle(plants)
    tick_leftovers(plants.database, now=NOW + timedelta(days=40))
    with plants.database.snapshot() as session:
        assert session.execute(text("SELECT count(*) FROM slot_verdict")).scalar_one() == 0


def test_a_displaced_booking_is_offered_what_needs_nobody_elses_names(plants: World) -> None:
    """A start that only the clock's search knows is passed over: three others are held."""
    victim = book_it(plants, at(TUESDAY, 11), type_="plants")
    settle(plants)
    shut = ClosureOrder(site="yard", begins=at(TUESDAY, 10, 45), ends=at(TUESDAY, 11, 30), reason="示例")
    changed = close(plants.database, actor=plants.manager(), order=shut, displace=True, now=NOW, keep=plainly)
    assert changed.displaced == (victim.reference,)
    offered = text("SELECT count(*) FROM booking WHERE replaces = :victim AND state = 'hold'")
    with plants.database.snapshot() as session:
        assert session.execute(offered, {"victim": victim.id}).scalar_one() == 3
    assert violated(count_violations(plants)) == {}
