"""Any order of book, hold, move, cancel, wait, batch, leave, lend, re-plan, expire and visit keeps promises.

A small model says what must stand in the table of bookings after each step; the invariants are
asked of all history after each step.
"""

import os
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from scheduler.booking.book import book, hold
from scheduler.booking.cancel import cancel
from scheduler.booking.confirm import confirm
from scheduler.booking.expiry import expire_due
from scheduler.booking.move import hold_move, move
from scheduler.booking.orders import Details
from scheduler.errors import (
    HoldExpired,
    HurtsBookings,
    NoPlace,
    WrongState,
)
from scheduler.models import Booking
from scheduler.roster.absences import lend_inspector, record_absence
from scheduler.roster.changes import RosterChange
from scheduler.roster.orders import AbsenceOrder, LoanOrder
from scheduler.visit.record import record_arrival, record_end, record_opening, record_outcome
from scheduler.vocabulary import Outcome
from tests.database.booking_model import Row
from tests.database.machine_scene import CREWS, Scene
from tests.database.machine_steps import DAYS, any_day, any_inspector, any_of, any_start, ask
from tests.database.machine_turns import Disturbances, Waiting
from tests.database.visit_scene import facts_of
from tests.factories import ZONE, order
from tests.races.acts import RECIPIENTS
from tests.races.checker import count_findings, count_violations, violated

EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "20"))


class Bookings(Disturbances, Waiting):
    """The use cases of an office, one after the other, beside the model."""

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
        told = ask(lambda: act(order=asked, now=self.model.now, **self.doing))
        if isinstance(told, NoPlace):
            assert self.model.at_once(start) or not self.calm
        if isinstance(told, Booking):
            enter = self.model.book if act is book else self.model.hold
            enter(told.reference, reference, start)

    @rule(pick=any_of)
    def confirms(self, pick: int) -> None:
        """A hold in time becomes the promise, unless the visit that it moves has begun; lapsed, never."""
        number = self.pick(pick, "hold")
        if number is None:
            return
        lapsed = number in self.model.lapsed()
        asked = Details(attendee="示例陪同人")
        told = ask(
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
        number = self.pick(pick, "confirmed", "displaced")
        if number is None:
            return
        told = ask(
            lambda: move(reference=number, version=None, start=start, now=self.model.now, **self.doing)
        )
        if isinstance(told, Booking):
            self.model.move(number, start)

    @rule(pick=any_of, start=any_start)
    def holds_a_move(self, pick: int, start: datetime) -> None:
        """Another time is held beside the promise."""
        number = self.pick(pick, "confirmed", "displaced")
        if number is None:
            return
        told = ask(
            lambda: hold_move(reference=number, version=None, start=start, now=self.model.now, **self.doing)
        )
        if isinstance(told, Booking):
            self.model.hold(told.reference, None, start, replaces=number)

    @rule(pick=any_of)
    def cancels(self, pick: int) -> None:
        """Cancelling is always possible before the visit."""
        number = self.pick(pick, "hold", "confirmed", "displaced")
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
        gently = ask(lambda: act(order=asked, displace=False, now=self.model.now, **changing))
        assert isinstance(gently, RosterChange | HurtsBookings)
        told = gently
        if isinstance(gently, HurtsBookings):
            told = ask(lambda: act(order=asked, displace=True, now=self.model.now, **changing))
        if isinstance(told, RosterChange):
            self.calm = False
            for number in told.displaced:
                self.displace(number)

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
        number = self.pick(pick, "confirmed")
        if number is None or self.model.rows[number].start.date() > self.model.now.astimezone(ZONE).date():
            return
        with self.world.database.transaction() as session:
            record_arrival(session, actor=self.scene.manager, reference=number, now=self.model.now)
        self.model.step(number, "in_progress")

    @rule(pick=any_of)
    def visit_ends(self, pick: int) -> None:
        """Opened, ended, passed: three versions, and the crew's rows stay."""
        number = self.pick(pick, "in_progress")
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
        found = self.rows()
        for number in list(self.model.lapsed()):
            if found[number].state == "expired":
                self.model.expire([number])
        seen = {number: _told(row) for number, row in found.items()}
        assert seen == {number: _told(row) for number, row in self.model.rows.items()}

    @invariant()
    def places_are_not_sold_twice(self) -> None:
        """Never more at one time than crews."""
        assert all(self.model.running_at(row.start) <= CREWS for row in self.model.rows.values() if row.start)

    @invariant()
    def nothing_was_ever_wrong(self) -> None:
        """History and doctor: every count is 0."""
        assert violated(count_violations(self.world)) == {}
        assert violated(count_findings(self.world)) == {}


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
