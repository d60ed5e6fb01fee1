"""Existing appointments become promises: a day's are proved together, what finds no crew stays requested."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial

from sqlmodel import Session, col, select

from scheduler import errors
from scheduler.access.actor import SYSTEM
from scheduler.booking.admission import Admission, admit
from scheduler.booking.answers import answer_by
from scheduler.booking.expiry import expire_lapsed
from scheduler.booking.numbers import draw_numbers
from scheduler.booking.orders import Order
from scheduler.booking.write import create_booking, promised_at, record_recrewed
from scheduler.database.connection import Database
from scheduler.database.locks import lock_office_days
from scheduler.models import Booking, BookingInstruction
from scheduler.promise.boards import Boards, boards_of
from scheduler.promise.office_day import OfficeDayPlan
from scheduler.promise.reference import Reference
from scheduler.promise.rows import local_date, minute_of
from scheduler.promise.search import candidate_of
from scheduler.promise.witness import require_sound, store_crews
from scheduler.reminders.announce import What, most_texts
from scheduler.vocabulary import BookingState, RequestReason
from solver.day import Job
from solver.insert import Recrewed, place_all
from solver.plan import Assignment


@dataclass(frozen=True, slots=True)
class Appointment:
    """One existing appointment: its number in the file, and what was agreed."""

    number: int
    order: Order


@dataclass(frozen=True, slots=True)
class TakenOver:
    """What became of an appointment: promised, requested with why, known already, or refused."""

    number: int
    booking: str | None = None
    requested: str | None = None
    known: bool = False
    refusal: errors.Refusal | None = None


def take_over_appointments(
    database: Database, appointments: Sequence[Appointment], *, now: datetime
) -> list[TakenOver]:
    """Take over appointments, one local date a transaction; the same again changes nothing.

    Rules of notice and caps do not count: what was agreed was agreed. A day's appointments
    are inserted by start beside its promises; where some find no crew the day is packed anew,
    and that plan is taken if it keeps every promise and more appointments.

    Raises:
        Busy, DatabaseDown: days written so far stay.
    """
    by_day: dict[date, list[Appointment]] = {}
    for one in sorted(appointments, key=lambda one: (one.order.window[0], one.number)):
        by_day.setdefault(local_date(one.order.window[0]), []).append(one)
    boards = boards_of(database)
    outcomes: list[TakenOver] = []
    for day, batch in by_day.items():
        outcomes += database.write(partial(_take, boards=boards, day=day, batch=batch, now=now))
    return sorted(outcomes, key=lambda one: one.number)


def _take(
    session: Session, *, boards: Boards, day: date, batch: Sequence[Appointment], now: datetime
) -> list[TakenOver]:
    facts = boards.latest(session)
    outcomes: list[TakenOver] = []
    by_office: dict[int, list[tuple[Appointment, Admission]]] = {}
    for one in batch:
        judged = _judge(session, one, facts, now)
        if isinstance(judged, TakenOver):
            outcomes.append(judged)
        else:
            by_office.setdefault(judged.site.office, []).append((one, judged))
    lock_office_days(session, [(office, day) for office in by_office])
    for office, cases in sorted(by_office.items()):
        expire_lapsed(session, office=office, day=day, now=now)
        _, (standing,) = boards.days(session, office=office, days=[day])
        outcomes += _write_office(session, standing, cases, facts, now)
    return outcomes


def _judge(session: Session, one: Appointment, facts: Reference, now: datetime) -> Admission | TakenOver:
    try:
        admission = admit(session, actor=SYSTEM, order=one.order, now=now, reference=facts)
        known = _known(session, admission, one.order.window[0])
        if known is not None:
            return TakenOver(one.number, booking=known, known=True)
        if one.order.window[0] <= now:
            raise errors.PastTime(field="/start")
    except errors.Unavailable:
        raise
    except errors.Refusal as refusal:
        return TakenOver(one.number, refusal=refusal)
    return admission


def _known(session: Session, admission: Admission, start: datetime) -> str | None:
    """The number of the booking that is this appointment already.

    Raises:
        InstructionTaken: an instruction is booked for another time.
    """
    ids = [instruction.id for instruction in admission.instructions]
    booking = session.exec(
        select(Booking)
        .join(BookingInstruction, col(BookingInstruction.booking) == col(Booking.id))
        .where(col(BookingInstruction.instruction).in_(ids), col(BookingInstruction.takes))
    ).first()
    if booking is None:
        return None
    if start not in {booking.planned_start, booking.wished_from}:
        raise errors.InstructionTaken(field="/instructions")
    return booking.reference


def _write_office(
    session: Session,
    standing: OfficeDayPlan,
    cases: Sequence[tuple[Appointment, Admission]],
    facts: Reference,
    now: datetime,
) -> list[TakenOver]:
    """Prove an office's appointments of the day together and write what came of it."""
    jobs = {-k: _job(facts, standing, one, admission, -k) for k, (one, admission) in enumerate(cases, 1)}
    result = _prove(standing, list(jobs.values()))
    failed = dict(result.failed)
    problem = replace(
        standing.day,
        jobs=(*standing.day.jobs, *(job for number, job in jobs.items() if number not in failed)),
    )
    require_sound(problem, result.plan, previous=standing.plan)
    placed = {job: row for job, row in result.plan.items() if job < 0}
    kept = {job: row for job, row in result.plan.items() if job > 0}
    outcomes, written = [], {}
    for k, (one, admission) in enumerate(cases, 1):
        booking = _write(session, one, admission, facts=facts, now=now, row=placed.get(-k))
        assert booking.id is not None  # noqa: S101 - flushed
        if -k in placed:
            written[booking.id] = placed[-k]
        why = failed.get(-k)
        requested = None if why is None else why.reason
        outcomes.append(TakenOver(one.number, booking=booking.reference, requested=requested))
    store_crews(session, old=standing.plan, new={**kept, **written})
    changed = [job for job, row in kept.items() if standing.plan.get(job) != row]
    record_recrewed(session, changed, actor=SYSTEM, now=now, why="cut-over")
    return outcomes


def _job(
    facts: Reference, standing: OfficeDayPlan, one: Appointment, admission: Admission, number: int
) -> Job:
    day = standing.stamp.date
    return candidate_of(facts, admission.demand, day).at(minute_of(one.order.window[0], day), number)


def _prove(standing: OfficeDayPlan, jobs: Sequence[Job]) -> Recrewed:
    """Insert beside the promises; where some fail, pack the day anew and take what is better."""
    beside = place_all(standing.day, jobs, plan=standing.plan)
    if not beside.failed:
        return beside
    fixed = {job.id: standing.plan[job.id] for job in standing.day.jobs if job.frozen}
    movable = [job for job in standing.day.jobs if not job.frozen]
    scarce_first = sorted([*movable, *jobs], key=lambda job: -sum(len(seat) for seat in job.seats))
    anew = place_all(standing.day, scarce_first, plan=fixed)
    keeps_all = all(job < 0 for job, _ in anew.failed)
    return anew if keeps_all and len(anew.failed) < len(beside.failed) else beside


def _write(
    session: Session,
    one: Appointment,
    admission: Admission,
    *,
    facts: Reference,
    now: datetime,
    row: Assignment | None,
) -> Booking:
    start = one.order.window[0]
    columns: dict[str, object] = {
        "attendee": one.order.attendee,
        "wished_from": start,
        "wished_to": start,
        "date": local_date(start),
    }
    if row is None:
        state, what = BookingState.REQUESTED, What.REQUESTED
        reason = RequestReason.CUT_OVER
        columns["request_reason"] = reason.value
        columns["answer_by"] = answer_by(
            facts, office=admission.site.office, reason=reason, wished=start, now=now
        )
    else:
        state, what = BookingState.CONFIRMED, What.CONFIRMED
        columns |= {"first_promise": start, "answered_at": now, "dock": row.dock}
        columns |= promised_at(start, admission.demand.minutes)
    return create_booking(
        session,
        actor=SYSTEM,
        admission=admission,
        state=state,
        now=now,
        reference=facts,
        numbers=draw_numbers(session, texts=most_texts(len(admission.recipients))),
        columns=columns,
        what=what,
    )
