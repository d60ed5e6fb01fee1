"""The test run's own databases: migrated, clean for each test, one server for all workers."""

import socket
from collections.abc import Callable

import psycopg
import pytest


def count_tables(url: str) -> int:
    """Return how many tables the schema public has."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert row is not None
    return int(row[0])


def test_database_is_migrated(database_url: str) -> None:
    """A test's database has the tables of the newest migration."""
    assert count_tables(database_url) > 1


def test_fresh_databases_are_apart(fresh_database: Callable[[], str]) -> None:
    """What one fresh database gets, the next does not have."""
    first, second = fresh_database(), fresh_database()
    with psycopg.connect(first.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE only_here ()")
    assert count_tables(first) == count_tables(second) + 1


def test_network_is_out_of_reach() -> None:
    """A connection that would leave this machine is refused before it is tried."""
    with socket.socket() as outward, pytest.raises(RuntimeError, match="reach the network"):
        outward.connect(("192.0.2.1", 80))
