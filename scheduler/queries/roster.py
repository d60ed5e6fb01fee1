"""Who is on duty: inspectors, duties, absences and loans, of one's office or one's own."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from scheduler.access.actor import Actor
from scheduler.errors import UnknownDuty, UnknownInspector
from scheduler.models import Absence, Duty, Inspector, InspectorQualification, Loan, Office, Site
from scheduler.promise.reference import ZONE
from scheduler.promise.rows import MINUTES_OF_DAY, instant_of
from scheduler.queries.cursors import decode_cursor, encode_cursor
from scheduler.vocabulary import Role


@dataclass(frozen=True, slots=True)
class QualificationView:
    """What an inspector may do, over dates [from, to)."""

    code: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class InspectorView:
    """A customs officer who inspects."""

    badge: str
    name: str
    office: str
    staff_category: str
    in_service: bool
    qualifications: tuple[QualificationView, ...]


@dataclass(frozen=True, slots=True)
class InspectorPage:
    """One page, by badge number; `next` is null on the last."""

    items: tuple[InspectorView, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class DutyView:
    """An interval within one date in which an inspector works for an office."""

    id: int
    badge: str
    office: str
    date: date
    begins: datetime
    ends: datetime
    kind: str
    start_site: str
    end_site: str


@dataclass(frozen=True, slots=True)
class DutyPage:
    """One page, by date, then by entry; `next` is null on the last."""

    items: tuple[DutyView, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class AbsenceView:
    """Leave, sickness, mission or training."""

    badge: str
    kind: str
    begins: datetime
    ends: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class AbsenceList:
    """The absences that meet a window, in order, 1,000 at most."""

    items: tuple[AbsenceView, ...]


@dataclass(frozen=True, slots=True)
class LoanView:
    """An inspector works for another office over a period."""

    badge: str
    home_office: str
    office: str
    begins: datetime
    ends: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class LoanList:
    """The loans that meet a window, in order, 1,000 at most."""

    items: tuple[LoanView, ...]


_MOST = 1000


def inspector_scope(actor: Actor) -> ColumnElement[bool]:
    """Which inspectors the actor may see: of the own office, oneself, or all as keeper of staff data."""
    if actor.role is Role.OFFICE_MANAGER and actor.office is not None:
        return col(Inspector.office) == actor.office
    if actor.role is Role.INSPECTOR and actor.inspector is not None:
        return col(Inspector.id) == actor.inspector
    return true() if actor.role in {Role.SYSTEM, Role.ADMINISTRATOR} else false()


def duty_scope(actor: Actor) -> ColumnElement[bool]:
    """Which duties the actor may see: at the own office, of the own inspectors, or one's own."""
    if actor.role is Role.OFFICE_MANAGER and actor.office is not None:
        return or_(col(Duty.office) == actor.office, col(Inspector.office) == actor.office)
    if actor.role is Role.INSPECTOR and actor.inspector is not None:
        return col(Duty.inspector) == actor.inspector
    return true() if actor.role is Role.SYSTEM else false()


def list_inspectors(session: Session, *, actor: Actor, after: str | None, limit: int) -> InspectorPage:
    """A page of inspectors in the actor's scope.

    Raises:
        MalformedField: the cursor is none of ours.
    """
    where = inspector_scope(actor)
    if after is not None:
        (badge,) = decode_cursor(after, str, field="/after")
        where &= col(Inspector.badge) > badge
    rows = _inspectors(session, where, limit + 1)
    shown = rows[:limit]
    return InspectorPage(tuple(shown), encode_cursor(shown[-1].badge) if len(rows) > limit else None)


def read_inspector(session: Session, *, actor: Actor, badge: str) -> InspectorView:
    """The inspector with this badge in the actor's scope.

    Raises:
        UnknownInspector: unknown, or outside the scope.
    """
    found = _inspectors(session, inspector_scope(actor) & (col(Inspector.badge) == badge.strip()), 1)
    if not found:
        raise UnknownInspector(field="/badge", badge=badge)
    return found[0]


def list_duties(
    session: Session,
    *,
    actor: Actor,
    first: date,
    last: date,
    badge: str | None,
    after: str | None,
    limit: int,
) -> DutyPage:
    """A page of the duties between two dates, both included, in the actor's scope.

    Raises:
        MalformedField: the cursor is none of ours.
    """
    where = duty_scope(actor) & col(Duty.date).between(first, last)
    if badge is not None:
        where &= col(Inspector.badge) == badge
    if after is not None:
        day, number = decode_cursor(after, int, int, field="/after")
        since = date.fromordinal(min(max(int(day), 1), date.max.toordinal()))
        where &= or_(col(Duty.date) > since, (col(Duty.date) == since) & (col(Duty.id) > number))
    rows = _duties(session, where, limit + 1)
    shown = rows[:limit]
    more = len(rows) > limit
    return DutyPage(tuple(shown), encode_cursor(shown[-1].date.toordinal(), shown[-1].id) if more else None)


def read_duty(session: Session, *, actor: Actor, duty: int) -> DutyView:
    """The duty with this number in the actor's scope.

    Raises:
        UnknownDuty: unknown, or outside the scope.
    """
    found = _duties(session, duty_scope(actor) & (col(Duty.id) == duty), 1)
    if not found:
        raise UnknownDuty(field="/duty", duty=duty)
    return found[0]


def list_absences(session: Session, *, actor: Actor, first: date, last: date) -> AbsenceList:
    """The absences in the actor's scope that meet the dates, both included."""
    rows = session.execute(
        select(Absence, col(Inspector.badge))
        .join(Inspector, col(Inspector.id) == col(Absence.inspector))
        .where(inspector_scope(actor), col(Absence.period).op("&&")(_span(first, last)))
        .order_by(col(Absence.period), col(Absence.id))
        .limit(_MOST)
    )
    return AbsenceList(
        tuple(AbsenceView(badge, row.kind, *_ends(row.period), row.reason) for row, badge in rows)
    )


def list_loans(session: Session, *, actor: Actor, first: date, last: date) -> LoanList:
    """The loans from and to the actor's office that meet the dates, both included."""
    home, target = aliased(Office), aliased(Office)
    where = inspector_scope(actor)
    if actor.role is Role.OFFICE_MANAGER:
        where |= col(Loan.office) == actor.office
    rows = session.execute(
        select(Loan, col(Inspector.badge), col(home.code), col(target.code))
        .join(Inspector, col(Inspector.id) == col(Loan.inspector))
        .join(home, col(home.id) == col(Loan.home_office))
        .join(target, col(target.id) == col(Loan.office))
        .where(where, col(Loan.period).op("&&")(_span(first, last)))
        .order_by(col(Loan.period), col(Loan.id))
        .limit(_MOST)
    )
    return LoanList(
        tuple(LoanView(badge, of, to, *_ends(row.period), row.reason) for row, badge, of, to in rows)
    )


def _inspectors(session: Session, where: ColumnElement[bool], limit: int) -> list[InspectorView]:
    rows = session.execute(
        select(Inspector, col(Office.code))
        .join(Office, col(Office.id) == col(Inspector.office))
        .where(where)
        .order_by(col(Inspector.badge))
        .limit(limit)
    ).all()
    held: dict[int, list[QualificationView]] = {}
    for (row,) in session.execute(
        select(InspectorQualification)
        .where(col(InspectorQualification.inspector).in_([one.id for one, _ in rows]))
        .order_by(col(InspectorQualification.qualification), col(InspectorQualification.valid_from))
    ):
        shown = QualificationView(row.qualification, row.valid_from, row.valid_to)
        held.setdefault(row.inspector, []).append(shown)
    return [
        InspectorView(
            badge=one.badge,
            name=one.name,
            office=office,
            staff_category=one.staff_category,
            in_service=one.in_service,
            qualifications=tuple(held.get(one.id, ())),
        )
        for one, office in rows
    ]


def _duties(session: Session, where: ColumnElement[bool], limit: int) -> list[DutyView]:
    start, end = aliased(Site), aliased(Site)
    rows = session.execute(
        select(Duty, col(Inspector.badge), col(Office.code), col(start.code), col(end.code))
        .join(Inspector, col(Inspector.id) == col(Duty.inspector))
        .join(Office, col(Office.id) == col(Duty.office))
        .join(start, col(start.id) == col(Duty.start_site))
        .join(end, col(end.id) == col(Duty.end_site))
        .where(where)
        .order_by(col(Duty.date), col(Duty.id))
        .limit(limit)
    )
    return [
        DutyView(duty.id, badge, office, duty.date, *_ends(duty.period), duty.kind, starts, ends)
        for duty, badge, office, starts, ends in rows
    ]


def _span(first: date, last: date) -> Range[datetime]:
    return Range(instant_of(first, 0), instant_of(last, MINUTES_OF_DAY), bounds="[)")


def _ends(period: Range[datetime]) -> tuple[datetime, datetime]:
    assert period.lower is not None  # noqa: S101 - half_open
    assert period.upper is not None  # noqa: S101 - half_open
    return period.lower.astimezone(ZONE), period.upper.astimezone(ZONE)
