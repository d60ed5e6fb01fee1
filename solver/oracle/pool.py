"""Legal plans of one day side by side, so that one pass of integer arithmetic asks all of them.

Each plan has a lane of a long integer: one bit for each duty and a guard bit above them. Adding and taking
off ones within guarded lanes counts free duties in every plan at once.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from solver.oracle.layout import Layout, Visit, bits
from solver.oracle.routes import is_legal

MOST_PLANS: Final = 128
"""Plans of a pool; the oldest but the first gives way."""

MOST_STEPS: Final = 500
"""Steps of the choice of one crew; where they do not do, no crew is found."""


class Pool:
    """Plans of a day, the stored one first; each is given as one mask of duties for each job."""

    def __init__(self, layout: Layout, crews: Sequence[int]) -> None:
        self._layout = layout
        self._width = len(layout.duties) + 1
        self._plans: list[tuple[int, ...]] = []
        self._loads: list[tuple[int, ...]] = []
        self._lanes = [0] * len(layout.jobs)
        self._ones = 0
        self._next = 1
        self.add(crews)

    def add(self, crews: Sequence[int]) -> int:
        """Take up a legal plan and return its number."""
        if len(self._plans) < MOST_PLANS:
            number = len(self._plans)
            self._plans.append(())
            self._loads.append(())
        else:
            number = self._next
            self._next = self._next % (MOST_PLANS - 1) + 1
        shift = number * self._width
        keep = ~(((1 << self._width) - 1) << shift)
        for job, crew in enumerate(crews):
            self._lanes[job] = self._lanes[job] & keep | crew << shift
        self._ones |= 1 << shift
        self._plans[number] = tuple(crews)
        self._loads[number] = loads_of(self._layout, crews)
        return number

    def drop(self, number: int) -> None:
        """Ask a plan no more."""
        self._ones &= ~(1 << number * self._width)

    def plans(self) -> list[tuple[int, ...]]:
        """Return the plans that are still asked, the stored one first."""
        return [crews for n, crews in enumerate(self._plans) if self._ones >> n * self._width & 1]

    def crews(self, number: int) -> tuple[int, ...]:
        """Return the mask of duties of each job in a plan."""
        return self._plans[number]

    def find(self, visit: Visit) -> tuple[int, tuple[int, ...]] | None:
        """Return the first plan into which the visit can be inserted, and its crew as duty ids."""
        for number, free in self._offers(visit):
            crew = choose_crew(self._layout, self._loads[number], visit, free)
            if crew is not None:
                return number, crew
        return None

    def _offers(self, visit: Visit) -> Iterator[tuple[int, int]]:
        """Yield plans in which enough duties are free of rivals, with these duties."""
        ones, busy = self._ones, 0
        guards = ones << self._width - 1
        for job in bits(visit.rivals):
            busy |= self._lanes[job]
        enough = guards
        for mask, count in visit.needs:
            free = mask * ones & ~busy
            for _ in range(count - 1):
                free &= (free | guards) - ones
            enough &= (free | guards) - ones
        while enough:
            low = enough & -enough
            enough ^= low
            number = low.bit_length() // self._width - 1
            yield number, visit.holders & ~(busy >> number * self._width)


def loads_of(layout: Layout, crews: Sequence[int]) -> tuple[int, ...]:
    """Return the mask of jobs of each duty."""
    loads = [0] * len(layout.duties)
    for job, crew in enumerate(crews):
        for duty in bits(crew):
            loads[duty] |= 1 << job
    return tuple(loads)


def choose_crew(layout: Layout, loads: Sequence[int], visit: Visit, free: int) -> tuple[int, ...] | None:
    """Return a crew of duty ids out of duties free of rivals, who can eat and have no clashing duty."""
    order = sorted(range(len(visit.seats)), key=lambda seat: visit.seats[seat].bit_count())
    steps = 0

    def fill(depth: int, left: int) -> dict[int, int] | None:
        nonlocal steps
        steps += 1
        if depth == len(order):
            return {}
        if steps > MOST_STEPS:
            return None
        for duty in bits(visit.seats[order[depth]] & left):
            if takes(layout, loads, visit, duty):
                rest = fill(depth + 1, left & ~layout.same[duty])
                if rest is not None:
                    return {**rest, order[depth]: duty}
        return None

    crew = fill(0, free)
    return None if crew is None else tuple(layout.duties[crew[seat]].id for seat in range(len(order)))


def takes(layout: Layout, loads: Sequence[int], visit: Visit, duty: int) -> bool:
    """Whether a duty without rivals of a visit can take it: no clashing duty in use, a legal route."""
    if layout.clashing[duty] and any(loads[other] for other in bits(layout.clashing[duty])):
        return False
    return is_legal(layout, duty, loads[duty], visit)
