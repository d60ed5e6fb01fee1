"""What is kept of a day for the green channel, until it is released: ordinary goods may not take it."""

from datetime import datetime

from scheduler.promise.office_day import OfficeDayPlan
from scheduler.promise.reference import Reference
from scheduler.promise.rows import instant_of
from scheduler.rules.policy import PriorityShare
from solver.day import Day


def kept_until(
    reference: Reference, plan: OfficeDayPlan, *, minutes: int, people: int, now: datetime
) -> datetime | None:
    """Until when a day is kept from one more ordinary visit of so many minutes; None: it is open to it.

    Ordinary goods may take all that a full day holds but the share that is kept `now`; what they took
    already counts in minutes of people, travel and meals are the rest of a full day.
    """
    office, on = plan.stamp.office, plan.stamp.date
    policy = reference.policy(PriorityShare, office=office, on=on)
    if not policy.steps:
        return None
    opens = instant_of(on, plan.day.opens)
    kept, released = policy.kept_at(opens - now)
    if released is None:
        return None
    most = (1 - kept) * policy.full_day * _minutes_on_duty(plan.day)
    taken = sum(job.duration * len(job.seats) for job in plan.day.jobs if job.id not in plan.green)
    return opens - released if taken + minutes * people > most else None


def _minutes_on_duty(day: Day) -> int:
    return sum(duty.end - duty.start for duty in day.duties)
