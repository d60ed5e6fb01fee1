"""What readers see of a booking, and how its rows become that.

Enterprises, the desk and programs see a crew's badge numbers once its names are published, never
a name; offices and inspectors see both at any time. Phone numbers are masked for everybody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row

from scheduler.access.actor import Actor
from scheduler.models import Booking, PriorityApplication
from scheduler.promise.reference import ZONE, Reference
from scheduler.queries.cursors import local
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

    `expected_start` is told where it begins later than promised. `crew` is null until its names are published
    (`crew_published_at`); times carry their offset.
    """

    number: str
    version: int
    state: str
    promise_from: datetime | None
    promise_to: datetime | None
    expected_start: datetime | None
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
class Beside:
    """What stands beside bookings, by booking."""

    goods: Mapping[int, list[GoodsView]]
    recipients: Mapping[int, list[RecipientView]]
    seats: Mapping[int, list[SeatView]]
    offers: Mapping[int, list[OfferView]]
    applications: Mapping[int, PriorityApplication]


_COPIED = {
    "version",
    "state",
    "planned_minutes",
    "date",
    "must_finish_kind",
    "attendee",
    "channel",
    "request_reason",
    "end_reason",
}


def make_view(
    row: Row[*tuple[Any, ...]],  # nine columns of six kinds
    beside: Beside,
    *,
    actor: Actor,
    now: datetime,
    facts: Reference,
) -> BookingView:
    """What the actor sees of a booking: its row, what it names, and what stands beside it."""
    booking, office, site, type_, enterprise, maker, dock, replaces, follows = row
    published = crew_published_at(booking, facts)
    return BookingView(
        **booking.model_dump(include=_COPIED),
        number=booking.reference,
        promise_from=local(booking.promise_from),
        promise_to=local(booking.promise_to),
        expected_start=local(booking.expected_start),
        next=_next(booking),
        office=office,
        site=site,
        dock=dock,
        type=type_,
        enterprise=PartyView(enterprise.uscc, enterprise.name),
        made_by=PartyView(maker.uscc, maker.name),
        instructions=tuple(beside.goods.get(booking.id, ())),
        wished_from=booking.wished_from.astimezone(ZONE),
        wished_to=booking.wished_to.astimezone(ZONE),
        must_finish_by=local(booking.must_finish_by),
        recipients=tuple(beside.recipients.get(booking.id, ())),
        priority=_priority(booking, beside.applications.get(booking.id)),
        replaces=replaces,
        follows=follows,
        offers=tuple(beside.offers.get(booking.id, ())),
        expires_at=local(booking.expires_at),
        answer_by=local(booking.answer_by),
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
