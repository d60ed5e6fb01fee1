"""Confirm a held time: the hold becomes the booking, or the booking takes over the held time."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from sqlmodel import Session, col, select

from scheduler.access.actor import Actor
from scheduler.booking.admission import normal_recipients, require_attendee
from scheduler.booking.holds import OfficeDays, lock_family, release_hold, release_holds
from scheduler.booking.orders import Details
from scheduler.booking.waitlist.closing import take_offer
from scheduler.booking.write import (
    Columns,
    change_booking,
    iso,
    promised_at,
    require_state,
    require_version,
    write_recipients,
)
from scheduler.database.connection import Database, StaleDayError
from scheduler.database.idempotency import Keep
from scheduler.errors import HoldExpired, Plain
from scheduler.models import Booking, Crew
from scheduler.promise.boards import boards_of
from scheduler.promise.reference import Reference
from scheduler.promise.witness import release_crew, store_crews
from scheduler.reminders.announce import What, announce
from scheduler.rules.policy import BookingRules
from scheduler.vocabulary import BookingState, OfferOutcome
from solver.plan import Assignment

Kept = TypeVar("Kept")


def confirm(
    database: Database,
    *,
    actor: Actor,
    reference: str,
    version: int | None,
    details: Details,
    now: datetime,
    keep: Keep[Booking, Kept],
) -> Kept:
    """Turn a hold into a promise; a hold that replaces a booking hands its time over to it.

    The replaced booking keeps its number; its other offered times are released.

    Raises:
        UnknownBooking, StaleVersion, WrongState, HoldExpired, AttendeeMissing, NotAMobile,
        TooManyRecipients: see scheduler.errors.
    """

    def work(session: Session) -> Booking:
        facts = boards_of(database).latest(session)
        held, days = lock_family(session, actor=actor, reference=reference, now=now)
        _require_held(held, now)
        require_version(held, version)
        if held.replaces is None:
            return confirm_held(session, held, actor=actor, details=details, now=now, facts=facts)
        return take_over(session, held, actor=actor, now=now, facts=facts, locked=days)

    return database.write(lambda session: keep(session, work))


def _require_held(held: Booking, now: datetime) -> None:
    if held.state == BookingState.EXPIRED.value:
        raise HoldExpired(field="/reference")
    require_state(held, BookingState.HOLD)
    if held.expires_at is None or held.expires_at <= now:
        raise HoldExpired(field="/reference")


def confirm_held(
    session: Session, held: Booking, *, actor: Actor, details: Details, now: datetime, facts: Reference
) -> Booking:
    """Turn a hold, locked with its day and live, into a promise; its people are told.

    Raises:
        AttendeeMissing, NotAMobile, TooManyRecipients: see scheduler.errors.
    """
    attendee = details.attendee or held.attendee
    require_attendee(attendee)
    if details.recipients is not None:
        rules = facts.policy(BookingRules, office=held.office, on=held.date)
        write_recipients(session, held, normal_recipients(details.recipients, rules))
    change_booking(
        session,
        held,
        actor=actor,
        kind="booking_confirmed",
        now=now,
        state=BookingState.CONFIRMED.value,
        attendee=attendee,
        first_promise=held.planned_start,
        answered_at=now,
        expires_at=None,
    )
    announce(session, booking=held, what=What.CONFIRMED, now=now, reference=facts)
    return held


def take_over(
    session: Session, held: Booking, *, actor: Actor, now: datetime, facts: Reference, locked: OfficeDays
) -> Booking:
    """Give a held time, crew and dock to the booking that it replaces, and release its sibling holds.

    Raises:
        WrongState: the booking replaced can no longer take a new time.
        StaleDayError: another hold of the booking stands on a day that is not locked; run again.
    """
    booking = session.exec(
        select(Booking)
        .where(col(Booking.id) == held.replaces)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    require_state(booking, BookingState.CONFIRMED, BookingState.DISPLACED)
    if (booking.office, booking.date) not in locked:
        raise StaleDayError
    assert held.planned_start is not None  # noqa: S101 - a live booking has a promise
    crew = session.exec(select(Crew.duty).where(col(Crew.booking) == held.id).order_by(col(Crew.seat))).all()
    assignment = Assignment(tuple(crew), held.dock)
    why = "another time was taken"
    take_offer(session, held, now=now)
    release_hold(session, held, actor=actor, now=now, why=why, outcome=OfferOutcome.TAKEN)
    release_holds(session, booking, locked=locked, actor=actor, now=now, why=why)
    give_time(session, booking, assignment, actor=actor, start=held.planned_start, now=now)
    announce(session, booking=booking, what=What.CHANGED, now=now, reference=facts)
    return booking


def give_time(
    session: Session,
    booking: Booking,
    assignment: Assignment,
    *,
    actor: Actor,
    start: datetime,
    now: datetime,
    details: Mapping[str, Plain] | None = None,
    columns: Columns | None = None,
) -> None:
    """Write a booking's new promise and crew in place of the old ones."""
    assert booking.id is not None  # noqa: S101 - read from the database
    release_crew(session, booking.id)
    change_booking(
        session,
        booking,
        actor=actor,
        kind="booking_moved",
        now=now,
        details={"from": iso(booking.planned_start), "to": iso(start), **(details or {})},
        state=BookingState.CONFIRMED.value,
        answer_by=None,
        dock=assignment.dock,
        first_promise=booking.first_promise or start,
        **promised_at(start, booking.planned_minutes),
        **(columns or {}),
    )
    store_crews(session, old={}, new={booking.id: assignment})
