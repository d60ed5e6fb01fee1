"""The heart of a promise: under the day's lock, is there a crew, and which?"""

from collections.abc import Collection
from datetime import date, datetime
from typing import NoReturn

from sqlmodel import Session

from scheduler import errors
from scheduler.booking.expiry import expire_lapsed
from scheduler.promise.boards import Boards, Standing
from scheduler.promise.oracles import names_fixed_before
from scheduler.promise.proposals import Found, Proposals
from scheduler.promise.reference import Reference
from scheduler.promise.rows import local_date, minute_of
from scheduler.promise.search import Demand, candidate_of, is_kept_until
from scheduler.rules.lead_times import earliest_start, require_notice
from scheduler.rules.policy import BookingRules
from scheduler.vocabulary import WORKDAY_KINDS, RequestReason
from solver import reasons
from solver.insert import NoPlace
from solver.plan import Assignment

NEW = 0
"""The id that a job has in the solver before its row has one."""

_REFUSALS: dict[str, type[errors.Refusal]] = {
    reasons.TOO_LATE_TO_FINISH: errors.TooLateToFinish,
    reasons.NO_QUALIFIED_INSPECTOR: errors.UnqualifiedDay,
    reasons.OFFICE_CLOSED: errors.ClosedDay,
    reasons.SITE_CLOSED: errors.ClosedDay,
    reasons.OUTSIDE_OPENING: errors.ClosedDay,
    reasons.OFF_GRID: errors.OffGrid,
}


def find_place(
    session: Session,
    boards: Boards,
    *,
    demand: Demand,
    start: datetime,
    now: datetime,
    without: Collection[int] = (),
) -> Assignment:
    """The crew and dock for a start by insertion, all other promises of the day kept as they are.

    Takes the day's lock (the caller may hold it already) and expires its lapsed holds.
    `without` are bookings of that day that give up their crews in the same transaction.

    Raises:
        NoPlace, TooLateToFinish, UnqualifiedDay, ClosedDay, OffGrid: why there is none.
    """
    inserted = Proposals(closed=True)
    found = find_room(
        session, boards, demand=demand, start=start, now=now, proposals=inserted, without=without
    )
    return found.placed.assignment


def find_room(
    session: Session,
    boards: Boards,
    *,
    demand: Demand,
    start: datetime,
    now: datetime,
    proposals: Proposals,
    without: Collection[int] = (),
) -> Found:
    """As `find_place`, others' names and docks changed where the oracle proposes it.

    Raises:
        SearchNeededError: as `crew_on`; and its refusals.
    """
    standing = lock_day(session, boards, office=demand.office, day=local_date(start), now=now)
    return crew_on(standing, demand=demand, start=start, now=now, proposals=proposals, without=without)


def lock_day(session: Session, boards: Boards, *, office: int, day: date, now: datetime) -> Standing:
    """Wait for a day's lock and read the day as it stands once its lapsed holds are expired."""
    standing = try_day(session, boards, office=office, day=day, now=now, wait=True)
    assert standing is not None  # noqa: S101 - waited for
    return standing


def try_day(
    session: Session, boards: Boards, *, office: int, day: date, now: datetime, wait: bool = False
) -> Standing | None:
    """As `lock_day`, or None at once if somebody else holds the lock."""
    standing = boards.take(session, office=office, day=day, now=now, wait=wait)
    if standing is None or not standing.lapsed:
        return standing
    expire_lapsed(session, office=office, day=day, now=now)
    return boards.take(session, office=office, day=day, now=now, wait=wait)


def crew_on(
    standing: Standing,
    *,
    demand: Demand,
    start: datetime,
    now: datetime,
    proposals: Proposals,
    without: Collection[int] = (),
) -> Found:
    """The crew and dock for a start on a day as it stands, checked.

    `without` are bookings of that day that give up their crews in the same transaction.

    Raises:
        SearchNeededError: others' names may have to change; the oracle looks, then the write runs again.
        NoPlace, TooLateToFinish, UnqualifiedDay, ClosedDay, OffGrid, KeptForPriority: why there is none.
    """
    plan = standing.plan.minus(without) if without else standing.plan
    day, facts = plan.stamp.date, standing.reference
    kept = is_kept_until(facts, plan, demand, now=now)
    if kept is not None:
        raise errors.KeptForPriority(field="/start", until=kept)
    job = candidate_of(facts, demand, day).at(minute_of(start, day), NEW)
    fixed = names_fixed_before(facts, office=demand.office, day=day, now=now, green=demand.green)
    found = proposals.place(plan, fixed, job)
    if isinstance(found, NoPlace):
        _refuse(found)
    return Found(found, plan.stamp.version)


def _refuse(why: NoPlace) -> NoReturn:
    refusal = _REFUSALS.get(why.reason, errors.NoPlace)
    raise refusal(
        field="/start", reason=why.reason, qualifications=list(why.qualifications), numbers=dict(why.numbers)
    )


def judge_start(reference: Reference, demand: Demand, start: datetime, now: datetime) -> RequestReason | None:
    """Refuse a start that no crew could save; say when it needs the office's word.

    Raises:
        OffGrid, PastTime, BeyondHorizon, SiteNotOpenYet, ClosedDay, CreditExcluded,
        TooShortNotice, TooLateToFinish: see scheduler.errors.
    """
    day = local_date(start)
    rules = reference.policy(BookingRules, office=demand.office, on=day)
    _require_reachable(reference, demand, start, now, rules)
    minute = minute_of(start, day)
    _require_finish(demand, start)
    kind = reference.kind_of(day)
    if kind not in WORKDAY_KINDS:
        # who may come at all; by when it must be asked is the answer's deadline
        earliest_start(
            now=now,
            credit=demand.credit,
            day_kind=kind,
            out_of_hours=True,
            green=False,
            rules=rules,
            field="/start",
        )
        return RequestReason.REST_DAY
    opening = reference.opening(demand.office, day)
    if opening is None:
        raise errors.ClosedDay(field="/start", date=day.isoformat())
    beyond = minute < opening[0] or minute + demand.minutes > opening[1]
    require_notice(
        start,
        now=now,
        credit=demand.credit,
        day_kind=kind,
        out_of_hours=beyond,
        green=demand.green,
        rules=rules,
        field="/start",
    )
    return RequestReason.OUT_OF_HOURS if beyond else None


def _require_reachable(
    reference: Reference, demand: Demand, start: datetime, now: datetime, rules: BookingRules
) -> None:
    day = local_date(start)
    if start.second or start.microsecond or start.minute % rules.grid_minutes:
        raise errors.OffGrid(field="/start", minutes=rules.grid_minutes)
    if start <= now:
        raise errors.PastTime(field="/start")
    if (day - local_date(now)).days > rules.horizon_days:
        raise errors.BeyondHorizon(field="/start", days=rules.horizon_days)
    if not reference.sites[demand.site].exists_on(day):
        raise errors.SiteNotOpenYet(field="/site")


def _require_finish(demand: Demand, start: datetime) -> None:
    if demand.must_finish_by is None:
        return
    lasts = (demand.must_finish_by - start).total_seconds() / 60
    if lasts < demand.minutes:
        raise errors.TooLateToFinish(field="/start", must_finish_by=demand.must_finish_by)
