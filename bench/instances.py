"""Seeded instances for measurements and tests; equal seeds give equal instances.

`open_office` is an office on a map like Beijing's: its sites lie around one of six anchors, two in three have
one to three docks; travel is ceil(great circle * 1.4 at 25 km/h). An inspector holds two to four of six
qualifications and has a duty from 08:30 to 17:30 on each of 14 working dates; one duty in ten ends at 12:30.
A request takes 20 to 60 minutes and two inspectors: the lead needs one qualification, one second in three
needs another one. Load is officer minutes on jobs / paid minutes, where lunch is not paid.

`small_day` is a day of few duties and jobs with every rule in play, for comparison with brute force.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise, permutations, product
from random import Random
from typing import Final

from solver.check import check
from solver.day import GRID, Candidate, Day, Duty, Inspector, Interval, Job, Lunch, Seat, Validity
from solver.plan import Assignment

FIRST_DATE: Final = date(2026, 3, 2)
HORIZON: Final = 14
OPENS: Final = 510
CLOSES: Final = 1050
QUALIFICATIONS: Final = ("animal", "plant", "food", "commodity", "special_articles", "cold_chain")
DURATIONS: Final = (20, 30, 40, 50, 60)

_ANCHORS: Final = (
    (40.08, 116.58),
    (40.11, 116.55),
    (39.80, 116.50),
    (40.05, 117.02),
    (39.98, 116.31),
    (39.51, 116.41),
)
_KM_PER_DEGREE: Final = 111.2
_VALID: Final[tuple[Validity, ...]] = ((date(2020, 1, 1), None),)


@dataclass(frozen=True, slots=True)
class Office:
    """An office with its sites (0 is its own), docks, travel, inspectors and 14 empty days."""

    travel: Mapping[tuple[int, int], int]
    docks: Mapping[int, tuple[int, ...]]
    sites: tuple[int, ...]
    days: tuple[Day, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A candidate with the start that the enterprise wishes."""

    candidate: Candidate
    wished: int


def target_load(days_ahead: int) -> float:
    """Return the booking curve: the load that an office has so many days ahead."""
    return 0.45 * math.exp(-days_ahead / 6)


def paid_minutes(day: Day) -> int:
    """Return the minutes of all duties of a day, lunch taken off where it is due."""
    return sum(
        duty.end - duty.start - (day.lunch.minutes if day.lunch and day.lunch.is_due_in(duty) else 0)
        for duty in day.duties
    )


def open_office(*, seed: int, inspectors: int) -> Office:
    """Return an office with a number of inspectors, one site for every two of them, and 14 empty days."""
    random = Random(f"office {seed} {inspectors}")  # noqa: S311 - instances, not secrets
    sites = tuple(range(max(6, inspectors // 2)))
    travel = _draw_map(random, len(sites))
    docks = {site: tuple(range(site * 10, site * 10 + random.randint(1, 3))) for site in sites if site % 3}
    people = tuple(
        Inspector(one, dict.fromkeys(random.sample(QUALIFICATIONS, random.randint(2, 4)), _VALID))
        for one in range(1, inspectors + 1)
    )
    days = tuple(_open_day(random, ahead, people, docks, travel) for ahead in range(HORIZON))
    return Office(travel, docks, sites, days)


def draw_requests(office: Office, *, seed: int) -> Iterator[Request]:
    """Yield an endless stream of requests for an office."""
    random = Random(f"requests {seed}")  # noqa: S311 - instances, not secrets
    while True:
        lead, second = random.sample(QUALIFICATIONS, 2)
        seats: tuple[Seat, ...] = (
            frozenset({lead}),
            frozenset({second}) if random.random() < 1 / 3 else frozenset(),
        )
        duration = random.choice(DURATIONS)
        candidate = Candidate(site=random.choice(office.sites), duration=duration, seats=seats)
        yield Request(candidate, random.randrange(OPENS, CLOSES - duration, GRID))


def _draw_map(random: Random, sites: int) -> dict[tuple[int, int], int]:
    latitude, longitude = random.choice(_ANCHORS)
    places = [(latitude, longitude)]
    places += [(random.gauss(latitude, 0.04), random.gauss(longitude, 0.05)) for _ in range(sites - 1)]
    return {
        (a, b): math.ceil(_kilometres(places[a], places[b]) * 1.4 / 25 * 60)
        for a, b in permutations(range(sites), 2)
    }


def _kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the great circle between two points in degrees; flat is exact enough within a city."""
    width = (a[1] - b[1]) * math.cos(math.radians((a[0] + b[0]) / 2))
    return math.hypot(a[0] - b[0], width) * _KM_PER_DEGREE


def _open_day(
    random: Random,
    ahead: int,
    people: tuple[Inspector, ...],
    docks: Mapping[int, tuple[int, ...]],
    travel: Mapping[tuple[int, int], int],
) -> Day:
    weeks, rest = divmod(ahead, 5)
    duties = tuple(
        Duty(1000 * ahead + one.id, one.id, OPENS, 750 if random.randrange(10) == 0 else CLOSES, 0, 0)
        for one in people
    )
    return Day(
        date=FIRST_DATE + timedelta(days=7 * weeks + rest),
        opens=OPENS,
        closes=CLOSES,
        duties=duties,
        inspectors=people,
        jobs=(),
        docks=docks,
        travel=travel,
        lunch=Lunch(),
    )


_SMALL_SITES: Final = 4
_SMALL_NAMES: Final = ("plant", "food")


def small_day(random: Random) -> tuple[Day, dict[int, Assignment]]:
    """Return a small day with a legal plan for all its jobs, made by trial and the rules alone."""
    day = _draw_small_day(random)
    plan: dict[int, Assignment] = {}
    for number in range(1, random.randint(0, 12) + 1):
        candidate = small_candidate(random, day)
        start = random.randrange(day.opens, day.closes, GRID)
        grown = replace(day, jobs=(*day.jobs, candidate.at(start, number)))
        crews = list(permutations([duty.id for duty in day.duties], len(candidate.seats)))
        rows = list(product(crews, day.docks.get(candidate.site, (None,))))
        tries = ({**plan, number: Assignment(*row)} for row in random.sample(rows, min(12, len(rows))))
        legal = next((tried for tried in tries if not check(grown, tried)), None)
        if legal is not None:
            day, plan = grown, legal
    return day, plan


def small_candidate(random: Random, day: Day) -> Candidate:
    """Return a candidate for a small day, with windows, a finish and exclusions now and then."""
    rare = random.randrange(4) == 0
    return Candidate(
        site=random.randrange(_SMALL_SITES),
        duration=random.choice((10, 20, 30, 45, 60)),
        seats=tuple(
            frozenset(random.sample(_SMALL_NAMES, random.choice((0, 0, 0, 1, 1, 2))))
            for _ in range(random.choice((1, 2, 2, 2, 2, 2, 2, 3)))
        ),
        excluded=frozenset({random.choice(day.inspectors).id}) if random.randrange(6) == 0 else frozenset(),
        finish_by=random.randrange(day.opens, day.closes) if random.randrange(6) == 0 else None,
        earliest=random.randrange(day.opens, day.closes) if rare else 0,
    )


def _draw_small_day(random: Random) -> Day:
    inspectors = tuple(_draw_small_inspector(random, one) for one in range(1, random.choice((3, 4, 4)) + 1))
    owners = [one.id for one in inspectors]
    if random.randrange(3) == 0:
        owners.append(random.choice(owners))
    docks = {site: (site * 10, site * 10 + 1)[: random.randint(1, 2)] for site in range(0, _SMALL_SITES, 2)}
    shut = random.randrange(3) == 0
    return Day(
        date=FIRST_DATE,
        opens=585,
        closes=900,
        duties=tuple(_draw_small_duty(random, number, owner) for number, owner in enumerate(owners, 100)),
        inspectors=inspectors,
        jobs=(),
        docks=docks,
        site_closures={1: (_draw_interval(random),)} if random.randrange(3) == 0 else {},
        dock_closures={0: (_draw_interval(random), _draw_interval(random))} if shut else {},
        office_closures=(_draw_interval(random),) if random.randrange(4) == 0 else (),
        travel=_draw_small_travel(random),
        lunch=Lunch() if random.randrange(5) else None,
        minimum_crew=random.choice((1, 2, 2)),
    )


def _draw_small_inspector(random: Random, number: int) -> Inspector:
    periods = (_VALID, ((FIRST_DATE, None),), ((date(2025, 1, 1), FIRST_DATE),))
    held = random.sample(_SMALL_NAMES, random.choice((0, 1, 2, 2)))
    return Inspector(number, {name: periods[random.choice((0, 0, 0, 1, 1, 2))] for name in held})


def _draw_small_duty(random: Random, number: int, owner: int) -> Duty:
    start, end = random.choice(
        ((570, 915), (570, 960), (600, 900), (645, 930), (660, 840), (585, 720), (720, 900))
    )
    return Duty(number, owner, start, end, random.randrange(_SMALL_SITES), random.randrange(_SMALL_SITES))


def _draw_small_travel(random: Random) -> dict[tuple[int, int], int]:
    """Return a metric now and then, else any minutes: insertion must be right for both."""
    pairs = list(permutations(range(_SMALL_SITES), 2))
    if random.randrange(3) == 0:
        return {pair: random.randrange(0, 40) for pair in pairs}
    places = [(random.randrange(16), random.randrange(16)) for _ in range(_SMALL_SITES)]
    return {(a, b): abs(places[a][0] - places[b][0]) + abs(places[a][1] - places[b][1]) for a, b in pairs}


def _draw_interval(random: Random) -> Interval:
    start = random.randrange(585, 880)
    return start, start + random.randrange(5, 40)


def total_travel(day: Day, plan: Mapping[int, Assignment]) -> int:
    """Return the travel minutes of all duties, from their start places to their end places."""
    jobs: Mapping[int, Job] = {job.id: job for job in day.jobs}
    total = 0
    for duty in day.duties:
        stops = sorted((jobs[job] for job, row in plan.items() if duty.id in row.crew), key=lambda j: j.start)
        sites = [duty.start_site, *(job.site for job in stops), duty.end_site]
        total += sum(day.travel_between(a, b) for a, b in pairwise(sites))
    return total
