"""Crews that only a search finds: looked for with no transaction open, and merged under the day's lock."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, TypeVar

from scheduler.promise.boards import Boards
from scheduler.promise.office_day import OfficeDayPlan
from scheduler.promise.oracles import fix_names
from scheduler.promise.rows import DayStamp
from scheduler.promise.searches import Searched, keep_proof
from scheduler.promise.witness import require_sound_beside
from solver import reasons
from solver.check import check
from solver.day import Job
from solver.insert import NoPlace, insert
from solver.oracle import Proof, Verdict
from solver.plan import Assignment, Delta, Plan, StaleDelta, difference, merge

SEARCHES: Final = 3
"""How often a write searches anew because the day changed under it, before insertion alone decides."""

SEARCHED: Final = frozenset({reasons.CREW_BUSY, reasons.NO_DOCK, reasons.UNDECIDED})
"""What insertion gives as reasons where moving others' names or docks may help."""

Written = TypeVar("Written")
_Key = tuple[int, date, Job]


class SearchNeededError(Exception):
    """Insertion finds no crew: the oracle has to look, and the write to run again with what it found."""

    def __init__(self, plan: OfficeDayPlan, fixed: int, job: Job) -> None:
        super().__init__(plan.stamp)
        self.plan = plan
        self.fixed = fixed
        self.job = job


@dataclass(frozen=True, slots=True)
class Placed:
    """A crew for one more job, and the rows of others that have to change for it."""

    assignment: Assignment
    removed: Plan = field(default_factory=dict)
    added: Plan = field(default_factory=dict)
    searched: tuple[DayStamp, Searched] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A crew and dock, what others give up for them, and the version of the day on which they were found."""

    placed: Placed
    version: int


@dataclass(slots=True)
class Proposals:
    """What the oracle found so far for one write, by office day and job; `closed`: it is not asked again."""

    found: dict[_Key, "_Looked"] = field(default_factory=dict)
    closed: bool = False

    def add(self, boards: Boards, asked: SearchNeededError) -> None:
        """Ask the oracle; no transaction is open."""
        plan, stamp = asked.plan, asked.plan.stamp
        proof = boards.oracles.prove(plan, asked.fixed, asked.job)
        delta = None if proof.plan is None else difference(plan.plan, proof.plan)
        searched = keep_proof(fix_names(plan.day, asked.fixed), plan.plan, asked.job, proof)
        self.found[_key(stamp, asked.job)] = _Looked(stamp, proof, delta, searched)

    def place(self, plan: OfficeDayPlan, fixed: int | None, job: Job) -> Placed | NoPlace:
        """The crew of a job beside all promises, under the day's lock: inserted, or as the oracle proposed.

        Raises:
            SearchNeededError: the oracle has to look at the day as it is now.
        """
        found = insert(plan.board, job)
        if isinstance(found, Assignment):
            require_sound_beside(plan.board, job, found)
            return Placed(found)
        if found.reason not in SEARCHED or fixed is None or self.closed:
            return found
        known = self.found.get(_key(plan.stamp, job))
        if known is None:
            raise SearchNeededError(plan, fixed, job)
        merged = None if known.delta is None else _merge(plan, fixed, job, known.delta)
        if merged is not None:
            return replace(merged, searched=(known.stamp, known.searched))
        if known.stamp != plan.stamp:
            raise SearchNeededError(plan, fixed, job)
        return _no_place(known.proof, found)


@dataclass(frozen=True, slots=True)
class _Looked:
    """What the oracle said of a job on a day at a version."""

    stamp: DayStamp
    proof: Proof
    delta: Delta | None
    searched: Searched


def _key(stamp: DayStamp, job: Job) -> _Key:
    return stamp.office, stamp.date, job


def _merge(plan: OfficeDayPlan, fixed: int, job: Job, delta: Delta) -> Placed | None:
    """The proposal on the day as it is now, or None if it no longer fits."""
    try:
        merged = merge(plan.plan, delta)
    except StaleDelta:
        return None
    day = fix_names(replace(plan.day, jobs=(*plan.day.jobs, job)), fixed)
    if check(day, merged, previous=plan.plan):
        return None
    others = {number: row for number, row in delta.added.items() if number != job.id}
    return Placed(delta.added[job.id], delta.removed, others)


def _no_place(proof: Proof, inserted: NoPlace) -> NoPlace:
    """The oracle's reason, where it is more than insertion's."""
    if proof.verdict is Verdict.UNDECIDED or proof.refusal is None:
        return inserted
    return proof.refusal


def write_with_search(boards: Boards, write: Callable[[Proposals], Written]) -> Written:
    """Run a write; where insertion finds no crew, ask the oracle and run it again with the proposal."""
    proposals = Proposals()
    for _ in range(SEARCHES):
        try:
            return write(proposals)
        except SearchNeededError as asked:
            proposals.add(boards, asked)
    proposals.closed = True
    return write(proposals)
