"""Why not at this time? The rule or the promises that refuse it, and what would make it possible."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, select

from scheduler import errors
from scheduler.access.actor import Actor, booking_scope
from scheduler.booking.elsewhere import Elsewhere, find_elsewhere
from scheduler.booking.place import NEW, judge_start
from scheduler.errors import KeptForPriority, Plain, Refusal
from scheduler.models import Booking
from scheduler.promise.boards import Boards
from scheduler.promise.rows import MINUTES_OF_DAY, instant_of, local_date, minute_of
from scheduler.promise.search import Question, candidate_of, is_kept_until
from solver import reasons
from solver.explain import Relaxation

_EVERYWHERE: Final = frozenset(
    each.code
    for each in (
        errors.OffGrid,
        errors.PastTime,
        errors.BeyondHorizon,
        errors.TooShortNotice,
        errors.CreditExcluded,
        errors.TooLateToFinish,
        errors.WindowTooLong,
    )
)
"""Rules that refuse a start at every office."""


@dataclass(frozen=True, slots=True)
class WayOut:
    """One change that makes the time possible: another start, a promise less, one inspector more.

    `booking` is the number of a promise that would have to move or go, and `start` where it would go to, if
    the reader may see it.
    """

    way: str
    start: datetime | None = None
    booking: str | None = None
    qualifications: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explained:
    """What the rules and the search say of a start, before it is known who asks."""

    reason: str | None
    numbers: Mapping[str, Plain] = field(default_factory=dict)
    qualifications: tuple[str, ...] = ()
    promises: tuple[int, ...] = ()
    relaxations: tuple[Relaxation, ...] = ()


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a start is refused, for one reader: `reason` is None if it is not.

    `bookings` counts the promises that hold what it needs; `own` are the numbers that the reader may see.
    """

    reason: str | None
    numbers: Mapping[str, Plain]
    qualifications: tuple[str, ...]
    bookings: int
    own: tuple[str, ...]
    ways: tuple[WayOut, ...]
    elsewhere: tuple[Elsewhere, ...] = ()


def explain_start(boards: Boards, question: Question, start: datetime) -> Explained:
    """Explain one start of a question about its day; no transaction is open.

    Rules of notice and opening speak first; a time that needs the office's word says so.
    """
    facts, demand = question.facts, question.demand
    try:
        waits = judge_start(facts, demand, start, question.now)
    except Refusal as refusal:
        return Explained(refusal.code, refusal.values)
    if waits is not None:
        return Explained(waits.value)
    (plan,) = question.plans
    day = plan.stamp.date
    kept = is_kept_until(facts, plan, demand, now=question.now)
    if kept is not None:
        return Explained(KeptForPriority.code, {"until": kept})
    job = candidate_of(facts, demand, day).at(minute_of(start, day), NEW)
    fixed = question.fixed_before(day)
    # where every name is published, nobody's may change
    why, ways = boards.oracles.explain(plan, MINUTES_OF_DAY if fixed is None else fixed, job)
    if why.reason == reasons.POSSIBLE:
        return Explained(None)
    return Explained(why.reason, why.numbers, why.qualifications, why.leaving or why.jobs, ways)


def show_to(
    session: Session, boards: Boards, question: Question, found: Explained, *, actor: Actor, start: datetime
) -> WhyNot:
    """What a reader is told: promises outside of the scope are counted, never named, nor is their time.

    Where crews are the reason, or the day, other offices and rest days are looked at too.
    """
    concerned = {*found.promises, *(way.job for way in found.relaxations if way.job is not None)}
    numbers = _numbers(session, actor, sorted(concerned), question.now)
    away = found.reason is not None and found.reason not in _EVERYWHERE
    return WhyNot(
        found.reason,
        found.numbers,
        found.qualifications,
        len(found.promises),
        tuple(sorted(numbers[one] for one in found.promises if one in numbers)),
        tuple(_way_out(way, numbers, start) for way in found.relaxations),
        find_elsewhere(session, boards, question, start) if away else (),
    )


def _way_out(found: Relaxation, numbers: Mapping[int, str], start: datetime) -> WayOut:
    if found.job is not None and found.job not in numbers:
        return WayOut(found.way.value, qualifications=found.qualifications)
    moved = None if found.start is None else instant_of(local_date(start), found.start)
    number = None if found.job is None else numbers[found.job]
    return WayOut(found.way.value, moved, number, found.qualifications)


def _numbers(session: Session, actor: Actor, bookings: Sequence[int], now: datetime) -> dict[int, str]:
    """The numbers of those bookings that the actor may see."""
    rows = session.execute(
        select(col(Booking.id), col(Booking.reference)).where(
            col(Booking.id).in_(bookings), booking_scope(actor, local_date(now))
        )
    ).all()
    return {number: reference for number, reference in rows if number is not None}
