"""The waitlist: who wants something earlier, what they were offered, which days were looked at for them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, Date, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import BIGINT
from sqlmodel import Field

from scheduler.models.columns import LocalDate, Table, identity, instant, one_of, refers_to
from scheduler.vocabulary import Channel, OfferOutcome, WaitState


class WaitlistEntry(Table, table=True):
    """A confirmed booking's party waits for an earlier start within [wished_from, wished_to]."""

    __tablename__ = "waitlist_entry"
    __table_args__ = (
        one_of("state", WaitState),
        one_of("channel", Channel),
        CheckConstraint("wished_from <= wished_to", name="window_order"),
        CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="waiting_has_no_end"),
        CheckConstraint("channel <> 'phone' OR call IS NOT NULL", name="phone_has_call"),
        Index("waitlist_entry_waits_once", "booking", unique=True, postgresql_where=sql("state = 'waiting'")),
    )

    id: int | None = Field(default=None, sa_column=identity())
    booking: int = Field(sa_column=refers_to("booking.id"))
    state: str = WaitState.WAITING.value
    wished_from: datetime = Field(sa_column=instant())
    wished_to: datetime = Field(sa_column=instant())
    joined_at: datetime = Field(sa_column=instant())
    ended_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    channel: str
    requested_by: int | None = Field(default=None, sa_column=refers_to("account.id", null=True, index=False))
    call: int | None = Field(default=None, sa_column=refers_to("call.id", null=True, index=False))


class WaitlistOffer(Table, table=True):
    """A time offered to a waiting party; while open it is held, and nobody else is offered that day."""

    __tablename__ = "waitlist_offer"
    __table_args__ = (
        one_of("outcome", OfferOutcome),
        CheckConstraint("(outcome = 'open') = (closed_at IS NULL)", name="stands_or_is_closed"),
        UniqueConstraint("hold"),
        UniqueConstraint("entry", "start", name="waitlist_offer_a_time_once"),
        Index(
            "waitlist_offer_one_a_day",
            "office",
            "date",
            unique=True,
            postgresql_where=sql("outcome = 'open'"),
        ),
        Index("waitlist_offer_one_a_party", "entry", unique=True, postgresql_where=sql("outcome = 'open'")),
    )

    id: int | None = Field(default=None, sa_column=identity())
    entry: int = Field(sa_column=refers_to("waitlist_entry.id", index=False))
    hold: int = Field(sa_column=refers_to("booking.id", index=False))
    office: int = Field(sa_column=refers_to("office.id", index=False))
    date: LocalDate = Field(sa_column=Column(Date, nullable=False))
    start: datetime = Field(sa_column=instant())
    offered_at: datetime = Field(sa_column=instant())
    outcome: str = OfferOutcome.OPEN.value
    closed_at: datetime | None = Field(default=None, sa_column=instant(null=True))


class WaitlistLook(Table, table=True):
    """At which version an office day was last found to have nothing for an entry."""

    __tablename__ = "waitlist_look"

    entry: int = Field(sa_column=refers_to("waitlist_entry.id", primary=True))
    date: LocalDate = Field(sa_column=Column(Date, primary_key=True))
    version: int
    rules_version: int = Field(sa_column=Column(BIGINT, nullable=False))
