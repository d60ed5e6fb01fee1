"""The calendar: fixed dates of 2024 to 2026, provisional years, neighbours among working days."""

from datetime import date, timedelta

import pytest

from scheduler.rules.work_days import (
    WorkDay,
    calendar,
    disagreements,
    kind_of,
    next_working_day,
    working_day_before,
)
from scheduler.vocabulary import WORKDAY_KINDS, DayKind

MAKE_UP = {
    2024: ["02-04", "02-18", "04-07", "04-28", "05-11", "09-14", "09-29", "10-12"],
    2025: ["01-26", "02-08", "04-27", "09-28", "10-11"],
    2026: ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"],
}
OFF_2026 = [
    ("2026-01-01", "2026-01-03", "new_years_day"),
    ("2026-02-15", "2026-02-23", "spring_festival"),
    ("2026-04-04", "2026-04-06", "tomb_sweeping_day"),
    ("2026-05-01", "2026-05-05", "labour_day"),
    ("2026-06-19", "2026-06-21", "dragon_boat_festival"),
    ("2026-09-25", "2026-09-27", "mid_autumn_festival"),
    ("2026-10-01", "2026-10-07", "national_day"),
]
KINDS = {day.date: day.kind for day in calendar(2025, 2027)}


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_make_up_workdays_are_those_of_the_notice(year: int) -> None:
    """Exactly these Saturdays and Sundays work."""
    found = [f"{day.date:%m-%d}" for day in calendar(year, year) if day.kind is DayKind.MAKEUP_WORKDAY]

    assert found == MAKE_UP[year]


@pytest.mark.parametrize(("year", "count"), [(2024, 251), (2025, 248), (2026, 248)])
def test_a_year_has_its_working_days(year: int, count: int) -> None:
    """Working days, make-up days included, and every day of a published year is published."""
    days = calendar(year, year)

    assert sum(day.kind in WORKDAY_KINDS for day in days) == count
    assert all(day.published for day in days)


def test_the_off_blocks_of_2026_are_holidays_and_nothing_else_is() -> None:
    """Each block rests from its first to its last day, under its name."""
    expected: dict[date, str] = {}
    for first, last, name in OFF_2026:
        day = date.fromisoformat(first)
        while day <= date.fromisoformat(last):
            expected[day] = name
            day += timedelta(days=1)

    assert {day.date: day.name for day in calendar(2026, 2026) if day.kind is DayKind.HOLIDAY} == expected


@pytest.mark.parametrize("year", range(2020, 2027))
def test_the_two_calendars_agree(year: int) -> None:
    """Two independent packages say work or rest alike on every published day."""
    assert disagreements(year) == []


def test_an_unpublished_year_is_provisional() -> None:
    """2027 has no notice: Monday to Friday work, the statutory days rest, nothing is made up."""
    days = calendar(2027, 2027)

    assert not any(day.published for day in days)
    assert {day.kind for day in days} == {DayKind.WORKDAY, DayKind.WEEKEND, DayKind.HOLIDAY}
    assert [f"{day.date:%m-%d}" for day in days if day.kind is DayKind.HOLIDAY] == [
        *["01-01", "02-05", "02-06", "02-07", "02-08", "04-05", "05-01", "05-02"],
        *["06-09", "09-15", "10-01", "10-02", "10-03"],
    ]


def test_a_provisional_year_moves_no_day_off() -> None:
    """A statutory day on a weekend gives no weekday off before the notice says so."""
    assert kind_of(date(2027, 5, 3)) == (DayKind.WORKDAY, False, "")
    assert kind_of(date(2027, 10, 4)) == (DayKind.WORKDAY, False, "")
    assert kind_of(date(2027, 10, 1)) == (DayKind.HOLIDAY, False, "national_day")
    assert disagreements(2027) == []


@pytest.mark.parametrize(
    ("day", "answer"),
    [
        (date(2026, 2, 14), (DayKind.MAKEUP_WORKDAY, True, "spring_festival")),
        (date(2026, 2, 16), (DayKind.HOLIDAY, True, "spring_festival")),
        (date(2026, 3, 7), (DayKind.WEEKEND, True, "")),
        (date(2026, 3, 9), (DayKind.WORKDAY, True, "")),
        (date(2020, 10, 1), (DayKind.HOLIDAY, True, "national_day")),
        (date(1999, 5, 3), (DayKind.WORKDAY, False, "")),
    ],
)
def test_a_day_has_kind_publication_and_name(day: date, answer: tuple[DayKind, bool, str]) -> None:
    """One example of each kind, and a year before any notice."""
    assert kind_of(day) == answer


def test_a_calendar_has_every_day_once() -> None:
    """Three years in order, the leap day among them, each as kind_of says."""
    days = calendar(2024, 2026)

    assert [day.date for day in days] == [
        date(2024, 1, 1) + timedelta(days=n) for n in range(366 + 365 + 365)
    ]
    assert days[59] == WorkDay(date(2024, 2, 29), *kind_of(date(2024, 2, 29)))


def test_neighbours_skip_holidays_and_stop_at_make_up_days() -> None:
    """Around the Spring Festival of 2026, and over the turn of a provisional year."""
    assert working_day_before(date(2026, 2, 24), KINDS) == date(2026, 2, 14)
    assert next_working_day(date(2026, 2, 14), KINDS) == date(2026, 2, 24)
    assert working_day_before(date(2026, 3, 1), KINDS) == date(2026, 2, 28)
    assert next_working_day(date(2026, 12, 31), KINDS) == date(2027, 1, 4)


def test_a_calendar_that_ends_too_early_is_a_bug() -> None:
    """No neighbour is guessed beyond the days that were read."""
    with pytest.raises(KeyError):
        next_working_day(date(2026, 3, 6), {date(2026, 3, 6): DayKind.WORKDAY})
