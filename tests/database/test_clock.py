"""The clock: ticks do what is due, survive what fails, and the process ends when it is told to."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import structlog
from sqlmodel import select

from scheduler.clock.logs import hide_numbers
from scheduler.clock.run import run_tick
from scheduler.clock.ticks import tick_expiry, tick_heartbeat, tick_leftovers, tick_texts, tick_waitlist
from scheduler.database.connection import Database
from scheduler.errors import DatabaseDown
from scheduler.models import Heartbeat, IdempotentAnswer, SignInTry
from scheduler.reminders.dispatch import Counts
from tests.database.reminder_rows import ScriptedGateway, add_text, add_texts, read_text
from tests.factories import NOW

ROOT = Path(__file__).parents[2]
WEEK = timedelta(days=7)
PATIENCE = 60.0


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated, empty database."""
    opened = Database(database_url)
    yield opened
    opened.close()


def test_texts_tick_sends_what_is_due(database: Database) -> None:
    """A due text is handed to the gateway."""
    add_texts(database)
    assert tick_texts(database, ScriptedGateway(), now=NOW) == Counts(sent=1)


def test_waitlist_tick_has_nothing_to_do_where_nobody_waits(database: Database) -> None:
    """No wait, no offer."""
    assert tick_waitlist(database, now=NOW) == 0


def test_expiry_tick_has_nothing_to_do_without_holds(database: Database) -> None:
    """No lapsed hold, no change."""
    assert tick_expiry(database, now=NOW) == 0


def test_leftovers_tick_keeps_a_week(database: Database) -> None:
    """Answers and heartbeats older than seven days go; an address that signed in is known for longer."""
    with database.transaction() as session:
        for age in (WEEK, WEEK + timedelta(seconds=1)):
            then = NOW - age
            session.add(SignInTry(subject="known:somebody 127.0.0.1", at=then))
            session.add(SignInTry(subject="login:somebody", at=then))
            session.add(Heartbeat(name=f"clock{age}", started_at=then, seen_at=then))
            session.add(
                IdempotentAnswer(
                    tenant="enterprise:1",
                    key=str(age),
                    request_hash="",
                    status=201,
                    headers={},
                    body=b"{}",
                    created_at=then,
                )
            )
    assert tick_leftovers(database, now=NOW) == 4
    with database.snapshot() as session:
        left = [len(session.exec(select(table)).all()) for table in (SignInTry, Heartbeat, IdempotentAnswer)]
    assert left == [2, 1, 1]


def test_heartbeat_tick_remembers_the_start(database: Database) -> None:
    """The first beat is the start; later ones only move what was last seen, never back."""
    for minutes in (0, 2, 1):
        tick_heartbeat(database, name="clock@here:1", now=NOW + timedelta(minutes=minutes))
    with database.snapshot() as session:
        beat = session.exec(select(Heartbeat)).one()
    assert (beat.started_at, beat.seen_at) == (NOW, NOW + timedelta(minutes=2))


def test_tick_gets_the_databases_time(database: Database) -> None:
    """A tick's `now` lies between two questions to the database."""
    seen: list[datetime] = []
    before = database.now()
    run_tick(database, seen.append, name="probe")
    assert before <= seen[0] <= database.now()


def test_tick_without_a_database_is_put_off() -> None:
    """The clock logs that the database is down and goes on."""
    nowhere = Database("postgresql+psycopg://nobody@127.0.0.1:9/none")
    with structlog.testing.capture_logs() as logs:
        run_tick(nowhere, lambda _now: None, name="texts")
    assert logs == [
        {"log_level": "warning", "event": "tick put off", "tick": "texts", "code": DatabaseDown.code}
    ]
    nowhere.close()


def test_fault_of_one_tick_is_logged(database: Database) -> None:
    """A bug in a tick is an error in the log and stops no other tick."""

    def fail(_now: datetime) -> None:
        raise KeyError("surprise")

    with structlog.testing.capture_logs() as logs:
        run_tick(database, fail, name="texts")
    assert [(entry["log_level"], entry["event"]) for entry in logs] == [("error", "tick failed")]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("to +8613800138000 now", "to 138****8000 now"),
        ("Key (recipient)=(13800138000)", "Key (recipient)=(138****8000)"),
        ("fixed 010-12345678.", "fixed 010****5678."),
        ('"at": "2026-11-30T00:00:00.123456Z"', '"at": "2026-11-30T00:00:00.123456Z"'),
        ("declaration 010020261000000123", "declaration 010020261000000123"),
        ("booking K4827-1936", "booking K4827-1936"),
    ],
)
def test_log_lines_show_no_phone_number(line: str, shown: str) -> None:
    """Numbers are masked wherever they stand; times, declarations and booking numbers are not."""
    assert hide_numbers(line) == shown


def test_process_sends_beats_and_ends_on_sigterm(
    database_url: str, database: Database, tmp_path: Path
) -> None:
    """`python -m scheduler` sends a due text, beats, logs JSON, and exits 0 when it is told to end."""
    with database.transaction() as session:
        add_text(session, due=database.now())
    environment = {**os.environ, "DATABASE_URL": database_url, "TEXTS_FILE": str(tmp_path / "texts.jsonl")}
    log = tmp_path / "log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "scheduler"], cwd=ROOT, env=environment, stderr=errors
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while read_text(database).state != "sent" and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
    row = read_text(database)
    assert (row.state, row.provider) == ("sent", "console")
    assert json.loads((tmp_path / "texts.jsonl").read_text(encoding="utf-8"))["code"] == row.code
    with database.snapshot() as session:
        assert str(process.pid) in session.exec(select(Heartbeat)).one().name
    lines = [line for line in log.read_text(encoding="utf-8").splitlines() if not line.startswith("SMS ")]
    events = [json.loads(line)["event"] for line in lines]
    assert (events[0], events[-1]) == ("clock started", "clock stopped")
    assert "13800138000" not in log.read_text(encoding="utf-8")
