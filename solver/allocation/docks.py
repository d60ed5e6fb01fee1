"""A dock for each job. Starts are fixed, so docks have nothing to do with crews: they are given out first."""

from collections.abc import Iterator, Sequence

from solver.day import Day, Job
from solver.plan import Plan

_STATES = 2_000
"""Ways to fill the docks of a site that are kept at a time; few sites have as many."""

_State = tuple[int, ...]
_Trail = tuple[int, int, tuple[int | None, ...]]
"""Jobs without a dock, docks changed, and the dock of each job so far."""


def assign_docks(day: Day, jobs: Sequence[Job], plan: Plan) -> dict[int, int | None]:
    """Return the dock of each job (None where its site has none), a job without a free one left out.

    As many jobs as possible get one, then as many as possible keep theirs of the plan; frozen jobs always do.
    """
    docked: dict[int, int | None] = {job.id: None for job in jobs if job.site not in day.docks}
    for site in sorted({job.site for job in jobs if job.site in day.docks}):
        here = sorted((job for job in jobs if job.site == site), key=lambda job: (job.start, job.id))
        for job, dock in zip(here, _fill(day, here, plan), strict=True):
            if dock is not None:
                docked[job.id] = dock
    return docked


def _fill(day: Day, jobs: Sequence[Job], plan: Plan) -> tuple[int | None, ...]:
    """Walk through the jobs by start; a state is the minute from which each dock is free."""
    docks = day.docks[jobs[0].site]
    states: dict[_State, _Trail] = {(0,) * len(docks): (0, 0, ())}
    for job in jobs:
        grown: dict[_State, _Trail] = {}
        for state, trail in states.items():
            for after, longer in _options(day, job, plan, state, trail):
                if after not in grown or longer[:2] < grown[after][:2]:
                    grown[after] = longer
        ranked = sorted(grown.items(), key=lambda one: (one[1][:2], one[0]))
        states = dict(ranked[:_STATES])
    return min(states.values(), key=lambda trail: trail[:2])[2]


def _options(day: Day, job: Job, plan: Plan, state: _State, trail: _Trail) -> Iterator[tuple[_State, _Trail]]:
    missed, moved, so_far = trail
    now = tuple(max(until, job.start) for until in state)
    old = plan[job.id].dock if job.id in plan else None
    for number, dock in enumerate(day.docks[job.site]):
        if now[number] > job.start or (job.frozen and old is not None and dock != old):
            continue
        if any(since < job.end and job.start < until for since, until in day.dock_closures.get(dock, ())):
            continue
        after = (*now[:number], job.end, *now[number + 1 :])
        yield after, (missed, moved + (old is not None and dock != old), (*so_far, dock))
    yield now, (missed + (1000 if job.frozen and old is not None else 1), moved, (*so_far, None))
