"""Import of inspection instructions: rows of one record, the same columns in CSV and JSON.

An instruction is known by kind and reference. A row that says something else than what is stored
makes the instruction *changed* and re-validates its booking, as if the risk system had sent it.
Enterprises that are not known yet are entered by code and name.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import text
from sqlmodel import Session

from scheduler.access.actor import SYSTEM
from scheduler.database.connection import Database
from scheduler.errors import Refusal, Unavailable
from scheduler.instruction.orders import InstructionOrder
from scheduler.instruction.put import InstructionWritten, put_instruction
from scheduler.intake.files import read_rows
from scheduler.intake.instruction_rows import INSTRUCTION_ROWS, InstructionRow
from scheduler.intake.parse import parse
from scheduler.intake.report import Change, Rejected, Report, RowRejectedError
from scheduler.intake.store import Outcome, make_report, refused
from scheduler.rules.identifiers import normal_reference
from scheduler.rules.policy import ReferencePatterns
from scheduler.vocabulary import Direction, EnterpriseKind, ReferenceKind

_RENAMED = {"represented": "represented_uscc", "declarant": "declarant_uscc"}
"""Columns by the names that the use case has for them."""

_CHANGES = {"created": Change.ADDED, "changed": Change.CHANGED, "unchanged": Change.UNCHANGED}

_IS_KNOWN = text("SELECT EXISTS (SELECT FROM enterprise WHERE uscc = :uscc)")

_ENTER = text("""
INSERT INTO enterprise (uscc, name, kind) VALUES (:uscc, :name, :kind) ON CONFLICT (uscc) DO NOTHING
""")


def import_instructions(database: Database, path: Path, *, now: datetime) -> Report:
    """Bring in an instructions file, each row in a transaction of its own; tell the rows not kept.

    Raises:
        MalformedField, BodyTooLarge: the file as a whole cannot be read.
        Busy, DatabaseDown: rows written so far stay; the same file again brings in the rest.
    """
    parsed, rejected = parse(read_rows(path), INSTRUCTION_ROWS)
    stored = (
        _store_instruction(database, one.number, one.row, now)
        for one in parsed
        if isinstance(one.row, InstructionRow)
    )
    return make_report("instructions", [*rejected, *stored])


def _store_instruction(database: Database, number: int, row: InstructionRow, now: datetime) -> Outcome:
    try:
        written = put_instruction(
            database, actor=SYSTEM, order=_order(row), now=now, keep=partial(_with_parties, row=row)
        )
    except RowRejectedError as error:
        return Rejected(number, error.field, error.reason, error.values)
    except Unavailable:
        raise
    except Refusal as refusal:
        return refused(number, refusal, _RENAMED)
    return _CHANGES[written.outcome]


def _order(row: InstructionRow) -> InstructionOrder:
    same = set(InstructionOrder.model_fields) & set(InstructionRow.model_fields)
    facts = row.model_dump(include=same, exclude_none=True) | {"direction": _direction(row)}
    return InstructionOrder(represented=row.represented_uscc, declarant=row.declarant_uscc, **facts)


def _direction(row: InstructionRow) -> Direction:
    """The direction as given; a declaration tells it by its ninth digit."""
    if row.direction is not None:
        return row.direction
    if row.kind is not ReferenceKind.DECLARATION:
        raise RowRejectedError("field_missing", field="direction")
    number = normal_reference(
        row.kind, row.reference, direction=None, patterns=ReferencePatterns(), field="reference"
    )
    return Direction(number[8])


def _with_parties(
    session: Session, work: Callable[[Session], InstructionWritten], *, row: InstructionRow
) -> InstructionWritten:
    """Enter the enterprises that are new, then write the instruction, in one transaction.

    A known enterprise keeps its name: else two rows that spell it differently would change it
    with every import. Who is first met as the declarant of another's goods is a broker.
    """
    _enter(session, row.represented_uscc, row.represented_name, EnterpriseKind.TRADER, "represented_name")
    if row.declarant_uscc not in {None, row.represented_uscc}:
        _enter(session, row.declarant_uscc, row.declarant_name, EnterpriseKind.BROKER, "declarant_name")
    return work(session)


def _enter(session: Session, uscc: str | None, name: str | None, kind: EnterpriseKind, field: str) -> None:
    if session.execute(_IS_KNOWN, {"uscc": uscc}).scalar_one():
        return
    if name is None:
        raise RowRejectedError("field_missing", field=field)
    session.execute(_ENTER, {"uscc": uscc, "name": name, "kind": kind.value})
