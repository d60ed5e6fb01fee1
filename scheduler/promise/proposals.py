"""Crews that only a search finds: looked for with no transaction open, and merged under the day's lock."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, TypeVar

from sqlmodel import Session

from scheduler.database.connection import Database, StaleDayError
from scheduler.database.idempotency import Keep
from scheduler.promise.boards import Boards
from scheduler.promise.office_day import OfficeDayPlan
from scheduler.promise.oracles import fix_names
from scheduler.promise.rows import DayStamp
from scheduler.promise.searches import Searched, keep_proof
from scheduler.promise.witness import require_sound_beside
from solver import reasons
from solver.check import check
from solver.day import Day, Job
from solver.insert import NoPlace, Recrewed, insert
from solver.oracle import Budget, Proof, Verdict, complete
from solver.plan import Assignment, Delta, Plan, StaleDelta, difference, merge

SEARCHES: Final = 3
"""How often a write searches a day anew because it changed, before insertion alone decides there."""

SEARCHED: Final = frozenset({reasons.CREW_BUSY, reasons.NO_DOCK, reasons.UNDECIDED})
"""What insertion gives as reasons where moving others' names or docks may help."""

REPAIRING: Final = Budget(nodes=2_000, conflicts=20_000)
"""Work for each job that lost its crew: somebody's promise is at stake."""

Made = TypeVar("Made")
Kept = TypeVar("Kept")
_OfficeDay = tuple[int, date]
_Key = tuple[int, date, Job]


class SearchNeededError(Exception):
    """Insertion does not do: a search has to look, and the write to run again with what it found."""

    def __init__(self, office: int, day: date) -> None:
        super().__init__(office, day)
        self.office = office
        self.day = day


class PlaceNeededError(SearchNeededError):
    """One more job has no crew by insertion."""

    def __init__(self, plan: OfficeDayPlan, fixed: int, job: Job) -> None:
        super().__init__(plan.stamp.office, plan.stamp.date)
        self.plan = plan
        self.fixed = fixed
        self.job = job


class RepairNeededError(SearchNeededError):
    """After a change of a day some of its jobs have no crew by insertion."""

    def __init__(self, office: int, problem: Day, result: Recrewed) -> None:
        super().__init__(office, problem.date)
        self.problem = problem
        self.result = result


class AnswerNeededError(SearchNeededError):
    """A question about a day that another function answers, as text."""

    def __init__(self, office: int, day: date, question: str, answer: Callable[[str], str]) -> None:
        super().__init__(office, day)
        self.question = question
        self.answer = answer


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
    """What searches found so far for one write, by office day; `closed`: nothing is searched for."""

    found: dict[_Key, "_Looked"] = field(default_factory=dict)
    repaired: dict[_OfficeDay, tuple[Day, Plan | None]] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    looks: Counter[_OfficeDay] = field(default_factory=Counter)
    closed: bool = False

    def look(self, boards: Boards, asked: SearchNeededError) -> None:
        """Search; no transaction is open."""
        self.looks[asked.office, asked.day] += 1
        if isinstance(asked, PlaceNeededError):
            self._look_for_place(boards, asked)
        elif isinstance(asked, RepairNeededError):
            missing = [job for job, _ in asked.result.failed]
            plan = complete(asked.problem, asked.result.plan, missing, budget=REPAIRING)
            self.repaired[asked.office, asked.day] = asked.problem, plan
        elif isinstance(asked, AnswerNeededError):
            self.answers[asked.question] = asked.answer(asked.question)

    def answer(self, office: int, day: date, question: str, answer: Callable[[str], str]) -> str:
        """The answer to a question about a day as it is now.

        Raises:
            AnswerNeededError: it has to be searched for.
            StaleDayError: the day changed each time that it was.
        """
        if question in self.answers:
            return self.answers[question]
        if self._is_over(office, day):
            raise StaleDayError
        raise AnswerNeededError(office, day, question, answer)

    def repair(self, office: int, day: Day, result: Recrewed) -> Recrewed:
        """The crews of a changed day, where insertion left jobs out: all of them, if the search found a way.

        Raises:
            RepairNeededError: the search has to look at the day as it is now.
        """
        asked, plan = self.repaired.get((office, day.date), (None, None))
        if plan is not None and not check(day, plan, previous=result.plan):
            return Recrewed(plan, ())
        if self._is_over(office, day.date) or asked == day:
            return result
        raise RepairNeededError(office, day, result)

    def _is_over(self, office: int, day: date) -> bool:
        return self.closed or self.looks[office, day] >= SEARCHES

    def _look_for_place(self, boards: Boards, asked: PlaceNeededError) -> None:
        plan, stamp = asked.plan, asked.plan.stamp
        proof = boards.oracles.prove(plan, asked.fixed, asked.job)
        delta = None if proof.plan is None else difference(plan.plan, proof.plan)
        searched = None  # only what may be taken over is kept
        if delta is not None:
            searched = keep_proof(fix_names(plan.day, asked.fixed), plan.plan, asked.job, proof)
        self.found[_key(stamp, asked.job)] = _Looked(stamp, proof, delta, searched)

    def place(self, plan: OfficeDayPlan, fixed: int | None, job: Job) -> Placed | NoPlace:
        """The crew of a job beside all promises, under the day's lock: inserted, or as the oracle proposed.

        Raises:
            PlaceNeededError: the oracle has to look at the day as it is now.
        """
        found = insert(plan.board, job)
        if isinstance(found, Assignment):
            require_sound_beside(plan.board, job, found)
            return Placed(found)
        if found.reason not in SEARCHED or fixed is None or self.closed:
            return found
        known = self.found.get(_key(plan.stamp, job))
        merged = None if known is None else _merge(plan, fixed, job, known)
        if merged is not None:
            return merged
        if known is not None and known.stamp == plan.stamp:
            return _no_place(known.proof, found)
        if self._is_over(plan.stamp.office, plan.stamp.date):
            return found
        raise PlaceNeededError(plan, fixed, job)


@dataclass(frozen=True, slots=True)
class _Looked:
    """What the oracle said of a job on a day at a version."""

    stamp: DayStamp
    proof: Proof
    delta: Delta | None
    searched: Searched | None


def _key(stamp: DayStamp, job: Job) -> _Key:
    return stamp.office, stamp.date, job


def _merge(plan: OfficeDayPlan, fixed: int, job: Job, known: _Looked) -> Placed | None:
    """The proposal on the day as it is now, or None if there is none or it no longer fits."""
    delta, searched = known.delta, known.searched
    if delta is None or searched is None:
        return None
    try:
        merged = merge(plan.plan, delta)
    except StaleDelta:
        return None
    day = fix_names(replace(plan.day, jobs=(*plan.day.jobs, job)), fixed)
    if check(day, merged, previous=plan.plan):
        return None
    others = {number: row for number, row in delta.added.items() if number != job.id}
    return Placed(delta.added[job.id], delta.removed, others, (known.stamp, searched))


def _no_place(proof: Proof, inserted: NoPlace) -> NoPlace:
    """The oracle's reason, where it is more than insertion's."""
    if proof.verdict is Verdict.UNDECIDED or proof.refusal is None:
        return inserted
    return proof.refusal


def write_searching(
    database: Database,
    boards: Boards,
    keep: Keep[Made, Kept],
    work: Callable[[Session, Proposals], Made],
) -> Kept:
    """Run a write; where insertion does not do, search and run it again with the proposal.

    Raises:
        As the work, and `Database.write`.
    """
    proposals = Proposals()

    def run(session: Session) -> Made:
        return work(session, proposals)

    while True:  # each office day is searched so many times at most
        try:
            return database.write(lambda session: keep(session, run))
        except SearchNeededError as asked:
            proposals.look(boards, asked)
