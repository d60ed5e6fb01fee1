"""A district brought in from a file: kept once, changed once, and never at the cost of a promise."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from scheduler.database.connection import Database
from scheduler.intake.district import import_district
from scheduler.intake.report import Report
from scheduler.intake.templates import templates
from scheduler.rules.geometry import travel_minutes
from scheduler.rules.policy import TravelRule

NOW = datetime(2026, 6, 1, 2, tzinfo=UTC)
NAMES = {"name_zh": "名", "name_en": "name"}
SHORT = {"short_zh": "简", "short_en": "Short"}
PLACES = {"S-1": (40.08, 116.58), "S-2": (40.10, 116.60), "OFF": (40.09, 116.59)}
ROWS: list[dict[str, object]] = [
    {"record": "dock", "office": "a", "site": "S-1", "code": "D1"},
    {"record": "district", "code": "0100", "source": "a notice"} | NAMES,
    {"record": "office", "code": "a", "district": "0100", "phone": "12360", "phone_source": "a page"}
    | NAMES
    | SHORT,
    {"record": "opening", "office": "a", "day_kind": "workday", "valid_from": "2026-01-01"}
    | {"opens": "08:30", "closes": "17:30"},
    *(
        {"record": "site", "office": "a", "code": code, "latitude": lat, "longitude": lon}
        | {"kind": "office" if code == "OFF" else "airside"}
        | NAMES
        for code, (lat, lon) in PLACES.items()
    ),
    {"record": "travel", "office": "a", "site": "S-1", "to_office": "a", "to_site": "OFF", "minutes": 4},
    {"record": "qualification", "code": "food"} | NAMES,
    {"record": "type", "code": "t", "mode": "standard", "site_kinds": "airside;cold_store"} | NAMES,
    {"record": "seat", "type": "t", "number": 1, "name": "lead", "qualifications": "food"},
    {"record": "seat", "type": "t", "number": 2, "name": "second"},
    {"record": "duration", "type": "t", "goods_category": "food", "base_minutes": 20}
    | {"per_unit_minutes": 1.5, "unit": "lot"},
    {"record": "priority_rule", "direction": "import", "goods_category": "fruit", "answer": "granted"}
    | {"priority": "green_channel", "valid_from": "2026-01-01", "source": "a notice"},
    {"record": "closure", "office": "a", "site": "S-1", "dock": "D1", "reason": "repair"}
    | {"starts_at": "2026-07-01 08:30", "ends_at": "2026-07-02 12:00"},
]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database."""
    made = Database(database_url)
    yield made
    made.close()


def bring(
    database: Database, folder: Path, rows: Sequence[Mapping[str, object]], form: str = "csv"
) -> Report:
    """Write the rows to a file and bring it in."""
    path = folder / f"district.{form}"
    if form == "json":
        path.write_text(json.dumps(rows))
    else:
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list({name: None for row in rows for name in row}))
            writer.writeheader()
            writer.writerows(rows)
    return import_district(database, path, now=NOW)


def ask(database: Database, question: str) -> list[tuple[object, ...]]:
    """Return the rows of a question."""
    with database.snapshot() as session:
        return [tuple(row) for row in session.execute(text(question))]


@pytest.mark.parametrize("form", ["csv", "json"])
def test_the_same_file_twice_changes_nothing(database: Database, tmp_path: Path, form: str) -> None:
    """The first time every row is kept whatever its order, the second time none makes a new rules version."""
    first = bring(database, tmp_path, ROWS, form)
    assert (first.added + first.changed, first.rejected) == (len(ROWS), ())
    version = ask(database, "SELECT max(id) FROM rules_revision")
    second = bring(database, tmp_path, ROWS, form)
    assert (second.added, second.changed, second.unchanged) == (0, 0, len(ROWS))
    assert second.is_clean
    assert ask(database, "SELECT max(id) FROM rules_revision") == version


def test_a_changed_row_updates_what_it_names(database: Database, tmp_path: Path) -> None:
    """One row that says something new is counted as changed and stored; the others stay."""
    bring(database, tmp_path, ROWS)
    rows = [row | {"phone": "010-12345678"} if row["record"] == "office" else row for row in ROWS]
    report = bring(database, tmp_path, rows)
    assert (report.changed, report.unchanged) == (1, len(ROWS) - 1)
    assert ask(database, "SELECT phone FROM office") == [("+861012345678",)]


def test_good_rows_are_kept_beside_bad_ones(database: Database, tmp_path: Path) -> None:
    """Rows that name unknown things are told by line, column and reason; the rest is stored."""
    bad: list[dict[str, object]] = [
        {"record": "dock", "office": "nowhere", "site": "S-1", "code": "D9"},
        {"record": "dock", "office": "a", "site": "S-9", "code": "D9"},
        {"record": "seat", "type": "t", "number": 3, "name": "third", "qualifications": "magic"},
        {"record": "duration", "type": "u", "goods_category": "food", "base_minutes": 20, "unit": "lot"},
        {"record": "office", "code": "b", "district": "0200"} | NAMES | SHORT,
        {"record": "closure", "office": "a", "site": "S-1", "dock": "D7", "reason": "x"}
        | {"starts_at": "2026-07-01 08:30", "ends_at": "2026-07-02 12:00"},
        {"record": "travel", "office": "a", "site": "S-1", "to_office": "a", "to_site": "?", "minutes": 4},
        {"record": "travel", "office": "a", "site": "S-1", "to_office": "a", "to_site": "S-1", "minutes": 4},
    ]
    report = bring(database, tmp_path, [*bad, *ROWS])
    assert report.added + report.changed == len(ROWS)
    assert [(told.row, told.field, told.reason) for told in report.rejected] == [
        (2, "office", "unknown_office"),
        (3, "site", "unknown_site"),
        (4, "qualifications", "unknown_qualification"),
        (5, "type", "unknown_type"),
        (6, "district", "unknown_district"),
        (7, "dock", "unknown_dock"),
        (8, "to_site", "unknown_site"),
        (9, "to_site", "malformed_field"),
    ]


def test_ways_follow_the_sites_and_measured_ones_stay(database: Database, tmp_path: Path) -> None:
    """A moved site gets new ways both ways; the measured way stays, and no way is longer than a detour."""
    bring(database, tmp_path, ROWS)
    rows = [row | {"latitude": 40.2} if row.get("code") == "S-2" else row for row in ROWS]
    bring(database, tmp_path, [row for row in rows if row["record"] != "travel"])
    ways = {
        (origin, destination): (minutes, measured)
        for origin, destination, minutes, measured in ask(
            database,
            "SELECT a.code, b.code, minutes, is_override FROM travel JOIN site a ON a.id = origin"
            " JOIN site b ON b.id = destination",
        )
    }
    direct = travel_minutes(40.2, 116.6, *PLACES["S-1"], TravelRule())
    assert ways["S-2", "S-1"] == (direct, False)
    assert ways["S-1", "OFF"] == (4, True)
    assert len(ways) == 6
    detour = 4 + int(str(ways["OFF", "S-2"][0]))
    assert int(str(ways["S-1", "S-2"][0])) == min(direct, detour)


@pytest.mark.parametrize("form", ["csv", "json"])
def test_an_empty_template_brings_in_nothing(database: Database, tmp_path: Path, form: str) -> None:
    """A template that nobody filled in is a file without rows."""
    path = tmp_path / f"empty.{form}"
    path.write_text(templates("district", "csv" if form == "csv" else "json"))
    assert import_district(database, path, now=NOW) == Report("district")


def promise(database: Database) -> None:
    """A live booking at S-1, dock D1, on 3 July 2026 at nine, of inspectors with the qualification."""
    day, at, span = date(2026, 7, 3), "2026-07-03 09:00+08", "'[2026-07-03 09:00+08,2026-07-03 09:30+08)'"
    duty = "'[2026-07-03 08:30+08,2026-07-03 12:30+08)'"
    site, place = (f"(SELECT id FROM site WHERE code = '{code}')" for code in ("S-1", "OFF"))
    statements = (
        "INSERT INTO enterprise (uscc, name, kind) VALUES ('91110000600037341L', 'x', 'trader')",
        (
            "INSERT INTO inspector (office, badge, name, staff_category)"
            " SELECT office.id, n::text, 'x', 'officer' FROM office, generate_series(1, 2) AS n"
        ),
        "INSERT INTO inspector_qualification SELECT id, 'food', '2020-01-01' FROM inspector",
        (
            "INSERT INTO duty (inspector, office, date, start_site, end_site, period, kind)"
            f" SELECT id, office, '{day}', {place}, {place}, {duty}, 'regular' FROM inspector"
        ),
        (
            "INSERT INTO booking (reference, version, state, office, date, site, dock, type, enterprise,"
            " made_by, wished_from, wished_to, promise_from, promise_to, planned_start, planned_minutes,"
            " occupied, attendee, priority, priority_answer, channel, requested_at, rules_version)"
            f" SELECT 'B-1', 1, 'confirmed', office.id, '{day}', {site}, dock.id, t.id, e.id, e.id, '{at}',"
            f" '{at}', '{at}', '{at}', '{at}', 30, {span}, 'x', 'ordinary', 'not_applied', 'portal',"
            f" '{at}', 1 FROM office, inspection_type t, enterprise e, dock"
        ),
        (
            "INSERT INTO crew SELECT b.id, row_number() OVER (ORDER BY d.id), d.inspector, d.id, b.occupied"
            " FROM booking b, duty d"
        ),
        (
            "INSERT INTO event (at, kind, booking, actor_role, channel, old_version, new_version, details)"
            f" SELECT '{at}', 'confirmed', id, 'system', 'system', 0, 1, '{{}}' FROM booking"
        ),
    )
    with database.transaction() as session:
        for statement in statements:
            session.execute(text(statement))


@pytest.mark.parametrize(
    "row",
    [
        {"record": "closure", "office": "a", "starts_at": "2026-07-03 00:00", "ends_at": "2026-07-04 00:00"}
        | {"reason": "x"},
        {"record": "opening", "office": "a", "day_kind": "workday", "valid_from": "2026-07-01"}
        | {"opens": "10:00", "closes": "17:30"},
        {"record": "dock", "office": "a", "site": "S-1", "code": "D1", "in_use": "no"},
        {"record": "site", "office": "a", "code": "S-1", "kind": "airside", "valid_to": "2026-07-01"}
        | {"latitude": 40.08, "longitude": 116.58}
        | NAMES,
        {"record": "type", "code": "t", "mode": "standard", "minimum_crew": 3} | NAMES,
        {"record": "seat", "type": "t", "number": 3, "name": "third"},
    ],
    ids=lambda row: str(row["record"]),
)
def test_a_row_that_would_break_a_promise_is_rejected(
    database: Database, tmp_path: Path, row: dict[str, object]
) -> None:
    """The row is told with the booking's number, and nothing of it is stored."""
    bring(database, tmp_path, ROWS)
    promise(database)
    tables = ("closure", "opening_hours", "dock", "site", "inspection_type", "seat")
    before = [ask(database, f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]
    report = bring(database, tmp_path, [row])
    assert [(told.reason, dict(told.values)) for told in report.rejected] == [
        ("hurts_bookings", {"bookings": ["B-1"]})
    ]
    assert [ask(database, f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables] == before
