"""Rows of bookings: one change, one version, one event, in one transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, text
from sqlalchemy.dialects.postgresql import Range
from sqlmodel import Session, SQLModel, col, select

from scheduler.access.actor import Actor, booking_scope
from scheduler.booking.admission import Admission
from scheduler.booking.numbers import new_number, normal_number
from scheduler.booking.orders import RecipientOrder
from scheduler.database.connection import StaleDayError
from scheduler.errors import Plain, StaleVersion, UnknownBooking, WrongState
from scheduler.models import Booking, BookingInstruction, Instruction, Recipient
from scheduler.promise.rows import local_date
from scheduler.vocabulary import BookingState, Channel

_EVENT = insert(SQLModel.metadata.tables["event"])
_RECIPIENT = insert(SQLModel.metadata.tables["recipient"])

Columns = Mapping[str, Any]  # of a table row: names and types are the table's own
"""Columns of a booking to set, by name."""


def find_booking(
    session: Session, *, actor: Actor, reference: str, now: datetime, lock: bool = False
) -> Booking:
    """The booking with this number in the actor's scope, locked if asked.

    Raises:
        UnknownBooking: unknown, or outside the scope.
    """
    query = select(Booking).where(
        col(Booking.reference) == normal_number(reference), booking_scope(actor, local_date(now))
    )
    # a row that another transaction changed is read as it is now, not as this session knew it
    query = query.execution_options(populate_existing=True)
    found = session.exec(query.with_for_update(of=Booking) if lock else query).first()
    if found is None:
        raise UnknownBooking(field="/reference", reference=reference)
    return found


def require_version(booking: Booking, version: int | None) -> None:
    """Refuse a change that is based on an older version than the latest.

    Raises:
        StaleVersion: with the latest version.
    """
    if version is not None and version != booking.version:
        raise StaleVersion(field="If-Match", version=booking.version)


def require_state(booking: Booking, *allowed: BookingState) -> None:
    """Refuse a change that the booking's state does not allow.

    Raises:
        WrongState: with the state it is in.
    """
    if booking.state not in {state.value for state in allowed}:
        raise WrongState(state=booking.state, allowed=[state.value for state in allowed])


def occupied(start: datetime, minutes: int) -> Range[datetime]:
    """The half-open interval that a booking occupies."""
    return Range(start, start + timedelta(minutes=minutes), bounds="[)")


def promised_at(start: datetime, minutes: int) -> Columns:
    """The columns that an exact promise sets."""
    return {
        "promise_from": start,
        "promise_to": start,
        "planned_start": start,
        "occupied": occupied(start, minutes),
        "date": local_date(start),
    }


def create_booking(
    session: Session,
    *,
    actor: Actor,
    admission: Admission,
    state: BookingState,
    now: datetime,
    rules_version: int,
    columns: Columns,
) -> Booking:
    """Write a booking's first version with its instructions, recipients and event.

    Raises:
        StaleDayError: an instruction changed since it was read; run again.
    """
    booking = Booking(
        reference=new_number(),
        state=state.value,
        channel=actor.channel.value,
        requested_by=actor.account,
        call=actor.call.id if actor.call is not None else None,
        requested_at=now,
        rules_version=rules_version,
        **_admitted(admission),
        **columns,
    )
    session.add(booking)
    session.flush()
    _take_instructions(session, booking, admission.instructions)
    _add_recipients(session, booking, admission.recipients)
    record(session, actor=actor, kind=f"booking_{state.value}", booking=booking, old_version=None, now=now)
    return booking


def _admitted(admission: Admission) -> Columns:
    return {
        "office": admission.site.office,
        "site": admission.site.id,
        "type": admission.type.id,
        "enterprise": admission.represented,
        "made_by": admission.made_by,
        "planned_minutes": admission.demand.minutes,
        "must_finish_by": admission.demand.must_finish_by,
        "must_finish_kind": admission.must_finish_kind,
        "priority": admission.priority.value,
        "follows": admission.follows,
        "excluded": sorted(admission.demand.excluded),
    }


# locked and unchanged since they were judged
_TAKE = text("""
WITH judged AS (
    SELECT id FROM instruction
    JOIN unnest(CAST(:ids AS bigint[]), CAST(:versions AS int[])) AS seen (id, version) USING (id, version)
    ORDER BY id FOR SHARE OF instruction
)
INSERT INTO booking_instruction (booking, instruction) SELECT :booking, id FROM judged RETURNING 1
""")


def _take_instructions(session: Session, booking: Booking, instructions: Sequence[Instruction]) -> None:
    """Bind the booking to its instructions; one that has changed since it was judged is stale."""
    seen = {row.id: row.version for row in instructions}
    values = {"booking": booking.id, "ids": list(seen), "versions": list(seen.values())}
    if len(session.execute(_TAKE, values).all()) != len(seen):
        raise StaleDayError


def write_recipients(session: Session, booking: Booking, recipients: Sequence[RecipientOrder]) -> None:
    """Replace the people who get the booking's texts."""
    session.execute(delete(Recipient).where(col(Recipient.booking) == booking.id))
    _add_recipients(session, booking, recipients)


def _add_recipients(session: Session, booking: Booking, recipients: Sequence[RecipientOrder]) -> None:
    rows = [
        {"booking": booking.id, "position": position, **one.model_dump()}
        for position, one in enumerate(recipients, start=1)
    ]
    if rows:
        session.execute(_RECIPIENT, rows)


def change_booking(
    session: Session,
    booking: Booking,
    *,
    actor: Actor,
    kind: str,
    now: datetime,
    details: Mapping[str, Plain] | None = None,
    **columns: object,
) -> None:
    """Write a booking's next version and its event."""
    old_version = booking.version
    for name, value in columns.items():
        setattr(booking, name, value)
    booking.version = old_version + 1
    session.add(booking)
    session.flush()
    record(
        session, actor=actor, kind=kind, booking=booking, old_version=old_version, now=now, details=details
    )


def record(
    session: Session,
    *,
    actor: Actor,
    kind: str,
    booking: Booking,
    old_version: int | None,
    now: datetime,
    new_version: int | None = 0,
    details: Mapping[str, Plain] | None = None,
) -> None:
    """Write the event of a booking's change; `new_version=None` for what is no version of it."""
    values = {
        "at": now,
        "kind": kind,
        "booking": booking.id,
        "office": booking.office,
        "enterprise": booking.enterprise,
        "made_by": booking.made_by,
        "actor": actor.account,
        "actor_role": actor.role.value,
        "on_behalf_of": _on_behalf_of(actor, booking),
        "channel": actor.channel.value,
        "call": actor.call.id if actor.call is not None else None,
        "request_id": actor.request_id,
        "old_version": old_version,
        "new_version": booking.version if new_version == 0 else new_version,
        "details": {"state": booking.state, **(details or {})},
    }
    session.flush()
    session.execute(_EVENT, values)


def _on_behalf_of(actor: Actor, booking: Booking) -> int | None:
    if actor.channel is Channel.SYSTEM or actor.enterprise == booking.enterprise:
        return None
    return booking.enterprise


def instructions_of(session: Session, booking: Booking) -> list[Instruction]:
    """The instructions that a booking's visit inspects, in order of their rows."""
    return list(
        session.exec(
            select(Instruction)
            .join(BookingInstruction, col(BookingInstruction.instruction) == col(Instruction.id))
            .where(col(BookingInstruction.booking) == booking.id)
            .order_by(col(Instruction.id))
        ).all()
    )


def iso(instant: datetime | None) -> str | None:
    """An instant as an event's details keep it."""
    return None if instant is None else instant.isoformat()
