"""Can everybody be served without moving a promise, or with one that moves? Asked of the oracle.

Pinned rows stay, all other crews and docks may move. Each yes holds a plan for all jobs so far; a no means
that these jobs cannot be crewed together at these starts, whatever the crews.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from solver.day import Job
from solver.oracle import Budget, Oracle, Verdict
from solver.replan.proposal import Answer
from solver.replan.situation import Situation

_MOST_QUESTIONS: Final = 2_000
"""Starts that are asked of the oracle before the question which promise moves is left open."""


@dataclass(frozen=True, slots=True)
class Kept:
    """All choices of starts that cost least, each with crews for everybody; none if there is none.

    Not `is_proved`: some question stayed open, so that there may be others.
    """

    answers: tuple[Answer, ...]
    is_proved: bool


_OPEN: Final = Kept((), is_proved=False)


class _StaysOpen(Exception):  # noqa: N818 - no error: the work allowed did not decide a question
    """The oracle has not decided."""


@dataclass(slots=True)
class _Asker:
    """The situation, conflicts for each question, and the questions left."""

    situation: Situation
    conflicts: int
    questions: int = _MOST_QUESTIONS

    def add(self, oracle: Oracle, job: Job, start: int) -> Oracle | None:
        """Return the oracle with a job more at a start, None if it is proved to have no crew."""
        if self.questions <= 0:
            raise _StaysOpen
        self.questions -= 1
        placed = replace(job, start=start)
        budget = Budget(nodes=self.conflicts // 10, conflicts=self.conflicts)
        proof = oracle.prove(placed, budget=budget)
        if proof.verdict is Verdict.UNDECIDED:
            raise _StaysOpen
        if proof.plan is None:
            return None
        return Oracle(replace(oracle.day, jobs=(*oracle.day.jobs, placed)), proof.plan, former=oracle)

    def stay(self, *, without: int | None = None) -> Oracle | None:
        """Return the oracle with all promises but one at their own starts, None if that cannot be."""
        situation = self.situation
        kept = {job: row for job, row in situation.kept.items() if job != without}
        day = replace(situation.day, jobs=tuple(job for job in situation.day.jobs if job.id in kept))
        oracle: Oracle | None = Oracle(day, kept)
        left = {job.id for job in situation.day.jobs} - kept.keys() - situation.urgent - {without}
        hurt = [job for job in situation.day.jobs if job.id in left]
        for job in sorted(hurt, key=lambda job: (job.start, job.id)):
            if oracle is None or job.start not in situation.starts[job.id]:
                return None
            oracle = self.add(oracle, job, job.start)
        return oracle


def keep_promises(situation: Situation, *, conflicts: int) -> Kept:
    """Look for crews of all jobs at their own starts; urgent jobs at their earliest possible one.

    `conflicts` is the budget for each start. Of several urgent jobs, one after the other gets its earliest.
    """
    if conflicts <= 0 or situation.standing:
        return _OPEN
    asker = _Asker(situation, conflicts)
    try:
        oracle = asker.stay()
        for job in _urgent(situation):
            if oracle is not None:
                grown = (asker.add(oracle, job, start) for start in situation.starts[job.id])
                oracle = next((one for one in grown if one is not None), None)
    except _StaysOpen:
        return _OPEN
    return Kept(() if oracle is None else (_answer(oracle),), is_proved=True)


def move_one(situation: Situation, *, conflicts: int) -> Kept:
    """Look for the one promise whose move is enough and costs the fewest minutes, an urgent job's wait too.

    At most one job may be urgent. `conflicts` is the budget for each start.
    """
    if conflicts <= 0 or situation.standing or len(situation.urgent) > 1:
        return _OPEN
    asker = _Asker(situation, conflicts)
    try:
        return Kept(tuple(_cheapest(asker, _list_moves(asker))), is_proved=True)
    except _StaysOpen:
        return _OPEN


@dataclass(frozen=True, slots=True)
class _Move:
    """A promise moves, and the urgent job, if there is one, gets a start: what that costs, in minutes."""

    minutes: int
    job: Job
    start: int
    wait: int | None
    rest: Oracle


def _list_moves(asker: _Asker) -> list[_Move]:
    """Return the moves for which the promises that stay can be crewed, the cheapest first.

    Of two that cost the same, the later start comes first: nobody can be asked to be ready sooner.
    """
    situation = asker.situation
    waits: list[tuple[int, int | None]] = [(0, None)]
    for job in _urgent(situation):
        waits = [(start - job.start, start) for start in situation.starts[job.id]]
    moves: list[_Move] = []
    for job in situation.day.jobs:
        if job.id not in situation.starts or job.id in situation.urgent:
            continue
        rest = asker.stay(without=job.id)
        if rest is not None:
            moves += [
                _Move(abs(start - job.start) + minutes, job, start, wait, rest)
                for start in situation.starts[job.id]
                for minutes, wait in waits
                if start != job.start
            ]
    return sorted(moves, key=lambda one: (one.minutes, one.start < one.job.start, one.job.id, one.start))


def _cheapest(asker: _Asker, moves: Iterable[_Move]) -> list[Answer]:
    """Return an answer for each of the cheapest moves that can be crewed."""
    urgent = next(iter(_urgent(asker.situation)), None)
    rests: dict[tuple[int, int | None], Oracle | None] = {}
    found: list[Answer] = []
    least: int | None = None
    for move in moves:
        if least is not None and move.minutes > least:
            break
        key = move.job.id, move.wait
        if key not in rests:
            rests[key] = move.rest
            if urgent is not None and move.wait is not None:
                rests[key] = asker.add(move.rest, urgent, move.wait)
        rest = rests[key]
        whole = None if rest is None else asker.add(rest, move.job, move.start)
        if whole is not None:
            found.append(_answer(whole))
            least = move.minutes
    return found


def _urgent(situation: Situation) -> list[Job]:
    jobs = [job for job in situation.day.jobs if job.id in situation.urgent]
    return sorted(jobs, key=lambda job: (job.start, job.id))


def _answer(oracle: Oracle) -> Answer:
    return Answer({job.id: job.start for job in oracle.day.jobs}, oracle.plan)
