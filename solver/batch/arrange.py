"""Lots of a batch on an office's days: as many as possible, as early as possible, close together by site.

Lots are placed one after the other in several orders, each at its earliest start; the best outcome is
improved by taking lots out and putting them in again. Where there are few lots, all arrangements that could
be better are tried, so that the answer is proved. Feasible is what the oracle proves: every lot that stands
is crewed together with all others and with every promise. Undecided counts as not feasible.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, islice, takewhile
from random import Random
from typing import Final

from solver.batch.lots import Arrangement, Lot, Slot, minute_of, spread_of, value_of
from solver.batch.standing import Standing
from solver.check import check
from solver.day import GRID
from solver.insert import calendar_starts
from solver.oracle import Budget as Proving
from solver.oracle.layout import bits
from solver.oracle.metric import is_metric

_FEW_LOTS: Final = 6
_TRIED_EARLIER: Final = 4
"""Starts before the first one of insertion that the oracle is asked about, for each lot and order,"""
_TRIED_ANYWHERE: Final = 16
"""and starts in all where there is none of insertion."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Work of one arrangement: jobs put on a day, by insertion or proof, in all; and of each proof."""

    trials: int = 4_000
    proving: Proving = field(default_factory=Proving)

    def __post_init__(self) -> None:
        if self.trials < 0:
            msg = f"budget: {self.trials} trials"
            raise ValueError(msg)


@dataclass(slots=True)
class _Purse:
    trials: int
    proving: Proving

    def put(self, day: Standing, job: Lot, at: Slot, *, search: bool = True) -> Standing | None:
        """Put a lot on a day at a start, at the cost of one trial."""
        asked = job.on[at.day]
        if asked is None or self.trials <= 0:
            return None
        self.trials -= 1
        return day.put(asked.at(at.start, job.id), budget=self.proving if search else None)


@dataclass(frozen=True, slots=True)
class _Draft:
    """An arrangement in the making."""

    slots: Mapping[int, Slot]
    days: tuple[Standing, ...]

    def put(self, lot: Lot, slot: Slot, grown: Standing) -> "_Draft":
        """Return the draft with one more lot on a day that took it."""
        days = (*self.days[: slot.day], grown, *self.days[slot.day + 1 :])
        return _Draft({**self.slots, lot.id: slot}, days)

    def take(self, lot: Lot) -> "_Draft":
        """Return the draft without a lot that stands."""
        slot = self.slots[lot.id]
        days = list(self.days)
        days[slot.day] = days[slot.day].take(lot.id)
        return _Draft({one: at for one, at in self.slots.items() if one != lot.id}, tuple(days))


def arrange(
    days: Sequence[Standing], lots: Sequence[Lot], *, budget: Budget | None = None, seed: int = 0
) -> Arrangement:
    """Return a place for each lot that gets one; the same answer for the same seed and budget.

    `days` are in order of their dates, each with a legal plan for all its jobs; a day whose plan is broken
    takes no lot. Raises ValueError if a travel time is missing.
    """
    limit = budget or Budget()
    purse = _Purse(limit.trials, limit.proving)
    start = _Draft({}, tuple(days))
    drafts = [_place_in_order(start, order, purse) for order in _orders(days, lots, Random(seed))]  # noqa: S311 - a seeded search
    best = min(drafts, key=lambda draft: value_of(lots, draft.slots, draft.days))
    best = _improve(best, lots, purse)
    proved = False
    if len(lots) <= _FEW_LOTS:
        best, proved = _Exact(start, lots, purse).run(best)
    best = _let_out(best, start)
    proved = proved and all(is_metric(one.day) for one in days)  # else what is left out might help others
    return Arrangement(best.slots, best.days, value_of(lots, best.slots, best.days), proved)


def _let_out(draft: _Draft, before: _Draft) -> _Draft:
    """Let only days out on which every rule holds: another one is left as it was, without its lots."""
    days = tuple(
        now if now is old or not check(now.day, now.plan, previous=old.plan) else old
        for now, old in zip(draft.days, before.days, strict=True)
    )
    kept = {lot: slot for lot, slot in draft.slots.items() if days[slot.day] is draft.days[slot.day]}
    return _Draft(kept, days)


def _orders(days: Sequence[Standing], lots: Sequence[Lot], random: Random) -> Iterator[list[Lot]]:
    """Yield orders in which lots are placed: what counts most first, then by site, by scarcity, by length."""
    room = {
        lot.id: sum(day.open_to(c).bit_count() for day, c in zip(days, lot.on, strict=True) if c)
        for lot in lots
    }
    minutes = {lot.id: next((c.duration for c in lot.on if c is not None), 0) for lot in lots}
    sites = _sites_by_weight(lots)
    keys: tuple[Callable[[Lot], tuple[int, ...]], ...] = (
        lambda lot: (-lot.weight, sites[lot.site], minutes[lot.id], lot.id),
        lambda lot: (-lot.weight, room[lot.id], sites[lot.site], lot.id),
        lambda lot: (room[lot.id], -lot.weight, minutes[lot.id], lot.id),
        lambda lot: (-lot.weight, minutes[lot.id], sites[lot.site], lot.id),
    )
    for key in keys:
        yield sorted(lots, key=key)
    shuffled = list(lots)
    random.shuffle(shuffled)
    yield sorted(shuffled, key=lambda lot: -lot.weight)


def _sites_by_weight(lots: Sequence[Lot]) -> dict[int | None, int]:
    """The place of each site: that of most weight first, so that its lots find room beside each other."""
    weights: dict[int | None, int] = {}
    for lot in lots:
        weights[lot.site] = weights.get(lot.site, 0) + lot.weight
    ranked = sorted(weights, key=lambda site: (-weights[site], site or 0))
    return {site: place for place, site in enumerate(ranked)}


def _place_in_order(draft: _Draft, order: Sequence[Lot], purse: _Purse) -> _Draft:
    for lot in order:
        draft = _put_early(draft, lot, purse) or draft
    return draft


def _put_early(draft: _Draft, lot: Lot, purse: _Purse) -> _Draft | None:
    """Put a lot at its earliest start: of insertion, or one of the last few before that the oracle proves."""
    inserted = _first_inserted(draft, lot)
    for slot in _before(draft, lot, inserted):
        grown = purse.put(draft.days[slot.day], lot, slot)
        if grown is not None:
            return draft.put(lot, slot, grown)
    if inserted is None:
        return None
    grown = purse.put(draft.days[inserted.day], lot, inserted, search=False)
    return None if grown is None else draft.put(lot, inserted, grown)


def _first_inserted(draft: _Draft, lot: Lot) -> Slot | None:
    for number, (day, asked) in enumerate(zip(draft.days, lot.on, strict=True)):
        mask = 0 if asked is None else day.open_to(asked)
        if mask:
            return Slot(number, GRID * ((mask & -mask).bit_length() - 1))
    return None


def _before(draft: _Draft, lot: Lot, until: Slot | None) -> list[Slot]:
    """The starts that the oracle is asked about: the first ones before another, or some of all there are."""
    if until is None:
        every = list(_calendar(draft.days, lot))
        return every[:: max(1, len(every) // _TRIED_ANYWHERE)]
    earlier = takewhile(lambda slot: slot < until, _calendar(draft.days, lot))
    return list(islice(earlier, _TRIED_EARLIER))


def _calendar(days: Sequence[Standing], lot: Lot) -> Iterator[Slot]:
    for number, (day, asked) in enumerate(zip(days, lot.on, strict=True)):
        if asked is not None and day.is_sound:
            yield from (Slot(number, GRID * cell) for cell in bits(calendar_starts(day.day, asked)))


def _improve(best: _Draft, lots: Sequence[Lot], purse: _Purse) -> _Draft:
    """Take lots out and put them in earlier, then let two lots change places, until nothing gets better."""
    while True:
        known = value_of(lots, best.slots, best.days)
        best = _change_places(_put_in_earlier(best, lots, purse), lots, purse)
        if value_of(lots, best.slots, best.days) == known:
            return best


def _put_in_earlier(draft: _Draft, lots: Sequence[Lot], purse: _Purse) -> _Draft:
    """Take each lot out, if it stands, and put it in at its earliest start where that is better."""
    for lot in lots:
        rest = _without(draft, (lot,), purse)
        first = None if rest is None else _first_inserted(rest, lot)
        if rest is not None and first is not None:
            draft = _better(draft, _put_at(rest, lot, first, purse), lots)
    return draft


def _change_places(draft: _Draft, lots: Sequence[Lot], purse: _Purse) -> _Draft:
    """Let two lots of different sites stand at each other's starts where that is closer by site."""
    for one, other in combinations([lot for lot in lots if lot.id in draft.slots], 2):
        here, there = draft.slots[one.id], draft.slots[other.id]
        if one.site == other.site or here == there:
            continue
        changed = {**draft.slots, one.id: there, other.id: here}
        if spread_of(lots, changed, draft.days) >= spread_of(lots, draft.slots, draft.days):
            continue
        swapped = _without(draft, (one, other), purse)
        for lot, slot in ((one, there), (other, here)):
            swapped = None if swapped is None else _put_at(swapped, lot, slot, purse)
        draft = _better(draft, swapped, lots)
    return draft


def _better(draft: _Draft, other: _Draft | None, lots: Sequence[Lot]) -> _Draft:
    if other is None:
        return draft
    return min(draft, other, key=lambda one: value_of(lots, one.slots, one.days))


def _without(draft: _Draft, some: Sequence[Lot], purse: _Purse) -> _Draft | None:
    """The draft without some lots, at the cost of a trial each; None when there is no work left."""
    for lot in some:
        if lot.id in draft.slots:
            if purse.trials <= 0:
                return None
            purse.trials -= 1
            draft = draft.take(lot)
    return draft


def _put_at(draft: _Draft, lot: Lot, slot: Slot, purse: _Purse) -> _Draft | None:
    """Put a lot at a start by insertion, if it may stand there."""
    asked, day = lot.on[slot.day], draft.days[slot.day]
    if asked is None or not day.open_to(asked) >> slot.start // GRID & 1:
        return None
    grown = purse.put(day, lot, slot, search=False)
    return None if grown is None else draft.put(lot, slot, grown)


class _Exact:
    """All arrangements that could be better than a known one, by branch and bound."""

    def __init__(self, empty: _Draft, lots: Sequence[Lot], purse: _Purse) -> None:
        self.purse = purse
        self.lots = sorted(lots, key=lambda lot: (-lot.weight, lot.site or 0, lot.id))
        self.empty = empty
        self.starts: list[list[Slot]] = []

    def run(self, known: _Draft) -> tuple[_Draft, bool]:
        """Return the best arrangement, and whether all better ones were ruled out."""
        self.best, self.value = known, value_of(self.lots, known.slots, known.days)
        for lot in self.lots:
            alone = [
                slot
                for slot in _calendar(self.empty.days, lot)
                if self.purse.put(self.empty.days[slot.day], lot, slot) is not None
            ]
            self.starts.append(alone)
        earliest = [
            min((minute_of(self.empty.days, slot) for slot in some), default=0) for some in self.starts
        ]
        self.rest = [sum(earliest[place:]) for place in range(len(earliest) + 1)]
        self._descend(0, self.empty, 0, 0)
        return self.best, self.purse.trials > 0

    def _descend(self, place: int, draft: _Draft, lost: int, delay: int) -> None:
        spread = spread_of(self.lots, draft.slots, draft.days)
        # while nothing more is lost than in the best, every lot that is left must be placed
        if self.purse.trials <= 0 or (lost, delay + self.rest[place], spread) >= self.value[:3]:
            return
        if place == len(self.lots):
            self.best = draft
            self.value = value_of(self.lots, draft.slots, draft.days)
            return
        lot = self.lots[place]
        for slot in self.starts[place]:
            grown = self.purse.put(draft.days[slot.day], lot, slot)
            if grown is not None:
                more = minute_of(draft.days, slot)
                self._descend(place + 1, draft.put(lot, slot, grown), lost, delay + more)
        self._descend(place + 1, draft, lost + lot.weight, delay)
