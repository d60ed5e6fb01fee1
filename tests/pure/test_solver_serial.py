"""Problems as JSON text: exact round trip, one text for equal problems, refusals of what is not ours."""

import json
from dataclasses import replace
from datetime import date
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.instances import draw_requests, open_office, small_day
from solver.day import Day, Duty, Inspector, Job, Lunch
from solver.insert import place_all
from solver.plan import Assignment
from solver.serial import FORMAT, read_problem, write_problem

FULL = Day(
    date=date(2026, 3, 2),
    opens=510,
    closes=1050,
    duties=(Duty(7, 3, 510, 1050, 1, 2),),
    inspectors=(Inspector(3, {"植检": ((date(2025, 1, 1), date(2026, 1, 1)), (date(2026, 2, 1), None))}),),
    jobs=(
        Job(5, 1, 600, 30, (frozenset({"植检", "food"}), frozenset()), frozenset({4, 2}), 900, frozen=True),
    ),
    docks={1: (11, 10)},
    site_closures={2: ((600, 660), (700, 720))},
    dock_closures={11: ((0, 60),)},
    office_closures=((720, 780),),
    travel={(1, 2): 12, (2, 1): 14},
    lunch=Lunch(690, 800, 30),
    minimum_crew=1,
)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_a_problem_survives_the_round_trip(random: Random) -> None:
    """What is read equals what was written, and is written again as the same text."""
    day, plan = small_day(random)
    text = write_problem(day, plan)
    assert read_problem(text) == (day, plan)
    assert write_problem(*read_problem(text)) == text


def test_every_field_survives_the_round_trip() -> None:
    """A day with each field away from its default comes back whole, with and without a dock in the plan."""
    plan = {5: Assignment((7, 8), 11), 6: Assignment((7,))}
    assert read_problem(write_problem(FULL, plan)) == (FULL, plan)
    assert "植检" in write_problem(FULL, plan)


def test_a_day_without_lunch_survives_the_round_trip() -> None:
    """None stays None."""
    day = replace(FULL, lunch=None)
    assert read_problem(write_problem(day, {})) == (day, {})


def test_a_read_problem_answers_as_the_written_one() -> None:
    """The search finds the same plan for a day that has been away as text."""
    office = open_office(seed=4, inspectors=8)
    requests = zip(range(20), draw_requests(office, seed=4), strict=False)
    day = replace(
        office.days[0], jobs=tuple(one.candidate.at(one.wished, number) for number, one in requests)
    )
    again, _ = read_problem(write_problem(day, {}))
    assert place_all(again, again.jobs) == place_all(day, day.jobs)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"format": FORMAT + 1}, f"^format: {FORMAT + 1} cannot be read"),
        ({"format": None}, "^format: None cannot be read"),
        ({"day": {}}, "^problem: not of format"),
        ({"day": None}, "^problem: not of format"),
        ({"plan": [[1]]}, "not enough values"),
    ],
)
def test_another_text_is_refused(change: dict[str, object], why: str) -> None:
    """Other versions and other shapes raise ValueError."""
    document = json.loads(write_problem(FULL, {})) | change
    with pytest.raises(ValueError, match=why):
        read_problem(json.dumps(document))


def test_text_that_is_no_problem_is_refused() -> None:
    """Neither broken JSON nor another document passes, and a day that contradicts itself refuses itself."""
    for text in ("{", "[]", "{}", '"day"'):
        with pytest.raises(ValueError, match=r".+"):
            read_problem(text)
    contradiction = json.loads(write_problem(FULL, {}))
    contradiction["day"]["opens"] = 1100
    with pytest.raises(ValueError, match=r"^opens: "):
        read_problem(json.dumps(contradiction))
