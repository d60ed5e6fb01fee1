"""One office-day under question: can a job be crewed if only some of the promises were there?"""

from dataclasses import dataclass, replace
from functools import cached_property

from solver.around import cut_around
from solver.board import revise
from solver.check import check
from solver.day import Day, Job
from solver.explain.presence import PresentRows
from solver.insert import Board, insert, prepare
from solver.oracle import Oracle, Verdict
from solver.oracle.budget import Purse
from solver.oracle.docks import can_park
from solver.oracle.layout import Layout, Visit, bits
from solver.oracle.rows import Crews
from solver.plan import Assignment, Plan


@dataclass(frozen=True, slots=True)
class Trial:
    """What a trial proved: for a NO, `conflict` are some kept jobs that exclude the new one by themselves."""

    verdict: Verdict
    conflict: int = 0


class Case:
    """An oracle and its day with promises that may leave; keep it as long as the oracle.

    Masks of jobs are those of `layout`. It learns like the oracle, so that several threads need one each.
    """

    def __init__(self, oracle: Oracle) -> None:
        self.oracle = oracle

    @cached_property
    def layout(self) -> Layout:
        """The day in integers; only a legal plan has one."""
        return Layout(self.oracle.day, self.oracle.plan)

    @cached_property
    def empty(self) -> Board:
        """The day without any promise."""
        return prepare(replace(self.oracle.day, jobs=()), {})

    @property
    def everyone(self) -> int:
        """The mask of all promises."""
        return (1 << len(self.layout.jobs)) - 1

    def mask(self, jobs: tuple[int, ...]) -> int:
        """Return the mask of jobs given by id."""
        return sum(1 << number for number, job in enumerate(self.layout.jobs) if job.id in jobs)

    def ids(self, mask: int) -> tuple[int, ...]:
        """Return the ids of a mask of jobs, by start."""
        return tuple(self.layout.jobs[number].id for number in bits(mask))

    def rivals(self, job: Job) -> int:
        """Return the mask of the promises that nobody can hold beside the job."""
        return self._visit(job).rivals

    def can_park(self, job: Job, kept: int) -> bool | None:
        """Return whether the kept jobs of the site and the new one can have docks; None: not decided."""
        day = self.oracle.day
        if job.site not in day.docks:
            return True
        here = kept & self.layout.at_site[job.site]
        jobs = tuple(self.layout.jobs[number] for number in bits(here))
        return can_park(replace(day, jobs=jobs), self.oracle.plan, job)

    def try_among(self, job: Job, kept: int, purse: Purse) -> Trial:
        """Return whether the kept jobs and the new one can all have docks and crews.

        Each YES has a plan that passed `check`, each NO a proof of the engine or an exhausted sweep of docks.
        """
        if self._can_insert(job, kept):
            return Trial(Verdict.YES)
        parked = self.can_park(job, kept)
        if parked is None:
            return Trial(Verdict.UNDECIDED)
        if not parked:
            return Trial(Verdict.NO, kept & self.layout.at_site[job.site])
        visit = self._visit(job)
        found = self._rows.find_among(visit, kept, purse)
        if isinstance(found, int):
            return Trial(Verdict.NO, found)
        if found is None or not self._is_legal(job, visit, kept, found):
            return Trial(Verdict.UNDECIDED)
        return Trial(Verdict.YES)

    def try_without(self, job: Job, gone: int, purse: Purse) -> Trial:
        """Return the same for all promises but some."""
        return self.try_among(job, self.everyone & ~gone, purse)

    def _visit(self, job: Job) -> Visit:
        return self.layout.visit(job, job.start, self.layout.holders(job.seats, job.excluded))

    @cached_property
    def _rows(self) -> PresentRows:
        return PresentRows(self.layout, self._stored)

    @cached_property
    def _stored(self) -> tuple[int, ...]:
        return tuple(sum(1 << duty for duty in crew) for crew in self.layout.crews)

    @cached_property
    def _bare(self) -> Day:
        """The day as far as crews go; how large they are is judged before any trial."""
        return replace(self.oracle.day, docks={}, dock_closures={}, minimum_crew=1)

    @cached_property
    def _full(self) -> Board:
        return prepare(self.oracle.day, self.oracle.plan)

    def _can_insert(self, job: Job, kept: int) -> bool:
        """Whether the job fits in where some promises left and nothing else changed."""
        gone = self.everyone & ~kept
        if not 0 < gone.bit_count() <= kept.bit_count():
            return False  # nothing new, or hardly a day: other ways are quicker
        jobs = tuple(self.layout.jobs[number] for number in bits(kept))
        day = replace(self.oracle.day, jobs=jobs)
        board = revise(self._full, day, dict.fromkeys(self.ids(gone)))
        found = insert(board, job)
        return isinstance(found, Assignment) and not check(*cut_around(board, job, found))

    def _is_legal(self, job: Job, visit: Visit, kept: int, crews: Crews) -> bool:
        jobs = [self.layout.jobs[number] for number in bits(kept)]
        stored = {one.id: Assignment(self.oracle.plan[one.id].crew) for one in jobs}
        plan = self._read(kept, crews, stored)
        crew = self.layout.fill_seats(visit.seats, crews.visit)
        if plan is None or crew is None:
            return False
        grown = replace(self._bare, jobs=(*jobs, job))
        return not check(grown, {**plan, job.id: Assignment(crew)}, previous=stored)

    def _read(self, kept: int, crews: Crews, stored: Plan) -> Plan | None:
        rows: dict[int, Assignment] = {}
        for number in bits(kept):
            job = self.layout.jobs[number]
            if crews.jobs[number] == self._stored[number]:
                rows[job.id] = stored[job.id]
                continue
            crew = self.layout.fill_seats(self.layout.visits[number].seats, crews.jobs[number])
            if crew is None:
                return None
            rows[job.id] = Assignment(crew)
        return rows


def open_case(asked: Oracle | Case) -> Case:
    """Return the case of an oracle, or the given one."""
    return asked if isinstance(asked, Case) else Case(asked)
