"""Something earlier: who is asked first, what is held, and how an offer or a wait ends."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from scheduler import errors
from scheduler.booking.book import book
from scheduler.booking.cancel import cancel
from scheduler.booking.confirm import confirm
from scheduler.booking.expiry import expire_due
from scheduler.booking.move import move
from scheduler.booking.orders import Details
from scheduler.booking.waitlist.entries import Wish, decline_offer, join_waitlist, leave_waitlist
from scheduler.booking.waitlist.offers import offer_earlier
from scheduler.database.idempotency import plainly
from scheduler.models import Booking
from scheduler.promise.boards import boards_of
from scheduler.queries.doctor import diagnose
from tests.factories import NOW, TUESDAY, World, at, order

WEDNESDAY = TUESDAY + timedelta(days=1)
MORNING = Wish(wished_from=at(TUESDAY, 9), wished_to=at(TUESDAY, 9, 45))
PEOPLE = [{"name": "示例收信人", "mobile": "13800138000"}]
LATER = NOW + timedelta(minutes=31)
"""When an offer of the first tick has lapsed."""


def _book(world: World, start: datetime, *, enterprise: int | None = None) -> Booking:
    actor = world.enterprise_actor(enterprise)
    asked = order(world.instruction(enterprise), start=start, recipients=PEOPLE)
    return book(world.database, actor=actor, order=asked, now=NOW, keep=plainly)


def _fill_morning(world: World) -> list[Booking]:
    """Take both crews of Tuesday from 9:00 to 10:30, as far as somebody may start."""
    return [_book(world, at(TUESDAY, 9, minute)) for minute in (0, 0, 30, 30)]


def _join(
    world: World,
    booking: Booking,
    wish: Wish = MORNING,
    *,
    enterprise: int | None = None,
    now: datetime = NOW,
) -> None:
    boards = boards_of(world.database)
    with world.database.transaction() as session:
        join_waitlist(
            session,
            actor=world.enterprise_actor(enterprise),
            reference=booking.reference,
            wish=wish,
            now=now,
            facts=boards.latest(session),
        )


def _cancel(world: World, booking: Booking, *, now: datetime = NOW) -> None:
    cancel(
        world.database,
        actor=world.enterprise_actor(),
        reference=booking.reference,
        version=None,
        reason="plans changed",
        now=now,
        keep=plainly,
    )


def _holds(world: World) -> list[Booking]:
    with world.database.snapshot() as session:
        return list(
            session.exec(select(Booking).where(col(Booking.state) == "hold").order_by(col(Booking.id))).all()
        )


def _column(world: World, question: str) -> list[object]:
    with world.database.snapshot() as session:
        return list(session.execute(text(question)).scalars())


def _waiting_pair(world: World) -> tuple[Booking, Booking, Booking]:
    """A full morning, two parties of Wednesday that want it, and a booking of the morning to cancel."""
    taken = _fill_morning(world)
    first, second = _book(world, at(WEDNESDAY, 10)), _book(world, at(WEDNESDAY, 11))
    _join(world, first)
    _join(world, second, now=NOW + timedelta(seconds=1))
    return first, second, taken[2]


def test_nothing_is_offered_while_nothing_is_free(world: World) -> None:
    """A full morning has nothing for whoever waits, and is not looked at again until it changes."""
    _waiting_pair(world)
    assert offer_earlier(world.database, now=NOW) == 0
    looks = _column(world, "SELECT version FROM waitlist_look ORDER BY entry")
    assert len(looks) == 2
    assert offer_earlier(world.database, now=NOW) == 0
    assert _holds(world) == []


def test_a_freed_time_is_held_for_the_first_in_line(world: World) -> None:
    """One party gets it, crew and all, with a text that ends with the hold; nobody else is asked."""
    first, _, leaving = _waiting_pair(world)
    _cancel(world, leaving)
    assert offer_earlier(world.database, now=NOW) == 1
    (held,) = _holds(world)
    assert (held.replaces, held.planned_start) == (first.id, at(TUESDAY, 9, 30))
    assert held.expires_at == NOW + timedelta(minutes=30)
    assert offer_earlier(world.database, now=NOW) == 0
    told = "SELECT kind FROM message WHERE booking = (SELECT id FROM booking WHERE state = 'hold')"
    assert _column(world, told) == ["earlier_offered"]


def test_taking_an_offer_moves_the_booking_and_ends_the_wait(world: World) -> None:
    """Confirming the hold swaps the times in one step; the number stays."""
    first, _, leaving = _waiting_pair(world)
    _cancel(world, leaving)
    offer_earlier(world.database, now=NOW)
    (held,) = _holds(world)
    moved = confirm(
        world.database,
        actor=world.enterprise_actor(),
        reference=held.reference,
        version=held.version,
        details=Details(),
        now=NOW + timedelta(minutes=10),
        keep=plainly,
    )
    assert (moved.reference, moved.planned_start) == (first.reference, at(TUESDAY, 9, 30))
    assert _column(world, "SELECT state FROM waitlist_entry ORDER BY id") == ["taken", "waiting"]
    assert _column(world, "SELECT outcome FROM waitlist_offer") == ["taken"]


def test_a_lapsed_offer_goes_to_the_next_and_never_back(world: World) -> None:
    """Whoever let a time lapse is not offered that very time again; the next in line gets it."""
    first, second, leaving = _waiting_pair(world)
    _cancel(world, leaving)
    offer_earlier(world.database, now=NOW)
    assert expire_due(world.database, now=LATER) == 1
    assert offer_earlier(world.database, now=LATER) == 1
    (held,) = _holds(world)
    assert held.replaces == second.id
    later = LATER + timedelta(minutes=31)
    expire_due(world.database, now=later)
    assert offer_earlier(world.database, now=later) == 0
    assert _column(world, "SELECT outcome FROM waitlist_offer ORDER BY id") == ["lapsed", "lapsed"]
    assert _column(world, "SELECT state FROM message WHERE kind = 'earlier_offered'") == ["cancelled"] * 2
    assert first.id != second.id


def test_a_declined_offer_goes_to_the_next_at_once(world: World) -> None:
    """Who declines waits on; who withdraws does not."""
    first, second, leaving = _waiting_pair(world)
    _cancel(world, leaving)
    offer_earlier(world.database, now=NOW)
    declining = {"actor": world.enterprise_actor(), "now": NOW, "keep": plainly}
    decline_offer(world.database, reference=first.reference, withdraw=False, **declining)
    with pytest.raises(errors.NoOffer):
        decline_offer(world.database, reference=first.reference, withdraw=False, **declining)
    assert offer_earlier(world.database, now=NOW) == 1
    decline_offer(world.database, reference=second.reference, withdraw=True, **declining)
    assert _holds(world) == []
    assert _column(world, "SELECT state FROM waitlist_entry ORDER BY id") == ["waiting", "withdrawn"]
    assert _column(world, "SELECT outcome FROM waitlist_offer ORDER BY id") == ["declined", "declined"]


def test_better_credit_is_asked_before_who_waits_longer(world: World) -> None:
    """The office's order of priority comes first, the time of joining second."""
    _, _, leaving = _waiting_pair(world)
    certified = world.enterprise(credit="advanced_certified")
    late = _book(world, at(WEDNESDAY, 14), enterprise=certified)
    _join(world, late, enterprise=certified, now=NOW + timedelta(minutes=1))
    _cancel(world, leaving)
    offer_earlier(world.database, now=NOW + timedelta(minutes=2))
    assert [held.replaces for held in _holds(world)] == [late.id]


def test_a_time_that_is_free_already_is_offered_at_once(world: World) -> None:
    """Nothing has to be cancelled first."""
    booking = _book(world, at(WEDNESDAY, 10))
    _join(world, booking)
    assert offer_earlier(world.database, now=NOW) == 1
    assert [held.planned_start for held in _holds(world)] == [at(TUESDAY, 9)]


def test_nobody_is_asked_all_day(world: World) -> None:
    """Most of the day is free: two offers are made and let pass, a third comes the next morning."""
    booking = _book(world, at(WEDNESDAY, 16))
    _join(world, booking, Wish())
    offered = []
    for turn in range(6):
        now = NOW + timedelta(minutes=40 * turn)
        expire_due(world.database, now=now)
        offered.append(offer_earlier(world.database, now=now))
    assert offered == [1, 1, 0, 0, 0, 0]
    assert offer_earlier(world.database, now=NOW + timedelta(days=1)) == 1


def test_nothing_is_offered_at_night_or_too_shortly_before(world: World) -> None:
    """An offer lasts its whole time, by day, and ends well before the time that it offers."""
    booking = _book(world, at(WEDNESDAY, 10))
    _join(world, booking)
    assert offer_earlier(world.database, now=NOW.replace(hour=22)) == 0
    assert offer_earlier(world.database, now=at(TUESDAY, 7, 30)) == 0
    assert offer_earlier(world.database, now=at(TUESDAY, 8)) == 0


@pytest.mark.parametrize("how", ["move", "cancel", "start"])
def test_a_wait_ends_with_the_time_it_wanted_to_better(world: World, how: str) -> None:
    """Moved, cancelled or begun: nobody waits any more, an offered time is given back."""
    booking = _book(world, at(WEDNESDAY, 10))
    _join(world, booking)
    moment = NOW
    if how == "start":
        moment = at(WEDNESDAY, 10)
    else:
        offer_earlier(world.database, now=NOW)
        doing = {"actor": world.enterprise_actor(), "reference": booking.reference, "version": None}
        if how == "move":
            move(world.database, start=at(WEDNESDAY, 14), now=NOW, keep=plainly, **doing)
        else:
            cancel(world.database, reason="plans changed", now=NOW, keep=plainly, **doing)
    offer_earlier(world.database, now=moment)
    assert _column(world, "SELECT state FROM waitlist_entry") == ["ended"]
    assert _holds(world) == []
    ended = "SELECT count(*) FROM event WHERE kind = 'waitlist_ended'"
    assert _column(world, ended) == [1]


def test_one_wait_at_a_time_for_something_earlier(world: World) -> None:
    """Waiting twice, or for what is not earlier, is refused; so is leaving what nobody joined."""
    booking = _book(world, at(TUESDAY, 10))
    leaving = {"actor": world.enterprise_actor(), "reference": booking.reference, "now": NOW}
    with pytest.raises(errors.NotWaiting):
        leave_waitlist(world.database, keep=plainly, **leaving)
    with pytest.raises(errors.NothingEarlier):
        _join(world, booking, Wish(wished_from=at(TUESDAY, 9, 45)))
    _join(world, booking)
    with pytest.raises(errors.AlreadyWaiting):
        _join(world, booking)
    leave_waitlist(world.database, keep=plainly, **leaving)
    _join(world, booking)
    assert _column(world, "SELECT state FROM waitlist_entry ORDER BY id") == ["withdrawn", "waiting"]


def test_a_promise_that_may_not_move_does_not_wait(world: World) -> None:
    """The cut-off of a move is the waitlist's too, and an office may close its waitlist."""
    booking = _book(world, at(TUESDAY, 10))
    with pytest.raises(errors.TooLateToChange):
        _join(world, booking, now=at(TUESDAY, 8, 30))
    world.policy("waitlist", {"enabled": False})
    with pytest.raises(errors.WaitlistClosed):
        _join(world, booking)


def test_the_doctor_finds_nothing_while_offers_stand(world: World) -> None:
    """Events, versions, texts, crews and offers are in order at each step."""
    _, _, leaving = _waiting_pair(world)
    _cancel(world, leaving)
    for moment in (NOW, LATER):
        expire_due(world.database, now=moment)
        assert offer_earlier(world.database, now=moment) == 1
        with world.database.snapshot() as session:
            assert [one for one in diagnose(session) if one.count] == []
