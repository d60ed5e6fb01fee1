"""Why not at this time? The rule or the promises that refuse it, and what would make it possible."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, select

from scheduler.access.actor import Actor, booking_scope
from scheduler.booking.place import NEW, judge_start
from scheduler.errors import Plain, Refusal
from scheduler.models import Booking
from scheduler.promise.boards import Boards
from scheduler.promise.reference import Reference
from scheduler.promise.rows import MINUTES_OF_DAY, instant_of, local_date, minute_of
from scheduler.promise.search import Question, candidate_of
from solver import reasons
from solver.explain import Relaxation


@dataclass(frozen=True, slots=True)
class WayOut:
    """One change that makes the time possible: another start, a promise less, one inspector more."""

    way: str
    start: datetime | None = None
    booking: int | None = None
    qualifications: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a start is refused: `reason` is None if it is not; `bookings` are the promises that hold it."""

    reason: str | None
    numbers: Mapping[str, Plain] = field(default_factory=dict)
    qualifications: tuple[str, ...] = ()
    bookings: tuple[int, ...] = ()
    ways: tuple[WayOut, ...] = ()


def explain_start(
    boards: Boards, question: Question, *, facts: Reference, start: datetime, now: datetime
) -> WhyNot:
    """Explain one start of a question about its day; no transaction is open.

    Rules of notice and opening speak first; a time that needs the office's word says so.
    """
    demand = question.demand
    try:
        waits = judge_start(facts, demand, start, now)
    except Refusal as refusal:
        return WhyNot(refusal.code, refusal.values)
    if waits is not None:
        return WhyNot(waits.value)
    (plan,), (minute,) = question.plans, question.fixed
    day = plan.stamp.date
    job = candidate_of(facts, demand, day).at(minute_of(start, day), NEW)
    fixed = MINUTES_OF_DAY if minute is None else minute  # every name is published: nobody's may change
    why, ways = boards.oracles.explain(plan, fixed, job)
    if why.reason == reasons.POSSIBLE:
        return WhyNot(None)
    return WhyNot(
        why.reason,
        why.numbers,
        why.qualifications,
        why.leaving or why.jobs,
        tuple(_way_out(way, start) for way in ways),
    )


def _way_out(found: Relaxation, start: datetime) -> WayOut:
    moved = None if found.start is None else instant_of(local_date(start), found.start)
    return WayOut(found.way.value, moved, found.job, found.qualifications)


def visible_numbers(
    session: Session, *, actor: Actor, bookings: Iterable[int], now: datetime
) -> dict[int, str]:
    """The numbers of those bookings that the actor may see."""
    rows = session.execute(
        select(col(Booking.id), col(Booking.reference)).where(
            col(Booking.id).in_(list(bookings)), booking_scope(actor, local_date(now))
        )
    ).all()
    return {number: reference for number, reference in rows if number is not None}
