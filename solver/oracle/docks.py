"""Docks, which do not depend on crews: at each site the jobs, by start, each take a free and open dock.

Exact by a sweep over the jobs that keeps every set of docks that may be busy, and until when.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from solver.day import Day, Job
from solver.plan import Plan

MOST_STATES: Final = 20_000
"""States of one sweep after which it gives up; two or three docks need a few dozen."""

Busy = tuple[int, ...]
"""For each dock of a site, the minute from which it is free; 0 if it is free by now."""

_Layer = dict[Busy, tuple[Busy, int]]  # state after a job -> state before it, and the job's dock


def can_park(day: Day, plan: Plan, job: Job) -> bool | None:
    """Whether each job of a site and one more can have a dock; None where the sweep has too many states."""
    try:
        return assign_docks(day, plan, job) is not None
    except OverflowError:
        return None


def assign_docks(day: Day, plan: Plan, job: Job) -> dict[int, int] | None:
    """Return a dock for each job of a site and for one more there, None if there is no such choice.

    Frozen jobs keep theirs. Raises OverflowError where the sweep has too many states.
    """
    docks = day.docks[job.site]
    jobs = [job, *(one for one in day.jobs if one.site == job.site)]
    jobs.sort(key=lambda one: (one.start, one.id))
    pinned = {one.id: plan[one.id].dock for one in jobs if one.frozen and one.id in plan}
    alike = {n for n, dock in enumerate(docks) if dock not in {*day.dock_closures, *pinned.values()}}
    layers: list[_Layer] = []
    states: _Layer = {(0,) * len(docks): ((), -1)}
    for one in jobs:
        kept = pinned.get(one.id)
        may = [n for n, dock in enumerate(docks) if kept in {None, dock} and _is_open(day, dock, one)]
        states = _park(states, one, may, alike)
        if not states:
            return None
        if len(states) > MOST_STATES:
            raise OverflowError
        layers.append(states)
    return _trace(jobs, layers, docks)


def _is_open(day: Day, dock: int, job: Job) -> bool:
    closures = day.dock_closures.get(dock, ())
    return all(until <= job.start or job.end <= since for since, until in closures)


def _park(states: _Layer, job: Job, may: Sequence[int], alike: AbstractSet[int]) -> _Layer:
    """Return the states after one more job; of free docks that are alike only the first is tried."""
    found: _Layer = {}
    for busy in states:
        freed = tuple(0 if until <= job.start else until for until in busy)
        free = [number for number in may if not freed[number]]
        same = [number for number in free if number in alike]
        for number in [*same[:1], *(number for number in free if number not in alike)]:
            after = (*freed[:number], job.end, *freed[number + 1 :])
            found.setdefault(after, (busy, number))
    return found


def _trace(jobs: Sequence[Job], layers: Sequence[_Layer], docks: Sequence[int]) -> dict[int, int]:
    state = next(iter(layers[-1]))
    found: dict[int, int] = {}
    for job, layer in zip(reversed(jobs), reversed(layers), strict=True):
        state, number = layer[state]
        found[job.id] = docks[number]
    return found
