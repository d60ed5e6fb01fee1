"""Layer 0: jobs of which nobody can do two need more different inspectors than there are.

The plan's own crews seat all but the new visit; what it lacks is looked for by augmenting paths.
"""

from dataclasses import dataclass

from solver.day import GRID
from solver.oracle.layout import Layout, Visit, bits


@dataclass(frozen=True, slots=True)
class HallSet:
    """Seats that cannot all be filled: those of the visit, by number, and of jobs, by number in the layout."""

    seats: tuple[int, ...]
    jobs: tuple[int, ...]


_Seating = dict[int, tuple[int, int]]
"""Duty -> whom it serves (a job, or -1 - n for seat n of the visit), and the duties that could."""


class Hall:
    """Hall sets of a day's cliques; what was found for a clique is kept."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._known: dict[tuple[int, tuple[int, ...]], HallSet | None] = {}

    def find(self, visit: Visit) -> HallSet | None:
        """Return a set of seats that proves that the visit cannot be crewed, None if none was found."""
        tried: set[int] = set()
        for clique in self._cliques(visit):
            if clique in tried:
                continue
            tried.add(clique)
            key = clique, visit.seats
            if key not in self._known:
                self._known[key] = self._seat(clique, visit.seats)
            if found := self._known[key]:
                return found
        return None

    def _cliques(self, visit: Visit) -> list[int]:
        """Return sets of rivals of the visit that are rivals of each other, one for each instant."""
        layout, found = self._layout, []
        cells = {visit.start // GRID}
        starting = visit.rivals
        for j in bits(starting):
            if visit.start < layout.jobs[j].start < visit.end:
                cells.add(layout.jobs[j].start // GRID)
        for cell in sorted(cells):
            clique = visit.rivals & layout.running[cell]
            rest = visit.rivals & ~clique
            for j in bits(clique):
                rest &= layout.visits[j].rivals
            while rest:
                low = rest & -rest
                clique |= low
                rest &= layout.visits[low.bit_length() - 1].rivals
            found.append(clique)
        return found

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
