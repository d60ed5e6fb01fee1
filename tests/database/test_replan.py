"""Disturbed days: proposals change nothing, one is applied whole, nobody's promise moves unasked."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from scheduler.booking.confirm import confirm
from scheduler.booking.orders import Details
from scheduler.database.idempotency import plainly
from scheduler.errors import (
    MalformedField,
    PastTime,
    ReplanOutdated,
    ReplanSettled,
    UnknownInspector,
    UnknownReplan,
)
from scheduler.models import Booking, Duty
from scheduler.replan.applying import apply_replan, discard_replan
from scheduler.replan.orders import Choice
from scheduler.replan.runs import replay
from tests.database.plants_scene import book_it, crew_of, make_plants_world
from tests.database.replan_scene import apply_it, badge_of, ill, offers_of, propose, read, texts_of
from tests.factories import NOW, TODAY, TUESDAY, World, at
from tests.races.checker import count_findings, count_violations, violated

TEN = at(TUESDAY, 10)
CONTACT = {"name": "示例联系人", "mobile": "13800138000"}
MORNING = at(TUESDAY, 9)
"""Tuesday at nine: who starts at ten is on the way."""


@pytest.fixture
def plants(fresh_database: Callable[[], str]) -> Iterator[World]:
    """Two who know plants and three who do not."""
    world = make_plants_world(fresh_database(), others=3)
    yield world
    world.database.close()


def test_proposals_change_nothing(plants: World) -> None:
    """A proposal is words: crews, duties and promises are as they were, and it can be put aside."""
    ordinary, other = book_it(plants, TEN), book_it(plants, TEN, type_="plants")
    before = [crew_of(plants, one) for one in (ordinary, other)]
    row = propose(plants, ill(plants, crew_of(plants, other)[0]))
    assert row.found[0]["lost"] == row.found[0]["moved"] == []
    assert row.found[0]["proved"]
    assert [crew_of(plants, one) for one in (ordinary, other)] == before
    with plants.database.transaction() as session:
        discard_replan(session, actor=plants.manager(), number=row.id or 0, now=NOW)
    with pytest.raises(ReplanSettled):
        apply_it(plants, row)


def test_sickness_is_applied_whole(plants: World) -> None:
    """Names change, nobody's time does; the absence and the cut duty are written with it."""
    ordinary, other = book_it(plants, TEN), book_it(plants, TEN, type_="plants")
    sick = crew_of(plants, other)[0]
    row = apply_it(plants, propose(plants, ill(plants, sick)))
    assert (row.state, row.chosen) == ("applied", 1)
    assert sick not in [*crew_of(plants, ordinary), *crew_of(plants, other)]
    assert read(plants, other).planned_start == TEN
    with plants.database.snapshot() as session:
        duties = session.exec(select(Duty).where(col(Duty.inspector) == sick, col(Duty.date) == TUESDAY))
        assert duties.all() == []
        assert session.execute(text("SELECT count(*) FROM absence")).scalar_one() == 1
    assert violated(count_violations(plants)) == {}


def test_names_told_are_those_that_change(plants: World) -> None:
    """What a proposal says of names is what applying it does."""
    ordinary, other = book_it(plants, TEN), book_it(plants, TEN, type_="plants")
    before = {one.reference: set(crew_of(plants, one)) for one in (ordinary, other)}
    row = propose(plants, ill(plants, crew_of(plants, other)[0]))
    badges = {badge_of(plants, one): one for one in plants.inspectors}
    expected = {number: set(crew) for number, crew in before.items()}
    for change in row.found[0]["renamed"]:
        expected[change["booking"]] -= {badges[change["leaves"]]}
        expected[change["booking"]] |= {badges[change["comes"]]}
    apply_it(plants, row)
    assert {one.reference: set(crew_of(plants, one)) for one in (ordinary, other)} == expected


def test_a_promise_that_has_to_move_is_asked_for(plants: World) -> None:
    """One of two who know plants is ill: the second visit's new time is kept for it, not taken."""
    first, second = (book_it(plants, TEN, type_="plants", recipients=[CONTACT]) for _ in range(2))
    row = propose(plants, ill(plants, crew_of(plants, first)[0]))
    (move,) = row.found[0]["moved"]
    assert move["treatment"] == "asked"
    assert row.found[0]["lost"] == []
    moved = first if move["booking"] == first.reference else second
    apply_it(plants, row)
    assert read(plants, moved).state == "displaced"
    assert datetime.fromisoformat(move["new"]) in offers_of(plants, moved)
    assert len(offers_of(plants, moved)) == 3
    assert texts_of(plants, moved) == ["displaced"]
    assert violated(count_violations(plants)) == {}


def test_the_time_that_is_kept_can_be_taken(plants: World) -> None:
    """Its people confirm the proposed time: the booking is there, the other times are free again."""
    first, _ = (book_it(plants, TEN, type_="plants") for _ in range(2))
    row = propose(plants, ill(plants, crew_of(plants, first)[0]))
    (move,) = row.found[0]["moved"]
    apply_it(plants, row)
    new = datetime.fromisoformat(move["new"])
    with plants.database.snapshot() as session:
        hold = session.exec(
            select(Booking.reference).where(
                col(Booking.replaces).is_not(None), col(Booking.planned_start) == new
            )
        ).one()
    took = confirm(
        plants.database,
        actor=plants.enterprise_actor(),
        reference=hold,
        version=None,
        details=Details(),
        now=NOW + timedelta(minutes=1),
        keep=plainly,
    )
    assert (took.reference, took.planned_start) == (move["booking"], new)
    assert violated(count_violations(plants)) == {}


def test_whoever_agreed_is_moved_at_once(plants: World) -> None:
    """The office asked by phone: with the name of who agreed, the promise itself moves, and is told."""
    first, _ = (book_it(plants, TEN, type_="plants") for _ in range(2))
    row = propose(plants, ill(plants, crew_of(plants, first)[0]))
    (move,) = row.found[0]["moved"]
    apply_it(plants, row, consents=[{"booking": move["booking"], "given_by": "示例联系人"}])
    with plants.database.snapshot() as session:
        booking = session.exec(select(Booking).where(col(Booking.reference) == move["booking"])).one()
        assert (booking.state, booking.promise_from) == ("confirmed", datetime.fromisoformat(move["new"]))
        told = text("SELECT details ->> 'consent' FROM event WHERE kind = 'booking_moved'")
        assert session.execute(told).scalar_one() == "示例联系人"
    assert violated(count_violations(plants)) == {}


def test_a_small_delay_shortly_before_is_told(plants: World) -> None:
    """At nine somebody falls ill: the visit of ten begins within the hour, its promise stays what it was."""
    first, _ = (book_it(plants, TEN, type_="plants", recipients=[CONTACT]) for _ in range(2))
    row = propose(plants, ill(plants, crew_of(plants, first)[0], begins=MORNING), now=MORNING)
    (move,) = row.found[0]["moved"]
    assert move["treatment"] == "delayed"
    apply_it(plants, row, now=MORNING)
    with plants.database.snapshot() as session:
        booking = session.exec(select(Booking).where(col(Booking.reference) == move["booking"])).one()
    assert (booking.state, booking.promise_from) == ("confirmed", TEN)
    assert booking.expected_start == booking.planned_start == datetime.fromisoformat(move["new"])
    assert texts_of(plants, booking) == ["running_late"]
    assert violated(count_violations(plants)) == {}


def test_what_nobody_can_do_is_lost_and_offered(plants: World) -> None:
    """Both who know plants are ill all day: the visit is displaced with times on other days."""
    booking = book_it(plants, TEN, type_="plants")
    row = propose(plants, *(ill(plants, one) for one in plants.inspectors[:2]))
    assert row.found[0]["lost"] == [booking.reference]
    apply_it(plants, row)
    assert read(plants, booking).state == "displaced"
    assert all(start > at(TUESDAY, 23) for start in offers_of(plants, booking))
    assert len(offers_of(plants, booking)) == 3
    assert violated(count_violations(plants)) == {}


def test_a_day_that_changed_refuses_an_old_proposal(fresh_database: Callable[[], str]) -> None:
    """Whoever was to come in has other goods by now: nothing is written, new proposals are asked for."""
    world = make_plants_world(fresh_database(), others=4)
    book_it(world, TEN)
    other = book_it(world, TEN, type_="plants")
    sick = crew_of(world, other)[0]
    row = propose(world, ill(world, sick))
    late = book_it(world, TEN)
    before = [crew_of(world, one) for one in (other, late)]
    with pytest.raises(ReplanOutdated):
        apply_it(world, row)
    assert [crew_of(world, one) for one in (other, late)] == before
    apply_it(world, propose(world, ill(world, sick)))
    assert sick not in crew_of(world, other)
    assert violated(count_violations(world)) == {}
    world.database.close()


def test_what_changed_elsewhere_on_the_day_does_no_harm(plants: World) -> None:
    """A booking of the afternoon that came after the proposal stays as it is."""
    book_it(plants, TEN)
    other = book_it(plants, TEN, type_="plants")
    sick = crew_of(plants, other)[0]
    row = propose(plants, ill(plants, sick, begins=TEN) | {"ends": at(TUESDAY, 12)})
    later = book_it(plants, at(TUESDAY, 15))
    crew = crew_of(plants, later)
    apply_it(plants, row)
    assert sick not in crew_of(plants, other)
    assert crew_of(plants, later) == crew
    assert violated(count_violations(plants)) == {}


def test_a_proposal_whose_time_has_come_is_old(plants: World) -> None:
    """A new start that has passed when the proposal is applied is nobody's to keep."""
    first, _ = (book_it(plants, TEN, type_="plants") for _ in range(2))
    row = propose(plants, ill(plants, crew_of(plants, first)[0]))
    with pytest.raises(ReplanOutdated):
        apply_it(plants, row, now=at(TUESDAY, 16))


def test_a_closed_site_moves_what_is_there(plants: World) -> None:
    """Nothing is at the site while it is closed; the closure is written."""
    booking = book_it(plants, TEN)
    shut = {
        "kind": "site_closed",
        "site": "yard",
        "begins": at(TUESDAY, 9),
        "ends": at(TUESDAY, 11),
        "reason": "示例",
    }
    row = propose(plants, shut)
    (move,) = row.found[0]["moved"]
    assert datetime.fromisoformat(move["new"]) >= at(TUESDAY, 11) or datetime.fromisoformat(
        move["new"]
    ) + timedelta(minutes=30) <= at(TUESDAY, 9)
    apply_it(plants, row)
    assert read(plants, booking).state == "displaced"
    with plants.database.snapshot() as session:
        assert session.execute(text("SELECT count(*) FROM closure")).scalar_one() == 1
    assert violated(count_violations(plants)) == {}


def test_one_office_does_not_see_anothers(plants: World) -> None:
    """Another office's manager is told that there is no such thing."""
    row = propose(plants, ill(plants, plants.inspectors[0]))
    plants.office("south")
    with pytest.raises(UnknownReplan):
        apply_replan(
            plants.database,
            actor=plants.manager("south"),
            number=row.id or 0,
            choice=Choice(),
            now=NOW,
            keep=plainly,
        )


def test_every_replan_can_be_run_again(plants: World) -> None:
    """The stored question gives the stored proposals, to the letter."""
    first, _ = (book_it(plants, TEN, type_="plants") for _ in range(2))
    row = propose(plants, ill(plants, crew_of(plants, first)[0]))
    with plants.database.transaction() as session:
        assert replay(session, row.run or 0).equal


def test_a_broken_day_is_repaired_by_a_proposal(plants: World) -> None:
    """Rows changed by hand: the doctor finds them, a proposal without a cause mends them, no time moves."""
    ordinary, other = book_it(plants, TEN), book_it(plants, TEN, type_="plants")
    stranger = next(one for one in plants.inspectors[2:] if one not in crew_of(plants, ordinary))
    by_hand = text("""
        UPDATE crew SET inspector = duty.inspector, duty = duty.id FROM duty
        WHERE crew.booking = :booking AND crew.seat = 1 AND duty.inspector = :stranger AND duty.date = :day
    """)
    free = {"booking": other.id, "stranger": stranger, "day": TUESDAY}
    with plants.database.transaction() as session:
        session.execute(text("DELETE FROM crew WHERE booking = :booking AND seat = 2"), {"booking": other.id})
        session.execute(by_hand, free)
        session.execute(
            text("""
                INSERT INTO crew (booking, seat, inspector, duty, occupied)
                SELECT booking.id, 2, duty.inspector, duty.id, booking.occupied FROM booking, duty
                WHERE booking.id = :booking AND duty.date = :day AND duty.inspector <> :stranger
                    AND NOT EXISTS (SELECT FROM crew WHERE crew.duty = duty.id) LIMIT 1
            """),
            free,
        )
    assert violated(count_findings(plants))
    book_it(plants, at(TUESDAY, 15))  # a search on a broken day goes on
    row = propose(plants)
    assert row.found[0]["lost"] == row.found[0]["moved"] == []
    apply_it(plants, row)
    assert violated(count_findings(plants)) == {}
    assert read(plants, other).planned_start == TEN


def test_a_sound_day_needs_no_repair(plants: World) -> None:
    """Without a cause and without a fault the proposal is to leave all as it is."""
    book_it(plants, TEN)
    row = propose(plants)
    assert row.found[0]["lost"] == row.found[0]["moved"] == row.found[0]["renamed"] == []


@pytest.mark.parametrize(
    ("cause", "refusal", "field"),
    [
        (
            {"kind": "inspector_away", "badge": "B99999", "begins": TEN, "reason": "示例"},
            UnknownInspector,
            "/causes/0/badge",
        ),
        (
            {
                "kind": "site_closed",
                "site": "yard",
                "begins": TEN,
                "ends": at(TODAY, 9) + timedelta(days=9),
                "reason": "示例",
            },
            MalformedField,
            "/causes/0/ends",
        ),
    ],
)
def test_a_cause_that_names_nothing_is_refused(
    plants: World, cause: dict[str, Any], refusal: type[Exception], field: str
) -> None:
    """With the field; nothing is written."""
    with pytest.raises(refusal) as told:
        propose(plants, cause)
    assert getattr(told.value, "field", None) == field


def test_a_day_that_is_over_is_not_replanned(plants: World) -> None:
    """Yesterday is history."""
    with pytest.raises(PastTime):
        propose(plants, ill(plants, plants.inspectors[0]), now=NOW + timedelta(days=5))
