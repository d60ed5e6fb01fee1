"""Planned minutes of an inspection: base plus a part per unit, by goods category."""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil
from typing import NamedTuple

STEP_MINUTES = 5
LONGEST_MINUTES = 480  # a working day; what takes longer is continued by a follow-up visit


class GoodsLine(NamedTuple):
    """One instruction's share of a visit: minutes, minutes per unit, number of units."""

    base_minutes: float
    per_unit_minutes: float
    units: float


def planned_minutes(lines: Sequence[GoodsLine]) -> int:
    """Return the minutes planned for one visit, a multiple of 5, from 5 to 480.

    Several instructions share one set-up: the greatest base counts once, the parts per
    unit add up. Raises ValueError without lines or with a negative figure.
    """
    if not lines or any(figure < 0 for line in lines for figure in line):
        message = "a visit needs at least one line, without negative figures"
        raise ValueError(message)
    # Fractions of the written figures: 0.1 a unit times 50 is 5 minutes, not a hair more.
    exact = [[Fraction(str(figure)) for figure in line] for line in lines]
    total = max(base for base, _, _ in exact) + sum(per_unit * units for _, per_unit, units in exact)
    return min(max(ceil(total / STEP_MINUTES), 1) * STEP_MINUTES, LONGEST_MINUTES)
