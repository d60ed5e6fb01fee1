"""The day as it is searched, and what one level of its goal asks of the search."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from solver.allocation.crews import Crews
from solver.allocation.docks import assign_docks
from solver.allocation.goal import LEVELS, Goal, Value
from solver.allocation.master import Cap, Measure, Task
from solver.allocation.network import Network, lay_out
from solver.allocation.start import Start, begin
from solver.day import Day
from solver.plan import Assignment, Plan

PENALTY: Final = 500.0
"""Minutes of travel that a unit of a level costs at first: more than nearly any detour for its sake."""


@dataclass(frozen=True, slots=True)
class Case:
    """The network of the jobs that somebody could do, where the search begins, and the dock of each job."""

    day: Day
    goal: Goal
    start: Start
    network: Network
    docks: dict[int, int | None]
    docks_suffice: bool

    @property
    def span(self) -> int:
        """Minutes that the travel of no plan exceeds."""
        return sum(duty.end - duty.start for duty in self.day.duties)

    def floor(self, level: str) -> int:
        """Return what a level has from the jobs that are not in the network."""
        known = {job.id for job in self.network.jobs}
        left = [job.id for job in self.day.jobs if job.id not in known]
        if level == "uncrewed":
            return len(left)
        return sum(self.goal.priority.get(job, 1) for job in left) if level == "forgone" else 0

    def plan_of(self, crews: Crews) -> dict[int, Assignment]:
        """Return crews as a plan."""
        jobs, duties = self.network.jobs, self.network.duties
        return {
            jobs[job].id: Assignment(tuple(duties[duty].id for duty in crew), self.docks[jobs[job].id])
            for job, crew in sorted(crews.items())
        }


def open_case(day: Day, plan: Plan, goal: Goal) -> Case:
    """Return the case of a day. Raises ValueError if a travel time is missing."""
    start = begin(day, plan)
    hopeful = [job for job in day.jobs if job.id not in start.hopeless]
    docks = assign_docks(day, hopeful, start.plan)
    jobs = [job for job in hopeful if job.id in docks]
    network = lay_out(day, jobs, start.frozen, goal)
    return Case(day, goal, start, network, docks, len(jobs) == len(hopeful))


def set_task(case: Case, value: Value, level: str, unit: float) -> Task:
    """Return the task of a level: least units of it, then travel, no level above worse than in `value`."""
    above = LEVELS[: LEVELS.index(level)]
    network = case.network
    complete = value.uncrewed == case.floor("uncrewed")
    goal = _measure(case, level)
    without = unit * goal.without
    if "uncrewed" in above and complete:
        without = np.full(len(network.jobs), PENALTY * (unit if level != "travel" else 1.0))
    cost = Measure(without, unit * goal.overtime, unit * goal.renamed, travel=1.0)
    measures = {one: _measure(case, one) for one in above}
    caps = tuple(
        Cap(measure, float(getattr(value, one) - case.floor(one)))
        for one, measure in measures.items()
        if _binds(network, measure, complete=complete)
    )
    frozen = np.array([job.id in case.start.frozen for job in network.jobs], dtype=bool)
    return Task(network, cost, caps, frozen | ("uncrewed" in above and complete))


def _measure(case: Case, level: str) -> Measure:
    jobs = case.network.jobs
    nothing = Measure(np.zeros(len(jobs)))
    if level == "uncrewed":
        return replace(nothing, without=np.ones(len(jobs)))
    if level == "forgone":
        return replace(nothing, without=np.array([case.goal.priority.get(job.id, 1) for job in jobs], float))
    return replace(
        nothing,
        overtime=float(level == "overtime"),
        renamed=float(level == "renamed"),
        travel=float(level == "travel"),
    )


def _binds(network: Network, measure: Measure, *, complete: bool) -> bool:
    """Whether a plan could exceed a measure at all."""
    if measure.overtime:
        return bool(network.overtime.any())
    if measure.renamed:
        return bool(network.renamed.any())
    return not complete
