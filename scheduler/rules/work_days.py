"""Work days: the kind of every calendar day, and whether a notice has published it.

A year is published when `chinesecalendar` knows it; `holidays` is a second opinion on
published years. In an unpublished year Monday to Friday work and the statutory holidays
rest, without the moved days that only the notice will name: such days are provisional.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import chinese_calendar
import holidays

from scheduler.vocabulary import WORKDAY_KINDS, DayKind

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5

_STATUTORY = {
    "New Year's Day": "new_years_day",
    "Chinese New Year's Eve": "spring_festival",
    "Chinese New Year (Spring Festival)": "spring_festival",
    "Tomb-Sweeping Day": "tomb_sweeping_day",
    "Labor Day": "labour_day",
    "Dragon Boat Festival": "dragon_boat_festival",
    "Mid-Autumn Festival": "mid_autumn_festival",
    "National Day": "national_day",
}


@dataclass(frozen=True, slots=True)
class WorkDay:
    """One day of the calendar; `name` is a holiday's code, empty on ordinary days."""

    date: date
    kind: DayKind
    published: bool
    name: str


def _published_kind(day: date) -> tuple[DayKind, str]:
    """Return kind and name from the published notice; raise NotImplementedError without one."""
    rests, name = chinese_calendar.get_holiday_detail(day)
    code = chinese_calendar.Holiday(name).name if name else ""
    if rests:
        return (DayKind.HOLIDAY, code) if code else (DayKind.WEEKEND, "")
    return (DayKind.MAKEUP_WORKDAY, code) if day.weekday() >= _SATURDAY else (DayKind.WORKDAY, "")


@lru_cache(maxsize=16)
def _statutory_days(year: int) -> Mapping[date, str]:
    """Return the days that the law makes holidays, without any that a notice would move."""
    named = holidays.country_holidays("CN", years=year, observed=False, language="en_US")
    codes = {day: _STATUTORY.get(name.split("; ")[0]) for day, name in named.items()}
    return {day: code for day, code in codes.items() if code and day.year == year}


def _provisional_kind(day: date) -> tuple[DayKind, str]:
    name = _statutory_days(day.year).get(day)
    if name:
        return DayKind.HOLIDAY, name
    return (DayKind.WEEKEND if day.weekday() >= _SATURDAY else DayKind.WORKDAY), ""


def kind_of(day: date) -> tuple[DayKind, bool, str]:
    """Return the day's kind, whether it is published, and its holiday's code (or "")."""
    try:
        kind, name = _published_kind(day)
    except NotImplementedError:
        kind, name = _provisional_kind(day)
        return kind, False, name
    return kind, True, name


def calendar(first_year: int, last_year: int) -> list[WorkDay]:
    """Return every day from the first year to the last, both included, in order."""
    day, end = date(first_year, 1, 1), date(last_year, 12, 31)
    return [
        WorkDay(each, *kind_of(each)) for each in (day + _ONE_DAY * n for n in range((end - day).days + 1))
    ]


def disagreements(year: int) -> list[date]:
    """Return the published days of the year on which the second opinion differs (work or rest)."""
    second = holidays.country_holidays("CN", years=year)
    return [
        day.date
        for day in calendar(year, year)
        if day.published and second.is_working_day(day.date) != (day.kind in WORKDAY_KINDS)
    ]


def _step(day: date, kinds: Mapping[date, DayKind], step: timedelta) -> date:
    day += step
    while kinds[day] not in WORKDAY_KINDS:
        day += step
    return day


def working_day_before(day: date, kinds: Mapping[date, DayKind]) -> date:
    """Return the last working day strictly before the day; KeyError where `kinds` ends too early."""
    return _step(day, kinds, -_ONE_DAY)


def next_working_day(day: date, kinds: Mapping[date, DayKind]) -> date:
    """Return the first working day strictly after the day; KeyError where `kinds` ends too early."""
    return _step(day, kinds, _ONE_DAY)
