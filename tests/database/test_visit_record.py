"""The visit step by step: states, order of times, who signed, and what is refused."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import col, select

from scheduler import errors
from scheduler.access.actor import Actor
from scheduler.models import Crew
from scheduler.visit.record import (
    record_arrival,
    record_end,
    record_opening,
    record_release,
    record_result,
)
from scheduler.vocabulary import Channel, Mode, Outcome, Role
from tests.database.visit_scene import NOON, TEN, arrive, close, count, inspect, make_booking, visited
from tests.factories import TUESDAY, World, at


def test_a_visit_runs_from_arrival_to_outcome(world: World) -> None:
    """Each step is a version of the booking with one event; the crew's rows stay when it is done."""
    recorded = visited(world, Outcome.PASSED)
    assert (recorded.booking.state, recorded.visit.outcome, recorded.follow_ups) == ("done", "passed", ())
    assert recorded.visit.on_site == at(TUESDAY, 10, 2)
    assert (recorded.visit.opened, recorded.visit.ended) == (at(TUESDAY, 10, 5), at(TUESDAY, 10, 25))
    assert recorded.booking.version == 5
    assert count(world, "SELECT count(*) FROM event WHERE kind LIKE 'visit_%' AND new_version > 1") == 4
    assert count(world, "SELECT count(*) FROM crew") == 2


def test_arrival_puts_a_confirmed_booking_in_progress(world: World) -> None:
    """The time given is kept, not the time of recording; a second arrival is refused."""
    booking = make_booking(world)
    actor = world.manager()
    with world.database.transaction() as session:
        recorded = record_arrival(
            session, actor=actor, reference=booking.reference, now=NOON, at=TEN - timedelta(minutes=3)
        )
    assert (recorded.booking.state, recorded.visit.on_site) == ("in_progress", TEN - timedelta(minutes=3))
    with pytest.raises(errors.WrongState):
        arrive(world, booking, when=NOON)


@pytest.mark.parametrize(
    ("when", "now"), [(at(TUESDAY, 10, 1), TEN), (TEN - timedelta(days=1), TEN - timedelta(days=1))]
)
def test_an_arrival_in_the_future_is_refused(world: World, when: datetime, now: datetime) -> None:
    """Neither a later time nor a day before the booking's is taken, and nothing is written."""
    booking = make_booking(world)
    with pytest.raises(errors.TooEarly) as refused, world.database.transaction() as session:
        record_arrival(session, actor=world.manager(), reference=booking.reference, now=now, at=when)
    assert refused.value.field == "/on_site"
    assert count(world, "SELECT count(*) FROM visit") == 0


def test_times_must_follow_each_other(world: World) -> None:
    """Opened before the officers came, ended before it was opened, ended without being opened."""
    booking = make_booking(world)
    arrive(world, booking)
    actor, number = world.manager(), booking.reference
    with pytest.raises(errors.TimesOutOfOrder) as early, world.database.transaction() as session:
        record_opening(session, actor=actor, reference=number, now=NOON, at=TEN)
    with pytest.raises(errors.TimesOutOfOrder) as unopened, world.database.transaction() as session:
        record_end(session, actor=actor, reference=number, now=NOON)
    assert (early.value.field, unopened.value.field) == ("/opened", "/opened")


def test_what_is_recorded_is_not_recorded_again(world: World) -> None:
    """A second opening is refused: wrong entries are corrected with a reason."""
    booking = make_booking(world)
    inspect(world, booking)
    with pytest.raises(errors.WrongState) as refused, world.database.transaction() as session:
        record_opening(session, actor=world.manager(), reference=booking.reference, now=NOON)
    assert refused.value.field == "/opened"


def test_a_stale_version_is_refused(world: World) -> None:
    """Who saw the booking before the arrival cannot record on top of it unknowingly."""
    booking = make_booking(world)
    arrive(world, booking)
    with pytest.raises(errors.StaleVersion), world.database.transaction() as session:
        record_opening(session, actor=world.manager(), reference=booking.reference, now=NOON, version=1)


def test_somebody_signed_or_refused_to(world: World) -> None:
    """An outcome without either is refused; a refusal to sign is an entry of its own."""
    booking = make_booking(world)
    inspect(world, booking)
    with pytest.raises(errors.SignatureMissing) as refused:
        close(world, booking, Outcome.PASSED, signed_by=None)
    assert refused.value.field == "/signed_by"
    recorded = close(world, booking, Outcome.PASSED, signed_by=None, signing_refused=True)
    assert recorded.visit.signing_refused


def test_an_outcome_needs_opening_and_end(world: World) -> None:
    """Only a visit that was not held has neither, and it needs no signature."""
    booking = make_booking(world)
    arrive(world, booking)
    with pytest.raises(errors.TimesOutOfOrder) as refused:
        close(world, booking, Outcome.PASSED)
    assert refused.value.field == "/opened"
    assert close(world, booking, Outcome.NOT_HELD, signed_by=None).booking.state == "done"


def test_an_opened_visit_was_held(world: World) -> None:
    """`not held` contradicts a recorded opening; `opened without the party` needs no signature."""
    booking = make_booking(world)
    inspect(world, booking)
    with pytest.raises(errors.MalformedField) as refused:
        close(world, booking, Outcome.NOT_HELD)
    assert refused.value.field == "/outcome"
    recorded = close(world, booking, Outcome.OPENED_WITHOUT_PARTY, signed_by=None)
    assert recorded.visit.outcome == "opened_without_party"


def test_the_laboratory_answers_later(world: World) -> None:
    """Result and release come after the visit; goods may be released before the result."""
    booking = visited(world, Outcome.SAMPLED_PENDING_LAB).booking
    actor, number, later = world.manager(), booking.reference, TEN + timedelta(days=3)
    with world.database.transaction() as session:
        record_release(session, actor=actor, reference=number, now=NOON)
    with world.database.transaction() as session:
        recorded = record_result(session, actor=actor, reference=number, result="合格", now=later)
    assert (recorded.visit.result, recorded.visit.result_at) == ("合格", later)
    assert recorded.visit.released_at == NOON


def test_a_result_that_was_known_at_once_is_not_recorded_later(world: World) -> None:
    """Only sampled goods, or those opened without the party, wait for a word."""
    booking = visited(world, Outcome.PASSED).booking
    with pytest.raises(errors.WrongState), world.database.transaction() as session:
        record_result(session, actor=world.manager(), reference=booking.reference, result="合格", now=NOON)


def test_release_before_the_end_is_out_of_order(world: World) -> None:
    """Ordinary goods are released after the inspection, not before its end."""
    booking = visited(world, Outcome.PASSED).booking
    with pytest.raises(errors.TimesOutOfOrder) as refused, world.database.transaction() as session:
        record_release(session, actor=world.manager(), reference=booking.reference, now=NOON, at=TEN)
    assert refused.value.field == "/released_at"


def test_goods_released_before_inspection(world: World) -> None:
    """Of that mode a release is recorded before the officers come; of others it is refused."""
    world.type("minerals", mode=Mode.RELEASE_BEFORE_INSPECTION)
    first = make_booking(world, world.instruction(type=world.types["minerals"]))
    other = make_booking(world, world.instruction(), start=at(TUESDAY, 14))
    with world.database.transaction() as session:
        record_release(session, actor=world.manager(), reference=first.reference, now=at(TUESDAY, 9))
    recorded = inspect(world, first)
    assert (recorded.visit.released_at, recorded.visit.opened) == (at(TUESDAY, 9), at(TUESDAY, 10, 5))
    with pytest.raises(errors.WrongState), world.database.transaction() as session:
        record_release(session, actor=world.manager(), reference=other.reference, now=at(TUESDAY, 9))


def test_inspectors_record_their_own_bookings_only(world: World) -> None:
    """Who is crew may record; for anybody else the booking does not exist."""
    booking = make_booking(world)
    with world.database.snapshot() as session:
        crew = session.exec(select(Crew.inspector).where(col(Crew.booking) == booking.id)).all()
    mine, foreign = (_inspector(world, one) for one in (crew[0], (set(world.inspectors) - set(crew)).pop()))
    with pytest.raises(errors.UnknownBooking), world.database.transaction() as session:
        record_arrival(session, actor=foreign, reference=booking.reference, now=NOON)
    with world.database.transaction() as session:
        recorded = record_arrival(session, actor=mine, reference=booking.reference, now=NOON)
    assert recorded.booking.state == "in_progress"


def _inspector(world: World, inspector: int) -> Actor:
    account = world.account(Role.INSPECTOR, inspector=inspector)
    return Actor(role=Role.INSPECTOR, channel=Channel.OFFICE, account=account, inspector=inspector)
