"""Where a job can be inserted into a day without changing anybody else, and the best crew for it there.

`prepare` lays a day out once per version; all questions are then asked of the board, which callers may keep.
`open_starts` and `insert` answer alike: a start is open if and only if `insert` finds an assignment there,
as long as its budget of nodes is not used up.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from solver import reasons
from solver.board import (
    Board,
    legs,
    place,
    prepare,
    starts_beside,
    starts_between,
    starts_in,
    starts_within,
)
from solver.check import check
from solver.crew import Member, choose, find_shortage, starts_with_crew
from solver.day import GRID, Candidate, Day, Interval, Job, Seat
from solver.plan import Assignment, Plan

__all__ = [
    "Board",
    "NoPlace",
    "Recrewed",
    "calendar_starts",
    "find_obstacle",
    "insert",
    "open_starts",
    "openings",
    "place",
    "place_all",
    "prepare",
    "recrew",
    "starts_at_docks",
    "why_not",
]


@dataclass(frozen=True, slots=True)
class NoPlace:
    """Why a job has no place: a code of `solver.reasons.NO_PLACE` with the numbers of the case.

    For reasons about people, `seats` are the positions that cannot be filled together and `qualifications`
    what their holders must have.
    """

    reason: str
    numbers: Mapping[str, int] = field(default_factory=dict)
    seats: tuple[int, ...] = ()
    qualifications: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recrewed:
    """A plan, and the jobs that found no place in it, by start, with the reason of each."""

    plan: Plan
    failed: tuple[tuple[int, NoPlace], ...]


def open_starts(board: Board, candidate: Candidate) -> int:
    """Return the mask of starts (bit k is minute 15 * k) at which the candidate can be inserted.

    Nobody else's crew, dock or time changes. Raises ValueError if a travel time to
    or from the site is missing.
    """
    if len(candidate.seats) < board.day.minimum_crew:
        return 0
    allowed = _allowed_starts(board, candidate)
    if not allowed:
        return 0
    outward, homeward = legs(board, candidate.site)
    duration, lunch, excluded = candidate.duration, board.day.lunch, candidate.excluded
    free: list[tuple[int, int]] = []
    for team in board.teams:
        able = _able(team.held, candidate.seats)
        if not able or team.inspector in excluded:
            continue
        starts = 0
        for gap in team.gaps:
            starts |= starts_in(gap, outward[gap[2]], homeward[gap[4]], duration, lunch)
        starts &= allowed
        if starts:
            free.append((able, starts))
    return starts_with_crew(free, len(candidate.seats), allowed)


def calendar_starts(day: Day, candidate: Candidate) -> int:
    """Return the starts that opening, closures of office and site, the window and the finish leave."""
    duration = candidate.duration
    finish = day.closes if candidate.finish_by is None else min(day.closes, candidate.finish_by)
    starts = starts_between(max(day.opens, candidate.earliest), min(finish - duration, candidate.latest - 1))
    if day.office_closures:
        starts &= starts_beside(day.office_closures, duration)
    if candidate.site in day.site_closures:
        starts &= starts_beside(day.site_closures[candidate.site], duration)
    return starts


def starts_at_docks(board: Board, candidate: Candidate) -> int:
    """Return the starts at which the candidate's site, which has docks, has one that is free and open."""
    starts = 0
    for dock in board.day.docks[candidate.site]:
        starts |= starts_within(board.docks[dock], candidate.duration)
    return starts


def openings(boards: Sequence[Board], candidate: Candidate | Sequence[Candidate]) -> list[int]:
    """Return the open starts of each board: an office's days in one call.

    `candidate` is one for all days, or one for each (whose window differs today, say).
    """
    each = [candidate] * len(boards) if isinstance(candidate, Candidate) else candidate
    return [open_starts(board, asked) for board, asked in zip(boards, each, strict=True)]


def insert(board: Board, job: Job, *, budget: int = 10_000) -> Assignment | NoPlace:
    """Return the legal crew with the least added travel and the lowest free dock, or why there is no place.

    Ties go to the lower duty ids, seat by seat. `budget` bounds the search for the crew, in nodes: when it
    ends, the best crew so far is taken; with none so far the reason is `undecided`. The result is not on the
    board yet: see `place`. Raises ValueError if the job has an assignment already.
    """
    if job.id in board.plan:
        msg = f"job: {job.id} has an assignment already"
        raise ValueError(msg)
    obstacle = find_obstacle(board.day, job) or _dock_obstacle(board, job)
    if obstacle is not None:
        return obstacle
    members = _members(board, job)
    obstacle = _shortage(board, job, members)
    if obstacle is not None:
        return obstacle
    crew = choose(members, len(job.seats), budget=budget)
    if crew is None:
        return NoPlace(reasons.UNDECIDED, {"budget": budget})
    return Assignment(crew, min(_open_docks(board, job), default=None))


def why_not(board: Board, job: Job) -> NoPlace | None:
    """Return why a job cannot be inserted at its start, or None if it can."""
    return (
        find_obstacle(board.day, job)
        or _dock_obstacle(board, job)
        or _shortage(board, job, _members(board, job))
    )


def find_obstacle(day: Day, job: Job) -> NoPlace | None:
    """Return what speaks against a job at its time before anybody's plan is looked at."""
    return _time_obstacle(day, job) or _demand_obstacle(day, job)


def recrew(day: Day, plan: Plan, hurt: Collection[int]) -> Recrewed:
    """Take the hurt jobs out of the plan and insert them again in order of start.

    All other rows stay, frozen ones too, unless they are not legal among themselves once the hurt ones are
    out: then their jobs count as hurt. Rows of hurt jobs may name duties or docks that the day no longer has.
    The resulting plan passes `check` for every job but the failed ones. Raises ValueError if a row that is
    not hurt belongs to a job that is not on the day.
    """
    wanted, known = set(hurt), {job.id for job in day.jobs}
    while True:
        kept = {number: row for number, row in plan.items() if number not in wanted}
        rest = replace(day, jobs=tuple(job for job in day.jobs if job.id in kept))
        broken = {job for found in check(rest, kept) for job in found.jobs} & known
        if not broken:
            break
        wanted |= broken
    return _insert_in_order(prepare(day, kept), [job for job in day.jobs if job.id in wanted])


def place_all(day: Day, jobs: Iterable[Job], *, plan: Plan | None = None) -> Recrewed:
    """Insert jobs by start, those with more seats first on ties, beside the plan that the day may have.

    For the cut-over: existing appointments are proved together. The jobs need not stand in the day's list;
    with equal start and seats their given order holds.
    """
    return _insert_in_order(prepare(day, plan or {}), jobs)


def _insert_in_order(board: Board, jobs: Iterable[Job]) -> Recrewed:
    failed: list[tuple[int, NoPlace]] = []
    for job in sorted(jobs, key=lambda job: (job.start, -len(job.seats))):
        found = insert(board, job)
        if isinstance(found, NoPlace):
            failed.append((job.id, found))
        else:
            board = place(board, job, found)
    return Recrewed(board.plan, tuple(failed))


def _able(held: frozenset[str], seats: tuple[Seat, ...]) -> int:
    able = 0
    for number, seat in enumerate(seats):
        if seat <= held:
            able |= 1 << number
    return able


def _allowed_starts(board: Board, candidate: Candidate) -> int:
    """Return the starts that opening, closures, docks, the window and the finish leave, crews aside."""
    starts = calendar_starts(board.day, candidate)
    if candidate.site in board.day.docks:
        starts &= starts_at_docks(board, candidate)
    return starts


def _meets(job: Job, closures: Iterable[Interval]) -> Interval | None:
    return next(((since, until) for since, until in closures if since < job.end and job.start < until), None)


def _time_obstacle(day: Day, job: Job) -> NoPlace | None:
    if job.start % GRID:
        return NoPlace(reasons.OFF_GRID, {"start": job.start, "grid": GRID})
    if job.start < day.opens or job.end > day.closes:
        numbers = {"start": job.start, "end": job.end, "opens": day.opens, "closes": day.closes}
        return NoPlace(reasons.OUTSIDE_OPENING, numbers)
    if closure := _meets(job, day.office_closures):
        return NoPlace(reasons.OFFICE_CLOSED, {"from": closure[0], "to": closure[1]})
    if closure := _meets(job, day.site_closures.get(job.site, ())):
        return NoPlace(reasons.SITE_CLOSED, {"site": job.site, "from": closure[0], "to": closure[1]})
    return None


def _demand_obstacle(day: Day, job: Job) -> NoPlace | None:
    if job.finish_by is not None and job.end > job.finish_by:
        return NoPlace(reasons.TOO_LATE_TO_FINISH, {"end": job.end, "finish_by": job.finish_by})
    if len(job.seats) < day.minimum_crew:
        return NoPlace(reasons.CREW_TOO_SMALL, {"seats": len(job.seats), "minimum": day.minimum_crew})
    return None


def _open_docks(board: Board, job: Job) -> list[int]:
    return [
        dock
        for dock in board.day.docks.get(job.site, ())
        if any(since <= job.start and job.end <= until for since, until in board.docks[dock])
    ]


def _dock_obstacle(board: Board, job: Job) -> NoPlace | None:
    if job.site not in board.day.docks or _open_docks(board, job):
        return None
    return NoPlace(reasons.NO_DOCK, {"site": job.site, "docks": len(board.day.docks[job.site])})


def _members(board: Board, job: Job) -> list[Member]:
    """Return who can take a seat of the job at its start, each with the duty that adds the least travel."""
    outward, homeward = legs(board, job.site)
    lunch, start = board.day.lunch, job.start // GRID
    members: list[Member] = []
    for team in board.teams:
        able = _able(team.held, job.seats)
        if not able or team.inspector in job.excluded:
            continue
        offers = [
            (outward[gap[2]] + homeward[gap[4]] - gap[5], gap[0])
            for gap in team.gaps
            if starts_in(gap, outward[gap[2]], homeward[gap[4]], job.duration, lunch) >> start & 1
        ]
        if offers:
            members.append((*min(offers), able))
    return members


def _shortage(board: Board, job: Job, members: Sequence[Member]) -> NoPlace | None:
    """Return the seats that the free inspectors cannot fill together, and why nobody else can."""
    able = [member[2] for member in members]
    if not find_shortage(able, len(job.seats)):
        return None
    duty = {d.inspector for d in board.duties.values() if d.start <= job.start and job.end <= d.end}
    on_duty = {one: _able(board.held[one], job.seats) for one in duty}
    stages = (
        (reasons.NO_QUALIFIED_INSPECTOR, list(on_duty.values())),
        (reasons.EXCLUDED, [able for one, able in on_duty.items() if one not in job.excluded]),
        (reasons.CREW_BUSY, able),
    )
    for reason, present in stages:
        short = find_shortage(present, len(job.seats))
        if short:
            seats = tuple(number for number in range(len(job.seats)) if short >> number & 1)
            names = sorted(set().union(*(job.seats[number] for number in seats)))
            numbers = {"needed": len(seats), "found": sum(1 for one in present if one & short)}
            return NoPlace(reason, numbers, seats, tuple(names))
    return None
