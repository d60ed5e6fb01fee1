"""Import of inspection instructions: rows of one record, the same columns in CSV and JSON.

An instruction is known by kind and reference. A row that says something else than what is stored
makes the instruction *changed*; enterprises that are not known yet are entered by code and name.
"""

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select

from scheduler.database.connection import Database
from scheduler.intake.fields import ZONE
from scheduler.intake.instruction_rows import INSTRUCTION_ROWS, InstructionRow
from scheduler.intake.lookups import find_office, find_site, find_type
from scheduler.intake.report import Change, Report, RowRejectedError
from scheduler.intake.store import bring_in, plain
from scheduler.models import Instruction
from scheduler.promise.reference import Reference, read_reference
from scheduler.rules.identifiers import normal_reference
from scheduler.rules.policy import BookingRules
from scheduler.vocabulary import Direction, EnterpriseKind, InstructionState, ReferenceKind

_SAME = {
    "goods_name",
    "goods_category",
    "hs_code",
    "units",
    "transport_mode",
    "port",
    "filing_number",
    "approval_number",
    "risk_level",
    "off_site_reason",
    "must_finish_by",
    "must_finish_kind",
    "issued_at",
    "arrived_at",
}
"""Columns that are stored under their own names, as they are."""

_ENTER = text("""
INSERT INTO enterprise (uscc, name, kind) VALUES (:uscc, :name, :kind) ON CONFLICT (uscc) DO NOTHING
""")


def import_instructions(database: Database, path: Path, *, now: datetime) -> Report:
    """Bring in an instructions file; good rows are kept, the others told with their reasons.

    Raises:
        MalformedField, BodyTooLarge: the file as a whole cannot be read.
        Busy, DatabaseDown: rows written so far stay; the same file again brings in the rest.
    """
    with database.snapshot() as session:
        reference = read_reference(session)
    store = partial(_store_row, reference=reference, now=now)
    return bring_in(
        database, path, kind="instructions", models=INSTRUCTION_ROWS, stores={InstructionRow: store}
    )


def _store_row(session: Session, row: InstructionRow, *, reference: Reference, now: datetime) -> Change:
    office = find_office(session, row.office)
    rules = reference.policy(BookingRules, office=office, on=now.astimezone(ZONE).date())
    number = normal_reference(
        row.kind, row.reference, direction=row.direction, patterns=rules.references, field="reference"
    )
    represented = _enterprise(session, row.represented_uscc, row.represented_name, "represented_name")
    declarant = row.declarant_uscc and _enterprise(
        session, row.declarant_uscc, row.declarant_name, "declarant_name", represented=row.represented_uscc
    )
    direction = _direction(row, number)
    content = plain(row.model_dump(include=_SAME)) | {
        "direction": None if direction is None else direction.value,
        "office": office,
        "site": find_site(session, office, row.site),
        "type": find_type(session, row.type),
        "represented": represented,
        "declarant": declarant,
        "containers": list(row.containers),
    }
    return _store_instruction(session, kind=row.kind, reference=number, content=content)


def _direction(row: InstructionRow, number: str) -> Direction | None:
    if row.direction is None and row.kind is ReferenceKind.DECLARATION:
        return Direction(number[8])
    return row.direction


def _enterprise(
    session: Session, uscc: str, name: str | None, field: str, *, represented: str | None = None
) -> int:
    """Return the enterprise's id, entered by its name when new; a known one keeps its name.

    Whoever is first met as the declarant of another's goods is entered as a broker.
    """
    known = session.execute(text("SELECT id FROM enterprise WHERE uscc = :uscc"), {"uscc": uscc}).scalar()
    if known is not None:
        return int(known)
    if name is None:
        raise RowRejectedError("field_missing", field=field)
    kind = EnterpriseKind.TRADER if represented in {None, uscc} else EnterpriseKind.BROKER
    session.execute(_ENTER, {"uscc": uscc, "name": name, "kind": kind.value})
    return int(
        session.execute(text("SELECT id FROM enterprise WHERE uscc = :uscc"), {"uscc": uscc}).scalar_one()
    )


def _store_instruction(
    session: Session,
    *,
    kind: ReferenceKind,
    reference: str,
    content: dict[str, Any],  # each column's own type
) -> Change:
    found = session.exec(
        select(Instruction).where(
            col(Instruction.kind) == kind.value, col(Instruction.reference) == reference
        )
    ).first()
    if found is None:
        state = InstructionState.OPEN.value
        session.add(Instruction(kind=kind.value, reference=reference, state=state, **content))
        return Change.ADDED
    arrives = found.state in {InstructionState.AWAITED, InstructionState.WITHDRAWN}
    differing = {name: value for name, value in content.items() if getattr(found, name) != value}
    if not differing and not arrives:
        return Change.UNCHANGED
    for name, value in differing.items():
        setattr(found, name, value)
    found.state = (InstructionState.OPEN if arrives else InstructionState.CHANGED).value
    found.version += 1
    return Change.CHANGED
