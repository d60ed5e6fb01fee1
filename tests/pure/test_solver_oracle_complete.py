"""Crews for jobs that lost theirs, every start kept: found whenever there are any."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.instances import small_day
from solver.check import check
from solver.day import Day, Duty, Inspector, Job
from solver.oracle import Budget, complete
from solver.plan import Assignment

PLENTY = Budget(nodes=2_000, conflicts=20_000)
RANDOM_DAYS = settings(
    max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


@RANDOM_DAYS
@given(st.integers(0, 10**6))
def test_jobs_that_had_crews_get_crews_again(seed: int) -> None:
    """Any rows taken out of a legal plan: there is a plan for all jobs, and a legal one is found."""
    random = Random(seed)  # noqa: S311 - instances, not secrets
    day, plan = small_day(random)
    missing = {number for number in plan if random.randrange(2)}
    kept = {number: row for number, row in plan.items() if number not in missing}
    found = complete(day, kept, missing, budget=PLENTY)
    assert found is not None
    assert check(day, found, previous=kept) == []


@pytest.mark.parametrize("people", [4, 3])
def test_more_jobs_than_crews_have_none(people: int) -> None:
    """Two visits at one time take four; with three there is no plan, whoever moves."""
    day = Day(
        date=small_day(Random(0))[0].date,  # noqa: S311 - any date
        opens=540,
        closes=1020,
        duties=tuple(Duty(10 * one, one, 540, 1020, 1, 1) for one in range(1, people + 1)),
        inspectors=tuple(Inspector(one, {}) for one in range(1, people + 1)),
        jobs=tuple(Job(number, 1, 600, 30, (frozenset(), frozenset())) for number in (1, 2)),
        travel={},
    )
    found = complete(day, {1: Assignment((10, 20))}, {2}, budget=PLENTY)
    assert (found is None) == (people < 4)
