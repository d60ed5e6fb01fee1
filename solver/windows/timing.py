"""The earliest starts of given routes: the longest paths through all routes and the rules of pairs.

All starts of routes that can be timed have one least solution, which is at once the least late. It is found
by walking the routes side by side; an ordered pair whose second seat starts too late holds its first seat
back, and the walk is repeated from there.
"""

from typing import Final, NamedTuple

import numpy as np

from solver.windows.compiled import compiled
from solver.windows.tables import ALONE, CLOSES, DURATION, FIRST, LEAST, MOST, OPENS, PARTNER, RULE, SECOND, Numbers, Routes, Tables

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
        cost = _walk(tables.travel, tables.facts, tables.weights, routes.following, routes.holder, watch, start, allowance)
        if cost < 0 or not _hold_back(tables.facts, watch.floor, start):
            return cost
    return -1


@compiled
def _hold_back(facts: Numbers, floor: Numbers, start: Numbers) -> bool:
    """Raise the floors of first seats whose second starts too late; whether there was one."""
    again = False
    for node in range(start.shape[0]):
        if facts[node, RULE] == SECOND:
            first = facts[node, PARTNER]
            bound = start[node] - facts[node, MOST]
            if bound > start[first]:
                floor[first] = bound
                again = True
    return again


@compiled
def _walk(
    travel: Numbers,
    facts: Numbers,
    weights: Numbers,
    following: Numbers,
    holder: Numbers,
    watch: Watch,
    start: Numbers,
    allowance: int,
) -> int:
    arrival, floor, here, free, waiting = watch
    seats, inspectors = facts.shape[0], here.shape[0]
    start[:] = NOT_YET
    arrival[:] = NOT_YET
    for one in range(inspectors):
        here[one] = seats + one
        free[one] = 0
        waiting[one] = one
    top, done, late, latest = inspectors, 0, 0, 0
    while top > 0:
        top -= 1
        one = waiting[top]
        before = here[one]
        node = following[before]
        while node < seats:
            arrival[node] = free[one] + travel[before, node]
            begin = _begin(facts, arrival, floor, start, node)
            if begin == NOT_YET:
                break
            start[node] = begin
            done += 1
            over = begin - facts[node, CLOSES]
            if over > 0:
                late += over
                latest = max(latest, over)
                if weights[1] * late + weights[2] * latest > allowance:
                    return -1
            partner = facts[node, PARTNER]
            if partner >= 0 and start[partner] == NOT_YET and arrival[partner] != NOT_YET:
                waiting[top] = holder[partner]
                top += 1
            free[one] = begin + facts[node, DURATION]
            before = node
            node = following[node]
        here[one] = before
    if done < seats:
        return -1
    return weights[1] * late + weights[2] * latest


@compiled
def _begin(facts: Numbers, arrival: Numbers, floor: Numbers, start: Numbers, node: int) -> int:
    """Return when a seat can start whose holder has come; NOT_YET while its partner holds it up."""
    earliest = max(facts[node, OPENS], arrival[node])
    rule = facts[node, RULE]
    if rule == ALONE:
        return earliest
    if rule == FIRST:
        return max(earliest, floor[node])
    partner = facts[node, PARTNER]
    if rule == SECOND:
        if start[partner] == NOT_YET:
            return NOT_YET
        return max(earliest, start[partner] + facts[node, LEAST])
    if start[partner] != NOT_YET:
        return start[partner]
    if arrival[partner] == NOT_YET:
        return NOT_YET
    return max(earliest, arrival[partner])
