"""Many lots at once: against all arrangements of small days, by site, by weight, and what is left out."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from random import Random

import pytest

from bench.brute import can_be_crewed
from bench.instances import open_office, small_candidate, small_day
from solver.batch import Budget, Lot, Slot, Standing, arrange
from solver.check import check
from solver.day import GRID, Candidate, Day, Duty, Inspector, Job
from solver.insert import calendar_starts
from solver.oracle.layout import bits
from solver.oracle.metric import is_metric
from solver.plan import Assignment

SEEDS = 100
ANYBODY = (frozenset[str](), frozenset[str]())


def _value(lots: list[Lot], starts: tuple[int | None, ...]) -> tuple[int, int, int]:
    """Lost weight, delay and spread of starts on one day."""
    sites: dict[int | None, list[int]] = {}
    for lot, start in zip(lots, starts, strict=True):
        if start is not None:
            sites.setdefault(lot.site, []).append(start)
    lost = sum(lot.weight for lot, start in zip(lots, starts, strict=True) if start is None)
    delay = sum(start for start in starts if start is not None)
    return lost, delay, sum(max(some) - min(some) for some in sites.values())


def _brute_force(day: Day, plan: dict[int, Assignment], lots: list[Lot]) -> tuple[int, int, int]:
    """The least value of all starts at which everything can be crewed together."""
    choices: list[list[int | None]] = []
    for lot in lots:
        (asked,) = lot.on
        assert asked is not None
        cells = bits(calendar_starts(day, asked)) if len(asked.seats) >= day.minimum_crew else ()
        choices.append([None, *(cell * GRID for cell in cells)])
    known: dict[frozenset[Job], bool] = {frozenset(): True}

    def is_possible(jobs: frozenset[Job]) -> bool:
        """Whether all can be crewed: as travel is metric, what some cannot, more of them cannot either."""
        if jobs not in known:
            parts = (jobs - {one} for one in jobs)
            *some, last = jobs
            grown = replace(day, jobs=(*day.jobs, *some))
            known[jobs] = all(map(is_possible, parts)) and can_be_crewed(grown, plan, last)
        return known[jobs]

    for starts in sorted(product(*choices), key=lambda starts: _value(lots, starts)):
        placed = [(lot, start) for lot, start in zip(lots, starts, strict=True) if start is not None]
        if is_possible(frozenset(lot.on[0].at(start, lot.id) for lot, start in placed if lot.on[0])):
            return _value(lots, starts)
    raise AssertionError


def _small_case(seed: int) -> tuple[Day, dict[int, Assignment], list[Lot]] | None:
    """A small day with metric travel, few jobs, and two or three lots with narrow windows."""
    random = Random(seed)  # noqa: S311 - instances, not secrets
    day, plan = small_day(random)
    if len(day.jobs) > 2 or not is_metric(day) or check(day, plan):
        return None
    lots = []
    for number in range(3 - len(day.jobs) // 2):
        asked = replace(small_candidate(random, day), finish_by=None)
        first = random.randrange(day.opens, day.closes - 90, GRID)
        asked = replace(asked, earliest=first, latest=first + 60)
        lots.append(Lot(-1 - number, random.choice((1, 1, 2)), (asked,)))
    return day, plan, lots


def test_small_batches_are_as_good_as_all_arrangements() -> None:
    """Lost weight, delay and spread are the least there are, every time, and said to be proved."""
    seen = 0
    for seed in range(SEEDS):
        case = _small_case(seed)
        if case is None:
            continue
        day, plan, lots = case
        found = arrange([Standing(day, plan)], lots)
        assert found.proved
        assert found.value[:3] == _brute_force(day, plan, lots), seed
        (standing,) = found.days
        assert not check(standing.day, standing.plan, previous=plan)
        seen += 1
    assert seen > 25


def _open_day(*, inspectors: int, sites: tuple[int, ...] = (1, 2), on: date = date(2026, 3, 2)) -> Day:
    """A day without jobs: whoever is on duty is at site 0, half an hour from every other one."""
    places = (0, *sites)
    return Day(
        date=on,
        opens=540,
        closes=1020,
        duties=tuple(Duty(100 + one, one, 540, 1020, 0, 0) for one in range(inspectors)),
        inspectors=tuple(Inspector(one, {}) for one in range(inspectors)),
        jobs=(),
        travel={(a, b): 30 for a in places for b in places if a != b},
    )


def _lots(*sites: int, minutes: int = 30, weights: tuple[int, ...] | None = None, days: int = 1) -> list[Lot]:
    asked = [Candidate(site=site, duration=minutes, seats=ANYBODY) for site in sites]
    given = weights or (1,) * len(sites)
    return [Lot(-1 - k, given[k], (one,) * days) for k, one in enumerate(asked)]


def test_lots_of_a_site_come_one_after_the_other() -> None:
    """One crew does all of one site before it goes to the other, whatever the order of the lots."""
    found = arrange([Standing(_open_day(inspectors=2), {})], _lots(1, 2, 1, 2, 1, 2))
    starts = sorted((slot.start, number) for number, slot in found.slots.items())
    sites = [1 if number in {-1, -3, -5} else 2 for _, number in starts]
    assert sites in ([1, 1, 1, 2, 2, 2], [2, 2, 2, 1, 1, 1])
    assert found.value.lost == 0


def test_who_comes_first_is_placed_where_not_all_can_be() -> None:
    """The heavier lot gets the only place; the other one gets none."""
    asked = Candidate(site=1, duration=30, seats=ANYBODY, earliest=600, latest=601)
    lots = [Lot(-1, 1, (asked,)), Lot(-2, 5, (asked,))]
    found = arrange([Standing(_open_day(inspectors=2), {})], lots)
    assert found.slots == {-2: Slot(0, 600)}
    assert (found.value.lost, found.proved) == (1, True)


def test_what_does_not_fit_on_a_day_goes_to_the_next() -> None:
    """A crew has room for four lots of two hours in two days, early ones first."""
    days = [Standing(_open_day(inspectors=2, on=date(2026, 3, 2) + timedelta(days=k)), {}) for k in range(2)]
    found = arrange(days, _lots(1, 1, 1, 1, 1, minutes=180, days=2))
    assert sorted(slot.day for slot in found.slots.values()) == [0, 0, 1, 1]
    assert found.value.lost == 1


def test_a_broken_day_takes_no_lot() -> None:
    """Where a stored plan breaks a rule nothing can be told, so nothing is placed."""
    day = _open_day(inspectors=2)
    job = Candidate(site=1, duration=30, seats=ANYBODY).at(600, 7)
    broken = Standing(replace(day, jobs=(job,)), {7: Assignment((100, 100))})
    assert arrange([broken], _lots(1)).slots == {}


def test_nothing_is_placed_without_a_budget() -> None:
    """No work, no places, and no claim that there are none."""
    found = arrange([Standing(_open_day(inspectors=2), {})], _lots(1), budget=Budget(trials=0))
    assert (found.slots, found.proved) == ({}, False)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_large_batch_is_legal_and_repeats(seed: int) -> None:
    """Forty lots on an office's days: every day passes the check, and the same again says the same."""
    office, random = open_office(seed=seed, inspectors=10), Random(seed)  # noqa: S311 - instances, not secrets
    asked = [
        Candidate(site=random.choice(office.sites[1:]), duration=random.choice((30, 45)), seats=ANYBODY)
        for _ in range(40)
    ]
    lots = [Lot(-1 - k, 1, (one,) * 2) for k, one in enumerate(asked)]
    days = [Standing(day, {}) for day in office.days[:2]]
    found = arrange(days, lots, budget=Budget(trials=600), seed=seed)
    assert found == arrange(days, lots, budget=Budget(trials=600), seed=seed)
    for standing in found.days:
        assert not check(standing.day, standing.plan)
    assert len(found.slots) == sum(len(standing.day.jobs) for standing in found.days)
    assert len(found.slots) == 40
