"""The API on a small district, built once and copied for each test."""

from collections.abc import Callable, Iterator
from copy import deepcopy

import pytest

from scheduler.database.connection import Database
from tests.factories import World, make_world
from tests.web.api_site import ApiSite


@pytest.fixture(scope="session")
def served_world(lasting_database: Callable[[], str]) -> World:
    """The district that tests copy: nobody is connected to it, nobody changes it."""
    world = make_world(lasting_database())
    world.database.close()
    return world


@pytest.fixture
def site(served_world: World, copy_database: Callable[[str], str]) -> Iterator[ApiSite]:
    """The API on a district of one test."""
    url = served_world.database.url
    world = deepcopy(served_world, {id(served_world.database): Database(copy_database(url))})
    yield ApiSite(world)
    world.database.close()
