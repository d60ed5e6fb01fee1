"""Until when the names of a crew may still change by themselves.

In two steps (policy): from an hour of the working day before, names are published and stay; a booking of the
green channel for the same day may still change them until shortly before a start, times untouched.
"""

from datetime import date, datetime

from scheduler.rules.policy import Freeze

NOTHING = 0
"""No name is fixed yet, as a minute of the day."""


def fixed_before(
    day: date, *, workday_before: date | None, local_now: datetime, green: bool, rules: Freeze
) -> int | None:
    """The minute of a day before which starts keep their names; None: all of them do.

    `workday_before` is the last working day before it (None where the calendar does not reach back);
    `local_now` is on the office's wall clock.
    """
    today = local_now.date()
    published = workday_before or day
    if (today, local_now.time()) < (published, rules.names_published_at) and today < day:
        return NOTHING
    if green and today == day:
        return local_now.hour * 60 + local_now.minute + rules.fresh_movable_until_minutes
    return None
