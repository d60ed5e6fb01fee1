"""The oracle rule by rule: what may move so that a new job gets its crew and dock, and what may not."""

from dataclasses import replace
from datetime import date

import pytest

from solver import reasons
from solver.check import check
from solver.day import GRID, Candidate, Day, Duty, Inspector, Job, Lunch, Seat
from solver.oracle import Answer, Budget, Oracle, Verdict, answers, engines
from solver.plan import Assignment

EVER = ((date(2020, 1, 1), None),)
ANY: Seat = frozenset()
PLANT: Seat = frozenset({"plant"})
NOTHING = Budget(nodes=0, conflicts=0)


def a_day(**changed: object) -> Day:
    """Return three inspectors (1 and 2 know plants) and a job at 10:00 for anybody, held by the first."""
    day = Day(
        date=date(2026, 3, 2),
        opens=540,
        closes=1020,
        duties=tuple(Duty(10 * one, one, 540, 1020, 1, 1) for one in (1, 2, 3)),
        inspectors=(Inspector(1, {"plant": EVER}), Inspector(2, {"plant": EVER}), Inspector(3, {})),
        jobs=(a_job(seats=(ANY,)),),
        travel={(1, 2): 20, (2, 1): 20},
        minimum_crew=1,
    )
    return replace(day, **changed)  # type: ignore[arg-type]  # fields by name, checked by Day itself


def a_job(**changed: object) -> Job:
    """Return a job at site 1 from 10:00 to 10:30 whose two holders know plants."""
    job = Job(id=1, site=1, start=600, duration=30, seats=(PLANT, PLANT))
    return replace(job, **changed)  # type: ignore[arg-type]  # fields by name, checked by Job itself


HELD = {1: Assignment((10,))}
NEW = a_job(id=2)


def verdict(day: Day, job: Job = NEW, plan: dict[int, Assignment] | None = None) -> Verdict:
    """Return what the oracle proves of a job; a plan that it gives passes the rules."""
    stored = HELD if plan is None else plan
    proof = Oracle(day, stored).prove(job)
    if proof.plan is not None:
        assert not check(replace(day, jobs=(*day.jobs, job)), proof.plan, previous=stored)
    return proof.verdict


def test_another_job_moves_to_another_inspector() -> None:
    """Both who know plants are needed at 10:00, so that the job of one of them goes to the third one."""
    proof = Oracle(a_day(), HELD).prove(NEW)
    assert proof.plan is not None
    assert proof.plan[1].crew == (30,)
    assert set(proof.plan[2].crew) == {10, 20}


DUTIES = a_day().duties
BARRED = {
    "qualification": a_day(jobs=(a_job(seats=(PLANT,)),)),
    "freeze": a_day(jobs=(a_job(seats=(ANY,), frozen=True),)),
    "exclusion": a_day(jobs=(a_job(seats=(ANY,), excluded=frozenset({3})),)),
    "duty": a_day(duties=(*DUTIES[:2], Duty(30, 3, 660, 1020, 1, 1))),
    "travel from the duty's place": a_day(duties=(*DUTIES[:2], Duty(30, 3, 590, 1020, 2, 1))),
    "nobody else": a_day(duties=DUTIES[:2]),
    "lunch": a_day(
        lunch=Lunch(earliest=570, latest=660, minutes=45),
        duties=(*DUTIES[:2], Duty(30, 3, 540, 1020, 1, 1)),
    ),
    "clashing duty": a_day(
        duties=(*DUTIES[:2], Duty(30, 3, 540, 1020, 1, 1), Duty(31, 3, 700, 1020, 1, 1)),
        jobs=(a_job(seats=(ANY,)), a_job(id=3, start=720, seats=(ANY,), frozen=True)),
    ),
}


@pytest.mark.parametrize("why", BARRED)
def test_a_rule_keeps_the_job_where_it_is(why: str) -> None:
    """With one rule in the way of the third inspector, there is no crewing, and the oracle proves it."""
    plan = {**HELD, 3: Assignment((31,))} if why == "clashing duty" else HELD
    assert not check(replace(BARRED[why], lunch=None), plan)
    job = replace(NEW, start=600)
    found = Oracle(BARRED[why], plan).prove(job).verdict
    assert found is (Verdict.UNDECIDED if check(BARRED[why], plan) else Verdict.NO)


def test_travel_between_jobs_keeps_a_job_where_it_is() -> None:
    """The third inspector comes from site 2 too late, unless the job there ends early enough."""
    near = a_job(id=3, site=2, start=570, duration=15, seats=(ANY,))
    plan = {**HELD, 3: Assignment((30,))}
    jobs = (a_job(seats=(ANY,)), near)
    assert verdict(a_day(jobs=jobs), plan=plan) is Verdict.NO
    assert verdict(a_day(jobs=(jobs[0], replace(near, duration=10))), plan=plan) is Verdict.YES


def test_lunch_keeps_a_job_where_it_is() -> None:
    """The third inspector could hold the job but then could not eat; half an hour later both are possible."""
    lunch = Lunch(earliest=600, latest=720, minutes=45)
    before = a_job(id=3, start=660, duration=60, seats=(ANY,), frozen=True)
    plan = {**HELD, 3: Assignment((30,))}
    jobs = (a_job(seats=(ANY,)), before)
    tight = a_day(jobs=jobs, lunch=lunch)
    assert verdict(tight, plan=plan) is Verdict.NO
    assert verdict(a_day(jobs=jobs, lunch=replace(lunch, latest=780)), plan=plan) is Verdict.YES


def test_docks_are_changed_for_a_new_job() -> None:
    """The job at dock 20 moves to dock 21, because 20 alone is open for the new one."""
    day = a_day(
        jobs=(a_job(site=2, seats=(ANY,)),),
        docks={2: (20, 21)},
        dock_closures={21: ((630, 700),)},
    )
    plan = {1: Assignment((30,), 20)}
    job = a_job(id=2, site=2, start=615, duration=30)
    proof = Oracle(day, plan).prove(job)
    assert proof.plan is not None
    assert (proof.plan[1].dock, proof.plan[2].dock) == (21, 20)
    frozen = replace(day, jobs=(replace(day.jobs[0], frozen=True),))
    refused = Oracle(frozen, plan).prove(job)
    assert refused.refusal is not None
    assert (refused.verdict, refused.refusal.reason) == (Verdict.NO, reasons.NO_DOCK)
    candidate = Candidate(site=2, duration=30, seats=(PLANT, PLANT), earliest=615, latest=616)
    assert Oracle(day, plan).starts(candidate) == Answer(1 << 41, 0, 0)
    assert Oracle(frozen, plan).starts(candidate) == Answer(0, 1 << 41, 0)


def test_what_the_calendar_forbids_is_in_no_mask() -> None:
    """Closures, window and finish leave a start out; too few seats are a no."""
    day = a_day(office_closures=((540, 600),), minimum_crew=2, jobs=())
    asked = Candidate(site=1, duration=30, seats=(PLANT, ANY), earliest=570, latest=630, finish_by=650)
    assert Oracle(day, {}).starts(asked) == Answer(yes=0b11 << 600 // GRID, no=0, undecided=0)
    assert Oracle(day, {}).starts(replace(asked, seats=(ANY,))) == Answer(0, 0b11 << 600 // GRID, 0)


def test_a_hall_set_names_jobs_each_of_which_frees_a_seat() -> None:
    """Two of three jobs at 10:00 need those who know plants; without either there is a place."""
    jobs = (
        a_job(seats=(PLANT,)),
        a_job(id=3, seats=(PLANT,)),
        a_job(id=4, seats=(ANY,)),
    )
    plan = {1: Assignment((10,)), 3: Assignment((20,)), 4: Assignment((30,))}
    new = a_job(id=5, seats=(PLANT,))
    proof = Oracle(a_day(jobs=jobs), plan).prove(new)
    assert proof.refusal is not None
    assert (proof.refusal.reason, proof.refusal.seats) == (reasons.CREW_BUSY, (0,))
    assert proof.refusal.qualifications == ("plant",)
    assert proof.rivals == (1, 3)
    for gone in proof.rivals:
        rest = tuple(job for job in jobs if job.id != gone)
        kept = {number: row for number, row in plan.items() if number != gone}
        assert verdict(a_day(jobs=rest), new, kept) is Verdict.YES


def test_without_a_budget_a_hard_start_stays_open() -> None:
    """No work, no verdict beyond insertion and counting: neither yes nor no is guessed."""
    proof = Oracle(a_day(), HELD).prove(NEW, budget=NOTHING)
    assert proof.refusal is not None
    assert (proof.verdict, proof.refusal.reason) == (Verdict.UNDECIDED, reasons.UNDECIDED)
    asked = Candidate(site=1, duration=30, seats=(PLANT, PLANT), earliest=600, latest=601)
    assert answers([Oracle(a_day(), HELD)], asked, budget=NOTHING) == [Answer(0, 0, 1 << 40)]
    assert answers([Oracle(a_day(), HELD)], [asked]) == [Answer(1 << 40, 0, 0)]


@pytest.mark.parametrize("field", ["nodes", "conflicts"])
def test_a_budget_is_not_below_zero(field: str) -> None:
    """Work that is owed is refused."""
    with pytest.raises(ValueError, match="budget"):
        Budget(**{field: -1})


BROKEN = {
    "no row": {},
    "unknown duty": {1: Assignment((99,))},
    "unknown job": {**HELD, 7: Assignment((20,))},
    "unknown dock": {1: Assignment((10,), 5)},
    "two seats": {1: Assignment((10, 20))},
}


@pytest.mark.parametrize("plan", BROKEN.values(), ids=BROKEN)
def test_a_broken_plan_decides_nothing(plan: dict[int, Assignment]) -> None:
    """A day imported by hand whose plan breaks a rule: every start is open, and a proof says why."""
    oracle = Oracle(a_day(), plan)
    assert oracle.is_broken
    answer = oracle.starts(Candidate(site=1, duration=30, seats=(PLANT, ANY)))
    assert (answer.yes, answer.no) == (0, 0)
    assert answer.undecided
    proof = oracle.prove(NEW)
    assert proof.refusal is not None
    assert (proof.verdict, proof.refusal.reason) == (Verdict.UNDECIDED, reasons.PLAN_BROKEN)


def test_a_job_of_the_day_is_not_proved_again() -> None:
    """A job that is on the day already is a mistake of the caller."""
    with pytest.raises(ValueError, match="job: 1"):
        Oracle(a_day(), HELD).prove(a_job())


def test_without_python_sat_plans_are_found_and_no_is_not_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """CP-SAT in its place finds the crewing; where there is none and no Hall set, the start stays open."""
    monkeypatch.setattr(engines, "Minicard", None)
    no_chains = Budget(nodes=0, conflicts=5_000)
    assert Oracle(a_day(), HELD).prove(NEW, budget=no_chains).verdict is Verdict.YES
    lunch = Lunch(earliest=600, latest=720, minutes=45)
    jobs = (a_job(seats=(ANY,)), a_job(id=3, start=660, duration=60, seats=(ANY,), frozen=True))
    oracle = Oracle(a_day(jobs=jobs, lunch=lunch), {**HELD, 3: Assignment((30,))})
    assert oracle.prove(NEW, budget=no_chains).verdict is Verdict.UNDECIDED
