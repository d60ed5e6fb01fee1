"""Import of people: inspectors, what they may do and until when, their duties, staff accounts.

A people file has one form for CSV and JSON: a flat list of rows whose column `record` names what
each row is; `people_rows` lists the columns of every record. Nothing is deleted by leaving a row out.
A duty on which a crew stands is changed only as far as the crew allows.
"""

from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import Range
from sqlmodel import Session, col, select

from scheduler import models
from scheduler.access.accounts import normal_login
from scheduler.database.connection import Database
from scheduler.database.locks import lock_inspectors, lock_office_days
from scheduler.errors import DutyOverMidnight, MalformedField
from scheduler.intake import hurt
from scheduler.intake import people_rows as rows
from scheduler.intake.fields import ZONE, RowModel
from scheduler.intake.lookups import (
    find_inspector,
    find_office,
    find_place,
    find_site,
    require_qualification,
)
from scheduler.intake.report import Change, Report
from scheduler.intake.store import Store, bring_in, put
from scheduler.vocabulary import Role
from scheduler.work_days import ensure_calendar

_STAFF = {Role.DESK_AGENT, Role.OFFICE_MANAGER, Role.INSPECTOR, Role.ADMINISTRATOR}


def import_people(database: Database, path: Path, *, now: datetime) -> Report:
    """Bring in a people file; good rows are kept, the others told with their reasons.

    Raises:
        MalformedField, BodyTooLarge: the file as a whole cannot be read.
        Busy, DatabaseDown: rows written so far stay; the same file again brings in the rest.
    """
    database.write(lambda session: ensure_calendar(session, now=now))
    stores: dict[type[RowModel], Store] = {
        rows.InspectorRow: _store_inspector,
        rows.HeldRow: _store_held,
        rows.DutyRow: _store_duty,
        rows.AccountRow: partial(_store_account, now=now),
    }
    return bring_in(database, path, kind="people", models=rows.PEOPLE_ROWS, stores=stores)


def _store_inspector(session: Session, row: rows.InspectorRow) -> Change:
    values = row.model_dump(exclude={"badge", "office"}) | {"office": find_office(session, row.office)}
    return put(session, models.Inspector, {"badge": row.badge}, values)


def _store_held(session: Session, row: rows.HeldRow) -> Change:
    inspector, _ = find_inspector(session, row.badge)
    require_qualification(session, row.qualification, field="qualification")
    key = {"inspector": inspector, "qualification": row.qualification, "valid_from": row.valid_from}
    change = put(session, models.InspectorQualification, key, {"valid_to": row.valid_to})
    hurt.refuse_if_hurt(session, hurt.BY_HELD, inspector=inspector, qualification=row.qualification)
    return change


def _store_duty(session: Session, row: rows.DutyRow) -> Change:
    inspector, home = find_inspector(session, row.badge)
    office = home if row.office is None else find_office(session, row.office)
    values: dict[str, Any] = {  # each column's own type
        "office": office,
        "start_site": _site(session, office, row.start_site, "start_site"),
        "end_site": _site(session, office, row.end_site, "end_site"),
        "kind": row.kind.value,
    }
    begin = datetime.combine(row.date, row.start, tzinfo=ZONE)
    period = Range(begin, _end(row), bounds="[)")
    lock_inspectors(session, [inspector])
    lock_office_days(session, [(office, row.date)])
    same_start = func.lower(models.Duty.period) == begin
    found = session.exec(
        select(models.Duty).where(col(models.Duty.inspector) == inspector, same_start)
    ).first()
    if found is None:
        session.add(models.Duty(inspector=inspector, date=row.date, period=period, **values))
        return Change.ADDED
    stored = {name: getattr(found, name) for name in values} | {"end": found.period.upper}
    if stored == values | {"end": period.upper}:
        return Change.UNCHANGED
    for name, value in values.items():
        setattr(found, name, value)
    found.period = period
    return Change.CHANGED


def _site(session: Session, office: int, code: str | None, field: str) -> int:
    if code is None:
        return find_place(session, office, field=field)
    return find_site(session, office, code, field=field)


def _end(row: rows.DutyRow) -> datetime:
    """The end of a duty; midnight ends the day it began on."""
    if row.end == time(0):
        return datetime.combine(row.date + timedelta(days=1), row.end, tzinfo=ZONE)
    if row.end <= row.start:
        raise DutyOverMidnight(field="end")
    return datetime.combine(row.date, row.end, tzinfo=ZONE)


def _store_account(session: Session, row: rows.AccountRow, *, now: datetime) -> Change:
    login = normal_login(row.login)
    found = session.exec(select(models.Account).where(col(models.Account.login) == login)).first()
    if found is not None and found.role not in _STAFF:
        raise MalformedField(field="login", expected="no enterprise's login")
    inspector, home = (None, None) if row.badge is None else find_inspector(session, row.badge)
    office = home if row.office is None else find_office(session, row.office)
    values = row.model_dump(include={"role", "name", "mobile", "language", "active"})
    values |= {"office": office, "inspector": inspector}
    if found is None:
        values["created_at"] = now
    return put(session, models.Account, {"login": login}, values)
