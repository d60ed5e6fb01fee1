"""Searches as they were asked and answered: each can be run again and must say the same.

A run is text in and text out: the problem (`solver.serial`) with the budget and the seed, and the answer.
What is stored is enough to repeat it on any machine; the digest tells whether two runs asked the same.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, select

from scheduler.errors import UnknownRun
from scheduler.models import SolverRun
from solver.allocation import Budget, allocate
from solver.day import Day
from solver.plan import Assignment, Plan
from solver.serial import read_problem, write_problem

ALLOCATION: Final = "allocation"


@dataclass(frozen=True, slots=True)
class Answered:
    """What an allocation answered: the plan, and its levels beside what is proved of them."""

    plan: dict[int, Assignment]
    value: tuple[int, ...]
    bound: tuple[int, ...]
    status: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """A stored run that was run again; `equal`: the same answer, to the letter."""

    run: int
    kind: str
    made_at: datetime
    equal: bool


def ask_allocation(day: Day, plan: Plan, *, budget: Budget, seed: int) -> str:
    """The question of an allocation as text: all that its answer depends on."""
    return json.dumps(
        {"problem": write_problem(day, plan), "budget": asdict(budget), "seed": seed},
        ensure_ascii=False,
        sort_keys=True,
    )


def answer_allocation(question: str) -> str:
    """Answer a question of `ask_allocation`, as text; pure, so that another process can do it."""
    asked = json.loads(question)
    day, plan = read_problem(asked["problem"])
    found = allocate(day, plan, budget=Budget(**asked["budget"]), seed=asked["seed"])
    return json.dumps(
        {
            "plan": [[job, list(row.crew), row.dock] for job, row in sorted(found.plan.items())],
            "value": list(asdict(found.value).values()),
            "bound": list(asdict(found.bound).values()),
            "status": found.status,
        },
        sort_keys=True,
    )


def read_answer(answer: str) -> Answered:
    """The answer of an allocation as values."""
    told = json.loads(answer)
    return Answered(
        plan={job: Assignment(tuple(crew), dock) for job, crew, dock in told["plan"]},
        value=tuple(told["value"]),
        bound=tuple(told["bound"]),
        status=told["status"],
    )


def digest_of(text: str) -> str:
    """What tells two texts apart: 32 hexadecimal digits of BLAKE2."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def replay(session: Session, run: int) -> Replayed:
    """Run a stored search again from what was stored and compare the answers.

    Raises:
        UnknownRun: there is none with this number.
    """
    kept = session.exec(select(SolverRun).where(col(SolverRun.id) == run)).first()
    if kept is None:
        raise UnknownRun(field="/run", run=run)
    return Replayed(run, kept.kind, kept.made_at, equal=answer_allocation(kept.question) == kept.answer)
