"""What can go wrong on a running day, and what a day and its plan look like after it.

Minutes are from local midnight. What has happened stays: nothing that was over by `now` is changed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from solver.day import MIDNIGHT, Day, Duty, Interval, Job
from solver.plan import Assignment, Plan


@dataclass(frozen=True, slots=True)
class Absence:
    """An inspector is away within [since, until): ill, late, or held up on the road."""

    inspector: int
    since: int
    until: int = MIDNIGHT


@dataclass(frozen=True, slots=True)
class SiteClosed:
    """Nothing can be inspected at a site within [since, until)."""

    site: int
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Urgent:
    """A new job that must start from its own start on and at `latest`, included; it has no promise yet."""

    job: Job
    latest: int


@dataclass(frozen=True, slots=True)
class Overrun:
    """A job will end at a later minute than planned; its people come home later if need be."""

    job: int
    end: int


@dataclass(frozen=True, slots=True)
class EnterpriseLate:
    """A job cannot start before `ready`."""

    job: int
    ready: int


Disruption = Absence | SiteClosed | Urgent | Overrun | EnterpriseLate


@dataclass(frozen=True, slots=True)
class Disrupted:
    """A day and its plan after disruptions.

    `windows` are first and last starts that a disruption asks for, `urgent` the jobs without a promise,
    `undone` jobs that had started by the clock and did not start or were broken off: they start anew.
    """

    day: Day
    plan: Plan
    windows: Mapping[int, Interval] = field(default_factory=dict)
    urgent: frozenset[int] = frozenset()
    undone: frozenset[int] = frozenset()


def apply(day: Day, plan: Plan, disruptions: Sequence[Disruption], *, now: int) -> Disrupted:
    """Return the day after the disruptions, one after the other.

    A duty that is cut in two keeps its id before the absence; the rest gets an id above all others, and its
    jobs are put on it. Raises ValueError if a disruption names a job that is not on the day, or brings one
    that is.
    """
    found = Disrupted(day, {job.id: plan[job.id] for job in day.jobs if job.id in plan})
    for one in disruptions:
        found = _HANDLERS[type(one)](found, one, now)
    return found


def _find(day: Day, number: int) -> Job:
    for job in day.jobs:
        if job.id == number:
            return job
    msg = f"job: {number} is not on the day"
    raise ValueError(msg)


def _put(day: Day, changed: Job) -> tuple[Job, ...]:
    return tuple(changed if job.id == changed.id else job for job in day.jobs)


def _leave(found: Disrupted, event: Absence, now: int) -> Disrupted:
    day, plan, undone = found.day, dict(found.plan), set(found.undone)
    duties: list[Duty] = []
    fresh = max((duty.id for duty in day.duties), default=0) + 1
    for duty in day.duties:
        held = sorted(
            (job for job in day.jobs if duty.id in plan.get(job.id, _NOBODY).crew), key=lambda job: job.start
        )
        since = max(event.since, now) if any(job.start < now for job in held) else event.since
        if duty.inspector != event.inspector or max(since, duty.start) >= min(event.until, duty.end):
            duties.append(duty)
            continue
        parts = _cut(duty, held, since, event.until, fresh)
        duties += parts
        undone |= {job.id for job in held if job.start < now and since < job.end and job.start < event.until}
        for job in held:
            if len(parts) > 1 and job.start >= event.until:
                crew = tuple(parts[1].id if one == duty.id else one for one in plan[job.id].crew)
                plan[job.id] = replace(plan[job.id], crew=crew)
        fresh += len(parts) > 1
    return replace(found, day=replace(day, duties=tuple(duties)), plan=plan, undone=frozenset(undone))


_NOBODY = Assignment(())


def _cut(duty: Duty, held: Sequence[Job], since: int, until: int, fresh: int) -> list[Duty]:
    """Return what is left of a duty around an absence; people stay where their last job was."""
    done = [job for job in held if job.end <= since]
    place = done[-1].site if done else duty.start_site
    parts: list[Duty] = []
    if duty.start < since:
        parts.append(replace(duty, end=since, end_site=place))
    if until < duty.end:
        number = fresh if parts else duty.id
        parts.append(replace(duty, id=number, start=until, start_site=place))
    return parts


def _close(found: Disrupted, event: SiteClosed, now: int) -> Disrupted:
    since = max(event.since, now)
    if since >= event.until:
        return found
    day = found.day
    shut = (*day.site_closures.get(event.site, ()), (since, event.until))
    broken_off = {
        job.id
        for job in day.jobs
        if job.site == event.site and job.start < now and since < job.end and job.id in found.plan
    }
    closures = {**day.site_closures, event.site: shut}
    return replace(found, day=replace(day, site_closures=closures), undone=found.undone | broken_off)


def _add(found: Disrupted, event: Urgent, now: int) -> Disrupted:
    day = replace(found.day, jobs=(*found.day.jobs, event.job))
    windows = {**found.windows, event.job.id: (max(now, event.job.start), event.latest)}
    return replace(found, day=day, windows=windows, urgent=found.urgent | {event.job.id})


def _prolong(found: Disrupted, event: Overrun, now: int) -> Disrupted:
    """Let a job end later; whoever should have started meanwhile and waits for its people starts anew."""
    day, job = found.day, _find(found.day, event.job)
    finish = None if job.finish_by is None else max(job.finish_by, event.end)
    longer = replace(job, duration=event.end - job.start, finish_by=finish)
    crew = found.plan.get(job.id, _NOBODY).crew
    duties = tuple(_extend(day, duty, longer) if duty.id in crew else duty for duty in day.duties)
    closes = max(day.closes, event.end)
    waiting = {
        other.id
        for other in day.jobs
        if job.start < other.start < min(event.end, now)
        and not other.frozen
        and set(crew) & set(found.plan.get(other.id, _NOBODY).crew)
    }
    prolonged = replace(day, jobs=_put(day, longer), duties=duties, closes=closes)
    return replace(found, day=prolonged, undone=found.undone | waiting)


def _extend(day: Day, duty: Duty, job: Job) -> Duty:
    home = job.end + day.travel_between(job.site, duty.end_site)
    return replace(duty, end=min(MIDNIGHT, max(duty.end, home)))


def _delay(found: Disrupted, event: EnterpriseLate, _now: int) -> Disrupted:
    job = _find(found.day, event.job)
    if event.ready <= job.start:
        return found
    first, last = found.windows.get(job.id, (0, MIDNIGHT))
    windows = {**found.windows, job.id: (max(first, event.ready), last)}
    return replace(found, windows=windows, undone=found.undone | {job.id})


_Handler = Callable[[Disrupted, Any, int], Disrupted]  # each takes its own kind of disruption

_HANDLERS: Mapping[type[Disruption], _Handler] = {
    Absence: _leave,
    SiteClosed: _close,
    Urgent: _add,
    Overrun: _prolong,
    EnterpriseLate: _delay,
}
