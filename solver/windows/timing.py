"""The earliest starts of given routes: the longest paths through all routes and the rules of pairs.

All starts of routes that can be timed have one least solution, which is at once the least late. It is found
by walking the routes side by side; an ordered pair whose second seat starts too late holds its first seat
back, and the walk is repeated from there.
"""

from typing import Final, NamedTuple

import numpy as np

from solver.windows.compiled import compiled
from solver.windows.tables import ALONE, FIRST, SECOND, TOGETHER, Numbers, Routes, Tables

MOST_WALKS: Final = 64
"""A pair of routes that needs more repetitions holds itself back for ever, or is not worth it."""

NOT_YET: Final = -1


class Watch(NamedTuple):
    """Where a walk stands; scratch arrays of one search."""

    arrival: Numbers  # seat: when its holder comes, NOT_YET before
    floor: Numbers  # seat: the earliest start that its pair's second seat allows
    here: Numbers  # inspector: node where the walk stands
    free: Numbers  # inspector: when the next way can begin
    waiting: Numbers  # stack of inspectors to walk on with


def new_watch(tables: Tables) -> Watch:
    """Return scratch arrays for a case."""
    seats, inspectors = tables.qualified.shape
    return Watch(
        np.zeros(seats, np.int64),
        np.zeros(seats, np.int64),
        np.zeros(inspectors, np.int64),
        np.zeros(inspectors, np.int64),
        np.zeros(2 * (seats + inspectors), np.int64),
    )


@compiled
def time_routes(tables: Tables, routes: Routes, watch: Watch, start: Numbers, allowance: int) -> int:
    """Fill `start` with the earliest starts and return the cost of lateness; -1 if it exceeds the allowance.

    Also -1 if the routes cannot be timed: visits wait for each other in a circle, or an ordered pair cannot
    come close enough.
    """
    watch.floor[:] = 0
    for _ in range(MOST_WALKS):
        cost = _walk(tables, routes, watch, start, allowance)
        if cost < 0 or not _hold_back(tables, watch, start):
            return cost
    return -1


@compiled
def _hold_back(tables: Tables, watch: Watch, start: Numbers) -> bool:
    """Raise the floors of first seats whose second starts too late; whether there was one."""
    again = False
    for node in range(start.shape[0]):
        if tables.rule[node] == SECOND:
            first = tables.partner[node]
            floor = start[node] - tables.most[node]
            if floor > start[first]:
                watch.floor[first] = floor
                again = True
    return again


@compiled
def _walk(tables: Tables, routes: Routes, watch: Watch, start: Numbers, allowance: int) -> int:
    seats, inspectors = tables.qualified.shape
    start[:] = NOT_YET
    watch.arrival[:] = NOT_YET
    watch.free[:] = 0
    for one in range(inspectors):
        watch.here[one] = seats + one
        watch.waiting[one] = one
    top, done, late, latest = inspectors, 0, 0, 0
    while top > 0:
        top -= 1
        one = watch.waiting[top]
        node = routes.following[watch.here[one]]
        while node < seats:
            watch.arrival[node] = watch.free[one] + tables.travel[watch.here[one], node]
            begin = _begin(tables, watch, start, node)
            if begin == NOT_YET:
                break
            start[node] = begin
            done += 1
            if begin > tables.closes[node]:
                late += begin - tables.closes[node]
                latest = max(latest, begin - tables.closes[node])
                if tables.weights[1] * late + tables.weights[2] * latest > allowance:
                    return -1
            partner = tables.partner[node]
            if partner >= 0 and start[partner] == NOT_YET and watch.arrival[partner] != NOT_YET:
                watch.waiting[top] = routes.holder[partner]
                top += 1
            watch.here[one] = node
            watch.free[one] = begin + tables.duration[node]
            node = routes.following[node]
    if done < seats:
        return -1
    return tables.weights[1] * late + tables.weights[2] * latest


@compiled
def _begin(tables: Tables, watch: Watch, start: Numbers, node: int) -> int:
    """Return when a seat can start whose holder has come; NOT_YET while its partner holds it up."""
    earliest = max(tables.opens[node], watch.arrival[node])
    rule = tables.rule[node]
    if rule == ALONE:
        return earliest
    partner = tables.partner[node]
    if rule == FIRST:
        return max(earliest, watch.floor[node])
    if rule == TOGETHER:
        if start[partner] != NOT_YET:
            return start[partner]
        if watch.arrival[partner] == NOT_YET:
            return NOT_YET
        return max(earliest, watch.arrival[partner])
    if start[partner] == NOT_YET:
        return NOT_YET
    return max(earliest, start[partner] + tables.least[node])
