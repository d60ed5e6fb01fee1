"""Simulated annealing over moves of visits and seats; each tried arrangement is timed in full."""

import math

import numpy as np

from solver.windows.compiled import compiled
from solver.windows.moves import Trail, move_seat, move_visit, swap_seats, take_back
from solver.windows.tables import Numbers, Routes, Tables
from solver.windows.timing import Watch, time_routes

@compiled
def anneal(
    tables: Tables,
    routes: Routes,
    best: Numbers,
    scratch: tuple[Watch, Trail, Numbers, Numbers],
    rng: np.random.Generator,
    steps: int,
    hot: float,
    cold: float,
    stat: Numbers,
) -> int:
    watch, trail, start, trial = scratch
    travel = tables.weights[0] * measure(tables, routes)
    lateness = time_routes(tables, routes, watch, start, 2**62)
    least = travel + lateness
    best[:] = routes.following
    temperature, cooling = hot, (cold / hot) ** (1.0 / steps)
    for _ in range(steps):
        temperature *= cooling
        trail.count[0] = 0
        change = tables.weights[0] * _try(tables, routes, start, rng, trail)
        if trail.count[0] == 0:
            continue
        allowance = lateness - change + int(-math.log(1.0 - rng.random()) * temperature)
        stat[0] += 1
        if allowance < 0:
            stat[1]+=1
            take_back(tables, routes, trail)
            continue
        found = time_routes(tables, routes, watch, trial, allowance)
        if found < 0:
            stat[2]+=1
            take_back(tables, routes, trail)
            continue
        start, trial = trial, start
        travel += change
        lateness = found
        if travel + lateness < least:
            least = travel + lateness
            best[:] = routes.following
    return least


@compiled
def _try(tables: Tables, routes: Routes, start: Numbers, rng: np.random.Generator, trail: Trail) -> int:
    kind = rng.random()
    if kind < 0.5:
        node = tables.seat[int(rng.random() * tables.seat.shape[0])]
        return move_visit(tables, routes, start, rng, trail, node)
    node = int(rng.random() * tables.facts.shape[0])
    if kind < 0.75:
        return move_seat(tables, routes, start, rng, trail, node)
    return swap_seats(tables, routes, rng, trail, node)


@compiled
def measure(tables: Tables, routes: Routes) -> int:
    """Return the travel of all routes."""
    total = 0
    for node in range(routes.following.shape[0]):
        total += tables.travel[node, routes.following[node]]
    return total
