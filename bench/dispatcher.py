"""The greedy dispatcher, the peer of a re-plan: what a person at the desk does, one hurt job after the other.

Hurt jobs in order of start (then id). Each goes to the free legal crew with the least added travel at its own
start, if that is not before `now`; else it gets the earliest later start of the day, from `now` on, at which
insertion finds a crew; else it is lost. Nobody else's time, crew or dock changes. An urgent job has no own
start: it gets the earliest start of its window. A job whose enterprise is late gets the earliest start from
its readiness on. The jobs that are hurt and those that stay are the re-plan's own, `solver.replan.assess`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from solver.day import GRID, MIDNIGHT, Candidate, Day, Job
from solver.insert import Board, insert, open_starts, place, prepare
from solver.plan import Assignment, Plan
from solver.replan import Disrupted, Disruption, Reach, apply, assess


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What the dispatcher did: jobs moved (urgent ones aside), jobs lost, minutes moved."""

    moved: tuple[int, ...]
    lost: tuple[int, ...]
    minutes: int


def dispatch(day: Day, plan: Plan, disruptions: Sequence[Disruption], *, now: int) -> Dispatched:
    """Return what the greedy dispatcher makes of a disrupted day."""
    found = apply(day, plan, disruptions, now=now)
    situation = assess(found, now=now, movable=Reach(), closes=day.closes)
    kept = situation.kept
    rest = replace(situation.day, closes=day.closes)
    board = prepare(replace(rest, jobs=tuple(job for job in rest.jobs if job.id in kept)), kept)
    moved, lost, minutes = [], [], 0
    hurt = (job for job in rest.jobs if job.id not in kept)
    for job in sorted(hurt, key=lambda job: (job.start, job.id)):
        start = next(iter(_offers(board, job, found, now)), None)
        placed = None if start is None else replace(job, start=start)
        row = None if placed is None else insert(board, placed)
        if placed is None or not isinstance(row, Assignment):
            lost.append(job.id)
            continue
        board = place(board, placed, row)
        if placed.start != job.start and job.id not in found.urgent:
            moved.append(job.id)
            minutes += placed.start - job.start
    return Dispatched(tuple(moved), tuple(lost), minutes)


def _offers(board: Board, job: Job, found: Disrupted, now: int) -> list[int]:
    """Return the open starts of a job, its own one or later, earliest first."""
    first, last = found.windows.get(job.id, (0, MIDNIGHT))
    candidate = Candidate(
        site=job.site,
        duration=job.duration,
        seats=job.seats,
        excluded=job.excluded,
        finish_by=job.finish_by,
        earliest=max(job.start, now, first),
        latest=min(MIDNIGHT, last + 1),
    )
    cells = open_starts(board, candidate)
    return [start for start in range(0, MIDNIGHT, GRID) if cells >> start // GRID & 1]
