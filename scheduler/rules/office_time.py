"""Office time: the hours in which an office is open on working days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from scheduler.rules.work_days import next_working_day
from scheduler.vocabulary import WORKDAY_KINDS, DayKind


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """When an office works on working days, half-open, on the clock of its zone."""

    opens: time
    closes: time
    zone: tzinfo

    def __post_init__(self) -> None:
        if self.closes <= self.opens:
            message = "an office closes after it opens"
            raise ValueError(message)

    def on(self, day: date) -> tuple[datetime, datetime]:
        """Return the instants (UTC) of opening and closing on the day."""
        return at(day, self.opens, self.zone), at(day, self.closes, self.zone)


def at(day: date, clock: time, zone: tzinfo) -> datetime:
    """Return the instant (UTC) of a wall-clock time on a local date."""
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


def local_date(instant: datetime, zone: tzinfo) -> date:
    """Return the date of an aware instant in the zone."""
    return instant.astimezone(zone).date()


def add_office_time(
    begin: datetime, amount: timedelta, *, hours: OfficeHours, kinds: Mapping[date, DayKind]
) -> datetime:
    """Return the instant (UTC) at which `amount` of office time has passed since `begin`.

    Nothing passes outside opening hours; the answer of 0 outside them is the next opening.
    """
    day, left = local_date(begin, hours.zone), amount
    if kinds[day] not in WORKDAY_KINDS:
        day = next_working_day(day, kinds)
    while True:
        opens, closes = hours.on(day)
        start = max(begin.astimezone(UTC), opens)
        if left <= closes - start:
            return start + left
        left -= max(closes - start, timedelta(0))
        day = next_working_day(day, kinds)


def office_time_between(
    begin: datetime, end: datetime, *, hours: OfficeHours, kinds: Mapping[date, DayKind]
) -> timedelta:
    """Return the office time from `begin` to `end`; negative when they are the other way round."""
    if end < begin:
        return -office_time_between(end, begin, hours=hours, kinds=kinds)
    day, last, total = local_date(begin, hours.zone), local_date(end, hours.zone), timedelta(0)
    while day <= last:
        if kinds[day] in WORKDAY_KINDS:
            opens, closes = hours.on(day)
            total += max(min(closes, end) - max(opens, begin), timedelta(0))
        day += timedelta(days=1)
    return total
