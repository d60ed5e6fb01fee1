"""A day's plan: who holds which seat of a job and at which dock; and the difference of two plans."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Assignment:
    """One duty id for each seat of the job, in the order of its seats; the dock where the site has docks."""

    crew: tuple[int, ...]
    dock: int | None = None


Plan = Mapping[int, Assignment]
"""Job id -> assignment."""


@dataclass(frozen=True, slots=True)
class Delta:
    """Rows to take out of a plan, as they stand there, and rows to put in."""

    removed: Plan
    added: Plan


class StaleDelta(ValueError):  # noqa: N818 - a refusal in the words of the house, not an error
    """The plan has changed since the delta was computed; `jobs` are those that stand differently."""

    def __init__(self, jobs: Iterable[int]) -> None:
        self.jobs = tuple(sorted(jobs))
        super().__init__(f"stale rows of jobs {self.jobs}")


def difference(old: Plan, new: Plan) -> Delta:
    """Return the delta that turns the old plan into the new one, so that `merge` undoes nothing else."""
    return Delta(
        removed={job: row for job, row in old.items() if new.get(job) != row},
        added={job: row for job, row in new.items() if old.get(job) != row},
    )


def merge(plan: Plan, delta: Delta) -> dict[int, Assignment]:
    """Return the plan with a delta applied.

    Raises StaleDelta if a removed row is not there as named, or if an added row's job has another row by now.
    Whether the result is legal is for `solver.check` to say.
    """
    stale = {job for job, row in delta.removed.items() if plan.get(job) != row}
    stale.update(job for job in delta.added if job in plan and job not in delta.removed)
    if stale:
        raise StaleDelta(stale)
    kept = {job: row for job, row in plan.items() if job not in delta.removed}
    return {**kept, **delta.added}
