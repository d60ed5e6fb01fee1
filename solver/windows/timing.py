"""The earliest starts of given routes: the longest paths through all routes and the rules of pairs.

All starts of routes that can be timed have one least solution, which is at once the least late. It is found
by walking the routes side by side; an ordered pair whose second seat starts too late holds its first seat
back, and the walk is repeated from there.
"""

from typing import Final, NamedTuple

import numpy as np

from solver.windows.compiled import compiled
from solver.windows.tables import (
    ALONE,
    CLOSES,
    DURATION,
    FIRST,
    LEAST,
    MOST,
    OPENS,
    PARTNER,
    RULE,
    SECOND,
    Numbers,
    Routes,
    Tables,
)

NOT_YET: Final = -1

HERE: Final = 0
FREE: Final = 1
WAITING: Final = 2

TOP: Final = 0
DONE: Final = 1
LATE: Final = 2
LATEST: Final = 3


class Watch(NamedTuple):
    """Where a walk stands; scratch arrays of one search."""

    arrival: Numbers  # seat: when its holder comes, NOT_YET before
    floor: Numbers  # seat: the earliest start that its pair's second seat allows
    stand: Numbers  # inspector: the node HERE, when FREE to go on; in column WAITING a stack of inspectors
    tally: Numbers  # TOP of the stack, seats DONE, lateness LATE in all and LATEST of one


def new_watch(tables: Tables) -> Watch:
    """Return scratch arrays for a case."""
    seats, inspectors = tables.qualified.shape
    return Watch(
        arrival=np.zeros(seats, np.int64),
        floor=np.zeros(seats, np.int64),
        stand=np.zeros((inspectors, 3), np.int64),
        tally=np.zeros(4, np.int64),
    )


@compiled
def time_routes(tables: Tables, routes: Routes, watch: Watch, start: Numbers, allowance: int) -> int:
    """Fill `start` with the earliest starts and return the cost of lateness; -1 if it exceeds the allowance.

    Also -1 if the routes cannot be timed: visits wait for each other in a circle, or an ordered pair cannot
    come close enough.
    """
    # The arrays are handed on one by one: each that is read out of a tuple costs a count of references.
    travel, facts, weights = tables.travel, tables.facts, tables.weights
    following, holder = routes.following, routes.holder
    arrival, floor, stand, tally = watch.arrival, watch.floor, watch.stand, watch.tally
    floor[:] = 0
    # A longest path holds back each ordered pair at most once; what goes on after that goes on for ever.
    for _ in range(start.shape[0] // 2 + 1):
        _set_out(arrival, stand, tally, start)
        while tally[TOP] > 0:
            tally[TOP] -= 1
            inspector = stand[tally[TOP], WAITING]
            _walk_on(travel, facts, following, holder, arrival, floor, stand, tally, start, inspector)
            if weights[1] * tally[LATE] + weights[2] * tally[LATEST] > allowance:
                return -1
        if tally[DONE] < start.shape[0]:
            return -1
        if not _hold_back(facts, floor, start):
            return weights[1] * tally[LATE] + weights[2] * tally[LATEST]
    return -1


@compiled
def _set_out(arrival: Numbers, stand: Numbers, tally: Numbers, start: Numbers) -> None:
    """Put every inspector at the base."""
    start[:] = NOT_YET
    arrival[:] = NOT_YET
    tally[:] = 0
    tally[TOP] = stand.shape[0]
    for inspector in range(stand.shape[0]):
        stand[inspector, HERE] = start.shape[0] + inspector
        stand[inspector, FREE] = 0
        stand[inspector, WAITING] = inspector


@compiled
def _walk_on(
    travel: Numbers,
    facts: Numbers,
    following: Numbers,
    holder: Numbers,
    arrival: Numbers,
    floor: Numbers,
    stand: Numbers,
    tally: Numbers,
    start: Numbers,
    inspector: int,
) -> None:
    """Walk a route until its end or until a seat waits for its partner; wake whoever waited for this one."""
    before, free = stand[inspector, HERE], stand[inspector, FREE]
    node = following[before]
    while node < start.shape[0]:
        arrival[node] = free + travel[before, node]
        begin = _begin(facts, arrival, floor, start, node)
        if begin == NOT_YET:
            break
        start[node] = begin
        tally[DONE] += 1
        over = begin - facts[node, CLOSES]
        if over > 0:
            tally[LATE] += over
            tally[LATEST] = max(tally[LATEST], over)
        partner = facts[node, PARTNER]
        if partner >= 0 and start[partner] == NOT_YET and arrival[partner] != NOT_YET:
            stand[tally[TOP], WAITING] = holder[partner]
            tally[TOP] += 1
        free = begin + facts[node, DURATION]
        before, node = node, following[node]
    stand[inspector, HERE], stand[inspector, FREE] = before, free


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
    if start[partner] == NOT_YET and arrival[partner] != NOT_YET:
        return max(earliest, arrival[partner])
    return start[partner]
