"""The heart of a promise: under the day's lock, is there a crew, and which?"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import NoReturn

from sqlmodel import Session

from scheduler import errors
from scheduler.booking.expiry import expire_lapsed
from scheduler.database.locks import lock_office_days
from scheduler.promise.boards import Boards
from scheduler.promise.reference import Reference
from scheduler.promise.rows import local_date, minute_of
from scheduler.promise.search import Demand, candidate_of
from scheduler.promise.witness import require_sound
from scheduler.rules.lead_times import earliest_start, require_notice
from scheduler.rules.policy import BookingRules
from scheduler.vocabulary import WORKDAY_KINDS, RequestReason
from solver import reasons
from solver.insert import NoPlace, insert, prepare
from solver.plan import Assignment

NEW = 0
"""The id that a job has in the solver before its row has one."""

_REFUSALS: dict[str, type[errors.Refusal]] = {
    reasons.TOO_LATE_TO_FINISH: errors.TooLateToFinish,
    reasons.NO_QUALIFIED_INSPECTOR: errors.UnqualifiedDay,
    reasons.OFFICE_CLOSED: errors.ClosedDay,
    reasons.SITE_CLOSED: errors.ClosedDay,
    reasons.OUTSIDE_OPENING: errors.ClosedDay,
    reasons.OFF_GRID: errors.OffGrid,
}


def find_place(
    session: Session,
    boards: Boards,
    *,
    demand: Demand,
    start: datetime,
    now: datetime,
    without: Collection[int] = (),
) -> Assignment:
    """The crew and dock for a start, all other promises of the day kept as they are.

    Takes the day's lock (the caller may hold it already) and expires its lapsed holds.
    `without` are bookings of that day that give up their crews in the same transaction.

    Raises:
        NoPlace, TooLateToFinish, UnqualifiedDay, ClosedDay, OffGrid: why there is none.
    """
    day = local_date(start)
    lock_office_days(session, [(demand.office, day)])
    expire_lapsed(session, office=demand.office, day=day, now=now)
    reference, (standing,) = boards.days(session, office=demand.office, days=[day])
    problem, plan = standing.day, standing.plan
    if without:
        problem = replace(problem, jobs=tuple(job for job in problem.jobs if job.id not in without))
        plan = {job: row for job, row in plan.items() if job not in without}
    board = prepare(problem, plan) if without else standing.board
    job = candidate_of(reference, demand, day).at(minute_of(start, day), NEW)
    found = insert(board, job)
    if isinstance(found, NoPlace):
        _refuse(found)
    require_sound(replace(problem, jobs=(*problem.jobs, job)), {**plan, NEW: found}, previous=plan)
    return found


def _refuse(why: NoPlace) -> NoReturn:
    refusal = _REFUSALS.get(why.reason, errors.NoPlace)
    raise refusal(
        field="/start", reason=why.reason, qualifications=list(why.qualifications), numbers=dict(why.numbers)
    )


def judge_start(reference: Reference, demand: Demand, start: datetime, now: datetime) -> RequestReason | None:
    """Refuse a start that no crew could save; say when it needs the office's word.

    Raises:
        OffGrid, PastTime, BeyondHorizon, SiteNotOpenYet, ClosedDay, CreditExcluded,
        TooShortNotice, TooLateToFinish: see scheduler.errors.
    """
    day = local_date(start)
    rules = reference.policy(BookingRules, office=demand.office, on=day)
    _require_reachable(reference, demand, start, now, rules)
    minute = minute_of(start, day)
    _require_finish(demand, start)
    kind = reference.kind_of(day)
    if kind not in WORKDAY_KINDS:
        # who may come at all; by when it must be asked is the answer's deadline
        earliest_start(
            now=now,
            credit=demand.credit,
            day_kind=kind,
            out_of_hours=True,
            green=False,
            rules=rules,
            field="/start",
        )
        return RequestReason.REST_DAY
    opening = reference.opening(demand.office, day)
    if opening is None:
        raise errors.ClosedDay(field="/start", date=day.isoformat())
    beyond = minute < opening[0] or minute + demand.minutes > opening[1]
    require_notice(
        start,
        now=now,
        credit=demand.credit,
        day_kind=kind,
        out_of_hours=beyond,
        green=demand.green,
        rules=rules,
        field="/start",
    )
    return RequestReason.OUT_OF_HOURS if beyond else None


def _require_reachable(
    reference: Reference, demand: Demand, start: datetime, now: datetime, rules: BookingRules
) -> None:
    day = local_date(start)
    if start.second or start.microsecond or start.minute % rules.grid_minutes:
        raise errors.OffGrid(field="/start", minutes=rules.grid_minutes)
    if start <= now:
        raise errors.PastTime(field="/start")
    if (day - local_date(now)).days > rules.horizon_days:
        raise errors.BeyondHorizon(field="/start", days=rules.horizon_days)
    if not reference.sites[demand.site].exists_on(day):
        raise errors.SiteNotOpenYet(field="/site")


def _require_finish(demand: Demand, start: datetime) -> None:
    if demand.must_finish_by is None:
        return
    lasts = (demand.must_finish_by - start).total_seconds() / 60
    if lasts < demand.minutes:
        raise errors.TooLateToFinish(field="/start", must_finish_by=demand.must_finish_by)
