"""Notice before a start, the office's own deadlines, and the freeze of a crew's names.

Sources: GACC Announcement 2018/109 (24 h, advanced certified 8 h, dishonest excluded);
the Shanghai green-channel notice (rest days: applied for on a working day beforehand).
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Literal

from scheduler.errors import CreditExcluded, TooShortNotice
from scheduler.rules.office_time import OfficeHours, add_office_time, at, local_date
from scheduler.rules.policy import AnswerTimes, BookingRules, Freeze, HoursByCredit, LeadHours
from scheduler.rules.work_days import working_day_before
from scheduler.vocabulary import WORKDAY_KINDS, CreditLevel, DayKind, RequestReason

FreezeStep = Literal["free", "published", "frozen"]


def _lead(lead: LeadHours, day_kind: DayKind, *, out_of_hours: bool) -> HoursByCredit:
    if out_of_hours:
        return lead.out_of_hours
    return {
        DayKind.WORKDAY: lead.workday,
        DayKind.MAKEUP_WORKDAY: lead.makeup_workday,
        DayKind.WEEKEND: lead.weekend,
        DayKind.HOLIDAY: lead.holiday,
    }[day_kind]


def ceil_to_grid(instant: datetime, minutes: int) -> datetime:
    """Return the first instant on the grid that is not before another one."""
    floor = instant.replace(minute=instant.minute - instant.minute % minutes, second=0, microsecond=0)
    return floor if floor == instant else floor + timedelta(minutes=minutes)


def earliest_start(
    *,
    now: datetime,
    credit: CreditLevel,
    day_kind: DayKind,
    out_of_hours: bool,
    green: bool,
    rules: BookingRules,
    field: str | None = "/wished_from",
) -> datetime:
    """Return the first start on the grid (UTC) that gives the notice asked of this level.

    Rest days count as out of hours for the credit levels admitted; the green channel's short
    notice counts within office hours of working days only. Raises CreditExcluded.
    """
    beyond = out_of_hours or day_kind not in WORKDAY_KINDS
    if credit in rules.excluded_levels or (beyond and credit not in rules.out_of_hours_levels):
        raise CreditExcluded(field=field, level=credit.value, out_of_hours=beyond)
    notice = _lead(rules.lead, day_kind, out_of_hours=out_of_hours).of(credit)
    if green and not beyond:
        notice = min(notice, timedelta(hours=rules.lead.green_channel))
    return ceil_to_grid(now.astimezone(UTC) + notice, rules.grid_minutes)


def require_notice(
    start: datetime,
    *,
    now: datetime,
    credit: CreditLevel,
    day_kind: DayKind,
    out_of_hours: bool,
    green: bool,
    rules: BookingRules,
    field: str | None = "/wished_from",
) -> None:
    """Refuse a start that gives too short notice.

    Raises:
        TooShortNotice: with `earliest`, the first start that would do.
        CreditExcluded: the level may not book at such a time at all.
    """
    earliest = earliest_start(
        now=now,
        credit=credit,
        day_kind=day_kind,
        out_of_hours=out_of_hours,
        green=green,
        rules=rules,
        field=field,
    )
    if start < earliest:
        raise TooShortNotice(field=field, earliest=earliest)


def _office_hours_to_answer(reason: RequestReason, policy: AnswerTimes) -> timedelta:
    hours = {
        RequestReason.OUT_OF_HOURS: policy.out_of_hours_hours,
        RequestReason.HIGH_RISK_ARTICLES: policy.high_risk_hours,
        RequestReason.INSTRUCTION_AWAITED: policy.instruction_hours,
        RequestReason.PRIORITY_DECISION: policy.priority_hours,
        RequestReason.CUT_OVER: policy.cut_over_hours,
    }
    return timedelta(hours=hours[reason])


def answer_deadline(
    reason: RequestReason,
    *,
    now: datetime,
    wished: date,
    kinds: Mapping[date, DayKind],
    opening: OfficeHours,
    policy: AnswerTimes,
    field: str | None = "/wished_from",
) -> datetime:
    """Return by when (UTC) the office answers a request for the wished local date.

    A rest day is answered on the last working day before it. Everything else takes its
    office hours, but is answered before the wished day where that can still be done.
    `kinds` covers the days from the last working day before `wished` to some days after now.

    Raises:
        TooShortNotice: a rest day asked for after the cut-off, given as `not_after`.
    """
    eve = working_day_before(wished, kinds)
    answered_by = at(eve, policy.rest_day_answered_by, opening.zone)
    if reason is RequestReason.REST_DAY:
        cut_off = at(eve, policy.rest_day_cut_off, opening.zone)
        if now > cut_off:
            raise TooShortNotice(field=field, not_after=cut_off)
        return answered_by
    due = add_office_time(now, _office_hours_to_answer(reason, policy), hours=opening, kinds=kinds)
    return min(due, answered_by) if answered_by > now else due


def freeze_at(start: datetime, *, kinds: Mapping[date, DayKind], policy: Freeze, zone: tzinfo) -> datetime:
    """Return when (UTC) the crew's names are published: on the working day before the start."""
    eve = working_day_before(local_date(start, zone), kinds)
    return at(eve, policy.names_published_at, zone)


def freeze_step(
    now: datetime,
    start: datetime,
    *,
    green: bool,
    policy: Freeze,
    kinds: Mapping[date, DayKind],
    zone: tzinfo,
) -> FreezeStep:
    """Return how far a crew may still change by itself.

    "free": the names are not published. "published": they are, and a green-channel booking
    may still change them, inspectors told. "frozen": only by hand or disruption.
    """
    if now < freeze_at(start, kinds=kinds, policy=policy, zone=zone):
        return "free"
    if green and now < start - timedelta(minutes=policy.fresh_movable_until_minutes):
        return "published"
    return "frozen"
