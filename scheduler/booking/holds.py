"""Held times: rows of their own, alone or for a booking that may take them over."""

from collections.abc import Collection
from datetime import date, datetime

from sqlmodel import Session, col, select

from scheduler.access.actor import Actor
from scheduler.booking.numbers import new_number
from scheduler.booking.waitlist.closing import close_offer
from scheduler.booking.write import change_booking, find_booking, promised_at, record
from scheduler.database.connection import StaleDayError
from scheduler.database.locks import lock_office_days
from scheduler.models import Booking
from scheduler.promise.rows import local_date
from scheduler.promise.witness import release_crew, store_crews
from scheduler.vocabulary import BookingState, OfferOutcome
from solver.plan import Assignment

OfficeDays = set[tuple[int, date]]

_SHARED = {
    "office",
    "site",
    "type",
    "enterprise",
    "made_by",
    "wished_from",
    "wished_to",
    "planned_minutes",
    "must_finish_by",
    "must_finish_kind",
    "attendee",
    "priority",
    "priority_answer",
    "excluded",
    "rules_version",
}
"""What a held time has in common with the booking that it is held for."""


def write_hold(
    session: Session,
    booking: Booking,
    assignment: Assignment,
    *,
    actor: Actor,
    start: datetime,
    expires_at: datetime,
    now: datetime,
) -> Booking:
    """Write a time that is held for a booking, crew and dock included."""
    held = Booking(
        **booking.model_dump(include=_SHARED),
        **promised_at(start, booking.planned_minutes),
        reference=new_number(),
        state=BookingState.HOLD.value,
        replaces=booking.id,
        dock=assignment.dock,
        channel=actor.channel.value,
        requested_by=actor.account,
        call=actor.call.id if actor.call is not None else None,
        expires_at=expires_at,
        requested_at=now,
    )
    session.add(held)
    session.flush()
    record(session, actor=actor, kind="booking_hold", booking=held, old_version=None, now=now)
    assert held.id is not None  # noqa: S101 - flushed
    store_crews(session, old={}, new={held.id: assignment})
    return held


def family_days(session: Session, booking: Booking) -> OfficeDays:
    """The office days of a booking, of the one that it replaces, and of all times held for either."""
    root = booking.replaces or booking.id
    rows = session.execute(
        select(col(Booking.office), col(Booking.date)).where(
            (col(Booking.id) == root)
            | ((col(Booking.replaces) == root) & (col(Booking.state) == BookingState.HOLD.value))
        )
    ).all()
    return {(booking.office, booking.date), *((office, day) for office, day in rows)}


def lock_family(
    session: Session, *, actor: Actor, reference: str, now: datetime, beside: datetime | None = None
) -> tuple[Booking, OfficeDays]:
    """Lock a booking's office days, with the one of a time `beside`, then the booking as it is now.

    Raises:
        UnknownBooking: unknown, or outside the scope.
        StaleDayError: it was moved to another day between the two; run again.
    """
    seen = find_booking(session, actor=actor, reference=reference, now=now)
    locked = family_days(session, seen)
    if beside is not None:
        locked.add((seen.office, local_date(beside)))
    lock_office_days(session, locked)
    booking = find_booking(session, actor=actor, reference=reference, now=now, lock=True)
    if (booking.office, booking.date) not in locked:
        raise StaleDayError
    return booking, locked


def release_holds(
    session: Session,
    booking: Booking,
    *,
    locked: Collection[tuple[int, date]],
    actor: Actor,
    now: datetime,
    why: str,
) -> None:
    """Give back all times held for a booking; the caller holds the locks of `family_days`.

    Raises:
        StaleDayError: one was held meanwhile on a day that is not locked; run again.
    """
    holds = session.exec(
        select(Booking)
        .where(col(Booking.replaces) == booking.id, col(Booking.state) == BookingState.HOLD.value)
        .order_by(col(Booking.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for hold in holds:
        if (hold.office, hold.date) not in locked:
            raise StaleDayError
        release_hold(session, hold, actor=actor, now=now, why=why)


def release_hold(
    session: Session,
    hold: Booking,
    *,
    actor: Actor,
    now: datetime,
    why: str,
    outcome: OfferOutcome = OfferOutcome.RELEASED,
) -> None:
    """Give a hold's crew and dock back; one that was offered to whoever waits is offered no more."""
    assert hold.id is not None  # noqa: S101 - read from the database
    release_crew(session, hold.id)
    change_booking(
        session,
        hold,
        actor=actor,
        kind="hold_released",
        now=now,
        state=BookingState.CANCELLED.value,
        end_reason=why,
        dock=None,
    )
    close_offer(session, hold, outcome, actor=actor, now=now)
