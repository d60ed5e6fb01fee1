"""What a batch asks for, where its lots come to stand, and what an arrangement is worth."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from solver.batch.standing import Standing
from solver.day import MIDNIGHT, Candidate


class Slot(NamedTuple):
    """A start: the place of a day among the office's days, and the minute on it."""

    day: int
    start: int


@dataclass(frozen=True, slots=True)
class Lot:
    """One job of a batch: what it is on each of the days (None: not on that day), and what its place counts.

    `id` is no job's of any of the days. `weight` is positive: a lot that comes first counts more.
    """

    id: int
    weight: int
    on: tuple[Candidate | None, ...]

    def __post_init__(self) -> None:
        if self.weight < 1:
            msg = f"weight: {self.weight} of lot {self.id}"
            raise ValueError(msg)

    @property
    def site(self) -> int | None:
        """Where it is inspected; None if it is on no day at all."""
        return next((asked.site for asked in self.on if asked is not None), None)


class Value(NamedTuple):
    """What an arrangement costs, the first level first; less is better.

    Weight of the lots without a place; minutes from the first day's midnight to the starts, in all; minutes
    between the first and the last start of each site, in all; minutes of travel of the days.
    """

    lost: int
    delay: int
    spread: int
    travel: int


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Where the lots stand, and the days with them: each is legal, and crews every promise and every lot.

    `proved`: no other arrangement has less lost, delay and spread; travel is never proved.
    """

    slots: Mapping[int, Slot]
    days: tuple[Standing, ...]
    value: Value
    proved: bool


def value_of(lots: Iterable[Lot], slots: Mapping[int, Slot], days: Sequence[Standing]) -> Value:
    """Return the value of an arrangement."""
    all_lots = list(lots)
    return Value(
        lost=sum(lot.weight for lot in all_lots if lot.id not in slots),
        delay=sum(minute_of(days, slot) for slot in slots.values()),
        spread=spread_of(all_lots, slots, days),
        travel=sum(day.travel for day in days),
    )


def spread_of(lots: Iterable[Lot], slots: Mapping[int, Slot], days: Sequence[Standing]) -> int:
    """Return the minutes between the first and the last start of each site."""
    starts: dict[int | None, list[int]] = {}
    for lot in lots:
        if lot.id in slots:
            starts.setdefault(lot.site, []).append(minute_of(days, slots[lot.id]))
    return sum(max(some) - min(some) for some in starts.values())


def minute_of(days: Sequence[Standing], slot: Slot) -> int:
    """Return the minutes from the first day's midnight to a slot."""
    return (days[slot.day].day.date - days[0].day.date).days * MIDNIGHT + slot.start
