"""Absence: a no-show only after the grace time, a missed promise said openly, the crew free again."""

from datetime import timedelta

import pytest

from scheduler import errors
from scheduler.access.actor import Actor
from scheduler.database.idempotency import Answer, keyed, plainly
from scheduler.models import Booking
from scheduler.reminders.dispatch import claim
from scheduler.visit.absence import record_missed_by_customs, record_no_show
from scheduler.visit.entry import Recorded
from scheduler.vocabulary import DelayReason
from tests.database.visit_scene import NOON, TEN, arrive, count, inspect, make_booking
from tests.factories import TUESDAY, World, at

PEOPLE = {"recipients": [{"name": "示例收件人", "mobile": "13800138000"}]}


def _no_show(world: World, booking: Booking, *, after: int = 30, actor: Actor | None = None) -> Recorded:
    return record_no_show(
        world.database,
        actor=actor or world.manager(),
        reference=booking.reference,
        reason=DelayReason.TRANSPORT,
        now=TEN + timedelta(minutes=after),
        keep=plainly,
    )


def _missed(world: World, booking: Booking, *, after: int = 1) -> Recorded:
    return record_missed_by_customs(
        world.database,
        actor=world.manager(),
        reference=booking.reference,
        reason=DelayReason.CUSTOMS,
        now=TEN + timedelta(minutes=after),
        keep=plainly,
    )


def test_a_no_show_frees_crew_and_instruction(world: World) -> None:
    """After the grace time, with a reason; the same goods can be booked again."""
    reference = world.instruction()
    booking = make_booking(world, reference)
    arrive(world, booking)
    recorded = _no_show(world, booking)
    assert (recorded.booking.state, recorded.visit.delay_reason) == ("no_show", "transport")
    assert recorded.visit.on_site == at(TUESDAY, 10, 2)
    assert count(world, "SELECT count(*) FROM crew") == 0
    assert make_booking(world, reference, start=at(TUESDAY, 14)).state == "confirmed"


def test_a_no_show_waits_for_the_grace_time(world: World) -> None:
    """A minute before it, the refusal says from when on; crew and state stay."""
    booking = make_booking(world)
    with pytest.raises(errors.TooEarly) as refused:
        _no_show(world, booking, after=29)
    assert refused.value.values["not_before"] == TEN + timedelta(minutes=30)
    assert count(world, "SELECT count(*) FROM crew") == 2


def test_nobody_is_a_no_show_whose_goods_were_opened(world: World) -> None:
    """Opened goods end in an outcome, with or without the party."""
    booking = make_booking(world)
    inspect(world, booking)
    with pytest.raises(errors.WrongState) as refused:
        _no_show(world, booking, after=60)
    assert refused.value.field == "/opened"


def test_no_text_of_a_no_show_is_sent(world: World) -> None:
    """What was still due for the booking is cancelled when its time comes."""
    booking = make_booking(world, **PEOPLE)
    due = "SELECT count(*) FROM message WHERE state = 'due'"
    assert count(world, due) > 0
    _no_show(world, booking)
    with world.database.transaction() as session:
        assert claim(session, now=NOON, limit=10) == []
    assert count(world, due) == 0
    assert count(world, "SELECT count(*) FROM message WHERE state = 'cancelled'") > 0


def test_a_promise_missed_by_customs(world: World) -> None:
    """Said only after the promised time; the crew's rows go, the reason stays."""
    booking = make_booking(world)
    with pytest.raises(errors.TooEarly):
        _missed(world, booking, after=0)
    recorded = _missed(world, booking)
    assert (recorded.booking.state, recorded.visit.delay_reason) == ("missed_by_customs", "customs")
    assert count(world, "SELECT count(*) FROM crew") == 0


def test_customs_that_came_missed_nothing(world: World) -> None:
    """Once officers are on site, customs did not miss the promise."""
    booking = make_booking(world)
    arrive(world, booking)
    with pytest.raises(errors.WrongState):
        _missed(world, booking, after=60)


def test_foreign_offices_see_no_booking(world: World) -> None:
    """A manager of another office cannot end the booking, nor learn that it exists."""
    world.office("south")
    booking = make_booking(world)
    with pytest.raises(errors.UnknownBooking):
        _no_show(world, booking, actor=world.manager("south"))


def test_a_key_makes_one_no_show(world: World) -> None:
    """The same request with its key again gets the same bytes and writes nothing more."""
    booking = make_booking(world)

    def answer(_session: object, outcome: Recorded | errors.Refusal) -> Answer:
        said = outcome.code if isinstance(outcome, errors.Refusal) else outcome.booking.state
        return Answer(200, said.encode())

    def ask() -> Answer:
        return record_no_show(
            world.database,
            actor=world.manager(),
            reference=booking.reference,
            reason=DelayReason.ENTERPRISE,
            now=NOON,
            keep=keyed(tenant="office", key="k1", request_hash="h", now=NOON, render=answer),
        )

    assert (ask().body, ask().body) == (b"no_show", b"no_show")
    assert count(world, "SELECT count(*) FROM event WHERE kind = 'visit_no_show'") == 1
