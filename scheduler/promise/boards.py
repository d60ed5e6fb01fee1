"""Prepared office days, kept while true: a bounded cache beside each database.

An entry is true for the stamp that it was read under, and stamps are read anew for every
question, so an entry may be dropped at any time and none is ever waited for.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from threading import Lock
from weakref import WeakKeyDictionary

from sqlmodel import Session

from scheduler.database.connection import Database
from scheduler.promise.office_day import OfficeDayPlan
from scheduler.promise.oracles import Oracles
from scheduler.promise.reference import Reference, read_reference
from scheduler.promise.rows import (
    DayStamp,
    Taken,
    Verdict,
    read_days,
    read_rules_version,
    read_stamps,
    take_day,
)

KEPT_DAYS = 512


@dataclass(frozen=True, slots=True)
class Standing:
    """An office day as it stands now, by which facts, and whether a hold on it has lapsed."""

    reference: Reference
    plan: OfficeDayPlan
    lapsed: bool


class Boards:
    """The cache of one database's office days and of its reference."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._days: OrderedDict[DayStamp, OfficeDayPlan] = OrderedDict()
        self._latest: dict[tuple[int, date], DayStamp] = {}
        self._reference: Reference | None = None
        self.oracles = Oracles()

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

    def at_hand(self, session: Session) -> Reference:
        """The reference that is kept, which may be old: compare its version with the latest."""
        return self._reference or self.reference(session)

    def take(self, session: Session, *, office: int, day: date, now: datetime, wait: bool) -> Standing | None:
        """Take a day's lock and bring the day up to date; None if `wait` is false and another has it.

        One statement where only crews changed since the day was last read, at most three.
        """
        known = self._last_known(office, day)
        version = None if known is None else known.stamp.version
        taken = take_day(session, office=office, day=day, known=version, now=now, wait=wait)
        if taken is None:
            return None
        reference = self.reference(session, taken.stamp.rules_version)
        plan = self._bring_up(session, reference, known, taken)
        if taken.clean:
            self._keep([plan])
        return Standing(reference, plan, taken.lapsed)

    def _last_known(self, office: int, day: date) -> OfficeDayPlan | None:
        with self._lock:
            stamp = self._latest.get((office, day))
            return None if stamp is None else self._days.get(stamp)

    def _bring_up(
        self, session: Session, reference: Reference, known: OfficeDayPlan | None, taken: Taken
    ) -> OfficeDayPlan:
        stamp = taken.stamp
        if known is not None and known.stamp == stamp:
            return known
        if (
            known is not None
            and taken.changes is not None
            and known.stamp.rules_version == stamp.rules_version
        ):
            return known.after(stamp, reference, taken.changes)
        read = read_days(session, office=stamp.office, days=[stamp.date], reference=reference)
        return OfficeDayPlan(stamp, *read[stamp.date])

    def days(
        self, session: Session, *, office: int, days: Sequence[date]
    ) -> tuple[Reference, list[OfficeDayPlan]]:
        """An office's days in order: at most three statements, one when all are at hand."""
        reference, plans, _ = self.judged_days(session, office=office, days=days)
        return reference, plans

    def judged_days(
        self, session: Session, *, office: int, days: Sequence[date], signature: str = ""
    ) -> tuple[Reference, list[OfficeDayPlan], dict[date, Verdict]]:
        """An office's days, with what is proved of one kind of visit on them; statements as `days`.

        Entries are put in only by transactions that have written nothing. One that has may
        take entries: its own bump of a version holds that row until it ends, so no entry
        with the same version can be another's.
        """
        stamps, clean, verdicts = read_stamps(session, office=office, days=days, signature=signature)
        reference = self.reference(session, stamps[0].rules_version)
        with self._lock:
            kept = {stamp.date: self._days[stamp] for stamp in stamps if stamp in self._days}
        missing = [stamp for stamp in stamps if stamp.date not in kept]
        read = read_days(session, office=office, days=[stamp.date for stamp in missing], reference=reference)
        for stamp in missing:
            kept[stamp.date] = OfficeDayPlan(stamp, *read[stamp.date])
        if clean:
            self._keep(kept.values())
        return reference, [kept[stamp.date] for stamp in stamps], verdicts

    def _keep(self, plans: Iterable[OfficeDayPlan]) -> None:
        with self._lock:
            for plan in plans:
                self._days[plan.stamp] = plan
                self._days.move_to_end(plan.stamp)
                self._latest[plan.stamp.office, plan.stamp.date] = plan.stamp
            while len(self._days) > KEPT_DAYS:
                old, _ = self._days.popitem(last=False)
                if self._latest.get((old.office, old.date)) == old:
                    del self._latest[old.office, old.date]


_BOARDS: WeakKeyDictionary[Database, Boards] = WeakKeyDictionary()


def boards_of(database: Database) -> Boards:
    """The cache that belongs to a database object."""
    return _BOARDS.setdefault(database, Boards())
