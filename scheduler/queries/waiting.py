"""The measures of waiting over a period: one statement for the rows, grouped in six ways.

Definitions are in docs/glossary and scheduler.rules.waiting; figures of time are minutes,
by the clock and in the office's opening hours of working days.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import Session, col

from scheduler.access.actor import Actor, booking_scope
from scheduler.models import (
    Booking,
    BookingInstruction,
    Calendar,
    EnterpriseCredit,
    InspectionType,
    Instruction,
    Office,
    Visit,
    WorkDay,
)
from scheduler.promise.reference import Reference
from scheduler.promise.rows import instant_of, local_date
from scheduler.rules.policy import VisitRules
from scheduler.rules.waiting import (
    NOTHING,
    Elapsed,
    Measures,
    Summary,
    Timeline,
    measure,
    summarise,
    suppress_small,
)
from scheduler.vocabulary import WORKDAY_KINDS, CreditLevel, Outcome

LEAST_SHOWN = 5
"""Public tables suppress counts under this (domain rule)."""


class Dimension(StrEnum):
    """By what the measures are grouped; the values are fields of a case."""

    OFFICE = "office"
    GOODS_CATEGORY = "goods_category"
    MODE = "mode"
    CREDIT_LEVEL = "credit_level"
    DAY_KIND = "day_kind"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Case:
    """One booking with what it is grouped by; a visit of several goods counts as its first one's."""

    office: str
    goods_category: str | None
    mode: str
    credit_level: str
    day_kind: str | None
    channel: str
    state: str
    office_id: int
    date: date
    planned: timedelta
    timeline: Timeline


@dataclass(frozen=True, slots=True)
class Share:
    """How many of n were so; both None where fewer than may be shown."""

    n: int | None
    of_them: int | None


@dataclass(frozen=True, slots=True)
class Group:
    """The measures of a group's bookings, by measure name; `key` None: not recorded, or the total.

    `states` counts bookings by state: no-shows, missed by customs, cancelled, done.
    `clock` and `office_time` hold minutes; the forecast error is by the clock alone.
    """

    key: str | None
    bookings: int | None
    states: Mapping[str, int | None]
    clock: Mapping[str, Summary]
    office_time: Mapping[str, Summary]
    shares: Mapping[str, Share]


@dataclass(frozen=True, slots=True)
class Waiting:
    """The measures of a period, in total and by each dimension, groups in order of their keys."""

    first: date
    last: date
    total: Group
    groups: Mapping[Dimension, tuple[Group, ...]]


@dataclass(frozen=True, slots=True)
class _Measured:
    case: Case
    clock: Measures
    office_time: Measures


_SHARES = ("wished_window_hit", "on_time_start")
_CLOCK = tuple(field.name for field in fields(Measures) if field.name not in _SHARES)
_OFFICE_TIME = tuple(name for name in _CLOCK if name != "forecast_error")


def measure_waiting(
    session: Session,
    *,
    actor: Actor,
    first: date,
    last: date,
    now: datetime,
    facts: Reference,
    office: int | None = None,
    public: bool = False,
) -> Waiting:
    """Measure the bookings of the dates `first` to `last`, both included, that the actor may see.

    `public`: of everybody, with whatever rests on fewer than five left out.
    """
    cases = read_cases(
        session, actor=None if public else actor, first=first, last=last, now=now, office=office
    )
    measured = [_measure(one, facts) for one in cases]
    return Waiting(
        first,
        last,
        total=_group(None, measured, public=public),
        groups={
            dimension: tuple(
                _group(key, some, public=public) for key, some in _split(measured, dimension).items()
            )
            for dimension in Dimension
        },
    )


def read_cases(
    session: Session,
    *,
    actor: Actor | None,
    first: date,
    last: date,
    now: datetime,
    office: int | None = None,
) -> list[Case]:
    """Read what waiting is measured of, in one statement; an actor of None sees all (for public figures).

    What was only ever held, and holds that would replace a booking, ask for nothing and are left out.
    """
    scope: ColumnElement[bool] = true() if actor is None else booking_scope(actor, local_date(now))
    query = _statement().where(
        scope,
        col(Booking.date).between(first, last),
        true() if office is None else col(Booking.office) == office,
        or_(col(Booking.first_promise).is_not(None), col(Booking.request_reason).is_not(None)),
        col(Booking.replaces).is_(None),
    )
    return [_case(row) for row in session.execute(query).mappings()]


def _statement() -> Select[Any]:  # the row's shape is read by name in _case
    goods = (
        select(
            func.array_agg(
                aggregate_order_by(col(Instruction.goods_category), col(Instruction.id).asc())
            ).label("categories"),
            func.min(col(Instruction.issued_at)).label("instruction_issued"),
            func.min(col(Instruction.arrived_at)).label("arrived"),
        )
        .join(BookingInstruction, col(BookingInstruction.instruction) == col(Instruction.id))
        .where(col(BookingInstruction.booking) == col(Booking.id))
        .lateral("goods")
    )
    latest = select(func.max(col(Calendar.version))).scalar_subquery()
    return (
        select(
            col(Office.code).label("office"),
            goods.c.categories[1].label("goods_category"),
            col(InspectionType.mode).label("mode"),
            _credit().label("credit_level"),
            col(WorkDay.kind).label("day_kind"),
            col(Booking.channel).label("channel"),
            col(Booking.state).label("state"),
            col(Booking.office).label("office_id"),
            col(Booking.date).label("date"),
            col(Booking.planned_minutes).label("minutes"),
            goods.c.arrived,
            goods.c.instruction_issued,
            *_instant_columns(),
        )
        .select_from(Booking)
        .join(Office, col(Office.id) == col(Booking.office))
        .join(InspectionType, col(InspectionType.id) == col(Booking.type))
        .join(goods, true())
        .outerjoin(Visit, col(Visit.booking) == col(Booking.id))
        .outerjoin(WorkDay, and_(col(WorkDay.calendar) == latest, col(WorkDay.date) == col(Booking.date)))
        .order_by(col(Booking.id))
    )


def _instant_columns() -> tuple[ColumnElement[Any], ...]:  # labelled as the timeline's fields
    """When what happened; a result that was known at once is as old as the visit's end."""
    known_at_once = col(Visit.outcome).in_([Outcome.PASSED.value, Outcome.NOT_PASSED.value])
    return (
        col(Booking.requested_at).label("requested"),
        col(Booking.wished_from).label("wished_from"),
        col(Booking.wished_to).label("wished_to"),
        col(Booking.answered_at).label("answered"),
        col(Booking.first_promise).label("first_confirmed_start"),
        col(Booking.promise_from).label("confirmed_start"),
        col(Booking.goods_ready_at).label("goods_ready"),
        col(Visit.on_site).label("on_site"),
        col(Visit.opened).label("opened"),
        col(Visit.ended).label("ended"),
        func.coalesce(col(Visit.result_at), case((known_at_once, col(Visit.ended)))).label("result"),
        col(Visit.released_at).label("released"),
    )


def _credit() -> ColumnElement[str]:
    """The enterprise's level on the booking's date; regular where nothing is recorded."""
    level = (
        select(col(EnterpriseCredit.level))
        .where(
            col(EnterpriseCredit.enterprise) == col(Booking.enterprise),
            col(EnterpriseCredit.valid_from) <= col(Booking.date),
            or_(col(EnterpriseCredit.valid_to).is_(None), col(EnterpriseCredit.valid_to) > col(Booking.date)),
        )
        .order_by(col(EnterpriseCredit.valid_from).desc())
        .limit(1)
        .correlate(Booking)
        .scalar_subquery()
    )
    return func.coalesce(level, CreditLevel.REGULAR.value)


_INSTANTS = tuple(field.name for field in fields(Timeline) if field.name != "sampled")
_KEYS = (
    "office",
    "goods_category",
    "mode",
    "credit_level",
    "day_kind",
    "channel",
    "state",
    "office_id",
    "date",
)


def _case(row: Mapping[Any, Any]) -> Case:  # a row's columns have the tables' types
    return Case(
        **{name: row[name] for name in _KEYS},
        planned=timedelta(minutes=row["minutes"]),
        timeline=Timeline(**{name: row[name] for name in _INSTANTS}),
    )


def _measure(one: Case, facts: Reference) -> _Measured:
    rules = facts.policy(VisitRules, office=one.office_id, on=one.date)
    tolerance = timedelta(minutes=rules.on_time_minutes)
    return _Measured(
        one,
        clock=measure(one.timeline, planned=one.planned, tolerance=tolerance),
        office_time=measure(one.timeline, tolerance=tolerance, elapsed=office_elapsed(facts, one.office_id)),
    )


def office_elapsed(facts: Reference, office: int) -> Elapsed:
    """How time passes for an office: in its opening hours of working days only.

    Days that the calendar does not know count as closed.
    """

    def elapsed(begin: datetime, end: datetime) -> timedelta:
        if end < begin:
            return -elapsed(end, begin)
        day, last, total = local_date(begin), local_date(end), NOTHING
        while day <= last:
            hours = facts.opening(office, day) if facts.kinds.get(day) in WORKDAY_KINDS else None
            if hours is not None:
                opens, closes = (instant_of(day, minute) for minute in hours)
                total += max(min(closes, end) - max(opens, begin), NOTHING)
            day += timedelta(days=1)
        return total

    return elapsed


def _split(measured: Iterable[_Measured], dimension: Dimension) -> dict[str | None, list[_Measured]]:
    groups: dict[str | None, list[_Measured]] = {}
    for one in measured:
        groups.setdefault(getattr(one.case, dimension.value), []).append(one)
    return dict(sorted(groups.items(), key=lambda pair: (pair[0] is None, pair[0] or "")))


def _group(key: str | None, measured: Sequence[_Measured], *, public: bool) -> Group:
    least = LEAST_SHOWN if public else 0
    states = Counter(one.case.state for one in measured)
    clock = [one.clock for one in measured]
    return Group(
        key=key,
        bookings=_shown(len(measured), least),
        states={state: _shown(count, least) for state, count in sorted(states.items())},
        clock={name: _summary(clock, name, least) for name in _CLOCK},
        office_time={
            name: _summary([one.office_time for one in measured], name, least) for name in _OFFICE_TIME
        },
        shares={name: _share(clock, name, least) for name in _SHARES},
    )


def _shown(count: int, least: int) -> int | None:
    return count if count >= least or not count else None


def _summary(measures: Iterable[Measures], name: str, least: int) -> Summary:
    """Summarise one measure in minutes."""
    values = (getattr(one, name) for one in measures)
    summary = summarise(value / timedelta(minutes=1) for value in values if value is not None)
    return suppress_small(summary, least=least) if least else summary


def _share(measures: Iterable[Measures], name: str, least: int) -> Share:
    values = [value for one in measures if (value := getattr(one, name)) is not None]
    # a share of few, or of all but few, would tell of the few
    told = [len(values), sum(values), len(values) - sum(values)]
    if any(0 < count < least for count in told):
        return Share(None, None)
    return Share(len(values), sum(values))
