"""By when the office answers, and its hours."""

from datetime import date, datetime, time, timedelta

from scheduler.promise.reference import ZONE, Reference
from scheduler.promise.rows import local_date
from scheduler.rules.lead_times import answer_deadline
from scheduler.rules.office_time import OfficeHours
from scheduler.rules.policy import AnswerTimes
from scheduler.vocabulary import WORKDAY_KINDS, RequestReason

_WIDEST = (time(8, 30), time(17, 30))


def office_hours(reference: Reference, office: int, on: date) -> OfficeHours:
    """The office's hours on working days, as known on a date (domain default where none are set)."""
    day = on
    for _ in range(31):
        if reference.kinds.get(day) in WORKDAY_KINDS and (hours := reference.opening(office, day)):
            opens, closes = (time(minute // 60, minute % 60) for minute in hours)
            return OfficeHours(opens, closes, ZONE)
        day += timedelta(days=1)
    return OfficeHours(*_WIDEST, ZONE)


def answer_by(
    reference: Reference, *, office: int, reason: RequestReason, wished: datetime, now: datetime
) -> datetime:
    """By when a request is answered.

    Raises:
        TooShortNotice: a rest day asked for after its cut-off.
    """
    on = local_date(now)
    return answer_deadline(
        reason,
        now=now,
        wished=local_date(wished),
        kinds=reference.kinds,
        opening=office_hours(reference, office, on),
        policy=reference.policy(AnswerTimes, office=office, on=on),
        field="/start",
    )
