"""Allocation of whole days: against brute force, and what a plan keeps, completes and never makes worse."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations
from random import Random

import pytest
from ortools.linear_solver import pywraplp

from bench.allocation_instances import planted_day
from bench.instances import small_day
from solver.allocation import Allocation, Budget, Goal, Value, allocate, value_of
from solver.check import check
from solver.day import Day, Duty, Inspector, Job, Seat
from solver.plan import Assignment, Plan

ANY: Seat = frozenset()
LITTLE = Budget(neighbourhoods=5, steps=50)


def open_day(jobs: tuple[Job, ...], *, inspectors: int = 4, **changes: object) -> Day:
    """Return a day whose inspectors all have one duty from site 0 and back, sites ten minutes apart."""
    day = Day(
        date=planted_day(seed=0, inspectors=6, jobs=6, load=0.3).day.date,
        opens=480,
        closes=1080,
        duties=tuple(Duty(10 * one, one, 480, 1080, 0, 0) for one in range(1, inspectors + 1)),
        inspectors=tuple(Inspector(one, {}) for one in range(1, inspectors + 1)),
        jobs=jobs,
        travel=dict.fromkeys(permutations(range(4), 2), 10),
    )
    return replace(day, **changes)  # type: ignore[arg-type]  # the fields of Day by their names


def legal_plans(day: Day, plan: Plan, jobs: tuple[Job, ...]) -> Iterator[Plan]:
    """Yield every plan that crews all jobs, by the rules alone; travel and lunch are judged at the end."""
    if not jobs:
        if not check(day, plan):
            yield plan
        return
    job, *rest = jobs
    for crew in permutations([duty.id for duty in day.duties], len(job.seats)):
        for dock in day.docks.get(job.site, (None,)):
            grown = {**plan, job.id: Assignment(crew, dock)}
            part = replace(day, jobs=tuple(one for one in day.jobs if one.id in grown))
            if all(found.rule in {"travel", "lunch"} for found in check(part, grown)):
                yield from legal_plans(day, grown, tuple(rest))


def gate(day: Day, found: Allocation) -> list[object]:
    """Return what the rules say of an allocation, jobs without a crew aside."""
    return [one for one in check(day, found.plan) if set(one.jobs) - set(found.uncrewed)]


@pytest.mark.parametrize("seed", range(40))
def test_small_days_have_the_best_of_all_plans(seed: int) -> None:
    """From the given plan and from nothing, the value is that of brute force, and proved."""
    day, plan = small_day(Random(seed))  # noqa: S311 - instances, not secrets
    day = replace(day, jobs=day.jobs[:4])
    plan = {job.id: plan[job.id] for job in day.jobs}
    best = min(value_of(day, one, Goal()) for one in legal_plans(day, {}, day.jobs))
    for given in (plan, {}):
        found = allocate(day, given)
        assert not gate(day, found)
        assert (found.value, found.bound, found.status) == (best, best, "optimal")


@pytest.mark.parametrize("seed", range(4))
def test_a_planted_day_is_crewed_within_its_bound(seed: int) -> None:
    """From nothing, all visits of a planted day get crews; the bound is not above the value."""
    planted = planted_day(seed=seed, inspectors=8, jobs=32, load=0.7)
    found = allocate(planted.day, {}, budget=LITTLE)
    assert not gate(planted.day, found)
    assert found.uncrewed == ()
    assert found.bound <= found.value <= value_of(planted.day, planted.plan, Goal())


def test_a_large_day_takes_neighbourhoods_and_ascent() -> None:
    """A day too large to be solved at once still has a legal, better plan and a bound below it."""
    planted = planted_day(seed=1, inspectors=8, jobs=32, load=0.7)
    budget = Budget(whole=10, neighbourhoods=4, duties=5, steps=200)
    found = allocate(planted.day, planted.plan, budget=budget)
    assert not gate(planted.day, found)
    assert found.value <= value_of(planted.day, planted.plan, Goal())
    assert 0 < found.bound.travel <= found.value.travel


def test_equal_questions_have_equal_answers() -> None:
    """Twice the same day, budget and seed: twice the same allocation."""
    day = planted_day(seed=3, inspectors=8, jobs=36, load=0.8).day
    assert allocate(day, {}, budget=LITTLE, seed=5) == allocate(day, {}, budget=LITTLE, seed=5)


def test_frozen_jobs_keep_crew_and_dock() -> None:
    """The rows of frozen jobs stay as they are, though other crews would travel less."""
    planted = planted_day(seed=2, inspectors=8, jobs=32, load=0.6)
    day = replace(planted.day, jobs=tuple(replace(job, frozen=job.id % 3 == 0) for job in planted.day.jobs))
    found = allocate(day, planted.plan, budget=LITTLE)
    assert not check(day, found.plan, previous=planted.plan)
    assert all(found.plan[job.id] == planted.plan[job.id] for job in day.jobs if job.frozen)


def test_a_broken_plan_is_mended() -> None:
    """Unknown jobs, duties and docks, and one inspector in two places, do not stop the search."""
    jobs = (Job(1, 1, 600, 60, (ANY, ANY)), Job(2, 2, 600, 60, (ANY, ANY)), Job(3, 1, 720, 30, (ANY, ANY)))
    day = open_day(jobs, docks={1: (5,)})
    broken = {
        1: Assignment((10, 20), 5),
        2: Assignment((10, 20)),
        3: Assignment((10, 999), 7),
        9: Assignment((30, 40)),
    }
    found = allocate(day, broken)
    assert not check(day, found.plan)
    assert found.status == "optimal"


def test_a_job_that_nobody_can_do_stays_without_crew() -> None:
    """What has no place in an empty day is told as uncrewed, and proved to be."""
    day = open_day((Job(1, 1, 600, 60, (frozenset({"plant"}), ANY)), Job(2, 1, 600, 60, (ANY, ANY))))
    found = allocate(day, {})
    assert found.uncrewed == (1,)
    assert (found.value.uncrewed, found.bound.uncrewed, found.status) == (1, 1, "optimal")


def test_too_many_jobs_leave_the_least_urgent() -> None:
    """Three visits at once, crews for two: the one of the least priority is left, and that is proved."""
    jobs = tuple(Job(one, 1, 600, 60, (ANY, ANY)) for one in (1, 2, 3))
    found = allocate(open_day(jobs), {}, goal=Goal(priority={1: 5, 2: 1, 3: 3}))
    assert found.uncrewed == (2,)
    assert found.value == found.bound


def test_docks_and_their_closures_hold() -> None:
    """Two visits share two docks of which one is shut for a while; a third one at that time has none."""
    jobs = tuple(Job(one, 1, 600, 60, (ANY, ANY)) for one in (1, 2))
    day = open_day(jobs, docks={1: (5, 6)}, dock_closures={6: ((700, 800),)})
    assert {row.dock for row in allocate(day, {}).plan.values()} == {5, 6}
    shut = open_day(jobs, docks={1: (5, 6)}, dock_closures={6: ((610, 800),)})
    found = allocate(shut, {})
    assert len(found.uncrewed) == 1
    assert not gate(shut, found)
    assert found.bound <= found.value


def test_clashing_duties_are_not_used_together() -> None:
    """An inspector with two duties that overlap works in one of them."""
    jobs = (Job(1, 1, 600, 60, (ANY, ANY)), Job(2, 1, 900, 60, (ANY, ANY)))
    day = open_day(jobs, inspectors=2)
    day = replace(day, duties=(*day.duties, Duty(11, 1, 700, 1080, 1, 1)))
    found = allocate(day, {})
    assert not check(day, found.plan)
    assert found.status == "optimal"


def test_overtime_comes_before_names_and_names_before_travel() -> None:
    """A published name is given up for overtime, and travel is driven for a published name."""
    jobs = (Job(1, 1, 600, 60, (ANY,)), Job(2, 1, 900, 60, (ANY,)))
    day = open_day(jobs, inspectors=3, minimum_crew=1)
    published = {1: Assignment((10,)), 2: Assignment((20,))}
    kept = allocate(day, published, goal=Goal(published=published))
    assert kept.value == kept.bound == Value(0, 0, 0, 0, 40)
    free = allocate(day, published)
    assert free.value == Value(0, 0, 0, 0, 20)
    late = allocate(day, published, goal=Goal(published=published, paid_until={20: 900}))
    assert late.value == late.bound == Value(0, 0, 1, 0, 20)
    assert late.plan[2].crew == (10,)


def test_unavoidable_overtime_is_the_least_and_proved() -> None:
    """Both inspectors are needed in the evening; of three, the two with the least overtime stay."""
    day = open_day((Job(1, 1, 960, 60, (ANY, ANY)),), inspectors=3)
    found = allocate(day, {1: Assignment((10, 20))}, goal=Goal(paid_until={10: 960, 20: 1000, 30: 1010}))
    assert set(found.plan[1].crew) == {20, 30}
    assert found.value == found.bound == Value(0, 50, 0, 0, 40)


def test_an_engine_that_gives_up_costs_no_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """A linear program that is not solved ends its part of the search: what is known stays, bounded."""
    planted = planted_day(seed=1, inspectors=8, jobs=24, load=0.5)
    monkeypatch.setattr(pywraplp.Solver, "Solve", lambda _self: pywraplp.Solver.ABNORMAL)
    found = allocate(planted.day, planted.plan, budget=LITTLE)
    assert not gate(planted.day, found)
    assert found.bound <= found.value <= value_of(planted.day, planted.plan, Goal())
