"""What does not go as planned: somebody goes home, parties are late, hope for earlier times, ask for many."""

from datetime import datetime, timedelta

from scheduler.booking.batch.accept import accept_batch
from scheduler.booking.batch.hold import hold_batch
from scheduler.booking.batch.orders import BatchAnswer, BatchOrder
from scheduler.booking.late import report_late
from scheduler.booking.orders import InstructionRef
from scheduler.booking.waitlist.entries import Wish, join_waitlist
from scheduler.database.idempotency import plainly
from scheduler.promise.boards import boards_of
from scheduler.replan.applying import apply_replan
from scheduler.replan.orders import Choice, InspectorAway, ReplanOrder
from scheduler.replan.proposing import propose_replan
from scheduler.simulation.changes import standing
from scheduler.simulation.people import manager, speaking
from scheduler.simulation.scene import Goods, Scene, at
from scheduler.simulation.tally import NATURAL
from scheduler.vocabulary import CallEnd, Channel

_LATER_TODAY = """
SELECT i.badge, b.office FROM booking AS b
JOIN crew AS c ON c.booking = b.id JOIN inspector AS i ON i.id = c.inspector
WHERE b.state = 'confirmed' AND b.date = :day AND b.planned_start > :after
    AND NOT EXISTS (SELECT FROM booking AS running JOIN crew ON crew.booking = running.id
                    WHERE running.state = 'in_progress' AND crew.inspector = i.id)
ORDER BY b.planned_start, b.id, c.seat
"""
_SOON = """
SELECT reference, version, enterprise, planned_start FROM booking
WHERE state = 'confirmed' AND date = :day AND planned_start BETWEEN :since AND :until ORDER BY id
"""
_HELD = """
SELECT b.reference FROM batch JOIN batch_item AS i ON i.batch = batch.id JOIN booking AS b ON b.id = i.booking
WHERE batch.reference = :batch AND b.state = 'hold' ORDER BY i.position
"""
_CANNOT_WAIT = NATURAL | {"crew_cannot_wait"}
_CANNOT_HOPE = NATURAL | {"already_waiting", "nothing_earlier"}
_TOGETHER = 6
"""Lots that a party asks for at once."""


def one_goes_home(scene: Scene, now: datetime) -> None:
    """Somebody goes home at noon: the office takes the best proposal, everybody concerned is told."""
    found = scene.ask(_LATER_TODAY, day=scene.day, after=now + timedelta(minutes=30))
    if not found:
        return
    badge, office = found[0]
    actor = manager(scene, office, now)
    cause = InspectorAway(kind="inspector_away", badge=badge, begins=now, reason="示例：身体不适")
    with scene.tally.asking("re-plan a disturbed day", Channel.OFFICE):
        row = propose_replan(
            scene.database,
            actor=actor,
            order=ReplanOrder(date=scene.day, causes=(cause,)),
            now=now,
            keep=plainly,
        )
        assert row.id is not None  # noqa: S101 - written
        apply_replan(scene.database, actor=actor, number=row.id, choice=Choice(), now=now, keep=plainly)


def one_is_late(scene: Scene, now: datetime, channel: Channel) -> None:
    """A party says that its goods come later than promised; the crew waits if it can."""
    spans = {"since": now + timedelta(minutes=20), "until": now + timedelta(hours=3)}
    soon = scene.ask(_SOON, day=scene.day, **spans)
    if not soon:
        return
    booking = scene.random.choice(soon)
    with (
        scene.tally.asking("say that we are late", channel, may=_CANNOT_WAIT),
        speaking(scene, channel, booking.enterprise, now, ends=CallEnd.CHANGED) as actor,
    ):
        report_late(
            scene.database,
            actor=actor,
            reference=booking.reference,
            version=booking.version,
            ready_at=booking.planned_start + timedelta(minutes=25),
            start=None,
            now=now,
            keep=plainly,
        )


def one_hopes(scene: Scene, now: datetime, channel: Channel) -> None:
    """A party would rather come earlier, if a time becomes free."""
    booking = standing(scene, now, "confirmed", ahead=timedelta(hours=5))
    if booking is None:
        return
    with (
        scene.tally.asking("wait for something earlier", channel, may=_CANNOT_HOPE),
        speaking(scene, channel, booking.enterprise, now, ends=CallEnd.CHANGED) as actor,
        scene.database.transaction() as session,
    ):
        join_waitlist(
            session,
            actor=actor,
            reference=booking.reference,
            wish=Wish(),
            now=now,
            facts=boards_of(scene.database).latest(session),
        )


def many_at_once(scene: Scene, now: datetime, channel: Channel) -> None:
    """A party asks for all that it has to have inspected in the next days, and takes what it gets."""
    by_party: dict[int, list[Goods]] = {}
    for goods in scene.goods:
        if goods.needs_visit:
            by_party.setdefault(goods.represented, []).append(goods)
    if not by_party:
        return
    party = max(by_party, key=lambda one: (len(by_party[one]), -one))
    asked = by_party[party][:_TOGETHER]
    order = BatchOrder(
        instructions=tuple(InstructionRef(kind=one.kind, reference=one.reference) for one in asked),
        wished_from=now,
        wished_to=at(scene.day, 18) + timedelta(days=3),
    )
    with (
        scene.tally.asking("ask for many at once", channel),
        speaking(scene, channel, party, now) as actor,
    ):
        batch = hold_batch(scene.database, actor=actor, order=order, now=now, keep=plainly)
        scene.goods = [one for one in scene.goods if one not in asked]
        scene.agenda.put(
            now + timedelta(minutes=4), lambda when: _take_all(scene, when, channel, party, batch.reference)
        )


def _take_all(scene: Scene, now: datetime, channel: Channel, party: int, batch: str) -> None:
    """Take every time of a batch that is still held."""
    held = tuple(row.reference for row in scene.ask(_HELD, batch=batch))
    with (
        scene.tally.asking("take what is held together", channel),
        speaking(scene, channel, party, now) as actor,
    ):
        accept_batch(
            scene.database,
            actor=actor,
            reference=batch,
            answer=BatchAnswer(accepted=held, attendee="示例陪同人"),
            now=now,
            keep=plainly,
        )
