"""Booking at once: a crew behind every confirmed time, refusals that write nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from scheduler import errors
from scheduler.booking.book import book, hold
from scheduler.database.idempotency import plainly
from scheduler.models import Booking
from tests.factories import NOW, SATURDAY, TUESDAY, World, at, order


def _book(world: World, reference: str, **values: object) -> Booking:
    values.setdefault("start", at(TUESDAY, 10))
    return book(
        world.database,
        actor=world.enterprise_actor(),
        order=order(reference, **values),
        now=NOW,
        keep=plainly,
    )


def _count(world: World, sql: str) -> int:
    with world.database.snapshot() as session:
        return int(session.execute(text(sql)).scalar_one())


def test_a_confirmed_booking_has_a_full_crew(world: World) -> None:
    """Two seats, two different inspectors, an event and version 1."""
    booking = _book(world, world.instruction())
    assert (booking.state, booking.version) == ("confirmed", 1)
    assert _count(world, "SELECT count(DISTINCT inspector) FROM crew") == 2
    assert _count(world, "SELECT count(*) FROM event WHERE new_version = 1") == 1
    assert _count(world, "SELECT count(*) FROM crew_history WHERE recorded_to IS NULL") == 2


def test_the_last_place_is_promised_once(world: World) -> None:
    """Four inspectors make two crews; the third booking of an hour is refused with three true times."""
    _book(world, world.instruction())
    _book(world, world.instruction())
    with pytest.raises(errors.NoPlace) as refused:
        _book(world, world.instruction())
    assert len(refused.value.alternatives) == 3
    assert _count(world, "SELECT count(*) FROM booking") == 2


def test_alternatives_are_true(world: World) -> None:
    """Whoever takes an alternative gets it."""
    _book(world, world.instruction())
    _book(world, world.instruction())
    reference = world.instruction()
    with pytest.raises(errors.NoPlace) as refused:
        _book(world, reference)
    booking = _book(world, reference, start=refused.value.alternatives[0])
    assert booking.planned_start == refused.value.alternatives[0]


@pytest.mark.parametrize(
    ("start", "refusal"),
    [
        (at(TUESDAY, 10, 5), errors.OffGrid),
        (NOW - timedelta(hours=1), errors.PastTime),
        (NOW + timedelta(days=20), errors.BeyondHorizon),
        (NOW + timedelta(minutes=45), errors.TooShortNotice),
    ],
)
def test_impossible_times_are_refused(world: World, start: object, refusal: type[errors.Refusal]) -> None:
    """Each has its own refusal that names the field; nothing is written."""
    with pytest.raises(refusal) as refused:
        _book(world, world.instruction(), start=start)
    assert refused.value.field == "/start"
    assert _count(world, "SELECT count(*) FROM booking") == 0


def test_a_rest_day_is_requested(world: World) -> None:
    """Asked on a working day beforehand, it waits for the office with a time of answer."""
    booking = _book(world, world.instruction(), start=at(SATURDAY, 10))
    assert (booking.state, booking.request_reason) == ("requested", "rest_day")
    assert booking.answer_by is not None
    assert booking.planned_start is None


def test_an_instruction_is_booked_once(world: World) -> None:
    """A second booking of the same instruction is refused in words."""
    reference = world.instruction()
    _book(world, reference)
    with pytest.raises(errors.InstructionTaken):
        _book(world, reference, start=at(TUESDAY, 14))


def test_another_enterprises_instruction_looks_unknown(world: World) -> None:
    """Foreign and unknown references get the same refusal."""
    foreign = world.instruction(world.enterprise())
    with pytest.raises(errors.UnknownInstruction):
        _book(world, foreign)
    with pytest.raises(errors.UnknownInstruction):
        _book(world, "010020261999999999")


def test_must_be_finished_by_is_kept(world: World) -> None:
    """A start from which the goods cannot be finished in time is refused."""
    reference = world.instruction(must_finish_by=at(TUESDAY, 10, 15), must_finish_kind="flight")
    with pytest.raises(errors.TooLateToFinish):
        _book(world, reference)
    assert _book(world, reference, start=at(TUESDAY, 9, 30)).state == "confirmed"


def test_flexible_orders_get_the_earliest_true_time(world: World) -> None:
    """Any time on these days: the first start of the window that can be kept."""
    booking = _book(
        world,
        world.instruction(),
        start=None,
        wished_from=at(TUESDAY, 9),
        wished_to=at(TUESDAY, 17),
    )
    assert booking.planned_start == at(TUESDAY, 9)


def test_a_hold_keeps_its_crew_for_minutes(world: World) -> None:
    """Two holds take both crews of the hour; when they have lapsed, booking expires them itself."""
    actor = world.enterprise_actor()
    for _ in range(2):
        hold(
            world.database,
            actor=actor,
            order=order(world.instruction(), start=at(TUESDAY, 10)),
            now=NOW,
            keep=plainly,
        )
    with pytest.raises(errors.NoPlace):
        _book(world, world.instruction())
    booking = book(
        world.database,
        actor=actor,
        order=order(world.instruction(), start=at(TUESDAY, 10)),
        now=NOW + timedelta(minutes=6),
        keep=plainly,
    )
    assert booking.state == "confirmed"
    assert _count(world, "SELECT count(*) FROM booking WHERE state = 'expired'") == 2
