"""Every hard rule of a day's plan, restated in plain integers, one small function for each rule.

No part of the search is used here: this is the second opinion that each plan, promise and proposal must pass.
A rule that cannot be judged because another one is broken (an unknown duty, say) stays silent.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations, pairwise

from solver import reasons
from solver.day import GRID, Day, Duty, Inspector, Interval, Job, Lunch
from solver.plan import Assignment, Plan


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: its code of `solver.reasons`, whom it concerns, and the numbers of the case."""

    rule: str
    jobs: tuple[int, ...] = ()
    duties: tuple[int, ...] = ()
    site: int | None = None
    dock: int | None = None
    numbers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Case:
    """The day and the plan, looked up in the ways in which the rules ask."""

    day: Day
    plan: Plan
    previous: Plan | None
    duties: Mapping[int, Duty]
    inspectors: Mapping[int, Inspector]
    rows: tuple[tuple[Job, Assignment], ...]
    by_duty: Mapping[int, list[Job]]


def check(day: Day, plan: Plan, *, previous: Plan | None = None) -> list[Violation]:
    """Return every broken rule of a plan for all jobs of a day; an empty list means that it is legal.

    `previous` is the plan whose rows frozen jobs must keep; None leaves that rule out.
    Raises ValueError if a travel time that a rule needs is missing.
    """
    case = _open_case(day, plan, previous)
    return [violation for rule in _RULES for violation in rule(case)]


def _open_case(day: Day, plan: Plan, previous: Plan | None) -> _Case:
    duties = {duty.id: duty for duty in day.duties}
    rows = tuple((job, plan[job.id]) for job in day.jobs if job.id in plan)
    by_duty: dict[int, list[Job]] = defaultdict(list)
    for job, row in rows:
        for duty in sorted(set(row.crew)):
            if duty in duties:
                by_duty[duty].append(job)
    for jobs in by_duty.values():
        jobs.sort(key=lambda job: (job.start, job.id))
    inspectors = {one.id: one for one in day.inspectors}
    return _Case(day, plan, previous, duties, inspectors, rows, by_duty)


def _crew(case: _Case, row: Assignment) -> list[Duty]:
    return [case.duties[duty] for duty in row.crew if duty in case.duties]


def _overlaps(start: int, end: int, others: tuple[Interval, ...]) -> Iterator[Interval]:
    return (other for other in others if other[0] < end and start < other[1])


# --- who has a crew ---------------------------------------------------------------------------------------


def _unknown_jobs(case: _Case) -> Iterator[Violation]:
    known = {job.id for job in case.day.jobs}
    return (Violation(reasons.UNKNOWN_JOB, jobs=(job,)) for job in case.plan if job not in known)


def _unknown_duties(case: _Case) -> Iterator[Violation]:
    for job, row in case.rows:
        for duty in row.crew:
            if duty not in case.duties:
                yield Violation(reasons.UNKNOWN_DUTY, jobs=(job.id,), duties=(duty,))


def _every_job_is_assigned(case: _Case) -> Iterator[Violation]:
    return (Violation(reasons.UNASSIGNED, jobs=(job.id,)) for job in case.day.jobs if job.id not in case.plan)


def _every_seat_is_filled(case: _Case) -> Iterator[Violation]:
    for job, row in case.rows:
        if len(row.crew) != len(job.seats):
            numbers = {"seats": len(job.seats), "crew": len(row.crew)}
            yield Violation(reasons.SEATS_FILLED, jobs=(job.id,), duties=row.crew, numbers=numbers)


def _crew_are_different_inspectors(case: _Case) -> Iterator[Violation]:
    for job, row in case.rows:
        crew = _crew(case, row)
        if len({duty.inspector for duty in crew}) < len(crew):
            yield Violation(reasons.SAME_INSPECTOR, jobs=(job.id,), duties=row.crew)


def _crew_is_large_enough(case: _Case) -> Iterator[Violation]:
    """Two or more inspect jointly (GACC Decree 138, article 3)."""
    for job, row in case.rows:
        if len(row.crew) < case.day.minimum_crew:
            numbers = {"crew": len(row.crew), "minimum": case.day.minimum_crew}
            yield Violation(reasons.MINIMUM_CREW, jobs=(job.id,), duties=row.crew, numbers=numbers)


def _holders_are_qualified(case: _Case) -> Iterator[Violation]:
    for job, row in case.rows:
        for number, (seat, duty) in enumerate(zip(job.seats, row.crew, strict=False)):
            if duty not in case.duties:
                continue
            held = case.inspectors[case.duties[duty].inspector].qualifications
            on = case.day.date
            for name in sorted(seat):
                periods = held.get(name, ())
                if not any(since <= on and (until is None or on < until) for since, until in periods):
                    yield Violation(
                        reasons.QUALIFICATION, jobs=(job.id,), duties=(duty,), numbers={"seat": number}
                    )
                    break


def _excluded_stay_out(case: _Case) -> Iterator[Violation]:
    """Officers of the first inspection do not re-inspect (GACC Decree 138, article 11)."""
    for job, row in case.rows:
        for duty in _crew(case, row):
            if duty.inspector in job.excluded:
                yield Violation(reasons.EXCLUDED, jobs=(job.id,), duties=(duty.id,))


# --- the inspectors' day ----------------------------------------------------------------------------------


def _jobs_lie_in_their_duties(case: _Case) -> Iterator[Violation]:
    for job, row in case.rows:
        for duty in _crew(case, row):
            if job.start < duty.start or job.end > duty.end:
                numbers = {"start": job.start, "end": job.end, "from": duty.start, "to": duty.end}
                yield Violation(reasons.OUTSIDE_DUTY, jobs=(job.id,), duties=(duty.id,), numbers=numbers)


def _routes_leave_time_to_travel(case: _Case) -> Iterator[Violation]:
    for number, jobs in case.by_duty.items():
        duty = case.duties[number]
        first, last = jobs[0], jobs[-1]
        legs: list[tuple[tuple[int, ...], int, int, int, int]]
        legs = [((first.id,), duty.start, first.start, duty.start_site, first.site)]
        legs += [((a.id, b.id), a.end, b.start, a.site, b.site) for a, b in pairwise(jobs)]
        legs.append(((last.id,), last.end, duty.end, last.site, duty.end_site))
        for ids, leaves, arrives, origin, destination in legs:
            minutes = case.day.travel_between(origin, destination)
            if 0 <= arrives - leaves < minutes:  # below zero, another rule speaks
                numbers = {"minutes": minutes, "free": arrives - leaves}
                yield Violation(reasons.TRAVEL, jobs=ids, duties=(number,), numbers=numbers)


def _by_inspector(case: _Case) -> Mapping[int, list[Duty]]:
    used: dict[int, list[Duty]] = defaultdict(list)
    for number in case.by_duty:
        used[case.duties[number].inspector].append(case.duties[number])
    return used


def _nobody_is_in_two_places(case: _Case) -> Iterator[Violation]:
    for duties in _by_inspector(case).values():
        held = {job.id: (job, duty.id) for duty in duties for job in case.by_duty[duty.id]}
        for (a, at), (b, bt) in combinations(held.values(), 2):
            if a.start < b.end and b.start < a.end:
                ids = tuple(sorted((a.id, b.id)))
                yield Violation(reasons.INSPECTOR_OVERLAP, jobs=ids, duties=tuple(sorted({at, bt})))


def _duties_of_one_inspector_follow_each_other(case: _Case) -> Iterator[Violation]:
    for duties in _by_inspector(case).values():
        for a, b in combinations(sorted(duties, key=lambda duty: (duty.start, duty.end, duty.id)), 2):
            minutes = case.day.travel_between(a.end_site, b.start_site)
            if a.end + minutes > b.start:
                numbers = {"minutes": minutes, "free": b.start - a.end}
                jobs = tuple(sorted({job.id for duty in (a, b) for job in case.by_duty[duty.id]}))
                yield Violation(reasons.DUTIES_CLASH, jobs=jobs, duties=(a.id, b.id), numbers=numbers)


def _fits_lunch(lunch: Lunch, leaves: int, arrives: int, minutes: int) -> bool:
    """Whether one uninterrupted pause at one place fits before or after the travel of a stretch."""
    before = max(leaves, lunch.earliest) + lunch.minutes
    if before <= lunch.latest and before + minutes <= arrives:
        return True
    after = min(arrives, lunch.latest) - lunch.minutes
    return after >= lunch.earliest and leaves + minutes <= after


def _everybody_eats(case: _Case) -> Iterator[Violation]:
    lunch = case.day.lunch
    if lunch is None:
        return
    for number, jobs in case.by_duty.items():
        duty = case.duties[number]
        if not lunch.is_due_in(duty):
            continue
        stops = [(duty.start, duty.start, duty.start_site)]
        stops += [(job.start, job.end, job.site) for job in jobs]
        stops.append((duty.end, duty.end, duty.end_site))
        if not any(
            _fits_lunch(lunch, a[1], b[0], case.day.travel_between(a[2], b[2])) for a, b in pairwise(stops)
        ):
            ids = tuple(job.id for job in jobs if job.start < lunch.latest and job.end > lunch.earliest)
            yield Violation(reasons.LUNCH, jobs=ids or (jobs[0].id,), duties=(number,))


# --- docks ------------------------------------------------------------------------------------------------


def _docks_stand_where_they_are_needed(case: _Case) -> Iterator[Violation]:
    for job, row in case.rows:
        docks = case.day.docks.get(job.site, ())
        if docks and row.dock is None:
            yield Violation(reasons.DOCK_MISSING, jobs=(job.id,), site=job.site)
        elif row.dock is not None and not docks:
            yield Violation(reasons.DOCK_NOT_NEEDED, jobs=(job.id,), site=job.site, dock=row.dock)
        elif row.dock is not None and row.dock not in docks:
            yield Violation(reasons.DOCK_OF_OTHER_SITE, jobs=(job.id,), site=job.site, dock=row.dock)


def _docks_hold_one_job_at_a_time(case: _Case) -> Iterator[Violation]:
    by_dock: dict[int, list[Job]] = defaultdict(list)
    for job, row in case.rows:
        if row.dock is not None:
            by_dock[row.dock].append(job)
    for dock, jobs in by_dock.items():
        for a, b in combinations(jobs, 2):
            if a.start < b.end and b.start < a.end:
                ids = tuple(sorted((a.id, b.id)))
                yield Violation(reasons.DOCK_TWICE, jobs=ids, site=a.site, dock=dock)


def _docks_are_open(case: _Case) -> Iterator[Violation]:
    for job, row in case.rows:
        if row.dock is None:
            continue
        for start, end in _overlaps(job.start, job.end, case.day.dock_closures.get(row.dock, ())):
            numbers = {"from": start, "to": end}
            yield Violation(
                reasons.DOCK_CLOSED, jobs=(job.id,), site=job.site, dock=row.dock, numbers=numbers
            )


# --- times ------------------------------------------------------------------------------------------------


def _starts_lie_on_the_grid(case: _Case) -> Iterator[Violation]:
    for job, _row in case.rows:
        if job.start % GRID:
            yield Violation(reasons.OFF_GRID, jobs=(job.id,), numbers={"start": job.start, "grid": GRID})


def _office_is_open(case: _Case) -> Iterator[Violation]:
    day = case.day
    for job, _row in case.rows:
        if job.start < day.opens or job.end > day.closes:
            numbers = {"start": job.start, "end": job.end, "opens": day.opens, "closes": day.closes}
            yield Violation(reasons.OUTSIDE_OPENING, jobs=(job.id,), numbers=numbers)


def _office_has_no_closure(case: _Case) -> Iterator[Violation]:
    for job, _row in case.rows:
        for start, end in _overlaps(job.start, job.end, case.day.office_closures):
            yield Violation(reasons.OFFICE_CLOSED, jobs=(job.id,), numbers={"from": start, "to": end})


def _site_has_no_closure(case: _Case) -> Iterator[Violation]:
    for job, _row in case.rows:
        for start, end in _overlaps(job.start, job.end, case.day.site_closures.get(job.site, ())):
            numbers = {"from": start, "to": end}
            yield Violation(reasons.SITE_CLOSED, jobs=(job.id,), site=job.site, numbers=numbers)


def _jobs_finish_in_time(case: _Case) -> Iterator[Violation]:
    for job, _row in case.rows:
        if job.finish_by is not None and job.end > job.finish_by:
            numbers = {"end": job.end, "finish_by": job.finish_by}
            yield Violation(reasons.TOO_LATE_TO_FINISH, jobs=(job.id,), numbers=numbers)


def _frozen_jobs_keep_their_rows(case: _Case) -> Iterator[Violation]:
    if case.previous is None:
        return
    for job in case.day.jobs:
        kept = case.previous.get(job.id)
        if job.frozen and kept is not None and case.plan.get(job.id) != kept:
            yield Violation(reasons.FROZEN, jobs=(job.id,), duties=kept.crew, dock=kept.dock)


_RULES: tuple[Callable[[_Case], Iterator[Violation]], ...] = (
    _unknown_jobs,
    _unknown_duties,
    _every_job_is_assigned,
    _every_seat_is_filled,
    _crew_are_different_inspectors,
    _crew_is_large_enough,
    _holders_are_qualified,
    _excluded_stay_out,
    _jobs_lie_in_their_duties,
    _routes_leave_time_to_travel,
    _nobody_is_in_two_places,
    _duties_of_one_inspector_follow_each_other,
    _everybody_eats,
    _docks_stand_where_they_are_needed,
    _docks_hold_one_job_at_a_time,
    _docks_are_open,
    _starts_lie_on_the_grid,
    _office_is_open,
    _office_has_no_closure,
    _site_has_no_closure,
    _jobs_finish_in_time,
    _frozen_jobs_keep_their_rows,
)
