"""Hold a batch: searched first, then merged, checked and written in one transaction under all its locks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import text
from sqlmodel import Session

from scheduler.access.actor import Actor, party_of
from scheduler.booking.admission import Admission
from scheduler.booking.batch.cases import Case, judge_cases
from scheduler.booking.batch.orders import BatchOrder
from scheduler.booking.batch.search import (
    BatchProposal,
    DayProposal,
    alternatives_after,
    read_offices,
    search_office,
    start_of,
)
from scheduler.booking.expiry import expire_lapsed
from scheduler.booking.numbers import draw_numbers, new_number
from scheduler.booking.priority import apply_for_priority
from scheduler.booking.write import create_booking, iso, promised_at, record_recrewed
from scheduler.database.connection import Database
from scheduler.database.idempotency import Keep
from scheduler.database.locks import lock_enterprise, lock_office_days
from scheduler.errors import Busy, KeptForPriority, UnknownInstruction
from scheduler.models import Batch, BatchItem, Booking
from scheduler.promise.boards import Boards, boards_of
from scheduler.promise.office_day import OfficeDayPlan
from scheduler.promise.oracles import fix_names
from scheduler.promise.proposals import SEARCHES
from scheduler.promise.reference import Reference
from scheduler.promise.rows import MINUTES_OF_DAY, local_date
from scheduler.promise.search import is_kept_until
from scheduler.promise.witness import require_sound, store_crews
from scheduler.rules.policy import BatchRules
from scheduler.vocabulary import BookingState, PriorityAnswer
from solver.check import check
from solver.day import Job
from solver.insert import place_all
from solver.plan import Assignment, StaleDelta, merge

Kept = TypeVar("Kept")

_LAPSED: Final = text("""
SELECT DISTINCT b.office, b.date FROM booking AS b JOIN booking_instruction AS i ON i.booking = b.id
WHERE i.instruction = ANY(:instructions) AND b.state = 'hold' AND b.expires_at <= :now
""")


class BatchSearchNeededError(Exception):
    """Nothing was searched yet, or what was found no longer fits: search, then run the write again."""


@dataclass(frozen=True, slots=True)
class Placing:
    """What every step of writing a batch needs."""

    session: Session
    boards: Boards
    actor: Actor
    order: BatchOrder
    now: datetime
    facts: Reference
    expires_at: datetime
    is_last: bool


def hold_batch(
    database: Database, *, actor: Actor, order: BatchOrder, now: datetime, keep: Keep[Batch, Kept]
) -> Kept:
    """Hold a time for every instruction of a batch that gets one, all together; say why others do not.

    Raises:
        WindowTooLong: the window is longer than may be asked for.
        UnknownInstruction: none of them is known in the actor's scope.
    """
    boards = boards_of(database)
    found: BatchProposal | None = None
    looks = 0
    while True:

        def work(session: Session, found: BatchProposal | None = found, looks: int = looks) -> Batch:
            if found is None:
                raise BatchSearchNeededError
            return _place(
                session, boards, found, actor=actor, order=order, now=now, is_last=looks >= SEARCHES
            )

        try:
            return database.write(lambda session: keep(session, work))
        except BatchSearchNeededError:
            if looks > SEARCHES:
                raise Busy from None  # what may be booked changes faster than it can be searched
            found = _look(database, boards, actor=actor, order=order, now=now)
            looks += 1


def _look(
    database: Database, boards: Boards, *, actor: Actor, order: BatchOrder, now: datetime
) -> BatchProposal:
    """Search; no transaction is open meanwhile."""
    with database.snapshot() as session:
        facts = boards.latest(session)
        cases = judge_cases(session, actor=actor, order=order, now=now, facts=facts)
        _require_any_known(cases, order)
        questions = read_offices(session, boards, cases=cases, order=order, now=now)
    days: list[DayProposal] = []
    unplaced: dict[int, str] = {}
    for question in questions:
        changes, without = search_office(question)
        days += changes
        unplaced |= without
    return BatchProposal(facts.version, cases, days, unplaced)


def _require_any_known(cases: Sequence[Case], order: BatchOrder) -> None:
    """Refuse a batch of which nothing is in the actor's scope, as one booking of it would be."""
    if all(one.reason == UnknownInstruction.code for one in cases):
        raise UnknownInstruction(field="/instructions/0/reference", reference=order.instructions[0].reference)


def _place(
    session: Session,
    boards: Boards,
    found: BatchProposal,
    *,
    actor: Actor,
    order: BatchOrder,
    now: datetime,
    is_last: bool,
) -> Batch:
    """Write what was found, as far as it is true under the locks."""
    facts = boards.latest(session)
    known = [one.asked for one in found.cases if one.asked is not None]
    for enterprise in sorted({one.represented for one in known}):
        lock_enterprise(session, enterprise)
    cases = {one.place: one for one in judge_cases(session, actor=actor, order=order, now=now, facts=facts)}
    if facts.version != found.rules_version or _differ(found.cases, cases):
        raise BatchSearchNeededError
    rules = facts.policy(BatchRules, office=None, on=local_date(now))
    until = now + timedelta(minutes=rules.hold_minutes)
    placing = Placing(session, boards, actor, order, now, facts, until, is_last)
    _lock_days(placing, found, known)
    for place, reason in found.unplaced.items():
        if cases[place].asked is not None:
            after = alternatives_after(session, boards, cases[place], order=order, now=now)
            cases[place] = replace(cases[place].refused(reason), alternatives=after)
    written: dict[int, Booking] = {}
    for day in found.days:
        written |= _write_day(placing, day, cases)
    return _write_batch(placing, cases, written)


def _differ(before: Sequence[Case], now: Mapping[int, Case]) -> bool:
    """Whether what may be booked is asked for otherwise by now; what may not be any more only falls out."""
    pairs = [(one.asked, now[one.place].asked) for one in before]
    return any(fresh is not None and (old is None or old.demand != fresh.demand) for old, fresh in pairs)


def _lock_days(placing: Placing, found: BatchProposal, known: Sequence[Admission]) -> None:
    """Lock all days that change, and those of lapsed holds that still take an instruction."""
    session, now = placing.session, placing.now
    ids = [one.instructions[0].id for one in known]
    lapsed = session.execute(_LAPSED, {"instructions": ids, "now": now}).all()
    days: set[tuple[int, date]] = {(one.stamp.office, one.stamp.date) for one in found.days}
    days |= {(office, day) for office, day in lapsed}
    lock_office_days(session, days)
    for office, day in sorted(days):
        expire_lapsed(session, office=office, day=day, now=now)


def _write_day(placing: Placing, proposal: DayProposal, cases: dict[int, Case]) -> dict[int, Booking]:
    """Write the holds of one office day and the crews of all, checked; by case."""
    session, stamp = placing.session, proposal.stamp
    _, (standing,) = placing.boards.days(session, office=stamp.office, days=[stamp.date])
    plan = _fit(standing, proposal, cases, is_last=placing.is_last)
    jobs = _within_share(placing, standing, proposal, cases)
    rows = {job: row for job, row in plan.items() if job > 0 or -1 - job in jobs}
    day = replace(standing.day, jobs=(*standing.day.jobs, *jobs.values()))
    require_sound(day, rows, previous=standing.plan)
    written = {}
    for place in sorted(jobs):
        written[place] = _hold(placing, cases[place], start_of(proposal, place), rows[jobs[place].id])
    new = {job: row for job, row in rows.items() if job > 0}
    changed = [job for job, row in new.items() if standing.plan.get(job) != row]
    mine = {booking.id: rows[jobs[place].id] for place, booking in written.items() if booking.id is not None}
    store_crews(session, old=standing.plan, new={**new, **mine})
    record_recrewed(session, changed, actor=placing.actor, now=placing.now, why="room for a batch")
    return written


def _within_share(
    placing: Placing, standing: OfficeDayPlan, proposal: DayProposal, cases: dict[int, Case]
) -> dict[int, Job]:
    """The jobs of a day by case, less ordinary ones that would take what is kept for the green channel."""
    kept: dict[int, Job] = {}
    for place in sorted(proposal.jobs, key=lambda place: (cases[place].rank, place)):
        case, job = cases[place], proposal.jobs[place]
        if case.asked is None:
            continue
        demand = case.asked.demand
        until = is_kept_until(placing.facts, standing, demand, now=placing.now)
        if until is not None:
            cases[place] = case.refused(KeptForPriority.code, until=until)
            continue
        kept[place] = job
        day = replace(standing.day, jobs=(*standing.day.jobs, job))
        green = standing.green | ({job.id} if demand.green else set())
        standing = replace(standing, day=day, green=green)
    return kept


def _fit(
    standing: OfficeDayPlan, proposal: DayProposal, cases: dict[int, Case], *, is_last: bool
) -> Mapping[int, Assignment]:
    """The day's plan with the batch's jobs: as proposed, or at the last try what insertion still finds.

    Raises:
        BatchSearchNeededError: the day changed so that the proposal no longer fits.
    """
    jobs = proposal.jobs.values()
    fixed = MINUTES_OF_DAY if proposal.fixed is None else proposal.fixed
    try:
        merged = merge(standing.plan, proposal.delta)
    except StaleDelta:
        merged = None
    day = fix_names(replace(standing.day, jobs=(*standing.day.jobs, *jobs)), fixed)
    if merged is not None and not check(day, merged, previous=standing.plan):
        return merged
    if not is_last:
        raise BatchSearchNeededError
    found = place_all(standing.day, jobs, plan=standing.plan)
    for job, why in found.failed:
        cases[-1 - job] = cases[-1 - job].refused(why.reason)
    return found.plan


def _hold(placing: Placing, case: Case, start: datetime, row: Assignment) -> Booking:
    """Write the hold of one instruction; its crew is stored with the day's."""
    admission, order = case.asked, placing.order
    assert admission is not None  # noqa: S101 - only what may be booked has a place
    decision = admission.decision
    answer = PriorityAnswer.NOT_APPLIED if decision is None else decision.answer
    booking = create_booking(
        placing.session,
        actor=placing.actor,
        admission=admission,
        state=BookingState.HOLD,
        now=placing.now,
        reference=placing.facts,
        numbers=draw_numbers(placing.session, texts=0),
        columns={
            "attendee": "",
            "wished_from": order.wished_from,
            "wished_to": order.wished_to,
            "priority_answer": answer.value,
            "expires_at": placing.expires_at,
            "dock": row.dock,
            **promised_at(start, admission.demand.minutes),
        },
        what=None,
    )
    if decision is not None:
        apply_for_priority(
            placing.session, booking, decision=decision, now=placing.now, reference=placing.facts
        )
    return booking


def _write_batch(placing: Placing, cases: Mapping[int, Case], written: Mapping[int, Booking]) -> Batch:
    actor, order = placing.actor, placing.order
    party = party_of(actor)
    assert party is not None  # noqa: S101 - the table of rights lets nobody else ask
    batch = Batch(
        reference=new_number(),
        made_by=party,
        wished_from=order.wished_from,
        wished_to=order.wished_to,
        asked_at=placing.now,
        expires_at=placing.expires_at,
        channel=actor.channel.value,
        requested_by=actor.account,
        call=None if actor.call is None else actor.call.id,
    )
    placing.session.add(batch)
    placing.session.flush()
    assert batch.id is not None  # noqa: S101 - flushed
    for place, asked in enumerate(order.instructions):
        booking, case = written.get(place), cases[place]
        placing.session.add(
            BatchItem(
                batch=batch.id,
                position=place + 1,
                kind=asked.kind.value,
                reference=asked.reference,
                booking=None if booking is None else booking.id,
                reason=None if booking is not None else case.reason,
                details=_details(case),
            )
        )
    placing.session.flush()
    return batch


def _details(case: Case) -> dict[str, Any]:  # JSON
    values = {name: iso(one) if isinstance(one, datetime) else one for name, one in case.values.items()}
    return {"values": values, "alternatives": [iso(start) for start in case.alternatives]}
