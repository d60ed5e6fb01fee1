"""Dual ascent: a bound for days whose linear program is too large, from pricing alone."""

import numpy as np

from solver.allocation.generation import price_out
from solver.allocation.master import Master, Task
from solver.allocation.network import Floats
from solver.allocation.routes import Pricing, Route

_INERTIA = 0.9
_PATIENCE = 20
_SMALLER = 1.5
_FLAT = 1e-9


def ascend(task: Task, cost: float, *, steps: int) -> float:
    """Return a bound below which no crews cost; `cost` is that of some crews.

    Subgradient steps with inertia; the step length is Polyak's, cut down when the bound does not rise.
    """
    master, pricing = Master(task), Pricing(task.network)
    duals = np.zeros(len(master.limits))
    best, best_duals, length, stale = -np.inf, duals, 0.5, 0
    direction: Floats | None = None
    for _ in range(steps):
        priced = price_out(master, pricing, duals, per_duty=1)
        stale += 1
        if priced.bound > best:
            best, best_duals, stale = priced.bound, duals, 0
        elif stale >= _PATIENCE:
            duals, length, stale = best_duals, length / _SMALLER, 0
        slope = _slope(master, priced.routes, duals)
        direction = slope if direction is None else _INERTIA * direction + (1 - _INERTIA) * slope
        size = float(direction @ direction)
        if size < _FLAT or cost - best < 1:
            break
        duals = duals + length * max(cost - priced.bound, 1.0) / size * direction
        duals = master.with_signs(duals)
    return float(best)


def _slope(master: Master, routes: list[Route], duals: Floats) -> Floats:
    """Return by how much each row of seats is missed by the routes that pay, duties aside."""
    halls = master.task.network.halls
    slope = np.zeros(len(duals))
    slope[: len(halls)] = master.limits[: len(halls)]
    owed = master.owed(duals)
    for row, hall in enumerate(halls):
        if owed[hall.job] < 0:
            slope[row] -= hall.needed
    for route in routes:
        slope[[row for row in master.rows_of(route) if row < len(halls)]] -= 1.0
    slope[(duals <= 0) & (slope < 0)] = 0.0
    return slope
