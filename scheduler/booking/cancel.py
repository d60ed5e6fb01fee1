"""Cancel with a reason: crew, dock and instructions are free again in the same transaction."""

from datetime import datetime, timedelta
from typing import TypeVar

from sqlmodel import Session

from scheduler.access.actor import Actor
from scheduler.booking.holds import lock_family, release_holds
from scheduler.booking.orders import Why
from scheduler.booking.waitlist.closing import close_offer
from scheduler.booking.write import change_booking, require_state, require_version
from scheduler.database.connection import Database
from scheduler.database.idempotency import Keep
from scheduler.errors import ReasonMissing
from scheduler.models import Booking
from scheduler.promise.boards import boards_of
from scheduler.promise.reference import Reference
from scheduler.promise.witness import release_crew
from scheduler.reminders.announce import What, announce
from scheduler.rules.policy import BookingRules
from scheduler.vocabulary import BookingState, OfferOutcome

Kept = TypeVar("Kept")

_CANCELLABLE = (
    BookingState.HOLD,
    BookingState.REQUESTED,
    BookingState.CONFIRMED,
    BookingState.DISPLACED,
)


def cancel(
    database: Database,
    *,
    actor: Actor,
    reference: str,
    version: int | None,
    reason: Why,
    now: datetime,
    keep: Keep[Booking, Kept],
) -> Kept:
    """Cancel a hold, a request, a promise or a displaced booking.

    A late cancellation is allowed and says so in its event: the crew's time is worth more
    than the embarrassment.

    Raises:
        UnknownBooking, StaleVersion, WrongState, ReasonMissing: see scheduler.errors.
    """
    boards = boards_of(database)

    def work(session: Session) -> Booking:
        facts = boards.latest(session)
        if not reason.strip():
            raise ReasonMissing(field="/reason")
        booking, locked = lock_family(session, actor=actor, reference=reference, now=now)
        require_version(booking, version)
        require_state(booking, *_CANCELLABLE)
        told = booking.state != BookingState.HOLD.value
        release_holds(session, booking, locked=locked, actor=actor, now=now, why="the booking was cancelled")
        late = _is_late(booking, now, facts)
        end_booking(session, booking, actor=actor, reason=reason, now=now, late=late)
        if told:
            announce(session, booking=booking, what=What.CANCELLED, now=now, reference=facts)
        return booking

    return database.write(lambda session: keep(session, work))


def _is_late(booking: Booking, now: datetime, facts: Reference) -> bool:
    rules = facts.policy(BookingRules, office=booking.office, on=booking.date)
    cut_off = timedelta(minutes=rules.cancel_cut_off_minutes)
    return booking.planned_start is not None and now > booking.planned_start - cut_off


def end_booking(
    session: Session, booking: Booking, *, actor: Actor, reason: str, now: datetime, late: bool = False
) -> None:
    """Write a booking's cancelled version; the caller holds its day's lock."""
    assert booking.id is not None  # noqa: S101 - read from the database
    release_crew(session, booking.id)
    change_booking(
        session,
        booking,
        actor=actor,
        kind="booking_cancelled",
        now=now,
        details={"reason": reason, "late": late},
        state=BookingState.CANCELLED.value,
        end_reason=reason,
        answer_by=None,
        expires_at=None,
    )
    close_offer(session, booking, OfferOutcome.DECLINED, actor=actor, now=now)
