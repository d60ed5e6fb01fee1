"""A day in integers: bit j of a mask of jobs is the j-th job by start, bit d of one of duties the d-th by id.

Two jobs are *rivals* if nobody can do both: they overlap or, where travel obeys the triangle inequality,
leave no time for the travel between them. On other days a detour may be quicker than the direct way, so
that only overlap counts and duties only have to contain their jobs; what is left is seen on whole routes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

from solver.day import CELLS, GRID, Candidate, Day, Duty, Job, Seat
from solver.oracle.metric import is_metric
from solver.plan import Plan

Need = tuple[int, int]
"""A mask of duties and how many different ones a crew must have of them."""


@lru_cache(maxsize=1 << 16)
def bits(mask: int) -> tuple[int, ...]:
    """Return the numbers of the bits that are set, lowest first; the same masks come again and again."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return tuple(found)


@lru_cache(maxsize=4096)
def needs_of(seats: tuple[int, ...]) -> tuple[Need, ...]:
    """Return Hall's conditions of a crew: for each set of seats, as many duties that can take one of them.

    A condition is left out where another one asks for more of the same duties.
    """
    most: dict[int, int] = {}
    for size in range(1, len(seats) + 1):
        for some in combinations(seats, size):
            union = 0
            for mask in some:
                union |= mask
            most[union] = size
    return tuple(sorted(most.items(), key=lambda need: (need[0].bit_count(), need[0])))


class Visit(NamedTuple):
    """A job, or a candidate at a start: its rivals among the jobs, and who may take each of its seats.

    `present` are the duties that could hold it alone. `seats`, `needs` and `holders` (of some seat) count
    only these, `demand` are the needs without regard to time and place.
    """

    site: int
    start: int
    end: int
    rivals: int
    present: int
    seats: tuple[int, ...]
    needs: tuple[Need, ...]
    holders: int
    demand: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """For a site and a duration, by cell of the day: the rivals, and the duties that could hold the visit."""

    rivals: tuple[int, ...]
    present: tuple[int, ...]


class Layout:
    """The unchanging part of a day's search; grids and holders of seats are kept as they are asked for."""

    def __init__(self, day: Day, plan: Plan) -> None:
        """Lay out a day with a legal plan."""
        self.day = day
        self.metric = is_metric(day)
        self.jobs: tuple[Job, ...] = tuple(sorted(day.jobs, key=lambda job: (job.start, job.id)))
        self.duties: tuple[Duty, ...] = tuple(sorted(day.duties, key=lambda duty: duty.id))
        self.number = {duty.id: number for number, duty in enumerate(self.duties)}
        self.kinds = _group_duties(self.duties)
        self.twin = tuple(
            next((duties & -duties).bit_length() - 1 for duties in self.kinds.values() if duties >> d & 1)
            for d in range(len(self.duties))
        )
        self.kind = tuple((one.start, one.end, one.start_site, one.end_site) for one in self.duties)
        self.dines = tuple(day.lunch is not None and day.lunch.is_due_in(duty) for duty in self.duties)
        self.same, self.clashing = self._relate_duties()
        self.frozen = sum(1 << j for j, job in enumerate(self.jobs) if job.frozen)
        self.at_site = dict.fromkeys(day.docks, 0)
        for j, job in enumerate(self.jobs):
            self.at_site[job.site] = self.at_site.get(job.site, 0) | 1 << j
        self.legal: dict[tuple[int, int, int, int, int], bool] = {}
        self._held = {one.id: one.held_on(day.date) for one in day.inspectors}
        self._holders: dict[Seat, int] = {}
        self._grids: dict[tuple[int, int], Grid] = {}
        self.running = tuple(
            sum(1 << j for j, job in enumerate(self.jobs) if job.start <= cell * GRID < job.end)
            for cell in range(CELLS)
        )
        self.crews = tuple(tuple(self.number[one] for one in plan[job.id].crew) for job in self.jobs)
        self.visits = tuple(self._visit_of(j, job) for j, job in enumerate(self.jobs))

    def minutes(self, origin: int, destination: int) -> int:
        """Return travel that must lie between two visits in any route: none where detours may be quicker."""
        return self.day.travel_between(origin, destination) if self.metric else 0

    def grid(self, site: int, duration: int) -> Grid:
        """Return where rivals and duties are for each start at a site."""
        found = self._grids.get((site, duration))
        if found is None:
            found = self._grids[site, duration] = self._lay_grid(site, duration)
        return found

    def holders(self, seats: Sequence[Seat], excluded: frozenset[int]) -> tuple[int, ...]:
        """Return for each seat the duties whose inspectors hold what it asks for and are not excluded."""
        barred = sum(1 << d for d, duty in enumerate(self.duties) if duty.inspector in excluded)
        return tuple(self._holders_of(seat) & ~barred for seat in seats)

    def visit(self, job: Candidate | Job, start: int, seats: tuple[int, ...]) -> Visit:
        """Return a job, which need not be on the day, at a start of the grid; `seats` are its `holders`."""
        grid, cell = self.grid(job.site, job.duration), start // GRID
        present = grid.present[cell]
        able = tuple([mask & present for mask in seats])
        holders = 0
        for mask in able:
            holders |= mask
        demand = needs_of(seats)
        needs = demand if able == seats else needs_of(able)
        return Visit(
            job.site, start, start + job.duration, grid.rivals[cell], present, able, needs, holders, demand
        )

    def fill_seats(self, seats: Sequence[int], crew: int) -> tuple[int, ...] | None:
        """Return one duty id of a mask for each seat, None if they cannot fill them."""
        if not seats:
            return ()
        for duty in bits(seats[0] & crew):
            rest = self.fill_seats(seats[1:], crew & ~self.same[duty])
            if rest is not None:
                return (self.duties[duty].id, *rest)
        return None

    def _holders_of(self, seat: Seat) -> int:
        found = self._holders.get(seat)
        if found is None:
            found = sum(1 << d for d, duty in enumerate(self.duties) if seat <= self._held[duty.inspector])
            self._holders[seat] = found
        return found

    def _visit_of(self, number: int, job: Job) -> Visit:
        seats = self.holders(job.seats, job.excluded)
        if job.frozen:
            seats = tuple(1 << duty for duty in self.crews[number])
        visit = self.visit(job, job.start, seats)
        return visit._replace(rivals=visit.rivals & ~(1 << number))

    def _relate_duties(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return for each duty the duties of its inspector, and those that cannot be used beside it."""
        same, clashing = [0] * len(self.duties), [0] * len(self.duties)
        for d, duty in enumerate(self.duties):
            for e, other in enumerate(self.duties):
                if duty.inspector != other.inspector:
                    continue
                same[d] |= 1 << e
                first, second = sorted((duty, other), key=lambda one: (one.start, one.end, one.id))
                away = self.day.travel_between(first.end_site, second.start_site)
                if d != e and first.end + away > second.start:
                    clashing[d] |= 1 << e
        return tuple(same), tuple(clashing)

    def _lay_grid(self, site: int, duration: int) -> Grid:
        rivals, present = [0] * CELLS, [0] * CELLS
        for j, job in enumerate(self.jobs):
            first = job.start - duration - self.minutes(site, job.site) + 1
            until = job.end + self.minutes(job.site, site)
            for cell in range(max(0, -(-first // GRID)), min(CELLS, -(-until // GRID))):
                rivals[cell] |= 1 << j
        for (start, end, origin, target), duties in self.kinds.items():
            first = start + self.minutes(origin, site)
            last = end - self.minutes(site, target) - duration
            for cell in range(-(-first // GRID), min(CELLS - 1, last // GRID) + 1):
                present[cell] |= duties
        return Grid(tuple(rivals), tuple(present))


def _group_duties(duties: Sequence[Duty]) -> dict[tuple[int, int, int, int], int]:
    kinds: dict[tuple[int, int, int, int], int] = {}
    for d, duty in enumerate(duties):
        key = duty.start, duty.end, duty.start_site, duty.end_site
        kinds[key] = kinds.get(key, 0) | 1 << d
    return kinds
