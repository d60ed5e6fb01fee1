"""Absences and loans: duties are cut or handed over, whoever is hurt is re-crewed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from sqlalchemy.dialects.postgresql import Range
from sqlmodel import Session, col, select

from scheduler import errors
from scheduler.access.actor import Actor
from scheduler.database.connection import Database
from scheduler.database.idempotency import Keep
from scheduler.database.locks import lock_inspectors
from scheduler.models import Absence, Duty, Inspector, Loan
from scheduler.promise.boards import Boards, boards_of
from scheduler.promise.proposals import Proposals, write_searching
from scheduler.promise.reference import OfficeFacts, Reference
from scheduler.roster.changes import RosterChange
from scheduler.roster.duties import find_inspector, minutes_of, record_roster
from scheduler.roster.orders import AbsenceOrder, LoanOrder
from scheduler.roster.repair import Changing, Repair, change_days
from scheduler.vocabulary import DutyKind

Kept = TypeVar("Kept")


def record_absence(
    database: Database,
    *,
    actor: Actor,
    order: AbsenceOrder,
    displace: bool,
    now: datetime,
    keep: Keep[RosterChange, Kept],
) -> Kept:
    """Record leave, sickness, mission or training: the duties it meets are cut or removed.

    Raises:
        UnknownInspector, HurtsBookings.
    """
    boards = boards_of(database)

    def work(session: Session, proposals: Proposals) -> RosterChange:
        inspector = find_inspector(session, actor=actor, badge=order.badge)
        who = inspector.id
        assert who is not None  # noqa: S101 - read from the database
        away = Range(order.begins, order.ends, bounds="[)")
        lock_inspectors(session, [who])
        cuts = _cuts(session, who, away)

        row = Absence(inspector=who, kind=order.kind.value, period=away, reason=order.reason, recorded_at=now)
        changing = Changing(actor, now, boards.latest(session), displace, "absence", proposals)
        repair = _repair(session, boards, cuts, row, changing)
        record_roster(
            session,
            actor=actor,
            kind="absence_recorded",
            office=inspector.office,
            now=now,
            details={"inspector": who, "kind": order.kind.value, **repair.told()},
        )
        return RosterChange(_standing(cuts), repair.recrewed, repair.displaced)

    return write_searching(database, boards, keep, work)


def lend_inspector(
    database: Database,
    *,
    actor: Actor,
    order: LoanOrder,
    displace: bool,
    now: datetime,
    keep: Keep[RosterChange, Kept],
) -> Kept:
    """Hand an inspector's duties of a period to another office; ways are counted from home.

    Raises:
        UnknownInspector, UnknownOffice, HurtsBookings.
    """
    boards = boards_of(database)

    def work(session: Session, proposals: Proposals) -> RosterChange:
        facts = boards.latest(session)
        inspector = find_inspector(session, actor=actor, badge=order.badge)
        who = inspector.id
        assert who is not None  # noqa: S101 - read from the database
        target = _other_office(facts, order.office, inspector)
        period = Range(order.begins, order.ends, bounds="[)")
        lock_inspectors(session, [who])
        cuts = [cut for cut in _cuts(session, who, period) if cut.duty.office != target.id]
        for cut in cuts:
            cut.added.append(_lent(cut.duty, cut.taken, target.id))

        row = Loan(
            inspector=who,
            home_office=inspector.office,
            office=target.id,
            period=period,
            reason=order.reason,
            recorded_at=now,
        )
        repair = _repair(session, boards, cuts, row, Changing(actor, now, facts, displace, "loan", proposals))
        details = {"inspector": who, "to": target.id, **repair.told()}
        record_roster(
            session, actor=actor, kind="inspector_lent", office=inspector.office, now=now, details=details
        )
        return RosterChange(_standing(cuts), repair.recrewed, repair.displaced)

    return write_searching(database, boards, keep, work)


def _other_office(facts: Reference, code: str, inspector: Inspector) -> OfficeFacts:
    target = facts.office_by_code(code)
    if target.id == inspector.office:
        raise errors.UnknownOffice(field="/office", office=code)
    return target


@dataclass(slots=True)
class _Cut:
    """A duty, the part of it that is taken, and what stays before and after."""

    duty: Duty
    taken: Range[datetime]
    stays: list[Range[datetime]]
    added: list[Duty] = field(default_factory=list)


def _cuts(session: Session, inspector: int, away: Range[datetime]) -> list[_Cut]:
    duties = session.exec(
        select(Duty)
        .where(col(Duty.inspector) == inspector, col(Duty.period).op("&&")(away))
        .order_by(col(Duty.date), col(Duty.id))
        .execution_options(populate_existing=True)
    ).all()
    cuts = []
    for duty in duties:
        stays = []
        begins, ends = _ends(duty.period)
        away_from, away_to = _ends(away)
        if begins < away_from:
            stays.append(Range(begins, away_from, bounds="[)"))
        if away_to < ends:
            stays.append(Range(away_to, ends, bounds="[)"))
        taken = Range(max(begins, away_from), min(ends, away_to), bounds="[)")
        cuts.append(_Cut(duty, taken, stays))
    return cuts


def _cut(session: Session, cuts: Sequence[_Cut]) -> None:
    """Shorten or remove the duties, then write what is added: in this order nothing overlaps."""
    for cut in cuts:
        if cut.stays:
            cut.duty.period = cut.stays[0]
            session.add(cut.duty)
        else:
            session.delete(cut.duty)
        cut.added.extend(_piece(cut.duty, period) for period in cut.stays[1:])
    session.flush()
    for cut in cuts:
        session.add_all(cut.added)
    session.flush()


def _piece(duty: Duty, period: Range[datetime]) -> Duty:
    values = duty.model_dump(exclude={"id", "period"})
    return Duty(**values, period=period)


def _lent(duty: Duty, period: Range[datetime], office: int) -> Duty:
    values = duty.model_dump(exclude={"id", "period", "office", "kind"})
    return Duty(**values, period=period, office=office, kind=DutyKind.LOAN.value)


def _repair(
    session: Session, boards: Boards, cuts: Sequence[_Cut], row: Absence | Loan, changing: Changing
) -> Repair:
    """Cut the duties, write the row that says why, and re-crew whoever is hurt."""

    def write() -> None:
        _cut(session, cuts)
        session.add(row)
        session.flush()

    keys = {(cut.duty.office, cut.duty.date) for cut in cuts}
    keys |= {(duty.office, duty.date) for cut in cuts for duty in cut.added}
    leaving = {
        cut.duty.id: minutes_of(cut.duty.date, cut.stays[0]) if cut.stays else None
        for cut in cuts
        if cut.duty.id is not None
    }
    return change_days(session, boards, keys=keys, leaving=leaving, write=write, changing=changing)


def _standing(cuts: Sequence[_Cut]) -> tuple[int, ...]:
    kept = [cut.duty.id for cut in cuts if cut.stays]
    added = [duty.id for cut in cuts for duty in cut.added]
    return tuple(sorted(duty for duty in (*kept, *added) if duty is not None))


def _ends(period: Range[datetime]) -> tuple[datetime, datetime]:
    assert period.lower is not None  # noqa: S101 - half_open
    assert period.upper is not None  # noqa: S101 - half_open
    return period.lower, period.upper
