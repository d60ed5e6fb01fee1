"""The oracle over many questions and versions: equal answers, and plans carried over are judged again."""

from dataclasses import replace
from itertools import islice

from bench.instances import draw_requests, open_office
from bench.promise import fill
from solver.check import check
from solver.day import GRID, Candidate, Day
from solver.oracle import Oracle, Verdict, answers
from solver.oracle.layout import bits
from solver.plan import Assignment


def a_busy_day() -> tuple[Day, dict[int, Assignment], list[Candidate]]:
    """Return a day of ten inspectors filled by insertion, and some candidates."""
    office = open_office(seed=1, inspectors=10)
    stream = draw_requests(office, seed=1)
    filled = fill(office.days[0], stream, load=0.4)
    return filled.day, dict(filled.board.plan), [request.candidate for request in islice(stream, 6)]


def test_two_fresh_oracles_answer_alike() -> None:
    """Equal questions in equal order give equal answers, beyond what insertion decides."""
    day, plan, asked = a_busy_day()
    first, second = Oracle(day, plan), Oracle(day, plan)
    found = [answers([first], candidate) for candidate in asked]
    assert found == [answers([second], candidate) for candidate in asked]
    assert any(answer.undecided or answer.no for one in found for answer in one)


def test_every_start_that_is_offered_has_a_legal_plan() -> None:
    """What `starts` offers, `prove` gives a plan for, and what it refuses, `prove` refuses."""
    day, plan, asked = a_busy_day()
    oracle = Oracle(day, plan)
    for candidate in asked:
        answer = oracle.starts(candidate)
        for cell in bits(answer.yes):
            job = candidate.at(cell * GRID, 999)
            proof = oracle.prove(job)
            assert proof.plan is not None
            assert not check(replace(day, jobs=(*day.jobs, job)), proof.plan, previous=plan)
        for cell in bits(answer.no):
            assert oracle.prove(candidate.at(cell * GRID, 999)).verdict is Verdict.NO


def test_a_later_version_takes_over_plans_that_are_still_legal() -> None:
    """After a booking and a freeze the answers are as without the former oracle, wherever both decide."""
    day, plan, asked = a_busy_day()
    oracle = Oracle(day, plan)
    start = next(iter(bits(oracle.starts(asked[0]).yes)))
    for candidate in asked:
        oracle.starts(candidate)
    job = asked[0].at(start * GRID, 999)
    booked = oracle.prove(job).plan
    assert booked is not None
    jobs = tuple(replace(one, frozen=one.start < 720) for one in (*day.jobs, job))
    later = replace(day, jobs=jobs)
    for candidate in asked:
        kept, fresh = (
            Oracle(later, booked, former=oracle).starts(candidate),
            Oracle(later, booked).starts(candidate),
        )
        assert kept.yes & fresh.no == 0
        assert kept.no & fresh.yes == 0
        for cell in bits(kept.yes & ~fresh.yes):
            assert (
                Oracle(later, booked, former=oracle).prove(candidate.at(cell * GRID, 1000)).plan is not None
            )
