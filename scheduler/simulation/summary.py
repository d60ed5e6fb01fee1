"""What a simulated day left in the rows: bookings, visits, crews, texts, waiting, and the doctor's word."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text
from sqlmodel import Session

from scheduler.access.actor import SYSTEM
from scheduler.database.connection import Database
from scheduler.promise.boards import boards_of
from scheduler.queries.doctor import Finding, diagnose
from scheduler.queries.waiting import measure_waiting
from scheduler.rules.waiting import Summary

_BOOKINGS = """
SELECT channel, state, count(*) FROM booking WHERE replaces IS NULL GROUP BY channel, state ORDER BY 1, 2
"""
_FOR_OTHERS = "SELECT count(*) FROM booking WHERE made_by <> enterprise AND replaces IS NULL"
_OUTCOMES = "SELECT outcome, count(*) FROM visit WHERE outcome IS NOT NULL GROUP BY outcome ORDER BY outcome"
_CREWS = "SELECT count(DISTINCT booking) FROM crew"
_TEXTS = "SELECT state, count(*) FROM message GROUP BY state ORDER BY state"
_KINDS = "SELECT kind, count(*) FROM message WHERE state = 'sent' GROUP BY kind ORDER BY kind"

WAITING = ("answer_time", "slot_wait", "on_site_wait", "enterprise_lateness", "customs_lateness", "duration")
"""The measures that the summary shows, in minutes by the clock."""


@dataclass(frozen=True, slots=True)
class DaySummary:
    """Counts from the rows; `waiting` by measure over the bookings of the two days."""

    bookings: Mapping[tuple[str, str], int]
    for_others: int
    outcomes: Mapping[str, int]
    crews: int
    texts: Mapping[str, int]
    sent: Mapping[str, int]
    waiting: Mapping[str, Summary]
    findings: tuple[Finding, ...]


def summarise_day(database: Database, *, first: date, last: date, now: datetime) -> DaySummary:
    """Read the summary at a virtual moment."""
    with database.snapshot() as session:
        waiting = measure_waiting(
            session,
            actor=SYSTEM,
            first=first,
            last=last,
            now=now,
            facts=boards_of(database).latest(session),
        )
        return DaySummary(
            bookings={(channel, state): count for channel, state, count in session.execute(text(_BOOKINGS))},
            for_others=session.execute(text(_FOR_OTHERS)).scalar_one(),
            outcomes=_counts(session, _OUTCOMES),
            crews=session.execute(text(_CREWS)).scalar_one(),
            texts=_counts(session, _TEXTS),
            sent=_counts(session, _KINDS),
            waiting={name: waiting.total.clock[name] for name in WAITING if name in waiting.total.clock},
            findings=tuple(diagnose(session)),
        )


def _counts(session: Session, question: str) -> dict[str, int]:
    return {str(name): int(count) for name, count in session.execute(text(question))}
