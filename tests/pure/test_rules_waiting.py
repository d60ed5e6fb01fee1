"""The measures of waiting and their summaries."""

from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.rules.office_time import OfficeHours, office_time_between
from scheduler.rules.waiting import (
    Measures,
    Summary,
    Timeline,
    measure,
    release_steps,
    summarise,
    suppress_small,
)
from scheduler.vocabulary import DayKind

DAY = datetime(2026, 3, 4, tzinfo=UTC)


def at(clock: str) -> datetime:
    """Return a time of the day."""
    hour, minute = clock.split(":")
    return DAY + timedelta(hours=int(hour), minutes=int(minute))


def minutes(count: int) -> timedelta:
    """Return so many minutes."""
    return timedelta(minutes=count)


FULL = Timeline(
    arrived=at("00:30"),
    instruction_issued=at("01:00"),
    requested=at("01:10"),
    wished_from=at("03:00"),
    wished_to=at("04:00"),
    answered=at("01:12"),
    first_confirmed_start=at("03:30"),
    confirmed_start=at("04:00"),
    goods_ready=at("04:05"),
    on_site=at("04:10"),
    opened=at("04:20"),
    ended=at("04:50"),
    sampled=at("04:40"),
    result=at("06:00"),
    released=at("07:00"),
)


def test_the_measures_of_a_whole_booking() -> None:
    """Each figure by its definition, on one booking that has every instant."""
    assert measure(FULL, planned=minutes(25)) == Measures(
        answer_time=minutes(2),
        slot_wait=minutes(30),
        wished_window_hit=True,
        on_site_wait=minutes(15),
        enterprise_lateness=minutes(5),
        customs_lateness=minutes(10),
        on_time_start=None,  # the goods were late
        duration=minutes(30),
        forecast_error=minutes(5),
        instruction_to_result=minutes(300),
        request_to_end=minutes(220),
        release_time=minutes(390),
    )


def test_without_instants_nothing_is_measured() -> None:
    """Unknown is not zero."""
    measures = measure(Timeline(), planned=minutes(5))

    assert {getattr(measures, name) for name in Measures.__slots__} == {None}


def test_early_is_no_wait() -> None:
    """Opening before the promise, goods and officers before time: zero, and on time."""
    measures = measure(
        Timeline(
            confirmed_start=at("04:00"), goods_ready=at("03:30"), on_site=at("03:40"), opened=at("03:50")
        )
    )

    assert measures.on_site_wait == timedelta(0)
    assert (measures.enterprise_lateness, measures.customs_lateness) == (timedelta(0), timedelta(0))
    assert measures.on_time_start is True


@pytest.mark.parametrize(("opened", "on_time"), [("04:15", True), ("04:16", False)])
def test_a_start_is_on_time_within_the_tolerance(opened: str, *, on_time: bool) -> None:
    """15 minutes after the promise is still on time; goods that nobody reported were ready."""
    assert measure(Timeline(confirmed_start=at("04:00"), opened=at(opened))).on_time_start is on_time


@pytest.mark.parametrize(("ready", "on_time"), [("04:00", True), ("04:01", None)])
def test_a_start_is_judged_only_when_the_goods_were_ready(ready: str, *, on_time: bool | None) -> None:
    """Ready at the promise is in time; a minute later customs is not judged."""
    timeline = Timeline(confirmed_start=at("04:00"), goods_ready=at(ready), opened=at("04:10"))

    assert measure(timeline).on_time_start is on_time


def test_the_slot_wait_counts_from_the_wish_or_the_request_whichever_is_later() -> None:
    """A wish for a time already past counts from the request; without a wish too."""
    past = Timeline(requested=at("03:00"), wished_from=at("02:00"), first_confirmed_start=at("03:30"))
    none = Timeline(requested=at("03:10"), first_confirmed_start=at("03:30"))

    assert measure(past).slot_wait == minutes(30)
    assert measure(none).slot_wait == minutes(20)


@pytest.mark.parametrize(
    ("start", "hit"), [("02:59", False), ("03:00", True), ("03:59", True), ("04:00", False)]
)
def test_the_wished_window_is_half_open(start: str, *, hit: bool) -> None:
    """Its end no longer belongs to it."""
    timeline = Timeline(wished_from=at("03:00"), wished_to=at("04:00"), first_confirmed_start=at(start))

    assert measure(timeline).wished_window_hit is hit


def test_an_exact_wish_can_be_hit() -> None:
    """A window without length is its only time."""
    timeline = Timeline(wished_from=at("03:00"), wished_to=at("03:00"), first_confirmed_start=at("03:00"))

    assert measure(timeline).wished_window_hit is True


def test_measures_can_be_taken_in_office_hours() -> None:
    """A night between request and answer counts only as far as the office was open."""
    hours = OfficeHours(time(8, 30), time(17, 30), ZoneInfo("Asia/Shanghai"))
    kinds = {date(2026, 3, day): DayKind.WORKDAY for day in (4, 5)}
    timeline = Timeline(requested=at("09:00"), answered=at("09:00") + timedelta(days=1) - timedelta(hours=8))
    elapsed = partial(office_time_between, hours=hours, kinds=kinds)

    assert measure(timeline).answer_time == timedelta(hours=16)
    assert measure(timeline, elapsed=elapsed).answer_time == timedelta(hours=1)  # 17:00-17:30, 08:30-09:00


def test_the_steps_of_a_release_follow_the_clock() -> None:
    """What happened between arrival and release, in order; wishes and promises are no steps."""
    assert [(step.begin, step.end) for step in release_steps(FULL)] == [
        ("arrived", "instruction_issued"),
        ("instruction_issued", "requested"),
        ("requested", "answered"),
        ("answered", "goods_ready"),
        ("goods_ready", "on_site"),
        ("on_site", "opened"),
        ("opened", "sampled"),
        ("sampled", "ended"),
        ("ended", "result"),
        ("result", "released"),
    ]


INSTANT = st.none() | st.integers(0, 10_000).map(lambda n: DAY + minutes(n))


@given(st.builds(Timeline, **dict.fromkeys(Timeline.__slots__, INSTANT)))
def test_the_steps_add_up_to_the_release_time(timeline: Timeline) -> None:
    """Whatever else was recorded, in whatever order."""
    steps = release_steps(timeline)
    total = sum((step.time for step in steps), timedelta(0))

    assert all(step.time >= timedelta(0) for step in steps)
    assert total == (measure(timeline).release_time or timedelta(0))


def test_a_summary_has_five_figures() -> None:
    """Ten values: the 90th percentile is the ninth."""
    assert summarise([10, 1, 2, 3, 4, 5, 6, 7, 8, 9]) == Summary(10, 5.5, 5.5, 9, 10)
    assert summarise([3]) == Summary(1, 3, 3, 3, 3)
    assert summarise([]) == Summary(0, None, None, None, None)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60))
def test_nine_tenths_lie_at_or_below_the_percentile(values: list[float]) -> None:
    """And fewer below any smaller value."""
    p90 = summarise(values).p90
    assert p90 is not None

    assert 10 * sum(value <= p90 for value in values) >= 9 * len(values)
    assert 10 * sum(value < p90 for value in values) < 9 * len(values)


@pytest.mark.parametrize(("count", "shown"), [(0, True), (1, False), (4, False), (5, True)])
def test_public_tables_hide_small_counts(count: int, *, shown: bool) -> None:
    """Under five not even the count is told; zero tells of nobody."""
    summary = summarise([60.0] * count)

    assert suppress_small(summary) == (summary if shown else Summary(None, None, None, None, None))
    assert suppress_small(suppress_small(summary)) == suppress_small(summary)
