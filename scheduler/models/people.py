"""Who inspects: qualifications, inspectors, duties, absences, loans."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Column, Date, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field

from scheduler.models.columns import (
    LocalDate,
    Period,
    Table,
    half_open,
    identity,
    instant,
    interval,
    one_of,
    refers_to,
    switch,
    textual,
)
from scheduler.vocabulary import AbsenceKind, DutyKind, StaffCategory


class Qualification(Table, table=True):
    """Something an inspector may be allowed to do."""

    code: str = Field(sa_column=Column(Text, primary_key=True))
    name_zh: str
    name_en: str


class Inspector(Table, table=True):
    """A customs officer who inspects; others see the badge number only."""

    __table_args__ = (one_of("staff_category", StaffCategory),)

    id: int | None = Field(default=None, sa_column=identity())
    office: int = Field(sa_column=refers_to("office.id"))
    badge: str = Field(sa_column=textual(unique=True))
    name: str
    staff_category: str = StaffCategory.OFFICER.value
    mobile: str | None = None
    in_service: bool = Field(default=True, sa_column=switch(default=True))


class InspectorQualification(Table, table=True):
    """A qualification held over dates [valid_from, valid_to)."""

    __tablename__ = "inspector_qualification"
    __table_args__ = (CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="validity_order"),)

    inspector: int = Field(sa_column=refers_to("inspector.id", primary=True))
    qualification: str = Field(foreign_key="qualification.code", primary_key=True)
    valid_from: date = Field(sa_column=Column(Date, primary_key=True))
    valid_to: date | None = None


class Duty(Table, table=True):
    """An interval within one local date in which an inspector works for an office."""

    __table_args__ = (
        one_of("kind", DutyKind),
        half_open("period"),
        CheckConstraint(
            "(lower(period) AT TIME ZONE 'Asia/Shanghai')::date = date AND"
            " ((upper(period) AT TIME ZONE 'Asia/Shanghai') - interval '1 microsecond')::date = date",
            name="within_one_date",
        ),
        UniqueConstraint("id", "inspector", name="duty_of_inspector"),
        ExcludeConstraint(
            ("inspector", "="), ("period", "&&"), using="gist", name="duty_inspector_never_overlaps"
        ),
        Index("duty_office_date", "office", "date"),
    )

    id: int | None = Field(default=None, sa_column=identity())
    inspector: int = Field(sa_column=refers_to("inspector.id"))
    office: int = Field(sa_column=refers_to("office.id", index=False))
    date: LocalDate = Field(sa_column=Column(Date, nullable=False))
    start_site: int = Field(sa_column=refers_to("site.id", index=False))
    end_site: int = Field(sa_column=refers_to("site.id", index=False))
    period: Period = Field(sa_column=interval())
    kind: str = DutyKind.REGULAR.value


class Absence(Table, table=True):
    """Leave, sickness, mission or training; applying one cuts the duties it meets."""

    __table_args__ = (one_of("kind", AbsenceKind), half_open("period"))

    id: int | None = Field(default=None, sa_column=identity())
    inspector: int = Field(sa_column=refers_to("inspector.id"))
    kind: str
    period: Period = Field(sa_column=interval())
    reason: str
    recorded_at: datetime = Field(sa_column=instant())


class Loan(Table, table=True):
    """An inspector works for another office over a period; the home office stays theirs."""

    __table_args__ = (
        half_open("period"),
        CheckConstraint("office <> home_office", name="to_another_office"),
    )

    id: int | None = Field(default=None, sa_column=identity())
    inspector: int = Field(sa_column=refers_to("inspector.id"))
    home_office: int = Field(sa_column=refers_to("office.id", index=False))
    office: int = Field(sa_column=refers_to("office.id", index=False))
    period: Period = Field(sa_column=interval())
    reason: str
    recorded_at: datetime = Field(sa_column=instant())
