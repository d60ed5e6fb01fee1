"""A day's problem as JSON text and back, exactly, so that failures can be kept and replayed.

Keys that are not text travel as lists of pairs, sets as sorted lists, dates in ISO 8601. Equal problems give
equal texts. `FORMAT` changes whenever a reader of the former one would misread.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from solver.day import Day, Duty, Inspector, Interval, Job, Lunch, Validity
from solver.plan import Assignment, Plan

FORMAT: Final = 1

_Json = dict[str, Any]  # whatever the text holds; the readers turn it into values that check themselves


def write_problem(day: Day, plan: Plan) -> str:
    """Return a day and a plan as one line of JSON."""
    document: _Json = {
        "format": FORMAT,
        "day": _write_day(day),
        "plan": [[job, list(row.crew), row.dock] for job, row in sorted(plan.items())],
    }
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read_problem(text: str) -> tuple[Day, dict[int, Assignment]]:
    """Return the day and the plan that `write_problem` wrote.

    Raises ValueError for another format, for text that is no JSON or lacks a field, and for values that the
    day refuses.
    """
    try:
        document: _Json = json.loads(text)
        found = document["format"]
        if found == FORMAT:
            plan = {job: Assignment(tuple(crew), dock) for job, crew, dock in document["plan"]}
            return _read_day(document["day"]), plan
    except (AttributeError, KeyError, TypeError) as problem:
        msg = f"problem: not of format {FORMAT}: {problem!r}"
        raise ValueError(msg) from problem
    msg = f"format: {found!r} cannot be read, only {FORMAT}"
    raise ValueError(msg)


def _write_day(day: Day) -> _Json:
    return {
        "date": day.date.isoformat(),
        "opens": day.opens,
        "closes": day.closes,
        "duties": [
            [one.id, one.inspector, one.start, one.end, one.start_site, one.end_site] for one in day.duties
        ],
        "inspectors": [_write_inspector(one) for one in day.inspectors],
        "jobs": [write_job(job) for job in day.jobs],
        "docks": [[site, list(docks)] for site, docks in sorted(day.docks.items())],
        "site_closures": _write_closures(day.site_closures),
        "dock_closures": _write_closures(day.dock_closures),
        "office_closures": [list(one) for one in day.office_closures],
        "travel": [[a, b, minutes] for (a, b), minutes in sorted(day.travel.items())],
        "lunch": day.lunch and [day.lunch.earliest, day.lunch.latest, day.lunch.minutes],
        "minimum_crew": day.minimum_crew,
    }


def _read_day(given: _Json) -> Day:
    return Day(
        date=date.fromisoformat(given["date"]),
        opens=given["opens"],
        closes=given["closes"],
        duties=tuple(Duty(*one) for one in given["duties"]),
        inspectors=tuple(_read_inspector(one) for one in given["inspectors"]),
        jobs=tuple(read_job(one) for one in given["jobs"]),
        docks={site: tuple(docks) for site, docks in given["docks"]},
        site_closures=_read_closures(given["site_closures"]),
        dock_closures=_read_closures(given["dock_closures"]),
        office_closures=_read_intervals(given["office_closures"]),
        travel={(a, b): minutes for a, b, minutes in given["travel"]},
        lunch=given["lunch"] and Lunch(*given["lunch"]),
        minimum_crew=given["minimum_crew"],
    )


def _write_inspector(one: Inspector) -> _Json:
    return {
        "id": one.id,
        "qualifications": {
            name: [[since.isoformat(), until and until.isoformat()] for since, until in periods]
            for name, periods in one.qualifications.items()
        },
    }


def _read_inspector(given: _Json) -> Inspector:
    return Inspector(
        given["id"],
        {
            name: tuple(_read_validity(since, until) for since, until in periods)
            for name, periods in given["qualifications"].items()
        },
    )


def _read_validity(since: str, until: str | None) -> Validity:
    return date.fromisoformat(since), (until and date.fromisoformat(until)) or None


def write_job(job: Job) -> _Json:
    """Return a job as values that JSON can hold."""
    return {
        "id": job.id,
        "site": job.site,
        "start": job.start,
        "duration": job.duration,
        "seats": [sorted(seat) for seat in job.seats],
        "excluded": sorted(job.excluded),
        "finish_by": job.finish_by,
        "frozen": job.frozen,
    }


def read_job(given: _Json) -> Job:
    """Return the job that `write_job` wrote."""
    return Job(
        id=given["id"],
        site=given["site"],
        start=given["start"],
        duration=given["duration"],
        seats=tuple(frozenset(seat) for seat in given["seats"]),
        excluded=frozenset(given["excluded"]),
        finish_by=given["finish_by"],
        frozen=given["frozen"],
    )


def _write_closures(closures: Mapping[int, tuple[Interval, ...]]) -> list[list[Any]]:
    return [[number, [list(one) for one in intervals]] for number, intervals in sorted(closures.items())]


def _read_closures(given: Iterable[tuple[int, list[list[int]]]]) -> dict[int, tuple[Interval, ...]]:
    return {number: _read_intervals(intervals) for number, intervals in given}


def _read_intervals(given: Iterable[list[int]]) -> tuple[Interval, ...]:
    return tuple((start, end) for start, end in given)
