"""Where inspections happen: district, offices, sites, docks, ways, opening and closures."""

from datetime import date, time

from sqlalchemy import CheckConstraint, Time, UniqueConstraint
from sqlmodel import Field

from scheduler.models.columns import (
    Period,
    Table,
    half_open,
    identity,
    interval,
    one_of,
    refers_to,
    switch,
    textual,
    whole,
)
from scheduler.vocabulary import DayKind, SiteKind


class District(Table, table=True):
    """A customs district; its data names its source or says that it is an example."""

    code: str = Field(primary_key=True)
    name_zh: str
    name_en: str
    is_example: bool = Field(sa_column=switch(default=False))
    source: str | None = None
    verified_on: date | None = None


class Office(Table, table=True):
    """A subordinate customs office; a missing phone is shown as "not published yet"."""

    __table_args__ = (CheckConstraint("phone IS NULL OR phone_source IS NOT NULL", name="phone_has_source"),)

    id: int | None = Field(default=None, sa_column=identity())
    district: str = Field(foreign_key="district.code")
    code: str = Field(sa_column=textual(unique=True))
    customs_code: str | None = None
    name_zh: str
    name_en: str
    short_zh: str
    short_en: str
    phone: str | None = None
    phone_source: str | None = None
    phone_verified_on: date | None = None
    is_example: bool = Field(sa_column=switch(default=False))


class OpeningHours(Table, table=True):
    """When an office inspects on days of a kind, from a date on; no row: closed."""

    __tablename__ = "opening_hours"
    __table_args__ = (
        one_of("day_kind", DayKind),
        CheckConstraint("closes > opens", name="closes_after_opens"),
    )

    office: int = Field(sa_column=refers_to("office.id", primary=True))
    day_kind: str = Field(primary_key=True)
    valid_from: date = Field(primary_key=True)
    opens: time | None = Field(default=None, sa_type=Time)
    closes: time | None = Field(default=None, sa_type=Time)


class Site(Table, table=True):
    """A place of one office where goods are inspected, or where duties start and end."""

    __table_args__ = (
        one_of("kind", SiteKind),
        UniqueConstraint("office", "code"),
        CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude_range"),
        CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude_range"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="validity_order"),
    )

    id: int | None = Field(default=None, sa_column=identity())
    office: int = Field(sa_column=refers_to("office.id"))
    code: str
    name_zh: str
    name_en: str
    kind: str
    latitude: float
    longitude: float
    valid_from: date | None = None
    valid_to: date | None = None
    is_example: bool = Field(sa_column=switch(default=False))


class Dock(Table, table=True):
    """A place at a site that one inspection occupies at a time."""

    __table_args__ = (UniqueConstraint("site", "code"),)

    id: int | None = Field(default=None, sa_column=identity())
    site: int = Field(sa_column=refers_to("site.id"))
    code: str
    in_use: bool = Field(sa_column=switch(default=True))


class Travel(Table, table=True):
    """Whole minutes from site to site; closed under the triangle inequality when loaded."""

    __table_args__ = (CheckConstraint("minutes >= 0", name="minutes_not_negative"),)

    origin: int = Field(sa_column=refers_to("site.id", primary=True))
    destination: int = Field(sa_column=refers_to("site.id", primary=True))
    minutes: int = Field(sa_column=whole())
    is_override: bool = Field(sa_column=switch(default=False))


class Closure(Table, table=True):
    """An interval in which an office, one of its sites or one of its docks takes no inspection."""

    __table_args__ = (
        half_open("period"),
        CheckConstraint("dock IS NULL OR site IS NOT NULL", name="dock_of_site"),
    )

    id: int | None = Field(default=None, sa_column=identity())
    office: int = Field(sa_column=refers_to("office.id"))
    site: int | None = Field(default=None, sa_column=refers_to("site.id", null=True))
    dock: int | None = Field(default=None, sa_column=refers_to("dock.id", null=True))
    period: Period = Field(sa_column=interval())
    reason: str
