"""The measures of waiting: pure functions of the instants that a booking and its visit left.

Definitions are those of docs/glossary; the on-site steps follow the WCO Time Release Study.
Whatever lacks one of its instants is None, never 0.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil, fsum
from statistics import median
from typing import NamedTuple

Elapsed = Callable[[datetime, datetime], timedelta]
"""How much time passes from one instant to another: clock time, or an office's time."""

NOTHING = timedelta(0)


def clock_time(begin: datetime, end: datetime) -> timedelta:
    """Return the time by the clock from `begin` to `end`, negative the other way round."""
    return end - begin


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What is known of one booking: aware instants, None where nothing was recorded."""

    arrived: datetime | None = None
    instruction_issued: datetime | None = None
    requested: datetime | None = None
    wished_from: datetime | None = None
    wished_to: datetime | None = None
    answered: datetime | None = None
    first_confirmed_start: datetime | None = None
    confirmed_start: datetime | None = None
    goods_ready: datetime | None = None
    on_site: datetime | None = None
    opened: datetime | None = None
    ended: datetime | None = None
    sampled: datetime | None = None
    result: datetime | None = None
    released: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """The waiting of one booking; times are never negative but the forecast error."""

    answer_time: timedelta | None
    slot_wait: timedelta | None
    wished_window_hit: bool | None
    on_site_wait: timedelta | None
    enterprise_lateness: timedelta | None
    customs_lateness: timedelta | None
    on_time_start: bool | None
    duration: timedelta | None
    forecast_error: timedelta | None
    instruction_to_result: timedelta | None
    request_to_end: timedelta | None
    release_time: timedelta | None


def measure(
    timeline: Timeline,
    *,
    planned: timedelta | None = None,
    tolerance: timedelta = timedelta(minutes=15),
    elapsed: Elapsed = clock_time,
) -> Measures:
    """Return the measures of one booking, by the clock or by whatever `elapsed` counts.

    Goods that nobody reported count as ready at the promise: the wait is then customs' own.
    """
    t = timeline
    ready = _latest(t.confirmed_start, t.goods_ready)
    duration = _between(t.opened, t.ended, elapsed)
    return Measures(
        answer_time=_between(t.requested, t.answered, elapsed),
        slot_wait=_between(_latest(t.requested, t.wished_from), t.first_confirmed_start, elapsed),
        wished_window_hit=_window_hit(t),
        on_site_wait=_between(ready, t.opened, elapsed),
        enterprise_lateness=_between(t.confirmed_start, t.goods_ready, elapsed),
        customs_lateness=_between(t.confirmed_start, t.on_site, elapsed),
        on_time_start=_on_time(t, tolerance),
        duration=duration,
        forecast_error=None if duration is None or planned is None else duration - planned,
        instruction_to_result=_between(t.instruction_issued, t.result, elapsed),
        request_to_end=_between(t.requested, t.ended, elapsed),
        release_time=_between(t.arrived, t.released, elapsed),
    )


def _between(begin: datetime | None, end: datetime | None, elapsed: Elapsed) -> timedelta | None:
    return None if begin is None or end is None else max(NOTHING, elapsed(begin, end))


def _latest(must: datetime | None, may: datetime | None) -> datetime | None:
    return must if must is None or may is None else max(must, may)


def _window_hit(timeline: Timeline) -> bool | None:
    """Return whether the first promise lay in the wished window [from, to), or was the exact wish."""
    start, begin, end = timeline.first_confirmed_start, timeline.wished_from, timeline.wished_to
    if start is None or begin is None or end is None:
        return None
    return start == begin or begin <= start < end


def _on_time(timeline: Timeline, tolerance: timedelta) -> bool | None:
    """Return whether customs began in time; None where the goods were not ready in time."""
    promise, opened, ready = timeline.confirmed_start, timeline.opened, timeline.goods_ready
    if promise is None or opened is None or (ready is not None and ready > promise):
        return None
    return opened <= promise + tolerance


class Step(NamedTuple):
    """A part of the release time, from one recorded instant to the next."""

    begin: str
    end: str
    time: timedelta


_HAPPENED = tuple(
    field.name
    for field in fields(Timeline)
    if field.name not in {"wished_from", "wished_to", "first_confirmed_start", "confirmed_start"}
)
"""Instants at which something happened; wishes and promises are not steps of a release."""


def release_steps(timeline: Timeline) -> tuple[Step, ...]:
    """Return the steps from arrival to release, in order of time; together they are the release time."""
    if timeline.arrived is None or timeline.released is None:
        return ()
    known: list[tuple[datetime, int, str]] = []
    for order, name in enumerate(_HAPPENED):
        instant = getattr(timeline, name)
        if instant is not None and timeline.arrived <= instant <= timeline.released:
            known.append((instant, order, name))
    known.sort()
    return tuple(Step(a[2], b[2], b[0] - a[0]) for a, b in pairwise(known))


class Summary(NamedTuple):
    """Figures of many values, in their unit; all None but n without values."""

    n: int | None
    mean: float | None
    median: float | None
    p90: float | None
    max: float | None


def summarise(values: Iterable[float]) -> Summary:
    """Return n, mean, median, 90th percentile (nearest rank) and maximum."""
    ordered = sorted(values)
    if not ordered:
        return Summary(0, None, None, None, None)
    count = len(ordered)
    rank = max(ceil(count * 9 / 10), 1)
    return Summary(count, fsum(ordered) / count, median(ordered), ordered[rank - 1], ordered[-1])


def suppress_small(summary: Summary, *, least: int = 5) -> Summary:
    """Return the summary for a public table: nothing at all of fewer than `least` values.

    No value at all is said as n = 0: it tells of nobody.
    """
    if summary.n == 0 or (summary.n is not None and summary.n >= least):
        return summary
    return Summary(None, None, None, None, None)
