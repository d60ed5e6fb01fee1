"""A day of requests, one by one, as each of three clerks would book them: `python -m bench.online [--quick]`.

The first day of an office of 40 inspectors and 200 requests, seeds 0, 1 and 2. Each request is booked at its
wished start, else at the nearest start that the clerk believes in (the earlier one on ties), else refused.

- `insertion` inserts into the plan as it stands.
- `oracle` asks for starts around the wished one and books by proof, with default budgets; each booking makes
  a new version of the day, whose oracle takes over the plans of the former one.
- `counter` counts places: at no minute more seats than inspectors on duty. Its promises are then crewed in
  order of start by proof with a large budget; what finds no crew is an uncrewed promise (or not decided).

Figures, sums over the seeds: booked, booked at the wished start, mean deviation of the booked ones in
minutes, CPU per request of the oracle. Bars: wished starts of the oracle / of insertion, deviation likewise,
and days of the oracle that do not pass `check` at the end.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from bench.instances import Request, draw_requests, open_office
from bench.promise import nearest_start
from bench.report import compare, print_report
from solver.check import check
from solver.day import GRID, MIDNIGHT, Candidate, Day, Job
from solver.insert import calendar_starts, insert, open_starts, place, prepare
from solver.oracle import Budget, Oracle
from solver.plan import Assignment

CREWING: Final = Budget(nodes=2_000, conflicts=50_000)


@dataclass(slots=True)
class Book:
    """The bookings of one clerk on one day."""

    day: Day
    jobs: list[Job] = field(default_factory=list)
    deviations: list[int] = field(default_factory=list)
    plan: dict[int, Assignment] = field(default_factory=dict)

    def enter(self, job: Job, wished: int) -> None:
        """Write a booking down."""
        self.jobs.append(job)
        self.deviations.append(abs(job.start - wished))

    @property
    def wished(self) -> int:
        """Bookings at the wished start."""
        return self.deviations.count(0)


def book_by_insertion(day: Day, requests: Sequence[Request]) -> Book:
    """Book as `insert` finds a place."""
    book, board = Book(day), prepare(day, {})
    for number, request in enumerate(requests):
        start = nearest_start(open_starts(board, request.candidate), request.wished)
        if start is None:
            continue
        job = request.candidate.at(start, number)
        found = insert(board, job)
        if isinstance(found, Assignment):
            board = place(board, job, found)
            book.enter(job, request.wished)
    book.plan = dict(board.plan)
    return book


def book_by_oracle(day: Day, requests: Sequence[Request]) -> Book:
    """Book at the nearest start that the oracle proves."""
    book, oracle = Book(day), Oracle(day, {})
    for number, request in enumerate(requests):
        start = _find_nearest(oracle, request)
        if start is None:
            continue
        job = request.candidate.at(start, number)
        proof = oracle.prove(job)
        if proof.plan is None:
            continue
        book.enter(job, request.wished)
        book.plan = dict(proof.plan)
        oracle = Oracle(replace(day, jobs=tuple(book.jobs)), book.plan, former=oracle)
    return book


def _find_nearest(oracle: Oracle, request: Request) -> int | None:
    """Ask for the starts around the wished one, in widening windows."""
    for reach in (0, 2 * GRID, 8 * GRID, MIDNIGHT):
        near = replace(
            request.candidate,
            earliest=max(0, request.wished - reach),
            latest=min(MIDNIGHT, request.wished + reach + 1),
        )
        start = nearest_start(oracle.starts(near).yes, request.wished)
        if start is not None:
            return start
    return None


def book_by_counter(day: Day, requests: Sequence[Request]) -> Book:
    """Book as long as no minute has more seats than inspectors on duty."""
    book, places = Book(day), [0] * MIDNIGHT
    for duty in day.duties:
        for minute in range(duty.start, duty.end):
            places[minute] += 1
    for number, request in enumerate(requests):
        start = nearest_start(_counted_starts(day, request.candidate, places), request.wished)
        if start is None:
            continue
        job = request.candidate.at(start, number)
        book.enter(job, request.wished)
        for minute in range(job.start, job.end):
            places[minute] -= len(job.seats)
    return book


def _counted_starts(day: Day, candidate: Candidate, places: Sequence[int]) -> int:
    allowed, starts = calendar_starts(day, candidate), 0
    for cell in range(allowed.bit_length()):
        taken = places[cell * GRID : cell * GRID + candidate.duration]
        if allowed >> cell & 1 and min(taken) >= len(candidate.seats):
            starts |= 1 << cell
    return starts


def crew_promises(book: Book) -> None:
    """Find crews for as many promises as can be had one after the other."""
    kept: list[Job] = []
    oracle = Oracle(book.day, {})
    for job in sorted(book.jobs, key=lambda job: (job.start, job.id)):
        proof = oracle.prove(job, budget=CREWING)
        if proof.plan is not None:
            kept.append(job)
            book.plan = dict(proof.plan)
            oracle = Oracle(replace(book.day, jobs=tuple(kept)), book.plan, former=oracle)


def _figures(name: str, books: Sequence[Book]) -> dict[str, float]:
    deviations = [minutes for book in books for minutes in book.deviations]
    return {
        f"{name}_booked": len(deviations),
        f"{name}_wished": sum(book.wished for book in books),
        f"{name}_deviation": round(sum(deviations) / len(deviations), 2),
    }


def measure(*, seeds: int, inspectors: int, requests: int) -> dict[str, float]:
    """Return all figures."""
    books: dict[str, list[Book]] = {"insertion": [], "oracle": [], "counter": []}
    clerks: dict[str, Callable[[Day, Sequence[Request]], Book]] = {
        "insertion": book_by_insertion,
        "oracle": book_by_oracle,
        "counter": book_by_counter,
    }
    cpu = 0.0
    for seed in range(seeds):
        print(f"seed {seed} ...", flush=True)
        office = open_office(seed=seed, inspectors=inspectors)
        asked = list(islice(draw_requests(office, seed=seed), requests))
        for name, clerk in clerks.items():
            begun = time.process_time()
            books[name].append(clerk(office.days[0], asked))
            cpu += time.process_time() - begun if name == "oracle" else 0
        crew_promises(books["counter"][-1])
    figures: dict[str, float] = {}
    for name, some in books.items():
        figures |= _figures(name, some)
    figures["oracle_ms_per_request"] = round(cpu / seeds / requests * 1e3, 1)
    figures["counter_uncrewed"] = sum(len(book.jobs) - len(book.plan) for book in books["counter"])
    figures["oracle_uncrewed"] = sum(
        bool(check(replace(book.day, jobs=tuple(book.jobs)), book.plan)) for book in books["oracle"]
    )
    return figures


def main() -> None:
    """Measure and print the report; `--quick` shows in a few seconds that the bench works."""
    parser = argparse.ArgumentParser(description="A day of requests by insertion, oracle and counter.")
    parser.add_argument("--quick", action="store_true", help="one seed, few inspectors and requests")
    if parser.parse_args().quick:
        figures = measure(seeds=1, inspectors=10, requests=30)
    else:
        figures = measure(seeds=3, inspectors=40, requests=200)
    bars = {
        "wished": compare(figures["oracle_wished"] / figures["insertion_wished"], ">=", 1.15),
        "deviation": compare(
            figures["oracle_deviation"] / max(0.01, figures["insertion_deviation"]), "<=", 0.6
        ),
        "uncrewed": compare(figures["oracle_uncrewed"], "==", 0),
    }
    print_report("online", figures=figures, bars=bars)


if __name__ == "__main__":
    main()
