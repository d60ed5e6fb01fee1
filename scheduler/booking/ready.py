"""The enterprise, or the desk or office for it, says when the goods are ready."""

from datetime import datetime

from sqlmodel import Session

from scheduler.access.actor import Actor
from scheduler.booking.write import change_booking, find_booking, iso, require_state, require_version
from scheduler.errors import PastTime
from scheduler.models import Booking
from scheduler.reminders.announce import keep_texts
from scheduler.vocabulary import BookingState


def report_ready(
    session: Session,
    *,
    actor: Actor,
    reference: str,
    version: int | None,
    ready_at: datetime | None,
    now: datetime,
) -> Booking:
    """Record when the goods are ready, now unless said otherwise; texts and promise stay as they are.

    Waiting on site and lateness of the enterprise are measured from it.

    Raises:
        UnknownBooking, StaleVersion, WrongState: see scheduler.errors.
        PastTime: goods cannot have been ready before the booking was asked for.
    """
    booking = find_booking(session, actor=actor, reference=reference, now=now, lock=True)
    require_version(booking, version)
    require_state(booking, BookingState.CONFIRMED, BookingState.IN_PROGRESS)
    ready = ready_at or now
    if ready < booking.requested_at:
        raise PastTime(field="/ready_at")
    change_booking(
        session,
        booking,
        actor=actor,
        kind="goods_ready",
        now=now,
        details={"ready_at": iso(ready)},
        goods_ready_at=ready,
    )
    keep_texts(session, booking=booking)
    return booking
