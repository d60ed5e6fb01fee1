"""The example's inspectors, their qualifications and four weeks of duties."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import Range
from sqlmodel import Session

from scheduler.example.bulk import put, put_numbered
from scheduler.example.places import MadeOffice
from scheduler.models import Duty, Inspector, InspectorQualification
from scheduler.rules.work_days import kind_of
from scheduler.vocabulary import WORKDAY_KINDS, DutyKind

ZONE = ZoneInfo("Asia/Shanghai")
DUTY_DAYS = 28

_BUNDLES = (
    ("animal_quarantine", "food", "cold_chain"),
    ("plant_quarantine", "food"),
    ("commodity", "high_tech", "special_articles"),
    ("food", "cold_chain", "commodity"),
    ("special_articles", "commodity", "high_tech"),
    ("plant_quarantine", "animal_quarantine", "cold_chain"),
)
"""What inspectors hold, in turn, so that each office has holders of all qualifications."""

_REGULAR = (time(8, 30), time(17, 30))
_SHIFTS = (_REGULAR,) * 8 + ((time(7, 30), time(16, 30)), (time(9, 30), time(18, 30)))


@dataclass(frozen=True, slots=True)
class MadeInspector:
    """An inspector as stored; the first six of an office are steady: no lapse, no other shift."""

    id: int
    badge: str
    office: MadeOffice
    steady: bool


def make_people(
    session: Session, *, offices: Sequence[MadeOffice], today: date, random: Random
) -> list[MadeInspector]:
    """Store the inspectors and what they may do, from when, until when."""
    homes = [(office, n) for office in offices for n in range(office.plan.inspectors)]
    rows = [
        {"office": office.id, "badge": f"EX{number:04d}", "name": f"示例查检员{number:03d}"}
        for number, (office, _) in enumerate(homes, start=1)
    ]
    ids = put_numbered(session, Inspector, rows)
    made = [
        MadeInspector(id_, str(row["badge"]), office, n < len(_BUNDLES))
        for id_, row, (office, n) in zip(ids, rows, homes, strict=True)
    ]
    held = [
        _held(inspector, qualification, today, random)
        for inspector, (_, n) in zip(made, homes, strict=True)
        for qualification in _BUNDLES[n % len(_BUNDLES)]
    ]
    put(session, InspectorQualification, held)
    return made


def _held(inspector: MadeInspector, qualification: str, today: date, random: Random) -> dict[str, object]:
    since = today - timedelta(days=random.randint(200, 900))
    lapse = random.random()
    until = None
    if not inspector.steady and lapse < 0.08:  # noqa: PLR2004 - one in twelve lapses within the four weeks
        until = today + timedelta(days=random.randint(3, 27))
    elif lapse > 0.9:  # noqa: PLR2004 - one in ten has an end further away
        until = today + timedelta(days=random.randint(60, 700))
    return {
        "inspector": inspector.id,
        "qualification": qualification,
        "valid_from": since,
        "valid_to": until,
    }


def make_duties(
    session: Session,
    *,
    inspectors: Sequence[MadeInspector],
    today: date,
    random: Random,
    taken: Mapping[int, frozenset[date]] | None = None,
) -> int:
    """Store duties on the work days of four weeks from today, except on the dates already taken.

    They start and end at the office's own place, so they rest on no travel. Returns how many.
    """
    days = [today + timedelta(days=n) for n in range(DUTY_DAYS)]
    work_days = [day for day in days if kind_of(day)[0] in WORKDAY_KINDS]
    rows = [
        _duty(inspector, day, shifts[day.isocalendar().week])
        for inspector in inspectors
        for shifts in [_shifts(inspector, work_days, random)]
        for day in work_days
        if day not in (taken or {}).get(inspector.id, frozenset())
    ]
    if rows:
        put_numbered(session, Duty, rows)
    return len(rows)


def _shifts(
    inspector: MadeInspector, days: Sequence[date], random: Random
) -> Mapping[int, tuple[time, time]]:
    weeks = sorted({day.isocalendar().week for day in days})
    return {week: _REGULAR if inspector.steady else random.choice(_SHIFTS) for week in weeks}


def _duty(inspector: MadeInspector, day: date, shift: tuple[time, time]) -> dict[str, object]:
    begin, end = (datetime.combine(day, clock, tzinfo=ZONE) for clock in shift)
    return {
        "inspector": inspector.id,
        "office": inspector.office.id,
        "date": day,
        "start_site": inspector.office.place,
        "end_site": inspector.office.place,
        "period": Range(begin, end, bounds="[)"),
        "kind": DutyKind.REGULAR.value,
    }
