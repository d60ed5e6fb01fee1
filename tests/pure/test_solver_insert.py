"""Insertion: open starts, crews and reasons, against brute force that knows only the rules."""

from dataclasses import replace
from datetime import date
from itertools import islice, permutations
from random import Random

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from bench.instances import draw_requests, open_office, small_candidate, small_day, total_travel
from bench.promise import fill, proves_no
from solver import reasons
from solver.check import check
from solver.crew import choose, find_shortage
from solver.day import CELLS, GRID, Candidate, Day, Duty, Inspector, Job, Lunch, Seat
from solver.insert import NoPlace, insert, open_starts, openings, place, prepare, why_not
from solver.plan import Assignment

EVER = ((date(2020, 1, 1), None),)
ANY: Seat = frozenset()
PLANT: Seat = frozenset({"plant"})
CREW_BLIND = {
    reasons.OFF_GRID,
    reasons.OUTSIDE_OPENING,
    reasons.OFFICE_CLOSED,
    reasons.SITE_CLOSED,
    reasons.TOO_LATE_TO_FINISH,
}
RANDOM_DAYS = settings(
    max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


def a_day(**changed: object) -> Day:
    """Return an office with three inspectors (1 and 2 know plants), two sites and one dock at site 2."""
    day = Day(
        date=date(2026, 3, 2),
        opens=540,
        closes=1020,
        duties=tuple(Duty(10 * one, one, 540, 1020, 1, 1) for one in (1, 2, 3)),
        inspectors=(
            Inspector(1, {"plant": EVER}),
            Inspector(2, {"plant": EVER}),
            Inspector(3, {}),
        ),
        jobs=(),
        docks={2: (20,)},
        travel={(1, 2): 20, (2, 1): 20},
    )
    return replace(day, **changed)  # type: ignore[arg-type]  # fields by name, checked by Day itself


def a_job(**changed: object) -> Job:
    """Return a job at site 1 from 10:00 to 10:30 whose lead knows plants."""
    job = Job(id=1, site=1, start=600, duration=30, seats=(PLANT, ANY))
    return replace(job, **changed)  # type: ignore[arg-type]  # fields by name, checked by Job itself


def legal_rows(day: Day, plan: dict[int, Assignment], job: Job) -> list[Assignment]:
    """Try every crew and dock for a job, judged by the rules alone."""
    grown = replace(day, jobs=(*day.jobs, job))
    crews = list(permutations([duty.id for duty in day.duties], len(job.seats)))
    docks = [None, *(dock for docks in day.docks.values() for dock in docks)]
    first = Assignment(crews[0])
    if any(found.rule in CREW_BLIND for found in check(grown, {**plan, job.id: first})):
        return []  # no crew or dock can cure these
    rows = [Assignment(crew, dock) for crew in crews for dock in docks]
    return [row for row in rows if not check(grown, {**plan, job.id: row})]


@RANDOM_DAYS
@given(st.randoms(use_true_random=False))
def test_open_starts_and_insert_agree_with_brute_force(random: Random) -> None:
    """A start is open if and only if some crew and dock pass the rules, and insert takes the best of them."""
    day, plan = small_day(random)
    candidate = small_candidate(random, day)
    board = prepare(day, plan)
    starts = open_starts(board, candidate)
    for cell in range(CELLS):
        job = candidate.at(cell * GRID, 99)
        legal = legal_rows(day, plan, job)
        in_window = candidate.earliest <= job.start < candidate.latest
        assert bool(starts >> cell & 1) == (bool(legal) and in_window)
        found = insert(board, job)
        if legal:
            grown = replace(day, jobs=(*day.jobs, job))
            assert found == min(
                legal, key=lambda row: (total_travel(grown, {**plan, 99: row}), row.crew, row.dock or 0)
            )
            assert why_not(board, job) is None
        else:
            assert isinstance(found, NoPlace)
            assert found.reason in reasons.NO_PLACE
            assert why_not(board, job) == found


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    ends=st.tuples(st.integers(38, 46), st.integers(52, 64)),
    minutes=st.tuples(*[st.sampled_from([0, 5, 20, 40, 65, 140, 150])] * 6),
    other=st.sampled_from(
        [None, (600, 90), (630, 15), (660, 120), (690, 110), (705, 75), (780, 30), (825, 45)]
    ),
    duration=st.sampled_from([10, 15, 30, 50, 75]),
)
@example(ends=(44, 64), minutes=(0, 0, 140, 0, 0, 40), other=None, duration=15)  # eats before leaving
@example(ends=(38, 57), minutes=(0, 0, 0, 0, 0, 160), other=None, duration=15)  # may not eat so early
def test_lunch_is_left_possible_exactly(
    ends: tuple[int, int], minutes: tuple[int, ...], other: tuple[int, int] | None, duration: int
) -> None:
    """For one duty around lunch, with any travel and one other job, starts are open as the rules have it."""
    pairs = [(1, 2), (2, 1), (1, 3), (3, 1), (2, 3), (3, 2)]
    day = a_day(
        duties=(Duty(10, 1, ends[0] * GRID, ends[1] * GRID, 1, 2),),
        docks={},
        travel=dict(zip(pairs, minutes, strict=True)),
        lunch=Lunch(),
        minimum_crew=1,
    )
    plan: dict[int, Assignment] = {}
    if other is not None:
        grown = replace(day, jobs=(a_job(site=2, start=other[0], duration=other[1], seats=(PLANT,)),))
        assume(not check(grown, {1: Assignment((10,))}))
        day, plan = grown, {1: Assignment((10,))}
    candidate = Candidate(3, duration, (PLANT,))
    starts = open_starts(prepare(day, plan), candidate)
    for cell in range(CELLS):
        grown = replace(day, jobs=(*day.jobs, candidate.at(cell * GRID, 99)))
        assert bool(starts >> cell & 1) == (not check(grown, {**plan, 99: Assignment((10,))}))


@pytest.mark.parametrize("seed", range(3))
def test_a_filled_office_stays_legal(seed: int) -> None:
    """A stream of requests inserted one after another, each at an open start, never breaks a rule."""
    office = open_office(seed=seed, inspectors=12)
    board = prepare(office.days[0], {})
    stream = draw_requests(office, seed=seed)
    jobs: list[Job] = []
    for number, request in zip(range(60), stream, strict=False):
        starts = open_starts(board, request.candidate)
        found = insert(board, request.candidate.at(request.wished, number))
        assert isinstance(found, Assignment) == bool(starts >> request.wished // GRID & 1)
        if isinstance(found, Assignment):
            jobs.append(request.candidate.at(request.wished, number))
            board = place(board, jobs[-1], found)
    day = replace(office.days[0], jobs=tuple(jobs))
    assert len(jobs) > 20
    assert check(day, board.plan) == []
    assert prepare(day, board.plan).teams == board.teams


def test_hall_counting_never_denies_an_open_start() -> None:
    """What the bench counts as proved impossible is never open, on a day with both kinds of answers."""
    stream = draw_requests(office := open_office(seed=2, inspectors=10), seed=2)
    filled = fill(office.days[0], stream, load=0.35)
    seen: set[tuple[bool, bool]] = set()
    for request in islice(stream, 15):
        starts = open_starts(filled.board, request.candidate)
        for start in range(filled.day.opens, filled.day.closes - 60, GRID):
            denied = proves_no(filled.board, request.candidate.at(start, -1))
            seen.add((bool(starts >> start // GRID & 1), denied))
    assert seen == {(True, False), (False, True), (False, False)}


def test_openings_answer_each_day_of_an_office() -> None:
    """One call answers the horizon as day by day questions do, with one candidate or one for each day."""
    office = open_office(seed=1, inspectors=4)
    boards = [prepare(day, {}) for day in office.days]
    candidate = next(draw_requests(office, seed=1)).candidate
    later = [replace(candidate, earliest=600 + ahead) for ahead in range(len(boards))]
    assert openings(boards, candidate) == [open_starts(board, candidate) for board in boards]
    assert openings(boards, later) == [open_starts(*asked) for asked in zip(boards, later, strict=True)]


def test_the_window_of_a_candidate_is_half_open() -> None:
    """Starts before `earliest`, at `latest` and after it are not offered."""
    candidate = Candidate(site=1, duration=30, seats=(PLANT, ANY), earliest=600, latest=630)
    assert open_starts(prepare(a_day(), {}), candidate) == 1 << 40 | 1 << 41


def test_lunch_splits_the_open_starts() -> None:
    """A job that does not leave both pauses open may only come early or late enough."""
    day = a_day(lunch=Lunch(), duties=tuple(Duty(10 * one, one, 600, 870, 1, 1) for one in (1, 2)))
    starts = open_starts(prepare(day, {}), Candidate(site=1, duration=150, seats=(PLANT, ANY)))
    assert [cell * GRID for cell in range(CELLS) if starts >> cell & 1] == [600, 615, 630, 645, 705, 720]


def test_the_crew_with_the_least_added_travel_is_taken() -> None:
    """Inspectors who are at the site already are sent before others with lower duty ids."""
    day = a_day(
        jobs=(a_job(id=7, site=2, start=600, seats=(PLANT, ANY)),),
        docks={},
    )
    board = prepare(day, {7: Assignment((20, 30))})
    assert insert(board, a_job(site=2, start=630)) == Assignment((20, 30))


def test_ties_go_to_the_lower_duty_ids() -> None:
    """Equal travel leaves the choice to the duty ids, seat by seat."""
    assert insert(prepare(a_day(), {}), a_job()) == Assignment((10, 20))


def test_the_lowest_free_dock_is_taken() -> None:
    """A dock in use is passed over for the next one of the site."""
    day = a_day(docks={1: (5, 3, 4)}, dock_closures={3: ((0, 615),)})
    assert insert(prepare(day, {}), a_job()) == Assignment((10, 20), 4)


def test_a_duty_that_clashes_with_a_used_one_is_left_out() -> None:
    """Of two duties of an inspector that overlap, only the one with jobs can take another."""
    duties = (Duty(10, 1, 540, 800, 1, 1), Duty(11, 1, 780, 1020, 1, 1), Duty(30, 3, 540, 1020, 1, 1))
    day = a_day(duties=duties, jobs=(a_job(id=7),))
    late = a_job(start=900)
    assert isinstance(insert(prepare(day, {7: Assignment((10, 30))}), late), NoPlace)
    assert insert(prepare(replace(day, jobs=()), {}), late) == Assignment((11, 30))


def test_a_duty_that_cannot_be_reached_from_a_used_one_is_left_out() -> None:
    """Two duties of an inspector leave at least the travel from the end of one to the start of the next."""
    duties = (Duty(10, 1, 540, 780, 1, 1), Duty(11, 1, 799, 1020, 2, 1), Duty(30, 3, 540, 1020, 1, 1))
    day = a_day(duties=duties, jobs=(a_job(id=7),))
    reachable = replace(day, duties=(duties[0], replace(duties[1], start=800), duties[2]))
    plan = {7: Assignment((10, 30))}
    assert isinstance(insert(prepare(day, plan), a_job(start=900)), NoPlace)
    assert insert(prepare(reachable, plan), a_job(start=900)) == Assignment((11, 30))


REFUSED = {
    "off_grid": ({}, {"start": 605}, {"start": 605, "grid": 15}),
    "outside_opening": ({}, {"start": 1005}, {"start": 1005, "end": 1035, "opens": 540, "closes": 1020}),
    "office_closed": ({"office_closures": ((610, 620),)}, {}, {"from": 610, "to": 620}),
    "site_closed": ({"site_closures": {1: ((0, 601),)}}, {}, {"site": 1, "from": 0, "to": 601}),
    "too_late_to_finish": ({}, {"finish_by": 629}, {"end": 630, "finish_by": 629}),
    "crew_too_small": ({}, {"seats": (PLANT,)}, {"seats": 1, "minimum": 2}),
    "no_dock": ({"dock_closures": {20: ((0, 1440),)}}, {"site": 2}, {"site": 2, "docks": 1}),
    "no_qualified_inspector": ({}, {"seats": (frozenset({"food"}), ANY)}, {"needed": 1, "found": 0}),
    "excluded": ({}, {"excluded": frozenset({1, 2})}, {"needed": 1, "found": 0}),
    "crew_busy": ({}, {"site": 2, "start": 555}, {"needed": 1, "found": 0}),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_a_refusal_names_its_reason_and_numbers(reason: str) -> None:
    """Each reason of insertion stands with the numbers that explain it; the rest of the case is legal."""
    day_changes, job_changes, numbers = REFUSED[reason]
    found = insert(prepare(a_day(**day_changes), {}), a_job(**job_changes))
    assert isinstance(found, NoPlace)
    assert (found.reason, found.numbers) == (reason, numbers)


def test_a_missing_qualification_is_named_with_its_seat() -> None:
    """The reason tells which seats cannot be filled together and what their holders must have."""
    found = insert(prepare(a_day(), {}), a_job(seats=(PLANT, PLANT, PLANT)))
    assert found == NoPlace(
        reasons.NO_QUALIFIED_INSPECTOR, {"needed": 3, "found": 2}, seats=(0, 1, 2), qualifications=("plant",)
    )


def test_a_used_up_budget_is_undecided() -> None:
    """Without nodes no crew is found, and none is claimed impossible."""
    assert insert(prepare(a_day(), {}), a_job(), budget=2) == NoPlace(reasons.UNDECIDED, {"budget": 2})


def test_a_job_is_not_inserted_twice() -> None:
    """A job with an assignment is refused as a bug of the caller."""
    board = prepare(a_day(jobs=(a_job(),)), {1: Assignment((10, 20))})
    with pytest.raises(ValueError, match=r"^job: 1 has"):
        insert(board, a_job())
    with pytest.raises(ValueError, match=r"^job: 1 has"):
        place(board, a_job(), Assignment((10, 20)))


def test_a_missing_travel_time_is_refused() -> None:
    """No minutes are guessed from the other direction."""
    with pytest.raises(ValueError, match=r"^travel: no minutes from site 2 to site 1"):
        open_starts(prepare(a_day(travel={(1, 2): 20}), {}), Candidate(2, 30, (PLANT, ANY)))


@pytest.mark.parametrize(
    ("plan", "name"),
    [
        ({8: Assignment((10, 20))}, "job 8"),
        ({1: Assignment((10, 99))}, "duty 99"),
        ({1: Assignment((10, 20), 99)}, "dock 99"),
    ],
)
def test_a_board_is_not_made_of_unknown_rows(plan: dict[int, Assignment], name: str) -> None:
    """A plan that names what the day does not have is refused with its name."""
    with pytest.raises(ValueError, match=f"^plan: {name} .*not on the day"):
        prepare(a_day(jobs=(a_job(),)), plan)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.integers(1, 4).flatmap(
        lambda seats: st.tuples(
            st.just(seats),
            st.lists(st.tuples(st.integers(-3, 6), st.integers(1, (1 << seats) - 1)), min_size=0, max_size=6),
        )
    )
)
def test_the_cheapest_crew_is_exact(case: tuple[int, list[tuple[int, int]]]) -> None:
    """Branch and bound finds what trying all crews finds, and Hall's condition tells when there is none."""
    seats, drawn = case
    members = [(minutes, duty, able) for duty, (minutes, able) in enumerate(drawn)]
    crews = [
        (sum(one[0] for one in crew), tuple(one[1] for one in crew))
        for crew in permutations(members, seats)
        if all(one[2] >> seat & 1 for seat, one in enumerate(crew))
    ]
    found = choose(members, seats, budget=10_000)
    assert found == (min(crews)[1] if crews else None)
    assert bool(find_shortage([one[2] for one in members], seats)) == (not crews)
