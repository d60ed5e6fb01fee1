"""Seeded days on which every visit can be crewed, because a plan was drawn first; equal seeds, equal days.

`planted_day(seed, inspectors, jobs, load)`: all duties run from 08:30 to 17:30 and begin and end at the
office's own site 0, lunch is 45 minutes between 11:00 and 14:00. The sites (one for every two inspectors, at
least six) lie around the office with a standard deviation of 1.7 km; travel is ceil(great circle * 1.4 at
25 km/h). Inspectors form pairs, and each pair drives a round of its own: equally many visits, mostly one more
at the same site (the more so the higher the load), on the 15-minute grid, cut in length until the load
(officer minutes on visits / paid minutes, lunch not paid) is met. The lead of a visit needs one of six
qualifications that the pair's lead has, one second in three needs another one that the second has; an
inspector has two to four. Two sites in three have docks, as many as the
round needs at a time, now and then one more. Whoever solves the day sees neither pairs nor rounds.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, permutations
from random import Random

from bench.instances import CLOSES, FIRST_DATE, OPENS, QUALIFICATIONS
from solver.check import check
from solver.day import GRID, Day, Duty, Inspector, Job, Lunch, Seat
from solver.plan import Assignment

_KM_PER_DEGREE = 111.2
_CENTRE = (40.08, 116.58)
_SPREAD = 1.7
_SHORTEST = 15
_STEP = 5

Travel = Mapping[tuple[int, int], int]

LUNCH = Lunch()
_VALID = ((FIRST_DATE, None),)


@dataclass(frozen=True, slots=True)
class Planted:
    """A day, the plan that it was drawn from, and officer minutes on visits / paid minutes."""

    day: Day
    plan: Mapping[int, Assignment]
    load: float


@dataclass(frozen=True, slots=True)
class _Visit:
    start: int
    site: int
    minutes: int
    crew: tuple[int, int]


def planted_day(*, seed: int, inspectors: int, jobs: int, load: float) -> Planted:
    """Return a day of so many inspectors (an even number) and visits with about that load."""
    random = Random(f"planted {seed} {inspectors} {jobs} {load}")  # noqa: S311 - instances, not secrets
    travel = _draw_map(random, max(6, inspectors // 2))
    people = tuple(
        Inspector(one, dict.fromkeys(random.sample(QUALIFICATIONS, random.randint(2, 4)), _VALID))
        for one in range(1, inspectors + 1)
    )
    visits = _draw_rounds(random, inspectors, jobs, load, travel)
    drawn = [_draw_job(random, number, visit, people) for number, visit in enumerate(visits, 1)]
    day = Day(
        date=FIRST_DATE,
        opens=OPENS,
        closes=CLOSES,
        duties=tuple(Duty(100 + one.id, one.id, OPENS, CLOSES, 0, 0) for one in people),
        inspectors=people,
        jobs=tuple(job for job, _ in drawn),
        travel=travel,
        lunch=LUNCH,
    )
    docks, docked = _draw_docks(random, day)
    plan = {job.id: Assignment(crew, docked.get(job.id)) for job, crew in drawn}
    day = replace(day, docks=docks)
    if found := check(day, plan):
        msg = f"the planted plan is not legal: {found[:3]}"
        raise AssertionError(msg)
    minutes = sum(job.duration * len(job.seats) for job in day.jobs)
    return Planted(day, plan, minutes / (inspectors * (CLOSES - OPENS - LUNCH.minutes)))


def _draw_map(random: Random, sites: int) -> dict[tuple[int, int], int]:
    width = _KM_PER_DEGREE * math.cos(math.radians(_CENTRE[0]))
    places = [_CENTRE]
    places += [
        (
            random.gauss(_CENTRE[0], _SPREAD / _KM_PER_DEGREE),
            random.gauss(_CENTRE[1], _SPREAD / width),
        )
        for _ in range(sites - 1)
    ]

    def minutes(a: tuple[float, float], b: tuple[float, float]) -> int:
        kilometres = math.hypot((a[0] - b[0]) * _KM_PER_DEGREE, (a[1] - b[1]) * width)
        return math.ceil(kilometres * 1.4 / 25 * 60)

    return {(a, b): minutes(places[a], places[b]) for a, b in permutations(range(sites), 2)}


def _draw_rounds(random: Random, inspectors: int, jobs: int, load: float, travel: Travel) -> list[_Visit]:
    order = random.sample(range(1, inspectors + 1), inspectors)
    pairs = list(zip(order[::2], order[1::2], strict=True))
    visits: list[_Visit] = []
    for number, pair in enumerate(pairs):
        count = jobs // len(pairs) + (number < jobs % len(pairs))
        drawn = None
        while drawn is None:
            drawn = _try_round(random, count, load, travel)
        visits += [_Visit(start, site, minutes, pair) for start, site, minutes in drawn]
    return sorted(visits, key=lambda visit: (visit.start, visit.site, visit.crew))


def _try_round(random: Random, count: int, load: float, travel: Travel) -> list[tuple[int, int, int]] | None:
    """Return start, site and minutes of each visit of a round, None if this draw does not fit."""
    sites = [random.randrange(1 + max(a for a, _ in travel))]
    while len(sites) < count:
        stays = random.random() < 0.5 + load / 2
        sites.append(sites[-1] if stays else random.randrange(1 + max(a for a, _ in travel)))
    begins = OPENS + _to_grid(travel.get((0, sites[0]), 0))
    free = CLOSES - travel.get((sites[-1], 0), 0) - begins - LUNCH.minutes
    cycles = [2 * GRID] * count
    for _ in range(free // GRID - 2 * count):
        cycles[random.randrange(count)] += GRID
    moves = [travel.get(leg, 0) for leg in pairwise(sites)]
    minutes = [cycle - move for cycle, move in zip(cycles, [*moves, 0], strict=True)]
    surplus = sum(minutes) - load * (CLOSES - OPENS - LUNCH.minutes)
    if min(minutes) < _SHORTEST or sum(cycles) > free or surplus < 0:
        return None
    while surplus >= _STEP:
        one = random.choice([one for one in range(count) if minutes[one] >= _SHORTEST + _STEP])
        minutes[one] -= _STEP
        surplus -= _STEP
    return _with_lunch(random, begins, cycles, list(zip(sites, minutes, strict=True)))


def _with_lunch(
    random: Random, begins: int, cycles: Sequence[int], visits: Sequence[tuple[int, int]]
) -> list[tuple[int, int, int]] | None:
    starts = [begins + sum(cycles[:one]) for one in range(len(cycles))]
    breaks = [
        one for one, start in enumerate(starts) if LUNCH.earliest <= start <= LUNCH.latest - LUNCH.minutes
    ]
    if not breaks:
        return None
    lunch = random.choice(breaks)
    return [
        (start + (LUNCH.minutes if one >= lunch else 0), site, minutes)
        for one, (start, (site, minutes)) in enumerate(zip(starts, visits, strict=True))
    ]


def _to_grid(minutes: int) -> int:
    return -(-minutes // GRID) * GRID


def _draw_job(
    random: Random, number: int, visit: _Visit, people: Sequence[Inspector]
) -> tuple[Job, tuple[int, int]]:
    """Return the job of a visit and its crew, the lead first."""
    crew = visit.crew[:: random.choice((1, -1))]
    lead = random.choice(sorted(people[crew[0] - 1].qualifications))
    others = sorted(set(people[crew[1] - 1].qualifications) - {lead})
    second: Seat = frozenset({random.choice(others)}) if random.random() < 1 / 3 else frozenset()
    job = Job(number, visit.site, visit.start, visit.minutes, (frozenset({lead}), second))
    return job, (100 + crew[0], 100 + crew[1])


def _draw_docks(random: Random, day: Day) -> tuple[dict[int, tuple[int, ...]], dict[int, int]]:
    """Return the docks of two sites in three, and who stands where in the planted plan."""
    docks: dict[int, tuple[int, ...]] = {}
    docked: dict[int, int] = {}
    for site in sorted({job.site for job in day.jobs if job.site % 3}):
        busy_until: list[int] = []
        for job in (job for job in day.jobs if job.site == site):
            free = next(
                (dock for dock, until in enumerate(busy_until) if until <= job.start), len(busy_until)
            )
            busy_until[free : free + 1] = [job.end]
            docked[job.id] = 10 * site + free
        docks[site] = tuple(10 * site + dock for dock in range(len(busy_until) + random.randrange(2)))
    return docks, docked
