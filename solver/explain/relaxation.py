"""The cheapest ways out of a refusal on the same day: another start, one promise less, one inspector more."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from solver.day import GRID, Candidate, Day, Duty, Inspector, Job
from solver.explain.case import Case, open_case
from solver.explain.explanation import Explanation, explain
from solver.oracle import Budget, Oracle, Verdict
from solver.oracle.layout import bits

MOST_ASKED: Final = 4
"""Promises, nearest first, that are tried one by one."""


class Way(StrEnum):
    """What would have to change."""

    OTHER_START = "other_start"
    LEAVING = "leaving"
    MOVING = "moving"
    ONE_MORE_INSPECTOR = "one_more_inspector"


@dataclass(frozen=True, slots=True)
class Relaxation:
    """One change that makes the job possible, proved by an oracle of the changed day.

    `other_start`: the job itself at `start`. `leaving`: the promise `job` goes. `moving`: the promise `job`
    starts at `start` instead, which takes the consent of its holder. `one_more_inspector`: one with
    `qualifications`, on duty like most that could come.
    """

    way: Way
    start: int | None = None
    job: int | None = None
    qualifications: tuple[str, ...] = ()


def relaxations(
    asked: Oracle | Case,
    job: Job,
    *,
    explanation: Explanation | None = None,
    movable: Mapping[int, int] | None = None,
    budget: Budget | None = None,
) -> tuple[Relaxation, ...]:
    """Return ways out for a refused job: the nearest starts before and after, a promise, an inspector.

    `explanation` is that of the job, made here if it is not given. `movable` has, for each promise that may
    be asked, the mask of starts to which it may be moved (bit k is minute 15 * k); by default each that is
    not frozen may be asked for any start. Each proof has the budget for itself.
    """
    case, limit = open_case(asked), budget or Budget()
    why = explanation or explain(case, job, budget=budget)
    if case.oracle.is_broken:
        return ()
    return (
        *_other_starts(case.oracle, job, limit),
        *_one_promise(case.oracle, job, _list_asked(case.oracle, job, why, movable), limit),
        *_one_more(case.oracle, job, why, limit),
    )


def _candidate(job: Job) -> Candidate:
    return Candidate(job.site, job.duration, job.seats, job.excluded, job.finish_by)


def _is_possible(oracle: Oracle, job: Job, budget: Budget) -> bool:
    return oracle.prove(job, budget=budget).verdict is Verdict.YES


def _other_starts(oracle: Oracle, job: Job, budget: Budget) -> Iterator[Relaxation]:
    """Yield the nearest earlier and the nearest later start of the day."""
    starts = [cell * GRID for cell in bits(oracle.starts(_candidate(job), budget=budget).yes)]
    earlier = [start for start in reversed(starts) if start < job.start]
    later = [start for start in starts if start > job.start]
    for nearest in (earlier, later):
        proved = (start for start in nearest if _is_possible(oracle, replace(job, start=start), budget))
        start = next(proved, None)
        if start is not None:
            yield Relaxation(Way.OTHER_START, start=start)


def _list_asked(
    oracle: Oracle, job: Job, why: Explanation, movable: Mapping[int, int] | None
) -> list[tuple[Job, int]]:
    """Return the promises that hold the start and may be asked, nearest first, and where they may go."""
    held = {*why.jobs, *why.leaving} if len(why.leaving) <= 1 else set()
    asked = [one for one in oracle.day.jobs if one.id in held and not one.frozen]
    asked.sort(key=lambda one: (one.id not in why.leaving, abs(one.start - job.start), one.id))
    if movable is None:
        return [(one, -1) for one in asked]
    return [(one, movable[one.id]) for one in asked if one.id in movable]


def _one_promise(
    oracle: Oracle, job: Job, asked: Collection[tuple[Job, int]], budget: Budget
) -> Iterator[Relaxation]:
    """Yield the first promise whose leaving helps, and the one that has to be moved least."""
    left: list[int] = []
    moves: list[tuple[int, int, int]] = []
    for promise, allowed in list(asked)[:MOST_ASKED]:
        day = replace(oracle.day, jobs=tuple(one for one in oracle.day.jobs if one.id != promise.id))
        plan = {number: row for number, row in oracle.plan.items() if number != promise.id}
        proof = Oracle(day, plan).prove(job, budget=budget)
        if proof.plan is None:
            continue
        left.append(promise.id)
        taken = Oracle(replace(day, jobs=(*day.jobs, job)), proof.plan)
        starts = taken.starts(_candidate(promise), budget=budget).yes & allowed
        near = sorted((abs(cell * GRID - promise.start), cell * GRID, promise.id) for cell in bits(starts))
        moves += [one for one in near[:1] if _is_possible(taken, replace(promise, start=one[1]), budget)]
    if left:
        yield Relaxation(Way.LEAVING, job=left[0])
    if moves:
        _, start, promise_id = min(moves)
        yield Relaxation(Way.MOVING, start=start, job=promise_id)


def _one_more(oracle: Oracle, job: Job, why: Explanation, budget: Budget) -> Iterator[Relaxation]:
    """Yield the fewest qualifications with which one more inspector makes the job possible."""
    model = _model_duty(oracle.day, job)
    if model is None or not why.seats:
        return
    wanted = {frozenset[str](), *(job.seats[seat] for seat in why.seats)}
    for names in sorted(wanted, key=lambda names: (len(names), sorted(names))):
        if _is_possible(_hire(oracle, model, names), job, budget):
            yield Relaxation(Way.ONE_MORE_INSPECTOR, qualifications=tuple(sorted(names)))
            return


def _model_duty(day: Day, job: Job) -> Duty | None:
    """Return a duty of the commonest kind among those that could hold the job alone."""
    kinds: dict[tuple[int, int, int, int], list[Duty]] = {}
    for duty in sorted(day.duties, key=lambda one: one.id):
        arrives = duty.start + day.travel_between(duty.start_site, job.site)
        leaves = duty.end - day.travel_between(job.site, duty.end_site)
        if arrives <= job.start and job.end <= leaves:
            kinds.setdefault((duty.start, duty.end, duty.start_site, duty.end_site), []).append(duty)
    return max(kinds.values(), key=len)[0] if kinds else None


def _hire(oracle: Oracle, model: Duty, names: frozenset[str]) -> Oracle:
    """Return the oracle of the day with one more inspector."""
    day = oracle.day
    inspector = Inspector(
        max(one.id for one in day.inspectors) + 1, dict.fromkeys(sorted(names), ((day.date, None),))
    )
    duty = replace(model, id=max(one.id for one in day.duties) + 1, inspector=inspector.id)
    hired = replace(day, inspectors=(*day.inspectors, inspector), duties=(*day.duties, duty))
    return Oracle(hired, oracle.plan)
