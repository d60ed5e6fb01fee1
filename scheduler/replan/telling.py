"""Proposals in the words of an office: booking numbers, badges, and what each costs whom."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from scheduler.models import Booking, Inspector
from scheduler.promise.reference import Reference
from scheduler.promise.rows import instant_of
from scheduler.promise.searches import Disturbed
from scheduler.rules.policy import ReplanRules
from scheduler.vocabulary import BookingState
from solver.replan import EnterpriseLate, Proposal, Urgent


class Treatment(StrEnum):
    """What becomes of a booking whose time a proposal changes.

    A hold was promised to nobody and is given back. A small delay shortly before the start is told: the
    promise stands, its people may wait or move. Others are asked: the new time is kept for them until they
    answer, among others. Urgent goods move nobody who has not agreed.
    """

    GIVEN_BACK = "given_back"
    DELAYED = "delayed"
    ASKED = "asked"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class Move:
    """A booking that a proposal gives another time."""

    booking: str
    begins: str
    new: str
    treatment: str


@dataclass(frozen=True, slots=True)
class Placed:
    """Urgent goods that a proposal finds a time for."""

    booking: str
    start: str


@dataclass(frozen=True, slots=True)
class Rename:
    """Who leaves a booking's crew and who comes in, by badge."""

    booking: str
    leaves: str
    comes: str


@dataclass(frozen=True, slots=True)
class Told:
    """A proposal as people read it."""

    lost: list[str]
    moved: list[Move]
    placed: list[Placed]
    renamed: list[Rename]
    minutes_moved: int
    proved: bool


def treat(
    booking: Booking, start: datetime, *, now: datetime, facts: Reference, disturbed: Disturbed
) -> Treatment:
    """What becomes of a booking that is to start at another time."""
    if booking.state == BookingState.HOLD.value:
        return Treatment.GIVEN_BACK
    if any(isinstance(one, Urgent) for one in disturbed.disruptions):
        return Treatment.CONSENT
    if any(isinstance(one, EnterpriseLate) and one.job == booking.id for one in disturbed.disruptions):
        return Treatment.DELAYED  # its own people said so
    rules = facts.policy(ReplanRules, office=booking.office, on=booking.date)
    assert booking.promise_to is not None  # noqa: S101 - a live booking has a promise (named constraint)
    assert booking.planned_start is not None  # noqa: S101 - a live booking has a start
    is_near = booking.planned_start <= now + timedelta(minutes=rules.delay_within_minutes)
    latest = booking.promise_to + timedelta(minutes=rules.most_delay_minutes)
    return Treatment.DELAYED if is_near and booking.promise_to <= start <= latest else Treatment.ASKED


def tell_proposal(
    session: Session,
    disturbed: Disturbed,
    proposal: Proposal,
    *,
    day: date,
    now: datetime,
    facts: Reference,
) -> dict[str, Any]:
    """A proposal as a document of numbers and badges."""
    named = [*proposal.lost, *proposal.starts, *(one[0] for one in proposal.renamed)]
    bookings = {one.id: one for one in session.scalars(select(Booking).where(col(Booking.id).in_(named)))}
    badges = _badges(session, disturbed)
    own = {job.id: job.start for job in disturbed.disrupted().day.jobs}

    def move(job: int) -> Move:
        begins, new = (instant_of(day, minute) for minute in (own[job], proposal.starts[job]))
        how = treat(bookings[job], new, now=now, facts=facts, disturbed=disturbed)
        return Move(bookings[job].reference, begins.isoformat(), new.isoformat(), how.value)

    told = Told(
        lost=[bookings[job].reference for job in proposal.lost],
        moved=[move(job) for job in proposal.moved],
        placed=[
            Placed(bookings[job].reference, instant_of(day, start).isoformat())
            for job, start in proposal.starts.items()
            if job not in proposal.moved
        ],
        renamed=[
            Rename(bookings[job].reference, badges[out], badges[coming])
            for job, out, coming in proposal.renamed
        ],
        minutes_moved=proposal.minutes_moved,
        proved=proposal.proved,
    )
    return asdict(told)


def _badges(session: Session, disturbed: Disturbed) -> Mapping[int, str]:
    """The badge behind each duty of the day, before and after."""
    duties = {one.id: one.inspector for one in (*disturbed.day.duties, *disturbed.disrupted().day.duties)}
    asked = select(col(Inspector.id), col(Inspector.badge)).where(col(Inspector.id).in_(set(duties.values())))
    known = {row.id: row.badge for row in session.execute(asked)}
    return {duty: known[inspector] for duty, inspector in duties.items()}
