"""Offices as everybody may see them: phones, hours, sites, and what kind of day a date is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from sqlmodel import Session, col, select

from scheduler.errors import UnknownOffice
from scheduler.models import Dock, Office, OpeningHours, Site
from scheduler.promise.reference import ZONE, Reference
from scheduler.rules.office_time import at
from scheduler.rules.wall_clock import WallClock
from scheduler.vocabulary import SiteKind


@dataclass(frozen=True, slots=True)
class HoursView:
    """Opening on days of a kind; both null: closed."""

    day_kind: str
    opens: WallClock | None
    closes: WallClock | None


@dataclass(frozen=True, slots=True)
class SiteView:
    """A place where goods are inspected; `docks` is 0 where places are not counted."""

    code: str
    name_zh: str
    name_en: str
    kind: str
    docks: int
    valid_from: date | None
    valid_to: date | None
    is_example: bool


@dataclass(frozen=True, slots=True)
class OfficeView:
    """An office with its published appointment phone; null: not published yet."""

    code: str
    customs_code: str | None
    name_zh: str
    name_en: str
    short_zh: str
    short_en: str
    phone: str | None
    phone_source: str | None
    phone_verified_on: date | None
    is_example: bool
    opening: tuple[HoursView, ...]
    sites: tuple[SiteView, ...]


@dataclass(frozen=True, slots=True)
class OfficeList:
    """All offices of the district, by code."""

    items: tuple[OfficeView, ...]


@dataclass(frozen=True, slots=True)
class DayView:
    """A date of an office; a year that is not published yet is provisional. `opens` null: closed."""

    date: date
    kind: str
    provisional: bool
    opens: str | None
    closes: str | None


@dataclass(frozen=True, slots=True)
class DayList:
    """An office's days in order; dates beyond the calendar are left out."""

    office: str
    items: tuple[DayView, ...]


def list_offices(session: Session, *, on: date) -> tuple[OfficeView, ...]:
    """All offices with the hours that are in force on a date."""
    offices = session.exec(select(Office).order_by(col(Office.code))).all()
    return _views(session, offices, on)


def read_office(session: Session, *, code: str, on: date) -> OfficeView:
    """The office with this code.

    Raises:
        UnknownOffice: there is none.
    """
    office = session.exec(select(Office).where(col(Office.code) == code)).first()
    if office is None:
        raise UnknownOffice(field="/office", office=code)
    return _views(session, [office], on)[0]


def list_days(facts: Reference, *, code: str, first: date, last: date) -> DayList:
    """What kind each date is and when the office is open.

    Raises:
        UnknownOffice: there is none.
    """
    office = facts.office_by_code(code)
    days = (first + timedelta(days=k) for k in range((last - first).days + 1))
    shown = []
    for day in days:
        if day not in facts.kinds:
            continue
        hours = facts.opening(office.id, day)
        opens, closes = (None, None) if hours is None else (_clock(day, hours[0]), _clock(day, hours[1]))
        shown.append(DayView(day, facts.kinds[day].value, not facts.published[day], opens, closes))
    return DayList(office.code, tuple(shown))


def _clock(day: date, minute: int) -> str:
    return (at(day, time(0), ZONE) + timedelta(minutes=minute)).astimezone(ZONE).isoformat()


def _views(session: Session, offices: Sequence[Office], on: date) -> tuple[OfficeView, ...]:
    ids = [office.id for office in offices]
    hours: dict[int, dict[str, HoursView]] = {}
    for row in session.exec(
        select(OpeningHours)
        .where(col(OpeningHours.office).in_(ids), col(OpeningHours.valid_from) <= on)
        .order_by(col(OpeningHours.day_kind), col(OpeningHours.valid_from))
    ):
        hours.setdefault(row.office, {})[row.day_kind] = HoursView(row.day_kind, row.opens, row.closes)
    docks: dict[int, int] = {}
    for dock in session.exec(select(Dock).where(col(Dock.in_use))):
        docks[dock.site] = docks.get(dock.site, 0) + 1
    sites: dict[int, list[SiteView]] = {}
    for site in session.exec(
        select(Site)
        .where(col(Site.office).in_(ids), col(Site.kind) != SiteKind.OFFICE.value)
        .order_by(col(Site.code))
    ):
        sites.setdefault(site.office, []).append(_site(site, docks.get(site.id or 0, 0)))
    return tuple(
        OfficeView(
            **office.model_dump(include=_COPIED),
            opening=tuple(hours.get(office.id or 0, {}).values()),
            sites=tuple(sites.get(office.id or 0, ())),
        )
        for office in offices
    )


_COPIED = {
    "code",
    "customs_code",
    "name_zh",
    "name_en",
    "short_zh",
    "short_en",
    "phone",
    "phone_source",
    "phone_verified_on",
    "is_example",
}


def _site(site: Site, docks: int) -> SiteView:
    return SiteView(
        code=site.code,
        name_zh=site.name_zh,
        name_en=site.name_en,
        kind=site.kind,
        docks=docks,
        valid_from=site.valid_from,
        valid_to=site.valid_to,
        is_example=site.is_example,
    )
