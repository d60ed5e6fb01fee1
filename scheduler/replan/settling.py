"""What a chosen proposal does to bookings: new names, later starts, times that are asked for, places."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, select

from scheduler import errors
from scheduler.access.actor import Actor
from scheduler.booking.answer import accept_at
from scheduler.booking.confirm import give_time
from scheduler.booking.displace import offer_times, take_back
from scheduler.booking.holds import release_hold, write_hold
from scheduler.booking.late import delay
from scheduler.booking.write import change_booking, iso, occupied, record_recrewed
from scheduler.models import Booking, PriorityHarm
from scheduler.promise.boards import Boards
from scheduler.promise.reference import Reference
from scheduler.promise.rows import instant_of
from scheduler.promise.searches import Disturbed
from scheduler.promise.witness import store_crews
from scheduler.reminders.announce import What, announce
from scheduler.replan.fitting import Fitted
from scheduler.replan.telling import Treatment, treat
from scheduler.vocabulary import BookingState, HarmKind
from solver.plan import Assignment
from solver.replan import Overrun, Urgent

WHY: Final = "disruption"


@dataclass(frozen=True, slots=True)
class Settling:
    """One proposal that is being applied: by whom, when, who agreed to what (by booking number)."""

    session: Session
    boards: Boards
    actor: Actor
    now: datetime
    facts: Reference
    disturbed: Disturbed
    fitted: Fitted
    consents: Mapping[str, str]
    numbers: Mapping[int, int]
    bookings: Mapping[int, Booking]
    asked: list[tuple[Booking, list[datetime]]] = field(default_factory=list)

    def start_of(self, job: int) -> datetime:
        """The instant of a new start."""
        return instant_of(self.fitted.before.date, self.fitted.starts[job])

    def place_of(self, job: int) -> Assignment:
        """The new crew and dock of a job, by the numbers of rows."""
        row = self.fitted.rows[job]
        return replace(row, crew=tuple(self.numbers[duty] for duty in row.crew))

    def treatment_of(self, job: int) -> Treatment:
        """What becomes of a booking whose start changes."""
        return treat(
            self.bookings[job],
            self.start_of(job),
            now=self.now,
            facts=self.facts,
            disturbed=self.disturbed,
        )


def read_bookings(session: Session, fitted: Fitted) -> dict[int, Booking]:
    """The bookings that a proposal touches, locked, as they are now."""
    touched = sorted({*fitted.rows, *fitted.starts, *fitted.lost})
    rows = session.exec(
        select(Booking)
        .where(col(Booking.id).in_(touched))
        .order_by(col(Booking.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in rows if row.id is not None}


def require_consents(settling: Settling) -> None:
    """Refuse urgent goods that move promises whose people were not asked.

    Raises:
        ConsentMissing: with the numbers.
    """
    missing = sorted(
        settling.bookings[job].reference
        for job in settling.fitted.starts
        if job not in _urgent(settling)
        and settling.treatment_of(job) is Treatment.CONSENT
        and settling.bookings[job].reference not in settling.consents
    )
    if missing:
        raise errors.ConsentMissing(field="/consents", bookings=missing)


def settle(settling: Settling) -> None:
    """Write what the proposal says; places of all that it touches are free, duties are as they will be."""
    urgent = _urgent(settling)
    moved = [job for job in sorted(settling.fitted.starts) if job not in urgent]
    _keep_time(settling, [job for job in sorted(settling.fitted.rows) if job not in settling.fitted.starts])
    for job in moved:
        _move(settling, job)
    placed = sorted(urgent & settling.fitted.starts.keys())
    for job in placed:
        _place_urgent(settling, job)
    if placed:
        _record_harm(settling, placed[0], moved)
    for job in settling.fitted.lost:
        if job not in urgent:
            _lose(settling, settling.bookings[job])
    for booking, offers in settling.asked:
        offer_times(
            settling.session,
            settling.boards,
            booking,
            offers,
            actor=settling.actor,
            now=settling.now,
            facts=settling.facts,
        )


def _urgent(settling: Settling) -> set[int]:
    return {one.job.id for one in settling.disturbed.disruptions if isinstance(one, Urgent)}


def _keep_time(settling: Settling, jobs: list[int]) -> None:
    """Store the crews of bookings that keep their start; a visit that runs longer gets its later end."""
    session, ends = settling.session, {}
    for one in settling.disturbed.disruptions:
        if isinstance(one, Overrun):
            ends[one.job] = one.end
    for job in jobs:
        booking = settling.bookings[job]
        if job in ends and booking.planned_start is not None:
            start = next(one.start for one in settling.fitted.before.jobs if one.id == job)
            change_booking(
                session,
                booking,
                actor=settling.actor,
                kind="visit_prolonged",
                now=settling.now,
                details={"ends": iso(instant_of(settling.fitted.before.date, ends[job]))},
                running_minutes=ends[job] - start,
                occupied=occupied(booking.planned_start, ends[job] - start),
            )
    store_crews(session, old={}, new={job: settling.place_of(job) for job in jobs})
    recrewed = [job for job in jobs if job not in ends]
    record_recrewed(session, recrewed, actor=settling.actor, now=settling.now, why=WHY)


def _move(settling: Settling, job: int) -> None:
    booking, start, place = settling.bookings[job], settling.start_of(job), settling.place_of(job)
    treatment = settling.treatment_of(job)
    agreed = settling.consents.get(booking.reference)
    if treatment is Treatment.GIVEN_BACK:
        _give_back(settling, booking)
    elif agreed is not None:
        give_time(
            settling.session,
            booking,
            place,
            actor=settling.actor,
            start=start,
            now=settling.now,
            details={"consent": agreed},
        )
        _tell(settling, booking, What.CHANGED)
    elif treatment is Treatment.DELAYED:
        delay(settling.session, booking, place, start=start, actor=settling.actor, now=settling.now)
        _tell(settling, booking, What.DELAYED)
    else:
        _ask(settling, booking, start, place)


def _ask(settling: Settling, booking: Booking, start: datetime, place: Assignment) -> None:
    """Keep the proposed time for a booking whose promise cannot be kept, until its people answer."""
    _take_back(settling, booking)
    assert booking.answer_by is not None  # noqa: S101 - displaced
    write_hold(
        settling.session,
        booking,
        place,
        actor=settling.actor,
        start=start,
        expires_at=min(booking.answer_by, start),
        now=settling.now,
    )
    settling.asked.append((booking, [start]))


def _lose(settling: Settling, booking: Booking) -> None:
    if booking.state == BookingState.HOLD.value:
        _give_back(settling, booking)
        return
    _take_back(settling, booking)
    settling.asked.append((booking, []))


def _take_back(settling: Settling, booking: Booking) -> None:
    take_back(
        settling.session,
        booking,
        actor=settling.actor,
        why={"why": WHY},
        now=settling.now,
        facts=settling.facts,
    )


def _give_back(settling: Settling, booking: Booking) -> None:
    release_hold(settling.session, booking, actor=settling.actor, now=settling.now, why=WHY)


def _place_urgent(settling: Settling, job: int) -> None:
    """Accept urgent goods at the time found."""
    booking, start = settling.bookings[job], settling.start_of(job)
    accept_at(
        settling.session, booking, settling.place_of(job), actor=settling.actor, start=start, now=settling.now
    )
    _tell(settling, booking, What.ANSWERED)


def _record_harm(settling: Settling, favoured: int, moved: list[int]) -> None:
    """Write down once what urgent goods cost others: of several that come together, for the first."""
    booking = settling.bookings[favoured]
    starts = {one.id: one.start for one in settling.fitted.before.jobs}
    for other in moved:
        harmed = settling.bookings[other]
        if harmed.reference in settling.consents:
            settling.session.add(
                PriorityHarm(
                    office=booking.office,
                    date=booking.date,
                    kind=HarmKind.MOVED.value,
                    favoured=favoured,
                    booking=other,
                    minutes=settling.fitted.starts[other] - starts[other],
                    consented_by=settling.consents[harmed.reference],
                    decided_by=settling.actor.account,
                    decided_at=settling.now,
                )
            )


def _tell(settling: Settling, booking: Booking, what: What) -> None:
    announce(settling.session, booking=booking, what=what, now=settling.now, reference=settling.facts)
