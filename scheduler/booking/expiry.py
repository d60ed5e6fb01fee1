"""Holds end by a write: the clock's tick, or whoever needs the day, under its lock."""

from datetime import date, datetime

from sqlalchemy import text
from sqlmodel import Session, col, select

from scheduler.access.actor import SYSTEM
from scheduler.booking.waitlist.closing import close_offer
from scheduler.booking.write import change_booking
from scheduler.database.connection import Database
from scheduler.database.locks import lock_office_days
from scheduler.models import Booking
from scheduler.promise.witness import release_crew
from scheduler.vocabulary import BookingState, OfferOutcome

_ANY_LAPSED = text("""
SELECT EXISTS (SELECT FROM booking
    WHERE office = :office AND date = :day AND state = 'hold' AND expires_at <= :now)
""")


def expire_lapsed(session: Session, *, office: int, day: date, now: datetime) -> int:
    """Expire an office day's lapsed holds; the caller holds the day's lock. Returns how many."""
    if not session.execute(_ANY_LAPSED, {"office": office, "day": day, "now": now}).scalar_one():
        return 0
    lapsed = session.exec(
        select(Booking)
        .where(
            col(Booking.office) == office,
            col(Booking.date) == day,
            col(Booking.state) == BookingState.HOLD.value,
            col(Booking.expires_at) <= now,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for booking in lapsed:
        assert booking.id is not None  # noqa: S101 - read from the database
        release_crew(session, booking.id)
        change_booking(
            session, booking, actor=SYSTEM, kind="hold_expired", now=now, state=BookingState.EXPIRED.value
        )
        close_offer(session, booking, OfferOutcome.LAPSED, actor=SYSTEM, now=now)
    return len(lapsed)


def expire_due(database: Database, *, now: datetime) -> int:
    """Expire all lapsed holds, one office day a transaction. Returns how many."""
    with database.snapshot() as session:
        days = session.exec(
            select(col(Booking.office), col(Booking.date))
            .where(col(Booking.state) == BookingState.HOLD.value, col(Booking.expires_at) <= now)
            .distinct()
        ).all()
    return sum(_expire_day(database, office, day, now) for office, day in sorted(days))


def _expire_day(database: Database, office: int, day: date, now: datetime) -> int:
    def work(session: Session) -> int:
        lock_office_days(session, [(office, day)])
        return expire_lapsed(session, office=office, day=day, now=now)

    return database.write(work)
