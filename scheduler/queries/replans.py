"""Proposals for disturbed days, and the ledger of what priority cost others, as an office reads them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, false, select, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from scheduler.access.actor import Actor
from scheduler.errors import UnknownReplan
from scheduler.models import Booking, PriorityHarm, Replan
from scheduler.promise.reference import ZONE
from scheduler.queries.cursors import decode_cursor, encode_cursor, local
from scheduler.vocabulary import ReplanState, Role

Document = dict[str, Any]  # as the row keeps it: causes and proposals have shapes of their own


@dataclass(frozen=True, slots=True)
class ReplanView:
    """What happened on a date, what can be done about it, what was chosen.

    Each proposal lists `lost` bookings, `moved` ones (from, to, and what becomes of them: `delayed`, `asked`,
    `consent`, `given_back`), `placed` urgent goods, and `renamed` crews by badge. `proved`: nothing better
    exists in the order lost, moved, minutes moved, names.
    """

    number: int
    date: date
    version: int
    state: str
    causes: list[Document]
    proposals: list[Document]
    made_at: datetime
    chosen: int | None
    settled_at: datetime | None
    run: int | None


@dataclass(frozen=True, slots=True)
class ReplanPage:
    """One page, the latest first; `next` is null on the last."""

    items: tuple[ReplanView, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class HarmView:
    """What priority cost a booking: `moved` for a favoured one with somebody's word, or `kept` from it."""

    date: date
    kind: str
    favoured: str | None
    booking: str
    minutes: int
    consented_by: str | None
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class HarmList:
    """The ledger over some dates, in order of decisions, 1,000 rows at most; `minutes` sums them."""

    items: tuple[HarmView, ...]
    minutes: int


_MOST = 1000


def replan_scope(actor: Actor) -> ColumnElement[bool]:
    """Whose disturbed days the actor may see: those of the own office."""
    if actor.role is Role.OFFICE_MANAGER and actor.office is not None:
        return col(Replan.office) == actor.office
    return true() if actor.role is Role.SYSTEM else false()


def view_replan(row: Replan) -> ReplanView:
    """Proposals as an office reads them."""
    assert row.id is not None  # noqa: S101 - read from the database, or flushed
    return ReplanView(
        number=row.id,
        date=row.date,
        version=row.version,
        state=row.state,
        causes=row.cause,
        proposals=row.found,
        made_at=row.made_at.astimezone(ZONE),
        chosen=row.chosen,
        settled_at=local(row.settled_at),
        run=row.run,
    )


def read_replan_of(session: Session, *, actor: Actor, number: int) -> ReplanView:
    """The proposals with a number.

    Raises:
        UnknownReplan: unknown, or another office's.
    """
    row = session.scalars(select(Replan).where(col(Replan.id) == number, replan_scope(actor))).first()
    if row is None:
        raise UnknownReplan(field="/replan", replan=number)
    return view_replan(row)


def list_replans(
    session: Session,
    *,
    actor: Actor,
    first: date,
    last: date,
    state: ReplanState | None,
    after: str | None,
    limit: int,
) -> ReplanPage:
    """A page of the proposals for some dates, the latest first."""
    query = select(Replan).where(replan_scope(actor), col(Replan.date).between(first, last))
    if state is not None:
        query = query.where(col(Replan.state) == state.value)
    if after is not None:
        (number,) = decode_cursor(after, int, field="after")
        query = query.where(col(Replan.id) < number)
    rows = session.scalars(query.order_by(col(Replan.id).desc()).limit(limit + 1)).all()
    more = encode_cursor(rows[limit - 1].id or 0) if len(rows) > limit else None
    return ReplanPage(tuple(view_replan(row) for row in rows[:limit]), more)


def list_harm(session: Session, *, actor: Actor, first: date, last: date) -> HarmList:
    """What priority cost others at the actor's office over some dates."""
    scope = true() if actor.role is Role.SYSTEM else col(PriorityHarm.office) == actor.office
    favoured, harmed = aliased(Booking), aliased(Booking)
    rows = session.execute(
        select(PriorityHarm, col(favoured.reference), col(harmed.reference))
        .outerjoin(favoured, col(favoured.id) == col(PriorityHarm.favoured))
        .join(harmed, col(harmed.id) == col(PriorityHarm.booking))
        .where(scope, col(PriorityHarm.date).between(first, last))
        .order_by(col(PriorityHarm.id))
        .limit(_MOST)
    ).all()
    items = tuple(
        HarmView(
            date=row.date,
            kind=row.kind,
            favoured=gained,
            booking=lost,
            minutes=row.minutes,
            consented_by=row.consented_by,
            decided_at=row.decided_at.astimezone(ZONE),
        )
        for row, gained, lost in rows
    )
    return HarmList(items, sum(one.minutes for one in items))
