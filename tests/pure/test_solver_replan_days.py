"""Re-plans of running days: each disruption, what must stay, what is never missing."""

from dataclasses import replace
from datetime import date
from random import Random

import pytest

from bench.instances import draw_requests, open_office, small_day
from bench.promise import fill
from solver.check import check
from solver.day import Day, Duty, Inspector, Job, Lunch, Seat
from solver.plan import Assignment, Plan
from solver.replan import (
    Absence,
    Budget,
    Disruption,
    EnterpriseLate,
    Overrun,
    Proposal,
    Reach,
    SiteClosed,
    Urgent,
    apply,
    replan,
)

ANY: Seat = frozenset()
PAIR = (ANY, ANY)
DAY = Day(
    date=date(2026, 3, 2),
    opens=540,
    closes=1020,
    duties=tuple(Duty(10 * one, one, 540, 1020, 1, 1) for one in (1, 2, 3, 4)),
    inspectors=tuple(Inspector(one, {}) for one in (1, 2, 3, 4)),
    jobs=(
        Job(1, 1, 540, 60, PAIR),
        Job(2, 1, 600, 60, PAIR),
        Job(3, 1, 600, 60, PAIR),
        Job(4, 1, 900, 60, PAIR),
    ),
    lunch=Lunch(),
)
PLAN = {
    1: Assignment((10, 20)),
    2: Assignment((10, 20)),
    3: Assignment((30, 40)),
    4: Assignment((10, 20)),
}
NOW = 570


def is_legal(day: Day, plan: Plan, disruption: Disruption, found: Proposal) -> bool:
    """Whether a proposal keeps the rules for all jobs that it does not lose."""
    after = apply(day, plan, [disruption], now=NOW)
    jobs = tuple(
        replace(job, start=found.starts.get(job.id, job.start))
        for job in after.day.jobs
        if job.id not in found.lost
    )
    return not check(replace(after.day, jobs=jobs), found.plan, previous=after.plan)


def busy_day(seed: int, jobs: int = 14) -> tuple[Day, Plan]:
    """Return the first jobs of a filled office-day of eight inspectors."""
    office = open_office(seed=seed, inspectors=8)
    filled = fill(office.days[0], draw_requests(office, seed=seed), load=0.35)
    some = filled.day.jobs[:jobs]
    return replace(filled.day, jobs=some), {job.id: filled.board.plan[job.id] for job in some}


def test_nothing_moves_where_somebody_else_is_free() -> None:
    """An ill inspector is replaced where a colleague is free: one promise, one name, no time."""
    day = replace(DAY, jobs=(DAY.jobs[0], DAY.jobs[1], DAY.jobs[3]))
    plan = {1: PLAN[1], 2: PLAN[2], 4: PLAN[4]}
    best = replan(day, plan, Absence(1, 600), now=NOW)[0]
    assert best.value == (0, 0, 0, 2)
    assert best.proved
    assert {job for job, _, _ in best.renamed} == {2, 4}


def test_a_promise_moves_rather_than_being_lost() -> None:
    """With three left for two jobs at once, one of them moves by the least that is possible."""
    best = replan(DAY, PLAN, Absence(1, 600), now=NOW)[0]
    assert best.value[:3] == (0, 1, 60)
    assert best.proved
    assert is_legal(DAY, PLAN, Absence(1, 600), best)


def test_a_job_broken_off_by_illness_starts_anew() -> None:
    """Who falls ill during a job leaves it undone: it gets another start and crew."""
    best = replan(DAY, PLAN, Absence(2, 580), now=NOW)[0]
    assert best.lost == ()
    assert best.starts[1] >= NOW
    assert 20 not in best.plan[1].crew


def test_a_late_inspector_keeps_the_rest_of_the_duty() -> None:
    """After the delay the same inspector is there; the rest of a duty that had begun gets a new id."""
    found = apply(DAY, PLAN, [Absence(1, 600, 660)], now=NOW)
    parts = [(duty.id, duty.start, duty.end) for duty in found.day.duties if duty.inspector == 1]
    assert parts == [(10, 540, 600), (41, 660, 1020)]
    assert found.plan[4].crew == (41, 20)
    best = replan(DAY, PLAN, Absence(1, 600, 660), now=NOW)[0]
    assert best.lost == ()
    assert best.plan[4].crew == (41, 20)


def test_a_late_start_of_a_duty_keeps_its_id() -> None:
    """A duty that has not begun only becomes shorter."""
    found = apply(DAY, PLAN, [Absence(3, 0, 630)], now=540)
    assert [(duty.id, duty.start) for duty in found.day.duties if duty.inspector == 3] == [(30, 630)]


def test_nothing_happens_at_a_closed_site() -> None:
    """Jobs of a closed site move out of the closure."""
    disruption = SiteClosed(1, 600, 660)
    best = replan(DAY, PLAN, disruption, now=NOW)[0]
    assert best.lost == ()
    assert all(not 540 < start < 660 for start in best.starts.values())
    assert {1, 2, 3} & set(best.moved) == {2, 3}
    assert is_legal(DAY, PLAN, disruption, best)


def test_an_urgent_job_gets_its_earliest_time_without_moving_a_promise() -> None:
    """The green channel waits until a crew is free rather than moving somebody."""
    disruption = Urgent(Job(9, 1, 585, 30, PAIR), 720)
    best = replan(DAY, PLAN, disruption, now=NOW)[0]
    assert (best.lost, best.moved) == ((), ())
    assert best.starts == {9: 660}
    assert best.minutes_moved == 75
    assert best.proved


def test_an_urgent_job_without_a_place_in_its_window_is_lost_first() -> None:
    """One job has to go; whatever it is, the rest is legal."""
    disruption = Urgent(Job(9, 1, 600, 60, PAIR), 600)
    best = replan(DAY, PLAN, disruption, now=NOW, movable={})[0]
    assert len(best.lost) == 1
    assert best.moved == ()
    assert best.proved


def test_the_job_behind_an_overrun_waits_or_is_crewed_anew() -> None:
    """The running job keeps its crew; of the two behind it one moves by 15 minutes at most."""
    best = replan(DAY, PLAN, Overrun(1, 612), now=NOW)[0]
    assert best.plan[1] == PLAN[1]
    assert (best.lost, best.moved, best.minutes_moved) == ((), (2,), 15)
    assert best.proved


def test_an_overrun_beyond_the_duty_brings_people_home_later() -> None:
    """What lasts longer than the duty or the opening is a fact, and no reason to lose a job."""
    day = replace(DAY, jobs=(*DAY.jobs[:3], Job(4, 1, 960, 60, PAIR)))
    best = replan(day, PLAN, Overrun(4, 1050), now=990)[0]
    assert best.value == (0, 0, 0, 0)


def test_an_enterprise_that_is_late_is_waited_for() -> None:
    """The job starts when the enterprise is ready, with the same crew."""
    best = replan(DAY, PLAN, EnterpriseLate(4, 925), now=NOW)[0]
    assert best.starts == {4: 930}
    assert best.plan[4] == PLAN[4]
    assert best.value == (0, 1, 30, 0)


@pytest.mark.parametrize("seed", range(3))
def test_started_and_frozen_jobs_stay(seed: int) -> None:
    """Start, crew and dock of what has begun are never touched, nor a frozen job that is not hurt."""
    day, plan = busy_day(seed)
    now = sorted(job.start for job in day.jobs)[5] + 1
    last = max(day.jobs, key=lambda job: job.start).id
    day = replace(day, jobs=tuple(replace(job, frozen=job.id == last) for job in day.jobs))
    ill = next(duty.inspector for duty in day.duties if duty.id not in plan[last].crew)
    begun = {job.id for job in day.jobs if job.start < now}
    whole = apply(day, plan, [Absence(ill, now)], now=now).undone
    for found in replan(day, plan, Absence(ill, now), now=now, budget=Budget(2_000, 2.0)):
        for job in (begun | {last}) - whole:
            assert found.plan[job] == plan[job]
            assert job not in found.starts
        assert all(start >= now for start in found.starts.values())


def test_equal_questions_have_equal_answers() -> None:
    """Two runs with one seed and budget give the same proposals."""
    day, plan = busy_day(4)
    ill = day.duties[1].inspector
    budget = Budget(2_000, 1.0)
    first, second = (replan(day, plan, Absence(ill, 600), now=600, seed=3, budget=budget) for _ in range(2))
    assert first == second


def test_proposals_differ_and_none_is_better_than_the_first() -> None:
    """Each proposal has other times, other names or other losses; the best one stands first."""
    found = replan(DAY, PLAN, Absence(1, 600), now=NOW)
    assert 1 < len(found) <= 3
    assert len({(tuple(one.starts.items()), one.lost, one.renamed) for one in found}) == len(found)
    assert all(found[0].value <= one.value for one in found)
    assert all(is_legal(DAY, PLAN, Absence(1, 600), one) for one in found)


def test_without_a_budget_the_hurt_jobs_are_lost() -> None:
    """No work allowed: the legal answer is to keep the rest as it is."""
    found = replan(DAY, PLAN, Absence(1, 600), now=NOW, budget=Budget(0, 0.0))
    assert [one.lost for one in found] == [(2, 4)]
    assert found[0].plan == {1: PLAN[1], 3: PLAN[3]}
    assert not found[0].proved


def test_a_reach_of_nothing_moves_nobody() -> None:
    """Whoever cannot be crewed at the promised time is lost, if no time may change."""
    best = replan(DAY, PLAN, Absence(1, 600), now=NOW, movable=Reach(0, 0))[0]
    assert (len(best.lost), best.moved) == (1, ())
    assert best.proved


def test_a_job_that_is_unknown_is_refused() -> None:
    """A disruption of a job that is not on the day is no question."""
    with pytest.raises(ValueError, match="job: 99"):
        replan(DAY, PLAN, Overrun(99, 700), now=NOW)


@pytest.mark.parametrize("seed", range(25))
def test_a_broken_plan_is_repaired_and_never_crashes(seed: int) -> None:
    """Rows with wrong crews, docks and duties: each proposal is legal but for what had started so."""
    random = Random(seed)  # noqa: S311 - instances, not secrets
    day, plan = small_day(random)
    for job in random.sample(sorted(plan), len(plan) // 2):
        crew = tuple(random.choice((*(duty.id for duty in day.duties), 999)) for _ in plan[job].crew)
        plan[job] = Assignment(crew, random.choice((None, 0, 20)))
    now = random.choice((0, 630))
    for found in replan(day, plan, (), now=now, budget=Budget(500, 2.0), most=2):
        kept = tuple(
            replace(job, start=found.starts.get(job.id, job.start))
            for job in day.jobs
            if job.id not in {*found.lost, *found.standing}
        )
        rows = {job.id: found.plan[job.id] for job in kept}
        assert check(replace(day, jobs=kept), rows) == []
