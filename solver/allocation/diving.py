"""From shares of routes to whole routes: the largest shares are fixed, the rest is generated anew, and so on."""

from collections.abc import Sequence

import numpy as np

from solver.allocation.generation import generate
from solver.allocation.master import Master, Task
from solver.allocation.network import Floats
from solver.allocation.part import cut_out
from solver.allocation.routes import Pricing, Route

_ALMOST = 0.95
_MOST = 8
"""Routes that may be fixed at a time though none of them is almost whole: an eighth of the duties."""


def dive(task: Task, pool: Sequence[Route], shares: Floats, *, rounds: int) -> list[Route]:
    """Return routes that crew as many jobs as the dive reached; `rounds` of pricing after each fixing."""
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
        done = generate(master, Pricing(part.task.network), rounds=rounds)
        pool, shares = part.outward(task, master.routes), done.relaxed.shares


def _largest(pool: Sequence[Route], shares: Floats, free: int) -> list[Route]:
    """Return what is fixed next: all routes that are almost whole, else a few that are more than half."""
    order = np.argsort(-shares, kind="stable")
    whole = [pool[number] for number in order if shares[number] >= _ALMOST]
    if whole:
        return whole
    some = order[: max(1, free // _MOST)]
    return [pool[number] for rank, number in enumerate(some) if shares[number] > _HALF or (rank == 0 and shares[number] > 0)]


_HALF = 0.5
