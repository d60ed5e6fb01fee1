"""The dates and small values of the tests' district.

It is Monday 2026-11-30, 08:00 in Beijing (`NOW`).
"""

import itertools
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from stdnum.cn.uscc import calc_check_digit

from scheduler.booking.orders import InstructionRef, Order

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 30, 8, 0, tzinfo=ZONE)
"""A Monday morning before the office opens."""

TODAY = NOW.date()
TUESDAY = TODAY + timedelta(days=1)
SATURDAY = TODAY + timedelta(days=5)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """An instant by its wall clock in Beijing."""
    return datetime.combine(day, time(hour, minute), ZONE)


def work_days(count: int) -> list[date]:
    """The first work days from today on."""
    days = (TODAY + timedelta(days=k) for k in itertools.count())
    return list(itertools.islice((day for day in days if day.weekday() < 5), count))


def order(*references: str, start: datetime, **values: object) -> Order:
    """An order for one visit with somebody to attend."""
    return Order.model_validate(
        {
            "instructions": [InstructionRef(reference=reference) for reference in references],
            "start": start,
            "attendee": "示例陪同人",
            **values,
        }
    )


def example_uscc(number: int) -> str:
    """A unified social credit code with a correct check digit; no enterprise's."""
    body = f"91110105MA{number:07d}"
    return body + str(calc_check_digit(body))
