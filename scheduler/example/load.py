"""Fill an empty database with the demonstration district, or carry a filled one on to today."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from types import MappingProxyType

from sqlalchemy import func
from sqlmodel import Session, SQLModel, col, select

from scheduler.database.connection import Database
from scheduler.example.accounts import SignInGiven, make_accounts, renew_passwords
from scheduler.example.inspection_types import make_types
from scheduler.example.instructions import make_instructions
from scheduler.example.parties import make_parties
from scheduler.example.people import DUTY_DAYS, MadeInspector, make_duties, make_people
from scheduler.example.places import DISTRICT, OFFICES, MadeOffice, make_places
from scheduler.intake.ways import refresh_travel
from scheduler.models import (
    Absence,
    Authority,
    Contact,
    District,
    Dock,
    Duty,
    Enterprise,
    InspectionType,
    Inspector,
    InspectorQualification,
    Instruction,
    Office,
    Site,
    Travel,
    WorkDay,
)
from scheduler.vocabulary import EnterpriseKind, SiteKind
from scheduler.work_days import import_calendar

SEED = 20240401

_DAYS_BACK, _DAYS_AHEAD = 30, 400
_NONE_GIVEN: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Summary:
    """What the example holds, by kind of row, and how to sign in."""

    district: str
    counts: Mapping[str, int]
    sign_ins: tuple[SignInGiven, ...]


def is_loaded(session: Session) -> bool:
    """Whether the database already has a district with the example's code, made up or real."""
    return session.get(District, DISTRICT) is not None


def load_example(
    database: Database,
    *,
    today: date,
    now: datetime,
    seed: int = SEED,
    passwords: Mapping[str, str] = _NONE_GIVEN,
) -> Summary:
    """Store the demonstration district in one transaction: equal (today, seed) give equal rows.

    `today` is a date of the offices' zone; `now` only stamps rows. `passwords` by login are
    taken, missing ones drawn and told once, in the summary. On a database that has the
    example, work days and duties are carried on to today and the passwords set anew.

    Raises:
        ValueError: the database holds a real district of the same code.
    """
    random = Random(f"{seed} {today.isoformat()}")  # noqa: S311 - made-up data, no secret
    with database.transaction() as session:
        import_calendar(
            session,
            now=now,
            first_year=(today - timedelta(days=_DAYS_BACK)).year,
            last_year=(today + timedelta(days=_DAYS_AHEAD)).year,
        )
        if is_loaded(session):
            sign_ins = _carry_on(session, today=today, random=random, passwords=passwords)
        else:
            sign_ins = _fill(session, today=today, now=now, random=random, passwords=passwords)
        return Summary(DISTRICT, _counts(session), tuple(sign_ins))


def _fill(
    session: Session, *, today: date, now: datetime, random: Random, passwords: Mapping[str, str]
) -> list[SignInGiven]:
    offices = make_places(session, today=today, random=random)
    refresh_travel(session, on=today)
    types = make_types(session)
    inspectors = make_people(session, offices=offices, today=today, random=random)
    make_duties(session, inspectors=inspectors, today=today, random=random)
    parties = make_parties(session, today=today, now=now, random=random)
    make_instructions(session, offices=offices, types=types, parties=parties, today=today, random=random)
    return make_accounts(session, parties=parties, inspectors=inspectors, now=now, passwords=passwords)


def _carry_on(
    session: Session, *, today: date, random: Random, passwords: Mapping[str, str]
) -> list[SignInGiven]:
    """Add the duties that four weeks from today lack; nobody gets two a day, or one while absent."""
    if not session.get_one(District, DISTRICT).is_example:
        raise ValueError(f"district {DISTRICT} is not the example")
    taken: dict[int, set[date]] = {}
    held = select(col(Duty.inspector), col(Duty.date)).where(col(Duty.date) >= today)
    for inspector, day in session.exec(held):
        taken.setdefault(inspector, set()).add(day)
    for absence in session.exec(select(Absence)):
        taken.setdefault(absence.inspector, set()).update(_dates(absence, today))
    make_duties(
        session,
        inspectors=_stored_inspectors(session),
        today=today,
        random=random,
        taken={inspector: frozenset(days) for inspector, days in taken.items()},
    )
    return renew_passwords(session, passwords=passwords)


def _dates(absence: Absence, today: date) -> set[date]:
    """The days of the next four weeks that an absence may touch, a day more at either end."""
    begin, end = absence.period.lower, absence.period.upper
    if begin is None or end is None:
        return set()
    span = [today + timedelta(days=n) for n in range(DUTY_DAYS)]
    one = timedelta(days=1)
    return {day for day in span if begin.date() - one <= day <= end.date() + one}


def _stored_inspectors(session: Session) -> list[MadeInspector]:
    offices = {office.id: office for office in session.exec(select(Office))}
    plans = {plan.code: plan for plan in OFFICES}
    places = {
        site.office: site.id for site in session.exec(select(Site).where(Site.kind == SiteKind.OFFICE.value))
    }
    made = {
        id_: MadeOffice(id_, plans[office.code], place, {})
        for id_, office in offices.items()
        if id_ is not None and office.code in plans and (place := places.get(id_)) is not None
    }
    stored = session.exec(select(Inspector).where(Inspector.in_service).order_by(col(Inspector.id)))
    return [
        MadeInspector(inspector.id, inspector.badge, made[inspector.office], steady=False)
        for inspector in stored
        if inspector.id is not None and inspector.office in made
    ]


def _counts(session: Session) -> dict[str, int]:
    tables: dict[str, type[SQLModel]] = {
        "offices": Office,
        "docks": Dock,
        "ways": Travel,
        "inspection_types": InspectionType,
        "inspectors": Inspector,
        "qualifications_held": InspectorQualification,
        "duties": Duty,
        "contacts": Contact,
        "authorities": Authority,
        "instructions": Instruction,
    }
    counts = {
        name: session.exec(select(func.count()).select_from(table)).one() for name, table in tables.items()
    }
    bookable = select(func.count()).select_from(Site).where(Site.kind != SiteKind.OFFICE.value)
    counts["sites"] = session.exec(bookable).one()
    for kind, name in ((EnterpriseKind.TRADER, "enterprises"), (EnterpriseKind.BROKER, "brokers")):
        some = select(func.count()).select_from(Enterprise).where(Enterprise.kind == kind.value)
        counts[name] = session.exec(some).one()
    counts["calendar_days"] = session.exec(select(func.count(func.distinct(WorkDay.date)))).one()
    return counts
