"""From what was reported to the solver's question: an office day and what disturbs it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlmodel import Session, col, select

from scheduler import errors
from scheduler.access.actor import Actor
from scheduler.booking.standing import demand_of
from scheduler.booking.write import find_booking, require_state
from scheduler.models import Booking, Duty, Inspector
from scheduler.promise.boards import Boards
from scheduler.promise.office_day import OfficeDayPlan
from scheduler.promise.reference import Reference
from scheduler.promise.rows import MINUTES_OF_DAY, instant_of, local_date, minute_of
from scheduler.promise.search import candidate_of
from scheduler.promise.searches import Disturbed
from scheduler.replan.orders import InspectorAway, Occurrence, Overrunning, PartyLate, SiteShut, UrgentGoods
from scheduler.rules.lead_times import ceil_to_grid
from scheduler.rules.policy import BookingRules, ReplanRules
from scheduler.vocabulary import BookingState
from solver.replan import Absence, Disruption, EnterpriseLate, Movable, Overrun, Reach, SiteClosed, Urgent

REPORTED_AHEAD: Final = timedelta(days=14)
"""How far ahead a day may be re-planned."""


@dataclass(frozen=True, slots=True)
class OfficeDay:
    """Which day is disturbed, who says so, and when."""

    actor: Actor
    office: int
    date: date
    now: datetime
    facts: Reference

    def minute(self, instant: datetime) -> int:
        """The minute of the day, within it."""
        return min(max(minute_of(instant, self.date), 0), MINUTES_OF_DAY)


def read_case(
    session: Session, boards: Boards, where: OfficeDay, causes: Sequence[Occurrence]
) -> tuple[OfficeDayPlan, Disturbed]:
    """The day as it stands, and the question of what to do about it.

    Raises:
        PastTime, BeyondHorizon: a day that is over, or too far ahead.
        UnknownInspector, UnknownSite, UnknownBooking, WrongState, MalformedField: a cause names what is not
            there, or is not of this day; the field says which.
    """
    _require_reachable(where)
    _, (standing,) = boards.days(session, office=where.office, days=[where.date])
    found: list[Disruption] = []
    for place, cause in enumerate(causes):
        try:
            found.append(_READERS[type(cause)](session, where, cause))
        except errors.Refusal as refusal:
            refusal.field = f"/causes/{place}{refusal.field or ''}"
            raise
    # what happens from this minute on is open: the one that has begun is over
    now = min(minute_of(where.now + timedelta(minutes=1), where.date), MINUTES_OF_DAY)
    disturbed = Disturbed(
        standing.day, standing.plan, tuple(found), max(now, 0), _movable(where, standing, found)
    )
    return standing, disturbed


def _require_reachable(where: OfficeDay) -> None:
    today = local_date(where.now)
    if where.date < today:
        raise errors.PastTime(field="/date")
    if where.date > today + REPORTED_AHEAD:
        raise errors.BeyondHorizon(field="/date", days=REPORTED_AHEAD.days)


def _movable(where: OfficeDay, standing: OfficeDayPlan, found: Sequence[Disruption]) -> Movable:
    """How far promises may be proposed to move: for urgent goods no further than the policy's cap."""
    rules = where.facts.policy(ReplanRules, office=where.office, on=where.date)
    if not any(isinstance(one, Urgent) for one in found):
        return Reach(rules.earlier_minutes, rules.later_minutes)
    cap = rules.urgent_most_minutes
    return {job.id: (max(job.start - cap, 0), job.start + cap) for job in standing.day.jobs}


def _read_away(session: Session, where: OfficeDay, cause: InspectorAway) -> Disruption:
    """An inspector who is on duty here on this day, be it a guest of another office."""
    on_duty = (
        select(col(Inspector.id))
        .join(Duty, col(Duty.inspector) == col(Inspector.id))
        .where(
            col(Inspector.badge) == cause.badge,
            col(Duty.office) == where.office,
            col(Duty.date) == where.date,
        )
    )
    found = session.exec(on_duty).first()
    if found is None:
        raise errors.UnknownInspector(field="/badge", badge=cause.badge)
    until = MINUTES_OF_DAY if cause.ends is None else where.minute(cause.ends)
    return Absence(found, _on_day(where, cause.begins, "/begins"), until)


def _read_shut(_session: Session, where: OfficeDay, cause: SiteShut) -> Disruption:
    site = where.facts.site_by_code(where.office, cause.site)
    return SiteClosed(site.id, where.minute(cause.begins), _on_day(where, cause.ends, "/ends"))


def _read_urgent(session: Session, where: OfficeDay, cause: UrgentGoods) -> Disruption:
    booking = _booking_of(session, where, cause.booking, BookingState.REQUESTED, same_day=False)
    assert booking.id is not None  # noqa: S101 - read from the database
    rules = where.facts.policy(BookingRules, office=where.office, on=where.date)
    first = ceil_to_grid(max(booking.wished_from, where.now), rules.grid_minutes)
    latest = _on_day(where, cause.latest, "/latest")
    if first > cause.latest:
        raise errors.MalformedField(field="/latest", value=cause.latest.isoformat())
    candidate = candidate_of(where.facts, demand_of(session, booking), where.date)
    return Urgent(candidate.at(where.minute(max(first, instant_of(where.date, 0))), booking.id), latest)


def _read_overrun(session: Session, where: OfficeDay, cause: Overrunning) -> Disruption:
    booking = _booking_of(session, where, cause.booking, BookingState.IN_PROGRESS, same_day=True)
    assert booking.id is not None  # noqa: S101 - read from the database
    assert booking.occupied is not None  # noqa: S101 - a live booking occupies its time
    assert booking.occupied.upper is not None  # noqa: S101 - half-open and bounded
    if cause.ends <= booking.occupied.upper:
        raise errors.NotLater(field="/ends", planned=booking.occupied.upper)
    return Overrun(booking.id, _on_day(where, cause.ends, "/ends"))


def _read_late(session: Session, where: OfficeDay, cause: PartyLate) -> Disruption:
    booking = _booking_of(session, where, cause.booking, BookingState.CONFIRMED, same_day=True)
    assert booking.id is not None  # noqa: S101 - read from the database
    assert booking.planned_start is not None  # noqa: S101 - a live booking has a start
    if cause.ready_at <= booking.planned_start:
        raise errors.NotLater(field="/ready_at", planned=booking.planned_start)
    return EnterpriseLate(booking.id, _on_day(where, cause.ready_at, "/ready_at"))


_READERS: Mapping[type[Any], Callable[[Session, OfficeDay, Any], Disruption]] = {
    InspectorAway: _read_away,
    SiteShut: _read_shut,
    UrgentGoods: _read_urgent,
    Overrunning: _read_overrun,
    PartyLate: _read_late,
}


def _booking_of(
    session: Session, where: OfficeDay, number: str, state: BookingState, *, same_day: bool
) -> Booking:
    find = partial(find_booking, session, actor=where.actor, now=where.now)
    try:
        booking = find(reference=number)
    except errors.UnknownBooking as refusal:
        refusal.field = "/booking"
        raise
    if booking.office != where.office or (same_day and booking.date != where.date):
        raise errors.UnknownBooking(field="/booking", reference=number)
    require_state(booking, state)
    return booking


def _on_day(where: OfficeDay, instant: datetime, field: str) -> int:
    """The minute of an instant that has to lie on the day."""
    minute = minute_of(instant, where.date)
    if not 0 <= minute <= MINUTES_OF_DAY:
        raise errors.MalformedField(field=field, value=instant.isoformat())
    return minute
