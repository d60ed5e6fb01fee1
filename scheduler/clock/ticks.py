"""What the clock does, as plain functions: any of them may run twice, or on two machines, and do no harm."""

from datetime import datetime, timedelta

from sqlalchemy import TextClause, text

from notifications.gateway import Gateway
from scheduler.access.throttle import drop_old_tries
from scheduler.booking.expiry import expire_due
from scheduler.booking.waitlist.offers import offer_earlier
from scheduler.database.connection import Database
from scheduler.reminders.dispatch import Counts, send_due
from scheduler.replan.improve import Improved, improve_next
from scheduler.replan.proposing import Answer
from scheduler.replan.running import absorb_overruns
from scheduler.replan.verdicts import Settled, settle_next

KEPT = timedelta(days=7)
"""How long idempotent answers and the marks of ended clocks are kept."""

BATCH = 5_000
"""Rows deleted in one transaction, so that none of them takes long."""

_LEFTOVERS = tuple(
    text(f"""
WITH old AS MATERIALIZED (SELECT ctid FROM {table} WHERE {column} < :before LIMIT {BATCH})
DELETE FROM {table} USING old WHERE {table}.ctid = old.ctid AND {table}.{column} < :before
RETURNING 1
""")
    for table, column in (
        ("idempotent_answer", "created_at"),
        ("heartbeat", "seen_at"),
        ("office_day_change", "date"),
        ("waitlist_look", "date"),
        ("solver_run", "made_at"),
        ("slot_verdict", "date"),
    )
)
_BEAT = text("""
INSERT INTO heartbeat (name, started_at, seen_at) VALUES (:name, :now, :now)
ON CONFLICT (name) DO UPDATE SET seen_at = greatest(heartbeat.seen_at, excluded.seen_at)
""")


def tick_texts(database: Database, gateway: Gateway, *, now: datetime) -> Counts:
    """Send the texts that are due."""
    return send_due(database, gateway, now=now)


def tick_expiry(database: Database, *, now: datetime) -> int:
    """Expire the holds that have lapsed; say how many."""
    return expire_due(database, now=now)


def tick_waitlist(database: Database, *, now: datetime) -> int:
    """Offer freed times to whoever waits for something earlier; say how many."""
    return offer_earlier(database, now=now)


def tick_leftovers(database: Database, *, now: datetime) -> int:
    """Delete what nobody needs any more; say how many rows."""
    deleted = sum(_delete_old(database, statement, before=now - KEPT) for statement in _LEFTOVERS)
    with database.transaction() as session:
        return deleted + drop_old_tries(session, now)


def tick_plans(database: Database, answer: Answer, *, now: datetime) -> Improved | None:
    """Improve the plan of one day to come; the search runs where `answer` runs it."""
    return improve_next(database, now=now, answer=answer)


def tick_verdicts(database: Database, answer: Answer, *, now: datetime) -> Settled | None:
    """Settle the starts of one day to come; the search runs where `answer` runs it."""
    return settle_next(database, now=now, answer=answer)


def tick_running(database: Database, answer: Answer, *, now: datetime) -> int:
    """Look after visits that run longer than planned; say how many."""
    return absorb_overruns(database, now=now, answer=answer)


def tick_heartbeat(database: Database, *, name: str, now: datetime) -> None:
    """Say that the clock of this name is alive; its first beat is its start."""
    with database.transaction() as session:
        session.execute(_BEAT, {"name": name, "now": now})


def _delete_old(database: Database, statement: TextClause, *, before: datetime) -> int:
    total = 0
    while True:
        with database.transaction() as session:
            deleted = len(session.execute(statement, {"before": before}).all())
        total += deleted
        if deleted < BATCH:
            return total
