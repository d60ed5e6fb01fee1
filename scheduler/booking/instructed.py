"""What booking needs to know of instructions: one statement for all that a booking asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple, Self

from sqlmodel import Session

from scheduler.access.actor import Actor, instruction_scope_text
from scheduler.models import Instruction
from scheduler.vocabulary import CreditLevel


class InstructionFacts(NamedTuple):
    """An instruction as it was read, at its version."""

    id: int
    version: int
    kind: str
    reference: str
    state: str
    direction: str | None
    office: int
    site: int | None
    type: int | None
    represented: int
    goods_category: str | None
    hs_code: str | None
    units: int
    filing_number: str | None
    approval_number: str | None
    risk_level: str | None
    off_site_reason: str | None
    must_finish_by: datetime | None
    must_finish_kind: str | None
    follows: int | None
    excludes_first_crew: bool

    @classmethod
    def of(cls, row: Instruction) -> Self:
        """The facts of a stored row."""
        return cls._make(getattr(row, name) for name in cls._fields)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one instruction that is asked for; None: nothing that the actor may see."""

    facts: InstructionFacts | None
    inspected: bool
    credit: CreditLevel


_KNOWN: Final = """
SELECT (SELECT coalesce(max(id), 0) FROM rules_revision),
    EXISTS (SELECT FROM booking_instruction
            JOIN visit USING (booking) JOIN booking ON booking.id = visit.booking
            WHERE instruction = instruction.id AND booking.state = 'done' AND visit.outcome <> 'not_held'),
    (SELECT level FROM enterprise_credit
     WHERE enterprise = instruction.represented AND valid_from <= %(on)s
        AND (valid_to IS NULL OR valid_to > %(on)s)
     ORDER BY valid_from DESC LIMIT 1),
    CASE WHEN instruction.id IS NOT NULL THEN json_build_array({columns}) END
FROM unnest(%(kinds)s::text[], %(references)s::text[]) WITH ORDINALITY AS asked (kind, reference, place)
LEFT JOIN instruction ON instruction.kind = asked.kind AND instruction.reference = asked.reference
    AND instruction.state <> 'awaited' AND ({scope})
ORDER BY place
"""
_COLUMNS: Final = ", ".join(f"instruction.{name}" for name in InstructionFacts._fields)


def read_instructions(
    session: Session, *, actor: Actor, asked: Sequence[tuple[str, str]], on: date, today: date
) -> tuple[int, list[Known]]:
    """The latest rules version, and what is known of each (kind, reference): one statement.

    Credit counts on the date `on` of the booking, authorities `today`.
    """
    scope, values = instruction_scope_text(actor, today)
    kinds, references = zip(*asked, strict=True)
    rows = (
        session.connection()
        .exec_driver_sql(
            _KNOWN.format(columns=_COLUMNS, scope=scope),
            {"kinds": list(kinds), "references": list(references), "on": on, **values},
        )
        .all()
    )
    return rows[0][0], [
        Known(
            None if columns is None else _facts(columns),
            inspected,
            CreditLevel.REGULAR if level is None else CreditLevel(level),
        )
        for _, inspected, level, columns in rows
    ]


def _facts(columns: list[Any]) -> InstructionFacts:
    facts = InstructionFacts._make(columns)
    by = columns[InstructionFacts._fields.index("must_finish_by")]
    return facts if by is None else facts._replace(must_finish_by=datetime.fromisoformat(by))
