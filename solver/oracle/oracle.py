"""The oracle of an office-day: can all its promises be crewed together with a new one?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property, partial

from solver import reasons
from solver.board import starts_between
from solver.check import check
from solver.day import GRID, Candidate, Day, Job
from solver.insert import (
    Board,
    NoPlace,
    calendar_starts,
    find_obstacle,
    insert,
    open_starts,
    prepare,
    starts_at_docks,
)
from solver.oracle.budget import SHARE, Budget, Purse
from solver.oracle.docks import assign_docks, can_park
from solver.oracle.hall import HallSet
from solver.oracle.layout import bits
from solver.oracle.search import Crewing, Search
from solver.plan import Assignment, Plan


class Verdict(StrEnum):
    """What is known of a start."""

    YES = "yes"
    NO = "no"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Answer:
    """Disjoint masks of starts (bit k is minute 15 * k); together they are what the calendar allows.

    The calendar: opening, closures of office and site, the candidate's window and finish. Starts outside of
    it are in none of them; a lack of docks, of crews or of seats is a no.
    """

    yes: int
    no: int
    undecided: int


@dataclass(frozen=True, slots=True)
class Proof:
    """A verdict on one start with what proves it.

    YES: `plan` holds all jobs of the day and the new one, and passes `check`. NO: `refusal` says why; for a
    Hall set, `rivals` are the jobs that need the same inspectors at the same time, so that there are too few
    for the `seats` of the refusal; if any one of them went, one seat more could be filled. UNDECIDED:
    `refusal` is `undecided` (the budget did not do) or `plan_broken`.
    """

    verdict: Verdict
    plan: Mapping[int, Assignment] | None = None
    refusal: NoPlace | None = None
    rivals: tuple[int, ...] = ()


class Oracle:
    """A working copy of one office-day, to be kept for as long as the day's version stands.

    It learns from questions, so that it is not safe for several threads at once; `former` is the oracle of an
    earlier version, whose plans it takes over. Starts and frozen rows stay, all other crews and docks may
    move. If the stored plan breaks a rule, nothing is decided.
    Raises ValueError if a travel time is missing.
    """

    def __init__(self, day: Day, plan: Plan, *, former: "Oracle | None" = None) -> None:
        self.day = day
        self.plan = dict(plan)
        self.is_broken = bool(check(day, plan))
        self._former = None if former is None else former.learned
        self._known: Search | None = None
        self._docked: dict[tuple[int, int], tuple[int, int]] = {}
        self._board: Board | None = None if self.is_broken else prepare(day, plan)

    @property
    def learned(self) -> Search | None:
        """What a later version may take over; None if no question needed a search."""
        return self._former if self._known is None else self._known

    def starts(self, candidate: Candidate, *, budget: Budget | None = None) -> Answer:
        """Return what is known of each start of a candidate."""
        cells = calendar_starts(self.day, candidate).bit_count()
        return self.look(candidate, Purse(budget or Budget(), share=max(1, min(SHARE, cells))))

    def look(self, candidate: Candidate, purse: Purse) -> Answer:
        """Return what is known of each start, at the cost of a purse that several days may share."""
        allowed = calendar_starts(self.day, candidate)
        if self._board is None:
            return Answer(0, 0, allowed)
        if len(candidate.seats) < self.day.minimum_crew:
            return Answer(0, allowed, 0)
        yes = open_starts(self._board, candidate)
        if yes == allowed:
            return Answer(yes, 0, 0)
        docked, unknown = self._docked_starts(self._board, candidate)
        no = allowed & ~docked & ~unknown
        layout = self._search.layout
        seats = layout.holders(candidate.seats, candidate.excluded)
        for cell in bits(allowed & docked & ~yes):
            start = cell * GRID
            visit = layout.visit(candidate, start, seats)
            found = self._search.decide(visit, partial(candidate.at, start, self._free_id), purse)
            if isinstance(found, Crewing):
                yes |= 1 << cell
            elif found is not None:
                no |= 1 << cell
        return Answer(yes, no, allowed & ~yes & ~no)

    def prove(self, job: Job, *, budget: Budget | None = None) -> Proof:
        """Return the verdict on a job, which has no row in the plan yet, at its start.

        Raises ValueError if it has one.
        """
        if job.id in self.plan or any(one.id == job.id for one in self.day.jobs):
            msg = f"job: {job.id} is on the day already"
            raise ValueError(msg)
        if self._board is None:
            return Proof(Verdict.UNDECIDED, refusal=NoPlace(reasons.PLAN_BROKEN))
        refusal = find_obstacle(self.day, job)
        if refusal is not None:
            return Proof(Verdict.NO, refusal=refusal)
        found = insert(self._board, job)
        if isinstance(found, Assignment):
            return self._gate(job, {**self.plan, job.id: found})
        if found.reason in {reasons.NO_QUALIFIED_INSPECTOR, reasons.EXCLUDED}:
            return Proof(Verdict.NO, refusal=found)
        return self._prove_by_change(job, Purse(budget or Budget(), share=1))

    @property
    def _search(self) -> Search:
        if self._known is None:
            self._known = Search(self.day, self.plan)
            if self._former is not None:
                self._known.carry(self._former)
                self._former = None
        return self._known

    @cached_property
    def _free_id(self) -> int:
        """An id that no job of the day has."""
        return min((job.id for job in self.day.jobs), default=0) - 1

    def _docked_starts(self, board: Board, candidate: Candidate) -> tuple[int, int]:
        """Return the starts at which all jobs of the site and the candidate can have docks, and the unknown.

        They do not depend on the candidate's window, so that they are kept for its site and duration.
        """
        key = candidate.site, candidate.duration
        if candidate.site not in self.day.docks:
            return -1, 0
        if key not in self._docked:
            freely = starts_at_docks(board, candidate)
            opened = starts_between(self.day.opens, self.day.closes - candidate.duration)
            found = {True: freely, False: 0, None: 0}
            for cell in bits(opened & ~freely):
                found[self._can_park(candidate, cell)] |= 1 << cell
            self._docked[key] = found[True], found[None]
        return self._docked[key]

    def _can_park(self, candidate: Candidate, cell: int) -> bool | None:
        layout = self._search.layout
        here, docks = layout.at_site[candidate.site], len(self.day.docks[candidate.site])
        cells = range(cell, -(-(cell * GRID + candidate.duration) // GRID))
        if any((layout.running[one] & here).bit_count() >= docks for one in cells):
            return False
        job = replace(candidate, finish_by=None).at(cell * GRID, self._free_id)
        return can_park(self.day, self.plan, job)

    def _prove_by_change(self, job: Job, purse: Purse) -> Proof:
        docks = self._docks_beside(job)
        if docks is None:
            numbers = {"site": job.site, "docks": len(self.day.docks[job.site])}
            return Proof(Verdict.NO, refusal=NoPlace(reasons.NO_DOCK, numbers))
        layout = self._search.layout
        visit = layout.visit(job, job.start, layout.holders(job.seats, job.excluded))
        found = self._search.decide(visit, lambda: job, purse)
        if isinstance(found, Crewing):
            rows = {**(self._search.plan_of(found) or {}), job.id: Assignment(found.visit)}
            return self._gate(job, self._with_docks(rows, docks))
        if isinstance(found, HallSet):
            return self._refuse(job, found)
        if found is not None:
            return Proof(Verdict.NO, refusal=NoPlace(reasons.NO_CREWING))
        return Proof(Verdict.UNDECIDED, refusal=NoPlace(reasons.UNDECIDED))

    def _docks_beside(self, job: Job) -> Mapping[int, int] | None:
        """Return docks for the jobs of a site and one more; none for the new one where that is not known."""
        if job.site not in self.day.docks:
            return {}
        try:
            return assign_docks(self.day, self.plan, job)
        except OverflowError:
            return {}

    def _with_docks(self, rows: Mapping[int, Assignment], docks: Mapping[int, int]) -> dict[int, Assignment]:
        """Return rows with the docks that were chosen at the new job's site and the stored ones elsewhere."""
        stored = {number: row.dock for number, row in self.plan.items()}
        return {
            number: replace(row, dock=docks.get(number, stored.get(number))) for number, row in rows.items()
        }

    def _gate(self, job: Job, plan: Mapping[int, Assignment]) -> Proof:
        """Let a plan out only if every rule holds."""
        grown = replace(self.day, jobs=(*self.day.jobs, job))
        if check(grown, plan, previous=self.plan):
            return Proof(Verdict.UNDECIDED, refusal=NoPlace(reasons.UNDECIDED))
        return Proof(Verdict.YES, plan=plan)

    def _refuse(self, job: Job, found: HallSet) -> Proof:
        names = sorted(set().union(*(job.seats[seat] for seat in found.seats)))
        numbers = {"needed": len(found.seats), "found": len(found.seats) - 1}
        refusal = NoPlace(reasons.CREW_BUSY, numbers, found.seats, tuple(names))
        rivals = tuple(self._search.layout.jobs[number].id for number in found.jobs)
        return Proof(Verdict.NO, refusal=refusal, rivals=rivals)


def answers(
    oracles: Sequence[Oracle], candidate: Candidate | Sequence[Candidate], *, budget: Budget | None = None
) -> list[Answer]:
    """Return the answer of each day of an office, all of them within one budget.

    `candidate` is one for all days, or one for each.
    """
    each = [candidate] * len(oracles) if isinstance(candidate, Candidate) else candidate
    purse = Purse(budget or Budget())
    return [oracle.look(asked, purse) for oracle, asked in zip(oracles, each, strict=True)]
