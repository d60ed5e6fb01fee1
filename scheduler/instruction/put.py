"""Put, change and withdraw instructions: idempotent, the booking re-validated in the same transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlmodel import Session, col, select

from scheduler import errors
from scheduler.access.actor import Actor, instruction_scope
from scheduler.database.connection import Database, StaleDayError
from scheduler.database.idempotency import Keep
from scheduler.database.locks import lock_office_days
from scheduler.instruction.orders import InstructionOrder
from scheduler.instruction.parties import find_party, put_party
from scheduler.instruction.revalidate import Revalidating, days_of, revalidate
from scheduler.models import Booking, BookingInstruction, Event, Instruction
from scheduler.promise.boards import boards_of
from scheduler.promise.reference import Reference
from scheduler.promise.rows import local_date
from scheduler.rules.identifiers import normal_container, normal_hs_code, normal_reference
from scheduler.rules.policy import BookingRules
from scheduler.vocabulary import Channel, InstructionState, ReferenceKind

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class InstructionWritten:
    """What a put did: outcome created, changed, unchanged or withdrawn, and what became of the booking."""

    kind: str
    reference: str
    version: int
    state: str
    outcome: str
    booking: str | None = None
    booking_outcome: str | None = None


def put_instruction(
    database: Database,
    *,
    actor: Actor,
    order: InstructionOrder,
    now: datetime,
    keep: Keep[InstructionWritten, Kept],
) -> Kept:
    """Create or replace an instruction; the same facts again change nothing.

    Raises:
        MalformedCode, WrongCheckDigit, DirectionMismatch, UnknownOffice, UnknownSite,
        MalformedField: naming the field.
    """
    boards = boards_of(database)

    def work(session: Session) -> InstructionWritten:
        facts = boards.latest(session)
        values = _values(session, order, facts, now)
        seen = _find(session, values["kind"], values["reference"], values["represented"])
        booking = None if seen is None else _booking_of(session, seen)
        if booking is not None:
            lock_office_days(session, days_of(booking, values["office"], now))
        row = _locked(session, seen, booking)
        if row is not None and _same(row, values):
            return _told(row, "unchanged", booking, None)
        outcome = "created" if row is None or row.state == InstructionState.AWAITED.value else "changed"
        row = _write(session, row, values, outcome)
        _record(session, actor, row, f"instruction_{outcome}", now)
        became = None
        if booking is not None:
            case = Revalidating(session, boards, facts, actor, now)
            became = revalidate(case, booking)
        return _told(row, outcome, booking, became)

    return database.write(lambda session: keep(session, work))


def withdraw_instruction(
    database: Database,
    *,
    actor: Actor,
    kind: ReferenceKind,
    reference: str,
    now: datetime,
    keep: Keep[InstructionWritten, Kept],
) -> Kept:
    """Withdraw an instruction: a booking that inspects nothing else ends, its people are told.

    Raises:
        UnknownInstruction: unknown, or outside the actor's scope.
    """
    boards = boards_of(database)

    def work(session: Session) -> InstructionWritten:
        facts = boards.latest(session)
        seen = _find_in_scope(session, actor, kind, reference, now)
        booking = _booking_of(session, seen)
        if booking is not None:
            lock_office_days(session, days_of(booking, seen.office, now))
        row = _locked(session, seen, booking)
        assert row is not None  # noqa: S101 - seen above, never deleted
        if row.state == InstructionState.WITHDRAWN.value:
            return _told(row, "unchanged", booking, None)
        row.state, row.version = InstructionState.WITHDRAWN.value, row.version + 1
        session.add(row)
        session.flush()
        _record(session, actor, row, "instruction_withdrawn", now)
        became = None
        if booking is not None:
            became = revalidate(Revalidating(session, boards, facts, actor, now), booking)
        return _told(row, "withdrawn", booking, became)

    return database.write(lambda session: keep(session, work))


def _find_in_scope(
    session: Session, actor: Actor, kind: ReferenceKind, reference: str, now: datetime
) -> Instruction:
    found = session.exec(
        select(Instruction).where(
            col(Instruction.kind) == kind.value,
            col(Instruction.reference) == reference.strip(),
            col(Instruction.state) != InstructionState.AWAITED.value,
            instruction_scope(actor, local_date(now)),
        )
    ).first()
    if found is None:
        raise errors.UnknownInstruction(field="/reference", reference=reference)
    return found


_AS_SENT = {
    "goods_name",
    "units",
    "transport_mode",
    "port",
    "filing_number",
    "approval_number",
    "off_site_reason",
    "must_finish_by",
    "issued_at",
    "arrived_at",
}


def _values(session: Session, order: InstructionOrder, facts: Reference, now: datetime) -> dict[str, Any]:
    """The row's columns, each identifier in its stored form."""
    return {
        **order.model_dump(include=_AS_SENT),
        **_place_and_type(order, facts),
        "kind": order.kind.value,
        "reference": _reference(order, facts, now),
        "direction": order.direction.value,
        "represented": put_party(
            session, order.represented, name=order.represented_name, field="/represented"
        ),
        "declarant": None
        if order.declarant is None
        else find_party(session, order.declarant, field="/declarant"),
        "goods_category": order.goods_category.value,
        "hs_code": None if order.hs_code is None else normal_hs_code(order.hs_code, field="/hs_code"),
        "containers": [
            normal_container(one, field=f"/containers/{k}") for k, one in enumerate(order.containers)
        ],
        "risk_level": None if order.risk_level is None else order.risk_level.value,
        "must_finish_kind": None if order.must_finish_kind is None else order.must_finish_kind.value,
    }


def _place_and_type(order: InstructionOrder, facts: Reference) -> dict[str, int]:
    office = facts.office_by_code(order.office)
    kind = next((one for one in facts.types.values() if one.code == order.type), None)
    if kind is None:
        raise errors.MalformedField(field="/type", value=order.type)
    site = facts.site_by_code(office.id, order.site)
    return {"office": office.id, "site": site.id, "type": kind.id}


def _reference(order: InstructionOrder, facts: Reference, now: datetime) -> str:
    rules = facts.policy(BookingRules, office=None, on=local_date(now))
    return normal_reference(
        order.kind,
        order.reference,
        direction=order.direction if order.kind is ReferenceKind.DECLARATION else None,
        patterns=rules.references,
        field="/reference",
    )


def _find(session: Session, kind: str, reference: str, represented: int) -> Instruction | None:
    """The instruction that was sent before, else the row under which its party awaited it."""
    rows = session.exec(
        select(Instruction).where(
            col(Instruction.kind) == kind,
            col(Instruction.reference) == reference,
            (col(Instruction.state) != InstructionState.AWAITED.value)
            | (col(Instruction.represented) == represented),
        )
    ).all()
    return min(rows, key=lambda row: row.state == InstructionState.AWAITED.value) if rows else None


def _booking_of(session: Session, instruction: Instruction) -> Booking | None:
    return session.exec(
        select(Booking)
        .join(BookingInstruction, col(BookingInstruction.booking) == col(Booking.id))
        .where(col(BookingInstruction.instruction) == instruction.id, col(BookingInstruction.takes))
    ).first()


def _locked(session: Session, seen: Instruction | None, booking: Booking | None) -> Instruction | None:
    """The row under its lock; again from the start when another booking took it meanwhile."""
    if seen is None:
        return None
    row = session.exec(
        select(Instruction)
        .where(col(Instruction.id) == seen.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    current = _booking_of(session, row)
    if (None if current is None else current.id) != (None if booking is None else booking.id):
        raise StaleDayError
    return row


def _same(row: Instruction, values: dict[str, Any]) -> bool:
    sent = row.state in {InstructionState.OPEN.value, InstructionState.CHANGED.value}
    return sent and all(getattr(row, name) == value for name, value in values.items())


def _write(session: Session, row: Instruction | None, values: dict[str, Any], outcome: str) -> Instruction:
    state = InstructionState.OPEN if outcome == "created" else InstructionState.CHANGED
    if row is None:
        row = Instruction(**values, state=state.value)
    else:
        for name, value in values.items():
            setattr(row, name, value)
        row.state, row.version = state.value, row.version + 1
    session.add(row)
    session.flush()
    return row


def _record(session: Session, actor: Actor, row: Instruction, kind: str, now: datetime) -> None:
    session.add(
        Event(
            at=now,
            kind=kind,
            instruction=row.id,
            office=row.office,
            enterprise=row.represented,
            made_by=row.declarant,
            actor=actor.account,
            actor_role=actor.role.value,
            on_behalf_of=_on_behalf_of(actor, row),
            channel=actor.channel.value,
            call=None if actor.call is None else actor.call.id,
            request_id=actor.request_id,
            details={"reference": row.reference, "version": row.version, "state": row.state},
        )
    )
    session.flush()


def _on_behalf_of(actor: Actor, row: Instruction) -> int | None:
    if actor.channel is Channel.SYSTEM or actor.enterprise == row.represented:
        return None
    return row.represented


def _told(row: Instruction, outcome: str, booking: Booking | None, became: str | None) -> InstructionWritten:
    return InstructionWritten(
        kind=row.kind,
        reference=row.reference,
        version=row.version,
        state=row.state,
        outcome=outcome,
        booking=None if booking is None else booking.reference,
        booking_outcome=became,
    )
