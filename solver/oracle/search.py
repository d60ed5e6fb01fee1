"""The layers of one day, from cheap to dear; each answer is proved, what no layer proves stays open.

Crews only: docks do not depend on them (`solver.oracle.docks`). `check` passes on each plan that is used.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from solver.check import check
from solver.day import Day, Job
from solver.oracle.budget import Purse
from solver.oracle.chains import make_room
from solver.oracle.engines import Core
from solver.oracle.hall import Hall, HallSet
from solver.oracle.layout import Layout, Visit, bits
from solver.oracle.pool import Pool, choose_crew, loads_of
from solver.oracle.rows import Crews, Rows
from solver.plan import Assignment, Plan

_MOST_KEPT: Final = 1_000
"""Proofs, and questions that stayed open, that a search remembers."""


@dataclass(frozen=True, slots=True)
class Crewing:
    """Legal crews: of the jobs of the layout as masks of duties, and of the visit as duty ids by seat."""

    jobs: Sequence[int]
    visit: tuple[int, ...]


Finding = Crewing | HallSet | Core | None
"""Yes by crews, no by a Hall set or by a proof of the engine, or None: not decided."""


class Search:
    """What is known of one day with a legal plan; it learns from each question."""

    def __init__(self, day: Day, plan: Plan) -> None:
        self.layout = Layout(day, plan)
        self._bare = replace(day, docks={}, dock_closures={})
        self._stored = {job: Assignment(row.crew) for job, row in plan.items()}
        self._crews = tuple(sum(1 << duty for duty in crew) for crew in self.layout.crews)
        self._hall = Hall(self.layout)
        self._pool = Pool(self.layout, self._crews)
        self._unproved: set[int] = set()
        self._rows: Rows | None = None
        self._cores: deque[Core] = deque(maxlen=_MOST_KEPT)
        self._open: dict[frozenset[int], int] = {}

    def decide(self, visit: Visit, make_job: Callable[[], Job], purse: Purse) -> Finding:
        """Look for crews of all jobs and a new one, given as a visit and as a way to make the job."""
        if any((visit.holders & mask).bit_count() < count for mask, count in visit.needs):
            return self._hall.find(visit)
        return (
            self._insert(visit)
            or self._hall.find(visit)
            or self._refute(visit)
            or self._relocate(visit, purse)
            or self._solve(visit, make_job, purse)
        )

    def plan_of(self, crewing: Crewing) -> dict[int, Assignment] | None:
        """Return the plan of the day's jobs, without docks; None if a crew does not fill its seats."""
        rows: dict[int, Assignment] = {}
        for number, job in enumerate(self.layout.jobs):
            if crewing.jobs[number] == self._crews[number]:
                rows[job.id] = self._stored[job.id]
                continue
            crew = self.layout.fill_seats(self.layout.visits[number].seats, crewing.jobs[number])
            if crew is None:
                return None
            rows[job.id] = Assignment(crew)
        return rows

    def carry(self, former: "Search") -> None:
        """Take over the plans of an earlier version of the day, where its duties were the same.

        Jobs that are new are inserted; a plan in which one has no place is left behind. The rules judge each
        plan when it is used first.
        """
        if former.layout.duties != self.layout.duties:
            return
        number = {job: number for number, job in enumerate(former.layout.jobs)}
        rows = [number.get(job) for job in self.layout.jobs]
        for plan in former._pool.plans()[1:]:  # noqa: SLF001 - another one of this class
            crews = self._fill_in([0 if row is None else plan[row] for row in rows])
            if crews is not None:
                self._unproved.add(self._pool.add(crews))

    def _fill_in(self, crews: list[int]) -> list[int] | None:
        """Insert the jobs that have no crew yet, in order of start."""
        for number, visit in enumerate(self.layout.visits):
            if crews[number]:
                continue
            busy = 0
            for rival in bits(visit.rivals):
                busy |= crews[rival]
            loads = loads_of(self.layout, crews)
            crew = choose_crew(self.layout, loads, visit, visit.holders & ~busy)
            if crew is None:
                return None
            crews[number] = sum(1 << self.layout.number[duty] for duty in crew)
        return crews

    def _insert(self, visit: Visit) -> Crewing | None:
        while found := self._pool.find(visit):
            number, crew = found
            crewing = Crewing(self._pool.crews(number), crew)
            if number not in self._unproved or self._is_legal(crewing):
                self._unproved.discard(number)
                return crewing
            self._pool.drop(number)
        return None

    def _is_legal(self, crewing: Crewing) -> bool:
        plan = self.plan_of(crewing)
        return plan is not None and not check(self._bare, plan, previous=self._stored)

    def _refute(self, visit: Visit) -> Core | None:
        """Return a known core that lies within what the visit asks for."""
        if self._rows is None or not self._cores:
            return None
        asked = self._rows.imply(visit)
        return next((core for core in reversed(self._cores) if core <= asked), None)

    def _relocate(self, visit: Visit, purse: Purse) -> Crewing | None:
        crews = make_room(self.layout, self._crews, visit, purse)
        return None if crews is None else self._adopt(crews, visit)

    def _adopt(self, crews: Sequence[int], visit: Visit) -> Crewing | None:
        """Take a changed plan up into the pool if it is legal, and insert the visit there."""
        if not self._is_legal(Crewing(crews, ())):
            return None
        self._unproved.discard(self._pool.add(crews))
        return self._insert(visit)

    def _solve(self, visit: Visit, make_job: Callable[[], Job], purse: Purse) -> Finding:
        if purse.conflicts <= 0:
            return None
        if self._rows is None:
            self._rows = Rows(self.layout, self._crews)
        asked = self._rows.ask(visit)
        work = purse.cell_conflicts
        if any(work <= spent and former <= asked for former, spent in self._open.items()):
            return None  # at least as hard as one that took as much work in vain
        found = self._rows.find(visit, purse)
        if isinstance(found, frozenset):
            self._cores.append(found)
        elif found is None:
            if len(self._open) >= _MOST_KEPT:
                self._open.clear()
            self._open[asked] = work
        if not isinstance(found, Crews):
            return found
        return self._adopt(found.jobs, visit) or self._accept(found, visit, make_job())

    def _accept(self, found: Crews, visit: Visit, job: Job) -> Crewing | None:
        """Take crews that are legal only together with the visit."""
        crew = self.layout.fill_seats(visit.seats, found.visit)
        if crew is None:
            return None
        crewing = Crewing(found.jobs, crew)
        plan = self.plan_of(crewing)
        if plan is None:
            return None
        grown = replace(self._bare, jobs=(*self._bare.jobs, job))
        return None if check(grown, {**plan, job.id: Assignment(crew)}, previous=self._stored) else crewing
