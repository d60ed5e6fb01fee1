"""Which starts are true: one question for an office's days, at most three statements."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from sqlmodel import Session

from scheduler.errors import CreditExcluded, WindowTooLong
from scheduler.promise.boards import Boards
from scheduler.promise.office_day import OfficeDayPlan
from scheduler.promise.oracles import names_fixed_before
from scheduler.promise.reference import Reference
from scheduler.promise.rows import MINUTES_OF_DAY, instant_of, local_date, minute_of
from scheduler.promise.share import kept_until
from scheduler.rules.lead_times import earliest_start
from scheduler.rules.policy import BookingRules
from scheduler.vocabulary import WORKDAY_KINDS, CreditLevel
from solver.day import GRID, Candidate
from solver.insert import calendar_starts, openings

SEARCHED_DAYS: Final = 3
"""Up to so many days are searched for every true start, unless the question says otherwise."""

MOST_SEARCHED_DAYS: Final = 14
"""More days are not searched for one question."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked for: where, how long, by whom it may be done, by when, and whose notice counts."""

    office: int
    site: int
    type: int
    minutes: int
    credit: CreditLevel
    green: bool = False
    excluded: frozenset[int] = frozenset()
    must_finish_by: datetime | None = None
    of_office: bool = False
    """The office itself gives the place: what is kept for the green channel is its to give."""

    @property
    def signature(self) -> str:
        """What kind of visit this is, for verdicts; empty where more than place, type and length counts."""
        if self.excluded or self.must_finish_by is not None:
            return ""
        return f"{self.site}/{self.type}/{self.minutes}"

    def for_office(self) -> "Demand":
        """The same demand where the office itself gives the place."""
        return replace(self, of_office=True)

    def as_green(self) -> "Demand":
        """The same demand with the green channel's notice."""
        return replace(self, green=True)


@dataclass(frozen=True, slots=True)
class TrueStarts:
    """Starts (aware, in order) that can be kept, and how many were left out for which reason."""

    starts: tuple[datetime, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of an office's days at `now`, read in one moment: it is answered without the database."""

    facts: Reference
    demand: Demand
    plans: Sequence[OfficeDayPlan]
    candidates: Sequence[Candidate]
    now: datetime
    kept: frozenset[date] = frozenset()
    """Days whose rest is kept for the green channel."""
    proved: Mapping[date, int] = field(default_factory=dict)
    """Starts that the clock proved possible when others' names may change, as masks."""

    def fixed_before(self, day: date) -> int | None:
        """The minute of a day before which starts keep their names; None: all of them do."""
        return names_fixed_before(
            self.facts, office=self.demand.office, day=day, now=self.now, green=self.demand.green
        )


def true_starts(
    session: Session, boards: Boards, *, demand: Demand, first: date, last: date, now: datetime
) -> TrueStarts:
    """The true starts that need no change of others' names, from `first` to `last`, both included."""
    return answer(boards, read_question(session, boards, demand=demand, first=first, last=last, now=now))


def read_question(
    session: Session, boards: Boards, *, demand: Demand, first: date, last: date, now: datetime
) -> Question:
    """The days from `first` to `last`, both included, as they stand: at most three statements."""
    days = [first + timedelta(days=k) for k in range((last - first).days + 1)]
    if not days:
        return Question(boards.at_hand(session), demand, (), (), now)
    facts, plans, verdicts = boards.judged_days(
        session, office=demand.office, days=days, signature=demand.signature
    )
    kept = frozenset(
        plan.stamp.date for plan in plans if is_kept_until(facts, plan, demand, now=now) is not None
    )
    asked = [
        candidate_of(facts, demand, day, _NEVER if day in kept else _window(facts, day, demand, now))
        for day in days
    ]
    question = Question(facts, demand, plans, asked, now, kept)
    proved = {day: one.proved for day, one in verdicts.items() if question.fixed_before(day) == one.fixed}
    return replace(question, proved=proved)


def is_kept_until(
    reference: Reference, plan: OfficeDayPlan, demand: Demand, *, now: datetime
) -> datetime | None:
    """Until when a day is kept from a demand for the green channel; None: it is not."""
    if demand.green or demand.of_office:
        return None
    people = len(reference.types[demand.type].seats)
    return kept_until(reference, plan, minutes=demand.minutes, people=people, now=now)


_NEVER: Final = (MINUTES_OF_DAY, MINUTES_OF_DAY)
"""A window without a start."""


def first_open(reference: Reference, plan: OfficeDayPlan, demand: Demand) -> datetime | None:
    """The first start of a day that insertion finds within its hours, whatever the kind of day."""
    candidate = candidate_of(reference, demand, plan.stamp.date)
    (mask,) = openings([plan.board], [candidate])
    return next(_instants([plan], [mask]), None)


def is_searched(days: int, *, wished: bool | None) -> bool:
    """Whether so many days are searched for every true start: as is wished, else if they are few.

    Raises:
        WindowTooLong: more days are wished than one question may cost.
    """
    if wished and days > MOST_SEARCHED_DAYS:
        raise WindowTooLong(field="/thorough", days=MOST_SEARCHED_DAYS)
    return days <= SEARCHED_DAYS if wished is None else wished


def answer(boards: Boards, question: Question, *, thorough: bool = False) -> TrueStarts:
    """The true starts of a question; `thorough`: also those for which others' names or docks change.

    The latter takes a search of some milliseconds a day: call it with no transaction open.
    """
    plans, asked = question.plans, question.candidates
    masks = openings([plan.board for plan in plans], asked)
    if question.proved:
        masks = [
            mask | question.proved.get(plan.stamp.date, 0) & calendar_starts(plan.day, candidate)
            for mask, plan, candidate in zip(masks, plans, asked, strict=True)
        ]
    if thorough:
        masks = _search(boards, question, masks)
    starts = tuple(_instants(plans, masks))
    return TrueStarts(starts, left_out_of(question))


def _search(boards: Boards, question: Question, masks: Sequence[int]) -> list[int]:
    """Add what the oracle finds where insertion left starts out and names may change."""
    plans, asked = question.plans, question.candidates
    doubtful: list[tuple[int, int]] = []
    for number, plan in enumerate(plans):
        if masks[number] != calendar_starts(plan.day, asked[number]):
            minute = question.fixed_before(plan.stamp.date)
            doubtful += [] if minute is None else [(number, minute)]
    found = boards.oracles.starts(
        [plans[number] for number, _ in doubtful],
        [minute for _, minute in doubtful],
        [asked[number] for number, _ in doubtful],
    )
    more = {number: mask for (number, _), mask in zip(doubtful, found, strict=True)}
    return [mask | more.get(number, 0) for number, mask in enumerate(masks)]


def candidate_of(
    reference: Reference, demand: Demand, day: date, window: tuple[int, int] = (0, MINUTES_OF_DAY)
) -> Candidate:
    """The solver's candidate for a demand on one day, within a window of minutes."""
    finish_by = None
    if demand.must_finish_by is not None:
        minute = minute_of(demand.must_finish_by, day)
        finish_by = None if minute >= MINUTES_OF_DAY else max(minute, 0)
    return Candidate(
        site=demand.site,
        duration=demand.minutes,
        seats=reference.types[demand.type].seats,
        excluded=demand.excluded,
        finish_by=finish_by,
        earliest=window[0],
        latest=window[1],
    )


def _window(reference: Reference, day: date, demand: Demand, now: datetime) -> tuple[int, int]:
    """The minutes of a day in which a start may be offered; empty on rest days and too early ones."""
    kind = reference.kinds.get(day)
    if kind not in WORKDAY_KINDS or not reference.sites[demand.site].exists_on(day):
        return _NEVER
    rules = reference.policy(BookingRules, office=demand.office, on=day)
    if (day - local_date(now)).days > rules.horizon_days:
        return _NEVER
    try:
        earliest = earliest_start(
            now=now, credit=demand.credit, day_kind=kind, out_of_hours=False, green=demand.green, rules=rules
        )
    except CreditExcluded:
        return _NEVER
    opening = reference.opening(demand.office, day)
    if opening is None:
        return _NEVER
    first = min(max(minute_of(earliest, day), opening[0]), MINUTES_OF_DAY)
    return first, max(opening[1] - demand.minutes + 1, first)


def _instants(plans: Sequence[OfficeDayPlan], masks: Sequence[int]) -> Iterator[datetime]:
    for plan, mask in zip(plans, masks, strict=True):
        left = mask
        while left:
            low = left & -left
            yield instant_of(plan.stamp.date, GRID * (low.bit_length() - 1))
            left ^= low


def left_out_of(question: Question) -> dict[str, int]:
    """Grid starts within opening hours that were not even asked for, by reason."""
    demand = question.demand
    counts: dict[str, int] = {}
    for plan, candidate in zip(question.plans, question.candidates, strict=True):
        day, earliest = plan.day, candidate.earliest
        for start in range(day.opens, day.closes - demand.minutes + 1, GRID):
            if day.date in question.kept:
                reason = "kept_for_priority"
            elif start < earliest:
                reason = "too_short_notice"
            elif demand.must_finish_by is not None and demand.must_finish_by < instant_of(
                day.date, start + demand.minutes
            ):
                reason = "too_late_to_finish"
            else:
                continue
            counts[reason] = counts.get(reason, 0) + 1
    return counts


def nearest(starts: Sequence[datetime], wished: datetime, *, count: int = 3) -> tuple[datetime, ...]:
    """The true starts nearest to a wished one, in order of time."""
    by_distance = sorted(starts, key=lambda start: (abs(start - wished), start))
    return tuple(sorted(by_distance[:count]))
