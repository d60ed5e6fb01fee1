"""Whether a small day can take one more job, by trying every crew and dock of every job against the rules."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import permutations, product
from typing import Final

from solver.check import check
from solver.day import Day, Job
from solver.plan import Assignment

FATAL: Final = frozenset({"inspector_overlap", "dock_twice"})
"""Rules that no further job can mend."""


def can_be_crewed(day: Day, plan: Mapping[int, Assignment], new: Job) -> bool:
    """Try all crewings of all jobs, depth first; frozen jobs keep their rows."""
    jobs = sorted((*day.jobs, new), key=lambda job: job.start)
    rows = [[plan[job.id]] if job.frozen and job.id in plan else _rows_of(day, job) for job in jobs]
    return _extend(day, jobs, rows, {})


def _rows_of(day: Day, job: Job) -> list[Assignment]:
    """Return every row of a job that passes the rules of crew, seats, duty and dock by itself."""
    alone = replace(day, jobs=(job,), travel={(a, b): 0 for a in range(9) for b in range(9)}, lunch=None)
    crews = permutations([duty.id for duty in day.duties], len(job.seats))
    rows = (Assignment(*row) for row in product(crews, day.docks.get(job.site, (None,))))
    return [row for row in rows if not check(alone, {job.id: row})]


def _extend(day: Day, jobs: list[Job], rows: list[list[Assignment]], plan: dict[int, Assignment]) -> bool:
    part = replace(day, jobs=tuple(jobs[: len(plan)]))
    found = check(part, plan)
    if any(one.rule in FATAL for one in found):
        return False
    if len(plan) == len(jobs):
        return not found
    job = jobs[len(plan)]
    return any(_extend(day, jobs, rows, {**plan, job.id: row}) for row in rows[len(plan)])
