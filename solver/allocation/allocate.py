"""The best plan for all jobs of a day, level by level, with a proved bound beside it."""

import math
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from solver.allocation.case import PENALTY, Case, open_case, set_task
from solver.allocation.crews import read_crews
from solver.allocation.goal import LEVELS, Goal, Value, value_of
from solver.allocation.search import Budget, Found, search
from solver.allocation.start import is_legal
from solver.day import Day
from solver.plan import Plan

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
class Standing:
    """The best plan so far, its value, the bounds proved of it, and the work done."""

    plan: Plan
    value: Value
    bounds: dict[str, int] = field(default_factory=dict)
    work: Work = field(default_factory=Work)


def allocate(
    day: Day, plan: Plan, *, budget: Budget | None = None, goal: Goal | None = None, seed: int = 0
) -> Allocation:
    """Return the best plan found for all jobs of a day, from a plan that may lack jobs or break rules.

    Levels: see `Value`. Frozen jobs keep a legal row. The plan passes `check` for all jobs but the
    `uncrewed`, and is never worse than what is legal of the given one. Equal questions with equal budgets
    and seeds have equal answers. Raises ValueError if a travel time is missing.
    """
    case = open_case(day, plan, goal or Goal())
    standing = Standing(case.start.plan, value_of(day, case.start.plan, case.goal))
    for level in LEVELS:
        if level not in standing.bounds:
            standing = _settle(case, standing, level, budget or Budget(), seed)
    value, bound = standing.value, _bound(case, standing)
    differing = [level for level in LEVELS if getattr(value, level) != getattr(bound, level)]
    return Allocation(
        plan=standing.plan,
        uncrewed=tuple(job.id for job in day.jobs if job.id not in standing.plan),
        value=value,
        bound=bound,
        gap=_gap(getattr(value, differing[0]), getattr(bound, differing[0])) if differing else 0.0,
        status="feasible" if differing else "optimal",
        work=standing.work,
    )


def _gap(value: int, bound: int) -> float:
    return (value - bound) / value


def _settle(case: Case, standing: Standing, level: str, budget: Budget, seed: int) -> Standing:
    """Return the plan improved in one level, with its bound and those of levels that come for nothing."""
    if level == "travel":
        units: tuple[float, ...] = (1.0,)
    else:  # the second one proves more, and is worth its time only where the day is solved at once
        units = (PENALTY, case.span + 1.0) if len(case.network.jobs) <= budget.whole else (PENALTY,)
    for unit in units:
        if level != "travel" and getattr(standing.value, level) == case.floor(level):
            break
        task = set_task(case, standing.value, level, unit)
        found = search(task, read_crews(case.network, standing.plan), budget, seed)
        standing = _judge(case, _take(case, standing, found), level, unit, found)
    if level not in standing.bounds:
        standing = replace(standing, bounds={**standing.bounds, level: case.floor(level)})
    return standing


def _take(case: Case, standing: Standing, found: Found) -> Standing:
    """Return the standing with what was found, if that is better and passes the rules."""
    plan = case.plan_of(found.crews)
    work = Work(standing.work.rounds + found.rounds, standing.work.neighbourhoods + found.neighbourhoods)
    value = value_of(case.day, plan, case.goal)
    if value < standing.value and is_legal(case.day, plan, case.start.frozen):
        return replace(standing, plan=plan, value=value, work=work)
    return replace(standing, work=work)


def _judge(case: Case, standing: Standing, level: str, unit: float, found: Found) -> Standing:
    """Return the standing with the bounds that a search has proved."""
    if not math.isfinite(found.bound):
        return standing
    at = getattr(standing.value, level)
    bounds = dict(standing.bounds)
    if level != "travel":
        proved = case.floor(level) + math.ceil((found.bound - case.span) / unit - _ROUNDING)
        bounds[level] = min(at, max(case.floor(level), proved, bounds.get(level, 0)))
    below = LEVELS[LEVELS.index(level) + 1 : -1]
    if level == "travel" or (
        bounds[level] == at and all(getattr(standing.value, one) == case.floor(one) for one in below)
    ):
        spent = 0.0 if level == "travel" else unit * (at - case.floor(level))
        travel = case.network.idle + math.ceil(found.bound - spent - _ROUNDING)
        bounds |= {one: case.floor(one) for one in below}
        bounds["travel"] = min(standing.value.travel, max(0, travel))
    return replace(standing, bounds=bounds)


def _bound(case: Case, standing: Standing) -> Value:
    """Return the bounds; where docks are short, another choice of jobs might do better in most levels."""
    if case.docks_suffice:
        return Value(**standing.bounds)
    return Value(len(case.start.hopeless), 0, 0, 0, 0)
