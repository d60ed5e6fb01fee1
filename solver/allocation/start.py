"""The plan to begin with: what is legal of the given one, a dock for each job, the rest by insertion."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from solver.check import check
from solver.day import Day, Job
from solver.insert import place_all, prepare, why_not
from solver.plan import Assignment, Plan


@dataclass(frozen=True, slots=True)
class Start:
    """A legal plan for some jobs, the rows in it that must stay, and the jobs that nobody could do.

    `frozen` are the rows of frozen jobs that are legal.
    """

    plan: dict[int, Assignment]
    frozen: dict[int, Assignment]
    hopeless: frozenset[int]


def begin(day: Day, plan: Plan) -> Start:
    """Return where the search begins.

    Rows of jobs that the day does not have are left out; so are rows that break a rule, those of frozen jobs
    only if the others are not enough. Raises ValueError if a travel time is missing.
    """
    kept = keep_legal(day, plan)
    frozen = {job.id: kept[job.id] for job in day.jobs if job.frozen and job.id in kept}
    missing = [job for job in day.jobs if job.id not in kept]
    alone = prepare(day, {})
    hopeless = frozenset(job.id for job in missing if why_not(alone, job) is not None)
    placed = place_all(day, [job for job in missing if job.id not in hopeless], plan=kept)
    return Start(dict(placed.plan), frozen, hopeless)


def keep_legal(day: Day, plan: Plan) -> dict[int, Assignment]:
    """Return rows of a plan that are legal together."""
    jobs: Mapping[int, Job] = {job.id: job for job in day.jobs}
    kept = {number: row for number, row in plan.items() if number in jobs}
    while broken := {job for found in check(_with(day, kept), kept) for job in found.jobs}:
        loose = {job for job in broken if not jobs[job].frozen} or broken
        kept = {number: row for number, row in kept.items() if number not in loose}
    return kept


def is_legal(day: Day, plan: Plan, frozen: Plan) -> bool:
    """Whether a plan passes `check` for the jobs that it crews and keeps the frozen rows."""
    if any(plan.get(job) != row for job, row in frozen.items()):
        return False
    return not check(_with(day, plan), plan)


def _with(day: Day, plan: Iterable[int]) -> Day:
    crewed = set(plan)
    return replace(day, jobs=tuple(job for job in day.jobs if job.id in crewed))
