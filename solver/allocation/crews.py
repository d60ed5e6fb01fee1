"""From routes to crews and back: who sits where, and who is left over."""

from collections.abc import Iterable, Mapping, Sequence

from solver.allocation.master import Measure, Task
from solver.allocation.network import Network
from solver.allocation.routes import Route, cost_route
from solver.crew import choose
from solver.plan import Plan

Crews = Mapping[int, tuple[int, ...]]
"""Job -> one duty for each of its seats, by their numbers in the network; jobs without a crew are absent."""

_NODES = 10_000


def read_crews(network: Network, plan: Plan) -> dict[int, tuple[int, ...]]:
    """Return the crews of a plan for the jobs of a network."""
    rank = {duty.id: number for number, duty in enumerate(network.duties)}
    return {
        number: tuple(rank[duty] for duty in plan[job.id].crew)
        for number, job in enumerate(network.jobs)
        if job.id in plan
    }


def seat_crews(network: Network, routes: Iterable[Route], before: Crews) -> dict[int, tuple[int, ...]]:
    """Return the crews that routes make; whoever is not needed stays out, equal crews keep their seats."""
    holders: dict[int, set[int]] = {}
    for route in routes:
        for stop in route.stops:
            holders.setdefault(stop, set()).add(route.duty)
    crews: dict[int, tuple[int, ...]] = {}
    for job, duties in sorted(holders.items()):
        old = before.get(job, ())
        if set(old) == duties:
            crews[job] = old
            continue
        members = [(duty not in old, duty, int(network.seats[job, duty])) for duty in sorted(duties)]
        crew = choose(members, len(network.jobs[job].seats), budget=_NODES)
        if crew is not None:
            crews[job] = crew
    return crews


def routes_of(network: Network, crews: Crews) -> dict[int, Route]:
    """Return the route of each duty that has one."""
    stops: dict[int, list[int]] = {}
    for job in sorted(crews):
        for duty in crews[job]:
            stops.setdefault(duty, []).append(job)
    return {duty: cost_route(network, duty, held) for duty, held in sorted(stops.items())}


def cost_crews(network: Network, crews: Crews, measure: Measure) -> float:
    """Return what crews count in a measure, with the jobs that have none."""
    left = sum(float(measure.without[job]) for job in range(len(network.jobs)) if job not in crews)
    return left + sum(measure.of(route) for route in routes_of(network, crews).values())


def cost_routes(task: Task, routes: Sequence[Route]) -> float:
    """Return what routes cost in a task, with the jobs whose seats they do not fill."""
    network = task.network
    needs = [hall.needed for hall in network.halls]
    of_job: dict[int, list[int]] = {}
    for row, hall in enumerate(network.halls):
        of_job.setdefault(hall.job, []).append(row)
    for route in routes:
        for stop in route.stops:
            for row in of_job[stop]:
                needs[row] -= bool(network.halls[row].able[route.duty])
    short = {hall.job for hall, needed in zip(network.halls, needs, strict=True) if needed > 0}
    return sum(task.cost.of(route) for route in routes) + float(task.cost.without[sorted(short)].sum())
