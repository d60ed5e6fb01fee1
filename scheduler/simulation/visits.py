"""The visits of the simulated day: officers come, open, end, and write down what came of it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlmodel import Session

from scheduler.access.actor import Actor
from scheduler.database.idempotency import plainly
from scheduler.promise.boards import boards_of
from scheduler.simulation.people import inspector_actor
from scheduler.simulation.scene import Scene, deal
from scheduler.simulation.wishes import submit
from scheduler.visit.absence import record_missed_by_customs, record_no_show
from scheduler.visit.entry import Recorded
from scheduler.visit.record import (
    record_arrival,
    record_end,
    record_opening,
    record_outcome,
    record_release,
    record_result,
)
from scheduler.vocabulary import Channel, DelayReason, Outcome

_DUE = """
SELECT b.reference, b.enterprise, b.planned_start, b.planned_minutes
FROM booking AS b WHERE b.state = 'confirmed' AND b.planned_start <= :soon ORDER BY b.planned_start, b.id
"""

_STATE = "SELECT state, planned_start FROM booking WHERE reference = :reference"

_CARDS = (
    (Outcome.PASSED.value, 27),
    (Outcome.SAMPLED_PENDING_LAB.value, 4),
    (Outcome.NOT_FINISHED.value, 2),
    (Outcome.NOT_PASSED.value, 2),
    (Outcome.OPENED_WITHOUT_PARTY.value, 1),
    (Outcome.NOT_HELD.value, 1),
    ("no_show", 2),
    ("missed_by_customs", 1),
)
"""How forty visits end; how often which happens is made up."""

SOON = timedelta(minutes=10)
_LATEST_DELAY = 20


def plan_visits(scene: Scene, now: datetime) -> None:
    """Put the visits into the agenda whose promise is near; each booking once."""
    for booking in scene.ask(_DUE, soon=now + SOON):
        if booking.reference not in scene.visited:
            scene.visited.add(booking.reference)
            _plan(scene, now, booking)


def _plan(scene: Scene, now: datetime, booking: Any) -> None:
    fate = _next_fate(scene)
    start = max(booking.planned_start, now)
    visit = Visit(scene, booking, fate)
    if fate == "missed_by_customs":
        scene.agenda.put(start + timedelta(minutes=45), visit.miss)
    elif fate == "no_show":
        scene.agenda.put(start, visit.arrive)
        scene.agenda.put(start + timedelta(minutes=31), visit.give_up)
    else:
        scene.agenda.put(start + timedelta(minutes=scene.random.choice((0, 0, 0, 0, 3, 8))), visit.arrive)


def _next_fate(scene: Scene) -> str:
    if not scene.fates:
        # the first few visits show every fate once, so that a short day has them too
        first = [] if scene.visited_once else [fate for fate, _ in _CARDS]
        scene.visited_once = True
        later = deal(scene.random, _CARDS, sum(copies for _, copies in _CARDS))
        scene.fates = later + scene.random.sample(first, len(first))
    return scene.fates.pop()


class Visit:
    """One visit step by step; a booking that was moved or cancelled meanwhile is not visited."""

    def __init__(self, scene: Scene, booking: Any, fate: str) -> None:
        self.scene = scene
        self.booking = booking
        self.fate = fate

    def arrive(self, now: datetime) -> None:
        """The officers are on site."""
        if self._is_off():
            return
        self._record(now, record_arrival)
        if self.fate == "no_show":
            return
        if self.fate == Outcome.NOT_HELD:
            self.scene.agenda.put(now + timedelta(minutes=10), self.close)
            return
        late = self.scene.random.choice((0, 2, 4, 6, _LATEST_DELAY))
        self.scene.agenda.put(now + timedelta(minutes=late), self.open)

    def open(self, now: datetime) -> None:
        """The goods are opened; the inspection lasts about as long as planned."""
        self._record(now, record_opening)
        lasts = self.booking.planned_minutes * self.scene.random.choice((0.7, 0.8, 0.9, 1.0))
        self.scene.agenda.put(now + timedelta(minutes=max(int(lasts), 5)), self.end)

    def end(self, now: datetime) -> None:
        """The inspection has ended; its outcome is written at once."""
        self._record(now, record_end)
        self.close(now)

    def close(self, now: datetime) -> None:
        """The outcome, and what follows from it: a follow-up booked, a result, a release."""
        outcome = Outcome(self.fate)
        signed = outcome not in {Outcome.NOT_HELD, Outcome.OPENED_WITHOUT_PARTY}
        refuses = signed and self.scene.random.random() < 0.05  # noqa: PLR2004 - one in twenty will not sign

        def outcome_of(session: Session, *, actor: Actor, reference: str, now: datetime) -> Recorded:
            return record_outcome(
                session,
                actor=actor,
                reference=reference,
                outcome=outcome,
                now=now,
                facts=boards_of(self.scene.database).latest(session),
                signed_by="示例陪同人" if signed and not refuses else None,
                signing_refused=refuses,
                delay_reason=None if signed else DelayReason.SITE,
            )

        recorded = self._record(now, outcome_of)
        self._go_on(now, outcome, recorded)

    def _go_on(self, now: datetime, outcome: Outcome, recorded: Recorded) -> None:
        later = self.scene.agenda.put
        if outcome is Outcome.PASSED:
            later(now + timedelta(minutes=20), self.release)
        elif outcome is Outcome.SAMPLED_PENDING_LAB:
            later(now + timedelta(hours=3), self.result)
        for instruction in recorded.follow_ups:
            reference = instruction.reference
            later(now + timedelta(minutes=5), partial(self.book_again, reference))

    def result(self, now: datetime) -> None:
        """The laboratory's word, and the release with it."""

        def result_of(session: Session, *, actor: Actor, reference: str, now: datetime) -> Recorded:
            return record_result(session, actor=actor, reference=reference, result="示例：合格", now=now)

        self._record(now, result_of)
        self.release(now)

    def book_again(self, reference: str, now: datetime) -> None:
        """The party books the follow-up at once; the first crew may be excluded from it."""
        found = self.scene.read("i.reference = :reference", reference=reference)
        self.scene.goods += found
        window = {"wished_from": now, "wished_to": now + timedelta(days=5)}
        submit(
            self.scene, now, Channel.PORTAL, "book a follow-up", fits=lambda goods: goods in found, **window
        )
        self.scene.goods = [goods for goods in self.scene.goods if goods not in found]

    def give_up(self, now: datetime) -> None:
        """The party has not come within the grace time."""
        if self._state() not in {"confirmed", "in_progress"}:
            return
        record_no_show(
            self.scene.database,
            actor=self._officer(now),
            reference=self.booking.reference,
            reason=DelayReason.ENTERPRISE,
            now=now,
            keep=plainly,
        )
        self.scene.tally.acts["office", "no-show"] += 1

    def miss(self, now: datetime) -> None:
        """No officer came, and the office says so."""
        if self._is_off():
            return
        record_missed_by_customs(
            self.scene.database,
            actor=self._officer(now),
            reference=self.booking.reference,
            reason=DelayReason.CUSTOMS,
            now=now,
            keep=plainly,
        )
        self.scene.tally.acts["office", "missed by customs"] += 1

    def release(self, now: datetime) -> None:
        """The goods may go."""
        self._record(now, record_release)

    def _record(self, now: datetime, use_case: Callable[..., Recorded]) -> Recorded:
        actor = self._officer(now)
        with self.scene.database.transaction() as session:
            recorded = use_case(session, actor=actor, reference=self.booking.reference, now=now)
        self.scene.tally.acts["office", use_case.__name__.replace("_", " ").replace(" of", "")] += 1
        return recorded

    def _officer(self, now: datetime) -> Actor:
        lead = "SELECT inspector FROM crew JOIN booking ON booking.id = crew.booking"
        found = self.scene.ask(
            f"{lead} WHERE reference = :reference ORDER BY seat LIMIT 1", reference=self.booking.reference
        )
        return inspector_actor(self.scene, found[0].inspector, now)

    def _state(self) -> str:
        return str(self.scene.ask(_STATE, reference=self.booking.reference)[0].state)

    def _is_off(self) -> bool:
        """Whether the booking is no longer confirmed for this time; another one is planned anew."""
        (row,) = self.scene.ask(_STATE, reference=self.booking.reference)
        off = row.state != "confirmed" or row.planned_start != self.booking.planned_start
        if off:
            self.scene.visited.discard(self.booking.reference)
        return bool(off)
