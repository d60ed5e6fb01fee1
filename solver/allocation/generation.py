"""Column generation: routes are added until none pays any more, with a proved bound at every step."""

from dataclasses import dataclass

import numpy as np

from solver.allocation.master import Master, Relaxed
from solver.allocation.network import Floats, Indices
from solver.allocation.routes import Pricing, Route, cost_route

_LEAST_SHARE = 0.2
ROUNDING = 1e-6
"""What the linear program may be off, in its own units."""


@dataclass(frozen=True, slots=True)
class Priced:
    """The bound that dual prices prove, and routes that would pay at them."""

    bound: float
    routes: list[Route]


@dataclass(frozen=True, slots=True)
class Generated:
    """The linear optimum over the routes found, the best bound proved, its duals, and the rounds used."""

    relaxed: Relaxed
    bound: float
    duals: Floats
    rounds: int


def price_out(master: Master, pricing: Pricing, duals: Floats, *, per_duty: int) -> Priced:
    """Return the bound at some dual prices and, for each duty, its best routes of negative reduced cost."""
    prices = master.price(duals)
    reach = pricing.reach(prices)
    closing = pricing.closing(reach, prices)
    m = pricing.network.able.shape[1]
    best = np.minimum(closing[:, :m], closing[:, m:])
    bound = master.earned(duals) + float(np.minimum(best.min(axis=0, initial=0.0), 0.0).sum())
    order = np.argsort(best, axis=0, kind="stable")[:per_duty]
    jobs, duties = order.ravel(), np.tile(np.arange(m), len(order))
    pays = best[jobs, duties] < -ROUNDING
    jobs, duties = jobs[pays], duties[pays]
    columns = np.where(closing[jobs, duties] <= closing[jobs, m + duties], duties, m + duties)
    paths = pricing.trace(reach, jobs, columns)
    return Priced(
        bound, [cost_route(pricing.network, int(d), path) for d, path in zip(duties, paths, strict=True)]
    )


def generate(
    master: Master,
    pricing: Pricing,
    *,
    rounds: int,
    target: float = 0.0,
    per_duty: int = 1,
    smooth: float = 0.9,
) -> Generated:
    """Add routes until the bound meets the linear optimum (within `target`) or the rounds are used up.

    The duals are smoothed towards those of the best bound (Wentges), which steadies them: the linear
    program has many optima.
    """
    relaxed = master.solve()
    bound, centre, share = -np.inf, relaxed.duals, 0.0
    used = 0
    while used < rounds:
        used += 1
        duals = share * centre + (1 - share) * relaxed.duals
        priced = price_out(master, pricing, duals, per_duty=per_duty)
        improved = priced.bound > bound
        if improved:
            bound, centre = priced.bound, duals
        added = master.add(priced.routes)
        if added:
            relaxed = master.solve()
        if relaxed.value - bound <= target + ROUNDING * max(1.0, abs(bound)):
            break
        if not added and share == 0.0:
            break
        share = smooth if added else share / 2 if share > _LEAST_SHARE else 0.0
    return Generated(relaxed, bound, centre, used)


def reduced_costs(master: Master, duals: Floats) -> Floats:
    """Return what each route of the master costs beyond what the duals pay for it."""
    task = master.task
    caps = [(duals[len(duals) - len(task.caps) + number], cap) for number, cap in enumerate(task.caps)]
    return np.array(
        [
            task.cost.of(route)
            - duals[master.rows_of(route)].sum()
            - sum(dual * cap.measure.of(route) for dual, cap in caps)
            for route in master.routes
        ]
    )


def near_optimal(master: Master, done: Generated, *, within: float) -> Indices:
    """Return the numbers of the routes that cost little more than they are worth, or have a share."""
    cheap = reduced_costs(master, done.relaxed.duals) < within
    return np.flatnonzero(cheap | (done.relaxed.shares > ROUNDING))
