"""Join the waitlist, leave it, decline what it offers."""

from datetime import datetime, timedelta
from typing import TypeVar

from sqlmodel import Session, col, select

from scheduler import errors
from scheduler.access.actor import Actor
from scheduler.booking.holds import OfficeDays, lock_family, release_hold
from scheduler.booking.move import require_movable
from scheduler.booking.orders import Instant, Request
from scheduler.booking.waitlist.closing import record_waiting
from scheduler.booking.write import find_booking, require_state
from scheduler.database.connection import Database, StaleDayError
from scheduler.database.idempotency import Keep
from scheduler.models import Booking, WaitlistEntry, WaitlistOffer
from scheduler.promise.reference import Reference
from scheduler.rules.policy import WaitlistRules
from scheduler.vocabulary import BookingState, OfferOutcome, WaitState

Kept = TypeVar("Kept")


class Wish(Request):
    """The earliest and the latest start that would do instead; from now to the promise, where not said."""

    wished_from: Instant | None = None
    wished_to: Instant | None = None


class Declining(Request):
    """No to the time that is offered: wait on for another one, or no more."""

    withdraw: bool = False


def join_waitlist(
    session: Session, *, actor: Actor, reference: str, wish: Wish, now: datetime, facts: Reference
) -> Booking:
    """Wait for a start that is earlier than the promise; the promise stands until another time is taken.

    Raises:
        UnknownBooking, WrongState, TooLateToChange: as a move.
        WaitlistClosed, AlreadyWaiting, NothingEarlier: see scheduler.errors.
    """
    booking = find_booking(session, actor=actor, reference=reference, now=now, lock=True)
    require_state(booking, BookingState.CONFIRMED)
    assert booking.planned_start is not None  # noqa: S101 - a confirmed booking has a promise
    rules = facts.policy(WaitlistRules, office=booking.office, on=booking.date)
    if not rules.enabled:
        raise errors.WaitlistClosed
    require_movable(booking, actor=actor, now=now, facts=facts)
    if find_entry(session, booking) is not None:
        raise errors.AlreadyWaiting(reference=booking.reference)
    latest = booking.planned_start - timedelta(minutes=rules.minimum_gain_minutes)
    begins, ends = max(wish.wished_from or now, now), min(wish.wished_to or latest, latest)
    if begins > ends:
        raise errors.NothingEarlier(field="/wished_to", minutes=rules.minimum_gain_minutes, latest=latest)
    assert booking.id is not None  # noqa: S101 - read from the database
    session.add(
        WaitlistEntry(
            booking=booking.id,
            wished_from=begins,
            wished_to=ends,
            joined_at=now,
            channel=actor.channel.value,
            requested_by=actor.account,
            call=actor.call.id if actor.call is not None else None,
        )
    )
    record_waiting(session, booking, "waitlist_joined", actor=actor, now=now)
    return booking


def leave_waitlist(
    database: Database, *, actor: Actor, reference: str, now: datetime, keep: Keep[Booking, Kept]
) -> Kept:
    """Wait no more; a time that is offered is given back.

    Raises:
        UnknownBooking, NotWaiting: see scheduler.errors.
    """

    def work(session: Session) -> Booking:
        booking, locked = lock_family(session, actor=actor, reference=reference, now=now)
        entry = _require_entry(session, booking)
        offer = _find_offer(session, entry)
        if offer is not None:
            _decline(session, offer, locked=locked, actor=actor, now=now)
        _withdraw(session, booking, entry, actor=actor, now=now)
        return booking

    return database.write(lambda session: keep(session, work))


def decline_offer(
    database: Database,
    *,
    actor: Actor,
    reference: str,
    withdraw: bool,
    now: datetime,
    keep: Keep[Booking, Kept],
) -> Kept:
    """Give an offered time back to whoever is next; that very time is not offered again.

    Raises:
        UnknownBooking, NotWaiting, NoOffer: see scheduler.errors.
    """

    def work(session: Session) -> Booking:
        booking, locked = lock_family(session, actor=actor, reference=reference, now=now)
        entry = _require_entry(session, booking)
        offer = _find_offer(session, entry)
        if offer is None:
            raise errors.NoOffer
        _decline(session, offer, locked=locked, actor=actor, now=now)
        if withdraw:
            _withdraw(session, booking, entry, actor=actor, now=now)
        return booking

    return database.write(lambda session: keep(session, work))


def find_entry(session: Session, booking: Booking) -> WaitlistEntry | None:
    """The entry under which a booking waits, locked; the booking is locked before it."""
    return session.exec(
        select(WaitlistEntry)
        .where(col(WaitlistEntry.booking) == booking.id, col(WaitlistEntry.state) == WaitState.WAITING.value)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()


def _require_entry(session: Session, booking: Booking) -> WaitlistEntry:
    entry = find_entry(session, booking)
    if entry is None:
        raise errors.NotWaiting(field="/reference")
    return entry


def _find_offer(session: Session, entry: WaitlistEntry) -> WaitlistOffer | None:
    return session.exec(
        select(WaitlistOffer).where(
            col(WaitlistOffer.entry) == entry.id, col(WaitlistOffer.outcome) == OfferOutcome.OPEN.value
        )
    ).first()


def _decline(
    session: Session, offer: WaitlistOffer, *, locked: OfficeDays, actor: Actor, now: datetime
) -> None:
    if (offer.office, offer.date) not in locked:
        raise StaleDayError
    hold = session.get_one(Booking, offer.hold, with_for_update=True, populate_existing=True)
    release_hold(
        session, hold, actor=actor, now=now, why="the offer was declined", outcome=OfferOutcome.DECLINED
    )


def _withdraw(
    session: Session, booking: Booking, entry: WaitlistEntry, *, actor: Actor, now: datetime
) -> None:
    entry.state, entry.ended_at = WaitState.WITHDRAWN.value, now
    session.add(entry)
    record_waiting(session, booking, "waitlist_withdrawn", actor=actor, now=now)
