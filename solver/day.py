"""The problem of one office on one date, as immutable values that check themselves.

Minutes are whole numbers from local midnight, intervals are half-open, ids are whole numbers of the caller.
Every constructor raises ValueError that begins with the name of the field it refuses.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

GRID: Final = 15
"""Minutes between two starts that may be promised."""

MIDNIGHT: Final = 1440
"""Minutes of a day; nothing crosses midnight."""

CELLS: Final = MIDNIGHT // GRID
"""Starts of a day; bit k of a mask of starts is minute GRID * k."""

MOST_SEATS: Final = 6
"""Largest crew; Hall's condition looks at every subset of the seats."""

Seat = frozenset[str]
"""The qualifications that the holder of one seat must all have on the day's date."""

Interval = tuple[int, int]
"""Half-open [start, end), in minutes from local midnight."""

Validity = tuple[date, date | None]
"""Half-open [from, to) in dates; None is without end."""


def _require(holds: bool, name: str, why: str) -> None:  # noqa: FBT001 - the condition reads as the sentence
    if not holds:
        msg = f"{name}: {why}"
        raise ValueError(msg)


def _require_intervals(name: str, intervals: Iterable[Interval]) -> None:
    for start, end in intervals:
        _require(0 <= start < end <= MIDNIGHT, name, f"[{start}, {end}) is no interval of a day")


@dataclass(frozen=True, slots=True)
class Inspector:
    """Who inspects, and when each of the qualifications is valid."""

    id: int
    qualifications: Mapping[str, tuple[Validity, ...]]

    def __post_init__(self) -> None:
        for name, periods in self.qualifications.items():
            for since, until in periods:
                _require(until is None or since < until, "qualifications", f"{name} ends before it begins")

    def held_on(self, on: date) -> frozenset[str]:
        """Return the qualifications valid on a date."""
        return frozenset(
            name
            for name, periods in self.qualifications.items()
            if any(since <= on and (until is None or on < until) for since, until in periods)
        )


@dataclass(frozen=True, slots=True)
class Duty:
    """A period of one inspector at the office; the route begins and ends at its places."""

    id: int
    inspector: int
    start: int
    end: int
    start_site: int
    end_site: int

    def __post_init__(self) -> None:
        _require(
            0 <= self.start < self.end <= MIDNIGHT, "start", f"[{self.start}, {self.end}) is no duty of a day"
        )


def _require_demand(duration: int, seats: tuple[Seat, ...], finish_by: int | None) -> None:
    if 0 < duration <= MIDNIGHT and 1 <= len(seats) <= MOST_SEATS and finish_by is None:
        return  # thousands of jobs are made for one question: no texts for those that are right
    _require(0 < duration <= MIDNIGHT, "duration", f"{duration} minutes")
    _require(1 <= len(seats) <= MOST_SEATS, "seats", f"{len(seats)} seats")
    _require(finish_by is None or finish_by >= 0, "finish_by", f"{finish_by} is before midnight")


@dataclass(frozen=True, slots=True)
class Job:
    """An inspection with a fixed start; `excluded` are inspectors barred by re-inspection."""

    id: int
    site: int
    start: int
    duration: int
    seats: tuple[Seat, ...]
    excluded: frozenset[int] = frozenset()
    finish_by: int | None = None
    frozen: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.start < MIDNIGHT:
            _require(False, "start", f"minute {self.start} is not in the day")  # noqa: FBT003 - it does not hold
        _require_demand(self.duration, self.seats, self.finish_by)

    @property
    def end(self) -> int:
        """First minute after the job."""
        return self.start + self.duration


@dataclass(frozen=True, slots=True)
class Candidate:
    """A job without a start, asked for within earliest <= start < latest."""

    site: int
    duration: int
    seats: tuple[Seat, ...]
    excluded: frozenset[int] = frozenset()
    finish_by: int | None = None
    earliest: int = 0
    latest: int = MIDNIGHT

    def __post_init__(self) -> None:
        _require_demand(self.duration, self.seats, self.finish_by)
        _require(self.earliest >= 0, "earliest", f"minute {self.earliest} is before the day")
        _require(self.latest <= MIDNIGHT, "latest", f"minute {self.latest} is after the day")

    def at(self, start: int, id: int) -> Job:  # noqa: A002 - the field's name in Job
        """Return the job that this candidate becomes at a start."""
        return Job(
            id=id,
            site=self.site,
            start=start,
            duration=self.duration,
            seats=self.seats,
            excluded=self.excluded,
            finish_by=self.finish_by,
        )


@dataclass(frozen=True, slots=True)
class Lunch:
    """A pause of `minutes` within [earliest, latest), due in every duty that covers that span."""

    earliest: int = 660
    latest: int = 840
    minutes: int = 45

    def __post_init__(self) -> None:
        _require(0 <= self.earliest < self.latest <= MIDNIGHT, "earliest", "lunch has no span")
        _require(0 < self.minutes <= self.latest - self.earliest, "minutes", "lunch is longer than its span")

    def is_due_in(self, duty: Duty) -> bool:
        """Whether the duty covers the whole span, so that its holder must eat."""
        return duty.start <= self.earliest and duty.end >= self.latest


class Ways(dict[tuple[int, int], int]):
    """Travel minutes that are checked once and shared by many days; nobody changes them."""

    def __init__(self, minutes: Mapping[tuple[int, int], int]) -> None:
        super().__init__(minutes)
        _require(min(self.values(), default=0) >= 0, "travel", "minutes below zero")


@dataclass(frozen=True, slots=True)
class Day:
    """One office on one date: opening, duties, jobs, docks, closures and travel.

    A site that is absent from `docks` has none and no dock limit. `travel` holds whole minutes for each
    ordered pair of different sites that can follow each other; from a site to itself it takes none.
    A day on which the office stays shut has opens == closes.
    """

    date: date
    opens: int
    closes: int
    duties: tuple[Duty, ...]
    inspectors: tuple[Inspector, ...]
    jobs: tuple[Job, ...]
    docks: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    site_closures: Mapping[int, tuple[Interval, ...]] = field(default_factory=dict)
    dock_closures: Mapping[int, tuple[Interval, ...]] = field(default_factory=dict)
    office_closures: tuple[Interval, ...] = ()
    travel: Mapping[tuple[int, int], int] = field(default_factory=dict)
    lunch: Lunch | None = None
    minimum_crew: int = 2

    def __post_init__(self) -> None:
        _require(0 <= self.opens <= self.closes <= MIDNIGHT, "opens", f"[{self.opens}, {self.closes})")
        _require(self.minimum_crew >= 1, "minimum_crew", f"{self.minimum_crew} inspectors")
        self._require_ids()
        self._require_docks()
        _require_intervals("office_closures", self.office_closures)
        for intervals in self.site_closures.values():
            _require_intervals("site_closures", intervals)
        for intervals in self.dock_closures.values():
            _require_intervals("dock_closures", intervals)
        if not isinstance(self.travel, Ways):
            Ways(self.travel)

    def _require_ids(self) -> None:
        inspectors = {one.id for one in self.inspectors}
        _require(len(inspectors) == len(self.inspectors), "inspectors", "an id stands twice")
        _require(len({one.id for one in self.duties}) == len(self.duties), "duties", "an id stands twice")
        _require(len({one.id for one in self.jobs}) == len(self.jobs), "jobs", "an id stands twice")
        for duty in self.duties:
            _require(duty.inspector in inspectors, "duties", f"duty {duty.id} has an unknown inspector")

    def _require_docks(self) -> None:
        for site, docks in self.docks.items():
            _require(bool(docks), "docks", f"site {site} has an empty list; leave it out")
        every = [dock for docks in self.docks.values() for dock in docks]
        _require(len(set(every)) == len(every), "docks", "a dock stands twice")

    def travel_between(self, origin: int, destination: int) -> int:
        """Return the minutes from one site to another; ValueError where the ordered pair is missing."""
        if origin == destination:
            return 0
        try:
            return self.travel[origin, destination]
        except KeyError:
            msg = f"travel: no minutes from site {origin} to site {destination}"
            raise ValueError(msg) from None
