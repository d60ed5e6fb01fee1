"""A part of a task: some duties are free, the routes of all others stand."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from solver.allocation.master import Cap, Measure, Task
from solver.allocation.network import Indices, restrict
from solver.allocation.routes import Route, cost_route


@dataclass(frozen=True, slots=True)
class Part:
    """A task of its own, with the numbers that its duties and jobs have in the whole one."""

    task: Task
    duties: Indices
    jobs: Indices

    def inward(self, whole: Task, routes: Iterable[Route]) -> list[Route]:
        """Return routes of the whole in the numbers of the part, without stops that need nobody more."""
        duty = {one: number for number, one in enumerate(self.duties.tolist())}
        job = {one: number for number, one in enumerate(self.jobs.tolist())}
        inside: list[Route] = []
        for route in routes:
            stops = [job[stop] for stop in route.stops if stop in job]
            whole_route = len(stops) == len(route.stops) or whole.network.shortcuts
            if route.duty in duty and stops and whole_route:
                inside.append(cost_route(self.task.network, duty[route.duty], stops))
        return inside

    def outward(self, whole: Task, routes: Iterable[Route]) -> list[Route]:
        """Return routes of the part in the numbers of the whole."""
        return [
            cost_route(
                whole.network, int(self.duties[route.duty]), [int(self.jobs[stop]) for stop in route.stops]
            )
            for route in routes
        ]


def cut_out(
    task: Task, duties: Indices, standing: Sequence[Route], *, aside: Collection[int] = frozenset()
) -> Part:
    """Return the part of the duties that is left by standing routes of others, some jobs put aside."""
    network = task.network
    needs = np.array([hall.needed for hall in network.halls], dtype=np.intp)
    of_job: dict[int, list[int]] = {}
    for row, hall in enumerate(network.halls):
        of_job.setdefault(hall.job, []).append(row)
    visited = np.zeros(len(network.jobs), dtype=bool)
    for route in standing:
        for stop in route.stops:
            visited[stop] = True
            for row in of_job[stop]:
                needs[row] -= network.halls[row].able[route.duty]
    needs = np.maximum(needs, 0)
    wanting = np.zeros(len(network.jobs), dtype=bool)
    for hall, needed in zip(network.halls, needs, strict=True):
        wanting[hall.job] |= needed > 0
    wanting[list(aside)] = False
    jobs = np.flatnonzero(wanting)
    firm = task.firm if network.shortcuts else task.firm | visited  # else a route might lose a stop
    caps = tuple(
        Cap(_only(cap.measure, jobs), cap.limit - sum(cap.measure.of(route) for route in standing))
        for cap in task.caps
    )
    part = Task(restrict(network, jobs, duties, needs), _only(task.cost, jobs), caps, firm[jobs])
    return Part(part, duties, jobs)


def _only(measure: Measure, jobs: Indices) -> Measure:
    return replace(measure, without=measure.without[jobs])
