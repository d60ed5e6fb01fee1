"""The oracle against brute force over every crewing of small days, judged by the rules alone."""

from dataclasses import replace
from datetime import date
from random import Random

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bench.brute import can_be_crewed
from bench.instances import small_candidate, small_day
from solver.check import check
from solver.day import CELLS, GRID, Day, Duty, Inspector, Job
from solver.insert import calendar_starts
from solver.oracle import Budget, Oracle, Verdict
from solver.oracle.budget import Purse
from solver.oracle.layout import Layout, bits
from solver.oracle.rows import Rows
from solver.plan import Assignment

SMALL_DAYS = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


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
    assert answer.undecided == 0  # small enough for the default budget
    assert answer.yes & answer.no == 0
    assert answer.yes | answer.no == calendar_starts(day, candidate)
    for cell in range(CELLS):
        if (answer.yes | answer.no) >> cell & 1:
            job = candidate.at(cell * GRID, 99)
            can = can_be_crewed(day, plan, job)
            assert bool(answer.yes >> cell & 1) == can
            proof = oracle.prove(job)
            assert proof.verdict is (Verdict.YES if can else Verdict.NO)
            if proof.plan is None:
                assert proof.refusal is not None
            else:
                assert not check(replace(day, jobs=(*day.jobs, job)), proof.plan, previous=plan)


@settings(SMALL_DAYS, max_examples=25)
@given(st.randoms(use_true_random=False))
def test_the_clauses_alone_say_what_the_rules_say(random: Random) -> None:
    """Without the cheaper layers the engine agrees with brute force, and so does each core that refutes."""
    day, plan = small_day(random)
    assume(len(day.jobs) <= 6)  # brute force tries all crews of all jobs
    day = replace(freeze_some(random, day), docks={}, dock_closures={})
    plan = {number: Assignment(row.crew) for number, row in plan.items()}
    layout = Layout(day, plan)
    rows = Rows(layout, [sum(1 << duty for duty in crew) for crew in layout.crews])
    cores: list[frozenset[int]] = []
    for _ in range(2):
        candidate = small_candidate(random, day)
        seats = layout.holders(candidate.seats, candidate.excluded)
        for cell in bits(calendar_starts(day, candidate)):
            visit = layout.visit(candidate, cell * GRID, seats)
            refuted = any(core <= rows.imply(visit) for core in cores)
            found = rows.find(visit, Purse(Budget(conflicts=5_000), share=1))
            can = len(candidate.seats) >= day.minimum_crew and can_be_crewed(
                day, plan, candidate.at(cell * GRID, 99)
            )
            assert found is not None
            assert can or isinstance(found, frozenset) or len(candidate.seats) < day.minimum_crew
            assert not (can and (refuted or isinstance(found, frozenset)))
            if isinstance(found, frozenset):
                cores.append(found)


def test_a_detour_that_is_quicker_than_the_direct_way_counts() -> None:
    """Where travel is not metric, a job may be reached by way of another one, and an oracle sees it."""
    away = {(1, 2): 10, (2, 1): 10, (2, 3): 10, (3, 2): 10, (1, 3): 90, (3, 1): 90}
    day = Day(
        date=date(2026, 3, 2),
        opens=540,
        closes=720,
        duties=(Duty(10, 1, 540, 720, 1, 1),),
        inspectors=(Inspector(1, {}),),
        jobs=(),
        travel=away,
        minimum_crew=1,
    )
    outward = Job(id=1, site=2, start=555, duration=15, seats=(frozenset(),))
    far = Job(id=2, site=3, start=600, duration=15, seats=(frozenset(),))
    homeward = Job(id=3, site=2, start=630, duration=15, seats=(frozenset(),))
    assert Oracle(day, {}).prove(far).verdict is Verdict.NO
    by_way = replace(day, jobs=(outward, homeward))
    plan = {1: Assignment((10,)), 3: Assignment((10,))}
    assert Oracle(by_way, plan).prove(far).verdict is Verdict.YES
