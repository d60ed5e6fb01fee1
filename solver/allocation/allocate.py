"""The best plan for all jobs of a day, level by level, with a proved bound beside it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from solver.allocation.crews import Crews, read_crews
from solver.allocation.docks import assign_docks
from solver.allocation.goal import LEVELS, Goal, Value, value_of
from solver.allocation.master import Cap, Measure, Task
from solver.allocation.network import Network, lay_out
from solver.allocation.search import Budget, Found, search
from solver.allocation.start import Start, begin, is_legal
from solver.day import Day
from solver.plan import Assignment, Plan

_PENALTY: Final = 500.0
"""Minutes of travel that a job without a crew costs where it must not be: more than any detour for its sake."""

_ROUNDING: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Work:
    """What was done: rounds of pricing over the whole day, and neighbourhoods searched."""

    rounds: int = 0
    neighbourhoods: int = 0


@dataclass(frozen=True, slots=True)
class Allocation:
    """A plan, its value, and what no plan can be better than.

    Each level of `bound` holds for the plans that are as good as `value` in all levels above it. `gap` is the
    share of the first level in which they differ, 0 if the plan is proved the best.
    """

    plan: Plan
    uncrewed: tuple[int, ...]
    value: Value
    bound: Value
    gap: float
    status: Literal["optimal", "feasible"]
    work: Work


@dataclass(frozen=True, slots=True)
class _Case:
    """The day in search: its network, where it began, and the dock of each job of the network."""

    day: Day
    goal: Goal
    start: Start
    network: Network
    docks: dict[int, int | None]


def allocate(
    day: Day, plan: Plan, *, budget: Budget | None = None, goal: Goal | None = None, seed: int = 0
) -> Allocation:
    """Return the best plan found for all jobs of a day, from a plan that may lack jobs or break rules.

    Levels: see `Value`. Frozen jobs keep a legal row. The plan passes `check` for all jobs but the `uncrewed`,
    and is never worse than what is legal of the given one. Equal questions with equal budgets and seeds have
    equal answers. Raises ValueError if a travel time is missing.
    """
    goal = goal or Goal()
    start = begin(day, plan)
    hopeful = [job for job in day.jobs if job.id not in start.hopeless]
    docks = assign_docks(day, hopeful, start.plan)
    jobs = [job for job in hopeful if job.id in docks]
    case = _Case(day, goal, start, lay_out(day, jobs, start.frozen, goal), docks)
    search_levels = _Levels(case, budget or Budget(), seed)
    return search_levels.run(complete=len(jobs) == len(hopeful))
