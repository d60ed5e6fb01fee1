"""How columns are declared: one way for times, ranges, closed sets and documents."""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Column, DateTime, ForeignKey, Identity, Integer, Text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, JSONB, TSTZRANGE, Range
from sqlmodel import SQLModel

LocalDate = date
"""A date of the office's zone (a name of its own: a column may be called date)."""

Period = Range[datetime]
"""A half-open interval [from, to) of instants."""

JsonObject = dict[str, Any]  # documents are validated by their own frozen models

SQLModel.metadata.naming_convention = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ix": "%(table_name)s_%(column_0_N_name)s_index",
    "ck": "%(table_name)s_%(constraint_name)s",
}


class Table(SQLModel):
    """Base of all tables; ranges are plain values to pydantic."""

    model_config = {"arbitrary_types_allowed": True}


def identity() -> Column[int]:
    """A surrogate key, never shown outside except for duties."""
    return Column(BIGINT, Identity(always=True), primary_key=True)


def refers_to(target: str, *, null: bool = False, index: bool = True, primary: bool = False) -> Column[int]:
    """A foreign key to `table.column` of a surrogate key; rows referred to are never deleted."""
    return Column(
        BIGINT,
        ForeignKey(target, ondelete="RESTRICT"),
        nullable=null,
        index=index and not primary,
        primary_key=primary,
    )


def textual(*, null: bool = False, unique: bool = False) -> Column[str]:
    """A text column."""
    return Column(Text, nullable=null, unique=unique)


def whole(*, null: bool = False, default: int | None = None) -> Column[int]:
    """A whole number."""
    return Column(Integer, nullable=null, server_default=None if default is None else str(default))


def switch(*, default: bool) -> Column[bool]:
    """A yes or no."""
    return Column(Boolean, nullable=False, server_default="true" if default else "false")


def instant(*, null: bool = False, index: bool = False) -> Column[datetime]:
    """A timestamptz."""
    return Column(DateTime(timezone=True), nullable=null, index=index)


def interval(*, null: bool = False) -> Column[Period]:
    """A tstzrange, half-open."""
    return Column(TSTZRANGE, nullable=null)


def document(*, null: bool = False) -> Column[JsonObject]:
    """A JSON document."""
    return Column(JSONB, nullable=null)


def documents() -> Column[list[JsonObject]]:
    """A list of JSON documents, in one JSON array."""
    return Column(JSONB, nullable=False)


def texts(*, default_empty: bool = False) -> Column[list[str]]:
    """A list of texts."""
    return Column(ARRAY(Text), nullable=False, server_default="{}" if default_empty else None)


def one_of(column: str, values: Iterable[StrEnum] | type[StrEnum]) -> CheckConstraint:
    """A named check that a text column holds one of a closed set's values."""
    listed = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def half_open(column: str) -> CheckConstraint:
    """A named check that a range is bounded, non-empty and half-open."""
    return CheckConstraint(
        f"NOT isempty({column}) AND lower_inc({column}) AND NOT upper_inc({column})"
        f" AND NOT lower_inf({column}) AND NOT upper_inf({column})",
        name=f"{column}_half_open",
    )


def numbers() -> Column[list[int]]:
    """A list of surrogate keys, empty by default."""
    return Column(ARRAY(BIGINT), nullable=False, server_default="{}")
