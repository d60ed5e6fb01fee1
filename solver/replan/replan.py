"""Re-planning of a running day: up to three answers to disruptions, each legal, the best one first.

The order of levels: jobs lost, promises moved, minutes moved, names changed. First the oracle is asked
whether any promise has to move at all, then whether the move of one is enough, of which and how far. If so,
only names are left to minimise, at fixed starts, by column generation; else CP-SAT goes down the levels. To
do nothing and lose the hurt jobs is always an answer, so that there is one within any budget, and a claim
that there is none is never believed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from solver.day import Day
from solver.oracle.metric import is_metric
from solver.plan import Plan
from solver.replan.disruption import Disruption, apply
from solver.replan.insertion import do_nothing, insert_hurt
from solver.replan.levels import LEVELS, Descent, Level, Purse
from solver.replan.names import rename_least
from solver.replan.proposal import Proposal, propose
from solver.replan.situation import Movable, Reach, Situation, assess
from solver.replan.still import Kept, keep_promises, move_one

MOST: Final = 3
"""Proposals of one answer."""

_MOST_CHOICES: Final = 12
"""Equally good choices of starts of which each is searched for the fewest new names."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Work of one re-plan: conflicts of the oracle for each start, deterministic time of CP-SAT in all."""

    conflicts: int = 100_000
    work: float = 10.0

    def __post_init__(self) -> None:
        if self.conflicts < 0 or self.work < 0:
            msg = f"budget: {self.conflicts} conflicts, {self.work} of work"
            raise ValueError(msg)


def replan(
    day: Day,
    plan: Plan,
    disruptions: Disruption | Sequence[Disruption],
    *,
    now: int,
    movable: Movable | None = None,
    budget: Budget | None = None,
    seed: int = 0,
    most: int = MOST,
) -> list[Proposal]:
    """Return up to `most` different proposals, the best first; there is always one.

    Jobs that started before `now` (minutes) and frozen ones that are not hurt keep start, crew and dock; no
    job gets a start before `now`. Without `movable` a promise may move by -60 to +180 minutes. Raises
    ValueError if a travel time is missing or a disruption does not fit the day.
    """
    events = disruptions if isinstance(disruptions, Sequence) else (disruptions,)
    found = apply(day, plan, events, now=now)
    situation = assess(found, now=now, movable=Reach() if movable is None else movable, closes=day.closes)
    return answer(situation, budget=budget or Budget(), seed=seed, most=most)


_TRADES: Final = (
    LEVELS,
    (Level.LOST, Level.NAMES, Level.MOVED, Level.MINUTES),
    (Level.LOST, Level.MINUTES, Level.MOVED, Level.NAMES),
)


def answer(situation: Situation, *, budget: Budget, seed: int, most: int) -> list[Proposal]:
    """Return up to `most` different proposals for a situation, the best first."""
    nothing = propose(situation, do_nothing(situation), proved=False)
    if nothing is None:
        msg = "the jobs that stay break a rule by themselves"
        raise AssertionError(msg)
    if budget.work <= 0:
        return [nothing]
    purse = Purse(budget.work)
    kept = keep_promises(situation, conflicts=budget.conflicts)
    if kept.is_proved and not kept.answers:
        kept = move_one(situation, conflicts=budget.conflicts)
    found = [_find_best(situation, nothing, kept, purse=purse, seed=seed)]
    for levels in _TRADES:
        if len(found) < most and purse.work > 0:
            other = _find_other(situation, found[0], levels, purse=purse, seed=seed)
            if other is not None and not any(_is_same(other, one) for one in found):
                found.append(other)
    return [found[0], *sorted(found[1:], key=lambda one: one.value)]


def _find_best(situation: Situation, nothing: Proposal, kept: Kept, *, purse: Purse, seed: int) -> Proposal:
    """Return the best proposal by the levels of a re-plan."""
    known = [propose(situation, one, proved=False) for one in (*kept.answers, insert_hurt(situation))]
    best = min((one for one in (*known, nothing) if one is not None), key=lambda one: one.value)
    bounds: dict[Level, int] = {}
    alone = len(situation.urgent) <= 1  # of several, the earliest of one may not be the best for all
    if kept.answers and kept.is_proved and alone:
        best, names = _rename_each(situation, kept, seed=seed) or (best, 0)
        bounds = {Level.MOVED: len(best.moved), Level.MINUTES: best.minutes_moved, Level.NAMES: names}
        if len(kept.answers) == 1:
            situation = _fix_starts(situation, best)
    found = Descent(situation, purse=purse, seed=seed).run(LEVELS, best, bounds=bounds) or best
    if not found.proved:
        found, _ = rename_least(situation, found, seed=seed)
    return replace(found, proved=found.proved and is_metric(situation.day))


def _rename_each(situation: Situation, kept: Kept, *, seed: int) -> tuple[Proposal, int] | None:
    """Return the proposal with the fewest new names at equally good starts, and a bound of them."""
    found: list[Proposal] = []
    bounds = [0] if len(kept.answers) > _MOST_CHOICES else []
    for one in kept.answers[:_MOST_CHOICES]:
        known = propose(situation, one, proved=False)
        if known is None:
            return None
        better, bound = rename_least(situation, known, seed=seed)
        found.append(better)
        bounds.append(bound)
    return min(found, key=lambda one: one.value), min(bounds)


def _fix_starts(situation: Situation, best: Proposal) -> Situation:
    """Return the situation in which nobody may get another start."""
    own = {job.id: job.start for job in situation.day.jobs}
    starts = {job: (best.starts.get(job, own[job]),) for job in situation.starts}
    return replace(situation, starts=starts)


def _find_other(
    situation: Situation, best: Proposal, levels: Sequence[Level], *, purse: Purse, seed: int
) -> Proposal | None:
    """Return the best proposal by other levels, or one that differs from the best where it costs most."""
    descent = Descent(situation, purse=purse, seed=seed)
    if levels == LEVELS:
        descent.forbid(best)
    found = descent.run(levels, None, bounds={Level.LOST: len(best.lost)})
    if found is None or len(found.lost) > len(best.lost):
        return None
    return replace(found, proved=found.proved and is_metric(situation.day))


def _is_same(one: Proposal, other: Proposal) -> bool:
    """Whether people would notice no difference: the same starts, the same lost jobs, the same names."""
    return (one.starts, one.lost, one.renamed) == (other.starts, other.lost, other.renamed)
