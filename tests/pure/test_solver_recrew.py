"""Re-crewing by remove and insert, and the cut-over of existing appointments."""

from dataclasses import replace
from datetime import date
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.instances import draw_requests, open_office, small_day
from solver import reasons
from solver.check import check
from solver.day import Day, Duty, Inspector, Job, Lunch, Seat
from solver.insert import Recrewed, place_all, recrew
from solver.plan import Assignment, Plan

ANY: Seat = frozenset()
DAY = Day(
    date=date(2026, 3, 2),
    opens=540,
    closes=1020,
    duties=tuple(Duty(10 * one, one, 540, 1020, 1, 1) for one in (1, 2, 3)),
    inspectors=tuple(Inspector(one, {}) for one in (1, 2, 3)),
    jobs=(Job(1, 1, 600, 60, (ANY, ANY)), Job(2, 1, 660, 60, (ANY, ANY))),
)
PLAN = {1: Assignment((10, 20)), 2: Assignment((10, 20))}


def violations(day: Day, result: Recrewed) -> list[object]:
    """Return what the rules say of a result, failed jobs aside."""
    failed = {job for job, _ in result.failed}
    return list(check(replace(day, jobs=tuple(job for job in day.jobs if job.id not in failed)), result.plan))


def filled_office(seed: int) -> tuple[Day, Plan]:
    """Return a busy office-day with its plan."""
    office = open_office(seed=seed, inspectors=10)
    requests = zip(range(50), draw_requests(office, seed=seed), strict=False)
    jobs = tuple(one.candidate.at(one.wished, number) for number, one in requests)
    result = place_all(office.days[0], jobs)
    return replace(office.days[0], jobs=tuple(job for job in jobs if job.id in result.plan)), result.plan


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False), st.data())
def test_unhurt_jobs_are_never_lost(random: Random, data: st.DataObject) -> None:
    """All rows that are not hurt stay as they are, and the result passes the rules."""
    day, plan = small_day(random)
    hurt = data.draw(st.sets(st.sampled_from(sorted(plan))) if plan else st.just(set()))
    kept = {job: row for job, row in plan.items() if job not in hurt}
    rest = replace(day, jobs=tuple(job for job in day.jobs if job.id in kept))
    result = recrew(day, plan, hurt)
    assert violations(day, result) == []
    assert result.plan.keys() | {job for job, _ in result.failed} == {job.id for job in day.jobs}
    if not check(rest, kept):  # odd travel minutes may need a job that is now out
        assert {job: result.plan[job] for job in kept} == kept


@pytest.mark.parametrize("seed", range(4))
def test_a_lost_duty_is_repaired(seed: int) -> None:
    """When a duty is gone, its jobs get other crews or stand in the failed list with a reason."""
    day, plan = filled_office(seed)
    lost = max(day.duties, key=lambda duty: sum(duty.id in row.crew for row in plan.values())).id
    smaller = replace(day, duties=tuple(duty for duty in day.duties if duty.id != lost))
    hurt = {job for job, row in plan.items() if lost in row.crew}
    result = recrew(smaller, plan, hurt)
    assert violations(smaller, result) == []
    assert {job for job, _ in result.failed} <= hurt
    assert all(result.plan[job] == row for job, row in plan.items() if job not in hurt)
    assert len(result.failed) < len(hurt)
    assert all(why.reason in reasons.NO_PLACE for _, why in result.failed)


def test_a_frozen_job_stays_unless_it_is_hurt() -> None:
    """Re-crewing another job does not touch a frozen one; a frozen one that is hurt gets a new crew."""
    day = replace(DAY, jobs=(replace(DAY.jobs[0], frozen=True), DAY.jobs[1]))
    odd = {1: Assignment((30, 20)), 2: Assignment((30, 20))}
    assert recrew(day, odd, [2]).plan == {1: odd[1], 2: PLAN[2]}
    assert recrew(day, odd, [1, 2]).plan == PLAN


def test_a_job_without_a_place_is_listed_with_its_reason() -> None:
    """With one inspector left nobody can be crewed; jobs stand in the order of their starts."""
    day = replace(DAY, duties=DAY.duties[:1], jobs=DAY.jobs[::-1])
    result = recrew(day, PLAN, {1, 2})
    assert result.plan == {}
    assert [(job, why.reason) for job, why in result.failed] == [
        (1, reasons.NO_QUALIFIED_INSPECTOR),
        (2, reasons.NO_QUALIFIED_INSPECTOR),
    ]


def test_rows_that_are_illegal_without_the_hurt_ones_are_made_again() -> None:
    """A row that breaks a rule counts as hurt, so that the result always passes."""
    result = recrew(DAY, {1: Assignment((10, 10)), 2: Assignment((10, 99))}, [])
    assert result == Recrewed(PLAN, ())


def test_a_pause_that_hung_on_a_removed_job_is_found_again() -> None:
    """Without a stop on the way, a very long leg can leave no pause; that job is then made again too."""
    day = replace(
        DAY,
        duties=(Duty(10, 1, 540, 1020, 1, 3), Duty(20, 2, 540, 1020, 1, 3)),
        jobs=(Job(1, 1, 540, 60, (ANY, ANY)), Job(2, 2, 705, 10, (ANY, ANY)), Job(3, 3, 855, 30, (ANY, ANY))),
        travel={(1, 2): 60, (2, 1): 60, (2, 3): 140, (3, 2): 140, (1, 3): 200, (3, 1): 200},
        lunch=Lunch(),
    )
    plan = dict.fromkeys((1, 2, 3), Assignment((10, 20)))
    assert check(day, plan) == []
    result = recrew(replace(day, jobs=(day.jobs[0], day.jobs[2])), plan, {2})
    assert result.plan == {3: plan[3]}
    assert [(job, why.reason) for job, why in result.failed] == [(1, reasons.CREW_BUSY)]


def test_a_row_of_an_unknown_job_is_refused() -> None:
    """A row that belongs to no job of the day is a mistake of the caller, unless it is hurt."""
    plan = {**PLAN, 9: Assignment((10, 20))}
    with pytest.raises(ValueError, match=r"^plan: job 9 is not on the day"):
        recrew(DAY, plan, {1})
    assert recrew(DAY, plan, {9}).plan == PLAN


def test_existing_appointments_are_placed_by_start_then_by_seats() -> None:
    """At one start the job with more seats goes first; the other one is listed with its reason."""
    pair, trio = Job(1, 1, 600, 60, (ANY, ANY)), Job(2, 1, 600, 60, (ANY, ANY, ANY))
    late = Job(3, 1, 660, 60, (ANY, ANY))
    result = place_all(DAY, [late, pair, trio])
    assert result.plan == {2: Assignment((10, 20, 30)), 3: Assignment((10, 20))}
    assert [(job, why.reason) for job, why in result.failed] == [(1, reasons.CREW_BUSY)]


def test_existing_appointments_leave_the_day_plan_alone() -> None:
    """Beside a plan of the day, appointments take what is left."""
    result = place_all(DAY, [Job(3, 1, 600, 60, (ANY, ANY))], plan=PLAN)
    assert [job for job, _ in result.failed] == [3]
    assert place_all(DAY, [Job(3, 1, 720, 60, (ANY, ANY))], plan=PLAN).plan == {**PLAN, 3: PLAN[1]}


@pytest.mark.parametrize("seed", range(3))
def test_a_cut_over_is_legal(seed: int) -> None:
    """A busy day of appointments gives a plan that passes the rules."""
    day, plan = filled_office(seed)
    assert check(day, plan) == []
    assert len(plan) > 20
