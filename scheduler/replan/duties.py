"""What disruptions leave of a day's duties, as rows; and why: an absence, a closure."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.dialects.postgresql import Range
from sqlmodel import Session, col, select

from scheduler.models import Absence, Closure, Duty
from scheduler.promise.rows import MINUTES_OF_DAY, instant_of
from scheduler.promise.searches import Disturbed
from scheduler.replan.orders import InspectorAway, Occurrence, SiteShut
from solver import day as solver
from solver.replan import Absence as Away
from solver.replan import SiteClosed


def write_duties(session: Session, before: solver.Day, after: solver.Day) -> dict[int, int]:
    """Cut, prolong, remove and add duties; the number of each duty of `after` among the rows.

    Crews that stand on what goes have given it up before.
    """
    known = {one.id: one for one in before.duties}
    left = {one.id: one for one in after.duties}
    changed = {number for number, one in known.items() if left.get(number) != one}
    rows = {
        row.id: row
        for row in session.exec(
            select(Duty).where(col(Duty.id).in_(changed)).execution_options(populate_existing=True)
        )
    }
    for number, row in rows.items():
        stays = left.get(number or 0)
        if stays is None:
            session.delete(row)
            continue
        row.period = period_of(after.date, stays.start, stays.end)
        row.start_site, row.end_site = stays.start_site, stays.end_site
        session.add(row)
    session.flush()
    numbers = {number: number for number in left.keys() & known.keys()}
    for number in sorted(left.keys() - known.keys()):
        numbers[number] = _add_piece(session, left[number], rows, before.date)
    return numbers


def _add_piece(session: Session, piece: solver.Duty, rows: dict[int | None, Duty], day: date) -> int:
    """Add the rest of a duty that was cut in two; it is of the kind and the office of the whole."""
    whole = next(row for row in rows.values() if row.inspector == piece.inspector)
    values = whole.model_dump(exclude={"id", "period", "start_site", "end_site"})
    row = Duty(
        **values,
        period=period_of(day, piece.start, piece.end),
        start_site=piece.start_site,
        end_site=piece.end_site,
    )
    session.add(row)
    session.flush()
    assert row.id is not None  # noqa: S101 - flushed
    return row.id


def write_reasons(
    session: Session,
    causes: Sequence[Occurrence],
    disturbed: Disturbed,
    *,
    office: int,
    after: solver.Day,
    now: datetime,
) -> None:
    """Write the absence or closure behind each cause that is one."""
    for cause, disruption in zip(causes, disturbed.disruptions, strict=True):
        if isinstance(cause, InspectorAway) and isinstance(disruption, Away):
            period = period_of(after.date, _left_at(disruption, after), disruption.until)
            kind = cause.absence.value
            session.add(
                Absence(
                    inspector=disruption.inspector,
                    kind=kind,
                    period=period,
                    reason=cause.reason,
                    recorded_at=now,
                )
            )
        elif isinstance(cause, SiteShut) and isinstance(disruption, SiteClosed):
            since = max(disruption.since, disturbed.now)
            if since < disruption.until:
                period = period_of(after.date, since, disruption.until)
                session.add(Closure(office=office, site=disruption.site, period=period, reason=cause.reason))
    session.flush()


def _left_at(away: Away, after: solver.Day) -> int:
    """The minute from which somebody is away: not before the end of what they still did."""
    done = [
        one.end
        for one in after.duties
        if one.inspector == away.inspector and one.start < away.until and one.end > away.since
    ]
    return max([away.since, *(end for end in done if end < away.until)])


def period_of(day: date, begins: int, ends: int) -> Range[datetime]:
    """The interval between two minutes of a day."""
    return Range(instant_of(day, begins), instant_of(day, min(ends, MINUTES_OF_DAY)), bounds="[)")
