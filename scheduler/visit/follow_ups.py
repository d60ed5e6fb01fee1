"""Follow-ups: what was not finished or not passed can be booked again at once, as an instruction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlmodel import Session, col, or_, select

from scheduler.access.actor import Actor
from scheduler.access.attribution import record
from scheduler.errors import WrongState
from scheduler.models import Booking, BookingInstruction, Instruction
from scheduler.promise.reference import Reference
from scheduler.rules.follow_ups import follow_up_reference, split_follow_up
from scheduler.rules.policy import VisitRules
from scheduler.rules.visit_order import follow_up_needed
from scheduler.visit.entry import Recorded
from scheduler.vocabulary import OPEN_STATES, BookingState, InstructionState, Outcome

_BOOKED = tuple(state.value for state in OPEN_STATES | {BookingState.DONE})
_OF_ITS_OWN = {
    "id",
    "version",
    "reference",
    "state",
    "issued_at",
    "must_finish_by",
    "must_finish_kind",
    "follows",
    "excludes_first_crew",
}


def follow_outcome(
    session: Session,
    recorded: Recorded,
    *,
    before: Outcome | None,
    actor: Actor,
    now: datetime,
    facts: Reference,
) -> Recorded:
    """Make the follow-ups that a visit's outcome needs now, or withdraw those of the one `before`.

    Raises:
        WrongState: a follow-up that would go is booked.
    """
    booking, after = recorded.booking, recorded.visit.outcome
    had = before is not None and follow_up_needed(before)
    needs = after is not None and follow_up_needed(Outcome(after))
    if had and not needs:
        _withdraw_follow_ups(session, booking, actor=actor, now=now)
    if had or not needs:
        return recorded
    rules = facts.policy(VisitRules, office=booking.office, on=booking.date)
    made = _open_follow_ups(
        session, booking, actor=actor, excludes_first_crew=rules.first_crew_excluded, now=now
    )
    return replace(recorded, follow_ups=made)


def _open_follow_ups(
    session: Session, booking: Booking, *, actor: Actor, excludes_first_crew: bool, now: datetime
) -> tuple[Instruction, ...]:
    """Make an open instruction of the same facts for each of the booking's instructions.

    A time by which the goods had to be finished binds the follow-up only while it is ahead.
    """
    rows = session.exec(
        select(Instruction)
        .join(BookingInstruction, col(BookingInstruction.instruction) == col(Instruction.id))
        .where(col(BookingInstruction.booking) == booking.id)
        .order_by(col(Instruction.id))
    ).all()
    made = tuple(
        _follow_up(session, row, booking, excludes_first_crew=excludes_first_crew, now=now) for row in rows
    )
    session.add_all(made)
    session.flush()
    for one in made:
        _record(session, one, actor=actor, kind="instruction_follow_up", booking=booking, now=now)
    session.flush()
    return made


def _withdraw_follow_ups(session: Session, booking: Booking, *, actor: Actor, now: datetime) -> None:
    """Withdraw the follow-ups of a booking whose corrected outcome asks for none.

    Raises:
        WrongState: one of them is booked; `state` and `reference` are that booking's.
    """
    rows = session.exec(
        select(Instruction)
        .where(
            col(Instruction.follows) == booking.id,
            col(Instruction.state) != InstructionState.WITHDRAWN.value,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    _require_not_booked(session, rows)
    for row in rows:
        row.state = InstructionState.WITHDRAWN.value
        row.version += 1
        session.add(row)
        _record(session, row, actor=actor, kind="instruction_withdrawn", booking=booking, now=now)
    session.flush()


def _follow_up(
    session: Session, row: Instruction, booking: Booking, *, excludes_first_crew: bool, now: datetime
) -> Instruction:
    still_due = row.must_finish_by is not None and row.must_finish_by > now
    return Instruction(
        **row.model_dump(exclude=_OF_ITS_OWN),
        reference=follow_up_reference(row.reference, _next_number(session, row)),
        state=InstructionState.OPEN.value,
        issued_at=now,
        must_finish_by=row.must_finish_by if still_due else None,
        must_finish_kind=row.must_finish_kind if still_due else None,
        follows=booking.id,
        excludes_first_crew=excludes_first_crew,
    )


def _next_number(session: Session, row: Instruction) -> int:
    """One more than the highest number that the goods' inspections have, withdrawn ones included."""
    root, number = split_follow_up(row.reference)
    known = session.exec(
        select(Instruction.reference).where(
            col(Instruction.kind) == row.kind,
            or_(
                col(Instruction.reference) == root,
                col(Instruction.reference).startswith(f"{root}/", autoescape=True),
            ),
            col(Instruction.state) != InstructionState.AWAITED.value,
        )
    ).all()
    return max([number, *(split_follow_up(reference)[1] for reference in known)]) + 1


def _require_not_booked(session: Session, rows: Sequence[Instruction]) -> None:
    booked = session.exec(
        select(Booking)
        .join(BookingInstruction, col(BookingInstruction.booking) == col(Booking.id))
        .where(
            col(BookingInstruction.instruction).in_([row.id for row in rows]),
            col(Booking.state).in_(_BOOKED),
        )
    ).first()
    if booked is not None:
        raise WrongState(field="/outcome", state=booked.state, allowed=[], reference=booked.reference)


def _record(
    session: Session, row: Instruction, *, actor: Actor, kind: str, booking: Booking, now: datetime
) -> None:
    event = record(
        session,
        actor=actor,
        kind=kind,
        now=now,
        enterprise=row.represented,
        office=row.office,
        details={"state": row.state, "reference": row.reference, "follows": booking.reference},
    )
    event.instruction = row.id
    event.old_version = row.version - 1 or None
    event.new_version = row.version
