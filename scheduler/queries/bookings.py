"""Bookings as their readers may see them: one page in a handful of statements, whatever its length.

Enterprises, the desk and programs see a crew's badge numbers once its names are published, never
a name; offices and inspectors see both at any time. Phone numbers are masked for everybody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select, true, tuple_
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
from scheduler.queries.cursors import decode_cursor, encode_cursor, local
from scheduler.rules.office_time import at
from scheduler.rules.policy import Freeze
from scheduler.rules.work_days import working_day_before
from scheduler.vocabulary import BookingState, Role

_SEES_NAMES = frozenset({Role.OFFICE_MANAGER, Role.INSPECTOR, Role.SYSTEM})


@dataclass(frozen=True, slots=True)
class PartyView:
    """An enterprise by its unified social credit code."""

    uscc: str
    name: str


@dataclass(frozen=True, slots=True)
class GoodsView:
    """An instruction that the visit inspects."""

    kind: str
    reference: str
    state: str
    goods_name: str
    goods_category: str | None


@dataclass(frozen=True, slots=True)
class RecipientView:
    """Somebody who gets the texts; the number is masked."""

    name: str
    mobile: str
    language: str


@dataclass(frozen=True, slots=True)
class SeatView:
    """An inspector of the crew; the name only for the office and inspectors."""

    seat: int
    badge: str
    name: str | None


@dataclass(frozen=True, slots=True)
class PriorityView:
    """An application for priority inspection and its answer; `reason` is the table's, `why` the office's."""

    answer: str
    priority: str
    reason: str | None
    answer_by: datetime | None
    decided_at: datetime | None
    why: str | None


@dataclass(frozen=True, slots=True)
class OfferView:
    """A time held for the booking: confirming the hold moves the booking there."""

    number: str
    start: datetime
    until: datetime
    version: int


@dataclass(frozen=True, slots=True)
class NextView:
    """Who acts next, and by when: `enterprise`, `office` or `nobody`."""

    who: str
    by: datetime | None


@dataclass(frozen=True, slots=True)
class BookingView:
    """A booking: what is promised, who acts next, and what it was asked for.

    `crew` is null until its names are published (`crew_published_at`); times carry their offset.
    """

    number: str
    version: int
    state: str
    promise_from: datetime | None
    promise_to: datetime | None
    planned_minutes: int
    next: NextView
    office: str
    date: date
    site: str
    dock: str | None
    type: str
    enterprise: PartyView
    made_by: PartyView
    instructions: tuple[GoodsView, ...]
    wished_from: datetime
    wished_to: datetime
    must_finish_by: datetime | None
    must_finish_kind: str | None
    attendee: str
    recipients: tuple[RecipientView, ...]
    priority: PriorityView
    channel: str
    replaces: str | None
    follows: str | None
    offers: tuple[OfferView, ...]
    expires_at: datetime | None
    request_reason: str | None
    answer_by: datetime | None
    end_reason: str | None
    requested_at: datetime
    answered_at: datetime | None
    goods_ready_at: datetime | None
    crew: tuple[SeatView, ...] | None
    crew_published_at: datetime | None


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
    return [(row[0].id, _view(row, beside, actor=actor, now=now, facts=facts)) for row in rows]


@dataclass(frozen=True, slots=True)
class _Beside:
    """What stands beside bookings, by booking."""

    goods: Mapping[int, list[GoodsView]]
    recipients: Mapping[int, list[RecipientView]]
    seats: Mapping[int, list[SeatView]]
    offers: Mapping[int, list[OfferView]]
    applications: Mapping[int, PriorityApplication]


def _beside(session: Session, ids: Sequence[int]) -> _Beside:
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
    return _Beside(goods, recipients, seats, _offers(session, ids), applications)


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


def _view(
    row: Row[*tuple[Any, ...]],  # nine columns of six kinds
    beside: _Beside,
    *,
    actor: Actor,
    now: datetime,
    facts: Reference,
) -> BookingView:
    booking, office, site, type_, enterprise, maker, dock, replaces, follows = row
    published = crew_published_at(booking, facts)
    return BookingView(
        number=booking.reference,
        version=booking.version,
        state=booking.state,
        promise_from=local(booking.promise_from),
        promise_to=local(booking.promise_to),
        planned_minutes=booking.planned_minutes,
        next=_next(booking),
        office=office,
        date=booking.date,
        site=site,
        dock=dock,
        type=type_,
        enterprise=PartyView(enterprise.uscc, enterprise.name),
        made_by=PartyView(maker.uscc, maker.name),
        instructions=tuple(beside.goods.get(booking.id, ())),
        wished_from=booking.wished_from.astimezone(ZONE),
        wished_to=booking.wished_to.astimezone(ZONE),
        must_finish_by=local(booking.must_finish_by),
        must_finish_kind=booking.must_finish_kind,
        attendee=booking.attendee,
        recipients=tuple(beside.recipients.get(booking.id, ())),
        priority=_priority(booking, beside.applications.get(booking.id)),
        channel=booking.channel,
        replaces=replaces,
        follows=follows,
        offers=tuple(beside.offers.get(booking.id, ())),
        expires_at=local(booking.expires_at),
        request_reason=booking.request_reason,
        answer_by=local(booking.answer_by),
        end_reason=booking.end_reason,
        requested_at=booking.requested_at.astimezone(ZONE),
        answered_at=local(booking.answered_at),
        goods_ready_at=local(booking.goods_ready_at),
        crew=_crew(beside.seats.get(booking.id, []), actor=actor, published=published, now=now),
        crew_published_at=local(published),
    )


def crew_published_at(booking: Booking, facts: Reference) -> datetime | None:
    """When the crew's names are published: in the evening of the working day before (policy)."""
    if booking.planned_start is None:
        return None
    freeze = facts.policy(Freeze, office=booking.office, on=booking.date)
    try:
        eve = working_day_before(booking.date, facts.kinds)
    except KeyError:
        return None
    return at(eve, freeze.names_published_at, ZONE)


def _crew(
    seats: Sequence[SeatView], *, actor: Actor, published: datetime | None, now: datetime
) -> tuple[SeatView, ...] | None:
    if actor.role in _SEES_NAMES:
        return tuple(seats)
    if published is None or now < published:
        return None
    return tuple(SeatView(one.seat, one.badge, None) for one in seats)


def _next(booking: Booking) -> NextView:
    state = BookingState(booking.state)
    if state is BookingState.HOLD:
        return NextView("enterprise", local(booking.expires_at))
    if state is BookingState.REQUESTED:
        return NextView("office", local(booking.answer_by))
    if state is BookingState.DISPLACED:
        return NextView("enterprise", local(booking.answer_by))
    if state is BookingState.CONFIRMED:
        return NextView("enterprise", local(booking.promise_to))
    return NextView("office" if state is BookingState.IN_PROGRESS else "nobody", None)


def _priority(booking: Booking, application: PriorityApplication | None) -> PriorityView:
    if application is None:
        return PriorityView(booking.priority_answer, booking.priority, None, None, None, None)
    return PriorityView(
        answer=application.answer,
        priority=application.priority,
        reason=application.reason,
        answer_by=local(application.answer_by),
        decided_at=local(application.decided_at),
        why=application.why,
    )
