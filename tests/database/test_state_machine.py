"""Any order of book, hold, confirm, move, cancel, wait, batch, leave, lend, expire, visit keeps the promise.

A small model says what must stand in the table of bookings after each step; the invariants are
asked of all history after each step.
"""

import contextlib
import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from psycopg import sql
from sqlalchemy import text

from scheduler.booking.batch.accept import accept_batch
from scheduler.booking.batch.hold import hold_batch
from scheduler.booking.batch.orders import BatchAnswer, BatchOrder
from scheduler.booking.book import book, hold
from scheduler.booking.cancel import cancel
from scheduler.booking.confirm import confirm
from scheduler.booking.expiry import expire_due
from scheduler.booking.move import hold_move, move
from scheduler.booking.orders import Details, InstructionRef
from scheduler.booking.waitlist.entries import Wish, decline_offer, join_waitlist
from scheduler.booking.waitlist.offers import offer_earlier
from scheduler.database.connection import Database
from scheduler.database.idempotency import plainly
from scheduler.errors import HoldExpired, HurtsBookings, NoPlace, Refusal, WrongState
from scheduler.models import Booking
from scheduler.roster.absences import lend_inspector, record_absence
from scheduler.roster.changes import RosterChange
from scheduler.roster.orders import AbsenceOrder, LoanOrder
from scheduler.visit.record import record_arrival, record_end, record_opening, record_outcome
from scheduler.vocabulary import Outcome
from tests.database.booking_model import Model, Row
from tests.database.visit_scene import facts_of
from tests.factories import NOW, TODAY, TUESDAY, ZONE, World, make_world, order
from tests.races.acts import RECIPIENTS, add_instructions
from tests.races.checker import count_findings, count_violations, violated

EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "20"))
CREWS = 2
DAYS = (TODAY, TUESDAY)
STARTS = [datetime.combine(day, one, ZONE) for day in DAYS for one in (time(10, 30), time(10, 45), time(14))]

any_start = st.sampled_from(STARTS)
any_of = st.integers(0, 1000)
any_day = st.sampled_from(DAYS)
any_inspector = st.integers(0, 2 * CREWS - 1)


class Scene:
    """A prepared district, and copies of its database."""

    def __init__(self, url: str) -> None:
        self.world = make_world(url, inspectors=2 * CREWS, docks=CREWS, days=5)
        self.world.office("south")
        self.references = add_instructions(self.world, 8)
        self.actor, self.manager = self.world.enterprise_actor(), self.world.manager()
        with self.world.database.snapshot() as session:
            self.badges = list(session.execute(text("SELECT badge FROM inspector ORDER BY id")).scalars())
        self.url = self.world.database.engine.url
        self.world.database.close()
        self._numbers = itertools.count(1)

    def copy(self) -> World:
        """The same district in a database of its own."""
        name = f"{self.url.database}_{next(self._numbers)}"
        self._administer("CREATE DATABASE {} TEMPLATE {}", name, str(self.url.database))
        address = self.url.set(database=name).render_as_string(hide_password=False)
        return replace(self.world, database=Database(address, pool_size=2))

    def drop(self, world: World) -> None:
        """Close and remove a copy."""
        world.database.close()
        self._administer("DROP DATABASE {} WITH (FORCE)", str(world.database.engine.url.database))

    def _administer(self, statement: str, *names: str) -> None:
        plain = self.url.set(drivername="postgresql", database="postgres")
        with psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


class Bookings(RuleBasedStateMachine):
    """The use cases of an office, one after the other, beside the model."""

    scene: Scene

    def __init__(self) -> None:
        super().__init__()
        self.world = self.scene.copy()
        self.model = Model(NOW)
        self.calm = True
        self.doing = {"database": self.world.database, "actor": self.scene.actor, "keep": plainly}

    def teardown(self) -> None:
        """Remove the example's database."""
        self.scene.drop(self.world)

    @rule(start=any_start, pick=any_of)
    def books(self, start: datetime, pick: int) -> None:
        """Confirmed at once, never more at a time than there are crews, never refused on an empty day."""
        self._take(book, start, pick)

    @rule(start=any_start, pick=any_of)
    def holds(self, start: datetime, pick: int) -> None:
        """The same for a hold."""
        self._take(hold, start, pick)

    def _take(self, act: Callable[..., Booking], start: datetime, pick: int) -> None:
        free = [one for one in self.scene.references if self.model.is_free(one)]
        if not free:
            return
        reference = free[pick % len(free)]
        asked = order(reference, start=start, recipients=RECIPIENTS)
        told = _ask(lambda: act(order=asked, now=self.model.now, **self.doing))
        if isinstance(told, NoPlace):
            assert self.model.at_once(start) or not self.calm
        if isinstance(told, Booking):
            enter = self.model.book if act is book else self.model.hold
            enter(told.reference, reference, start)

    @rule(pick=any_of)
    def confirms(self, pick: int) -> None:
        """A hold in time becomes the promise, unless the visit that it moves has begun; lapsed, never."""
        number = self._pick(pick, "hold")
        if number is None:
            return
        lapsed = number in self.model.lapsed()
        asked = Details(attendee="示例陪同人")
        told = _ask(
            lambda: confirm(reference=number, version=None, details=asked, now=self.model.now, **self.doing)
        )
        begun = self.model.has_begun(number)
        assert isinstance(told, HoldExpired) == lapsed
        assert isinstance(told, WrongState) == (begun and not lapsed)
        assert isinstance(told, Booking) == (not begun and not lapsed)
        if isinstance(told, Booking):
            self.model.confirm(number)

    @rule(pick=any_of, start=any_start)
    def moves(self, pick: int, start: datetime) -> None:
        """The number stays; refused, the old promise stands."""
        number = self._pick(pick, "confirmed", "displaced")
        if number is None:
            return
        told = _ask(
            lambda: move(reference=number, version=None, start=start, now=self.model.now, **self.doing)
        )
        if isinstance(told, Booking):
            self.model.move(number, start)

    @rule(pick=any_of, start=any_start)
    def holds_a_move(self, pick: int, start: datetime) -> None:
        """Another time is held beside the promise."""
        number = self._pick(pick, "confirmed", "displaced")
        if number is None:
            return
        told = _ask(
            lambda: hold_move(reference=number, version=None, start=start, now=self.model.now, **self.doing)
        )
        if isinstance(told, Booking):
            self.model.hold(told.reference, None, start, replaces=number)

    @rule(pick=any_of)
    def cancels(self, pick: int) -> None:
        """Cancelling is always possible before the visit."""
        number = self._pick(pick, "hold", "confirmed", "displaced")
        if number is None:
            return
        cancel(reference=number, version=None, reason="plans changed", now=self.model.now, **self.doing)
        self.model.end(number)

    @rule(
        who=st.integers(0, 3), day=st.sampled_from(DAYS), hours=st.sampled_from([(0, 23), (8, 12), (13, 18)])
    )
    def goes_on_leave(self, who: int, day: datetime, hours: tuple[int, int]) -> None:
        """Whoever is hurt gets another crew, or is displaced."""
        begins, ends = (datetime.combine(day, time(hour), ZONE) for hour in hours)
        asked = AbsenceOrder(
            badge=self.scene.badges[who], kind="leave", begins=begins, ends=ends, reason="leave"
        )
        self._change(record_absence, asked)

    @rule(who=any_inspector, day=any_day, hours=st.sampled_from([(0, 23), (13, 18)]))
    def is_lent(self, who: int, day: datetime, hours: tuple[int, int]) -> None:
        """The same when an inspector goes to another office."""
        begins, ends = (datetime.combine(day, time(hour), ZONE) for hour in hours)
        asked = LoanOrder(
            badge=self.scene.badges[who], office="south", begins=begins, ends=ends, reason="peak"
        )
        self._change(lend_inspector, asked)

    def _change(self, act: Callable[..., RosterChange], asked: object) -> None:
        changing = {**self.doing, "actor": self.scene.manager}
        gently = _ask(lambda: act(order=asked, displace=False, now=self.model.now, **changing))
        assert isinstance(gently, RosterChange | HurtsBookings)
        told = gently
        if isinstance(gently, HurtsBookings):
            told = _ask(lambda: act(order=asked, displace=True, now=self.model.now, **changing))
        if isinstance(told, RosterChange):
            self.calm = False
            for number in told.displaced:
                self._displace(number)

    def _displace(self, number: str) -> None:
        """Take over the times that are offered: at most three, chosen by the search."""
        self.model.displace(number)
        offers = {
            one: row
            for one, row in self._rows().items()
            if row.replaces == number and one not in self.model.rows
        }
        assert len(offers) <= 3
        assert all(row.state == "hold" for row in offers.values())
        self.model.rows.update(offers)

    @rule(pick=any_of)
    def wants_something_earlier(self, pick: int) -> None:
        """Waiting changes nothing; mostly the clock's next tick follows, now and then a no to its offer."""
        number = self._pick(pick, "confirmed")
        if number is None:
            return
        facts, about = facts_of(self.world), {"actor": self.scene.actor, "now": self.model.now}
        with contextlib.suppress(Refusal), self.world.database.transaction() as session:
            join_waitlist(session, reference=number, wish=Wish(), facts=facts, **about)
        offers = self._offer() if pick % 4 else {}
        if pick % 2:
            for held, row in offers.items():
                asked = {"reference": str(row.replaces), "withdraw": pick % 3 == 0}
                decline_offer(now=self.model.now, **asked, **self.doing)
                self.model.step(held, "cancelled")

    @rule()
    def earlier_times_are_offered(self) -> None:
        """Each offer is a hold beside a promise, earlier than that."""
        self._offer()

    def _offer(self) -> dict[str, Row]:
        count = offer_earlier(self.world.database, now=self.model.now)
        offers = self._new_rows()
        assert len(offers) == count
        for row in offers.values():
            assert row.replaces is not None
            assert row.start < self.model.rows[row.replaces].start
        self.model.rows.update(offers)
        self.calm &= not offers
        return offers

    @rule(pick=any_of)
    def asks_for_many(self, pick: int) -> None:
        """Up to three are held together; sometimes one is taken at once, and the others are given back."""
        free = [one for one in self.scene.references if self.model.is_free(one)][:3]
        if not free:
            return
        window = {"wished_from": STARTS[0], "wished_to": STARTS[-1]}
        asked = BatchOrder(instructions=tuple(InstructionRef(reference=one) for one in free), **window)
        told = hold_batch(order=asked, now=self.model.now, **self.doing)
        about = "SELECT b.reference, i.reference FROM batch_item AS i JOIN booking AS b ON b.id = i.booking"
        with self.world.database.snapshot() as session:
            rows = session.execute(text(f"{about} WHERE i.batch = {told.id} ORDER BY i.position")).all()
            goods = {row[0]: row[1] for row in rows}
        self.model.rows.update(
            {number: replace(row, instruction=goods[number]) for number, row in self._new_rows().items()}
        )
        self.calm &= not goods
        if goods and pick % 2:
            first, *others = goods
            answer = BatchAnswer(accepted=(first,), attendee="示例陪同人")
            accept_batch(reference=told.reference, answer=answer, now=self.model.now, **self.doing)
            self.model.confirm(first)
            for number in others:
                self.model.end(number)

    @rule()
    def expires(self) -> None:
        """The clock ends every hold whose time is over, and no other."""
        lapsed = list(self.model.lapsed())
        assert expire_due(self.world.database, now=self.model.now) == len(lapsed)
        self.model.expire(lapsed)

    @rule(minutes=st.sampled_from([1, 4, 5, 60, 300]))
    def time_passes(self, minutes: int) -> None:
        """Holds lapse, starts come nearer."""
        self.model.now += timedelta(minutes=minutes)

    @rule(pick=any_of)
    def officers_arrive(self, pick: int) -> None:
        """From the day of the promise on a visit may begin."""
        number = self._pick(pick, "confirmed")
        if number is None or self.model.rows[number].start.date() > self.model.now.astimezone(ZONE).date():
            return
        with self.world.database.transaction() as session:
            record_arrival(session, actor=self.scene.manager, reference=number, now=self.model.now)
        self.model.step(number, "in_progress")

    @rule(pick=any_of)
    def visit_ends(self, pick: int) -> None:
        """Opened, ended, passed: three versions, and the crew's rows stay."""
        number = self._pick(pick, "in_progress")
        if number is None:
            return
        about = {"actor": self.scene.manager, "reference": number, "now": self.model.now}
        facts = facts_of(self.world)
        with self.world.database.transaction() as session:
            record_opening(session, **about)
            record_end(session, **about)
            record_outcome(session, outcome=Outcome.PASSED, signed_by="示例陪同人", facts=facts, **about)
        for state in ("in_progress", "in_progress", "done"):
            self.model.step(number, state)

    @invariant()
    def bookings_are_as_the_model_says(self) -> None:
        """State, version, time: only lapsed holds may have been expired by whoever needed the day."""
        found = self._rows()
        for number in list(self.model.lapsed()):
            if found[number].state == "expired":
                self.model.expire([number])
        seen = {number: _told(row) for number, row in found.items()}
        assert seen == {number: _told(row) for number, row in self.model.rows.items()}

    @invariant()
    def places_are_not_sold_twice(self) -> None:
        """Never more at one time than crews."""
        assert all(self.model.running_at(row.start) <= CREWS for row in self.model.rows.values())

    @invariant()
    def nothing_was_ever_wrong(self) -> None:
        """History and doctor: every count is 0."""
        assert violated(count_violations(self.world)) == {}
        assert violated(count_findings(self.world)) == {}

    def _pick(self, pick: int, *states: str) -> str | None:
        numbers = self.model.numbers(*states)
        return numbers[pick % len(numbers)] if numbers else None

    def _new_rows(self) -> dict[str, Row]:
        """What the database has and the model does not know yet: holds."""
        found = {one: row for one, row in self._rows().items() if one not in self.model.rows}
        assert all(row.state == "hold" for row in found.values())
        return found

    def _rows(self) -> dict[str, Row]:
        asked = """
            SELECT b.reference, b.state, b.version, b.planned_start, NULL, b.expires_at, other.reference
            FROM booking AS b LEFT JOIN booking AS other ON other.id = b.replaces ORDER BY b.id
        """
        with self.world.database.snapshot() as session:
            return {row[0]: Row(*row[1:]) for row in session.execute(text(asked))}


def _ask(act: Callable[[], object]) -> object:
    try:
        return act()
    except Refusal as refusal:
        return refusal


def _told(row: Row) -> tuple[object, ...]:
    return row.state, row.version, row.start, row.replaces


@pytest.fixture
def scene(database_url: str) -> Iterator[Scene]:
    """Four inspectors and two docks, so two crews; an office to lend to; eight instructions."""
    return Scene(database_url)


def test_every_order_of_steps_keeps_the_promise(scene: Scene) -> None:
    """The machine finds no order of steps after which model and database differ or an invariant breaks."""
    machine = type("Machine", (Bookings,), {"scene": scene})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=30,
            derandomize=True,
            database=None,
            phases=(Phase.generate,),  # the steps are printed as they are; making them fewer takes minutes
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
