"""A prepared district for the state machine, copied for each example."""

import itertools
from dataclasses import replace

import psycopg
from psycopg import sql
from sqlalchemy import text

from scheduler.database.connection import Database
from tests.factories import World, make_world
from tests.races.acts import add_instructions

CREWS = 2


class Scene:
    """A prepared district, and copies of its database."""

    def __init__(self, url: str) -> None:
        self.world = make_world(url, inspectors=2 * CREWS, docks=CREWS, days=5)
        self.world.office("south")
        self.references = add_instructions(self.world, 8)
        self.actor, self.manager = self.world.enterprise_actor(), self.world.manager()
        with self.world.database.snapshot() as session:
            self.badges = list(session.execute(text("SELECT badge FROM inspector ORDER BY id")).scalars())
        self.url = self.world.database.engine.url
        self.world.database.close()
        self._numbers = itertools.count(1)

    def copy(self) -> World:
        """The same district in a database of its own."""
        name = f"{self.url.database}_{next(self._numbers)}"
        self._administer("CREATE DATABASE {} TEMPLATE {}", name, str(self.url.database))
        address = self.url.set(database=name).render_as_string(hide_password=False)
        return replace(self.world, database=Database(address, pool_size=2))

    def drop(self, world: World) -> None:
        """Close and remove a copy."""
        world.database.close()
        self._administer("DROP DATABASE {} WITH (FORCE)", str(world.database.engine.url.database))

    def _administer(self, statement: str, *names: str) -> None:
        plain = self.url.set(drivername="postgresql", database="postgres")
        with psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
