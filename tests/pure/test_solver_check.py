"""Every rule of `check`, feasible and infeasible, one broken at a time; and values that refuse themselves."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from solver import reasons
from solver.check import Violation, check
from solver.day import Candidate, Day, Duty, Inspector, Job, Lunch, Seat
from solver.plan import Assignment, Plan

EVER = ((date(2020, 1, 1), None),)
ANY: Seat = frozenset()
PLANT: Seat = frozenset({"plant"})
ON, BEFORE, AFTER = date(2026, 3, 2), date(2026, 3, 1), date(2026, 3, 3)

FIRST = Job(id=1, site=1, start=600, duration=30, seats=(PLANT, ANY))
SECOND = Job(id=2, site=2, start=660, duration=30, seats=(PLANT, ANY))
DAY = Day(
    date=ON,
    opens=540,
    closes=1020,
    duties=(Duty(10, 1, 540, 1020, 1, 1), Duty(20, 2, 540, 1020, 1, 1), Duty(30, 3, 540, 1020, 1, 1)),
    inspectors=(Inspector(1, {"plant": EVER}), Inspector(2, {"plant": EVER}), Inspector(3, {"food": EVER})),
    jobs=(FIRST, SECOND),
    docks={2: (20, 21), 3: (30,)},
    travel={(1, 2): 20, (2, 1): 25},
    lunch=Lunch(),
)
PLAN = {1: Assignment((10, 20)), 2: Assignment((10, 20), 20)}


def a_day(**changed: object) -> Day:
    """Return the legal day with some of its fields changed."""
    return replace(DAY, **changed)  # type: ignore[arg-type]  # fields by name, checked by Day itself


def with_jobs(first: dict[str, object] | None = None, second: dict[str, object] | None = None) -> Day:
    """Return the legal day with fields of its two jobs changed."""
    changed = ((FIRST, first or {}), (SECOND, second or {}))
    return replace(DAY, jobs=tuple(replace(job, **fields) for job, fields in changed))  # type: ignore[arg-type]  # by name


def with_duty_20(**changed: object) -> Day:
    """Return the legal day with fields of the second inspector's duty changed."""
    first, second, third = DAY.duties
    return replace(DAY, duties=(first, replace(second, **changed), third))  # type: ignore[arg-type]  # fields by name


def with_two_duties(second_start: int, start_site: int) -> Day:
    """Return the legal day with inspector 2's duty cut at 11:00 and a second one, 21, after it."""
    duties = (Duty(20, 2, 540, 640, 1, 1), Duty(21, 2, second_start, 1020, start_site, 1))
    return replace(DAY, duties=(DAY.duties[0], *duties), docks={}, lunch=None)


def with_qualification(since: date, until: date | None) -> Day:
    """Return the legal day with inspector 1 knowing plants for a period only."""
    return a_day(inspectors=(Inspector(1, {"plant": ((since, until),)}), *DAY.inspectors[1:]))


def rows(first: Assignment | None = PLAN[1], second: Assignment | None = PLAN[2]) -> Plan:
    """Return the legal plan with other rows; None leaves one out."""
    return {job: row for job, row in ((1, first), (2, second)) if row is not None}


THREE_SEATS = with_jobs({"seats": (PLANT, ANY, ANY)})
ONE_SEAT = with_jobs({"seats": (PLANT,)})
FOUR_INSPECTORS = replace(
    with_jobs({"site": 2, "start": 645, "seats": (ANY, ANY)}),
    duties=(*DAY.duties, Duty(40, 4, 540, 1020, 1, 1)),
    inspectors=(*DAY.inspectors, Inspector(4, {})),
)
SPLIT_CREW = rows(second=Assignment((10, 30), 20))
OVER_TWO_DUTIES = rows(second=Assignment((10, 21)))

LEGAL: dict[str, tuple[Day, Plan]] = {
    "the day as it is": (DAY, PLAN),
    "three seats, three inspectors": (THREE_SEATS, rows(first=Assignment((10, 20, 30)))),
    "a crew of one by policy": (replace(ONE_SEAT, minimum_crew=1), rows(first=Assignment((10,)))),
    "qualified from that day on": (with_qualification(ON, None), PLAN),
    "qualified until the day after": (with_qualification(BEFORE, AFTER), PLAN),
    "another inspector excluded": (with_jobs({"excluded": frozenset({3})}), PLAN),
    "a duty that begins with its job": (with_duty_20(start=600), PLAN),
    "a duty that ends as the way back does": (with_duty_20(end=715), PLAN),
    "just enough time on the way out": (with_duty_20(start=575, start_site=2), PLAN),
    "just enough time between jobs": (with_jobs({"duration": 40}), PLAN),
    "one job after the other at one site": (with_jobs({"site": 2, "duration": 60}), rows(first=PLAN[2])),
    "duties with just enough time between": (with_two_duties(660, 2), OVER_TWO_DUTIES),
    "a pause before a long job": (with_jobs(second={"start": 735, "duration": 105}), PLAN),
    "a pause after the way to a job": (with_jobs({"duration": 35}, {"start": 705, "duration": 200}), PLAN),
    "a pause before the way to a job": (with_jobs({"duration": 60}, {"start": 735, "duration": 200}), PLAN),
    "a pause after a long job": (with_jobs(second={"duration": 135}), PLAN),
    "a duty that begins too late for lunch": (
        replace(with_jobs(second={"start": 690, "duration": 150}), duties=with_duty_20(start=600).duties,
                lunch=Lunch(earliest=539)),
        PLAN,
    ),
    "two docks at a time": (FOUR_INSPECTORS, rows(Assignment((30, 40), 21))),
    "a dock handed over": (with_jobs({"site": 2, "start": 615, "duration": 45}), rows(first=PLAN[2])),
    "closures just before and after": (
        a_day(
            dock_closures={20: ((600, 660), (690, 700)), 21: ((0, 1440),)},
            site_closures={1: ((540, 600), (630, 700)), 3: ((0, 1440),)},
            office_closures=((540, 600), (630, 660), (690, 700)),
        ),
        PLAN,
    ),
    "open exactly from the first to the last job": (a_day(opens=600, closes=690), PLAN),
    "finished in the last minute": (with_jobs({"finish_by": 630}), PLAN),
}  # fmt: skip

BROKEN: dict[str, tuple[str, Day, Plan]] = {
    "a row without a job": (reasons.UNKNOWN_JOB, DAY, {**PLAN, 9: Assignment((10, 20))}),
    "a row without a duty": (reasons.UNKNOWN_DUTY, DAY, rows(first=Assignment((10, 99)))),
    "a job without a row": (reasons.UNASSIGNED, DAY, rows(first=None)),
    "an empty seat": (reasons.SEATS_FILLED, THREE_SEATS, PLAN),
    "one too many": (reasons.SEATS_FILLED, DAY, rows(first=Assignment((10, 20, 30)))),
    "one inspector on two seats": (reasons.SAME_INSPECTOR, DAY, rows(first=Assignment((10, 10)))),
    "a crew of one": (reasons.MINIMUM_CREW, ONE_SEAT, rows(first=Assignment((10,)))),
    "an unqualified lead": (reasons.QUALIFICATION, DAY, rows(first=Assignment((30, 20)))),
    "an unqualified second": (
        reasons.QUALIFICATION, with_jobs({"seats": (ANY, PLANT)}), rows(first=Assignment((10, 30))),
    ),
    "one qualification of two": (reasons.QUALIFICATION, with_jobs({"seats": (PLANT | {"food"}, ANY)}), PLAN),
    "an excluded inspector": (reasons.EXCLUDED, with_jobs({"excluded": frozenset({2})}), PLAN),
    "a duty that begins a minute late": (reasons.OUTSIDE_DUTY, with_duty_20(start=601), PLAN),
    "a duty that ends a minute early": (reasons.OUTSIDE_DUTY, with_duty_20(end=689), PLAN),
    "a minute missing on the way out": (reasons.TRAVEL, with_duty_20(start=576, start_site=2), PLAN),
    "a minute missing on the way back": (reasons.TRAVEL, with_duty_20(end=714), PLAN),
    "a minute missing between jobs": (reasons.TRAVEL, with_jobs({"duration": 41}), SPLIT_CREW),
    "two jobs at once": (reasons.INSPECTOR_OVERLAP, with_jobs({"duration": 61}), SPLIT_CREW),
    "duties without time between": (reasons.DUTIES_CLASH, with_two_duties(659, 2), OVER_TWO_DUTIES),
    "no pause left": (
        reasons.LUNCH, with_jobs(second={"start": 690, "duration": 120}), SPLIT_CREW,
    ),
    "time for a pause or for the way, not both": (
        reasons.LUNCH, with_jobs({"duration": 60}, {"start": 720, "duration": 200}), PLAN,
    ),
    "no dock": (reasons.DOCK_MISSING, DAY, rows(second=Assignment((10, 20)))),
    "a dock where there is none": (reasons.DOCK_NOT_NEEDED, DAY, rows(first=Assignment((10, 20), 20))),
    "a dock of another site": (reasons.DOCK_OF_OTHER_SITE, DAY, rows(second=Assignment((10, 20), 30))),
    "two jobs at one dock": (reasons.DOCK_TWICE, FOUR_INSPECTORS, rows(Assignment((30, 40), 20))),
    "a closed dock": (reasons.DOCK_CLOSED, a_day(dock_closures={20: ((689, 700),)}), PLAN),
    "a start beside the grid": (reasons.OFF_GRID, with_jobs({"start": 601}), PLAN),
    "a start before opening": (reasons.OUTSIDE_OPENING, a_day(opens=601), PLAN),
    "an end after closing": (reasons.OUTSIDE_OPENING, a_day(closes=689), PLAN),
    "an office closure": (reasons.OFFICE_CLOSED, a_day(office_closures=((629, 631),)), PLAN),
    "a site closure": (reasons.SITE_CLOSED, a_day(site_closures={1: ((590, 601),)}), PLAN),
    "a minute late to finish": (reasons.TOO_LATE_TO_FINISH, with_jobs({"finish_by": 629}), PLAN),
}  # fmt: skip


@pytest.mark.parametrize("case", LEGAL)
def test_a_legal_plan_has_no_violation(case: str) -> None:
    """Cases just inside a rule pass."""
    assert check(*LEGAL[case]) == []


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_rule_is_found_alone(case: str) -> None:
    """Cases just outside a rule break that rule and no other."""
    rule, day, plan = BROKEN[case]
    assert {found.rule for found in check(day, plan)} == {rule}


def test_qualifications_end_and_begin_with_the_day() -> None:
    """Validity is half-open: on its end it is over, on the day before its beginning not begun."""
    for period in ((BEFORE, ON), (AFTER, None)):
        assert {found.rule for found in check(with_qualification(*period), PLAN)} == {reasons.QUALIFICATION}


def test_a_frozen_job_keeps_its_row() -> None:
    """With the former plan at hand, a frozen job may not change, a job that was not frozen may."""
    day = with_jobs({"frozen": True})
    former = {1: Assignment((20, 10)), 2: Assignment((20, 10), 21)}
    assert check(day, PLAN, previous=former) == [Violation(reasons.FROZEN, jobs=(1,), duties=(20, 10))]
    assert check(day, {**former, 2: PLAN[2]}, previous=former) == []
    assert check(day, PLAN, previous={}) == []
    assert check(day, PLAN) == []


def test_every_rule_is_shown_broken() -> None:
    """No code of `reasons.RULES` is without a case here."""
    assert {rule for rule, _, _ in BROKEN.values()} | {reasons.FROZEN} == reasons.RULES


def test_a_violation_names_whom_it_concerns() -> None:
    """Jobs, duties, site, dock and numbers of the case stand in the violation."""
    assert check(*BROKEN["a minute missing between jobs"][1:]) == [
        Violation(reasons.TRAVEL, jobs=(1, 2), duties=(10,), numbers={"minutes": 20, "free": 19})
    ]
    assert check(*BROKEN["a closed dock"][1:]) == [
        Violation(reasons.DOCK_CLOSED, jobs=(2,), site=2, dock=20, numbers={"from": 689, "to": 700})
    ]


def test_a_missing_travel_time_is_refused() -> None:
    """The other direction is no substitute."""
    with pytest.raises(ValueError, match=r"^travel: no minutes from site 2 to site 1"):
        check(a_day(travel={(1, 2): 20}), PLAN)


REFUSED: dict[str, tuple[str, Callable[[], object]]] = {
    "validity": ("qualifications", lambda: Inspector(1, {"plant": ((AFTER, ON),)})),
    "duty period": ("start", lambda: Duty(1, 1, 600, 600, 1, 1)),
    "job start": ("start", lambda: replace(FIRST, start=1440)),
    "job duration": ("duration", lambda: replace(FIRST, duration=0)),
    "no seats": ("seats", lambda: replace(FIRST, seats=())),
    "job finish": ("finish_by", lambda: replace(FIRST, finish_by=-1)),
    "candidate duration": ("duration", lambda: Candidate(1, 0, (ANY,))),
    "candidate earliest": ("earliest", lambda: Candidate(1, 30, (ANY,), earliest=-1)),
    "candidate latest": ("latest", lambda: Candidate(1, 30, (ANY,), latest=1441)),
    "lunch span": ("earliest", lambda: Lunch(earliest=840)),
    "lunch length": ("minutes", lambda: Lunch(minutes=181)),
    "opening": ("opens", lambda: a_day(opens=1030)),
    "crew size": ("minimum_crew", lambda: a_day(minimum_crew=0)),
    "two inspectors": ("inspectors", lambda: a_day(inspectors=(*DAY.inspectors, DAY.inspectors[0]))),
    "two duties": ("duties", lambda: a_day(duties=(*DAY.duties, DAY.duties[0]))),
    "unknown inspector": ("duties", lambda: a_day(inspectors=DAY.inspectors[:2])),
    "two jobs": ("jobs", lambda: a_day(jobs=(FIRST, FIRST))),
    "empty docks": ("docks", lambda: a_day(docks={2: ()})),
    "shared dock": ("docks", lambda: a_day(docks={2: (20,), 3: (20,)})),
    "office closure": ("office_closures", lambda: a_day(office_closures=((600, 600),))),
    "site closure": ("site_closures", lambda: a_day(site_closures={1: ((600, 1441),)})),
    "dock closure": ("dock_closures", lambda: a_day(dock_closures={20: ((-1, 600),)})),
    "travel": ("travel", lambda: a_day(travel={(1, 2): -1})),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_value_that_makes_no_sense_refuses_itself(case: str) -> None:
    """The error begins with the name of the field."""
    name, build = REFUSED[case]
    with pytest.raises(ValueError, match=f"^{name}: "):
        build()
