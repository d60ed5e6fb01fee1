"""How an offer ends: with its hold, in the same transaction, by an event of the booking that it is for."""

from datetime import datetime

from sqlmodel import Session, col, select

from scheduler.access.actor import Actor
from scheduler.booking.write import iso, record
from scheduler.models import Booking, WaitlistEntry, WaitlistOffer
from scheduler.reminders.announce import cancel_older_texts
from scheduler.vocabulary import OfferOutcome, WaitState


def close_offer(
    session: Session, hold: Booking, outcome: OfferOutcome, *, actor: Actor, now: datetime
) -> None:
    """Close the open offer of a held time, if it is one; its text is due no more.

    Called once the hold has its new version; a time that was held for another reason has no offer.
    """
    if hold.replaces is None:
        return
    offer = open_offer_of(session, hold)
    if offer is None:
        return
    offer.outcome, offer.closed_at = outcome.value, now
    session.add(offer)
    cancel_older_texts(session, booking=hold)
    record_waiting(
        session,
        session.get_one(Booking, hold.replaces),
        f"waitlist_offer_{outcome.value}",
        actor=actor,
        now=now,
        start=offer.start,
    )


def take_offer(session: Session, hold: Booking, *, now: datetime) -> None:
    """The party takes the time that it was offered, and waits no more; the offer closes with its hold."""
    offer = open_offer_of(session, hold)
    if offer is None:
        return
    entry = session.get_one(WaitlistEntry, offer.entry, with_for_update=True)
    entry.state, entry.ended_at = WaitState.TAKEN.value, now
    session.add(entry)


def open_offer_of(session: Session, hold: Booking) -> WaitlistOffer | None:
    """The open offer that a held time is."""
    return session.exec(
        select(WaitlistOffer)
        .where(col(WaitlistOffer.hold) == hold.id, col(WaitlistOffer.outcome) == OfferOutcome.OPEN.value)
        .with_for_update()
    ).first()


def record_waiting(
    session: Session,
    booking: Booking,
    kind: str,
    *,
    actor: Actor,
    now: datetime,
    start: datetime | None = None,
) -> None:
    """Write an event of a booking's wait, which is no version of the booking."""
    record(
        session,
        actor=actor,
        kind=kind,
        booking=booking,
        old_version=booking.version,
        new_version=None,
        now=now,
        details={} if start is None else {"start": iso(start)},
    )
