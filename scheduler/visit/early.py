"""A visit that ends early gives the rest of its time back: crew and dock are free for others."""

from datetime import datetime
from math import ceil

from sqlalchemy import text
from sqlmodel import Session

from scheduler.booking.write import Columns, occupied
from scheduler.models import Booking

_SHORTEN = text("""
UPDATE crew SET occupied = booking.occupied FROM booking
WHERE booking.id = crew.booking AND booking.id = :booking
""")


def rest_of(booking: Booking, ended: datetime) -> Columns:
    """The columns that free what is left of a booking's time after its end, none if nothing is left.

    A visit that was over before its planned start keeps the first minute of it.
    """
    assert booking.planned_start is not None  # noqa: S101 - a live booking has a start
    taken = booking.running_minutes or booking.planned_minutes
    minutes = max(ceil((ended - booking.planned_start).total_seconds() / 60), 1)
    if minutes >= taken:
        return {}
    return {"running_minutes": minutes, "occupied": occupied(booking.planned_start, minutes)}


def shorten_crew(session: Session, booking: Booking) -> None:
    """Let the crew's rows follow the booking's time; the caller holds the day's lock."""
    session.flush()
    session.execute(_SHORTEN, {"booking": booking.id})
