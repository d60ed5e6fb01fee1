"""One database: transactions, snapshots, and the loop of use cases that write crews."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

import psycopg
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlmodel import Session

from scheduler.database.constraints import constraint_of, refusal_of, sqlstate_of
from scheduler.database.turnstile import Turnstile
from scheduler.errors import Busy, DatabaseDown, Refusal

Written = TypeVar("Written")

RERUNS = 5
"""How often a write that lost a race runs again before it is refused as busy."""

ASKED_AFTER = 2.0
"""Seconds of rest after which a pooled connection is asked whether it still lives."""

WRITERS = 4
"""Writes of crews that a process runs at once: more of them would take each other's processor and locks.

Measured in bench `booking_rush`, two processes on two cores: of 2, 4, 8 and 32 writers four book the most.
"""

WRITER_WAITS = 8.0
"""Seconds that a write waits for its turn before it is refused as busy."""

_LOST_A_RACE = {"40001", "40P01", "23P01"}
_DRAWN = {"booking_reference_key", "batch_reference_key", "call_reference_key", "message_code_key"}
"""Constraints on what is drawn by lot: the next draw is another."""

_WAITED_TOO_LONG = {"55P03", "57014"}
_OPTIONS = " ".join(
    f"-c {setting}"
    for setting in (
        "statement_timeout=4000",
        "lock_timeout=2000",
        "idle_in_transaction_session_timeout=10000",
        "plan_cache_mode=force_generic_plan",
        "timezone=UTC",
    )
)


class StaleDayError(Exception):
    """The day changed between reading and writing: the write runs again on what is there now."""


class Database:
    """The engine and the three ways to use it; safe to share between threads."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = url
        self._writers = Turnstile(WRITERS)
        self.engine: Engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=3,
            connect_args={"options": _OPTIONS, "connect_timeout": 3},
        )
        event.listen(self.engine, "checkin", _note_rest)
        event.listen(self.engine, "checkout", _wake)

    def require_durable(self) -> None:
        """Refuse to start on a database that acknowledges what it may lose.

        Raises:
            RuntimeError: synchronous_commit is off.
        """
        with self.engine.connect() as connection:
            setting = connection.execute(text("SHOW synchronous_commit")).scalar_one()
        if setting == "off":
            raise RuntimeError("synchronous_commit must not be off: acknowledged bookings could be lost")

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction for a door that calls one use case: commits at the end, or nothing is written.

        Raises:
            Refusal: a named constraint was met, the database is down or too busy.
        """
        with told_as_refusals(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """A read-only look at one moment (REPEATABLE READ); writes fail."""
        with told_as_refusals(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            yield session

    def write(self, work: Callable[[Session], Written]) -> Written:
        """Run `work` in a transaction; again, up to five times, when it lost a race.

        Raises:
            Busy: five runs lost their races.
            Refusal: whatever the work refuses.
        """
        lost: Refusal | None = None
        for run in range(RERUNS):
            try:
                with (
                    self._writers.turn(WRITER_WAITS),
                    Session(self.engine, expire_on_commit=False) as session,
                    session.begin(),
                ):
                    return work(session)
            except StaleDayError:
                pass
            except DBAPIError as error:
                if not _may_rerun(error):
                    raise _refusal_or_bug(error) from error
                lost = refusal_of(error)
            except (PoolTimeoutError, TimeoutError) as error:
                raise Busy from error
            time.sleep(random.uniform(0, 0.02 * (run + 1)))  # noqa: S311 - jitter, no secret
        raise lost or Busy()

    def now(self) -> datetime:
        """The database's time; doors and the clock read it once and hand it down."""
        with told_as_refusals(), self.engine.connect() as connection:
            moment: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
            return moment

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


@contextmanager
def undone_if_refused(session: Session) -> Iterator[None]:
    """Undo on a refusal what the body wrote, and give up the locks that it took; then refuse.

    Unlike `begin_nested` it says nothing to the database when all goes well.
    """
    send = session.connection().exec_driver_sql
    send("SAVEPOINT before_refusal")
    try:
        yield
    except Refusal:
        send("ROLLBACK TO SAVEPOINT before_refusal")
        raise


def _note_rest(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["rests_since"] = time.monotonic()


def _wake(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
    """Ask a connection that rested for a while whether it still lives; a busy one needs no question."""
    rested = time.monotonic() - record.info.get("rests_since", time.monotonic())
    if rested > ASKED_AFTER and not _lives(connection):
        raise DisconnectionError


def _lives(connection: DBAPIConnection) -> bool:
    try:
        connection.cursor().execute("SELECT 1")
        connection.rollback()
    except psycopg.Error:
        return False
    return True


@contextmanager
def told_as_refusals() -> Iterator[None]:
    """Turn named violations, waits and lost connections into refusals; anything else is a bug."""
    try:
        yield
    except DBAPIError as error:
        raise _refusal_or_bug(error) from error
    except PoolTimeoutError as error:
        raise Busy from error


def _refusal_or_bug(error: DBAPIError) -> Exception:
    state = sqlstate_of(error)
    if state != "57014" and (_connection_lost(error) or state[:2] in {"08", "57"}):
        return DatabaseDown()
    if state in _WAITED_TOO_LONG or state in _LOST_A_RACE:
        return refusal_of(error) or Busy()
    return refusal_of(error) or error


def _may_rerun(error: DBAPIError) -> bool:
    return sqlstate_of(error) in _LOST_A_RACE or constraint_of(error) in _DRAWN


def _connection_lost(error: DBAPIError) -> bool:
    broken = isinstance(error, OperationalError | InterfaceError) and not sqlstate_of(error)
    return error.connection_invalidated or broken
