"""The public hhcrsp format: a file as a case of `solver.windows`, and a judge that reads the file.

A file has `patients` (id, time_window, required_caregivers of service and duration, synchronization of two:
simultaneous or sequential with a distance [least, most] of their starts), `services` (id, default_duration),
`caregivers` (id, abilities), one of `central_offices`, and `distances`: office first, then the patients in
their order; a distance is also the time that the way takes. A patient is a visit, a caregiver an inspector.
Cost = (distance + total tardiness of starts + greatest tardiness) / 3.

`judge` shares nothing with the solver: it takes names and starts, and exact decimals from the file.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from solver.windows.case import Case, Inspector, Seat, Visit
from solver.windows.check import Routes

SCALE: Final = 1_000_000
"""Units of the case for one of the file."""

TERMS: Final = 3

KNOWN: Final = {
    "patients": {"id", "location", "time_window", "required_caregivers", "synchronization"},
    "caregivers": {"id", "abilities"},
    "central_offices": {"id", "location"},
}
"""Fields that this reader honours; another one may be a rule, so a file that has one is refused."""

Document = Mapping[str, Any]  # JSON as it was read, numbers as Decimal or int
Tours = Mapping[str, Sequence[tuple[str, str, Decimal]]]
"""Caregiver -> (patient, service, start), in their order."""


def read_document(path: Path) -> Document:
    """Return the JSON of a file with exact numbers; ValueError if it has fields that are not understood."""
    document: Document = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    for part, known in KNOWN.items():
        strange = {name for row in document[part] for name in row} - known
        if strange:
            msg = f"{part}: not understood: {sorted(strange)}"
            raise ValueError(msg)
    if len(document["central_offices"]) != 1:
        raise ValueError("central_offices: exactly one is understood")
    return document


def to_case(document: Document) -> Case:
    """Return the case of a document; ids are places in its lists."""
    usual = {row["id"]: row.get("default_duration", 0) for row in document["services"]}
    visits = tuple(_visit(number, row, usual) for number, row in enumerate(document["patients"]))
    inspectors = tuple(
        Inspector(number, frozenset(row["abilities"]), 0) for number, row in enumerate(document["caregivers"])
    )
    travel = tuple(tuple(_up(value) for value in row) for row in document["distances"])
    return Case(visits, inspectors, travel)


def _visit(number: int, row: Mapping[str, Any], usual: Mapping[str, Decimal]) -> Visit:
    seats = tuple(
        Seat(frozenset([one["service"]]), _up(one.get("duration", usual[one["service"]])))
        for one in row["required_caregivers"]
    )
    least, most = _gap(row)
    opens, closes = row["time_window"]
    return Visit(number, number + 1, _up(opens), _up(closes), seats, (_up(least), _down(most)))


def _gap(row: Mapping[str, Any]) -> tuple[Decimal, Decimal]:
    rule = row.get("synchronization", {"type": "simultaneous"})
    if rule["type"] == "simultaneous":
        return Decimal(0), Decimal(0)
    if rule["type"] != "sequential":
        msg = f"synchronization: {rule['type']} is not understood"
        raise ValueError(msg)
    least, most = rule["distance"]
    return Decimal(least), Decimal(most)


def _up(value: Decimal | int) -> int:
    """Return units, none too few: what holds for them holds for the file's number, however fine it is."""
    return math.ceil(Decimal(value) * SCALE)


def _down(value: Decimal | int) -> int:
    return math.floor(Decimal(value) * SCALE)


def to_tours(document: Document, routes: Routes) -> Tours:
    """Return routes in the file's names and numbers."""
    patients = document["patients"]
    return {
        document["caregivers"][name]["id"]: [
            (
                patients[stop.visit]["id"],
                patients[stop.visit]["required_caregivers"][stop.seat]["service"],
                Decimal(stop.start) / SCALE,
            )
            for stop in stops
        ]
        for name, stops in routes.items()
    }


def judge(document: Document, tours: Tours) -> tuple[list[str], Decimal]:
    """Return what is wrong with a solution, in words, and what it costs."""
    able = {row["id"]: set(row["abilities"]) for row in document["caregivers"]}
    place = {row["id"]: number + 1 for number, row in enumerate(document["patients"])}
    faults = [f"{name}: no such caregiver" for name in tours if name not in able]
    met = {patient for tour in tours.values() for patient, _, _ in tour}
    faults += [f"{patient}: no such patient" for patient in sorted(met - set(place))]
    if faults:
        return faults, Decimal(0)
    for name, tour in tours.items():
        faults += [f"{name}: not able to do {service}" for _, service, _ in tour if service not in able[name]]
        faults += _judge_times(document, place, name, tour)
    late: list[Decimal] = [Decimal(0)]
    for row in document["patients"]:
        faults += _judge_patient(row, tours)
        closes = Decimal(row["time_window"][1])
        late += [max(Decimal(0), start - closes) for _, _, start in _calls(row, tours)]
    ways = sum((_distance(document, place, tour) for tour in tours.values()), Decimal(0))
    return faults, (ways + sum(late) + max(late)) / TERMS


def _calls(row: Mapping[str, Any], tours: Tours) -> list[tuple[str, str, Decimal]]:
    """Return who does what for a patient, and from when."""
    return [
        (name, service, start)
        for name, tour in tours.items()
        for patient, service, start in tour
        if patient == row["id"]
    ]


def _distance(
    document: Document, place: Mapping[str, int], tour: Sequence[tuple[str, str, Decimal]]
) -> Decimal:
    stops = [0, *(place[patient] for patient, _, _ in tour), 0]
    return sum((Decimal(document["distances"][a][b]) for a, b in pairwise(stops)), Decimal(0))


def _judge_times(
    document: Document, place: Mapping[str, int], name: str, tour: Sequence[tuple[str, str, Decimal]]
) -> Iterator[str]:
    usual = {row["id"]: row.get("default_duration", 0) for row in document["services"]}
    here, free = 0, Decimal(0)
    for patient, service, start in tour:
        row = document["patients"][place[patient] - 1]
        if start < free + Decimal(document["distances"][here][place[patient]]):
            yield f"{name}: cannot be at {patient} by {start}"
        if start < Decimal(row["time_window"][0]):
            yield f"{patient}: {start} is before the window"
        durations = [
            one.get("duration", usual[service])
            for one in row["required_caregivers"]
            if one["service"] == service
        ]
        here, free = place[patient], start + Decimal(max(durations, default=0))


def _judge_patient(row: Mapping[str, Any], tours: Tours) -> Iterator[str]:
    calls = _calls(row, tours)
    wanted = [one["service"] for one in row["required_caregivers"]]
    if sorted(service for _, service, _ in calls) != sorted(wanted):
        yield f"{row['id']}: {len(calls)} services done, {wanted} wanted"
        return
    if len({name for name, _, _ in calls}) < len(calls):
        yield f"{row['id']}: one caregiver for both services"
    if "synchronization" not in row or len(wanted) == 1:
        return
    calls.sort(key=lambda call: (wanted.index(call[1]), call[2]))
    gap = calls[1][2] - calls[0][2]
    rule = row["synchronization"]
    least, most = (0, 0) if rule["type"] == "simultaneous" else rule["distance"]
    if not least <= gap <= most:
        yield f"{row['id']}: {gap} between the starts, not within {least} and {most}"
