"""Searches beside bookings: proposals and better plans meet days that others change at the same time."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pytest
from sqlalchemy import text

from scheduler.access.actor import Actor
from scheduler.models import Booking
from scheduler.promise.searches import answer_allocation
from scheduler.replan.improve import Outcome, improve_next
from tests.factories import NOW, TUESDAY, World, at, make_world, work_days
from tests.races.acts import TIMES, add_instructions, book_at, cancel_all, cancel_it, enterprises, swap_crews
from tests.races.rush import THREADS, rushing, won

PLANTS = (("plant_quarantine",), ())


@pytest.fixture
def world(fresh_database: Callable[[], str]) -> Iterator[World]:
    """Three inspectors who know plants come first in every search, three who do not after them; two sites."""
    world = make_world(fresh_database(), inspectors=0, pool_size=THREADS + 2)
    world.site("depot")
    world.type("plants", seats=PLANTS)
    for known in (("food", "plant_quarantine"),) * 3 + (("food",),) * 3:
        inspector = world.inspector(qualifications=known)
        world.add(*(world.duty_row(inspector, day) for day in work_days(10)))
    yield world
    world.database.close()


def test_proposals_against_bookings(world: World) -> None:
    """Ordinary goods take who knows plants, plants need them back, all at once: every promise is kept."""
    actors = enterprises(world, THREADS)
    with rushing(world) as rush:
        for number in rush.rounds(0.04):
            start = at(TUESDAY, *TIMES[number % len(TIMES)])
            kinds = ["standard", "plants"] * (THREADS // 2)
            acts = [
                partial(
                    book_at,
                    world,
                    actor,
                    add_instructions(world, 1, represented=actor.enterprise, type=world.types[kind])[0],
                    start,
                )
                for actor, kind in zip(actors, kinds, strict=True)
            ]
            assert len(won(rush.together(acts))) == 3
            cancel_all(world)


def test_better_plans_against_bookings(world: World) -> None:
    """Days are improved while people book and cancel: what no longer fits is never taken over."""
    actors, outcomes = enterprises(world, THREADS - 4), Counter[Outcome]()

    def improve() -> object:
        found = improve_next(world.database, now=NOW, answer=answer_allocation)
        if found is not None:
            outcomes[found.outcome] += 1
        return found

    with rushing(world) as rush:
        for number in rush.rounds(0.03):
            crossed = _cross_over(world, actors[:4])
            acts: list[Callable[[], object]] = [improve] * 4
            acts += [partial(cancel_it, world, actors[k], crossed[k].reference) for k in (number % 4,)]
            acts += [
                partial(book_at, world, actor, _one(world, actor, "plants", "depot"), at(TUESDAY, *time))
                for actor, time in zip(actors[4:12], TIMES, strict=False)
            ]
            assert won(rush.together(acts))
            cancel_all(world)
        _cross_over(world, actors[:4])  # and once with nobody beside
        improve()
    assert outcomes[Outcome.TAKEN_OVER]
    with world.database.snapshot() as session:
        kept = text("SELECT count(*) FROM solver_run WHERE kind = 'allocation'")
        assert session.execute(kept).scalar_one() == outcomes.total()


def _cross_over(world: World, actors: Sequence[Actor]) -> list[Booking]:
    """Four visits at two sites; the crews of the later two cross between the sites."""
    places = [(hour, site) for hour in (9, 10) for site in ("yard", "depot")]
    booked = [
        book_at(world, actor, _one(world, actor, "standard", site), at(TUESDAY, hour))
        for actor, (hour, site) in zip(actors, places, strict=True)
    ]
    swap_crews(world, *booked[2:])
    return booked


def _one(world: World, actor: Actor, kind: str, site: str) -> str:
    columns = {"represented": actor.enterprise, "type": world.types[kind], "site": world.sites[site]}
    return add_instructions(world, 1, **columns)[0]
