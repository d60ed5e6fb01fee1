"""Move a booking to another time, or hold one for it: the number stays, the version steps."""

from datetime import datetime, timedelta
from typing import TypeVar

from sqlmodel import Session

from scheduler import errors
from scheduler.access.actor import Actor
from scheduler.booking.book import with_alternatives
from scheduler.booking.confirm import give_time
from scheduler.booking.holds import OfficeDays, lock_family, release_holds, write_hold
from scheduler.booking.place import find_room, judge_start
from scheduler.booking.standing import demand_of
from scheduler.booking.write import Columns, find_booking, make_room, require_state, require_version
from scheduler.database.connection import Database, undone_if_refused
from scheduler.database.idempotency import Keep
from scheduler.models import Booking
from scheduler.promise.boards import Boards, boards_of
from scheduler.promise.proposals import Found, Proposals, write_searching
from scheduler.promise.reference import Reference
from scheduler.promise.rows import local_date
from scheduler.reminders.announce import What, announce
from scheduler.rules.policy import BookingRules
from scheduler.vocabulary import BookingState, Role

Kept = TypeVar("Kept")

_MOVABLE = (BookingState.CONFIRMED, BookingState.DISPLACED)


def move(
    database: Database,
    *,
    actor: Actor,
    reference: str,
    version: int | None,
    start: datetime,
    now: datetime,
    keep: Keep[Booking, Kept],
) -> Kept:
    """Give a booking another true time in one step; refused, the old promise stands.

    Raises:
        UnknownBooking, StaleVersion, WrongState, TooLateToChange, NoPlace (with alternatives),
        and the refusals of a start: see scheduler.errors.
    """
    boards = boards_of(database)

    def work(session: Session, proposals: Proposals) -> Booking:
        facts = boards.latest(session)
        booking, locked = lock_family(session, actor=actor, reference=reference, now=now, beside=start)
        require_version(booking, version)
        require_state(booking, *_MOVABLE)
        require_movable(booking, actor=actor, now=now, facts=facts)
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
        )

    return write_searching(database, boards, keep, work)


def move_to(
    session: Session,
    boards: Boards,
    booking: Booking,
    *,
    proposals: Proposals,
    locked: OfficeDays,
    actor: Actor,
    start: datetime,
    now: datetime,
    facts: Reference,
    columns: Columns | None = None,
) -> Booking:
    """Give a booking another true time; the caller holds the locks of its family and of the time's day.

    Raises:
        SearchNeededError, NoPlace (with alternatives), and the refusals of a start: see scheduler.errors.
    """
    found = _assign(session, boards, booking, proposals, start=start, now=now, facts=facts)
    make_room(session, found, actor=actor, now=now, leaving=booking)
    release_holds(session, booking, locked=locked, actor=actor, now=now, why="another time was taken")
    place = found.placed.assignment
    give_time(session, booking, place, actor=actor, start=start, now=now, columns=columns)
    announce(session, booking=booking, what=What.CHANGED, now=now, reference=facts)
    return booking


def hold_move(
    database: Database,
    *,
    actor: Actor,
    reference: str,
    version: int | None,
    start: datetime,
    now: datetime,
    keep: Keep[Booking, Kept],
) -> Kept:
    """Hold another time for a booking while its people look at it; `confirm` swaps the two.

    Raises:
        As `move`.
    """
    boards = boards_of(database)

    def work(session: Session, proposals: Proposals) -> Booking:
        facts = boards.latest(session)
        booking = find_booking(session, actor=actor, reference=reference, now=now)
        require_version(booking, version)
        require_state(booking, *_MOVABLE)
        require_movable(booking, actor=actor, now=now, facts=facts)
        found = _assign(session, boards, booking, proposals, start=start, now=now, facts=facts, beside=True)
        make_room(session, found, actor=actor, now=now)
        rules = facts.policy(BookingRules, office=booking.office, on=local_date(start))
        return write_hold(
            session,
            booking,
            found.placed.assignment,
            actor=actor,
            start=start,
            expires_at=now + timedelta(minutes=rules.hold_minutes),
            now=now,
        )

    return write_searching(database, boards, keep, work)


def require_movable(booking: Booking, *, actor: Actor, now: datetime, facts: Reference) -> None:
    """Refuse a change of time by the enterprise shortly before the start.

    Raises:
        TooLateToChange: with until when it could be changed.
    """
    if booking.state != BookingState.CONFIRMED.value or booking.planned_start is None:
        return
    rules = facts.policy(BookingRules, office=booking.office, on=booking.date)
    until = booking.planned_start - timedelta(minutes=rules.move_cut_off_minutes)
    if now > until and actor.role is not Role.OFFICE_MANAGER:
        raise errors.TooLateToChange(field="/start", until=until)


def _assign(
    session: Session,
    boards: Boards,
    booking: Booking,
    proposals: Proposals,
    *,
    start: datetime,
    now: datetime,
    facts: Reference,
    beside: bool = False,
) -> Found:
    """A place for the booking at a start; `beside`: while it also keeps the one it has."""
    demand = demand_of(session, booking)
    assert booking.id is not None  # noqa: S101 - read from the database
    gives_up = () if beside or booking.date != local_date(start) else (booking.id,)
    found: list[Found] = []

    def work() -> Booking:
        reason = judge_start(facts, demand, start, now)
        if reason is not None:
            raise errors.NeedsOfficeWord(field="/start", reason=reason.value)
        with undone_if_refused(session):  # and the day's lock given up
            found.append(
                find_room(
                    session,
                    boards,
                    demand=demand,
                    start=start,
                    now=now,
                    proposals=proposals,
                    without=gives_up,
                )
            )
        return booking

    with_alternatives(session, work, boards=boards, demand=demand, wished=start, now=now)
    return found[0]
