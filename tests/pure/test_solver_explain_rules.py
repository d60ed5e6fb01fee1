"""Why not at this time: each reason alone, and each way out."""

from dataclasses import replace
from datetime import date

import pytest

from solver import reasons
from solver.day import GRID, Day, Duty, Inspector, Job, Lunch, Seat
from solver.explain import Case, Explanation, Relaxation, Way, explain, relaxations
from solver.oracle import Budget, Oracle, engines
from solver.plan import Assignment

EVER = ((date(2020, 1, 1), None),)
ANY: Seat = frozenset()
PLANT: Seat = frozenset({"plant"})
NOTHING = Budget(nodes=0, conflicts=0)


def a_day(**changed: object) -> Day:
    """Return three inspectors, of whom 1 and 2 know plants, and no jobs."""
    day = Day(
        date=date(2026, 3, 2),
        opens=540,
        closes=1020,
        duties=tuple(Duty(10 * one, one, 540, 1020, 1, 1) for one in (1, 2, 3)),
        inspectors=(Inspector(1, {"plant": EVER}), Inspector(2, {"plant": EVER}), Inspector(3, {})),
        jobs=(),
        travel={(1, 2): 20, (2, 1): 20},
        minimum_crew=1,
    )
    return replace(day, **changed)  # type: ignore[arg-type]  # fields by name, checked by Day itself


def a_job(**changed: object) -> Job:
    """Return a job at site 1 from 10:00 to 10:30 whose holder knows plants."""
    job = Job(id=9, site=1, start=600, duration=30, seats=(PLANT,))
    return replace(job, **changed)  # type: ignore[arg-type]  # fields by name, checked by Job itself


BUSY = a_day(jobs=(a_job(id=1), a_job(id=2), a_job(id=3, seats=(ANY,))))
HELD = {1: Assignment((10,)), 2: Assignment((20,)), 3: Assignment((30,))}
"""At 10:00 both who know plants are at work, and so is the third inspector."""

RULES = {
    reasons.OFF_GRID: (a_day(), a_job(start=605)),
    reasons.OUTSIDE_OPENING: (a_day(), a_job(start=1005)),
    reasons.OFFICE_CLOSED: (a_day(office_closures=((610, 620),)), a_job()),
    reasons.SITE_CLOSED: (a_day(site_closures={1: ((610, 620),)}), a_job()),
    reasons.TOO_LATE_TO_FINISH: (a_day(), a_job(finish_by=629)),
    reasons.CREW_TOO_SMALL: (a_day(minimum_crew=2), a_job()),
    reasons.NO_DOCK: (a_day(docks={1: (11,)}, dock_closures={11: ((610, 620),)}), a_job()),
    reasons.NO_QUALIFIED_INSPECTOR: (a_day(), a_job(seats=(frozenset({"animal"}),))),
    reasons.EXCLUDED: (a_day(), a_job(excluded=frozenset({1, 2}))),
    reasons.OUT_OF_REACH: (a_day(), a_job(site=2, start=555)),
}


@pytest.mark.parametrize("reason", RULES)
def test_a_rule_alone_is_the_reason(reason: str) -> None:
    """What an empty day refuses is told with the rule's code, without promises and without any budget."""
    day, job = RULES[reason]
    why = explain(Oracle(day, {}), job, budget=NOTHING)
    assert (why.reason, why.jobs, why.leaving, why.minimal) == (reason, (), (), True)
    assert why.numbers


def test_numbers_say_how_many_seats_cannot_be_filled() -> None:
    """A seat that nobody on duty may hold is named with what its holder must have."""
    day, job = RULES[reasons.NO_QUALIFIED_INSPECTOR]
    why = explain(Oracle(day, {}), replace(job, seats=(ANY, *job.seats)))
    assert (why.seats, why.qualifications, dict(why.numbers)) == (
        (1,),
        ("animal",),
        {"needed": 1, "found": 0},
    )


def test_a_start_that_is_possible_is_said_to_be() -> None:
    """One of the two at 10:00 could change with the third inspector, so that nothing speaks against it."""
    day = a_day(jobs=(a_job(id=1, seats=(ANY,)),))
    assert explain(Oracle(day, {1: Assignment((10,))}), a_job(seats=(PLANT, PLANT))) == Explanation(
        reasons.POSSIBLE
    )


def test_promises_that_need_the_same_inspectors_are_named() -> None:
    """Two promises hold those who know plants; the third one is no part of it, and one would do."""
    why = explain(Oracle(BUSY, HELD), a_job())
    assert why == Explanation(
        reasons.CREW_BUSY,
        jobs=(1, 2),
        leaving=(1,),
        seats=(0,),
        qualifications=("plant",),
        numbers={"needed": 1, "found": 0},
    )


def test_a_qualification_that_does_not_matter_is_not_named() -> None:
    """Where nobody at all is free, it is not for want of those who know plants."""
    day = a_day(jobs=(a_job(id=1, seats=(ANY, ANY, ANY)),))
    why = explain(Oracle(day, {1: Assignment((10, 20, 30))}), a_job())
    assert (why.jobs, why.seats, why.qualifications) == ((1,), (0,), ())


def test_all_who_have_to_leave_are_named() -> None:
    """One promise is enough to exclude a job for two who know plants, but both have to leave for it."""
    why = explain(Oracle(BUSY, HELD), a_job(seats=(PLANT, PLANT)))
    assert len(why.jobs) == 1
    assert (set(why.leaving), why.minimal) == ({1, 2}, True)


def test_frozen_promises_are_the_last_to_leave() -> None:
    """Of two promises either of which would do, the one that may still change is named."""
    day = replace(BUSY, jobs=tuple(replace(job, frozen=job.id == 1) for job in BUSY.jobs))
    assert explain(Oracle(day, HELD), a_job()).leaving == (2,)


def test_promises_that_hold_the_docks_are_named() -> None:
    """Both docks of the site are taken at 10:00, one of them by a job that ends later than the other."""
    day = a_day(
        jobs=(a_job(id=1, site=2, seats=(ANY,)), a_job(id=2, site=2, start=615, seats=(ANY,)), a_job(id=3)),
        docks={2: (20, 21)},
    )
    plan = {1: Assignment((20,), 20), 2: Assignment((30,), 21), 3: Assignment((10,))}
    why = explain(Oracle(day, plan), a_job(site=2, seats=(ANY,)))
    assert (why.reason, why.jobs, why.leaving, why.minimal) == (reasons.NO_DOCK, (1, 2), (1,), True)
    assert dict(why.numbers) == {"site": 2, "docks": 2}


def test_crews_are_the_reason_where_a_promise_excludes_by_them_alone() -> None:
    """One promise needs everybody, another one the only open dock: both have to leave."""
    everybody = a_job(id=1, site=2, seats=(ANY, ANY, ANY))
    day = a_day(
        jobs=(everybody, a_job(id=2, site=2, start=630, seats=(ANY,))),
        docks={2: (20, 21)},
        dock_closures={21: ((630, 640),)},
    )
    plan = {1: Assignment((10, 20, 30), 21), 2: Assignment((10,), 20)}
    why = explain(Oracle(day, plan), a_job(site=2, start=615, seats=(ANY,)))
    assert (why.reason, why.jobs, set(why.leaving)) == (reasons.NO_CREWING, (1,), {1, 2})


LUNCH = a_day(
    lunch=Lunch(earliest=600, latest=720, minutes=45),
    duties=(Duty(10, 1, 540, 1020, 1, 1),),
    jobs=(a_job(id=1, start=660, duration=60), a_job(id=2, start=900)),
)
FED = {1: Assignment((10,)), 2: Assignment((10,))}


def test_a_lunch_that_would_fit_nowhere_is_proved_by_search() -> None:
    """The only inspector eats before the job at 11:00; another one at 10:00 leaves 30 minutes for it."""
    why = explain(Oracle(LUNCH, FED), a_job())
    assert (why.reason, why.jobs, why.leaving, why.minimal) == (reasons.NO_CREWING, (1,), (1,), True)


def test_without_a_budget_nothing_is_guessed() -> None:
    """A search that may not begin is undecided; a Hall set needs none, but is not said to be minimal."""
    open_ = explain(Oracle(LUNCH, FED), a_job(), budget=NOTHING)
    assert open_ == Explanation(reasons.UNDECIDED, minimal=False)
    counted = explain(Oracle(BUSY, HELD), a_job(), budget=NOTHING)
    assert (counted.reason, counted.jobs, counted.minimal) == (reasons.CREW_BUSY, (1, 2), False)


def test_equal_questions_have_equal_answers() -> None:
    """Two cases of one day explain alike, whatever was asked before."""
    asked = [a_job(start=start, seats=(PLANT, seat)) for start in (585, 600, 615) for seat in (ANY, PLANT)]
    first, second = Case(Oracle(BUSY, HELD)), Case(Oracle(BUSY, HELD))
    assert [explain(first, job) for job in asked] == [explain(second, job) for job in asked]
    assert [relaxations(first, job) for job in asked] == [relaxations(second, job) for job in asked]


@pytest.mark.parametrize("plan", [{}, {**HELD, 1: Assignment((99,))}, {**HELD, 1: Assignment((30,))}])
def test_a_broken_plan_is_said_to_be(plan: dict[int, Assignment]) -> None:
    """Nothing about crews can be told from a plan that breaks a rule; what the calendar forbids can."""
    oracle = Oracle(BUSY, plan)
    assert explain(oracle, a_job()) == Explanation(reasons.PLAN_BROKEN, minimal=False)
    assert explain(oracle, a_job(start=1005)).reason == reasons.OUTSIDE_OPENING
    assert relaxations(oracle, a_job()) == ()


def test_a_job_of_the_day_is_not_explained() -> None:
    """A job that is on the day already is a mistake of the caller."""
    with pytest.raises(ValueError, match="job: 1"):
        explain(Oracle(BUSY, HELD), a_job(id=1))


def test_without_python_sat_only_what_is_counted_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """CP-SAT finds crewings, so that a Hall set is still shrunk; its no is not believed."""
    monkeypatch.setattr(engines, "Minicard", None)
    why = explain(Oracle(BUSY, HELD), a_job())
    assert (why.reason, why.jobs, why.leaving) == (reasons.CREW_BUSY, (1, 2), (1,))
    assert explain(Oracle(LUNCH, FED), a_job()).reason == reasons.UNDECIDED


def test_the_ways_out_are_the_nearest_starts_a_promise_and_an_inspector() -> None:
    """Before and after 10:00 there is a place; else a promise goes or moves, or one more knows plants."""
    assert relaxations(Oracle(BUSY, HELD), a_job()) == (
        Relaxation(Way.OTHER_START, start=570),
        Relaxation(Way.OTHER_START, start=630),
        Relaxation(Way.LEAVING, job=1),
        Relaxation(Way.MOVING, job=1, start=570),
        Relaxation(Way.ONE_MORE_INSPECTOR, qualifications=("plant",)),
    )


def test_one_more_inspector_need_not_know_what_others_can_do_instead() -> None:
    """The promise for anybody moves to the new inspector, and the one who knows plants is free."""
    day = a_day(jobs=(a_job(id=1), a_job(id=3, seats=(ANY, ANY))))
    ways = relaxations(Oracle(day, {1: Assignment((10,)), 3: Assignment((20, 30))}), a_job())
    assert ways[-1] == Relaxation(Way.ONE_MORE_INSPECTOR)


def test_only_promises_that_may_be_asked_are_asked() -> None:
    """The second promise alone would move, and only to 11:00; a frozen one is never asked."""
    found = relaxations(Oracle(BUSY, HELD), a_job(), movable={2: 1 << 660 // GRID})
    assert Relaxation(Way.LEAVING, job=2) in found
    assert [one for one in found if one.way is Way.MOVING] == [Relaxation(Way.MOVING, job=2, start=660)]
    frozen = replace(BUSY, jobs=tuple(replace(job, frozen=True) for job in BUSY.jobs))
    assert not {Way.LEAVING, Way.MOVING} & {one.way for one in relaxations(Oracle(frozen, HELD), a_job())}


def test_a_promise_that_cannot_move_anywhere_may_still_leave() -> None:
    """The office is open for just one job at a time of those who know plants."""
    short = replace(BUSY, opens=600, closes=630)
    ways = {one.way for one in relaxations(Oracle(short, HELD), a_job())}
    assert ways == {Way.LEAVING, Way.ONE_MORE_INSPECTOR}


def test_a_day_without_duties_has_no_way_out() -> None:
    """Nobody is there who could show when one more inspector would work."""
    nobody = a_day(duties=(), inspectors=())
    assert explain(Oracle(nobody, {}), a_job()).reason == reasons.NO_QUALIFIED_INSPECTOR
    assert relaxations(Oracle(nobody, {}), a_job()) == ()
