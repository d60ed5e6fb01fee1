"""Visits with windows and timed pairs, on public instances: `python -m bench.hhcrsp [FOLDER] [--quick]`.

FOLDER holds files in the hhcrsp format (`bench.hhcrsp_format` says what that is), which are not part of
this project. Each file is solved by two processes at once, seeds 0 and 1; for n patients 16,000 n * n moves
are tried, at most 2,000 million / n, which is meant to take some 130 s; the cheaper answer counts. `--quick`
solves one made-up instance without compiling; FOLDER is then not read.

Figures of each file: cost of the best answer, cost for each seed, CPU seconds of the busier process, wall
seconds of both together; the compilation is done before. Bars: seconds of CPU at most 180 (they are the
wall's where two cores are free), and where the best known cost is listed: cost / best known at most 1 for up
to 25 patients, 1.01 for up to 50, 1.03 above. Best known costs are rounded to three digits after the point,
so that 0.001 is granted. An answer that `judge` refuses stops the bench.
"""

import argparse
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from bench.hhcrsp_format import Document, judge, read_document, to_case, to_tours
from bench.report import Bar, Figure, compare, print_report
from solver.windows.compiled import COMPILES

SEEDS: Final = (0, 1)
STEPS: Final = 16_000
MOST_STEPS: Final = 2_000_000_000
LIMIT_SECONDS: Final = 180
ROUNDING: Final = 0.001

SLOW: Final = """
*** numba is not installed: nothing is compiled, and this bench takes some 60 times as long: hours for ***
*** each file, far beyond its bar of 180 s. Install it: pip install .[bench]                          ***
"""

BEST_KNOWN: Final[Mapping[str, float]] = {
    "10_1": 218.199,
    "10_2": 246.627,
    "10_3": 305.858,
    "10_4": 186.897,
    "10_5": 189.543,
    "10_6": 200.099,
    "25_1": 428.097,
    "25_2": 476.049,
    "25_3": 399.089,
    "25_4": 411.296,
    "25_5": 366.338,
    "25_6": 464.622,
    "50_1": 943.728,
    "50_2": 569.388,
    "50_3": 541.116,
    "75_1": 1111.37,
}
"""Of the instances Mankowska_1 to _3 named InstanzCPLEX_HCSRP_*, as published with them."""


def make_up(seed: int) -> Document:
    """Return a document of eight patients and four caregivers, pairs of both kinds among them."""
    draw = random.Random(seed)  # noqa: S311 - an instance, not a secret
    places = [(draw.randrange(60), draw.randrange(60)) for _ in range(9)]
    patients: list[dict[str, Any]] = [
        {
            "id": f"p{number}",
            "time_window": [30 * number, 30 * number + 60],
            "required_caregivers": [
                {"service": name, "duration": 20} for name in ("a", "b")[: 1 + number % 2]
            ],
        }
        for number in range(8)
    ]
    patients[1]["synchronization"] = {"type": "simultaneous"}
    patients[3]["synchronization"] = {"type": "simultaneous"}
    patients[5]["synchronization"] = {"type": "sequential", "distance": [10, 40]}
    patients[7]["synchronization"] = {"type": "sequential", "distance": [0, 15]}
    return {
        "patients": patients,
        "services": [{"id": "a"}, {"id": "b"}],
        "caregivers": [{"id": f"c{one}", "abilities": ["ab"[one % 2]]} for one in range(4)],
        "central_offices": [{"id": "d"}],
        "distances": [[abs(a[0] - b[0]) + abs(a[1] - b[1]) for b in places] for a in places],
    }


def count_steps(patients: int) -> int:
    """Return how many moves are tried; a move takes time in proportion to the patients."""
    return min(STEPS * patients**2, MOST_STEPS // max(1, patients))


def solve(document: Document, seed: int, steps: int) -> tuple[Decimal, float]:
    """Return the cost of an answer that the judge accepts, and the CPU seconds it took."""
    from solver.windows.search import route_visits  # noqa: PLC0415 - after `main` has said whether to compile

    begun = time.process_time()
    found = route_visits(to_case(document), seed=seed, steps=steps)
    cpu = time.process_time() - begun
    faults, cost = judge(document, to_tours(document, found.routes))
    if faults:
        msg = f"not legal: {faults[:3]}"
        raise AssertionError(msg)
    return cost, cpu


def name_of(path: Path) -> str:
    """Return size and number of an instance, as `75_1` of `InstanzCPLEX_HCSRP_75_1.json`."""
    return "_".join(path.stem.split("_")[-2:])


def judge_answer(path: Path, cost: float, cpu: float) -> dict[str, Bar]:
    """Return the bars of a file."""
    name = name_of(path)
    size = int(name.split("_")[0]) if name.split("_")[0].isdecimal() else 0
    bars: dict[str, Bar] = {}
    known = BEST_KNOWN.get(name) if "CPLEX" in path.stem else None
    if known is not None:
        allowed = 1.0 if size <= 25 else 1.01 if size <= 50 else 1.03  # noqa: PLR2004 - the bars' sizes
        bars[f"cost_{name}"] = compare(round(cost, 3), "<=", round(known * allowed + ROUNDING, 3))
    bars[f"seconds_{name}"] = compare(round(cpu, 1), "<=", LIMIT_SECONDS)
    return bars


def measure(folder: Path, only: str) -> tuple[dict[str, Figure], dict[str, Bar]]:
    """Solve every file of a folder."""
    figures: dict[str, Figure] = {}
    bars: dict[str, Bar] = {}
    with ProcessPoolExecutor(len(SEEDS), multiprocessing.get_context("spawn")) as pool:
        list(pool.map(solve, [make_up(0)] * len(SEEDS), SEEDS, [100] * len(SEEDS)))  # compiles
        for path in sorted(folder.glob(f"*{only}*.json"), key=lambda one: (len(one.stem), one.stem)):
            document, name = read_document(path), name_of(path)
            steps = count_steps(len(document["patients"]))
            begun = time.perf_counter()
            answers = list(pool.map(solve, [document] * len(SEEDS), SEEDS, [steps] * len(SEEDS)))
            wall = time.perf_counter() - begun
            costs = [round(float(cost), 3) for cost, _ in answers]
            cpu = round(max(spent for _, spent in answers), 1)
            figures |= {f"cost_{name}_seed_{seed}": cost for seed, cost in zip(SEEDS, costs, strict=True)}
            figures |= {f"cost_{name}": min(costs), f"cpu_{name}": cpu, f"wall_{name}": round(wall, 1)}
            bars |= judge_answer(path, min(costs), cpu)
            print(path.stem, costs, f"CPU {cpu} s, wall {wall:.0f} s", BEST_KNOWN.get(name), flush=True)
    return figures, bars


def main() -> None:
    """Measure and print the report; `--quick` shows in a few seconds that the bench works."""
    parser = argparse.ArgumentParser(description="Public instances of visits with windows and timed pairs.")
    parser.add_argument("folder", type=Path, nargs="?", help="files in the hhcrsp format")
    parser.add_argument("--only", default="", help="a part of the files' names")
    parser.add_argument("--quick", action="store_true", help="one made-up instance, not compiled")
    options = parser.parse_args()
    if options.quick:
        os.environ["NUMBA_DISABLE_JIT"] = "1"
        print_report("hhcrsp", figures={"cost_made_up": float(solve(make_up(0), 0, 4000)[0])})
        return
    if options.folder is None:
        parser.error("without --quick a folder is needed")
    if not COMPILES:
        print(SLOW, file=sys.stderr, flush=True)
    figures, bars = measure(options.folder, options.only)
    print_report("hhcrsp", figures=figures, bars=bars)


if __name__ == "__main__":
    main()
