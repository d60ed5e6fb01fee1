"""Layer 0: jobs of which nobody can do two need more different inspectors than there are.

The plan's own crews seat all but the new visit; what it lacks is looked for by augmenting paths.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from solver.oracle.layout import Layout, Visit, bits

MOST_CLIQUES: Final = 64
"""Cliques around one visit that are looked at; days have about a dozen."""


@dataclass(frozen=True, slots=True)
class HallSet:
    """Seats that cannot all be filled: some of the visit, by number, and of jobs, by number in the layout."""

    seats: tuple[int, ...]
    jobs: tuple[int, ...]


_Seating = dict[int, tuple[int, int]]
"""Duty -> whom it serves (a job, or -1 - n for seat n of the visit), and the duties that could."""


class Hall:
    """Hall sets of a day's cliques; what was found for a clique is kept."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._cliques: dict[int, list[int]] = {}
        self._known: dict[tuple[int, tuple[int, ...]], HallSet | None] = {}

    def find(self, visit: Visit) -> HallSet | None:
        """Return a set of seats that proves that the visit cannot be crewed, None if none was found."""
        key = visit.rivals, visit.seats
        if key not in self._known:
            cliques = self._cliques.get(visit.rivals)
            if cliques is None:
                cliques = self._cliques[visit.rivals] = list(
                    islice(self._grow(0, visit.rivals, 0), MOST_CLIQUES)
                )
            found = (self._seat(clique, visit.seats) for clique in cliques)
            self._known[key] = next((one for one in found if one), None)
        return self._known[key]

    def _grow(self, clique: int, wanted: int, barred: int) -> Iterator[int]:
        """Yield the maximal cliques of the wanted jobs (Bron and Kerbosch, with a pivot)."""
        visits = self._layout.visits
        if not wanted:
            if not barred:
                yield clique
            return
        pivot = max(bits(wanted | barred), key=lambda j: (wanted & visits[j].rivals).bit_count())
        for j in bits(wanted & ~visits[pivot].rivals):
            rivals = visits[j].rivals
            yield from self._grow(clique | 1 << j, wanted & rivals, barred & rivals)
            wanted &= ~(1 << j)
            barred |= 1 << j

    def _seat(self, clique: int, seats: tuple[int, ...]) -> HallSet | None:
        layout = self._layout
        seating: _Seating = {}
        for j in bits(clique):
            for duty, able in zip(layout.crews[j], layout.visits[j].seats, strict=True):
                seating[duty] = j, able
        for number, able in enumerate(seats):
            seen: set[int] = set()
            if not _augment(able, -1 - number, seating, seen):
                served = {-1 - number, *(seating[duty][0] for duty in seen)}
                jobs = sorted(one for one in served if one >= 0)
                return HallSet(tuple(sorted(-1 - one for one in served if one < 0)), tuple(jobs))
        return None


def _augment(able: int, served: int, seating: _Seating, seen: set[int]) -> bool:
    for duty in bits(able):
        if duty not in seating:
            seating[duty] = served, able
            return True
    for duty in bits(able):
        if duty in seen:
            continue
        seen.add(duty)
        if _augment(seating[duty][1], seating[duty][0], seating, seen):
            seating[duty] = served, able
            return True
    return False
