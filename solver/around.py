"""The part of a day that one job's crew and dock can touch, so that a promise is checked at its own size."""

from dataclasses import replace

from solver.board import Board
from solver.day import Day, Job
from solver.plan import Assignment, Plan


def cut_around(board: Board, job: Job, assignment: Assignment) -> tuple[Day, Plan]:
    """Return the day and plan of one more job with all that it can disturb, for `solver.check`.

    Each rule of `check` speaks of one job, one inspector's duties or one dock. On a day that is legal
    without the job, whatever its assignment breaks is therefore broken among the jobs of its crew's
    inspectors and at its dock: they are kept, everything else is left out. Rows of colleagues stay whole,
    with the colleagues' duties, so that a day cut out of a legal one is legal wherever ways keep the
    triangle inequality (elsewhere the whole day has the last word).
    """
    inspectors = {board.duties[duty].inspector for duty in assignment.crew if duty in board.duties}
    near = {
        one.id: one
        for duty in board.duties.values()
        if duty.inspector in inspectors
        for one in board.stops[duty.id]
    }
    if assignment.dock is not None:
        near.update((one.id, one) for one in board.day.jobs if _stands_at(board, one, assignment.dock))
    plan = {number: board.plan[number] for number in near}
    crews = {duty for row in (*plan.values(), assignment) for duty in row.crew}
    duties = tuple(duty for duty in board.day.duties if duty.id in crews or duty.inspector in inspectors)
    people = {duty.inspector for duty in duties}
    cut = replace(
        board.day,
        jobs=(*near.values(), job),
        duties=duties,
        inspectors=tuple(one for one in board.day.inspectors if one.id in people),
    )
    return cut, {**plan, job.id: assignment}


def _stands_at(board: Board, job: Job, dock: int) -> bool:
    row = board.plan.get(job.id)
    return row is not None and row.dock == dock
