"""What a plan of a day is judged by: levels, each of which counts only where all above it are equal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from solver.day import Day, Job
from solver.plan import Plan

LEVELS: Final = ("uncrewed", "overtime", "renamed", "forgone", "travel")
"""The fields of `Value`, the most important first."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What the caller knows beside the day.

    `paid_until` maps a duty to the minute from which work in it is overtime: until its holder is back at its
    end place. `published` is the plan whose names have been told. `priority` weighs a job that stays without
    a crew (one if absent); it matters only between plans that leave equally many without.
    """

    paid_until: Mapping[int, int] = field(default_factory=dict)
    published: Plan = field(default_factory=dict)
    priority: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, order=True)
class Value:
    """The worth of a plan; the lesser one is better, level by level.

    Jobs without a crew; minutes of overtime; pairs of job and inspector that were not published, of jobs that
    were; priority of the jobs without a crew; minutes of travel of all duties from their start places to
    their end places.
    """

    uncrewed: int
    overtime: int
    renamed: int
    forgone: int
    travel: int


def value_of(day: Day, plan: Plan, goal: Goal) -> Value:
    """Return the value of a plan that is legal for the jobs it crews."""
    stops: dict[int, list[Job]] = {duty.id: [] for duty in day.duties}
    for job in sorted(day.jobs, key=lambda job: job.start):
        for duty in plan[job.id].crew if job.id in plan else ():
            stops[duty].append(job)
    without = [job.id for job in day.jobs if job.id not in plan]
    return Value(
        uncrewed=len(without),
        overtime=sum(_overtime(day, goal, duty, stops) for duty in goal.paid_until),
        renamed=_renamed(day, plan, goal),
        forgone=sum(goal.priority.get(job, 1) for job in without),
        travel=_travel(day, stops),
    )


def _overtime(day: Day, goal: Goal, number: int, stops: Mapping[int, list[Job]]) -> int:
    duty = next((duty for duty in day.duties if duty.id == number), None)
    if duty is None or not stops[number]:
        return 0
    last = stops[number][-1]
    back = last.end + day.travel_between(last.site, duty.end_site)
    return max(0, back - max(duty.start, goal.paid_until[number]))


def names_told(day: Day, goal: Goal) -> dict[int, frozenset[int]]:
    """Return the inspectors that were published for each job; duties that are gone name nobody."""
    owner = {duty.id: duty.inspector for duty in day.duties}
    return {job: frozenset(owner.get(duty, -1) for duty in row.crew) for job, row in goal.published.items()}


def _renamed(day: Day, plan: Plan, goal: Goal) -> int:
    owner = {duty.id: duty.inspector for duty in day.duties}
    told = names_told(day, goal)
    return sum(owner[duty] not in told[job] for job, row in plan.items() if job in told for duty in row.crew)


def _travel(day: Day, stops: Mapping[int, list[Job]]) -> int:
    total = 0
    for duty in day.duties:
        sites = [duty.start_site, *(job.site for job in stops[duty.id]), duty.end_site]
        total += sum(day.travel_between(a, b) for a, b in pairwise(sites))
    return total
