"""Which rule refuses a start, or which promises hold the crews and docks that it would need."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from solver import reasons
from solver.day import Job, Seat
from solver.explain.case import Case, open_case
from solver.explain.shrink import shrink
from solver.insert import NoPlace, find_obstacle, why_not
from solver.oracle import Budget, Oracle, Proof, Verdict
from solver.oracle.budget import Purse
from solver.oracle.layout import bits

DEFAULT: Final = Budget(nodes=160, conflicts=24_000)
"""Work of the proof, and conflicts of all that is proved about the promises."""

_QUICK: Final = 48
"""One part in so many of the conflicts is what one trial may cost,"""

_THOROUGH: Final = 4
"""and one in so many of those left over, where that did not do."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a job cannot have a start: `reason` is a code of `solver.reasons`, `numbers` are those of the case.

    `possible`: it can. `undecided`: the budget did not do. `plan_broken`: the stored plan breaks a rule.
    Rules that speak without any promise have no jobs. For `no_dock`, `crew_busy` (a Hall set) and
    `no_crewing`, `jobs` exclude the new one even if nothing else was on the day, and without any one of them
    they would not. `leaving` are promises without which the start is possible while all others stay: a single
    one if one of `jobs` will do, else a set, not always the smallest, of which nobody can stay; it is empty
    if none was found. `minimal` tells whether all this is proved; if not, `jobs` still exclude the new one
    and the leaving of `leaving` still helps, but either may name more than it takes.

    `seats` are the positions that cannot be filled together beside `jobs`: of the `needed` ones, at most
    `found` can. `qualifications` are those of them that matter: none if not even anybody could be spared.
    """

    reason: str
    jobs: tuple[int, ...] = ()
    leaving: tuple[int, ...] = ()
    seats: tuple[int, ...] = ()
    qualifications: tuple[str, ...] = ()
    numbers: Mapping[str, int] = field(default_factory=dict)
    minimal: bool = True


def explain(asked: Oracle | Case, job: Job, *, budget: Budget | None = None) -> Explanation:
    """Return why a job, which is not on the day yet, cannot start when it says.

    Several questions about one day are cheaper to a `Case`. The budget bounds the proof that the start is
    refused, and once more the search for the promises.
    Raises ValueError if the job is on the day already, or if a travel time is missing.
    """
    case, limit = open_case(asked), budget or DEFAULT
    obstacle = find_obstacle(case.oracle.day, job)
    if obstacle is not None:
        return _of_rule(obstacle)
    proof = case.oracle.prove(job, budget=limit)
    if proof.verdict is Verdict.YES:
        return Explanation(reasons.POSSIBLE)
    if proof.verdict is Verdict.UNDECIDED:
        reason = reasons.UNDECIDED if proof.refusal is None else proof.refusal.reason
        return Explanation(reason, minimal=False)
    alone = why_not(case.empty, job)
    if alone is not None:
        return _of_rule(alone)
    return _of_promises(case, job, proof, Purse(limit, share=_QUICK))


def _of_rule(refusal: NoPlace) -> Explanation:
    """Return what refuses a job on an empty day: nobody is busy there, but may be too far away."""
    reason = reasons.OUT_OF_REACH if refusal.reason == reasons.CREW_BUSY else refusal.reason
    return Explanation(
        reason, seats=refusal.seats, qualifications=refusal.qualifications, numbers=refusal.numbers
    )


def _of_promises(case: Case, job: Job, proof: Proof, purse: Purse) -> Explanation:
    """Return the promises that refuse a job which an empty day could take."""
    hall = case.mask(proof.rivals)
    conflict, is_minimal = _find_conflict(case, job, hall or case.everyone, purse)
    leaving, is_irreducible = _find_leaving(case, job, conflict, purse)
    found = Explanation(
        reasons.CREW_BUSY if hall else reasons.NO_CREWING,
        jobs=case.ids(conflict),
        leaving=case.ids(leaving),
        minimal=is_minimal and is_irreducible,
    )
    if case.can_park(job, conflict) is False:
        numbers = {"site": job.site, "docks": len(case.oracle.day.docks[job.site])}
        return replace(found, reason=reasons.NO_DOCK, numbers=numbers)
    demand = _weaken(case, job, conflict, purse)
    return replace(
        found,
        seats=tuple(demand),
        qualifications=tuple(sorted(set().union(*demand.values()))),
        numbers={"needed": len(demand), "found": len(demand) - 1},
    )


def _find_conflict(case: Case, job: Job, known: int, purse: Purse) -> tuple[int, bool]:
    """Return some of known promises that exclude the job by themselves, and whether none can be spared."""

    def prove(kept: int) -> tuple[Verdict, int]:
        trial = case.try_among(job, kept, purse)
        return trial.verdict, trial.conflict

    verdict, enough = prove(known)
    if verdict is Verdict.NO:
        known = enough
    far_first = sorted(bits(known), key=partial(_distance, case, job), reverse=True)
    return shrink(known, far_first, prove, wanted=Verdict.NO, purse=purse)


def _find_leaving(case: Case, job: Job, conflict: int, purse: Purse) -> tuple[int, bool]:
    """Return promises without which the job has a place, and whether each of them has to leave.

    If no single one of the conflict does, conflicts are taken away until there is a place (all that is in
    the way of the job, where the budget does not do), and then as many promises as possible are put back.
    """
    near_first = sorted(bits(conflict), key=partial(_distance, case, job))
    for one in near_first:
        if case.try_without(job, 1 << one, purse).verdict is Verdict.YES:
            return 1 << one, True
    gone, rivals = conflict, case.rivals(job)
    while (trial := case.try_without(job, gone, purse)).verdict is not Verdict.YES:
        more = trial.conflict if trial.verdict is Verdict.NO else rivals
        if not more & ~gone:
            return 0, False
        gone |= more
    gone, is_minimal = _put_back(case, job, gone, purse)
    if is_minimal:
        return gone, True
    return _put_back(case, job, gone, Purse(Budget(0, purse.conflicts), share=_THOROUGH))


def _put_back(case: Case, job: Job, gone: int, purse: Purse) -> tuple[int, bool]:
    """Return who has to leave of promises without which there is a place, and whether it takes them all."""
    far_first = sorted(bits(gone), key=partial(_distance, case, job), reverse=True)
    return shrink(
        gone,
        far_first,
        lambda some: (case.try_without(job, some, purse).verdict, some),
        wanted=Verdict.YES,
        purse=purse,
    )


def _distance(case: Case, job: Job, number: int) -> tuple[bool, int, int]:
    """Order promises: those that are frozen are the last to be asked, then those at other times."""
    other = case.layout.jobs[number]
    return other.frozen, abs(other.start - job.start), other.id


def _weaken(case: Case, job: Job, conflict: int, purse: Purse) -> dict[int, Seat]:
    """Return seats of the job which suffice for the conflict, with no qualification that it does not need."""
    demand = dict(enumerate(job.seats))

    def is_refused(seats: Mapping[int, Seat]) -> bool:
        if not seats:
            return False
        asked = replace(job, seats=tuple(seats.values()))
        return case.try_among(asked, conflict, purse).verdict is Verdict.NO

    for seat in range(len(job.seats)):
        fewer = {number: names for number, names in demand.items() if number != seat}
        if is_refused(fewer):
            demand = fewer
    for seat in tuple(demand):
        looser = {**demand, seat: frozenset[str]()}
        if demand[seat] and is_refused(looser):
            demand = looser
    return demand
