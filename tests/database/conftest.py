"""A small district for tests that need one."""

from collections.abc import Iterator

import pytest

from tests.factories import World, make_world


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """The office `north` with four inspectors on duty on the next ten work days."""
    world = make_world(database_url)
    yield world
    world.database.close()
