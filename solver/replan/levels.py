"""The levels one after the other: CP-SAT minimises one, which is then a limit for the next.

An answer counts only if `check` passes. Whether people can eat is at first only asked roughly; where a meal
fails, its duty gets the exact rows and the level is solved again, so that what is proved is proved of all
rules. Equal questions, seeds and budgets give equal answers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from ortools.sat.python import cp_model

from solver import reasons
from solver.plan import Assignment
from solver.replan.meals import add_meal, add_pause
from solver.replan.model import Literal, Model, negate, total
from solver.replan.proposal import Answer, Proposal, answer_of, day_of, propose, seat
from solver.replan.situation import Situation, find_faults


class Level(StrEnum):
    """What is to be as little as can be."""

    LOST = "lost"
    MOVED = "moved"
    MINUTES = "minutes"
    NAMES = "names"


LEVELS: Final = (Level.LOST, Level.MOVED, Level.MINUTES, Level.NAMES)
"""The order of a re-plan."""

_ENGINES: Final = ("core", "no_lp")
"""CP-SAT's workers, in turns: core-guided search proves these levels 10 to 30 times sooner than with an LP.

Probing and the search for symmetries before it cost more than they save.
"""

_MOST_MENDED: Final = 60
"""Rounds of one level."""

_FEW: Final = 16
"""Up to so many duties, all get exact rows in the second round; with more, that costs more than rounds."""


@dataclass(slots=True)
class Purse:
    """Deterministic time of CP-SAT that is left."""

    work: float


def count(proposal: Proposal, levels: Sequence[Level]) -> tuple[int, ...]:
    """Return the value of a proposal by level, in an order of levels."""
    values = dict(zip(LEVELS, proposal.value, strict=True))
    return tuple(values[level] for level in levels)


class Descent:
    """One search down the levels of a situation, from a legal proposal on."""

    def __init__(self, situation: Situation, *, purse: Purse, seed: int) -> None:
        self._situation = situation
        self._purse = purse
        self._seed = seed
        self.model = Model(situation)
        self._fed: set[int] = set()
        for duty in situation.day.duties:
            add_pause(self.model, duty)
        self._terms: Mapping[Level, Callable[[], Any]] = {
            Level.LOST: self._count_lost,
            Level.MOVED: self._count_moved,
            Level.MINUTES: self._count_minutes,
            Level.NAMES: self._count_names,
        }

    def forbid(self, best: Proposal) -> None:
        """Ask for something else: one moved job stays, or without such one of the new names is out."""
        others = [negate(self.model.at[job][duty]) for job, _, duty in best.renamed]
        stay = [self._own(job) for job in best.moved]
        self.model.require(*(stay or others))

    def run(
        self, levels: Sequence[Level], best: Proposal | None, *, bounds: Mapping[Level, int]
    ) -> Proposal | None:
        """Return the best proposal found; `bounds` are values below which a level is proved not to go."""
        proved = True
        for number, level in enumerate(levels):
            terms = self._terms[level]()
            if best is None or count(best, (level,))[0] > bounds.get(level, 0):
                found, optimal = self._minimise(terms, best)
                proved = proved and optimal
                if found is not None and (
                    best is None or count(found, levels[: number + 1]) <= count(best, levels[: number + 1])
                ):
                    best = found
            if best is None:
                return None
            self.model.model.add(terms <= count(best, (level,))[0])
        return (
            None
            if best is None
            else propose(self._situation, answer_of(self._situation, best), proved=proved)
        )

    # --- levels -------------------------------------------------------------------------------------------

    def _free(self) -> list[int]:
        return [job for job in self.model.jobs if self.model.is_free(job)]

    def _own(self, job: int) -> Literal:
        return self.model.starting[job].get(self.model.jobs[job].start, False)

    def _count_lost(self) -> Any:
        never = len(self._situation.day.jobs) - len(self.model.jobs)
        return total((1, self.model.lost[job]) for job in self._free()) + never

    def _count_moved(self) -> Any:
        return total(
            (1, literal)
            for job in self._free()
            if job not in self._situation.urgent
            for start, literal in self.model.starting[job].items()
            if start != self.model.jobs[job].start
        )

    def _count_minutes(self) -> Any:
        return total(
            (abs(start - self.model.jobs[job].start), literal)
            for job in self._free()
            for start, literal in self.model.starting[job].items()
        )

    def _count_names(self) -> Any:
        owner = {duty.id: duty.inspector for duty in self._situation.day.duties}
        terms: list[tuple[int, Literal]] = []
        for job in self._free():
            row = self._situation.plan.get(job)
            if row is not None:
                known = {owner.get(duty) for duty in row.crew}
                terms += [
                    (1, literal) for duty, literal in self.model.at[job].items() if owner[duty] not in known
                ]
        return total(terms)

    # --- one level ----------------------------------------------------------------------------------------

    def _minimise(self, terms: Any, best: Proposal | None) -> tuple[Proposal | None, bool]:
        """Return the best legal proposal and whether nothing is below it; exact meals come as needed."""
        self.model.model.minimize(terms)
        for _ in range(_MOST_MENDED):
            if self._purse.work <= 0:
                break
            self._hint(best)
            solver, status = self._solve()
            if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
                break
            answer = self._read(solver)
            found = None if answer is None else propose(self._situation, answer, proved=False)
            if found is not None:
                return found, status == cp_model.OPTIMAL
            if answer is None or not self._feed(answer):
                break
        return None, False

    def _solve(self) -> tuple[Any, Any]:
        """Return the solver after its work, and its status."""
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = len(_ENGINES)
        solver.parameters.subsolvers.extend(_ENGINES)
        solver.parameters.interleave_search = True
        solver.parameters.cp_model_probing_level = 0
        solver.parameters.symmetry_level = 0
        solver.parameters.random_seed = self._seed
        solver.parameters.max_deterministic_time = self._purse.work
        status = solver.solve(self.model.model)
        self._purse.work -= solver.response_proto.deterministic_time
        return solver, status

    def _hint(self, best: Proposal | None) -> None:
        model = self.model
        model.model.clear_hints()
        if best is None:
            return
        for job in self._free():
            row = best.plan.get(job)
            start = best.starts.get(job, model.jobs[job].start) if row is not None else None
            crew = () if row is None else row.crew
            model.model.add_hint(model.lost[job], row is None)
            for minute, literal in model.starting[job].items():
                model.model.add_hint(literal, minute == start)
            for duty, literal in model.at[job].items():
                model.model.add_hint(literal, duty in crew)
            for dock, literal in model.docked[job].items():
                model.model.add_hint(literal, row is not None and row.dock == dock)

    def _read(self, solver: Any) -> Answer | None:
        situation, model = self._situation, self.model
        starts: dict[int, int] = {}
        rows: dict[int, Assignment] = {}
        for job in model.jobs.values():
            if not model.is_free(job.id):
                starts[job.id], rows[job.id] = job.start, situation.plan[job.id]
                continue
            if solver.boolean_value(model.lost[job.id]):
                continue
            starts[job.id] = _pick(solver, model.starting[job.id])[0]
            row = seat(situation, job, frozenset(_pick(solver, model.at[job.id])))
            if row is None:
                return None
            dock = next(iter(_pick(solver, model.docked[job.id])), None)
            rows[job.id] = Assignment(row.crew, dock)
        return Answer(starts, rows)

    def _feed(self, answer: Answer) -> bool:
        """Give exact rows to the duties whose holders cannot eat; whether there were any."""
        situation = self._situation
        lost = [job.id for job in situation.day.jobs if job.id not in answer.rows]
        day = day_of(situation.day, answer.starts, lost)
        faults = find_faults(day, answer.rows, situation.standing, previous=situation.plan)
        hungry = {duty for one in faults if one.rule == reasons.LUNCH for duty in one.duties} - self._fed
        if hungry and self._fed and len(self.model.duties) <= _FEW:
            hungry = self.model.duties.keys() - self._fed
        for duty in sorted(hungry):
            add_meal(self.model, self.model.duties[duty])
        self._fed |= hungry
        return bool(hungry)


def _pick(solver: Any, literals: Mapping[int, Literal]) -> list[int]:
    return [key for key, literal in literals.items() if solver.boolean_value(literal)]
