"""What each mode needs, how long it takes, what may follow what on site."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.errors import (
    ApprovalMissing,
    FilingNumberMissing,
    NoVisitNeeded,
    ReasonMissing,
    Refusal,
    SiteKindUnfit,
    TimesOutOfOrder,
    TooEarly,
)
from scheduler.rules.durations import GoodsLine, planned_minutes
from scheduler.rules.modes import SITE_KINDS, require_bookable, waits_for_office
from scheduler.rules.visit_order import follow_up_needed, no_show_allowed, require_order
from scheduler.vocabulary import Mode, Outcome, RequestReason, RiskLevel, SiteKind

START = datetime(2026, 3, 5, 2, tzinfo=UTC)


def require(
    mode: Mode,
    site_kind: SiteKind,
    *,
    filing_number: str | None = "F1",
    approval_number: str | None = "A1",
    risk_level: RiskLevel | None = RiskLevel.LOW,
    off_site_reason: str | None = "too large for the control area",
    site_kinds: frozenset[SiteKind] | None = None,
) -> None:
    """Ask for a booking that has all papers unless the test takes one away."""
    require_bookable(
        mode,
        filing_number=filing_number,
        approval_number=approval_number,
        risk_level=risk_level,
        site_kind=site_kind,
        off_site_reason=off_site_reason,
        site_kinds=site_kinds,
    )


@pytest.mark.parametrize("mode", [mode for mode in Mode if mode is not Mode.RESULT_ACCEPTED])
@pytest.mark.parametrize("kind", list(SiteKind))
def test_each_mode_has_its_places(mode: Mode, kind: SiteKind) -> None:
    """A place of the mode is accepted, any other refused with the site's field."""
    if kind in SITE_KINDS[mode]:
        require(mode, kind)
        return
    with pytest.raises(SiteKindUnfit) as refused:
        require(mode, kind)
    assert refused.value.field == "/site"
    assert refused.value.values == {"mode": mode.value, "site_kind": kind.value}


def test_every_mode_is_known_and_no_office_is_a_place_to_inspect() -> None:
    """The table names each mode, and nowhere the place where duties start."""
    assert set(SITE_KINDS) == set(Mode)
    assert all(SiteKind.OFFICE not in kinds for kinds in SITE_KINDS.values())


@pytest.mark.parametrize("kind", list(SiteKind))
def test_an_accepted_result_books_no_visit(kind: SiteKind) -> None:
    """Wherever the goods are."""
    with pytest.raises(NoVisitNeeded) as refused:
        require(Mode.RESULT_ACCEPTED, kind)
    assert refused.value.field == "/instructions"


@pytest.mark.parametrize("missing", [None, "", "  "])
def test_papers_are_required_by_name(missing: str | None) -> None:
    """High-tech goods need a filing number, special articles an approval; blank is missing."""
    cases: list[tuple[type[Refusal], str, Mode, SiteKind]] = [
        (FilingNumberMissing, "filing_number", Mode.HIGH_TECH, SiteKind.CLEAN_ROOM),
        (ApprovalMissing, "approval_number", Mode.SPECIAL_ARTICLES, SiteKind.COLD_STORE),
        (ReasonMissing, "off_site_reason", Mode.STANDARD, SiteKind.ENTERPRISE_PREMISES),
    ]
    for refusal, name, mode, kind in cases:
        with pytest.raises(refusal) as refused:
            require(mode, kind, **{name: missing})  # type: ignore[arg-type]  # mypy does not know which name
        assert refused.value.field == f"/{name}"


def test_special_articles_need_their_risk_level() -> None:
    """Without it nobody knows whether the office must answer."""
    with pytest.raises(ApprovalMissing) as refused:
        require(Mode.SPECIAL_ARTICLES, SiteKind.COLD_STORE, risk_level=None)
    assert refused.value.field == "/risk_level"


def test_other_modes_need_no_papers() -> None:
    """A standard inspection at a supervised site, large equipment at its owner's: nothing is asked."""
    for mode, kind in [
        (Mode.STANDARD, SiteKind.SUPERVISED_AREA),
        (Mode.OFF_SITE_LARGE, SiteKind.ENTERPRISE_PREMISES),
    ]:
        require(mode, kind, filing_number=None, approval_number=None, risk_level=None, off_site_reason=None)


def test_an_inspection_type_may_name_other_places() -> None:
    """Its list replaces the mode's, both ways."""
    require(Mode.STANDARD, SiteKind.RETURNS_CENTRE, site_kinds=frozenset({SiteKind.RETURNS_CENTRE}))
    with pytest.raises(SiteKindUnfit):
        require(Mode.STANDARD, SiteKind.COLD_STORE, site_kinds=frozenset({SiteKind.RETURNS_CENTRE}))


def test_only_special_articles_of_high_risk_wait_for_the_office() -> None:
    """Low risk confirms at once; a level on other goods says nothing."""
    waiting = {
        (mode, level)
        for mode in Mode
        for level in [None, *RiskLevel]
        if waits_for_office(mode, level) is not None
    }

    assert waiting == {(Mode.SPECIAL_ARTICLES, RiskLevel.HIGH)}
    assert waits_for_office(Mode.SPECIAL_ARTICLES, RiskLevel.HIGH) is RequestReason.HIGH_RISK_ARTICLES


@pytest.mark.parametrize(
    ("lines", "minutes"),
    [
        ([(10, 0, 1)], 10),
        ([(10, 1.5, 4)], 20),  # 16 rounds up
        ([(0, 1.1, 50)], 55),  # exactly 55, not a hair more as with floats
        ([(20, 1, 5), (30, 2, 10), (10, 0, 1)], 55),
        ([(0, 0, 0)], 5),
        ([(60, 10, 100)], 480),
    ],
)
def test_planned_minutes(lines: list[tuple[float, float, float]], minutes: int) -> None:
    """The greatest base and all parts per unit, rounded up to 5, from 5 to 480."""
    assert planned_minutes([GoodsLine(*line) for line in lines]) == minutes


@given(
    st.lists(
        st.tuples(st.integers(0, 90), st.integers(0, 300).map(lambda n: n / 100), st.integers(0, 40)),
        min_size=1,
        max_size=6,
    )
)
def test_one_visit_is_never_longer_than_its_instructions_apart(lines: list[tuple[int, float, int]]) -> None:
    """Together takes at most as long as one after the other, at least as long as the longest alone."""
    visit = [GoodsLine(*line) for line in lines]
    alone = [planned_minutes([line]) for line in visit]
    exact = max(line.base_minutes for line in visit) + sum(
        Fraction(str(line.per_unit_minutes)) * int(line.units) for line in visit
    )

    assert max(alone) <= planned_minutes(visit) <= sum(alone)
    assert planned_minutes(visit) >= min(exact, 480)


@pytest.mark.parametrize("lines", [[], [GoodsLine(10, -1, 2)], [GoodsLine(-5, 0, 0)]])
def test_a_visit_without_goods_or_with_negative_figures_is_a_bug(lines: list[GoodsLine]) -> None:
    """It is not a refusal: the caller's rows are wrong."""
    with pytest.raises(ValueError, match="without negative"):
        planned_minutes(lines)


NAMES = ["on_site", "opened", "ended", "result", "released"]


def test_times_in_order_are_accepted_equal_ones_too() -> None:
    """All five, a part of them, none."""
    require_order(*(START + timedelta(minutes=n) for n in range(5)))
    require_order(*[START] * 5)
    require_order(on_site=START, result=START)
    require_order()


@pytest.mark.parametrize("place", range(1, 5))
def test_a_time_before_its_predecessor_is_named(place: int) -> None:
    """The refusal names the field that is too early and the time it must follow."""
    times = {name: START + timedelta(minutes=n) for n, name in enumerate(NAMES)}
    times[NAMES[place]] = times[NAMES[place - 1]] - timedelta(seconds=1)

    with pytest.raises(TimesOutOfOrder) as refused:
        require_order(**times)
    assert refused.value.field == f"/{NAMES[place]}"
    assert refused.value.values == {"not_before": times[NAMES[place - 1]]}


def test_a_gap_does_not_hide_a_wrong_order() -> None:
    """Without the times between, the last is still compared with the first."""
    with pytest.raises(TimesOutOfOrder) as refused:
        require_order(on_site=START, released=START - timedelta(hours=1))
    assert refused.value.field == "/released"


def test_a_visit_that_ended_was_opened() -> None:
    """The missing opening is asked for."""
    with pytest.raises(TimesOutOfOrder) as refused:
        require_order(on_site=START, ended=START)
    assert refused.value.field == "/opened"


def test_release_before_inspection_binds_no_later_time() -> None:
    """Minerals are released first and inspected at their destination."""
    require_order(START, START, START, START, START - timedelta(days=1), release_first=True)


def test_what_did_not_pass_or_finish_is_followed_up() -> None:
    """And no other outcome."""
    assert {each for each in Outcome if follow_up_needed(each)} == {Outcome.NOT_FINISHED, Outcome.NOT_PASSED}


def test_absence_is_recorded_only_after_the_grace_time() -> None:
    """One second early is refused with the time from which it may be recorded."""
    grace = timedelta(minutes=30)

    no_show_allowed(START + grace, START, grace)
    with pytest.raises(TooEarly) as refused:
        no_show_allowed(START + grace - timedelta(seconds=1), START, grace)
    assert refused.value.values == {"not_before": START + grace}
