"""People brought in from a file: inspectors, qualifications, duties, staff accounts."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from scheduler.database.connection import Database
from scheduler.intake.people import import_people
from scheduler.intake.report import Report

NOW = datetime(2026, 6, 1, 2, tzinfo=UTC)
ROWS: list[dict[str, object]] = [
    {"record": "account", "login": "Desk.A", "role": "desk_agent", "name": "x", "office": "a"},
    {"record": "account", "login": "one", "role": "inspector", "name": "x", "badge": "1"},
    {"record": "duty", "badge": "1", "date": "2026-06-02", "start": "08:30", "end": "12:00"},
    {"record": "duty", "badge": "1", "date": "2026-06-02", "start": "20:00", "end": "00:00"},
    {"record": "held_qualification", "badge": "1", "qualification": "food", "valid_from": "2026-01-01"},
    {"record": "inspector", "badge": "1", "name": "x", "office": "a", "mobile": "199 0000 0001"},
]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with two offices far apart, their places, a site and a qualification."""
    made = Database(database_url)
    with made.transaction() as session:
        for statement in (
            "INSERT INTO district (code, name_zh, name_en) VALUES ('0100', 'x', 'x')",
            (
                "INSERT INTO office (district, code, name_zh, name_en, short_zh, short_en)"
                " SELECT '0100', code, 'x', 'x', 'x', 'x' FROM unnest(ARRAY['a', 'b']) AS code"
            ),
            (
                "INSERT INTO site (office, code, name_zh, name_en, kind, latitude, longitude)"
                " SELECT id, 'OFF', 'x', 'x', 'office', 39 + id, 116 FROM office"
            ),
            "INSERT INTO travel SELECT a.id, b.id, 300, false FROM site a, site b WHERE a.id <> b.id",
            "INSERT INTO qualification VALUES ('food', 'x', 'x')",
        ):
            session.execute(text(statement))
    yield made
    made.close()


def bring(database: Database, folder: Path, rows: Sequence[Mapping[str, object]]) -> Report:
    """Write the rows to a file and bring it in."""
    path = folder / "people.json"
    path.write_text(json.dumps(rows))
    return import_people(database, path, now=NOW)


def ask(database: Database, question: str) -> list[tuple[object, ...]]:
    """Return the rows of a question."""
    with database.snapshot() as session:
        return [tuple(row) for row in session.execute(text(question))]


def test_the_same_file_twice_changes_nothing(database: Database, tmp_path: Path) -> None:
    """Rows in any order are kept once; a calendar was made for the duties to rest on."""
    first = bring(database, tmp_path, ROWS)
    assert (first.added, first.rejected) == (len(ROWS), ())
    versions = ask(database, "SELECT office, date, version FROM office_day")
    second = bring(database, tmp_path, ROWS)
    assert (second.added, second.changed, second.unchanged) == (0, 0, len(ROWS))
    assert ask(database, "SELECT office, date, version FROM office_day") == versions


def test_what_is_stored(database: Database, tmp_path: Path) -> None:
    """Mobiles and logins are in their one form, duties end at midnight at most, accounts have no password."""
    bring(database, tmp_path, ROWS)
    assert ask(database, "SELECT mobile FROM inspector") == [("+8619900000001",)]
    ends = ask(database, "SELECT upper(period) FROM duty ORDER BY 1")
    assert ends == [(datetime(2026, 6, 2, 4, tzinfo=UTC),), (datetime(2026, 6, 2, 16, tzinfo=UTC),)]
    accounts = ask(database, "SELECT login, inspector IS NULL, office, password_hash FROM account ORDER BY 1")
    assert accounts == [("desk.a", True, 1, None), ("one", False, 1, None)]


def test_a_changed_duty_updates(database: Database, tmp_path: Path) -> None:
    """A duty known by its start gets another end."""
    bring(database, tmp_path, ROWS)
    report = bring(database, tmp_path, [ROWS[2] | {"end": "17:30"}])
    assert (report.changed, report.added) == (1, 0)
    assert ask(database, "SELECT count(*) FROM duty") == [(2,)]


DUTY = {"record": "duty", "badge": "1", "date": "2026-06-02", "start": "08:30", "end": "12:00"}
HELD = {"record": "held_qualification", "badge": "1", "qualification": "x", "valid_from": "2026-01-01"}


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        (DUTY | {"badge": "9"}, "badge", "unknown_inspector"),
        (DUTY | {"start": "11:00", "end": "13:00"}, None, "duty_overlaps"),
        (DUTY | {"start": "20:00", "end": "06:00"}, "end", "duty_over_midnight"),
        (DUTY | {"start": "13:00", "end": "17:00", "office": "b"}, None, "duty_gap_too_short"),
        (HELD, "qualification", "unknown_qualification"),
        (
            {"record": "account", "login": "firm", "role": "administrator", "name": "x"},
            "login",
            "malformed_field",
        ),
    ],
)
def test_a_bad_row_is_told_and_the_next_kept(
    database: Database, tmp_path: Path, row: dict[str, object], field: str | None, reason: str
) -> None:
    """What the rows or the database refuse has its reason, and the good row after it is stored."""
    bring(database, tmp_path, ROWS)
    with database.transaction() as session:
        session.execute(
            text("INSERT INTO enterprise (uscc, name, kind) VALUES ('91110000600037341L', 'x', 'trader')")
        )
        session.execute(
            text(
                "INSERT INTO account (login, role, name, enterprise, language, created_at)"
                " SELECT 'firm', 'enterprise_user', 'x', id, 'en', '2026-01-01' FROM enterprise"
            )
        )
    good = {"record": row["record"]} | {
        "duty": {"badge": "1", "date": "2026-06-04", "start": "08:30", "end": "12:00"},
        "held_qualification": {"badge": "1", "qualification": "food", "valid_from": "2025-01-01"},
        "account": {"login": "boss", "role": "administrator", "name": "x"},
    }[str(row["record"])]
    report = bring(database, tmp_path, [row, good])
    assert [(told.row, told.field, told.reason) for told in report.rejected] == [(1, field, reason)]
    assert report.added == 1


def test_a_qualification_that_a_promise_rests_on_is_not_cut(database: Database, tmp_path: Path) -> None:
    """Who sits on a crew keeps the seat's qualification past its day: an earlier end names the booking."""
    bring(database, tmp_path, ROWS)
    at, span = "2026-06-02 09:00+08", "'[2026-06-02 09:00+08,2026-06-02 09:30+08)'"
    statements = (
        "INSERT INTO enterprise (uscc, name, kind) VALUES ('91110000600037341L', 'x', 'trader')",
        (
            "INSERT INTO inspection_type (code, name_zh, name_en, mode, minimum_crew, site_kinds)"
            " VALUES ('t', 'x', 'x', 'standard', 1, '{}')"
        ),
        "INSERT INTO seat VALUES (1, 1, 'lead', '{food}')",
        (
            "INSERT INTO booking (reference, version, state, office, date, site, type, enterprise, made_by,"
            " wished_from, wished_to, promise_from, promise_to, planned_start, planned_minutes, occupied,"
            " attendee, priority, priority_answer, channel, requested_at, rules_version) SELECT 'B-1', 1,"
            f" 'confirmed', 1, '2026-06-02', 1, 1, 1, 1, '{at}', '{at}', '{at}', '{at}', '{at}', 30, {span},"
            f" 'x', 'ordinary', 'not_applied', 'portal', '{at}', 1"
        ),
        f"INSERT INTO crew SELECT 1, 1, inspector, id, {span} FROM duty ORDER BY lower(period) LIMIT 1",
        (
            "INSERT INTO event (at, kind, booking, actor_role, channel, old_version, new_version, details)"
            f" VALUES ('{at}', 'confirmed', 1, 'system', 'system', 0, 1, '{{}}')"
        ),
    )
    with database.transaction() as session:
        for statement in statements:
            session.execute(text(statement))
    assert bring(database, tmp_path, [ROWS[4] | {"valid_to": "2026-06-03"}]).is_clean
    report = bring(database, tmp_path, [ROWS[4] | {"valid_to": "2026-06-02"}])
    assert [dict(told.values) for told in report.rejected] == [{"bookings": ["B-1"]}]
    cut = bring(database, tmp_path, [ROWS[2] | {"end": "09:15"}])
    assert [told.reason for told in cut.rejected] == ["hurts_bookings"]
