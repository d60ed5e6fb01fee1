"""A seeded district in a real database: a server for one bench, offices, plans, instructions.

Every date of an instance's office becomes a work day from `FIRST_DATE` on without a gap, so that a horizon of
14 days is 14 open days. Enterprises, people and places are made up.
"""

import itertools
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql
from sqlalchemy import insert, make_url, text
from sqlalchemy.dialects.postgresql import Range
from sqlmodel import Session, SQLModel

from bench.instances import CLOSES, FIRST_DATE, HORIZON, OPENS, QUALIFICATIONS, Office
from scheduler import models
from scheduler.booking.write import promised_at
from scheduler.database import server
from scheduler.database.connection import Database
from scheduler.database.migrate import upgrade
from scheduler.promise.reference import ZONE
from scheduler.promise.rows import instant_of
from scheduler.vocabulary import GoodsCategory, SiteKind
from solver.check import check
from solver.day import Day, Seat
from solver.plan import Plan

MORNING: Final = datetime.combine(FIRST_DATE, time(0), ZONE)
"""When everything is asked and written: the midnight before the first day."""

ACROSS: Final = 60
"""Minutes between the sites of two offices."""

VISIT_MINUTES: Final = 15
"""How long the visit of an instruction takes that `store_instructions` makes."""


@dataclass(frozen=True, slots=True)
class StoredOffice:
    """The row ids of an office by the instance's numbers; of a duty its own and its inspector's."""

    id: int
    code: str
    sites: Mapping[int, int]
    docks: Mapping[int, int]
    duties: dict[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class StoredDistrict:
    """The row ids of a district; `types` by the qualifications of their seats."""

    offices: Sequence[StoredOffice]
    enterprises: Sequence[int]
    types: dict[tuple[Seat, ...], int] = field(default_factory=dict)


@contextmanager
def running_server() -> Iterator[server.Server]:
    """An embedded PostgreSQL with the product's own settings (fsync on); its data is deleted at the end."""
    folder = Path(tempfile.mkdtemp(prefix="inspection-bench-"))
    folder.chmod(0o711)  # ours: the server's account must enter it when the bench runs as root
    try:
        with server.start(folder / "postgres") as running:
            yield running
    finally:
        server.remove(folder / "postgres")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def fresh_database(running: server.Server, name: str, *, template: str = "template1") -> Iterator[str]:
    """The address of an empty database, or of a copy of another one; it is dropped at the end."""
    here, original = sql.Identifier(name), sql.Identifier(template)
    plain = make_url(running.url).set(drivername="postgresql", database="postgres")
    with psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(here, original))
        try:
            yield make_url(running.url).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(here))
            connection.execute("CHECKPOINT")


def make_database(url: str, *, pool_size: int = 10) -> Database:
    """A migrated database at an address where an empty one stands."""
    upgrade(url)
    return Database(url, pool_size=pool_size)


def store_district(database: Database, offices: Sequence[Office], *, enterprises: int) -> StoredDistrict:
    """Write the offices with everything but bookings and instructions, in one transaction."""
    with database.transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = '5min'"))
        _add(session, [models.District(code="0100", name_zh="示例关区", name_en="Example", is_example=True)])
        _store_calendar(session)
        _add(session, [models.Qualification(code=one, name_zh=one, name_en=one) for one in QUALIFICATIONS])
        stored = [_store_office(session, number, office) for number, office in enumerate(offices)]
        _store_ways(session, offices, stored)
        for made, office in zip(stored, offices, strict=True):
            _store_people(session, made, office)
        people = [
            models.Enterprise(uscc=f"91110105MA{number:08d}", name="示例企业", kind="trader", is_example=True)
            for number in range(enterprises)
        ]
        _add(session, people)
        return StoredDistrict(stored, [key(one.id) for one in people])


def date_of(ahead: int) -> date:
    """The date of an instance's day."""
    return FIRST_DATE + timedelta(days=ahead)


def type_of(session: Session, district: StoredDistrict, seats: tuple[Seat, ...]) -> int:
    """The inspection type with these seats, made when it is missing."""
    if seats not in district.types:
        rows: list[SQLModel] = []
        kinds = [kind.value for kind in SiteKind]
        code = f"type-{len(district.types)}"
        row = models.InspectionType(
            code=code, name_zh=code, name_en=code, mode="standard", minimum_crew=2, site_kinds=kinds
        )
        _add(session, [row])
        district.types[seats] = key(row.id)
        for number, needed in enumerate(seats, start=1):
            name = f"seat {number}"
            rows.append(
                models.Seat(type=key(row.id), number=number, name=name, qualifications=sorted(needed))
            )
        food, minutes = GoodsCategory.FOOD.value, VISIT_MINUTES
        rows.append(
            models.Duration(
                type=key(row.id), goods_category=food, base_minutes=minutes, per_unit_minutes=0, unit="lot"
            )
        )
        _add(session, rows)
    return district.types[seats]


def store_plan(
    database: Database, district: StoredDistrict, office: StoredOffice, *, ahead: int, day: Day, plan: Plan
) -> None:
    """Write the jobs of a day as confirmed bookings with the crews of their plan, which must pass `check`.

    Raises:
        ValueError: the plan breaks a rule.
    """
    if check(day, plan):
        raise ValueError("the instance's plan breaks a rule")
    numbers = itertools.cycle(district.enterprises)
    with database.transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = '5min'"))
        rows: dict[int, models.Booking] = {}
        for job in day.jobs:
            enterprise = next(numbers)
            start = instant_of(date_of(ahead), job.start)
            rows[job.id] = models.Booking(
                reference=f"{office.id}-{ahead}-{job.id}",
                state="confirmed",
                office=office.id,
                site=office.sites[job.site],
                dock=None if plan[job.id].dock is None else office.docks[plan[job.id].dock or 0],
                type=type_of(session, district, job.seats),
                enterprise=enterprise,
                made_by=enterprise,
                wished_from=start,
                wished_to=start,
                planned_minutes=job.duration,
                attendee="示例陪同人",
                channel="system",
                requested_at=MORNING,
                rules_version=0,
                **promised_at(start, job.duration),
            )
        _add(session, list(rows.values()))
        _add(session, [_event(row) for row in rows.values()])
        _add(session, [crew for job, row in rows.items() for crew in _crew(office, row, plan[job].crew)])


def store_instructions(
    database: Database, district: StoredDistrict, office: StoredOffice, *, count: int, seats: tuple[Seat, ...]
) -> list[tuple[str, int]]:
    """Write open instructions at the office's site 1, the enterprises in turn: reference and enterprise."""
    with database.transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = '5min'"))
        values = {
            "count": count,
            "office": office.id,
            "site": office.sites[1],
            "type": type_of(session, district, seats),
            "enterprises": list(district.enterprises),
            "since": MORNING - timedelta(days=1),
        }
        made = session.execute(_INSTRUCTIONS, values).all()
    return [(reference, enterprise) for reference, enterprise in made]


_INSTRUCTIONS = text("""
INSERT INTO instruction (kind, reference, state, direction, office, site, type, represented, goods_name,
    goods_category, hs_code, issued_at)
SELECT 'declaration', '010020261' || lpad((CAST(:office AS bigint) * 1000000 + number)::text, 9, '0'),
    'open', '1', :office, :site, :type, owners[1 + number % cardinality(owners)],
    'example', 'food', '1905310000', :since
FROM generate_series(1, :count) AS number, (SELECT CAST(:enterprises AS bigint[])) AS these (owners)
RETURNING reference, represented
""")


def key(id_: int | None) -> int:
    """Return the id of a row that was written.

    Raises:
        ValueError: it was not.
    """
    if id_ is None:
        raise ValueError("the row was not written")
    return id_


def _add(session: Session, rows: Sequence[SQLModel]) -> None:
    session.add_all(rows)
    session.flush()


def _store_calendar(session: Session) -> None:
    calendar = models.Calendar(imported_at=MORNING, source="example", digest="example")
    _add(session, [calendar])
    days = (date_of(ahead) for ahead in range(-7, HORIZON + 14))
    rows = [
        models.WorkDay(calendar=key(calendar.version), date=day, kind="workday", published=True)
        for day in days
    ]
    _add(session, rows)


def _store_office(session: Session, number: int, office: Office) -> StoredOffice:
    code = f"office-{number}"
    row = models.Office(
        district="0100",
        code=code,
        name_zh="示例海关",
        name_en="Example",
        short_zh="示例海关",
        short_en="Example",
        is_example=True,
    )
    _add(session, [row])
    hours = models.OpeningHours(
        office=key(row.id),
        day_kind="workday",
        valid_from=date(2020, 1, 1),
        opens=time(*divmod(OPENS, 60)),
        closes=time(*divmod(CLOSES, 60)),
    )
    sites = {site: _site(key(row.id), site) for site in office.sites}
    _add(session, [hours, *sites.values()])
    docks = {
        dock: models.Dock(site=key(sites[site].id), code=f"dock-{dock}", in_use=True)
        for site, held in office.docks.items()
        for dock in held
    }
    _add(session, list(docks.values()))
    return StoredOffice(
        id=key(row.id),
        code=code,
        sites={number: key(one.id) for number, one in sites.items()},
        docks={number: key(one.id) for number, one in docks.items()},
        duties={},
    )


def _site(office: int, number: int) -> models.Site:
    kind = SiteKind.SUPERVISED_AREA if number else SiteKind.OFFICE
    return models.Site(
        office=office,
        code=f"site-{number}",
        name_zh="示例场所",
        name_en="Example",
        kind=kind.value,
        latitude=40,
        longitude=116.5,
        is_example=True,
    )


def _store_ways(session: Session, offices: Sequence[Office], stored: Sequence[StoredOffice]) -> None:
    minutes = {
        (made.sites[origin], made.sites[destination]): way
        for office, made in zip(offices, stored, strict=True)
        for (origin, destination), way in office.travel.items()
    }
    sites = [site for made in stored for site in made.sites.values()]
    rows = [
        {"origin": a, "destination": b, "minutes": minutes.get((a, b), ACROSS), "is_override": True}
        for a, b in itertools.permutations(sites, 2)
    ]
    session.execute(insert(models.Travel), rows)


def _store_people(session: Session, made: StoredOffice, office: Office) -> None:
    people = {
        one.id: models.Inspector(
            office=made.id, badge=f"{made.code}-{one.id}", name="示例人员", staff_category="officer"
        )
        for one in office.days[0].inspectors
    }
    _add(session, list(people.values()))
    held = [
        models.InspectorQualification(
            inspector=key(people[one.id].id), qualification=name, valid_from=date(2020, 1, 1)
        )
        for one in office.days[0].inspectors
        for name in one.qualifications
    ]
    _add(session, held)
    duties = {
        duty.id: models.Duty(
            inspector=key(people[duty.inspector].id),
            office=made.id,
            date=date_of(ahead),
            start_site=made.sites[duty.start_site],
            end_site=made.sites[duty.end_site],
            period=Range(
                instant_of(date_of(ahead), duty.start), instant_of(date_of(ahead), duty.end), bounds="[)"
            ),
        )
        for ahead, day in enumerate(office.days)
        for duty in day.duties
    }
    _add(session, list(duties.values()))
    made.duties.update({number: (key(one.id), one.inspector) for number, one in duties.items()})


def _event(booking: models.Booking) -> models.Event:
    return models.Event(
        at=MORNING,
        kind="booking_confirmed",
        booking=booking.id,
        office=booking.office,
        enterprise=booking.enterprise,
        made_by=booking.made_by,
        actor_role="system",
        channel="system",
        old_version=None,
        new_version=1,
        details={},
    )


def _crew(office: StoredOffice, booking: models.Booking, crew: Sequence[int]) -> Iterator[models.Crew]:
    if booking.occupied is None:
        raise ValueError("only a promised booking has a crew")
    for seat, number in enumerate(crew, start=1):
        duty, inspector = office.duties[number]
        yield models.Crew(
            booking=key(booking.id), seat=seat, inspector=inspector, duty=duty, occupied=booking.occupied
        )
