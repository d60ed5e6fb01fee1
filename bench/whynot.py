"""Why a start is refused, whether that is true, and what it costs: `python -m bench.whynot [--quick]`.

Days: the first of an office of 10, 20 and 40 inspectors, filled first come, first served to load 0.4, 0.5
and 0.6 (`bench.promise.fill`), 2 seeds. Cells: 100 candidates of the stream, one start each, drawn among
those that the oracle proves impossible although an empty day would take them, so that only promises stand in
the way (what the rules alone refuse needs no search and is left to the tests). Of each day 12 cells are
taken, 216 in all, those that crews refuse before those that docks refuse: they are harder.

Each cell is explained within the default budget by a case that the day keeps and that has not seen the cell
(`explain`), and ways out are looked for (`relaxations`, not part of the CPU of an explanation). Figures:

- `explained`: cells with a conflict (`jobs`) and with promises whose leaving helps (`leaving`) / all cells.
- `minimal`: cells where both sets are proved minimal / all cells. `one_leaves`: where one promise is enough.
- `reason_...`: how often each code is the reason. `jobs_...`, `leaving_...`: sizes of the two sets.
- `explain_ms_...`, `ways_ms_...`: CPU of an explanation, and of the ways out.

Truth, judged by the CP-SAT model of `bench/cpsat.py`, which shares nothing with the solver (and before it,
where a set is said to exclude the job, by the Hall counting of `bench.promise`: CP-SAT is slow to count):

- `false`: cells where the day without `leaving` cannot take the job.
- `not_a_conflict`: cells where `jobs` alone and the job can be crewed.
- `spare_in_jobs`: cells where `jobs` without one of them, drawn at random, exclude the job all the same.
- `spare_in_leaving`: cells, said to be minimal, with more than one in `leaving` where the day takes the job
  although one of them, drawn at random, stays. (With one, `jobs` prove that: they are all there.)
  `could_be_smaller`: the same of cells that are not said to be minimal.
- `false_ways`: cells where the promise that a way out lets leave, another than `leaving`, does not help.
- `unsettled`: questions of these that CP-SAT did not decide in its deterministic time.
"""

import argparse
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from random import Random
from typing import Final

from bench.cpsat import can_be_crewed
from bench.instances import Request, draw_requests, open_office
from bench.promise import Filled, fill, proves_no
from bench.report import Bar, Figure, compare, print_report
from solver import reasons
from solver.day import CELLS, GRID, Day, Job
from solver.explain import Case, Explanation, Relaxation, Way, explain, relaxations
from solver.insert import open_starts, prepare
from solver.oracle import Oracle

SIZES: Final = (10, 20, 40)
MOST_ASKED: Final = 100
"""Candidates of a day among which its cells are drawn."""

NEW: Final = -1
"""The id of the job that is asked for."""

CHECKS: Final = ("false", "not_a_conflict", "spare_in_jobs", "spare_in_leaving", "false_ways")


@dataclass(slots=True)
class Tally:
    """What the cells gave and cost, in milliseconds; `faults` by check, `unsettled`: left by CP-SAT."""

    found: list[Explanation] = field(default_factory=list)
    explain_ms: list[float] = field(default_factory=list)
    ways_ms: list[float] = field(default_factory=list)
    ways: Counter[Way] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    unsettled: int = 0


def draw_cells(filled: Filled, stream: Iterator[Request], random: Random, *, cells: int) -> list[Job]:
    """Return jobs at starts that only promises refuse, first those that crews refuse and not docks."""
    oracle, empty = Oracle(filled.day, filled.board.plan), prepare(replace(filled.day, jobs=()), {})
    crews, docks = list[Job](), list[Job]()
    for request in islice(stream, MOST_ASKED):
        candidate = request.candidate
        refused = oracle.starts(candidate).no & open_starts(empty, candidate)
        starts = [cell * GRID for cell in range(CELLS) if refused >> cell & 1]
        if starts:
            job = candidate.at(random.choice(starts), NEW)
            refusal = oracle.prove(job).refusal
            by_docks = refusal is not None and refusal.reason == reasons.NO_DOCK
            (docks if by_docks else crews).append(job)
        if len(crews) == cells:
            break
    return (crews + docks)[:cells]


def measure_day(filled: Filled, jobs: Sequence[Job], random: Random, tally: Tally) -> None:
    """Explain each job of a day and judge what is said."""
    case = Case(Oracle(filled.day, filled.board.plan))
    for job in jobs:
        begun = time.process_time()
        why = explain(case, job)
        between = time.process_time()
        ways = relaxations(case, job, explanation=why)
        tally.explain_ms.append((between - begun) * 1e3)
        tally.ways_ms.append((time.process_time() - between) * 1e3)
        tally.found.append(why)
        tally.ways.update(one.way for one in ways)
        for name, (kept, fault) in list_claims(filled.day, why, ways, random).items():
            verdict = ask_cpsat(filled, kept, job, fault=fault)
            tally.unsettled += verdict is None
            tally.faults[name] += verdict is fault


def list_claims(
    day: Day, why: Explanation, ways: Sequence[Relaxation], random: Random
) -> dict[str, tuple[Collection[int], bool]]:
    """Return, by check, the jobs that are to be on the day, and the answer that would be a fault."""
    everyone = {one.id for one in day.jobs}
    claims: dict[str, tuple[Collection[int], bool]] = {}
    if why.leaving:
        claims["false"] = everyone - {*why.leaving}, False
    if len(why.leaving) > 1:
        name = "spare_in_leaving" if why.minimal else "could_be_smaller"
        claims[name] = everyone - {*why.leaving} | {random.choice(why.leaving)}, True
    if why.jobs:
        claims["not_a_conflict"] = why.jobs, True
        claims["spare_in_jobs"] = {*why.jobs} - {random.choice(why.jobs)}, False
    for one in ways:
        if one.way is Way.LEAVING and one.job is not None and (one.job,) != why.leaving:
            claims["false_ways"] = everyone - {one.job}, False
    return claims


def ask_cpsat(filled: Filled, kept: Collection[int], job: Job, *, fault: bool) -> bool | None:
    """Return whether some promises of a day and one more job can be crewed; None: not decided."""
    day = replace(filled.day, jobs=tuple(one for one in filled.day.jobs if one.id in kept))
    plan = {number: row for number, row in filled.board.plan.items() if number in kept}
    if fault and proves_no(prepare(day, plan), job):
        return False
    return can_be_crewed(day, plan, job)


def measure(*, size: int, loads: Sequence[float], seeds: int, cells: int) -> Tally:
    """Return what the days of one size gave."""
    tally = Tally()
    for seed in range(seeds):
        for load in loads:
            print(f"{size} inspectors, load {load}, seed {seed} ...", flush=True)
            random = Random(f"whynot {size} {load} {seed}")  # noqa: S311 - a sample
            office = open_office(seed=seed, inspectors=size)
            stream = draw_requests(office, seed=seed)
            filled = fill(office.days[0], stream, load=load)
            measure_day(filled, draw_cells(filled, stream, random, cells=cells), random, tally)
    return tally


def summarize(tally: Tally) -> dict[str, float]:
    """Return the figures of a tally."""
    cells = len(tally.found)
    sizes: dict[str, list[float]] = {
        "jobs": sorted(len(one.jobs) for one in tally.found),
        "leaving": sorted(len(one.leaving) for one in tally.found),
        "explain_ms": sorted(tally.explain_ms),
        "ways_ms": sorted(tally.ways_ms),
    }
    return {
        "cells": cells,
        "explained": sum(bool(one.jobs and one.leaving) for one in tally.found) / cells,
        "minimal": sum(one.minimal for one in tally.found) / cells,
        "one_leaves": sum(len(one.leaving) == 1 for one in tally.found) / cells,
        **{f"reason_{name}": n for name, n in Counter(one.reason for one in tally.found).items()},
        **{f"way_{way.value}": n for way, n in tally.ways.items()},
        **{f"{name}_p50": values[cells // 2] for name, values in sizes.items()},
        **{f"{name}_p95": values[int(0.95 * (cells - 1))] for name, values in sizes.items()},
        **{f"{name}_max": values[-1] for name, values in sizes.items()},
        **{name: tally.faults[name] for name in CHECKS},
        "could_be_smaller": tally.faults["could_be_smaller"],
        "unsettled": tally.unsettled,
    }


def main() -> None:
    """Measure and print the report; `--quick` shows in a few seconds that the bench works."""
    parser = argparse.ArgumentParser(description="Why a start is refused.")
    parser.add_argument("--quick", action="store_true", help="one seed, few cells")
    sizes: Sequence[int]
    if parser.parse_args().quick:
        sizes, loads, seeds, cells = SIZES[:2], [0.5], 1, 2
    else:
        sizes, loads, seeds, cells = SIZES, [0.4, 0.5, 0.6], 2, 12
    figures: dict[str, Figure] = {}
    bars: dict[str, Bar] = {}
    for size in sizes:
        found = summarize(measure(size=size, loads=loads, seeds=seeds, cells=cells))
        print({name: round(value, 4) for name, value in found.items()}, flush=True)
        figures |= {f"{name}_{size}": round(value, 4) for name, value in found.items()}
        bars[f"explained_{size}"] = compare(found["explained"], ">=", 0.95)
        bars |= {f"{name}_{size}": compare(found[name], "==", 0) for name in CHECKS}
    print_report("whynot", figures=figures, bars=bars)


if __name__ == "__main__":
    main()
