"""Who waits for something earlier, and what is offered to them, in a reader's scope."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from scheduler.access.actor import Actor, booking_scope
from scheduler.errors import NotWaiting
from scheduler.models import Booking, Enterprise, Office, WaitlistEntry, WaitlistOffer
from scheduler.promise.reference import ZONE
from scheduler.promise.rows import local_date
from scheduler.queries.booking_views import OfferView, PartyView
from scheduler.queries.cursors import decode_cursor, encode_cursor, local
from scheduler.vocabulary import OfferOutcome, WaitState


@dataclass(frozen=True, slots=True)
class WaitView:
    """A booking that waits for an earlier start; `offer` is held for it now: confirming the hold takes it.

    `state` is waiting, offered, taken, withdrawn, or ended with the booking's own time.
    """

    number: str
    state: str
    office: str
    enterprise: PartyView
    promise: datetime | None
    wished_from: datetime
    wished_to: datetime
    joined_at: datetime
    ended_at: datetime | None
    offer: OfferView | None


@dataclass(frozen=True, slots=True)
class WaitPage:
    """One page, by when they joined; `next` is null on the last."""

    items: tuple[WaitView, ...]
    next: str | None


def read_wait(session: Session, *, actor: Actor, booking: int | None, now: datetime) -> WaitView:
    """How the latest wait of a booking stands.

    Raises:
        NotWaiting: it never waited for an earlier time.
    """
    mine = (col(Booking.id) == booking) & booking_scope(actor, local_date(now))
    found = _rows(session, mine, newest_first=True, limit=1)
    if not found:
        raise NotWaiting(field="/reference")
    return _view(found[0])


def list_waiting(
    session: Session, *, actor: Actor, office: str | None, after: str | None, limit: int, now: datetime
) -> WaitPage:
    """A page of who waits now in the actor's scope.

    Raises:
        MalformedField: the cursor is none of ours.
    """
    where = booking_scope(actor, local_date(now)) & (col(WaitlistEntry.state) == WaitState.WAITING.value)
    if office is not None:
        where &= col(Office.code) == office
    if after is not None:
        (last,) = decode_cursor(after, int, field="/after")
        where &= col(WaitlistEntry.id) > int(last)
    rows = _rows(session, where, newest_first=False, limit=limit + 1)
    shown = rows[:limit]
    more = len(rows) > limit
    return WaitPage(tuple(map(_view, shown)), encode_cursor(shown[-1][0].id) if more else None)


def _rows(
    session: Session, where: ColumnElement[bool], *, newest_first: bool, limit: int
) -> Sequence[Row[*tuple[Any, ...]]]:  # five columns of four kinds
    hold = aliased(Booking)
    entry = col(WaitlistEntry.id)
    return session.execute(
        select(WaitlistEntry, Booking, col(Office.code), Enterprise, hold)
        .join(Booking, col(Booking.id) == col(WaitlistEntry.booking))
        .join(Office, col(Office.id) == col(Booking.office))
        .join(Enterprise, col(Enterprise.id) == col(Booking.enterprise))
        .outerjoin(
            WaitlistOffer,
            (col(WaitlistOffer.entry) == entry) & (col(WaitlistOffer.outcome) == OfferOutcome.OPEN.value),
        )
        .outerjoin(hold, col(hold.id) == col(WaitlistOffer.hold))
        .where(where)
        .order_by(entry.desc() if newest_first else entry)
        .limit(limit)
    ).all()


def _view(row: Row[*tuple[Any, ...]]) -> WaitView:  # as above
    entry, booking, office, enterprise, hold = row
    offer = None
    if hold is not None:
        offer = OfferView(
            hold.reference,
            hold.planned_start.astimezone(ZONE),
            hold.expires_at.astimezone(ZONE),
            hold.version,
        )
    return WaitView(
        number=booking.reference,
        state="offered" if offer is not None and entry.state == WaitState.WAITING.value else entry.state,
        office=office,
        enterprise=PartyView(enterprise.uscc, enterprise.name),
        promise=local(booking.promise_from),
        wished_from=entry.wished_from.astimezone(ZONE),
        wished_to=entry.wished_to.astimezone(ZONE),
        joined_at=entry.joined_at.astimezone(ZONE),
        ended_at=local(entry.ended_at),
        offer=offer,
    )
