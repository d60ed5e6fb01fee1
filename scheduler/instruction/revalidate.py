"""A booking whose instruction changed: kept if it still fits, else ended or displaced, never in silence."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from scheduler import errors
from scheduler.access.actor import Actor
from scheduler.booking.admission import minutes_for, require_fit
from scheduler.booking.answer import settle_request
from scheduler.booking.cancel import end_booking
from scheduler.booking.displace import OFFERED_WITHIN, displace_booking
from scheduler.booking.holds import release_hold, release_holds
from scheduler.booking.instructed import InstructionFacts
from scheduler.booking.place import find_place
from scheduler.booking.standing import demand_of
from scheduler.booking.write import Columns, change_booking, instructions_of, occupied
from scheduler.database.connection import StaleDayError
from scheduler.models import Booking, Instruction
from scheduler.promise.boards import Boards
from scheduler.promise.reference import Reference
from scheduler.promise.rows import local_date
from scheduler.promise.search import Demand
from scheduler.promise.witness import release_crew, store_crews
from scheduler.reminders.announce import What, announce
from scheduler.vocabulary import BookingState, InstructionState, RequestReason

_PROMISED = {BookingState.HOLD.value, BookingState.CONFIRMED.value}


@dataclass(frozen=True, slots=True)
class Revalidating:
    """What every step needs; the days of `days_of` are locked."""

    session: Session
    boards: Boards
    facts: Reference
    actor: Actor
    now: datetime


def days_of(booking: Booking, office: int, now: datetime) -> set[tuple[int, date]]:
    """The office days that re-validating may touch: the booking's, and those that may be offered."""
    first = min(booking.date, local_date(now))
    reach = (max(booking.date, local_date(now)) - first).days + OFFERED_WITHIN.days
    return {(one, first + timedelta(days=k)) for one in {booking.office, office} for k in range(reach + 1)}


def revalidate(case: Revalidating, booking: Booking) -> str:
    """Hold the booking against its instructions as they are now; its days are locked by what it was.

    Returns what became of it: kept, changed, confirmed, displaced or cancelled.

    Raises:
        StaleDayError: it was moved before its days were locked; run again.
    """
    session, stood = case.session, (booking.office, booking.date)
    booking = session.exec(
        select(Booking)
        .where(col(Booking.id) == booking.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if (booking.office, booking.date) != stood:
        raise StaleDayError
    rows = [row for row in instructions_of(session, booking) if row.state != InstructionState.WITHDRAWN.value]
    if not rows:
        return _end(case, booking)
    if booking.state == BookingState.REQUESTED.value:
        return _answer(case, booking, rows)
    if booking.state not in _PROMISED:
        return "kept"
    return _refit(case, booking, rows)


def _end(case: Revalidating, booking: Booking) -> str:
    if booking.state == BookingState.IN_PROGRESS.value:
        return "kept"
    days = days_of(booking, booking.office, case.now)
    release_holds(
        case.session, booking, locked=days, actor=case.actor, now=case.now, why="instruction withdrawn"
    )
    end_booking(case.session, booking, actor=case.actor, reason="instruction withdrawn", now=case.now)
    announce(case.session, booking=booking, what=What.CANCELLED, now=case.now, reference=case.facts)
    return "cancelled"


def _answer(case: Revalidating, booking: Booking, rows: list[Instruction]) -> str:
    """A request that waited for its instruction is confirmed at its wished time if that is true."""
    awaited = booking.request_reason == RequestReason.INSTRUCTION_AWAITED.value
    if not awaited or any(row.state == InstructionState.AWAITED.value for row in rows):
        return "kept"
    try:
        with case.session.begin_nested():
            _take_facts(case, booking, rows)
            settle_request(
                case.session,
                case.boards,
                booking,
                actor=case.actor,
                start=booking.wished_from,
                now=case.now,
                facts=case.facts,
            )
    except errors.Refusal:
        case.session.refresh(booking)
        return "kept"
    return "confirmed"


def _refit(case: Revalidating, booking: Booking, rows: list[Instruction]) -> str:
    wanted = _facts(case, booking, rows)
    if all(getattr(booking, name) == value for name, value in wanted.items()):
        return "kept"
    start = booking.planned_start
    assert start is not None  # noqa: S101 - a live booking has a promise
    assert booking.id is not None  # noqa: S101 - read from the database
    session = case.session
    try:
        with session.begin_nested():
            _require_still_fit(case, rows)
            assignment = find_place(
                session,
                case.boards,
                demand=_demand(session, booking, wanted),
                start=start,
                now=case.now,
                without=(booking.id,),
            )
            release_crew(session, booking.id)
            change_booking(
                session,
                booking,
                actor=case.actor,
                kind="booking_refitted",
                now=case.now,
                details={"why": "instruction changed"},
                dock=assignment.dock,
                occupied=occupied(start, wanted["planned_minutes"]),
                **wanted,
            )
            store_crews(session, old={}, new={booking.id: assignment})
    except errors.Refusal as refusal:
        session.refresh(booking)
        return _displace(case, booking, wanted, refusal)
    if booking.state == BookingState.CONFIRMED.value:
        announce(session, booking=booking, what=What.CHANGED, now=case.now, reference=case.facts)
    return "changed"


def _demand(session: Session, booking: Booking, wanted: Columns) -> Demand:
    """What the booking needs of its day with its new facts."""
    finish_by = wanted.get("must_finish_by", booking.must_finish_by)
    return replace(
        demand_of(session, booking),
        office=wanted["office"],
        site=wanted["site"],
        type=wanted["type"],
        minutes=wanted["planned_minutes"],
        must_finish_by=finish_by,
    )


def _displace(case: Revalidating, booking: Booking, wanted: Columns, refusal: errors.Refusal) -> str:
    if booking.state == BookingState.HOLD.value:
        release_hold(case.session, booking, actor=case.actor, now=case.now, why="instruction changed")
        return "cancelled"
    for name, value in wanted.items():
        setattr(booking, name, value)
    booking.occupied = (
        None if booking.planned_start is None else occupied(booking.planned_start, booking.planned_minutes)
    )
    with case.session.no_autoflush:
        displace_booking(
            case.session,
            case.boards,
            booking,
            actor=case.actor,
            why={"why": "instruction changed", "reason": refusal.code},
            now=case.now,
            facts=case.facts,
        )
    return "displaced"


def _require_still_fit(case: Revalidating, rows: list[Instruction]) -> None:
    alike = {(row.represented, row.office, row.type, row.site) for row in rows}
    if len(alike) != 1:
        raise errors.InstructionsDiffer(field="/instructions")
    first = rows[0]
    assert first.type is not None  # noqa: S101 - complete when it is no longer awaited
    assert first.site is not None  # noqa: S101 - complete when it is no longer awaited
    require_fit(
        [InstructionFacts.of(row) for row in rows], case.facts.types[first.type], case.facts.sites[first.site]
    )


def _take_facts(case: Revalidating, booking: Booking, rows: list[Instruction]) -> None:
    _require_still_fit(case, rows)
    wanted = _facts(case, booking, rows)
    if any(getattr(booking, name) != value for name, value in wanted.items()):
        change_booking(
            case.session,
            booking,
            actor=case.actor,
            kind="booking_refitted",
            now=case.now,
            details={"why": "instruction arrived"},
            **wanted,
        )


def _facts(case: Revalidating, booking: Booking, rows: list[Instruction]) -> Columns:
    """The columns that follow from the instructions."""
    first = rows[0]
    assert first.type is not None  # noqa: S101 - complete when it is no longer awaited
    deadlines = [(row.must_finish_by, row.must_finish_kind) for row in rows if row.must_finish_by is not None]
    by, kind = min(deadlines, key=lambda pair: pair[0]) if deadlines else (None, None)
    facts: dict[str, Any] = {  # columns of booking
        "office": first.office,
        "site": first.site,
        "type": first.type,
        "enterprise": first.represented,
        "planned_minutes": minutes_for(
            [InstructionFacts.of(row) for row in rows], case.facts.types[first.type]
        ),
    }
    if by is not None:
        # what the party itself asked for stays; the instruction can only make it earlier
        earlier = booking.must_finish_by is None or by < booking.must_finish_by
        facts |= {"must_finish_by": by, "must_finish_kind": kind} if earlier else {}
    return facts
