"""Routes for visits promised as windows: each rule, exact starts, the best of all, the same for a seed."""

import os
import pickle
import subprocess
import sys
from dataclasses import replace
from itertools import permutations, product
from random import Random

import numpy as np
import pytest

from solver.windows.case import Case, Inspector, Seat, Visit, Weights
from solver.windows.check import Fault, Routes, Stop, Value, check, measure, price
from solver.windows.moves import put_behind
from solver.windows.search import route_visits
from solver.windows.tables import empty_routes, lay_out
from solver.windows.timing import new_watch, time_routes

PAIR = (Seat(frozenset({"a"}), 10), Seat(frozenset({"b"}), 10))
ALONE = (Seat(frozenset({"a"}), 10),)
FAR = 10**9


def line(*visits: Visit, able: tuple[str, ...] = ("a", "b")) -> Case:
    """Return a case with sites 0 to 4 on a line, ten apart, and an inspector at site 0 for each of `able`."""
    inspectors = tuple(Inspector(number, frozenset(letters), 0) for number, letters in enumerate(able))
    travel = tuple(tuple(10 * abs(a - b) for b in range(5)) for a in range(5))
    return Case(visits, inspectors, travel)


def starts(case: Case, orders: dict[int, list[int]]) -> list[int] | None:
    """Return the starts of all seats for orders of seats by inspector; None if untimed."""
    tables = lay_out(case)
    routes = empty_routes(tables)
    for inspector, seats in orders.items():
        for seat in seats:
            base = len(tables.facts) + inspector
            put_behind(tables, routes, seat, int(routes.preceding[base]))
    start = np.zeros(len(tables.facts), np.int64)
    found = time_routes(tables, routes, new_watch(tables), start, FAR)
    return None if found < 0 else [int(one) for one in start]


def faults(case: Case, routes: Routes) -> set[str]:
    """Return the rules that routes break."""
    return {fault.rule for fault in check(case, routes)}


# --- starts of given routes -------------------------------------------------------------------------------


def test_a_visit_starts_when_its_window_opens_or_when_its_inspector_comes() -> None:
    """Site 1 is reached at 10 but opens at 30; site 3 is reached 20 after the first visit's end."""
    case = line(Visit(0, 1, 30, 50, ALONE), Visit(1, 3, 0, 40, ALONE))
    assert starts(case, {0: [0, 1]}) == [30, 60]


def test_two_who_start_together_wait_for_the_later_one() -> None:
    """The second inspector comes from another visit, so the first waits."""
    case = line(Visit(0, 1, 0, 50, PAIR), Visit(1, 4, 0, 50, (PAIR[1],)))
    assert starts(case, {0: [0], 1: [2, 1]}) == [80, 80, 40]


def test_a_second_seat_keeps_the_least_gap() -> None:
    """Both are there at 10; the second starts 25 after the first."""
    assert starts(line(Visit(0, 1, 0, 50, PAIR, (25, 60))), {0: [0], 1: [1]}) == [10, 35]


def test_a_first_seat_is_held_back_when_the_second_is_late() -> None:
    """The second comes at 80, so the first may not start before 60."""
    case = line(Visit(0, 1, 0, 50, PAIR, (5, 20)), Visit(1, 4, 0, 50, (PAIR[1],)))
    assert starts(case, {0: [0], 1: [2, 1]}) == [60, 80, 40]


def test_visits_that_wait_for_each_other_cannot_be_timed() -> None:
    """Two pairs in opposite orders of the two inspectors: a circle."""
    case = line(Visit(0, 1, 0, 50, PAIR), Visit(1, 2, 0, 50, PAIR))
    assert starts(case, {0: [0, 2], 1: [3, 1]}) is None
    assert starts(case, {0: [0, 2], 1: [1, 3]}) == [10, 10, 30, 30]


def test_a_pair_that_cannot_come_close_enough_cannot_be_timed() -> None:
    """The second seat follows a pair whose first seat follows the first seat of this one: always 30 later."""
    case = line(Visit(0, 1, 0, 50, PAIR, (5, 20)), Visit(1, 2, 0, 50, PAIR))
    assert starts(case, {0: [0, 2], 1: [3, 1]}) is None
    wider = replace(case, visits=(replace(case.visits[0], gap=(5, 40)), case.visits[1]))
    assert starts(wider, {0: [0, 2], 1: [3, 1]}) == [10, 50, 30, 30]


# --- the search -------------------------------------------------------------------------------------------


def small_case(seed: int) -> Case:
    """Return three visits, each alone, together or in order, and three inspectors."""
    draw = Random(seed)  # noqa: S311 - an instance, not a secret
    places = [(draw.randrange(40), draw.randrange(40)) for _ in range(4)]
    travel = tuple(tuple(abs(a[0] - b[0]) + abs(a[1] - b[1]) for b in places) for a in places)
    visits = []
    for number in range(3):
        opens, least = draw.randrange(100), draw.randrange(20)
        gap = draw.choice([(0, 0), (least, least + draw.randrange(20))])
        seats = draw.choice([ALONE, PAIR, PAIR])
        visits.append(Visit(number, number + 1, opens, opens + 20, seats, gap))
    able = (
        Inspector(0, frozenset("a"), 0),
        Inspector(1, frozenset("b"), 0),
        Inspector(2, frozenset("ab"), 0),
    )
    return Case(tuple(visits), able, travel, Weights(travel=2, late=3, latest=1))


def cheapest_of_all(case: Case) -> int:
    """Return the least cost over all routes, each timed by repeated relaxation of every rule."""
    seats = [(visit, rank) for visit in case.visits for rank in range(len(visit.seats))]
    costs = []
    for holders in product(range(len(case.inspectors)), repeat=len(seats)):
        groups = [[n for n, holder in enumerate(holders) if holder == one] for one in range(3)]
        for orders in product(*(permutations(group) for group in groups)):
            routes = relax(case, seats, orders)
            if routes is not None and not check(case, routes):
                costs.append(price(case, measure(case, routes)))
    return min(costs)


def relax(case: Case, seats: list[tuple[Visit, int]], orders: tuple[tuple[int, ...], ...]) -> Routes | None:
    """Return stops with the earliest starts; None if they grow without end."""
    begin = [visit.opens for visit, _ in seats]
    for _ in range(40):
        before = list(begin)
        for order in orders:
            site, free = 0, 0
            for node in order:
                visit, rank = seats[node]
                begin[node] = max(begin[node], free + case.travel[site][visit.site])
                site, free = visit.site, begin[node] + visit.seats[rank].duration
        for node, (visit, rank) in enumerate(seats):
            if rank:
                begin[node] = max(begin[node], begin[node - 1] + visit.gap[0])
                begin[node - 1] = max(begin[node - 1], begin[node] - visit.gap[1])
        if begin == before:
            return {
                one: tuple(Stop(seats[n][0].id, seats[n][1], begin[n]) for n in order)
                for one, order in enumerate(orders)
            }
    return None


@pytest.mark.parametrize("seed", range(6))
def test_the_search_finds_the_best_of_all_routes(seed: int) -> None:
    """Three visits: every assignment and order, timed in another way, is no cheaper."""
    case = small_case(seed)
    assert route_visits(case, seed=0, steps=3000).cost == cheapest_of_all(case)


def test_equal_seeds_and_steps_give_equal_routes() -> None:
    """The whole answer, starts included, and the seed alone decides."""
    case = small_case(11)
    assert route_visits(case, seed=5, steps=300) == route_visits(case, seed=5, steps=300)


def test_compiled_and_interpreted_searches_give_equal_routes() -> None:
    """The compiler changes the speed alone: another process, told not to compile, finds the same."""
    pytest.importorskip("numba", reason="nothing is compiled without it")
    case = small_case(11)
    program = (
        "import pickle, sys; from solver.windows.search import route_visits; "
        "found = route_visits(pickle.load(sys.stdin.buffer), seed=5, steps=300); "
        "sys.stdout.buffer.write(pickle.dumps(found))"
    )
    other = subprocess.run(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-c", program],
        input=pickle.dumps(case),
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        check=True,
    )
    assert pickle.loads(other.stdout) == route_visits(case, seed=5, steps=300)  # noqa: S301 - made just above


def test_without_a_step_the_first_routes_are_legal() -> None:
    """Visits in order of opening are accepted by the check, however dear."""
    case = small_case(3)
    found = route_visits(case, seed=0, steps=0)
    assert check(case, found.routes) == []
    assert found.cost >= route_visits(case, seed=0, steps=2000).cost


def test_a_seat_that_only_one_may_hold_leaves_the_other_to_the_rest() -> None:
    """Inspector 1 may hold both seats and alone the second: the first is always for inspector 0."""
    case = line(*(Visit(n, n + 1, 0, 50, PAIR) for n in range(3)), able=("a", "ab"))
    routes = route_visits(case, seed=0, steps=500).routes
    assert {stop.seat for stop in routes[0]} == {0}
    assert {stop.seat for stop in routes[1]} == {1}


def test_no_visits_cost_nothing() -> None:
    """A day without visits has empty routes."""
    found = route_visits(line(), seed=0, steps=100)
    assert (found.cost, found.routes) == (0, {0: (), 1: ()})


# --- the check --------------------------------------------------------------------------------------------

LAID = line(Visit(0, 1, 20, 50, PAIR, (5, 20)), Visit(1, 3, 0, 50, ALONE), able=("a", "b", "ab"))
GOOD: dict[int, tuple[Stop, ...]] = {0: (Stop(0, 0, 20), Stop(1, 0, 60)), 1: (Stop(0, 1, 30),)}

PLANTED: dict[str, dict[int, tuple[Stop, ...]]] = {
    "unknown": {**GOOD, 7: (Stop(9, 0, 0),)},
    "seat_missing": {0: (Stop(0, 0, 20),), 1: GOOD[1]},
    "seat_held_twice": {**GOOD, 2: (Stop(1, 0, 30),)},
    "not_qualified": {0: GOOD[0][:1], 1: (*GOOD[1], Stop(1, 0, 60))},
    "alone_in_a_pair": {0: GOOD[0][1:], 2: (Stop(0, 0, 20), Stop(0, 1, 30))},
    "too_soon_after_the_last": {**GOOD, 0: (Stop(0, 0, 20), Stop(1, 0, 49))},
    "before_the_window": {0: (Stop(0, 0, 19), Stop(1, 0, 60)), 1: GOOD[1]},
    "gap_not_kept": {**GOOD, 1: (Stop(0, 1, 41),)},
}


def test_right_routes_have_no_fault_and_their_value() -> None:
    """Two tours of 60 and 20; visit 1 is ten late."""
    assert check(LAID, GOOD) == []
    assert measure(LAID, GOOD) == Value(travel=80, late=10, latest=10)
    assert price(replace(LAID, weights=Weights(1, 2, 3)), Value(80, 10, 10)) == 130


@pytest.mark.parametrize("rule", sorted(PLANTED))
def test_each_planted_fault_is_found_alone(rule: str) -> None:
    """Routes that break one rule are said to break that one and no other."""
    assert faults(LAID, PLANTED[rule]) == {rule}


def test_a_fault_names_the_visit_and_the_inspector() -> None:
    """What an office needs to find it."""
    assert check(LAID, PLANTED["too_soon_after_the_last"]) == [Fault("too_soon_after_the_last", 1, 0)]


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("closes", lambda: Visit(0, 1, 10, 9, ALONE)),
        ("seats", lambda: Visit(0, 1, 0, 9, ())),
        ("gap", lambda: Visit(0, 1, 0, 9, PAIR, (3, 2))),
        ("duration", lambda: Seat(frozenset(), -1)),
        ("visits", lambda: line(Visit(0, 1, 0, 9, PAIR), able=("ab",))),
        ("visits", lambda: line(Visit(0, 1, 0, 9, ALONE), Visit(0, 2, 0, 9, ALONE))),
        ("travel", lambda: line(Visit(0, 5, 0, 9, ALONE))),
        ("inspectors", lambda: replace(line(), inspectors=(Inspector(0, frozenset(), 0),) * 2)),
        ("travel", lambda: replace(line(), travel=((0, 1), (1, 2)))),
        ("weights", lambda: Weights(travel=-1)),
        ("weights", lambda: Weights(late=10**5)),
    ],
)
def test_a_case_that_cannot_be_is_refused_by_its_field(field: str, change: object) -> None:
    """The message begins with the name of the field."""
    assert callable(change)
    with pytest.raises(ValueError, match=f"^{field}: "):
        change()
