"""Who was absent: the party (a no-show), or customs itself; the crew is free again either way."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlmodel import Session

from scheduler.access.actor import Actor
from scheduler.database.connection import Database
from scheduler.database.idempotency import Keep
from scheduler.errors import TooEarly
from scheduler.models import Booking
from scheduler.promise.boards import boards_of
from scheduler.promise.witness import release_crew
from scheduler.rules.policy import VisitRules
from scheduler.rules.visit_order import no_show_allowed
from scheduler.visit.entry import Opened, Recorded, open_under_lock, require_unrecorded, write_entry
from scheduler.vocabulary import BookingState, DelayReason

Kept = TypeVar("Kept")


def record_no_show(
    database: Database,
    *,
    actor: Actor,
    reference: str,
    reason: DelayReason,
    now: datetime,
    keep: Keep[Recorded, Kept],
    note: str | None = None,
    version: int | None = None,
) -> Kept:
    """The party did not come within the grace time after the promise: its instructions are free again.

    Texts that are still due belong to an older version of the booking and are never sent.

    Raises:
        UnknownBooking, StaleVersion: see scheduler.errors.
        WrongState: nothing was promised, or the goods were opened.
        TooEarly: the grace time has not passed; `not_before` is when it has.
    """
    boards = boards_of(database)

    def work(session: Session) -> Recorded:
        opened = open_under_lock(
            session,
            actor=actor,
            reference=reference,
            now=now,
            version=version,
            states=(BookingState.CONFIRMED, BookingState.IN_PROGRESS),
        )
        require_unrecorded(opened, "opened")
        booking = opened.booking
        rules = boards.latest(session).policy(VisitRules, office=booking.office, on=booking.date)
        no_show_allowed(now, _promised_by(booking), rules.grace)
        return _end(
            session, opened, actor=actor, reason=reason, note=note, now=now, state=BookingState.NO_SHOW
        )

    return database.write(_kept(keep, work))


def record_missed_by_customs(
    database: Database,
    *,
    actor: Actor,
    reference: str,
    reason: DelayReason,
    now: datetime,
    keep: Keep[Recorded, Kept],
    note: str | None = None,
    version: int | None = None,
) -> Kept:
    """No officer came to a kept promise: said openly, with the reason; the instructions are free again.

    Raises:
        UnknownBooking, StaleVersion, WrongState: see scheduler.errors.
        TooEarly: the promised time has not passed yet.
    """

    def work(session: Session) -> Recorded:
        opened = open_under_lock(
            session,
            actor=actor,
            reference=reference,
            now=now,
            version=version,
            states=(BookingState.CONFIRMED,),
        )
        promised = _promised_by(opened.booking)
        if now <= promised:
            raise TooEarly(not_before=promised)
        return _end(
            session,
            opened,
            actor=actor,
            reason=reason,
            note=note,
            now=now,
            state=BookingState.MISSED_BY_CUSTOMS,
        )

    return database.write(_kept(keep, work))


def _kept(keep: Keep[Recorded, Kept], work: Callable[[Session], Recorded]) -> Callable[[Session], Kept]:
    return lambda session: keep(session, work)


def _promised_by(booking: Booking) -> datetime:
    """The end of the promise, or the later start that was said: only then has a party not come."""
    assert booking.promise_to is not None  # noqa: S101 - live bookings have a promise (named constraint)
    return max(booking.promise_to, booking.expected_start or booking.promise_to)


def _end(
    session: Session,
    opened: Opened,
    *,
    actor: Actor,
    reason: DelayReason,
    note: str | None,
    now: datetime,
    state: BookingState,
) -> Recorded:
    assert opened.booking.id is not None  # noqa: S101 - read from the database
    release_crew(session, opened.booking.id)
    return write_entry(
        session,
        opened,
        opened.entry.but({"delay_reason": reason, "note": note or opened.entry.note}),
        actor=actor,
        kind=f"visit_{state.value}",
        now=now,
        details={"reason": reason.value},
        state=state,
    )
