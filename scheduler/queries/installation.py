"""What an operator asks of an installation: texts by state, when a clock was last seen."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from scheduler.models import Booking, Heartbeat, Message


def count_texts(session: Session) -> Mapping[str, int]:
    """How many texts are in each state."""
    return dict(session.exec(select(col(Message.state), func.count()).group_by(col(Message.state))).all())


def last_heartbeat(session: Session, *, of: str) -> datetime | None:
    """When a process whose name begins like this was last seen; None: never."""
    named = col(Heartbeat.name).startswith(of, autoescape=True)
    return session.exec(select(func.max(col(Heartbeat.seen_at))).where(named)).one()


def booking_numbers(session: Session, ids: Sequence[int]) -> list[str]:
    """The numbers by which people know these bookings."""
    named = select(Booking.reference).where(col(Booking.id).in_(ids)).order_by(Booking.reference)
    return list(session.exec(named).all())
