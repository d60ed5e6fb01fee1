"""Ask what can be done about a disturbed day: up to three proposals, kept until one is chosen."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, TypeVar

from sqlmodel import Session

from scheduler import errors
from scheduler.access.actor import Actor
from scheduler.database.connection import Database
from scheduler.database.idempotency import Keep
from scheduler.models import Replan
from scheduler.promise.boards import Boards, boards_of
from scheduler.promise.office_day import OfficeDayPlan
from scheduler.promise.proposals import Proposals, write_searching
from scheduler.promise.searches import REPLAN, Disturbed, Searched, answer_replan, ask_replan, read_replan
from scheduler.promise.witness import keep_search
from scheduler.replan.cases import OfficeDay, read_case
from scheduler.replan.orders import Occurrence, ReplanOrder
from scheduler.replan.telling import tell_proposal
from scheduler.roster.duties import record_roster
from scheduler.roster.repair import require_not_begun
from scheduler.vocabulary import ReplanState
from solver.replan import Budget, Overrun

Kept = TypeVar("Kept")
Answer = Callable[[str], str]
"""Runs the search: question in, answer out, in this process or another one."""

BUDGET: Final = Budget(conflicts=20_000, work=4.0)
SEED: Final = 1


def propose_replan(
    database: Database, *, actor: Actor, order: ReplanOrder, now: datetime, keep: Keep[Replan, Kept]
) -> Kept:
    """Propose what to do about causes that were reported; nothing of the day changes.

    Raises:
        HurtsBookings: a visit that has begun is broken off, or runs on while its people have begun another
            one: the end is recorded first.
        The refusals of `read_case`.
    """
    boards = boards_of(database)

    def work(session: Session, proposals: Proposals) -> Replan:
        if actor.office is None:
            raise errors.UnknownOffice(field="/office")
        where = OfficeDay(actor, actor.office, order.date, now, boards.latest(session))
        return make_proposals(session, boards, where, order.causes, proposals=proposals)

    return write_searching(database, boards, keep, work)


def make_proposals(
    session: Session,
    boards: Boards,
    where: OfficeDay,
    causes: Sequence[Occurrence],
    *,
    proposals: Proposals,
    answer: Answer = answer_replan,
) -> Replan:
    """Write the proposals for a day as it is now.

    Raises:
        AnswerNeededError: the search has to look at the day as it is now.
        HurtsBookings, and the refusals of `read_case`.
    """
    standing, disturbed = read_case(session, boards, where, causes)
    _require_not_broken_off(session, disturbed)
    _require_people_there(session, disturbed)
    question = ask_replan(disturbed, budget=BUDGET, seed=SEED)
    searched = Searched(REPLAN, question, proposals.answer(where.office, where.date, question, answer))
    row = _keep(session, where, standing, disturbed, searched=searched, causes=causes)
    record_roster(
        session,
        actor=where.actor,
        kind="replan_proposed",
        office=where.office,
        now=where.now,
        details={"replan": row.id, "causes": row.cause},
    )
    return row


def _keep(
    session: Session,
    where: OfficeDay,
    standing: OfficeDayPlan,
    disturbed: Disturbed,
    *,
    searched: Searched,
    causes: Sequence[Occurrence],
) -> Replan:
    row = Replan(
        office=where.office,
        date=where.date,
        version=standing.stamp.version,
        cause=[one.model_dump(mode="json") for one in causes],
        found=[
            tell_proposal(session, disturbed, one, day=where.date, now=where.now, facts=where.facts)
            for one in read_replan(searched.answer)
        ],
        run=keep_search(session, standing.stamp, searched, outcome=ReplanState.PROPOSED.value, now=where.now),
        made_by=where.actor.account,
        made_at=where.now,
    )
    session.add(row)
    session.flush()
    return row


def _require_not_broken_off(session: Session, disturbed: Disturbed) -> None:
    """A visit whose crew leaves, or whose site closes, ends by its record: what is left is booked anew."""
    require_not_begun(session, disturbed.disrupted().undone)


def _require_people_there(session: Session, disturbed: Disturbed) -> None:
    """Nobody is at two visits: one that runs on while its people have begun another was not ended in time."""
    crews = {job: set(row.crew) for job, row in disturbed.plan.items()}
    starts = {job.id: job.start for job in disturbed.day.jobs}
    overruns = [one for one in disturbed.disruptions if isinstance(one, Overrun)]
    begun = {
        job.id
        for one in overruns
        for job in disturbed.day.jobs
        if job.frozen and starts[one.job] < job.start < one.end and crews[job.id] & crews[one.job]
    }
    require_not_begun(session, begun)
