"""A day that takes one more job after the other, as a value: what stands can always be crewed together."""

from dataclasses import dataclass, replace
from functools import cached_property

from solver import reasons
from solver.allocation import Goal, value_of
from solver.board import Board, place, prepare
from solver.check import check
from solver.day import Candidate, Day, Job
from solver.insert import insert, open_starts, why_not
from solver.oracle import Budget, Oracle
from solver.plan import Assignment, Plan

_SEARCHED = frozenset({reasons.CREW_BUSY, reasons.NO_DOCK, reasons.UNDECIDED})


@dataclass(frozen=True)
class Standing:
    """A day and a plan that crews all its jobs; frozen ones keep their crews, the others may change names."""

    day: Day
    plan: Plan

    @cached_property
    def board(self) -> Board:
        """The plan laid out."""
        return prepare(self.day, self.plan)

    @cached_property
    def oracle(self) -> Oracle:
        """What decides where insertion does not."""
        return Oracle(self.day, self.plan)

    @cached_property
    def travel(self) -> int:
        """Minutes of travel of the whole day."""
        return value_of(self.day, self.plan, Goal()).travel

    @cached_property
    def is_sound(self) -> bool:
        """Whether the plan breaks no rule; what is broken takes no more jobs."""
        return not check(self.day, self.plan)

    @cached_property
    def _open(self) -> dict[Candidate, int]:
        """What was asked before: a day is asked for every lot until one comes to stand on it."""
        return {}

    def open_to(self, candidate: Candidate) -> int:
        """Return the mask of starts at which a candidate can be inserted."""
        if candidate not in self._open:
            self._open[candidate] = open_starts(self.board, candidate) if self.is_sound else 0
        return self._open[candidate]

    def put(self, job: Job, *, budget: Budget | None) -> "Standing | None":
        """Return the day with one more job, or None if there is no place; without a budget: by insertion.

        With a budget others' crews and docks may change, and an undecided start counts as none.
        """
        if not self.is_sound:
            return None
        found = insert(self.board, job)
        day = replace(self.day, jobs=(*self.day.jobs, job))
        if isinstance(found, Assignment):
            return _lay_out(day, place(replace(self.board, day=day), job, found))
        if budget is None or found.reason not in _SEARCHED:
            return None
        plan = self.oracle.prove(job, budget=budget).plan
        return None if plan is None else _sound(Standing(day, plan))

    def take(self, job: int) -> "Standing":
        """Return the day without a job."""
        day = replace(self.day, jobs=tuple(one for one in self.day.jobs if one.id != job))
        return Standing(day, {number: row for number, row in self.plan.items() if number != job})

    def refusal(self, job: Job) -> str | None:
        """Return the reason for which a job cannot be inserted at its start."""
        if not self.is_sound:
            return reasons.PLAN_BROKEN
        found = why_not(self.board, job)
        return None if found is None else found.reason


def _lay_out(day: Day, board: Board) -> Standing:
    standing = Standing(day, board.plan)
    standing.__dict__["board"] = board  # where cached_property keeps it
    return _sound(standing)


def _sound(standing: Standing) -> Standing:
    """What insertion and the oracle let out is legal: it need not be checked before the end."""
    standing.__dict__["is_sound"] = True
    return standing
