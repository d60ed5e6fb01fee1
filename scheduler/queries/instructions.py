"""Instructions as their readers may see them, and who may send which."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, select, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from scheduler.access.actor import Actor, booking_scope, instruction_scope
from scheduler.access.authorities import may_represent
from scheduler.database.idempotency import Keep, Work
from scheduler.errors import NoAuthority, UnknownInstruction
from scheduler.models import (
    Booking,
    BookingInstruction,
    Enterprise,
    InspectionType,
    Instruction,
    Office,
    Site,
)
from scheduler.promise.rows import local_date
from scheduler.queries.booking_views import PartyView
from scheduler.queries.cursors import decode_cursor, encode_cursor, local
from scheduler.rules.identifiers import compact
from scheduler.vocabulary import InstructionState, ReferenceKind, Role

Made = TypeVar("Made")
Kept = TypeVar("Kept")

_BY_ENTERPRISE = frozenset({Role.ENTERPRISE_USER, Role.INTEGRATOR, Role.DESK_AGENT})


@dataclass(frozen=True, slots=True)
class BookedView:
    """The booking that an instruction has now."""

    number: str
    state: str


@dataclass(frozen=True, slots=True)
class InstructionView:
    """An order to inspect; `booking` is null while nothing is booked, or where it is not yours to see."""

    kind: str
    reference: str
    version: int
    state: str
    direction: str | None
    office: str
    site: str | None
    type: str | None
    represented: PartyView
    declarant: PartyView | None
    goods_name: str
    goods_category: str | None
    hs_code: str | None
    units: int
    containers: tuple[str, ...]
    transport_mode: str | None
    port: str | None
    filing_number: str | None
    approval_number: str | None
    risk_level: str | None
    off_site_reason: str | None
    must_finish_by: datetime | None
    must_finish_kind: str | None
    issued_at: datetime | None
    arrived_at: datetime | None
    follows: str | None
    booking: BookedView | None


@dataclass(frozen=True, slots=True)
class InstructionPage:
    """One page, oldest first; `next` is null on the last."""

    items: tuple[InstructionView, ...]
    next: str | None


def read_instruction(
    session: Session, *, actor: Actor, kind: ReferenceKind, reference: str, now: datetime
) -> InstructionView:
    """The instruction with this reference in the actor's scope.

    Raises:
        UnknownInstruction: unknown, or outside the scope.
    """
    named = (col(Instruction.kind) == kind.value) & (col(Instruction.reference) == compact(reference))
    known = col(Instruction.state) != InstructionState.AWAITED.value
    on = local_date(now)
    found = _views(session, named & known & instruction_scope(actor, on), actor=actor, on=on, limit=1)
    if not found:
        raise UnknownInstruction(field="/reference", reference=reference)
    return found[0][1]


def list_instructions(
    session: Session,
    *,
    actor: Actor,
    states: Sequence[InstructionState],
    bookable: bool,
    after: str | None,
    limit: int,
    now: datetime,
) -> InstructionPage:
    """A page of the instructions in the actor's scope; `bookable`: open ones without a booking.

    Raises:
        MalformedField: the cursor is none of ours.
    """
    on = local_date(now)
    where: ColumnElement[bool] = instruction_scope(actor, on)
    if states:
        where &= col(Instruction.state).in_([state.value for state in states])
    if bookable:
        taken = select(col(BookingInstruction.instruction)).where(col(BookingInstruction.takes))
        where &= col(Instruction.state).in_([InstructionState.OPEN.value, InstructionState.CHANGED.value])
        where &= col(Instruction.id).not_in(taken)
    if after is not None:
        (last,) = decode_cursor(after, int, field="/after")
        where &= col(Instruction.id) > last
    rows = _views(session, where, actor=actor, on=on, limit=limit + 1)
    shown = rows[:limit]
    return InstructionPage(
        tuple(view for _, view in shown), encode_cursor(shown[-1][0]) if len(rows) > limit else None
    )


def judging(
    keep: Keep[Made, Kept],
    *,
    actor: Actor,
    kind: ReferenceKind,
    reference: str,
    represented: str,
    declarant: str | None,
    office: str,
    now: datetime,
) -> Keep[Made, Kept]:
    """Keep what a use case makes of an instruction only if its facts are the sender's to tell.

    Judged in the transaction of the effect.

    Raises (when run):
        UnknownInstruction, NoAuthority: as `require_sender`.
    """

    def judge(session: Session, work: Work[Made]) -> Kept:
        require_sender(
            session,
            actor=actor,
            kind=kind,
            reference=reference,
            represented=represented,
            declarant=declarant,
            office=office,
            now=now,
        )
        return keep(session, work)

    return judge


def require_sender(
    session: Session,
    *,
    actor: Actor,
    kind: ReferenceKind,
    reference: str,
    represented: str,
    declarant: str | None,
    office: str,
    now: datetime,
) -> None:
    """Refuse facts of goods that are not the sender's: own, declared by them, or under an authority.

    Raises:
        UnknownInstruction: the reference is known, and outside the actor's scope.
        NoAuthority: the sender is neither party nor declarant nor representative, nor the office.
    """
    on = local_date(now)
    standing = (
        (col(Instruction.kind) == kind.value)
        & (col(Instruction.reference) == compact(reference))
        & (col(Instruction.state) != InstructionState.AWAITED.value)
    )
    ids = session.execute(select(col(Instruction.id)).where(standing)).scalars().all()
    within = standing & instruction_scope(actor, on)
    if ids and not session.execute(select(col(Instruction.id)).where(within)).scalars().all():
        raise UnknownInstruction(field="/reference", reference=reference)
    if actor.role is Role.OFFICE_MANAGER:
        named = session.execute(select(col(Office.id)).where(col(Office.code) == office)).scalar()
        if named not in {None, actor.office}:  # an unknown one is told as such later
            raise NoAuthority(field="/office", office=office)
    elif actor.role in _BY_ENTERPRISE:
        _require_party(
            session, actor, compact(represented), None if declarant is None else compact(declarant), on
        )


def _require_party(session: Session, actor: Actor, represented: str, declarant: str | None, on: date) -> None:
    acts_for = actor.call.enterprise if actor.call is not None else actor.enterprise
    own = session.get(Enterprise, acts_for) if acts_for is not None else None
    if own is not None and own.id is not None:
        if own.uscc in {represented, declarant}:
            return
        other = session.execute(
            select(col(Enterprise.id)).where(col(Enterprise.uscc) == represented)
        ).scalar()
        if other is not None and may_represent(
            session, broker=own.id, represented=other, on=on, instructions=()
        ):
            return
    raise NoAuthority(field="/represented", enterprise=represented)


def _views(
    session: Session, where: ColumnElement[bool], *, actor: Actor, on: date, limit: int
) -> list[tuple[int, InstructionView]]:
    declarant, followed = aliased(Enterprise), aliased(Booking)
    rows = session.execute(
        select(
            Instruction,
            col(Office.code),
            col(Site.code),
            col(InspectionType.code),
            Enterprise,
            declarant,
            col(followed.reference),
        )
        .join(Office, col(Office.id) == col(Instruction.office))
        .join(Enterprise, col(Enterprise.id) == col(Instruction.represented))
        .outerjoin(Site, col(Site.id) == col(Instruction.site))
        .outerjoin(InspectionType, col(InspectionType.id) == col(Instruction.type))
        .outerjoin(declarant, col(declarant.id) == col(Instruction.declarant))
        .outerjoin(followed, col(followed.id) == col(Instruction.follows))
        .where(where)
        .order_by(col(Instruction.id))
        .limit(limit)
    ).all()
    booked = {
        instruction: BookedView(number, state)
        for instruction, number, state in session.execute(
            select(col(BookingInstruction.instruction), col(Booking.reference), col(Booking.state))
            .join(Booking, col(Booking.id) == col(BookingInstruction.booking))
            .where(
                col(BookingInstruction.instruction).in_([row[0].id for row in rows]),
                col(BookingInstruction.takes),
                booking_scope(actor, on) if rows else true(),
            )
        )
    }
    return [(row[0].id, _view(row, booked.get(row[0].id))) for row in rows]


def _view(
    row: Row[*tuple[Any, ...]], booked: BookedView | None
) -> InstructionView:  # seven columns of four kinds
    one, office, site, type_, represented, declarant, follows = row
    return InstructionView(
        **one.model_dump(include=_COPIED),
        containers=tuple(one.containers),
        office=office,
        site=site,
        type=type_,
        represented=PartyView(represented.uscc, represented.name),
        declarant=None if declarant is None else PartyView(declarant.uscc, declarant.name),
        must_finish_by=local(one.must_finish_by),
        issued_at=local(one.issued_at),
        arrived_at=local(one.arrived_at),
        follows=follows,
        booking=booked,
    )


_COPIED = {
    "kind",
    "reference",
    "version",
    "state",
    "direction",
    "goods_name",
    "goods_category",
    "hs_code",
    "units",
    "transport_mode",
    "port",
    "filing_number",
    "approval_number",
    "risk_level",
    "off_site_reason",
    "must_finish_kind",
}
