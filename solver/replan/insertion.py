"""Two quick answers: to do nothing and lose the hurt jobs, and to insert them one after the other."""

from dataclasses import replace

from solver.day import GRID, Candidate, Job
from solver.insert import insert, open_starts, place, prepare
from solver.plan import Assignment
from solver.replan.proposal import Answer
from solver.replan.situation import Situation


def do_nothing(situation: Situation) -> Answer:
    """Return the answer that keeps what can be kept as it is and loses the rest."""
    starts = {job.id: job.start for job in situation.day.jobs if job.id in situation.kept}
    return Answer(starts, situation.kept)


def insert_hurt(situation: Situation) -> Answer:
    """Return the answer that inserts hurt jobs by start, each at the possible start nearest to its own."""
    kept = situation.kept
    day = replace(situation.day, jobs=tuple(job for job in situation.day.jobs if job.id in kept))
    board = prepare(day, kept)
    starts = {job.id: job.start for job in day.jobs}
    hurt = [job for job in situation.day.jobs if job.id not in kept]
    for job in sorted(hurt, key=lambda job: (job.start, job.id)):
        candidate = _loosen(job)
        cells = open_starts(board, candidate)
        offers = [start for start in situation.starts[job.id] if cells >> start // GRID & 1]
        if not offers:
            continue
        start = min(offers, key=lambda start: (abs(start - job.start), start))
        placed = replace(job, start=start)
        found = insert(board, placed)
        if isinstance(found, Assignment):
            board = place(board, placed, found)
            starts[job.id] = start
    return Answer(starts, board.plan)


def _loosen(job: Job) -> Candidate:
    return Candidate(
        site=job.site,
        duration=job.duration,
        seats=job.seats,
        excluded=job.excluded,
        finish_by=job.finish_by,
    )
