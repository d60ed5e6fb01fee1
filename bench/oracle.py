"""What the oracle finds, what it costs beside insertion, and whether CP-SAT agrees: `python -m bench.oracle`.

Curve: offices of 10, 20 and 40 inspectors, 14 days, each filled first come, first served by the product's
`insert` along the booking curve 0.45 * exp(-day / 6). One oracle and one board for each day, made before;
then questions over all 14 days, each to insertion (`openings`) and to the oracle (`answers`, default budget)
in the same run.

- `recall`: starts that the oracle offers / true starts; `recall_insertion`: the same of insertion. True are
  the starts that the oracle offers, and those it left open at which `prove` then finds crews with a hundred
  times the budget.
- `unresolved`: starts that stay open after that / all starts of the calendar. `open`: before it.
- `ratio_p50`, `ratio_p95`: CPU of the oracle / CPU of insertion for a question, quantile over quantile, once
  an office's oracles have answered as many questions before (they are kept, and handed on from version to
  version of a day). `first_ratio_...`: over those before, which find the oracles empty and pay for all that
  they build. Everything else counts both halves.
- `false_yes`: of all offered starts that insertion does not see, as many as `proofs` says, those without a
  plan that passes `check`.
- `disagreements`: decided starts, half of them drawn among those that insertion does not open, against a
  CP-SAT model written here rule by rule; `unsettled` ones CP-SAT did not decide in its deterministic time.

Dense: the first day of an office of 40 inspectors filled to load 0.40; `dense_gain` is the starts that the
oracle offers / the starts that insertion opens.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from random import Random
from typing import Final

from bench.cpsat import can_be_crewed
from bench.instances import draw_requests, open_office, target_load
from bench.promise import Filled, fill
from bench.report import Bar, Figure, compare, print_report
from solver.check import check
from solver.day import GRID, Candidate, Job
from solver.insert import open_starts, openings
from solver.oracle import Answer, Budget, Oracle, Verdict, answers

SIZES: Final = (10, 20, 40)
SETTLING: Final = Budget(nodes=30_000, conflicts=200_000)
NEW: Final = -1
"""The id of the job that is asked for."""


@dataclass(slots=True)
class Tally:
    """What the questions to one office cost and gave.

    `times` are milliseconds of insertion and of the oracle, starts are (day, candidate, start).
    """

    times: list[tuple[float, float]] = field(default_factory=list)
    starts: int = 0
    opened: int = 0
    gained: list[tuple[int, Candidate, int]] = field(default_factory=list)
    refused: list[tuple[int, Candidate, int]] = field(default_factory=list)
    left: list[tuple[int, Candidate, int]] = field(default_factory=list)


def ask(filled: Sequence[Filled], oracles: Sequence[Oracle], asked: Sequence[Candidate]) -> Tally:
    """Put the questions to insertion and to the oracle."""
    tally = Tally()
    boards = [one.board for one in filled]
    for candidate in asked:
        begun = time.process_time()
        opened = openings(boards, candidate)
        between = time.process_time()
        found = answers(oracles, candidate)
        tally.times.append(((between - begun) * 1e3, (time.process_time() - between) * 1e3))
        for day, (mask, answer) in enumerate(zip(opened, found, strict=True)):
            _count(tally, day, candidate, mask, answer)
    return tally


def _count(tally: Tally, day: int, candidate: Candidate, opened: int, answer: Answer) -> None:
    tally.opened += opened.bit_count()
    tally.starts += (answer.yes | answer.no | answer.undecided).bit_count()
    for mask, kept in (
        (answer.yes & ~opened, tally.gained),
        (answer.no, tally.refused),
        (answer.undecided, tally.left),
    ):
        kept += [(day, candidate, cell * GRID) for cell in range(mask.bit_length()) if mask >> cell & 1]


def settle(oracles: Sequence[Oracle], tally: Tally) -> tuple[int, int]:
    """Return how many of the starts that were left open are yes after all, and how many stay open."""
    verdicts = [
        oracles[day].prove(candidate.at(start, NEW), budget=SETTLING).verdict
        for day, candidate, start in tally.left
    ]
    return verdicts.count(Verdict.YES), verdicts.count(Verdict.UNDECIDED)


def count_false(oracles: Sequence[Oracle], tally: Tally, *, most: int, random: Random) -> tuple[int, int]:
    """Return how many offered starts were asked for a plan, and how many have none that passes the rules."""
    drawn = random.sample(tally.gained, min(most, len(tally.gained)))
    false = 0
    for day, candidate, start in drawn:
        job = candidate.at(start, NEW)
        proof = oracles[day].prove(job, budget=SETTLING)
        grown = replace(oracles[day].day, jobs=(*oracles[day].day.jobs, job))
        false += proof.plan is None or bool(check(grown, proof.plan, previous=oracles[day].plan))
    return len(drawn), false


def compare_with_cpsat(
    filled: Sequence[Filled], tally: Tally, *, cells: int, random: Random
) -> dict[str, int]:
    """Return how many sampled verdicts CP-SAT confirms, contradicts and cannot decide."""
    hard = [(where, True) for where in tally.gained] + [(where, False) for where in tally.refused]
    drawn = random.sample(hard, min(cells, len(hard)))
    found = {"sampled": 0, "disagreements": 0, "unsettled": 0}
    for (day, candidate, start), said in drawn:
        job: Job = candidate.at(start, NEW)
        verdict = can_be_crewed(filled[day].day, filled[day].board.plan, job)
        found["sampled"] += 1
        found["unsettled"] += verdict is None
        found["disagreements"] += verdict is not None and verdict != said
    return found


def measure_curve(size: int, *, seeds: int, questions: int, cells: int, proofs: int) -> dict[str, float]:
    """Return the figures of one size over all its offices."""
    tallies, sums = [], dict.fromkeys(("later", "never", "proofs", "false_yes"), 0)
    sums |= dict.fromkeys(("sampled", "disagreements", "unsettled"), 0)
    for seed in range(seeds):
        print(f"{size} inspectors, seed {seed} ...", flush=True)
        office, random = open_office(seed=seed, inspectors=size), Random(seed)  # noqa: S311 - a sample
        stream = draw_requests(office, seed=seed)
        filled = [fill(day, stream, load=target_load(ahead)) for ahead, day in enumerate(office.days)]
        oracles = [Oracle(one.day, one.board.plan) for one in filled]
        tally = ask(filled, oracles, [request.candidate for request in islice(stream, 2 * questions)])
        tallies.append(tally)
        _add(sums, "proofs", "false_yes", count_false(oracles, tally, most=proofs // seeds, random=random))
        for name, value in compare_with_cpsat(filled, tally, cells=cells // seeds, random=random).items():
            sums[name] += value
        _add(sums, "later", "never", settle(oracles, tally))
    return _summarize(tallies, sums)


def _add(sums: dict[str, int], first: str, second: str, values: tuple[int, int]) -> None:
    sums[first] += values[0]
    sums[second] += values[1]


def _summarize(tallies: Sequence[Tally], sums: dict[str, int]) -> dict[str, float]:
    opened = sum(tally.opened for tally in tallies)
    offered = opened + sum(len(tally.gained) for tally in tallies)
    starts = sum(tally.starts for tally in tallies)
    first = [tally.times[: len(tally.times) // 2] for tally in tallies]
    kept = [tally.times[len(tally.times) // 2 :] for tally in tallies]
    return {
        "recall": offered / (offered + sums["later"]),
        "recall_insertion": opened / (offered + sums["later"]),
        "open": sum(len(tally.left) for tally in tallies) / starts,
        "unresolved": sums["never"] / starts,
        **{f"first_{name}": value for name, value in _quantiles(first).items()},
        **_quantiles(kept),
        **{name: sums[name] for name in ("proofs", "false_yes", "sampled", "disagreements", "unsettled")},
    }


def _quantiles(times: Sequence[Sequence[tuple[float, float]]]) -> dict[str, float]:
    insertion = sorted(pair[0] for some in times for pair in some)
    oracle = sorted(pair[1] for some in times for pair in some)
    half, most = len(oracle) // 2, int(0.95 * (len(oracle) - 1))
    return {
        "insertion_ms_p50": insertion[half],
        "insertion_ms_p95": insertion[most],
        "oracle_ms_p50": oracle[half],
        "oracle_ms_p95": oracle[most],
        "oracle_ms_max": oracle[-1],
        "ratio_p50": oracle[half] / insertion[half],
        "ratio_p95": oracle[most] / insertion[most],
    }


def measure_dense(*, seeds: int, questions: int) -> dict[str, float]:
    """Return the figures of days of 40 inspectors at load 0.40."""
    opened = offered = left = starts = 0
    for seed in range(seeds):
        office = open_office(seed=seed, inspectors=40)
        stream = draw_requests(office, seed=seed)
        filled = fill(office.days[0], stream, load=0.40)
        oracle = Oracle(filled.day, filled.board.plan)
        for request in islice(stream, questions):
            answer = oracle.starts(request.candidate)
            opened += open_starts(filled.board, request.candidate).bit_count()
            offered += answer.yes.bit_count()
            left += answer.undecided.bit_count()
            starts += (answer.yes | answer.no | answer.undecided).bit_count()
    return {"dense_gain": offered / opened, "dense_open": left / starts, "dense_offered": offered / starts}


def main() -> None:
    """Measure and print the report; `--quick` shows in a few seconds that the bench works."""
    parser = argparse.ArgumentParser(description="The oracle beside insertion and CP-SAT.")
    parser.add_argument("--quick", action="store_true", help="one seed, few questions")
    parser.add_argument("--cells", type=int, default=2_007, help="starts that CP-SAT decides again")
    given = parser.parse_args()
    if given.quick:
        run = {"seeds": 1, "questions": 6, "cells": 6, "proofs": 10}
    else:
        run = {"seeds": 3, "questions": 100, "cells": given.cells // len(SIZES), "proofs": 900}
    figures: dict[str, Figure] = {}
    bars: dict[str, Bar] = {}
    for size in SIZES:
        found = measure_curve(size, **run)
        print({name: round(value, 4) for name, value in found.items()}, flush=True)
        figures |= {f"{name}_{size}": round(value, 4) for name, value in found.items()}
        bars |= {
            f"false_yes_{size}": compare(found["false_yes"], "==", 0),
            f"disagreements_{size}": compare(found["disagreements"], "==", 0),
            f"recall_{size}": compare(found["recall"], ">=", 0.99),
            f"unresolved_{size}": compare(found["unresolved"], "<=", 0.01),
            f"ratio_p50_{size}": compare(found["ratio_p50"], "<=", 10),
            f"ratio_p95_{size}": compare(found["ratio_p95"], "<=", 20),
        }
    dense = measure_dense(seeds=run["seeds"], questions=run["questions"] // 2)
    figures |= {name: round(value, 4) for name, value in dense.items()}
    bars["dense_gain"] = compare(dense["dense_gain"], ">=", 1.7)
    print_report("oracle", figures=figures, bars=bars)


if __name__ == "__main__":
    main()
