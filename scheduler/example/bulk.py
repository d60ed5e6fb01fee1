"""Many rows in few statements."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, SQLModel

Row = Mapping[str, Any]  # a column's value has the column's type, which the database checks


def put(session: Session, table: type[SQLModel], rows: Sequence[Row]) -> None:
    """Insert rows of a table whose key is not made by the database."""
    session.execute(insert(table), [dict(row) for row in rows])


def put_numbered(session: Session, table: type[SQLModel], rows: Sequence[Row]) -> list[int]:
    """Insert rows and return the ids that the database made, in the rows' order."""
    statement = insert(table).returning(table.__table__.c.id, sort_by_parameter_order=True)  # type: ignore[attr-defined]  # SQLModel does not declare the table
    return list(session.execute(statement, [dict(row) for row in rows]).scalars())
