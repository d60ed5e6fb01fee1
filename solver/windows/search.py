"""Routes for visits promised as windows: first by order of opening, then improved by annealing.

After Ceschia, Di Gaspero, Rosati and Schaerf (2024, doi 10.1111/itor.13585), who anneal over moves of
visits for the same problem. Here each tried arrangement is timed exactly.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np

from solver.windows.anneal import NO_LIMIT, Search, anneal, new_search
from solver.windows.case import Case
from solver.windows.check import Routes, Stop, Value, check, measure, price
from solver.windows.moves import put_behind
from solver.windows.tables import PARTNER, Numbers, Tables, empty_routes, lay_out
from solver.windows.tables import Routes as Rings
from solver.windows.timing import time_routes

HOT: Final = 6.0
COLD: Final = 0.02
"""Temperatures at the begin and the end, in mean ways from one seat to another."""


@dataclass(frozen=True, slots=True)
class Found:
    """Routes that `check` accepts, what they are worth and cost. No bound is known: never called optimal."""

    routes: Routes
    value: Value
    cost: int


class NotLegal(AssertionError):  # noqa: N818 - what it says, in the words of the house
    """The search and the check disagree: a bug, whose routes are not handed out."""


def route_visits(case: Case, *, seed: int, steps: int) -> Found:
    """Return the best routes met in `steps` tried moves; equal seeds and steps give equal routes.

    Every visit is made, however late. Raises NotLegal if `check` refuses the routes.
    """
    tables = lay_out(case)
    rings = _begin_in_order(case, tables)
    search = new_search(tables, rings)
    if steps > 0 and case.visits:
        way = max(1.0, float(np.mean(tables.travel)) * case.weights.travel)
        anneal(tables, rings, search, np.random.default_rng(seed), steps, HOT * way, COLD * way)
    return _open(case, tables, search)


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


def _open(case: Case, tables: Tables, search: Search) -> Found:
    """Return the best routes of a search as stops with starts."""
    rings = _ring(tables, search.best)
    if time_routes(tables, rings, search.watch, search.start, NO_LIMIT) < 0:
        raise NotLegal("the best routes cannot be timed")
    seats = [(visit.id, rank) for visit in case.visits for rank in range(len(visit.seats))]
    routes = {
        one.id: tuple(
            Stop(*seats[node], int(search.start[node])) for node in _follow(rings, len(seats) + number)
        )
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
