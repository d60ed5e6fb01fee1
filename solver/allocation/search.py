"""Search of a task: column generation over all of it, then over a few duties at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from solver.allocation.crews import Crews, cost_crews, routes_of, seat_crews
from solver.allocation.diving import dive
from solver.allocation.generation import generate, reduced_costs
from solver.allocation.master import Master, Task
from solver.allocation.network import Floats, Indices, Network
from solver.allocation.part import cut_out
from solver.allocation.routes import Pricing, Route
from solver.allocation.selection import select

_WHOLE = 1 - 1e-4
"""Costs are whole numbers: a better plan is better by one, less what the linear program may be off."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Work, never time: rounds of pricing over the whole day, choices of neighbourhoods, duties in each,
    rounds of pricing in each and after each fixing of a dive, and nodes of an integer program."""

    rounds: int = 400
    neighbourhoods: int = 200
    duties: int = 9
    inner_rounds: int = 40
    dive_rounds: int = 5
    nodes: int = 50


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
    begun = list(routes_of(network, crews).values())
    cost = cost_crews(network, crews, task.cost)
    master = Master(task)
    master.add(begun)
    done = generate(master, Pricing(network), rounds=budget.rounds)
    found = Found(crews, cost, done.bound, done.rounds, 0)
    if not found.is_best:
        found = _take(task, found, dive(task, master.routes, done.relaxed.shares, rounds=budget.dive_rounds))
    random = np.random.default_rng(seed)
    for number in range(budget.neighbourhoods):
        if found.is_best:
            break
        found = _step(task, replace(found, neighbourhoods=number + 1), budget, random)
    return found


def _solve(task: Task, begun: Sequence[Route], cost: float, budget: Budget) -> tuple[Route, ...] | None:
    """Generate routes, and select among those that can be part of something better than `cost`."""
    master = Master(task)
    master.add(begun)
    done = generate(master, Pricing(task.network), rounds=budget.inner_rounds)
    if cost - done.bound < _WHOLE:
        return None
    useful = reduced_costs(master, done.duals) < cost - done.bound
    known = {(route.duty, route.stops) for route in begun}
    routes = [
        route
        for route, keep in zip(master.routes, useful, strict=True)
        if keep or (route.duty, route.stops) in known
    ]
    return select(task, routes, nodes=budget.nodes)


def _take(task: Task, found: Found, routes: Sequence[Route]) -> Found:
    """Return what routes lead to if that is better."""
    crews = seat_crews(task.network, routes, found.crews)
    cost = cost_crews(task.network, crews, task.cost)
    return replace(found, crews=crews, cost=cost) if cost < found.cost else found


def _step(task: Task, found: Found, budget: Budget, random: np.random.Generator) -> Found:
    """Look for better routes of a few duties, with those of all others as they are."""
    network = task.network
    routes = routes_of(network, found.crews)
    duties = _choose_duties(network, found.crews, routes, budget.duties, random)
    inside = set(duties.tolist())
    outside = [route for duty, route in routes.items() if duty not in inside]
    part = cut_out(task, duties, outside)
    begun = part.inward(task, (routes[duty] for duty in duties.tolist() if duty in routes))
    cost = sum(part.task.cost.of(route) for route in begun)
    cost += sum(float(task.cost.without[job]) for job in part.jobs.tolist() if job not in found.crews)
    chosen = _solve(part.task, begun, cost, budget)
    return found if chosen is None else _take(task, found, [*outside, *part.outward(task, chosen)])


def _choose_duties(
    network: Network, crews: Crews, routes: dict[int, Route], size: int, random: np.random.Generator
) -> Indices:
    """Draw duties that could take over much from each other: their visits are near in place and time."""
    n, m = network.able.shape
    if m <= size:
        return np.arange(m)
    visits = np.zeros((m, n))
    for duty, route in routes.items():
        visits[duty, list(route.stops)] = 1.0
    left = [job for job in range(n) if job not in crews]
    if left and random.random() < 0.5:
        near = _nearness(network)[random.choice(left)] * network.able[random.choice(left)].max()
        weight = visits @ near
    else:
        weight = visits @ (visits[random.integers(m)] @ _nearness(network))
    chance = weight + 0.02 * weight.max() + 1e-9
    drawn = random.choice(m, size=size, replace=False, p=chance / chance.sum())
    return _with_clashing(network, drawn)


def _nearness(network: Network) -> Floats:
    starts = np.array([job.start for job in network.jobs], dtype=float)
    apart = np.abs(starts[:, None] - starts[None, :])
    return np.asarray(np.exp(-network.legs / 5.0 - apart / 90.0))


def _with_clashing(network: Network, duties: Indices) -> Indices:
    """Return the duties with all that cannot be used beside them, so that both sides are free to choose."""
    chosen = set(duties.tolist())
    chosen.update(other for pair in network.clashes for other in pair if not chosen.isdisjoint(pair))
    return np.array(sorted(chosen), dtype=np.intp)
