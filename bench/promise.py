"""What insertion costs and how many slots it decides: `python -m bench.promise [--quick]`.

Dense days: for 10, 20 and 40 inspectors and a load of 0.3, 0.4 and 0.5, the first day of a seeded office is
filled first come, first served: each request of the stream is inserted at its wished start, else at the
open start nearest to it (the earlier one on ties), until the load is reached or 200 requests in a row found
no place (then the load that was reached is what `load` tells). Then fresh candidates are asked about.

A *slot* is a start of the grid at which the calendar (opening, closures) allows the candidate. It is
*decided* if insertion answers yes, or if Hall counting proves no: in a set of jobs that pairwise exclude
each other for one inspector (they overlap, or the travel between them does not fit), the candidate among
them, the seats cannot all be given to different qualified inspectors whose duty could hold the job alone;
or, with the candidate, more jobs of its site run at one instant than it has docks. The rest is *unknown*:
it takes exact re-crewing.

Figures per size and load: CPU of one `insert` in microseconds per candidate start (mean over slots, answers
of both kinds), CPU of `prepare` and `check` of the day, shares of yes, no and decided slots. Per size: CPU
of one question over 14 days (mean, median, 95th percentile, milliseconds) on days filled along the booking
curve 0.45 * exp(-day / 6).
"""

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from bench.instances import Office, Request, draw_requests, open_office, paid_minutes, target_load
from bench.report import print_report
from solver.check import check
from solver.day import CELLS, GRID, Candidate, Day, Duty, Job
from solver.insert import Board, insert, open_starts, openings, place, prepare
from solver.plan import Assignment

_PATIENCE = 200


@dataclass(frozen=True, slots=True)
class Filled:
    """A board, the day with its jobs, and the load that was reached."""

    board: Board
    day: Day
    load: float


def fill(day: Day, requests: Iterator[Request], *, load: float) -> Filled:
    """Insert requests first come, first served, until the load is reached or nobody finds a place."""
    board, jobs, minutes, missed = prepare(day, {}), list[Job](), 0, 0
    paid = paid_minutes(day)
    while minutes < load * paid and missed < _PATIENCE:
        request = next(requests)
        start = nearest_start(open_starts(board, request.candidate), request.wished)
        missed += 1
        if start is None:
            continue
        job = request.candidate.at(start, len(jobs) + 1)
        found = insert(board, job)
        if isinstance(found, Assignment):
            board, missed = place(board, job, found), 0
            jobs.append(job)
            minutes += job.duration * len(job.seats)
    full = replace(day, jobs=tuple(jobs))
    return Filled(prepare(full, board.plan), full, minutes / paid)


def nearest_start(starts: int, wished: int) -> int | None:
    """Return the start of a mask nearest to a wished minute, the earlier one on ties."""
    cells = [cell * GRID for cell in range(CELLS) if starts >> cell & 1]
    return min(cells, key=lambda start: (abs(start - wished), start), default=None)


def proves_no(board: Board, job: Job) -> bool:
    """Whether Hall counting shows that no crewing of the day's jobs and this one exists; see the module."""
    if _lacks_docks(board.day, job):
        return True
    rivals = [other for other in board.day.jobs if _exclude(board.day, job, other)]
    instants = {job.start, *(other.start for other in rivals if job.start < other.start < job.end)}
    for instant in sorted(instants):
        rivals.sort(key=lambda other: (not other.start <= instant < other.end, abs(other.start - job.start)))
        clique = [job]
        for other in rivals:
            if all(_exclude(board.day, other, member) for member in clique):
                clique.append(other)
        if not _can_be_crewed(board, clique):
            return True
    return False


def _exclude(day: Day, a: Job, b: Job) -> bool:
    first, second = (a, b) if a.start <= b.start else (b, a)
    return first.end + day.travel_between(first.site, second.site) > second.start


def _lacks_docks(day: Day, job: Job) -> bool:
    docks = day.docks.get(job.site)
    if docks is None:
        return False
    here = [other for other in day.jobs if other.site == job.site]
    instants = [job.start, *(other.start for other in here if job.start < other.start < job.end)]
    return any(sum(other.start <= at < other.end for other in here) >= len(docks) for at in instants)


def _can_be_crewed(board: Board, jobs: Sequence[Job]) -> bool:
    """Whether all seats of the jobs can have different inspectors (augmenting paths)."""
    able = [
        [
            duty.inspector
            for duty in board.day.duties
            if seat <= board.held[duty.inspector] and _could_hold(board, duty, job)
        ]
        for job in jobs
        for seat in job.seats
    ]
    holder: dict[int, int] = {}

    def seated(seat: int, tried: set[int]) -> bool:
        for one in able[seat]:
            if one not in tried:
                tried.add(one)
                if one not in holder or seated(holder[one], tried):
                    holder[one] = seat
                    return True
        return False

    return all(seated(seat, set()) for seat in range(len(able)))


def _could_hold(board: Board, duty: Duty, job: Job) -> bool:
    travel = board.day.travel_between
    return (
        duty.inspector not in job.excluded
        and duty.start + travel(duty.start_site, job.site) <= job.start
        and job.end + travel(job.site, duty.end_site) <= duty.end
    )


def cpu_of(work: Callable[[], object], *, times: int) -> float:
    """Return the CPU seconds of one call, the best of three rounds of so many calls."""
    rounds = []
    for _ in range(3):
        begun = time.process_time()
        for _ in range(times):
            work()
        rounds.append((time.process_time() - begun) / times)
    return min(rounds)


def measure_dense_day(office: Office, *, load: float, seed: int, candidates: int) -> dict[str, float]:
    """Return load, jobs, CPU and shares of one filled day."""
    stream = draw_requests(office, seed=seed)
    filled = fill(office.days[0], stream, load=load)
    board, times, verdicts = filled.board, list[float](), Counter[str]()
    for request in islice(stream, candidates):
        starts = open_starts(board, request.candidate)
        for job in _slots(filled.day, request.candidate):
            times.append(cpu_of(partial(insert, board, job), times=1))
            verdicts[_judge(board, job, opened=bool(starts >> job.start // GRID & 1))] += 1
    slots = verdicts.total()
    return {
        "load": filled.load,
        "jobs": len(filled.day.jobs),
        "slots": slots,
        "insert_us": statistics.fmean(times) * 1e6,
        "prepare_us": cpu_of(partial(prepare, filled.day, board.plan), times=20) * 1e6,
        "check_us": cpu_of(partial(check, filled.day, board.plan), times=20) * 1e6,
        "yes": verdicts["yes"] / slots,
        "no": verdicts["no"] / slots,
        "decided": 1 - verdicts["unknown"] / slots,
    }


def _judge(board: Board, job: Job, *, opened: bool) -> str:
    if opened:
        return "yes"
    return "no" if proves_no(board, job) else "unknown"


def _slots(day: Day, candidate: Candidate) -> Iterator[Job]:
    for start in range(-(-day.opens // GRID) * GRID, day.closes - candidate.duration + 1, GRID):
        yield candidate.at(start, -1)


def measure_horizon(office: Office, *, seed: int, candidates: int) -> dict[str, float]:
    """Return CPU and open starts of questions over 14 days that are filled along the booking curve."""
    stream = draw_requests(office, seed=seed)
    boards = [fill(day, stream, load=target_load(ahead)).board for ahead, day in enumerate(office.days)]
    asked = [request.candidate for request in islice(stream, candidates)]
    times = sorted(cpu_of(partial(openings, boards, candidate), times=3) * 1e3 for candidate in asked)
    found = [sum(starts.bit_count() for starts in openings(boards, candidate)) for candidate in asked]
    return {
        "question_ms_mean": statistics.fmean(times),
        "question_ms_p50": statistics.median(times),
        "question_ms_p95": times[int(0.95 * (len(times) - 1))],
        "jobs": sum(len(board.plan) for board in boards),
        "open_starts_mean": statistics.fmean(found),
    }


def measure(*, sizes: Sequence[int], loads: Sequence[float], seeds: int, candidates: int) -> dict[str, float]:
    """Return all figures, the mean over the seeds of each; names end in the size and the load asked for."""
    figures: dict[str, float] = {}
    for size in sizes:
        offices = [(seed, open_office(seed=seed, inspectors=size)) for seed in range(seeds)]
        for load in loads:
            print(f"{size} inspectors, load {load} ...", flush=True)
            found = [
                measure_dense_day(office, load=load, seed=seed, candidates=candidates)
                for seed, office in offices
            ]
            figures |= _mean(found, f"{size}_inspectors_load_{load}")
        print(f"{size} inspectors, 14 days ...", flush=True)
        horizons = [measure_horizon(office, seed=seed, candidates=4 * candidates) for seed, office in offices]
        figures |= _mean(horizons, f"{size}_inspectors_14_days")
    return figures


def _mean(rows: Sequence[Mapping[str, float]], suffix: str) -> dict[str, float]:
    return {f"{name}_{suffix}": round(statistics.fmean(row[name] for row in rows), 4) for name in rows[0]}


def main() -> None:
    """Measure and print the report; `--quick` shows in a few seconds that the bench works."""
    parser = argparse.ArgumentParser(description="Insertion: cost per start and share of slots decided.")
    parser.add_argument("--quick", action="store_true", help="one seed, few candidates")
    if parser.parse_args().quick:
        figures = measure(sizes=(10, 20, 40), loads=(0.3, 0.5), seeds=1, candidates=3)
    else:
        figures = measure(sizes=(10, 20, 40), loads=(0.3, 0.4, 0.5), seeds=5, candidates=20)
    print_report("promise", figures=figures)


if __name__ == "__main__":
    main()
