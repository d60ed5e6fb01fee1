"""The fewest changed names at fixed starts: column generation over the routes of duties.

Its linear program bounds the number of names far better than CP-SAT does, and is often whole at once.
"""

import math
from dataclasses import replace
from typing import Final

import numpy as np

from solver.allocation.case import open_case
from solver.allocation.crews import read_crews
from solver.allocation.goal import Goal
from solver.allocation.master import Measure, Task
from solver.allocation.network import Floats, Network
from solver.allocation.search import Budget, search
from solver.replan.proposal import Proposal, answer_of, day_of, propose
from solver.replan.situation import Situation

_BUDGET: Final = Budget(neighbourhoods=6)
_ROUNDING: Final = 1e-4
_MISSING: Final = 1_000.0
"""What a job without a crew counts as, in names; a plan that has one is not taken."""


def rename_least(situation: Situation, best: Proposal, *, seed: int) -> tuple[Proposal, int]:
    """Return a proposal with the starts of `best` and no more new names, and what no such one is below.

    The bound is 0 where a started job breaks a rule by itself.
    """
    if situation.standing or not best.renamed:
        return best, 0
    answer = answer_of(situation, best)
    case = open_case(
        day_of(situation.day, answer.starts, best.lost), best.plan, Goal(published=situation.plan)
    )
    network = _without_travel(case.network)
    if len(network.jobs) < len(best.plan) or not case.docks_suffice:
        return best, 0
    jobs = len(network.jobs)
    task = Task(network, Measure(np.full(jobs, _MISSING), renamed=1.0), (), np.ones(jobs, dtype=bool))
    found = search(task, read_crews(network, best.plan), _BUDGET, seed)
    bound = max(0, math.ceil(found.bound - _ROUNDING)) if math.isfinite(found.bound) else 0
    other = propose(situation, replace(answer, rows=case.plan_of(found.crews)), proved=False)
    return min((one for one in (best, other) if one is not None), key=lambda one: one.value), bound


def _without_travel(network: Network) -> Network:
    """Return the network with the same routes, none of which costs any minutes."""
    free = np.zeros_like(network.legs)
    return replace(network, legs=free, first=_free(network.first), last=_free(network.last))


def _free(minutes: Floats) -> Floats:
    return np.where(np.isfinite(minutes), 0.0, np.inf)
