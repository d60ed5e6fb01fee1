"""Apply a proposal for a disturbed day: all of it in one transaction, or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from pydantic import TypeAdapter
from sqlmodel import Session, col, select

from scheduler import errors
from scheduler.access.actor import Actor
from scheduler.booking.displace import OFFERED_WITHIN
from scheduler.booking.expiry import expire_lapsed
from scheduler.database.connection import Database
from scheduler.database.idempotency import Keep
from scheduler.database.locks import lock_inspectors, lock_office_days
from scheduler.models import Replan, SolverRun
from scheduler.promise.boards import Boards, boards_of
from scheduler.promise.rows import MINUTES_OF_DAY, minute_of
from scheduler.promise.searches import Disturbed, read_disturbed, read_replan
from scheduler.promise.witness import release_places
from scheduler.replan.duties import write_duties, write_reasons
from scheduler.replan.fitting import fit
from scheduler.replan.orders import Choice, Occurrence
from scheduler.replan.settling import Settling, read_bookings, require_consents, settle
from scheduler.roster.duties import record_roster
from scheduler.vocabulary import ReplanState, Role
from solver.replan import Proposal

Kept = TypeVar("Kept")

_CAUSES: TypeAdapter[list[Occurrence]] = TypeAdapter(list[Occurrence])


@dataclass(frozen=True, slots=True)
class Chosen:
    """A proposal that somebody wants applied."""

    row: Replan
    disturbed: Disturbed
    proposal: Proposal
    place: int


def apply_replan(
    database: Database, *, actor: Actor, number: int, choice: Choice, now: datetime, keep: Keep[Replan, Kept]
) -> Kept:
    """Apply a proposal if it still fits: crews, duties, times, and everybody who has to know is told.

    Raises:
        UnknownReplan, ReplanSettled, MalformedField: no such proposal, or it is no longer open.
        ReplanOutdated: the day changed so that it does not fit any more.
        ConsentMissing: urgent goods would move promises without their people's word.
        HurtsBookings, InspectorAbsent: a visit has begun, or duties changed meanwhile.
    """
    boards = boards_of(database)

    def work(session: Session) -> Replan:
        row = find_replan(session, actor=actor, number=number)
        chosen = read_chosen(session, row, choice.proposal)
        consents = {one.booking: one.given_by for one in choice.consents}
        return carry_out(session, boards, chosen, consents=consents, actor=actor, now=now)

    return database.write(lambda session: keep(session, work))


def discard_replan(session: Session, *, actor: Actor, number: int, now: datetime) -> Replan:
    """Put proposals aside; the day stays as it is.

    Raises:
        UnknownReplan, ReplanSettled: see scheduler.errors.
    """
    row = find_replan(session, actor=actor, number=number)
    settle_row(session, row, ReplanState.DISCARDED, actor=actor, now=now)
    return row


def find_replan(session: Session, *, actor: Actor, number: int) -> Replan:
    """Proposals of the actor's office that are still open, locked.

    Raises:
        UnknownReplan, ReplanSettled.
    """
    query = select(Replan).where(col(Replan.id) == number).with_for_update()
    if actor.role is Role.OFFICE_MANAGER:
        query = query.where(col(Replan.office) == actor.office)
    row = session.exec(query.execution_options(populate_existing=True)).first()
    if row is None:
        raise errors.UnknownReplan(field="/replan", replan=number)
    if row.state != ReplanState.PROPOSED.value:
        raise errors.ReplanSettled(field="/replan", state=row.state)
    return row


def read_chosen(session: Session, row: Replan, place: int) -> Chosen:
    """The proposal at a place of the list, with the question that it answers.

    Raises:
        MalformedField: the list is shorter.
        ReplanOutdated: the search behind it is kept no longer.
    """
    run = None if row.run is None else session.get(SolverRun, row.run)
    if run is None:
        raise errors.ReplanOutdated
    proposals = read_replan(run.answer)
    if place > len(proposals):
        raise errors.MalformedField(field="/proposal", value=place)
    return Chosen(row, read_disturbed(run.question), proposals[place - 1], place)


def carry_out(
    session: Session,
    boards: Boards,
    chosen: Chosen,
    *,
    consents: Mapping[str, str],
    actor: Actor,
    now: datetime,
) -> Replan:
    """Write a proposal, under the locks of all that it changes."""
    row, disturbed = chosen.row, chosen.disturbed
    _lock(session, chosen)
    expire_lapsed(session, office=row.office, day=row.date, now=now)
    facts, (standing,) = boards.days(session, office=row.office, days=[row.date])
    minute = min(max(minute_of(now, row.date), 0), MINUTES_OF_DAY)
    fitted = fit(disturbed, chosen.proposal, standing.day, standing.plan, now=minute)
    bookings = read_bookings(session, fitted)
    release_places(session, *fitted.rows, *fitted.lost)
    numbers = write_duties(session, fitted.before, fitted.after)
    causes = _CAUSES.validate_python(row.cause)
    write_reasons(session, causes, disturbed, office=row.office, after=fitted.after, now=now)
    settling = Settling(session, boards, actor, now, facts, disturbed, fitted, consents, numbers, bookings)
    require_consents(settling)
    settle(settling)
    row.chosen = chosen.place
    settle_row(session, row, ReplanState.APPLIED, actor=actor, now=now)
    return row


def _lock(session: Session, chosen: Chosen) -> None:
    """Lock the inspectors whose duties change, then the day, and those where times may be offered."""
    before = {one.id: one for one in chosen.disturbed.day.duties}
    after = {one.id: one for one in chosen.disturbed.disrupted().day.duties}
    changed = [number for number in before.keys() | after.keys() if before.get(number) != after.get(number)]
    lock_inspectors(session, {(before.get(number) or after[number]).inspector for number in changed})
    reach = OFFERED_WITHIN.days if chosen.proposal.lost or chosen.proposal.moved else 0
    days = [chosen.row.date + timedelta(days=k) for k in range(reach + 1)]
    lock_office_days(session, [(chosen.row.office, day) for day in days])


def settle_row(session: Session, row: Replan, state: ReplanState, *, actor: Actor, now: datetime) -> None:
    """Write what became of proposals, with its event."""
    row.state, row.settled_by, row.settled_at = state.value, actor.account, now
    session.add(row)
    record_roster(
        session,
        actor=actor,
        kind=f"replan_{state.value}",
        office=row.office,
        now=now,
        details={"replan": row.id, "proposal": row.chosen},
    )
