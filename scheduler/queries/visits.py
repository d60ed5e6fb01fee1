"""Visits as their readers may see them."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from scheduler.access.actor import Actor, booking_scope
from scheduler.errors import UnknownBooking
from scheduler.models import Booking, Instruction, Visit
from scheduler.promise.rows import local_date
from scheduler.queries.cursors import local
from scheduler.vocabulary import Role

_SEES_NOTES = frozenset({Role.OFFICE_MANAGER, Role.INSPECTOR, Role.SYSTEM})


@dataclass(frozen=True, slots=True)
class VisitView:
    """What happened on site; `version` is the booking's. Notes are the office's own.

    `follow_ups` are the references under which what was not finished or not passed can be booked.
    """

    booking: str
    version: int
    state: str
    on_site: datetime | None
    opened: datetime | None
    ended: datetime | None
    outcome: str | None
    signed_by: str | None
    signing_refused: bool
    delay_reason: str | None
    result: str | None
    result_at: datetime | None
    released_at: datetime | None
    note: str | None
    follow_ups: tuple[str, ...]


def read_visit(session: Session, *, actor: Actor, number: str, now: datetime) -> VisitView:
    """The visit of a booking in the actor's scope; empty before anything was recorded.

    Raises:
        UnknownBooking: unknown, or outside the scope.
    """
    plain = number.strip().upper().replace("-", "")
    booking = session.exec(
        select(Booking).where(
            col(Booking.reference) == f"{plain[:5]}-{plain[5:]}", booking_scope(actor, local_date(now))
        )
    ).first()
    if booking is None:
        raise UnknownBooking(field="/reference", reference=number)
    visit = session.get(Visit, booking.id)
    return view_visit(session, actor=actor, booking=booking, visit=visit or Visit(booking=booking.id or 0))


def view_visit(session: Session, *, actor: Actor, booking: Booking, visit: Visit) -> VisitView:
    """The visit that a use case has just written for this actor."""
    follow_ups = session.exec(
        select(Instruction.reference).where(
            col(Instruction.follows) == booking.id, col(Instruction.state) != "withdrawn"
        )
    ).all()
    return VisitView(
        booking=booking.reference,
        version=booking.version,
        state=booking.state,
        on_site=local(visit.on_site),
        opened=local(visit.opened),
        ended=local(visit.ended),
        outcome=visit.outcome,
        signed_by=visit.signed_by,
        signing_refused=visit.signing_refused,
        delay_reason=visit.delay_reason,
        result=visit.result,
        result_at=local(visit.result_at),
        released_at=local(visit.released_at),
        note=visit.note if actor.role in _SEES_NOTES else None,
        follow_ups=tuple(sorted(follow_ups)),
    )
