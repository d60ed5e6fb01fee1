"""Explanations and ways out against brute force over every crewing of small days."""

from collections.abc import Collection
from dataclasses import replace
from random import Random

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bench.brute import can_be_crewed
from bench.instances import small_candidate, small_day
from solver import reasons
from solver.day import GRID, Day, Job
from solver.explain import Case, Explanation, Way, explain, relaxations
from solver.insert import calendar_starts
from solver.oracle import Oracle
from solver.oracle.layout import bits
from solver.plan import Assignment

SMALL_DAYS = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
PROMISES = {reasons.NO_DOCK, reasons.CREW_BUSY, reasons.NO_CREWING}


def draw_question(random: Random) -> tuple[Day, dict[int, Assignment], Job]:
    """Return a small day, now and then with a frozen job, and a job at a start that the calendar allows."""
    day, plan = small_day(random)
    assume(1 <= len(day.jobs) <= 6)  # brute force tries all crews of all jobs
    day = replace(day, jobs=tuple(replace(job, frozen=random.randrange(6) == 0) for job in day.jobs))
    candidate = small_candidate(random, day)
    cells = bits(calendar_starts(day, candidate))
    assume(cells)
    assume(len(candidate.seats) >= day.minimum_crew)
    return day, plan, candidate.at(random.choice(cells) * GRID, 99)


def can_among(day: Day, plan: dict[int, Assignment], kept: Collection[int], job: Job) -> bool:
    """Return what brute force says if only some promises were there."""
    jobs = tuple(one for one in day.jobs if one.id in kept)
    return can_be_crewed(replace(day, jobs=jobs), {one.id: plan[one.id] for one in jobs}, job)


def judge(day: Day, plan: dict[int, Assignment], job: Job, why: Explanation) -> None:
    """Assert that the named promises refuse the job, that their leaving helps, and that none is spare."""
    everyone = {one.id for one in day.jobs}
    assert not can_among(day, plan, everyone, job)
    assert not can_among(day, plan, why.jobs, job)
    if why.leaving:
        assert can_among(day, plan, everyone - {*why.leaving}, job)
    if why.minimal:
        assert bool(why.jobs) == bool(why.leaving)
        for one in why.jobs:
            assert can_among(day, plan, {*why.jobs} - {one}, job)
        for one in why.leaving:
            assert not can_among(day, plan, everyone - {*why.leaving} | {one}, job)


@SMALL_DAYS
@given(st.randoms(use_true_random=False))
def test_the_named_promises_are_the_reason_and_none_is_spare(random: Random) -> None:
    """Possible where brute force finds a crewing; else both sets suffice, and are minimal by their word."""
    day, plan, job = draw_question(random)
    why = explain(Oracle(day, plan), job)
    if why.reason == reasons.POSSIBLE:
        assert can_among(day, plan, {one.id for one in day.jobs}, job)
    else:
        assert why.reason != reasons.UNDECIDED
        assert why.reason in PROMISES or not why.jobs
        judge(day, plan, job, why)


@settings(SMALL_DAYS, max_examples=40)
@given(st.randoms(use_true_random=False))
def test_fewer_seats_and_qualifications_are_refused_as_well(random: Random) -> None:
    """The seats that are named cannot be filled beside the conflict, with no more than is named."""
    day, plan, job = draw_question(random)
    why = explain(Oracle(day, plan), job)
    if why.jobs and why.seats:
        names = frozenset(why.qualifications)
        asked = replace(job, seats=tuple(job.seats[seat] & names for seat in why.seats))
        assert not can_among(replace(day, minimum_crew=1), plan, why.jobs, asked)


@settings(SMALL_DAYS, max_examples=40)
@given(st.randoms(use_true_random=False))
def test_each_way_out_makes_the_start_possible(random: Random) -> None:
    """Another start, a promise that leaves or moves: brute force finds a crewing of the changed day."""
    day, plan, job = draw_question(random)
    case = Case(Oracle(day, plan))
    assume(explain(case, job).reason != reasons.POSSIBLE)
    for way in relaxations(case, job):
        if way.way is Way.ONE_MORE_INSPECTOR:
            continue
        changed, asked = day, job
        if way.way is Way.OTHER_START:
            assert way.start is not None
            asked = replace(job, start=way.start)
        else:
            moved = [replace(one, start=way.start) for one in day.jobs if one.id == way.job and way.start]
            changed = replace(day, jobs=(*(one for one in day.jobs if one.id != way.job), *moved))
        assert can_be_crewed(changed, plan, asked)
