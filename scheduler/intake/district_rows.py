"""Rows of a district file: the column `record` names what a row is, in CSV and JSON alike."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from scheduler.intake.fields import (
    Clock,
    Code,
    Codes,
    Day,
    Instant,
    Minutes,
    Phone,
    RowModel,
    Text,
    Way,
    YesNo,
    listed,
)
from scheduler.vocabulary import DayKind, GoodsCategory, Mode, Priority, PriorityAnswer, SiteKind


class DistrictRow(RowModel):
    """A customs district."""

    KEY = ("code",)
    code: Code
    name_zh: Text
    name_en: Text
    source: Text | None = None
    verified_on: Day | None = None
    is_example: YesNo = False


class OfficeRow(RowModel):
    """A subordinate customs office; a phone needs its source."""

    KEY = ("code",)
    code: Code
    district: Code
    name_zh: Text
    name_en: Text
    short_zh: Text
    short_en: Text
    customs_code: Code | None = None
    phone: Phone | None = None
    phone_source: Text | None = None
    phone_verified_on: Day | None = None
    is_example: YesNo = False

    @model_validator(mode="after")
    def _phone_has_source(self) -> Self:
        if self.phone and not self.phone_source:
            raise ValueError("a phone needs its source")
        return self


class OpeningRow(RowModel):
    """When an office inspects on days of a kind; without times it is closed."""

    KEY = ("office", "day_kind", "valid_from")
    office: Code
    day_kind: DayKind
    valid_from: Day
    opens: Clock | None = None
    closes: Clock | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if (self.opens is None) != (self.closes is None):
            raise ValueError("one of two times")
        if self.opens and self.closes and self.closes <= self.opens:
            raise ValueError("closes before it opens")
        return self


class SiteRow(RowModel):
    """A place of an office; degrees are WGS 84."""

    KEY = ("office", "code")
    office: Code
    code: Code
    name_zh: Text
    name_en: Text
    kind: SiteKind
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    valid_from: Day | None = None
    valid_to: Day | None = None
    is_example: YesNo = False

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_to <= self.valid_from:
            raise ValueError("ends before it begins")
        return self


class DockRow(RowModel):
    """A place at a site that one inspection occupies at a time."""

    KEY = ("office", "site", "code")
    office: Code
    site: Code
    code: Code
    in_use: YesNo = True


class QualificationRow(RowModel):
    """Something an inspector may be allowed to do."""

    KEY = ("code",)
    code: Code
    name_zh: Text
    name_en: Text


class TypeRow(RowModel):
    """A way to inspect; without `site_kinds` the mode's own places count."""

    KEY = ("code",)
    code: Code
    name_zh: Text
    name_en: Text
    mode: Mode
    minimum_crew: Annotated[int, Field(ge=1, le=20)] = 2
    site_kinds: Annotated[tuple[SiteKind, ...], BeforeValidator(listed)] = ()


class SeatRow(RowModel):
    """A seat of a type and the qualifications that its holder must all have."""

    KEY = ("type", "number")
    type: Code
    number: Annotated[int, Field(ge=1, le=20)]
    name: Text
    qualifications: Codes = ()


class DurationRow(RowModel):
    """Planned minutes of a type by goods category."""

    KEY = ("type", "goods_category")
    type: Code
    goods_category: GoodsCategory
    base_minutes: Annotated[int, Field(ge=1, le=1440)]
    per_unit_minutes: Annotated[float, Field(ge=0, le=1440)] = 0
    unit: Text


class PriorityRuleRow(RowModel):
    """A dated line of the priority table; what is empty holds for all."""

    KEY = ("office", "direction", "hs_prefix", "goods_category", "valid_from")
    office: Code | None = None
    direction: Way | None = None
    hs_prefix: Annotated[str, Field(pattern="^[0-9]{0,10}$")] = ""
    goods_category: GoodsCategory | None = None
    priority: Priority
    answer: PriorityAnswer
    valid_from: Day
    valid_to: Day | None = None
    source: Text


class ClosureRow(RowModel):
    """A time in which an office, a site or a dock takes no inspection."""

    KEY = ("office", "site", "dock", "starts_at")
    office: Code
    site: Code | None = None
    dock: Code | None = None
    starts_at: Instant
    ends_at: Instant
    reason: Text

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("ends before it begins")
        if self.dock and not self.site:
            raise ValueError("a dock needs its site")
        return self


class TravelRow(RowModel):
    """Measured whole minutes from one site to another, one way."""

    KEY = ("office", "site", "to_office", "to_site")
    office: Code
    site: Code
    to_office: Code
    to_site: Code
    minutes: Minutes


DISTRICT_ROWS: Mapping[str, type[RowModel]] = MappingProxyType(
    {
        "district": DistrictRow,
        "office": OfficeRow,
        "opening": OpeningRow,
        "site": SiteRow,
        "dock": DockRow,
        "qualification": QualificationRow,
        "type": TypeRow,
        "seat": SeatRow,
        "duration": DurationRow,
        "priority_rule": PriorityRuleRow,
        "closure": ClosureRow,
        "travel": TravelRow,
    }
)
"""Models by record, in the order in which rows are stored: what is referred to comes first."""
