"""The linear program over the routes found so far, by OR-Tools' GLOP."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from ortools.linear_solver import pywraplp

from solver.allocation.network import Flags, Floats, Network
from solver.allocation.routes import Prices, Route


@dataclass(frozen=True, slots=True)
class Measure:
    """A sum over the chosen routes and the jobs left without a crew: what a unit of each counts.

    `without` (n) is what it counts to leave a job without a crew.
    """

    without: Floats
    overtime: float = 0.0
    renamed: float = 0.0
    travel: float = 0.0

    def of(self, route: Route) -> float:
        """Return what a route counts."""
        return self.travel * route.travel + self.overtime * route.overtime + self.renamed * route.renamed


@dataclass(frozen=True, slots=True)
class Cap:
    """A measure that must not exceed a limit: a level above, which stays as good as it is."""

    measure: Measure
    limit: float


@dataclass(frozen=True, slots=True)
class Task:
    """A network to be crewed at the least cost under caps; jobs that are `firm` must have their crew."""

    network: Network
    cost: Measure
    caps: tuple[Cap, ...]
    firm: Flags


@dataclass(frozen=True, slots=True)
class Relaxed:
    """An optimum of the linear program: its value, a dual price for each row, the share of each route."""

    value: float
    duals: Floats
    shares: Floats


class Unsolved(Exception):  # noqa: N818 - no error of ours: now and then the engine gives a program up
    """The linear program has an optimum, and the engine did not find it."""


class Master:
    """Rows: the seats of jobs, then one for each duty, for each clash, for each cap."""

    def __init__(self, task: Task) -> None:
        self.task = task
        network = task.network
        self.routes: list[Route] = []
        self._known: set[tuple[int, tuple[int, ...]]] = set()
        self._of_job, self._of_duty = _rows_of(network)
        self.limits = np.array(
            [float(hall.needed) for hall in network.halls]
            + [1.0] * (len(network.duties) + len(network.clashes))
            + [cap.limit for cap in task.caps]
        )
        self._open()

    def _open(self) -> None:
        """Hand the whole program to a new engine, which then keeps its basis from one optimum to the next."""
        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        self._solver.SetSolverSpecificParametersAsString(
            "use_preprocessing: false"
        )  # it would lose the basis
        self._objective = self._solver.Objective()
        self._objective.SetMinimization()
        self._rows = [self._add_row(number) for number in range(len(self.limits))]
        for job, cost in enumerate(self.task.cost.without.tolist()):
            self._leave(job, cost)
        self._variables = [self._add_column(route) for route in self.routes]

    def _add_row(self, number: int) -> pywraplp.Constraint:
        network, limit, infinity = self.task.network, float(self.limits[number]), self._solver.infinity()
        if number >= len(network.halls):
            return self._solver.Constraint(-infinity, limit)
        hall = network.halls[number]
        return self._solver.Constraint(limit, limit if hall.whole and not network.shortcuts else infinity)

    def _leave(self, job: int, cost: float) -> None:
        without = self._solver.NumVar(0.0, 1.0, "")
        self._objective.SetCoefficient(without, cost)
        for row in self._of_job[job]:
            self._rows[row].SetCoefficient(without, float(self.limits[row]))
        for row, cap in self._caps():
            self._rows[row].SetCoefficient(without, float(cap.measure.without[job]))

    def _caps(self) -> Iterator[tuple[int, Cap]]:
        return enumerate(self.task.caps, len(self._rows) - len(self.task.caps))

    def add(self, routes: Iterable[Route]) -> int:
        """Add routes that are not there yet; return how many they were."""
        before = len(self.routes)
        for route in routes:
            if (route.duty, route.stops) in self._known:
                continue
            self._known.add((route.duty, route.stops))
            self.routes.append(route)
            self._variables.append(self._add_column(route))
        return len(self.routes) - before

    def _add_column(self, route: Route) -> pywraplp.Variable:
        variable = self._solver.NumVar(0.0, self._solver.infinity(), "")
        self._objective.SetCoefficient(variable, self.task.cost.of(route))
        for row in self.rows_of(route):
            self._rows[row].SetCoefficient(variable, 1.0)
        for row, cap in self._caps():
            self._rows[row].SetCoefficient(variable, cap.measure.of(route))
        return variable

    def rows_of(self, route: Route) -> list[int]:
        """Return the rows of seats, duties and clashes that a route stands in."""
        halls = self.task.network.halls
        rows = [row for stop in route.stops for row in self._of_job[stop] if halls[row].able[route.duty]]
        return rows + self._of_duty[route.duty]

    def solve(self) -> Relaxed:
        """Return an optimum. Raises Unsolved if the engine finds none."""
        if self._solver.Solve() != pywraplp.Solver.OPTIMAL:
            self._open()  # now and then the kept basis turns out singular
            if self._solver.Solve() != pywraplp.Solver.OPTIMAL:
                raise Unsolved
        duals = np.array([row.dual_value() for row in self._rows])
        shares = np.array([variable.solution_value() for variable in self._variables])
        return Relaxed(self._objective.Value(), self.with_signs(duals), shares)

    def with_signs(self, duals: Floats) -> Floats:
        """Return duals without what is on the wrong side of zero: the bound needs their signs."""
        halls = self.task.network.halls
        signed = np.minimum(duals, 0.0)
        for row, hall in enumerate(halls):
            free = hall.whole and not self.task.network.shortcuts
            signed[row] = duals[row] if free else max(duals[row], 0.0)
        return signed

    def price(self, duals: Floats) -> Prices:
        """Return what the dual prices make of each job, each end and each duty."""
        net, cost = self.task.network, self.task.cost
        n, m = net.able.shape
        halls = len(net.halls)
        visit = np.zeros((n, m))
        for hall, dual in zip(net.halls, duals[:halls], strict=False):
            visit[hall.job] -= dual * hall.able
        visit += net.renamed * (
            cost.renamed - sum(duals[row] * cap.measure.renamed for row, cap in self._caps())
        )
        late = cost.overtime - sum(duals[row] * cap.measure.overtime for row, cap in self._caps())
        leave = -duals[halls : halls + m]
        for (a, b), dual in zip(net.clashes, duals[halls + m :], strict=False):
            leave[a] -= dual
            leave[b] -= dual
        return Prices(visit, net.overtime * late if late else np.zeros((n, m)), leave)

    def owed(self, duals: Floats) -> Floats:
        """Return what leaving each job without a crew costs beyond what the duals pay for it."""
        owed = self.task.cost.without - sum(
            (duals[row] * cap.measure.without for row, cap in self._caps()), np.zeros(len(self._of_job))
        )
        for row, hall in enumerate(self.task.network.halls):
            owed[hall.job] -= hall.needed * duals[row]
        return np.asarray(owed)

    def earned(self, duals: Floats) -> float:
        """Return what the duals earn before any route is chosen: all limits, and jobs better left alone."""
        return float(self.limits @ duals + np.minimum(self.owed(duals), 0.0).sum())


def _rows_of(network: Network) -> tuple[list[list[int]], list[list[int]]]:
    """Return the rows of each job and of each duty."""
    of_job: list[list[int]] = [[] for _ in network.jobs]
    of_duty: list[list[int]] = [[len(network.halls) + one] for one in range(len(network.duties))]
    for row, hall in enumerate(network.halls):
        of_job[hall.job].append(row)
    for row, pair in enumerate(network.clashes, len(network.halls) + len(network.duties)):
        for duty in pair:
            of_duty[duty].append(row)
    return of_job, of_duty
