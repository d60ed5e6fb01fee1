"""Crews for jobs of a day that have none, every start kept: one proof after the other."""

from collections.abc import Collection
from dataclasses import replace

from solver.day import Day
from solver.oracle.budget import Budget
from solver.oracle.oracle import Oracle
from solver.plan import Plan


def complete(day: Day, plan: Plan, missing: Collection[int], *, budget: Budget) -> Plan | None:
    """Return a plan for all jobs of a day, or None if there is none or the budget of a proof does not do.

    `plan` is legal for all jobs but the `missing` ones; frozen rows stay, all other crews and docks may
    change. The budget is for each missing job. The order is that of their starts.
    """
    left = sorted((job for job in day.jobs if job.id in missing), key=lambda job: (job.start, job.id))
    oracle = Oracle(replace(day, jobs=tuple(job for job in day.jobs if job.id not in missing)), plan)
    for job in left:
        found = oracle.prove(job, budget=budget).plan
        if found is None:
            return None
        oracle = Oracle(replace(day, jobs=(*oracle.day.jobs, job)), found, former=oracle)
    return oracle.plan
