"""The running day: a visit that takes longer is absorbed where no promise moves; else the office is asked."""

from datetime import datetime, timedelta
from typing import Final, TypeVar

from sqlalchemy import text
from sqlmodel import Session, col, select

from scheduler.access.actor import SYSTEM, Actor
from scheduler.booking.write import find_booking, require_state, require_version
from scheduler.database.connection import Database, StaleDayError
from scheduler.database.idempotency import Keep, plainly
from scheduler.errors import Refusal, ReplanOutdated
from scheduler.models import Replan
from scheduler.promise.boards import Boards, boards_of
from scheduler.promise.proposals import Proposals, write_searching
from scheduler.promise.rows import local_date
from scheduler.promise.searches import answer_replan
from scheduler.replan.applying import carry_out, read_chosen, settle_row
from scheduler.replan.cases import OfficeDay
from scheduler.replan.orders import Overrunning
from scheduler.replan.proposing import Answer, make_proposals
from scheduler.rules.lead_times import ceil_to_grid
from scheduler.rules.policy import ReplanRules
from scheduler.vocabulary import BookingState, ReplanState

Kept = TypeVar("Kept")

_OVERDUE: Final = text("""
SELECT booking.office, booking.reference
FROM booking LEFT JOIN visit ON visit.booking = booking.id
WHERE booking.state = 'in_progress' AND booking.date = :today AND upper(booking.occupied) <= :now
    AND visit.ended IS NULL
    AND NOT EXISTS (SELECT FROM replan
        WHERE replan.office = booking.office AND replan.date = booking.date AND replan.state = 'proposed'
            AND replan.cause @> jsonb_build_array(jsonb_build_object('booking', booking.reference))
            AND replan.made_at > :since)
ORDER BY upper(booking.occupied), booking.id
""")
_SINCE: Final = timedelta(minutes=15)
"""How long the office has the word before new proposals are made for a visit that still runs."""


def report_longer(
    database: Database,
    *,
    actor: Actor,
    reference: str,
    version: int | None,
    ends: datetime,
    now: datetime,
    keep: Keep[Replan, Kept],
    answer: Answer = answer_replan,
) -> Kept:
    """A visit that runs will end at a later time than planned.

    Where crews alone can absorb it, that is applied at once: whoever waits for its people gets others. Where
    a promise would have to move, proposals wait for the office. The answer says which.

    Raises:
        UnknownBooking, StaleVersion, WrongState, NotLater, MalformedField: see scheduler.errors.
    """
    boards = boards_of(database)

    def work(session: Session, proposals: Proposals) -> Replan:
        booking = find_booking(session, actor=actor, reference=reference, now=now)
        require_version(booking, version)
        require_state(booking, BookingState.IN_PROGRESS)
        where = OfficeDay(actor, booking.office, booking.date, now, boards.latest(session))
        cause = Overrunning(kind="overrun", booking=booking.reference, ends=ends)
        return _absorb(session, boards, where, cause, proposals=proposals, answer=answer)

    return write_searching(database, boards, keep, work)


def absorb_overruns(database: Database, *, now: datetime, answer: Answer) -> int:
    """Look after visits that should have ended by now and did not; say how many there were.

    A visit that cannot be prolonged by any rule is left to the office, whose board shows it.
    """
    with database.snapshot() as session:
        overdue = session.execute(
            _OVERDUE, {"today": local_date(now), "now": now, "since": now - _SINCE}
        ).all()
    for office, reference in overdue:
        try:
            report_longer(
                database,
                actor=SYSTEM,
                reference=reference,
                version=None,
                ends=_expected_end(database, office, now),
                now=now,
                keep=plainly,
                answer=answer,
            )
        except Refusal:
            continue  # it ended meanwhile, or somebody else has just said until when
    return len(overdue)


def _expected_end(database: Database, office: int, now: datetime) -> datetime:
    """The next step of the office's policy that lies ahead."""
    with database.snapshot() as session:
        facts = boards_of(database).latest(session)
    rules = facts.policy(ReplanRules, office=office, on=local_date(now))
    return ceil_to_grid(now + timedelta(seconds=1), rules.overrun_step_minutes)


def _absorb(
    session: Session,
    boards: Boards,
    where: OfficeDay,
    cause: Overrunning,
    *,
    proposals: Proposals,
    answer: Answer,
) -> Replan:
    """Make proposals; apply the best at once if it costs nobody's time."""
    row = make_proposals(session, boards, where, [cause], proposals=proposals, answer=answer)
    _put_aside_older(session, row, where, cause)
    best = read_chosen(session, row, 1)
    if best.proposal.lost or best.proposal.moved:
        return row
    try:
        return carry_out(session, boards, best, consents={}, actor=where.actor, now=where.now)
    except ReplanOutdated:
        raise StaleDayError from None  # the day changed between question and lock


def _put_aside_older(session: Session, row: Replan, where: OfficeDay, cause: Overrunning) -> None:
    """What was proposed before for the same visit no longer fits its new end."""
    older = session.exec(
        select(Replan)
        .where(
            col(Replan.office) == where.office,
            col(Replan.date) == where.date,
            col(Replan.state) == ReplanState.PROPOSED.value,
            col(Replan.id) != row.id,
            col(Replan.cause).contains([{"booking": cause.booking}]),
        )
        .with_for_update()
    ).all()
    for one in older:
        settle_row(session, one, ReplanState.DISCARDED, actor=where.actor, now=where.now)
