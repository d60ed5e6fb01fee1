"""A proposal: the plan after a re-plan and what it costs whom; nothing leaves here that breaks a rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from solver.day import Day, Job
from solver.plan import Assignment, Plan
from solver.replan.situation import Situation, find_faults

Rename = tuple[int, int, int]
"""A job, the duty that leaves its crew and the duty that comes in."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Starts and rows of all jobs that are not lost, pinned ones too; whether it is legal is not said."""

    starts: Mapping[int, int]
    rows: Plan


@dataclass(frozen=True, slots=True)
class Proposal:
    """A legal plan for all jobs but the `lost` ones.

    `starts` has the new start of each job that moved, and of an urgent one. `minutes_moved` sums how far the
    moved promises are from their old starts, and how long urgent jobs wait. `standing` are started jobs whose
    rows break a rule by themselves: they stay. `proved`: no other answer is better in the order of levels
    that the proposal was made for.
    """

    plan: Plan
    starts: Mapping[int, int]
    lost: tuple[int, ...]
    moved: tuple[int, ...]
    minutes_moved: int
    renamed: tuple[Rename, ...]
    proved: bool = False
    standing: tuple[int, ...] = ()

    @property
    def value(self) -> tuple[int, int, int, int]:
        """Lost, moved, minutes moved and names changed: lower is better, in this order."""
        return len(self.lost), len(self.moved), self.minutes_moved, len(self.renamed)


def day_of(day: Day, starts: Mapping[int, int], lost: Sequence[int]) -> Day:
    """Return the day with its jobs at new starts and without the lost ones."""
    gone = set(lost)
    jobs = tuple(replace(job, start=starts.get(job.id, job.start)) for job in day.jobs if job.id not in gone)
    return replace(day, jobs=jobs)


def is_legal(situation: Situation, answer: Answer) -> bool:
    """Whether an answer keeps every rule for the jobs that it keeps."""
    lost = [job.id for job in situation.day.jobs if job.id not in answer.rows]
    day = day_of(situation.day, answer.starts, lost)
    return not find_faults(day, answer.rows, situation.standing, previous=situation.plan)


def propose(situation: Situation, answer: Answer, *, proved: bool) -> Proposal | None:
    """Return the proposal of an answer, None if the answer is not legal."""
    if not is_legal(situation, answer):
        return None
    rows, urgent = answer.rows, situation.urgent
    own = {job.id: job.start for job in situation.day.jobs}
    moved = tuple(sorted(job for job in rows if job not in urgent and answer.starts[job] != own[job]))
    told = {*moved, *(urgent & rows.keys())}
    return Proposal(
        plan=dict(rows),
        starts={job: answer.starts[job] for job in sorted(told)},
        lost=tuple(sorted(own.keys() - rows.keys())),
        moved=moved,
        minutes_moved=sum(abs(answer.starts[job] - own[job]) for job in told),
        renamed=tuple(rename for job in sorted(rows) for rename in _list_renames(situation, job, rows[job])),
        proved=proved,
        standing=tuple(sorted(situation.standing)),
    )


def answer_of(situation: Situation, proposal: Proposal) -> Answer:
    """Return starts and rows of all jobs that a proposal keeps."""
    own = {job.id: job.start for job in situation.day.jobs}
    return Answer({job: proposal.starts.get(job, own[job]) for job in proposal.plan}, proposal.plan)


def _list_renames(situation: Situation, job: int, row: Assignment) -> list[Rename]:
    """Return who takes whose place; an inspector who only changes the duty or the seat is no change."""
    former = situation.plan.get(job)
    if former is None:
        return []
    owner = {duty.id: duty.inspector for duty in situation.day.duties}
    before = {owner.get(duty, -duty) for duty in former.crew}
    after = {owner[duty] for duty in row.crew}
    out = [duty for duty in former.crew if owner.get(duty, -duty) not in after]
    coming = [duty for duty in row.crew if owner[duty] not in before]
    return [(job, a, b) for a, b in zip(out, coming, strict=False)]


def seat(situation: Situation, job: Job, crew: frozenset[int]) -> Assignment | None:
    """Return a crew by seat, everybody on the former seat where that can be; None if it cannot fill them."""
    former = situation.plan.get(job.id, Assignment(()))
    held = {one.id: one.held_on(situation.day.date) for one in situation.day.inspectors}
    able = {duty.id: held[duty.inspector] for duty in situation.day.duties if duty.id in crew}

    def fill(number: int, free: frozenset[int]) -> tuple[int, ...] | None:
        if number == len(job.seats):
            return ()
        stays = former.crew[number] if number < len(former.crew) else None
        for duty in sorted(free, key=lambda one: (one != stays, one)):
            if job.seats[number] <= able[duty]:
                rest = fill(number + 1, free - {duty})
                if rest is not None:
                    return (duty, *rest)
        return None

    found = fill(0, crew)
    return None if found is None else Assignment(found)
