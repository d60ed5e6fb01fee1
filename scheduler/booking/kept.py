"""What the share kept for the green channel cost a flexible booking, in the ledger of harm."""

from datetime import datetime

from sqlmodel import Session

from scheduler.models import Booking, PriorityHarm
from scheduler.vocabulary import HarmKind


def record_kept(session: Session, booking: Booking, *, kept: datetime, now: datetime) -> None:
    """Write that a booking begins later than the start that was kept from it."""
    assert booking.id is not None  # noqa: S101 - written
    assert booking.planned_start is not None  # noqa: S101 - confirmed
    session.add(
        PriorityHarm(
            office=booking.office,
            date=booking.date,
            kind=HarmKind.KEPT.value,
            booking=booking.id,
            minutes=int((booking.planned_start - kept).total_seconds() // 60),
            decided_at=now,
        )
    )
