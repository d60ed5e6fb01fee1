"""The clock settles which starts are possible, for the visits that are booked most, before anybody asks."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlmodel import Session

from scheduler.database.connection import Database
from scheduler.promise.boards import boards_of
from scheduler.promise.oracles import fix_names, names_fixed_before
from scheduler.promise.reference import Reference
from scheduler.promise.rows import DayStamp, local_date
from scheduler.promise.searches import ask_verdicts, read_verdicts
from solver.day import Candidate

Answer = Callable[[str], str]

AHEAD: Final = timedelta(days=14)
ASKED_WITHIN: Final = timedelta(days=30)
KINDS: Final = 8
"""Kinds of visits of an office that are settled, the commonest first."""

_KINDS: Final = text("""
SELECT office, site, type, planned_minutes FROM (
    SELECT office, site, type, planned_minutes,
        row_number() OVER (PARTITION BY office ORDER BY count(*) DESC, site, type, planned_minutes) AS place
    FROM booking WHERE requested_at > :since GROUP BY office, site, type, planned_minutes
) AS asked WHERE place <= :kinds ORDER BY office, place
""")
_DAYS: Final = text("""
SELECT day.office, day.date FROM office_day AS day
WHERE day.date BETWEEN :first AND :last AND day.office = ANY(:offices)
    AND (SELECT count(*) FROM slot_verdict AS verdict
         WHERE verdict.office = day.office AND verdict.date = day.date AND verdict.version = day.version
            AND verdict.rules_version = :rules AND verdict.made_at > :since) = 0
ORDER BY day.date, day.office
""")
_KEEP: Final = text("""
INSERT INTO slot_verdict (office, date, signature, version, rules_version, fixed, proved, undecided, made_at)
VALUES (:office, :date, :signature, :version, :rules_version, :fixed, :proved, :undecided, :made_at)
ON CONFLICT (office, date, signature) DO UPDATE SET version = excluded.version,
    rules_version = excluded.rules_version, fixed = excluded.fixed, proved = excluded.proved,
    undecided = excluded.undecided, made_at = excluded.made_at
WHERE slot_verdict.version <= excluded.version
""")
_SETTLED_AGAIN: Final = timedelta(hours=12)
"""After so long a day is looked at again: other visits may be booked most by then."""

_Kind = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Settled:
    """A day that was looked at: how many starts were proved beyond those of insertion is for lists to see."""

    office: int
    date: date
    kinds: int
    undecided: int


@dataclass(frozen=True, slots=True)
class _Asked:
    stamp: DayStamp
    fixed: int
    kinds: Sequence[_Kind]
    question: str


def settle_next(database: Database, *, now: datetime, answer: Answer) -> Settled | None:
    """Settle the starts of the nearest day that changed since it was last looked at; None if there is none.

    No transaction is open while the search runs. A verdict belongs to a version of its day, to one of the
    rules and to a step of the freeze: what changes any of them ends it.
    """
    asked = _read_next(database, now)
    if asked is None:
        return None
    said = read_verdicts(answer(asked.question))
    rows = [
        {
            "office": asked.stamp.office,
            "date": asked.stamp.date,
            "signature": "/".join(map(str, kind)),
            "version": asked.stamp.version,
            "rules_version": asked.stamp.rules_version,
            "fixed": asked.fixed,
            "proved": proved,
            "undecided": undecided,
            "made_at": now,
        }
        for kind, (proved, undecided) in zip(asked.kinds, said, strict=True)
    ]
    database.write(lambda session: session.execute(_KEEP, rows))
    return Settled(asked.stamp.office, asked.stamp.date, len(rows), sum(undecided for _, undecided in said))


def _read_next(database: Database, now: datetime) -> _Asked | None:
    """The next day whose names may change, with the question about its visits."""
    boards, today = boards_of(database), local_date(now)
    with database.snapshot() as session:
        kinds = _read_kinds(session, now)
        asked = {
            "first": today,
            "last": today + AHEAD,
            "offices": list(kinds),
            "rules": boards.latest(session).version,
            "since": now - _SETTLED_AGAIN,
        }
        for office, day in session.execute(_DAYS, asked).all():
            facts, (plan,) = boards.days(session, office=office, days=[day])
            fixed = names_fixed_before(facts, office=office, day=day, now=now, green=False)
            if fixed is None:
                continue
            known = [kind for kind in kinds[office] if kind[1] in facts.types and kind[0] in facts.sites]
            question = ask_verdicts(
                fix_names(plan.day, fixed), plan.plan, [_candidate(facts, kind) for kind in known]
            )
            return _Asked(plan.stamp, fixed, known, question)
    return None


def _read_kinds(session: Session, now: datetime) -> dict[int, list[_Kind]]:
    kinds: dict[int, list[_Kind]] = defaultdict(list)
    for office, *kind in session.execute(_KINDS, {"since": now - ASKED_WITHIN, "kinds": KINDS}):
        kinds[office].append((kind[0], kind[1], kind[2]))
    return dict(kinds)


def _candidate(facts: Reference, kind: _Kind) -> Candidate:
    site, type_, minutes = kind
    return Candidate(site=site, duration=minutes, seats=facts.types[type_].seats)
