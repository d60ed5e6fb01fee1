"""Lunch of one duty as constraints, exactly: it is eaten at the duty's places or beside one of its jobs.

A lunch after a job is eaten as soon as possible there, one before a job as late as possible; with travel that
obeys the triangle inequality nothing else needs to be tried. Each of these is a *host*.
"""

from collections.abc import Callable

from solver.day import Duty, Lunch
from solver.replan.model import Literal, Model, negate

_Leaves = Callable[[int], tuple[Literal, ...]]
"""By job: literals of which one must hold if the duty has that job and eats at the host."""


def can_skip(model: Model, duty: Duty) -> bool:
    """Whether the duty needs no lunch, or has no job."""
    lunch = model.day.lunch
    return lunch is None or not lunch.is_due_in(duty) or not model.users(duty.id)


def add_pause(model: Model, duty: Duty) -> None:
    """Ask for a pause that meets none of the duty's jobs: needed, but not enough, for it forgets travel."""
    lunch = model.day.lunch
    if lunch is None or can_skip(model, duty):
        return
    pause = model.model.new_int_var(lunch.earliest, lunch.latest - lunch.minutes, "")
    for number, literal in model.users(duty.id).items():
        job = model.jobs[number]
        if model.last(number) + job.duration <= lunch.earliest or model.first(number) >= lunch.latest:
            continue
        order = model.new()
        present = [] if literal is True else [literal]
        early = model.minute[number] + job.duration <= pause
        model.model.add(early).only_enforce_if([*present, order])
        late = pause + lunch.minutes <= model.minute[number]
        model.model.add(late).only_enforce_if([*present, ~order])


def add_meal(model: Model, duty: Duty) -> None:
    """Ask for a host of the duty's lunch."""
    lunch = model.day.lunch
    if lunch is None or can_skip(model, duty):
        return
    jobs = model.users(duty.id)
    hosts = [
        _add_host(model, jobs, _at_start(model, duty, lunch)),
        _add_host(model, jobs, _at_end(model, duty, lunch)),
    ]
    for job, literal in jobs.items():
        for make, bound in ((_after, _ends_in_time), (_ahead, _starts_in_time)):
            limit = bound(model, duty, lunch, job)
            if limit is False:
                continue
            host = _add_host(model, jobs, make(model, lunch, job))
            model.require(negate(host), literal)
            model.require(negate(host), limit)
            hosts.append(host)
    used = model.new()
    for literal in jobs.values():
        model.require(negate(literal), used)
    model.require(~used, *hosts)


def _add_host(model: Model, jobs: dict[int, Literal], leaves: _Leaves) -> Literal:
    host = model.new()
    for job, literal in jobs.items():
        model.require(~host, negate(literal), *leaves(job))
    return host


def _at_start(model: Model, duty: Duty, lunch: Lunch) -> _Leaves:
    def leaves(job: int) -> tuple[Literal, ...]:
        out = model.day.travel_between(duty.start_site, model.jobs[job].site)
        return (model.not_before(job, lunch.earliest + lunch.minutes + out),)

    return leaves


def _at_end(model: Model, duty: Duty, lunch: Lunch) -> _Leaves:
    def leaves(job: int) -> tuple[Literal, ...]:
        home = model.day.travel_between(model.jobs[job].site, duty.end_site) + model.jobs[job].duration
        return (model.not_after(job, lunch.latest - lunch.minutes - home),)

    return leaves


def _ends_in_time(model: Model, duty: Duty, lunch: Lunch, job: int) -> Literal:
    """Whether a lunch after the job ends within its span and early enough to go home."""
    one = model.jobs[job]
    home = model.day.travel_between(one.site, duty.end_site)
    if lunch.earliest + lunch.minutes + home > duty.end:
        return False
    latest = min(lunch.latest, duty.end - home) - lunch.minutes
    return model.not_after(job, latest - one.duration)


def _starts_in_time(model: Model, duty: Duty, lunch: Lunch, job: int) -> Literal:
    """Whether a lunch before the job begins within its span and late enough to have come there."""
    out = model.day.travel_between(duty.start_site, model.jobs[job].site)
    if duty.start + out > lunch.latest - lunch.minutes:
        return False
    return model.not_before(job, max(lunch.earliest, duty.start + out) + lunch.minutes)


def _after(model: Model, lunch: Lunch, host: int) -> _Leaves:
    def leaves(job: int) -> tuple[Literal, ...]:
        if job == host:
            return (True,)
        away = model.day.travel_between(model.jobs[host].site, model.jobs[job].site)
        behind = model.before(host, job, lunch.minutes)
        fed = model.not_before(job, lunch.earliest + lunch.minutes + away)
        return (model.before(job, host), _both(model, behind, fed))

    return leaves


def _ahead(model: Model, lunch: Lunch, host: int) -> _Leaves:
    def leaves(job: int) -> tuple[Literal, ...]:
        if job == host:
            return (True,)
        away = model.day.travel_between(model.jobs[job].site, model.jobs[host].site)
        there = model.jobs[job].duration + away
        in_front = model.before(job, host, lunch.minutes)
        fed = model.not_after(job, lunch.latest - lunch.minutes - there)
        return (model.before(host, job), _both(model, in_front, fed))

    return leaves


def _both(model: Model, one: Literal, other: Literal) -> Literal:
    if one is True or other is True:
        return other if one is True else one
    if one is False or other is False:
        return False
    literal = model.new()
    model.require(~literal, one)
    model.require(~literal, other)
    return literal
