"""Writing what stands behind promises: crews and docks, as the difference of two plans.

Rows that a change removes are deleted first, then rows are inserted; an inspector of a row
is never updated. What the exclusion constraints refuse is counted: the day is then stale.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from scheduler.database.connection import StaleDayError
from scheduler.models import SolverRun
from scheduler.promise.rows import DayStamp
from scheduler.promise.searches import Searched
from solver.around import cut_around
from solver.board import Board
from solver.check import check
from solver.day import Day, Job
from solver.plan import Assignment, Plan, difference

_DELETE = text("DELETE FROM crew WHERE booking = ANY(CAST(:bookings AS bigint[]))")
_INSERT = text("""
INSERT INTO crew (booking, seat, inspector, duty, occupied)
SELECT asked.booking, asked.seat, duty.inspector, duty.id, booking.occupied
FROM unnest(CAST(:bookings AS bigint[]), CAST(:seats AS int[]), CAST(:duties AS bigint[]))
    AS asked (booking, seat, duty)
JOIN duty ON duty.id = asked.duty
JOIN booking ON booking.id = asked.booking
ON CONFLICT DO NOTHING
RETURNING 1
""")
_FREE_DOCKS = text("UPDATE booking SET dock = NULL WHERE id = ANY(CAST(:bookings AS bigint[]))")
_DOCKS = text("""
UPDATE booking SET dock = asked.dock
FROM unnest(CAST(:bookings AS bigint[]), CAST(:docks AS bigint[])) AS asked (booking, dock)
WHERE booking.id = asked.booking AND booking.dock IS DISTINCT FROM asked.dock
""")


TAKEN_OVER = "taken_over"
"""The outcome of a search whose plan was stored."""


class BrokenPlanError(Exception):
    """A plan did not pass `check`: nothing of it is stored. This is a bug, never a refusal."""


def require_sound(day: Day, plan: Plan, *, previous: Plan) -> None:
    """Let a plan pass only if every hard rule holds.

    A day that was broken before (rows changed by hand; `inspection doctor` lists them) may
    keep the violations it has, so that one bad row does not stop an office; it gets no new one.

    Raises:
        BrokenPlanError: with the violations, ids and numbers only.
    """
    violations = check(day, plan, previous=previous)
    if not violations:
        return
    standing = replace(day, jobs=tuple(job for job in day.jobs if job.id in previous))
    known = check(standing, previous)
    fresh = [violation for violation in violations if violation not in known]
    if fresh:
        raise BrokenPlanError(fresh)


def is_sound_beside(board: Board, job: Job, assignment: Assignment) -> bool:
    """Whether one more job's crew and dock keep every hard rule beside the promises that stand."""
    return not check(*cut_around(board, job, assignment))


def require_sound_beside(board: Board, job: Job, assignment: Assignment) -> None:
    """Let one more job's crew and dock pass only if every hard rule holds beside the promises that stand.

    Raises:
        BrokenPlanError: with the violations, ids and numbers only.
    """
    if not is_sound_beside(board, job, assignment):
        # what breaks here may have been broken before: the whole day says which
        day = replace(board.day, jobs=(*board.day.jobs, job))
        require_sound(day, {**board.plan, job.id: assignment}, previous=board.plan)


def keep_search(session: Session, stamp: DayStamp, searched: Searched, *, outcome: str, now: datetime) -> int:
    """Keep a search of a day at a version, with the version that it made if it was taken over."""
    after = stamp.version
    if outcome == TAKEN_OVER:
        asked = text("SELECT version FROM office_day WHERE office = :office AND date = :date")
        after = session.execute(asked, {"office": stamp.office, "date": stamp.date}).scalar_one()
    run = SolverRun(
        kind=searched.kind,
        office=stamp.office,
        date=stamp.date,
        version=stamp.version,
        version_after=after,
        rules_version=stamp.rules_version,
        question=searched.question,
        answer=searched.answer,
        digest=searched.digest,
        outcome=outcome,
        made_at=now,
    )
    session.add(run)
    session.flush()
    assert run.id is not None  # noqa: S101 - flushed
    return run.id


def release_crew(session: Session, *bookings: int) -> None:
    """Delete the crews of bookings that are no longer live or about to get others."""
    session.execute(_DELETE, {"bookings": list(bookings)})


def release_places(session: Session, *bookings: int) -> None:
    """Delete the crews of bookings and free their docks, so that they may change places among each other."""
    release_crew(session, *bookings)
    session.execute(_FREE_DOCKS, {"bookings": list(bookings)})


def store_crews(session: Session, *, old: Plan, new: Plan) -> None:
    """Write the difference of two plans of an office day, under its lock.

    The bookings' rows must already stand at their new times.

    Raises:
        StaleDayError: a row met another crew of the same inspector; run again.
    """
    delta = difference(old, new)
    if delta.removed:
        release_crew(session, *delta.removed)
    docks = {booking: row.dock for booking, row in delta.added.items()}
    leaving = [
        booking for booking, row in delta.removed.items() if row.dock not in {None, docks.get(booking)}
    ]
    if leaving:  # two bookings may change places at the docks of a site
        session.execute(_FREE_DOCKS, {"bookings": leaving})
    if docks:
        session.execute(_DOCKS, {"bookings": list(docks), "docks": list(docks.values())})
    rows = [
        (booking, seat, duty)
        for booking, assignment in delta.added.items()
        for seat, duty in enumerate(assignment.crew, start=1)
    ]
    if not rows:
        return
    bookings, seats, duties = zip(*rows, strict=True)
    written = session.execute(
        _INSERT, {"bookings": list(bookings), "seats": list(seats), "duties": list(duties)}
    ).all()
    if len(written) != len(rows):
        raise StaleDayError
