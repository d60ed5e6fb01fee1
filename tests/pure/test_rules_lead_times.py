"""Notice, the office's deadlines, the freeze, and office time beneath them."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.errors import CreditExcluded, TooShortNotice
from scheduler.rules.lead_times import answer_deadline, earliest_start, freeze_at, freeze_step, require_notice
from scheduler.rules.office_time import OfficeHours, add_office_time, office_time_between
from scheduler.rules.policy import AnswerTimes, BookingRules, Freeze, LeadHours
from scheduler.rules.work_days import calendar
from scheduler.vocabulary import CreditLevel, DayKind, RequestReason

ZONE = ZoneInfo("Asia/Shanghai")
HOURS = OfficeHours(time(8, 30), time(17, 30), ZONE)
KINDS = {day.date: day.kind for day in calendar(2025, 2027)}
RULES = BookingRules()


def local(text: str) -> datetime:
    """Read a time on the office's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


NOW = local("2026-03-04 09:00")  # a Wednesday


def earliest(
    credit: CreditLevel, day_kind: DayKind, *, out_of_hours: bool = False, green: bool = False
) -> timedelta:
    """Return the notice asked for, at a time on the grid."""
    start = earliest_start(
        now=NOW, credit=credit, day_kind=day_kind, out_of_hours=out_of_hours, green=green, rules=RULES
    )
    return start - NOW


@pytest.mark.parametrize(
    ("credit", "hours"),
    [(CreditLevel.REGULAR, 2), (CreditLevel.CERTIFIED, 1), (CreditLevel.ADVANCED_CERTIFIED, 1)],
)
def test_within_office_hours_the_level_gives_the_notice(credit: CreditLevel, hours: int) -> None:
    """Make-up workdays are workdays."""
    assert earliest(credit, DayKind.WORKDAY) == timedelta(hours=hours)
    assert earliest(credit, DayKind.MAKEUP_WORKDAY) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("credit", "hours"),
    [(CreditLevel.REGULAR, 24), (CreditLevel.CERTIFIED, 24), (CreditLevel.ADVANCED_CERTIFIED, 8)],
)
def test_outside_office_hours_the_announcement_gives_the_notice(credit: CreditLevel, hours: int) -> None:
    """24 hours, advanced certified 8; rest days count as outside. The green channel changes nothing."""
    for kind, beyond in [
        (DayKind.WORKDAY, True),
        (DayKind.WEEKEND, False),
        (DayKind.HOLIDAY, False),
        (DayKind.HOLIDAY, True),
    ]:
        assert earliest(credit, kind, out_of_hours=beyond, green=True) == timedelta(hours=hours)


def test_the_green_channel_shortens_but_never_lengthens() -> None:
    """A regular enterprise's fresh goods need an hour; a level with less keeps its own."""
    rules = BookingRules(lead=LeadHours(green_channel=3))
    start = earliest_start(
        now=NOW,
        credit=CreditLevel.REGULAR,
        day_kind=DayKind.WORKDAY,
        out_of_hours=False,
        green=True,
        rules=rules,
    )

    assert earliest(CreditLevel.REGULAR, DayKind.WORKDAY, green=True) == timedelta(hours=1)
    assert start - NOW == timedelta(hours=2)


@pytest.mark.parametrize("credit", [CreditLevel.DISHONEST, CreditLevel.SERIOUSLY_DISHONEST])
@pytest.mark.parametrize(
    ("kind", "beyond"), [(DayKind.WEEKEND, False), (DayKind.HOLIDAY, False), (DayKind.WORKDAY, True)]
)
def test_dishonest_enterprises_have_office_hours_only(
    credit: CreditLevel, kind: DayKind, *, beyond: bool
) -> None:
    """They are refused on rest days and out of hours, and served on workdays."""
    assert earliest(credit, DayKind.WORKDAY) == timedelta(hours=2)
    with pytest.raises(CreditExcluded) as refused:
        earliest(credit, kind, out_of_hours=beyond)
    assert refused.value.field == "/wished_from"
    assert refused.value.values == {"level": credit.value, "out_of_hours": True}


def test_an_excluded_level_books_nothing() -> None:
    """What the office excludes is refused on a workday too, and told apart."""
    rules = BookingRules(excluded_levels=(CreditLevel.SERIOUSLY_DISHONEST,))

    with pytest.raises(CreditExcluded) as refused:
        earliest_start(
            now=NOW,
            credit=CreditLevel.SERIOUSLY_DISHONEST,
            day_kind=DayKind.WORKDAY,
            out_of_hours=False,
            green=False,
            rules=rules,
        )
    assert refused.value.values["out_of_hours"] is False


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis takes naive bounds
def test_the_earliest_start_is_the_first_grid_time_with_enough_notice(now: datetime) -> None:
    """Notice is given, the time is on the grid, and a quarter before it would not do."""
    start = earliest_start(
        now=now,
        credit=CreditLevel.REGULAR,
        day_kind=DayKind.WORKDAY,
        out_of_hours=False,
        green=False,
        rules=RULES,
    )

    assert (start.minute % 15, start.second, start.microsecond) == (0, 0, 0)
    assert timedelta(hours=2) <= start - now < timedelta(hours=2, minutes=15)


def test_too_short_notice_says_the_first_start_that_would_do() -> None:
    """The refusal names its field and the earliest time; that time itself is accepted."""

    def require(start: datetime) -> None:
        require_notice(
            start,
            now=NOW,
            credit=CreditLevel.REGULAR,
            day_kind=DayKind.WORKDAY,
            out_of_hours=False,
            green=False,
            rules=RULES,
            field="/start",
        )

    with pytest.raises(TooShortNotice) as refused:
        require(local("2026-03-04 10:45"))
    assert refused.value.field == "/start"
    assert refused.value.values == {"earliest": local("2026-03-04 11:00")}
    require(local("2026-03-04 11:00"))


def deadline(reason: RequestReason, now: str, wished: str) -> datetime:
    """Return the office's deadline with the default policy."""
    return answer_deadline(
        reason,
        now=local(now),
        wished=date.fromisoformat(wished),
        kinds=KINDS,
        opening=HOURS,
        policy=AnswerTimes(),
    )


@pytest.mark.parametrize(
    ("now", "wished", "answered"),
    [
        ("2026-03-04 10:00", "2026-03-07", "2026-03-06 16:30"),  # Saturday: on Friday
        ("2026-03-06 15:00", "2026-03-08", "2026-03-06 16:30"),  # Sunday: on Friday too
        ("2026-02-13 20:00", "2026-02-17", "2026-02-14 16:30"),  # New Year: on the make-up Saturday
    ],
)
def test_a_rest_day_is_answered_on_the_last_working_day_before(now: str, wished: str, answered: str) -> None:
    """Make-up workdays count as working days."""
    assert deadline(RequestReason.REST_DAY, now, wished) == local(answered)


def test_a_rest_day_asked_for_after_the_cut_off_is_refused() -> None:
    """The refusal says until when it could have been asked."""
    with pytest.raises(TooShortNotice) as refused:
        deadline(RequestReason.REST_DAY, "2026-03-06 15:01", "2026-03-07")
    assert refused.value.field == "/wished_from"
    assert refused.value.values == {"not_after": local("2026-03-06 15:00")}


@pytest.mark.parametrize(
    ("reason", "now", "wished", "answered"),
    [
        (RequestReason.PRIORITY_DECISION, "2026-03-04 10:00", "2026-03-06", "2026-03-04 12:00"),
        (RequestReason.PRIORITY_DECISION, "2026-03-06 17:00", "2026-03-10", "2026-03-09 10:00"),
        (RequestReason.OUT_OF_HOURS, "2026-03-04 21:00", "2026-03-06", "2026-03-05 12:30"),
        (RequestReason.HIGH_RISK_ARTICLES, "2026-03-04 10:00", "2026-03-12", "2026-03-05 10:00"),
        (RequestReason.INSTRUCTION_AWAITED, "2026-03-04 10:00", "2026-03-12", "2026-03-06 10:00"),
        (RequestReason.INSTRUCTION_AWAITED, "2026-03-04 10:00", "2026-03-05", "2026-03-04 16:30"),
        (RequestReason.PRIORITY_DECISION, "2026-03-04 10:00", "2026-03-04", "2026-03-04 12:00"),
        (RequestReason.CUT_OVER, "2026-02-14 08:00", "2026-03-12", "2026-02-14 17:30"),
    ],
)
def test_other_requests_are_answered_in_office_time(
    reason: RequestReason, now: str, wished: str, answered: str
) -> None:
    """Nights and rest days do not count; the eve of the wished day is the latest where it is to come."""
    assert deadline(reason, now, wished) == local(answered)


def test_names_are_published_on_the_working_day_before() -> None:
    """At 18:00 of Friday for a Sunday, of the make-up Saturday for the first day after the festival."""

    def published(start: str) -> datetime:
        return freeze_at(local(start), kinds=KINDS, policy=Freeze(), zone=ZONE)

    assert published("2026-03-05 10:00") == local("2026-03-04 18:00")
    assert published("2026-03-08 10:00") == local("2026-03-06 18:00")
    assert published("2026-02-24 00:15") == local("2026-02-14 18:00")


@pytest.mark.parametrize(
    ("now", "ordinary", "green"),
    [
        ("2026-03-04 17:59", "free", "free"),
        ("2026-03-04 18:00", "frozen", "published"),
        ("2026-03-05 08:29", "frozen", "published"),
        ("2026-03-05 08:30", "frozen", "frozen"),
        ("2026-03-05 12:00", "frozen", "frozen"),
    ],
)
def test_a_crew_freezes_in_two_steps(now: str, ordinary: str, green: str) -> None:
    """Names freeze when published; fresh goods' crews may change until 90 minutes before."""
    start = local("2026-03-05 10:00")

    def step(*, is_green: bool) -> str:
        return freeze_step(local(now), start, green=is_green, policy=Freeze(), kinds=KINDS, zone=ZONE)

    assert (step(is_green=False), step(is_green=True)) == (ordinary, green)


INSTANTS = st.integers(0, 60 * 24 * 40).map(
    lambda minutes: local("2026-02-01 00:00") + timedelta(minutes=minutes)
)


@given(INSTANTS, INSTANTS)
def test_office_time_has_a_sign_and_never_exceeds_the_clock(begin: datetime, end: datetime) -> None:
    """Between two instants passes at most the clock's time, and as much the other way round."""
    forward = office_time_between(begin, end, hours=HOURS, kinds=KINDS)

    assert forward == -office_time_between(end, begin, hours=HOURS, kinds=KINDS)
    assert abs(forward) <= abs(end - begin)


@given(INSTANTS, st.integers(1, 60 * 9 * 12))
def test_added_office_time_is_found_again(begin: datetime, minutes: int) -> None:
    """Adding and measuring are inverse, over nights, weekends and the Spring Festival."""
    amount = timedelta(minutes=minutes)
    end = add_office_time(begin, amount, hours=HOURS, kinds=KINDS)

    assert office_time_between(begin, end, hours=HOURS, kinds=KINDS) == amount


def test_no_office_time_outside_hours_is_the_next_opening() -> None:
    """Friday evening plus nothing is Monday morning."""
    start = add_office_time(local("2026-03-06 20:00"), timedelta(0), hours=HOURS, kinds=KINDS)

    assert start == local("2026-03-09 08:30")


def test_an_office_that_closes_before_it_opens_is_refused() -> None:
    """Such hours would never let any time pass."""
    with pytest.raises(ValueError, match="closes after"):
        OfficeHours(time(9), time(9), ZONE)
