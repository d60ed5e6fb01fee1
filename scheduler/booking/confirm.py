"""Confirm a held time: the hold becomes the booking, or the booking takes over the held time."""

from datetime import date, datetime
from typing import TypeVar

from sqlmodel import Session, col, select

from scheduler.access.actor import Actor
from scheduler.booking.admission import normal_recipients, require_attendee
from scheduler.booking.orders import Details
from scheduler.booking.write import (
    change_booking,
    find_booking,
    iso,
    promised_at,
    require_state,
    require_version,
    write_recipients,
)
from scheduler.database.connection import Database, StaleDayError
from scheduler.database.idempotency import Keep
from scheduler.database.locks import lock_office_days
from scheduler.errors import HoldExpired, WrongState
from scheduler.models import Booking, Crew
from scheduler.promise.boards import boards_of
from scheduler.promise.reference import Reference
from scheduler.promise.witness import release_crew, store_crews
from scheduler.reminders.announce import What, announce
from scheduler.rules.policy import BookingRules
from scheduler.vocabulary import BookingState
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
        seen = find_booking(session, actor=actor, reference=reference, now=now)
        days = {(one.office, one.date) for one in family_of(session, seen)}
        lock_office_days(session, days)
        held = find_booking(session, actor=actor, reference=reference, now=now, lock=True)
        require_version(held, version)
        _require_held(held, now)
        if held.replaces is None:
            return _confirm(session, held, actor=actor, details=details, now=now, facts=facts)
        return take_over(session, held, actor=actor, now=now, facts=facts, locked=days)

    return database.write(lambda session: keep(session, work))


def _require_held(held: Booking, now: datetime) -> None:
    if held.state == BookingState.EXPIRED.value:
        raise HoldExpired(field="/reference")
    require_state(held, BookingState.HOLD)
    if held.expires_at is None or held.expires_at <= now:
        raise HoldExpired(field="/reference")


def _confirm(
    session: Session, held: Booking, *, actor: Actor, details: Details, now: datetime, facts: Reference
) -> Booking:
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
    session: Session,
    held: Booking,
    *,
    actor: Actor,
    now: datetime,
    facts: Reference,
    locked: set[tuple[int, date]],
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
    if booking.state not in {BookingState.CONFIRMED.value, BookingState.DISPLACED.value}:
        raise WrongState(state=booking.state, allowed=["confirmed", "displaced"])
    siblings = session.exec(
        select(Booking)
        .where(col(Booking.replaces) == booking.id, col(Booking.state) == BookingState.HOLD.value)
        .with_for_update()
    ).all()
    if not {(one.office, one.date) for one in (booking, *siblings)} <= locked:
        raise StaleDayError
    assert held.id is not None  # noqa: S101 - read from the database
    assert booking.id is not None  # noqa: S101 - read from the database
    assert held.planned_start is not None  # noqa: S101 - a live booking has a promise
    crew = session.exec(select(Crew.duty).where(col(Crew.booking) == held.id).order_by(col(Crew.seat))).all()
    assignment = Assignment(tuple(crew), held.dock)
    for sibling in siblings:
        release_hold(session, sibling, actor=actor, now=now, why="another time was taken")
    release_crew(session, booking.id)
    change_booking(
        session,
        booking,
        actor=actor,
        kind="booking_moved",
        now=now,
        details={"from": iso(booking.planned_start), "to": iso(held.planned_start)},
        state=BookingState.CONFIRMED.value,
        answer_by=None,
        dock=held.dock,
        first_promise=booking.first_promise or held.planned_start,
        **promised_at(held.planned_start, booking.planned_minutes),
    )
    store_crews(session, old={}, new={booking.id: assignment})
    announce(session, booking=booking, what=What.CHANGED, now=now, reference=facts)
    return booking


def family_of(session: Session, held: Booking) -> list[Booking]:
    """A hold, the booking that it replaces, and the other holds that replace the same."""
    if held.replaces is None:
        return [held]
    same = (col(Booking.replaces) == held.replaces) & (col(Booking.state) == BookingState.HOLD.value)
    others = session.exec(select(Booking).where(same | (col(Booking.id) == held.replaces))).all()
    return [held, *(one for one in others if one.id != held.id)]


def release_hold(session: Session, hold: Booking, *, actor: Actor, now: datetime, why: str) -> None:
    """Give a hold's crew and dock back."""
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
