"""Routes for visits promised as windows: first by order of opening, then improved by annealing.

After Ceschia, Di Gaspero, Rosati and Schaerf (2024, doi 10.1111/itor.13585), who anneal over moves of
visits for the same problem. Here each tried arrangement is timed exactly, and the best of several annealings
is kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np

from solver.windows.anneal import NO_LIMIT, anneal, new_search
from solver.windows.case import Case
from solver.windows.check import Routes, Stop, Value, check, measure, price
from solver.windows.moves import put_behind
from solver.windows.tables import PARTNER, Numbers, Tables, empty_routes, lay_out
from solver.windows.tables import Routes as Rings
from solver.windows.timing import new_watch, time_routes


@dataclass(frozen=True, slots=True)
class Leg:
    """One annealing: its share of the moves, and two temperatures in mean ways from one seat to another."""

    share: float
    hot: float
    cold: float
    goes_on: bool = False  # from the best routes met so far, not from the first ones


LEGS: Final = (
    Leg(0.5, 4.5, 0.045),
    Leg(0.2, 3.0, 0.03),
    Leg(0.2, 6.0, 0.02),
    Leg(0.1, 0.5, 0.02, goes_on=True),
)
"""Several temperatures, since no single one suits every case, and an annealing may end in a bad valley."""


@dataclass(frozen=True, slots=True)
class Found:
    """Routes that `check` accepts, what they are worth and cost. No bound is known: never called optimal."""

    routes: Routes
    value: Value
    cost: int


class NotLegal(AssertionError):  # noqa: N818 - what it says, in the words of the house
    """The search and the check disagree: a bug, whose routes are not handed out."""


def route_visits(case: Case, *, seed: int, steps: int) -> Found:
    """Return the best routes met in `steps` tried moves, all LEGS together; equal arguments, equal routes.

    Every visit is made, however late. Raises NotLegal if `check` refuses the routes.
    """
    tables = lay_out(case)
    first = _begin_in_order(case, tables).following
    kept, best = first, _open(case, tables, first)
    rng = np.random.default_rng(seed)
    for leg in LEGS:
        tried = int(leg.share * steps)
        if tried == 0 or not case.visits:
            continue
        ring = _anneal(tables, kept if leg.goes_on else first, rng, tried, leg)
        found = _open(case, tables, ring)
        if found.cost < best.cost:
            kept, best = ring, found
    return best


def _anneal(tables: Tables, ring: Numbers, rng: np.random.Generator, steps: int, leg: Leg) -> Numbers:
    """Return the ring of the best routes that one annealing meets on its way from a ring."""
    rings = _ring(tables, ring)
    search = new_search(tables, rings)
    way = max(1.0, float(np.mean(tables.travel)) * float(tables.weights[0]))
    anneal(tables, rings, search, rng, steps, leg.hot * way, leg.cold * way)
    return search.best


def _begin_in_order(case: Case, tables: Tables) -> Rings:
    """Return routes with every visit behind those that open before it, held by who has least to do."""
    rings = empty_routes(tables)
    seats = len(tables.facts)
    order = sorted(range(len(case.visits)), key=lambda number: (case.visits[number].opens, number))
    for number in order:
        node = int(tables.seat[number])
        for seat, holder in zip(
            (node, int(tables.facts[node, PARTNER])), _crew(tables, rings, node), strict=False
        ):
            put_behind(tables, rings, seat, int(rings.preceding[seats + holder]))
    return rings


def _crew(tables: Tables, rings: Rings, node: int) -> tuple[int, ...]:
    """Return different inspectors for the seats of a visit, those with the shortest routes."""
    partner = int(tables.facts[node, PARTNER])
    choices = [_able(tables, seat) for seat in (node, partner) if seat >= 0]
    crews = [crew for crew in product(*choices) if len(set(crew)) == len(crew)]
    return min(crews, key=lambda crew: (sum(int(rings.length[one]) for one in crew), crew))


def _able(tables: Tables, seat: int) -> list[int]:
    return [int(one) for one in tables.able[seat, : tables.ables[seat]]]


def _open(case: Case, tables: Tables, ring: Numbers) -> Found:
    """Return the routes that a ring tells of as stops with starts."""
    rings, start = _ring(tables, ring), np.zeros(len(tables.facts), np.int64)
    if time_routes(tables, rings, new_watch(tables), start, NO_LIMIT) < 0:
        raise NotLegal("the best routes cannot be timed")
    seats = [(visit.id, rank) for visit in case.visits for rank in range(len(visit.seats))]
    routes = {
        one.id: tuple(Stop(*seats[node], int(start[node])) for node in _follow(rings, len(seats) + number))
        for number, one in enumerate(case.inspectors)
    }
    faults = check(case, routes)
    if faults:
        raise NotLegal(f"{faults[:3]}")
    value = measure(case, routes)
    return Found(routes, value, price(case, value))


def _ring(tables: Tables, following: Numbers) -> Rings:
    """Return the routes that one ring of nodes tells of."""
    rings = empty_routes(tables)
    rings.following[:] = following
    rings.preceding[following] = np.arange(len(following))
    for inspector in range(len(rings.length)):
        nodes = list(_follow(rings, len(tables.facts) + inspector))
        rings.holder[nodes] = inspector
        rings.length[inspector] = len(nodes)
    return rings


def _follow(rings: Rings, base: int) -> Iterator[int]:
    node = int(rings.following[base])
    while node != base:
        yield node
        node = int(rings.following[node])
