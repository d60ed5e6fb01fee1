"""A case and its routes as arrays of whole numbers, the form that the compiled search reads.

A node is a seat of a visit (0 to n - 1) or the base of an inspector (n + number of the inspector). A route is
a ring of nodes: its base, the seats in their order, its base again.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from solver.windows.case import Case

Numbers = npt.NDArray[np.int64]

ALONE: Final = 0
TOGETHER: Final = 1
FIRST: Final = 2
SECOND: Final = 3


class Tables(NamedTuple):
    """What does not change in a search; `partner` is -1 for a seat alone, `able` is padded with -1."""

    travel: Numbers  # node, node
    duration: Numbers  # seat
    opens: Numbers  # seat
    closes: Numbers  # seat
    rule: Numbers  # seat: ALONE, TOGETHER, FIRST or SECOND
    partner: Numbers  # seat
    least: Numbers  # seat
    most: Numbers  # seat
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
    rules = [_rule(visit.gap, rank) if len(visit.seats) > 1 else ALONE for visit, rank in pairs]
    return Tables(
        travel=_numbers(case.travel)[np.ix_(sites, sites)],
        duration=_numbers([seat.duration for seat in seats]),
        opens=_numbers([visit.opens for visit, _ in pairs]),
        closes=_numbers([visit.closes for visit, _ in pairs]),
        rule=_numbers(rules),
        partner=_numbers([-1 if rule == ALONE else node + 1 - 2 * pairs[node][1] for node, rule in enumerate(rules)]),
        least=_numbers([visit.gap[0] for visit, _ in pairs]),
        most=_numbers([visit.gap[1] for visit, _ in pairs]),
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


def _rule(gap: tuple[int, int], rank: int) -> int:
    if gap == (0, 0):
        return TOGETHER
    return SECOND if rank else FIRST
