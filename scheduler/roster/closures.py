"""Closures of an office, a site or a dock."""

from datetime import date, datetime, timedelta
from typing import TypeVar

from sqlalchemy.dialects.postgresql import Range
from sqlmodel import Session, col, select

from scheduler.access.actor import Actor
from scheduler.database.connection import Database
from scheduler.database.idempotency import Keep
from scheduler.errors import UnknownOffice, UnknownSite
from scheduler.models import Closure, Dock
from scheduler.promise.boards import boards_of
from scheduler.promise.proposals import Proposals, write_searching
from scheduler.promise.reference import Reference
from scheduler.promise.rows import local_date
from scheduler.roster.changes import RosterChange
from scheduler.roster.duties import record_roster
from scheduler.roster.orders import ClosureOrder
from scheduler.roster.repair import Changing, change_days

Kept = TypeVar("Kept")


def close(
    database: Database,
    *,
    actor: Actor,
    order: ClosureOrder,
    displace: bool,
    now: datetime,
    keep: Keep[RosterChange, Kept],
) -> Kept:
    """Close the actor's office, a site or a dock for a while; bookings it meets are hurt.

    Raises:
        UnknownSite, HurtsBookings.
    """
    boards = boards_of(database)

    def work(session: Session, proposals: Proposals) -> RosterChange:
        facts = boards.latest(session)
        closure = _closure(session, actor, order, facts)

        def write() -> None:
            session.add(closure)
            session.flush()

        repair = change_days(
            session,
            boards,
            keys=[(closure.office, day) for day in _days(order)],
            leaving={},
            write=write,
            changing=Changing(actor, now, facts, displace, "closure", proposals),
        )
        details = {"closure": closure.id, "reason": order.reason, **repair.told()}
        record_roster(session, actor=actor, kind="closed", office=closure.office, now=now, details=details)
        return RosterChange((), repair.recrewed, repair.displaced)

    return write_searching(database, boards, keep, work)


def _closure(session: Session, actor: Actor, order: ClosureOrder, facts: Reference) -> Closure:
    if actor.office is None:
        raise UnknownOffice(field="/office")
    site = None if order.site is None else facts.site_by_code(actor.office, order.site).id
    return Closure(
        office=actor.office,
        site=site,
        dock=_dock(session, site, order.dock),
        period=Range(order.begins, order.ends, bounds="[)"),
        reason=order.reason,
    )


def _days(order: ClosureOrder) -> list[date]:
    first, last = local_date(order.begins), local_date(order.ends - timedelta(microseconds=1))
    return [first + timedelta(days=k) for k in range((last - first).days + 1)]


def _dock(session: Session, site: int | None, code: str | None) -> int | None:
    if code is None:
        return None
    found = session.exec(select(Dock.id).where(col(Dock.site) == site, col(Dock.code) == code)).first()
    if found is None:
        raise UnknownSite(field="/dock", site=code)
    return found
