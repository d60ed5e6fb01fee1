"""Can everybody be served without moving a promise? Asked of the oracle, one hurt job after the other.

Starts and pinned rows stay, all other crews and docks may move. Each yes holds a plan for all jobs so far;
a no means that these jobs cannot be crewed together at their starts, whatever the crews.
"""

from dataclasses import replace

from solver.day import Day, Job
from solver.oracle import Budget, Oracle, Verdict
from solver.plan import Plan
from solver.replan.proposal import Answer
from solver.replan.situation import Situation


def keep_promises(situation: Situation, *, conflicts: int) -> Answer | None:
    """Look for crews of all jobs at their own starts; urgent jobs at their earliest possible one.

    None: it is proved that there are none, or it stayed open within so many conflicts for each start.
    """
    if conflicts <= 0 or situation.standing:
        return None
    kept = situation.kept
    day = replace(situation.day, jobs=tuple(job for job in situation.day.jobs if job.id in kept))
    oracle = Oracle(day, kept)
    starts = {job.id: job.start for job in day.jobs}
    hurt = [job for job in situation.day.jobs if job.id not in kept]
    for job in sorted(hurt, key=lambda job: (job.id in situation.urgent, job.start, job.id)):
        offers = situation.starts[job.id]
        if job.id not in situation.urgent:
            offers = tuple(start for start in offers if start == job.start)
        found = _place(oracle, job, offers, conflicts)
        if found is None:
            return None
        day, plan, start = found
        starts[job.id] = start
        oracle = Oracle(day, plan, former=oracle)
    return Answer(starts, oracle.plan)


def _place(oracle: Oracle, job: Job, offers: tuple[int, ...], conflicts: int) -> tuple[Day, Plan, int] | None:
    """Return the earliest start that is proved possible if all earlier ones are proved not to be."""
    for start in offers:
        placed = replace(job, start=start)
        proof = oracle.prove(placed, budget=Budget(nodes=conflicts // 10, conflicts=conflicts))
        if proof.verdict is Verdict.YES and proof.plan is not None:
            day = replace(oracle.day, jobs=(*oracle.day.jobs, placed))
            return day, proof.plan, start
        if proof.verdict is Verdict.UNDECIDED:
            return None
    return None
