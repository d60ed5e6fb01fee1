"""The hhcrsp format: what a file means as a case, and a judge that shares nothing with the solver."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bench.hhcrsp import make_up
from bench.hhcrsp_format import Tours, judge, read_document, to_case, to_tours
from solver.windows.case import Inspector, Seat, Visit
from solver.windows.search import route_visits

SAMPLE: dict[str, Any] = {
    "patients": [
        {
            "id": "anna",
            "location": [0, 10],
            "time_window": [20.5, 40],
            "required_caregivers": [{"service": "wash", "duration": 10}, {"service": "dress"}],
            "synchronization": {"type": "sequential", "distance": [5, 20]},
        },
        {
            "id": "bert",
            "location": [0, 20],
            "time_window": [0, 30],
            "required_caregivers": [{"service": "wash", "duration": 10}],
        },
    ],
    "services": [{"id": "wash"}, {"id": "dress", "default_duration": 7}],
    "caregivers": [{"id": "c1", "abilities": ["wash"]}, {"id": "c2", "abilities": ["dress"]}],
    "central_offices": [{"id": "office", "location": [0, 0]}],
    "distances": [[0, 10.25, 20], [10.25, 0, 10], [20, 10, 0]],
}

GOOD: dict[str, list[tuple[str, str, Decimal]]] = {
    "c1": [("anna", "wash", Decimal("20.5")), ("bert", "wash", Decimal("40.5"))],
    "c2": [("anna", "dress", Decimal(30))],
}


def stored(folder: Path, document: dict[str, Any]) -> Path:
    """Write a document to a file."""
    path = folder / "Own_2_1.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def with_start(name: str, rank: int, start: str) -> Tours:
    """Return the good tours with one start changed."""
    tours = {one: list(tour) for one, tour in GOOD.items()}
    patient, service, _ = tours[name][rank]
    tours[name][rank] = (patient, service, Decimal(start))
    return tours


def test_a_file_is_read_as_visits_with_windows_gaps_and_durations(tmp_path: Path) -> None:
    """Millionths of the file's unit; a service without a duration of its own takes the usual one."""
    case = to_case(read_document(stored(tmp_path, SAMPLE)))
    wash, dress = Seat(frozenset({"wash"}), 10_000_000), Seat(frozenset({"dress"}), 7_000_000)
    assert case.visits == (
        Visit(0, 1, 20_500_000, 40_000_000, (wash, dress), (5_000_000, 20_000_000)),
        Visit(1, 2, 0, 30_000_000, (wash,)),
    )
    assert case.inspectors == (Inspector(0, frozenset({"wash"}), 0), Inspector(1, frozenset({"dress"}), 0))
    assert case.travel[0] == (0, 10_250_000, 20_000_000)


def test_a_number_finer_than_the_unit_is_never_taken_for_less(tmp_path: Path) -> None:
    """A way of a third is rounded up, so that no start is too early for the judge."""
    document = {**SAMPLE, "distances": [[0, 0.33333333, 20], [0.33333333, 0, 10], [20, 10, 0]]}
    assert to_case(read_document(stored(tmp_path, document))).travel[0][1] == 333_334


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("caregivers", {"working_shift": [0, 400]}, "caregivers: not understood"),
        ("patients", {"synchronization": {"type": "independent"}}, "synchronization"),
    ],
)
def test_a_rule_that_is_not_understood_is_refused(
    tmp_path: Path, part: str, change: dict[str, Any], message: str
) -> None:
    """Better no answer than one that breaks a rule nobody read."""
    first, *others = SAMPLE[part]
    path = stored(tmp_path, {**SAMPLE, part: [{**first, **change}, *others]})
    with pytest.raises(ValueError, match=message):
        to_case(read_document(path))


def test_the_judge_counts_distance_tardiness_and_the_greatest() -> None:
    """Tours of 40.25 and 20.5; bert is 10.5 late: (60.75 + 10.5 + 10.5) / 3."""
    assert judge(SAMPLE, GOOD) == ([], Decimal("27.25"))


@pytest.mark.parametrize(
    ("tours", "words"),
    [
        ({**GOOD, "c3": []}, "no such caregiver"),
        ({**GOOD, "c2": [("carl", "dress", Decimal(30))]}, "no such patient"),
        ({"c1": GOOD["c1"][:1], "c2": GOOD["c2"]}, "bert: 0 services"),
        ({"c1": [], "c2": [*GOOD["c2"], *GOOD["c1"]]}, "c2: not able to do wash"),
        (with_start("c1", 1, "40"), "c1: cannot be at bert by 40"),
        (with_start("c1", 0, "20"), "anna: 20 is before the window"),
        (with_start("c2", 0, "25"), "anna: 4.5 between the starts"),
        (with_start("c2", 0, "41"), "anna: 20.5 between the starts"),
    ],
)
def test_the_judge_finds_each_planted_fault(tours: Tours, words: str) -> None:
    """One fault each, in words that name it."""
    assert any(words in fault for fault in judge(SAMPLE, tours)[0])


def test_the_judge_refuses_one_caregiver_for_both_services() -> None:
    """Though able to do both and in time."""
    able = {**SAMPLE, "caregivers": [{"id": "c1", "abilities": ["wash", "dress"]}]}
    tour = [
        ("anna", "wash", Decimal("20.5")),
        ("anna", "dress", Decimal("30.5")),
        ("bert", "wash", Decimal(50)),
    ]
    assert judge(able, {"c1": tour})[0] == ["anna: one caregiver for both services"]


def test_what_the_search_finds_is_accepted_at_its_own_price() -> None:
    """The judge's cost is a third of the search's, in the file's unit."""
    document = make_up(0)
    found = route_visits(to_case(document), seed=0, steps=400)
    assert judge(document, to_tours(document, found.routes)) == ([], Decimal(found.cost) / 3_000_000)
