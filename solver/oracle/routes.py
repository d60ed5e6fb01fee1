"""What one duty's visits make of its day: legs that are too short, and a lunch that fits nowhere."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from solver.day import Lunch
from solver.oracle.layout import Layout, Visit, bits

_Stop = tuple[int, int, int]  # start, end, site

_MOST_KNOWN: Final = 200_000


def is_legal(layout: Layout, duty: int, jobs: int, visit: Visit | None = None) -> bool:
    """Whether a duty with some jobs and perhaps a visit leaves time for lunch and for travel.

    None of them may be rivals, so that only legs where travel is not metric are looked at.
    """
    if layout.metric and not layout.dines[duty]:
        return True
    key = (layout.twin[duty], jobs, *(visit[:3] if visit else (-1, -1, -1)))
    known = layout.legal.get(key)
    if known is None:
        if len(layout.legal) >= _MOST_KNOWN:
            layout.legal.clear()
        stops = stops_of(layout, jobs, visit)
        known = layout.legal[key] = not stops or _is_legal(layout, duty, stops)
    return known


def stops_of(layout: Layout, jobs: int, visit: Visit | None = None) -> list[_Stop]:
    """Return the stops of a mask of jobs by start, with one more visit if there is one."""
    found = [(job.start, job.end, job.site) for job in [layout.jobs[j] for j in bits(jobs)]]
    if visit is not None:
        found.append((visit.start, visit.end, visit.site))
        found.sort()
    return found


def _is_legal(layout: Layout, duty: int, stops: Sequence[_Stop]) -> bool:
    if not layout.metric and _has_short_leg(layout, duty, stops):
        return False
    return _eats(layout, duty, stops)


def _eats(layout: Layout, duty: int, stops: Sequence[_Stop]) -> bool:
    lunch = layout.day.lunch
    if lunch is None or not layout.dines[duty]:
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


def _has_short_leg(layout: Layout, duty: int, stops: Sequence[_Stop]) -> bool:
    start, end, origin, target = layout.kind[duty]
    route = [(start, start, origin), *stops, (end, end, target)]
    travel = layout.day.travel_between
    return any(a[1] + travel(a[2], b[2]) > b[0] for a, b in pairwise(route))
