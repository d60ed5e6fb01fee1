"""The best plan of a day beside its bound and beside VROOM's: `python -m bench.allocation [--quick]`.

Instances: `bench.allocation_instances.planted_day` (starts fixed, all visits can be crewed), with
inspectors/visits 10/40 and 40/200, seeds 0-4 at load 0.7; 40/200, seed 0 at load 0.93; 100/500, seed 0 at
load 0.7. `allocate` gets the empty plan, so that it starts from first-come insertion.

Figures of each instance: travel minutes of all inspectors, bound, gap = (travel - bound) / travel, jobs
without a crew, CPU seconds of this process.

Peer: VROOM (pyvroom, exploration level 5, one thread). A visit of two seats is two jobs of it with the same
fixed time window, each with the qualification of its seat as a skill; an inspector is a vehicle with one
break of 45 minutes within 11:00-14:00. Nothing in that model forbids half a crew: `half` counts visits with
one of two. It may leave visits out, which saves travel; so the ratio is taken twice: `raw` is our travel /
its travel, and `ratio`, the bar's, is travel for each visit with its whole crew, ours / its own.
"""

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bench.allocation_instances import Planted, planted_day
from bench.report import Bar, Figure, compare, print_report
from solver.allocation import Allocation, allocate
from solver.check import check
from solver.day import Day, Duty, Job


@dataclass(frozen=True, slots=True)
class Measured:
    """An allocation and the CPU seconds it took."""

    found: Allocation
    cpu: float


@dataclass(frozen=True, slots=True)
class Peer:
    """VROOM's answer: visits crewed whole and by half, travel minutes, CPU seconds."""

    whole: int
    half: int
    travel: float
    cpu: float


def measure(planted: Planted) -> Measured:
    """Allocate a day from nothing; the plan is checked."""
    begun = time.process_time()
    found = allocate(planted.day, {})
    cpu = time.process_time() - begun
    unseen = [one for one in check(planted.day, found.plan) if one.jobs[0] not in found.uncrewed]
    if unseen:
        msg = f"not legal: {unseen[:3]}"
        raise AssertionError(msg)
    return Measured(found, cpu)


def ask_vroom(day: Day) -> Peer:
    """Solve a day with VROOM."""
    import vroom  # noqa: PLC0415 - a peer, in the optional group of benches

    skills = {
        name: number
        for number, name in enumerate(sorted({q for i in day.inspectors for q in i.qualifications}))
    }
    held = {one.id: {skills[name] for name in one.held_on(day.date)} for one in day.inspectors}
    sites = 1 + max(job.site for job in day.jobs)
    problem = vroom.Input()
    problem.set_durations_matrix(
        "car", [[60 * day.travel_between(a, b) for b in range(sites)] for a in range(sites)]
    )
    for duty in day.duties:
        problem.add_vehicle(_vehicle(vroom, day, duty, held[duty.inspector]))
    seats = [(job, seat) for job in day.jobs for seat in job.seats]
    for number, (job, seat) in enumerate(seats):
        problem.add_job(_seat(vroom, number, job, {skills[name] for name in seat}))
    begun = time.process_time()
    answer = problem.solve(exploration_level=5, nb_threads=1)
    cpu = time.process_time() - begun
    routes = answer.routes
    crews = Counter(seats[int(number)][0].id for number in routes[routes["type"] == "job"]["id"])
    whole = sum(crews[job.id] == len(job.seats) for job in day.jobs)
    return Peer(whole, len(crews) - whole, answer.summary.duration / 60, cpu)


def _vehicle(vroom: Any, day: Day, duty: Duty, skills: set[int]) -> Any:
    lunch = day.lunch
    breaks = []
    if lunch is not None and lunch.is_due_in(duty):
        window = vroom.TimeWindow(60 * lunch.earliest, 60 * (lunch.latest - lunch.minutes))
        breaks.append(vroom.Break(duty.id, time_windows=[window], service=60 * lunch.minutes))
    return vroom.Vehicle(
        duty.id,
        start=duty.start_site,
        end=duty.end_site,
        skills=skills,
        time_window=vroom.TimeWindow(60 * duty.start, 60 * duty.end),
        breaks=breaks,
    )


def _seat(vroom: Any, number: int, job: Job, skills: set[int]) -> Any:
    start = vroom.TimeWindow(60 * job.start, 60 * job.start)
    return vroom.Job(
        number, location=job.site, default_service=60 * job.duration, skills=skills, time_windows=[start]
    )


def compare_travel(day: Day, ours: Measured, peer: Peer) -> float:
    """Return our travel for each visit with its whole crew / VROOM's."""
    crewed = len(day.jobs) - len(ours.found.uncrewed)
    return (ours.found.value.travel / max(1, crewed)) / (peer.travel / max(1, peer.whole))


def report(name: str, planted: Planted, ours: Measured) -> dict[str, Figure]:
    """Return the figures of one instance."""
    found = ours.found
    return {
        f"load_{name}": round(planted.load, 3),
        f"travel_{name}": found.value.travel,
        f"bound_{name}": found.bound.travel,
        f"gap_{name}": round(found.gap, 4),
        f"uncrewed_{name}": len(found.uncrewed),
        f"cpu_{name}": round(ours.cpu, 2),
    }


CASES: Mapping[str, tuple[int, int, float, tuple[int, ...]]] = {
    "10_40": (10, 40, 0.7, (0, 1, 2, 3, 4)),
    "40_200": (40, 200, 0.7, (0, 1, 2, 3, 4)),
    "40_200_dense": (40, 200, 0.93, (0,)),
    "100_500": (100, 500, 0.7, (0,)),
}


def run(
    name: str, *, peers: bool
) -> tuple[list[Measured], list[float], dict[str, Figure], dict[str, Figure]]:
    """Measure all seeds of a case: what was found, ratios to the peer, figures, the peer's figures."""
    inspectors, jobs, load, seeds = CASES[name]
    measured: list[Measured] = []
    ratios: list[float] = []
    figures: dict[str, Figure] = {}
    others: dict[str, Figure] = {}
    for seed in seeds:
        planted = planted_day(seed=seed, inspectors=inspectors, jobs=jobs, load=load)
        ours = measure(planted)
        measured.append(ours)
        figures |= report(f"{name}_{seed}", planted, ours)
        print(name, seed, ours.found.value, ours.found.bound, f"{ours.cpu:.1f} s", flush=True)
        if peers:
            peer = ask_vroom(planted.day)
            ratios.append(compare_travel(planted.day, ours, peer))
            others |= {f"{key}_{name}_{seed}": round(value, 2) for key, value in asdict(peer).items()}
            others[f"raw_{name}_{seed}"] = round(ours.found.value.travel / peer.travel, 3)
            others[f"ratio_{name}_{seed}"] = round(ratios[-1], 3)
            print("  VROOM", peer, f"ratio {ratios[-1]:.3f}", flush=True)
    return measured, ratios, figures, others


def judge(name: str, measured: list[Measured], ratios: list[float]) -> dict[str, Bar]:
    """Return the bars of a case."""
    found = [one.found for one in measured]
    bars: dict[str, Bar] = {}
    if name == "10_40":
        quick = sum(one.found.status == "optimal" and one.cpu <= 1 for one in measured)
        bars["proved_within_1_s_10_40"] = compare(quick, ">=", 4)
    if name.startswith("40_200"):
        over = statistics.median(one.value.travel / max(1, one.bound.travel) for one in found)
        bars[f"travel_to_bound_{name}"] = compare(round(over, 4), "<=", 1.03)
    if name == "40_200_dense":
        bars["crewed_40_200_dense"] = compare(200 - len(found[0].uncrewed), ">=", 200)
    if name == "100_500":
        bars["gap_100_500"] = compare(round(found[0].gap, 4), "<=", 0.08)
        bars["cpu_100_500"] = compare(round(measured[0].cpu, 1), "<=", 180)
    if ratios and name != "10_40":
        limit = 0.9 if name == "100_500" else 0.85
        bars[f"travel_to_vroom_{name}"] = compare(round(statistics.median(ratios), 3), "<=", limit)
    return bars


def main() -> None:
    """Measure and print the report; `--quick` shows in a few seconds that the bench works."""
    parser = argparse.ArgumentParser(description="Allocation of a day beside its bound and VROOM.")
    parser.add_argument("--quick", action="store_true", help="10 inspectors only, without the peer")
    parser.add_argument("--case", choices=sorted(CASES), action="append", help="only these")
    options = parser.parse_args()
    names = ["10_40"] if options.quick else options.case or list(CASES)
    figures: dict[str, Figure] = {}
    bars: dict[str, Bar] = {}
    others: dict[str, Figure] = {}
    for name in names:
        measured, ratios, found, peer = run(name, peers=not options.quick)
        figures |= found
        others |= peer
        bars |= judge(name, measured, ratios)
    print_report("allocation", figures=figures, bars=bars, peers=others)


if __name__ == "__main__":
    main()
