"""Add, change and remove duties."""

from datetime import date, datetime, time
from typing import TypeVar

from sqlalchemy import exists, false
from sqlalchemy.dialects.postgresql import Range
from sqlmodel import Session, col, select

from scheduler import errors
from scheduler.access.actor import Actor
from scheduler.database.connection import Database
from scheduler.database.idempotency import Keep
from scheduler.database.locks import lock_inspectors, lock_office_days
from scheduler.models import Absence, Duty, Event, Inspector, Loan, Site
from scheduler.promise.boards import boards_of
from scheduler.promise.proposals import Proposals, write_searching
from scheduler.promise.reference import ZONE, Reference
from scheduler.promise.rows import minute_of
from scheduler.roster.changes import RosterChange
from scheduler.roster.orders import DutyChange, DutyOrder
from scheduler.roster.repair import Changing, change_days
from scheduler.vocabulary import Role, SiteKind

Kept = TypeVar("Kept")


def add_duty(
    database: Database, *, actor: Actor, order: DutyOrder, now: datetime, keep: Keep[RosterChange, Kept]
) -> Kept:
    """Put an inspector of the actor's office, or one lent to it over the duty, on duty there.

    Raises:
        UnknownInspector, UnknownSite, DutyOverlaps, DutyGapTooShort, InspectorAbsent,
        DutyOverMidnight: see scheduler.errors.
    """

    def work(session: Session) -> RosterChange:
        facts = boards_of(database).latest(session)
        period = period_of(order.date, order.begins, order.ends)
        inspector = find_inspector(session, actor=actor, badge=order.badge, lent_over=period)
        assert inspector.id is not None  # noqa: S101 - read from the database
        office = inspector.office if actor.office is None else actor.office
        home = home_of(session, inspector.office)
        duty = Duty(
            inspector=inspector.id,
            office=office,
            date=order.date,
            period=period,
            kind=order.kind.value,
            start_site=_site(facts, office, order.start_site, home, "/start_site"),
            end_site=_site(facts, office, order.end_site, home, "/end_site"),
        )
        lock_inspectors(session, [inspector.id])
        require_free(session, inspector.id, period)
        lock_office_days(session, [(office, order.date)])
        session.add(duty)
        session.flush()
        assert duty.id is not None  # noqa: S101 - flushed
        record_roster(session, actor=actor, kind="duty_added", office=office, now=now, details=told(duty))
        return RosterChange(duties=(duty.id,))

    return database.write(lambda session: keep(session, work))


def change_duty(
    database: Database,
    *,
    actor: Actor,
    duty: int,
    order: DutyChange,
    displace: bool,
    now: datetime,
    keep: Keep[RosterChange, Kept],
) -> Kept:
    """Give a duty other hours; bookings on what is cut are re-crewed, or the change is refused.

    Raises:
        UnknownDuty, HurtsBookings, DutyOverlaps, DutyGapTooShort, InspectorAbsent.
    """
    boards = boards_of(database)

    def work(session: Session, proposals: Proposals) -> RosterChange:
        row = lock_duty(session, actor=actor, duty=duty)
        period = period_of(row.date, order.begins, order.ends)
        require_free(session, row.inspector, period, beside=duty)

        def write() -> None:
            row.period = period
            session.add(row)
            session.flush()

        repair = change_days(
            session,
            boards,
            keys=[(row.office, row.date)],
            leaving={duty: minutes_of(row.date, period)},
            write=write,
            changing=Changing(actor, now, boards.latest(session), displace, "duty_changed", proposals),
        )
        details = {**told(row), **repair.told()}
        record_roster(session, actor=actor, kind="duty_changed", office=row.office, now=now, details=details)
        return RosterChange((duty,), repair.recrewed, repair.displaced)

    return write_searching(database, boards, keep, work)


def remove_duty(
    database: Database,
    *,
    actor: Actor,
    duty: int,
    displace: bool,
    now: datetime,
    keep: Keep[RosterChange, Kept],
) -> Kept:
    """Take an inspector off duty; bookings on it are re-crewed, or the change is refused.

    Raises:
        UnknownDuty, HurtsBookings.
    """
    boards = boards_of(database)

    def work(session: Session, proposals: Proposals) -> RosterChange:
        row = lock_duty(session, actor=actor, duty=duty)
        details = told(row)

        def write() -> None:
            session.delete(row)
            session.flush()

        repair = change_days(
            session,
            boards,
            keys=[(row.office, row.date)],
            leaving={duty: None},
            write=write,
            changing=Changing(actor, now, boards.latest(session), displace, "duty_removed", proposals),
        )
        record_roster(
            session,
            actor=actor,
            kind="duty_removed",
            office=row.office,
            now=now,
            details={**details, **repair.told()},
        )
        return RosterChange((), repair.recrewed, repair.displaced)

    return write_searching(database, boards, keep, work)


def find_inspector(
    session: Session, *, actor: Actor, badge: str, lent_over: Range[datetime] | None = None
) -> Inspector:
    """An inspector in service by badge number, of the actor's office or lent to it over a whole period.

    Raises:
        UnknownInspector: unknown, or of another office.
    """
    query = select(Inspector).where(col(Inspector.badge) == badge.strip(), col(Inspector.in_service))
    if actor.role is Role.OFFICE_MANAGER:
        lent = exists(
            select(Loan.id).where(
                col(Loan.inspector) == col(Inspector.id),
                col(Loan.office) == actor.office,
                col(Loan.period).op("@>")(lent_over),
            )
        )
        query = query.where((col(Inspector.office) == actor.office) | (lent if lent_over else false()))
    found = session.exec(query).first()
    if found is None:
        raise errors.UnknownInspector(field="/badge", badge=badge)
    return found


def lock_duty(session: Session, *, actor: Actor, duty: int) -> Duty:
    """A duty of the actor's office, its inspector locked.

    Raises:
        UnknownDuty: unknown, or another office's.
    """
    query = select(Duty).where(col(Duty.id) == duty)
    if actor.role is Role.OFFICE_MANAGER:
        query = query.where(col(Duty.office) == actor.office)
    seen = session.exec(query).first()
    if seen is None:
        raise errors.UnknownDuty(field="/duty", duty=duty)
    lock_inspectors(session, [seen.inspector])
    fresh = session.exec(query.execution_options(populate_existing=True)).first()
    if fresh is None:
        raise errors.UnknownDuty(field="/duty", duty=duty)
    return fresh


def require_free(
    session: Session, inspector: int, period: Range[datetime], *, beside: int | None = None
) -> None:
    """Refuse hours in which the inspector has another duty or is absent; constraints say the same.

    Raises:
        DutyOverlaps, InspectorAbsent.
    """
    others = select(Duty.id).where(col(Duty.inspector) == inspector, col(Duty.period).op("&&")(period))
    if session.exec(others.where(col(Duty.id) != (beside or 0))).first() is not None:
        raise errors.DutyOverlaps(field="/begins")
    away = select(Absence.id).where(col(Absence.inspector) == inspector, col(Absence.period).op("&&")(period))
    if session.exec(away).first() is not None:
        raise errors.InspectorAbsent(field="/begins")


def period_of(day: date, begins: time, ends: time) -> Range[datetime]:
    """The half-open interval between two wall-clock times of a date.

    Raises:
        DutyOverMidnight: it would end on another date, or is empty.
    """
    start, end = datetime.combine(day, begins, ZONE), datetime.combine(day, ends, ZONE)
    if start >= end:
        raise errors.DutyOverMidnight(field="/ends")
    return Range(start, end, bounds="[)")


def minutes_of(day: date, period: Range[datetime]) -> tuple[int, int]:
    """A period in minutes from the local midnight of its date."""
    assert period.lower is not None  # noqa: S101 - half_open
    assert period.upper is not None  # noqa: S101 - half_open
    return minute_of(period.lower, day), minute_of(period.upper, day)


def home_of(session: Session, office: int) -> int:
    """The place where an office's duties start and end unless said otherwise.

    Raises:
        UnknownSite: the office has no place of kind `office`.
    """
    query = select(Site.id).where(col(Site.office) == office, col(Site.kind) == SiteKind.OFFICE.value)
    found = session.exec(query.order_by(col(Site.id))).first()
    if found is None:
        raise errors.UnknownSite(field="/start_site")
    return found


def record_roster(
    session: Session,
    *,
    actor: Actor,
    kind: str,
    office: int,
    now: datetime,
    details: dict[str, object],
) -> None:
    """Write the event of a roster change."""
    session.add(
        Event(
            at=now,
            kind=kind,
            office=office,
            actor=actor.account,
            actor_role=actor.role.value,
            channel=actor.channel.value,
            request_id=actor.request_id,
            details=details,
        )
    )
    session.flush()


def told(duty: Duty) -> dict[str, object]:
    """What an event keeps of a duty."""
    lower, upper = duty.period.lower, duty.period.upper
    return {
        "duty": duty.id,
        "inspector": duty.inspector,
        "begins": None if lower is None else lower.isoformat(),
        "ends": None if upper is None else upper.isoformat(),
        "kind": duty.kind,
    }


def _site(facts: Reference, office: int, code: str | None, home: int, field: str) -> int:
    return home if code is None else facts.site_by_code(office, code, field=field).id
