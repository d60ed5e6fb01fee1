"""Change what days rest on, and re-crew whoever is hurt: applied whole, or refused with the list."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from scheduler.access.actor import Actor
from scheduler.booking.displace import OFFERED_WITHIN, displace_booking
from scheduler.booking.expiry import expire_lapsed
from scheduler.booking.holds import release_hold
from scheduler.booking.write import record_recrewed
from scheduler.database.locks import lock_office_days
from scheduler.errors import HurtsBookings
from scheduler.models import Booking
from scheduler.promise.boards import Boards
from scheduler.promise.proposals import Proposals
from scheduler.promise.reference import Reference
from scheduler.promise.witness import release_crew, require_sound, store_crews
from scheduler.vocabulary import BookingState
from solver.check import check
from solver.day import Day, Interval, Job
from solver.insert import NoPlace, recrew
from solver.plan import Assignment, Plan

OfficeDayKey = tuple[int, date]

_MOVABLE = {BookingState.HOLD.value, BookingState.CONFIRMED.value}


@dataclass(frozen=True, slots=True)
class Repair:
    """Whose crews changed, and who lost the promise, by booking number."""

    recrewed: tuple[str, ...] = ()
    displaced: tuple[str, ...] = ()

    def told(self) -> dict[str, object]:
        """What an event keeps of it."""
        return {"recrewed": list(self.recrewed), "displaced": list(self.displaced)}


@dataclass(frozen=True, slots=True)
class Changing:
    """One change of what days rest on: by whom, when, and whether it may displace."""

    actor: Actor
    now: datetime
    facts: Reference
    displace: bool
    why: str
    proposals: Proposals


def change_days(
    session: Session,
    boards: Boards,
    *,
    keys: Collection[OfficeDayKey],
    leaving: Mapping[int, Interval | None],
    write: Callable[[], None],
    changing: Changing,
) -> Repair:
    """Apply `write` to the days and re-crew in start order every booking that it hurts.

    `leaving` maps the duties that `write` removes to None, those that it cuts to the minutes
    that stay: bookings on what goes give up their crews first, since the foreign key refuses
    otherwise. Locks the days (with `displace`,
    those that may be offered too), expires their lapsed holds.

    Raises:
        SearchNeededError: insertion leaves somebody out; a search looks, then the write runs again.
        HurtsBookings: some find no crew and may not be displaced, or have begun; nothing is written.
    """
    lock_office_days(session, _locked(keys, displace=changing.displace))
    before: dict[OfficeDayKey, dict[int, Assignment]] = {}
    hurt: dict[OfficeDayKey, set[int]] = {}
    for office, day in sorted(set(keys)):
        expire_lapsed(session, office=office, day=day, now=changing.now)
        _, (standing,) = boards.days(session, office=office, days=[day])
        before[office, day] = standing.plan
        hurt[office, day] = {job.id for job in standing.day.jobs if _loses(job, standing.plan, leaving)}
    require_not_begun(session, set().union(*hurt.values()))
    release_crew(session, *set().union(*hurt.values()))
    write()
    failed: dict[int, NoPlace] = {}
    changed: set[int] = set()
    for key in sorted(before):
        moved, lost = _recrew_day(session, boards, key, before[key], hurt[key], proposals=changing.proposals)
        changed |= moved
        failed |= lost
    return _settle(session, boards, changed=changed, failed=failed, changing=changing)


def _loses(job: Job, plan: Plan, leaving: Mapping[int, Interval | None]) -> bool:
    for duty in plan[job.id].crew:
        if duty in leaving:
            stays = leaving[duty]
            if stays is None or job.start < stays[0] or job.end > stays[1]:
                return True
    return False


def _locked(keys: Collection[OfficeDayKey], *, displace: bool) -> set[OfficeDayKey]:
    reach = OFFERED_WITHIN.days if displace else 0
    return {(office, day + timedelta(days=k)) for office, day in keys for k in range(reach + 1)}


def require_not_begun(session: Session, jobs: Collection[int]) -> None:
    """Refuse a change under a visit that has begun.

    Raises:
        HurtsBookings: with the numbers.
    """
    begun = session.exec(
        select(Booking.reference).where(
            col(Booking.id).in_(list(jobs)), col(Booking.state).not_in(list(_MOVABLE))
        )
    ).all()
    if begun:
        raise HurtsBookings(bookings=sorted(begun), reason="begun")


def _recrew_day(
    session: Session,
    boards: Boards,
    key: OfficeDayKey,
    before: Mapping[int, Assignment],
    direct: Collection[int],
    *,
    proposals: Proposals,
) -> tuple[set[int], dict[int, NoPlace]]:
    """Re-crew one day after the write: which bookings changed crews, and which found none.

    Whoever is hurt is inserted; where that leaves somebody out, crews of others may change too.
    """
    office, day = key
    _, (standing,) = boards.days(session, office=office, days=[day])
    hurt = _spread(standing.day, before, set(direct))
    require_not_begun(session, hurt)
    release_crew(session, *(hurt - set(direct)))
    kept = {job: row for job, row in before.items() if job not in hurt}
    result = recrew(standing.day, kept, hurt)
    if result.failed:
        result = proposals.repair(office, standing.day, result)
    lost = dict(result.failed)
    problem = replace(standing.day, jobs=tuple(job for job in standing.day.jobs if job.id not in lost))
    require_sound(problem, result.plan, previous=kept)
    store_crews(session, old=kept, new=result.plan)
    return {job for job, row in result.plan.items() if row != before.get(job)}, lost


def _spread(day: Day, plan: Mapping[int, Assignment], hurt: set[int]) -> set[int]:
    """Add bookings whose rows no longer pass `check` after the change, until the rest does."""
    while True:
        rest = {job: row for job, row in plan.items() if job not in hurt}
        standing = replace(day, jobs=tuple(job for job in day.jobs if job.id in rest))
        broken = check(standing, rest)
        duties = {duty for violation in broken for duty in violation.duties}
        named = {job for violation in broken for job in violation.jobs}
        named |= {job for job, row in rest.items() if not named and not duties.isdisjoint(row.crew)}
        if not named - hurt:
            return hurt
        hurt |= named


def _settle(
    session: Session,
    boards: Boards,
    *,
    changed: Collection[int],
    failed: Mapping[int, NoPlace],
    changing: Changing,
) -> Repair:
    rows = {
        booking.id: booking
        for booking in session.exec(
            select(Booking)
            .where(col(Booking.id).in_([*changed, *failed]))
            .execution_options(populate_existing=True)
        )
    }
    if failed and not changing.displace:
        raise HurtsBookings(
            bookings=sorted(rows[job].reference for job in failed),
            reasons={rows[job].reference: why.reason for job, why in sorted(failed.items())},
        )
    record_recrewed(session, changed, actor=changing.actor, now=changing.now, why=changing.why)
    for job in sorted(failed, key=lambda job: (rows[job].planned_start or changing.now, job)):
        _lose(session, boards, rows[job], failed[job], changing)
    return Repair(
        tuple(sorted(rows[job].reference for job in changed)),
        tuple(sorted(rows[job].reference for job in failed)),
    )


def _lose(session: Session, boards: Boards, booking: Booking, why: NoPlace, changing: Changing) -> None:
    if booking.state == BookingState.HOLD.value:
        # a held time was promised to nobody yet: it is given up
        release_hold(session, booking, actor=changing.actor, now=changing.now, why=changing.why)
        return
    displace_booking(
        session,
        boards,
        booking,
        actor=changing.actor,
        why={"why": changing.why, "reason": why.reason},
        now=changing.now,
        facts=changing.facts,
    )
