"""Oracles of office days, kept while true: what can be promised when others' names may change.

An oracle belongs to one version of a day and to one step of the freeze. It may be dropped at any time; it
serves one thread at a time.
"""

from collections import OrderedDict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from threading import Lock
from typing import Final

from scheduler.promise.office_day import OfficeDayPlan
from scheduler.promise.reference import ZONE, Reference
from scheduler.promise.rows import MINUTES_OF_DAY, DayStamp, instant_of, local_date
from scheduler.rules.lead_times import freeze_step
from scheduler.rules.policy import Freeze
from solver import reasons
from solver.day import GRID, Candidate, Day, Job
from solver.explain import Case, Explanation, Relaxation, explain, relaxations
from solver.oracle import Budget, Oracle, Proof, answers

KEPT_ORACLES: Final = 128
"""About a megabyte each, on dense days some more."""

EXPLAINED: Final = Budget(nodes=160, conflicts=8_000)
"""Work of one explanation: somebody waits for it."""

_Key = tuple[DayStamp, frozenset[int], int]


@dataclass(frozen=True)
class _Kept:
    """An oracle and the lock of whoever asks it."""

    oracle: Oracle
    lock: Lock = field(default_factory=Lock)


class Oracles:
    """The cache of one database's oracles."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._latest: dict[tuple[int, date, int], Oracle] = {}

    def starts(
        self, plans: Sequence[OfficeDayPlan], fixed: Sequence[int], candidates: Sequence[Candidate]
    ) -> list[int]:
        """The masks of true starts of some days, in one budget; before `fixed` minutes names stay."""
        kept = [self._of(plan, minute) for plan, minute in zip(plans, fixed, strict=True)]
        with ExitStack() as locks:
            for one in kept:  # in order of days, so that two questions never wait for each other
                locks.enter_context(one.lock)
            found = answers([one.oracle for one in kept], candidates, budget=Budget())
        return [answer.yes for answer in found]

    def prove(self, plan: OfficeDayPlan, fixed: int, job: Job) -> Proof:
        """The oracle's word on one more job at its start."""
        kept = self._of(plan, fixed)
        with kept.lock:
            return kept.oracle.prove(job)

    def explain(
        self, plan: OfficeDayPlan, fixed: int, job: Job
    ) -> tuple[Explanation, tuple[Relaxation, ...]]:
        """Why a job cannot start when it says, and what on that day would have to change for it."""
        kept = self._of(plan, fixed)
        with kept.lock:
            case = Case(kept.oracle)
            why = explain(case, job, budget=EXPLAINED)
            if why.reason == reasons.POSSIBLE:
                return why, ()
            return why, relaxations(case, job, explanation=why)

    def _of(self, plan: OfficeDayPlan, fixed: int) -> _Kept:
        key, place = (plan.stamp, plan.without, fixed), (plan.stamp.office, plan.stamp.date, fixed)
        with self._lock:
            kept = self._kept.get(key)
            former = self._latest.get(place)
        if kept is None:
            kept = _Kept(Oracle(fix_names(plan.day, fixed), plan.plan, former=former))
        with self._lock:
            kept = self._kept.setdefault(key, kept)
            self._kept.move_to_end(key)
            self._latest[place] = kept.oracle
            while len(self._kept) > KEPT_ORACLES:
                (stamp, _, minute), old = self._kept.popitem(last=False)
                if self._latest.get((stamp.office, stamp.date, minute)) is old.oracle:
                    del self._latest[stamp.office, stamp.date, minute]
        return kept


def fix_names(day: Day, fixed: int) -> Day:
    """The day on which jobs that start before a minute keep their crews."""
    if not fixed:
        return day
    return replace(day, jobs=tuple(replace(job, frozen=job.frozen or job.start < fixed) for job in day.jobs))


def names_fixed_before(
    reference: Reference, *, office: int, day: date, now: datetime, green: bool
) -> int | None:
    """The minute of an office's day before which starts keep their names; None: all of them do.

    `green`: the green channel asks; published names change for it on the day itself only.
    """
    policy, fresh = reference.policy(Freeze, office=office, on=day), green and local_date(now) == day

    def is_fixed(minute: int) -> bool:
        start = instant_of(day, minute)
        step = freeze_step(now, start, green=fresh, policy=policy, kinds=reference.kinds, zone=ZONE)
        return step == "frozen"

    # all starts of a day are published at once: only fresh goods ask for more than the first
    starts = range(0, MINUTES_OF_DAY, GRID) if fresh else range(1)
    return next((minute for minute in starts if not is_fixed(minute)), None)
