"""Simulated annealing over moves of visits and seats; each tried arrangement is timed in full."""

import math
from typing import Final, NamedTuple

import numpy as np

from solver.windows.compiled import compiled
from solver.windows.moves import Trail, draw, move_seat, move_visit, new_trail, swap_seats, take_back
from solver.windows.tables import Numbers, Routes, Tables
from solver.windows.timing import Watch, new_watch, time_routes

NO_LIMIT: Final = 2**62

MOVES_VISIT: Final = 0.5
MOVES_SEAT: Final = 0.75


class Search(NamedTuple):
    """What one search writes to; `best` is the ring `following` of the best routes met."""

    watch: Watch
    trail: Trail
    start: Numbers
    trial: Numbers
    best: Numbers


def new_search(tables: Tables, routes: Routes) -> Search:
    """Return a search that has met the given routes only."""
    seats = len(tables.facts)
    return Search(
        watch=new_watch(tables),
        trail=new_trail(),
        start=np.zeros(seats, np.int64),
        trial=np.zeros(seats, np.int64),
        best=routes.following.copy(),
    )


@compiled
def anneal(
    tables: Tables,
    routes: Routes,
    search: Search,
    rng: np.random.Generator,
    steps: int,
    hot: float,
    cold: float,
) -> None:
    """Try `steps` moves while the temperature, in units of cost, falls from hot to cold; fill `search.best`.

    The random number is drawn before the timing, which can then stop at the first sign of refusal.
    """
    watch, trail, start, trial, best = search
    lateness = time_routes(tables, routes, watch, start, NO_LIMIT)
    least = lateness
    now = lateness  # less the travel at the beginning, which all have in common
    temperature, cooling = hot, (cold / hot) ** (1.0 / steps)
    for _ in range(steps):
        temperature *= cooling
        trail.size[0] = 0
        change = tables.weights[0] * _try(tables, routes, start, rng, trail)
        if trail.size[0] == 0:
            continue
        allowance = lateness - change + int(-math.log(1.0 - rng.random()) * temperature)
        found = -1 if allowance < 0 else time_routes(tables, routes, watch, trial, allowance)
        if found < 0:
            take_back(tables, routes, trail)
            continue
        start, trial = trial, start
        now += change + found - lateness
        lateness = found
        if now < least:
            least = now
            best[:] = routes.following


@compiled
def _try(tables: Tables, routes: Routes, start: Numbers, rng: np.random.Generator, trail: Trail) -> int:
    kind = rng.random()
    if kind < MOVES_VISIT:
        node = tables.seat[draw(rng, tables.seat.shape[0])]
        return move_visit(tables, routes, start, rng, trail, node)
    node = draw(rng, start.shape[0])
    if kind < MOVES_SEAT:
        return move_seat(tables, routes, start, rng, trail, node)
    return swap_seats(tables, routes, rng, trail, node)
