"""From shares of routes to whole ones: the largest are fixed, the rest is generated anew, and so on."""

from collections.abc import Sequence

import numpy as np

from solver.allocation.generation import Generated, generate, near_optimal
from solver.allocation.master import Master, Task
from solver.allocation.network import Floats
from solver.allocation.part import cut_out
from solver.allocation.routes import Pricing, Route

_ALMOST = 0.95
_HALF = 0.5
_SLACK = 20.0
"""Minutes beyond its price that a route may cost to be kept for the next step."""
_TARGET = 0.5
_MOST = 8
"""Routes that may be fixed at a time though none of them is almost whole: an eighth of the duties."""


def dive(task: Task, master: Master, done: Generated, *, rounds: int) -> list[Route]:
    """Return routes that crew as many jobs as the dive reached; `rounds` of pricing after each fixing."""
    useful = near_optimal(master, done, within=_SLACK)
    pool, shares = [master.routes[number] for number in useful], done.relaxed.shares[useful]
    fixed: list[Route] = []
    free = np.arange(len(task.network.duties))
    while True:
        chosen = _largest(pool, shares, len(free))
        fixed += chosen
        used = {route.duty for route in chosen}
        used.update(b for pair in task.network.clashes for a, b in (pair, pair[::-1]) if a in used)
        free = np.array([duty for duty in free.tolist() if duty not in used], dtype=np.intp)
        if not chosen or not len(free):
            return fixed
        part = cut_out(task, free, fixed)
        if not len(part.jobs):
            return fixed
        master = Master(part.task)
        master.add(part.inward(task, pool))
        done = generate(master, Pricing(part.task.network), rounds=rounds, target=_TARGET)
        useful = near_optimal(master, done, within=_SLACK)
        shares = done.relaxed.shares[useful]
        pool = part.outward(task, [master.routes[number] for number in useful])


def _largest(pool: Sequence[Route], shares: Floats, free: int) -> list[Route]:
    """Return what is fixed next: all routes that are almost whole, else a few that are more than half."""
    order = np.argsort(-shares, kind="stable")
    whole = [pool[number] for number in order if shares[number] >= _ALMOST]
    if whole:
        return whole
    some = order[: max(1, free // _MOST)]
    return [
        pool[number]
        for rank, number in enumerate(some)
        if shares[number] > _HALF or (rank == 0 and shares[number] > 0)
    ]
