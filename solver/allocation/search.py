"""Search of a task: column generation over all of it, then over a few duties at a time."""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from solver.allocation.ascent import ascend
from solver.allocation.crews import Crews, cost_crews, cost_routes, routes_of, seat_crews
from solver.allocation.diving import dive
from solver.allocation.generation import Generated, generate, near_optimal
from solver.allocation.master import Master, Task, Unsolved
from solver.allocation.network import Floats, Indices, Network
from solver.allocation.part import cut_out
from solver.allocation.routes import Pricing, Route
from solver.allocation.selection import select

_WHOLE = 1 - 1e-4
"""Costs are whole numbers: a better plan is better by one, less what the linear program may be off."""


_OFTEN = 0.5
_TAKEN_UP = 3
"""Jobs without a crew that a neighbourhood tries to crew at a time."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Work, never time.

    A day of at most `whole` jobs is solved at once: `rounds` of pricing, then a dive with `dive_rounds` after
    each fixing, then an integer program of at most `columns` routes and so many `nodes`. Afterwards, and from
    the start on larger days, `neighbourhoods` of so many `duties` are solved in the same way. On larger days
    the bound comes from `steps` of dual ascent.
    """

    whole: int = 250
    rounds: int = 400
    dive_rounds: int = 40
    columns: int = 1_500
    nodes: int = 50
    neighbourhoods: int = 24
    duties: int = 18
    steps: int = 1_000


@dataclass(frozen=True, slots=True)
class Found:
    """Crews, what they cost, and a cost below which there are none."""

    crews: Crews
    cost: float
    bound: float
    rounds: int
    neighbourhoods: int

    @property
    def is_best(self) -> bool:
        """Whether nothing better exists."""
        return self.cost - self.bound < _WHOLE


def search(task: Task, crews: Crews, budget: Budget, seed: int) -> Found:
    """Return the best crews found from a start that is legal within the task."""
    network = task.network
    found = Found(crews, cost_crews(network, crews, task.cost), -math.inf, 0, 0)
    at_once = len(network.jobs) <= budget.whole
    if at_once:
        begun = list(routes_of(network, crews).values())
        with suppress(Unsolved):
            done, routes = _solve(task, begun, found.cost, budget)
            found = _take(task, replace(found, bound=done.bound, rounds=done.rounds), routes)
    random = np.random.default_rng(seed)
    for number in range(budget.neighbourhoods):
        if found.is_best:
            break
        with suppress(Unsolved):  # what is left is known to be legal
            found = _step(task, replace(found, neighbourhoods=number + 1), budget, random)
    if not at_once or not math.isfinite(found.bound):
        bound = ascend(task, found.cost, steps=budget.steps)
        found = replace(found, bound=bound, rounds=budget.steps)
    return found


def _solve(
    task: Task, begun: Sequence[Route], cost: float, budget: Budget
) -> tuple[Generated, Sequence[Route]]:
    """Return what pricing proved, and routes that may cost less than `cost`."""
    master = Master(task)
    master.add(begun)
    done = generate(master, Pricing(task.network), rounds=budget.rounds)
    if cost - done.bound < _WHOLE:
        return done, begun
    dived = dive(task, master, done, rounds=budget.dive_rounds)
    reached = cost_routes(task, dived)
    best, cost = (dived, reached) if reached < cost else (begun, cost)
    useful = near_optimal(master, done, within=cost - done.bound)
    if cost - done.bound < _WHOLE or len(useful) > budget.columns:
        return done, best
    routes = list(dict.fromkeys([*(master.routes[number] for number in useful), *best]))
    return done, select(task, routes, nodes=budget.nodes) or best


def _take(task: Task, found: Found, routes: Sequence[Route]) -> Found:
    """Return what routes lead to if that is better."""
    crews = seat_crews(task.network, routes, found.crews)
    cost = cost_crews(task.network, crews, task.cost)
    return replace(found, crews=crews, cost=cost) if cost < found.cost else found


def _step(task: Task, found: Found, budget: Budget, random: np.random.Generator) -> Found:
    """Look for better routes of a few duties, with those of all others as they are."""
    network = task.network
    routes = routes_of(network, found.crews)
    duties, taken_up = _choose(network, found.crews, routes, budget.duties, random)
    inside = set(duties.tolist())
    outside = [route for duty, route in routes.items() if duty not in inside]
    aside = {job for job in range(len(network.jobs)) if job not in found.crews} - set(taken_up)
    part = cut_out(task, duties, outside, aside=aside)
    begun = part.inward(task, (routes[duty] for duty in duties.tolist() if duty in routes))
    _, chosen = _solve(part.task, begun, cost_routes(part.task, begun), budget)
    return _take(task, found, [*outside, *part.outward(task, chosen)])


def _choose(
    network: Network, crews: Crews, routes: dict[int, Route], size: int, random: np.random.Generator
) -> tuple[Indices, list[int]]:
    """Draw duties whose visits are near in place and time, and a few of the jobs without a crew near them."""
    n, m = network.able.shape
    left = [job for job in range(n) if job not in crews]
    if m <= size:
        return np.arange(m), left
    near = _nearness(network)
    visits = np.zeros((m, n))
    for duty, route in routes.items():
        visits[duty, list(route.stops)] = 1.0
    centre = (
        near[random.choice(left)] if left and random.random() < _OFTEN else visits[random.integers(m)] @ near
    )
    weight = visits @ centre
    chance = weight + 0.02 * weight.max() + 1e-9
    drawn = random.choice(m, size=size, replace=False, p=chance / chance.sum())
    return _with_clashing(network, drawn), sorted(left, key=lambda job: -centre[job])[:_TAKEN_UP]


def _nearness(network: Network) -> Floats:
    starts = np.array([job.start for job in network.jobs], dtype=float)
    apart = np.abs(starts[:, None] - starts[None, :])
    return np.asarray(np.exp(-network.legs / 5.0 - apart / 90.0))


def _with_clashing(network: Network, duties: Indices) -> Indices:
    """Return the duties with all that cannot be used beside them, so that both sides are free to choose."""
    chosen = set(duties.tolist())
    chosen.update(other for pair in network.clashes for other in pair if not chosen.isdisjoint(pair))
    return np.array(sorted(chosen), dtype=np.intp)
