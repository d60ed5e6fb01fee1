"""Can everybody be served without moving a promise? Asked of the oracle, one hurt job after the other.

Starts and pinned rows stay, all other crews and docks may move. Each yes holds a plan for all jobs so far;
a no means that these jobs cannot be crewed together at their starts, whatever the crews.
"""

from dataclasses import dataclass, replace

from solver.day import Day, Job
from solver.oracle import Budget, Oracle, Verdict
from solver.plan import Plan
from solver.replan.proposal import Answer
from solver.replan.situation import Situation


@dataclass(frozen=True, slots=True)
class Still:
    """An answer without a moved or lost promise (`answer`), or the proof that there is none (`refuted`)."""

    answer: Answer | None = None
    refuted: bool = False


def keep_promises(situation: Situation, *, conflicts: int) -> Still:
    """Look for crews of all jobs at their own starts; urgent jobs at their earliest possible one."""
    if conflicts <= 0 or situation.standing:
        return Still()
    kept = situation.kept
    day = replace(situation.day, jobs=tuple(job for job in situation.day.jobs if job.id in kept))
    oracle = Oracle(day, kept)
    starts = {job.id: job.start for job in day.jobs}
    hurt = [job for job in situation.day.jobs if job.id not in kept]
    for job in sorted(hurt, key=lambda job: (job.id in situation.urgent, job.start, job.id)):
        offers = situation.starts[job.id]
        if job.id not in situation.urgent:
            offers = tuple(start for start in offers if start == job.start)
        verdict, found = _place(oracle, job, offers, conflicts)
        if verdict is not Verdict.YES or found is None:
            return Still(refuted=verdict is Verdict.NO)
        day, plan, start = found
        starts[job.id] = start
        oracle = Oracle(day, plan, former=oracle)
    return Still(Answer(starts, oracle.plan))


def _place(
    oracle: Oracle, job: Job, offers: tuple[int, ...], conflicts: int
) -> tuple[Verdict, tuple[Day, Plan, int] | None]:
    """Return the earliest start that is proved possible if all earlier ones are proved not to be."""
    for start in offers:
        placed = replace(job, start=start)
        proof = oracle.prove(placed, budget=Budget(nodes=conflicts // 10, conflicts=conflicts))
        if proof.verdict is Verdict.YES and proof.plan is not None:
            day = replace(oracle.day, jobs=(*oracle.day.jobs, placed))
            return Verdict.YES, (day, proof.plan, start)
        if proof.verdict is Verdict.UNDECIDED:
            return Verdict.UNDECIDED, None
    return Verdict.NO, None
