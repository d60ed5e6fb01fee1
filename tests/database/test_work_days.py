"""Calendar versions: a notice makes a new one, and tells which promises it leaves without a day."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from scheduler.database.connection import Database
from scheduler.models import Calendar
from scheduler.rules import work_days as rules
from scheduler.vocabulary import DayKind
from scheduler.work_days import bookings_that_no_longer_fit, ensure_calendar, import_calendar

NOW = datetime(2026, 6, 1, 2, tzinfo=UTC)
FRIDAY = date(2027, 3, 5)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database."""
    made = Database(database_url)
    yield made
    made.close()


def load(database: Database, first: int = 2026, last: int = 2027) -> Calendar | None:
    """Import years in a transaction of their own."""
    with database.transaction() as session:
        return import_calendar(session, now=NOW, first_year=first, last_year=last)


def let_the_notice_move(monkeypatch: pytest.MonkeyPatch, moved: date) -> None:
    """Let a notice declare one day a holiday: the next import sees other content."""
    real = rules.calendar

    def noticed(first_year: int, last_year: int) -> list[rules.WorkDay]:
        return [
            rules.WorkDay(day.date, DayKind.HOLIDAY, True, "moved") if day.date == moved else day  # noqa: FBT003 - the value's own order
            for day in real(first_year, last_year)
        ]

    monkeypatch.setattr(rules, "calendar", noticed)


def test_a_first_import_holds_every_day(database: Database) -> None:
    """All days of the years stand there, published ones and provisional ones apart."""
    load(database)
    with database.snapshot() as session:
        rows = session.execute(text("SELECT published, count(*) FROM work_day GROUP BY 1 ORDER BY 1")).all()
    assert [tuple(row) for row in rows] == [(False, 365), (True, 365)]


def test_equal_content_makes_no_version(database: Database) -> None:
    """The second import of the same years writes nothing."""
    assert load(database) is not None
    assert load(database) is None


def test_a_narrower_import_keeps_the_years_there_are(database: Database) -> None:
    """Years that the latest version covers stay covered, so bookings of next year keep their day."""
    load(database, 2025, 2027)
    assert load(database, 2026, 2026) is None
    wider = load(database, 2026, 2028)
    with database.snapshot() as session:
        reach = session.execute(
            text("SELECT min(date), max(date) FROM work_day WHERE calendar = :version"),
            {"version": wider.version if wider else None},
        ).one()
    assert tuple(reach) == (date(2025, 1, 1), date(2028, 12, 31))


def test_a_new_version_stamps_all_office_days(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every office day names the new version; their own versions stay, the rules version rises."""
    load(database)
    with database.transaction() as session:
        make_office(session)
        session.execute(text("INSERT INTO office_day VALUES (1, '2027-03-05', 4, 1)"))
        before = session.execute(text("SELECT max(id) FROM rules_revision")).scalar_one()
    let_the_notice_move(monkeypatch, FRIDAY)
    version = load(database)
    assert version is not None
    with database.snapshot() as session:
        assert tuple(session.execute(text("SELECT version, calendar_version FROM office_day")).one()) == (
            4,
            version.version,
        )
        assert session.execute(text("SELECT max(id) FROM rules_revision")).scalar_one() > before


def make_office(session: Session) -> None:
    """An office open on work days, one type without seats to fill, an enterprise."""
    for statement in (
        "INSERT INTO district (code, name_zh, name_en) VALUES ('0100', 'x', 'x')",
        (
            "INSERT INTO office (district, code, name_zh, name_en, short_zh, short_en)"
            " VALUES ('0100', 'a', 'x', 'x', 'x', 'x')"
        ),
        (
            "INSERT INTO site (office, code, name_zh, name_en, kind, latitude, longitude)"
            " VALUES (1, 's', 'x', 'x', 'airside', 40, 116)"
        ),
        "INSERT INTO opening_hours VALUES (1, 'workday', '2020-01-01', '08:30', '17:30')",
        (
            "INSERT INTO inspection_type (code, name_zh, name_en, mode, minimum_crew, site_kinds)"
            " VALUES ('t', 'x', 'x', 'standard', 2, '{}')"
        ),
        "INSERT INTO seat VALUES (1, 1, 'lead', '{}'), (1, 2, 'second', '{}')",
        "INSERT INTO enterprise (uscc, name, kind) VALUES ('91110000600037341L', 'x', 'trader')",
        (
            "INSERT INTO inspector (office, badge, name, staff_category)"
            " VALUES (1, '1', 'x', 'officer'), (1, '2', 'x', 'officer')"
        ),
    ):
        session.execute(text(statement))


def promise(session: Session, day: date) -> None:
    """A live booking on the day from nine to half past, with its crew."""
    values = {"day": day, "at": f"{day} 09:00+08"}
    session.execute(
        text("""
        INSERT INTO duty (inspector, office, date, start_site, end_site, period, kind)
        SELECT n, 1, :day, 1, 1, tstzrange(CAST(:at AS timestamptz),
               CAST(:at AS timestamptz) + interval '3 hours'), 'regular' FROM generate_series(1, 2) AS n
        """),
        values,
    )
    session.execute(
        text("""
        INSERT INTO booking (reference, version, state, office, date, site, type, enterprise, made_by,
            wished_from, wished_to, promise_from, promise_to, planned_start, planned_minutes, occupied,
            attendee, priority, priority_answer, channel, requested_at, rules_version, expires_at)
        VALUES (:day, 1, 'confirmed', 1, :day, 1, 1, 1, 1, :at, :at, :at, :at, :at, 30,
            tstzrange(CAST(:at AS timestamptz), CAST(:at AS timestamptz) + interval '30 minutes'),
            'x', 'ordinary', 'not_applied', 'portal', :at, 1, NULL)
        """),
        values,
    )
    session.execute(
        text("""
        INSERT INTO crew (booking, seat, inspector, duty, occupied)
        SELECT b.id, duty.inspector, duty.inspector, duty.id, b.occupied FROM booking AS b
        JOIN duty ON duty.date = b.date WHERE b.date = :day
        """),
        values,
    )
    session.execute(
        text("""
        INSERT INTO event (at, kind, booking, actor_role, channel, old_version, new_version, details)
        SELECT :at, 'confirmed', id, 'system', 'system', 0, 1, '{}' FROM booking WHERE date = :day
        """),
        values,
    )


@pytest.mark.parametrize("cause", ["calendar", "hours"])
def test_promises_that_no_longer_fit(database: Database, monkeypatch: pytest.MonkeyPatch, cause: str) -> None:
    """A notice that makes a day a holiday, and new hours, leave that day's bookings and no others."""
    monday = date(2027, 3, 8)
    load(database)
    with database.transaction() as session:
        make_office(session)
        promise(session, FRIDAY)
        promise(session, monday)
        assert bookings_that_no_longer_fit(session) == []
    if cause == "calendar":
        let_the_notice_move(monkeypatch, monday)
        load(database)
    else:
        with database.transaction() as session:
            session.execute(
                text("INSERT INTO opening_hours VALUES (1, 'workday', '2027-03-06', '09:15', '17:30')")
            )
    with database.snapshot() as session:
        left = bookings_that_no_longer_fit(session)
        days = session.execute(text("SELECT date FROM booking WHERE id = ANY (:ids)"), {"ids": left})
        assert list(days.scalars()) == [monday]


def test_a_calendar_is_made_where_there_is_none(database: Database) -> None:
    """The first import of people finds a calendar of this year and its neighbours; a second adds none."""
    for _ in range(2):
        with database.transaction() as session:
            ensure_calendar(session, now=NOW)
    with database.snapshot() as session:
        assert len(session.exec(select(Calendar)).all()) == 1
