"""The best choice among routes that are at hand: an integer program, by SCIP as OR-Tools brings it.

SCIP works in one thread and is told nodes, not seconds, so equal questions have equal answers. CP-SAT with
one worker, the form of it that repeats itself, took ten times as long and more on these set partitions.
"""

from collections.abc import Iterator, Sequence

from ortools.linear_solver import pywraplp

from solver.allocation.master import Measure, Task
from solver.allocation.routes import Route

_FOUND = (pywraplp.Solver.OPTIMAL, pywraplp.Solver.FEASIBLE)


def select(task: Task, routes: Sequence[Route], *, nodes: int) -> tuple[Route, ...] | None:
    """Return the cheapest legal choice found within so many nodes, None if none was."""
    solver = pywraplp.Solver.CreateSolver("SCIP")
    solver.SetSolverSpecificParametersAsString(f"limits/nodes = {nodes}")
    network = task.network
    taken = [solver.BoolVar("") for _ in routes]
    without = [solver.IntVar(0.0, 0.0 if firm else 1.0, "") for firm in task.firm.tolist()]
    _add_seats(solver, task, routes, taken, without)
    by_duty: list[list[int]] = [[] for _ in network.duties]
    for number, route in enumerate(routes):
        by_duty[route.duty].append(number)
    groups = [*by_duty, *(by_duty[a] + by_duty[b] for a, b in network.clashes)]
    for group in groups:
        row = solver.Constraint(-solver.infinity(), 1.0)
        for number in group:
            row.SetCoefficient(taken[number], 1.0)
    for cap in task.caps:
        row = solver.Constraint(-solver.infinity(), cap.limit)
        for variable, count in _counts(routes, taken, without, cap.measure):
            row.SetCoefficient(variable, count)
    objective = solver.Objective()
    objective.SetMinimization()
    for variable, count in _counts(routes, taken, without, task.cost):
        objective.SetCoefficient(variable, count)
    if solver.Solve() not in _FOUND:
        return None
    return tuple(
        route for route, variable in zip(routes, taken, strict=True) if variable.solution_value() > _HALF
    )


_HALF = 0.5


def _add_seats(
    solver: pywraplp.Solver,
    task: Task,
    routes: Sequence[Route],
    taken: Sequence[pywraplp.Variable],
    without: Sequence[pywraplp.Variable],
) -> None:
    network = task.network
    visits: list[list[int]] = [[] for _ in network.jobs]
    for number, route in enumerate(routes):
        for stop in route.stops:
            visits[stop].append(number)
    for hall in network.halls:
        exact = hall.whole and not network.shortcuts
        row = solver.Constraint(hall.needed, hall.needed if exact else solver.infinity())
        row.SetCoefficient(without[hall.job], hall.needed)
        for number in visits[hall.job]:
            if hall.able[routes[number].duty]:
                row.SetCoefficient(taken[number], 1.0)


def _counts(
    routes: Sequence[Route],
    taken: Sequence[pywraplp.Variable],
    without: Sequence[pywraplp.Variable],
    measure: Measure,
) -> Iterator[tuple[pywraplp.Variable, float]]:
    for route, variable in zip(routes, taken, strict=True):
        yield variable, measure.of(route)
    yield from zip(without, measure.without.tolist(), strict=True)
