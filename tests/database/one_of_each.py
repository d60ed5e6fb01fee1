"""A database with at least one row in every table, made by use cases where they exist."""

from datetime import timedelta

from sqlalchemy.dialects.postgresql import Range

from scheduler.access.actor import Actor
from scheduler.booking.batch.hold import hold_batch
from scheduler.booking.batch.orders import BatchOrder
from scheduler.booking.book import book, hold
from scheduler.booking.waitlist.entries import Wish, join_waitlist
from scheduler.booking.waitlist.offers import offer_earlier
from scheduler.database.idempotency import plainly
from scheduler.models import (
    Absence,
    ActivationCode,
    ApiToken,
    Authority,
    Booking,
    Closure,
    Contact,
    Enterprise,
    Heartbeat,
    IdempotentAnswer,
    Instruction,
    Loan,
    PriorityHarm,
    Replan,
    SignIn,
    SignInTry,
    SlotVerdict,
    SolverRun,
)
from scheduler.promise.reference import read_reference
from scheduler.visit.record import record_arrival, record_opening
from scheduler.vocabulary import Role
from tests.factories import NOW, SATURDAY, TODAY, TUESDAY, World, at, example_uscc, make_world, order

LATER = NOW + timedelta(days=30)
EVENING = Range(at(TUESDAY, 20), at(TUESDAY, 21), bounds="[)")


def make_one_of_each(url: str) -> World:
    """Two promises with docks, texts and priority applications, a hold, a request, a visit, and all else."""
    world = make_world(url, inspectors=6, docks=3)
    world.office("south")
    world.policy("booking", {})
    _add_people(world)
    _add_roster(world)
    _add_bookings(world)
    return world


def _add_people(world: World) -> None:
    account = world.account(Role.ENTERPRISE_USER)
    world.account(Role.INSPECTOR)
    broker = world.enterprise(kind="broker", credit="certified")
    first = world.enterprises[0]
    world.add(
        Enterprise(uscc=example_uscc(999_999), customs_code="110596000A", name="示例企业", kind="trader"),
        Authority(broker=broker, represented=first, source="granted", valid_from=TUESDAY, granted_by=account),
        Contact(enterprise=first, name="示例联系人", phone="+8613800138000", language="zh_CN"),
        SignIn(token_hash="a", account=account, created_at=NOW, expires_at=LATER),  # noqa: S106 - no secret
        ActivationCode(account=account, code_hash="a", created_at=NOW, expires_at=LATER),
        ApiToken(
            account=account,
            token_hash="a",  # noqa: S106 - no secret
            label="example",
            scopes=[],
            created_at=NOW,
            expires_at=LATER,
        ),
        SignInTry(subject="example", at=NOW),
        Heartbeat(name="clock", started_at=NOW, seen_at=NOW),
        SolverRun(
            kind="allocation",
            office=world.offices["north"],
            date=TUESDAY,
            version=1,
            version_after=1,
            rules_version=1,
            question="{}",
            answer="{}",
            digest="example",
            outcome="no_better",
            made_at=NOW,
        ),
        IdempotentAnswer(
            tenant="a", key="a", request_hash="a", status=200, headers={}, body=b"", created_at=NOW
        ),
    )


def _add_roster(world: World) -> None:
    north, south, who = world.offices["north"], world.offices["south"], world.inspectors[0]
    world.add(
        Absence(inspector=who, kind="leave", period=EVENING, reason="example", recorded_at=NOW),
        Loan(
            inspector=who,
            home_office=north,
            office=south,
            period=EVENING,
            reason="example",
            recorded_at=NOW,
        ),
        Closure(
            office=north,
            site=world.sites["yard"],
            dock=world.docks["yard-0"],
            period=EVENING,
            reason="example",
        ),
    )


def _add_bookings(world: World) -> None:
    people = [{"name": "示例收信人", "mobile": "13800138000"}]
    actor, caller = world.enterprise_actor(), world.desk(world.enterprises[0])
    orders = [
        (
            actor,
            order(world.instruction(), start=at(TUESDAY, hour), recipients=people, apply_for_priority=True),
        )
        for hour in (10, 15)
    ]
    orders.append((caller, order(world.instruction(), start=at(SATURDAY, 10))))
    made = [book(world.database, actor=who, order=asked, now=NOW, keep=plainly) for who, asked in orders]
    asked = order(world.instruction(), start=at(TUESDAY, 16))
    hold(world.database, actor=actor, order=asked, now=NOW, keep=plainly)
    _wait(world, actor, made[1])
    _ask_for_many(world, actor)
    _disturb(world, made)
    world.add(
        Instruction(
            kind="e_ledger",
            reference="AWAITED00001",
            state="awaited",
            office=world.offices["north"],
            represented=world.enterprises[0],
        )
    )
    with world.database.transaction() as session:
        record_arrival(session, actor=world.manager(), reference=made[0].reference, now=at(TUESDAY, 10))
        record_opening(session, actor=world.manager(), reference=made[0].reference, now=at(TUESDAY, 10, 5))


def _wait(world: World, actor: Actor, booking: Booking) -> None:
    """An offer, and before it a day that had nothing for whoever waits."""
    with world.database.transaction() as session:
        facts = read_reference(session)
        join_waitlist(session, actor=actor, reference=booking.reference, wish=Wish(), now=NOW, facts=facts)
    assert offer_earlier(world.database, now=at(TODAY, 17)) == 1


def _disturb(world: World, made: list[Booking]) -> None:
    """Proposals, what priority cost, and what is proved of starts."""
    where = {"office": world.offices["north"], "date": TUESDAY, "version": 1}
    first, second = (one.id for one in made[:2])
    world.add(
        Replan(**where, cause=[], found=[], run=1, made_at=NOW),
        PriorityHarm(
            office=where["office"],
            date=TUESDAY,
            kind="moved",
            favoured=first,
            booking=second,
            minutes=15,
            consented_by="示例联系人",
            decided_at=NOW,
        ),
        SlotVerdict(
            **where, signature="1/1/30", rules_version=1, fixed=0, proved="0", undecided=0, made_at=NOW
        ),
    )


def _ask_for_many(world: World, actor: Actor) -> None:
    """A batch of which one has a place and one has none."""
    order = BatchOrder.model_validate(
        {
            "instructions": [{"reference": world.instruction()}, {"reference": "010020261999999998"}],
            "wished_from": at(TUESDAY, 13),
            "wished_to": at(TUESDAY, 17),
        }
    )
    hold_batch(world.database, actor=actor, order=order, now=NOW, keep=plainly)
