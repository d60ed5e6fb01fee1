"""Writing validated rows: some at a time, each in a savepoint of its own."""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, SQLModel, select

from scheduler.database.connection import Database
from scheduler.database.constraints import refusal_of
from scheduler.errors import Refusal, Unavailable
from scheduler.intake.fields import RowModel
from scheduler.intake.files import read_rows
from scheduler.intake.parse import Parsed, parse
from scheduler.intake.report import Change, Rejected, Report, RowRejectedError

ROWS_AT_A_TIME = 100
"""Rows of a transaction: few enough that nobody waits long for the days it touches."""

Store = Callable[[Session, Any], Change]  # each takes the row of its own model
Outcome = Change | Rejected


def bring_in(
    database: Database,
    path: Path,
    *,
    kind: str,
    models: Mapping[str, type[RowModel]],
    stores: Mapping[type[RowModel], Store],
) -> Report:
    """Read, validate and store a file's rows; return what became of each.

    Raises:
        MalformedField, BodyTooLarge: the file as a whole cannot be read.
        Busy, DatabaseDown: rows written so far stay; the same file again brings in the rest.
    """
    parsed, rejected = parse(read_rows(path), models)
    return make_report(kind, [*rejected, *store_rows(database, parsed, stores)])


def store_rows(
    database: Database, parsed: Sequence[Parsed], stores: Mapping[type[RowModel], Store]
) -> list[Outcome]:
    """Store rows in the given order, some in a transaction; return what became of each."""
    outcomes: list[Outcome] = []
    for begin in range(0, len(parsed), ROWS_AT_A_TIME):
        batch = parsed[begin : begin + ROWS_AT_A_TIME]
        outcomes += database.write(_storing(batch, stores))
    return outcomes


def _storing(
    batch: Sequence[Parsed], stores: Mapping[type[RowModel], Store]
) -> Callable[[Session], list[Outcome]]:
    return lambda session: [store_row(session, one, stores[type(one.row)]) for one in batch]


def store_row(session: Session, one: Parsed, store: Store) -> Outcome:
    """Store one row, or undo it and say why; a lost race is left to the caller's loop."""
    try:
        with session.begin_nested():
            change = store(session, one.row)
            session.flush()
            return change
    except RowRejectedError as error:
        return Rejected(one.number, error.field, error.reason, error.values)
    except Unavailable:
        raise
    except Refusal as refusal:
        return refused(one.number, refusal)
    except DBAPIError as error:
        told = refusal_of(error)
        if told is None:
            raise
        return refused(one.number, told)


def refused(number: int, refusal: Refusal, columns: Mapping[str, str] | None = None) -> Rejected:
    """Return a refusal as a row's; `columns` names those that the use case calls otherwise."""
    field = None if refusal.field is None else refusal.field.strip("/").partition("/")[0]
    return Rejected(number, (columns or {}).get(field or "", field), refusal.code, refusal.values)


def make_report(kind: str, outcomes: Sequence[Outcome]) -> Report:
    """Count the outcomes; the rejected in the file's order."""
    rejected = sorted((one for one in outcomes if isinstance(one, Rejected)), key=lambda one: one.row)
    return Report(
        kind,
        added=outcomes.count(Change.ADDED),
        changed=outcomes.count(Change.CHANGED),
        unchanged=outcomes.count(Change.UNCHANGED),
        rejected=tuple(rejected),
    )


def put(
    session: Session, table: type[SQLModel], key: Mapping[str, object], values: Mapping[str, object]
) -> Change:
    """Insert the row of a key, or write what differs."""
    key, values = plain(key), plain(values)
    found = session.exec(select(table).filter_by(**key)).first()
    if found is None:
        session.add(table(**key, **values))
        return Change.ADDED
    differing = {name: value for name, value in values.items() if getattr(found, name) != value}
    for name, value in differing.items():
        setattr(found, name, value)
    return Change.CHANGED if differing else Change.UNCHANGED


def plain(values: Mapping[str, object]) -> dict[str, object]:
    """Return the values as columns hold them: words of closed sets as texts."""
    return {name: value.value if isinstance(value, Enum) else value for name, value in values.items()}
