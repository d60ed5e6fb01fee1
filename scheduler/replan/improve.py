"""The clock improves days to come: every time stays, crews that cost less way take over.

Nothing is taken over that would not fit the day as it is by then: what was found is a difference of plans,
merged under the day's lock and checked there. Published names are not touched.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import text
from sqlmodel import Session

from scheduler.access.actor import SYSTEM
from scheduler.booking.write import record_recrewed
from scheduler.database.connection import Database
from scheduler.promise.boards import Boards, boards_of
from scheduler.promise.office_day import OfficeDayPlan
from scheduler.promise.oracles import fix_names, names_fixed_before
from scheduler.promise.rows import DayStamp, local_date
from scheduler.promise.searches import ALLOCATION, Searched, ask_allocation, read_allocation
from scheduler.promise.witness import TAKEN_OVER, keep_search, store_crews
from scheduler.replan.proposing import Answer
from solver.allocation import Budget, Goal, value_of
from solver.check import check
from solver.plan import Delta, StaleDelta, difference, merge

AHEAD: Final = timedelta(days=14)
"""How far ahead days are improved: as far as they are booked."""

BUDGET: Final = Budget(neighbourhoods=8)
SEED: Final = 1


class Outcome(StrEnum):
    """What became of a plan that was found."""

    TAKEN_OVER = TAKEN_OVER
    NO_BETTER = "no_better"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Improved:
    """A day that was looked at: by which run, what became of it, travel minutes before and after."""

    run: int
    office: int
    date: date
    outcome: Outcome
    travel_before: int
    travel_after: int


_NEXT = text("""
SELECT day.office, day.date FROM office_day AS day
WHERE day.date BETWEEN :first AND :last
    AND EXISTS (SELECT FROM booking WHERE booking.office = day.office AND booking.date = day.date
                AND booking.state IN ('hold', 'confirmed'))
    AND NOT EXISTS (SELECT FROM solver_run AS run WHERE run.office = day.office AND run.date = day.date
                    AND run.kind = 'allocation' AND day.version IN (run.version, run.version_after))
ORDER BY day.date, day.office
""")


def improve_next(database: Database, *, now: datetime, answer: Answer) -> Improved | None:
    """Improve the nearest day that changed since it was last looked at; None if there is none.

    No transaction is open while the search runs.
    """
    asked = _read_next(database, now)
    if asked is None:
        return None
    plan, question = asked
    searched = Searched(ALLOCATION, question, answer(question))
    return database.write(lambda session: _keep(session, boards_of(database), plan, searched, now=now))


def _read_next(database: Database, now: datetime) -> tuple[OfficeDayPlan, str] | None:
    """The next day with its question: the first one whose names may all still change."""
    boards, today = boards_of(database), local_date(now)
    with database.snapshot() as session:
        days = session.execute(_NEXT, {"first": today + timedelta(days=1), "last": today + AHEAD}).all()
        for office, day in days:
            reference, (plan,) = boards.days(session, office=office, days=[day])
            fixed = names_fixed_before(reference, office=office, day=day, now=now, green=False)
            if fixed is not None:
                problem = fix_names(plan.day, fixed)
                return plan, ask_allocation(problem, plan.plan, budget=BUDGET, seed=SEED)
    return None


def _keep(
    session: Session, boards: Boards, plan: OfficeDayPlan, searched: Searched, *, now: datetime
) -> Improved:
    """Take the answer over if it is better and fits the day as it is now; keep the search either way."""
    found, stamp = read_allocation(searched.answer), plan.stamp
    outcome = _take_over(session, boards, stamp, difference(plan.plan, found.plan), now)
    run = keep_search(session, stamp, searched, outcome=outcome.value, now=now)
    before = value_of(plan.day, plan.plan, Goal()).travel
    return Improved(run, stamp.office, stamp.date, outcome, before, found.value[-1])


def _take_over(session: Session, boards: Boards, stamp: DayStamp, delta: Delta, now: datetime) -> Outcome:
    if not delta.added:
        return Outcome.NO_BETTER
    standing = boards.take(session, office=stamp.office, day=stamp.date, now=now, wait=True)
    assert standing is not None  # noqa: S101 - waited for
    plan, facts = standing.plan, standing.reference
    fixed = names_fixed_before(facts, office=stamp.office, day=stamp.date, now=now, green=False)
    try:
        merged = merge(plan.plan, delta)
    except StaleDelta:
        return Outcome.STALE
    if fixed is None or check(fix_names(plan.day, fixed), merged, previous=plan.plan):
        return Outcome.STALE
    if value_of(plan.day, merged, Goal()) >= value_of(plan.day, plan.plan, Goal()):
        return Outcome.STALE  # it fits, but what changed meanwhile made it no better
    store_crews(session, old=delta.removed, new=delta.added)
    record_recrewed(session, delta.added, actor=SYSTEM, now=now, why="a better plan")
    return Outcome.TAKEN_OVER
