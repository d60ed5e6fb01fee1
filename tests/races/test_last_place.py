"""Thirty-two want one time: as many get it as there are crews, the others are told true alternatives."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from scheduler.errors import NoPlace
from tests.factories import World, make_world
from tests.races.acts import SLOTS, add_instructions, book_at, cancel_all, enterprises
from tests.races.rush import THREADS, rushing, won

CREWS = 2


@pytest.fixture(scope="module")
def world(fresh_database: Callable[[], str]) -> Iterator[World]:
    """Four inspectors, so two crews, and three docks."""
    world = make_world(fresh_database(), inspectors=2 * CREWS, docks=3, pool_size=THREADS + 2)
    yield world
    world.database.close()


def test_last_place(world: World) -> None:
    """In every round exactly two win; no inspector and no dock was ever promised twice."""
    actors = enterprises(world, THREADS)
    wanted = [(actor, add_instructions(world, 1, represented=actor.enterprise)[0]) for actor in actors]
    with rushing(world) as rush:
        for number in rush.rounds(0.25):
            start = SLOTS[number % len(SLOTS)]
            answers = rush.together([partial(book_at, world, *one, start) for one in wanted])
            assert len(won(answers)) == CREWS
            refused = [one for one in answers if isinstance(one, NoPlace)]
            assert all(len(one.alternatives) == 3 for one in refused)
            cancel_all(world)
