"""Every change of bookings and instructions in a reader's scope, in order, without gaps.

Events are ordered by (transaction, id), and only those of transactions older than every running one
are told: what is told once can never be preceded by something that commits later.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Row, Text, and_, cast, literal_column, or_, select, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from scheduler.access.actor import Actor, booking_scope, instruction_scope
from scheduler.models import Booking, Enterprise, Event, Instruction, Office
from scheduler.models.records import TransactionId
from scheduler.promise.reference import ZONE
from scheduler.promise.rows import local_date
from scheduler.queries.cursors import decode_cursor, encode_cursor

_TOLD = frozenset(
    {
        "state",
        "from",
        "to",
        "reason",
        "late",
        "answer",
        "why",
        "outcome",
        "at",
        "result",
        "reference",
        "follows",
        "version",
        "offers",
    }
)
"""The details of events that readers are told; whatever else an event keeps is for the record."""


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One change: of a booking (its number and new version), or of an instruction."""

    at: datetime
    kind: str
    booking: str | None
    instruction_kind: str | None
    instruction: str | None
    version: int | None
    office: str | None
    role: str
    channel: str
    on_behalf_of: str | None
    details: Mapping[str, Any]  # plain values by name


@dataclass(frozen=True, slots=True)
class Changes:
    """A run of changes; ask again with `next` as `after`, also when `more` is false."""

    items: tuple[ChangeView, ...]
    next: str
    more: bool


def list_changes(session: Session, *, actor: Actor, after: str | None, limit: int, now: datetime) -> Changes:
    """The changes after a cursor, from the first one where none is given.

    Raises:
        MalformedField: the cursor is none of ours.
    """
    begun, last = decode_cursor(after, int, int, field="/after") if after is not None else (0, 0)
    on = local_date(now)
    party = aliased(Enterprise)
    transaction = col(Event.transaction)
    place = tuple_(transaction, col(Event.id))
    rows = session.execute(
        select(
            Event,
            cast(cast(transaction, Text), BigInteger).label("begun"),
            col(Booking.reference),
            col(Instruction.kind),
            col(Instruction.reference),
            col(Office.code),
            col(party.uscc),
        )
        .outerjoin(Booking, col(Booking.id) == col(Event.booking))
        .outerjoin(Instruction, col(Instruction.id) == col(Event.instruction))
        .outerjoin(Office, col(Office.id) == col(Event.office))
        .outerjoin(party, col(party.id) == col(Event.on_behalf_of))
        .where(
            transaction < literal_column("pg_snapshot_xmin(pg_current_snapshot())"),
            place > tuple_(cast(str(begun), TransactionId()), last),
            or_(
                and_(col(Event.booking).is_not(None), booking_scope(actor, on)),
                and_(
                    col(Event.booking).is_(None),
                    col(Event.instruction).is_not(None),
                    instruction_scope(actor, on),
                ),
            ),
        )
        .order_by(transaction, col(Event.id))
        .limit(limit + 1)
    ).all()
    shown = rows[:limit]
    if shown:
        begun, last = shown[-1][1], shown[-1][0].id
    return Changes(tuple(_view(row) for row in shown), encode_cursor(begun, last), len(rows) > limit)


def _view(row: Row[*tuple[Any, ...]]) -> ChangeView:  # seven columns of three kinds
    event, _, booking, kind, reference, office, party = row
    return ChangeView(
        at=event.at.astimezone(ZONE),
        kind=event.kind,
        booking=booking,
        instruction_kind=kind,
        instruction=reference,
        version=event.new_version,
        office=office,
        role=event.actor_role,
        channel=event.channel,
        on_behalf_of=party,
        details={name: value for name, value in event.details.items() if name in _TOLD},
    )
