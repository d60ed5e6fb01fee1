"""The party is late, or a disturbed day makes it wait: the promise stays, the expected start is said."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from sqlmodel import Session

from scheduler import errors
from scheduler.access.actor import Actor
from scheduler.booking.holds import lock_family
from scheduler.booking.move import move_to
from scheduler.booking.place import crew_on, lock_day
from scheduler.booking.standing import demand_of
from scheduler.booking.write import (
    change_booking,
    iso,
    make_room,
    occupied,
    require_state,
    require_version,
)
from scheduler.database.connection import Database, undone_if_refused
from scheduler.database.idempotency import Keep
from scheduler.models import Booking
from scheduler.promise.boards import Boards, Standing, boards_of
from scheduler.promise.proposals import Proposals, write_searching
from scheduler.promise.rows import local_date, minute_of
from scheduler.promise.search import nearest, true_starts
from scheduler.promise.witness import is_sound_beside, release_crew, store_crews
from scheduler.reminders.announce import What, announce
from scheduler.rules.lead_times import ceil_to_grid
from scheduler.rules.policy import BookingRules
from scheduler.vocabulary import BookingState
from solver.plan import Assignment

Kept = TypeVar("Kept")

LOOKED_AHEAD: Final = timedelta(days=6)
"""How far from the day of the promise on other times are offered to somebody who is late."""

TO_CHOOSE: Final = timedelta(minutes=15)
"""For so long each time that is offered still gives the notice that is asked for."""


def report_late(
    database: Database,
    *,
    actor: Actor,
    reference: str,
    version: int | None,
    ready_at: datetime,
    start: datetime | None,
    now: datetime,
    keep: Keep[Booking, Kept],
) -> Kept:
    """Answer at once whoever says "we are late, ready at ...".

    Without `start` the crew waits if it can: the promise stays what it was, the expected start is written.
    Where it cannot, the promise stands and true times are offered; `start` takes one of them, for which no
    time of notice is asked beyond that of a new booking.

    Raises:
        UnknownBooking, StaleVersion, WrongState: see scheduler.errors.
        NotLater: ready before the planned start, or a start before the goods are ready.
        CrewCannotWait: with alternatives; nothing is written.
        NoPlace (with alternatives), and the refusals of a start.
    """
    boards = boards_of(database)

    def work(session: Session, proposals: Proposals) -> Booking:
        facts = boards.latest(session)
        booking, locked = lock_family(session, actor=actor, reference=reference, now=now, beside=start)
        require_version(booking, version)
        require_state(booking, BookingState.CONFIRMED)
        _require_later(booking, ready_at, start)
        if start is None:
            return _wait(session, boards, booking, proposals, ready_at=ready_at, actor=actor, now=now)
        return move_to(
            session,
            boards,
            booking,
            proposals=proposals,
            locked=locked,
            actor=actor,
            start=start,
            now=now,
            facts=facts,
            columns={"goods_ready_at": ready_at},
        )

    return write_searching(database, boards, keep, work)


def _require_later(booking: Booking, ready_at: datetime, start: datetime | None) -> None:
    assert booking.planned_start is not None  # noqa: S101 - a live booking has a start
    if ready_at <= booking.planned_start:
        raise errors.NotLater(field="/ready_at", planned=booking.planned_start)
    if start is not None and start < ready_at:
        raise errors.NotLater(field="/start", planned=ready_at)


def _wait(
    session: Session,
    boards: Boards,
    booking: Booking,
    proposals: Proposals,
    *,
    ready_at: datetime,
    actor: Actor,
    now: datetime,
) -> Booking:
    facts = boards.latest(session)
    rules = facts.policy(BookingRules, office=booking.office, on=booking.date)
    start = ceil_to_grid(max(ready_at, now), rules.grid_minutes)
    try:
        if local_date(start) != booking.date:
            raise errors.ClosedDay(field="/ready_at", date=booking.date.isoformat())
        with undone_if_refused(session):
            place = _place(session, boards, booking, proposals, start=start, actor=actor, now=now)
    except errors.Refusal as refusal:
        offered = _later_times(session, boards, booking, ready_at=ready_at, now=now)
        raise errors.CrewCannotWait(
            field="/ready_at", alternatives=offered, ready_at=ready_at, reason=refusal.code
        ) from None
    delay(session, booking, place, start=start, actor=actor, now=now, columns={"goods_ready_at": ready_at})
    announce(session, booking=booking, what=What.DELAYED, now=now, reference=facts)
    return booking


def _place(
    session: Session,
    boards: Boards,
    booking: Booking,
    proposals: Proposals,
    *,
    start: datetime,
    actor: Actor,
    now: datetime,
) -> Assignment:
    """Free the booking's crew and find one for the later start: its own, wherever that can wait."""
    assert booking.id is not None  # noqa: S101 - read from the database
    demand = demand_of(session, booking)
    standing = lock_day(session, boards, office=booking.office, day=booking.date, now=now)
    own = _own_crew(standing, booking, start)
    if own is None:
        found = crew_on(
            standing, demand=demand, start=start, now=now, proposals=proposals, without=(booking.id,)
        )
        make_room(session, found, actor=actor, now=now, leaving=booking)
        own = found.placed.assignment
    release_crew(session, booking.id)
    return own


def _own_crew(standing: Standing, booking: Booking, start: datetime) -> Assignment | None:
    """The crew and dock that the booking has, if they can keep the later start too."""
    assert booking.id is not None  # noqa: S101 - read from the database
    plan = standing.plan
    job = next(job for job in plan.day.jobs if job.id == booking.id)
    later = replace(job, start=minute_of(start, booking.date))
    own = plan.plan[booking.id]
    return own if is_sound_beside(plan.minus((booking.id,)).board, later, own) else None


def _later_times(
    session: Session, boards: Boards, booking: Booking, *, ready_at: datetime, now: datetime
) -> tuple[datetime, ...]:
    """The true times nearest to the moment at which the goods are ready, none of them before it."""
    first = max(local_date(ready_at), local_date(now))
    found = true_starts(
        session,
        boards,
        demand=demand_of(session, booking),
        first=first,
        last=first + LOOKED_AHEAD,
        now=now + TO_CHOOSE,
    )
    return nearest([start for start in found.starts if start >= ready_at], ready_at)


def delay(
    session: Session,
    booking: Booking,
    place: Assignment,
    *,
    start: datetime,
    actor: Actor,
    now: datetime,
    columns: Mapping[str, object] | None = None,
) -> None:
    """Write that a visit begins later than promised: the promise stays, the expected start is said.

    The booking's crew has been released.
    """
    assert booking.id is not None  # noqa: S101 - read from the database
    change_booking(
        session,
        booking,
        actor=actor,
        kind="booking_delayed",
        now=now,
        details={"from": iso(booking.planned_start), "to": iso(start)},
        planned_start=start,
        expected_start=start,
        occupied=occupied(start, booking.planned_minutes),
        dock=place.dock,
        **(columns or {}),
    )
    store_crews(session, old={}, new={booking.id: place})
