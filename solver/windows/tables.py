"""A case and its routes as arrays of whole numbers, the form that the compiled search reads.

A node is a seat of a visit (0 to n - 1) or the base of an inspector (n + number of the inspector). A route is
a ring of nodes: its base, the seats in their order, its base again.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from solver.windows.case import Case, Visit

Numbers = npt.NDArray[np.int64]

ALONE: Final = 0
TOGETHER: Final = 1
FIRST: Final = 2
SECOND: Final = 3

OPENS: Final = 0
CLOSES: Final = 1
DURATION: Final = 2
RULE: Final = 3
PARTNER: Final = 4
LEAST: Final = 5
MOST: Final = 6


class Tables(NamedTuple):
    """What does not change in a search; `partner` is -1 for a seat alone, `able` is padded with -1."""

    travel: Numbers  # node, node
    facts: Numbers  # seat, column
    able: Numbers  # seat, rank: inspectors who may hold it
    ables: Numbers  # seat: how many may
    qualified: Numbers  # seat, inspector: 1 or 0
    seat: Numbers  # visit: its first seat
    weights: Numbers  # travel, late, latest


class Routes(NamedTuple):
    """Rings of nodes that a search changes in place."""

    following: Numbers  # node
    preceding: Numbers  # node
    holder: Numbers  # node: number of the inspector
    length: Numbers  # inspector: seats held


def lay_out(case: Case) -> Tables:
    """Return the arrays of a case."""
    pairs = [(visit, rank) for visit in case.visits for rank in range(len(visit.seats))]
    seats = [visit.seats[rank] for visit, rank in pairs]
    sites = [visit.site for visit, _ in pairs] + [one.base for one in case.inspectors]
    qualified = _numbers(
        [[int(seat.qualifications <= one.qualifications) for one in case.inspectors] for seat in seats]
    ).reshape(len(seats), len(case.inspectors))
    able = np.argsort(-qualified, axis=1, kind="stable")
    return Tables(
        travel=_numbers(case.travel)[np.ix_(sites, sites)],
        facts=_numbers([_facts(visit, rank, node) for node, (visit, rank) in enumerate(pairs)]).reshape(
            len(seats), 8
        ),
        able=able.astype(np.int64),
        ables=qualified.sum(axis=1),
        qualified=qualified,
        seat=_numbers([node for node, (_, rank) in enumerate(pairs) if rank == 0]),
        weights=_numbers([case.weights.travel, case.weights.late, case.weights.latest]),
    )


def empty_routes(tables: Tables) -> Routes:
    """Return routes in which every inspector stays at the base and no seat is held."""
    seats, inspectors = tables.qualified.shape
    following = np.arange(seats + inspectors, dtype=np.int64)
    holder = np.concatenate([np.full(seats, -1), np.arange(inspectors)]).astype(np.int64)
    return Routes(following, following.copy(), holder, np.zeros(inspectors, np.int64))


def _numbers(values: object) -> Numbers:
    return np.array(values, dtype=np.int64)


def _facts(visit: Visit, rank: int, node: int) -> list[int]:
    if len(visit.seats) == 1:
        rule, partner = ALONE, -1
    else:
        rule = TOGETHER if visit.gap == (0, 0) else (FIRST, SECOND)[rank]
        partner = node + 1 - 2 * rank
    return [visit.opens, visit.closes, visit.seats[rank].duration, rule, partner, *visit.gap, 0]
