"""Instructions that a request names before the risk system has sent them."""

from datetime import date

from sqlmodel import Session, col, select

from scheduler.access.actor import Actor
from scheduler.access.authorities import may_represent
from scheduler.booking.orders import Awaited, Order
from scheduler.errors import MalformedField, NoAuthority, UnknownEnterprise
from scheduler.models import Enterprise, Instruction
from scheduler.promise.reference import Reference
from scheduler.rules.identifiers import normal_reference, normal_uscc
from scheduler.rules.policy import BookingRules
from scheduler.vocabulary import GoodsCategory, InstructionState


def awaited_instructions(
    session: Session, *, actor: Actor, order: Order, on: date, reference: Reference
) -> list[Instruction]:
    """Rows that stand for instructions still to come: what the party says of them, no more.

    Raises:
        UnknownOffice, UnknownSite, MalformedField, UnknownEnterprise, NoAuthority.
    """
    awaited = order.awaited
    assert awaited is not None  # noqa: S101 - callers ask only with it
    represented = _represented(session, actor, awaited, on)
    office = reference.office_by_code(awaited.office, field="/awaited/office")
    site = reference.site_by_code(office.id, awaited.site, field="/awaited/site")
    kind = next((one for one in reference.types.values() if one.code == awaited.type), None)
    if kind is None:
        raise MalformedField(field="/awaited/type", value=awaited.type)
    if awaited.goods_category not in set(GoodsCategory):
        raise MalformedField(field="/awaited/goods_category", value=awaited.goods_category)
    rules = reference.policy(BookingRules, office=office.id, on=on)
    rows = []
    for place, asked in enumerate(order.instructions):
        number = normal_reference(
            asked.kind,
            asked.reference,
            direction=None,
            patterns=rules.references,
            field=f"/instructions/{place}/reference",
        )
        row = _standing(session, asked.kind.value, number, represented) or Instruction(
            kind=asked.kind.value,
            reference=number,
            state=InstructionState.AWAITED.value,
            office=office.id,
            represented=represented,
        )
        row.site, row.type, row.goods_category = site.id, kind.id, awaited.goods_category
        session.add(row)
        rows.append(row)
    session.flush()
    return rows


def _standing(session: Session, kind: str, number: str, represented: int) -> Instruction | None:
    return session.exec(
        select(Instruction).where(
            col(Instruction.kind) == kind,
            col(Instruction.reference) == number,
            col(Instruction.represented) == represented,
            col(Instruction.state) == InstructionState.AWAITED.value,
        )
    ).first()


def _represented(session: Session, actor: Actor, awaited: Awaited, on: date) -> int:
    uscc = normal_uscc(awaited.represented, field="/awaited/represented")
    found = session.exec(select(Enterprise.id).where(col(Enterprise.uscc) == uscc)).first()
    acts_for = actor.enterprise or (actor.call.enterprise if actor.call else None)
    if found is None:
        raise UnknownEnterprise(field="/awaited/represented", enterprise=uscc)
    if (
        acts_for is not None
        and acts_for != found
        and not may_represent(session, broker=acts_for, represented=found, on=on, instructions=())
    ):
        raise NoAuthority(field="/awaited/represented", enterprise=uscc)
    return found
