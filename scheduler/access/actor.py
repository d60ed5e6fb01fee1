"""Who acts, for whom, by which door; and which rows are within their scope."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, exists, false, or_, select, true
from sqlmodel import col

from scheduler.models import Authority, Booking, Crew, Instruction
from scheduler.vocabulary import Channel, Role


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call that the desk has open; bound to one enterprise from its first act on."""

    id: int
    reference: str
    enterprise: int | None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. Enterprise people carry `enterprise`, staff `office`, inspectors `inspector` too."""

    role: Role
    channel: Channel
    account: int | None = None
    enterprise: int | None = None
    office: int | None = None
    inspector: int | None = None
    call: OpenCall | None = None
    request_id: str | None = None

    @property
    def tenant(self) -> str:
        """The owner of idempotency keys: keys of two tenants never meet."""
        if self.enterprise is not None:
            return f"enterprise:{self.enterprise}"
        return f"account:{self.account}"


SYSTEM = Actor(role=Role.SYSTEM, channel=Channel.SYSTEM)
"""The clock, imports and repairs that follow from a person's change."""


def authorities_of(broker: int, on: date) -> ColumnElement[bool]:
    """Authorities under which an enterprise may act on a date."""
    return (
        (col(Authority.broker) == broker)
        & col(Authority.revoked_at).is_(None)
        & (col(Authority.valid_from) <= on)
        & or_(col(Authority.valid_to).is_(None), col(Authority.valid_to) > on)
    )


def booking_scope(actor: Actor, on: date) -> ColumnElement[bool]:
    """Which bookings the actor may see, as a predicate of the query itself.

    Enterprise people: their own, those they made, those of whom they represent on the date;
    the desk: the same for the enterprise of the open call. Office: its own. Inspector: those
    they are crew of.
    """
    party = _party(actor)
    if party is not None:
        return or_(
            col(Booking.enterprise) == party,
            col(Booking.made_by) == party,
            _represented(Booking.enterprise, party, on),
        )
    if actor.role is Role.OFFICE_MANAGER and actor.office is not None:
        return col(Booking.office) == actor.office
    if actor.role is Role.INSPECTOR and actor.inspector is not None:
        mine = select(Crew).where(
            col(Crew.booking) == col(Booking.id), col(Crew.inspector) == actor.inspector
        )
        return exists(mine.with_only_columns(col(Crew.booking)))
    return true() if actor.role is Role.SYSTEM else false()


def instruction_scope(actor: Actor, on: date) -> ColumnElement[bool]:
    """Which instructions the actor may see; the declarant acts for the represented enterprise."""
    party = _party(actor)
    if party is not None:
        return or_(
            col(Instruction.represented) == party,
            col(Instruction.declarant) == party,
            _represented(Instruction.represented, party, on),
        )
    if actor.role is Role.OFFICE_MANAGER and actor.office is not None:
        return col(Instruction.office) == actor.office
    return true() if actor.role is Role.SYSTEM else false()


def _party(actor: Actor) -> int | None:
    """The enterprise for which somebody acts: their own, or the one of the desk's open call."""
    if actor.role in {Role.ENTERPRISE_USER, Role.INTEGRATOR}:
        return actor.enterprise
    if actor.role is Role.DESK_AGENT and actor.call is not None:
        return actor.call.enterprise
    return None


def _represented(column: object, broker: int, on: date) -> ColumnElement[bool]:
    named = select(Authority).where(authorities_of(broker, on), col(Authority.represented) == column)
    return exists(named.with_only_columns(col(Authority.id)))
