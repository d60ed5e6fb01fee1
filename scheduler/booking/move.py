"""Move a booking to another time, or hold one for it: the number stays, the version steps."""

from datetime import datetime, timedelta
from typing import TypeVar

from sqlmodel import Session, col, select

from scheduler import errors
from scheduler.access.actor import Actor
from scheduler.booking.book import with_alternatives
from scheduler.booking.confirm import release_hold
from scheduler.booking.numbers import new_number
from scheduler.booking.place import find_place, judge_start
from scheduler.booking.standing import demand_of
from scheduler.booking.write import (
    change_booking,
    find_booking,
    iso,
    promised_at,
    record,
    require_state,
    require_version,
)
from scheduler.database.connection import Database
from scheduler.database.idempotency import Keep
from scheduler.database.locks import lock_office_days
from scheduler.models import Booking
from scheduler.promise.boards import Boards, boards_of
from scheduler.promise.reference import Reference
from scheduler.promise.rows import local_date
from scheduler.promise.witness import release_crew, store_crews
from scheduler.reminders.announce import What, announce
from scheduler.rules.policy import BookingRules
from scheduler.vocabulary import BookingState, Role
from solver.plan import Assignment

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

    def work(session: Session) -> Booking:
        facts = boards.latest(session)
        seen = find_booking(session, actor=actor, reference=reference, now=now)
        holds = _holds_for(session, seen)
        touched = {(one.office, one.date) for one in (seen, *holds)} | {(seen.office, local_date(start))}
        lock_office_days(session, touched)
        booking = find_booking(session, actor=actor, reference=reference, now=now, lock=True)
        require_version(booking, version)
        require_state(booking, *_MOVABLE)
        require_movable(booking, actor=actor, now=now, facts=facts)
        assignment = _assign(session, boards, booking, start=start, now=now, facts=facts)
        for hold in holds:
            release_hold(session, hold, actor=actor, now=now, why="another time was taken")
        _write_move(session, booking, assignment, actor=actor, start=start, now=now)
        announce(session, booking=booking, what=What.CHANGED, now=now, reference=facts)
        return booking

    return database.write(lambda session: keep(session, work))


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

    def work(session: Session) -> Booking:
        facts = boards.latest(session)
        booking = find_booking(session, actor=actor, reference=reference, now=now)
        require_version(booking, version)
        require_state(booking, *_MOVABLE)
        require_movable(booking, actor=actor, now=now, facts=facts)
        assignment = _assign(session, boards, booking, start=start, now=now, facts=facts, beside=True)
        rules = facts.policy(BookingRules, office=booking.office, on=local_date(start))
        return write_hold(
            session,
            booking,
            assignment,
            actor=actor,
            start=start,
            expires_at=now + timedelta(minutes=rules.hold_minutes),
            now=now,
        )

    return database.write(lambda session: keep(session, work))


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
    """Write a held time that replaces a booking's: a row of its own until it is confirmed."""
    facts = booking.model_dump(
        include={
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
    )
    held = Booking(
        **facts,
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


def _holds_for(session: Session, booking: Booking) -> list[Booking]:
    return list(
        session.exec(
            select(Booking).where(
                col(Booking.replaces) == booking.id, col(Booking.state) == BookingState.HOLD.value
            )
        ).all()
    )


def _assign(
    session: Session,
    boards: Boards,
    booking: Booking,
    *,
    start: datetime,
    now: datetime,
    facts: Reference,
    beside: bool = False,
) -> Assignment:
    """A place for the booking at a start; `beside`: while it also keeps the one it has."""
    demand = demand_of(session, booking)
    assert booking.id is not None  # noqa: S101 - read from the database
    gives_up = () if beside or booking.date != local_date(start) else (booking.id,)
    found: list[Assignment] = []

    def work() -> Booking:
        reason = judge_start(facts, demand, start, now)
        if reason is not None:
            raise errors.NeedsOfficeWord(field="/start", reason=reason.value)
        found.append(find_place(session, boards, demand=demand, start=start, now=now, without=gives_up))
        return booking

    with_alternatives(session, work, boards=boards, demand=demand, wished=start, now=now)
    return found[0]


def _write_move(
    session: Session,
    booking: Booking,
    assignment: Assignment,
    *,
    actor: Actor,
    start: datetime,
    now: datetime,
) -> None:
    assert booking.id is not None  # noqa: S101 - read from the database
    release_crew(session, booking.id)
    change_booking(
        session,
        booking,
        actor=actor,
        kind="booking_moved",
        now=now,
        details={"from": iso(booking.planned_start), "to": iso(start)},
        state=BookingState.CONFIRMED.value,
        answer_by=None,
        dock=assignment.dock,
        first_promise=booking.first_promise or start,
        **promised_at(start, booking.planned_minutes),
    )
    store_crews(session, old={}, new={booking.id: assignment})
