"""Re-plans of small days against all starts and crews, judged by the rules alone."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, permutations, product
from random import Random

import pytest

from bench.instances import small_day
from solver.check import check
from solver.day import Day, Job
from solver.oracle.metric import is_metric
from solver.plan import Assignment, Plan
from solver.replan import Absence, Disruption, Reach, SiteClosed, Situation, apply, assess, replan

REACH = Reach(15, 30)
Value = tuple[int, int, int, int]
Placed = list[tuple[Job, Assignment]]


def crews(day: Day, job: Job) -> Iterator[tuple[int, ...]]:
    """Yield one order by seats of each set of duties that holds what the seats ask for."""
    held = {one.id: one.held_on(day.date) for one in day.inspectors}
    able = {duty.id: held[duty.inspector] for duty in day.duties}
    for some in combinations(sorted(able), len(job.seats)):
        for crew in permutations(some):
            if all(seat <= able[duty] for seat, duty in zip(job.seats, crew, strict=True)):
                yield crew
                break


def cost(situation: Situation, job: Job, row: Assignment) -> tuple[int, int, int]:
    """Return what one job adds to moved, minutes and names."""
    own = next(one.start for one in situation.day.jobs if one.id == job.id)
    owner = {duty.id: duty.inspector for duty in situation.day.duties}
    former = situation.plan.get(job.id)
    known = set() if former is None else {owner.get(duty) for duty in former.crew}
    names = 0 if former is None else sum(owner[duty] not in known for duty in row.crew)
    return int(job.start != own), abs(job.start - own), names


def brute_force(situation: Situation) -> Value:
    """Return the least value of all answers; travel is metric, so that a broken part stays broken."""
    free = [job for job in situation.day.jobs if job.id not in situation.pinned]
    pinned = [job for job in situation.day.jobs if job.id in situation.pinned]
    placed: Placed = [(job, situation.plan[job.id]) for job in pinned]
    best: Value = (len(free) + 1, 0, 0, 0)

    def descend(number: int, value: Value) -> None:
        nonlocal best
        if value >= best:
            return
        if number == len(free):
            best = value
            return
        job = free[number]
        docks = situation.day.docks.get(job.site, (None,))
        for start, crew, dock in product(situation.starts[job.id], list(crews(situation.day, job)), docks):
            moved, row = replace(job, start=start), Assignment(crew, dock)
            placed.append((moved, row))
            if is_legal(situation.day, placed):
                more = cost(situation, moved, row)
                descend(number + 1, (value[0], value[1] + more[0], value[2] + more[1], value[3] + more[2]))
            placed.pop()
        descend(number + 1, (value[0] + 1, *value[1:]))

    descend(0, (0, 0, 0, 0))
    return best


def is_legal(day: Day, placed: Placed) -> bool:
    """Whether the rules hold for some jobs of a day."""
    some = replace(day, jobs=tuple(job for job, _ in placed))
    return not check(some, {job.id: row for job, row in placed})


def small_cases() -> Iterator[tuple[int, Day, Plan, Disruption, int]]:
    """Yield small days with metric travel, and an absence or a closure on each."""
    for seed in range(400):
        random = Random(seed)  # noqa: S311 - instances, not secrets
        day, plan = small_day(random)
        if not 2 <= len(day.jobs) <= 4 or not is_metric(day):
            continue
        now = random.choice((0, 600, 660))
        busy = sorted({duty for row in plan.values() for duty in row.crew})
        owner = {duty.id: duty.inspector for duty in day.duties}
        disruption: Disruption = Absence(owner[random.choice(busy)], now, random.choice((690, 1440)))
        if random.random() < 1 / 3:
            disruption = SiteClosed(random.choice(day.jobs).site, now, now + 90)
        yield seed, day, plan, disruption, now


@pytest.mark.parametrize("case", list(small_cases())[:24], ids=lambda case: str(case[0]))
def test_best_proposal_has_the_least_value(case: tuple[int, Day, Plan, Disruption, int]) -> None:
    """The first proposal is as good as the best of all starts, crews and docks, and is said to be proved."""
    _, day, plan, disruption, now = case
    found = apply(day, plan, [disruption], now=now)
    situation = assess(found, now=now, movable=REACH, closes=day.closes)
    best = replan(day, plan, disruption, now=now, movable=REACH, most=1)[0]
    assert best.proved
    assert best.value == brute_force(situation)
