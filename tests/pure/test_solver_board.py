"""Boards that follow a day's changes, and the part of a day that one job can touch."""

from dataclasses import replace
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.instances import small_candidate, small_day
from solver.around import cut_around
from solver.board import Board, revise
from solver.check import check
from solver.day import GRID, Day
from solver.insert import prepare
from solver.plan import Assignment, Plan

RANDOM_DAYS = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


def laid_out(board: Board) -> tuple[object, ...]:
    """Return what a board says of the day, without the places that it remembers beyond need."""
    return board.plan, board.stops, board.gaps, board.teams, board.docks, board.opening


def is_metric(day: Day) -> bool:
    """Whether no way is longer than the same way over a third place."""
    sites = {site for pair in day.travel for site in pair}
    travel = day.travel_between
    return all(travel(a, c) <= travel(a, b) + travel(b, c) for a in sites for b in sites for c in sites)


@RANDOM_DAYS
@given(st.integers(0, 10**6))
def test_a_revised_board_is_the_board_of_the_day_as_it_is_now(seed: int) -> None:
    """Jobs that went, came and changed their crews: the same as laying the new day out from nothing."""
    random = Random(seed)  # noqa: S311 - instances, not secrets
    day, plan = small_day(random)
    kept = {number: row for number, row in plan.items() if random.randrange(3)}
    before = replace(day, jobs=tuple(job for job in day.jobs if job.id in kept or random.randrange(2)))
    old = prepare(replace(before, jobs=tuple(job for job in before.jobs if job.id in kept)), kept)
    gone = frozenset(number for number in kept if random.randrange(2))
    after = {number: row for number, row in plan.items() if number not in gone}
    changed: dict[int, Assignment | None] = {number: after.get(number) for number in {*gone, *after}}
    now = replace(day, jobs=tuple(job for job in day.jobs if job.id in after))
    assert laid_out(revise(old, now, changed)) == laid_out(prepare(now, after))


@RANDOM_DAYS
@given(st.integers(0, 10**6))
def test_the_cut_around_a_job_says_what_the_whole_day_says(seed: int) -> None:
    """Any crew and dock for one more job: a rule is broken in the cut if and only if the day breaks one."""
    random = Random(seed)  # noqa: S311 - instances, not secrets
    day, plan = small_day(random)
    board, candidate = prepare(day, plan), small_candidate(random, day)
    job = candidate.at(random.randrange(day.opens, day.closes, GRID), 99)
    crew = tuple(random.choice(day.duties).id for _ in job.seats)
    row = Assignment(crew, random.choice([None, *day.docks.get(job.site, ())]))
    whole = broken(replace(day, jobs=(*day.jobs, job)), {**plan, job.id: row})
    cut = broken(*cut_around(board, job, row))
    assert whole <= cut
    if is_metric(day):
        assert cut == whole


def broken(day: Day, plan: Plan) -> set[tuple[object, ...]]:
    """Return the violations of a plan as comparable values."""
    return {(one.rule, one.jobs, one.duties, one.site, one.dock) for one in check(day, plan)}
