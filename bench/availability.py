"""What one question about 14 days costs: `python -m bench.availability [--quick] [--peer-python PYTHON]`.

An office of 20 inspectors and 10 sites in a district of seven such offices, in a real database. The question
is `true_starts`: every start at which a visit can be promised, for one type, site and duration, on 14 open
days, crews of two with their qualifications, travel, docks and meals.

- *curve*: visits of 20 to 60 minutes up to a load of 0.45 * exp(-day / 6), first come, first served.
- *case*: 1,371 bookings on the 14 days, visits of 20 minutes at the office's own site.

*cold* has an empty cache and reads all rows, the district's reference included; *warm* asks again. Figures
are means over different questions, for the peer's are sums: CPU of this process in milliseconds, Python's
garbage collections included, CPU of the database's process beside it (Linux only), most statements. The bars
are on the mean of cold.

The peer is django-appointment, asked by hand in a virtualenv of its own (see bench/README.md): its own
function for free starts, once for each of 14 days x 20 staff members, who serve one person each, beside as
many bookings.
"""

import argparse
import json
import statistics
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy import event, text

from bench.district import (
    MORNING,
    StoredDistrict,
    date_of,
    make_database,
    running_server,
    store_district,
    store_plan,
    type_of,
)
from bench.instances import HORIZON, Office, Request, draw_requests, open_office, target_load
from bench.promise import fill, nearest_start
from bench.report import Bar, compare, print_report
from scheduler.database.connection import Database
from scheduler.memory import settle
from scheduler.promise.boards import Boards
from scheduler.promise.rows import local_date
from scheduler.promise.search import Demand, true_starts
from scheduler.vocabulary import CreditLevel
from solver.day import Candidate, Day, Job
from solver.insert import insert, open_starts, place, prepare
from solver.plan import Assignment, Plan

OFFICES: Final = 7
INSPECTORS: Final = 20
CASE: Final = 1371
MOST_STATEMENTS: Final = 3
TIMES_LESS: Final = 100
"""How many times less CPU than the peer a cold question takes at least."""

Filled = Sequence[tuple[Day, Plan]]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one question took: CPU in milliseconds here and in the database, statements, starts found."""

    cpu_ms: float
    database_ms: float
    statements: int
    starts: int


def fill_curve(office: Office, *, seed: int) -> Filled:
    """Fill the days along the booking curve."""
    stream = draw_requests(office, seed=seed)
    filled = (fill(day, stream, load=target_load(ahead)) for ahead, day in enumerate(office.days))
    return [(one.day, one.board.plan) for one in filled]


def fill_case(office: Office, *, seed: int) -> Filled:
    """Fill the days with 1,371 short visits at the office's own site."""
    stream = draw_requests(office, seed=seed)
    shares = [CASE // HORIZON + (ahead < CASE % HORIZON) for ahead in range(HORIZON)]
    return [_fill_day(day, stream, count=count) for day, count in zip(office.days, shares, strict=True)]


def _fill_day(day: Day, stream: Iterator[Request], *, count: int) -> tuple[Day, Plan]:
    board, jobs = prepare(day, {}), list[Job]()
    while len(board.plan) < count:
        request = next(stream)
        visit = replace(request.candidate, site=0, duration=20)
        start = nearest_start(open_starts(board, visit), request.wished)
        if start is None:
            continue
        job = visit.at(start, len(board.plan) + 1)
        found = insert(board, job)
        if isinstance(found, Assignment):
            board = place(board, job, found)
            jobs.append(job)
    return replace(day, jobs=tuple(jobs)), board.plan


@contextmanager
def filled_database(office: Office, filled: Filled) -> Iterator[tuple[Database, StoredDistrict]]:
    """A database with the office's bookings, beside six more offices without any."""
    with running_server() as server:
        database = make_database(server.url, pool_size=1)
        others = [open_office(seed=number, inspectors=INSPECTORS) for number in range(1, OFFICES)]
        district = store_district(database, [office, *others], enterprises=300)
        for ahead, (day, plan) in enumerate(filled):
            store_plan(database, district, district.offices[0], ahead=ahead, day=day, plan=plan)
        with database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
        yield database, district
        database.close()


def list_demands(
    database: Database, district: StoredDistrict, candidates: Sequence[Candidate]
) -> list[Demand]:
    """Return the candidates as demands on the first office."""
    office = district.offices[0]
    with database.transaction() as session:
        return [
            Demand(
                office=office.id,
                site=office.sites[one.site],
                type=type_of(session, district, one.seats),
                minutes=one.duration,
                credit=CreditLevel.REGULAR,
            )
            for one in candidates
        ]


def ask(database: Database, boards: Boards, demand: Demand) -> Cost:
    """Put one question, in a transaction of its own, and tell what it took."""
    statements: list[str] = []
    engine = database.engine

    def count(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    first = local_date(MORNING)
    with database.transaction() as session:
        backend = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        event.listen(engine, "before_cursor_execute", count)
        try:
            there, here = _cpu_of(backend), time.process_time()
            found = true_starts(
                session, boards, demand=demand, first=first, last=date_of(HORIZON - 1), now=MORNING
            )
            here, there = time.process_time() - here, _cpu_of(backend) - there
        finally:
            event.remove(engine, "before_cursor_execute", count)
    return Cost(1000 * here, 1000 * there, len(statements), len(found.starts))


def _cpu_of(pid: int) -> float:
    """Return the CPU seconds of another process; 0 where /proc does not tell."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9
    except OSError:
        return 0.0


def measure(filled: Filled, office: Office, *, questions: int) -> dict[str, float]:
    """Return the figures of one instance: cold and warm."""
    candidates = [one.candidate for one in islice(draw_requests(office, seed=99), questions)]
    with filled_database(office, filled) as (database, district):
        demands = list_demands(database, district, candidates)
        for demand in demands[:3]:
            ask(database, Boards(), demand)  # connection and statements are known before anything is timed
        cold = [ask(database, Boards(), demand) for demand in demands]
        boards = Boards()
        ask(database, boards, demands[0])
        warm = [ask(database, boards, demand) for demand in demands]
    figures: dict[str, float] = {"bookings": sum(len(plan) for _, plan in filled)}
    for name, costs in (("cold", cold), ("warm", warm)):
        figures |= {
            f"{name}_cpu_ms": round(statistics.fmean(cost.cpu_ms for cost in costs), 3),
            f"{name}_cpu_ms_p50": round(statistics.median(cost.cpu_ms for cost in costs), 3),
            f"{name}_cpu_ms_max": round(max(cost.cpu_ms for cost in costs), 3),
            f"{name}_database_cpu_ms": round(statistics.fmean(cost.database_ms for cost in costs), 3),
            f"{name}_statements": max(cost.statements for cost in costs),
        }
    figures["starts_mean"] = round(statistics.fmean(cost.starts for cost in cold), 1)
    return figures


def ask_peer(python: str, office: Office, filled: Filled) -> dict[str, float | int | str]:
    """Put the question to django-appointment: leads are its staff, each booking is one of its lead's."""
    busy = []
    for day, plan in filled:
        leads = {duty.id: duty.inspector for duty in day.duties}
        spells: dict[int, list[tuple[int, int]]] = {one.id: [] for one in day.inspectors}
        for job in day.jobs:
            spells[leads[plan[job.id].crew[0]]].append((job.start, job.end))
        busy.append(list(spells.values()))
    first = office.days[0]
    asked = {"busy": busy, "opens": first.opens, "closes": first.closes, "minutes": 30}
    told = subprocess.run(  # noqa: S603 - the interpreter that the caller named
        [python, str(Path(__file__).with_name("peer_django_appointment.py"))],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float | int | str] = json.loads(told.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure and print the report."""
    parser = argparse.ArgumentParser(description="CPU and statements of one question about 14 days.")
    parser.add_argument("--quick", action="store_true", help="few questions")
    parser.add_argument("--peer-python", help="an interpreter that has django-appointment: ask it too")
    asked = parser.parse_args()
    office = open_office(seed=0, inspectors=INSPECTORS)
    instances = {"curve": fill_curve(office, seed=0), "case": fill_case(office, seed=0)}
    settle()  # as a web process does when it has started
    figures: dict[str, float] = {}
    bars: dict[str, Bar] = {}
    peers: dict[str, float | int | str | None] = {}
    for name, filled in instances.items():
        print(f"{name} ...", flush=True)
        found = measure(filled, office, questions=5 if asked.quick else 100)
        figures |= {f"{name}_{figure}": value for figure, value in found.items()}
        bars[f"{name}_statements"] = compare(found["cold_statements"], "<=", MOST_STATEMENTS)
        if asked.peer_python:
            print(f"{name}, django-appointment ...", flush=True)
            peer = ask_peer(asked.peer_python, office, filled)
            peers |= {f"{name}_{figure}": value for figure, value in peer.items()}
            ratio = 1000 * float(peer["cpu_s"]) / found["cold_cpu_ms"]
            bars[f"{name}_peer_cpu_ratio"] = compare(round(ratio, 1), ">=", TIMES_LESS)
    print_report("availability", figures=figures, bars=bars, peers=peers)


if __name__ == "__main__":
    main()
