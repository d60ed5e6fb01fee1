"""Searches that were kept: each can be run again and must say the same."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from scheduler.errors import UnknownRun
from scheduler.models import SolverRun
from scheduler.promise.searches import Searched, repeats


@dataclass(frozen=True, slots=True)
class Replayed:
    """A kept search that was run again; `equal`: it said the same."""

    run: int
    kind: str
    made_at: datetime
    equal: bool


def replay(session: Session, run: int) -> Replayed:
    """Run a kept search again from what was stored and compare the answers.

    Raises:
        UnknownRun: there is none with this number.
    """
    kept = session.exec(select(SolverRun).where(col(SolverRun.id) == run)).first()
    if kept is None:
        raise UnknownRun(field="/run", run=run)
    equal = repeats(Searched(kept.kind, kept.question, kept.answer))
    return Replayed(run, kept.kind, kept.made_at, equal)
