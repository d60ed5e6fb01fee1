"""What an office may set: one frozen document per policy name.

Every default that no law or notice fixes is marked "policy default": an office replaces it
by a dated row, nothing else in the code repeats the number. Sources: GACC Decree 138,
GACC Announcement 2018/109, Beijing Customs notice [2023] No. 54.
"""

import re
from collections.abc import Mapping
from datetime import time, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from scheduler.vocabulary import CreditLevel, Priority

Hours = Annotated[float, Field(ge=0, le=24 * 60)]
Minutes = Annotated[int, Field(ge=0, le=14 * 24 * 60)]
Count = Annotated[int, Field(ge=0, le=100_000)]


def _compiled(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        message = f"not a regular expression: {error}"
        raise ValueError(message) from error
    return pattern


Pattern = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_compiled)]


class Policy(BaseModel):
    """A document that an office or the district sets for dates from `valid_from` on."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class HoursByCredit(Policy):
    """Hours of notice, one figure for each credit level."""

    advanced_certified: Hours
    certified: Hours
    regular: Hours
    dishonest: Hours
    seriously_dishonest: Hours

    def of(self, level: CreditLevel) -> timedelta:
        """Return the notice that enterprises of this level give."""
        hours = {
            CreditLevel.ADVANCED_CERTIFIED: self.advanced_certified,
            CreditLevel.CERTIFIED: self.certified,
            CreditLevel.REGULAR: self.regular,
            CreditLevel.DISHONEST: self.dishonest,
            CreditLevel.SERIOUSLY_DISHONEST: self.seriously_dishonest,
        }
        return timedelta(hours=hours[level])


class CountByCredit(Policy):
    """A number of bookings, one figure for each credit level."""

    advanced_certified: Count
    certified: Count
    regular: Count
    dishonest: Count
    seriously_dishonest: Count

    def of(self, level: CreditLevel) -> int:
        """Return the number for this level."""
        return {
            CreditLevel.ADVANCED_CERTIFIED: self.advanced_certified,
            CreditLevel.CERTIFIED: self.certified,
            CreditLevel.REGULAR: self.regular,
            CreditLevel.DISHONEST: self.dishonest,
            CreditLevel.SERIOUSLY_DISHONEST: self.seriously_dishonest,
        }[level]


OFFICE_HOURS_LEAD = HoursByCredit(
    advanced_certified=1, certified=1, regular=2, dishonest=2, seriously_dishonest=2
)
"""Policy default: no notice fixes a lead time within office hours."""

OUT_OF_HOURS_LEAD = HoursByCredit(
    advanced_certified=8, certified=24, regular=24, dishonest=24, seriously_dishonest=24
)
"""GACC Announcement 2018/109: 24 h before, advanced certified 8 h."""


class LeadHours(Policy):
    """Notice by day kind; `out_of_hours` replaces the day's figures outside opening hours."""

    workday: HoursByCredit = OFFICE_HOURS_LEAD
    makeup_workday: HoursByCredit = OFFICE_HOURS_LEAD
    weekend: HoursByCredit = OUT_OF_HOURS_LEAD
    holiday: HoursByCredit = OUT_OF_HOURS_LEAD
    out_of_hours: HoursByCredit = OUT_OF_HOURS_LEAD
    green_channel: Hours = 1  # policy default; counts within office hours of working days only


class ReferencePatterns(Policy):
    """Forms of the references that are no declarations; matched whole, after compacting.

    No source fixes either form, so both are settings with a wide policy default.
    """

    export_application: Pattern = "[0-9A-Z]{8,24}"
    e_ledger: Pattern = "[0-9A-Z]{8,24}"


DEFAULT_ORDER: tuple[Priority | CreditLevel, ...] = (
    Priority.RELIEF_OR_DANGEROUS,
    Priority.LIVE_ANIMALS,
    Priority.GREEN_CHANNEL,
    CreditLevel.ADVANCED_CERTIFIED,
    CreditLevel.CERTIFIED,
    CreditLevel.REGULAR,
    CreditLevel.DISHONEST,
    CreditLevel.SERIOUSLY_DISHONEST,
)
"""Policy default for the order of goods classes and credit levels."""


class BookingRules(Policy):
    """Limits of booking: horizon, grid, notice, caps, who may book when."""

    horizon_days: int = Field(default=14, ge=1, le=60)
    hold_minutes: int = Field(default=5, ge=1, le=60)
    grid_minutes: int = Field(default=15, ge=5, le=60)
    window_max_days: int = Field(default=14, ge=1, le=60)
    max_recipients: int = Field(default=3, ge=1, le=10)
    lead: LeadHours = LeadHours()
    caps: CountByCredit = CountByCredit(  # policy default
        advanced_certified=200, certified=100, regular=50, dishonest=10, seriously_dishonest=5
    )
    rest_day_caps: CountByCredit = CountByCredit(  # policy default; who is excluded is said below
        advanced_certified=20, certified=10, regular=5, dishonest=5, seriously_dishonest=5
    )
    excluded_levels: tuple[CreditLevel, ...] = ()
    out_of_hours_levels: tuple[CreditLevel, ...] = (  # 2018/109: dishonest enterprises are excluded
        CreditLevel.ADVANCED_CERTIFIED,
        CreditLevel.CERTIFIED,
        CreditLevel.REGULAR,
    )
    cancel_cut_off_minutes: Minutes = 60  # policy default
    move_cut_off_minutes: Minutes = 120  # policy default
    references: ReferencePatterns = ReferencePatterns()
    priority_order: tuple[Priority | CreditLevel, ...] = DEFAULT_ORDER

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if 60 % self.grid_minutes:
            message = "the grid must divide the hour"
            raise ValueError(message)
        if set(self.priority_order) != set(DEFAULT_ORDER) or len(self.priority_order) != len(DEFAULT_ORDER):
            message = "the order names each goods class but ordinary, and each credit level, once"
            raise ValueError(message)
        return self


class Freeze(Policy):
    """When a crew's names are published and when they no longer change."""

    names_published_at: time = time(18)  # of the working day before
    fresh_movable_until_minutes: Minutes = 90


class LunchRule(Policy):
    """One meal break in every duty that covers the whole span."""

    minutes: int = Field(default=45, ge=0, le=120)
    not_before: time = time(11)
    not_after: time = time(14)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        span = (
            (self.not_after.hour - self.not_before.hour) * 60 + self.not_after.minute - self.not_before.minute
        )
        if self.minutes > span:
            message = "the break is longer than its span"
            raise ValueError(message)
        return self


class TravelRule(Policy):
    """How travel is reckoned where no measured time is stored (policy default)."""

    factor: float = Field(default=1.4, ge=1, le=5)
    speed_km_h: float = Field(default=25, gt=0, le=200)


class AnswerTimes(Policy):
    """By when the office gives its word; `*_hours` count in office time (policy defaults)."""

    rest_day_cut_off: time = time(15)  # of the last working day before
    rest_day_answered_by: time = time(16, 30)
    out_of_hours_hours: Hours = 4
    high_risk_hours: Hours = 9
    instruction_hours: Hours = 18
    priority_hours: Hours = 2
    cut_over_hours: Hours = 9

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.rest_day_answered_by < self.rest_day_cut_off:
            message = "the answer cannot come before the cut-off"
            raise ValueError(message)
        return self


class VisitRules(Policy):
    """What holds on site and after it."""

    grace_minutes: Minutes = 30
    on_time_minutes: Minutes = 15
    first_crew_excluded: bool = True  # GACC Decree 138 art. 11
    explanation_days: int = Field(default=5, ge=0, le=60)  # 2018/109: a cancellation is explained

    @property
    def grace(self) -> timedelta:
        """The time after the promise before the absent party is a no-show."""
        return timedelta(minutes=self.grace_minutes)


class Reminder(Policy):
    """A text due some time before the start; pointless later than `not_after_minutes` before it."""

    before_minutes: Minutes
    not_after_minutes: Minutes

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.not_after_minutes > self.before_minutes:
            message = "a reminder cannot become pointless before it is due"
            raise ValueError(message)
        return self


class ReminderRules(Policy):
    """Which reminders a confirmed booking gets."""

    day_before: Reminder = Reminder(before_minutes=24 * 60, not_after_minutes=3 * 60)
    hours_before: Reminder = Reminder(before_minutes=2 * 60, not_after_minutes=30)


class DisplacementRules(Policy):
    """How many times are offered to a displaced booking, and how long they are kept (policy default)."""

    offers: int = Field(default=3, ge=1, le=10)
    kept_hours: Hours = 4


class ReplanRules(Policy):
    """How far a disturbed day may be changed, and what people are told (policy defaults)."""

    earlier_minutes: Minutes = 60
    later_minutes: Minutes = 180
    delay_within_minutes: Minutes = 120  # so near, people are told a later start instead of asked
    most_delay_minutes: Minutes = 60
    urgent_most_minutes: Minutes = 30  # the most that urgent goods add to anybody's waiting
    overrun_step_minutes: int = Field(default=15, ge=5, le=120)


class KeptShare(Policy):
    """Until so many hours before a day opens, this share of what it holds is kept for the green channel."""

    before_hours: Hours
    kept: float = Field(gt=0, lt=1)


class PriorityShare(Policy):
    """What is kept of each day for the green channel, released step by step as the day nears.

    A day is full when `full_day` of its people's time on duty is spent inspecting; the rest goes on the road
    and on meals (policy default: benches see 0.54 to 0.60). No office keeps anything unless it says so.
    """

    full_day: float = Field(default=0.55, gt=0, le=1)
    steps: tuple[KeptShare, ...] = ()

    @model_validator(mode="after")
    def _released_in_order(self) -> Self:
        pairs = list(pairwise(self.steps))
        if any(one.before_hours <= then.before_hours or one.kept <= then.kept for one, then in pairs):
            message = "steps come in order of time, and each keeps less than the one before"
            raise ValueError(message)
        return self

    def kept_at(self, until_opening: timedelta) -> tuple[float, timedelta | None]:
        """The share kept so long before the day opens, and how long before it the next step releases some."""
        for step in self.steps:
            if until_opening > timedelta(hours=step.before_hours):
                return step.kept, timedelta(hours=step.before_hours)
        return 0.0, None


class WaitlistRules(Policy):
    """When an earlier time is offered to whoever waits for one, and how long it is held (policy defaults)."""

    enabled: bool = True
    minimum_gain_minutes: int = Field(default=30, ge=1, le=14 * 24 * 60)
    offer_minutes: int = Field(default=30, ge=1, le=24 * 60)
    offers_a_day: int = Field(default=2, ge=1, le=20)  # each is a text
    answered_before_minutes: Minutes = 90  # an offer ends so long before the time it offers
    offered_from: time = time(8)  # an offer at night would lapse while people sleep
    offered_until: time = time(20)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.offered_until <= self.offered_from:
            message = "offers end later in the day than they begin"
            raise ValueError(message)
        return self


class BatchRules(Policy):
    """How long the times of a batch are held while its party chooses (policy default)."""

    hold_minutes: int = Field(default=15, ge=1, le=120)


POLICIES: Mapping[str, type[Policy]] = MappingProxyType(
    {
        "booking": BookingRules,
        "freeze": Freeze,
        "lunch": LunchRule,
        "travel": TravelRule,
        "answers": AnswerTimes,
        "visit": VisitRules,
        "reminders": ReminderRules,
        "displacement": DisplacementRules,
        "replan": ReplanRules,
        "priority_share": PriorityShare,
        "waitlist": WaitlistRules,
        "batch": BatchRules,
    }
)
"""The model that validates the stored document of each policy name."""
