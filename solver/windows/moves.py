"""Moves of one or two seats between routes, which can be taken back."""

from typing import Final, NamedTuple

import numpy as np

from solver.windows.compiled import compiled
from solver.windows.tables import PARTNER, Numbers, Routes, Tables

NOBODY: Final = -1

ANYWHERE: Final = 0.2
BEFORE: Final = 0.4
AFTER: Final = 0.8


class Trail(NamedTuple):
    """The seats that a move has taken out, in order, and the node that each stood behind."""

    seat: Numbers
    behind: Numbers
    size: Numbers  # of one number


def new_trail() -> Trail:
    """Return an empty trail."""
    return Trail(np.zeros(4, np.int64), np.zeros(4, np.int64), np.zeros(1, np.int64))


@compiled
def take_out(tables: Tables, routes: Routes, node: int) -> int:
    """Take a seat out of its route; return the change of travel."""
    before, after = routes.preceding[node], routes.following[node]
    routes.following[before] = after
    routes.preceding[after] = before
    routes.length[routes.holder[node]] -= 1
    return tables.travel[before, after] - tables.travel[before, node] - tables.travel[node, after]


@compiled
def put_behind(tables: Tables, routes: Routes, node: int, before: int) -> int:
    """Put a seat behind another node of a route; return the change of travel."""
    after = routes.following[before]
    routes.following[before] = node
    routes.preceding[node] = before
    routes.following[node] = after
    routes.preceding[after] = node
    routes.holder[node] = routes.holder[before]
    routes.length[routes.holder[node]] += 1
    return tables.travel[before, node] + tables.travel[node, after] - tables.travel[before, after]


@compiled
def _take_out_noted(tables: Tables, routes: Routes, trail: Trail, node: int) -> int:
    count = trail.size[0]
    trail.seat[count] = node
    trail.behind[count] = routes.preceding[node]
    trail.size[0] = count + 1
    return take_out(tables, routes, node)


@compiled
def take_back(tables: Tables, routes: Routes, trail: Trail) -> None:
    """Undo the move that a trail tells of."""
    for rank in range(trail.size[0]):
        take_out(tables, routes, trail.seat[rank])
    for rank in range(trail.size[0] - 1, -1, -1):
        put_behind(tables, routes, trail.seat[rank], trail.behind[rank])


@compiled
def draw(rng: np.random.Generator, below: int) -> int:
    """Return a number from 0 to below - 1."""
    return int(rng.random() * below)


@compiled
def _draw_inspector(tables: Tables, rng: np.random.Generator, node: int, other_than: int) -> int:
    """Return an inspector who may hold a seat, NOBODY if the only one is the one to be avoided."""
    inspector = tables.able[node, draw(rng, tables.ables[node])]
    if inspector != other_than:
        return inspector
    if tables.ables[node] == 1:
        return NOBODY
    inspector = tables.able[node, draw(rng, tables.ables[node] - 1)]
    return tables.able[node, tables.ables[node] - 1] if inspector == other_than else inspector


@compiled
def _draw_place(
    tables: Tables, routes: Routes, start: Numbers, rng: np.random.Generator, inspector: int, when: int
) -> int:
    """Return a node of a route to stand behind: any of them, or one near a time."""
    seats = tables.facts.shape[0]
    node = seats + inspector
    kind = rng.random()
    if kind < ANYWHERE:
        for _ in range(draw(rng, routes.length[inspector] + 1)):
            node = routes.following[node]
        return node
    while routes.following[node] < seats and start[routes.following[node]] < when:
        node = routes.following[node]
    if kind < BEFORE and node < seats:
        return routes.preceding[node]
    if kind > AFTER and routes.following[node] < seats:
        return routes.following[node]
    return node


@compiled
def move_visit(
    tables: Tables, routes: Routes, start: Numbers, rng: np.random.Generator, trail: Trail, node: int
) -> int:
    """Move all seats of a visit, the first of them given, to drawn places; return the change of travel."""
    partner = tables.facts[node, PARTNER]
    travel = _take_out_noted(tables, routes, trail, node)
    inspector = _draw_inspector(tables, rng, node, NOBODY)
    if partner >= 0:
        travel += _take_out_noted(tables, routes, trail, partner)
        other = _draw_inspector(tables, rng, partner, inspector)
        if other == NOBODY:
            other = tables.able[partner, 0]
            inspector = _draw_inspector(tables, rng, node, other)
        place = _draw_place(tables, routes, start, rng, other, start[partner])
        travel += put_behind(tables, routes, partner, place)
    place = _draw_place(tables, routes, start, rng, inspector, start[node])
    return travel + put_behind(tables, routes, node, place)


@compiled
def move_seat(
    tables: Tables, routes: Routes, start: Numbers, rng: np.random.Generator, trail: Trail, node: int
) -> int:
    """Move one seat to a drawn place, away from its partner's holder; return the change of travel."""
    partner = tables.facts[node, PARTNER]
    held = routes.holder[partner] if partner >= 0 else NOBODY
    inspector = _draw_inspector(tables, rng, node, held)
    if inspector == NOBODY:
        inspector = routes.holder[node]
    travel = _take_out_noted(tables, routes, trail, node)
    place = _draw_place(tables, routes, start, rng, inspector, start[node])
    return travel + put_behind(tables, routes, node, place)


@compiled
def swap_seats(tables: Tables, routes: Routes, rng: np.random.Generator, trail: Trail, node: int) -> int:
    """Let a seat and one of another inspector change places where both may; return the change of travel."""
    seats = tables.facts.shape[0]
    inspector = _draw_inspector(tables, rng, node, routes.holder[node])
    if inspector == NOBODY or routes.length[inspector] == 0:
        return 0
    other = routes.following[seats + inspector]
    for _ in range(draw(rng, routes.length[inspector])):
        other = routes.following[other]
    if not (
        _may_hold(tables, routes, other, routes.holder[node]) and _may_hold(tables, routes, node, inspector)
    ):
        return 0
    travel = _take_out_noted(tables, routes, trail, node) + _take_out_noted(tables, routes, trail, other)
    travel += put_behind(tables, routes, node, trail.behind[1])
    return travel + put_behind(tables, routes, other, trail.behind[0])


@compiled
def _may_hold(tables: Tables, routes: Routes, node: int, inspector: int) -> bool:
    partner = tables.facts[node, PARTNER]
    return tables.qualified[node, inspector] == 1 and (partner < 0 or routes.holder[partner] != inspector)
