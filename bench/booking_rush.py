"""Committed bookings per second beside pgbench on the same server: `python -m bench.booking_rush [--quick]`.

Seven offices of 40 inspectors, each with a site 20 minutes from its home, visits of 15 minutes by a lead and
a second. The use case `book` runs in 2 worker processes of 32 threads, each thread with a connection of its
own, fsync on: every booking is admitted, counted against its enterprise's cap, crewed under the lock of its
office day, checked, and written with its event, its recipient and three texts. Each booking asks for an exact
start that is free when it is asked for; refusals are counted and are no bookings.

- *hot*: all 64 connections ask for the same office day; it has 400 places, and when all of them have been
  asked for everybody goes on to the next day, so that there are free places throughout.
- *spread*: the bookings go round 7 offices x 14 days.

A thousand earlier bookings stand at an eighth office, and the planner's statistics are fresh.

Beside it `pgbench -c 64 -j 2 -s 10` (TPC-B-like) on the same server. Each takes 30 seconds, in turn, three
times, every time on a database of its own; the medians count. Doubles are inspectors with two bookings at the
same time at any moment of history.
"""

import argparse
import itertools
import multiprocessing
import os
import statistics
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from bench.district import (
    MORNING,
    date_of,
    fresh_database,
    key,
    make_database,
    running_server,
    store_district,
    store_instructions,
)
from bench.instances import CLOSES, FIRST_DATE, HORIZON, OPENS, Office
from bench.pgbench import run_pgbench
from bench.report import compare, print_report
from scheduler.access.actor import Actor
from scheduler.booking.book import book
from scheduler.booking.orders import Order
from scheduler.database.connection import Database
from scheduler.database.idempotency import plainly
from scheduler.database.server import Server
from scheduler.errors import Refusal
from scheduler.memory import settle
from scheduler.models import Account
from scheduler.promise.rows import instant_of
from scheduler.vocabulary import Channel, Role
from solver.day import Day, Duty, Inspector, Lunch

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

PROCESSES: Final = 2
CONNECTIONS: Final = 64
OFFICES: Final = 7
INSPECTORS: Final = 40
SITES: Final = 9
ENTERPRISES: Final = 1000
STARTS: Final = (*range(540, 660, 15), *range(840, 1020, 15))
"""Starts beside the span of the meal break: each has a place for every two inspectors."""

PLACES: Final = len(STARTS) * INSPECTORS // 2
"""Places of one office day."""

MOST_PER_SECOND: Final = 1200
"""How many bookings a second there are instructions for."""

EARLIER: Final = 1000
"""Bookings that stand at another office before anything is measured."""

DISTRICT: Final = "district"
"""The database that every run copies."""

SEATS: Final = (frozenset({"food"}), frozenset[str]())


@dataclass(frozen=True, slots=True)
class Ask:
    """One booking to be asked for."""

    reference: str
    enterprise: int
    office: str
    ahead: int
    minute: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run made: bookings per second, their waiting, refusals by code, doubles, CPU a booking."""

    per_second: float
    latencies_ms: Sequence[float]
    refused: Mapping[str, int]
    doubles: int
    client_cpu_ms: float
    database_cpu_ms: float


@dataclass(frozen=True, slots=True)
class Rush:
    """A district that is ready: who acts, what can be booked and by whom, codes of the offices."""

    account: int
    instructions: Sequence[tuple[str, int]]
    offices: Sequence[str]


def rush_office() -> Office:
    """An office whose inspectors can all do the visit, on each of 14 days from 08:30 to 17:30."""
    people = tuple(
        Inspector(one, {"food": ((FIRST_DATE.replace(year=2020), None),)}) for one in range(1, INSPECTORS + 1)
    )
    days = tuple(
        Day(
            date=date_of(ahead),
            opens=OPENS,
            closes=CLOSES,
            duties=tuple(Duty(1000 * ahead + one.id, one.id, OPENS, CLOSES, 0, 0) for one in people),
            inspectors=people,
            jobs=(),
            lunch=Lunch(),
        )
        for ahead in range(HORIZON)
    )
    travel = dict.fromkeys(itertools.permutations(range(SITES), 2), 20)
    return Office(travel, {}, tuple(range(SITES)), days)


def ask_hot(number: int) -> tuple[int, int, int]:
    """Office, day and minute of a booking: one day after the other."""
    block, place = divmod(number, PLACES)
    return *divmod(block, HORIZON), STARTS[place % len(STARTS)]


def ask_spread(number: int) -> tuple[int, int, int]:
    """Office, day and minute of a booking: all days in turn."""
    place, cell = divmod(number, OFFICES * HORIZON)
    return *divmod(cell, HORIZON), STARTS[place % len(STARTS)]


SHAPES: Final = {"hot": ask_hot, "spread": ask_spread}
SHARES: Final = {"hot": 0.10, "spread": 0.20}
"""The least share of pgbench's transactions per second."""


def fill_district(url: str, *, bookings: int, earlier: int) -> Rush:
    """Fill an empty database with the district, instructions, and earlier bookings at one office more.

    Without earlier bookings the planner would take every table for an empty one, which none is in service.
    """
    database = make_database(url)
    district = store_district(database, [rush_office()] * (OFFICES + 1), enterprises=ENTERPRISES)
    instructions = store_instructions(
        database, district, district.offices[0], count=bookings + earlier, seats=SEATS
    )
    with database.transaction() as session:
        account = Account(login="rush", role=Role.INTEGRATOR.value, name="示例", created_at=MORNING)
        account.enterprise = district.enterprises[0]
        session.add(account)
        session.flush()
        number = key(account.id)
    for place, (reference, enterprise) in enumerate(instructions[:earlier]):
        day, start = place % HORIZON, STARTS[place // HORIZON % len(STARTS)]
        _book(database, number, Ask(reference, enterprise, district.offices[-1].code, day, start))
    if earlier:
        with database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
    database.close()
    return Rush(number, instructions[earlier:], [office.code for office in district.offices[:-1]])


def list_asks(prepared: Rush, shape: str) -> list[Ask]:
    """Return the bookings to ask for, in order."""
    places = (SHAPES[shape](number) for number in itertools.count())
    return [
        Ask(reference, enterprise, prepared.offices[office], day, minute)
        for (reference, enterprise), (office, day, minute) in zip(prepared.instructions, places, strict=False)
    ]


def _order(ask: Ask) -> Order:
    return Order.model_validate(
        {
            "instructions": [{"reference": ask.reference}],
            "start": instant_of(date_of(ask.ahead), ask.minute),
            "office": ask.office,
            "site": "site-1",
            "attendee": "示例陪同人",
            "recipients": [{"name": "示例收信人", "mobile": "13800138000"}],
        }
    )


def _work(url: str, account: int, asks: Sequence[Ask], shared: "Shared") -> None:
    """Be one worker process: connect, wait for the others, book until the time is over, tell the outcome."""
    threads = shared.connections // PROCESSES
    settle()  # as a web process does when it has started
    database = Database(url, pool_size=threads)
    latencies, refused = list[float](), Counter[str]()
    ready = threading.Barrier(threads + 1)

    def loop() -> None:
        database.now()
        ready.wait()
        shared.start.wait()
        until = time.monotonic() + shared.seconds
        while time.monotonic() < until:
            ask, begun = asks[shared.take()], time.monotonic()
            refusal = _book(database, account, ask)
            ended = time.monotonic()
            if refusal is not None:
                refused[refusal] += 1
            elif ended <= until:
                latencies.append(1000 * (ended - begun))

    with ThreadPoolExecutor(threads) as pool:
        loops = [pool.submit(loop) for _ in range(threads)]
        ready.wait()
        shared.ready.wait()
        begun = time.process_time()
        for one in loops:
            one.result()
    database.close()
    shared.told.put((latencies, refused, time.process_time() - begun))


def _book(database: Database, account: int, ask: Ask) -> str | None:
    """Book, or return the code of the refusal."""
    actor = Actor(role=Role.INTEGRATOR, channel=Channel.API, account=account, enterprise=ask.enterprise)
    try:
        book(database, actor=actor, order=_order(ask), now=MORNING, keep=plainly)
    except Refusal as refusal:
        return refusal.code
    return None


class Shared:
    """What the worker processes share: the next booking's number, the start, and where outcomes go."""

    def __init__(self, seconds: float, connections: int) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["bench.district", "scheduler.booking.book"])  # imported once for all
        self.seconds, self.connections = seconds, connections
        self.ready = context.Barrier(PROCESSES + 1)
        self.start = context.Event()
        self.told: Queue[tuple[list[float], Counter[str], float]] = context.Queue()
        self._next = context.Value("q", 0)
        self.process = context.Process

    def take(self) -> int:
        """Return the number of the next booking to ask for."""
        with self._next.get_lock():
            number: int = self._next.value
            self._next.value += 1
        return number


def rush(
    server: Server, prepared: Rush, shape: str, *, seconds: float, connections: int = CONNECTIONS
) -> Outcome:
    """Run one shape on a copy of the district."""
    with fresh_database(server, shape, template=DISTRICT) as url:
        shared, asks = Shared(seconds, connections), list_asks(prepared, shape)
        workers = [
            shared.process(target=_work, args=(url, prepared.account, asks, shared)) for _ in range(PROCESSES)
        ]
        for worker in workers:
            worker.start()
        shared.ready.wait(timeout=120)
        before = ended_cpu(server)
        shared.start.set()
        told = [shared.told.get(timeout=seconds + 120) for _ in workers]
        for worker in workers:
            worker.join()
        there = ended_cpu(server) - before
        database = Database(url)
        doubles = count_doubles(database)
        database.close()
    latencies = [one for part, _, _ in told for one in part]
    refused = sum((part for _, part, _ in told), Counter[str]())
    each = 1000 / max(len(latencies), 1)
    here = sum(part for _, _, part in told)
    return Outcome(len(latencies) / seconds, latencies, refused, doubles, here * each, there * each)


def ended_cpu(server: Server) -> float:
    """Return the CPU seconds of all the server's processes that have ended; 0 where /proc does not tell."""
    try:
        pid = (server.place.data / "postmaster.pid").read_text(encoding="ascii").split("\n", 1)[0]
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(told[13]) + int(told[14])) / os.sysconf("SC_CLK_TCK")


_DOUBLES: Final = """
CREATE TEMP TABLE crewed ON COMMIT DROP AS
    SELECT *, tstzrange(recorded_from, recorded_to) AS recorded FROM crew_history;
CREATE INDEX ON crewed USING gist (inspector, occupied, recorded);
ANALYZE crewed;
SELECT count(*) FROM crewed AS one JOIN crewed AS other
ON one.inspector = other.inspector AND one.occupied && other.occupied
    AND one.recorded && other.recorded AND one.id < other.id
"""


def count_doubles(database: Database) -> int:
    """Count inspectors that had two bookings at the same time at some moment of history."""
    with database.transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = '5min'"))
        *before, count = _DOUBLES.split(";")
        for statement in before:
            session.execute(text(statement))
        return int(session.execute(text(count)).scalar_one())


def summarize(outcomes: Mapping[str, Sequence[Outcome]]) -> dict[str, float]:
    """Return the figures of each shape: the median of its runs, waiting over all of them."""
    figures: dict[str, float] = {}
    for shape, runs in outcomes.items():
        waits = sorted(wait for run in runs for wait in run.latencies_ms)
        figures |= {
            f"{shape}_per_second": round(statistics.median(run.per_second for run in runs), 1),
            f"{shape}_p50_ms": round(waits[len(waits) // 2], 1),
            f"{shape}_p99_ms": round(waits[int(0.99 * (len(waits) - 1))], 1),
            f"{shape}_booked": len(waits),
            f"{shape}_refused": sum(sum(run.refused.values()) for run in runs),
            f"{shape}_client_cpu_ms": round(statistics.median(run.client_cpu_ms for run in runs), 2),
            f"{shape}_database_cpu_ms": round(statistics.median(run.database_cpu_ms for run in runs), 2),
            f"{shape}_doubles": sum(run.doubles for run in runs),
        }
        codes = sum((Counter(run.refused) for run in runs), Counter[str]())
        figures |= {f"{shape}_refused_{code}": count for code, count in codes.items()}
    return figures


def main() -> None:
    """Measure and print the report; `--quick` runs two seconds of each shape, without pgbench."""
    parser = argparse.ArgumentParser(description="Committed bookings per second beside pgbench.")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="two seconds, two connections, no pgbench",
    )
    parser.add_argument("--seconds", type=int, default=30, help="length of one run")
    parser.add_argument("--rounds", type=int, default=3, help="how often each runs")
    asked = parser.parse_args()
    seconds, rounds, earlier = (2, 1, 0) if asked.quick else (asked.seconds, asked.rounds, EARLIER)
    connections = PROCESSES if asked.quick else CONNECTIONS
    outcomes: dict[str, list[Outcome]] = {shape: [] for shape in SHAPES}
    peers: list[float] = []
    with running_server() as server, fresh_database(server, DISTRICT) as url:
        prepared = fill_district(url, bookings=int(seconds * MOST_PER_SECOND), earlier=earlier)
        for number in range(rounds):
            if not asked.quick:
                peers.append(run_pgbench(server, clients=CONNECTIONS, threads=PROCESSES, seconds=seconds))
                print(f"round {number + 1}, pgbench: {peers[-1]:.0f} a second", flush=True)
            for shape, runs in outcomes.items():
                runs.append(rush(server, prepared, shape, seconds=seconds, connections=connections))
                print(f"round {number + 1}, {shape}: {runs[-1].per_second:.0f} a second", flush=True)
    figures = summarize(outcomes)
    bars = {f"doubles_{shape}": compare(figures[f"{shape}_doubles"], "==", 0) for shape in SHAPES}
    if not peers:
        print_report("booking_rush", figures=figures, bars=bars)
        return
    beside = statistics.median(peers)
    for shape, share in SHARES.items():
        bars[f"{shape}_of_pgbench"] = compare(figures[f"{shape}_per_second"] / beside, ">=", share)
    print_report("booking_rush", figures=figures, bars=bars, peers={"pgbench_per_second": round(beside, 1)})


if __name__ == "__main__":
    main()
