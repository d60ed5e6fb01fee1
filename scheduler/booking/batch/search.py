"""The one optimisation of a batch for each office: read in one moment, searched with no transaction open."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session

from scheduler.booking.batch.cases import Case
from scheduler.booking.batch.orders import BatchOrder
from scheduler.errors import ClosedDay, WindowTooLong
from scheduler.promise.boards import Boards
from scheduler.promise.office_day import OfficeDayPlan
from scheduler.promise.oracles import fix_names
from scheduler.promise.rows import MINUTES_OF_DAY, DayStamp, instant_of, local_date, minute_of
from scheduler.promise.search import Question, answer, left_out_of, nearest, read_question
from scheduler.rules.policy import BookingRules
from solver import reasons
from solver.batch import Arrangement, Budget, Lot, Slot, Standing, arrange
from solver.day import GRID, Candidate, Job
from solver.insert import calendar_starts
from solver.plan import Delta, difference

AFTERWARDS: Final = timedelta(days=7)
"""How far behind the window alternatives are looked for."""

BUDGET: Final = Budget(trials=2_500)
SEED: Final = 1


@dataclass(frozen=True, slots=True)
class OfficeQuestion:
    """What a batch asks of one office: its days as they stand, and the lots of its cases."""

    office: int
    plans: Sequence[OfficeDayPlan]
    fixed: Sequence[int | None]
    lots: Sequence[Lot]
    questions: Mapping[int, Question]


@dataclass(frozen=True, slots=True)
class DayProposal:
    """What a batch changes on one office day: jobs by case, their rows, and others' rows that change."""

    stamp: DayStamp
    fixed: int | None
    jobs: Mapping[int, Job]
    delta: Delta


@dataclass(frozen=True, slots=True)
class BatchProposal:
    """What was found for a batch, by which rules: office days to change, and why cases have no place."""

    rules_version: int
    cases: Sequence[Case]
    days: Sequence[DayProposal]
    unplaced: Mapping[int, str]


def read_offices(
    session: Session, boards: Boards, *, cases: Sequence[Case], order: BatchOrder, now: datetime
) -> list[OfficeQuestion]:
    """Read the days of every office that the batch asks about.

    Raises:
        WindowTooLong: the window is longer than the office's policy lets one ask.
    """
    by_office: dict[int, list[Case]] = {}
    for case in cases:
        if case.asked is not None:
            by_office.setdefault(case.asked.site.office, []).append(case)
    return [
        _read_office(session, boards, office, some, order=order, now=now)
        for office, some in sorted(by_office.items())
    ]


def _read_office(
    session: Session, boards: Boards, office: int, cases: Sequence[Case], *, order: BatchOrder, now: datetime
) -> OfficeQuestion:
    first = local_date(max(order.wished_from, now))
    rules = boards.latest(session).policy(BookingRules, office=office, on=first)
    last = local_date(order.wished_to)
    if (last - first).days > rules.window_max_days:
        raise WindowTooLong(field="/wished_to", days=rules.window_max_days)
    last = max(first, min(last, local_date(now) + timedelta(days=rules.horizon_days)))
    questions = {}
    for case in cases:
        assert case.asked is not None  # noqa: S101 - callers give only what may be booked
        questions[case.place] = read_question(
            session, boards, demand=case.asked.demand, first=first, last=last, now=now
        )
    plans = questions[cases[0].place].plans
    green = all(question.demand.green for question in questions.values())
    some = questions[cases[0].place]
    asked = replace(some, demand=replace(some.demand, green=green))
    fixed = [asked.fixed_before(plan.stamp.date) for plan in plans]
    least = max(case.rank for case in cases)
    lots = [
        Lot(-1 - case.place, 1 + least - case.rank, _clip(questions[case.place], order)) for case in cases
    ]
    return OfficeQuestion(office, plans, fixed, lots, questions)


def _clip(question: Question, order: BatchOrder) -> tuple[Candidate | None, ...]:
    """The candidate on each day, within the window and the notice; None where nothing is left of it."""
    found: list[Candidate | None] = []
    for plan, asked in zip(question.plans, question.candidates, strict=True):
        day = plan.stamp.date
        earliest = max(asked.earliest, minute_of(order.wished_from, day), 0)
        latest = min(asked.latest, minute_of(order.wished_to, day) + 1)
        found.append(replace(asked, earliest=earliest, latest=latest) if earliest < latest else None)
    return tuple(found)


def search_office(question: OfficeQuestion) -> tuple[list[DayProposal], dict[int, str]]:
    """Arrange an office's lots; what to change on its days, and why some lots have no place."""
    days = [
        Standing(fix_names(plan.day, MINUTES_OF_DAY if fixed is None else fixed), plan.plan)
        for plan, fixed in zip(question.plans, question.fixed, strict=True)
    ]
    found = arrange(days, question.lots, budget=BUDGET, seed=SEED)
    proposals = [
        proposal
        for number, plan in enumerate(question.plans)
        if (proposal := _propose(plan, found, number, question)).jobs
    ]
    unplaced = {-1 - lot.id: _why(found, lot, question) for lot in question.lots if lot.id not in found.slots}
    return proposals, unplaced


def _propose(plan: OfficeDayPlan, found: Arrangement, number: int, question: OfficeQuestion) -> DayProposal:
    jobs = {
        -1 - lot.id: asked.at(found.slots[lot.id].start, lot.id)
        for lot in question.lots
        if found.slots.get(lot.id, Slot(-1, 0)).day == number and (asked := lot.on[number]) is not None
    }
    return DayProposal(
        plan.stamp, question.fixed[number], jobs, difference(plan.plan, found.days[number].plan)
    )


def _why(found: Arrangement, lot: Lot, question: OfficeQuestion) -> str:
    """The reason that speaks against most of the starts, beside everything that was placed."""
    against: Counter[str] = Counter()
    for day, asked in zip(found.days, lot.on, strict=True):
        cells = 0 if asked is None else calendar_starts(day.day, asked)
        for start in range(0, MINUTES_OF_DAY, GRID):
            if asked is not None and cells >> start // GRID & 1:
                against[day.refusal(asked.at(start, lot.id)) or reasons.UNDECIDED] += 1
    if against:
        return against.most_common(1)[0][0]
    left_out = left_out_of(question.questions[-1 - lot.id])
    return max(left_out, key=lambda code: left_out[code], default=ClosedDay.code)


def alternatives_after(
    session: Session, boards: Boards, case: Case, *, order: BatchOrder, now: datetime
) -> tuple[datetime, ...]:
    """The true starts behind the window that are nearest to its end, by insertion."""
    if case.asked is None:
        return ()
    last = local_date(order.wished_to)
    question = read_question(
        session,
        boards,
        demand=case.asked.demand,
        first=last + timedelta(days=1),
        last=last + AFTERWARDS,
        now=now,
    )
    return nearest(answer(boards, question).starts, order.wished_to)


def start_of(proposal: DayProposal, place: int) -> datetime:
    """When a case of a day's proposal starts."""
    return instant_of(proposal.stamp.date, proposal.jobs[place].start)
