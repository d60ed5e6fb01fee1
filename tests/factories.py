"""A small district for tests: everything a test does not care about has a value already.

It is Monday 2026-11-30, 08:00 in Beijing (`NOW`); duties stand on the work days from then on.
No fact here is real.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlalchemy.dialects.postgresql import Range
from sqlmodel import Session, SQLModel

from scheduler.access.actor import Actor, OpenCall
from scheduler.database.connection import Database
from scheduler.models import (
    Account,
    Calendar,
    Call,
    District,
    Dock,
    Duration,
    Duty,
    Enterprise,
    EnterpriseCredit,
    InspectionType,
    Inspector,
    InspectorQualification,
    Instruction,
    Office,
    OpeningHours,
    Policy,
    PriorityRule,
    Qualification,
    Seat,
    Site,
    Travel,
    WorkDay,
)
from scheduler.rules.priority import DEFAULT_RULES
from scheduler.rules.work_days import calendar
from scheduler.vocabulary import Channel, Direction, Mode, ReferenceKind, Role, SiteKind
from tests.values import NOW, SATURDAY, TODAY, TUESDAY, ZONE, at, example_uscc, order, work_days

__all__ = [  # tests take all of it from here
    "NOW",
    "SATURDAY",
    "TODAY",
    "TUESDAY",
    "ZONE",
    "World",
    "at",
    "example_uscc",
    "make_world",
    "order",
    "work_days",
]

_serial = itertools.count(1)


@dataclass
class World:
    """A district with ids at hand; methods add rows and return what tests need."""

    database: Database
    offices: dict[str, int] = field(default_factory=dict)
    homes: dict[str, int] = field(default_factory=dict)
    sites: dict[str, int] = field(default_factory=dict)
    types: dict[str, int] = field(default_factory=dict)
    docks: dict[str, int] = field(default_factory=dict)
    inspectors: list[int] = field(default_factory=list)
    enterprises: list[int] = field(default_factory=list)
    accounts: dict[str, int] = field(default_factory=dict)

    def add(self, *rows: SQLModel) -> None:
        """Write rows in one transaction."""
        with self.database.transaction() as session:
            _write(session, rows)

    def office(self, code: str) -> int:
        """An office with its home place and opening hours on work days."""
        office = Office(
            district="0100",
            code=code,
            name_zh=f"示例{code}海关",
            name_en=f"Example {code} Customs",
            short_zh="示例海关",
            short_en="Example Customs",
            is_example=True,
        )
        self.add(office)
        assert office.id is not None
        self.offices[code] = office.id
        self.homes[code] = self.site(f"{code}-home", office=code, kind=SiteKind.OFFICE)
        self.add(
            *(
                OpeningHours(
                    office=office.id,
                    day_kind=kind,
                    valid_from=date(2026, 1, 1),
                    opens=time(8, 30),
                    closes=time(17, 30),
                )
                for kind in ("workday", "makeup_workday")
            )
        )
        return office.id

    def site(
        self, code: str, *, office: str = "north", kind: SiteKind = SiteKind.SUPERVISED_AREA, docks: int = 0
    ) -> int:
        """A site, 20 minutes from every other one."""
        site = Site(
            office=self.offices[office],
            code=code,
            name_zh=f"示例场所{code}",
            name_en=f"Example site {code}",
            kind=kind.value,
            latitude=40.0,
            longitude=116.5,
            is_example=True,
        )
        self.add(site)
        assert site.id is not None
        others = [*self.sites.values(), *self.homes.values()]
        for other in others:
            self.add(
                Travel(origin=site.id, destination=other, minutes=20, is_override=True),
                Travel(origin=other, destination=site.id, minutes=20, is_override=True),
            )
        if kind is not SiteKind.OFFICE:
            self.sites[code] = site.id
        for number in range(docks):
            dock = Dock(site=site.id, code=f"{code}-{number}")
            self.add(dock)
            assert dock.id is not None
            self.docks[dock.code] = dock.id
        return site.id

    def type(
        self,
        code: str,
        *,
        mode: Mode = Mode.STANDARD,
        seats: Sequence[Sequence[str]] = (("food",), ()),
        minutes: int = 30,
        site_kinds: Iterable[SiteKind] = (
            SiteKind.SUPERVISED_AREA,
            SiteKind.COLD_STORE,
            SiteKind.CLEAN_ROOM,
            SiteKind.ENTERPRISE_PREMISES,
        ),
    ) -> int:
        """An inspection type whose visits last some minutes, whatever the goods."""
        row = InspectionType(
            code=code,
            name_zh=f"示例类型{code}",
            name_en=f"Example type {code}",
            mode=mode.value,
            minimum_crew=2,
            site_kinds=[kind.value for kind in site_kinds],
        )
        self.add(row)
        assert row.id is not None
        self.add(*_durations(row.id, minutes), *_seats(row.id, seats))
        self.types[code] = row.id
        return row.id

    def inspector(self, *, office: str = "north", qualifications: Iterable[str] = ("food",)) -> int:
        """An inspector of an office, without duties."""
        row = Inspector(
            office=self.offices[office],
            badge=f"B{next(_serial):05d}",
            name="示例人员",
            staff_category="officer",
        )
        self.add(row)
        assert row.id is not None
        self.add(
            *(
                InspectorQualification(inspector=row.id, qualification=name, valid_from=date(2026, 1, 1))
                for name in qualifications
            )
        )
        self.inspectors.append(row.id)
        return row.id

    def duty(
        self,
        inspector: int,
        day: date,
        *,
        office: str = "north",
        begins: time = time(8, 30),
        ends: time = time(17, 30),
        kind: str = "regular",
    ) -> int:
        """A duty that starts and ends at the office's home."""
        row = self.duty_row(inspector, day, office=office, begins=begins, ends=ends, kind=kind)
        self.add(row)
        assert row.id is not None
        return row.id

    def duty_row(
        self,
        inspector: int,
        day: date,
        *,
        office: str = "north",
        begins: time = time(8, 30),
        ends: time = time(17, 30),
        kind: str = "regular",
    ) -> Duty:
        """A duty's row, not written yet."""
        return Duty(
            inspector=inspector,
            office=self.offices[office],
            date=day,
            start_site=self.homes[office],
            end_site=self.homes[office],
            period=Range(datetime.combine(day, begins, ZONE), datetime.combine(day, ends, ZONE), bounds="[)"),
            kind=kind,
        )

    def enterprise(self, *, kind: str = "trader", credit: str | None = None) -> int:
        """An enterprise with a correct code."""
        row = Enterprise(uscc=example_uscc(next(_serial)), name="示例企业", kind=kind, is_example=True)
        self.add(row)
        assert row.id is not None
        if credit is not None:
            self.add(EnterpriseCredit(enterprise=row.id, valid_from=date(2026, 1, 1), level=credit))
        self.enterprises.append(row.id)
        return row.id

    def instruction(self, enterprise: int | None = None, **columns: object) -> str:
        """An open import instruction; returns its reference."""
        reference = f"010020261{next(_serial):09d}"
        values: dict[str, object] = {
            "kind": ReferenceKind.DECLARATION.value,
            "reference": reference,
            "state": "open",
            "direction": Direction.IMPORT.value,
            "office": self.offices["north"],
            "site": self.sites["yard"],
            "type": self.types["standard"],
            "represented": enterprise or self.enterprises[0],
            "goods_category": "food",
            "hs_code": "1905310000",
            "issued_at": NOW - timedelta(days=1),
            **columns,
        }
        self.add(Instruction(**values))
        return str(values["reference"])

    def policy(self, name: str, document: dict[str, object], *, office: str | None = None) -> None:
        """A policy document in force since the year began."""
        owner = None if office is None else self.offices[office]
        self.add(
            Policy(office=owner, name=name, valid_from=date(2026, 1, 1), document=document, created_at=NOW)
        )

    def account(self, role: Role, **columns: object) -> int:
        """An account of a role; enterprise people belong to the first enterprise."""
        values: dict[str, object] = {
            "login": f"user{next(_serial)}",
            "role": role.value,
            "name": "示例用户",
            "created_at": NOW,
        }
        if role in {Role.ENTERPRISE_USER, Role.INTEGRATOR}:
            values["enterprise"] = self.enterprises[0]
        if role in {Role.DESK_AGENT, Role.OFFICE_MANAGER, Role.INSPECTOR}:
            values["office"] = self.offices["north"]
        if role is Role.INSPECTOR:
            values["inspector"] = self.inspectors[0]
        row = Account(**{**values, **columns})
        self.add(row)
        assert row.id is not None
        return row.id

    def enterprise_actor(self, enterprise: int | None = None, *, channel: Channel = Channel.PORTAL) -> Actor:
        """Somebody of an enterprise at the portal."""
        owner = enterprise or self.enterprises[0]
        key = f"enterprise-{owner}"
        if key not in self.accounts:
            self.accounts[key] = self.account(Role.ENTERPRISE_USER, enterprise=owner)
        return Actor(role=Role.ENTERPRISE_USER, channel=channel, account=self.accounts[key], enterprise=owner)

    def manager(self, office: str = "north") -> Actor:
        """The manager of an office."""
        key = f"manager-{office}"
        if key not in self.accounts:
            self.accounts[key] = self.account(Role.OFFICE_MANAGER, office=self.offices[office])
        return Actor(
            role=Role.OFFICE_MANAGER,
            channel=Channel.OFFICE,
            account=self.accounts[key],
            office=self.offices[office],
        )

    def desk(self, enterprise: int | None) -> Actor:
        """An agent in an open call that speaks for an enterprise."""
        if "desk" not in self.accounts:
            self.accounts["desk"] = self.account(Role.DESK_AGENT)
        call = Call(
            reference=f"C{next(_serial):08d}",
            agent=self.accounts["desk"],
            office=self.offices["north"],
            caller_name="示例来电",
            caller_phone="+8613800138000",
            enterprise=enterprise,
            opened_at=NOW,
        )
        self.add(call)
        assert call.id is not None
        return Actor(
            role=Role.DESK_AGENT,
            channel=Channel.PHONE,
            account=self.accounts["desk"],
            office=self.offices["north"],
            call=OpenCall(call.id, call.reference, enterprise),
        )


def make_world(
    url: str,
    *,
    inspectors: int = 4,
    days: int = 10,
    docks: int = 0,
    with_duties: bool = True,
    pool_size: int = 10,
) -> World:
    """The office `north` with one site `yard`, a type `standard`, inspectors on duty, an enterprise."""
    world = World(Database(url, pool_size=pool_size))
    world.add(District(code="0100", name_zh="示例关区", name_en="Example District", is_example=True))
    version = Calendar(imported_at=NOW, source="example", digest="example")
    world.add(version)
    world.add(*_calendar_rows(version.version or 0), *_qualifications(), *_priority_rules())
    world.office("north")
    world.site("yard", docks=docks)
    world.type("standard")
    world.enterprise()
    for _ in range(inspectors):
        world.inspector()
    if with_duties:
        world.add(
            *(world.duty_row(inspector, day) for day in work_days(days) for inspector in world.inspectors)
        )
    return world


def _durations(type_: int, minutes: int) -> Iterable[Duration]:
    for category in ("food", "fruit", "aquatic", "special_articles", "high_tech"):
        yield Duration(
            type=type_, goods_category=category, base_minutes=minutes, per_unit_minutes=0, unit="lot"
        )


def _seats(type_: int, seats: Sequence[Sequence[str]]) -> Iterable[Seat]:
    for number, needed in enumerate(seats, start=1):
        yield Seat(type=type_, number=number, name=f"seat{number}", qualifications=list(needed))


def _calendar_rows(version: int) -> Iterable[WorkDay]:
    for day in calendar(2026, 2027):
        yield WorkDay(
            calendar=version, date=day.date, kind=day.kind.value, published=day.published, name=day.name
        )


def _qualifications() -> Iterable[Qualification]:
    for code in ("food", "plant_quarantine", "special_articles"):
        yield Qualification(code=code, name_zh=code, name_en=code)


def _priority_rules() -> Iterable[PriorityRule]:
    for rule in DEFAULT_RULES:
        yield PriorityRule(
            office=rule.office,
            direction=None if rule.direction is None else rule.direction.value,
            hs_prefix=rule.hs_prefix,
            goods_category=None if rule.goods_category is None else rule.goods_category.value,
            priority=rule.priority.value,
            answer=rule.answer.value,
            valid_from=rule.valid_from,
            valid_to=rule.valid_to,
            source=rule.source,
        )


def _write(session: Session, rows: Sequence[SQLModel]) -> None:
    for row in rows:
        session.add(row)
    session.flush()
