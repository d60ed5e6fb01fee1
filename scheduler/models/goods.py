"""What is inspected and for whom: types and seats, enterprises, authorities, instructions."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Column, Date, Index, Numeric, Text
from sqlalchemy import text as sql
from sqlmodel import Field

from scheduler.models.columns import (
    Table,
    identity,
    instant,
    one_of,
    refers_to,
    switch,
    texts,
    textual,
    whole,
)
from scheduler.vocabulary import (
    AuthoritySource,
    CreditLevel,
    Direction,
    EnterpriseKind,
    GoodsCategory,
    InstructionState,
    Mode,
    Priority,
    PriorityAnswer,
    ReferenceKind,
    RiskLevel,
)


class InspectionType(Table, table=True):
    """A way to inspect: its mode and the smallest crew; its seats are rows of their own."""

    __tablename__ = "inspection_type"
    __table_args__ = (one_of("mode", Mode), CheckConstraint("minimum_crew >= 1", name="crew_minimum"))

    id: int | None = Field(default=None, sa_column=identity())
    code: str = Field(sa_column=textual(unique=True))
    name_zh: str
    name_en: str
    mode: str
    minimum_crew: int = Field(default=2, sa_column=whole(default=2))
    site_kinds: list[str] = Field(sa_column=texts())


class Seat(Table, table=True):
    """A seat of a type: its holder must have all listed qualifications."""

    type: int = Field(sa_column=refers_to("inspection_type.id", primary=True))
    number: int = Field(primary_key=True)  # 1, 2, ... without gap
    name: str
    qualifications: list[str] = Field(sa_column=texts(default_empty=True))


class Duration(Table, table=True):
    """Planned minutes of a type by goods category: base and per unit."""

    __table_args__ = (
        one_of("goods_category", GoodsCategory),
        CheckConstraint("base_minutes > 0 AND per_unit_minutes >= 0", name="minutes_positive"),
    )

    type: int = Field(sa_column=refers_to("inspection_type.id", primary=True))
    goods_category: str = Field(sa_column=Column(Text, primary_key=True))
    base_minutes: int
    per_unit_minutes: float = Field(sa_column=Column(Numeric(6, 2, asdecimal=False), nullable=False))
    unit: str


class PriorityRule(Table, table=True):
    """Which goods qualify for priority inspection, where, from when, by which source."""

    __tablename__ = "priority_rule"
    __table_args__ = (one_of("priority", Priority), one_of("answer", PriorityAnswer))

    id: int | None = Field(default=None, sa_column=identity())
    office: int | None = Field(default=None, sa_column=refers_to("office.id", null=True, index=False))
    direction: str | None = None
    hs_prefix: str = ""
    goods_category: str | None = None
    priority: str
    answer: str
    valid_from: date
    valid_to: date | None = None
    source: str


class Enterprise(Table, table=True):
    """A consignor or consignee, or the broker who acts for others."""

    __table_args__ = (one_of("kind", EnterpriseKind),)

    id: int | None = Field(default=None, sa_column=identity())
    uscc: str = Field(sa_column=textual(unique=True))
    customs_code: str | None = Field(default=None, sa_column=textual(null=True, unique=True))
    name: str
    kind: str = EnterpriseKind.TRADER.value
    verified: bool = Field(default=True, sa_column=switch(default=True))
    is_example: bool = Field(default=False, sa_column=switch(default=False))


class EnterpriseCredit(Table, table=True):
    """A credit level over dates [valid_from, valid_to); no row: regular."""

    __tablename__ = "enterprise_credit"
    __table_args__ = (one_of("level", CreditLevel),)

    enterprise: int = Field(sa_column=refers_to("enterprise.id", primary=True))
    valid_from: date = Field(sa_column=Column(Date, primary_key=True))
    valid_to: date | None = None
    level: str


class Contact(Table, table=True):
    """A person an enterprise is reached by; texts go to mobiles only."""

    id: int | None = Field(default=None, sa_column=identity())
    enterprise: int = Field(sa_column=refers_to("enterprise.id"))
    name: str
    phone: str
    is_mobile: bool = Field(sa_column=switch(default=True))
    language: str = "zh_CN"


class Authority(Table, table=True):
    """A broker may act for an enterprise over dates, until revoked."""

    __table_args__ = (
        one_of("source", AuthoritySource),
        CheckConstraint("broker <> represented", name="for_another"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="validity_order"),
    )

    id: int | None = Field(default=None, sa_column=identity())
    broker: int = Field(sa_column=refers_to("enterprise.id"))
    represented: int = Field(sa_column=refers_to("enterprise.id"))
    source: str
    valid_from: date
    valid_to: date | None = None
    granted_by: int | None = Field(default=None, sa_column=refers_to("account.id", null=True, index=False))
    revoked_at: datetime | None = Field(default=None, sa_column=instant(null=True))


class Instruction(Table, table=True):
    """The risk system's order to inspect; an awaited one was named before it arrived."""

    __table_args__ = (
        one_of("kind", ReferenceKind),
        one_of("state", InstructionState),
        one_of("direction", Direction),
        one_of("goods_category", GoodsCategory),
        one_of("risk_level", RiskLevel),
        Index(
            "instruction_reference_once",
            "kind",
            "reference",
            unique=True,
            postgresql_where=sql("state <> 'awaited'"),
        ),
        # who asks for goods that were not ordered yet learns nothing of others' references
        Index(
            "instruction_awaited_once",
            "kind",
            "reference",
            "represented",
            unique=True,
            postgresql_where=sql("state = 'awaited'"),
        ),
        CheckConstraint("units >= 0", name="units_not_negative"),
        CheckConstraint("state = 'awaited' OR (type IS NOT NULL AND site IS NOT NULL)", name="complete"),
        Index("instruction_bookable", "represented", postgresql_where=sql("state IN ('open', 'changed')")),
    )

    id: int | None = Field(default=None, sa_column=identity())
    version: int = Field(default=1, sa_column=whole(default=1))
    kind: str
    reference: str
    state: str
    direction: str | None = None
    office: int = Field(sa_column=refers_to("office.id"))
    site: int | None = Field(default=None, sa_column=refers_to("site.id", null=True, index=False))
    type: int | None = Field(default=None, sa_column=refers_to("inspection_type.id", null=True, index=False))
    represented: int = Field(sa_column=refers_to("enterprise.id"))
    declarant: int | None = Field(default=None, sa_column=refers_to("enterprise.id", null=True))
    goods_name: str = ""
    goods_category: str | None = None
    hs_code: str | None = None
    units: int = Field(default=1, sa_column=whole(default=1))
    containers: list[str] = Field(default_factory=list, sa_column=texts(default_empty=True))
    transport_mode: str | None = None
    port: str | None = None
    filing_number: str | None = None
    approval_number: str | None = None
    risk_level: str | None = None
    off_site_reason: str | None = None
    must_finish_by: datetime | None = Field(default=None, sa_column=instant(null=True))
    must_finish_kind: str | None = None
    issued_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    arrived_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    follows: int | None = Field(default=None, sa_column=refers_to("booking.id", null=True, index=False))
    excludes_first_crew: bool = Field(default=False, sa_column=switch(default=False))
