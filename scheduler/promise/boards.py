"""Prepared office days, kept while true: a bounded cache beside each database.

An entry is true for the stamp that it was read under, and stamps are read anew for every
question, so an entry may be dropped at any time and none is ever waited for.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from threading import Lock
from weakref import WeakKeyDictionary

from sqlmodel import Session

from scheduler.database.connection import Database
from scheduler.promise.reference import Reference, read_reference
from scheduler.promise.rows import DayStamp, read_days, read_rules_version, read_stamps
from solver.board import Board
from solver.day import Day
from solver.insert import prepare
from solver.plan import Assignment

KEPT_DAYS = 512


@dataclass(frozen=True)
class OfficeDayPlan:
    """An office day as it stands: problem, stored plan, and the solver's board for quick questions."""

    stamp: DayStamp
    day: Day
    plan: dict[int, Assignment]

    @cached_property
    def board(self) -> Board:
        """The plan laid out, when it is first asked about."""
        return prepare(self.day, self.plan)


class Boards:
    """The cache of one database's office days and of its reference."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._days: OrderedDict[DayStamp, OfficeDayPlan] = OrderedDict()
        self._reference: Reference | None = None

    def reference(self, session: Session, version: int | None = None) -> Reference:
        """The reference of the latest rules version, at most one statement.

        Without a version the kept copy is compared with nothing: callers that have read
        stamps pass the version that they saw.
        """
        kept = self._reference
        if kept is not None and kept.version == version:
            return kept
        fresh = read_reference(session)
        self._reference = fresh
        return fresh

    def latest(self, session: Session) -> Reference:
        """The reference of the rules version that the session sees."""
        return self.reference(session, read_rules_version(session))

    def days(
        self, session: Session, *, office: int, days: Sequence[date]
    ) -> tuple[Reference, list[OfficeDayPlan]]:
        """An office's days in order: at most three statements, one when all are at hand.

        Entries are put in only by transactions that have written nothing. One that has may
        take entries: its own bump of a version holds that row until it ends, so no entry
        with the same version can be another's.
        """
        stamps, clean = read_stamps(session, office=office, days=days)
        reference = self.reference(session, stamps[0].rules_version)
        with self._lock:
            kept = {stamp.date: self._days[stamp] for stamp in stamps if stamp in self._days}
        missing = [stamp for stamp in stamps if stamp.date not in kept]
        read = read_days(session, office=office, days=[stamp.date for stamp in missing], reference=reference)
        for stamp in missing:
            day, plan = read[stamp.date]
            kept[stamp.date] = OfficeDayPlan(stamp, day, plan)
        if clean:
            self._keep(kept.values())
        return reference, [kept[stamp.date] for stamp in stamps]

    def _keep(self, plans: Iterable[OfficeDayPlan]) -> None:
        with self._lock:
            for plan in plans:
                self._days[plan.stamp] = plan
                self._days.move_to_end(plan.stamp)
            while len(self._days) > KEPT_DAYS:
                self._days.popitem(last=False)


_BOARDS: WeakKeyDictionary[Database, Boards] = WeakKeyDictionary()


def boards_of(database: Database) -> Boards:
    """The cache that belongs to a database object."""
    return _BOARDS.setdefault(database, Boards())
