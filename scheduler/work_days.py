"""Versions of the work-day calendar, and the promises that a new version leaves without a day."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import insert, text
from sqlmodel import Session, col, select

from scheduler.models import Calendar, WorkDay
from scheduler.rules import work_days as rules

_ONE_IMPORT = text("LOCK TABLE calendar IN SHARE ROW EXCLUSIVE MODE")

_YEARS = text("""
SELECT extract(year FROM min(date))::int, extract(year FROM max(date))::int
FROM work_day WHERE calendar = :version
""")

# The rows are locked in the order in which everybody else locks them.
_RESTAMP = text("""
UPDATE office_day SET calendar_version = :version
FROM (SELECT office, date FROM office_day WHERE calendar_version <> :version
      ORDER BY office, date FOR UPDATE) AS day
WHERE office_day.office = day.office AND office_day.date = day.date
""")

_NO_LONGER_FIT = text("""
SELECT booking.id
FROM booking
LEFT JOIN work_day ON work_day.date = booking.date
    AND work_day.calendar = (SELECT max(version) FROM calendar)
LEFT JOIN LATERAL (
    SELECT opens, closes FROM opening_hours
    WHERE opening_hours.office = booking.office AND day_kind = work_day.kind AND valid_from <= booking.date
    ORDER BY valid_from DESC LIMIT 1
) AS hours ON true
WHERE booking.state IN ('hold', 'confirmed', 'in_progress')
  AND (hours.opens IS NULL OR hours.closes IS NULL
       OR NOT booking.occupied <@ tstzrange((booking.date + hours.opens) AT TIME ZONE 'Asia/Shanghai',
                                            (booking.date + hours.closes) AT TIME ZONE 'Asia/Shanghai'))
ORDER BY booking.id
""")


def import_calendar(
    session: Session, *, now: datetime, first_year: int, last_year: int, source: str = "chinesecalendar"
) -> Calendar | None:
    """Store a new calendar version of whole years, or return None when nothing differs from the latest.

    Years that the latest version covers stay covered. Every office day is stamped with the new
    version; what no longer fits is told by `bookings_that_no_longer_fit`.
    """
    session.execute(_ONE_IMPORT)
    latest = session.exec(select(Calendar).order_by(col(Calendar.version).desc()).limit(1)).first()
    if latest is not None:
        known_first, known_last = session.execute(_YEARS, {"version": latest.version}).one()
        first_year, last_year = min(first_year, known_first), max(last_year, known_last)
    days = rules.calendar(first_year, last_year)
    digest = _digest(days)
    if latest is not None and latest.digest == digest:
        return None
    version = Calendar(imported_at=now, source=source, digest=digest)
    session.add(version)
    session.flush()
    rows = [
        {"calendar": version.version, "date": day.date, "kind": day.kind.value, "published": day.published}
        | {"name": day.name}
        for day in days
    ]
    session.execute(insert(WorkDay), rows)
    session.execute(_RESTAMP, {"version": version.version})
    return version


def ensure_calendar(session: Session, *, now: datetime) -> None:
    """Import this year and its neighbours where there is no calendar: duties and office days rest on one."""
    if session.exec(select(Calendar.version).limit(1)).first() is None:
        import_calendar(session, now=now, first_year=now.year - 1, last_year=now.year + 1)


def _digest(days: Iterable[rules.WorkDay]) -> str:
    lines = (f"{day.date.isoformat()} {day.kind} {day.published} {day.name}" for day in days)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def bookings_that_no_longer_fit(session: Session) -> list[int]:
    """Return the live bookings outside the opening hours of the latest calendar, by id.

    A notice that moves work days, or new opening hours, leave such bookings; each is to be
    offered another time. An office without hours for the day's kind is closed then.
    """
    return list(session.execute(_NO_LONGER_FIT).scalars())
