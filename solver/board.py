"""A day and its plan laid out for the search of a place: the free gaps of each inspector and of each dock.

A board is a value: `place` returns another one. Callers keep it for as long as the day's version stands.
Masks of starts have bit k for minute GRID * k.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import Final

from solver.day import CELLS, GRID, MIDNIGHT, Day, Duty, Interval, Job, Lunch
from solver.plan import Assignment, Plan

Gap = tuple[int, int, int, int, int, int, bool]
"""Duty, minute and site from which it is free, minute and site by which it must be, direct travel, and
whether the duty's only possible lunch lies here. A plain tuple: the search unpacks thousands of them."""

_BELOW: Final = tuple((1 << cells) - 1 for cells in range(CELLS + 2))


@dataclass(frozen=True, slots=True)
class Team:
    """An inspector as a possible member of a crew: valid qualifications, gaps of all usable duties."""

    inspector: int
    held: frozenset[str]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """What the search needs to know of a day and of the jobs that have an assignment so far.

    `stops` are the jobs of each duty by start, `gaps` what they leave free, `clashing` the other duties of
    the same inspector that cannot be used beside a duty, `docks` and `opening` the free time of each dock
    and of the office, `places` every site from which or to which somebody may have to travel.
    """

    day: Day
    plan: Plan
    duties: Mapping[int, Duty]
    stops: Mapping[int, tuple[Job, ...]]
    gaps: Mapping[int, tuple[Gap, ...]]
    clashing: Mapping[int, frozenset[int]]
    held: Mapping[int, frozenset[str]]
    teams: tuple[Team, ...]
    docks: Mapping[int, tuple[Interval, ...]]
    opening: tuple[Interval, ...]
    places: frozenset[int]


def prepare(day: Day, plan: Plan) -> Board:
    """Lay out the jobs of a day that the plan assigns; jobs without a row are left out.

    The plan is taken as legal for these jobs. Raises ValueError if it names a job, duty or dock that the day
    does not have, or if a travel time between two stops is missing.
    """
    duties = {duty.id: duty for duty in sorted(day.duties, key=lambda duty: duty.id)}
    stops = _stops(day, plan, duties)
    gaps = {number: _gaps(day, duty, stops[number]) for number, duty in duties.items()}
    clashing = _clashing(day)
    held = {one.id: one.held_on(day.date) for one in day.inspectors}
    return Board(
        day=day,
        plan=dict(plan),
        duties=duties,
        stops=stops,
        gaps=gaps,
        clashing=clashing,
        held=held,
        teams=_teams(duties, stops, gaps, clashing, held),
        docks=_free_docks(day, plan),
        opening=_without(((day.opens, day.closes),), day.office_closures),
        places=_places(day, plan),
    )


def place(board: Board, job: Job, assignment: Assignment) -> Board:
    """Return the board with one more job, which need not stand in the day's list of jobs.

    The assignment is taken as legal, as `insert` returns it. Raises ValueError if the job has one already.
    """
    if job.id in board.plan:
        msg = f"job: {job.id} has an assignment already"
        raise ValueError(msg)
    return _rearrange(board, board.day, frozenset(), ((job, assignment),))


def revise(board: Board, day: Day, changed: Mapping[int, Assignment | None]) -> Board:
    """Return the board after some jobs came, went or got another assignment (None: they have none now).

    `day` lists the jobs as they are now and is otherwise the board's own day. What did not change is shared:
    the cost is that of the duties concerned. The assignments are taken as legal.
    """
    standing = [(job, changed.get(job.id)) for job in day.jobs if job.id in changed]
    added = tuple((job, row) for job, row in standing if row is not None)
    return _rearrange(board, day, frozenset(board.plan.keys() & changed.keys()), added)


def _rearrange(
    board: Board, day: Day, gone: frozenset[int], added: Sequence[tuple[Job, Assignment]]
) -> Board:
    plan = {job: row for job, row in board.plan.items() if job not in gone} if gone else dict(board.plan)
    plan.update((job.id, row) for job, row in added)
    stops, gaps = dict(board.stops), dict(board.gaps)
    concerned = {duty for job in gone for duty in board.plan[job].crew}
    concerned.update(duty for _, row in added for duty in row.crew)
    for number in concerned & stops.keys():
        kept = [job for job in stops[number] if job.id not in gone]
        kept += [job for job, row in added if number in row.crew]
        stops[number] = tuple(sorted(kept, key=_by_start))
        gaps[number] = _gaps(day, board.duties[number], stops[number])
    return replace(
        board,
        day=day,
        plan=plan,
        stops=stops,
        gaps=gaps,
        teams=_teams(board.duties, stops, gaps, board.clashing, board.held),
        docks=_docks_after(board, day, plan, gone, added),
        places=board.places | {job.site for job, _ in added},
    )


def _docks_after(
    board: Board, day: Day, plan: Plan, gone: frozenset[int], added: Sequence[tuple[Job, Assignment]]
) -> Mapping[int, tuple[Interval, ...]]:
    if any(board.plan[job].dock is not None for job in gone):
        return _free_docks(day, plan)
    docks = dict(board.docks)
    for job, row in added:
        if row.dock is not None:
            docks[row.dock] = _without(docks[row.dock], ((job.start, job.end),))
    return docks


def starts_between(first: int, last: int) -> int:
    """Return the mask of the starts from first to last, both included; first >= 0, last <= MIDNIGHT."""
    if last < first:
        return 0
    return _BELOW[last // GRID + 1] & ~_BELOW[-(-first // GRID)]


def starts_within(free: Iterable[Interval], duration: int) -> int:
    """Return the mask of starts at which a job of a duration lies in one of the free intervals."""
    starts = 0
    for since, until in free:
        starts |= starts_between(since, until - duration)
    return starts


def starts_beside(closures: Sequence[Interval], duration: int) -> int:
    """Return the mask of starts of the day at which a job of a duration meets none of the closures."""
    return starts_within(_without(((0, MIDNIGHT),), closures), duration)


def legs(board: Board, site: int) -> tuple[dict[int, int], dict[int, int]]:
    """Return the minutes to a site from each place of the board, and from the site to each place."""
    travel = board.day.travel_between
    return (
        {one: travel(one, site) for one in board.places},
        {one: travel(site, one) for one in board.places},
    )


def starts_in(gap: Gap, outward: int, homeward: int, duration: int, lunch: Lunch | None) -> int:
    """Return the mask of starts at which a job fits into a gap and leaves the duty's lunch possible.

    `outward` and `homeward` are the minutes to the job's site and from it. Where the only lunch of the duty
    lies in this gap, it must fit before the job or after it, which leaves at most two ranges.
    """
    _, after, _, before, _, _, only_lunch = gap
    first, last = after + outward, before - homeward - duration
    if last < first:
        return 0
    if not only_lunch or lunch is None:
        return _BELOW[last // GRID + 1] & ~_BELOW[-(-first // GRID)]
    due, until, minutes = lunch.earliest, lunch.latest, lunch.minutes
    eaten = max(first, due) + minutes  # at the job's site, on arrival
    if eaten > until:
        eaten = max(after, due) + minutes  # else before leaving
        eaten = eaten + outward if eaten <= until else MIDNIGHT + 1
    starts = starts_between(max(first, eaten), last)
    leave = min(until, before - homeward) - minutes  # at the job's site, after it
    if leave < due:
        leave = -1
    there = min(until, before) - minutes  # at the next place, on arrival
    if there >= due:
        leave = max(leave, there - homeward)
    return starts | starts_between(first, min(last, leave - duration))


def _by_start(job: Job) -> tuple[int, int]:
    return job.start, job.id


def _stops(day: Day, plan: Plan, duties: Mapping[int, Duty]) -> dict[int, tuple[Job, ...]]:
    jobs = {job.id: job for job in day.jobs}
    stops: dict[int, list[Job]] = {number: [] for number in duties}
    for number, row in plan.items():
        if number not in jobs:
            msg = f"plan: job {number} is not on the day"
            raise ValueError(msg)
        for duty in row.crew:
            if duty not in stops:
                msg = f"plan: duty {duty} of job {number} is not on the day"
                raise ValueError(msg)
            stops[duty].append(jobs[number])
    return {number: tuple(sorted(held, key=_by_start)) for number, held in stops.items()}


def _gaps(day: Day, duty: Duty, stops: tuple[Job, ...]) -> tuple[Gap, ...]:
    points = [(duty.start, duty.start, duty.start_site)]
    points += [(job.start, job.end, job.site) for job in stops]
    points.append((duty.end, duty.end, duty.end_site))
    found = [(a[1], a[2], b[0], b[2], day.travel_between(a[2], b[2])) for a, b in pairwise(points)]
    lunch = day.lunch
    if lunch is None or not lunch.is_due_in(duty):
        return tuple((duty.id, *gap, False) for gap in found)
    pauses = [_has_pause(lunch, after, before, minutes) for after, _, before, _, minutes in found]
    total = sum(pauses)
    return tuple((duty.id, *gap, total == pause) for gap, pause in zip(found, pauses, strict=True))


def _has_pause(lunch: Lunch, after: int, before: int, minutes: int) -> bool:
    """Whether lunch fits into a gap, at its first place before the travel or at its second one after it."""
    eaten = max(after, lunch.earliest) + lunch.minutes
    if eaten <= min(lunch.latest, before - minutes):
        return True
    return max(after + minutes, lunch.earliest) + lunch.minutes <= min(lunch.latest, before)


def _clashing(day: Day) -> dict[int, frozenset[int]]:
    by_inspector: dict[int, list[Duty]] = defaultdict(list)
    for duty in sorted(day.duties, key=lambda duty: (duty.start, duty.end, duty.id)):
        by_inspector[duty.inspector].append(duty)
    clashing: dict[int, set[int]] = defaultdict(set)
    for duties in by_inspector.values():
        for a, b in combinations(duties, 2):
            if a.end + day.travel_between(a.end_site, b.start_site) > b.start:
                clashing[a.id].add(b.id)
                clashing[b.id].add(a.id)
    return {number: frozenset(others) for number, others in clashing.items()}


def _teams(
    duties: Mapping[int, Duty],
    stops: Mapping[int, tuple[Job, ...]],
    gaps: Mapping[int, tuple[Gap, ...]],
    clashing: Mapping[int, frozenset[int]],
    held: Mapping[int, frozenset[str]],
) -> tuple[Team, ...]:
    usable: dict[int, tuple[Gap, ...]] = {}
    for number, duty in duties.items():
        if number in clashing and any(stops[other] for other in clashing[number]):
            continue
        usable[duty.inspector] = usable.get(duty.inspector, ()) + gaps[number]
    return tuple(Team(one, held[one], found) for one, found in usable.items())


def _free_docks(day: Day, plan: Plan) -> dict[int, tuple[Interval, ...]]:
    busy: dict[int, list[Interval]] = {dock: [] for docks in day.docks.values() for dock in docks}
    for job in day.jobs:
        row = plan.get(job.id)
        if row is None or row.dock is None:
            continue
        if row.dock not in busy:
            msg = f"plan: dock {row.dock} of job {job.id} is not on the day"
            raise ValueError(msg)
        busy[row.dock].append((job.start, job.end))
    return {
        dock: _without(((0, MIDNIGHT),), [*taken, *day.dock_closures.get(dock, ())])
        for dock, taken in busy.items()
    }


def _without(free: Sequence[Interval], taken: Sequence[Interval]) -> tuple[Interval, ...]:
    """Return what is left of sorted free intervals when the taken ones are cut out."""
    left: list[Interval] = []
    cuts = sorted(taken)
    for since, until in free:
        start = since
        for cut_from, cut_to in cuts:
            if cut_to <= start or cut_from >= until:
                continue
            if start < cut_from:
                left.append((start, cut_from))
            start = cut_to
        if start < until:
            left.append((start, until))
    return tuple(left)


def _places(day: Day, plan: Plan) -> frozenset[int]:
    places = {job.site for job in day.jobs if job.id in plan}
    for duty in day.duties:
        places.add(duty.start_site)
        places.add(duty.end_site)
    return frozenset(places)
