"""A second opinion on one start, written rule by rule as CP-SAT constraints; nothing of the solver is used.

For days whose times are multiples of five minutes: then a lunch, if there is one, can begin at one of these.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy.typing  # noqa: F401, ICN001 - must come before ortools' own use of it
from ortools.sat.python import cp_model

from solver.day import Day, Duty, Job, Seat
from solver.plan import Plan

STEP: Final = 5
LIMIT: Final = 20.0
"""Deterministic time of one question."""

_Squeeze = tuple[tuple[int, int], list[int]]
"""Two jobs, and those that lie between one of them and a pause."""


@dataclass(frozen=True, slots=True)
class _Model:
    day: Day
    jobs: Sequence[Job]
    model: Any  # cp_model.CpModel; ortools has no types here
    held: dict[tuple[int, int, int], Any]  # job, seat, duty -> the duty holds the seat
    on: dict[tuple[int, int], Any]  # job, duty -> it holds some seat


def can_be_crewed(day: Day, plan: Plan, job: Job) -> bool | None:
    """Return whether all jobs of the day and one more can have crews and docks; None: not decided."""
    if any(one.frozen for one in day.jobs):
        raise NotImplementedError
    jobs = sorted((*day.jobs, job), key=lambda one: one.start)
    model = cp_model.CpModel()
    made = _Model(day, jobs, model, {}, {})
    _fill_seats(made)
    _leave_time_to_travel(made)
    _let_everybody_eat(made)
    _assign_docks(made)
    for (one, seat, duty), variable in made.held.items():
        row = plan.get(jobs[one].id)
        if row is not None:
            model.add_hint(variable, row.crew[seat] == duty)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 2
    solver.parameters.max_deterministic_time = LIMIT
    status = solver.solve(model)
    if status in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return True
    return False if status == cp_model.INFEASIBLE else None


def _holds(day: Day, duty: Duty, seat: Seat) -> bool:
    person = next(one for one in day.inspectors if one.id == duty.inspector)
    return seat <= person.held_on(day.date)


def _fill_seats(made: _Model) -> None:
    """Each seat has one duty, each duty at most one seat of a job; qualified, not excluded, in its hours."""
    day, model = made.day, made.model
    for number, job in enumerate(made.jobs):
        for duty in day.duties:
            arrives = duty.start + day.travel_between(duty.start_site, job.site)
            leaves = duty.end - day.travel_between(job.site, duty.end_site)
            if duty.inspector in job.excluded or job.start < arrives or job.end > leaves:
                continue
            seats = [n for n, seat in enumerate(job.seats) if _holds(day, duty, seat)]
            if seats:
                made.on[number, duty.id] = model.new_bool_var("")
                made.held.update({(number, seat, duty.id): model.new_bool_var("") for seat in seats})
                mine = [made.held[number, seat, duty.id] for seat in seats]
                model.add(sum(mine) == made.on[number, duty.id])
        for seat in range(len(job.seats)):
            model.add_exactly_one(v for (j, n, _), v in made.held.items() if (j, n) == (number, seat))


def _leave_time_to_travel(made: _Model) -> None:
    """Nobody has two jobs that leave no time to travel; travel obeys the triangle inequality here."""
    day = made.day
    for (a, first), (b, second) in combinations(enumerate(made.jobs), 2):
        if first.end + day.travel_between(first.site, second.site) > second.start:
            for duty in day.duties:
                if (a, duty.id) in made.on and (b, duty.id) in made.on:
                    made.model.add_at_most_one(made.on[a, duty.id], made.on[b, duty.id])


def _let_everybody_eat(made: _Model) -> None:
    """Each duty that must eat and has a job pauses once, next to the stop before or the stop after it."""
    day, lunch, model = made.day, made.day.lunch, made.model
    if lunch is None:
        return
    starts = range(lunch.earliest, lunch.latest - lunch.minutes + 1, STEP)
    squeezes = {start: list(_squeezes(made, start, start + lunch.minutes)) for start in starts}
    for duty in day.duties:
        mine = {n: made.on[n, duty.id] for n in range(len(made.jobs)) if (n, duty.id) in made.on}
        if not lunch.is_due_in(duty):
            continue
        pauses = {start: model.new_bool_var("") for start in starts}
        for variable in mine.values():
            model.add_bool_or([~variable, *pauses.values()])
        for start, pause in pauses.items():
            _pause_between_jobs(made, squeezes[start], mine, start, pause)
            _pause_beside_duty(made, duty, mine, start, pause)


def _pause_between_jobs(
    made: _Model, squeezes: Sequence[_Squeeze], mine: dict[int, Any], start: int, pause: Any
) -> None:
    """Forbid a pause during a job, and between two jobs where only another one between makes room."""
    end = start + (made.day.lunch.minutes if made.day.lunch else 0)
    for number, variable in mine.items():
        job = made.jobs[number]
        if job.start < end and start < job.end:
            made.model.add_at_most_one(variable, pause)
    for ends, between in squeezes:
        if all(n in mine for n in ends):
            others = [mine[n] for n in between if n in mine]
            made.model.add_bool_or([~pause, *(~mine[n] for n in ends), *others])


def _squeezes(made: _Model, start: int, end: int) -> Iterator[_Squeeze]:
    """Yield two jobs with no room for a pause and the travel between them, and the jobs between the two."""
    jobs = made.jobs
    for a, first in enumerate(jobs):
        for b, second in enumerate(jobs):
            if first.end > start or second.start < end:
                continue
            minutes = made.day.travel_between(first.site, second.site)
            if end + minutes > second.start and first.end + minutes > start:
                yield (
                    (a, b),
                    [
                        n
                        for n, job in enumerate(jobs)
                        if n not in {a, b}
                        and (
                            (first.end <= job.start and job.end <= start)
                            or (end <= job.start and job.end <= second.start)
                        )
                    ],
                )


def _pause_beside_duty(made: _Model, duty: Duty, mine: dict[int, Any], start: int, pause: Any) -> None:
    """Forbid a pause between a job and the end of the duty where only another job between makes room."""
    jobs, end = made.jobs, start + (made.day.lunch.minutes if made.day.lunch else 0)
    for number, variable in mine.items():
        job = jobs[number]
        out = made.day.travel_between(duty.start_site, job.site)
        home = made.day.travel_between(job.site, duty.end_site)
        if end <= job.start < end + out and duty.start + out > start:
            between = [n for n in mine if jobs[n].end <= start or end <= jobs[n].start < job.start]
        elif start - home < job.end <= start and end + home > duty.end:
            between = [n for n in mine if jobs[n].start >= end or job.end <= jobs[n].start < start]
        else:
            continue
        made.model.add_bool_or([~pause, ~variable, *(mine[n] for n in between if n != number)])


def _assign_docks(made: _Model) -> None:
    """A job at a site with docks has an open one, and no dock has two jobs at once."""
    day, model = made.day, made.model
    at: dict[int, list[tuple[Job, Any]]] = {}
    for job in made.jobs:
        choices = {dock: model.new_bool_var("") for dock in day.docks.get(job.site, ())}
        if choices:
            model.add_exactly_one(choices.values())
        for dock, variable in choices.items():
            if any(since < job.end and job.start < until for since, until in day.dock_closures.get(dock, ())):
                model.add(variable == 0)
            at.setdefault(dock, []).append((job, variable))
    for parked in at.values():
        for (a, first), (b, second) in combinations(parked, 2):
            if a.start < b.end and b.start < a.end:
                model.add_at_most_one(first, second)
