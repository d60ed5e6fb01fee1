"""The re-plan of a day as constraints for CP-SAT: starts on the grid, crews, travel, docks.

One literal says that a job starts at a minute, one that a duty is in its crew, one that it is lost. Crews
are Hall's conditions with as many duties as seats. Two jobs of one duty follow each other, which is one
literal for an ordered pair of jobs, shared by all duties. Whether people can eat is in `meals`.

A truth that is known beforehand is a plain bool in place of a literal.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

import numpy.typing  # noqa: F401, ICN001 - must come before ortools' own use of it
from ortools.sat.python import cp_model

from solver.day import Duty, Job
from solver.oracle.layout import bits, needs_of
from solver.replan.situation import Situation

Literal = Any  # of cp_model or a plain bool; ortools has no types here


def negate(literal: Literal) -> Literal:
    """Return what holds when the literal does not."""
    return not literal if isinstance(literal, bool) else ~literal


class Model:
    """All answers to a situation; `first` and `last` are the extreme starts by job, `at` who may be where."""

    def __init__(self, situation: Situation) -> None:
        self.situation = situation
        self.day = situation.day
        self.model: Any = cp_model.CpModel()  # ortools has types for half of it
        self.duties: dict[int, Duty] = {duty.id: duty for duty in self.day.duties}
        self.jobs: dict[int, Job] = {
            job.id: job for job in self.day.jobs if job.id in situation.pinned or situation.starts.get(job.id)
        }
        self.starting: dict[int, dict[int, Literal]] = {}
        self.minute: dict[int, Any] = {}
        self.lost: dict[int, Literal] = {}
        self.at: dict[int, dict[int, Literal]] = {}
        self.docked: dict[int, dict[int, Literal]] = {}
        self._before: dict[tuple[int, int, int], Literal] = {}
        self._late: dict[tuple[int, int], Literal] = {}
        held = {one.id: one.held_on(self.day.date) for one in self.day.inspectors}
        self._held = {duty.id: held[duty.inspector] for duty in self.day.duties}
        for job in self.jobs.values():
            self._add_starts(job)
            self._add_crew(job)
            self._add_docks(job)
        self._separate_jobs()
        self._separate_duties()

    def is_free(self, job: int) -> bool:
        """Whether the job's start, crew and dock are to be found."""
        return job not in self.situation.pinned

    def first(self, job: int) -> int:
        """Return the earliest start of a job."""
        return min(self.starting[job])

    def last(self, job: int) -> int:
        """Return the latest start of a job."""
        return max(self.starting[job])

    def new(self) -> Literal:
        """Return a new literal."""
        return self.model.new_bool_var("")

    def require(self, *literals: Literal) -> None:
        """Ask for at least one of the literals."""
        if not any(one is True for one in literals):
            self.model.add_bool_or([one for one in literals if one is not False])

    def before(self, one: int, other: int, pause: int = 0) -> Literal:
        """Return the literal that a job ends early enough for a pause and the travel to another one."""
        key = one, other, pause
        if key not in self._before:
            job, after = self.jobs[one], self.jobs[other]
            minutes = job.duration + pause + self.day.travel_between(job.site, after.site)
            self._before[key] = self._order(one, other, minutes)
        return self._before[key]

    def _order(self, one: int, other: int, minutes: int) -> Literal:
        if self.last(one) + minutes <= self.first(other):
            return True
        if self.first(one) + minutes > self.last(other):
            return False
        literal = self.new()
        self.model.add(self.minute[one] + minutes <= self.minute[other]).only_enforce_if(literal)
        return literal

    def not_before(self, job: int, minute: int) -> Literal:
        """Return the literal that a job does not start before a minute."""
        starts = self.starting[job]
        early = [start for start in starts if start < minute]
        if not early:
            return True
        if len(early) == len(starts):
            return False
        key = job, len(early)
        if key not in self._late:
            literal = self._late[key] = self.new()
            for start in early:
                self.require(~literal, ~starts[start])
            self.require(literal, *(starts[start] for start in early), self.lost[job])
        return self._late[key]

    def not_after(self, job: int, minute: int) -> Literal:
        """Return the literal that a job starts at a minute or before it, or that it is lost."""
        return negate(self.not_before(job, minute + 1))

    def _add_starts(self, job: Job) -> None:
        if not self.is_free(job.id):
            self.starting[job.id] = {job.start: True}
            self.minute[job.id], self.lost[job.id] = job.start, False
            return
        starts = {start: self.new() for start in self.situation.starts[job.id]}
        lost = self.lost[job.id] = self.new()
        self.starting[job.id] = starts
        self.model.add_exactly_one([*starts.values(), lost])
        minute = self.model.new_int_var_from_domain(cp_model.Domain.from_values(list(starts)), "")
        self.minute[job.id] = minute
        for start, literal in starts.items():
            self.model.add(minute == start).only_enforce_if(literal)

    def _add_crew(self, job: Job) -> None:
        if not self.is_free(job.id):
            self.at[job.id] = dict.fromkeys(self.situation.plan[job.id].crew, True)
            return
        at = self.at[job.id] = {}
        seats = [0] * len(job.seats)
        for number, duty in enumerate(self.day.duties):
            able = [seat for seat, asked in enumerate(job.seats) if asked <= self._held[duty.id]]
            if not able or duty.inspector in job.excluded:
                continue
            fitting = {start for start in self.starting[job.id] if self._fits(duty, job, start)}
            if not fitting:
                continue
            literal = at[duty.id] = self.new()
            for start, starting in self.starting[job.id].items():
                if start not in fitting:
                    self.require(~literal, ~starting)
            for seat in able:
                seats[seat] |= 1 << number
        self._fill_seats(job, seats)

    def _fits(self, duty: Duty, job: Job, start: int) -> bool:
        out = self.day.travel_between(duty.start_site, job.site)
        home = self.day.travel_between(job.site, duty.end_site)
        return duty.start + out <= start and start + job.duration + home <= duty.end

    def _fill_seats(self, job: Job, seats: Sequence[int]) -> None:
        at, lost = self.at[job.id], self.lost[job.id]
        for mask, count in needs_of(tuple(seats)):
            holders = [at[self.day.duties[number].id] for number in bits(mask)]
            self.model.add(sum(holders) + count * lost >= count)
        self.model.add(sum(at.values()) + len(seats) * lost == len(seats))
        by_inspector: dict[int, list[Literal]] = {}
        for duty, literal in at.items():
            by_inspector.setdefault(self.duties[duty].inspector, []).append(literal)
        for literals in by_inspector.values():
            if len(literals) > 1:
                self.model.add_at_most_one(literals)

    def _add_docks(self, job: Job) -> None:
        docks = self.day.docks.get(job.site, ())
        if not self.is_free(job.id):
            dock = self.situation.plan[job.id].dock
            self.docked[job.id] = {} if dock is None else {dock: True}
            return
        docked = self.docked[job.id] = {dock: self.new() for dock in docks}
        if docks:
            self.model.add_exactly_one([*docked.values(), self.lost[job.id]])
        for dock, literal in docked.items():
            for since, until in self.day.dock_closures.get(dock, ()):
                for start, starting in self.starting[job.id].items():
                    if since < start + job.duration and start < until:
                        self.require(~literal, ~starting)

    def _separate_jobs(self) -> None:
        """Two jobs of one duty or at one dock follow each other."""
        for one, other in combinations(self.jobs, 2):
            if not (self.is_free(one) or self.is_free(other)):
                continue
            shared = [
                (self.at[one][duty], self.at[other][duty]) for duty in self.at[one].keys() & self.at[other]
            ]
            docks = self.docked[one].keys() & self.docked[other]
            shared += [(self.docked[one][dock], self.docked[other][dock]) for dock in docks]
            if not shared:
                continue
            orders = self.before(one, other), self.before(other, one)
            if not any(order is True for order in orders):
                for a, b in shared:
                    self.require(negate(a), negate(b), *orders)

    def _separate_duties(self) -> None:
        """Two duties of one inspector that leave no time to travel between them are not both used."""
        for one, other in combinations(self.day.duties, 2):
            if one.inspector != other.inspector:
                continue
            first, second = sorted((one, other), key=lambda duty: (duty.start, duty.end, duty.id))
            if first.end + self.day.travel_between(first.end_site, second.start_site) > second.start:
                used = self.new()
                self._imply(self.users(one.id), used)
                self._imply(self.users(other.id), ~used)

    def users(self, duty: int) -> dict[int, Literal]:
        """Return the literals of all jobs that a duty may be at and whose rules can be kept."""
        standing = self.situation.standing
        return {job: at[duty] for job, at in self.at.items() if duty in at and job not in standing}

    def _imply(self, literals: dict[int, Literal], then: Literal) -> None:
        for one in literals.values():
            self.require(negate(one), then)


def total(terms: Iterable[tuple[int, Literal]]) -> Any:
    """Return the weighted sum of literals, for use as a level."""
    weights, literals = [], []
    for weight, literal in terms:
        weights.append(weight)
        literals.append(int(literal) if isinstance(literal, bool) else literal)
    return cp_model.LinearExpr.weighted_sum(literals, weights) if literals else 0
