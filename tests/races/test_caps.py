"""One enterprise asks several offices at once: its cap counts over all of them."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from scheduler.errors import CapReached
from tests.factories import World, make_world, work_days
from tests.races.acts import SLOTS, add_instructions, book_at, cancel_all
from tests.races.rush import THREADS, rushing, won

CAP = 3
OFFICES = ("north", "south", "east", "west")
LEVELS = ("advanced_certified", "certified", "regular", "dishonest", "seriously_dishonest")


@pytest.fixture
def world(fresh_database: Callable[[], str]) -> Iterator[World]:
    """Four offices with two inspectors each."""
    world = make_world(fresh_database(), inspectors=2, pool_size=THREADS + 2)
    world.policy("booking", {"caps": dict.fromkeys(LEVELS, CAP)})
    for office in OFFICES[1:]:
        world.office(office)
        world.site(f"yard-{office}", office=office)
        crew = [world.inspector(office=office) for _ in range(2)]
        world.add(*(world.duty_row(one, day, office=office) for one in crew for day in work_days(10)))
    yield world
    world.database.close()


def test_one_enterprise_over_several_offices(world: World) -> None:
    """Of thirty-two exactly as many win as the cap allows; all others are told the cap."""
    actor = world.enterprise_actor()
    sites = dict(zip(OFFICES, world.sites.values(), strict=True))
    wanted = [
        add_instructions(world, 1, office=world.offices[office], site=site)[0]
        for _ in range(THREADS // len(OFFICES))
        for office, site in sites.items()
    ]
    with rushing(world, cap=CAP) as rush:
        for number in rush.rounds(0.1):
            starts = [SLOTS[(number * 8 + k // len(OFFICES)) % len(SLOTS)] for k in range(THREADS)]
            acts = [partial(book_at, world, actor, *one) for one in zip(wanted, starts, strict=True)]
            answers = rush.together(acts)
            assert len(won(answers)) == CAP
            assert sum(isinstance(one, CapReached) for one in answers) == THREADS - CAP
            cancel_all(world)
