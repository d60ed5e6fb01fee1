"""Who acts, for whom, by which door; and which rows are within their scope."""

from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from functools import cache

from sqlalchemy import BigInteger, ColumnElement, Date, bindparam, exists, false, or_, select, true
from sqlalchemy.dialects.postgresql.psycopg import dialect
from sqlmodel import col

from scheduler.models import Authority, Batch, Booking, Crew, Instruction
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


def authorities_of(
    broker: int | ColumnElement[int] | None, on: date | ColumnElement[date]
) -> ColumnElement[bool]:
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
    party = party_of(actor)
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


def batch_scope(actor: Actor) -> ColumnElement[bool]:
    """Which batches the actor may see: those that their enterprise, or the call's, asked for."""
    party = party_of(actor)
    if party is not None:
        return col(Batch.made_by) == party
    return true() if actor.role is Role.SYSTEM else false()


class _Seen(Enum):
    """Whose instructions somebody sees."""

    OF_PARTY = auto()
    OF_OFFICE = auto()
    ALL = auto()
    NONE = auto()


def instruction_scope(actor: Actor, on: date) -> ColumnElement[bool]:
    """Which instructions the actor may see; the declarant acts for the represented enterprise."""
    return _instruction_scope(_seen_by(actor), party=party_of(actor), office=actor.office, on=on)


def instruction_scope_text(actor: Actor, on: date) -> tuple[str, dict[str, object]]:
    """The same predicate as text for the driver, with its values: each booking asks it."""
    return _scope_text(_seen_by(actor)), {
        "party": party_of(actor),
        "scope_office": actor.office,
        "scope_on": on,
    }


@cache
def _scope_text(seen: _Seen) -> str:
    clause = _instruction_scope(
        seen,
        party=bindparam("party", type_=BigInteger),
        office=bindparam("scope_office", type_=BigInteger),
        on=bindparam("scope_on", type_=Date),
    )
    # compiled inside a query, where authorities correlate with the instruction; its condition alone is wanted
    query = select(col(Instruction.id)).where(clause).compile(dialect=dialect())  # type: ignore[no-untyped-call]  # its own
    return str(query).partition("WHERE ")[2]


def _seen_by(actor: Actor) -> _Seen:
    if party_of(actor) is not None:
        return _Seen.OF_PARTY
    if actor.role is Role.OFFICE_MANAGER and actor.office is not None:
        return _Seen.OF_OFFICE
    return _Seen.ALL if actor.role is Role.SYSTEM else _Seen.NONE


def _instruction_scope(
    seen: _Seen,
    *,
    party: int | ColumnElement[int] | None,
    office: int | ColumnElement[int] | None,
    on: date | ColumnElement[date],
) -> ColumnElement[bool]:
    if seen is _Seen.OF_PARTY:
        return or_(
            col(Instruction.represented) == party,
            col(Instruction.declarant) == party,
            _represented(Instruction.represented, party, on),
        )
    if seen is _Seen.OF_OFFICE:
        return col(Instruction.office) == office
    return true() if seen is _Seen.ALL else false()


def party_of(actor: Actor) -> int | None:
    """The enterprise for which somebody acts: their own, or the one of the desk's open call."""
    if actor.role in {Role.ENTERPRISE_USER, Role.INTEGRATOR}:
        return actor.enterprise
    if actor.role is Role.DESK_AGENT and actor.call is not None:
        return actor.call.enterprise
    return None


def _represented(
    column: object, broker: int | ColumnElement[int] | None, on: date | ColumnElement[date]
) -> ColumnElement[bool]:
    named = select(Authority).where(authorities_of(broker, on), col(Authority.represented) == column)
    return exists(named.with_only_columns(col(Authority.id)))
