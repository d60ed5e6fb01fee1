"""Many instructions at once: held together, by site, in order; what has no place says why."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from scheduler import errors
from scheduler.access.actor import Actor
from scheduler.booking.batch.accept import accept_batch
from scheduler.booking.batch.hold import BatchSearchNeededError, _look, _place, hold_batch
from scheduler.booking.batch.orders import BatchAnswer, BatchOrder
from scheduler.booking.book import book
from scheduler.booking.cancel import cancel
from scheduler.booking.expiry import expire_due
from scheduler.database.idempotency import plainly
from scheduler.models import Authority, Batch, BatchItem, Booking
from scheduler.promise.boards import boards_of
from scheduler.queries.doctor import diagnose
from tests.database.plants_scene import book_it, crew_of, make_plants_world
from tests.factories import NOW, SATURDAY, TUESDAY, World, at, order

MORNING = (at(TUESDAY, 9), at(TUESDAY, 10, 30))


def _hold(
    world: World,
    references: Sequence[str],
    window: tuple[datetime, datetime] = MORNING,
    *,
    actor: Actor | None = None,
    now: datetime = NOW,
    **values: object,
) -> Batch:
    asked = BatchOrder.model_validate(
        {
            "instructions": [{"reference": one} for one in references],
            "wished_from": window[0],
            "wished_to": window[1],
            **values,
        }
    )
    who = actor or world.enterprise_actor()
    return hold_batch(world.database, actor=who, order=asked, now=now, keep=plainly)


def _items(world: World, batch: Batch) -> list[BatchItem]:
    with world.database.snapshot() as session:
        query = select(BatchItem).where(col(BatchItem.batch) == batch.id).order_by(col(BatchItem.position))
        return list(session.exec(query))


def _bookings(world: World, batch: Batch) -> list[Booking]:
    with world.database.snapshot() as session:
        mine = select(BatchItem.booking).where(col(BatchItem.batch) == batch.id)
        return list(session.exec(select(Booking).where(col(Booking.id).in_(mine)).order_by(col(Booking.id))))


def _accept(world: World, batch: Batch, numbers: Sequence[str], *, minutes: int = 1) -> Batch:
    return accept_batch(
        world.database,
        actor=world.enterprise_actor(),
        reference=batch.reference,
        answer=BatchAnswer(accepted=tuple(numbers), attendee="示例陪同人"),
        now=NOW + timedelta(minutes=minutes),
        keep=plainly,
    )


def _scalar(world: World, sql: str) -> object:
    with world.database.snapshot() as session:
        return session.execute(text(sql)).scalar_one()


def test_all_are_held_together_as_early_as_can_be(world: World) -> None:
    """Two crews, four lots of half an hour: two at nine, two at half past, for a quarter of an hour."""
    batch = _hold(world, [world.instruction() for _ in range(4)])
    held = _bookings(world, batch)
    assert sorted(one.planned_start for one in held if one.planned_start) == [
        at(TUESDAY, 9),
        at(TUESDAY, 9),
        at(TUESDAY, 9, 30),
        at(TUESDAY, 9, 30),
    ]
    assert {(one.state, one.expires_at) for one in held} == {("hold", NOW + timedelta(minutes=15))}
    with world.database.snapshot() as session:
        assert [one for one in diagnose(session) if one.count] == []


def test_lots_of_one_site_follow_each_other(world: World) -> None:
    """Each crew stays at a site; nobody crosses between the two."""
    world.site("depot")
    depot = {"site": world.sites["depot"]}
    references = [world.instruction(**(depot if k % 2 else {})) for k in range(4)]
    held = _bookings(world, _hold(world, references, (at(TUESDAY, 9), at(TUESDAY, 16))))
    by_site = {one.site: sorted(x.planned_start for x in held if x.site == one.site) for one in held}
    assert all(starts == [at(TUESDAY, 9), at(TUESDAY, 9, 30)] for starts in by_site.values())


def test_what_has_no_place_says_why_and_when_else(world: World) -> None:
    """Two crews and one start: one lot too many is told so, with true times after the window."""
    batch = _hold(world, [world.instruction() for _ in range(3)], (at(TUESDAY, 9), at(TUESDAY, 9, 15)))
    items = _items(world, batch)
    assert [item.reason for item in items if item.booking is None] == ["crew_busy"]
    (without,) = [item for item in items if item.booking is None]
    after = [datetime.fromisoformat(start) for start in without.details["alternatives"]]
    assert len(after) == 3
    assert min(after) == at(TUESDAY + timedelta(days=1), 9)


def test_each_refusal_is_an_items_own(world: World) -> None:
    """Unknown, booked already, named twice, on a rest day: the others are held all the same."""
    taken, twice = world.instruction(), world.instruction()
    asked = order(taken, start=at(TUESDAY, 14))
    book(world.database, actor=world.enterprise_actor(), order=asked, now=NOW, keep=plainly)
    batch = _hold(world, ["010020261999999998", taken, twice, twice])
    reasons = [item.reason for item in _items(world, batch)]
    assert reasons == ["unknown_instruction", "instruction_taken", None, "instruction_taken"]
    rest = _hold(world, [world.instruction()], (at(SATURDAY, 9), at(SATURDAY, 12)))
    assert [item.reason for item in _items(world, rest)] == ["closed_day"]


def test_who_comes_first_by_priority_gets_the_only_place(world: World) -> None:
    """Fresh goods on application come before ordinary ones, whatever their order in the request."""
    ordinary = [world.instruction() for _ in range(2)]
    fresh = world.instruction(goods_category="fruit", hs_code="0808108000")
    batch = _hold(world, [*ordinary, fresh], (at(TUESDAY, 9), at(TUESDAY, 9, 15)), apply_for_priority=True)
    assert _items(world, batch)[2].booking is not None
    assert sum(item.booking is None for item in _items(world, batch)) == 1
    assert _scalar(world, "SELECT count(*) FROM priority_application WHERE answer = 'granted'") == 1


def test_caps_count_for_each_enterprise_that_is_represented(world: World) -> None:
    """A broker's batch fills the room of each enterprise by itself."""
    world.policy(
        "booking",
        {
            "caps": dict.fromkeys(
                ("advanced_certified", "certified", "regular", "dishonest", "seriously_dishonest"), 1
            )
        },
    )
    broker, other = world.enterprise(kind="broker"), world.enterprise()
    for represented in (world.enterprises[0], other):
        world.add(Authority(broker=broker, represented=represented, source="granted", valid_from=NOW.date()))
    references = [world.instruction(), world.instruction(), world.instruction(other)]
    batch = _hold(world, references, actor=world.enterprise_actor(broker))
    assert [item.reason for item in _items(world, batch)] == [None, "cap_reached", None]
    assert {one.made_by for one in _bookings(world, batch)} == {broker}


def test_what_is_accepted_is_promised_and_the_rest_given_back(world: World) -> None:
    """One transaction; the same times are free for others at once; a batch is answered once."""
    batch = _hold(world, [world.instruction() for _ in range(3)])
    first, second, third = _bookings(world, batch)
    _accept(world, batch, [first.reference, third.reference])
    states = [one.state for one in _bookings(world, batch)]
    assert states == ["confirmed", "cancelled", "confirmed"]
    assert second.reference not in {first.reference, third.reference}
    assert _scalar(world, "SELECT count(*) FROM event WHERE kind = 'booking_confirmed'") == 2
    with pytest.raises(errors.BatchAnswered):
        _accept(world, batch, [first.reference])
    with world.database.snapshot() as session:
        assert [one for one in diagnose(session) if one.count] == []


def test_nothing_is_confirmed_where_a_time_is_lost(world: World) -> None:
    """The refusal names it and why; without it the others are confirmed."""
    batch = _hold(world, [world.instruction() for _ in range(2)])
    first, second = _bookings(world, batch)
    cancel(
        world.database,
        actor=world.enterprise_actor(),
        reference=first.reference,
        version=None,
        reason="not needed",
        now=NOW,
        keep=plainly,
    )
    with pytest.raises(errors.BatchItemsLost) as refused:
        _accept(world, batch, [first.reference, second.reference])
    lost = {"number": first.reference, "reason": "wrong_state", "state": "cancelled"}
    assert refused.value.values["items"] == [lost]
    assert _bookings(world, batch)[1].state == "hold"
    _accept(world, batch, [second.reference])
    assert _bookings(world, batch)[1].state == "confirmed"


def test_a_lapsed_batch_confirms_nothing(world: World) -> None:
    """After its quarter of an hour every time is lost, expired by the clock or not."""
    batch = _hold(world, [world.instruction()])
    (held,) = _bookings(world, batch)
    for _ in range(2):
        with pytest.raises(errors.BatchItemsLost) as refused:
            _accept(world, batch, [held.reference], minutes=15)
        assert refused.value.values["items"] == [{"number": held.reference, "reason": "hold_expired"}]
        expire_due(world.database, now=NOW + timedelta(minutes=15))


def test_a_lapsed_hold_gives_its_instruction_to_the_batch(world: World) -> None:
    """Whoever let a hold lapse may ask for the same goods in a batch at once."""
    reference = world.instruction()
    first = _hold(world, [reference])
    again = _hold(world, [reference], now=NOW + timedelta(minutes=15))
    assert [item.reason for item in _items(world, again)] == [None]
    assert _bookings(world, first)[0].state == "expired"


def test_others_give_names_where_that_makes_room(fresh_database: Callable[[], str]) -> None:
    """The only ones who know plants stand in an ordinary crew: names change, every promise stays."""
    world = make_plants_world(fresh_database(), others=2)
    ordinary = book_it(world, at(TUESDAY, 9))
    plants = world.instruction(type=world.types["plants"])
    batch = _hold(world, [plants], (at(TUESDAY, 9), at(TUESDAY, 9, 15)))
    assert [one.planned_start for one in _bookings(world, batch)] == [at(TUESDAY, 9)]
    assert set(crew_of(world, ordinary)) != set(world.inspectors[:2])
    recrewed = "SELECT count(*) FROM event WHERE kind = 'booking_recrewed'"
    assert _scalar(world, recrewed) == 1
    world.database.close()


def test_a_day_that_changed_is_searched_anew_or_told_of(world: World) -> None:
    """What was found for a morning that others took meanwhile is not written; at last it says so."""
    reference, boards, actor = world.instruction(), boards_of(world.database), world.enterprise_actor()
    asked = BatchOrder.model_validate(
        {
            "instructions": [{"reference": reference}],
            "wished_from": at(TUESDAY, 9),
            "wished_to": at(TUESDAY, 9, 15),
        }
    )
    doing = {"actor": actor, "order": asked, "now": NOW}
    found = _look(world.database, boards, **doing)
    assert found.unplaced == {}
    for _ in range(2):
        single = order(world.instruction(), start=at(TUESDAY, 9))
        book(world.database, actor=actor, order=single, now=NOW, keep=plainly)
    with pytest.raises(BatchSearchNeededError):
        world.database.write(lambda session: _place(session, boards, found, is_last=False, **doing))
    batch = world.database.write(lambda session: _place(session, boards, found, is_last=True, **doing))
    assert [item.reason for item in _items(world, batch)] == ["crew_busy"]


def test_a_batch_of_nothing_that_is_known_is_refused(world: World) -> None:
    """Foreign and unknown look alike, and nothing is written."""
    stranger = world.enterprise_actor(world.enterprise())
    for reference in (world.instruction(), "010020261999999998"):
        with pytest.raises(errors.UnknownInstruction):
            _hold(world, [reference], actor=stranger)
    assert _scalar(world, "SELECT count(*) FROM batch") == 0


def test_too_long_a_window_is_refused(world: World) -> None:
    """As for one booking."""
    with pytest.raises(errors.WindowTooLong):
        _hold(world, [world.instruction()], (at(TUESDAY, 9), at(TUESDAY + timedelta(days=20), 9)))
