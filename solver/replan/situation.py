"""A disrupted day sorted out: what stands, what is hurt, and when each job could start."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from solver import reasons
from solver.check import Violation, check
from solver.day import GRID, MIDNIGHT, Candidate, Day, Interval, Job
from solver.insert import calendar_starts
from solver.plan import Plan
from solver.replan.disruption import Disrupted


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a promised start may move, in minutes."""

    earlier: int = 60
    later: int = 180


Movable = Mapping[int, Interval] | Reach
"""The first and the last start that each job may get (one that is not named keeps its own), or a reach.

A job that is named can only keep its own start if that lies between them.
"""


@dataclass(frozen=True, slots=True)
class Situation:
    """What a re-plan starts from.

    `day` has its started and frozen jobs frozen, `plan` is the stored one. `pinned` jobs keep their rows.
    `standing` are started ones whose rows break a rule by themselves: they stay and are left out of checks.
    `hurt` jobs cannot stay as they are; `kept` is what is left of the plan without them. `starts` has for
    each job that is not pinned the minutes at which it may start, its own among them if it can be kept.
    """

    day: Day
    plan: Plan
    pinned: frozenset[int]
    standing: frozenset[int]
    hurt: frozenset[int]
    kept: Plan
    starts: Mapping[int, tuple[int, ...]]
    urgent: frozenset[int]


def assess(found: Disrupted, *, now: int, movable: Movable, closes: int) -> Situation:
    """Sort a disrupted day out; jobs that move must end by `closes`."""
    plan = found.plan
    started = {job.id for job in found.day.jobs if job.start < now and job.id in plan} - found.undone
    standing = _find_standing(found.day, plan, started)
    hurt = _find_hurt(found, started, standing)
    frozen = {job.id for job in found.day.jobs if job.frozen and job.id in plan}
    pinned = frozenset(started | (frozen - hurt))
    jobs = tuple(replace(job, frozen=job.id in pinned) for job in found.day.jobs)
    open_day = replace(found.day, closes=closes) if closes < found.day.closes else found.day
    starts = {
        job.id: _list_starts(open_day, job, _bounds(job, found, now, movable))
        for job in jobs
        if job.id not in pinned
    }
    return Situation(
        day=replace(found.day, jobs=jobs),
        plan=plan,
        pinned=pinned,
        standing=standing,
        hurt=frozenset(hurt),
        kept={job: row for job, row in plan.items() if job not in hurt},
        starts=starts,
        urgent=found.urgent,
    )


def find_faults(day: Day, plan: Plan, standing: AbstractSet[int], *, previous: Plan) -> list[Violation]:
    """Return the broken rules of the jobs of a day, which all have a row.

    Started jobs that break a rule by themselves are left out, but nobody else may meet them.
    """
    rest = replace(day, jobs=tuple(job for job in day.jobs if job.id not in standing))
    rows = {job.id: plan[job.id] for job in rest.jobs if job.id in plan}
    faults = check(rest, rows, previous=previous)
    if standing:
        faults += [
            one
            for one in check(day, plan, previous=previous)
            if standing & set(one.jobs) and set(one.jobs) - standing and one.rule != reasons.LUNCH
        ]
    return faults


def _find_standing(day: Day, plan: Plan, started: AbstractSet[int]) -> frozenset[int]:
    standing: set[int] = set()
    while True:
        clear = replace(day, jobs=tuple(job for job in day.jobs if job.id in started - standing))
        faults = check(clear, {job.id: plan[job.id] for job in clear.jobs})
        if not faults:
            return frozenset(standing)
        standing.update(*(one.jobs for one in faults))


def _find_hurt(found: Disrupted, started: AbstractSet[int], standing: AbstractSet[int]) -> set[int]:
    """Return the jobs that have no row or whose row is not legal beside those that stay."""
    hurt = {job.id for job in found.day.jobs if job.id not in found.plan} | found.undone
    while True:
        rest = replace(found.day, jobs=tuple(job for job in found.day.jobs if job.id not in hurt))
        plan = {job.id: found.plan[job.id] for job in rest.jobs}
        faults = find_faults(rest, plan, standing, previous=found.plan)
        blamed = {job for one in faults for job in one.jobs} - started
        if not blamed:  # a meal may be spoilt by a later job than those that are named
            duties = {duty for one in faults for duty in one.duties}
            blamed = {job for job, row in plan.items() if duties & set(row.crew)} - started
        if not blamed:
            return hurt
        hurt |= blamed


def _bounds(job: Job, found: Disrupted, now: int, movable: Movable) -> Interval:
    """Return the first and the last start of a job."""
    first, last = found.windows.get(job.id, (0, MIDNIGHT))
    first = max(first, now)
    if job.id in found.urgent:
        return first, last
    if not isinstance(movable, Reach):
        since, until = movable.get(job.id, (job.start, job.start))
        return max(first, since), min(last, until)
    return max(first, job.start - movable.earlier), min(last, max(first, job.start) + movable.later)


def _list_starts(day: Day, job: Job, bounds: Interval) -> tuple[int, ...]:
    first, last = bounds
    if last < first or len(job.seats) < day.minimum_crew:
        return ()
    candidate = Candidate(
        site=job.site,
        duration=job.duration,
        seats=job.seats,
        finish_by=job.finish_by,
        earliest=first,
        latest=min(last + 1, MIDNIGHT),
    )
    cells = calendar_starts(day, candidate)
    return tuple(start for start in range(0, MIDNIGHT, GRID) if cells >> start // GRID & 1)
