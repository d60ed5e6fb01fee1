"""Searches as text: the question with all that its answer depends on, and the answer.

What is kept is enough to repeat a search on any machine. Pure functions of text, so that another process can
answer.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from solver.allocation import Budget as Effort
from solver.allocation import allocate
from solver.day import Candidate, Day, Job, Ways
from solver.oracle import Budget, Oracle, Proof, Verdict
from solver.plan import Assignment, Plan
from solver.replan import Budget as Replanning
from solver.replan import Disrupted, Disruption, Movable, Proposal, Urgent, apply, replan
from solver.replan.serial import (
    read_disruptions,
    read_movable,
    read_proposal,
    write_disruptions,
    write_movable,
    write_proposal,
)
from solver.serial import read_problem, write_problem

ALLOCATION: Final = "allocation"
PROOF: Final = "proof"
SETTLING: Final = Budget(nodes=4_000, conflicts=40_000)
"""Work for all starts of one kind of visit on a day: nobody waits for it."""
REPLAN: Final = "replan"


@dataclass(frozen=True, slots=True)
class Allocated:
    """What an allocation answered: the plan, and its levels beside what is proved of them."""

    plan: dict[int, Assignment]
    value: tuple[int, ...]
    bound: tuple[int, ...]
    status: str


@dataclass(frozen=True, slots=True)
class Searched:
    """A search of some kind with question and answer."""

    kind: str
    question: str
    answer: str

    @property
    def digest(self) -> str:
        """What tells questions apart: 32 hexadecimal digits of BLAKE2."""
        return hashlib.blake2b(self.question.encode(), digest_size=16).hexdigest()


def ask_allocation(day: Day, plan: Plan, *, budget: Effort, seed: int) -> str:
    """The question of an allocation of a day."""
    return _write(
        {"problem": write_problem(_with_own_ways(day), plan), "budget": asdict(budget), "seed": seed}
    )


def answer_allocation(question: str) -> str:
    """Answer a question of `ask_allocation`."""
    asked = json.loads(question)
    day, plan = read_problem(asked["problem"])
    found = allocate(day, plan, budget=Effort(**asked["budget"]), seed=asked["seed"])
    value, bound = (list(asdict(levels).values()) for levels in (found.value, found.bound))
    return _write({"plan": _rows(found.plan), "value": value, "bound": bound, "status": found.status})


def read_allocation(answer: str) -> Allocated:
    """The answer of an allocation as values."""
    told = json.loads(answer)
    return Allocated(_plan(told["plan"]), tuple(told["value"]), tuple(told["bound"]), told["status"])


def keep_proof(day: Day, plan: Plan, job: Job, proof: Proof) -> Searched:
    """A proof that the oracle gave, with the day on which it was asked about one more job."""
    whole = replace(day, jobs=(*day.jobs, job))
    question = {"problem": write_problem(_with_own_ways(whole), plan), "job": job.id}
    answer = {"verdict": proof.verdict.value, "plan": _rows(proof.plan or {})}
    return Searched(PROOF, _write(question), _write(answer))


def answer_proof(question: str, *, budget: Budget | None = None) -> str:
    """Answer a question of `keep_proof` by a fresh oracle."""
    asked = json.loads(question)
    whole, plan = read_problem(asked["problem"])
    job = next(job for job in whole.jobs if job.id == asked["job"])
    day = replace(whole, jobs=tuple(one for one in whole.jobs if one.id != job.id))
    proof = Oracle(day, plan).prove(job, budget=budget)
    return _write({"verdict": proof.verdict.value, "plan": _rows(proof.plan or {})})


def ask_verdicts(day: Day, plan: Plan, candidates: Sequence[Candidate]) -> str:
    """The question which starts of a day are possible for some kinds of visits."""
    asked = [[one.site, one.duration, [sorted(seat) for seat in one.seats]] for one in candidates]
    sites = (one.site for one in candidates)
    return _write({"problem": write_problem(_with_own_ways(day, *sites), plan), "candidates": asked})


def answer_verdicts(question: str) -> str:
    """Answer a question of `ask_verdicts`: of each kind the proved starts, and how many stay undecided."""
    asked = json.loads(question)
    oracle = Oracle(*read_problem(asked["problem"]))
    said = []
    for site, duration, seats in asked["candidates"]:
        candidate = Candidate(site=site, duration=duration, seats=tuple(frozenset(seat) for seat in seats))
        found = oracle.starts(candidate, budget=SETTLING)
        said.append([f"{found.yes:x}", found.undecided.bit_count()])
    return _write({"verdicts": said})


def read_verdicts(answer: str) -> list[tuple[str, int]]:
    """The proved starts of each kind (hexadecimal), and how many starts stay undecided."""
    return [(proved, undecided) for proved, undecided in json.loads(answer)["verdicts"]]


@dataclass(frozen=True, slots=True)
class Disturbed:
    """A day that disruptions met: how it stood, what happened, how far promises may move, and from when."""

    day: Day
    plan: dict[int, Assignment]
    disruptions: tuple[Disruption, ...]
    now: int
    movable: Movable

    def disrupted(self) -> Disrupted:
        """The day as the disruptions leave it."""
        return apply(self.day, self.plan, self.disruptions, now=self.now)


def ask_replan(disturbed: Disturbed, *, budget: Replanning, seed: int) -> str:
    """The question of a re-plan."""
    coming = [one.job.site for one in disturbed.disruptions if isinstance(one, Urgent)]
    question = {
        "problem": write_problem(_with_own_ways(disturbed.day, *coming), disturbed.plan),
        "disruptions": write_disruptions(disturbed.disruptions),
        "now": disturbed.now,
        "movable": write_movable(disturbed.movable),
        "budget": asdict(budget),
        "seed": seed,
    }
    return _write(question)


def read_disturbed(question: str) -> Disturbed:
    """The day and the disruptions of a question of `ask_replan`."""
    asked = json.loads(question)
    day, plan = read_problem(asked["problem"])
    disruptions = tuple(read_disruptions(asked["disruptions"]))
    return Disturbed(day, plan, disruptions, asked["now"], read_movable(asked["movable"]))


def answer_replan(question: str) -> str:
    """Answer a question of `ask_replan`."""
    asked, disturbed = json.loads(question), read_disturbed(question)
    found = replan(
        disturbed.day,
        disturbed.plan,
        disturbed.disruptions,
        now=disturbed.now,
        movable=disturbed.movable,
        budget=Replanning(**asked["budget"]),
        seed=asked["seed"],
    )
    return _write({"proposals": [write_proposal(one) for one in found]})


def read_replan(answer: str) -> list[Proposal]:
    """The proposals of a re-plan, the best first."""
    return [read_proposal(one) for one in json.loads(answer)["proposals"]]


def repeats(searched: Searched) -> bool:
    """Whether the search says the same when it is run again.

    An allocation and a re-plan to the letter. A proof in its verdict: an oracle that had learned from other
    questions may know another plan; what it left undecided may be decided by a fresh one.
    """
    return _REPEATS[searched.kind](searched)


def _repeats_allocation(searched: Searched) -> bool:
    return answer_allocation(searched.question) == searched.answer


def _repeats_proof(searched: Searched) -> bool:
    said = json.loads(searched.answer)["verdict"]
    return said in {json.loads(answer_proof(searched.question))["verdict"], Verdict.UNDECIDED.value}


def _repeats_replan(searched: Searched) -> bool:
    return answer_replan(searched.question) == searched.answer


_REPEATS: Mapping[str, Callable[[Searched], bool]] = {
    ALLOCATION: _repeats_allocation,
    REPLAN: _repeats_replan,
    PROOF: _repeats_proof,
}


def _with_own_ways(day: Day, *more: int) -> Day:
    """The day with the ways between its own places and more: it is stored, a district has thousands."""
    places = {*more, *(job.site for job in day.jobs)}
    places |= {site for one in day.duties for site in (one.start_site, one.end_site)}
    ways = {pair: minutes for pair, minutes in day.travel.items() if places.issuperset(pair)}
    return replace(day, travel=Ways(ways))


def _rows(plan: Plan) -> list[list[Any]]:
    return [[job, list(row.crew), row.dock] for job, row in sorted(plan.items())]


def _plan(rows: list[list[Any]]) -> dict[int, Assignment]:
    return {job: Assignment(tuple(crew), dock) for job, crew, dock in rows}


def _write(document: Mapping[str, object]) -> str:
    return json.dumps(document, ensure_ascii=False, sort_keys=True)
