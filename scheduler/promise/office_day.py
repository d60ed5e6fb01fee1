"""An office day as it stands: its problem, its plan, and what the search makes of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from scheduler.promise.reference import Reference
from scheduler.promise.rows import DayStamp, changed_jobs
from solver.board import Board, revise
from solver.day import Day
from solver.insert import prepare
from solver.plan import Assignment


@dataclass(frozen=True)
class OfficeDayPlan:
    """An office day as it stands: problem, stored plan, and the solver's board for quick questions.

    `green` are bookings with priority; `without` those that were left out, as if they had given their crews
    up.
    """

    stamp: DayStamp
    day: Day
    plan: dict[int, Assignment]
    green: frozenset[int] = frozenset()
    without: frozenset[int] = frozenset()

    @cached_property
    def board(self) -> Board:
        """The plan laid out, when it is first asked about."""
        return prepare(self.day, self.plan)

    def minus(self, bookings: Collection[int]) -> "OfficeDayPlan":
        """The day as if some of its bookings had given their crews up."""
        gone = frozenset(bookings)
        day = replace(self.day, jobs=tuple(job for job in self.day.jobs if job.id not in gone))
        board = revise(self.board, day, dict.fromkeys(gone))
        return _lay_out(self.stamp, day, board, green=self.green, without=gone)

    def after(
        self, stamp: DayStamp, reference: Reference, changes: Sequence[tuple[int, list[Any] | None]]
    ) -> "OfficeDayPlan":
        """The day at a later stamp, when these jobs changed and nothing else did."""
        changed = changed_jobs(reference, changes)
        kept = [job for job in self.day.jobs if job.id not in changed.rows]
        day = replace(self.day, jobs=(*kept, *changed.jobs))
        board = revise(self.board, day, changed.rows)
        green = self.green - changed.rows.keys() | changed.green
        return _lay_out(stamp, day, board, green=green, without=self.without)


def _lay_out(
    stamp: DayStamp, day: Day, board: Board, *, green: frozenset[int], without: frozenset[int]
) -> OfficeDayPlan:
    plan = OfficeDayPlan(stamp, day, dict(board.plan), green, without)
    plan.__dict__["board"] = board  # where cached_property keeps it
    return plan
