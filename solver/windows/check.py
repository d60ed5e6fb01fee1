"""Every hard rule of routes with windows and pairs, and what they cost, restated without the search.

Routes are judged as they stand: for each inspector the stops in their order, each with a start. Nothing here
computes a start; what the search claims is compared with what the rules allow.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from solver.windows.case import Case, Inspector, Visit


@dataclass(frozen=True, slots=True)
class Stop:
    """One seat of a visit, and when its holder starts."""

    visit: int
    seat: int
    start: int


Routes = Mapping[int, tuple[Stop, ...]]
"""Inspector id -> stops in their order; who stays at the base may be absent."""


@dataclass(frozen=True, slots=True)
class Value:
    """Travel of all routes, lateness summed over seats, greatest lateness of one seat; in the case's unit."""

    travel: int
    late: int
    latest: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A broken rule, and the visit and the inspector that it concerns (None: nobody in particular)."""

    rule: str
    visit: int
    inspector: int | None = None


def check(case: Case, routes: Routes) -> list[Fault]:
    """Return every broken rule; empty if each seat is held once, rightly, in time for each pair."""
    visits = {visit.id: visit for visit in case.visits}
    inspectors = {one.id: one for one in case.inspectors}
    unknown = list(_unknown(visits, inspectors, routes))
    if unknown:
        return unknown
    faults = list(_counts(case, routes))
    for name, stops in routes.items():
        faults += _holder(visits, inspectors[name], stops)
        faults += _order(case, visits, inspectors[name], stops)
    for visit in case.visits:
        faults += _pair(visit, routes)
    return faults


def measure(case: Case, routes: Routes) -> Value:
    """Return the value of routes that `check` finds nothing wrong with."""
    visits = {visit.id: visit for visit in case.visits}
    bases = {one.id: one.base for one in case.inspectors}
    travel, late = 0, [0]
    for name, stops in routes.items():
        sites = [bases[name], *(visits[stop.visit].site for stop in stops), bases[name]]
        travel += sum(case.travel[a][b] for a, b in pairwise(sites))
        late += [max(0, stop.start - visits[stop.visit].closes) for stop in stops]
    return Value(travel, sum(late), max(late))


def price(case: Case, value: Value) -> int:
    """Return the weighted cost of a value."""
    weights = case.weights
    return weights.travel * value.travel + weights.late * value.late + weights.latest * value.latest


def _unknown(
    visits: Mapping[int, Visit], inspectors: Mapping[int, Inspector], routes: Routes
) -> Iterator[Fault]:
    for name, stops in routes.items():
        for stop in stops:
            known = stop.visit in visits and 0 <= stop.seat < len(visits[stop.visit].seats)
            if not known or name not in inspectors:
                yield Fault("unknown", stop.visit, name)


def _counts(case: Case, routes: Routes) -> Iterator[Fault]:
    held = Counter((stop.visit, stop.seat) for stops in routes.values() for stop in stops)
    for visit in case.visits:
        for seat in range(len(visit.seats)):
            if held[visit.id, seat] != 1:
                yield Fault("seat_missing" if not held[visit.id, seat] else "seat_held_twice", visit.id)


def _holder(visits: Mapping[int, Visit], inspector: Inspector, stops: tuple[Stop, ...]) -> Iterator[Fault]:
    crews = Counter(stop.visit for stop in stops)
    for stop in stops:
        if not visits[stop.visit].seats[stop.seat].qualifications <= inspector.qualifications:
            yield Fault("not_qualified", stop.visit, inspector.id)
        if crews[stop.visit] > 1:
            yield Fault("alone_in_a_pair", stop.visit, inspector.id)


def _order(
    case: Case, visits: Mapping[int, Visit], inspector: Inspector, stops: tuple[Stop, ...]
) -> Iterator[Fault]:
    site, free = inspector.base, 0
    for stop in stops:
        visit = visits[stop.visit]
        if stop.start < free + case.travel[site][visit.site]:
            yield Fault("too_soon_after_the_last", visit.id, inspector.id)
        if stop.start < visit.opens:
            yield Fault("before_the_window", visit.id, inspector.id)
        site, free = visit.site, stop.start + visit.seats[stop.seat].duration


def _pair(visit: Visit, routes: Routes) -> Iterator[Fault]:
    starts = {stop.seat: stop.start for stops in routes.values() for stop in stops if stop.visit == visit.id}
    if len(starts) > 1 and not visit.gap[0] <= starts[1] - starts[0] <= visit.gap[1]:
        yield Fault("gap_not_kept", visit.id)
