"""Priority is applied for: what the table says at once, and what the office decides later."""

from datetime import datetime

from sqlmodel import Session

from scheduler.access.actor import Actor
from scheduler.booking.answers import answer_by
from scheduler.booking.holds import lock_family
from scheduler.booking.orders import Why
from scheduler.booking.write import change_booking, require_version
from scheduler.errors import WrongState
from scheduler.models import Booking, PriorityApplication
from scheduler.promise.reference import Reference
from scheduler.reminders.announce import What, announce
from scheduler.rules.priority import Decision
from scheduler.vocabulary import Priority, PriorityAnswer, RequestReason


def apply_for_priority(
    session: Session, booking: Booking, *, decision: Decision, now: datetime, reference: Reference
) -> PriorityApplication:
    """Keep the application with the table's answer; a pending one names by when the office answers."""
    assert booking.id is not None  # noqa: S101 - flushed
    due = None
    if decision.answer is PriorityAnswer.AWAITING_OFFICE:
        due = answer_by(
            reference,
            office=booking.office,
            reason=RequestReason.PRIORITY_DECISION,
            wished=booking.wished_from,
            now=now,
        )
    application = PriorityApplication(
        booking=booking.id,
        answer=decision.answer.value,
        priority=decision.priority.value,
        reason=decision.reason,
        rule=None if decision.rule is None else decision.rule.id,
        applied_at=now,
        answer_by=due,
    )
    session.add(application)
    return application


def decide_priority(
    session: Session,
    *,
    actor: Actor,
    reference: str,
    version: int | None,
    grant: bool,
    why: Why,
    now: datetime,
    facts: Reference,
) -> Booking:
    """The office's word on a pending application; refused, the booking keeps its place as an ordinary one.

    Who has priority counts for what is kept of the day, so that its lock is taken.

    Raises:
        UnknownBooking, StaleVersion, WrongState: see scheduler.errors.
        StaleDayError: it was moved to another day meanwhile; run again.
    """
    booking, _ = lock_family(session, actor=actor, reference=reference, now=now)
    require_version(booking, version)
    application = session.get(PriorityApplication, booking.id)
    if application is None or application.answer != PriorityAnswer.AWAITING_OFFICE.value:
        raise WrongState(state=booking.priority_answer, allowed=[PriorityAnswer.AWAITING_OFFICE.value])
    answer = PriorityAnswer.GRANTED if grant else PriorityAnswer.REFUSED
    application.answer, application.why = answer.value, why
    application.decided_by, application.decided_at = actor.account, now
    change_booking(
        session,
        booking,
        actor=actor,
        kind="priority_decided",
        now=now,
        details={"answer": answer.value, "why": why},
        priority=application.priority if grant else Priority.ORDINARY.value,
        priority_answer=answer.value,
    )
    announce(session, booking=booking, what=What.PRIORITY_ANSWERED, now=now, reference=facts)
    return booking
