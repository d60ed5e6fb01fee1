"""Batches: many instructions asked for at once, each with the time that is held for it or why none is."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from scheduler.models.columns import (
    JsonObject,
    Table,
    document,
    identity,
    instant,
    one_of,
    refers_to,
    textual,
)
from scheduler.vocabulary import Channel, ReferenceKind


class Batch(Table, table=True):
    """One question for many instructions; until `expires_at` all the times that it found are held."""

    __table_args__ = (
        one_of("channel", Channel),
        CheckConstraint("wished_from < wished_to", name="window_order"),
        CheckConstraint("asked_at < expires_at", name="held_for_a_time"),
        CheckConstraint("channel <> 'phone' OR call IS NOT NULL", name="phone_has_call"),
    )

    id: int | None = Field(default=None, sa_column=identity())
    reference: str = Field(sa_column=textual(unique=True))
    made_by: int = Field(sa_column=refers_to("enterprise.id"))
    wished_from: datetime = Field(sa_column=instant())
    wished_to: datetime = Field(sa_column=instant())
    asked_at: datetime = Field(sa_column=instant())
    expires_at: datetime = Field(sa_column=instant())
    answered_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    channel: str
    requested_by: int | None = Field(default=None, sa_column=refers_to("account.id", null=True, index=False))
    call: int | None = Field(default=None, sa_column=refers_to("call.id", null=True, index=False))


class BatchItem(Table, table=True):
    """One instruction of a batch: `booking` is the hold that was made for it, or `reason` says why none was.

    `details` are the numbers of the reason and the true times after the window, as JSON.
    """

    __tablename__ = "batch_item"
    __table_args__ = (
        one_of("kind", ReferenceKind),
        CheckConstraint("(booking IS NULL) <> (reason IS NULL)", name="place_or_reason"),
        UniqueConstraint("booking"),
    )

    batch: int = Field(sa_column=refers_to("batch.id", primary=True))
    position: int = Field(primary_key=True)
    kind: str
    reference: str
    booking: int | None = Field(default=None, sa_column=refers_to("booking.id", null=True, index=False))
    reason: str | None = None
    details: JsonObject = Field(default_factory=dict, sa_column=document())
