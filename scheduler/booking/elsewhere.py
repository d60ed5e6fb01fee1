"""Where else a refused time could be had: at another office, on a rest day with a crew, or by asking."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final

from sqlmodel import Session

from scheduler.booking.answers import answer_by
from scheduler.booking.place import judge_start
from scheduler.errors import Refusal
from scheduler.promise.boards import Boards
from scheduler.promise.reference import ZONE, Reference, SiteFacts
from scheduler.promise.rows import instant_of, local_date, minute_of
from scheduler.promise.search import Question, first_open, nearest, true_starts
from scheduler.vocabulary import WORKDAY_KINDS, RequestReason

OTHER_OFFICE: Final = "other_office"
WEEKEND_CREW: Final = "weekend_crew"
REST_DAY_REQUEST: Final = "rest_day_request"

OFFICES: Final = 2
"""Other offices that are named, those whose sites are nearest first."""

REST_DAYS_AHEAD: Final = timedelta(days=9)
"""How far behind the wished day rest days are looked at: the next weekend, the first of a long holiday."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A time that could be had elsewhere: where, when, how far from the site asked for, answered by when."""

    way: str
    office: str
    site: str
    start: datetime
    travel: int | None = None
    answered_by: datetime | None = None


def find_elsewhere(
    session: Session, boards: Boards, question: Question, start: datetime
) -> tuple[Elsewhere, ...]:
    """What is true elsewhere near a start: times found by insertion, each can be booked as it is said."""
    offices = _other_offices(session, boards, question, start)
    rest_day = _rest_day(session, boards, question, start)
    return (*islice(offices, OFFICES), *(() if rest_day is None else (rest_day,)))


def _other_offices(
    session: Session, boards: Boards, question: Question, start: datetime
) -> Iterator[Elsewhere]:
    """The true start nearest to the wished one at the nearest site of its kind of each office nearby."""
    facts, demand = question.facts, question.demand
    day = local_date(start)
    for travel, site in _sites_like(facts, demand.site, day):
        there = replace(demand, office=site.office, site=site.id)
        starts = true_starts(session, boards, demand=there, first=day, last=day, now=question.now).starts
        if starts:
            office = facts.offices[site.office].code
            yield Elsewhere(OTHER_OFFICE, office, site.code, nearest(starts, start, count=1)[0], travel)


def _sites_like(facts: Reference, site: int, day: date) -> list[tuple[int, SiteFacts]]:
    """The nearest site of the same kind of each other office, with the way to it, the nearest first."""
    asked = facts.sites[site]
    near: dict[int, tuple[int, SiteFacts]] = {}
    for other in facts.sites.values():
        way = facts.travel.get((site, other.id))
        if other.office == asked.office or other.kind is not asked.kind or way is None:
            continue
        if other.exists_on(day) and way < near.get(other.office, (way + 1, other))[0]:
            near[other.office] = way, other
    return sorted(near.values(), key=lambda pair: (pair[0], pair[1].id))


def _rest_day(session: Session, boards: Boards, question: Question, start: datetime) -> Elsewhere | None:
    """The first start of a rest day whose crew is open, else the rest day that can still be asked for."""
    facts, demand = question.facts, question.demand
    first = max(local_date(start), local_date(question.now) + timedelta(days=1))
    days = [first + timedelta(days=k) for k in range(REST_DAYS_AHEAD.days)]
    rest = [day for day in days if facts.kinds.get(day) not in {*WORKDAY_KINDS, None}]
    if not rest:
        return None
    office, site = facts.offices[demand.office].code, facts.sites[demand.site].code
    _, plans = boards.days(session, office=demand.office, days=rest)
    for plan in plans:
        begins = first_open(facts, plan, demand.for_office())
        if begins is not None and _may_come(question, begins):
            return Elsewhere(WEEKEND_CREW, office, site, begins)
    for day in rest:
        begins = instant_of(day, minute_of(start, local_date(start)))
        by = _answered_by(question, begins)
        if by is not None:
            return Elsewhere(REST_DAY_REQUEST, office, site, begins, answered_by=by)
    return None


def _may_come(question: Question, start: datetime) -> bool:
    try:
        return judge_start(question.facts, question.demand, start, question.now) is RequestReason.REST_DAY
    except Refusal:
        return False


def _answered_by(question: Question, start: datetime) -> datetime | None:
    """By when the office would answer a request for a rest day; None: it can no longer be asked for."""
    if not _may_come(question, start):
        return None
    rest_day, office = RequestReason.REST_DAY, question.demand.office
    try:
        by = answer_by(question.facts, office=office, reason=rest_day, wished=start, now=question.now)
        return by.astimezone(ZONE)
    except Refusal:
        return None
