"""A batch as its party sees it: what is held for each instruction, or why nothing is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from scheduler.models import Batch, BatchItem, Booking, Office, Site
from scheduler.promise.reference import ZONE
from scheduler.queries.cursors import local


@dataclass(frozen=True, slots=True)
class BatchItemView:
    """One instruction: its booking's number, state and start; or `reason`, and true times after the window.

    `values` are the numbers of the reason.
    """

    kind: str
    reference: str
    booking: str | None
    state: str | None
    start: datetime | None
    office: str | None
    site: str | None
    reason: str | None
    values: Mapping[str, Any]  # plain values of many kinds
    alternatives: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class BatchView:
    """Many instructions asked for at once. `state`: held until `expires_at`, then lapsed; or answered."""

    number: str
    state: str
    wished_from: datetime
    wished_to: datetime
    asked_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    items: tuple[BatchItemView, ...]


def view_batch(session: Session, batch: Batch, *, now: datetime) -> BatchView:
    """The batch with its items, in the order in which they were asked for."""
    rows = session.execute(
        select(BatchItem, Booking, col(Office.code), col(Site.code))
        .outerjoin(Booking, col(Booking.id) == col(BatchItem.booking))
        .outerjoin(Office, col(Office.id) == col(Booking.office))
        .outerjoin(Site, col(Site.id) == col(Booking.site))
        .where(col(BatchItem.batch) == batch.id)
        .order_by(col(BatchItem.position))
    ).all()
    return BatchView(
        number=batch.reference,
        state=_state(batch, now),
        wished_from=batch.wished_from.astimezone(ZONE),
        wished_to=batch.wished_to.astimezone(ZONE),
        asked_at=batch.asked_at.astimezone(ZONE),
        expires_at=batch.expires_at.astimezone(ZONE),
        answered_at=local(batch.answered_at),
        items=tuple(_item(*row) for row in rows),
    )


def _state(batch: Batch, now: datetime) -> str:
    if batch.answered_at is not None:
        return "answered"
    return "held" if now < batch.expires_at else "lapsed"


def _item(item: BatchItem, booking: Booking | None, office: str | None, site: str | None) -> BatchItemView:
    after = [datetime.fromisoformat(start) for start in item.details.get("alternatives", ())]
    return BatchItemView(
        kind=item.kind,
        reference=item.reference,
        booking=None if booking is None else booking.reference,
        state=None if booking is None else booking.state,
        start=None if booking is None else local(booking.planned_start),
        office=office,
        site=site,
        reason=item.reason,
        values=item.details.get("values", {}),
        alternatives=tuple(start.astimezone(ZONE) for start in after),
    )
