"""What the models declare is what the migrations made: column for column, constraint for constraint."""

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlmodel import SQLModel

import scheduler.models  # noqa: F401 - declares all tables
from scheduler.database.migrate import is_newest, upgrade

COLUMNS = """
SELECT attrelid::regclass::text, attname, format_type(atttypid, atttypmod), attnotnull, attidentity::text,
    pg_get_expr(adbin, adrelid)
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
    AND relname <> 'alembic_version'
"""
CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, contype::text, condeferrable, condeferred, pg_get_constraintdef(oid)
FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'p', 'u', 'x')
    AND conrelid <> coalesce(to_regclass('alembic_version'), 0)
"""
INDEXES = """
SELECT tablename, indexname, indexdef FROM pg_indexes
WHERE schemaname = 'public' AND tablename <> 'alembic_version'
"""


def _read(url: str, question: str) -> set[tuple[object, ...]]:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return set(connection.execute(question).fetchall())


def _empty(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in (
            "DROP SCHEMA public CASCADE",
            "CREATE SCHEMA public",
            "CREATE EXTENSION btree_gist",
        ):
            connection.execute(text(statement))
    engine.dispose()


@pytest.mark.parametrize(
    "question", [COLUMNS, CONSTRAINTS, INDEXES], ids=["columns", "constraints", "indexes"]
)
def test_models_are_head(database_url: str, question: str) -> None:
    """The same, whether made by the migrations or from the models in an empty database."""
    migrated = _read(database_url, question)
    assert migrated
    _empty(database_url)
    engine = create_engine(database_url)
    SQLModel.metadata.create_all(engine)
    engine.dispose()
    assert _read(database_url, question) == migrated


def test_a_migrated_database_is_the_newest(database_url: str) -> None:
    """Migrating once more changes nothing."""
    before = _read(database_url, COLUMNS)
    assert is_newest(database_url)
    upgrade(database_url)
    assert _read(database_url, COLUMNS) == before


def test_an_empty_database_is_not_the_newest(database_url: str) -> None:
    """It becomes so by migrating."""
    _empty(database_url)
    assert not is_newest(database_url)
    upgrade(database_url)
    assert is_newest(database_url)


def test_another_version_is_not_the_newest(database_url: str) -> None:
    """A version that this code does not know is told."""
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'other'")
    assert not is_newest(database_url)
