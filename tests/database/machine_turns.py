"""Steps in which a day is disturbed, or people wait for something earlier and ask for many at once."""

import contextlib
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import text

from scheduler.booking.batch.accept import accept_batch
from scheduler.booking.batch.hold import hold_batch
from scheduler.booking.batch.orders import BatchAnswer, BatchOrder
from scheduler.booking.book import book
from scheduler.booking.cancel import cancel
from scheduler.booking.late import report_late
from scheduler.booking.orders import InstructionRef
from scheduler.booking.priority import decide_priority
from scheduler.booking.waitlist.entries import Wish, decline_offer, join_waitlist
from scheduler.booking.waitlist.offers import offer_earlier
from scheduler.errors import (
    CrewCannotWait,
    HurtsBookings,
    InspectorAbsent,
    PastTime,
    Refusal,
    ReplanOutdated,
    UnknownInspector,
    WrongState,
)
from scheduler.models import Booking, Replan
from scheduler.replan.applying import apply_replan
from scheduler.replan.orders import Choice, ReplanOrder
from scheduler.replan.proposing import propose_replan
from scheduler.replan.running import report_longer
from tests.database.booking_model import Row
from tests.database.machine_steps import STARTS, Steps, any_day, any_inspector, any_of, any_start, ask
from tests.database.visit_scene import facts_of
from tests.factories import ZONE, order
from tests.races.acts import RECIPIENTS


class Disturbances(Steps):
    """Somebody falls ill, is late, or takes longer."""

    @rule(who=any_inspector, day=any_day, begins=st.sampled_from([0, 10, 13]))
    def is_replanned(self, who: int, day: datetime, begins: int) -> None:
        """Somebody falls ill and the best proposal is applied: what it says becomes of each booking."""
        cause = {
            "kind": "inspector_away",
            "badge": self.scene.badges[who],
            "begins": datetime.combine(day, time(begins), ZONE),
            "reason": "ill",
        }
        order_ = ReplanOrder.model_validate({"date": day, "causes": [cause]})
        changing = {**self.doing, "actor": self.scene.manager, "now": self.model.now}
        asked = ask(lambda: propose_replan(order=order_, **changing))
        assert isinstance(asked, Replan | UnknownInspector | HurtsBookings | PastTime)
        if isinstance(asked, Replan):
            done = ask(lambda: apply_replan(number=asked.id or 0, choice=Choice(), **changing))
            assert isinstance(done, Replan | ReplanOutdated | InspectorAbsent)
            if isinstance(done, Replan):
                self._follow(done.found[0])

    def _follow(self, proposal: dict[str, Any]) -> None:
        """Take over what a proposal says: later starts, times given back, promises that are asked for."""
        self.calm = False
        for one in proposal["moved"]:
            number, new = one["booking"], datetime.fromisoformat(one["new"])
            if one["treatment"] == "delayed":
                self.model.delay(number, new)
            else:
                self.displace(number)
        for number in proposal["lost"]:
            self.displace(number)

    @rule(pick=any_of, minutes=st.sampled_from([5, 20, 120]))
    def is_late(self, pick: int, minutes: int) -> None:
        """The crew waits, which is a new version with a later start, or the promise stands."""
        number = self.pick(pick, "confirmed")
        if number is None:
            return
        ready = self.model.rows[number].start + timedelta(minutes=minutes)
        told = ask(
            lambda: report_late(
                reference=number, version=None, ready_at=ready, start=None, now=self.model.now, **self.doing
            )
        )
        assert isinstance(told, Booking | CrewCannotWait)
        if isinstance(told, Booking):
            assert told.planned_start is not None
            self.model.delay(number, told.planned_start)

    @rule(pick=any_of)
    def runs_longer(self, pick: int) -> None:
        """Absorbed, which is a version of the visit alone, or the office is asked and nothing changes."""
        number = self.pick(pick, "in_progress")
        if number is None:
            return
        asked = text("SELECT upper(occupied) FROM booking WHERE reference = :reference")
        with self.world.database.snapshot() as session:
            until = session.execute(asked, {"reference": number}).scalar_one()
        changing = {**self.doing, "actor": self.scene.manager, "now": self.model.now}
        told = ask(
            lambda: report_longer(
                reference=number, version=None, ends=until + timedelta(minutes=15), **changing
            )
        )
        assert isinstance(told, Replan | HurtsBookings)
        if isinstance(told, Replan) and told.state == "applied":
            self.calm = False
            self.model.step(number, "in_progress")


class Waiting(Steps):
    """Something earlier, many at once, and priority that waits for the office's word."""

    @rule(pick=any_of, start=any_start)
    def books_with_priority(self, pick: int, start: datetime) -> None:
        """Food needs the office's word: the booking has its place whatever that will be."""
        free = [one for one in self.scene.references if self.model.is_free(one)]
        if not free:
            return
        asked = order(free[pick % len(free)], start=start, recipients=RECIPIENTS, apply_for_priority=True)
        told = ask(lambda: book(order=asked, now=self.model.now, **self.doing))
        if isinstance(told, Booking) and told.state == "confirmed":
            self.model.book(told.reference, asked.instructions[0].reference, start)
        elif isinstance(told, Booking):  # only priority makes so near a time possible: not waited for here
            cancel(reference=told.reference, version=None, reason="示例", now=self.model.now, **self.doing)
            self.model.turn_down(told.reference)

    @rule(pick=any_of, grant=st.booleans())
    def decides_priority(self, pick: int, grant: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
        """A version of the booking; neither its time nor its crew changes."""
        number = self.pick(pick, "confirmed")
        if number is None:
            return
        with contextlib.suppress(WrongState), self.world.database.transaction() as session:
            decide_priority(
                session,
                actor=self.scene.manager,
                reference=number,
                version=None,
                grant=grant,
                why="示例",
                now=self.model.now,
                facts=facts_of(self.world),
            )
            self.model.step(number, "confirmed")

    @rule(pick=any_of)
    def wants_something_earlier(self, pick: int) -> None:
        """Waiting changes nothing; mostly the clock's next tick follows, now and then a no to its offer."""
        number = self.pick(pick, "confirmed")
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
        offers = self.new_rows()
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
            {number: replace(row, instruction=goods[number]) for number, row in self.new_rows().items()}
        )
        self.calm &= not goods
        if goods and pick % 2:
            first, *others = goods
            answer = BatchAnswer(accepted=(first,), attendee="示例陪同人")
            accept_batch(reference=told.reference, answer=answer, now=self.model.now, **self.doing)
            self.model.confirm(first)
            for number in others:
                self.model.end(number)
