"""Which days are work days, what version an office's day has, and the dated policies."""

from datetime import date, datetime

from sqlalchemy import Column, Date, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import BIGINT
from sqlmodel import Field

from scheduler.models.columns import (
    JsonObject,
    LocalDate,
    Table,
    document,
    identity,
    instant,
    one_of,
    refers_to,
    switch,
    whole,
)
from scheduler.vocabulary import DayKind


class Calendar(Table, table=True):
    """A version of the work-day table; each import of a notice makes a new one."""

    version: int | None = Field(default=None, sa_column=identity())
    imported_at: datetime = Field(sa_column=instant())
    source: str
    digest: str


class WorkDay(Table, table=True):
    """A day of a calendar version; unpublished years are provisional."""

    __tablename__ = "work_day"
    __table_args__ = (one_of("kind", DayKind),)

    calendar: int = Field(sa_column=refers_to("calendar.version", primary=True))
    date: LocalDate = Field(sa_column=Column(Date, primary_key=True))
    kind: str
    published: bool = Field(sa_column=switch(default=False))
    name: str = ""


class OfficeDay(Table, table=True):
    """One day of one office: bumped by every change of what its promises rest on."""

    __tablename__ = "office_day"

    office: int = Field(sa_column=refers_to("office.id", primary=True))
    date: LocalDate = Field(sa_column=Column(Date, primary_key=True))
    version: int = Field(sa_column=whole(default=0))
    calendar_version: int = Field(sa_column=refers_to("calendar.version", index=False))


class OfficeDayChange(Table, table=True):
    """Whose crews changed in which version of an office day; kept for days to come, for a while."""

    __tablename__ = "office_day_change"

    office: int = Field(sa_column=Column(BIGINT, primary_key=True))
    date: LocalDate = Field(sa_column=Column(Date, primary_key=True))
    version: int = Field(sa_column=Column(Integer, primary_key=True))
    booking: int = Field(sa_column=Column(BIGINT, primary_key=True))


class SlotVerdict(Table, table=True):
    """The starts of an office day that were proved possible for one kind of visit, at one version of the day.

    `signature`: site, type and minutes of the visit. `fixed`: the minute before which starts kept their names
    when it was proved. `proved`: bit k stands for minute 15 * k of the day, in hexadecimal digits.
    """

    __tablename__ = "slot_verdict"

    office: int = Field(sa_column=refers_to("office.id", primary=True))
    date: LocalDate = Field(sa_column=Column(Date, primary_key=True))
    signature: str = Field(sa_column=Column(Text, primary_key=True))
    version: int
    rules_version: int = Field(sa_column=Column(BIGINT, nullable=False))
    fixed: int
    proved: str
    undecided: int
    made_at: datetime = Field(sa_column=instant())


class Policy(Table, table=True):
    """An append-only rule document, for the district or one office, from a date on."""

    __table_args__ = (Index("policy_lookup", "name", "office", "valid_from"),)

    id: int | None = Field(default=None, sa_column=identity())
    office: int | None = Field(default=None, sa_column=refers_to("office.id", null=True, index=False))
    name: str
    valid_from: date
    document: JsonObject = Field(sa_column=document())
    created_at: datetime = Field(sa_column=instant())
    created_by: int | None = Field(default=None, sa_column=refers_to("account.id", null=True, index=False))


class RulesRevision(Table, table=True):
    """A change of policies, types, seats, sites, docks or ways; the latest id is the rules version."""

    __tablename__ = "rules_revision"

    id: int | None = Field(default=None, sa_column=identity())
    cause: str
    at: datetime = Field(
        sa_column=Column(instant().type, nullable=False, server_default=text("clock_timestamp()"))
    )
