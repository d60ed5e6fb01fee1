"""What one duty's visits make of its day: legs that are too short, and a lunch that fits nowhere."""

from collections.abc import Sequence
from itertools import pairwise

from solver.day import Lunch
from solver.oracle.layout import Layout, Visit, bits

Stop = tuple[int, int, int]
"""Start, end, site."""


def stops_of(layout: Layout, jobs: int, visit: Visit | None = None) -> list[Stop]:
    """Return the stops of a mask of jobs by start, with one more visit if there is one."""
    found = [(job.start, job.end, job.site) for job in (layout.jobs[j] for j in bits(jobs))]
    if visit is not None:
        found.append((visit.start, visit.end, visit.site))
        found.sort()
    return found


def is_legal(layout: Layout, duty: int, stops: Sequence[Stop]) -> bool:
    """Whether lunch and, where travel is not metric, every leg fit; no stop overlaps another one."""
    if not layout.metric and _has_short_leg(layout, duty, stops):
        return False
    return _eats(layout, duty, stops)


def _eats(layout: Layout, duty: int, stops: Sequence[Stop]) -> bool:
    lunch = layout.day.lunch
    if lunch is None or not layout.dines[duty] or not stops:
        return True
    start, end, origin, target = layout.kind[duty]
    travel = layout.day.travel_between
    route = [(start, start, origin), *stops, (end, end, target)]
    for (_, after, here), (before, _, there) in pairwise(route):
        if before > lunch.earliest and _fits(lunch, after, before, travel(here, there)):
            return True
        if after > lunch.latest:
            return False
    return False


def _fits(lunch: Lunch, after: int, before: int, minutes: int) -> bool:
    until = max(after, lunch.earliest) + lunch.minutes  # eaten before the travel
    if until <= lunch.latest and until + minutes <= before:
        return True
    since = min(before, lunch.latest) - lunch.minutes  # eaten after it
    return since >= lunch.earliest and after + minutes <= since


def _has_short_leg(layout: Layout, duty: int, stops: Sequence[Stop]) -> bool:
    start, end, origin, target = layout.kind[duty]
    route = [(start, start, origin), *stops, (end, end, target)] if stops else []
    travel = layout.day.travel_between
    return any(a[1] + travel(a[2], b[2]) > b[0] for a, b in pairwise(route))
