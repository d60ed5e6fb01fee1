"""A small district for tests that need one, built once and copied for each."""

from collections.abc import Callable, Iterator
from copy import deepcopy

import pytest

from scheduler.database.connection import Database
from tests.factories import World, make_world


@pytest.fixture(scope="session")
def original_world(lasting_database: Callable[[], str]) -> World:
    """The district that tests copy: nobody is connected to it, nobody changes it."""
    world = make_world(lasting_database())
    world.database.close()
    return world


@pytest.fixture
def world(original_world: World, copy_database: Callable[[str], str]) -> Iterator[World]:
    """The office `north` with four inspectors on duty on the next ten work days."""
    url = original_world.database.url
    world = deepcopy(original_world, {id(original_world.database): Database(copy_database(url))})
    yield world
    world.database.close()
