"""A share of each day is kept for the green channel, released step by step; its cost is written down."""

from datetime import date, datetime, timedelta

import pytest
from sqlmodel import col, select

from scheduler.booking.batch.hold import hold_batch
from scheduler.booking.batch.orders import BatchOrder
from scheduler.booking.book import book, hold
from scheduler.booking.orders import InstructionRef, Order
from scheduler.booking.priority import decide_priority
from scheduler.booking.why_not import explain_start
from scheduler.database.idempotency import plainly
from scheduler.errors import KeptForPriority
from scheduler.models import BatchItem, Booking, PriorityHarm
from scheduler.promise.boards import boards_of
from scheduler.promise.search import Demand, answer, read_question
from scheduler.vocabulary import CreditLevel
from tests.factories import NOW, TODAY, World, at, order, work_days
from tests.races.checker import count_findings, violated

THURSDAY = TODAY + timedelta(days=3)
"""Three days ahead: more than 48 hours before it opens."""

TWO_DAYS = {"steps": [{"before_hours": 48, "kept": 0.5}, {"before_hours": 24, "kept": 0.25}]}


def keep_half(world: World, *, full_day: float) -> None:
    """Half of each day is kept until two days before it opens, a quarter until the day before."""
    world.policy("priority_share", {**TWO_DAYS, "full_day": full_day})


def take(world: World, start: datetime, *, now: datetime = NOW, **values: object) -> Booking:
    """Book ordinary goods at a time."""
    asked = order(world.instruction(**values), start=start)
    return book(world.database, actor=world.enterprise_actor(), order=asked, now=now, keep=plainly)


def fresh(world: World, start: datetime) -> Booking:
    """Book fruit with priority at a time."""
    reference = world.instruction(goods_category="fruit", hs_code="0803901000")
    asked = order(reference, start=start, apply_for_priority=True)
    return book(world.database, actor=world.enterprise_actor(), order=asked, now=NOW, keep=plainly)


def starts_of(world: World, day: date, *, now: datetime = NOW, green: bool = False) -> tuple[datetime, ...]:
    """The true starts of a day for a visit of the standard type."""
    with world.database.snapshot() as session:
        return answer(
            boards_of(world.database),
            read_question(
                session,
                boards_of(world.database),
                demand=demand(world, green=green),
                first=day,
                last=day,
                now=now,
            ),
        ).starts


def demand(world: World, *, green: bool) -> Demand:
    """Half an hour at the yard."""
    return Demand(
        office=world.offices["north"],
        site=world.sites["yard"],
        type=world.types["standard"],
        minutes=30,
        credit=CreditLevel.REGULAR,
        green=green,
    )


# Four inspectors, nine hours each: a full day of 0.1 is 216 minutes of people, half of it one visit of two.


def test_ordinary_goods_do_not_take_what_is_kept(world: World) -> None:
    """The second visit is refused with the moment of release and other days' times; fresh goods are not."""
    keep_half(world, full_day=0.1)
    take(world, at(THURSDAY, 10))
    assert starts_of(world, THURSDAY) == ()
    assert starts_of(world, THURSDAY, green=True) != ()
    with pytest.raises(KeptForPriority) as told:
        take(world, at(THURSDAY, 14))
    assert told.value.values["until"] == at(THURSDAY, 8, 30) - timedelta(hours=48)
    assert told.value.alternatives
    assert all(
        start.astimezone(at(THURSDAY, 0).tzinfo).date() != THURSDAY for start in told.value.alternatives
    )
    assert fresh(world, at(THURSDAY, 14)).state == "confirmed"


def test_a_hold_is_no_way_around_it(world: World) -> None:
    """A time that is only held would keep fresh goods out all the same."""
    keep_half(world, full_day=0.1)
    take(world, at(THURSDAY, 10))
    with pytest.raises(KeptForPriority):
        hold(
            world.database,
            actor=world.enterprise_actor(),
            order=order(world.instruction(), start=at(THURSDAY, 14)),
            now=NOW,
            keep=plainly,
        )


def test_goods_with_priority_do_not_use_up_what_ordinary_ones_may_take(world: World) -> None:
    """What is kept is taken by those for whom it is kept."""
    keep_half(world, full_day=0.1)
    fresh(world, at(THURSDAY, 10))
    assert take(world, at(THURSDAY, 14)).state == "confirmed"


def test_it_is_released_as_the_day_nears(world: World) -> None:
    """Half until two days before, a quarter until one, then all."""
    keep_half(
        world, full_day=0.12
    )  # 259 minutes of people: two visits at a half, three at a quarter, then all
    take(world, at(THURSDAY, 9))
    take(world, at(THURSDAY, 10))
    assert starts_of(world, THURSDAY) == ()
    opens = at(THURSDAY, 8, 30)
    third = opens - timedelta(hours=40)
    assert starts_of(world, THURSDAY, now=third) != ()
    take(world, at(THURSDAY, 11), now=third)
    assert starts_of(world, THURSDAY, now=third) == ()
    assert starts_of(world, THURSDAY, now=opens - timedelta(hours=20)) != ()


def test_priority_that_is_granted_later_frees_the_ordinary_share(world: World) -> None:
    """Who has priority is read anew when the office decides."""
    keep_half(world, full_day=0.1)
    reference = world.instruction(goods_category="aquatic", hs_code="0306310000", direction="1")
    asked = order(reference, start=at(THURSDAY, 10), apply_for_priority=True)
    pending = book(world.database, actor=world.enterprise_actor(), order=asked, now=NOW, keep=plainly)
    assert (pending.state, pending.priority_answer) == ("confirmed", "awaiting_office")
    assert starts_of(world, THURSDAY) == ()
    facts = boards_of(world.database)
    with world.database.transaction() as session:
        decide_priority(
            session,
            actor=world.manager(),
            reference=pending.reference,
            version=None,
            grant=True,
            why="示例",
            now=NOW,
            facts=facts.latest(session),
        )
    assert starts_of(world, THURSDAY) != ()


def test_what_it_costs_a_flexible_booking_is_written_down(world: World) -> None:
    """Any time from Thursday on: Friday's first start, and in the ledger how much later that is."""
    keep_half(world, full_day=0.1)
    take(world, at(THURSDAY, 10))
    take(world, at(work_days(5)[-1], 10))
    asked = Order(
        instructions=(InstructionRef(reference=world.instruction()),),
        wished_from=at(THURSDAY, 8, 30),
        wished_to=at(THURSDAY + timedelta(days=5), 17),
        attendee="示例陪同人",
    )
    booked = book(world.database, actor=world.enterprise_actor(), order=asked, now=NOW, keep=plainly)
    assert booked.planned_start is not None
    with world.database.snapshot() as session:
        (harm,) = session.exec(select(PriorityHarm)).all()
    assert (harm.kind, harm.booking, harm.favoured) == ("kept", booked.id, None)
    assert booked.planned_start - timedelta(minutes=harm.minutes) < at(THURSDAY, 10)


def test_nothing_is_kept_unless_an_office_says_so(world: World) -> None:
    """By default all of a day is open to all, and nothing is written."""
    for hour in (9, 10, 11, 14, 15, 16):
        take(world, at(THURSDAY, hour))
    with world.database.snapshot() as session:
        assert session.exec(select(PriorityHarm)).all() == []


def test_why_not_says_so(world: World) -> None:
    """The reason is the share and until when, not the crews."""
    keep_half(world, full_day=0.1)
    take(world, at(THURSDAY, 10))
    boards = boards_of(world.database)
    with world.database.snapshot() as session:
        question = read_question(
            session, boards, demand=demand(world, green=False), first=THURSDAY, last=THURSDAY, now=NOW
        )
    assert explain_start(boards, question, at(THURSDAY, 14)).reason == "kept_for_priority"


def test_many_at_once_do_not_take_it_either(world: World) -> None:
    """Three lots that may go on Thursday only: one has its place, the others are told why."""
    keep_half(world, full_day=0.1)
    asked = BatchOrder(
        instructions=tuple(InstructionRef(reference=world.instruction()) for _ in range(3)),
        wished_from=at(THURSDAY, 8, 30),
        wished_to=at(THURSDAY, 17),
    )
    batch = hold_batch(world.database, actor=world.enterprise_actor(), order=asked, now=NOW, keep=plainly)
    with world.database.snapshot() as session:
        items = session.exec(select(BatchItem).where(col(BatchItem.batch) == batch.id)).all()
    assert sorted(one.reason or "" for one in items) == ["", "kept_for_priority", "kept_for_priority"]


def test_the_doctor_knows_texts_that_a_later_version_takes_over(world: World) -> None:
    """A confirmation that is still due when priority is decided says what it said: nothing is missing."""
    asked = order(
        world.instruction(),
        start=at(THURSDAY, 10),
        apply_for_priority=True,
        recipients=[{"name": "示例收信人", "mobile": "13800138000"}],
    )
    booked = book(world.database, actor=world.enterprise_actor(), order=asked, now=NOW, keep=plainly)
    with world.database.transaction() as session:
        decide_priority(
            session,
            actor=world.manager(),
            reference=booked.reference,
            version=None,
            grant=False,
            why="示例",
            now=NOW,
            facts=boards_of(world.database).latest(session),
        )
    assert violated(count_findings(world)) == {}
