"""Import of a district: offices, hours, sites, docks, types, seats, priority table, closures, ways.

A district file has one form for CSV and JSON: a flat list of rows whose column `record` names what
each row is; `district_rows` lists the columns of every record. A row stands for the whole thing: what
it leaves out is emptied. Nothing is deleted by leaving a row out; things end by a date or by `in_use`.
Rows may come in any order. After the rows the ways between all sites are reckoned anew.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import Range
from sqlmodel import Session, col, select

from scheduler import models
from scheduler.database.connection import Database
from scheduler.database.locks import lock_office_days
from scheduler.errors import MalformedField
from scheduler.intake import district_rows as rows
from scheduler.intake import hurt
from scheduler.intake.fields import ZONE, RowModel
from scheduler.intake.files import read_rows
from scheduler.intake.lookups import (
    find_dock,
    find_office,
    find_site,
    find_type,
    require_district,
    require_qualification,
)
from scheduler.intake.parse import Parsed, parse
from scheduler.intake.report import Change, Rejected, Report
from scheduler.intake.store import Outcome, Store, make_report, put, store_row, store_rows
from scheduler.intake.ways import Pair, refresh_travel
from scheduler.work_days import bookings_that_no_longer_fit, ensure_calendar

_LONGEST_CLOSURE = timedelta(days=1000)


def import_district(database: Database, path: Path, *, now: datetime) -> Report:
    """Bring in a district file; good rows are kept, the others told with their reasons.

    A row that would leave live bookings without place, hours or crew is rejected with their numbers.

    Raises:
        MalformedField, BodyTooLarge: the file as a whole cannot be read.
        Busy, DatabaseDown: rows written so far stay; the same file again brings in the rest.
    """
    parsed, rejected = parse(read_rows(path), rows.DISTRICT_ROWS)
    database.write(lambda session: ensure_calendar(session, now=now))
    ways = [one for one in parsed if isinstance(one.row, rows.TravelRow)]
    others = [one for one in parsed if not isinstance(one.row, rows.TravelRow)]
    stored = store_rows(database, others, _STORES)
    on = now.astimezone(ZONE).date()
    led = database.write(lambda session: _store_ways(session, ways, on))
    return make_report("district", [*rejected, *stored, *led])


def _store_district(session: Session, row: rows.DistrictRow) -> Change:
    return put(session, models.District, {"code": row.code}, row.model_dump(exclude={"code"}))


def _store_office(session: Session, row: rows.OfficeRow) -> Change:
    require_district(session, row.district)
    return put(session, models.Office, {"code": row.code}, row.model_dump(exclude={"code"}))


def _store_opening(session: Session, row: rows.OpeningRow) -> Change:
    key = {"office": find_office(session, row.office), "day_kind": row.day_kind.value}
    before = set(bookings_that_no_longer_fit(session))
    hours = {"opens": row.opens, "closes": row.closes}
    change = put(session, models.OpeningHours, key | {"valid_from": row.valid_from}, hours)
    session.flush()
    newly = set(bookings_that_no_longer_fit(session)) - before
    hurt.refuse_if_hurt(session, hurt.BY_HOURS, bookings=sorted(newly))
    return change


def _store_site(session: Session, row: rows.SiteRow) -> Change:
    key = {"office": find_office(session, row.office), "code": row.code}
    change = put(session, models.Site, key, row.model_dump(mode="python", exclude={"office", "code"}))
    hurt.refuse_if_hurt(session, hurt.BY_SITE, **key)
    return change


def _store_dock(session: Session, row: rows.DockRow) -> Change:
    site = find_site(session, find_office(session, row.office), row.site)
    change = put(session, models.Dock, {"site": site, "code": row.code}, {"in_use": row.in_use})
    hurt.refuse_if_hurt(session, hurt.BY_DOCK, site=site)
    return change


def _store_qualification(session: Session, row: rows.QualificationRow) -> Change:
    return put(session, models.Qualification, {"code": row.code}, row.model_dump(exclude={"code"}))


def _store_type(session: Session, row: rows.TypeRow) -> Change:
    values = row.model_dump(exclude={"code", "site_kinds"})
    values["site_kinds"] = sorted(kind.value for kind in row.site_kinds)
    change = put(session, models.InspectionType, {"code": row.code}, values)
    hurt.refuse_if_hurt(session, hurt.BY_TYPE, code=row.code)
    return change


def _store_seat(session: Session, row: rows.SeatRow) -> Change:
    for qualification in row.qualifications:
        require_qualification(session, qualification, field="qualifications")
    key = {"type": find_type(session, row.type), "number": row.number}
    needed = sorted(row.qualifications)
    change = put(session, models.Seat, key, {"name": row.name, "qualifications": needed})
    if change is not Change.UNCHANGED:
        hurt.refuse_if_hurt(session, hurt.BY_SEAT, type=key["type"])
    return change


def _store_duration(session: Session, row: rows.DurationRow) -> Change:
    key = {"type": find_type(session, row.type), "goods_category": row.goods_category.value}
    return put(session, models.Duration, key, row.model_dump(exclude={"type", "goods_category"}))


def _store_priority_rule(session: Session, row: rows.PriorityRuleRow) -> Change:
    key = row.model_dump(include={"direction", "hs_prefix", "goods_category", "valid_from"})
    key["office"] = None if row.office is None else find_office(session, row.office)
    values = row.model_dump(include={"priority", "answer", "valid_to", "source"})
    return put(session, models.PriorityRule, key, values)


def _store_closure(session: Session, row: rows.ClosureRow) -> Change:
    office = find_office(session, row.office)
    site = None if row.site is None else find_site(session, office, row.site)
    dock = None if row.dock is None or site is None else find_dock(session, site, row.dock)
    if row.ends_at - row.starts_at > _LONGEST_CLOSURE:
        raise MalformedField(field="ends_at", expected=f"at most {_LONGEST_CLOSURE.days} days")
    lock_office_days(session, ((office, day) for day in _days(row.starts_at, row.ends_at)))
    period = Range(row.starts_at, row.ends_at, bounds="[)")
    found = session.exec(
        select(models.Closure).where(
            col(models.Closure.office) == office,
            col(models.Closure.site).is_not_distinct_from(site),
            col(models.Closure.dock).is_not_distinct_from(dock),
            func.lower(models.Closure.period) == row.starts_at,
        )
    ).first()
    if found is None:
        new = models.Closure(office=office, site=site, dock=dock, period=period, reason=row.reason)
        session.add(new)
        change = Change.ADDED
    elif (found.period.upper, found.reason) == (row.ends_at, row.reason):
        return Change.UNCHANGED
    else:
        found.period, found.reason = period, row.reason
        change = Change.CHANGED
    place = {"office": office, "site": site, "dock": dock}
    hurt.refuse_if_hurt(session, hurt.BY_CLOSURE, begin=row.starts_at, end=row.ends_at, **place)
    return change


def _days(begin: datetime, end: datetime) -> list[date]:
    first, last = begin.astimezone(ZONE).date(), end.astimezone(ZONE).date()
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _store_ways(session: Session, ways: Sequence[Parsed], on: date) -> list[Outcome]:
    """Reckon all ways, the measured ones of the file among them; tell what became of each row."""
    pairs: dict[int, Pair] = {}
    outcomes: list[Outcome] = []

    def look_up(session: Session, row: rows.TravelRow) -> Change:
        origin = find_site(session, find_office(session, row.office), row.site)
        to_office = find_office(session, row.to_office, field="to_office")
        destination = find_site(session, to_office, row.to_site, field="to_site")
        if origin == destination:
            raise MalformedField(field="to_site", expected="another site")
        pairs[one.number] = (origin, destination)
        return Change.UNCHANGED

    measured: dict[Pair, int] = {}
    for one in ways:
        told = store_row(session, one, look_up)
        if isinstance(told, Rejected):
            outcomes.append(told)
        elif isinstance(one.row, rows.TravelRow):
            measured[pairs[one.number]] = one.row.minutes
    written = refresh_travel(session, on=on, measured=measured)
    for pair in pairs.values():
        differs = pair in written.changed or pair in written.added
        outcomes.append(Change.CHANGED if differs else Change.UNCHANGED)
    return outcomes


_STORES: Mapping[type[RowModel], Store] = {
    rows.DistrictRow: _store_district,
    rows.OfficeRow: _store_office,
    rows.OpeningRow: _store_opening,
    rows.SiteRow: _store_site,
    rows.DockRow: _store_dock,
    rows.QualificationRow: _store_qualification,
    rows.TypeRow: _store_type,
    rows.SeatRow: _store_seat,
    rows.DurationRow: _store_duration,
    rows.PriorityRuleRow: _store_priority_rule,
    rows.ClosureRow: _store_closure,
}
