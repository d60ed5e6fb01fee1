"""Rows of bookings: one change, one version, one event, in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from json import dumps
from typing import Any

from sqlalchemy import delete, insert, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import make_transient_to_detached
from sqlmodel import Session, SQLModel, col, select

from scheduler.access.actor import Actor, booking_scope
from scheduler.booking.admission import Admission
from scheduler.booking.numbers import Numbers, new_number, normal_number
from scheduler.booking.orders import RecipientOrder
from scheduler.errors import Plain, StaleVersion, UnknownBooking, WrongState
from scheduler.models import Booking, BookingInstruction, Instruction, Recipient
from scheduler.promise.proposals import Found
from scheduler.promise.reference import Reference
from scheduler.promise.rows import local_date
from scheduler.promise.witness import TAKEN_OVER, keep_search, release_crew, store_crews
from scheduler.reminders.announce import What, texts_of
from scheduler.vocabulary import BookingState, Channel, PriorityAnswer

_EVENT = insert(SQLModel.metadata.tables["event"])
_RECIPIENT = insert(SQLModel.metadata.tables["recipient"])

_END_WAITING = text("""
UPDATE waitlist_entry SET state = 'ended', ended_at = :now
WHERE booking = :booking AND state = 'waiting' RETURNING id
""")
_WAITED_FOR = {"state", "planned_start"}
"""What a booking whose party waits for something earlier does not change."""

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
    """The columns that an exact promise sets; what was said of a later start no longer holds."""
    return {
        "expected_start": None,
        "running_minutes": None,
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
    reference: Reference,
    numbers: Numbers,
    columns: Columns,
    what: What | None,
    found: Found | None = None,
) -> Booking:
    """Write a booking's first version and all that belongs to it, its crew too, in one statement.

    Raises:
        DBAPIError: the day, an instruction or a duty changed meanwhile; the write runs again.
    """
    row = {
        "id": numbers.booking,
        "version": 1,
        "reference": new_number(),
        "state": state.value,
        "requested_at": now,
        "rules_version": reference.version,
        "dock": None if found is None else found.placed.assignment.dock,
        "priority_answer": PriorityAnswer.NOT_APPLIED.value,
        **_asked_by(actor),
        **_admitted(admission),
        **columns,
    }
    booking, kind = Booking(**row), f"booking_{state.value}"
    told = {
        "booking": row,
        "instructions": [{"id": one.id, "version": one.version} for one in sorted(admission.instructions)],
        "recipients": _recipient_rows(numbers.booking, admission.recipients),
        "event": _event(actor=actor, kind=kind, booking=booking, old_version=None, now=now),
        "messages": _texts(booking, admission, what, marks=numbers.texts, now=now, reference=reference),
        "crew": [] if found is None else found.placed.assignment.crew,
    }
    _keep(session, told, known=None if found is None else make_room(session, found, actor=actor, now=now))
    make_transient_to_detached(booking)
    session.add(booking)
    return booking


def make_room(
    session: Session, found: Found, *, actor: Actor, now: datetime, leaving: Booking | None = None
) -> int | None:
    """Change the crews of others that a new one needs; return the version at which the day then has to be.

    None where crews changed: under the day's lock it is at the version that this transaction made. `leaving`
    is a booking that gives its crew and dock up first.
    """
    placed = found.placed
    if not placed.added:
        return found.version
    if leaving is not None and leaving.id is not None:
        release_crew(session, leaving.id)
        leaving.dock = None
        session.flush()
    store_crews(session, old=placed.removed, new=placed.added)
    record_recrewed(session, placed.added, actor=actor, now=now, why="room for another booking")
    if placed.searched is not None:
        stamp, searched = placed.searched
        keep_search(session, stamp, searched, outcome=TAKEN_OVER, now=now)
    return None


def record_recrewed(
    session: Session, bookings: Iterable[int], *, actor: Actor, now: datetime, why: str
) -> None:
    """Write an event for each booking whose crew or dock changed under an unchanged promise."""
    for number in sorted(bookings):
        booking = session.get_one(Booking, number)
        record(
            session,
            actor=actor,
            kind="booking_recrewed",
            booking=booking,
            old_version=booking.version,
            new_version=None,
            now=now,
            details={"why": why},
        )


def _texts(
    booking: Booking,
    admission: Admission,
    what: What | None,
    *,
    marks: Sequence[int],
    now: datetime,
    reference: Reference,
) -> list[dict[str, object]]:
    if what is None:
        return []
    people = [(one.mobile, one.language) for one in admission.recipients]
    return texts_of(booking, what=what, people=people, numbers=marks, now=now, reference=reference)


def _keep(session: Session, told: Mapping[str, object], *, known: int | None) -> None:
    values = {"told": dumps(told, default=_told), "known": known}
    session.connection().exec_driver_sql("SELECT keep_booking(%(told)s::jsonb, %(known)s)", values)


def _asked_by(actor: Actor) -> Columns:
    return {
        "channel": actor.channel.value,
        "requested_by": actor.account,
        "call": actor.call.id if actor.call is not None else None,
    }


def _told(value: object) -> str:
    """How the database reads what JSON has no form for."""
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, Range) and value.lower is not None and value.upper is not None:
        return f"[{value.lower.isoformat()},{value.upper.isoformat()})"
    raise TypeError(type(value))


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


def write_recipients(session: Session, booking: Booking, recipients: Sequence[RecipientOrder]) -> None:
    """Replace the people who get the booking's texts."""
    assert booking.id is not None  # noqa: S101 - read from the database
    session.execute(delete(Recipient).where(col(Recipient.booking) == booking.id))
    rows = _recipient_rows(booking.id, recipients)
    if rows:
        session.execute(_RECIPIENT, rows)


def _recipient_rows(booking: int, recipients: Sequence[RecipientOrder]) -> list[dict[str, object]]:
    return [
        {"booking": booking, "position": position, **one.model_dump()}
        for position, one in enumerate(recipients, start=1)
    ]


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
    if _WAITED_FOR & columns.keys() and booking.replaces is None:
        _end_waiting(session, booking, actor=actor, now=now)


def _end_waiting(session: Session, booking: Booking, *, actor: Actor, now: datetime) -> None:
    """Nobody waits for something earlier than a time that the booking has no more; a held offer lapses."""
    ended = session.execute(_END_WAITING, {"booking": booking.id, "now": now}).first()
    if ended is not None:
        record(
            session,
            actor=actor,
            kind="waitlist_ended",
            booking=booking,
            old_version=booking.version,
            new_version=None,
            now=now,
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
    session.flush()
    values = _event(
        actor=actor, kind=kind, booking=booking, old_version=old_version, now=now, details=details
    )
    if new_version != 0:
        values["new_version"] = new_version
    session.execute(_EVENT, values)


def _event(
    *,
    actor: Actor,
    kind: str,
    booking: Booking,
    old_version: int | None,
    now: datetime,
    details: Mapping[str, Plain] | None = None,
) -> dict[str, object]:
    return {
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
        "new_version": booking.version,
        "details": {"state": booking.state, **(details or {})},
    }


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
