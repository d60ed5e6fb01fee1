"""The oracle against brute force over every crewing of small days, judged by the rules alone."""

from dataclasses import replace
from itertools import permutations, product
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.instances import small_candidate, small_day
from solver.check import check
from solver.day import CELLS, GRID, Day, Job
from solver.insert import calendar_starts
from solver.oracle import Budget, Oracle, Verdict
from solver.plan import Assignment

SMALL_DAYS = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
FATAL = {"inspector_overlap", "dock_twice"}  # rules that no further job can mend


def rows_of(day: Day, job: Job) -> list[Assignment]:
    """Return every row of a job that passes the rules of crew, seats, duty and dock by itself."""
    alone = replace(day, jobs=(job,), travel={(a, b): 0 for a in range(9) for b in range(9)}, lunch=None)
    crews = permutations([duty.id for duty in day.duties], len(job.seats))
    rows = (Assignment(*row) for row in product(crews, day.docks.get(job.site, (None,))))
    return [row for row in rows if not check(alone, {job.id: row})]


def can_be_crewed(day: Day, plan: dict[int, Assignment], new: Job) -> bool:
    """Try all crewings of all jobs, depth first; frozen jobs keep their rows."""
    jobs = sorted((*day.jobs, new), key=lambda job: job.start)
    rows = [[plan[job.id]] if job.frozen and job.id in plan else rows_of(day, job) for job in jobs]
    return _extend(day, jobs, rows, {})


def _extend(day: Day, jobs: list[Job], rows: list[list[Assignment]], plan: dict[int, Assignment]) -> bool:
    part = replace(day, jobs=tuple(jobs[: len(plan)]))
    found = check(part, plan)
    if any(one.rule in FATAL for one in found):
        return False
    if len(plan) == len(jobs):
        return not found
    job = jobs[len(plan)]
    return any(_extend(day, jobs, rows, {**plan, job.id: row}) for row in rows[len(plan)])


def freeze_some(random: Random, day: Day) -> Day:
    """Return the day with one job in four frozen."""
    jobs = tuple(replace(job, frozen=random.randrange(4) == 0) for job in day.jobs)
    return replace(day, jobs=jobs)


@SMALL_DAYS
@given(st.randoms(use_true_random=False))
def test_the_oracle_agrees_with_brute_force_at_every_start(random: Random) -> None:
    """Yes where some crewing of all jobs passes the rules, no where none does, and nothing is left open."""
    day, plan = small_day(random)
    day = freeze_some(random, day)
    candidate = small_candidate(random, day)
    oracle = Oracle(day, plan)
    answer = oracle.starts(candidate)
    assert answer.undecided == 0
    assert answer.yes & answer.no == 0
    assert answer.yes | answer.no == calendar_starts(day, candidate)
    for cell in range(CELLS):
        if (answer.yes | answer.no) >> cell & 1:
            job = candidate.at(cell * GRID, 99)
            assert bool(answer.yes >> cell & 1) == can_be_crewed(day, plan, job)
