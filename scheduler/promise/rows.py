"""Office days from rows: one statement for versions, one for all rows of the days not at hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlmodel import Session

from scheduler.promise.reference import ZONE, Reference
from scheduler.rules.policy import LunchRule
from scheduler.vocabulary import DutyKind
from solver.day import Day, Duty, Inspector, Job, Lunch
from solver.plan import Assignment

MINUTES_OF_DAY = 1440


@dataclass(frozen=True, slots=True)
class DayStamp:
    """What tells whether a copy of an office day is still true."""

    office: int
    date: date
    version: int
    rules_version: int


_STAMPS = text("""
SELECT day::date, coalesce(office_day.version, 0), (SELECT coalesce(max(id), 0) FROM rules_revision),
       pg_current_xact_id_if_assigned() IS NULL, verdict.rules_version, verdict.fixed, verdict.proved
FROM unnest(CAST(:days AS date[])) AS day
LEFT JOIN office_day ON office_day.office = :office AND office_day.date = day::date
LEFT JOIN slot_verdict AS verdict ON verdict.office = :office AND verdict.date = day::date
    AND verdict.signature = :signature AND verdict.version = coalesce(office_day.version, 0)
ORDER BY day
""")

_ROWS = text("""
SELECT day,
  (SELECT json_agg(json_build_array(duty.id, inspector,
      (extract(epoch FROM lower(period) AT TIME ZONE 'Asia/Shanghai' - day) / 60)::int,
      (extract(epoch FROM upper(period) AT TIME ZONE 'Asia/Shanghai' - day) / 60)::int,
      start_site, end_site, kind) ORDER BY duty.id)
   FROM duty WHERE office = :office AND date = day),
  (SELECT json_object_agg(inspector, held) FROM (
      SELECT q.inspector, json_agg(json_build_array(qualification, valid_from, valid_to)) AS held
      FROM inspector_qualification AS q
      WHERE q.inspector IN (SELECT inspector FROM duty WHERE office = :office AND date = day)
      GROUP BY q.inspector) AS by_inspector),
  (SELECT json_agg(job_of(b, crews.duties) ORDER BY b.id)
   FROM booking AS b LEFT JOIN (
      SELECT crew.booking, array_agg(crew.duty ORDER BY crew.seat) AS duties
      FROM crew JOIN booking ON booking.id = crew.booking
      WHERE booking.office = :office AND booking.date = day GROUP BY crew.booking) AS crews
      ON crews.booking = b.id
   WHERE b.office = :office AND b.date = day
     AND b.state IN ('hold', 'confirmed', 'in_progress', 'done')),
  (SELECT json_agg(json_build_array(site, dock,
      (extract(epoch FROM greatest(lower(period) AT TIME ZONE 'Asia/Shanghai', day) - day) / 60)::int,
      (extract(epoch FROM least(upper(period) AT TIME ZONE 'Asia/Shanghai',
                                day + interval '1 day') - day) / 60)::int))
   FROM closure WHERE office = :office AND period && tstzrange(
      day::timestamp AT TIME ZONE 'Asia/Shanghai', (day + interval '1 day') AT TIME ZONE 'Asia/Shanghai'))
FROM unnest(CAST(:days AS timestamp[])) AS day
""")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Starts of a day that were proved possible (bit k is minute 15 * k), names before `fixed` stay."""

    fixed: int
    proved: int


class Stamped(NamedTuple):
    """The versions of some days, whether the transaction is clean, what is proved of one kind of visit."""

    stamps: list[DayStamp]
    clean: bool
    verdicts: dict[date, Verdict]


def read_stamps(session: Session, *, office: int, days: Sequence[date], signature: str = "") -> Stamped:
    """The versions of an office's days, in one statement, with the verdicts on a signature.

    A transaction that has written may see versions that are never committed: what it reads
    must not be kept for others.
    """
    rows = session.execute(_STAMPS, {"office": office, "days": list(days), "signature": signature}).all()
    stamps = [DayStamp(office, row[0], row[1], row[2]) for row in rows]
    verdicts = {
        day: Verdict(fixed, int(proved, 16))
        for day, _, rules, _, judged_by, fixed, proved in rows
        if judged_by == rules
    }
    return Stamped(stamps, rows[0][3], verdicts)


_TAKE: Final = "SELECT * FROM take_day(%(office)s, %(day)s, %(known)s, %(now)s, %(wait)s)"


@dataclass(frozen=True, slots=True)
class Taken:
    """A day's latest stamp and what changed since a known version; `changes` is None: read it whole.

    `clean`: the transaction has written nothing; `lapsed`: a hold of the day has lapsed by now.
    """

    stamp: DayStamp
    clean: bool
    lapsed: bool
    changes: list[tuple[int, list[Any] | None]] | None


def take_day(
    session: Session, *, office: int, day: date, known: int | None, now: datetime, wait: bool
) -> Taken | None:
    """Take a day's lock and read what changed since a version: one statement; None if it is not free."""
    values = {"office": office, "day": day, "known": known, "now": now, "wait": wait}
    taken, version, rules, *rest = session.connection().exec_driver_sql(_TAKE, values).one()
    return Taken(DayStamp(office, day, version, rules), *rest) if taken else None


class DayRead(NamedTuple):
    """An office day as rows have it: problem, plan, and the jobs that have priority."""

    problem: Day
    plan: dict[int, Assignment]
    green: frozenset[int]


class JobsChanged(NamedTuple):
    """Jobs that came or changed, the assignment of each number (None: gone), and which have priority."""

    jobs: list[Job]
    rows: dict[int, Assignment | None]
    green: frozenset[int]


def changed_jobs(reference: Reference, changes: Sequence[tuple[int, list[Any] | None]]) -> JobsChanged:
    """What the rows of changed jobs say."""
    rows = [row for _, row in changes if row is not None]
    gone: dict[int, Assignment | None] = {number: None for number, row in changes if row is None}
    return JobsChanged([_job(reference, row) for row in rows], {**gone, **_plan(rows)}, _green(rows))


def read_rules_version(session: Session) -> int:
    """The latest rules version."""
    version: int = session.execute(text("SELECT coalesce(max(id), 0) FROM rules_revision")).scalar_one()
    return version


def read_days(
    session: Session, *, office: int, days: Sequence[date], reference: Reference
) -> dict[date, DayRead]:
    """The problem and the stored plan of an office's days, in one statement."""
    found: dict[date, DayRead] = {}
    people: dict[int, Inspector] = {}
    if not days:
        return found
    for day, duties, held, jobs, closures in session.execute(_ROWS, {"office": office, "days": list(days)}):
        rows = _Rows(duties or [], held or {}, jobs or [], closures or [])
        # one statement sees one moment: an inspector holds the same on each of the days
        for one in {duty[1] for duty in rows.duties} - people.keys():
            people[one] = Inspector(one, _validities(rows.held.get(str(one), [])))
        problem = _problem(reference, office, day.date(), rows, people)
        found[day.date()] = DayRead(problem, _plan(rows.jobs), _green(rows.jobs))
    return found


@dataclass(frozen=True, slots=True)
class _Rows:
    """A day's rows as the statement's JSON gives them."""

    duties: list[list[Any]]
    held: Mapping[str, list[list[Any]]]
    jobs: list[list[Any]]
    closures: list[list[Any]]


def _problem(
    reference: Reference, office: int, day: date, rows: _Rows, people: Mapping[int, Inspector]
) -> Day:
    opens, closes = _hours(reference.opening(office, day), rows.duties)
    by_site, by_dock, whole = _closures(rows.closures)
    jobs = tuple(_job(reference, row) for row in rows.jobs)
    return Day(
        date=day,
        opens=opens,
        closes=max([closes, *(job.end for job in jobs if job.frozen)]),  # a visit may run longer
        duties=tuple(Duty(*duty[:6]) for duty in rows.duties),
        inspectors=tuple(people[one] for one in sorted({duty[1] for duty in rows.duties})),
        jobs=jobs,
        docks={
            site.id: site.docks for site in reference.sites.values() if site.office == office and site.docks
        },
        site_closures=by_site,
        dock_closures=by_dock,
        office_closures=whole,
        travel=reference.travel,
        lunch=lunch_of(reference, office, day),
        minimum_crew=min((kind.minimum_crew for kind in reference.types.values()), default=2),
    )


def _hours(opening: tuple[int, int] | None, duties: list[list[Any]]) -> tuple[int, int]:
    """The hours in which inspections can be held: the office's opening, widened by overtime duties.

    What lies outside the opening is promised only on the office's word (`judge_start`).
    """
    spans = [opening] if opening is not None else []
    spans += [(duty[2], duty[3]) for duty in duties if duty[6] == DutyKind.OVERTIME.value]
    return (min(span[0] for span in spans), max(span[1] for span in spans)) if spans else (0, 0)


def lunch_of(reference: Reference, office: int, day: date) -> Lunch | None:
    """The meal break that duties of this office keep on this day."""
    rule = reference.policy(LunchRule, office=office, on=day)
    if rule.minutes == 0:
        return None
    return Lunch(
        earliest=rule.not_before.hour * 60 + rule.not_before.minute,
        latest=rule.not_after.hour * 60 + rule.not_after.minute,
        minutes=rule.minutes,
    )


def _validities(rows: list[list[Any]]) -> dict[str, tuple[tuple[date, date | None], ...]]:
    held: dict[str, tuple[tuple[date, date | None], ...]] = {}
    for name, since, until in rows:
        validity = (date.fromisoformat(since), None if until is None else date.fromisoformat(until))
        held[name] = (*held.get(name, ()), validity)
    return held


def _job(reference: Reference, row: list[Any]) -> Job:
    id_, site, start, minutes, type_, _dock, finish_by, excluded, state, _crew, _green = row
    return Job(
        id=id_,
        site=site,
        start=start,
        duration=minutes,
        seats=reference.types[type_].seats,
        excluded=frozenset(excluded),
        finish_by=finish_by if finish_by is not None and finish_by < MINUTES_OF_DAY else None,
        frozen=state in {"in_progress", "done"},
    )


def _plan(jobs: list[list[Any]]) -> dict[int, Assignment]:
    return {row[0]: Assignment(tuple(row[9] or ()), row[5]) for row in jobs}


def _green(jobs: list[list[Any]]) -> frozenset[int]:
    return frozenset(row[0] for row in jobs if row[10])


def _closures(
    rows: list[list[Any]],
) -> tuple[
    dict[int, tuple[tuple[int, int], ...]],
    dict[int, tuple[tuple[int, int], ...]],
    tuple[tuple[int, int], ...],
]:
    by_site: dict[int, tuple[tuple[int, int], ...]] = {}
    by_dock: dict[int, tuple[tuple[int, int], ...]] = {}
    whole: tuple[tuple[int, int], ...] = ()
    for site, dock, start, end in rows:
        if dock is not None:
            by_dock[dock] = (*by_dock.get(dock, ()), (start, end))
        elif site is not None:
            by_site[site] = (*by_site.get(site, ()), (start, end))
        else:
            whole = (*whole, (start, end))
    return by_site, by_dock, whole


def minute_of(instant: datetime, day: date) -> int:
    """Whole minutes from the local midnight of `day` to an instant; may lie outside the day."""
    local = instant.astimezone(ZONE)
    return (local.date() - day).days * MINUTES_OF_DAY + local.hour * 60 + local.minute


def instant_of(day: date, minute: int) -> datetime:
    """The instant at a minute of a local day, in the office's zone."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZONE)
    return midnight + timedelta(minutes=minute)


def local_date(instant: datetime) -> date:
    """The date of an instant in the office's zone."""
    return instant.astimezone(ZONE).date()
