"""Confirm, move, cancel, answer: the number stays, versions step, crews follow."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from scheduler import errors
from scheduler.booking.answer import accept_request, refuse_request
from scheduler.booking.book import book, hold
from scheduler.booking.cancel import cancel
from scheduler.booking.confirm import confirm
from scheduler.booking.expiry import expire_due
from scheduler.booking.move import hold_move, move
from scheduler.booking.orders import Details
from scheduler.booking.priority import decide_priority
from scheduler.database.idempotency import plainly
from scheduler.models import Booking
from scheduler.promise.boards import boards_of
from scheduler.vocabulary import Mode
from tests.factories import NOW, SATURDAY, TUESDAY, World, at, order


def _book(world: World, **values: object) -> Booking:
    values.setdefault("start", at(TUESDAY, 10))
    reference = values.pop("reference", None) or world.instruction()
    return book(
        world.database,
        actor=world.enterprise_actor(),
        order=order(str(reference), **values),
        now=NOW,
        keep=plainly,
    )


def _hold(world: World) -> Booking:
    return hold(
        world.database,
        actor=world.enterprise_actor(),
        order=order(world.instruction(), start=at(TUESDAY, 10), attendee=""),
        now=NOW,
        keep=plainly,
    )


def _confirm(world: World, held: Booking, minutes: int = 1, attendee: str | None = "示例陪同人") -> Booking:
    return confirm(
        world.database,
        actor=world.enterprise_actor(),
        reference=held.reference,
        version=held.version,
        details=Details(attendee=attendee),
        now=NOW + timedelta(minutes=minutes),
        keep=plainly,
    )


def _scalar(world: World, sql: str) -> object:
    with world.database.snapshot() as session:
        return session.execute(text(sql)).scalar_one()


def test_a_hold_becomes_a_promise(world: World) -> None:
    """Confirming keeps the number and steps the version."""
    held = _hold(world)
    booking = _confirm(world, held)
    assert (booking.reference, booking.state, booking.version) == (held.reference, "confirmed", 2)


def test_an_attendee_is_needed_to_confirm(world: World) -> None:
    """Nobody named: refused, and the time stays held."""
    held = _hold(world)
    with pytest.raises(errors.AttendeeMissing):
        _confirm(world, held, attendee=None)
    assert _scalar(world, "SELECT state FROM booking") == "hold"


def test_a_lapsed_hold_is_not_confirmed(world: World) -> None:
    """After its minutes the hold is refused, whether the clock has expired it or not."""
    held = _hold(world)
    with pytest.raises(errors.HoldExpired):
        _confirm(world, held, minutes=5)
    assert expire_due(world.database, now=NOW + timedelta(minutes=5)) == 1
    with pytest.raises(errors.HoldExpired):
        _confirm(world, held, minutes=6)


def test_a_lapsed_hold_does_not_take_its_instruction(world: World) -> None:
    """Who let a hold lapse books the same goods at once, without waiting for the clock."""
    reference = world.instruction()
    asked = order(reference, start=at(TUESDAY, 10))
    actor = world.enterprise_actor()
    hold(world.database, actor=actor, order=asked, now=NOW, keep=plainly)
    with pytest.raises(errors.InstructionTaken):
        book(world.database, actor=actor, order=asked, now=NOW, keep=plainly)
    later = NOW + timedelta(minutes=5)
    assert book(world.database, actor=actor, order=asked, now=later, keep=plainly).state == "confirmed"


def test_moving_keeps_number_and_frees_the_old_time(world: World) -> None:
    """After a move two more bookings fit where one stood."""
    booking = _book(world)
    moved = move(
        world.database,
        actor=world.enterprise_actor(),
        reference=booking.reference,
        version=1,
        start=at(TUESDAY, 14),
        now=NOW,
        keep=plainly,
    )
    assert (moved.reference, moved.version, moved.planned_start) == (booking.reference, 2, at(TUESDAY, 14))
    assert moved.first_promise == at(TUESDAY, 10)
    assert [_book(world).state, _book(world).state] == ["confirmed", "confirmed"]


def test_moving_by_a_quarter_uses_the_own_crew(world: World) -> None:
    """A booking does not stand in its own way, even when everybody else is busy."""
    first, _ = _book(world), _book(world)
    moved = move(
        world.database,
        actor=world.enterprise_actor(),
        reference=first.reference,
        version=1,
        start=at(TUESDAY, 10, 15),
        now=NOW,
        keep=plainly,
    )
    assert moved.planned_start == at(TUESDAY, 10, 15)


def test_a_stale_version_changes_nothing(world: World) -> None:
    """Whoever changes an older version is refused with the latest."""
    booking = _book(world)
    with pytest.raises(errors.StaleVersion) as refused:
        cancel(
            world.database,
            actor=world.enterprise_actor(),
            reference=booking.reference,
            version=7,
            reason="plans changed",
            now=NOW,
            keep=plainly,
        )
    assert refused.value.values["version"] == 1
    assert _scalar(world, "SELECT state FROM booking") == "confirmed"


def test_a_held_move_swaps_when_confirmed(world: World) -> None:
    """The hold's crew passes to the booking; the hold is closed; one booking remains live."""
    booking = _book(world)
    held = hold_move(
        world.database,
        actor=world.enterprise_actor(),
        reference=booking.reference,
        version=1,
        start=at(TUESDAY, 15),
        now=NOW,
        keep=plainly,
    )
    swapped = _confirm(world, held)
    assert (swapped.reference, swapped.planned_start) == (booking.reference, at(TUESDAY, 15))
    assert _scalar(world, "SELECT count(*) FROM booking WHERE state = 'confirmed'") == 1
    assert _scalar(world, "SELECT count(*) FROM crew") == 2


def test_cancelling_frees_crew_and_instruction(world: World) -> None:
    """The same instruction can be booked again at the same time."""
    reference = world.instruction()
    booking = _book(world, reference=reference)
    cancel(
        world.database,
        actor=world.enterprise_actor(),
        reference=booking.reference,
        version=1,
        reason="plans changed",
        now=NOW,
        keep=plainly,
    )
    assert _scalar(world, "SELECT count(*) FROM crew") == 0
    assert _book(world, reference=reference).state == "confirmed"


def test_foreign_bookings_look_unknown(world: World) -> None:
    """Another enterprise gets the same refusal as for a number that does not exist."""
    booking = _book(world)
    stranger = world.enterprise_actor(world.enterprise())
    for reference in (booking.reference, "K0000-0000"):
        with pytest.raises(errors.UnknownBooking):
            cancel(
                world.database,
                actor=stranger,
                reference=reference,
                version=1,
                reason="no",
                now=NOW,
                keep=plainly,
            )


def test_a_rest_day_request_is_accepted_when_a_crew_is_on_duty(world: World) -> None:
    """The office puts overtime duties on the day, says yes, and the promise has a crew."""
    booking = _book(world, start=at(SATURDAY, 10))
    arguments = {
        "actor": world.manager(),
        "reference": booking.reference,
        "version": 1,
        "start": None,
        "now": NOW,
        "keep": plainly,
    }
    with pytest.raises(errors.ClosedDay):
        accept_request(world.database, **arguments)
    for inspector in world.inspectors[:2]:
        world.duty(inspector, SATURDAY, kind="overtime")
    accepted = accept_request(world.database, **arguments)
    assert (accepted.state, accepted.planned_start) == ("confirmed", at(SATURDAY, 10))


def test_a_refused_request_is_over_with_its_reason(world: World) -> None:
    """The enterprise can read why, and book the instruction again."""
    booking = _book(world, start=at(SATURDAY, 10))
    with world.database.transaction() as session:
        refused = refuse_request(
            session,
            actor=world.manager(),
            reference=booking.reference,
            version=1,
            reason="need not verified",
            now=NOW,
            facts=boards_of(world.database).latest(session),
        )
    assert (refused.state, refused.end_reason) == ("cancelled", "need not verified")


def test_a_broker_acts_only_under_an_authority(world: World) -> None:
    """Without one the instruction looks unknown; as its declarant the broker books, both see it."""
    broker = world.enterprise(kind="broker")
    with pytest.raises(errors.UnknownInstruction):
        book(
            world.database,
            actor=world.enterprise_actor(broker),
            order=order(world.instruction(), start=at(TUESDAY, 10)),
            now=NOW,
            keep=plainly,
        )
    booking = book(
        world.database,
        actor=world.enterprise_actor(broker),
        order=order(world.instruction(declarant=broker), start=at(TUESDAY, 10)),
        now=NOW,
        keep=plainly,
    )
    assert (booking.made_by, booking.enterprise) == (broker, world.enterprises[0])


def test_the_desk_books_on_behalf_of_the_caller(world: World) -> None:
    """The event names agent, call and enterprise."""
    booking = book(
        world.database,
        actor=world.desk(world.enterprises[0]),
        order=order(world.instruction(), start=at(TUESDAY, 10)),
        now=NOW,
        keep=plainly,
    )
    assert booking.channel == "phone"
    row = "SELECT on_behalf_of = enterprise AND call IS NOT NULL AND actor IS NOT NULL FROM event"
    assert _scalar(world, row) is True


def test_a_broker_who_phones_sees_what_was_booked_for_another(world: World) -> None:
    """The call speaks for the broker: what it books for others it can also cancel."""
    broker = world.enterprise(kind="broker")
    agent = world.desk(broker)
    booking = book(
        world.database,
        actor=agent,
        order=order(world.instruction(declarant=broker), start=at(TUESDAY, 10)),
        now=NOW,
        keep=plainly,
    )
    ended = cancel(
        world.database,
        actor=agent,
        reference=booking.reference,
        version=1,
        reason="plans changed",
        now=NOW,
        keep=plainly,
    )
    assert ended.state == "cancelled"


@pytest.mark.parametrize(
    ("start", "refusal"), [(at(TUESDAY, 10, 5), errors.OffGrid), (NOW - timedelta(days=1), errors.PastTime)]
)
def test_goods_that_wait_for_the_office_need_a_possible_time(
    world: World, start: object, refusal: type[errors.Refusal]
) -> None:
    """High-risk special articles are requested, but not for yesterday."""
    world.type("special", mode=Mode.SPECIAL_ARTICLES)
    reference = world.instruction(
        type=world.types["special"],
        goods_category="special_articles",
        approval_number="A1",
        risk_level="high",
    )
    with pytest.raises(refusal):
        _book(world, reference=reference, start=start)
    assert _book(world, reference=reference).request_reason == "high_risk_articles"


def test_a_flexible_request_is_accepted_on_the_grid(world: World) -> None:
    """A window that begins at 13:37 is answered with 13:45."""
    booking = _book(world, start=None, wished_from=at(SATURDAY, 13, 37), wished_to=at(SATURDAY, 16))
    for inspector in world.inspectors[:2]:
        world.duty(inspector, SATURDAY, kind="overtime")
    accepted = accept_request(
        world.database,
        actor=world.manager(),
        reference=booking.reference,
        version=1,
        start=None,
        now=NOW,
        keep=plainly,
    )
    assert accepted.planned_start == at(SATURDAY, 13, 45)


def test_priority_that_qualifies_is_granted_at_once(world: World) -> None:
    """Fruit is in the green channel in both directions: one tick, one answer."""
    reference = world.instruction(goods_category="fruit")
    booking = _book(world, reference=reference, apply_for_priority=True)
    assert (booking.priority, booking.priority_answer) == ("green_channel", "granted")


def test_priority_that_needs_the_offices_word_keeps_its_place(world: World) -> None:
    """The booking is confirmed as an ordinary one; refused, it stays so."""
    reference = world.instruction(goods_category="food")
    booking = _book(world, reference=reference, apply_for_priority=True)
    assert (booking.state, booking.priority_answer) == ("confirmed", "awaiting_office")
    with world.database.transaction() as session:
        decided = decide_priority(
            session,
            actor=world.manager(),
            reference=booking.reference,
            version=1,
            grant=False,
            why="not fresh",
            now=NOW,
            facts=boards_of(world.database).latest(session),
        )
    assert (decided.state, decided.priority, decided.priority_answer) == (
        "confirmed",
        "ordinary",
        "refused",
    )


def test_caps_count_open_bookings_of_the_represented_enterprise(world: World) -> None:
    """A policy of one open booking refuses the second with the cap."""
    world.policy("booking", {"caps": dict.fromkeys(_LEVELS, 1)})
    _book(world)
    with pytest.raises(errors.CapReached) as refused:
        _book(world, start=at(TUESDAY, 14))
    assert refused.value.values["cap"] == 1


def test_rest_days_have_a_cap_of_their_own(world: World) -> None:
    """One request for a rest day is enough here; work days are not touched by it."""
    world.policy("booking", {"rest_day_caps": dict.fromkeys(_LEVELS, 1)})
    assert _book(world, start=at(SATURDAY, 10)).state == "requested"
    with pytest.raises(errors.CapReached) as refused:
        _book(world, start=at(SATURDAY, 14))
    assert refused.value.field == "/start"
    assert _book(world).state == "confirmed"


_LEVELS = ("advanced_certified", "certified", "regular", "dishonest", "seriously_dishonest")
