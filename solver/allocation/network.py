"""The day as arrays: which job can follow which, who may take it, and what each step costs.

Jobs are numbered by start, duties in the order of their ids. Minutes are floats, infinite where a step is not
legal. A path from the start of a duty over jobs to its end is a legal route; where lunch is due, one of its
steps must leave time for it (the rule of `solver.check`, restated here for whole arrays).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.allocation.goal import Goal, names_told
from solver.day import Day, Duty, Job, Lunch
from solver.plan import Plan

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Hall:
    """A subset of a job's seats: at least `needed` of the duties that are `able` to take one of them.

    `whole` is all seats: then it is exactly as many.
    """

    job: int
    needed: int
    able: Flags
    whole: bool


@dataclass(frozen=True, slots=True)
class Network:
    """Jobs n and duties m, and every step of a route between them.

    `legs` (n, n) is the travel from job to job, `follows` where that is legal, `eats` where lunch fits in
    between. `first`, `last` (n, m) are the travel of a duty to its first job, less that of the empty route,
    and from its last one; `eats_first`, `eats_last` their lunch: a duty without lunch eats at once. `seats`
    (n, m) is the mask of the seats that a duty may take, `able` whether there is one. `overtime` (n, m) is
    that of a route which ends with the job, `renamed` (n, m) 1 for a name that was not told. `idle` is the
    travel of all empty routes; `shortcuts` says that any job can be left out of any route at no cost.
    """

    jobs: tuple[Job, ...]
    duties: tuple[Duty, ...]
    legs: Floats
    follows: Flags
    eats: Flags
    first: Floats
    last: Floats
    eats_first: Flags
    eats_last: Flags
    seats: Indices
    able: Flags
    overtime: Floats
    renamed: Floats
    halls: tuple[Hall, ...]
    clashes: tuple[tuple[int, int], ...]
    idle: int
    shortcuts: bool


def lay_out(day: Day, jobs: Iterable[Job], frozen: Plan, goal: Goal) -> Network:
    """Return the network of those jobs of a day that shall be crewed; `frozen` are rows that must stay.

    Raises ValueError if a travel time between two of the places is missing.
    """
    ordered = tuple(sorted(jobs, key=lambda job: (job.start, job.id)))
    duties = tuple(sorted(day.duties, key=lambda duty: duty.id))
    between = _Between(day, ordered, duties)
    start = np.array([job.start for job in ordered], dtype=float).reshape(-1, 1)
    end = np.array([job.end for job in ordered], dtype=float).reshape(-1, 1)
    opens = np.array([duty.start for duty in duties], dtype=float).reshape(1, -1)
    closes = np.array([duty.end for duty in duties], dtype=float).reshape(1, -1)
    legs, out, home = between.jobs(), between.outward(), between.homeward()
    idle = np.array([day.travel_between(duty.start_site, duty.end_site) for duty in duties], dtype=float)
    hungry = np.array([day.lunch is not None and day.lunch.is_due_in(duty) for duty in duties], dtype=bool)
    seats = _seats(day, ordered, duties, frozen)
    return Network(
        jobs=ordered,
        duties=duties,
        legs=legs,
        follows=end + legs <= start.T,
        eats=_eats(day.lunch, end, start.T, legs),
        first=np.where(opens + out <= start, out - idle, np.inf),
        last=np.where(end + home <= closes, home, np.inf),
        eats_first=_eats(day.lunch, opens, start, out) | ~hungry,
        eats_last=_eats(day.lunch, end, closes, home),
        seats=seats,
        able=seats > 0,
        overtime=_overtime(duties, goal, end + home),
        renamed=_renamed(day, ordered, duties, goal),
        halls=tuple(
            hall
            for number, job in enumerate(ordered)
            for hall in _conditions(number, seats[number], len(job.seats))
        ),
        clashes=_clashes(day, duties),
        idle=int(idle.sum()),
        shortcuts=between.is_metric(),
    )


class _Between:
    """Travel between the places of the day, as arrays."""

    def __init__(self, day: Day, jobs: tuple[Job, ...], duties: tuple[Duty, ...]) -> None:
        sites = {job.site for job in jobs}
        sites.update(duty.start_site for duty in duties)
        sites.update(duty.end_site for duty in duties)
        rank = {site: number for number, site in enumerate(sorted(sites))}
        self._minutes = np.array(
            [[day.travel_between(a, b) for b in rank] for a in rank], dtype=float
        ).reshape(len(rank), len(rank))
        self._at = np.array([rank[job.site] for job in jobs], dtype=np.intp)
        self._from = np.array([rank[duty.start_site] for duty in duties], dtype=np.intp)
        self._to = np.array([rank[duty.end_site] for duty in duties], dtype=np.intp)

    def jobs(self) -> Floats:
        return self._minutes[np.ix_(self._at, self._at)]

    def outward(self) -> Floats:
        return self._minutes[np.ix_(self._from, self._at)].T

    def homeward(self) -> Floats:
        return self._minutes[np.ix_(self._at, self._to)]

    def is_metric(self) -> bool:
        """Whether no detour is shorter: then a job can be left out of any legal route."""
        return all(
            bool((self._minutes <= self._minutes[:, [via]] + self._minutes[[via], :]).all())
            for via in range(len(self._minutes))
        )


def _eats(lunch: Lunch | None, leaves: Floats, arrives: Floats, minutes: Floats) -> Flags:
    """Whether a pause at one place fits before or after the travel of each stretch."""
    if lunch is None:
        return np.ones(minutes.shape, dtype=bool)
    before = np.maximum(leaves, lunch.earliest) + lunch.minutes
    after = np.minimum(arrives, lunch.latest) - lunch.minutes
    early = (before <= lunch.latest) & (before + minutes <= arrives)
    late = (after >= lunch.earliest) & (leaves + minutes <= after)
    return np.asarray(early | late, dtype=bool)


def _overtime(duties: tuple[Duty, ...], goal: Goal, back: Floats) -> Floats:
    paid = [max(duty.start, goal.paid_until.get(duty.id, duty.end)) for duty in duties]
    return np.asarray(np.maximum(0.0, back - np.array(paid, dtype=float).reshape(1, -1)))


def _renamed(day: Day, jobs: tuple[Job, ...], duties: tuple[Duty, ...], goal: Goal) -> Floats:
    told = names_told(day, goal)
    return np.array(
        [[job.id in told and duty.inspector not in told[job.id] for duty in duties] for job in jobs],
        dtype=float,
    ).reshape(len(jobs), len(duties))


def _seats(day: Day, jobs: tuple[Job, ...], duties: tuple[Duty, ...], frozen: Plan) -> Indices:
    """Return the mask of the seats of each job that each duty may take: of a frozen job, its crew alone."""
    held = {one.id: one.held_on(day.date) for one in day.inspectors}
    seats = np.zeros((len(jobs), len(duties)), dtype=np.intp)
    for row, job in enumerate(jobs):
        crew = set(frozen[job.id].crew) if job.id in frozen else None
        for column, duty in enumerate(duties):
            if duty.inspector in job.excluded or (crew is not None and duty.id not in crew):
                continue
            mine = held[duty.inspector]
            seats[row, column] = sum(1 << seat for seat, needs in enumerate(job.seats) if needs <= mine)
    return seats


def _conditions(job: int, masks: Indices, seats: int) -> list[Hall]:
    """Return the crew row (all seats) first, then subsets that say more than another one does."""
    found: dict[bytes, Hall] = {}
    for subset in range((1 << seats) - 1, 0, -1):
        able, needed = (masks & subset) > 0, subset.bit_count()
        known = found.get(able.tobytes())
        if known is None or known.needed < needed:
            found[able.tobytes()] = Hall(job, needed, able, needed == seats)
    return list(found.values())


def _clashes(day: Day, duties: tuple[Duty, ...]) -> tuple[tuple[int, int], ...]:
    """Return the pairs of duties of one inspector that cannot both be used."""
    by_inspector: dict[int, list[int]] = {}
    for number, duty in enumerate(duties):
        by_inspector.setdefault(duty.inspector, []).append(number)
    return tuple(
        (a, b)
        for numbers in by_inspector.values()
        for a in numbers
        for b in numbers
        if a < b and _clash(day, duties[a], duties[b])
    )


def _clash(day: Day, a: Duty, b: Duty) -> bool:
    first, second = sorted((a, b), key=lambda duty: (duty.start, duty.end, duty.id))
    return first.end + day.travel_between(first.end_site, second.start_site) > second.start


def restrict(network: Network, jobs: Indices, duties: Indices, needs: Indices) -> Network:
    """Return the part of a network for some jobs and duties; `needs` (halls) is what others leave to do."""
    rank = {job: number for number, job in enumerate(jobs.tolist())}
    place = {duty: number for number, duty in enumerate(duties.tolist())}
    block, square = np.ix_(jobs, duties), np.ix_(jobs, jobs)
    return Network(
        jobs=tuple(network.jobs[job] for job in jobs),
        duties=tuple(network.duties[duty] for duty in duties),
        legs=network.legs[square],
        follows=network.follows[square],
        eats=network.eats[square],
        first=network.first[block],
        last=network.last[block],
        eats_first=network.eats_first[block],
        eats_last=network.eats_last[block],
        seats=network.seats[block],
        able=network.able[block],
        overtime=network.overtime[block],
        renamed=network.renamed[block],
        halls=tuple(
            Hall(rank[hall.job], int(needed), hall.able[duties], hall.whole)
            for hall, needed in zip(network.halls, needs, strict=True)
            if hall.job in rank and (needed > 0 or hall.whole)
        ),
        clashes=tuple((place[a], place[b]) for a, b in network.clashes if a in place and b in place),
        idle=0,
        shortcuts=network.shortcuts,
    )
