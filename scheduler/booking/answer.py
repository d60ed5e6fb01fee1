"""The office's word on a request: confirmed at the wished time or another, or refused with a reason."""

from datetime import datetime
from typing import TypeVar

from sqlmodel import Session

from scheduler import errors
from scheduler.access.actor import Actor
from scheduler.booking.book import with_alternatives
from scheduler.booking.cancel import end_booking
from scheduler.booking.orders import Why
from scheduler.booking.place import find_room, judge_start
from scheduler.booking.standing import demand_of
from scheduler.booking.write import (
    Columns,
    change_booking,
    find_booking,
    instructions_of,
    make_room,
    promised_at,
    require_state,
    require_version,
)
from scheduler.database.connection import Database, StaleDayError
from scheduler.database.idempotency import Keep
from scheduler.database.locks import lock_office_days
from scheduler.models import Booking, PriorityApplication
from scheduler.promise.boards import Boards, boards_of
from scheduler.promise.proposals import Proposals, write_searching
from scheduler.promise.reference import Reference
from scheduler.promise.rows import local_date
from scheduler.promise.witness import store_crews
from scheduler.reminders.announce import What, announce
from scheduler.rules.lead_times import ceil_to_grid
from scheduler.rules.policy import BookingRules
from scheduler.vocabulary import BookingState, InstructionState, PriorityAnswer, RequestReason
from solver.plan import Assignment

Kept = TypeVar("Kept")


def accept_request(
    database: Database,
    *,
    actor: Actor,
    reference: str,
    version: int | None,
    start: datetime | None,
    now: datetime,
    keep: Keep[Booking, Kept],
) -> Kept:
    """Confirm a request, at its wished start unless another is named, if a crew can keep it.

    Raises:
        UnknownBooking, StaleVersion, WrongState, InstructionMissing, NoPlace (with alternatives)
        and the refusals of a start: see scheduler.errors.
    """
    boards = boards_of(database)

    def work(session: Session, proposals: Proposals) -> Booking:
        facts = boards.latest(session)
        seen = find_booking(session, actor=actor, reference=reference, now=now)
        rules = facts.policy(BookingRules, office=seen.office, on=seen.date)
        begins = start or ceil_to_grid(seen.wished_from, rules.grid_minutes)
        locked = {(seen.office, seen.date), (seen.office, local_date(begins))}
        lock_office_days(session, locked)
        booking = find_booking(session, actor=actor, reference=reference, now=now, lock=True)
        if (booking.office, booking.date) not in locked:
            raise StaleDayError
        require_version(booking, version)
        require_state(booking, BookingState.REQUESTED)
        return settle_request(
            session,
            boards,
            booking,
            actor=actor,
            start=begins,
            now=now,
            facts=facts,
            proposals=proposals,
        )

    return write_searching(database, boards, keep, work)


def settle_request(
    session: Session,
    boards: Boards,
    booking: Booking,
    *,
    actor: Actor,
    start: datetime,
    now: datetime,
    facts: Reference,
    proposals: Proposals | None = None,
) -> Booking:
    """Find the crew and write the promise of a request; the caller holds the day's lock.

    Without `proposals` insertion alone decides. With them it may raise SearchNeededError.
    """
    if booking.request_reason == RequestReason.INSTRUCTION_AWAITED.value and _awaits(session, booking):
        raise errors.InstructionMissing(field="/instructions")
    demand = demand_of(session, booking).for_office()

    def work() -> Booking:
        # a rest day or an hour outside opening is what the office has just said yes to
        judge_start(facts, demand.as_green(), start, now)
        given = proposals or Proposals(closed=True)
        found = find_room(session, boards, demand=demand, start=start, now=now, proposals=given)
        make_room(session, found, actor=actor, now=now)
        accept_at(session, booking, found.placed.assignment, actor=actor, start=start, now=now)
        announce(session, booking=booking, what=What.ANSWERED, now=now, reference=facts)
        return booking

    return with_alternatives(session, work, boards=boards, demand=demand, wished=start, now=now)


def accept_at(
    session: Session,
    booking: Booking,
    assignment: Assignment,
    *,
    actor: Actor,
    start: datetime,
    now: datetime,
) -> None:
    """Write a request's promise and crew; the caller holds the day's lock and has made room."""
    granted = _grant_priority(session, booking, actor=actor, now=now)
    change_booking(
        session,
        booking,
        actor=actor,
        kind="request_accepted",
        now=now,
        state=BookingState.CONFIRMED.value,
        answer_by=None,
        answered_at=now,
        first_promise=start,
        dock=assignment.dock,
        **promised_at(start, booking.planned_minutes),
        **granted,
    )
    assert booking.id is not None  # noqa: S101 - read from the database
    store_crews(session, old={}, new={booking.id: assignment})


def refuse_request(
    session: Session,
    *,
    actor: Actor,
    reference: str,
    version: int | None,
    reason: Why,
    now: datetime,
    facts: Reference,
) -> Booking:
    """Refuse a request with a reason; a request has no crew, so no day is touched.

    Raises:
        UnknownBooking, StaleVersion, WrongState: see scheduler.errors.
    """
    booking = find_booking(session, actor=actor, reference=reference, now=now, lock=True)
    require_version(booking, version)
    require_state(booking, BookingState.REQUESTED)
    end_booking(session, booking, actor=actor, reason=reason, now=now)
    announce(session, booking=booking, what=What.ANSWERED, now=now, reference=facts)
    return booking


def _awaits(session: Session, booking: Booking) -> bool:
    return any(row.state == InstructionState.AWAITED.value for row in instructions_of(session, booking))


def _grant_priority(session: Session, booking: Booking, *, actor: Actor, now: datetime) -> Columns:
    """Accepting a time that only priority makes possible grants the priority."""
    if booking.request_reason != RequestReason.PRIORITY_DECISION.value:
        return {}
    application = session.get_one(PriorityApplication, booking.id)
    application.answer = PriorityAnswer.GRANTED.value
    application.decided_by, application.decided_at = actor.account, now
    return {"priority": application.priority, "priority_answer": PriorityAnswer.GRANTED.value}
