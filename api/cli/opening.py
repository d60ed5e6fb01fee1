"""The database that a command works on, by the settings of its environment."""

from collections.abc import Iterator
from contextlib import contextmanager

from api.cli.saying import Stop
from scheduler.database.connection import Database, told_as_refusals
from scheduler.database.migrate import is_newest, upgrade
from scheduler.settings import Settings


def database_url() -> str:
    """The address from DATABASE_URL.

    Raises:
        ValidationError: it is not set, or no address of a PostgreSQL database.
    """
    return Settings().database_url.get_secret_value()


@contextmanager
def opened(url: str | None = None) -> Iterator[Database]:
    """The database of the environment, migrated to what this program knows.

    Raises:
        Stop: it stands at another version.
        DatabaseDown: it does not answer.
    """
    database = Database(url or database_url())
    try:
        with told_as_refusals():
            newest = is_newest(database.url)
        if not newest:
            raise Stop("the database is not at this program's version: run `inspection migrate`")
        yield database
    finally:
        database.close()


def migrate_database(url: str) -> None:
    """Bring the database to the newest version.

    Raises:
        DatabaseDown: it does not answer.
    """
    with told_as_refusals():
        upgrade(url)
