"""The running day: longer and shorter visits, urgent goods, a party that is late."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from scheduler.booking.book import book
from scheduler.booking.late import report_late
from scheduler.clock.ticks import tick_running
from scheduler.database.idempotency import plainly
from scheduler.errors import (
    ConsentMissing,
    CrewCannotWait,
    HurtsBookings,
    NotLater,
    TooEarly,
    WrongState,
)
from scheduler.models import Booking, Duty, PriorityHarm, Replan
from scheduler.promise.searches import answer_replan
from scheduler.replan.elsewhere import replan_elsewhere
from scheduler.replan.running import report_longer
from scheduler.visit.absence import record_no_show
from scheduler.visit.record import record_arrival, record_end, record_opening
from scheduler.vocabulary import DelayReason
from tests.database.plants_scene import book_it, crew_of, make_plants_world
from tests.database.replan_scene import apply_it, ill, propose, read, texts_of
from tests.factories import TUESDAY, World, at, order
from tests.races.checker import count_violations, violated

NINE, TEN = at(TUESDAY, 9), at(TUESDAY, 10)
CONTACT = {"name": "示例联系人", "mobile": "13800138000"}


@pytest.fixture
def plants(fresh_database: Callable[[], str]) -> Iterator[World]:
    """Two who know plants and three who do not."""
    world = make_plants_world(fresh_database(), others=3)
    yield world
    world.database.close()


def begin(world: World, booking: Booking, *, when: datetime) -> None:
    """The officers come and open the goods."""
    for record in (record_arrival, record_opening):
        with world.database.transaction() as session:
            record(session, actor=world.manager(), reference=booking.reference, now=when)


def longer(world: World, booking: Booking, ends: datetime, *, now: datetime) -> Replan:
    """The inspector presses *longer*."""
    return report_longer(
        world.database,
        actor=world.manager(),
        reference=booking.reference,
        version=None,
        ends=ends,
        now=now,
        keep=plainly,
    )


def late(
    world: World, booking: Booking, ready_at: datetime, *, now: datetime, start: datetime | None = None
) -> Booking:
    """The party says that it is late."""
    return report_late(
        world.database,
        actor=world.enterprise_actor(),
        reference=booking.reference,
        version=None,
        ready_at=ready_at,
        start=start,
        now=now,
        keep=plainly,
    )


def test_a_longer_visit_gives_its_next_crew_to_others(plants: World) -> None:
    """Nobody's time moves: whoever waits for its people gets others, at once."""
    first, then = book_it(plants, TEN), book_it(plants, at(TUESDAY, 11))
    begin(plants, first, when=TEN)
    row = longer(plants, first, at(TUESDAY, 11, 30), now=at(TUESDAY, 10, 20))
    assert (row.state, row.chosen) == ("applied", 1)
    now = read(plants, first)
    assert now.occupied is not None
    assert now.occupied.upper == at(TUESDAY, 11, 30)
    assert now.planned_minutes == 30
    assert read(plants, then).planned_start == at(TUESDAY, 11)
    assert not set(crew_of(plants, first)) & set(crew_of(plants, then))
    assert violated(count_violations(plants)) == {}


def test_where_a_promise_would_move_the_office_has_the_word(plants: World) -> None:
    """Plants behind plants, nobody else knows them: proposals wait, nothing is applied by itself."""
    first = book_it(plants, TEN, type_="plants")
    other = book_it(plants, TEN, type_="plants")
    then = book_it(plants, at(TUESDAY, 11), type_="plants", recipients=[CONTACT])
    last = book_it(plants, at(TUESDAY, 11), type_="plants", recipients=[CONTACT])
    for one in (first, other):
        begin(plants, one, when=TEN)
    row = longer(plants, first, at(TUESDAY, 11, 30), now=at(TUESDAY, 10, 20))
    assert row.state == "proposed"
    (move,) = row.found[0]["moved"]
    assert move["treatment"] == "delayed"
    apply_it(plants, row, now=at(TUESDAY, 10, 25))
    moved = then if move["booking"] == then.reference else last
    assert read(plants, moved).expected_start == datetime.fromisoformat(move["new"])
    assert read(plants, moved).promise_from == at(TUESDAY, 11)
    assert texts_of(plants, moved) == ["running_late"]
    assert violated(count_violations(plants)) == {}


def test_the_clock_notices_a_visit_that_still_runs(plants: World) -> None:
    """Its planned end has passed: it is prolonged by a step, and again, until its end is recorded."""
    booking = book_it(plants, TEN)
    begin(plants, booking, when=TEN)
    assert tick_running(plants.database, answer_replan, now=at(TUESDAY, 10, 29)) == 0
    assert tick_running(plants.database, replan_elsewhere, now=at(TUESDAY, 10, 31)) == 1
    assert tick_running(plants.database, answer_replan, now=at(TUESDAY, 10, 32)) == 0
    assert tick_running(plants.database, answer_replan, now=at(TUESDAY, 10, 46)) == 1
    now = read(plants, booking)
    assert now.occupied is not None
    assert now.occupied.upper == at(TUESDAY, 11)
    with plants.database.transaction() as session:
        record_end(session, actor=plants.manager(), reference=booking.reference, now=at(TUESDAY, 10, 50))
    assert tick_running(plants.database, answer_replan, now=at(TUESDAY, 11, 1)) == 0
    assert violated(count_violations(plants)) == {}


def test_new_proposals_put_older_ones_aside(plants: World) -> None:
    """While the office thinks, the visit runs on: what waits for its word is what still fits."""
    first, other = (book_it(plants, TEN, type_="plants") for _ in range(2))
    for _ in range(2):
        book_it(plants, at(TUESDAY, 11), type_="plants")
    for one in (first, other):
        begin(plants, one, when=TEN)
    longer(plants, first, at(TUESDAY, 11, 30), now=at(TUESDAY, 10, 20))
    longer(plants, first, at(TUESDAY, 11, 45), now=at(TUESDAY, 10, 30))
    with plants.database.snapshot() as session:
        states = session.exec(select(Replan.state).order_by(col(Replan.id))).all()
    assert states == ["discarded", "proposed"]


def test_whoever_waits_for_people_who_are_not_free_yet_is_told(plants: World) -> None:
    """Eleven has passed and their people are still at ten's goods: whoever waits gets a later start."""
    first, other = (book_it(plants, TEN, type_="plants") for _ in range(2))
    waiting = [book_it(plants, at(TUESDAY, 11), type_="plants") for _ in range(2)]
    for one in (first, other):
        begin(plants, one, when=TEN)
    row = longer(plants, first, at(TUESDAY, 11, 30), now=at(TUESDAY, 11, 5))
    moved = {one["booking"]: datetime.fromisoformat(one["new"]) for one in row.found[0]["moved"]}
    assert moved.keys() <= {one.reference for one in waiting}
    assert moved
    assert min(moved.values()) >= at(TUESDAY, 11, 15)
    apply_it(plants, row, now=at(TUESDAY, 11, 6))
    assert violated(count_violations(plants)) == {}


def test_nobody_is_at_two_visits(plants: World) -> None:
    """A visit that runs on by the records while its people have begun another: its end is recorded first."""
    first = book_it(plants, TEN)
    then = book_it(plants, at(TUESDAY, 10, 30))
    assert set(crew_of(plants, first)) & set(crew_of(plants, then))
    begin(plants, first, when=TEN)
    begin(plants, then, when=at(TUESDAY, 10, 30))
    with pytest.raises(HurtsBookings) as told:
        longer(plants, first, at(TUESDAY, 11), now=at(TUESDAY, 10, 40))
    assert told.value.values["bookings"] == [then.reference]


def test_a_visit_past_closing_lets_its_people_go_home_later(plants: World) -> None:
    """The duty ends when they are home; the day still keeps every rule."""
    booking = book_it(plants, at(TUESDAY, 16, 30))
    begin(plants, booking, when=at(TUESDAY, 16, 30))
    longer(plants, booking, at(TUESDAY, 17, 45), now=at(TUESDAY, 16, 50))
    with plants.database.snapshot() as session:
        ends = [
            duty.period.upper
            for duty in session.exec(
                select(Duty).where(
                    col(Duty.inspector).in_(crew_of(plants, booking)), col(Duty.date) == TUESDAY
                )
            )
        ]
    assert ends == [at(TUESDAY, 18, 5)] * 2
    assert violated(count_violations(plants)) == {}


def test_longer_is_said_of_a_visit_that_runs_and_means_later(plants: World) -> None:
    """Neither before it began, nor with an end that is not later than planned."""
    booking = book_it(plants, TEN)
    with pytest.raises(WrongState):
        longer(plants, booking, at(TUESDAY, 11), now=at(TUESDAY, 9))
    begin(plants, booking, when=TEN)
    with pytest.raises(NotLater):
        longer(plants, booking, at(TUESDAY, 10, 30), now=at(TUESDAY, 10, 20))


def test_a_visit_that_ends_early_frees_its_crew(plants: World) -> None:
    """The rest of its time can be promised to somebody else."""
    first, _ = book_it(plants, TEN, type_="plants"), book_it(plants, TEN, type_="plants")
    begin(plants, first, when=TEN)
    with plants.database.transaction() as session:
        record_end(session, actor=plants.manager(), reference=first.reference, now=at(TUESDAY, 10, 10))
    now = read(plants, first)
    assert now.occupied is not None
    assert (now.occupied.upper, now.running_minutes) == (at(TUESDAY, 10, 10), 10)
    with plants.database.snapshot() as session:
        asked = text("SELECT DISTINCT upper(occupied) FROM crew WHERE booking = :booking")
        assert session.execute(asked, {"booking": first.id}).scalar_one() == at(TUESDAY, 10, 10)
    assert violated(count_violations(plants)) == {}


def test_somebody_ill_on_site_ends_that_visit_first(plants: World) -> None:
    """What has begun is not taken from its crew by a proposal: its end is recorded first."""
    booking = book_it(plants, TEN)
    begin(plants, booking, when=TEN)
    with pytest.raises(HurtsBookings) as told:
        propose(
            plants,
            ill(plants, crew_of(plants, booking)[0], begins=at(TUESDAY, 10, 10)),
            now=at(TUESDAY, 10, 15),
        )
    assert told.value.values["bookings"] == [booking.reference]


# --- urgent goods ---------------------------------------------------------------------------------------


def ask_urgent(world: World, start: datetime, *, now: datetime) -> Booking:
    """Live goods whose priority the office decides, asked for shortly before."""
    reference = world.instruction(goods_category="aquatic", hs_code="0306310000", type=world.types["plants"])
    asked = order(reference, start=start, apply_for_priority=True, recipients=[CONTACT])
    return book(world.database, actor=world.enterprise_actor(), order=asked, now=now, keep=plainly)


def urgent(booking: Booking, latest: datetime) -> dict[str, object]:
    """Urgent goods as a cause."""
    return {"kind": "urgent", "booking": booking.reference, "latest": latest}


def test_urgent_goods_take_names_not_times(plants: World) -> None:
    """They are placed among the promises; nobody else's time moves, no harm is written."""
    ordinary = book_it(plants, TEN)
    fresh = ask_urgent(plants, TEN, now=at(TUESDAY, 8, 45))
    assert fresh.state == "requested"
    row = propose(plants, urgent(fresh, at(TUESDAY, 11)), now=at(TUESDAY, 8, 50))
    (placed,) = row.found[0]["placed"]
    apply_it(plants, row, now=at(TUESDAY, 8, 50))
    now = read(plants, fresh)
    assert (now.state, now.planned_start) == ("confirmed", datetime.fromisoformat(placed["start"]))
    assert read(plants, ordinary).planned_start == TEN
    with plants.database.snapshot() as session:
        assert session.exec(select(PriorityHarm)).all() == []
    assert violated(count_violations(plants)) == {}


def test_urgent_goods_move_nobody_who_did_not_agree(plants: World) -> None:
    """Both who know plants are promised: moving one by half an hour needs its word."""
    first, second = (book_it(plants, TEN, type_="plants") for _ in range(2))
    fresh = ask_urgent(plants, TEN, now=at(TUESDAY, 8, 45))
    row = propose(plants, urgent(fresh, TEN), now=at(TUESDAY, 8, 50))
    number, move = next(
        (place, one["moved"][0]) for place, one in enumerate(row.found, start=1) if one["moved"]
    )
    assert move["treatment"] == "consent"
    begins, new = (datetime.fromisoformat(move[key]) for key in ("begins", "new"))
    assert abs(new - begins) <= timedelta(minutes=30)
    with pytest.raises(ConsentMissing) as told:
        apply_it(plants, row, now=at(TUESDAY, 8, 50), proposal=number)
    assert told.value.values["bookings"] == [move["booking"]]
    moved = first if first.reference == move["booking"] else second
    assert read(plants, moved).planned_start == TEN
    agreed = [{"booking": move["booking"], "given_by": "示例联系人"}]
    apply_it(plants, row, now=at(TUESDAY, 8, 50), proposal=number, consents=agreed)
    assert read(plants, fresh).planned_start == TEN
    assert read(plants, moved).planned_start == new
    with plants.database.snapshot() as session:
        (harm,) = session.exec(select(PriorityHarm)).all()
    assert (harm.favoured, harm.booking, harm.consented_by) == (fresh.id, moved.id, "示例联系人")
    assert timedelta(minutes=harm.minutes) == new - begins
    assert violated(count_violations(plants)) == {}


# --- the party is late ----------------------------------------------------------------------------------


def test_the_crew_waits_if_it_can(plants: World) -> None:
    """The same people, a later start; the promise stays what it was, so that lateness can be measured."""
    booking = book_it(plants, TEN, recipients=[CONTACT])
    crew = crew_of(plants, booking)
    said = late(plants, booking, at(TUESDAY, 10, 40), now=at(TUESDAY, 9, 30))
    assert (said.expected_start, said.promise_from) == (at(TUESDAY, 10, 45), TEN)
    assert said.goods_ready_at == at(TUESDAY, 10, 40)
    assert crew_of(plants, booking) == crew
    assert texts_of(plants, booking) == ["running_late"]
    assert violated(count_violations(plants)) == {}


def test_a_crew_that_cannot_wait_offers_times(plants: World) -> None:
    """Its people are promised elsewhere and so are all others: the promise stands, later times are said."""
    booking = book_it(plants, TEN, type_="plants")
    for _ in range(2):
        book_it(plants, at(TUESDAY, 11), type_="plants")
    before = crew_of(plants, booking)
    with pytest.raises(CrewCannotWait) as told:
        late(plants, booking, at(TUESDAY, 10, 50), now=at(TUESDAY, 9, 30))
    assert read(plants, booking).version == booking.version
    assert crew_of(plants, booking) == before
    offered = told.value.alternatives
    assert len(offered) == 3
    assert all(start >= at(TUESDAY, 10, 50) for start in offered)
    took = late(plants, booking, at(TUESDAY, 10, 50), now=at(TUESDAY, 9, 31), start=offered[0])
    assert (took.promise_from, took.goods_ready_at) == (offered[0], at(TUESDAY, 10, 50))
    assert violated(count_violations(plants)) == {}


def test_late_means_later(plants: World) -> None:
    """Goods that are ready in time are not late, and no start before they are ready is taken."""
    booking = book_it(plants, TEN)
    with pytest.raises(NotLater):
        late(plants, booking, TEN, now=NINE)
    with pytest.raises(NotLater):
        late(plants, booking, at(TUESDAY, 11), now=NINE, start=at(TUESDAY, 10, 45))


def test_no_start_is_said_that_has_passed(plants: World) -> None:
    """Twenty past was said at twenty to eleven: the crew begins from now on, not in the past."""
    booking = book_it(plants, TEN)
    said = late(plants, booking, at(TUESDAY, 10, 20), now=at(TUESDAY, 10, 40))
    assert said.expected_start == at(TUESDAY, 10, 45)
    assert said.goods_ready_at == at(TUESDAY, 10, 20)


def test_the_grace_time_counts_from_the_expected_start(plants: World) -> None:
    """Whoever said that it is late is no no-show before the later start has passed too."""
    booking = book_it(plants, TEN)
    late(plants, booking, at(TUESDAY, 11), now=at(TUESDAY, 9, 30))
    with pytest.raises(TooEarly):
        record_no_show(
            plants.database,
            actor=plants.manager(),
            reference=booking.reference,
            reason=DelayReason.ENTERPRISE,
            now=at(TUESDAY, 10, 45),
            keep=plainly,
        )


def test_the_office_may_replan_around_a_late_party(plants: World) -> None:
    """Its crew cannot wait: proposals say what would have to give way, its own delay needs no other word."""
    booking = book_it(plants, TEN, type_="plants")
    for _ in range(2):
        book_it(plants, at(TUESDAY, 11), type_="plants")
    cause = {"kind": "party_late", "booking": booking.reference, "ready_at": at(TUESDAY, 10, 50)}
    row = propose(plants, cause, now=at(TUESDAY, 9, 30))
    moved = {one["booking"]: one["treatment"] for one in row.found[0]["moved"]}
    assert moved[booking.reference] == "delayed"
    apply_it(plants, row, now=at(TUESDAY, 9, 30))
    now = read(plants, booking)
    assert now.expected_start is not None
    assert now.expected_start >= at(TUESDAY, 10, 50)
    assert violated(count_violations(plants)) == {}
