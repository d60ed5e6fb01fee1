"""Disruptions of a running day, re-planned and dispatched greedily: `python -m bench.replan [--quick]`.

Days: `bench.instances.open_office(seed, inspectors)`, its first day, filled by `bench.promise.fill` (first
come, first served) until it has a number of jobs. Events, drawn by `Random("replan NAME")` from what the day
has: an inspector falls ill at the start of the day or at noon; one is 90 minutes late in the morning; a site
that has jobs closes for two hours; an urgent fresh lot must start within two hours; a job takes an hour
longer; an enterprise is 75 minutes late. See `EVENTS`; the machine's clock plays no part.

Peer: the greedy dispatcher, `bench.dispatcher`.

Figures for each event: lost, moved, minutes moved, names changed of the best proposal, whether it is proved,
CPU and wall seconds to find it (one proposal asked), and the dispatcher's lost, moved, minutes. Bars: moved
and lost jobs of all events <= 0.6 x the dispatcher's; `lost_needlessly`, jobs lost where the best proposal is
not proved to need it, == 0; `slowest` CPU of a proved best proposal <= 10 s; `proved`, the share of events.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from random import Random
from typing import Final

from bench.dispatcher import Dispatched, dispatch
from bench.instances import draw_requests, open_office
from bench.promise import nearest_start
from bench.report import Figure, compare, print_report
from solver.day import GRID, Candidate, Day, Job
from solver.insert import insert, open_starts, place, prepare
from solver.plan import Assignment, Plan
from solver.replan import (
    Absence,
    Disruption,
    EnterpriseLate,
    Overrun,
    Proposal,
    SiteClosed,
    Urgent,
    replan,
)


@dataclass(frozen=True, slots=True)
class Event:
    """What happens on which day: inspectors, jobs, seed; `now` in minutes."""

    kind: str
    inspectors: int
    jobs: int
    seed: int
    now: int

    @property
    def name(self) -> str:
        """The event in one word."""
        return f"{self.kind}_{self.inspectors}_{self.jobs}_{self.seed}"


EVENTS: Final = (
    Event("ill", 10, 29, 1, 510),
    Event("ill", 10, 30, 2, 720),
    Event("ill", 40, 102, 3, 510),
    Event("urgent", 10, 30, 4, 570),
    Event("urgent", 10, 28, 5, 600),
    Event("urgent", 40, 102, 6, 600),
    Event("late", 10, 30, 7, 480),
    Event("late", 10, 28, 8, 480),
    Event("late", 40, 102, 9, 480),
    Event("closed", 10, 28, 10, 600),
    Event("overrun", 10, 28, 11, 660),
    Event("enterprise", 10, 28, 12, 600),
)
LIMIT: Final = 10
"""CPU seconds within which a best proposal is to be proved."""

QUICK: Final = (Event("late", 10, 16, 7, 480), Event("overrun", 10, 16, 11, 660))


def fill_with(event: Event) -> tuple[Day, Plan]:
    """Return the day of an event with as many jobs as it asks for, or as many as 2,000 requests give."""
    office = open_office(seed=event.seed, inspectors=event.inspectors)
    board, jobs = prepare(office.days[0], {}), list[Job]()
    for request in islice(draw_requests(office, seed=event.seed), 2_000):
        start = nearest_start(open_starts(board, request.candidate), request.wished)
        if start is None or len(jobs) >= event.jobs:
            continue
        job = request.candidate.at(start, len(jobs) + 1)
        row = insert(board, job)
        if isinstance(row, Assignment):
            board = place(board, job, row)
            jobs.append(job)
    return replace(office.days[0], jobs=tuple(jobs)), board.plan


def draw(event: Event, day: Day, plan: Plan) -> Disruption:
    """Return what happens."""
    random = Random(f"replan {event.name}")  # noqa: S311 - instances, not secrets
    busy = sorted({duty for row in plan.values() for duty in row.crew})
    owner = {duty.id: duty.inspector for duty in day.duties}
    if event.kind == "ill":
        return Absence(owner[random.choice(busy)], event.now)
    if event.kind == "late":
        return Absence(owner[random.choice(busy)], 0, day.opens + 90)
    if event.kind == "closed":
        site = random.choice(sorted({job.site for job in day.jobs if job.start >= event.now}))
        return SiteClosed(site, event.now, event.now + 120)
    if event.kind == "urgent":
        model: Candidate = next(draw_requests(open_office(seed=0, inspectors=10), seed=event.seed)).candidate
        site = random.choice(sorted({job.site for job in day.jobs}))
        ready = event.now + 2 * GRID
        return Urgent(replace(model, site=site).at(ready, 10_000), ready + 120)
    if event.kind == "overrun":
        running = [job for job in day.jobs if job.start < event.now < job.end]
        job = random.choice(running or [job for job in day.jobs if job.start < event.now])
        return Overrun(job.id, job.end + 60)
    coming = [job for job in day.jobs if event.now <= job.start < event.now + 180]
    job = random.choice(coming)
    return EnterpriseLate(job.id, job.start + 75)


@dataclass(frozen=True, slots=True)
class Measured:
    """The best proposal of an event, what it took, and the dispatcher's answer."""

    best: Proposal
    cpu: float
    wall: float
    peer: Dispatched


def measure(event: Event) -> Measured:
    """Re-plan one event and let the dispatcher answer it too."""
    day, plan = fill_with(event)
    disruption = draw(event, day, plan)
    begun, clock = time.process_time(), time.perf_counter()
    best = replan(day, plan, disruption, now=event.now, most=1)[0]
    cpu, wall = time.process_time() - begun, time.perf_counter() - clock
    return Measured(best, cpu, wall, dispatch(day, plan, [disruption], now=event.now))


def _figures(event: Event, found: Measured) -> dict[str, Figure]:
    lost, moved, minutes, names = found.best.value
    figures: dict[str, Figure] = {
        "lost": lost,
        "moved": moved,
        "minutes": minutes,
        "names": names,
        "proved": int(found.best.proved),
        "cpu": round(found.cpu, 2),
        "wall": round(found.wall, 2),
        "greedy_lost": len(found.peer.lost),
        "greedy_moved": len(found.peer.moved),
        "greedy_minutes": found.peer.minutes,
    }
    return {f"{event.name}.{key}": value for key, value in figures.items()}


def run(events: Sequence[Event]) -> None:
    """Measure the events and print the report."""
    figures: dict[str, Figure] = {}
    results = []
    for event in events:
        found = measure(event)
        results.append(found)
        figures |= _figures(event, found)
        print(event.name, _figures(event, found), flush=True)
    ours = sum(len(one.best.lost) + len(one.best.moved) for one in results)
    theirs = sum(len(one.peer.lost) + len(one.peer.moved) for one in results)
    needless = sum(len(one.best.lost) for one in results if not one.best.proved)
    quick = sum(1 for one in results if one.best.proved and one.cpu <= LIMIT)
    figures |= {"ours": ours, "greedy": theirs, "proved": sum(one.best.proved for one in results)}
    print_report(
        "replan",
        figures=figures,
        bars={
            "moved_and_lost": compare(round(ours / max(1, theirs), 3), "<=", 0.6),
            "lost_needlessly": compare(needless, "==", 0),
            "proved_within_10_s": compare(round(quick / len(results), 3), ">=", 1.0),
        },
    )


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two small events")
    run(QUICK if parser.parse_args().quick else EVENTS)


if __name__ == "__main__":
    main()
