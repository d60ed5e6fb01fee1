"""Policies: defaults, the round trip through JSON, and what a document may not say."""

from datetime import time, timedelta

import pytest
from pydantic import ValidationError

from scheduler.rules.policy import (
    DEFAULT_ORDER,
    POLICIES,
    AnswerTimes,
    BookingRules,
    Freeze,
    LunchRule,
    Policy,
    PriorityShare,
    Reminder,
    ReminderRules,
    TravelRule,
    VisitRules,
)
from scheduler.vocabulary import CreditLevel, Priority

NAMES = ["booking", "freeze", "lunch", "travel", "answers", "visit", "reminders", "displacement"]
NAMES += ["replan", "priority_share", "waitlist", "batch"]


def test_every_policy_name_has_its_model() -> None:
    """The names of the stored documents are fixed."""
    assert list(POLICIES) == NAMES


@pytest.mark.parametrize("model", POLICIES.values(), ids=NAMES)
def test_a_policy_comes_back_from_json_as_it_was(model: type[Policy]) -> None:
    """What is stored and read again is equal, through text and through plain values."""
    policy = model()

    assert model.model_validate_json(policy.model_dump_json()) == policy
    assert model.model_validate(policy.model_dump(mode="json")) == policy


@pytest.mark.parametrize("model", POLICIES.values(), ids=NAMES)
def test_a_policy_refuses_unknown_fields_and_changes(model: type[Policy]) -> None:
    """A misspelt setting is an error, and a policy in use cannot be altered."""
    with pytest.raises(ValidationError, match="extra"):
        model.model_validate({"horizont": 3})
    with pytest.raises(ValidationError, match="frozen"):
        setattr(model(), next(iter(model.model_fields)), 1)


def test_the_defaults_are_those_of_the_design() -> None:
    """The figures that pages and other modules count on."""
    booking, freeze, lunch, travel = BookingRules(), Freeze(), LunchRule(), TravelRule()

    assert (booking.horizon_days, booking.hold_minutes, booking.grid_minutes) == (14, 5, 15)
    assert (booking.window_max_days, booking.max_recipients) == (14, 3)
    assert (freeze.names_published_at, freeze.fresh_movable_until_minutes) == (time(18), 90)
    assert (lunch.minutes, lunch.not_before, lunch.not_after) == (45, time(11), time(14))
    assert (travel.factor, travel.speed_km_h) == (1.4, 25)
    assert (VisitRules().grace_minutes, VisitRules().first_crew_excluded) == (30, True)
    assert ReminderRules().day_before.before_minutes == 1440
    assert ReminderRules().hours_before.before_minutes == 120


def test_a_part_of_a_document_keeps_the_other_defaults() -> None:
    """An office that sets one figure inherits the rest."""
    policy = BookingRules.model_validate({"horizon_days": 7, "lead": {"green_channel": 0.5}})

    assert (policy.horizon_days, policy.hold_minutes) == (7, 5)
    assert policy.lead.green_channel == 0.5
    assert policy.lead.weekend == BookingRules().lead.weekend


@pytest.mark.parametrize("level", list(CreditLevel))
def test_every_credit_level_has_its_notice_and_cap(level: CreditLevel) -> None:
    """No level is without a figure, and the figure is its own."""
    rules = BookingRules()

    assert rules.caps.of(level) == getattr(rules.caps, level.value)
    assert rules.lead.holiday.of(level).total_seconds() == getattr(rules.lead.holiday, level.value) * 3600


def test_dishonest_enterprises_come_last_and_not_out_of_hours() -> None:
    """GACC Announcement 2018/109, and the default order."""
    rules = BookingRules()

    assert rules.priority_order[0] is Priority.RELIEF_OR_DANGEROUS
    assert rules.priority_order[-1] is CreditLevel.SERIOUSLY_DISHONEST
    assert CreditLevel.DISHONEST not in rules.out_of_hours_levels


@pytest.mark.parametrize(
    "document",
    [
        {"grid_minutes": 25},
        {"priority_order": [*DEFAULT_ORDER[:-1]]},
        {"priority_order": [*DEFAULT_ORDER[:-1], DEFAULT_ORDER[0]]},
        {"references": {"e_ledger": "["}},
        {"horizon_days": 0},
    ],
)
def test_a_booking_policy_that_cannot_work_is_refused(document: dict[str, object]) -> None:
    """Grid, order, patterns and horizon are checked when they are set, not when they are used."""
    with pytest.raises(ValidationError):
        BookingRules.model_validate(document)


def test_times_that_contradict_each_other_are_refused() -> None:
    """A break longer than its span, an answer before its cut-off, a reminder pointless at once."""
    with pytest.raises(ValidationError, match="longer"):
        LunchRule(minutes=61, not_before=time(11), not_after=time(12))
    with pytest.raises(ValidationError, match="cut-off"):
        AnswerTimes(rest_day_cut_off=time(17))
    with pytest.raises(ValidationError, match="pointless"):
        Reminder(before_minutes=60, not_after_minutes=61)


def test_what_is_kept_is_released_step_by_step() -> None:
    """Each step keeps less than the one before, and later; steps in another order are refused."""
    share = PriorityShare.model_validate(
        {"steps": [{"before_hours": 48, "kept": 0.2}, {"before_hours": 24, "kept": 0.1}]}
    )
    hours = {hours: share.kept_at(timedelta(hours=hours)) for hours in (72, 48, 36, 24, 1)}
    day, two = timedelta(hours=24), timedelta(hours=48)
    assert hours == {72: (0.2, two), 48: (0.1, day), 36: (0.1, day), 24: (0.0, None), 1: (0.0, None)}
    assert PriorityShare().kept_at(timedelta(days=14)) == (0.0, None)
    with pytest.raises(ValidationError, match="in order"):
        PriorityShare.model_validate(
            {"steps": [{"before_hours": 24, "kept": 0.1}, {"before_hours": 48, "kept": 0.2}]}
        )
