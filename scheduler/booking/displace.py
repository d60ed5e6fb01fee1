"""A promise that cannot be kept: its people are offered times that are kept for them."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlmodel import Session

from scheduler.access.actor import Actor
from scheduler.booking.holds import write_hold
from scheduler.booking.place import find_place
from scheduler.booking.standing import demand_of
from scheduler.booking.write import change_booking, iso
from scheduler.errors import Plain, Refusal
from scheduler.models import Booking
from scheduler.promise.boards import Boards
from scheduler.promise.reference import Reference
from scheduler.promise.rows import local_date
from scheduler.promise.search import nearest, true_starts
from scheduler.promise.witness import release_crew
from scheduler.reminders.announce import What, announce
from scheduler.rules.policy import DisplacementRules
from scheduler.vocabulary import BookingState

OFFERED_WITHIN = timedelta(days=7)
"""How many days from the lost promise on may be offered; callers lock them all before."""


def displace_booking(
    session: Session,
    boards: Boards,
    booking: Booking,
    *,
    actor: Actor,
    why: Mapping[str, Plain],
    now: datetime,
    facts: Reference,
) -> list[datetime]:
    """Take a promise back: state *displaced*, true times held until a moment, texts written.

    The caller holds the locks of the office's days from the booking's date to
    `OFFERED_WITHIN` after it. Returns the times offered, fewer than the policy's where
    fewer are true.
    """
    take_back(session, booking, actor=actor, why=why, now=now, facts=facts)
    return offer_times(session, boards, booking, [], actor=actor, now=now, facts=facts)


def take_back(
    session: Session,
    booking: Booking,
    *,
    actor: Actor,
    why: Mapping[str, Plain],
    now: datetime,
    facts: Reference,
) -> None:
    """Write that a promise cannot be kept: crew and dock are given up, an answer is awaited."""
    assert booking.id is not None  # noqa: S101 - read from the database
    rules = facts.policy(DisplacementRules, office=booking.office, on=booking.date)
    release_crew(session, booking.id)
    change_booking(
        session,
        booking,
        actor=actor,
        kind="booking_displaced",
        now=now,
        details={"promised": iso(booking.promise_from), **why},
        state=BookingState.DISPLACED.value,
        answer_by=now + timedelta(hours=rules.kept_hours),
        expected_start=None,
        dock=None,
    )


def offer_times(
    session: Session,
    boards: Boards,
    booking: Booking,
    offers: list[datetime],
    *,
    actor: Actor,
    now: datetime,
    facts: Reference,
) -> list[datetime]:
    """Hold true times for a displaced booking beside those it is offered already, and tell its people."""
    assert booking.answer_by is not None  # noqa: S101 - displaced
    rules = facts.policy(DisplacementRules, office=booking.office, on=booking.date)
    until = booking.answer_by
    tried = set(offers)
    while len(offers) < rules.offers and (start := _next_offer(session, boards, booking, tried, now)):
        tried.add(start)
        try:
            demand = demand_of(session, booking).for_office()
            assignment = find_place(session, boards, demand=demand, start=start, now=now)
        except Refusal:
            continue  # gone by the lock's truth, or true only with others' names changed
        write_hold(
            session, booking, assignment, actor=actor, start=start, expires_at=min(until, start), now=now
        )
        offers.append(start)
    announce(session, booking=booking, what=What.DISPLACED, now=now, reference=facts)
    return offers


def _next_offer(
    session: Session, boards: Boards, booking: Booking, tried: Collection[datetime], now: datetime
) -> datetime | None:
    """The true start nearest to the lost promise that was not tried yet."""
    wished = booking.planned_start or booking.wished_from
    first = max(local_date(wished), local_date(now))
    last = max(local_date(wished) + OFFERED_WITHIN, first)
    demand = demand_of(session, booking).for_office()
    found = true_starts(session, boards, demand=demand, first=first, last=last, now=now)
    left = [start for start in found.starts if start not in tried and start != wished]
    return nearest(left, wished, count=1)[0] if left else None
