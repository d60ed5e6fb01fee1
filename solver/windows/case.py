"""The problem of one day whose visits are promised as windows, as immutable values that check themselves.

Times and travel are whole numbers of one unit that the caller chooses (minutes for an office's day). Every
constructor raises ValueError that begins with the name of the field it refuses.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

MOST_SEATS: Final = 2
"""Largest crew: the timing rule is one of two starts."""

LARGEST: Final = 10**10
"""Largest time or distance of a case."""

HEAVIEST: Final = 10**4
"""Largest weight: with it the costs of some hundred seats stay exact in 64 bits."""


def _require(holds: bool, name: str, why: str) -> None:  # noqa: FBT001 - the condition reads as the sentence
    if not holds:
        msg = f"{name}: {why}"
        raise ValueError(msg)


def _require_range(name: str, values: Iterable[int], most: int = LARGEST) -> None:
    for value in values:
        _require(0 <= value <= most, name, f"{value} is not within 0 and {most}")


@dataclass(frozen=True, slots=True)
class Seat:
    """One inspector's part of a visit: the qualifications the holder must all have, and how long it takes."""

    qualifications: frozenset[str]
    duration: int

    def __post_init__(self) -> None:
        _require_range("duration", [self.duration])


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit that may start from `opens` on and is late after `closes`; its seats need different inspectors.

    The second seat starts at least `gap[0]` and at most `gap[1]` after the first; (0, 0) is together.
    """

    id: int
    site: int
    opens: int
    closes: int
    seats: tuple[Seat, ...]
    gap: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        _require_range("opens", [self.opens, self.closes])
        _require(self.opens <= self.closes, "closes", f"{self.closes} is before {self.opens}")
        _require(1 <= len(self.seats) <= MOST_SEATS, "seats", f"{len(self.seats)} seats")
        _require_range("gap", self.gap)
        _require(self.gap[0] <= self.gap[1], "gap", f"no time is within {self.gap}")


@dataclass(frozen=True, slots=True)
class Inspector:
    """Who visits, what for, and the site where the route begins and ends."""

    id: int
    qualifications: frozenset[str]
    base: int


@dataclass(frozen=True, slots=True)
class Weights:
    """What one unit costs: of travel, of the sum of lateness over seats, of the greatest lateness."""

    travel: int = 1
    late: int = 1
    latest: int = 1

    def __post_init__(self) -> None:
        _require_range("weights", [self.travel, self.late, self.latest], HEAVIEST)


@dataclass(frozen=True, slots=True)
class Case:
    """Visits, inspectors and the travel from site to site: `travel[a][b]`, square, zero from a to a."""

    visits: tuple[Visit, ...]
    inspectors: tuple[Inspector, ...]
    travel: tuple[tuple[int, ...], ...]
    weights: Weights = Weights()

    def __post_init__(self) -> None:
        _require(len({one.id for one in self.visits}) == len(self.visits), "visits", "an id stands twice")
        names = {one.id for one in self.inspectors}
        _require(len(names) == len(self.inspectors), "inspectors", "an id stands twice")
        size = len(self.travel)
        for site, row in enumerate(self.travel):
            _require(len(row) == size, "travel", "the table is not square")
            _require(row[site] == 0, "travel", f"from site {site} to itself it takes {row[site]}")
            _require_range("travel", row)
        sites = [visit.site for visit in self.visits] + [one.base for one in self.inspectors]
        _require(all(0 <= site < size for site in sites), "travel", "a site is missing")
        for visit in self.visits:
            _require(self._can_be_crewed(visit), "visits", f"nobody may hold the seats of visit {visit.id}")

    def _can_be_crewed(self, visit: Visit) -> bool:
        able = [
            {one.id for one in self.inspectors if seat.qualifications <= one.qualifications}
            for seat in visit.seats
        ]
        return all(able) and len(set().union(*able)) >= len(able)
