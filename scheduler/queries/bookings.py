"""Bookings in a reader's scope: one page in a handful of statements, whatever its length."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, select, true, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from notifications.masking import mask
from scheduler.access.actor import Actor, booking_scope
from scheduler.errors import UnknownBooking
from scheduler.models import (
    Booking,
    BookingInstruction,
    Crew,
    Dock,
    Enterprise,
    InspectionType,
    Inspector,
    Instruction,
    Office,
    PriorityApplication,
    Recipient,
    Site,
)
from scheduler.promise.reference import ZONE, Reference
from scheduler.promise.rows import local_date
from scheduler.queries.booking_views import (
    Beside,
    BookingView,
    GoodsView,
    OfferView,
    RecipientView,
    SeatView,
    make_view,
)
from scheduler.queries.cursors import decode_cursor, encode_cursor
from scheduler.vocabulary import BookingState


@dataclass(frozen=True, slots=True)
class BookingPage:
    """One page, by date and number of entry; `next` is null on the last."""

    items: tuple[BookingView, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; None: not narrowed. Dates are inclusive."""

    first: date | None = None
    last: date | None = None
    states: tuple[BookingState, ...] = ()
    office: str | None = None
    site: str | None = None
    enterprise: str | None = None
    instruction: str | None = None


def read_booking(
    session: Session, *, actor: Actor, number: str, now: datetime, facts: Reference
) -> BookingView:
    """The booking with this number in the actor's scope.

    Raises:
        UnknownBooking: unknown, or outside the scope.
    """
    plain = number.strip().upper().replace("-", "")
    stored = f"{plain[:5]}-{plain[5:]}"
    where = (col(Booking.reference) == stored) & booking_scope(actor, local_date(now))
    found = _views(session, where, actor=actor, now=now, facts=facts, limit=1)
    if not found:
        raise UnknownBooking(field="/reference", reference=number)
    return found[0][1]


def view_booking(
    session: Session, *, actor: Actor, booking: int | None, now: datetime, facts: Reference
) -> BookingView:
    """The booking that a use case has just written for this actor, whatever it did to the actor's scope."""
    found = _views(session, col(Booking.id) == booking, actor=actor, now=now, facts=facts, limit=1)
    return found[0][1]


def list_bookings(
    session: Session,
    *,
    actor: Actor,
    wanted: Wanted,
    after: str | None,
    limit: int,
    now: datetime,
    facts: Reference,
) -> BookingPage:
    """A page of the bookings in the actor's scope, by date, then by entry.

    Raises:
        MalformedField: the cursor is none of ours.
    """
    where = booking_scope(actor, local_date(now)) & _narrowed(wanted)
    if after is not None:
        day, last = decode_cursor(after, int, int, field="/after")
        place = tuple_(col(Booking.date), col(Booking.id))
        where &= place > tuple_(date.fromordinal(min(max(int(day), 1), date.max.toordinal())), int(last))
    rows = _views(session, where, actor=actor, now=now, facts=facts, limit=limit + 1)
    shown = rows[:limit]
    more = len(rows) > limit
    return BookingPage(
        tuple(view for _, view in shown),
        encode_cursor(shown[-1][1].date.toordinal(), shown[-1][0]) if more else None,
    )


def _narrowed(wanted: Wanted) -> ColumnElement[bool]:
    where: ColumnElement[bool] = true()
    if wanted.first is not None:
        where &= col(Booking.date) >= wanted.first
    if wanted.last is not None:
        where &= col(Booking.date) <= wanted.last
    if wanted.states:
        where &= col(Booking.state).in_([state.value for state in wanted.states])
    if wanted.office is not None:
        where &= col(Office.code) == wanted.office
    if wanted.site is not None:
        where &= col(Site.code) == wanted.site
    if wanted.enterprise is not None:
        where &= col(Enterprise.uscc) == wanted.enterprise
    if wanted.instruction is not None:
        named = (
            select(col(BookingInstruction.booking))
            .join(Instruction, col(Instruction.id) == col(BookingInstruction.instruction))
            .where(col(Instruction.reference) == wanted.instruction)
        )
        where &= col(Booking.id).in_(named)
    return where


def _views(
    session: Session,
    where: ColumnElement[bool],
    *,
    actor: Actor,
    now: datetime,
    facts: Reference,
    limit: int,
) -> list[tuple[int, BookingView]]:
    maker, replaced, followed = aliased(Enterprise), aliased(Booking), aliased(Booking)
    rows = session.execute(
        select(
            Booking,
            col(Office.code),
            col(Site.code),
            col(InspectionType.code),
            Enterprise,
            maker,
            col(Dock.code),
            col(replaced.reference),
            col(followed.reference),
        )
        .join(Office, col(Office.id) == col(Booking.office))
        .join(Site, col(Site.id) == col(Booking.site))
        .join(InspectionType, col(InspectionType.id) == col(Booking.type))
        .join(Enterprise, col(Enterprise.id) == col(Booking.enterprise))
        .join(maker, col(maker.id) == col(Booking.made_by))
        .outerjoin(Dock, col(Dock.id) == col(Booking.dock))
        .outerjoin(replaced, col(replaced.id) == col(Booking.replaces))
        .outerjoin(followed, col(followed.id) == col(Booking.follows))
        .where(where)
        .order_by(col(Booking.date), col(Booking.id))
        .limit(limit)
    ).all()
    beside = _beside(session, [row[0].id for row in rows])
    return [(row[0].id, make_view(row, beside, actor=actor, now=now, facts=facts)) for row in rows]


def _beside(session: Session, ids: Sequence[int]) -> Beside:
    goods: dict[int, list[GoodsView]] = {}
    for booking, one in session.execute(
        select(col(BookingInstruction.booking), Instruction)
        .join(Instruction, col(Instruction.id) == col(BookingInstruction.instruction))
        .where(col(BookingInstruction.booking).in_(ids))
        .order_by(col(Instruction.id))
    ):
        shown = GoodsView(one.kind, one.reference, one.state, one.goods_name, one.goods_category)
        goods.setdefault(booking, []).append(shown)
    recipients: dict[int, list[RecipientView]] = {}
    for (who,) in session.execute(
        select(Recipient).where(col(Recipient.booking).in_(ids)).order_by(col(Recipient.position))
    ):
        recipients.setdefault(who.booking, []).append(RecipientView(who.name, mask(who.mobile), who.language))
    seats: dict[int, list[SeatView]] = {}
    for booking, seat, badge, name in session.execute(
        select(col(Crew.booking), col(Crew.seat), col(Inspector.badge), col(Inspector.name))
        .join(Inspector, col(Inspector.id) == col(Crew.inspector))
        .where(col(Crew.booking).in_(ids))
        .order_by(col(Crew.seat))
    ):
        seats.setdefault(booking, []).append(SeatView(seat, badge, name))
    applications = {
        one.booking: one
        for (one,) in session.execute(
            select(PriorityApplication).where(col(PriorityApplication.booking).in_(ids))
        )
    }
    return Beside(goods, recipients, seats, _offers(session, ids), applications)


def _offers(session: Session, ids: Sequence[int]) -> dict[int, list[OfferView]]:
    offers: dict[int, list[OfferView]] = {}
    for (held,) in session.execute(
        select(Booking)
        .where(col(Booking.replaces).in_(ids), col(Booking.state) == BookingState.HOLD.value)
        .order_by(col(Booking.planned_start))
    ):
        shown = OfferView(held.reference, _known(held.planned_start), _known(held.expires_at), held.version)
        offers.setdefault(held.replaces, []).append(shown)
    return offers


def _known(instant: datetime | None) -> datetime:
    assert instant is not None  # noqa: S101 - a hold has a start and an end (named constraints)
    return instant.astimezone(ZONE)
